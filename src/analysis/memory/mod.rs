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
use graph::{Exceeded, Graph};
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
    of_graph(&graph, parameters, figures).map_err(|exceeded| exceeded.error(network))
}

/// Where the tensors of a sample are stored at inference: element-wise operators over an operand, concatenations in place.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn placement(network: &Network) -> Result<Placement, AnalysisError> {
    let graph = Graph::of(network, &parameters(network)?)?;
    Placement::of(network, &graph).map_err(|exceeded| exceeded.error(network))
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
    lifetimes::schedule(&graph, IN_PLACE).map_err(|exceeded| exceeded.error(network))
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
    training::kept(&graph).training(&graph).map_err(|exceeded| exceeded.error(network))
}

fn of_graph(
    graph: &Graph<'_>,
    parameters: &NodeTable<NodeParameters>,
    figures: &Figures,
) -> Result<Memory, Exceeded> {
    let in_place = lifetimes::schedule(graph, IN_PLACE)?;
    let kept = training::kept(graph);
    let training = kept.training(graph)?;
    let concatenation = concatenation::policies(graph, &kept, &training)?;
    let values = WeightBytes::of(figures).zip(Gradients::of(figures));
    let (weights, gradients) = values.ok_or_else(|| too_many_values(parameters))?;
    Ok(Memory {
        weights,
        input_bytes: graph.with_inputs(0)?,
        activation_bytes: figures.activation_bytes,
        in_place,
        separate: lifetimes::schedule(graph, Rules::default())?,
        training,
        gradients,
        concatenation,
    })
}

/// The first step with which the bytes of values, gradients and what optimizers remember exceed 64 bits.
fn too_many_values(parameters: &NodeTable<NodeParameters>) -> Exceeded {
    let mut sum = Figures::default();
    let mut fits = |held: &NodeParameters| {
        sum.params = sum.params.saturating_add(held.trained);
        sum.buffers = sum.buffers.saturating_add(held.buffers);
        WeightBytes::of(&sum).is_some() && Gradients::of(&sum).is_some()
    };
    Exceeded(parameters.iter().position(|held| !fits(held)).unwrap_or_default())
}
