//! What an operator computes its result from.

use super::error::{pair, single};
use super::{Array, Draft, OpError, ParameterValues, Tally};

/// What [`Operator::evaluate`](super::Operator::evaluate) is given: nothing of what other rules say of the result, so that its shape, its
/// arithmetic and the parameters that it takes prove them.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The values of what the operator takes, in the order of their slots.
    pub operands: &'a [&'a Array],
    /// The values of what it [holds](super::Operator::parameters), in that order.
    pub parameters: &'a [ParameterValues<'a>],
    /// What counts the arithmetic: all that is done with values of operands is done through it. What no operand has a part in is made beside it and not
    /// counted: the scale and the shift that `batch_norm` makes of its parameters, with a root and a division for each channel, the weights of the
    /// pixels that `upsample` looks at, and `lrn`'s factor.
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

    /// The values of the parameter at a place, of which it needs so many.
    pub(super) fn parameter(
        &self,
        at: usize,
        name: &str,
        needed: usize,
    ) -> Result<&'a ParameterValues<'a>, OpError> {
        let parameter = self.parameters.get(at);
        let given = parameter.map_or(0, ParameterValues::len);
        parameter.filter(|_| given >= needed).ok_or_else(|| {
            OpError::rule(format!("needs {needed} values of `{name}`, and is given {given}"))
        })
    }

    /// The first parameter, of which it needs so many values.
    pub(super) fn weight(&self, needed: usize) -> Result<&'a ParameterValues<'a>, OpError> {
        self.parameter(0, "weight", needed)
    }

    /// The second parameter, of which it needs so many values; `None` where the operator has none.
    pub(super) fn bias(
        &self,
        is_there: bool,
        needed: usize,
    ) -> Result<Option<&'a ParameterValues<'a>>, OpError> {
        if is_there { self.parameter(1, "bias", needed).map(Some) } else { Ok(None) }
    }

    /// A result of the operand's sizes, every map of which is [made](Draft::by_map) for itself.
    pub(super) fn by_map(
        self,
        fill: impl Fn([usize; 2], &mut [f64], &mut Tally) + Sync,
    ) -> Result<Array, OpError> {
        Draft::like(self.operand()?)?.by_map(self.tally, fill).done()
    }

    /// A result of the operand's sizes, every element of which is made from the operand's at the same place.
    pub(super) fn by_element(self, of: impl Fn(f64, &mut Tally) -> f64) -> Result<Array, OpError> {
        let mut draft = Draft::copy(self.operand()?)?;
        // A count of its own is not looked up for every element.
        let mut tally = Tally::default();
        for element in &mut draft.elements {
            *element = of(*element, &mut tally);
        }
        *self.tally += tally;
        draft.done()
    }
}
