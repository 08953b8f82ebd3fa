//! Ranges of numbers as they are written for sweeps: `1..5`, `8..64/8`, `16..512*2`.

use super::value::Number;

/// Numbers from one to another, both included where a step ends there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    first: Number,
    last: Number,
    spacing: Spacing,
}

/// How each number follows from the one before.
#[derive(Debug, Clone, Copy)]
enum Spacing {
    /// By adding a step.
    Even(Number),
    /// By multiplying with a factor.
    Geometric(Number),
}

impl Range {
    /// The range that a text is; `None` where it is none.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, String>> {
        // Within a list, two points are no range.
        let (first, rest) = text.split_once("..").filter(|_| !text.contains(['[', '(']))?;
        let (last, step) = match rest.find(['/', '*']) {
            Some(at) => (rest.get(..at)?, rest.get(at..)),
            None => (rest, None),
        };
        Some(Self::from_parts(first.trim(), last.trim(), step))
    }

    fn from_parts(first: &str, last: &str, step: Option<&str>) -> Result<Self, String> {
        let number = |what: &str, text: &str| {
            let help = "write `a..b`, `a..b/step` or `a..b*factor`";
            Number::from_decimal(text)
                .ok_or_else(|| format!("{what} of a range is a number; {help}"))
        };
        let (first, last) = (number("the start", first)?, number("the end", last)?);
        let spacing = match step.map(|step| step.split_at(1)) {
            None => Spacing::Even(Number::ONE),
            Some(("/", step)) => Spacing::Even(number("the step", step.trim())?),
            Some((_, factor)) => Spacing::Geometric(number("the factor", factor.trim())?),
        };
        match spacing {
            _ if first > last => {
                Err("a range runs from the smaller number to the larger".to_owned())
            }
            Spacing::Even(step) if step <= Number::ZERO => Err("a step is above 0".to_owned()),
            Spacing::Geometric(factor) if factor <= Number::ONE => {
                Err("a factor is above 1".to_owned())
            }
            Spacing::Geometric(_) if first <= Number::ZERO => {
                Err("a range with a factor starts above 0".to_owned())
            }
            _ => Ok(Self { first, last, spacing }),
        }
    }

    /// The numbers; an error says why there are none that can be held, or that they are more than `most`.
    pub(crate) fn numbers(self, most: u64) -> Result<Vec<Number>, String> {
        let too_many = || format!("there are more than {most} values");
        // Of many, none is made.
        if let Spacing::Even(step) = self.spacing {
            let steps = self.last.checked_sub(self.first).and_then(|span| span.checked_div(step));
            if steps.is_none_or(|steps| steps >= Number::from(most)) {
                return Err(too_many());
            }
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut numbers = Vec::new();
        let mut number = Some(self.first);
        while let Some(held) = number.filter(|number| *number <= self.last) {
            if numbers.len() >= most {
                return Err(too_many());
            }
            numbers.push(held);
            // What has no place in 128 bits is beyond the end, or too fine to be held.
            number = match self.spacing {
                Spacing::Even(step) => held.checked_add(step),
                Spacing::Geometric(factor) => held.checked_mul(factor),
            };
            if number.is_none() {
                return Err("the numbers of this range are too large to be exact".to_owned());
            }
        }
        Ok(numbers)
    }
}
