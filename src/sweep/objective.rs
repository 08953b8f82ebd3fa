//! What makes one variant better than another.

use std::fmt;
use std::str::FromStr;

use crate::figure::Figure;

/// A figure, and which way it is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objective {
    /// The figure.
    pub figure: Figure,
    /// Whether more of it is better rather than less.
    pub more_is_better: bool,
}

impl Objective {
    /// A value that is the smaller the better it is.
    #[must_use]
    pub fn rank(self, value: u64) -> u64 {
        if self.more_is_better { u64::MAX - value } else { value }
    }
}

impl FromStr for Objective {
    type Err = String;

    /// Reads `macs`, of which less is better, or `+receptive_field` or `max:receptive_field`, of which more is.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let more = text.strip_prefix('+').or(text.strip_prefix("max:"));
        let less = text.strip_prefix("min:").unwrap_or(text);
        let figure = Figure::named(more.unwrap_or(less))?;
        Ok(Self { figure, more_is_better: more.is_some() })
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.more_is_better { "more" } else { "less" };
        write!(f, "{sign} {}", self.figure.name())
    }
}
