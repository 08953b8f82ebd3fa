//! Transposed convolutions: every value of the operand adds the kernel to the output around its place.

use pulp::Arch;
use rayon::prelude::*;

use super::{Context, Kernel, Layer, index, indices, kept, map_sizes, only};
use crate::ops::{ConvTranspose, OpError, Padding};

/// A transposed convolution.
#[derive(Debug)]
pub(super) struct Transposed {
    kernels: Vec<f32>,
    bias: Option<Vec<f32>>,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Rows and columns cut off at the top and left.
    cut: [usize; 2],
    /// Channels of a group, on both sides.
    group: [usize; 2],
    map: [usize; 2],
    output: [usize; 2],
}

impl Transposed {
    pub(super) fn of(conv: &ConvTranspose, layer: &mut Layer<'_>) -> Result<Self, OpError> {
        let Padding::Explicit([top, left, _, _]) = conv.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        let operand = layer.operands.first();
        let operand = operand.ok_or(OpError::Operands { expected: "one tensor", given: 0 })?;
        let [channels, height, width] = map_sizes(operand)?;
        let [out, rows, columns] = map_sizes(layer.output)?;
        let groups = index(conv.groups)?;
        let [kernels, rest @ ..] = &mut *layer.parameters else {
            return Err(OpError::rule("a transposed convolution holds its kernels"));
        };
        Ok(Self {
            kernels: kept(kernels),
            bias: rest.first().cloned(),
            kernel: indices(conv.window.kernel)?,
            stride: indices(conv.window.stride)?,
            dilation: indices(conv.window.dilation)?,
            cut: indices([top, left])?,
            group: [channels / groups, out / groups],
            map: [height, width],
            output: [rows, columns],
        })
    }

    #[inline(always)]
    fn channel(&self, channel: usize, operand: &[f32], output: &mut [f32]) {
        output.fill(self.bias.as_ref().map_or(0.0, |bias| bias[channel]));
        let [in_group, out_group] = self.group;
        let [height, width] = self.map;
        let taps = self.kernel[0] * self.kernel[1];
        for within in 0..in_group {
            let from = channel / out_group * in_group + within;
            let kernel = &self.kernels[(from * out_group + channel % out_group) * taps..][..taps];
            let map = &operand[from * height * width..][..height * width];
            for (i, map) in map.chunks(width).enumerate() {
                for (p, kernel) in kernel.chunks(self.kernel[1]).enumerate() {
                    let row = i * self.stride[0] + p * self.dilation[0];
                    if let Some(row) =
                        row.checked_sub(self.cut[0]).filter(|&row| row < self.output[0])
                    {
                        self.row(
                            kernel,
                            map,
                            &mut output[row * self.output[1]..][..self.output[1]],
                        );
                    }
                }
            }
        }
    }

    /// Adds one row of the map, under one row of taps, to one row of the output.
    #[inline(always)]
    fn row(&self, kernel: &[f32], map: &[f32], output: &mut [f32]) {
        let stride = self.stride[1];
        for (q, &weight) in kernel.iter().enumerate() {
            let shift = q * self.dilation[1];
            // The pixels that fall on the output: `0 <= j·stride + shift - cut < columns`.
            let first = self.cut[1].saturating_sub(shift).div_ceil(stride);
            let end =
                (output.len() + self.cut[1]).saturating_sub(shift).div_ceil(stride).min(map.len());
            if first >= end {
                continue;
            }
            let start = first * stride + shift - self.cut[1];
            let units = output[start..].iter_mut().step_by(stride);
            units.zip(&map[first..end]).for_each(|(unit, x)| *unit += weight * x);
        }
    }
}

impl Kernel for Transposed {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let maps = output.par_chunks_mut(self.output[0] * self.output[1]).enumerate();
        maps.for_each(|(channel, output)| {
            Arch::new().dispatch(|| self.channel(channel, operand, output));
        });
        Ok(())
    }
}
