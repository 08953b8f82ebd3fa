//! Fully connected layers and products of matrices.

use pulp::Arch;
use rayon::prelude::*;

use super::gemm::View;
use super::{Context, Kernel, Layer, kept, only, sample_sizes};
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
    pub(super) fn of(layer: Layer<'_>) -> Result<Self, OpError> {
        let [weight, rest @ ..] = layer.parameters else {
            return Err(OpError::rule("a fully connected layer holds its weight"));
        };
        let mut bias = rest.first().cloned();
        if let Some(affine) = &layer.affine {
            bias = Some(affine.fold(weight, bias.as_deref()));
        }
        let weight = kept(weight);
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
        if operand.len() == self.size[1] {
            self.row(operand, output);
            return Ok(());
        }
        let rows = operand.len() / self.size[1];
        let left = View::row_major(operand, [rows, self.size[1]]);
        let right = View::row_major(&self.weight, self.size).transposed();
        context.gemm.multiply_views(output, left, right, self.bias.as_deref())
    }
}

/// So many features are computed at a time: each value of the operand is loaded once for them.
const FEATURES: usize = 4;

/// So many sums run beside each other along a row of the weight.
const LANES: usize = 16;

impl Linear {
    /// A product with one row takes as long as the weight takes to be read, which is done once, in its order.
    fn row(&self, operand: &[f32], output: &mut [f32]) {
        let features = (super::GRAIN / self.size[1]).max(1).next_multiple_of(FEATURES);
        output.par_chunks_mut(features).enumerate().for_each(|(chunk, output)| {
            Arch::new().dispatch(|| self.features(chunk * features, operand, output));
        });
    }

    /// Features from the first on.
    #[inline(always)]
    fn features(&self, first: usize, operand: &[f32], output: &mut [f32]) {
        let length = self.size[1];
        let weights = self.weight[first * length..].chunks(FEATURES * length);
        for (weights, output) in weights.zip(output.chunks_mut(FEATURES)) {
            match output {
                [a, b, c, d] => [*a, *b, *c, *d] = dot_products(weights, operand),
                output => {
                    for (y, weights) in output.iter_mut().zip(weights.chunks(length)) {
                        [*y] = dot_products(weights, operand);
                    }
                }
            }
        }
        if let Some(bias) = &self.bias {
            output.iter_mut().zip(&bias[first..]).for_each(|(y, bias)| *y += bias);
        }
    }
}

/// Products of rows that follow each other with a row.
#[inline(always)]
fn dot_products<const ROWS: usize>(rows: &[f32], x: &[f32]) -> [f32; ROWS] {
    let mut sums = [[0.0; LANES]; ROWS];
    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &rows[row * x.len()..][..x.len()]);
    let blocks = x.len() / LANES * LANES;
    for at in (0..blocks).step_by(LANES) {
        let x: &[f32] = &x[at..][..LANES];
        for (sums, row) in sums.iter_mut().zip(rows) {
            let row = &row[at..][..LANES];
            for lane in 0..LANES {
                sums[lane] += row[lane] * x[lane];
            }
        }
    }
    std::array::from_fn(|row| {
        let rest = rows[row][blocks..].iter().zip(&x[blocks..]).map(|(weight, x)| weight * x);
        sums[row].iter().sum::<f32>() + rest.sum::<f32>()
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
            context.gemm.multiply_views(output, left, right, None)?;
        }
        Ok(())
    }
}
