//! What the counting of paths needs of a network: who takes what, and which layers are weighted.

use crate::network::{Network, Shape};
use crate::ops::{Op, OperatorKind};

/// A network as lists by position in execution order.
#[derive(Debug)]
pub(super) struct Graph {
    /// The nodes.
    pub(super) nodes: Vec<Vertex>,
    /// Position of the first output.
    pub(super) output: usize,
}

/// A node of the network.
#[derive(Debug)]
pub(super) struct Vertex {
    /// Positions of its operands, one for every slot, all smaller than its own.
    pub(super) operands: Vec<usize>,
    /// Whether it is an input of the network.
    pub(super) is_input: bool,
    /// Whether a path that leads through it is longer by one.
    pub(super) is_weighted: bool,
    /// Whether tensors meet in it.
    pub(super) is_join: bool,
    /// Whether a path leads from it to the first output.
    pub(super) reaches: bool,
}

impl Graph {
    pub(super) fn of(network: &Network) -> Self {
        let mut shapes: Vec<Shape> = Vec::new();
        let mut nodes = Vec::with_capacity(network.len());
        for (tensor, node) in network.nodes() {
            shapes.clear();
            shapes.extend(network.operands(tensor).map(|(_, operand)| operand.shape));
            nodes.push(Vertex {
                operands: network.operands(tensor).map(|(operand, _)| operand.index()).collect(),
                is_input: matches!(node.op, Op::Input(_)),
                is_weighted: node.op.is_weighted(),
                is_join: node.op.operator().kind(&shapes) == OperatorKind::Join,
                reaches: false,
            });
        }
        // A network has an output.
        let output = network.outputs().first().map_or(0, |output| output.tensor.index());
        let mut graph = Self { nodes, output };
        graph.mark_what_reaches_the_output();
        graph
    }

    fn mark_what_reaches_the_output(&mut self) {
        let mut reaches = vec![false; self.nodes.len()];
        if let Some(output) = reaches.get_mut(self.output) {
            *output = true;
        }
        for (position, vertex) in self.nodes.iter_mut().enumerate().rev() {
            vertex.reaches = reaches.get(position).copied().unwrap_or(false);
            if vertex.reaches {
                for &operand in &vertex.operands {
                    if let Some(reached) = reaches.get_mut(operand) {
                        *reached = true;
                    }
                }
            }
        }
    }

    /// How often each node's tensor is taken by nodes from which a path leads to the first output.
    pub(super) fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0_usize; self.nodes.len()];
        for vertex in self.nodes.iter().filter(|vertex| vertex.reaches) {
            for &operand in &vertex.operands {
                if let Some(count) = uses.get_mut(operand) {
                    *count = count.saturating_add(1);
                }
            }
        }
        uses
    }
}
