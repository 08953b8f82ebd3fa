//! What an operator computes its result from.

use super::error::{pair, single};
use super::{Array, OpError, Tally};
use crate::network::Shape;

/// What [`Operator::evaluate`](super::Operator::evaluate) is given.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The values of what the operator takes, in the order of their slots.
    pub operands: &'a [&'a Array],
    /// The values of what it [holds](super::Operator::parameters), in that order.
    pub parameters: &'a [&'a Array],
    /// The inferred shape of the result.
    pub output: &'a Shape,
    /// What counts the arithmetic: all that is done on values is done through it.
    pub tally: &'a mut Tally,
}

impl<'a> Evaluation<'a> {
    /// The one operand of an operator that takes one.
    pub(super) fn operand(&self) -> Result<&'a Array, OpError> {
        single(self.operands).copied()
    }

    /// The two operands of an operator that takes two.
    pub(super) fn both(&self) -> Result<[&'a Array; 2], OpError> {
        Ok(pair(self.operands)?.map(|operand| *operand))
    }

    /// The result, every map of which is [made](Array::by_map) for itself.
    pub(super) fn by_map(
        self,
        fill: impl Fn([usize; 2], &mut [f64], &mut Tally) + Sync,
    ) -> Result<Array, OpError> {
        Array::by_map(self.output, self.tally, fill)
    }

    /// The result, every element of which is made from the operand's at the same place.
    pub(super) fn by_element(self, of: impl Fn(f64, &mut Tally) -> f64) -> Result<Array, OpError> {
        self.operand()?.by_element(self.tally, of)
    }
}
