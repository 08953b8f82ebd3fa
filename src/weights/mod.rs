//! The values of a network's parameters: made from a seed, or read from a file; layer by layer as a [`Source`], or all at once as [`Weights`].

mod archive;
mod moments;
mod names;
pub mod npz;
pub mod safetensors;
mod seeded;

use crate::analysis::AnalysisError;
use crate::network::{Network, Tensor};
use crate::ops::Parameter;

pub use archive::{Archived, Loaded, Misfit, NotFinite, WeightsError};
pub use names::{MAX_MAPPING_BYTES, Names, NamesError};
pub use seeded::{Seeded, seeded, seeded_input, seeded_inputs};

/// The values of all tensors that the operators of a network hold, as 32-bit floats in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// For every node the values of what it holds, in the order of [`Operator::parameters`](crate::ops::Operator::parameters).
    nodes: Vec<Vec<Vec<f32>>>,
}

impl Weights {
    /// The values of what a node holds, in the order of [`Operator::parameters`](crate::ops::Operator::parameters).
    #[must_use]
    pub fn of(&self, node: Tensor) -> &[Vec<f32>] {
        self.nodes.get(node.index()).map_or(&[], Vec::as_slice)
    }

    /// All values of a source.
    ///
    /// # Errors
    /// Where values cannot be made or read.
    pub fn of_source(network: &Network, source: &mut dyn Source) -> Result<Self, WeightsError> {
        let nodes = network.nodes().map(|(tensor, _)| source.take(tensor));
        Ok(Self { nodes: nodes.collect::<Result<_, _>>()? })
    }
}

/// Where the values of a network's parameters come from, layer by layer, so that not all of them need be held at once.
pub trait Source: Send {
    /// The values of what a node holds, in the order of [`Operator::parameters`](crate::ops::Operator::parameters) and each in row-major order.
    ///
    /// # Errors
    /// Where they cannot be made or read.
    fn take(&mut self, node: Tensor) -> Result<Vec<Vec<f32>>, WeightsError>;

    /// The tensors among those taken that hold values with which nothing sensible can be computed.
    fn not_finite(&self) -> &[NotFinite] {
        &[]
    }
}

impl Source for &Weights {
    fn take(&mut self, node: Tensor) -> Result<Vec<Vec<f32>>, WeightsError> {
        Ok(self.of(node).to_vec())
    }
}

/// A tensor that a network holds.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedParameter {
    /// The layer's name, a dot, and the tensor's name within the layer: `fire2/squeeze.weight`.
    pub name: String,
    /// The node that holds it.
    pub node: Tensor,
    /// Its name within the layer, and its shape.
    pub parameter: Parameter,
}

/// All tensors that a network holds, in execution order.
///
/// # Errors
/// Where a size exceeds 64 bits.
pub fn parameters(network: &Network) -> Result<Vec<NamedParameter>, AnalysisError> {
    let mut named = Vec::new();
    for (tensor, node) in network.nodes() {
        let held = node.op.operator().parameters(network.operand_shapes(tensor));
        for parameter in held.map_err(|error| AnalysisError::of(node, error))? {
            let name = format!("{}.{}", node.name(), parameter.name);
            named.push(NamedParameter { name, node: tensor, parameter });
        }
    }
    Ok(named)
}
