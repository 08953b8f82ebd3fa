//! Windows one after another: what the plain loops of convolutions and pools look at.
//!
//! How many windows there are and how much padding `same` makes is found here once more, from its definition: nothing is taken of what [`Window`] says of
//! sizes and padding, by which the analysis and the engine go, so that a run proves that.

use std::ops::Range;

use num_integer::Integer;

use super::cost::product;
use super::reach::signed;
use super::{OpError, Padding, Window};

/// The windows along an axis of a map. Positions are those on the map: in the padding before it they are less than 0.
#[derive(Debug)]
pub(super) struct Slide {
    /// How many windows there are.
    pub(super) units: usize,
    /// Where the first begins.
    first: i64,
    stride: i64,
    dilation: i64,
    /// How many positions the map has.
    size: i64,
    /// The map and its padding; what windows overhang beyond is neither.
    padded: Range<i64>,
}

impl Slide {
    /// The windows along the rows and the columns of a map.
    ///
    /// # Errors
    /// Where a window has no taps or does not move, or a position exceeds 63 bits.
    pub(super) fn over(window: &Window, map: [u64; 2]) -> Result<[Self; 2], OpError> {
        window.check()?;
        Ok([Self::along(window, 0, map[0])?, Self::along(window, 1, map[1])?])
    }

    fn along(window: &Window, axis: usize, size: u64) -> Result<Self, OpError> {
        let (stride, dilation) = (signed(window.stride[axis])?, signed(window.dilation[axis])?);
        let size = signed(size)?;
        // Where the last tap lies, counted from the first.
        let last = signed(product(&[window.kernel[axis] - 1, window.dilation[axis]])?)?;
        let (units, [before, after]) = match window.padding {
            Padding::Explicit([top, left, bottom, right]) => {
                let sides = [[top, bottom], [left, right]][axis];
                let sides = [signed(sides[0])?, signed(sides[1])?];
                (fitting([size, stride, last], sides, window.ceil), sides)
            }
            Padding::Same | Padding::SameLower => {
                // One window for every stride that begins on the map.
                let units = count(|unit| wide(stride) * unit < wide(size));
                let seen = wide(stride) * (units - 1) + wide(last) + 1;
                let beyond = narrow((seen - wide(size)).max(0))?;
                // Half of what they see beyond the map lies at either side: an odd pixel at the end, or at the beginning.
                let half = beyond / 2;
                let sides = if window.padding == Padding::Same {
                    [half, beyond - half]
                } else {
                    [beyond - half, half]
                };
                (units, sides)
            }
        };
        // No position, nor the difference of two, exceeds what all of these are together.
        let most = [before, size, after, stride, last].map(wide).iter().sum();
        narrow(most)?;
        let padded = -before..size + after;
        let units = usize::try_from(units).map_err(|_| OpError::Overflow)?;
        Ok(Self { units, first: -before, stride, dilation, size, padded })
    }

    /// Where on the map a tap of a window lies; `None` where it lies beyond.
    pub(super) fn position(&self, unit: usize, tap: usize) -> Option<usize> {
        let position = self.at(unit, tap);
        if position < self.size { usize::try_from(position).ok() } else { None }
    }

    /// Whether a tap of a window lies on the map or its padding.
    pub(super) fn is_on_padded(&self, unit: usize, tap: usize) -> bool {
        self.padded.contains(&self.at(unit, tap))
    }

    /// The windows of which a tap lies on the map.
    pub(super) fn on_map(&self, tap: usize) -> Range<usize> {
        // So many windows have this tap before a position.
        let before = |position: i64| {
            let windows = Integer::div_ceil(&(position - self.at(0, tap)), &self.stride);
            usize::try_from(windows).unwrap_or(0).min(self.units)
        };
        before(0)..before(self.size)
    }

    fn at(&self, unit: usize, tap: usize) -> i64 {
        let [unit, tap] = [unit, tap].map(|index| i64::try_from(index).unwrap_or(i64::MAX));
        self.first + unit * self.stride + tap * self.dilation
    }
}

/// How many windows there are with padding in numbers: one after another, a stride apart, as long as they lie on the map and its padding. Rounded up, there
/// is a window too where the one before it does not reach the end of the padding, unless it would begin beyond the map (PyTorch's pools).
fn fitting([size, stride, last]: [i64; 3], [before, after]: [i64; 2], ceil: bool) -> i128 {
    let (stride, end) = (wide(stride), wide(size) + wide(after));
    count(|unit| {
        let start = unit * stride - wide(before);
        let last_tap = start + wide(last);
        if ceil { start < wide(size) && last_tap - stride + 1 < end } else { last_tap < end }
    })
}

/// How many windows there are, of which each is there or not, and none behind one that is not.
fn count(is_there: impl Fn(i128) -> bool) -> i128 {
    let mut windows = 0;
    for power in (0..63).rev() {
        let more = 1 << power;
        if is_there(windows + more - 1) {
            windows += more;
        }
    }
    windows
}

fn wide(number: i64) -> i128 {
    number.into()
}

fn narrow(number: i128) -> Result<i64, OpError> {
    number.try_into().map_err(|_| OpError::Overflow)
}
