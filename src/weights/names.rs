//! What the tensors of a network are called in a file of other origin.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;
use serde_yaml::Value;
use thiserror::Error;

use crate::text::{nests_too_deep, shortened};

/// The longest mapping that is read, in bytes.
pub const MAX_MAPPING_BYTES: usize = 1 << 20;

/// The most entries with a star, and the most names to ignore.
const MAX_PATTERNS: usize = 256;

/// The longest name that rules may make.
const MAX_NAME: usize = 1024;

/// The key of what is to be ignored: it holds no dot, so that no parameter is called so.
const IGNORE: &str = "ignore";

/// A mapping from the names of a network's tensors to those in a file.
///
/// An entry without a star gives the name in the file of the tensor that it names. Otherwise every entry with stars whose left side
/// fits is applied, in the mapping's order, each to what those before it made; its stars stand for any letters, also none, and those of the right side for
/// the same in the same order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    exact: IndexMap<String, String>,
    patterns: Vec<(Pattern, Pattern)>,
    ignored: Vec<Pattern>,
}

/// Why a mapping cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NamesError {
    /// It is too long.
    #[error("it has more than {} MiB", MAX_MAPPING_BYTES >> 20)]
    Length,
    /// It has more open brackets than a mapping needs.
    #[error("the brackets nest too deep")]
    Depth,
    /// It is no YAML.
    #[error("it is no YAML: {}", shortened(.0))]
    Syntax(String),
    /// It is something else than a mapping of names.
    #[error(
        "it is to be a mapping from the network's names to the file's, as in `conv1.weight: features.0.weight`"
    )]
    Mapping,
    /// A key or a value that is no text.
    #[error("`{}` is to be mapped to a name; a name that looks like a number stands in quotes", shortened(.0))]
    Entry(String),
    /// A list of names to ignore that is none.
    #[error("`{IGNORE}` is to be a list of names, as in `{IGNORE}: [\"*.num_batches_tracked\"]`")]
    Ignored,
    /// Sides with different numbers of stars.
    #[error("`{}: {}`: both sides have to have as many stars", shortened(ours), shortened(theirs))]
    Stars {
        /// The left side.
        ours: String,
        /// The right side.
        theirs: String,
    },
    /// Too many entries with stars.
    #[error("it has more than {MAX_PATTERNS} entries with stars, or names to ignore")]
    TooMany,
}

impl Names {
    /// Reads a mapping from YAML.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn read(text: &str) -> Result<Self, NamesError> {
        if text.len() > MAX_MAPPING_BYTES {
            return Err(NamesError::Length);
        }
        if nests_too_deep(text).is_some() {
            return Err(NamesError::Depth);
        }
        let value: Value = serde_yaml::from_str(text)
            .map_err(|error: serde_yaml::Error| NamesError::Syntax(error.to_string()))?;
        let Value::Mapping(mapping) = value else { return Err(NamesError::Mapping) };
        let mut names = Self::default();
        for (key, value) in mapping {
            let ours = match key {
                Value::String(ours) => ours,
                Value::Number(number) => return Err(NamesError::Entry(number.to_string())),
                _ => return Err(NamesError::Mapping),
            };
            match value {
                Value::Sequence(list) if ours == IGNORE => names.ignore(list)?,
                _ if ours == IGNORE => return Err(NamesError::Ignored),
                Value::String(theirs) => names.map(ours, theirs)?,
                _ => return Err(NamesError::Entry(ours)),
            }
        }
        if names.patterns.len().max(names.ignored.len()) > MAX_PATTERNS {
            return Err(NamesError::TooMany);
        }
        Ok(names)
    }

    fn ignore(&mut self, list: Vec<Value>) -> Result<(), NamesError> {
        for value in list {
            let Value::String(name) = value else { return Err(NamesError::Ignored) };
            self.ignored.push(Pattern::new(&name));
        }
        Ok(())
    }

    fn map(&mut self, ours: String, theirs: String) -> Result<(), NamesError> {
        let sides = [Pattern::new(&ours), Pattern::new(&theirs)];
        let [stars, theirs_stars] = [&sides[0], &sides[1]].map(Pattern::stars);
        if stars != theirs_stars {
            return Err(NamesError::Stars { ours, theirs });
        }
        if stars == 0 {
            self.exact.insert(ours, theirs);
        } else {
            let [left, right] = sides;
            self.patterns.push((left, right));
        }
        Ok(())
    }

    /// What a tensor of the network is called in the file.
    #[must_use]
    pub fn theirs<'a>(&'a self, ours: &'a str) -> Cow<'a, str> {
        self.renamed(ours, |_| {})
    }

    /// As [`theirs`](Self::theirs); `fits` is told the position of every entry with stars that is applied.
    fn renamed<'a>(&'a self, ours: &'a str, mut fits: impl FnMut(usize)) -> Cow<'a, str> {
        if let Some(theirs) = self.exact.get(ours) {
            return Cow::Borrowed(theirs);
        }
        let mut name = Cow::Borrowed(ours);
        for (at, (left, right)) in self.patterns.iter().enumerate() {
            let made = left.stands_for(&name).map(|parts| right.filled(&parts));
            if let Some(made) = made.filter(|made| made.len() <= MAX_NAME) {
                fits(at);
                name = Cow::Owned(made);
            }
        }
        name
    }

    /// The tensors of the network that are named one by one.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(String::as_str)
    }

    /// The entries with stars that are applied to none of the network's tensors.
    pub(super) fn unfit<'a>(&self, ours: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut are_fit = vec![false; self.patterns.len()];
        for name in ours {
            self.renamed(name, |at| {
                if let Some(is_fit) = are_fit.get_mut(at) {
                    *is_fit = true;
                }
            });
        }
        let entries = self.patterns.iter().zip(are_fit).filter(|(_, is_fit)| !is_fit);
        entries.map(|((left, _), _)| left.text()).collect()
    }

    /// The entries of `ignore` that no tensor of the file fits.
    pub(super) fn idle(&self, theirs: &HashSet<&str>) -> Vec<String> {
        let is_idle =
            |pattern: &&Pattern| !theirs.iter().any(|name| pattern.stands_for(name).is_some());
        self.ignored.iter().filter(is_idle).map(Pattern::text).collect()
    }

    /// Whether a tensor of the file is not to be missed by the network.
    pub(super) fn ignores(&self, theirs: &str) -> bool {
        self.ignored.iter().any(|pattern| pattern.stands_for(theirs).is_some())
    }
}

/// A name with stars: what stands between them, so one more than there are stars.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern(Vec<String>);

impl Pattern {
    fn new(text: &str) -> Self {
        Self(text.split('*').map(str::to_owned).collect())
    }

    fn text(&self) -> String {
        self.0.join("*")
    }

    fn stars(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// What each star stands for in a name, as little as possible from the left; `None` where the name does not fit.
    fn stands_for<'a>(&self, name: &'a str) -> Option<Vec<&'a str>> {
        let (first, others) = self.0.split_first()?;
        let mut rest = name.strip_prefix(first.as_str())?;
        let Some((last, middle)) = others.split_last() else {
            return rest.is_empty().then(Vec::new);
        };
        let mut parts = Vec::with_capacity(others.len());
        for text in middle {
            let (part, after) = rest.split_once(text.as_str())?;
            parts.push(part);
            rest = after;
        }
        parts.push(rest.strip_suffix(last.as_str())?);
        Some(parts)
    }

    /// The name in which the stars are replaced by parts, as many as there are stars.
    fn filled(&self, parts: &[&str]) -> String {
        let mut name = String::new();
        for (at, text) in self.0.iter().enumerate() {
            name += text;
            name += parts.get(at).copied().unwrap_or_default();
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mapped() {
        let names = Names::read(
            "a.weight: b.weight\n\
             b.weight: a.weight\n\
             'fire*/squeeze.*': 'features.*.squeeze.*'\n\
             'stage*/block*/*': 'layer*.*.*'\n\
             '*.batch_norm.*': '*_bn.*'\n\
             '*.running_variance': '*.running_var'\n\
             ignore: ['*.num_batches_tracked', exact]\n",
        )
        .unwrap();
        for (ours, theirs) in [
            ("a.weight", "b.weight"),
            ("b.weight", "a.weight"),
            ("c.weight", "c.weight"),
            ("fire2/squeeze.bias", "features.2.squeeze.bias"),
            ("stage1/block2/conv1.batch_norm.running_variance", "layer1.2.conv1_bn.running_var"),
            ("stage1/block2.weight", "stage1/block2.weight"),
        ] {
            assert_eq!(names.theirs(ours), theirs);
        }
        let ignored = ["x.num_batches_tracked", ".num_batches_tracked", "exact"];
        assert!(ignored.iter().all(|name| names.ignores(name)));
        let kept = ["num_batches_tracked", "exact1", "x.num_batches_tracked.y", ""];
        assert!(!kept.iter().any(|name| names.ignores(name)));
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        let many: String = (0..300).map(|i| format!("'{i}*': 'x*'\n")).collect();
        let deep = "[".repeat(100_000);
        for (text, expected) in [
            ("- a\n", "it is to be a mapping"),
            ("", "it is to be a mapping"),
            ("a: 1\n", "`a` is to be mapped to a name"),
            ("1: a\n", "`1` is to be mapped to a name"),
            ("a: {b: c}\n", "`a` is to be mapped to a name"),
            ("[a]: b\n", "it is to be a mapping"),
            ("a: b\na: c\n", "it is no YAML"),
            ("a: 'b\n", "it is no YAML"),
            ("'a*': b\n", "both sides"),
            ("'a*': 'b*c*'\n", "both sides"),
            ("ignore: a\n", "`ignore` is to be a list"),
            ("ignore: [1]\n", "`ignore` is to be a list"),
            (&many, "more than 256"),
            (&deep, "the brackets nest too deep"),
            (&format!("ignore: {deep}"), "the brackets nest too deep"),
        ] {
            let error = Names::read(text).unwrap_err().to_string();
            assert!(error.starts_with(expected) || error.contains(expected), "{text}: {error}");
        }
        assert_eq!(Names::read(&"#".repeat(MAX_MAPPING_BYTES + 1)), Err(NamesError::Length));
    }
}
