//! Operators that put elements into another order.

use super::array::length;
use super::error::{maps, single};
use super::signature::{Integers, Kind, Role, Signature, required};
use super::{Array, AxisReach, Cost, Evaluation, Kept, OpError, Operator, OperatorKind, Reach};
use crate::network::{MAX_RANK, Shape};

/// Permutes the axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Transpose {
    /// For every axis of the result the operand's axis; the batch stays first.
    pub axes: Integers,
}

/// Interleaves the channels of groups (Zhang et al. 2017, arXiv:1707.01083).
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelShuffle {
    /// The number of groups.
    pub groups: u64,
}

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "transpose",
        summary: "permutes the axes",
        role: Role::Layer,
        arguments: &[required("axes", Kind::Integers, "the operand's axes, in the new order")],
        main: Some("axes"),
        build: |arguments, _| Ok(Transpose { axes: arguments.integers("axes")? }.into()),
    },
    Signature {
        name: "channel_shuffle",
        summary: "interleaves the channels of groups",
        role: Role::Layer,
        arguments: &[required("groups", Kind::Count, "the number of groups")],
        main: Some("groups"),
        build: |arguments, _| Ok(ChannelShuffle { groups: arguments.count("groups")? }.into()),
    },
];

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
                "{:?} is no order of the {} axes that leaves the batch, axis 0, first",
                self.axes,
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

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let neighbours = x.axes().into_iter().zip(x.strides()).collect::<Vec<_>>();
        let axes = self.axes.iter().filter_map(|&axis| usize::try_from(axis).ok());
        let (sizes, strides): (Vec<usize>, Vec<usize>) =
            axes.filter_map(|axis| neighbours.get(axis).copied()).unzip();
        x.strided(&sizes, 0, &strides)?.done()
    }

    fn detail(&self) -> String {
        format!("{:?}", self.axes)
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
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [_, channels, _, _] = x.sizes();
        let groups = length(self.groups);
        given.by_map(|[n, c], y, _| {
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
