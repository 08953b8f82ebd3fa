//! Transposed convolutions: the product of the kernels with the pixels of the map, whose values are added to their places in the output.
//!
//! It is made block by block, each of some output channels and some pixels, so that what is not added yet stays in the cache.

use std::ops::Range;

use rayon::prelude::*;

use super::gemm::{Packed, View};
use super::strided::add_in_turn;
use super::{Context, Kernel, Layer, index, indices, map_sizes, only};
use crate::ops::{ConvTranspose, OpError, Padding};

/// A transposed convolution by groups.
#[derive(Debug)]
pub(super) struct Transposed {
    /// For every group, and every block of its output channels, the kernels: output channels and taps by channels of the operand.
    kernels: Vec<Vec<Packed>>,
    bias: Option<Vec<f32>>,
    /// Output channels, and pixels of the map, of a block.
    block: [usize; 2],
    /// Channels, rows and columns of one group's part of the operand.
    map: [usize; 3],
    /// Output channels of a group, rows and columns.
    output: [usize; 3],
    rows: Rows,
    columns: Columns,
}

/// Which row of the output a row of the map adds to.
#[derive(Debug)]
struct Rows {
    taps: usize,
    stride: usize,
    dilation: usize,
    /// Rows cut off at the top.
    cut: usize,
}

/// Which column of the output a column of the map adds to. Columns are dealt out to as many lanes as the stride is long: neighbours along a
/// row of the map add to neighbours along a lane.
#[derive(Debug)]
struct Columns {
    taps: usize,
    stride: usize,
    dilation: usize,
    /// Columns cut off at the left.
    cut: usize,
}

/// So many values of the product wait to be added, at most.
const WAITING: usize = 1 << 17;

/// So many pixels make a product fast.
const PIXELS: usize = 512;

impl Transposed {
    pub(super) fn of(
        context: &Context,
        conv: &ConvTranspose,
        layer: &Layer<'_>,
    ) -> Result<Self, OpError> {
        let Padding::Explicit([top, left, _, _]) = conv.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        let operand = layer.operands.first();
        let operand = operand.ok_or(OpError::Operands { expected: "one tensor", given: 0 })?;
        let [channels, height, width] = map_sizes(operand)?;
        let [out, rows, columns] = map_sizes(layer.output)?;
        let groups = index(conv.groups)?;
        let [kernels, rest @ ..] = &*layer.parameters else {
            return Err(OpError::rule("a transposed convolution holds its kernels"));
        };
        let [stride, dilation] = [indices(conv.window.stride)?, indices(conv.window.dilation)?];
        let [kernel, cut] = [indices(conv.window.kernel)?, indices([top, left])?];
        let map = [channels / groups, height, width];
        let output = [out / groups, rows, columns];
        let taps = kernel[0] * kernel[1];
        let block = block(output[0], taps, height * width);
        let pack = |kernels: &[f32]| {
            let length = output[0] * taps;
            let firsts = (0..length).step_by(block[0] * taps);
            let packed = firsts.map(|first| {
                let values = &kernels[first..];
                let size = [(length - first).min(block[0] * taps), map[0]];
                context.gemm.pack(View { values, size, strides: [1, length] })
            });
            packed.collect::<Result<Vec<Packed>, OpError>>()
        };
        Ok(Self {
            kernels: kernels
                .chunks(map[0] * output[0] * taps)
                .map(pack)
                .collect::<Result<_, _>>()?,
            bias: rest.first().cloned(),
            block,
            map,
            output,
            rows: Rows { taps: kernel[0], stride: stride[0], dilation: dilation[0], cut: cut[0] },
            columns: Columns {
                taps: kernel[1],
                stride: stride[1],
                dilation: dilation[1],
                cut: cut[1],
            },
        })
    }

    /// Adds what a group's part of the operand gives for some output channels, with room for a block of the product.
    fn channels(
        &self,
        context: &Context,
        packed: &Packed,
        map: &[f32],
        product: &mut [f32],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let [channels, height, width] = self.map;
        let [_, rows, columns] = self.output;
        let [all, most] = [height * width, self.block[1]];
        let taps = self.rows.taps * self.columns.taps;
        for first in (0..all).step_by(most) {
            let pixels = first..all.min(first + most);
            let (size, strides) = ([channels, pixels.len()], [all, 1]);
            let right = View { values: &map[first..], size, strides };
            let length = taps * pixels.len();
            let product = &mut product[..output.len() / (rows * columns) * length];
            context.gemm.multiply_packed(product, packed, right, None, false)?;
            let outputs = output.par_chunks_mut(rows * columns);
            outputs.zip(product.par_chunks(length)).for_each_init(
                || vec![0.0; 2 * columns],
                |lanes, (output, product)| {
                    vectorized!(self.add(product, &pixels, lanes, output));
                },
            );
        }
        Ok(())
    }

    /// Adds a block of the product, for some pixels of the map, to one channel of the output.
    #[inline(always)]
    fn add(&self, product: &[f32], pixels: &Range<usize>, lanes: &mut [f32], output: &mut [f32]) {
        let [_, _, width] = self.map;
        let taps = product.chunks(pixels.len() * self.columns.taps);
        for (p, product) in taps.enumerate() {
            let mut at = pixels.start;
            while at < pixels.end {
                let (i, first) = (at / width, at % width);
                let length = (width - first).min(pixels.end - at);
                if let Some(row) = self.rows.place(i, p, self.output[1]) {
                    let row = &mut output[row * self.output[2]..][..self.output[2]];
                    let product = &product[at - pixels.start..];
                    self.columns.add(product, pixels.len(), first..first + length, lanes, row);
                }
                at += length;
            }
        }
    }
}

/// How many output channels and pixels are computed at once.
fn block(out: usize, taps: usize, pixels: usize) -> [usize; 2] {
    let channels = (WAITING / (taps * pixels.min(PIXELS))).clamp(1, out);
    [channels, (WAITING / (taps * channels)).clamp(1, pixels)]
}

impl Rows {
    /// The row of the output that a tap of a row adds to; `None` where it is cut off.
    fn place(&self, row: usize, tap: usize, rows: usize) -> Option<usize> {
        let place = (row * self.stride + tap * self.dilation).checked_sub(self.cut)?;
        (place < rows).then_some(place)
    }
}

impl Columns {
    /// Adds one row of taps over pixels of one row of the map, those of each tap `apart` from those of the one before, to one row of the output.
    #[inline(always)]
    fn add(
        &self,
        product: &[f32],
        apart: usize,
        pixels: Range<usize>,
        lanes: &mut [f32],
        output: &mut [f32],
    ) {
        let columns = output.len();
        // What the pixels may add to, from the first lane on.
        let start = (pixels.start * self.stride).saturating_sub(self.cut);
        let start = start / self.stride * self.stride;
        let furthest = (pixels.end - 1) * self.stride + (self.taps - 1) * self.dilation;
        let end = (furthest + 1).saturating_sub(self.cut).min(columns);
        let Some(output) = output.get_mut(start..end).filter(|output| !output.is_empty()) else {
            return;
        };
        let count = self.stride.min(output.len());
        let length = output.len().div_ceil(count);
        let lanes = &mut lanes[..count * length];
        lanes.fill(0.0);
        for (tap, product) in product.chunks(apart).take(self.taps).enumerate() {
            let shift = tap * self.dilation;
            // The pixels that fall on the output: `0 <= j·stride + shift - cut < columns`.
            let first = self.cut.saturating_sub(shift).div_ceil(self.stride).max(pixels.start);
            let last = (columns + self.cut).saturating_sub(shift).div_ceil(self.stride);
            let last = last.min(pixels.end);
            if first < last {
                let place = first * self.stride + shift - self.cut - start;
                let lane = &mut lanes[place % count * length + place / count..][..last - first];
                let product = &product[first - pixels.start..];
                lane.iter_mut().zip(product).for_each(|(sum, x)| *sum += x);
            }
        }
        add_in_turn(lanes, count, output);
    }
}

impl Kernel for Transposed {
    fn run(
        &self,
        context: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let [channels, height, width] = self.map;
        let [out, rows, columns] = self.output;
        let [block_channels, block_pixels] = self.block;
        let taps = self.rows.taps * self.columns.taps;
        let mut product = vec![0.0; block_channels * taps * block_pixels];
        match &self.bias {
            Some(bias) => output
                .par_chunks_mut(rows * columns)
                .zip(bias)
                .for_each(|(map, bias)| map.fill(*bias)),
            None => output.fill(0.0),
        }
        let maps = only(operands).chunks(channels * height * width);
        let groups = output.chunks_mut(out * rows * columns);
        for ((packed, map), output) in self.kernels.iter().zip(maps).zip(groups) {
            let outputs = output.chunks_mut(block_channels * rows * columns);
            for (packed, output) in packed.iter().zip(outputs) {
                self.channels(context, packed, map, &mut product, output)?;
            }
        }
        Ok(())
    }
}
