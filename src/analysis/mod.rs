//! The passes: functions from a network to a table of figures for its nodes. A pass changes nothing and prints nothing.

mod cost;
mod memory;
mod parameters;
pub mod paths;
mod receptive_field;
pub mod roofline;
mod table;
mod totals;

use thiserror::Error;

pub use cost::{NodeCost, cost};
pub use memory::{
    BYTES_PER_VALUE, Buffer, ConcatenationMemory, ConcatenationPolicy, DataType, Gradients, Memory,
    Optimizer, OptimizerBytes, Part, Placement, Schedule, Stored, Training, WeightBytes, placement,
};
use memory::{NodeMemory, inference, memory, node_memory, training};
pub use parameters::{NodeParameters, parameters};
pub use paths::{Paths, paths};
pub use receptive_field::{
    AxisField, AxisWindow, FieldExtent, NetworkField, PaddingShare, ReceptiveField,
    ReceptiveFields, Unaligned, receptive_field,
};
pub use table::NodeTable;
pub use totals::{Figures, Totals};

use crate::figure::Figure;
use crate::network::{Network, Node, Place, Shape};
use crate::ops::OpError;

/// What all passes find.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The figures of every node that add up.
    pub figures: NodeTable<Figures>,
    /// The figures of the whole network.
    pub totals: Totals,
    /// Its memory, part by part.
    pub memory: Memory,
    /// What the units of every node depend on.
    pub receptive_fields: ReceptiveFields,
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
    pub(crate) fn of(node: &Node, error: OpError) -> Self {
        Self { name: node.name().to_owned(), place: node.place, error }
    }

    /// Values of a node for which there is no memory.
    pub(crate) fn memory(node: &Node, shape: &Shape) -> Self {
        Self::of(node, OpError::memory(shape))
    }
}

/// Runs every pass.
///
/// # Errors
/// Where a figure of a layer or of the network exceeds 64 bits.
pub fn analyse(network: &Network) -> Result<Analysis, AnalysisError> {
    let parameters = parameters(network)?;
    let cost = cost(network)?;
    let node_memory = node_memory(network, &parameters, &cost)?;
    let figures = totals::figures(&parameters, &cost, &node_memory);
    let mut totals = totals::totals(network, &figures)?;
    let memory = memory(network, &parameters, &totals.figures)?;
    let receptive_fields = receptive_field(network)?;
    totals.take_memory(&memory);
    totals.take_field(&receptive_fields);
    Ok(Analysis { figures, totals, memory, receptive_fields })
}

/// The figures of the whole network alone, by the passes that these need; the others are not known then.
///
/// # Errors
/// As [`analyse`].
pub fn totals(network: &Network, wanted: &[Figure]) -> Result<Totals, AnalysisError> {
    let parameters = parameters(network)?;
    let cost = cost(network)?;
    let node_memory = node_memory(network, &parameters, &cost)?;
    let mut totals = totals::totals(network, &totals::figures(&parameters, &cost, &node_memory))?;
    if wanted.contains(&Figure::PeakMemory) {
        totals.peak_activation_bytes = Some(inference(network, &parameters)?.peak_bytes);
    }
    if wanted.contains(&Figure::TrainingMemory) {
        totals.training_bytes = Some(training(network, &parameters)?.training_bytes);
    }
    if wanted.contains(&Figure::ReceptiveField) {
        totals.take_field(&receptive_field(network)?);
    }
    Ok(totals)
}

/// The activations that are alive at each layer at inference alone, whose largest sum is the network's peak.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub(crate) fn alive(network: &Network) -> Result<Schedule, AnalysisError> {
    inference(network, &parameters(network)?)
}
