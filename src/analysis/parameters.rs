//! The values that every node holds.

use super::{AnalysisError, NodeTable};
use crate::network::Network;
use crate::ops::OpError;

/// The values that a node holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeParameters {
    /// Trained values.
    pub trained: u64,
    /// Values that are stored but not trained, such as running statistics.
    pub buffers: u64,
}

/// Counts the values of every node.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn parameters(network: &Network) -> Result<NodeTable<NodeParameters>, AnalysisError> {
    NodeTable::fill(network, |node, operands| {
        let mut count = NodeParameters::default();
        for parameter in node.op.operator().parameters(operands)? {
            let values = parameter.shape.elements();
            let sum = if parameter.trained { &mut count.trained } else { &mut count.buffers };
            *sum = sum.checked_add(values).ok_or(OpError::Overflow)?;
        }
        Ok(count)
    })
}
