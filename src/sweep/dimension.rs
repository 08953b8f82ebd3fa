//! The dimensions of a grid, as they are written: `8..64/8`, `16..512*2`, `[2, 2, 2, 2],[3, 4, 6, 3]`, `first,second`.

use thiserror::Error;

use super::MOST_VARIANTS;
use crate::diagnostics::Diagnostics;
use crate::front::yaml::value::Value;
use crate::front::yaml::{Description, items, once, whole_numbers};

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
    /// No input sizes or numbers of samples.
    #[error("{0}")]
    Form(String),
}

impl Dimension {
    /// Reads `name=values`, the values of a parameter, as [`Description::values`] does.
    ///
    /// # Errors
    /// As there.
    pub fn parameter(description: &Description, text: &str) -> Result<Self, DimensionError> {
        let (name, values) = description.values(text, MOST_VARIANTS)?;
        Ok(Self { name, choices: Choices::Parameter(values) })
    }

    /// Reads input sizes without the batch, separated by commas: `3x160x160,3x224x224`. A size may be a range; all ranges of an
    /// item run together, `3x128..256/32x128..256/32`.
    ///
    /// # Errors
    /// Where a size is none, ranges of an item are not of a length, or there are too many.
    pub fn input(text: &str) -> Result<Self, DimensionError> {
        let mut sizes = Vec::new();
        for item in items(text) {
            let axes = item.split(['x', '×']).map(|axis| whole_numbers(axis, 1, MOST_VARIANTS));
            let axes = axes.collect::<Result<Vec<_>, _>>().map_err(DimensionError::Form)?;
            let length = axes.iter().map(Vec::len).max().unwrap_or_default();
            if axes.iter().any(|axis| axis.len() != 1 && axis.len() != length) {
                let message = "the ranges of one input need as many sizes each";
                return Err(DimensionError::Form(format!("`{item}`: {message}")));
            }
            for position in 0..length {
                let size = |axis: &Vec<u64>| axis.get(position).or(axis.first()).copied();
                sizes.push(axes.iter().filter_map(size).collect());
            }
            let most = usize::try_from(MOST_VARIANTS).unwrap_or(usize::MAX);
            if sizes.len() > most {
                let message = format!("`{text}`: there are more than {MOST_VARIANTS} values");
                return Err(DimensionError::Form(message));
            }
        }
        Ok(Self { name: "input".to_owned(), choices: Choices::Input(once(sizes)) })
    }

    /// Reads numbers of samples, separated by commas, ranges among them.
    ///
    /// # Errors
    /// Where one is no whole number of at least 1, or there are too many.
    pub fn batch(text: &str) -> Result<Self, DimensionError> {
        let batches = whole_numbers(text, 1, MOST_VARIANTS).map_err(DimensionError::Form)?;
        Ok(Self { name: "batch".to_owned(), choices: Choices::Batch(batches) })
    }
}
