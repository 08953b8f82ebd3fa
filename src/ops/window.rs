//! Windows that slide over maps: what convolutions and pools have in common.

use std::fmt;

use super::OpError;
use super::array::length;
use super::cost::{product, sum};
use super::reach::{AxisReach, signed};
use crate::network::Shape;

/// What surrounds a map before a window slides over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// So many rows and columns at the `[top, left, bottom, right]`.
    Explicit([u64; 4]),
    /// As much as makes the output `ceil(input / stride)`, the odd one at the bottom and right (TensorFlow's SAME,
    /// ONNX's `SAME_UPPER`).
    Same,
    /// As [`Padding::Same`], the odd one at the top and left (ONNX's `SAME_LOWER`).
    SameLower,
}

impl Padding {
    /// No padding at all (TensorFlow's VALID).
    pub const VALID: Self = Self::Explicit([0; 4]);

    /// The paddings that have a name in the language.
    pub const NAMED: [(&'static str, Self); 3] =
        [("valid", Self::VALID), ("same", Self::Same), ("same_lower", Self::SameLower)];
}

/// A window that slides over maps: what convolutions and pools have in common. Pairs are `[height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Taps per axis.
    pub kernel: [u64; 2],
    /// Step between neighbouring outputs.
    pub stride: [u64; 2],
    /// Distance between neighbouring taps.
    pub dilation: [u64; 2],
    /// What surrounds the map.
    pub padding: Padding,
    /// Whether the output size is rounded up, so that the last window may overhang.
    pub ceil: bool,
}

const AXES: [&str; 2] = ["height", "width"];

impl Window {
    /// Kernel, stride and dilation as indices.
    pub(super) fn indices(&self) -> ([usize; 2], [usize; 2], [usize; 2]) {
        (self.kernel.map(length), self.stride.map(length), self.dilation.map(length))
    }

    /// The number of taps.
    pub fn taps(&self) -> Result<u64, OpError> {
        product(&self.kernel)
    }

    /// The kernel's extent with dilation, per axis.
    pub fn extent(&self) -> Result<[u64; 2], OpError> {
        Ok([self.axis_extent(0)?, self.axis_extent(1)?])
    }

    /// The padding before and after the map, per axis, for a map of a size that [`output`](Self::output) accepts.
    pub fn padding(&self, input: [u64; 2]) -> Result<[[u64; 2]; 2], OpError> {
        Ok([self.axis_padding(0, input[0])?, self.axis_padding(1, input[1])?])
    }

    /// The size of the output.
    ///
    /// `floor((input + padding - extent) / stride) + 1` (Dumoulin & Visin 2016, arXiv:1603.07285, relationship 6);
    /// with `ceil` rounded up, so that a window may overhang by less than a stride, but not start in the padding at the far side
    /// (PyTorch's pools).
    ///
    /// # Errors
    /// Where the kernel is larger than the padded map.
    pub fn output(&self, input: [u64; 2]) -> Result<[u64; 2], OpError> {
        self.check()?;
        Ok([self.axis_output(0, input[0])?, self.axis_output(1, input[1])?])
    }

    pub(super) fn check(&self) -> Result<(), OpError> {
        if [self.kernel, self.stride, self.dilation].as_flattened().contains(&0) {
            return Err(OpError::rule("kernel, stride and dilation are at least 1"));
        }
        Ok(())
    }

    /// The positions that every unit of an output of this size depends on, along rows and columns. What a window overhangs because
    /// the size was rounded up counts as padding.
    pub(super) fn reach(&self, input: [u64; 2], output: &Shape) -> Result<[AxisReach; 2], OpError> {
        let output = output.map().unwrap_or([1; 2]);
        Ok([self.axis_reach(0, input[0], output[0])?, self.axis_reach(1, input[1], output[1])?])
    }

    fn axis_reach(&self, axis: usize, input: u64, output: u64) -> Result<AxisReach, OpError> {
        let [before, after] = self.axis_padding(axis, input)?;
        let (extent, stride) = (self.axis_extent(axis)?, self.stride[axis]);
        let reach = sum(&[product(&[output.saturating_sub(1), stride])?, extent])?;
        let after = after.max(reach.saturating_sub(sum(&[input, before])?));
        AxisReach::window(extent, [stride, self.dilation[axis]], [signed(before)?, signed(after)?])
    }

    /// For every unit of an output along an axis, how many taps lie on the map, and how many on it or its padding.
    pub(crate) fn taps_on(
        &self,
        axis: usize,
        size: u64,
        units: u64,
    ) -> Result<Vec<[u64; 2]>, OpError> {
        let [before, after] = self.axis_padding(axis, size)?;
        let padded = sum(&[before, size, after])?;
        let (kernel, stride, dilation) =
            (self.kernel[axis], self.stride[axis], self.dilation[axis]);
        let on = |unit: u64, from: u64, to: u64| {
            let first = unit.saturating_mul(stride);
            let before = |place: u64| place.saturating_sub(first).div_ceil(dilation).min(kernel);
            before(to) - before(from)
        };
        Ok((0..units).map(|unit| [on(unit, before, before + size), on(unit, 0, padded)]).collect())
    }

    fn axis_extent(&self, axis: usize) -> Result<u64, OpError> {
        let gaps = self.kernel[axis].checked_sub(1).ok_or(OpError::Overflow)?;
        sum(&[product(&[self.dilation[axis], gaps])?, 1])
    }

    fn axis_padding(&self, axis: usize, input: u64) -> Result<[u64; 2], OpError> {
        let total = match self.padding {
            Padding::Explicit([top, left, bottom, right]) => {
                return Ok([[top, bottom], [left, right]][axis]);
            }
            Padding::Same | Padding::SameLower => {
                let steps = input.div_ceil(self.stride[axis].max(1)).saturating_sub(1);
                let reach = sum(&[product(&[steps, self.stride[axis]])?, self.axis_extent(axis)?])?;
                reach.saturating_sub(input)
            }
        };
        let (less, more) = (total / 2, total - total / 2);
        Ok(if self.padding == Padding::SameLower { [more, less] } else { [less, more] })
    }

    fn axis_output(&self, axis: usize, input: u64) -> Result<u64, OpError> {
        let [before, after] = self.axis_padding(axis, input)?;
        let padded = sum(&[input, before, after])?;
        let kernel = self.axis_extent(axis)?;
        let stride = self.stride[axis];
        let steps = match padded.checked_sub(kernel) {
            Some(slack) if self.ceil => slack.div_ceil(stride),
            Some(slack) => slack / stride,
            // Rounded up, a window that overhangs by less than a stride is one.
            None if self.ceil && kernel - padded < stride => 0,
            None => return Err(OpError::KernelTooLarge { axis: AXES[axis], kernel, padded }),
        };
        let starts_in_far_padding = product(&[steps, stride])? >= sum(&[input, before])?;
        let steps =
            if self.ceil && starts_in_far_padding { steps.saturating_sub(1) } else { steps };
        sum(&[steps, 1])
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.kernel[0], self.kernel[1])?;
        write_pair(f, "stride", self.stride, 1)?;
        match self.padding {
            Padding::Same => f.write_str(", padding same")?,
            Padding::SameLower => f.write_str(", padding same_lower")?,
            Padding::Explicit([top, left, bottom, right]) if top == bottom && left == right => {
                write_pair(f, "padding", [top, left], 0)?;
            }
            Padding::Explicit(sides) => write!(f, ", padding {sides:?}")?,
        }
        write_pair(f, "dilation", self.dilation, 1)?;
        if self.ceil { f.write_str(", ceil") } else { Ok(()) }
    }
}

fn write_pair(f: &mut fmt::Formatter<'_>, what: &str, pair: [u64; 2], usual: u64) -> fmt::Result {
    match pair {
        [height, width] if height == usual && width == usual => Ok(()),
        [height, width] if height == width => write!(f, ", {what} {height}"),
        [height, width] => write!(f, ", {what} {height}x{width}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: u64, stride: u64, dilation: u64, padding: Padding, ceil: bool) -> Window {
        Window { kernel: [kernel; 2], stride: [stride; 2], dilation: [dilation; 2], padding, ceil }
    }

    /// Sizes by the rules of Dumoulin & Visin (relationships 1 to 6), TensorFlow's SAME, and what
    /// `torch.nn.MaxPool2d` and `Conv2d` print for the same arguments.
    #[test]
    fn output_sizes() {
        let explicit = |padding| Padding::Explicit([padding; 4]);
        for (input, window, output) in [
            (4, window(3, 1, 1, explicit(0), false), 2),
            (5, window(4, 1, 1, explicit(2), false), 6),
            (5, window(3, 1, 1, explicit(1), false), 5),
            (5, window(3, 2, 1, explicit(0), false), 2),
            (6, window(3, 2, 1, explicit(1), false), 3),
            (7, window(3, 1, 2, explicit(0), false), 3),
            (224, window(7, 2, 1, explicit(3), false), 112),
            (224, window(7, 2, 1, Padding::Same, false), 112),
            (225, window(3, 2, 1, Padding::Same, false), 113),
            (112, window(3, 2, 1, explicit(0), false), 55),
            (112, window(3, 2, 1, explicit(0), true), 56),
            // A third window would start at 4 = 3 + 1, in the padding at the far side.
            (3, window(2, 2, 1, explicit(1), true), 2),
            (1, window(1, 2, 1, explicit(0), true), 1),
            (2, window(3, 2, 1, explicit(0), true), 1),
            (8, window(3, 2, 1, explicit(0), true), 4),
        ] {
            assert_eq!(window.output([input; 2]).unwrap(), [output; 2], "{input} under {window}");
        }
    }

    #[test]
    fn same_puts_the_odd_pixel_at_one_side() {
        assert_eq!(window(3, 2, 1, Padding::Same, false).padding([224; 2]).unwrap(), [[0, 1]; 2]);
        assert_eq!(
            window(3, 2, 1, Padding::SameLower, false).padding([224; 2]).unwrap(),
            [[1, 0]; 2]
        );
        assert_eq!(window(1, 2, 1, Padding::Same, false).padding([224; 2]).unwrap(), [[0, 0]; 2]);
    }

    #[test]
    fn refuses_a_kernel_beyond_the_padded_map() {
        let error = window(3, 1, 2, Padding::Explicit([1, 0, 0, 0]), false).output([3, 9]);
        assert_eq!(error, Err(OpError::KernelTooLarge { axis: "height", kernel: 5, padded: 4 }));
        let error = window(5, 2, 1, Padding::VALID, true).output([3, 3]);
        assert_eq!(error, Err(OpError::KernelTooLarge { axis: "height", kernel: 5, padded: 3 }));
        let error = window(u64::MAX, 1, 2, Padding::VALID, false).output([3, 3]);
        assert_eq!(error, Err(OpError::Overflow));
    }
}
