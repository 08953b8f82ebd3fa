//! Values of the network language: exact numbers, booleans, words and lists.

use std::fmt;
use std::sync::Arc;

pub use super::number::Number;

/// The most elements of a list, those of the lists in it too.
pub(super) const MAX_ELEMENTS: usize = 10_000;

/// How deep lists may nest.
const MAX_LIST_DEPTH: usize = 8;

/// A value of the network language. It is cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Boolean(bool),
    /// A bare name that is a value itself, such as `same`.
    Word(Arc<str>),
    /// A list.
    List(Arc<[Value]>),
}

impl Value {
    /// A word.
    #[must_use]
    pub fn word(text: &str) -> Self {
        Self::Word(Arc::from(text))
    }

    /// A list of `items`.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// A list of `items`, unless it has too many elements, those of the lists in it too, or nests too deep.
    pub(super) fn bounded_list(items: Vec<Self>) -> Option<Self> {
        let list = Self::list(items);
        let (elements, depth) = list.extent();
        (elements <= MAX_ELEMENTS && depth <= MAX_LIST_DEPTH).then_some(list)
    }

    /// How many elements there are in all, and how deep they nest.
    fn extent(&self) -> (usize, usize) {
        let Self::List(items) = self else { return (1, 0) };
        let inner = items.iter().map(Self::extent);
        let (elements, depth) = inner
            .fold((0_usize, 0_usize), |(elements, depth), (more, deeper)| {
                (elements.saturating_add(more), depth.max(deeper))
            });
        (elements.saturating_add(1), depth.saturating_add(1))
    }

    /// What kind of value this is, with its article: "a number".
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Word(_) => "a word",
            Self::List(_) => "a list",
        }
    }

    /// The kind and the value for a sentence: "the number 3"; a long value is cut.
    #[must_use]
    pub fn describe(&self) -> String {
        let kind = self.kind_name().trim_start_matches("a ");
        let text = match self {
            Self::List(items) if items.len() > 8 => {
                return format!("a list of {} elements", items.len());
            }
            other => other.to_string(),
        };
        if text.chars().count() <= 40 {
            return format!("the {kind} `{text}`");
        }
        let start: String = text.chars().take(37).collect();
        format!("the {kind} `{start}...`")
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The word, if it is one.
    #[must_use]
    pub fn as_word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value as a `u64`, if it is a whole number that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number().and_then(Number::as_u64)
    }

    /// The value as an `i64`, if it is a whole number that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }
}

impl fmt::Display for Value {
    /// Writes the value as it stands in a file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => fmt::Display::fmt(number, formatter),
            Self::Boolean(boolean) => fmt::Display::fmt(boolean, formatter),
            Self::Word(word) => formatter.write_str(word),
            Self::List(items) => write_list(items, formatter),
        }
    }
}

/// Writes `[3, 4, 6, 3]`.
fn write_list(items: &[Value], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.write_str("[")?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            formatter.write_str(", ")?;
        }
        fmt::Display::fmt(item, formatter)?;
    }
    formatter.write_str("]")
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_in_a_file() {
        let depths = Value::list([3_u64, 4, 6, 3].map(Value::from));
        assert_eq!(depths.to_string(), "[3, 4, 6, 3]");
        assert_eq!(
            Value::list([depths, Value::word("same"), Value::from(true)]).to_string(),
            "[[3, 4, 6, 3], same, true]"
        );
        assert_eq!(Value::list([]).to_string(), "[]");
        assert_eq!(Value::word("same").describe(), "the word `same`");
        assert_eq!(Value::list(vec![Value::from(1_u64); 9]).describe(), "a list of 9 elements");
        assert_eq!(
            Value::word(&"é".repeat(50)).describe(),
            format!("the word `{}...`", "é".repeat(37))
        );
    }
}
