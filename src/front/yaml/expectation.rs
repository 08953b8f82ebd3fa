//! Published figures that a file names.

use std::fmt;

use serde::{Serialize, Serializer};

use super::elaborate::evaluate_alone;
use super::problem::{Problem, Problems};
use super::tree::{self, Tree};
use super::value::{Number, Value};
use crate::figure::Figure;
use crate::network::Place;

/// What can be expected of a network or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A figure.
    Figure(Figure),
    /// Sizes of the result, without the batch.
    Output,
}

impl Expected {
    /// Everything that can be expected.
    pub fn all() -> impl Iterator<Item = Self> {
        Figure::ALL.into_iter().map(Self::Figure).chain([Self::Output])
    }

    /// All its spellings in files, those of [`Figure::spellings`] first.
    pub fn spellings() -> impl Iterator<Item = (&'static str, Self)> {
        let figures = Figure::spellings().map(|(name, figure)| (name, Self::Figure(figure)));
        figures.chain([(Self::Output.name(), Self::Output)])
    }

    /// Its key in a file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Figure(figure) => figure.name(),
            Self::Output => "output",
        }
    }
}

impl Serialize for Expected {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A published value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Published {
    /// A count.
    Count(u64),
    /// Sizes without the batch.
    Sizes(Vec<u64>),
}

/// How far a figure may be from the published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// By this part of the published figure, in percent.
    Percent(Number),
    /// By so much.
    Absolute(Number),
}

impl Tolerance {
    /// Whether a figure is near enough to the published one; `None` where that cannot be told exactly.
    #[must_use]
    pub fn allows(self, published: u64, found: u64) -> Option<bool> {
        let distance = Number::from(published.abs_diff(found));
        match self {
            Self::Absolute(most) => Some(distance <= most),
            Self::Percent(percent) => {
                let most = percent.checked_mul(Number::from(published))?;
                Some(distance.checked_mul(Number::from(100_u64))? <= most)
            }
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Absolute(most) => write!(f, "{most}"),
        }
    }
}

/// Published figures, and under which settings they are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Where it stands.
    pub place: Place,
    /// The layer or block that is meant; the whole network if `None`.
    pub of: Option<(String, Place)>,
    /// The figures and their published values.
    pub figures: Vec<(Expected, Published)>,
    /// How far the figures may be off; they must be equal if `None`.
    pub within: Option<Tolerance>,
    /// Where they are published.
    pub source: Option<String>,
    /// Why the published figures do not follow from the definition, where they do not.
    pub differs: Option<String>,
    /// Values for parameters.
    pub settings: Vec<(String, Value)>,
    /// The input's sizes without the batch.
    pub input: Option<Vec<u64>>,
}

/// The expectations of a tree with their values.
pub(super) fn evaluate(tree: &mut Tree, problems: &mut Problems) -> Vec<Expectation> {
    let written = std::mem::take(&mut tree.expectations);
    written.into_iter().filter_map(|one| expectation(tree, one, problems)).collect()
}

fn expectation(
    tree: &Tree,
    written: tree::Expectation,
    problems: &mut Problems,
) -> Option<Expectation> {
    let figures = written.figures.iter().map(|(figure, given)| {
        let value = evaluate_alone(tree, given, problems)?;
        let published = match figure {
            Expected::Output => sizes(&value).map(Published::Sizes),
            _ => value.as_u64().map(Published::Count),
        };
        if published.is_none() {
            let needed = if *figure == Expected::Output { "a list of sizes" } else { "a count" };
            let message = format!("`{}` needs {needed}, not {}", figure.name(), value.describe());
            problems.add(Problem::error(given.place, message));
        }
        Some((*figure, published?))
    });
    let figures: Option<Vec<_>> = figures.collect();
    let settings = written
        .settings
        .iter()
        .map(|(name, given)| Some((name.clone(), evaluate_alone(tree, given, problems)?)));
    let settings: Option<Vec<_>> = settings.collect();
    let input = match &written.input {
        None => None,
        Some(given) => {
            let value = evaluate_alone(tree, given, problems)?;
            let input = sizes(&value);
            if input.is_none() {
                let message = format!("`input` needs a list of sizes, not {}", value.describe());
                problems.add(Problem::error(given.place, message));
            }
            Some(input?)
        }
    };
    Some(Expectation {
        place: written.place,
        of: written.of,
        figures: figures?,
        within: written.within,
        source: written.source,
        differs: written.differs,
        settings: settings?,
        input,
    })
}

fn sizes(value: &Value) -> Option<Vec<u64>> {
    value.as_list()?.iter().map(Value::as_u64).collect()
}
