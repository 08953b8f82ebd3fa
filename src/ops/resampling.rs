//! Enlarging maps.

use num_integer::Integer;
use num_traits::ToPrimitive;

use super::array::{length, number};
use super::cost::{each, product};
use super::draft::collected;
use super::error::maps;
use super::signature::{ArgumentError, Kind, Role, Signature, absent, boolean, word};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operator, OperatorKind, Reach, Span,
};
use crate::network::Shape;

/// Enlarges maps.
#[derive(Debug, Clone, PartialEq)]
pub struct Upsample {
    /// To which size.
    pub to: UpsampleSize,
    /// How values between pixels are found.
    pub mode: UpsampleMode,
}

/// The size of an upsampled map: height, width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsampleSize {
    /// So many times the input's.
    Scale([u64; 2]),
    /// This size.
    Fixed([u64; 2]),
}

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsampleMode {
    /// The nearest pixel's.
    Nearest,
    /// Between the four neighbours, linearly along each axis.
    Bilinear {
        /// Whether the outermost pixels' centres are mapped on each other, instead of their outer edges.
        align_corners: bool,
    },
}

pub(super) static SIGNATURES: &[Signature] = &[Signature {
    name: "upsample",
    summary: "enlarges maps",
    role: Role::Layer,
    arguments: &[
        absent("scale", Kind::Pair, "how many times larger"),
        absent("output_size", Kind::Pair, "the size of the result, in place of `scale`"),
        word("mode", &["nearest", "bilinear"], "how values between pixels are found"),
        boolean("align_corners", false, "whether the corners' centres are kept (bilinear)"),
    ],
    main: Some("scale"),
    build: |arguments, _| {
        let to = match (arguments.optional_pair("scale"), arguments.optional_pair("output_size")) {
            (Some(scale), None) => UpsampleSize::Scale(scale),
            (None, Some(size)) => UpsampleSize::Fixed(size),
            _ => {
                return Err(ArgumentError::whole(
                    "`upsample` needs either `scale` or `output_size`",
                ));
            }
        };
        let align_corners = arguments.boolean("align_corners")?;
        let mode = match (arguments.word("mode")?, align_corners) {
            ("bilinear", align_corners) => UpsampleMode::Bilinear { align_corners },
            (_, false) => UpsampleMode::Nearest,
            (_, true) => {
                let message = "only a bilinear `upsample` can align the corners";
                return Err(ArgumentError::of("align_corners", message));
            }
        };
        Ok(Upsample { to, mode }.into())
    },
}];

impl UpsampleMode {
    /// The pixels between which, or the pixel from which, every unit along an axis is found: at `floor(i·input/output)`, around
    /// `(i + 1/2)·input/output - 1/2`, or with aligned corners around `i·(input - 1)/(output - 1)`. Beyond the outermost pixels
    /// the map goes on, as if it were padded; a single pixel is spread.
    fn reach(self, input: u64, output: u64) -> Result<AxisReach, OpError> {
        if input == output {
            return Ok(AxisReach::Same);
        }
        if input == 1 {
            return Ok(AxisReach::Only);
        }
        let [size, count] = [input, output].map(i128::from);
        let around = |numerator: i128, denominator: i128| {
            let start = i64::try_from(Integer::div_floor(&numerator, &denominator)).ok()?;
            let end = i64::try_from(Integer::div_ceil(&numerator, &denominator)).ok()?;
            Some(Span { start, end })
        };
        match self {
            Self::Nearest => AxisReach::even([input, output], |unit| {
                let pixel =
                    i64::try_from(Integer::div_floor(&(i128::from(unit) * size), &count)).ok()?;
                Some(Span { start: pixel, end: pixel })
            }),
            Self::Bilinear { align_corners: false } => AxisReach::even([input, output], |unit| {
                around((2 * i128::from(unit) + 1) * size - count, 2 * count)
            }),
            Self::Bilinear { align_corners: true } => {
                let gaps = [input - 1, output - 1];
                let shared = gaps[0].gcd(&gaps[1]);
                let period = [gaps[1] / shared, gaps[0] / shared];
                AxisReach::periodic(period, [input, output], 1, |unit| {
                    around(i128::from(unit) * (size - 1), count - 1)
                })
            }
        }
    }
}

/// The row and column, before or after, of the four pixels around a unit.
const FOUR: [[usize; 2]; 4] = [[0, 0], [0, 1], [1, 0], [1, 1]];

/// Between which pixels of an axis a unit is found, and what each weighs.
struct Place {
    pixels: [usize; 2],
    weights: [f64; 2],
}

impl UpsampleMode {
    /// Where along an axis every unit comes from: from `floor(i·input/output)`, from `(i + 1/2)·input/output - 1/2`, or with aligned
    /// corners from `i·(input - 1)/(output - 1)`; not from beyond the outermost pixels.
    fn places(self, input: usize, output: usize) -> impl ExactSizeIterator<Item = Place> {
        let last = input.saturating_sub(1);
        let units = 0..output;
        let [input, output] = [input, output].map(number);
        let place = move |unit: usize| {
            let i = number(unit);
            let from = match self {
                Self::Nearest => (i * input / output).floor(),
                Self::Bilinear { align_corners: false } => (i + 0.5) * input / output - 0.5,
                Self::Bilinear { align_corners: true } if output > 1.0 => {
                    i * (input - 1.0) / (output - 1.0)
                }
                Self::Bilinear { align_corners: true } => 0.0,
            };
            let from = from.max(0.0);
            let before = from.to_usize().unwrap_or(last).min(last);
            let share = from - number(before);
            Place { pixels: [before, (before + 1).min(last)], weights: [1.0 - share, share] }
        };
        units.map(place)
    }

    /// The pixel of an axis that every unit comes from, the one before it where it lies between two.
    pub(crate) fn pixels(self, input: u64, output: u64) -> Vec<u64> {
        let places = self.places(length(input), length(output));
        places.map(|place| u64::try_from(place.pixels[0]).unwrap_or(u64::MAX)).collect()
    }
}

impl Operator for Upsample {
    fn name(&self) -> &'static str {
        "upsample"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [batch, channels, old_height, old_width] = maps(operands)?;
        let [height, width] = match self.to {
            UpsampleSize::Scale([y, x]) => [product(&[old_height, y])?, product(&[old_width, x])?],
            UpsampleSize::Fixed(size) => size,
        };
        if height < old_height || width < old_width {
            return Err(OpError::rule("an `upsample` does not make maps smaller"));
        }
        Ok(Shape::new(&[batch, channels, height, width])?)
    }

    fn reach(&self, operands: &[Shape], _: usize, output: &Shape) -> Result<Reach, OpError> {
        let [_, _, height, width] = maps(operands)?;
        let [rows, columns] = output.map().unwrap_or([1; 2]);
        Ok(Reach::maps(
            AxisReach::Same,
            [self.mode.reach(height, rows)?, self.mode.reach(width, columns)?],
        ))
    }

    /// The nearest pixel costs nothing; between four neighbours, four multiplications and three additions for every element,
    /// the weights being made once for all channels.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        match self.mode {
            UpsampleMode::Nearest => Ok(Cost::default()),
            UpsampleMode::Bilinear { .. } => Ok(Cost::elementwise(each(output, 7)?)),
        }
    }

    /// The nearest pixel, or between four: along each axis the two around the place that the unit comes from, weighed by how near they are.
    /// A pixel that weighs nothing is not looked at: like padding, it is 0.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [batch, channels, height, width] = x.sizes();
        let [rows, columns] = match self.to {
            UpsampleSize::Scale([down, across]) => {
                [height.saturating_mul(length(down)), width.saturating_mul(length(across))]
            }
            UpsampleSize::Fixed(size) => size.map(length),
        };
        let y = Draft::of(&[batch, channels, rows, columns])?;
        let down = collected(self.mode.places(height, rows))?;
        let across = collected(self.mode.places(width, columns))?;
        let y = if self.mode == UpsampleMode::Nearest {
            y.by_map(given.tally, |at, y, _| {
                let map = x.map(at);
                for (row, down) in y.chunks_mut(columns).zip(&down) {
                    let seen = &map[down.pixels[0] * width..][..width];
                    row.iter_mut().zip(&across).for_each(|(y, across)| *y = seen[across.pixels[0]]);
                }
            })
        } else {
            // What each of the four pixels of a unit weighs, which is the same for all maps.
            let units = (0..rows * columns).map(|unit| (unit / columns, unit % columns));
            let weights = collected(units.map(|(i, j)| {
                FOUR.map(|[row, column]| down[i].weights[row] * across[j].weights[column])
            }))?;
            y.by_map(given.tally, |at, y, tally| {
                let (map, tally) = (x.map(at), &mut tally.elementwise);
                for (unit, (y, weights)) in y.iter_mut().zip(&weights).enumerate() {
                    let (down, across) = (&down[unit / columns], &across[unit % columns]);
                    let weighed = FOUR.iter().zip(weights).map(|(&[row, column], &weight)| {
                        let pixel = down.pixels[row] * width + across.pixels[column];
                        (weight, if weight > 0.0 { map[pixel] } else { 0.0 })
                    });
                    let mut sum = None;
                    for (weight, x) in weighed {
                        let part = tally.multiply(weight, x);
                        sum = Some(sum.map_or(part, |sum| tally.add(sum, part)));
                    }
                    *y = sum.unwrap_or(f64::NAN);
                }
            })
        };
        y.done()
    }

    fn detail(&self) -> String {
        let size = match self.to {
            UpsampleSize::Scale([y, x]) if y == x => format!("{y} times"),
            UpsampleSize::Scale([y, x]) => format!("{y}x{x} times"),
            UpsampleSize::Fixed([height, width]) => format!("to {height}x{width}"),
        };
        match self.mode {
            UpsampleMode::Nearest => format!("{size}, nearest"),
            UpsampleMode::Bilinear { align_corners: false } => format!("{size}, bilinear"),
            UpsampleMode::Bilinear { align_corners: true } => {
                format!("{size}, bilinear, align_corners")
            }
        }
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}
