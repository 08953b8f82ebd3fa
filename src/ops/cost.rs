//! What an operator's arithmetic is counted in.

use serde::Serialize;

use super::OpError;
use crate::network::Shape;

/// A kind of floating-point operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlopKind {
    /// Two for each multiply–accumulate.
    MultiplyAccumulate,
    /// Additions of a bias.
    Bias,
    /// Activation functions, softmax included.
    Activation,
    /// Element-wise arithmetic between tensors or with constants, and interpolation.
    Elementwise,
    /// Normalization.
    Normalization,
    /// Comparisons, additions and divisions of pooling.
    Pooling,
}

impl FlopKind {
    /// All kinds, in the order of every table.
    pub const ALL: [Self; 6] = [
        Self::MultiplyAccumulate,
        Self::Bias,
        Self::Activation,
        Self::Elementwise,
        Self::Normalization,
        Self::Pooling,
    ];

    /// The kind's name in [`FlopsByKind`].
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::MultiplyAccumulate => "multiply_accumulate",
            Self::Bias => "bias",
            Self::Activation => "activation",
            Self::Elementwise => "elementwise",
            Self::Normalization => "normalization",
            Self::Pooling => "pooling",
        }
    }

    /// The kind's name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::MultiplyAccumulate => "multiply–accumulate",
            Self::Bias => "bias",
            Self::Activation => "activation",
            Self::Elementwise => "element-wise",
            Self::Normalization => "normalization",
            Self::Pooling => "pooling",
        }
    }
}

/// Floating-point operations by the kind of work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FlopsByKind {
    /// Two for each multiply–accumulate.
    pub multiply_accumulate: u64,
    /// Additions of a bias.
    pub bias: u64,
    /// Activation functions, softmax included.
    pub activation: u64,
    /// Element-wise arithmetic between tensors or with constants, and interpolation.
    pub elementwise: u64,
    /// Normalization.
    pub normalization: u64,
    /// Comparisons, additions and divisions of pooling.
    pub pooling: u64,
}

impl FlopsByKind {
    /// The operations of one kind.
    #[must_use]
    pub fn get(&self, kind: FlopKind) -> u64 {
        match kind {
            FlopKind::MultiplyAccumulate => self.multiply_accumulate,
            FlopKind::Bias => self.bias,
            FlopKind::Activation => self.activation,
            FlopKind::Elementwise => self.elementwise,
            FlopKind::Normalization => self.normalization,
            FlopKind::Pooling => self.pooling,
        }
    }

    /// The sum of all kinds; `None` where it exceeds 64 bits.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        FlopKind::ALL.into_iter().try_fold(0u64, |sum, kind| sum.checked_add(self.get(kind)))
    }

    /// The sum kind by kind; `None` where one exceeds 64 bits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            multiply_accumulate: self.multiply_accumulate.checked_add(other.multiply_accumulate)?,
            bias: self.bias.checked_add(other.bias)?,
            activation: self.activation.checked_add(other.activation)?,
            elementwise: self.elementwise.checked_add(other.elementwise)?,
            normalization: self.normalization.checked_add(other.normalization)?,
            pooling: self.pooling.checked_add(other.pooling)?,
        })
    }
}

/// The arithmetic of one operator in one forward pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply–accumulates; taps that fall on zero padding count.
    pub macs: u64,
    /// Operations by kind, the multiply–accumulates twice among them.
    pub flops: FlopsByKind,
}

impl Cost {
    /// Multiply–accumulates and additions of a bias.
    pub(super) fn multiply_accumulates(macs: u64, bias: u64) -> Result<Self, OpError> {
        let multiply_accumulate = product(&[2, macs])?;
        Ok(Self {
            macs,
            flops: FlopsByKind { multiply_accumulate, bias, ..FlopsByKind::default() },
        })
    }

    /// Operations of an activation function.
    pub(super) fn activation(activation: u64) -> Self {
        Self { macs: 0, flops: FlopsByKind { activation, ..FlopsByKind::default() } }
    }

    /// Element-wise operations.
    pub(super) fn elementwise(elementwise: u64) -> Self {
        Self { macs: 0, flops: FlopsByKind { elementwise, ..FlopsByKind::default() } }
    }

    /// Operations of a normalization.
    pub(super) fn normalization(normalization: u64) -> Self {
        Self { macs: 0, flops: FlopsByKind { normalization, ..FlopsByKind::default() } }
    }

    /// Operations of a pooling.
    pub(super) fn pooling(pooling: u64) -> Self {
        Self { macs: 0, flops: FlopsByKind { pooling, ..FlopsByKind::default() } }
    }
}

/// The product, unless it exceeds 64 bits.
pub(crate) fn product(factors: &[u64]) -> Result<u64, OpError> {
    let product = factors.iter().try_fold(1u64, |product, &factor| product.checked_mul(factor));
    product.ok_or(OpError::Overflow)
}

/// The sum, unless it exceeds 64 bits.
pub(super) fn sum(terms: &[u64]) -> Result<u64, OpError> {
    let sum = terms.iter().try_fold(0u64, |sum, &term| sum.checked_add(term));
    sum.ok_or(OpError::Overflow)
}

/// So many operations for each element.
pub(super) fn each(shape: &Shape, operations: u64) -> Result<u64, OpError> {
    product(&[shape.elements(), operations])
}
