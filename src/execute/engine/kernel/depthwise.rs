//! Convolutions of few channels a group, row by row.

use pulp::Arch;
use rayon::prelude::*;

use super::gemm::Sliding;
use super::{Context, Kernel, only};
use crate::ops::OpError;

/// A convolution whose groups have few channels, most often one.
#[derive(Debug)]
pub(super) struct Depthwise {
    pub(super) kernels: Vec<f32>,
    pub(super) bias: Option<Vec<f32>>,
    pub(super) sliding: Sliding,
    /// Channels, rows and columns of one group's part of the operand.
    pub(super) map: [usize; 3],
    /// Output channels of a group.
    pub(super) out_group: usize,
}

impl Kernel for Depthwise {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let [rows, columns] = self.sliding.output;
        output.par_chunks_mut(rows * columns).enumerate().for_each(|(channel, output)| {
            Arch::new().dispatch(|| self.channel(channel, operand, output));
        });
        Ok(())
    }
}

impl Depthwise {
    #[inline(always)]
    fn channel(&self, channel: usize, operand: &[f32], output: &mut [f32]) {
        output.fill(self.bias.as_ref().map_or(0.0, |bias| bias[channel]));
        let [channels, height, width] = self.map;
        let [kernel_rows, kernel_columns] = self.sliding.kernel;
        let taps = kernel_rows * kernel_columns;
        let kernel = &self.kernels[channel * channels * taps..][..channels * taps];
        let group = channel / self.out_group;
        for (within, kernel) in kernel.chunks(taps).enumerate() {
            let map = &operand[(group * channels + within) * height * width..][..height * width];
            for (i, row) in output.chunks_mut(self.sliding.output[1]).enumerate() {
                for (p, kernel) in kernel.chunks(kernel_columns).enumerate() {
                    let y = i * self.sliding.stride[0] + p * self.sliding.dilation[0];
                    let Some(y) = y.checked_sub(self.sliding.before[0]).filter(|&y| y < height)
                    else {
                        continue;
                    };
                    self.row(kernel, &map[y * width..][..width], row);
                }
            }
        }
    }

    /// Adds one row of taps over one row of the map.
    #[inline(always)]
    fn row(&self, kernel: &[f32], map: &[f32], output: &mut [f32]) {
        let stride = self.sliding.stride[1];
        for (q, &weight) in kernel.iter().enumerate() {
            let shift = q * self.sliding.dilation[1];
            let before = self.sliding.before[1];
            // The units whose tap is on the map: `0 <= j·stride + shift - before < width`.
            let first = before.saturating_sub(shift).div_ceil(stride);
            let end = (map.len() + before).saturating_sub(shift).div_ceil(stride).min(output.len());
            if first >= end {
                continue;
            }
            let start = first * stride + shift - before;
            let units = &mut output[first..end];
            if stride == 1 {
                let values = &map[start..][..units.len()];
                units.iter_mut().zip(values).for_each(|(unit, x)| *unit += weight * x);
            } else {
                let values = map[start..].iter().step_by(stride);
                units.iter_mut().zip(values).for_each(|(unit, x)| *unit += weight * x);
            }
        }
    }
}
