//! Fully connected layers and products of matrices.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::gemm::{PackedRight, View};
use super::{Context, Kernel, Layer, kept, only, sample_sizes};
use crate::ops::OpError;

/// A fully connected layer: `output = operand · weightᵀ + bias`, row by row.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Weight,
    bias: Option<Vec<f32>>,
    /// Features of the output and of the operand.
    size: [usize; 2],
}

/// The weight, in the order in which it is read.
#[derive(Debug)]
enum Weight {
    /// Features by features of the operand, for an operand of one row.
    Rows(Vec<f32>),
    /// The right matrix of a product, for more.
    Packed(PackedRight),
}

impl Linear {
    pub(super) fn of(context: &Context, layer: &mut Layer<'_>) -> Result<Self, OpError> {
        let [weight, rest @ ..] = &mut *layer.parameters else {
            return Err(OpError::rule("a fully connected layer holds its weight"));
        };
        let mut bias = rest.first().cloned();
        if let Some(affine) = &layer.affine {
            bias = Some(affine.fold(weight, bias.as_deref()));
        }
        let output = sample_sizes(layer.output)?;
        let out = output.last().copied().unwrap_or(1);
        let size = [out, weight.len() / out];
        let has_one_row = output.iter().product::<usize>() == out;
        let weight = if has_one_row {
            Weight::Rows(kept(weight))
        } else {
            let right = View::row_major(weight, size).transposed();
            Weight::Packed(context.gemm.pack_right(right)?)
        };
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
        match &self.weight {
            Weight::Rows(weight) => {
                self.row(weight, operand, output);
                Ok(())
            }
            Weight::Packed(weight) => {
                let rows = operand.len() / self.size[1];
                let left = View::row_major(operand, [rows, self.size[1]]);
                context.gemm.multiply_by_packed(output, left, weight, self.bias.as_deref())
            }
        }
    }
}

/// So many features are computed at a time: each value of the operand is loaded once for them.
const FEATURES: usize = 4;

impl Linear {
    /// A product with one row takes as long as the weight takes to be read, which is done once, in its order.
    fn row(&self, weight: &[f32], operand: &[f32], output: &mut [f32]) {
        let length = self.size[1];
        let features = (super::GRAIN / length).max(1).next_multiple_of(FEATURES);
        let weights = weight.par_chunks(features * length);
        output.par_chunks_mut(features).zip(weights).for_each(|(output, weights)| {
            Arch::new().dispatch(DotProducts { rows: weights, operand, output });
        });
        if let Some(bias) = &self.bias {
            output.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
        }
    }
}

/// The dot products of rows that follow each other with one operand.
struct DotProducts<'a> {
    rows: &'a [f32],
    operand: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for DotProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.operand.len();
        let rows = self.rows.chunks(FEATURES * length);
        for (output, rows) in self.output.chunks_mut(FEATURES).zip(rows) {
            match output {
                [a, b, c, d] => [*a, *b, *c, *d] = dot_products(simd, rows, self.operand),
                output => {
                    for (y, row) in output.iter_mut().zip(rows.chunks(length)) {
                        [*y] = dot_products(simd, row, self.operand);
                    }
                }
            }
        }
    }
}

/// The dot products of so many rows with one operand.
#[inline(always)]
fn dot_products<S: Simd, const ROWS: usize>(simd: S, rows: &[f32], operand: &[f32]) -> [f32; ROWS] {
    let (x, x_rest) = S::as_simd_f32s(operand);
    let rows: [_; ROWS] = std::array::from_fn(|row| {
        let (blocks, rest) = S::as_simd_f32s(&rows[row * operand.len()..][..operand.len()]);
        (&blocks[..x.len()], rest)
    });
    let mut sums = [simd.splat_f32s(0.0); ROWS];
    for (at, &x) in x.iter().enumerate() {
        for row in 0..ROWS {
            sums[row] = simd.mul_add_f32s(rows[row].0[at], x, sums[row]);
        }
    }
    std::array::from_fn(|row| {
        let rest = rows[row].1.iter().zip(x_rest).map(|(weight, x)| weight * x);
        simd.reduce_sum_f32s(sums[row]) + rest.sum::<f32>()
    })
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
            context.gemm.multiply_views(output, left, right)?;
        }
        Ok(())
    }
}
