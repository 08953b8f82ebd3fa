//! The network as the memory passes read it: bytes and rules of every node, by position in execution order.

use super::BYTES_PER_VALUE;
use crate::analysis::{AnalysisError, NodeParameters, NodeTable};
use crate::network::{Network, Tensor};
use crate::ops::{Kept, Op, OpError, OperatorKind, Storage};

/// What the memory passes need to know of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredNode<'n> {
    /// What it takes.
    operands: &'n [Tensor],
    /// Bytes of the output.
    pub(super) bytes: u64,
    /// Where that lives.
    pub(super) storage: Storage,
    /// What the backward pass needs; nothing where no trained value lies before.
    pub(super) kept: Kept,
    /// Whether it is an input of the network.
    pub(super) is_input: bool,
    /// Whether it is a concatenation.
    pub(super) is_concat: bool,
    /// Whether it is a concatenation along the channels, so that a sample of an operand is one part of a sample of it.
    pub(super) is_channel_concat: bool,
    /// Whether it is a normalization or an activation, which is cheap to make again.
    pub(super) is_cheap: bool,
}

/// All nodes. Positions of operands are smaller than their taker's, as [`crate::network`] guarantees; all tables of
/// these passes have a value for every node.
#[derive(Debug)]
pub(super) struct Graph<'n> {
    pub(super) nodes: Vec<StoredNode<'n>>,
    /// Positions of what the network returns.
    pub(super) outputs: Vec<usize>,
}

/// The step at which a sum over the network exceeds 64 bits: the position of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exceeded(pub(super) usize);

impl Exceeded {
    /// The error at its node.
    pub(super) fn error(self, network: &Network) -> AnalysisError {
        let node = network.nodes().nth(self.0).map(|(_, node)| node);
        AnalysisError {
            name: node.map_or_else(String::new, |node| node.name().to_owned()),
            place: node.map_or_else(Default::default, |node| node.place),
            error: OpError::TotalOverflow,
        }
    }
}

/// A sum to which a step adds.
pub(super) fn add(sum: u64, more: u64, step: usize) -> Result<u64, Exceeded> {
    sum.checked_add(more).ok_or(Exceeded(step))
}

impl<'n> Graph<'n> {
    /// Reads the network.
    ///
    /// # Errors
    /// Where the bytes of a node exceed 64 bits.
    pub(super) fn of(
        network: &'n Network,
        parameters: &NodeTable<NodeParameters>,
    ) -> Result<Self, AnalysisError> {
        let mut graph = Self {
            nodes: Vec::with_capacity(network.len()),
            outputs: network.outputs().iter().map(|output| output.tensor.index()).collect(),
        };
        let mut has_gradient = Vec::with_capacity(network.len());
        for ((tensor, node), held) in network.nodes().zip(parameters) {
            let (operands, shapes) = (network.operands(tensor), network.operand_shapes(tensor));
            let is_trained =
                held.trained > 0 || operands.iter().any(|operand| has_gradient[operand.index()]);
            has_gradient.push(is_trained);
            let failed = |error| AnalysisError::of(node, error);
            let bytes = node.shape.elements().checked_mul(BYTES_PER_VALUE);
            let operator = node.op.operator();
            let kept = if is_trained {
                operator.keeps(shapes, &node.shape).map_err(failed)?
            } else {
                Kept::default()
            };
            let kind = operator.kind(shapes);
            graph.nodes.push(StoredNode {
                operands,
                bytes: bytes.ok_or_else(|| failed(OpError::Overflow))?,
                storage: operator.storage(),
                kept,
                is_input: matches!(node.op, Op::Input(_)),
                is_concat: matches!(node.op, Op::Concat(_)),
                is_channel_concat: matches!(&node.op, Op::Concat(concat) if concat.axis == 1),
                is_cheap: matches!(kind, OperatorKind::Normalization | OperatorKind::Activation),
            });
        }
        Ok(graph)
    }

    /// The number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The positions of a node's operands, in the order of their slots.
    pub(super) fn operands(&self, at: usize) -> impl ExactSizeIterator<Item = usize> + use<'n> {
        self.nodes[at].operands.iter().map(|operand| operand.index())
    }

    /// Bytes of all inputs, and those before them.
    pub(super) fn with_inputs(&self, before: u64) -> Result<u64, Exceeded> {
        let inputs = self.nodes.iter().enumerate().filter(|(_, node)| node.is_input);
        inputs.into_iter().try_fold(before, |sum, (at, node)| add(sum, node.bytes, at))
    }

    /// For every node the one whose storage its output is: itself unless it is a view.
    pub(super) fn owners(&self, training: bool) -> Vec<usize> {
        let mut owners: Vec<usize> = Vec::with_capacity(self.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let viewed = self.operands(at).next().filter(|_| node.storage.is_view(training));
            owners.push(viewed.map_or(at, |operand| owners[operand]));
        }
        owners
    }

    /// The owners of a node's operands, each once, in the order of their slots.
    pub(super) fn distinct<'a>(
        &'a self,
        owners: &'a [usize],
        at: usize,
        seen: &'a mut [usize],
    ) -> impl Iterator<Item = usize> + 'a {
        let owned = self.operands(at).map(|operand| owners[operand]);
        // Marked by the taker's position and 1, so that marks need not be taken back.
        owned.filter(move |&owner| std::mem::replace(&mut seen[owner], at + 1) != at + 1)
    }
}
