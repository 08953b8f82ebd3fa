//! Convolutions and transposed convolutions.

use std::collections::HashMap;

use num_integer::Integer;

use super::array::length;
use super::cost::{each, product, sum};
use super::error::{maps, single};
use super::reach::signed;
use super::signature::{
    ArgumentError, Attributes, Kind, PADDING, Role, SIDES, Signature, absent, boolean, count, pair,
    required,
};
use super::{
    Array, AxisReach, Cost, Evaluation, Kept, MAX_PERIOD, Op, OpError, Operator, OperatorKind,
    Padding, Parameters, Reach, Span, Tally, Window, parameters,
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
fn add_bias(map: &mut [f64], parameters: &[&Array], channel: usize, tally: &mut Tally) {
    if let Some(bias) = parameters.get(1) {
        for y in map {
            *y = tally.bias.add(*y, bias.elements()[channel]);
        }
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
        let Evaluation { parameters, output, .. } = given;
        let x = self.window.surround(given.operand()?, output, 0.0)?;
        let [_, channels, _, columns] = x.sizes();
        let [out, groups] = [self.out, self.groups].map(length);
        let (in_group, out_group) = (channels / groups, out / groups);
        let (
            [kernel_rows, kernel_columns],
            [row_stride, column_stride],
            [row_dilation, column_dilation],
        ) = self.window.indices();
        let width = output.map().map_or(1, |[_, width]| length(width));
        given.by_map(|[n, o], y, tally| {
            let taps =
                parameters[0].elements().chunks(in_group * kernel_rows * kernel_columns).nth(o);
            let mut weights = taps.unwrap_or_default().iter();
            for c in 0..in_group {
                let map = x.map([n, o / out_group * in_group + c]);
                for p in 0..kernel_rows {
                    for (q, &weight) in (0..kernel_columns).zip(weights.by_ref()) {
                        for (i, row) in y.chunks_mut(width).enumerate() {
                            let first =
                                (i * row_stride + p * row_dilation) * columns + q * column_dilation;
                            let (row, seen) = (row.iter_mut(), map[first..].iter());
                            let mut add = |(sum, x): (&mut f64, &f64)| {
                                *sum = tally.multiply_accumulate(*sum, weight, *x);
                            };
                            // Neighbors are added several at a time where the compiler knows that they are.
                            if column_stride == 1 {
                                row.zip(seen).for_each(&mut add);
                            } else {
                                row.zip(seen.step_by(column_stride)).for_each(&mut add);
                            }
                        }
                    }
                }
            }
            add_bias(y, parameters, o, tally);
        })
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
        let Evaluation { parameters, output, .. } = given;
        let x = given.operand()?;
        let [_, channels, _, columns] = x.sizes();
        let [out, groups] = [self.out, self.groups].map(length);
        let (in_group, out_group) = (channels / groups, out / groups);
        let ([_, kernel_columns], [row_stride, column_stride], [row_dilation, column_dilation]) =
            self.window.indices();
        let Padding::Explicit([top, left, bottom, right]) = self.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        let [height, width] = output.map().unwrap_or([1; 2]);
        let [full_height, full_width] =
            [sum(&[height, top, bottom])?, sum(&[width, left, right])?].map(length);
        let [top, left, width] = [top, left, width].map(length);
        given.by_map(|[n, o], y, tally| {
            let mut full = vec![0.0; full_height * full_width];
            for c in 0..in_group {
                let channel = o / out_group * in_group + c;
                let weights = parameters[0].map([channel, o % out_group]);
                for (i, row) in x.map([n, channel]).chunks(columns).enumerate() {
                    for (j, &x) in row.iter().enumerate() {
                        for (tap, &weight) in weights.iter().enumerate() {
                            let (p, q) = (tap / kernel_columns, tap % kernel_columns);
                            let [row, column] = [
                                i * row_stride + p * row_dilation,
                                j * column_stride + q * column_dilation,
                            ];
                            let sum = &mut full[row * full_width + column];
                            *sum = tally.multiply_accumulate(*sum, weight, x);
                        }
                    }
                }
            }
            for (to, from) in y.chunks_mut(width).zip(full.chunks(full_width).skip(top)) {
                to.copy_from_slice(&from[left..left + width]);
            }
            add_bias(y, parameters, o, tally);
        })
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
