//! The passes: functions from a network to a table of figures for its nodes. A pass changes nothing and prints nothing.

mod cost;
mod memory;
mod parameters;
mod table;

use thiserror::Error;

pub use cost::{NodeCost, cost};
pub use memory::{BYTES_PER_VALUE, NodeMemory, memory};
pub use parameters::{NodeParameters, parameters};
pub use table::NodeTable;

use crate::network::{Network, Node, Place};
use crate::ops::OpError;

/// The tables of all passes.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Trained values and buffers.
    pub parameters: NodeTable<NodeParameters>,
    /// Arithmetic and outputs.
    pub cost: NodeTable<NodeCost>,
    /// Bytes.
    pub memory: NodeTable<NodeMemory>,
}

/// Why a figure cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}`: {error}")]
pub struct AnalysisError {
    /// The layer.
    pub name: String,
    /// Where it was described.
    pub place: Place,
    /// What is wrong.
    pub error: OpError,
}

impl AnalysisError {
    fn of(node: &Node, error: OpError) -> Self {
        Self { name: node.name().to_owned(), place: node.place, error }
    }
}

/// Runs every pass.
///
/// # Errors
/// Where a figure of a layer exceeds 64 bits.
pub fn analyse(network: &Network) -> Result<Tables, AnalysisError> {
    let parameters = parameters(network)?;
    let cost = cost(network)?;
    let memory = memory(network, &parameters, &cost)?;
    Ok(Tables { parameters, cost, memory })
}
