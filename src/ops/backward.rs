//! What operators keep of the forward pass for the backward pass.
//!
//! The rules follow PyTorch's `tools/autograd/derivatives.yaml`, which says for every operator which tensors its gradient is computed
//! from. Where it names a tensor of which only the sizes are used, nothing is kept here.

use super::OpError;
use super::cost::{product, sum};

/// Bytes of a 32-bit float.
const FLOAT: u64 = 4;
/// Bytes of a position in a tensor, a 64-bit integer as in PyTorch.
const INDEX: u64 = 8;

/// What an operator keeps in training from its forward to its backward pass, beside its trained values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Whether its operands are kept, all of them.
    pub operands: bool,
    /// Whether its output is kept.
    pub output: bool,
    /// Bytes of what is neither: masks, indices, statistics.
    pub bytes: u64,
}

impl Kept {
    /// Nothing: the gradients are moved, added or scaled by constants.
    pub(super) const NOTHING: Self = Self { operands: false, output: false, bytes: 0 };
    /// The operands.
    pub(super) const OPERANDS: Self = Self { operands: true, ..Self::NOTHING };
    /// The output.
    pub(super) const OUTPUT: Self = Self { output: true, ..Self::NOTHING };

    /// And so many 32-bit floats beside.
    pub(super) fn floats(self, count: u64) -> Result<Self, OpError> {
        self.and(product(&[count, FLOAT])?)
    }

    /// And so many positions beside.
    pub(super) fn indices(self, count: u64) -> Result<Self, OpError> {
        self.and(product(&[count, INDEX])?)
    }

    /// And a mask of so many elements beside, a byte each.
    pub(super) fn mask(self, count: u64) -> Result<Self, OpError> {
        self.and(count)
    }

    fn and(self, bytes: u64) -> Result<Self, OpError> {
        Ok(Self { bytes: sum(&[self.bytes, bytes])?, ..self })
    }
}
