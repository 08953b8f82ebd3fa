//! Enlarging maps.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::{Context, Kernel, Layer, map_sizes, only};
use crate::ops::{self, OpError, UpsampleMode};

/// An enlarged map.
#[derive(Debug)]
pub(super) struct Upsample {
    is_nearest: bool,
    map: [usize; 2],
    rows: Vec<Place>,
    columns: Vec<Place>,
}

/// Between which pixels of an axis a unit is found, and how much the second one weighs.
#[derive(Debug, Clone, Copy)]
struct Place {
    pixels: [usize; 2],
    share: f32,
}

impl Upsample {
    pub(super) fn of(upsample: &ops::Upsample, layer: &Layer<'_>) -> Result<Self, OpError> {
        let operand = layer.operands.first();
        let operand = operand.ok_or(OpError::Operands { expected: "one tensor", given: 0 })?;
        let [_, height, width] = map_sizes(operand)?;
        let [_, rows, columns] = map_sizes(layer.output)?;
        Ok(Self {
            is_nearest: upsample.mode == UpsampleMode::Nearest,
            map: [height, width],
            rows: places(upsample.mode, height, rows),
            columns: places(upsample.mode, width, columns),
        })
    }
}

/// Where along an axis every unit comes from.
fn places(mode: UpsampleMode, input: usize, output: usize) -> Vec<Place> {
    // Of units and pixels, twice their distance from the map's edge, as fractions of whole numbers.
    let place = |unit: usize| {
        let (numerator, denominator) = match mode {
            UpsampleMode::Nearest => (unit * input, output),
            UpsampleMode::Bilinear { align_corners: false } => {
                (((2 * unit + 1) * input).saturating_sub(output), 2 * output)
            }
            UpsampleMode::Bilinear { align_corners: true } => {
                (unit * (input - 1), (output - 1).max(1))
            }
        };
        let before = (numerator / denominator).min(input - 1);
        let (rest, whole): (f64, f64) = ((numerator % denominator).as_(), denominator.as_());
        // A pixel that weighs nothing is not looked at: it may be no number.
        let after = before + usize::from(numerator % denominator != 0);
        Place { pixels: [before, after.min(input - 1)], share: (rest / whole).as_() }
    };
    (0..output).map(place).collect()
}

/// What lies between two values, of which the second weighs a share. Their difference may be infinite, and what weighs nothing no number.
fn between(first: f32, second: f32, share: f32) -> f32 {
    if share == 0.0 { first } else { (1.0 - share) * first + share * second }
}

impl Kernel for Upsample {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let [height, width] = self.map;
        let operand = only(operands);
        let length = self.rows.len() * self.columns.len();
        output.par_chunks_mut(length).enumerate().for_each(|(channel, output)| {
            let map = &operand[channel * height * width..][..height * width];
            for (output, row) in output.chunks_mut(self.columns.len()).zip(&self.rows) {
                let [upper, lower] = row.pixels.map(|row| &map[row * width..][..width]);
                for (y, column) in output.iter_mut().zip(&self.columns) {
                    let [left, right] = column.pixels;
                    if self.is_nearest {
                        *y = upper[left];
                        continue;
                    }
                    let across = |map: &[f32]| between(map[left], map[right], column.share);
                    *y = between(across(upper), across(lower), row.share);
                }
            }
        });
        Ok(())
    }
}
