//! Memory, part by part: weights, activations and their peak at inference, what training keeps. The parts are never added up to one
//! figure, since they are not there at the same time or not of the same kind.

mod concatenation;
mod graph;
mod lifetimes;
mod placement;
mod training;
mod values;
mod weights;

use serde::Serialize;

pub use concatenation::{ConcatenationMemory, ConcatenationPolicy};
pub use lifetimes::Schedule;
pub use placement::{Buffer, Part, Placement, Stored};
pub use training::Training;
pub(super) use values::{NodeMemory, node_memory};
pub use weights::{DataType, Gradients, Optimizer, OptimizerBytes, WeightBytes};

use super::{AnalysisError, Figures, NodeParameters, NodeTable, parameters};
use crate::network::Network;
use graph::Graph;
use lifetimes::{Concatenations, Rules};

/// Bytes of one value, a 32-bit float.
pub const BYTES_PER_VALUE: u64 = 4;

/// How the peak of a network is counted.
const IN_PLACE: Rules = Rules { in_place: true, concatenations: Concatenations::Written };

/// The memory of a network, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Of all trained values and buffers, by the type they are stored as.
    pub weights: WeightBytes,
    /// Of the network's inputs.
    pub input_bytes: u64,
    /// Of the outputs of all operators at once.
    pub activation_bytes: u64,
    /// Activations alive at inference where element-wise operators write over an operand that nothing takes any more, and what a
    /// concatenation along the channels is made of stands in it from the first.
    pub in_place: Schedule,
    /// Activations alive at inference where every operator but a view writes to storage of its own.
    pub separate: Schedule,
    /// What training keeps for the backward pass.
    pub training: Training,
    /// Of the gradients of trained values, and of what optimizers remember.
    #[serde(flatten)]
    pub gradients: Gradients,
    /// The peak at inference and what training keeps, by how concatenations are stored; `None` where the network has none.
    pub concatenation: Option<Vec<ConcatenationMemory>>,
}

/// The memory of a network from the tables of the same network.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub(super) fn memory(
    network: &Network,
    parameters: &NodeTable<NodeParameters>,
    figures: &Figures,
) -> Result<Memory, AnalysisError> {
    let graph = Graph::of(network, parameters)?;
    of_graph(&graph, figures).ok_or_else(|| graph::overflow(network))
}

/// Where the tensors of a sample are stored at inference: element-wise operators over an operand, concatenations in place.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn placement(network: &Network) -> Result<Placement, AnalysisError> {
    let graph = Graph::of(network, &parameters(network)?)?;
    Placement::of(network, &graph).ok_or_else(|| graph::overflow(network))
}

/// The activations that are alive at each layer at inference, element-wise operators in place, and nothing else.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub(super) fn inference(
    network: &Network,
    parameters: &NodeTable<NodeParameters>,
) -> Result<Schedule, AnalysisError> {
    let graph = Graph::of(network, parameters)?;
    lifetimes::schedule(&graph, IN_PLACE).ok_or_else(|| graph::overflow(network))
}

/// What training keeps, and nothing else.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub(super) fn training(
    network: &Network,
    parameters: &NodeTable<NodeParameters>,
) -> Result<Training, AnalysisError> {
    let graph = Graph::of(network, parameters)?;
    training::kept(&graph).training(&graph).ok_or_else(|| graph::overflow(network))
}

/// `None` where a sum exceeds 64 bits.
fn of_graph(graph: &Graph<'_>, figures: &Figures) -> Option<Memory> {
    let in_place = lifetimes::schedule(graph, IN_PLACE)?;
    let kept = training::kept(graph);
    let training = kept.training(graph)?;
    let concatenation = concatenation::policies(graph, &kept, &training)?;
    Some(Memory {
        weights: WeightBytes::of(figures)?,
        input_bytes: graph.input_bytes()?,
        activation_bytes: figures.activation_bytes,
        in_place,
        separate: lifetimes::schedule(graph, Rules::default())?,
        training,
        gradients: Gradients::of(figures)?,
        concatenation,
    })
}
