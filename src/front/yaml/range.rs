//! Values as they are written for sweeps: between commas, ranges of numbers among them: `8,16`, `1..5`, `8..64/8`, `16..512*2`.

use std::collections::HashSet;
use std::hash::Hash;

use super::value::{Number, Value};
use crate::diagnostics::{Diagnostic, Diagnostics};

/// What stands between two commas of a list.
#[derive(Debug)]
pub(crate) enum Item<'t> {
    /// The numbers of a range.
    Range(Vec<Number>),
    /// Anything else.
    Text(&'t str),
}

/// What stands between the commas outside of brackets and parentheses.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |character| {
        match character {
            '[' | '(' => depth = depth.saturating_add(1),
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .map(str::trim)
}

/// The items of a list of at most so many values.
///
/// # Errors
/// A sentence on the first item that is a range of no numbers, or on a list of too many values.
pub(crate) fn list(text: &str, most: u64) -> Result<Vec<Item<'_>>, String> {
    let mut found = Vec::new();
    let mut values = 0_u64;
    for text in items(text) {
        let item = match Range::parse(text) {
            None => Item::Text(text),
            Some(range) => {
                let numbers = range.and_then(|range| range.numbers(most));
                Item::Range(numbers.map_err(|message| format!("`{text}`: {message}"))?)
            }
        };
        let length = match &item {
            Item::Range(numbers) => u64::try_from(numbers.len()).unwrap_or(u64::MAX),
            Item::Text(_) => 1,
        };
        values = values.saturating_add(length);
        if values > most {
            return Err(too_many(most));
        }
        found.push(item);
    }
    Ok(found)
}

fn too_many(most: u64) -> String {
    format!("there are more than {most} values")
}

/// The whole numbers of a list of at most so many, each once, in their order.
///
/// # Errors
/// A sentence where one is none, or smaller than `least`.
pub(crate) fn whole_numbers(text: &str, least: u64, most: u64) -> Result<Vec<u64>, String> {
    let mut wholes = Vec::new();
    for item in list(text, most)? {
        let numbers = match item {
            Item::Range(numbers) => numbers,
            Item::Text(text) => {
                let number = Number::from_decimal(text);
                vec![number.ok_or_else(|| format!("`{text}`: a whole number is needed"))?]
            }
        };
        for number in numbers {
            let whole = number.as_u64().filter(|whole| *whole >= least);
            let refused = || format!("`{text}`: whole numbers of at least {least} are needed");
            wholes.push(whole.ok_or_else(refused)?);
        }
    }
    Ok(once(wholes))
}

/// Reads `name=values`, the values of a parameter, each once: an item is a range of numbers, or what `setting` makes of `name=item`.
///
/// # Errors
/// Where an item is no value of the parameter, or there are too many.
pub(crate) fn named_values(
    text: &str,
    most: u64,
    setting: impl Fn(&str) -> Result<(String, Value), Diagnostics>,
) -> Result<(String, Vec<Value>), Diagnostics> {
    let Some((name, values)) = text.split_once('=').filter(|(_, values)| !values.trim().is_empty())
    else {
        let diagnostic = Diagnostic::error(format!("`{text}` sets nothing"));
        let help = "write `name=values`, as in `name=16,32,64` or `name=16..512*2`";
        return Err(diagnostic.help(help).into());
    };
    let name = name.trim();
    let refused = |message: String| Diagnostics::from(Diagnostic::error(message));
    let mut read = Vec::new();
    for item in list(values, most).map_err(refused)? {
        match item {
            Item::Text(value) => read.push(setting(&format!("{name}={value}"))?.1),
            Item::Range(numbers) => {
                // Whether it is a parameter of numbers, the first one tells.
                let first = numbers.first().map_or(Number::ZERO, |first| *first);
                setting(&format!("{name}={first}"))?;
                read.extend(numbers.into_iter().map(Value::Number));
            }
        }
    }
    Ok((name.to_owned(), once(read)))
}

/// The values without those that stood before.
pub(crate) fn once<T: Clone + Eq + Hash>(values: Vec<T>) -> Vec<T> {
    let mut known = HashSet::new();
    values.into_iter().filter(|value| known.insert(value.clone())).collect()
}

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
        let too_many = || too_many(most);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_a_list() {
        for (text, values) in [
            ("16..128*2", Ok(vec![16, 32, 64, 128])),
            ("64, 1..3,2,16..32*2", Ok(vec![64, 1, 2, 3, 16, 32])),
            ("16..127*2", Ok(vec![16, 32, 64])),
            ("8..24/8", Ok(vec![8, 16, 24])),
            (" 1 .. 3 ", Ok(vec![1, 2, 3])),
            ("5..5", Ok(vec![5])),
            ("0..2", Ok(vec![0, 1, 2])),
            ("8, 4,4", Ok(vec![8, 4])),
            ("3..1", Err("from the smaller number to the larger")),
            ("0..8*2", Err("starts above 0")),
            ("1..8*1", Err("a factor is above 1")),
            ("1..8/0", Err("a step is above 0")),
            ("1..2/0.5", Err("whole numbers")),
            ("1..10001", Err("more than 10000 values")),
            ("1..", Err("the end of a range is a number")),
            ("-1..3", Err("whole numbers")),
            ("1..2*x", Err("the factor of a range is a number")),
            ("a,b", Err("`a`: a whole number is needed")),
            ("1..9999,3,4", Err("more than 10000 values")),
        ] {
            match (whole_numbers(text, 0, 10_000), values) {
                (Ok(found), Ok(values)) => assert_eq!(found, values, "{text}"),
                (Err(found), Err(part)) => assert!(found.contains(part), "{text}: {found}"),
                (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
            }
        }
    }
}
