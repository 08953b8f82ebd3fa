//! Normalizations over several elements, and softmax.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::super::exponential::exp;
use super::{Context, Kernel, Layer, across, fold, index, map_sizes, only, sample_sizes};
use crate::network::Shape;
use crate::ops::{self, OpError};

/// A layer normalization.
#[derive(Debug)]
pub(super) struct LayerNorm {
    length: usize,
    eps: f32,
    scale_and_shift: Option<[Vec<f32>; 2]>,
}

impl LayerNorm {
    pub(super) fn of(norm: &ops::LayerNorm, layer: &mut Layer<'_>) -> Result<Self, OpError> {
        let sizes = sample_sizes(layer.output)?;
        let first = index(norm.axis)?.saturating_sub(1);
        let length = sizes.iter().skip(first).product();
        let scale_and_shift = match &*layer.parameters {
            [scale, shift] => Some([scale.clone(), shift.clone()]),
            _ => None,
        };
        Ok(Self { length, eps: norm.eps.as_(), scale_and_shift })
    }
}

impl Kernel for LayerNorm {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        if let Some(operand) = operands.first().copied().flatten() {
            output.copy_from_slice(operand);
        }
        let count: f64 = self.length.as_();
        output.par_chunks_mut(self.length).for_each(|values| {
            let sum: f64 = values.iter().map(|&x| f64::from(x)).sum();
            let mean = sum / count;
            let square = |x: &f32| (f64::from(*x) - mean).powi(2);
            let variance = values.iter().map(square).sum::<f64>() / count;
            let scale: f32 = (1.0 / (variance + f64::from(self.eps)).sqrt()).as_();
            let mean: f32 = mean.as_();
            values.iter_mut().for_each(|x| *x = (*x - mean) * scale);
            if let Some([scale, shift]) = &self.scale_and_shift {
                for ((x, scale), shift) in values.iter_mut().zip(scale).zip(shift) {
                    *x = *x * scale + shift;
                }
            }
        });
        Ok(())
    }
}

/// A local response normalization.
#[derive(Debug)]
pub(super) struct Lrn {
    size: usize,
    factor: f32,
    beta: f32,
    k: f32,
    channels: usize,
}

impl Lrn {
    pub(super) fn of(lrn: &ops::Lrn, output: &Shape) -> Result<Self, OpError> {
        let size = index(lrn.size)?;
        let count: f64 = size.as_();
        let [channels, _, _] = map_sizes(output)?;
        Ok(Self {
            size,
            factor: (lrn.alpha / count).as_(),
            beta: lrn.beta.as_(),
            k: lrn.k.as_(),
            channels,
        })
    }
}

impl Kernel for Lrn {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let length = output.len() / self.channels;
        output.par_chunks_mut(length).enumerate().for_each(|(channel, output)| {
            let first = channel.saturating_sub(self.size / 2);
            let last = (channel + (self.size - 1) / 2).min(self.channels - 1);
            let own = &operand[channel * length..][..length];
            vectorized!({
                output.fill(0.0);
                for neighbour in operand[first * length..(last + 1) * length].chunks(length) {
                    output.iter_mut().zip(neighbour).for_each(|(sum, x)| *sum += x * x);
                }
                for (y, x) in output.iter_mut().zip(own) {
                    let base = self.k + self.factor * *y;
                    // The most frequent power needs no logarithm.
                    let denominator = if self.beta.to_bits() == 0.75_f32.to_bits() {
                        let root = base.sqrt();
                        root * root.sqrt()
                    } else {
                        base.powf(self.beta)
                    };
                    *y = x / denominator;
                }
            });
        });
        Ok(())
    }
}

/// A softmax along an axis, or its logarithm.
#[derive(Debug)]
pub(super) struct Softmax {
    is_logarithm: bool,
    /// Elements along the axis, and how far neighbours along it lie apart.
    length: usize,
    apart: usize,
}

impl Softmax {
    pub(super) fn of(axis: u64, is_logarithm: bool, output: &Shape) -> Result<Self, OpError> {
        let sizes = sample_sizes(output)?;
        let axis = index(axis)?.saturating_sub(1);
        let length = sizes.get(axis).copied().unwrap_or(1);
        Ok(Self { is_logarithm, length, apart: sizes.iter().skip(axis + 1).product() })
    }

    /// Of elements that follow each other.
    #[inline(always)]
    fn row(&self, values: &mut [f32]) {
        let largest = fold(values, f32::NEG_INFINITY, |x| x, f32::max);
        if self.is_logarithm {
            let sum = fold(values, 0.0, |x| f64::from(exp(x - largest)), |sum, x| sum + x);
            let logarithm: f32 = sum.ln().as_();
            values.iter_mut().for_each(|x| *x = *x - largest - logarithm);
        } else {
            values.iter_mut().for_each(|x| *x = exp(*x - largest));
            let sum: f32 = fold(values, 0.0, f64::from, |sum, x| sum + x).as_();
            values.iter_mut().for_each(|x| *x /= sum);
        }
    }

    /// Of elements of which each is in a row of its own, for as many side by side.
    #[inline(always)]
    fn columns(&self, rows: &mut [&mut [f32]]) {
        let count = rows.first().map_or(0, |row| row.len());
        let mut largest = [f32::NEG_INFINITY; COLUMNS];
        let largest = &mut largest[..count];
        for row in rows.iter() {
            largest.iter_mut().zip(row.iter()).for_each(|(largest, x)| *largest = largest.max(*x));
        }
        let mut sums = [0.0_f64; COLUMNS];
        let sums = &mut sums[..count];
        for row in rows.iter_mut() {
            let pairs = row.iter_mut().zip(largest.iter());
            if self.is_logarithm {
                pairs.for_each(|(x, largest)| *x -= largest);
                sums.iter_mut().zip(row.iter()).for_each(|(sum, x)| *sum += f64::from(exp(*x)));
            } else {
                pairs.for_each(|(x, largest)| *x = exp(*x - largest));
                sums.iter_mut().zip(row.iter()).for_each(|(sum, x)| *sum += f64::from(*x));
            }
        }
        let mut ends = [0.0_f32; COLUMNS];
        let ends = &mut ends[..count];
        for (end, sum) in ends.iter_mut().zip(sums) {
            *end = if self.is_logarithm { sum.ln().as_() } else { sum.as_() };
        }
        for row in rows.iter_mut() {
            let pairs = row.iter_mut().zip(ends.iter());
            if self.is_logarithm {
                pairs.for_each(|(x, logarithm)| *x -= logarithm);
            } else {
                pairs.for_each(|(x, sum)| *x /= sum);
            }
        }
    }
}

/// So many columns are computed at a time.
const COLUMNS: usize = 512;

impl Kernel for Softmax {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        if let Some(operand) = operands.first().copied().flatten() {
            output.copy_from_slice(operand);
        }
        if self.apart == 1 {
            output.par_chunks_mut(self.length).for_each(|values| {
                vectorized!(self.row(values));
            });
            return Ok(());
        }
        for output in output.chunks_mut(self.length * self.apart) {
            let mut parts = across(output, self.apart, COLUMNS);
            parts.par_iter_mut().for_each(|rows| vectorized!(self.columns(rows)));
        }
        Ok(())
    }
}
