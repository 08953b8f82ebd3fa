//! Functions of one element.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::super::epilogue::Pointwise;
use super::{Context, GRAIN, Kernel, in_pieces};
use crate::ops::{Affine, Function, OpError};

/// A function of one element.
#[derive(Debug)]
pub(super) enum Unary {
    /// An activation function.
    Function(Function),
    /// `scale·x + shift`.
    Affine { scale: f32, shift: f32 },
}

impl Unary {
    pub(super) fn affine(affine: &Affine) -> Self {
        Self::Affine { scale: affine.scale.as_(), shift: affine.shift.as_() }
    }

    #[inline(always)]
    fn change(&self, values: &mut [f32]) {
        match *self {
            Self::Function(function) => Pointwise(function).apply(values),
            Self::Affine { scale, shift } => {
                values.iter_mut().for_each(|value| *value = *value * scale + shift);
            }
        }
    }
}

impl Kernel for Unary {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = operands.first().copied().flatten();
        output.par_chunks_mut(GRAIN).enumerate().for_each(|(at, values)| {
            let operand = operand.map(|operand| &operand[at * GRAIN..][..values.len()]);
            vectorized!(in_pieces(
                operand,
                values,
                #[inline(always)]
                |piece| self.change(piece),
            ));
        });
        Ok(())
    }
}
