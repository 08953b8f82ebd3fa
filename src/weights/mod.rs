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
        let nodes = network.nodes().map(|(tensor, _)| {
            let mut held = Held::default();
            source.read(tensor, &mut held)?;
            Ok(held.into_tensors())
        });
        Ok(Self { nodes: nodes.collect::<Result<_, WeightsError>>()? })
    }
}

/// The values of what one node holds, in storage that serves the next node again.
#[derive(Debug, Default)]
pub struct Held {
    tensors: Vec<Vec<f32>>,
    count: usize,
}

impl Held {
    /// Holds nothing.
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Adds a tensor without values yet.
    pub fn add(&mut self) -> &mut Vec<f32> {
        let at = self.count;
        self.count += 1;
        if at == self.tensors.len() {
            self.tensors.push(Vec::new());
        }
        let values = &mut self.tensors[at];
        values.clear();
        values
    }

    /// The values, in the order of [`Operator::parameters`](crate::ops::Operator::parameters) and each in row-major order.
    #[must_use]
    pub fn tensors(&self) -> &[Vec<f32>] {
        &self.tensors[..self.count]
    }

    /// The values, to be changed or taken out.
    pub fn tensors_mut(&mut self) -> &mut [Vec<f32>] {
        &mut self.tensors[..self.count]
    }

    /// The values.
    #[must_use]
    pub fn into_tensors(mut self) -> Vec<Vec<f32>> {
        self.tensors.truncate(self.count);
        self.tensors
    }
}

/// Where the values of a network's parameters come from, layer by layer, so that not all of them need be held at once.
pub trait Source: Send {
    /// Puts the values of what a node holds in the place of what was held.
    ///
    /// # Errors
    /// Where they cannot be made or read.
    fn read(&mut self, node: Tensor, held: &mut Held) -> Result<(), WeightsError>;

    /// The tensors among those read that hold values with which nothing sensible can be computed.
    fn not_finite(&self) -> &[NotFinite] {
        &[]
    }
}

impl Source for &Weights {
    fn read(&mut self, node: Tensor, held: &mut Held) -> Result<(), WeightsError> {
        held.clear();
        self.of(node).iter().for_each(|values| held.add().extend_from_slice(values));
        Ok(())
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
