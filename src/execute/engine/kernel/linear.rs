//! Fully connected layers and products of matrices.

use super::gemm::View;
use super::{Context, Kernel, Layer, only, sample_sizes};
use crate::ops::OpError;

/// A fully connected layer: `output = operand · weightᵀ + bias`, row by row.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
    /// Features of the output and of the operand.
    size: [usize; 2],
}

impl Linear {
    pub(super) fn of(mut layer: Layer<'_>) -> Result<Self, OpError> {
        let mut parameters = std::mem::take(&mut layer.parameters).into_iter();
        let mut weight = parameters.next().unwrap_or_default();
        let mut bias = parameters.next();
        if let Some(affine) = &layer.affine {
            bias = Some(affine.fold(&mut weight, bias.as_deref()));
        }
        let out = sample_sizes(layer.output)?.last().copied().unwrap_or(1);
        let size = [out, weight.len() / out];
        Ok(Self { weight, bias, size })
    }
}

impl Kernel for Linear {
    fn run(
        &self,
        context: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let rows = operand.len() / self.size[1];
        let left = View::row_major(operand, [rows, self.size[1]]);
        let right = View::row_major(&self.weight, self.size).transposed();
        context.gemm.multiply_views(output, left, right, self.bias.as_deref())
    }
}

/// A product of two matrices, for every index of the axes before.
#[derive(Debug)]
pub(super) struct MatMul {
    /// Rows of the left one, columns of it, columns of the right one.
    size: [usize; 3],
}

impl MatMul {
    pub(super) fn of(layer: &Layer<'_>) -> Result<Self, OpError> {
        let [left, right] = layer.operands else {
            return Err(OpError::Operands { expected: "two tensors", given: layer.operands.len() });
        };
        let (left, right) = (sample_sizes(left)?, sample_sizes(right)?);
        match (left.as_slice(), right.as_slice()) {
            ([.., rows, inner], [.., _, columns]) => Ok(Self { size: [*rows, *inner, *columns] }),
            _ => Err(OpError::rule("a product of matrices takes matrices")),
        }
    }
}

impl Kernel for MatMul {
    fn run(
        &self,
        context: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let [rows, inner, columns] = self.size;
        let operand = |slot: usize| operands.get(slot).copied().flatten().unwrap_or_default();
        let lefts = operand(0).chunks(rows * inner);
        let rights = operand(1).chunks(inner * columns);
        for ((output, left), right) in output.chunks_mut(rows * columns).zip(lefts).zip(rights) {
            let left = View::row_major(left, [rows, inner]);
            let right = View::row_major(right, [inner, columns]);
            context.gemm.multiply_views(output, left, right, None)?;
        }
        Ok(())
    }
}
