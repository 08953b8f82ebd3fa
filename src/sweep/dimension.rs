//! The dimensions of a grid, as they are written: `8..64/8`, `16..512*2`, `[2, 2, 2, 2],[3, 4, 6, 3]`, `first,second`.

use std::collections::HashSet;
use std::hash::Hash;

use thiserror::Error;

use super::MOST_VARIANTS;
use crate::diagnostics::Diagnostics;
use crate::front::yaml::value::{Number, Value};
use crate::front::yaml::{Description, Range};

/// What varies along one dimension of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// What varies: a parameter's name, `input` or `batch`.
    pub name: String,
    /// The values, in the order they were written; each once.
    pub choices: Choices,
}

/// The values of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub enum Choices {
    /// Of a parameter.
    Parameter(Vec<Value>),
    /// Sizes of the input without the batch.
    Input(Vec<Vec<u64>>),
    /// Numbers of samples.
    Batch(Vec<u64>),
}

impl Choices {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Parameter(values) => values.len(),
            Self::Input(sizes) => sizes.len(),
            Self::Batch(batches) => batches.len(),
        }
    }

    /// Whether there are none; never true of a dimension that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a text is no dimension.
#[derive(Debug, Error)]
pub enum DimensionError {
    /// A parameter or a value that the description refuses.
    #[error(transparent)]
    Setting(#[from] Diagnostics),
    /// Not the form of a dimension.
    #[error("`{text}`: {message}")]
    Form {
        /// What was written.
        text: String,
        /// What is wrong.
        message: String,
    },
}

fn refuse(text: &str, message: impl Into<String>) -> DimensionError {
    DimensionError::Form { text: text.to_owned(), message: message.into() }
}

impl Dimension {
    /// Reads `name=values`, the values of a parameter: separated by commas, each a value as a file has it, or a range of numbers
    /// with both ends: `a..b`, `a..b/step`, `a..b*factor`.
    ///
    /// # Errors
    /// Where there is no such parameter, a value is none, or there are too many.
    pub fn parameter(description: &Description, text: &str) -> Result<Self, DimensionError> {
        let Some((name, list)) = text.split_once('=').filter(|(_, list)| !list.trim().is_empty())
        else {
            // What is wrong is said as it is of a single value.
            description.setting(text)?;
            return Err(refuse(text, "write `name=values`"));
        };
        let mut values = Vec::new();
        for item in items(list) {
            match Range::parse(item) {
                Some(range) => {
                    let numbers = range.and_then(|range| range.numbers(MOST_VARIANTS));
                    let numbers = numbers.map_err(|message| refuse(item, message))?;
                    let first = numbers.first().map_or(Number::ZERO, |first| *first);
                    description.setting(&format!("{name}={first}"))?;
                    values.extend(numbers.into_iter().map(Value::Number));
                }
                None => values.push(description.setting(&format!("{name}={item}"))?.1),
            }
            bound(text, values.len())?;
        }
        let choices = Choices::Parameter(once(values));
        Ok(Self { name: name.trim().to_owned(), choices })
    }

    /// Reads input sizes without the batch, separated by commas: `3x160x160,3x224x224`. A size may be a range; all ranges of an
    /// item run together, `3x128..256/32x128..256/32`.
    ///
    /// # Errors
    /// Where a size is none, ranges of an item are not of a length, or there are too many.
    pub fn input(text: &str) -> Result<Self, DimensionError> {
        let mut sizes = Vec::new();
        for item in items(text) {
            let axes: Result<Vec<_>, _> = item.split(['x', '×']).map(whole_numbers).collect();
            let axes = axes.map_err(|message| refuse(item, message))?;
            let length = axes.iter().map(Vec::len).max().unwrap_or_default();
            if axes.iter().any(|axis| axis.len() != 1 && axis.len() != length) {
                return Err(refuse(item, "the ranges of one input need as many sizes each"));
            }
            for position in 0..length {
                let size = |axis: &Vec<u64>| axis.get(position).or(axis.first()).copied();
                sizes.push(axes.iter().filter_map(size).collect());
            }
            bound(text, sizes.len())?;
        }
        Ok(Self { name: "input".to_owned(), choices: Choices::Input(once(sizes)) })
    }

    /// Reads numbers of samples, separated by commas, ranges among them.
    ///
    /// # Errors
    /// Where one is no whole number of at least 1, or there are too many.
    pub fn batch(text: &str) -> Result<Self, DimensionError> {
        let mut batches = Vec::new();
        for item in items(text) {
            batches.extend(whole_numbers(item).map_err(|message| refuse(item, message))?);
            bound(text, batches.len())?;
        }
        Ok(Self { name: "batch".to_owned(), choices: Choices::Batch(once(batches)) })
    }
}

fn bound(text: &str, values: usize) -> Result<(), DimensionError> {
    let most = usize::try_from(MOST_VARIANTS).unwrap_or(usize::MAX);
    if values > most {
        return Err(refuse(text, too_many()));
    }
    Ok(())
}

fn too_many() -> String {
    format!("there are more than {MOST_VARIANTS} values")
}

/// The values without those that stood before.
fn once<T: Clone + Eq + Hash>(values: Vec<T>) -> Vec<T> {
    let mut known = HashSet::new();
    values.into_iter().filter(|value| known.insert(value.clone())).collect()
}

/// What stands between the commas outside of brackets and parentheses.
fn items(text: &str) -> impl Iterator<Item = &str> {
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

/// A whole number of at least 1, or a range of such.
fn whole_numbers(text: &str) -> Result<Vec<u64>, String> {
    let numbers = match Range::parse(text) {
        Some(range) => range?.numbers(MOST_VARIANTS)?,
        None => vec![Number::from_decimal(text).ok_or("a whole number is needed")?],
    };
    let whole = |number: Number| number.as_u64().filter(|whole| *whole > 0);
    let numbers = numbers.into_iter().map(whole);
    numbers
        .collect::<Option<_>>()
        .ok_or_else(|| "whole numbers of at least 1 are needed".to_owned())
}
