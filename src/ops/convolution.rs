//! Convolutions and transposed convolutions.

use std::collections::HashMap;
use std::iter::repeat;

use num_integer::Integer;

use super::array::length;
use super::cost::{each, product, sum};
use super::draft::collected;
use super::error::{maps, single};
use super::reach::signed;
use super::signature::{
    ArgumentError, Attributes, Kind, PADDING, Role, SIDES, Signature, absent, boolean, count, pair,
    required,
};
use super::sliding::Slide;
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, MAX_PERIOD, Op, OpError, Operator,
    OperatorKind, Padding, ParameterValues, Parameters, Reach, Span, Tally, Window, parameters,
};
use crate::network::Shape;

/// A 2-D convolution, by groups: `weight[out, in / groups, kh, kw]`, `bias[out]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv {
    /// Output channels.
    pub out: u64,
    /// Kernel, stride, dilation and padding.
    pub window: Window,
    /// Number of groups that see only their own channels; the input's channels for a depthwise convolution.
    pub groups: u64,
    /// Whether a bias is added.
    pub bias: bool,
}

/// A transposed convolution, by groups: `weight[in, out / groups, kh, kw]`, `bias[out]`. Dumoulin & Visin 2016,
/// arXiv:1603.07285, section 4.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvTranspose {
    /// Output channels.
    pub out: u64,
    /// Kernel, stride, dilation, and the padding of the convolution it transposes: it cuts the output.
    pub window: Window,
    /// Rows and columns added at the bottom and right.
    pub output_padding: [u64; 2],
    /// Number of groups that see only their own channels.
    pub groups: u64,
    /// Whether a bias is added.
    pub bias: bool,
}

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "conv",
        summary: "2-D convolution",
        role: Role::Weighted,
        arguments: &[
            required("out", Kind::Count, "output channels"),
            required("kernel", Kind::Pair, "taps per axis"),
            pair("stride", 1, "step between neighbouring outputs"),
            PADDING,
            pair("dilation", 1, "distance between neighbouring taps"),
            count("groups", 1, "groups that see only their own channels"),
            boolean("bias", true, "whether a bias is added"),
        ],
        main: Some("out"),
        build: |arguments, _| {
            let (out, groups) = (arguments.count("out")?, arguments.count("groups")?);
            let bias = arguments.boolean("bias")?;
            Ok(Conv { out, window: window(arguments)?, groups, bias }.into())
        },
    },
    Signature {
        name: "depthwise_conv",
        summary: "2-D convolution with groups = channels",
        role: Role::Weighted,
        arguments: &[
            required("kernel", Kind::Pair, "taps per axis"),
            absent(
                "out",
                Kind::Count,
                "output channels, a multiple of the input's; as many if left out",
            ),
            pair("stride", 1, "step between neighbouring outputs"),
            PADDING,
            pair("dilation", 1, "distance between neighbouring taps"),
            boolean("bias", true, "whether a bias is added"),
        ],
        main: Some("kernel"),
        build: depthwise,
    },
    Signature {
        name: "conv_transpose",
        summary: "transposed 2-D convolution",
        role: Role::Weighted,
        arguments: &[
            required("out", Kind::Count, "output channels"),
            required("kernel", Kind::Pair, "taps per axis"),
            pair("stride", 1, "how far neighbouring inputs lie apart in the output"),
            SIDES,
            pair("output_padding", 0, "rows and columns added at the bottom and right"),
            pair("dilation", 1, "distance between neighbouring taps"),
            count("groups", 1, "groups that see only their own channels"),
            boolean("bias", true, "whether a bias is added"),
        ],
        main: Some("out"),
        build: |arguments, _| {
            Ok(ConvTranspose {
                out: arguments.count("out")?,
                window: window(arguments)?,
                output_padding: arguments.pair("output_padding")?,
                groups: arguments.count("groups")?,
                bias: arguments.boolean("bias")?,
            }
            .into())
        },
    },
];

fn window(arguments: &Attributes<'_>) -> Result<Window, ArgumentError> {
    Ok(Window {
        kernel: arguments.pair("kernel")?,
        stride: arguments.pair("stride")?,
        dilation: arguments.pair("dilation")?,
        padding: arguments.padding("padding")?,
        ceil: false,
    })
}

fn depthwise(arguments: &Attributes<'_>, operands: &[Shape]) -> Result<Op, ArgumentError> {
    let window = window(arguments)?;
    let channels = operands.first().and_then(Shape::channels);
    let groups = channels.ok_or_else(|| {
        ArgumentError::whole("`depthwise_conv` takes maps of [channels, height, width]")
    })?;
    let out = arguments.optional_count("out").unwrap_or(groups);
    Ok(Conv { out, window, groups, bias: arguments.boolean("bias")? }.into())
}

/// Refuses groups that do not divide the channels; gives the input channels of one group.
fn group_size(channels: u64, out: u64, groups: u64) -> Result<u64, OpError> {
    for (what, count) in [("input channels", channels), ("output channels", out)] {
        if groups == 0 || count % groups != 0 {
            return Err(OpError::Groups { what, count, groups });
        }
    }
    Ok(channels / groups)
}

/// Along the channels every unit sees all, or its own where there is a group for each.
fn group_reach(channels: u64, out: u64, groups: u64) -> AxisReach {
    match groups {
        1 => AxisReach::Every,
        groups if groups == channels && groups == out => AxisReach::Same,
        _ => AxisReach::Unknown,
    }
}

fn kernel_and_bias(
    weight: [u64; 2],
    kernel: [u64; 2],
    out: u64,
    bias: bool,
) -> Result<Parameters, OpError> {
    let mut list = parameters([
        ("weight", &[weight[0], weight[1], kernel[0], kernel[1]], true),
        ("bias", &[out], true),
    ])?;
    list.truncate(if bias { 2 } else { 1 });
    Ok(list)
}

/// Adds the bias of an output channel to its map, where there is one.
fn add_bias(
    map: &mut [f64],
    bias: Option<&ParameterValues<'_>>,
    channel: usize,
    tally: &mut Tally,
) {
    if let Some(bias) = bias.map(|bias| bias.at(channel)) {
        for y in map {
            *y = tally.bias.add(*y, bias);
        }
    }
}

/// Of the kernels of all groups: input and output channels of a group, and how many values each channel takes of them.
struct Kernels {
    in_group: usize,
    out_group: usize,
    taps: usize,
}

impl Kernels {
    fn of(window: &Window, channels: usize, [out, groups]: [u64; 2]) -> Result<Self, OpError> {
        let [out, groups] = [out, groups].map(length);
        let group = |channels: usize| channels.checked_div(groups).ok_or(OpError::Overflow);
        let taps = length(window.taps()?);
        Ok(Self { in_group: group(channels)?, out_group: group(out)?, taps })
    }
}

fn channels_detail(window: &Window, groups: u64) -> String {
    if groups == 1 { window.to_string() } else { format!("{window}, groups {groups}") }
}

impl Operator for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn kind(&self, operands: &[Shape]) -> OperatorKind {
        match operands {
            [input] if self.groups > 1 && input.channels() == Some(self.groups) => {
                OperatorKind::Depthwise
            }
            _ => OperatorKind::Convolution,
        }
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [batch, channels, height, width] = maps(operands)?;
        group_size(channels, self.out, self.groups)?;
        let [height, width] = self.window.output([height, width])?;
        Ok(Shape::new(&[batch, self.out, height, width])?)
    }

    fn reach(&self, operands: &[Shape], _: usize, output: &Shape) -> Result<Reach, OpError> {
        let [_, channels, height, width] = maps(operands)?;
        let along_channels = group_reach(channels, self.out, self.groups);
        Ok(Reach::maps(along_channels, self.window.reach([height, width], output)?))
    }

    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        let [_, channels, _, _] = maps(operands)?;
        let channels = group_size(channels, self.out, self.groups)?;
        kernel_and_bias([self.out, channels], self.window.kernel, self.out, self.bias)
    }

    fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        let [_, channels, _, _] = maps(operands)?;
        let channels = group_size(channels, self.out, self.groups)?;
        let macs = product(&[output.elements(), channels, self.window.taps()?])?;
        Cost::multiply_accumulates(macs, each(output, self.bias.into())?)
    }

    /// `y[n, o, i, j] = bias[o] + Σ weight[o, c, p, q] · x[n, c, i·stride + p·dilation - top, j·stride + q·dilation - left]` over
    /// the channels c of the group of o and the taps p, q; beyond the map x is 0.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [rows, columns] = Slide::over(&self.window, x.shape().map().unwrap_or([1; 2]))?;
        let [batch, channels, _, width] = x.sizes();
        let Kernels { in_group, out_group, taps } =
            Kernels::of(&self.window, channels, [self.out, self.groups])?;
        let ([kernel_rows, kernel_columns], [_, column_stride], _) = self.window.indices();
        let out = length(self.out);
        let (taps, bias) = (taps.saturating_mul(in_group), given.bias(self.bias, out)?);
        let weight = given.weight(out.saturating_mul(taps))?;
        let y = Draft::of(&[batch, out, rows.units, columns.units])?;
        // For every column of taps the columns of units that see the map through it.
        let seeing = collected((0..kernel_columns).map(|q| columns.on_map(q)))?;
        let y = y.by_map(given.tally, |[n, o], y, tally| {
            let mut weights = weight.row(o * taps..(o + 1) * taps);
            for c in 0..in_group {
                let map = x.map([n, o / out_group * in_group + c]);
                for p in 0..kernel_rows {
                    for (q, weight) in (0..kernel_columns).zip(weights.by_ref()) {
                        for (i, row) in y.chunks_mut(columns.units).enumerate() {
                            let mut add = |(sum, x): (&mut f64, &f64)| {
                                *sum = tally.multiply_accumulate(*sum, weight, *x);
                            };
                            let Some(seen) = rows.position(i, p) else {
                                row.iter_mut().zip(repeat(&0.0)).for_each(add);
                                continue;
                            };
                            let (row, after) = row.split_at_mut(seeing[q].end);
                            let (before, row) = row.split_at_mut(seeing[q].start);
                            before.iter_mut().chain(after).zip(repeat(&0.0)).for_each(&mut add);
                            let first = columns.position(seeing[q].start, q).unwrap_or(width);
                            let (row, seen) = (row.iter_mut(), &map[seen * width..][first..width]);
                            // Neighbors are added several at a time where the compiler knows that they are.
                            if column_stride == 1 {
                                row.zip(seen).for_each(&mut add);
                            } else {
                                row.zip(seen.iter().step_by(column_stride)).for_each(&mut add);
                            }
                        }
                    }
                }
            }
            add_bias(y, bias, o, tally);
        });
        y.done()
    }

    fn detail(&self) -> String {
        channels_detail(&self.window, self.groups)
    }

    fn window(&self) -> Option<Window> {
        Some(self.window)
    }

    fn groups(&self) -> u64 {
        self.groups
    }

    /// The gradient of the kernel is made from the operand.
    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OPERANDS)
    }
}

impl ConvTranspose {
    /// Along an axis, how many rows (columns) the taps of so many of the operand fall on, with those that are added after them and without those that are
    /// cut off.
    fn written(&self, axis: usize, size: usize, cut: [u64; 2]) -> Result<usize, OpError> {
        let (kernel, stride, dilation) = self.window.indices();
        let last = |count: usize, apart: usize| count.checked_sub(1)?.checked_mul(apart);
        let taps = last(kernel[axis], dilation[axis]);
        let end = last(size, stride[axis])
            .and_then(|position| position.checked_add(taps?)?.checked_add(1))
            .and_then(|end| end.checked_add(length(self.output_padding[axis])));
        let left = end.ok_or(OpError::Overflow)?.checked_sub(length(sum(&cut)?));
        left.ok_or_else(|| OpError::rule("the padding cuts all of the output off"))
    }

    /// `(input - 1)·stride - padding + extent + output_padding` (Dumoulin & Visin, relationship 14, with padding per side).
    fn axis_output(&self, input: [u64; 2], sides: [u64; 4], axis: usize) -> Result<u64, OpError> {
        let steps = input[axis].saturating_sub(1);
        let extent = self.window.extent()?[axis];
        let reach = product(&[steps, self.window.stride[axis]])?;
        let full = sum(&[reach, extent, self.output_padding[axis]])?;
        let [top, left, bottom, right] = sides;
        let cut = if axis == 0 { sum(&[top, bottom])? } else { sum(&[left, right])? };
        full.checked_sub(cut).filter(|&size| size > 0).ok_or_else(|| {
            OpError::rule(format!("the padding cuts {cut} pixels off an output of {full}"))
        })
    }

    /// Tap t of input position j falls on output `j·stride + t·dilation - padding`. The taps that fall on an output are therefore congruent
    /// modulo `stride / gcd(stride, dilation)`; the first of them comes from the last position, the last from the first,
    /// and their positions lie `dilation / gcd(stride, dilation)` apart.
    fn axis_reach(&self, axis: usize, sizes: [u64; 2]) -> Result<AxisReach, OpError> {
        let stride = self.window.stride[axis];
        let Padding::Explicit([top, left, _, _]) = self.window.padding else {
            return Ok(AxisReach::Unknown);
        };
        let cut = signed([top, left][axis])?;
        let (kernel, dilation) = (self.window.kernel[axis], self.window.dilation[axis]);
        let shared = stride.gcd(&dilation);
        let apart = stride / shared;
        let spacing = dilation / shared;
        let mut first_taps: HashMap<u64, u64> = HashMap::new();
        if usize::try_from(stride).is_ok_and(|stride| stride <= MAX_PERIOD) {
            for tap in 0..apart.min(kernel) {
                first_taps.insert(product(&[tap, dilation])? % stride, tap);
            }
        }
        let (stride, dilation) = (signed(stride)?, signed(dilation)?);
        AxisReach::periodic([self.window.stride[axis], 1], sizes, spacing, |unit| {
            let from = unit.checked_add(cut)?;
            let phase = u64::try_from(from.mod_floor(&stride)).ok()?;
            let Some(&first) = first_taps.get(&phase) else { return Some(Span::EMPTY) };
            let last = first + (kernel - 1 - first) / apart * apart;
            let position = |tap: u64| {
                let reach = i64::try_from(tap).ok()?.checked_mul(dilation)?;
                Some(Integer::div_floor(&from.checked_sub(reach)?, &stride))
            };
            Some(Span { start: position(last)?, end: position(first)? })
        })
    }
}

impl Operator for ConvTranspose {
    fn name(&self) -> &'static str {
        "conv_transpose"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Convolution
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [batch, channels, height, width] = maps(operands)?;
        group_size(channels, self.out, self.groups)?;
        let Padding::Explicit(sides) = self.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        if self.window.stride.contains(&0) || self.window.ceil {
            return Err(OpError::rule("the stride of a transposed convolution is at least 1"));
        }
        for axis in [0, 1] {
            let limit = self.window.stride[axis].max(self.window.dilation[axis]);
            if self.output_padding[axis] >= limit {
                return Err(OpError::rule("`output_padding` must be less than stride or dilation"));
            }
        }
        let height = self.axis_output([height, width], sides, 0)?;
        let width = self.axis_output([0, width], sides, 1)?;
        Ok(Shape::new(&[batch, self.out, height, width])?)
    }

    fn reach(&self, operands: &[Shape], _: usize, output: &Shape) -> Result<Reach, OpError> {
        let [_, channels, height, width] = maps(operands)?;
        let [rows, columns] = output.map().unwrap_or([1; 2]);
        let steps = [self.axis_reach(0, [height, rows])?, self.axis_reach(1, [width, columns])?];
        Ok(Reach::maps(group_reach(channels, self.out, self.groups), steps))
    }

    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        let [_, channels, _, _] = maps(operands)?;
        group_size(channels, self.out, self.groups)?;
        let weight = [channels, self.out / self.groups];
        kernel_and_bias(weight, self.window.kernel, self.out, self.bias)
    }

    /// Every input element meets every tap, those that the padding then cuts off included.
    fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        let input = single(operands)?;
        let out = self.out.checked_div(self.groups).ok_or(OpError::Overflow)?;
        let macs = product(&[input.elements(), out, self.window.taps()?])?;
        Cost::multiply_accumulates(macs, each(output, self.bias.into())?)
    }

    /// `y[n, o, i·stride + p·dilation - top, j·stride + q·dilation - left] += weight[c, o, p, q] · x[n, c, i, j]` for all c of the
    /// group of o, i, j, p, q; what falls beyond the output is cut off.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [batch, channels, height, width] = x.sizes();
        let Kernels { in_group, out_group, taps } =
            Kernels::of(&self.window, channels, [self.out, self.groups])?;
        let ([_, kernel_columns], [row_stride, column_stride], [row_dilation, column_dilation]) =
            self.window.indices();
        let Padding::Explicit([top, left, bottom, right]) = self.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        let rows = self.written(0, height, [top, bottom])?;
        let columns = self.written(1, width, [left, right])?;
        let [top, left, out] = [top, left, self.out].map(length);
        let bias = given.bias(self.bias, out)?;
        let weight = given.weight(channels.saturating_mul(out_group.saturating_mul(taps)))?;
        let y = Draft::of(&[batch, out, rows, columns])?;
        let y = y.by_map(given.tally, |[n, o], y, tally| {
            // What is cut off, which is computed like all else.
            let mut beyond = 0.0;
            for c in (0..in_group).map(|c| o / out_group * in_group + c) {
                let first = (c * out_group + o % out_group) * taps;
                for (tap, weight) in weight.row(first..first + taps).enumerate() {
                    let (p, q) = (tap / kernel_columns, tap % kernel_columns);
                    for (i, x) in x.map([n, c]).chunks(width).enumerate() {
                        let row = (i * row_stride + p * row_dilation).checked_sub(top);
                        let row = row.filter(|&row| row < rows);
                        for (j, &x) in x.iter().enumerate() {
                            let column = (j * column_stride + q * column_dilation)
                                .checked_sub(left)
                                .filter(|&column| column < columns);
                            let sum = match (row, column) {
                                (Some(row), Some(column)) => &mut y[row * columns + column],
                                _ => &mut beyond,
                            };
                            *sum = tally.multiply_accumulate(*sum, weight, x);
                        }
                    }
                }
            }
            add_bias(y, bias, o, tally);
        });
        y.done()
    }

    fn detail(&self) -> String {
        let detail = channels_detail(&self.window, self.groups);
        match self.output_padding {
            [0, 0] => detail,
            [height, width] => format!("{detail}, output_padding {height}x{width}"),
        }
    }

    fn window(&self) -> Option<Window> {
        Some(self.window)
    }

    fn groups(&self) -> u64 {
        self.groups
    }

    /// The gradient of the kernel is made from the operand.
    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OPERANDS)
    }
}
