//! The most that a figure may be.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::Figure;
use super::quantity::{self, QuantityError};

/// The most that a figure may be; a budget is a list of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The figure.
    pub figure: Figure,
    /// Its largest value that is still allowed.
    pub most: u64,
}

/// Why a text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LimitError {
    /// Something else than `figure=amount`.
    #[error("`{0}` limits nothing; write `figure=amount`, as in `params=5M`")]
    Malformed(String),
    /// A figure that there is not.
    #[error("{0}")]
    Figure(String),
    /// An amount that is none.
    #[error("`{0}`: {1}")]
    Quantity(&'static str, QuantityError),
}

impl FromStr for Limit {
    type Err = LimitError;

    /// Reads `figure=amount`, such as `peak_memory=8MiB`.
    fn from_str(text: &str) -> Result<Self, LimitError> {
        let malformed = || LimitError::Malformed(text.to_owned());
        let (name, amount) = text.split_once('=').ok_or_else(malformed)?;
        let figure = Figure::named(name).map_err(LimitError::Figure)?;
        let most = quantity::parse(amount, figure.unit())
            .map_err(|error| LimitError::Quantity(figure.name(), error))?;
        Ok(Self { figure, most })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ≤ {}", self.figure.name(), self.most)
    }
}
