//! The bytes of every node's values and output.

use super::BYTES_PER_VALUE;
use crate::analysis::{AnalysisError, NodeCost, NodeParameters, NodeTable};
use crate::network::Network;
use crate::ops::OpError;

/// The bytes of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeMemory {
    /// Of its trained values and buffers.
    pub(crate) weight_bytes: u64,
    /// Of its output; 0 for an input.
    pub(crate) activation_bytes: u64,
    /// Of its output where it is a concatenation, otherwise 0.
    pub(crate) concat_bytes: u64,
}

/// Counts the bytes of every node's values and output, from the tables of the same network.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub(crate) fn node_memory(
    network: &Network,
    parameters: &NodeTable<NodeParameters>,
    cost: &NodeTable<NodeCost>,
) -> Result<NodeTable<NodeMemory>, AnalysisError> {
    let nodes = network.nodes().zip(parameters).zip(cost);
    let memory = nodes.map(|(((_, node), held), cost)| {
        bytes(held, cost).ok_or_else(|| AnalysisError::of(node, OpError::Overflow))
    });
    memory.collect()
}

fn bytes(held: &NodeParameters, cost: &NodeCost) -> Option<NodeMemory> {
    let values = held.trained.checked_add(held.buffers)?;
    Some(NodeMemory {
        weight_bytes: values.checked_mul(BYTES_PER_VALUE)?,
        activation_bytes: cost.activations.checked_mul(BYTES_PER_VALUE)?,
        concat_bytes: cost.concat_activations.checked_mul(BYTES_PER_VALUE)?,
    })
}
