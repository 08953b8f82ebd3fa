//! Operators that move elements and compute nothing.

use super::array::length;
use super::cost::{product, sum};
use super::error::{axis, maps, operand, single};
use super::reach::signed;
use super::signature::{
    ArgumentError, Integers, Kind, Role, Signature, absent, count, index, required, word,
};
use super::{
    Array, AxisReach, Cost, Kept, OpError, Operator, OperatorKind, Padding, Reach, Storage, Tally,
};
use crate::network::{MAX_RANK, Shape};

/// Joins all axes from one on.
#[derive(Debug, Clone, PartialEq)]
pub struct Flatten {
    /// The first axis that is joined, the batch being axis 0.
    pub axis: u64,
}

/// Gives the elements of a sample other sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct Reshape {
    /// The new sizes without the batch; one may be -1, which is what remains.
    pub sizes: Integers,
}

/// Permutes the axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Transpose {
    /// For every axis of the result the operand's axis; the batch stays first.
    pub axes: Integers,
}

/// Puts tensors one after another along an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Concat {
    /// The axis, the batch being axis 0.
    pub axis: u64,
}

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

/// Takes a part of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// The axis, the batch being axis 0.
    pub axis: u64,
    /// The first position taken.
    pub start: u64,
    /// The first position not taken any more; the end if `None`.
    pub stop: Option<u64>,
    /// Distance between positions taken.
    pub step: u64,
}

/// Interleaves the channels of groups (Zhang et al. 2017, arXiv:1707.01083).
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelShuffle {
    /// The number of groups.
    pub groups: u64,
}

/// Passes its operand on.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity;

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "flatten",
        summary: "joins all axes from one on",
        role: Role::Layer,
        arguments: &[index("axis", 1, "the first axis that is joined")],
        main: Some("axis"),
        build: |arguments, _| Ok(Flatten { axis: arguments.count("axis")? }.into()),
    },
    Signature {
        name: "reshape",
        summary: "gives the elements of a sample other sizes",
        role: Role::Layer,
        arguments: &[required("sizes", Kind::Integers, "sizes without the batch; one may be -1")],
        main: Some("sizes"),
        build: |arguments, _| Ok(Reshape { sizes: arguments.integers("sizes")? }.into()),
    },
    Signature {
        name: "transpose",
        summary: "permutes the axes",
        role: Role::Layer,
        arguments: &[required("axes", Kind::Integers, "the operand's axes, in the new order")],
        main: Some("axes"),
        build: |arguments, _| Ok(Transpose { axes: arguments.integers("axes")? }.into()),
    },
    Signature {
        name: "concat",
        summary: "puts tensors one after another along an axis",
        role: Role::Join { binary: false },
        arguments: &[index("axis", 1, "the axis, 1 being the channels")],
        main: None,
        build: |arguments, _| Ok(Concat { axis: arguments.count("axis")? }.into()),
    },
    Signature {
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
    },
    Signature {
        name: "slice",
        summary: "takes a part of an axis",
        role: Role::Layer,
        arguments: &[
            index("axis", 1, "the axis, 1 being the channels"),
            index("start", 0, "the first position taken"),
            absent("stop", Kind::Index, "the first position not taken; the end if left out"),
            count("step", 1, "distance between positions taken"),
        ],
        main: None,
        build: |arguments, _| {
            Ok(Slice {
                axis: arguments.count("axis")?,
                start: arguments.count("start")?,
                stop: arguments.optional_count("stop"),
                step: arguments.count("step")?,
            }
            .into())
        },
    },
    Signature {
        name: "channel_shuffle",
        summary: "interleaves the channels of groups",
        role: Role::Layer,
        arguments: &[required("groups", Kind::Count, "the number of groups")],
        main: Some("groups"),
        build: |arguments, _| Ok(ChannelShuffle { groups: arguments.count("groups")? }.into()),
    },
    Signature {
        name: "identity",
        summary: "passes its operand on",
        role: Role::Layer,
        arguments: &[],
        main: None,
        build: |_, _| Ok(Identity.into()),
    },
];

impl Operator for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        let axis = axis(shape, self.axis)?;
        if axis == 0 {
            return Err(OpError::rule("axis 0 is the batch; a flatten starts at another"));
        }
        let (outer, inner) = shape.sizes().split_at(axis);
        let joined = product(inner)?;
        Ok(Shape::new(&outer.iter().copied().chain([joined]).collect::<Vec<_>>())?)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Regrouped)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        _: &mut Tally,
    ) -> Result<Array, OpError> {
        operand(operands)?.reshaped(output)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::View
    }
}

impl Reshape {
    fn resolve(&self, elements: u64) -> Result<Vec<u64>, OpError> {
        let known: Vec<u64> = self.sizes.iter().filter_map(|&size| size.try_into().ok()).collect();
        let open = self.sizes.iter().filter(|&&size| size == -1).count();
        if open > 1 || known.len() + open != self.sizes.len() {
            return Err(OpError::rule("sizes are positive, and one of them may be -1"));
        }
        let rest = elements.checked_div(product(&known)?).unwrap_or(0);
        let sizes = self.sizes.iter().map(|&size| u64::try_from(size).unwrap_or(rest)).collect();
        Ok(sizes)
    }
}

impl Operator for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        let elements = shape.elements() / shape.batch();
        let sizes = self.resolve(elements)?;
        if product(&sizes)? != elements {
            return Err(OpError::rule(format!(
                "{shape} has {elements} elements, which do not fill {}",
                list(&self.sizes)
            )));
        }
        Ok(Shape::new(&[&[shape.batch()], sizes.as_slice()].concat())?)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Regrouped)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        _: &mut Tally,
    ) -> Result<Array, OpError> {
        operand(operands)?.reshaped(output)
    }

    fn detail(&self) -> String {
        format!("to {}", list(&self.sizes))
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::View
    }
}

fn list(values: &[i64]) -> String {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    format!("[{}]", values.join(", "))
}

impl Operator for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        let all = (0i64..).take(shape.rank());
        if !sorted.iter().copied().eq(all) || self.axes.first() != Some(&0) {
            return Err(OpError::rule(format!(
                "{} is no order of the {} axes that leaves the batch, axis 0, first",
                list(&self.axes),
                shape.rank()
            )));
        }
        let size =
            |&axis: &i64| usize::try_from(axis).ok().and_then(|axis| shape.sizes().get(axis));
        Ok(Shape::new(&self.axes.iter().filter_map(size).copied().collect::<Vec<_>>())?)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let axes = self.axes.iter().filter_map(|&axis| usize::try_from(axis).ok());
        Ok(Reach::Permuted(axes.take(MAX_RANK).collect()))
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        _: &mut Tally,
    ) -> Result<Array, OpError> {
        let x = operand(operands)?;
        let strides = x.strides();
        let axes = self.axes.iter().filter_map(|&axis| usize::try_from(axis).ok());
        let strides: Vec<usize> = axes.map(|axis| strides[axis]).collect();
        x.strided(output, 0, &strides)
    }

    fn detail(&self) -> String {
        list(&self.axes)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

impl Operator for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Join
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let first = operands.first();
        let first = first.ok_or(OpError::Operands { expected: "one tensor or more", given: 0 })?;
        let along = axis(first, self.axis)?;
        if along == 0 {
            return Err(OpError::rule("axis 0 is the batch; a concatenation goes along another"));
        }
        let mut sizes = first.sizes().to_vec();
        for operand in operands.iter().skip(1) {
            if operand.rank() != first.rank() {
                return Err(OpError::Rank {
                    expected: "tensors of as many axes as the first",
                    given: *operand,
                });
            }
            for (at, (size, &other)) in sizes.iter_mut().zip(operand.sizes()).enumerate() {
                if at == along {
                    *size = sum(&[*size, other])?;
                } else if *size != other {
                    return Err(OpError::mismatch(at, first, operand));
                }
            }
        }
        Ok(Shape::new(&sizes)?)
    }

    fn reach(&self, operands: &[Shape], slot: usize, output: &Shape) -> Result<Reach, OpError> {
        if operands.get(slot) == Some(output) {
            return Ok(Reach::Same);
        }
        Ok(Reach::along(output, axis(output, self.axis)?, &AxisReach::Stacked))
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        _: &mut Tally,
    ) -> Result<Array, OpError> {
        let mut y = Array::filled(*output, 0.0)?;
        let along = axis(output, self.axis)?;
        // What of a tensor lies at one position along all axes before.
        let span =
            |shape: &Shape| shape.sizes()[along..].iter().map(|&size| length(size)).product();
        let whole: usize = span(output);
        let mut start = 0;
        for x in operands {
            let part: usize = span(x.shape());
            for (to, from) in y.elements_mut().chunks_mut(whole).zip(x.elements().chunks(part)) {
                to[start..start + part].copy_from_slice(from);
            }
            start += part;
        }
        Ok(y)
    }

    fn detail(&self) -> String {
        if self.axis == 1 { String::new() } else { format!("axis {}", self.axis) }
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

impl PadMode {
    /// Where a row or column of the padded map comes from, or the value it holds.
    fn source(self, at: usize, before: usize, size: usize) -> Result<usize, f64> {
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

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        tally: &mut Tally,
    ) -> Result<Array, OpError> {
        let x = operand(operands)?;
        let [_, _, height, width] = x.sizes();
        let [top, left, _, _] = self.sides.map(length);
        let columns = output.map().map_or(1, |[_, columns]| length(columns));
        Array::by_map(output, tally, |at, y, _| {
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
        })
    }

    fn detail(&self) -> String {
        format!("{:?}", self.sides)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

impl Operator for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        let along = axis(shape, self.axis)?;
        if along == 0 {
            return Err(OpError::rule("axis 0 is the batch; a slice goes along another"));
        }
        if self.step == 0 {
            return Err(OpError::rule("`step` is at least 1"));
        }
        let mut sizes = shape.sizes().to_vec();
        if let Some(size) = sizes.get_mut(along) {
            let stop = self.stop.unwrap_or(*size);
            if stop > *size || self.start >= stop {
                return Err(OpError::rule(format!(
                    "{} to {stop} is no part of an axis of {size}",
                    self.start
                )));
            }
            *size = (stop - self.start).div_ceil(self.step);
        }
        Ok(Shape::new(&sizes)?)
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let shape = single(operands)?;
        let axis = axis(shape, self.axis)?;
        let size = shape.sizes().get(axis).copied().unwrap_or(1);
        let left_out = size.saturating_sub(self.stop.unwrap_or(size));
        let reach = AxisReach::shifted(self.step, [-signed(self.start)?, -signed(left_out)?])?;
        Ok(Reach::along(shape, axis, &reach))
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        _: &mut Tally,
    ) -> Result<Array, OpError> {
        let x = operand(operands)?;
        let along = axis(output, self.axis)?;
        let mut strides = x.strides();
        let first = length(self.start) * strides[along];
        strides[along] *= length(self.step);
        x.strided(output, first, &strides)
    }

    fn detail(&self) -> String {
        let stop = self.stop.map(|stop| stop.to_string()).unwrap_or_default();
        format!("axis {}, {}:{stop}:{}", self.axis, self.start, self.step)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

impl Operator for ChannelShuffle {
    fn name(&self) -> &'static str {
        "channel_shuffle"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [_, channels, _, _] = maps(operands)?;
        if self.groups == 0 || channels % self.groups != 0 {
            let groups = self.groups;
            return Err(OpError::Groups { what: "channels", count: channels, groups });
        }
        single(operands).copied()
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::along(single(operands)?, 1, &AxisReach::Unknown))
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    /// Channel `k·groups + g` is channel k of group g.
    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        output: &Shape,
        tally: &mut Tally,
    ) -> Result<Array, OpError> {
        let x = operand(operands)?;
        let [_, channels, _, _] = x.sizes();
        let groups = length(self.groups);
        Array::by_map(output, tally, |[n, c], y, _| {
            y.copy_from_slice(x.map([n, c % groups * (channels / groups) + c / groups]));
        })
    }

    fn detail(&self) -> String {
        format!("groups {}", self.groups)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}

impl Operator for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        single(operands).copied()
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Same)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(
        &self,
        operands: &[&Array],
        _: &[&Array],
        _: &Shape,
        _: &mut Tally,
    ) -> Result<Array, OpError> {
        operand(operands).cloned()
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::View
    }
}
