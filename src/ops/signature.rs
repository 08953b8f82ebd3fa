//! How a description calls an operator: its arguments, their kinds, defaults and bounds.
//!
//! Readers turn what is written into [`Attribute`]s by the argument's [`Kind`]; the signature's `build` turns these
//! into an [`Op`]. The JSON Schema of the language is made from the same tables.

use super::{Op, Padding};
use crate::network::{MAX_RANK, Shape};
use arrayvec::ArrayVec;
use thiserror::Error;

/// A short list of whole numbers: sizes, axes.
pub type Integers = ArrayVec<i64, MAX_RANK>;

/// The calling convention of an operator.
#[derive(Debug)]
pub struct Signature {
    /// The operator's name in the language.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// How it takes tensors.
    pub role: Role,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// The argument that may stand alone.
    pub main: Option<&'static str>,
    /// Makes the operator, given the shapes it will take.
    pub build: fn(&Attributes<'_>, &[Shape]) -> Result<Op, ArgumentError>,
}

/// How an operator takes tensors, and where its name may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes the tensor before it.
    Layer,
    /// A layer that carries `norm:` and `act:`.
    Weighted,
    /// A layer that may stand under `act:`.
    Activation,
    /// A layer that may stand under `norm:`.
    Normalization,
    /// Takes the results of branches: at least one, or exactly two.
    Join {
        /// Whether it takes exactly two.
        binary: bool,
    },
}

/// An argument of an operator.
#[derive(Debug)]
pub struct Argument {
    /// Its key.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is when left out.
    pub fallback: Fallback,
    /// What it means, in a line.
    pub summary: &'static str,
}

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of at least 1.
    Count,
    /// A whole number of at least 0.
    Index,
    /// A number of at least 1 for both axes, or `[height, width]`.
    Pair,
    /// A number of at least 0 for both axes, or `[height, width]`.
    PairOrZero,
    /// A number, `[h, w]`, `[top, left, bottom, right]`, `valid`, `same` or `same_lower`.
    Padding,
    /// A number, `[h, w]` or `[top, left, bottom, right]`.
    Sides,
    /// `true` or `false`.
    Boolean,
    /// Any number.
    Real,
    /// A number of at least 0 and below 1.
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of whole numbers.
    Integers,
}

/// What an argument is when it is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// It must be given.
    Required,
    /// The operator decides.
    Absent,
    /// This value.
    Value(Attribute),
}

/// The value of an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attribute {
    /// For [`Kind::Count`] and [`Kind::Index`].
    Count(u64),
    /// For [`Kind::Pair`] and [`Kind::PairOrZero`]: height, width.
    Pair([u64; 2]),
    /// For [`Kind::Padding`] and [`Kind::Sides`].
    Padding(Padding),
    /// For [`Kind::Boolean`].
    Boolean(bool),
    /// For [`Kind::Real`] and [`Kind::Rate`].
    Real(f64),
    /// For [`Kind::Word`].
    Word(&'static str),
    /// For [`Kind::Integers`]: the values and how many there are.
    Integers([i64; MAX_RANK], usize),
}

/// Why an operator could not be made from its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ArgumentError {
    /// The argument at fault, where it is one.
    pub argument: Option<&'static str>,
    /// What is wrong with it.
    pub message: String,
}

impl ArgumentError {
    /// What is wrong with one argument.
    pub(super) fn of(argument: &'static str, message: impl Into<String>) -> Self {
        Self { argument: Some(argument), message: message.into() }
    }

    /// What is wrong with the arguments together.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { argument: None, message: message.into() }
    }
}

/// The arguments of one call.
#[derive(Debug)]
pub struct Attributes<'a> {
    signature: &'a Signature,
    given: ArrayVec<(&'static str, Attribute), 12>,
}

impl<'a> Attributes<'a> {
    /// No arguments yet, for a call of this signature.
    #[must_use]
    pub fn new(signature: &'a Signature) -> Self {
        Self { signature, given: ArrayVec::new() }
    }

    /// Gives an argument its value; a second value for the same argument is ignored.
    pub fn give(&mut self, argument: &'static str, value: Attribute) {
        // No signature has more arguments than fit, so that a full list means a repeated one.
        let _ = self.given.try_push((argument, value));
    }

    fn value(&self, name: &'static str) -> Option<Attribute> {
        if let Some((_, value)) = self.given.iter().find(|(given, _)| *given == name) {
            return Some(*value);
        }
        let argument = self.signature.arguments.iter().find(|argument| argument.name == name)?;
        match argument.fallback {
            Fallback::Value(value) => Some(value),
            Fallback::Required | Fallback::Absent => None,
        }
    }

    fn missing(&self, name: &'static str) -> ArgumentError {
        let operator = self.signature.name;
        ArgumentError::whole(format!("`{operator}` needs `{name}`"))
    }

    fn get<T>(
        &self,
        name: &'static str,
        read: impl Fn(Attribute) -> Option<T>,
    ) -> Result<T, ArgumentError> {
        self.value(name).and_then(read).ok_or_else(|| self.missing(name))
    }

    /// A whole number; `None` where it is left out and has no default.
    #[must_use]
    pub fn optional_count(&self, name: &'static str) -> Option<u64> {
        self.count(name).ok()
    }

    /// A real number; `None` where it is left out and has no default.
    #[must_use]
    pub fn optional_real(&self, name: &'static str) -> Option<f64> {
        self.real(name).ok()
    }

    /// A pair; `None` where it is left out and has no default.
    #[must_use]
    pub fn optional_pair(&self, name: &'static str) -> Option<[u64; 2]> {
        self.pair(name).ok()
    }

    /// A whole number.
    ///
    /// # Errors
    /// Where it is required and left out; so for all the others.
    pub fn count(&self, name: &'static str) -> Result<u64, ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Count(count) => Some(count),
            _ => None,
        })
    }

    /// Height and width.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn pair(&self, name: &'static str) -> Result<[u64; 2], ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Pair(pair) => Some(pair),
            _ => None,
        })
    }

    /// What surrounds the map.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn padding(&self, name: &'static str) -> Result<Padding, ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Padding(padding) => Some(padding),
            _ => None,
        })
    }

    /// A truth value.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn boolean(&self, name: &'static str) -> Result<bool, ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Boolean(boolean) => Some(boolean),
            _ => None,
        })
    }

    /// A real number.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn real(&self, name: &'static str) -> Result<f64, ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Real(real) => Some(real),
            _ => None,
        })
    }

    /// A word of the argument's list.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn word(&self, name: &'static str) -> Result<&'static str, ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Word(word) => Some(word),
            _ => None,
        })
    }

    /// A list of whole numbers.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn integers(&self, name: &'static str) -> Result<Integers, ArgumentError> {
        self.get(name, |value| match value {
            Attribute::Integers(values, length) => Some(values.into_iter().take(length).collect()),
            _ => None,
        })
    }
}

/// An argument that must be given.
pub(super) const fn required(name: &'static str, kind: Kind, summary: &'static str) -> Argument {
    Argument { name, kind, fallback: Fallback::Required, summary }
}

/// An argument that the operator decides when it is left out.
pub(super) const fn absent(name: &'static str, kind: Kind, summary: &'static str) -> Argument {
    Argument { name, kind, fallback: Fallback::Absent, summary }
}

/// A whole number with a default.
pub(super) const fn count(name: &'static str, default: u64, summary: &'static str) -> Argument {
    let fallback = Fallback::Value(Attribute::Count(default));
    Argument { name, kind: Kind::Count, fallback, summary }
}

/// An axis or a position with a default.
pub(super) const fn index(name: &'static str, default: u64, summary: &'static str) -> Argument {
    let fallback = Fallback::Value(Attribute::Count(default));
    Argument { name, kind: Kind::Index, fallback, summary }
}

/// A pair with a default.
pub(super) const fn pair(name: &'static str, default: u64, summary: &'static str) -> Argument {
    let kind = if default == 0 { Kind::PairOrZero } else { Kind::Pair };
    let fallback = Fallback::Value(Attribute::Pair([default; 2]));
    Argument { name, kind, fallback, summary }
}

/// A truth value with a default.
pub(super) const fn boolean(name: &'static str, default: bool, summary: &'static str) -> Argument {
    let fallback = Fallback::Value(Attribute::Boolean(default));
    Argument { name, kind: Kind::Boolean, fallback, summary }
}

/// A real number with a default.
pub(super) const fn real(name: &'static str, default: f64, summary: &'static str) -> Argument {
    let fallback = Fallback::Value(Attribute::Real(default));
    Argument { name, kind: Kind::Real, fallback, summary }
}

/// A word with a default, the first of the list.
pub(super) const fn word(
    name: &'static str,
    words: &'static [&'static str],
    summary: &'static str,
) -> Argument {
    let fallback = Fallback::Value(Attribute::Word(words[0]));
    Argument { name, kind: Kind::Word(words), fallback, summary }
}

/// Padding in numbers, none by default.
pub(super) const SIDES: Argument = Argument { kind: Kind::Sides, ..PADDING };

/// Padding, none by default.
pub(super) const PADDING: Argument = Argument {
    name: "padding",
    kind: Kind::Padding,
    fallback: Fallback::Value(Attribute::Padding(Padding::VALID)),
    summary: "what surrounds the map",
};

const SIDES_FORMS: &str = "a whole number, [height, width] or [top, left, bottom, right]";

impl std::fmt::Display for Kind {
    /// What the argument needs, for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count => f.write_str("a whole number of at least 1"),
            Self::Index => f.write_str("a whole number of at least 0"),
            Self::Pair => f.write_str("a whole number of at least 1, or [height, width]"),
            Self::PairOrZero => f.write_str("a whole number of at least 0, or [height, width]"),
            Self::Sides => f.write_str(SIDES_FORMS),
            Self::Padding => {
                let words = Padding::NAMED.map(|(word, _)| word);
                write!(f, "{SIDES_FORMS}, or one of `{}`", words.join("`, `"))
            }
            Self::Boolean => f.write_str("`true` or `false`"),
            Self::Real => f.write_str("a number"),
            Self::Rate => f.write_str("a number of at least 0 and below 1"),
            Self::Word(words) => write!(f, "one of `{}`", words.join("`, `")),
            Self::Integers => write!(f, "a list of up to {MAX_RANK} whole numbers"),
        }
    }
}
