//! Fully connected layers and matrix products.

use rayon::prelude::*;

use super::array::length;
use super::cost::{each, product};
use super::error::{pair, single};
use super::signature::{Kind, Role, Signature, boolean, required};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operator, OperatorKind, Parameters,
    Reach, Tally, parameters,
};
use crate::network::Shape;

/// A fully connected layer over the last axis: `weight[out, in]`, `bias[out]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Output features.
    pub out: u64,
    /// Whether a bias is added.
    pub bias: bool,
}

/// The matrix product of the last two axes, for every index of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct MatMul;

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "linear",
        summary: "fully connected layer over the last axis",
        role: Role::Weighted,
        arguments: &[
            required("out", Kind::Count, "output features"),
            boolean("bias", true, "whether a bias is added"),
        ],
        main: Some("out"),
        build: |arguments, _| {
            Ok(Linear { out: arguments.count("out")?, bias: arguments.boolean("bias")? }.into())
        },
    },
    Signature {
        name: "matmul",
        summary: "matrix product of the last two axes",
        role: Role::Join { binary: true },
        arguments: &[],
        main: None,
        build: |_, _| Ok(MatMul.into()),
    },
];

/// Features of `[n, features]` or `[n, tokens, features]`.
fn features(operands: &[Shape]) -> Result<u64, OpError> {
    let shape = single(operands)?;
    match *shape.sizes() {
        [_, features] | [_, _, features] => Ok(features),
        _ => Err(OpError::Rank {
            expected: "[features] or [tokens, features] (put a `flatten` before it)",
            given: *shape,
        }),
    }
}

impl Operator for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Linear
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        features(operands)?;
        let sizes = single(operands)?.sizes();
        let outer = sizes.iter().take(sizes.len() - 1).copied();
        Ok(Shape::new(&outer.chain([self.out]).collect::<Vec<_>>())?)
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let shape = single(operands)?;
        Ok(Reach::along(shape, shape.rank().saturating_sub(1), &AxisReach::Every))
    }

    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        let weight = [self.out, features(operands)?];
        let mut list = parameters([("weight", &weight, true), ("bias", &[self.out], true)])?;
        list.truncate(if self.bias { 2 } else { 1 });
        Ok(list)
    }

    fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        let macs = product(&[output.elements(), features(operands)?])?;
        Cost::multiply_accumulates(macs, each(output, self.bias.into())?)
    }

    /// `y[.., o] = bias[o] + Σ weight[o, k] · x[.., k]`.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let mut sizes = x.axes();
        let last = sizes.last_mut().ok_or(OpError::Overflow)?;
        let features = std::mem::replace(last, length(self.out));
        let mut y = Draft::of(&sizes)?;
        let out = length(self.out);
        let weight = given.weight(out.saturating_mul(features))?;
        let bias = given.bias(self.bias, out)?;
        for (y, x) in y.elements.chunks_mut(out).zip(x.elements().chunks(features)) {
            let made = y.par_iter_mut().enumerate().map(|(o, y)| {
                let (mut tally, mut sum) = (Tally::default(), 0.0);
                for (weight, x) in weight.row(o * features..(o + 1) * features).zip(x) {
                    sum = tally.multiply_accumulate(sum, weight, *x);
                }
                *y = bias.map_or(sum, |bias| tally.bias.add(sum, bias.at(o)));
                tally
            });
            *given.tally += made.sum::<Tally>();
        }
        y.done()
    }

    /// The gradient of the weights is made from the operand.
    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OPERANDS)
    }
}

impl Operator for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Linear
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [left, right] = pair(operands)?;
        let (Some((outer, &[rows, inner])), Some((others, &[same, columns]))) =
            (left.sizes().split_last_chunk(), right.sizes().split_last_chunk())
        else {
            return Err(OpError::Rank { expected: "two matrices [rows, columns]", given: *left });
        };
        if outer != others || inner != same || outer.is_empty() {
            return Err(OpError::rule(format!("a {left} matrix does not multiply a {right} one")));
        }
        let sizes: Vec<u64> = outer.iter().copied().chain([rows, columns]).collect();
        Ok(Shape::new(&sizes)?)
    }

    fn reach(&self, operands: &[Shape], slot: usize, output: &Shape) -> Result<Reach, OpError> {
        pair(operands)?;
        // A row of the left one and a column of the right one.
        let inner = output.rank().saturating_sub(if slot == 0 { 1 } else { 2 });
        Ok(Reach::along(output, inner, &AxisReach::Every))
    }

    fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        let [left, _] = pair(operands)?;
        let inner = left.sizes().last().copied().unwrap_or(1);
        Cost::multiply_accumulates(product(&[output.elements(), inner])?, 0)
    }

    /// `y[.., i, j] = Σ left[.., i, k] · right[.., k, j]`.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let [left, right] = given.both()?;
        let [inner, columns] =
            [left, right].map(|operand| operand.axes().last().copied().unwrap_or(1));
        let mut sizes = left.axes();
        let rows = sizes.iter().rev().nth(1).copied().unwrap_or(1);
        *sizes.last_mut().ok_or(OpError::Overflow)? = columns;
        let mut y = Draft::of(&sizes)?;
        let matrices = y.elements.chunks_mut(rows * columns);
        let lefts = left.elements().chunks(rows * inner);
        let rights = right.elements().chunks(inner * columns);
        for ((y, left), right) in matrices.zip(lefts).zip(rights) {
            for (y, left) in y.chunks_mut(columns).zip(left.chunks(inner)) {
                for (j, y) in y.iter_mut().enumerate() {
                    for (k, left) in left.iter().enumerate() {
                        *y = given.tally.multiply_accumulate(*y, *left, right[k * columns + j]);
                    }
                }
            }
        }
        y.done()
    }

    /// The gradient of each operand is made from the other.
    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OPERANDS)
    }
}
