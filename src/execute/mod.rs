//! Running a network: what an input becomes.
//!
//! [`oracle`] is the definition: plain loops, sums in 64 bits, every operation counted. [`engine`] is fast. [`verify`] puts what the analysis
//! says beside what both do.

pub mod classes;
pub mod engine;
pub mod image;
pub mod oracle;
pub mod verify;

use thiserror::Error;

use crate::network::{Network, Node, Shape, Tensor};
use crate::ops::OpError;
use crate::weights::WeightsError;

/// Why a network cannot be run.
#[derive(Debug, Error)]
pub enum ExecutionError {
    /// A number of inputs other than the network's.
    #[error("the network takes {expected} inputs, but is given {given}")]
    Inputs {
        /// How many it takes.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// An input of another shape.
    #[error("`{name}` takes {:?}, but is given {:?}", shapes[0].sizes(), shapes[1].sizes())]
    InputShape {
        /// The input's name.
        name: String,
        /// What it takes, and what it was given.
        shapes: Box<[Shape; 2]>,
    },
    /// An input of another number of values.
    #[error("`{name}` takes {expected} values, but is given {given}")]
    InputLength {
        /// The input's name.
        name: String,
        /// How many it takes, of all samples.
        expected: u64,
        /// How many were given.
        given: usize,
    },
    /// There is no memory for the activations.
    #[error("there is no memory for {bytes} bytes of activations")]
    NoMemory {
        /// What they take.
        bytes: u64,
    },
    /// Memory that was made for another engine.
    #[error("the memory is not of this network")]
    Memory,
    /// Activations that are too large for this machine.
    #[error("the activations take more bytes than this machine can count")]
    TooLarge,
    /// Weights that cannot be made or read, or are not of this network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A layer that cannot be computed.
    #[error("`{layer}`: {error}")]
    Layer {
        /// The layer's name.
        layer: String,
        /// What went wrong.
        error: OpError,
    },
}

impl ExecutionError {
    fn of(node: &Node, error: OpError) -> Self {
        Self::Layer { layer: node.name().to_owned(), error }
    }
}

/// The tensor that holds the values of a tensor: the operand of a layer that computes nothing, such as `flatten`, and of such layers
/// before it; otherwise the tensor itself.
#[must_use]
pub fn source(network: &Network, tensor: Tensor) -> Tensor {
    let mut at = tensor;
    while let Some(node) = network.node(at) {
        match network.operands(at) {
            [operand] if node.op.operator().storage().is_view(false) => at = *operand,
            _ => break,
        }
    }
    at
}

/// What a value that is not finite is called; `None` for all others.
#[must_use]
pub fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        value if value.is_infinite() => Some("infinity"),
        _ => None,
    }
}

/// Refuses inputs other than a network's.
fn check_inputs<'a>(
    network: &Network,
    shapes: impl ExactSizeIterator<Item = &'a Shape>,
) -> Result<(), ExecutionError> {
    let expected = network.inputs();
    if expected.len() != shapes.len() {
        return Err(ExecutionError::Inputs { expected: expected.len(), given: shapes.len() });
    }
    for (tensor, given) in expected.iter().zip(shapes) {
        match network.node(*tensor) {
            Some(node) if node.shape != *given => {
                let (name, shapes) = (node.name().to_owned(), Box::new([node.shape, *given]));
                return Err(ExecutionError::InputShape { name, shapes });
            }
            _ => {}
        }
    }
    Ok(())
}
