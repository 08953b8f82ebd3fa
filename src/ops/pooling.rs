//! Pooling.

use std::ops::Range;

use num_integer::Integer;

use super::array::{length, number};
use super::cost::{each, product, sum};
use super::draft::collected;
use super::error::maps;
use super::signature::{
    ArgumentError, Attributes, Kind, PADDING, Role, Signature, absent, boolean, pair, required,
};
use super::sliding::Slide;
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operations, Operator, OperatorKind,
    Reach, Span, Tally, Window,
};
use crate::network::Shape;

/// The largest element under a window.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxPool {
    /// The window.
    pub window: Window,
}

/// The mean of the elements under a window.
#[derive(Debug, Clone, PartialEq)]
pub struct AvgPool {
    /// The window.
    pub window: Window,
    /// Whether padding counts as elements of value 0 in the mean.
    pub count_include_pad: bool,
}

/// The mean of a whole map.
#[derive(Debug, Clone, PartialEq)]
pub struct GlobalAvgPool;

/// The largest element of a whole map.
#[derive(Debug, Clone, PartialEq)]
pub struct GlobalMaxPool;

/// Means of regions that cut the map into so many rows and columns: output row i is the mean of the rows from
/// `floor(i·h/n)` to `ceil((i + 1)·h/n)` (PyTorch's definition).
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptiveAvgPool {
    /// Rows and columns of the output.
    pub output_size: [u64; 2],
}

const STRIDE: super::signature::Argument =
    absent("stride", Kind::Pair, "step between neighbouring outputs; the kernel if left out");
const CEIL: super::signature::Argument =
    boolean("ceil", false, "whether the output size is rounded up");

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "max_pool",
        summary: "largest element under a window",
        role: Role::Layer,
        arguments: &[
            required("kernel", Kind::Pair, "extent of the window"),
            STRIDE,
            PADDING,
            pair("dilation", 1, "distance between neighbouring taps"),
            CEIL,
        ],
        main: Some("kernel"),
        build: |arguments, _| {
            let dilation = arguments.pair("dilation")?;
            Ok(MaxPool { window: window(arguments, dilation)? }.into())
        },
    },
    Signature {
        name: "avg_pool",
        summary: "mean of the elements under a window",
        role: Role::Layer,
        arguments: &[
            required("kernel", Kind::Pair, "extent of the window"),
            STRIDE,
            PADDING,
            CEIL,
            boolean("count_include_pad", true, "whether padding counts in the mean"),
        ],
        main: Some("kernel"),
        build: |arguments, _| {
            let count_include_pad = arguments.boolean("count_include_pad")?;
            Ok(AvgPool { window: window(arguments, [1; 2])?, count_include_pad }.into())
        },
    },
    Signature {
        name: "global_avg_pool",
        summary: "mean of a whole map, to 1x1",
        role: Role::Layer,
        arguments: &[],
        main: None,
        build: |_, _| Ok(GlobalAvgPool.into()),
    },
    Signature {
        name: "global_max_pool",
        summary: "largest element of a whole map, to 1x1",
        role: Role::Layer,
        arguments: &[],
        main: None,
        build: |_, _| Ok(GlobalMaxPool.into()),
    },
    Signature {
        name: "adaptive_avg_pool",
        summary: "means of regions, to a given size",
        role: Role::Layer,
        arguments: &[required("output_size", Kind::Pair, "rows and columns of the output")],
        main: Some("output_size"),
        build: |arguments, _| {
            Ok(AdaptiveAvgPool { output_size: arguments.pair("output_size")? }.into())
        },
    },
];

fn window(arguments: &Attributes<'_>, dilation: [u64; 2]) -> Result<Window, ArgumentError> {
    let kernel = arguments.pair("kernel")?;
    Ok(Window {
        kernel,
        stride: arguments.optional_pair("stride").unwrap_or(kernel),
        dilation,
        padding: arguments.padding("padding")?,
        ceil: arguments.boolean("ceil")?,
    })
}

/// The output of a pool, no window of which may have all its taps in the padding: it would have nothing to take.
fn pooled(window: &Window, operands: &[Shape]) -> Result<Shape, OpError> {
    let [batch, channels, height, width] = maps(operands)?;
    let output = window.output([height, width])?;
    let (extent, padding) = (window.extent()?, window.padding([height, width])?);
    for (axis, size) in [height, width].into_iter().enumerate() {
        let [before, after] = padding[axis];
        let (stride, dilation) = (window.stride[axis], window.dilation[axis]);
        let is_beyond = before.max(after) >= extent[axis];
        if is_beyond || passes_by(before, [stride, dilation], size, output[axis]) {
            return Err(OpError::rule(format!(
                "a padding of {} leaves windows of {} pixels outside of the map",
                before.max(after),
                extent[axis]
            )));
        }
    }
    Ok(Shape::new(&[batch, channels, output[0], output[1]])?)
}

/// Whether a window that starts in the padding before a map has no tap on it: taps that are further apart than the map is
/// large can pass it by.
fn passes_by(before: u64, [stride, dilation]: [u64; 2], size: u64, windows: u64) -> bool {
    // More windows than this are not looked at one by one, but refused.
    const MOST: u64 = 100_000;
    if dilation <= size || before == 0 {
        return false;
    }
    let first_tap = |outside: u64| outside.div_ceil(dilation).saturating_mul(dilation) - outside;
    let outside = before.div_ceil(stride).min(windows);
    let mut starts = (0..outside.min(MOST)).map(|window| before - window * stride);
    outside > MOST || starts.any(|outside| first_tap(outside) >= size)
}

/// Values joined one after another, from the first on.
fn over(
    mut values: impl Iterator<Item = f64>,
    tally: &mut Operations,
    join: fn(&mut Operations, f64, f64) -> f64,
) -> f64 {
    let first = values.next().unwrap_or(f64::NAN);
    values.fold(first, |joined, x| join(tally, joined, x))
}

/// For every unit, the values under its window joined one after another, beyond the maps the one given.
fn reduced(
    window: &Window,
    maps: &Array,
    [rows, columns]: &[Slide; 2],
    beyond: f64,
    tally: &mut Tally,
    join: fn(&mut Operations, f64, f64) -> f64,
) -> Result<Draft, OpError> {
    let (kernel, _, _) = window.indices();
    let [batch, channels, _, width] = maps.sizes();
    let y = Draft::of(&[batch, channels, rows.units, columns.units])?;
    Ok(y.by_map(tally, |at, y, tally| {
        let x = maps.map(at);
        for (i, y) in y.chunks_mut(columns.units).enumerate() {
            for (j, y) in y.iter_mut().enumerate() {
                let values = (0..kernel[0]).flat_map(|p| {
                    let row = rows.position(i, p).map(|row| &x[row * width..][..width]);
                    (0..kernel[1]).map(move |q| {
                        row.zip(columns.position(j, q)).map_or(beyond, |(row, column)| row[column])
                    })
                });
                *y = over(values, &mut tally.pooling, join);
            }
        }
    }))
}

/// Rows and columns of maps.
fn size(shape: &Shape) -> [u64; 2] {
    shape.map().unwrap_or([1; 2])
}

impl Operator for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Pooling
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        pooled(&self.window, operands)
    }

    fn reach(&self, operands: &[Shape], _: usize, output: &Shape) -> Result<Reach, OpError> {
        let [_, _, height, width] = maps(operands)?;
        Ok(Reach::maps(AxisReach::Same, self.window.reach([height, width], output)?))
    }

    /// One comparison less than there are taps, those on padding included.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::pooling(each(output, self.window.taps()?.saturating_sub(1))?))
    }

    /// `max x[n, c, i·stride + p·dilation - top, j·stride + q·dilation - left]` over the taps p, q; beyond the map x is -∞.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let slides = Slide::over(&self.window, size(x.shape()))?;
        let beyond = f64::NEG_INFINITY;
        reduced(&self.window, x, &slides, beyond, given.tally, Operations::max)?.done()
    }

    fn detail(&self) -> String {
        self.window.to_string()
    }

    fn window(&self) -> Option<Window> {
        Some(self.window)
    }

    /// Where each maximum was found.
    fn keeps(&self, _: &[Shape], output: &Shape) -> Result<Kept, OpError> {
        Kept::NOTHING.indices(output.elements())
    }
}

impl AvgPool {
    /// How many of the taps of every window along an axis count in its mean, found tap by tap.
    fn counted_taps(&self, slide: &Slide, taps: u64) -> Result<Vec<usize>, OpError> {
        let counts = |unit: usize, tap: usize| {
            if self.count_include_pad {
                slide.is_on_padded(unit, tap)
            } else {
                slide.position(unit, tap).is_some()
            }
        };
        let taps = length(taps);
        let counted = |unit: usize| (0..taps).filter(|&tap| counts(unit, tap)).count();
        collected((0..slide.units).map(counted))
    }
}

impl Operator for AvgPool {
    fn name(&self) -> &'static str {
        "avg_pool"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Pooling
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        pooled(&self.window, operands)
    }

    fn reach(&self, operands: &[Shape], _: usize, output: &Shape) -> Result<Reach, OpError> {
        let [_, _, height, width] = maps(operands)?;
        Ok(Reach::maps(AxisReach::Same, self.window.reach([height, width], output)?))
    }

    /// One addition less than there are taps, those on padding included, and a division.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::pooling(each(output, self.window.taps()?)?))
    }

    /// The mean of `x[n, c, i·stride + p·dilation - top, j·stride + q·dilation - left]` over the taps p, q. Those on padding are 0 and count
    /// or do not; what a window overhangs beyond the padding, the output size being rounded up, never counts.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let slides = Slide::over(&self.window, size(x.shape()))?;
        let mut sums = reduced(&self.window, x, &slides, 0.0, given.tally, Operations::add)?;
        let ([rows, columns], kernel) = (&slides, self.window.kernel);
        let [down, across] =
            [self.counted_taps(rows, kernel[0])?, self.counted_taps(columns, kernel[1])?];
        for map in sums.elements.chunks_mut(rows.units * columns.units) {
            for (row, down) in map.chunks_mut(columns.units).zip(&down) {
                for (sum, across) in row.iter_mut().zip(&across) {
                    *sum = given.tally.pooling.divide(*sum, number(down * across));
                }
            }
        }
        sums.done()
    }

    fn detail(&self) -> String {
        let Self { window, count_include_pad } = self;
        if *count_include_pad {
            window.to_string()
        } else {
            format!("{window}, count_include_pad false")
        }
    }

    fn window(&self) -> Option<Window> {
        Some(self.window)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

fn global(operands: &[Shape]) -> Result<Shape, OpError> {
    let [batch, channels, _, _] = maps(operands)?;
    Ok(Shape::new(&[batch, channels, 1, 1])?)
}

impl Operator for GlobalAvgPool {
    fn name(&self) -> &'static str {
        "global_avg_pool"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Pooling
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        global(operands)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::maps(AxisReach::Same, [AxisReach::Every, AxisReach::Every]))
    }

    /// One addition less than the map has elements, and a division.
    fn cost(&self, operands: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::pooling(product(&maps(operands)?)?))
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [batch, channels, _, _] = x.sizes();
        let count = number(x.map_length());
        let y = Draft::of(&[batch, channels, 1, 1])?;
        let y = y.by_map(given.tally, |at, y, tally| {
            let sum = over(x.map(at).iter().copied(), &mut tally.pooling, Operations::add);
            y[0] = tally.pooling.divide(sum, count);
        });
        y.done()
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

impl Operator for GlobalMaxPool {
    fn name(&self) -> &'static str {
        "global_max_pool"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Pooling
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        global(operands)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::maps(AxisReach::Same, [AxisReach::Every, AxisReach::Every]))
    }

    /// One comparison less than the map has elements.
    fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::pooling(product(&maps(operands)?)?.saturating_sub(output.elements())))
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [batch, channels, _, _] = x.sizes();
        let y = Draft::of(&[batch, channels, 1, 1])?;
        let y = y.by_map(given.tally, |at, y, tally| {
            y[0] = over(x.map(at).iter().copied(), &mut tally.pooling, Operations::max);
        });
        y.done()
    }

    /// Where each maximum was found.
    fn keeps(&self, _: &[Shape], output: &Shape) -> Result<Kept, OpError> {
        Kept::NOTHING.indices(output.elements())
    }
}

/// The sum over all regions of their extents along an axis: `Σ ceil((i + 1)·n/m) - floor(i·n/m)`. A region starts where
/// the one before ends, except that it shares an element with it where `i·n/m` is no whole number, which happens at all
/// inner borders but `gcd(n, m) - 1`.
fn region_extents(input: u64, output: u64) -> Result<u64, OpError> {
    let shared = output.saturating_sub(input.gcd(&output));
    sum(&[input, shared])
}

/// Region i goes from `floor(i·input/output)` to `ceil((i + 1)·input/output)`, without the latter.
fn region_reach(input: u64, output: u64) -> Result<AxisReach, OpError> {
    if output == 1 {
        return Ok(AxisReach::Every);
    }
    let [size, count] = [input, output].map(i128::from);
    AxisReach::even([input, output], |unit| {
        let unit = i128::from(unit);
        let start = i64::try_from(Integer::div_floor(&(unit * size), &count)).ok()?;
        let end = i64::try_from(Integer::div_ceil(&((unit + 1) * size), &count)).ok()?;
        Some(Span { start, end: end.checked_sub(1)? })
    })
}

impl AdaptiveAvgPool {
    /// The pixels of an axis whose mean is a unit, one of `units`: from `floor(i·size/units)` to `ceil((i + 1)·size/units)`, without the
    /// latter.
    pub(crate) fn region(unit: u64, units: u64, size: u64) -> Range<u64> {
        let [at, of, size] = [unit, units.max(1), size].map(u128::from);
        let place = |place: u128| u64::try_from(place).unwrap_or(u64::MAX);
        place(at * size / of)..place(((at + 1) * size).div_ceil(of))
    }
}

impl Operator for AdaptiveAvgPool {
    fn name(&self) -> &'static str {
        "adaptive_avg_pool"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Pooling
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [batch, channels, _, _] = maps(operands)?;
        Ok(Shape::new(&[batch, channels, self.output_size[0], self.output_size[1]])?)
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let [_, _, height, width] = maps(operands)?;
        let [rows, columns] = self.output_size;
        Ok(Reach::maps(
            AxisReach::Same,
            [region_reach(height, rows)?, region_reach(width, columns)?],
        ))
    }

    /// For every region one addition less than it has elements, and a division.
    fn cost(&self, operands: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        let [batch, channels, height, width] = maps(operands)?;
        let rows = region_extents(height, self.output_size[0])?;
        let columns = region_extents(width, self.output_size[1])?;
        Ok(Cost::pooling(product(&[batch, channels, rows, columns])?))
    }

    /// The mean of region `[i, j]`, whose rows go from `floor(i·h/n)` to `ceil((i + 1)·h/n)`, without the latter; so its columns.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [batch, channels, _, width] = x.sizes();
        let ([height, wide], [rows, columns]) = (size(x.shape()), self.output_size);
        let y = Draft::of(&[batch, channels, length(rows), length(columns)])?;
        let regions = |units: u64, size: u64| {
            collected((0..length(units)).map(|unit| {
                let unit = u64::try_from(unit).unwrap_or(u64::MAX);
                let region = Self::region(unit, units, size);
                length(region.start)..length(region.end)
            }))
        };
        let (downs, acrosses) = (regions(rows, height)?, regions(columns, wide)?);
        let y = y.by_map(given.tally, |at, y, tally| {
            let map = x.map(at);
            for (y, down) in y.chunks_mut(acrosses.len()).zip(&downs) {
                for (y, across) in y.iter_mut().zip(&acrosses) {
                    let count = number(down.len() * across.len());
                    let rows = down.clone().map(|row| &map[row * width..][..width]);
                    let values = rows.flat_map(|row| row[across.clone()].iter().copied());
                    let sum = over(values, &mut tally.pooling, Operations::add);
                    *y = tally.pooling.divide(sum, count);
                }
            }
        });
        y.done()
    }

    fn detail(&self) -> String {
        format!("to {}x{}", self.output_size[0], self.output_size[1])
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_counted_as_they_are_cut() {
        for (input, output) in [(7, 7), (13, 6), (7, 3), (6, 4), (3, 7), (1, 5), (12, 8), (224, 7)]
        {
            let one_by_one: u64 = (0..output)
                .map(|i: u64| ((i + 1) * input).div_ceil(output) - i * input / output)
                .sum();
            assert_eq!(region_extents(input, output).unwrap(), one_by_one, "{input} to {output}");
        }
    }
}
