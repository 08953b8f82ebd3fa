//! Direct convolutions, without a product of matrices: the weights of every tap times what lies a fixed way off.
//!
//! Bands of rows of the map are copied with their padding, dealt out to planes by their place within a stride. In those, neighbouring units
//! see neighbouring values under every tap, and the unit after a row's last sees what the next row's first would: so a band is one long row,
//! and what is computed between two rows is not kept.

use pulp::{Arch, Simd, WithSimd, bytemuck};
use rayon::prelude::*;

use super::gemm::Sliding;
use super::strided::join_apart;
use super::{Context, Kernel, across, add, only};
use crate::ops::OpError;

/// A convolution by groups, computed for a few output channels at a time.
#[derive(Debug)]
pub(super) struct Direct {
    /// For every group its output channels.
    groups: Vec<Vec<Block>>,
    planes: Planes,
    sliding: Sliding,
    /// Channels, rows and columns of one group's part of the operand.
    map: [usize; 3],
    /// For every channel of a group and every tap where in all planes the first unit of a band sees it.
    offsets: Vec<usize>,
}

/// Output channels that are computed together.
#[derive(Debug)]
struct Block {
    /// For every channel of the operand and every tap the weights of all of them.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// The planes to which a band of rows of a channel is dealt out.
#[derive(Debug)]
struct Planes {
    /// For every plane its first row and column of the padded map; the others follow a stride apart.
    firsts: Vec<[usize; 2]>,
    /// Rows of units that planes hold at most.
    band: usize,
    /// Rows besides the units' own that are seen.
    further_rows: usize,
    columns: usize,
}

/// So many output channels are computed together, at most. With so many vectors of units, their sums fill the registers of AVX2.
const CHANNELS: usize = 4;
const VECTORS: usize = 3;

/// Planes have so many values together, unless one row of units takes more: they stay in the cache.
const BAND: usize = 1 << 16;

/// No row of units takes more.
const ROW: usize = 1 << 18;

/// No vectors of units are longer; so much may be read after the last plane.
const OVERRUN: usize = VECTORS * 16;

impl Direct {
    /// Makes the kernel; `None` where one row of units sees too much of the map.
    pub(super) fn of(
        kernels: &[f32],
        bias: Option<&[f32]>,
        sliding: Sliding,
        map: [usize; 3],
        out_group: usize,
    ) -> Option<Self> {
        let (planes, taps) = Planes::of(&sliding, map[0])?;
        let [plane, channel] = [planes.plane(), planes.channel()];
        let offsets = (0..map[0]).flat_map(|at| {
            let offset = move |[which, row, column]: &[usize; 3]| {
                at * channel + which * plane + row * planes.columns + column
            };
            taps.iter().map(offset)
        });
        let offsets: Vec<usize> = offsets.collect();
        let groups = kernels.chunks(out_group * offsets.len()).enumerate();
        let groups = groups.map(|(group, kernels)| {
            let bias = bias.map(|bias| &bias[group * out_group..][..out_group]);
            let blocks = kernels.chunks(CHANNELS * offsets.len()).enumerate();
            blocks
                .map(|(at, kernels)| Block::of(kernels, bias, at * CHANNELS, offsets.len()))
                .collect()
        });
        Some(Self { groups: groups.collect(), offsets, planes, sliding, map })
    }

    /// Copies what units from a row on see of one group's part of the operand.
    #[inline(always)]
    fn fill(&self, map: &[f32], first: usize, rows: usize, planes: &mut [f32]) {
        let [_, height, width] = self.map;
        let Sliding { stride, before, .. } = self.sliding;
        let channels = planes.chunks_exact_mut(self.planes.channel());
        for (map, planes) in map.chunks(height * width).zip(channels) {
            let planes = planes.chunks_mut(self.planes.plane());
            for (plane, [row, column]) in planes.zip(&self.planes.firsts) {
                let lines = plane.chunks_mut(self.planes.columns);
                for (line, at) in lines.take(rows + self.planes.further_rows).zip(first..) {
                    let y = (at * stride[0] + row).checked_sub(before[0]);
                    match y.filter(|&y| y < height) {
                        None => line.fill(0.0),
                        Some(y) => {
                            let row = &map[y * width..][..width];
                            copy_padded(row, *column, before[1], stride[1], line);
                        }
                    }
                }
            }
        }
    }

    /// Computes the units of a band for some output channels, as many at a time as the registers hold.
    #[inline(always)]
    fn block<S: Simd, const COUNT: usize>(
        &self,
        simd: S,
        block: &Block,
        planes: &[f32],
        mut outputs: [&mut [f32]; COUNT],
        adds: bool,
    ) {
        let columns = self.sliding.output[1];
        // Up to the last unit: behind it nothing is kept, and taps may see what is behind the planes.
        let rows_before = (outputs[0].len() / columns).saturating_sub(1);
        let units = rows_before * self.planes.columns + columns;
        let mut tile = [[simd.splat_f32s(0.0); VECTORS]; COUNT];
        let length = VECTORS * S::F32_LANES;
        for first in (0..units).step_by(length) {
            self.tile(simd, block, &planes[first..], &mut tile);
            let end = units.min(first + length);
            let mut at = first;
            while at < end {
                let (row, column) = (at / self.planes.columns, at % self.planes.columns);
                let next = end.min(at + self.planes.columns - column);
                let kept = columns.saturating_sub(column).min(next - at);
                if kept > 0 {
                    for (output, sums) in outputs.iter_mut().zip(&tile) {
                        let sums: &[f32] = bytemuck::cast_slice(sums);
                        let sums = &sums[at - first..][..kept];
                        let output = &mut output[row * columns + column..][..kept];
                        if adds {
                            output.iter_mut().zip(sums).for_each(|(y, x)| *y += x);
                        } else {
                            output.copy_from_slice(sums);
                        }
                    }
                }
                at = next;
            }
        }
    }

    /// Computes vectors of units for some output channels.
    #[inline(always)]
    fn tile<S: Simd, const COUNT: usize>(
        &self,
        simd: S,
        block: &Block,
        planes: &[f32],
        tile: &mut [[S::f32s; VECTORS]; COUNT],
    ) {
        let (weights, _) = block.weights.as_chunks::<COUNT>();
        let mut sums: [_; COUNT] =
            std::array::from_fn(|channel| [simd.splat_f32s(block.bias[channel]); VECTORS]);
        for (offset, weights) in self.offsets.iter().zip(weights) {
            let (values, _) = S::as_simd_f32s(&planes[*offset..][..VECTORS * S::F32_LANES]);
            for channel in 0..COUNT {
                let weight = simd.splat_f32s(weights[channel]);
                for vector in 0..VECTORS {
                    let sum = sums[channel][vector];
                    sums[channel][vector] = simd.mul_add_f32s(weight, values[vector], sum);
                }
            }
        }
        // Sums stay in registers only while nothing points to them.
        *tile = sums;
    }
}

impl Block {
    /// Output channels of a group from one on, whose kernels, of so many weights each, follow each other.
    fn of(kernels: &[f32], bias: Option<&[f32]>, first: usize, length: usize) -> Self {
        let channels = kernels.len() / length;
        let weights = (0..length).flat_map(|at| kernels[at..].iter().step_by(length));
        let bias = bias.map_or(vec![0.0; channels], |bias| bias[first..][..channels].to_vec());
        Self { weights: weights.copied().collect(), bias }
    }
}

impl Planes {
    /// The planes, and for every tap its plane, and the row and column in it that the first unit sees; `None` where one row of units sees too
    /// much of so many channels.
    fn of(sliding: &Sliding, channels: usize) -> Option<(Self, Vec<[usize; 3]>)> {
        let [kernel_rows, kernel_columns] = sliding.kernel;
        let mut firsts = Vec::new();
        let mut taps = Vec::with_capacity(kernel_rows * kernel_columns);
        for tap in 0..kernel_rows * kernel_columns {
            let place = [tap / kernel_columns, tap % kernel_columns];
            let place: [usize; 2] =
                std::array::from_fn(|axis| place[axis] * sliding.dilation[axis]);
            let first = std::array::from_fn(|axis| place[axis] % sliding.stride[axis]);
            let plane = firsts.iter().position(|other| *other == first).unwrap_or(firsts.len());
            if plane == firsts.len() {
                firsts.push(first);
            }
            taps.push([plane, place[0] / sliding.stride[0], place[1] / sliding.stride[1]]);
        }
        let furthest = |axis: usize| taps.iter().map(|tap| tap[axis]).max().unwrap_or(0);
        let [rows, columns] = sliding.output;
        let (further_rows, columns) = (furthest(1), columns + furthest(2));
        let line = firsts.len().checked_mul(columns)?.checked_mul(channels)?;
        let row = line.checked_mul(1 + further_rows).filter(|&row| row <= ROW)?;
        let band = 1 + (BAND.saturating_sub(row) / line).min(rows - 1);
        Some((Self { firsts, band, further_rows, columns }, taps))
    }

    /// The values of a plane.
    fn plane(&self) -> usize {
        (self.band + self.further_rows) * self.columns
    }

    /// The values of all planes of a channel.
    fn channel(&self) -> usize {
        self.firsts.len() * self.plane()
    }
}

/// Copies values of a row that lie a stride apart, from a column of the padded row on, with the padding's zeros.
#[inline(always)]
fn copy_padded(row: &[f32], first: usize, before: usize, stride: usize, copy: &mut [f32]) {
    let padded = before.saturating_sub(first).div_ceil(stride).min(copy.len());
    let (padding, copy) = copy.split_at_mut(padded);
    padding.fill(0.0);
    let start = (first + padded * stride).saturating_sub(before).min(row.len());
    let row = &row[start..];
    let (copy, padding) = copy.split_at_mut(row.len().div_ceil(stride).min(copy.len()));
    padding.fill(0.0);
    join_apart(copy, row, stride, |_, x| x);
}

/// A band of one group's units.
struct Band<'a, 'o> {
    direct: &'a Direct,
    blocks: &'a [Block],
    map: &'a [f32],
    /// Its first row of units.
    first: usize,
    /// Its part of every output channel.
    outputs: &'a mut [&'o mut [f32]],
    planes: &'a mut [f32],
    /// Whether it is added to what stands in the output.
    adds: bool,
}

impl WithSimd for Band<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { direct, blocks, map, first, outputs, planes, adds } = self;
        let rows = outputs.first().map_or(0, |output| output.len() / direct.sliding.output[1]);
        direct.fill(map, first, rows, planes);
        for (block, outputs) in blocks.iter().zip(outputs.chunks_mut(CHANNELS)) {
            match outputs {
                [a] => direct.block(simd, block, planes, [a], adds),
                [a, b] => direct.block(simd, block, planes, [a, b], adds),
                [a, b, c] => direct.block(simd, block, planes, [a, b, c], adds),
                [a, b, c, d] => direct.block(simd, block, planes, [a, b, c, d], adds),
                _ => {}
            }
        }
    }
}

impl Kernel for Direct {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        // What is added stands in the output already, or elsewhere.
        let residual = operands.get(1).copied();
        let adds = residual == Some(None);
        let [channels, height, width] = self.map;
        let [rows, columns] = self.sliding.output;
        // Several bands for every thread, where there is more than one; how many makes no difference to the sums.
        let threads = rayon::current_num_threads();
        let fewest = if threads > 1 { (4 * threads).div_ceil(self.groups.len()) } else { 1 };
        let band = self.planes.band.min(rows.div_ceil(fewest));
        let bands = rows.div_ceil(band);
        let groups = output.chunks_mut(output.len() / self.groups.len());
        let mut outputs: Vec<Vec<&mut [f32]>> =
            groups.flat_map(|group| across(group, rows * columns, band * columns)).collect();
        let maps = only(operands);
        let room = channels * self.planes.channel() + OVERRUN;
        outputs.par_iter_mut().enumerate().for_each_init(
            || vec![0.0; room],
            |planes, (at, outputs)| {
                let (group, first) = (at / bands, at % bands * band);
                let map = &maps[group * channels * height * width..][..channels * height * width];
                let blocks = &self.groups[group];
                Arch::new().dispatch(Band {
                    direct: self,
                    blocks,
                    map,
                    first,
                    outputs,
                    planes,
                    adds,
                });
            },
        );
        if let Some(Some(residual)) = residual {
            add(output, residual);
        }
        Ok(())
    }
}
