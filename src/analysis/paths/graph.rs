//! What the counting of paths needs of a network: which layers are weighted, where tensors meet, and what leads to the output.

use crate::network::{Network, Tensor};
use crate::ops::{Op, OperatorKind};

/// A network by position in execution order.
#[derive(Debug)]
pub(super) struct Graph<'n> {
    network: &'n Network,
    /// The nodes.
    pub(super) nodes: Vec<Vertex<'n>>,
    /// Position of the first output.
    pub(super) output: usize,
}

/// A node of the network.
#[derive(Debug)]
pub(super) struct Vertex<'n> {
    operands: &'n [Tensor],
    /// Whether it is an input of the network.
    pub(super) is_input: bool,
    /// Whether a path that leads through it is longer by one.
    pub(super) is_weighted: bool,
    /// Whether tensors meet in it.
    pub(super) is_join: bool,
    /// Whether a path leads from it to the first output.
    pub(super) reaches: bool,
}

impl<'n> Vertex<'n> {
    /// Positions of its operands, one for every slot, all smaller than its own.
    pub(super) fn operands(&self) -> impl Iterator<Item = usize> + use<'n> {
        self.operands.iter().map(|operand| operand.index())
    }
}

impl<'n> Graph<'n> {
    pub(super) fn of(network: &'n Network) -> Self {
        let first = network.outputs().first().map(|output| output.tensor);
        let mut reaches = vec![false; network.len()];
        for (tensor, _) in network.nodes().rev() {
            let mut consumers = network.consumers(tensor).iter();
            let leads_on = consumers.any(|to| reaches.get(to.tensor.index()) == Some(&true));
            if let Some(reaches) = reaches.get_mut(tensor.index()) {
                *reaches = leads_on || Some(tensor) == first;
            }
        }
        let nodes = network.nodes().zip(reaches).map(|((tensor, node), reaches)| Vertex {
            operands: network.operands(tensor),
            is_input: matches!(node.op, Op::Input(_)),
            is_weighted: node.op.is_weighted(),
            is_join: node.op.operator().kind(network.operand_shapes(tensor)) == OperatorKind::Join,
            reaches,
        });
        // A network has an output.
        let output = first.map_or(0, Tensor::index);
        Self { network, nodes: nodes.collect(), output }
    }

    /// How often each node's tensor is taken by nodes from which a path leads to the first output.
    pub(super) fn uses(&self) -> Vec<usize> {
        let reaches =
            |tensor: Tensor| self.nodes.get(tensor.index()).is_some_and(|vertex| vertex.reaches);
        let uses = self.network.nodes().map(|(tensor, _)| {
            self.network.consumers(tensor).iter().filter(|to| reaches(to.tensor)).count()
        });
        uses.collect()
    }
}
