//! A scale and a shift, or a slope, by channel.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::{Context, Kernel, Layer, in_pieces, kept};
use crate::ops::{BatchNorm, OpError};

/// `scale[c]·x + shift[c]`, in 64 bits until it is applied.
#[derive(Debug, Clone)]
pub(in super::super) struct ChannelAffine {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl ChannelAffine {
    /// A batch normalization at inference.
    pub(in super::super) fn of(
        batch_norm: &BatchNorm,
        parameters: &[Vec<f32>],
    ) -> Result<Self, OpError> {
        let (affine, statistics) = match parameters {
            [weight, bias, mean, variance] => (Some((weight, bias)), (mean, variance)),
            [mean, variance] => (None, (mean, variance)),
            _ => return Err(OpError::rule("a batch normalization holds two or four tensors")),
        };
        let (mean, variance) = statistics;
        let scale: Vec<f64> = variance
            .iter()
            .enumerate()
            .map(|(channel, &variance)| {
                let weight = affine.map_or(1.0, |(weight, _)| f64::from(weight[channel]));
                weight / (f64::from(variance) + batch_norm.eps).sqrt()
            })
            .collect();
        let shift = scale
            .iter()
            .zip(mean)
            .enumerate()
            .map(|(channel, (scale, &mean))| {
                affine.map_or(0.0, |(_, bias)| f64::from(bias[channel])) - scale * f64::from(mean)
            })
            .collect();
        Ok(Self { scale, shift })
    }

    /// Folds it into a layer that computes each channel with a kernel of its own: `values` are the kernels, one after another, and the bias.
    pub(super) fn fold(&self, kernels: &mut [f32], bias: Option<&[f32]>) -> Vec<f32> {
        let length = kernels.len() / self.scale.len();
        for (kernel, scale) in kernels.chunks_mut(length).zip(&self.scale) {
            for value in kernel {
                *value = (f64::from(*value) * scale).as_();
            }
        }
        let bias = |channel: usize| bias.map_or(0.0, |bias| f64::from(bias[channel]));
        let channels = self.scale.iter().zip(&self.shift).enumerate();
        channels.map(|(channel, (scale, shift))| (scale * bias(channel) + shift).as_()).collect()
    }
}

impl Kernel for ChannelAffine {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        by_channel(operands, output, self.scale.len(), |channel, values| {
            let (scale, shift): (f32, f32) = (self.scale[channel].as_(), self.shift[channel].as_());
            for value in values {
                *value = *value * scale + shift;
            }
        });
        Ok(())
    }
}

/// A rectifier with a slope by channel, or one slope.
#[derive(Debug)]
pub(super) struct PRelu {
    slopes: Vec<f32>,
    channels: usize,
}

impl PRelu {
    pub(super) fn of(layer: &mut Layer<'_>) -> Self {
        let channels = layer.output.channels().and_then(|channels| usize::try_from(channels).ok());
        let slopes = layer.parameters.first_mut().map(kept).unwrap_or_default();
        Self { slopes, channels: channels.unwrap_or(1) }
    }
}

impl Kernel for PRelu {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        by_channel(operands, output, self.channels, |channel, values| {
            let slope = self.slopes[channel % self.slopes.len()];
            for value in values {
                *value = if *value > 0.0 { *value } else { slope * *value };
            }
        });
        Ok(())
    }
}

/// Changes the values of each channel.
fn by_channel(
    operands: &[Option<&[f32]>],
    output: &mut [f32],
    channels: usize,
    change: impl Fn(usize, &mut [f32]) + Sync,
) {
    let length = output.len() / channels;
    let operand = operands.first().copied().flatten();
    output.par_chunks_mut(length).enumerate().for_each(|(channel, values)| {
        let operand = operand.map(|operand| &operand[channel * length..][..length]);
        vectorized!(in_pieces(operand, values, |piece| change(channel, piece)));
    });
}
