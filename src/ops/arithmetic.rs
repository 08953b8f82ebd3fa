//! Element-wise arithmetic between tensors and with constants.

use super::array::number;
use super::cost::each;
use super::error::{pair, single};
use super::signature::{Role, Signature, real};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operator, OperatorKind, Reach,
    Storage,
};
use crate::network::Shape;

/// The sum of its operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Add;

/// The product of its operands, element by element.
#[derive(Debug, Clone, PartialEq)]
pub struct Mul;

/// The mean of its operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean;

/// The difference of two operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Sub;

/// The quotient of two operands, element by element.
#[derive(Debug, Clone, PartialEq)]
pub struct Div;

/// `scale·x + shift` by constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// The factor.
    pub scale: f64,
    /// The summand.
    pub shift: f64,
}

macro_rules! join {
    ($name:literal, $operator:ident, $binary:literal, $summary:literal) => {
        Signature {
            name: $name,
            summary: $summary,
            role: Role::Join { binary: $binary },
            arguments: &[],
            main: None,
            build: |_, _| Ok($operator.into()),
        }
    };
}

pub(super) static SIGNATURES: &[Signature] = &[
    join!("add", Add, false, "sum of tensors"),
    join!("mul", Mul, false, "product of tensors, element by element"),
    join!("mean", Mean, false, "mean of tensors"),
    join!("sub", Sub, true, "difference of two tensors"),
    join!("div", Div, true, "quotient of two tensors, element by element"),
    Signature {
        name: "affine",
        summary: "scale·x + shift by constants",
        role: Role::Layer,
        arguments: &[real("scale", 1.0, "the factor"), real("shift", 0.0, "the summand")],
        main: None,
        build: |arguments, _| {
            Ok(Affine { scale: arguments.real("scale")?, shift: arguments.real("shift")? }.into())
        },
    },
];

/// The common shape of operands, where an axis of size 1 is spread over the others' (NumPy's broadcasting among tensors of
/// the same rank and batch).
fn spread(operands: &[Shape]) -> Result<Shape, OpError> {
    let first = operands.first();
    let first = first.ok_or(OpError::Operands { expected: "one tensor or more", given: 0 })?;
    let mut sizes = first.sizes().to_vec();
    for operand in operands.iter().skip(1) {
        if operand.rank() != first.rank() {
            return Err(OpError::Rank {
                expected: "tensors of as many axes as the first",
                given: *operand,
            });
        }
        let spread = Shape::new(&sizes)?;
        for (axis, (size, &other)) in sizes.iter_mut().zip(operand.sizes()).enumerate() {
            match (*size, other) {
                (own, other) if own == other => {}
                (1, other) if axis > 0 => *size = other,
                (_, 1) if axis > 0 => {}
                _ => return Err(OpError::mismatch(axis, &spread, operand)),
            }
        }
    }
    Ok(Shape::new(&sizes)?)
}

/// The same position of an operand, or its only one along an axis that is spread.
fn spread_from(operands: &[Shape], slot: usize, output: &Shape) -> Result<Reach, OpError> {
    let own = operands.get(slot).map(Shape::sizes).unwrap_or_default();
    if own == output.sizes() {
        return Ok(Reach::Same);
    }
    let is_spread = |axis: usize| own.get(axis) == Some(&1) && output.sizes().get(axis) > Some(&1);
    Ok(Reach::each(output, |axis| if is_spread(axis) { AxisReach::Only } else { AxisReach::Same }))
}

/// Operations between neighbouring operands and `further` for every element.
fn between(operands: &[Shape], output: &Shape, further: u64) -> Result<Cost, OpError> {
    let count = u64::try_from(operands.len()).map_err(|_| OpError::Overflow)?;
    Ok(Cost::elementwise(each(output, count.saturating_sub(1) + further)?))
}

/// Operands joined one after another, element by element, each spread along every axis to the largest of them.
fn joined(operands: &[&Array], mut join: impl FnMut(f64, f64) -> f64) -> Result<Draft, OpError> {
    let mut largest: Vec<usize> = Vec::new();
    for axes in operands.iter().map(|operand| operand.axes()) {
        largest.resize(largest.len().max(axes.len()), 1);
        largest.iter_mut().zip(axes).for_each(|(largest, size)| *largest = size.max(*largest));
    }
    let mut spread = operands.iter().map(|operand| {
        let sizes = operand.shape().sizes().iter();
        let strides = operand.strides().into_iter().zip(sizes);
        let strides: Vec<_> =
            strides.map(|(stride, &size)| if size == 1 { 0 } else { stride }).collect();
        operand.strided(&largest, 0, &strides)
    });
    let first = spread.next();
    let mut joined =
        first.ok_or(OpError::Operands { expected: "one tensor or more", given: 0 })??;
    for operand in spread {
        for (left, right) in joined.elements.iter_mut().zip(operand?.elements) {
            *left = join(*left, right);
        }
    }
    Ok(joined)
}

macro_rules! of_any_number {
    ($operator:ident, $name:literal, $operation:ident, $divided:literal, $kept:expr) => {
        impl Operator for $operator {
            fn name(&self) -> &'static str {
                $name
            }

            fn kind(&self, _: &[Shape]) -> OperatorKind {
                OperatorKind::Join
            }

            fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
                spread(operands)
            }

            fn reach(
                &self,
                operands: &[Shape],
                slot: usize,
                output: &Shape,
            ) -> Result<Reach, OpError> {
                spread_from(operands, slot, output)
            }

            fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
                between(operands, output, $divided.into())
            }

            fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
                let Evaluation { operands, tally, .. } = given;
                let tally = &mut tally.elementwise;
                let mut joined = joined(operands, |joined, x| tally.$operation(joined, x))?;
                if $divided {
                    for y in &mut joined.elements {
                        *y = tally.divide(*y, number(operands.len()));
                    }
                }
                joined.done()
            }

            fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
                Ok($kept)
            }

            fn storage(&self) -> Storage {
                Storage::InPlace
            }
        }
    };
}

// Which of them divide by the number of operands at the end. The gradient of a factor is made from the others, and of a divisor from both.
of_any_number!(Add, "add", add, false, Kept::NOTHING);
of_any_number!(Mul, "mul", multiply, false, Kept::OPERANDS);
of_any_number!(Mean, "mean", add, true, Kept::NOTHING);

macro_rules! of_two {
    ($operator:ident, $name:literal, $operation:ident, $kept:expr) => {
        impl Operator for $operator {
            fn name(&self) -> &'static str {
                $name
            }

            fn kind(&self, _: &[Shape]) -> OperatorKind {
                OperatorKind::Join
            }

            fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
                pair(operands)?;
                spread(operands)
            }

            fn reach(
                &self,
                operands: &[Shape],
                slot: usize,
                output: &Shape,
            ) -> Result<Reach, OpError> {
                spread_from(operands, slot, output)
            }

            fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError> {
                between(operands, output, 0)
            }

            fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
                let tally = &mut given.tally.elementwise;
                joined(given.operands, |left, right| tally.$operation(left, right))?.done()
            }

            fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
                Ok($kept)
            }

            fn storage(&self) -> Storage {
                Storage::InPlace
            }
        }
    };
}

of_two!(Sub, "sub", subtract, Kept::NOTHING);
of_two!(Div, "div", divide, Kept::OPERANDS);

impl Operator for Affine {
    fn name(&self) -> &'static str {
        "affine"
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

    /// A multiplication and an addition.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::elementwise(each(output, 2)?))
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        given.by_element(|x, tally| {
            let scaled = tally.elementwise.multiply(self.scale, x);
            tally.elementwise.add(scaled, self.shift)
        })
    }

    fn detail(&self) -> String {
        format!("{}·x + {}", self.scale, self.shift)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}
