//! The bytes of every node's values and output.

use super::{AnalysisError, NodeCost, NodeParameters, NodeTable};
use crate::network::Network;
use crate::ops::OpError;

/// Bytes of one value, a 32-bit float.
pub const BYTES_PER_VALUE: u64 = 4;

/// The bytes of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeMemory {
    /// Of its trained values and buffers.
    pub weight_bytes: u64,
    /// Of its output; 0 for an input.
    pub activation_bytes: u64,
}

/// Counts the bytes of every node's values and output.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn memory(
    network: &Network,
    parameters: &NodeTable<NodeParameters>,
    cost: &NodeTable<NodeCost>,
) -> Result<NodeTable<NodeMemory>, AnalysisError> {
    let mut counts = parameters.iter().zip(cost);
    NodeTable::fill(network, |_, _| {
        let (held, cost) = counts.next().ok_or(OpError::Overflow)?;
        let bytes = |values: u64| values.checked_mul(BYTES_PER_VALUE).ok_or(OpError::Overflow);
        let values = held.trained.checked_add(held.buffers).ok_or(OpError::Overflow)?;
        Ok(NodeMemory { weight_bytes: bytes(values)?, activation_bytes: bytes(cost.activations)? })
    })
}
