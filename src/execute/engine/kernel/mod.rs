//! The kernels: how the engine computes each operator, for one sample at a time.

/// Computes loops that are compiled for the vectors of this machine. Only what is inlined is, so the closure has to be.
macro_rules! vectorized {
    ($work:expr) => {
        pulp::Arch::new().dispatch($crate::execute::engine::kernel::Loops(
            #[inline(always)]
            || $work,
        ))
    };
}

mod affine;
mod convolution;
mod direct;
mod gemm;
mod join;
mod linear;
mod moves;
mod normalization;
mod pooling;
mod resampling;
mod strided;
mod transposed;
mod unary;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::epilogue::Pointwise;
use crate::network::Shape;
use crate::ops::{Op, OpError};

pub(super) use affine::ChannelAffine;
pub(super) use gemm::Gemm;

/// Loops to be compiled for the vectors of a machine.
struct Loops<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Loops<F> {
    type Output = R;

    // Called once, but not by `FnOnce`: between that and the closure stands a function that is not inlined.
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// What every kernel may use.
#[derive(Debug)]
pub(super) struct Context {
    /// Multiplies matrices.
    pub(super) gemm: Gemm,
}

/// An operator made ready to run.
pub(super) trait Kernel: std::fmt::Debug + Send + Sync {
    /// Computes the output of one sample. An operand is `None` where it stands in the output already, which then holds it: the whole of it, or a
    /// part of a concatenation.
    ///
    /// # Errors
    /// Where there is no memory for what the kernel needs besides.
    fn run(
        &self,
        context: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError>;
}

/// An operator, what it takes and holds.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    /// The operator.
    pub(super) op: &'a Op,
    /// For every operand the first slot with the same values.
    pub(super) first_slots: Vec<usize>,
    /// The shapes of its operands.
    pub(super) operands: &'a [Shape],
    /// The shape of its output.
    pub(super) output: &'a Shape,
    /// The values of what it holds, in storage that is used again: what a kernel keeps of them, it [takes](kept).
    pub(super) parameters: &'a mut [Vec<f32>],
    /// A scale and a shift by channel that follow it: a batch normalization.
    pub(super) affine: Option<ChannelAffine>,
}

/// Makes the kernel of a layer; `None` for an operator that computes nothing, its output being its operand.
pub(super) fn compile(
    context: &Context,
    layer: &mut Layer<'_>,
) -> Result<Option<Box<dyn Kernel>>, OpError> {
    Ok(Some(match layer.op {
        Op::Input(_)
        | Op::Flatten(_)
        | Op::Reshape(_)
        | Op::Identity(_)
        | Op::Dropout(_)
        | Op::DropPath(_) => {
            return Ok(None);
        }
        Op::Conv(conv) => convolution::compile(context, conv, layer)?,
        Op::ConvTranspose(conv) => Box::new(transposed::Transposed::of(context, conv, layer)?),
        Op::Linear(_) => Box::new(linear::Linear::of(context, layer)?),
        Op::MatMul(_) => Box::new(linear::MatMul::of(layer)?),
        Op::BatchNorm(batch_norm) => Box::new(ChannelAffine::of(batch_norm, layer.parameters)?),
        Op::LayerNorm(layer_norm) => Box::new(normalization::LayerNorm::of(layer_norm, layer)?),
        Op::Lrn(lrn) => Box::new(normalization::Lrn::of(lrn, layer.output)?),
        Op::Activation(activation) => Box::new(unary::Unary::Function(activation.function)),
        Op::Affine(affine) => Box::new(unary::Unary::affine(affine)),
        Op::PRelu(_) => Box::new(affine::PRelu::of(layer)),
        Op::Softmax(softmax) => {
            Box::new(normalization::Softmax::of(softmax.axis, false, layer.output)?)
        }
        Op::LogSoftmax(softmax) => {
            Box::new(normalization::Softmax::of(softmax.axis, true, layer.output)?)
        }
        Op::MaxPool(pool) => Box::new(pooling::Pool::max(pool, layer)?),
        Op::AvgPool(pool) => Box::new(pooling::Pool::mean(pool, layer)?),
        Op::GlobalAvgPool(_) => Box::new(pooling::Regions::whole(layer, pooling::Reduction::Mean)?),
        Op::GlobalMaxPool(_) => Box::new(pooling::Regions::whole(layer, pooling::Reduction::Max)?),
        Op::AdaptiveAvgPool(_) => Box::new(pooling::Regions::of(layer, pooling::Reduction::Mean)?),
        Op::Transpose(transpose) => Box::new(moves::Strided::transpose(transpose, layer)?),
        Op::Slice(slice) => Box::new(moves::Strided::slice(slice, layer)?),
        Op::ChannelShuffle(shuffle) => Box::new(moves::Strided::shuffle(shuffle, layer)?),
        Op::Concat(concat) => Box::new(moves::Concat::of(concat, layer)?),
        Op::Pad(pad) => Box::new(moves::Pad::of(pad, layer)?),
        Op::Add(_) => Box::new(join::Join::of(join::Operation::Add, layer)),
        Op::Mean(_) => Box::new(join::Join::of(join::Operation::Mean, layer)),
        Op::Sub(_) => Box::new(join::Join::of(join::Operation::Subtract, layer)),
        Op::Mul(_) => Box::new(join::Join::of(join::Operation::Multiply, layer)),
        Op::Div(_) => Box::new(join::Join::of(join::Operation::Divide, layer)),
        Op::Upsample(upsample) => Box::new(resampling::Upsample::of(upsample, layer)?),
    }))
}

/// Takes values out of storage that is used again: the storage itself where they fill the most of it, otherwise a copy.
fn kept(values: &mut Vec<f32>) -> Vec<f32> {
    if values.len() > values.capacity() / 2 { std::mem::take(values) } else { values.clone() }
}

/// The one operand of a kernel that does not write over it.
fn only<'a>(operands: &[Option<&'a [f32]>]) -> &'a [f32] {
    operands.first().copied().flatten().unwrap_or_default()
}

/// Copies the operand to the output, unless it is there, in pieces that stay in the fastest cache, and changes each piece.
#[inline(always)]
fn in_pieces(operand: Option<&[f32]>, output: &mut [f32], mut change: impl FnMut(&mut [f32])) {
    const PIECE: usize = 2048;
    for (at, piece) in output.chunks_mut(PIECE).enumerate() {
        if let Some(operand) = operand {
            piece.copy_from_slice(&operand[at * PIECE..][..piece.len()]);
        }
        change(piece);
    }
}

/// Joins what becomes of values that follow each other: as many in turn as vectors have places, and those at the end.
#[inline(always)]
fn fold<T: Copy>(values: &[f32], start: T, of: impl Fn(f32) -> T, join: impl Fn(T, T) -> T) -> T {
    const PLACES: usize = 16;
    let (groups, rest) = values.as_chunks::<PLACES>();
    let mut joined = [start; PLACES];
    for group in groups {
        for (joined, x) in joined.iter_mut().zip(group) {
            *joined = join(*joined, of(*x));
        }
    }
    for (joined, x) in joined.iter_mut().zip(rest) {
        *joined = join(*joined, of(*x));
    }
    joined.into_iter().fold(start, join)
}

/// Cuts rows of so many values, which follow each other, into parts of so many, and gives every part of all rows.
fn across(values: &mut [f32], row: usize, part: usize) -> Vec<Vec<&mut [f32]>> {
    let mut rows: Vec<_> = values.chunks_mut(row).map(|row| row.chunks_mut(part)).collect();
    let next = |_| rows.iter_mut().filter_map(Iterator::next).collect();
    (0..row.div_ceil(part)).map(next).collect()
}

/// So many elements are computed by one thread at a time.
const GRAIN: usize = 1 << 15;

/// Applies an activation function to every element.
pub(super) fn activate(function: Pointwise, values: &mut [f32]) {
    values.par_chunks_mut(GRAIN).for_each(|values| {
        vectorized!(function.apply(values));
    });
}

/// Adds values to others.
fn add(sums: &mut [f32], values: &[f32]) {
    sums.par_chunks_mut(GRAIN).zip(values.par_chunks(GRAIN)).for_each(|(sums, values)| {
        vectorized!(sums.iter_mut().zip(values).for_each(|(sum, x)| *sum += x));
    });
}

/// Sizes along the axes of one sample, as indices; without the batch.
fn sample_sizes(shape: &Shape) -> Result<Vec<usize>, OpError> {
    shape.sizes().iter().skip(1).map(|&size| index(size)).collect()
}

/// Channels, rows and columns of one sample; axes that are not there have size 1.
fn map_sizes(shape: &Shape) -> Result<[usize; 3], OpError> {
    let sizes = sample_sizes(shape)?;
    Ok(std::array::from_fn(|axis| sizes.get(axis).copied().unwrap_or(1)))
}

/// A size as an index.
fn index(size: u64) -> Result<usize, OpError> {
    usize::try_from(size).map_err(|_| OpError::Overflow)
}

fn indices(sizes: [u64; 2]) -> Result<[usize; 2], OpError> {
    Ok([index(sizes[0])?, index(sizes[1])?])
}
