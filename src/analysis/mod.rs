//! The passes: functions from a network to a table of figures for its nodes. A pass changes nothing and prints nothing.

mod cost;
mod memory;
mod parameters;
pub mod paths;
pub mod roofline;
mod table;
mod totals;

use thiserror::Error;

pub use cost::{NodeCost, cost};
pub use memory::{BYTES_PER_VALUE, NodeMemory, memory};
pub use parameters::{NodeParameters, parameters};
pub use paths::{Paths, paths};
pub use table::NodeTable;
pub use totals::{Figures, Totals};

use crate::network::{Network, Node, Place};
use crate::ops::OpError;

/// What all passes find.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The figures of every node that add up.
    pub figures: NodeTable<Figures>,
    /// The figures of the whole network.
    pub totals: Totals,
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
/// Where a figure of a layer or of the network exceeds 64 bits.
pub fn analyse(network: &Network) -> Result<Analysis, AnalysisError> {
    let parameters = parameters(network)?;
    let cost = cost(network)?;
    let memory = memory(network, &parameters, &cost)?;
    let figures = totals::figures(&parameters, &cost, &memory);
    let totals = totals::totals(network, &figures)?;
    Ok(Analysis { figures, totals })
}
