//! Pools: along rows first, then along columns, since maxima and sums do not mind the order.

use std::collections::BTreeMap;
use std::ops::Range;

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::strided::join_apart;
use super::{Context, Kernel, Layer, fold, index, indices, map_sizes, only};
use crate::ops::{AvgPool, MaxPool, OpError, Window};

/// What is made of the values under a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Max,
    Mean,
}

impl Reduction {
    fn start(self) -> f32 {
        match self {
            Self::Max => f32::NEG_INFINITY,
            Self::Mean => 0.0,
        }
    }
}

/// The larger of two values; not a number where one is none.
#[inline(always)]
fn larger(joined: f32, x: f32) -> f32 {
    if joined > x || joined.is_nan() { joined } else { x }
}

/// A pool under a sliding window.
#[derive(Debug)]
pub(super) struct Pool {
    reduction: Reduction,
    map: [usize; 2],
    /// The taps of every row of units.
    rows: Vec<Taps>,
    /// For every column of units how many columns a mean is divided by.
    counted: Vec<f32>,
    /// The columns of units of every tap.
    units: Vec<Units>,
    /// How far units lie apart along a row.
    stride: usize,
}

/// The taps of a unit along an axis that are on the map.
#[derive(Debug, Clone)]
struct Taps {
    /// The first of them, counted from the window's first.
    first: usize,
    /// Their positions, `step` apart.
    places: Range<usize>,
    step: usize,
    /// How many a mean is divided by.
    counted: usize,
}

impl Taps {
    fn each(&self) -> impl Iterator<Item = usize> + use<> {
        self.places.clone().step_by(self.step)
    }
}

/// The units along an axis one of whose taps, the same of all, is on the map.
#[derive(Debug, Clone)]
struct Units {
    places: Range<usize>,
    /// Where the tap of the first is; those of the others follow a stride apart.
    tap: usize,
}

impl Units {
    /// The units of every tap of a window.
    fn of(taps: &[Taps]) -> Vec<Self> {
        let mut units: BTreeMap<usize, Self> = BTreeMap::new();
        for (unit, taps) in taps.iter().enumerate() {
            for (which, tap) in (taps.first..).zip(taps.each()) {
                let units = units.entry(which).or_insert(Self { places: unit..unit, tap });
                units.places.end = unit + 1;
            }
        }
        units.into_values().collect()
    }
}

impl Pool {
    pub(super) fn max(pool: &MaxPool, layer: &Layer<'_>) -> Result<Self, OpError> {
        Self::of(Reduction::Max, &pool.window, false, layer)
    }

    pub(super) fn mean(pool: &AvgPool, layer: &Layer<'_>) -> Result<Self, OpError> {
        Self::of(Reduction::Mean, &pool.window, pool.count_include_pad, layer)
    }

    fn of(
        reduction: Reduction,
        window: &Window,
        counts_padding: bool,
        layer: &Layer<'_>,
    ) -> Result<Self, OpError> {
        let operand = layer.operands.first();
        let operand = operand.ok_or(OpError::Operands { expected: "one tensor", given: 0 })?;
        let [_, height, width] = map_sizes(operand)?;
        let [_, rows, columns] = map_sizes(layer.output)?;
        let padding = window.padding(operand.map().unwrap_or([1; 2]))?;
        let axis = |axis: usize, size: usize, units: usize| {
            let [before, after] = indices(padding[axis])?;
            let (kernel, stride) = (index(window.kernel[axis])?, index(window.stride[axis])?);
            let step = index(window.dilation[axis])?;
            let taps = |unit: usize| {
                let on = |from: usize, to: usize| {
                    let first = from.saturating_sub(unit * stride).div_ceil(step).min(kernel);
                    let end = to.saturating_sub(unit * stride).div_ceil(step).min(kernel);
                    first..end.max(first)
                };
                let taps = on(before, before + size);
                let counted =
                    if counts_padding { on(0, before + size + after).len() } else { taps.len() };
                let start = (unit * stride + taps.start * step).saturating_sub(before);
                Taps { first: taps.start, places: start..start + taps.len() * step, step, counted }
            };
            Ok::<Vec<Taps>, OpError>((0..units).map(taps).collect())
        };
        let columns = axis(1, width, columns)?;
        Ok(Self {
            reduction,
            map: [height, width],
            rows: axis(0, height, rows)?,
            units: Units::of(&columns),
            stride: index(window.stride[1])?,
            counted: columns.iter().map(|taps| taps.counted.as_()).collect(),
        })
    }

    /// Joins what every window of a channel sees: its rows first, then along the row that they make.
    #[inline(always)]
    fn channel(
        &self,
        map: &[f32],
        output: &mut [f32],
        along_rows: &mut [f32],
        join: impl Fn(f32, f32) -> f32,
    ) {
        let [_, width] = self.map;
        let start = self.reduction.start();
        for (output, rows) in output.chunks_mut(self.counted.len()).zip(&self.rows) {
            along_rows.fill(start);
            for row in rows.each() {
                join_apart(along_rows, &map[row * width..][..width], 1, &join);
            }
            output.fill(start);
            for Units { places, tap } in &self.units {
                let output = &mut output[places.clone()];
                join_apart(output, &along_rows[*tap..], self.stride, &join);
            }
            if self.reduction == Reduction::Mean {
                let counted: f32 = rows.counted.as_();
                for (y, columns) in output.iter_mut().zip(&self.counted) {
                    *y /= counted * columns;
                }
            }
        }
    }
}

impl Kernel for Pool {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let [height, width] = self.map;
        let length = self.rows.len() * self.counted.len();
        output.par_chunks_mut(length).enumerate().for_each_init(
            || vec![0.0; width],
            |along_rows, (channel, output)| {
                let map = &operand[channel * height * width..][..height * width];
                vectorized!(match self.reduction {
                    Reduction::Max => self.channel(map, output, along_rows, larger),
                    Reduction::Mean => self.channel(map, output, along_rows, |sum, x| sum + x),
                });
            },
        );
        Ok(())
    }
}

/// A pool over regions that cut a map into rows and columns.
#[derive(Debug)]
pub(super) struct Regions {
    reduction: Reduction,
    map: [usize; 2],
    regions: [usize; 2],
}

impl Regions {
    /// One region.
    pub(super) fn whole(layer: &Layer<'_>, reduction: Reduction) -> Result<Self, OpError> {
        Ok(Self { regions: [1, 1], ..Self::of(layer, reduction)? })
    }

    /// As many as the output has rows and columns.
    pub(super) fn of(layer: &Layer<'_>, reduction: Reduction) -> Result<Self, OpError> {
        let operand = layer.operands.first();
        let operand = operand.ok_or(OpError::Operands { expected: "one tensor", given: 0 })?;
        let [_, height, width] = map_sizes(operand)?;
        let [_, rows, columns] = map_sizes(layer.output)?;
        Ok(Self { reduction, map: [height, width], regions: [rows, columns] })
    }

    /// Joins what a region has.
    #[inline(always)]
    fn joined(&self, map: &[f32], [down, across]: [&Range<usize>; 2]) -> f32 {
        let width = self.map[1];
        let count: f64 = (down.len() * across.len()).as_();
        // Whole rows are one long one.
        let (rows, length) = if across.len() == width {
            (down.start..down.start + 1, down.len() * width)
        } else {
            (down.clone(), across.len())
        };
        let rows = rows.map(|row| &map[row * width + across.start..][..length]);
        match self.reduction {
            Reduction::Max => {
                let largest = |row: &[f32]| fold(row, f32::NEG_INFINITY, |x| x, larger);
                rows.map(largest).fold(f32::NEG_INFINITY, larger)
            }
            Reduction::Mean => {
                let sum = |row: &[f32]| fold(row, 0.0, f64::from, |sum, x| sum + x);
                (rows.map(sum).sum::<f64>() / count).as_()
            }
        }
    }

    fn region(&self, axis: usize, at: usize) -> Range<usize> {
        let (size, count) = (self.map[axis], self.regions[axis]);
        at * size / count..((at + 1) * size).div_ceil(count)
    }
}

impl Kernel for Regions {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let operand = only(operands);
        let [height, width] = self.map;
        let [rows, columns] = self.regions;
        output.par_chunks_mut(rows * columns).enumerate().for_each(|(channel, output)| {
            let map = &operand[channel * height * width..][..height * width];
            for (at, y) in output.iter_mut().enumerate() {
                let (down, across) = (self.region(0, at / columns), self.region(1, at % columns));
                *y = vectorized!(self.joined(map, [&down, &across]));
            }
        });
        Ok(())
    }
}
