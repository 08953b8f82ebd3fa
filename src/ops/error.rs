//! Why operators do not fit, and the checks that several of them share.

use thiserror::Error;

use crate::network::{Shape, ShapeError};

/// Why an operator does not fit its arguments or operands.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpError {
    /// The wrong number of operands.
    #[error("takes {expected}, but is given {given}")]
    Operands {
        /// How many it takes, for people.
        expected: &'static str,
        /// How many were given.
        given: usize,
    },
    /// An operand of the wrong rank.
    #[error("takes {expected}, not {given}")]
    Rank {
        /// What it takes, for people.
        expected: &'static str,
        /// What it was given.
        given: Shape,
    },
    /// A window that does not fit into the padded map.
    #[error(
        "the kernel spans {kernel} pixels of {axis}, more than the {padded} there are with padding"
    )]
    KernelTooLarge {
        /// `height` or `width`.
        axis: &'static str,
        /// The extent of the kernel, dilation included.
        kernel: u64,
        /// The extent of the map, padding included.
        padded: u64,
    },
    /// A count that groups do not divide.
    #[error("{groups} groups do not divide {count} {what}")]
    Groups {
        /// What is to be divided.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// The number of groups.
        groups: u64,
    },
    /// Operands whose sizes do not agree.
    #[error("the operands differ in axis {axis}: {} and {}", shapes[0], shapes[1])]
    Mismatch {
        /// The axis in question, the batch being axis 0.
        axis: usize,
        /// The two shapes.
        shapes: Box<[Shape; 2]>,
    },
    /// An axis that the operand does not have.
    #[error("there is no axis {axis} in {shape}; with the batch it has {} axes", shape.rank())]
    Axis {
        /// The axis asked for.
        axis: u64,
        /// The operand.
        shape: Shape,
    },
    /// A result that is no tensor.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A count that exceeds 64 bits.
    #[error("a figure of this layer exceeds 64 bits")]
    Overflow,
    /// A sum over the network that exceeds 64 bits.
    #[error("with this layer, the figures of the network exceed 64 bits")]
    TotalOverflow,
    /// A rule of one operator, told in full.
    #[error("{0}")]
    Rule(String),
}

impl OpError {
    /// The argument that is at fault, where it is one.
    #[must_use]
    pub fn argument(&self) -> Option<&'static str> {
        match self {
            Self::KernelTooLarge { .. } => Some("kernel"),
            Self::Groups { .. } => Some("groups"),
            Self::Axis { .. } => Some("axis"),
            _ => None,
        }
    }

    /// A list for which there is no memory.
    pub(super) fn no_memory(count: usize) -> Self {
        Self::Rule(format!("there is no memory for {count} values"))
    }

    /// A tensor of a shape for whose values there is no memory.
    pub(crate) fn memory(shape: &Shape) -> Self {
        Self::Rule(format!(
            "there is no memory for the {} values of {:?}",
            shape.elements(),
            shape.sizes()
        ))
    }

    /// A rule that only one operator has.
    pub(crate) fn rule(message: impl Into<String>) -> Self {
        Self::Rule(message.into())
    }

    /// Two operands that differ in an axis.
    pub(super) fn mismatch(axis: usize, left: &Shape, right: &Shape) -> Self {
        Self::Mismatch { axis, shapes: Box::new([*left, *right]) }
    }
}

/// The one operand, its shape or its values, of an operator that takes one.
pub(super) fn single<T>(operands: &[T]) -> Result<&T, OpError> {
    match operands {
        [operand] => Ok(operand),
        _ => Err(OpError::Operands { expected: "one tensor", given: operands.len() }),
    }
}

/// The two operands, their shapes or their values, of an operator that takes two.
pub(super) fn pair<T>(operands: &[T]) -> Result<[&T; 2], OpError> {
    match operands {
        [left, right] => Ok([left, right]),
        _ => Err(OpError::Operands { expected: "two tensors", given: operands.len() }),
    }
}

/// Batch, channels, height and width of the one operand.
pub(super) fn maps(operands: &[Shape]) -> Result<[u64; 4], OpError> {
    let shape = single(operands)?;
    match *shape.sizes() {
        [batch, channels, height, width] => Ok([batch, channels, height, width]),
        _ => Err(OpError::Rank { expected: "maps of [channels, height, width]", given: *shape }),
    }
}

/// An axis that the shape has.
pub(super) fn axis(shape: &Shape, axis: u64) -> Result<usize, OpError> {
    let index = usize::try_from(axis).ok().filter(|&index| index < shape.rank());
    index.ok_or(OpError::Axis { axis, shape: *shape })
}
