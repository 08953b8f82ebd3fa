//! What acts in training alone.

use super::error::single;
use super::signature::{Kind, Role, Signature, required};
use super::{Array, Cost, Evaluation, Kept, OpError, Operator, OperatorKind, Reach, Storage};
use crate::network::Shape;

/// Sets elements to zero in training (Srivastava et al. 2014); passes its operand on at inference.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropout {
    /// The probability of dropping an element.
    pub rate: f64,
}

/// Leaves a whole branch out in training (Huang et al. 2016, arXiv:1603.09382); passes its operand on at inference.
#[derive(Debug, Clone, PartialEq)]
pub struct DropPath {
    /// The probability of leaving the branch out: 1 minus the survival probability.
    pub rate: f64,
}

macro_rules! dropping {
    ($name:literal, $operator:ident, $summary:literal) => {
        Signature {
            name: $name,
            summary: $summary,
            role: Role::Layer,
            arguments: &[required("rate", Kind::Rate, "the probability of dropping")],
            main: Some("rate"),
            build: |arguments, _| Ok($operator { rate: arguments.real("rate")? }.into()),
        }
    };
}

pub(super) static SIGNATURES: &[Signature] = &[
    dropping!("dropout", Dropout, "drops elements in training"),
    dropping!("drop_path", DropPath, "drops the branch in training"),
];

macro_rules! passing {
    ($operator:ident, $name:literal, $masked:expr) => {
        impl Operator for $operator {
            fn name(&self) -> &'static str {
                $name
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

            /// The operand: nothing is dropped at inference.
            fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
                given.operand().cloned()
            }

            fn detail(&self) -> String {
                format!("rate {}", self.rate)
            }

            /// Which of them were dropped.
            fn keeps(&self, _: &[Shape], output: &Shape) -> Result<Kept, OpError> {
                if self.rate == 0.0 {
                    return Ok(Kept::NOTHING);
                }
                let masked: fn(&Shape) -> u64 = $masked;
                Kept::NOTHING.mask(masked(output))
            }

            fn storage(&self) -> Storage {
                if self.rate == 0.0 { Storage::View } else { Storage::ViewAtInference }
            }
        }
    };
}

// A mask of every element, or of every sample.
passing!(Dropout, "dropout", Shape::elements);
passing!(DropPath, "drop_path", Shape::batch);
