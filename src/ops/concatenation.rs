//! Axes put together of parts, and parts of them.

use super::array::length;
use super::cost::sum;
use super::error::{axis, single};
use super::reach::signed;
use super::signature::{Kind, Role, Signature, absent, count, index};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operator, OperatorKind, Reach,
    axis_detail,
};
use crate::network::Shape;

/// Puts tensors one after another along an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Concat {
    /// The axis, the batch being axis 0.
    pub axis: u64,
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

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "concat",
        summary: "puts tensors one after another along an axis",
        role: Role::Join { binary: false },
        arguments: &[index("axis", 1, "the axis, 1 being the channels")],
        main: None,
        build: |arguments, _| Ok(Concat { axis: arguments.count("axis")? }.into()),
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
];

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

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let first = given.operands.first();
        let first = first.ok_or(OpError::Operands { expected: "one tensor or more", given: 0 })?;
        let along = axis(first.shape(), self.axis)?;
        let mut sizes = first.axes();
        for operand in &given.operands[1..] {
            sizes[along] += operand.axes().get(along).copied().unwrap_or(0);
        }
        let mut y = Draft::of(&sizes)?;
        // What of a tensor lies at one position along all axes before.
        let span = |axes: &[usize]| axes.iter().skip(along).product::<usize>();
        let whole = span(&sizes);
        let mut start = 0;
        for x in given.operands {
            let part = span(&x.axes());
            for (to, from) in y.elements.chunks_mut(whole).zip(x.elements().chunks(part)) {
                to[start..start + part].copy_from_slice(from);
            }
            start += part;
        }
        y.done()
    }

    fn detail(&self) -> String {
        axis_detail(self.axis)
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

    /// The positions start, start + step, … along the axis, those from stop on left out.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let along = axis(x.shape(), self.axis)?;
        let mut sizes = x.axes();
        let stop = self.stop.map_or(sizes[along], |stop| length(stop).min(sizes[along]));
        sizes[along] = (length(self.start)..stop).step_by(length(self.step)).count();
        let mut strides = x.strides();
        let first = length(self.start).saturating_mul(strides[along]);
        // A step beyond the axis is never taken.
        strides[along] = strides[along].saturating_mul(length(self.step).min(stop));
        x.strided(&sizes, first, &strides)?.done()
    }

    fn detail(&self) -> String {
        let stop = self.stop.map(|stop| stop.to_string()).unwrap_or_default();
        format!("axis {}, {}:{stop}:{}", self.axis, self.start, self.step)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}
