//! Operators that move elements and compute nothing.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::{Context, Kernel, Layer, index, indices, map_sizes, only, sample_sizes};
use crate::ops::{self, ChannelShuffle, OpError, PadMode, Slice, Transpose};

/// Every element of the output is found in the operand at a regular place.
#[derive(Debug)]
pub(super) struct Strided {
    first: usize,
    /// For every axis of the output its size, and how far neighbours lie apart in the operand.
    axes: Vec<[usize; 2]>,
}

/// How far neighbours along each axis lie apart.
fn strides(sizes: &[usize]) -> Vec<usize> {
    (0..sizes.len()).map(|axis| sizes[axis + 1..].iter().product()).collect()
}

fn operand_sizes(layer: &Layer<'_>) -> Result<Vec<usize>, OpError> {
    let operand = layer.operands.first();
    sample_sizes(operand.ok_or(OpError::Operands { expected: "one tensor", given: 0 })?)
}

impl Strided {
    pub(super) fn transpose(transpose: &Transpose, layer: &Layer<'_>) -> Result<Self, OpError> {
        let sizes = operand_sizes(layer)?;
        let apart = strides(&sizes);
        let axes = transpose.axes.iter().skip(1).filter_map(|&axis| usize::try_from(axis - 1).ok());
        Ok(Self { first: 0, axes: axes.map(|axis| [sizes[axis], apart[axis]]).collect() })
    }

    pub(super) fn slice(slice: &Slice, layer: &Layer<'_>) -> Result<Self, OpError> {
        let mut apart = strides(&operand_sizes(layer)?);
        let axis = index(slice.axis)?.saturating_sub(1);
        let first = index(slice.start)? * apart[axis];
        apart[axis] *= index(slice.step)?;
        let sizes = sample_sizes(layer.output)?;
        Ok(Self {
            first,
            axes: sizes.into_iter().zip(apart).map(|(size, apart)| [size, apart]).collect(),
        })
    }

    pub(super) fn shuffle(shuffle: &ChannelShuffle, layer: &Layer<'_>) -> Result<Self, OpError> {
        let [channels, height, width] = map_sizes(layer.output)?;
        let (groups, map) = (index(shuffle.groups)?, height * width);
        let group = channels / groups;
        Ok(Self { first: 0, axes: vec![[group, map], [groups, group * map], [map, 1]] })
    }
}

impl Kernel for Strided {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let Some((&[length, apart], outer)) = self.axes.split_last() else { return Ok(()) };
        for (run, output) in output.chunks_mut(length).enumerate() {
            let (mut start, mut rest) = (self.first, run);
            for [size, apart] in outer.iter().rev() {
                start += rest % size * apart;
                rest /= size;
            }
            if apart == 1 {
                output.copy_from_slice(&operand[start..][..length]);
            } else {
                let values = operand[start..].iter().step_by(apart);
                output.iter_mut().zip(values).for_each(|(y, x)| *y = *x);
            }
        }
        Ok(())
    }
}

/// A concatenation, as far as its operands do not stand in it already.
#[derive(Debug)]
pub(super) struct Concat {
    /// For every operand how many elements lie at one position along the axes before.
    lengths: Vec<usize>,
    /// For every operand the first slot with the same values, in which they stand where they stand in the output already.
    first_slots: Vec<usize>,
}

impl Concat {
    pub(super) fn of(concat: &ops::Concat, layer: &Layer<'_>) -> Result<Self, OpError> {
        let axis = index(concat.axis)?.saturating_sub(1);
        let length = |shape| Ok(sample_sizes(shape)?.iter().skip(axis).product());
        let lengths = layer.operands.iter().map(length).collect::<Result<_, OpError>>()?;
        Ok(Self { lengths, first_slots: layer.first_slots.clone() })
    }
}

impl Kernel for Concat {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let whole: usize = self.lengths.iter().sum();
        let mut start = 0;
        for (slot, (operand, &length)) in operands.iter().zip(&self.lengths).enumerate() {
            let first = self.first_slots.get(slot).copied().unwrap_or(slot);
            if let Some(operand) = operand {
                for (output, part) in output.chunks_mut(whole).zip(operand.chunks(length)) {
                    output[start..start + length].copy_from_slice(part);
                }
            } else if first < slot {
                let from: usize = self.lengths[..first].iter().sum();
                for output in output.chunks_mut(whole) {
                    output.copy_within(from..from + length, start);
                }
            }
            start += length;
        }
        Ok(())
    }
}

/// Maps surrounded by further rows and columns.
#[derive(Debug)]
pub(super) struct Pad {
    mode: PadMode,
    map: [usize; 2],
    before: [usize; 2],
    output: [usize; 2],
}

impl Pad {
    pub(super) fn of(pad: &ops::Pad, layer: &Layer<'_>) -> Result<Self, OpError> {
        let sizes = operand_sizes(layer)?;
        let [_, rows, columns] = map_sizes(layer.output)?;
        let [top, left, _, _] = pad.sides;
        let map = [sizes.get(1).copied().unwrap_or(1), sizes.get(2).copied().unwrap_or(1)];
        Ok(Self { mode: pad.mode, map, before: indices([top, left])?, output: [rows, columns] })
    }

    /// Where a row or column comes from; `None` where it is the constant.
    fn source(&self, axis: usize, at: usize) -> Option<usize> {
        let (before, size) = (self.before[axis], self.map[axis]);
        match (self.mode, at.checked_sub(before)) {
            (_, Some(inside)) if inside < size => Some(inside),
            (PadMode::Constant(_), _) => None,
            (PadMode::Edge, None) => Some(0),
            (PadMode::Edge, Some(_)) => Some(size - 1),
            (PadMode::Reflect, None) => Some(before - at),
            (PadMode::Reflect, Some(inside)) => Some(2 * (size - 1) - inside),
        }
    }
}

impl Kernel for Pad {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let [height, width] = self.map;
        let value: f32 = match self.mode {
            PadMode::Constant(value) => value.as_(),
            PadMode::Reflect | PadMode::Edge => 0.0,
        };
        let columns: Vec<Option<usize>> =
            (0..self.output[1]).map(|at| self.source(1, at)).collect();
        let length = self.output[0] * self.output[1];
        output.par_chunks_mut(length).enumerate().for_each(|(channel, output)| {
            let map = &operand[channel * height * width..][..height * width];
            for (at, output) in output.chunks_mut(self.output[1]).enumerate() {
                let row = self.source(0, at).map(|row| &map[row * width..][..width]);
                for (y, column) in output.iter_mut().zip(&columns) {
                    *y = row.zip(*column).map_or(value, |(row, column)| row[column]);
                }
            }
        });
        Ok(())
    }
}
