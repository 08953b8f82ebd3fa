//! Maps with something around them.

use super::array::length;
use super::cost::sum;
use super::error::maps;
use super::reach::signed;
use super::signature::{ArgumentError, Kind, Role, Signature, absent, required, word};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operator, OperatorKind, Padding,
    Reach,
};
use crate::network::Shape;

/// Surrounds maps with further rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Pad {
    /// How many at the top, left, bottom and right.
    pub sides: [u64; 4],
    /// What they hold.
    pub mode: PadMode,
}

/// What the rows and columns of a [`Pad`] hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PadMode {
    /// This value.
    Constant(f64),
    /// The map mirrored at its outermost pixel.
    Reflect,
    /// The outermost pixel repeated.
    Edge,
}

pub(super) static SIGNATURES: &[Signature] = &[Signature {
    name: "pad",
    summary: "surrounds maps with further rows and columns",
    role: Role::Layer,
    arguments: &[
        required("padding", Kind::Sides, "how many on which side"),
        word("mode", &["constant", "reflect", "edge"], "what they hold"),
        absent("value", Kind::Real, "the constant, 0 if left out"),
    ],
    main: Some("padding"),
    build: |arguments, _| {
        let Padding::Explicit(sides) = arguments.padding("padding")? else {
            return Err(ArgumentError::of("padding", "a `pad` needs its padding in numbers"));
        };
        let mode = match (arguments.word("mode")?, arguments.optional_real("value")) {
            ("constant", value) => PadMode::Constant(value.unwrap_or(0.0)),
            ("reflect", None) => PadMode::Reflect,
            ("edge", None) => PadMode::Edge,
            _ => return Err(ArgumentError::of("value", "only a constant has a `value`")),
        };
        Ok(Pad { sides, mode }.into())
    },
}];

impl PadMode {
    /// Where a row or column of the padded map comes from, or the value it holds.
    pub(crate) fn source(self, at: usize, before: usize, size: usize) -> Result<usize, f64> {
        let inside = at.checked_sub(before).filter(|&at| at < size);
        match (self, inside) {
            (_, Some(at)) => Ok(at),
            (Self::Constant(value), None) => Err(value),
            (Self::Edge, None) => Ok(at.saturating_sub(before).min(size - 1)),
            (Self::Reflect, None) if at < before => Ok(before - at),
            (Self::Reflect, None) => Ok(2 * (size - 1) - (at - before)),
        }
    }
}

impl Operator for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [batch, channels, height, width] = maps(operands)?;
        let [top, left, bottom, right] = self.sides;
        let beyond = top.max(bottom) >= height || left.max(right) >= width;
        if self.mode == PadMode::Reflect && beyond {
            return Err(OpError::rule("a reflection is smaller than the map it mirrors"));
        }
        let height = sum(&[height, top, bottom])?;
        let width = sum(&[width, left, right])?;
        Ok(Shape::new(&[batch, channels, height, width])?)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let [top, left, bottom, right] = self.sides;
        let rows = AxisReach::shifted(1, [signed(top)?, signed(bottom)?])?;
        let columns = AxisReach::shifted(1, [signed(left)?, signed(right)?])?;
        Ok(Reach::maps(AxisReach::Same, [rows, columns]))
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [batch, channels, height, width] = x.sizes();
        let [top, left, bottom, right] = self.sides.map(length);
        let around = |size: usize, sides: [usize; 2]| {
            sides.into_iter().try_fold(size, usize::checked_add).ok_or(OpError::Overflow)
        };
        let (rows, columns) = (around(height, [top, bottom])?, around(width, [left, right])?);
        let y = Draft::of(&[batch, channels, rows, columns])?;
        let y = y.by_map(given.tally, |at, y, _| {
            let map = x.map(at);
            for (i, row) in y.chunks_mut(columns).enumerate() {
                for (j, y) in row.iter_mut().enumerate() {
                    *y = match (self.mode.source(i, top, height), self.mode.source(j, left, width))
                    {
                        (Ok(row), Ok(column)) => map[row * width + column],
                        (Err(value), _) | (_, Err(value)) => value,
                    };
                }
            }
        });
        y.done()
    }

    fn detail(&self) -> String {
        let what = match self.mode {
            PadMode::Constant(value) => format!("of {value}"),
            PadMode::Reflect => "reflect".to_owned(),
            PadMode::Edge => "edge".to_owned(),
        };
        format!("{:?}, {what}", self.sides)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}
