//! The arithmetic and the activations of every node.

use super::{AnalysisError, NodeTable};
use crate::network::Network;
use crate::ops::{FlopsByKind, Op, OpError};

/// The arithmetic of a node in one forward pass, for the whole batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeCost {
    /// Multiply–accumulates.
    pub macs: u64,
    /// All floating-point operations.
    pub flops: u64,
    /// These by kind.
    pub flops_by_kind: FlopsByKind,
    /// Elements of the output; 0 for an input, which no operator makes.
    pub activations: u64,
    /// Elements of the output where the node is a convolution, otherwise 0.
    pub conv_activations: u64,
    /// Elements of the output where the node is a concatenation, otherwise 0.
    pub concat_activations: u64,
}

/// Counts the arithmetic and the outputs of every node.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn cost(network: &Network) -> Result<NodeTable<NodeCost>, AnalysisError> {
    NodeTable::fill(network, |node, operands| {
        if matches!(node.op, Op::Input(_)) {
            return Ok(NodeCost::default());
        }
        let cost = node.op.operator().cost(operands, &node.shape)?;
        let activations = node.shape.elements();
        let is_convolution = node.op.operator().kind(operands).is_convolution();
        Ok(NodeCost {
            macs: cost.macs,
            flops: cost.flops.total().ok_or(OpError::Overflow)?,
            flops_by_kind: cost.flops,
            activations,
            conv_activations: if is_convolution { activations } else { 0 },
            concat_activations: if matches!(node.op, Op::Concat(_)) { activations } else { 0 },
        })
    })
}
