//! Expressions of the network language: `channels // 2`, `depths[stage]`, `stride if stride_on == first else 1`.
//!
//! An expression is parsed once and evaluated many times. Types are strict, arithmetic is exact, and everything is
//! bounded: the length of the text, its nesting, exponents and the size of numbers. An error carries the part of the
//! text it is about.

mod evaluate;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::value::{Number, Value};
use parser::Parser;

/// The longest text of an expression or a template, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// How deep parentheses, calls, indices, signs and powers may nest.
pub const MAX_NESTING: usize = 64;

/// The largest magnitude of an exponent of `**`.
pub const MAX_EXPONENT: u32 = 256;

/// Why an expression cannot be read or has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong, in one sentence that starts in lower case.
    pub message: String,
    /// The part of the text it is about, in bytes.
    pub span: Range<usize>,
    /// What could be done about it.
    pub help: Option<String>,
}

impl ExpressionError {
    /// An error without help.
    fn new(span: &Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: span.clone(), help: None }
    }

    /// The same error with `help`.
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Where an expression finds the values of its names.
pub trait Names {
    /// The value of a name, where it is known.
    fn get(&self, name: &str) -> Option<Value>;

    /// Is told how two numbers compare, and by what comparison of the description: the same number for the same one.
    fn compared(&self, comparison: usize, outcome: Ordering) {
        let _ = (comparison, outcome);
    }

    /// Is told what is divided with a rounding or a remainder, by what, and by what division of the description: the same number for the
    /// same one. A rounding alone divides by 1.
    fn divided(&self, division: usize, dividend: Number, divisor: Number) {
        let _ = (division, dividend, divisor);
    }
}

impl<F: Fn(&str) -> Option<Value>> Names for F {
    fn get(&self, name: &str) -> Option<Value> {
        self(name)
    }
}

/// The names of an expression.
pub type Lookup<'a> = dyn Names + 'a;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
    names: Vec<Name>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// If the text is no expression, or beyond the bounds.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        check_length(text)?;
        Self::parse_part(text, 0..text.len())
    }

    /// Reads the expression in a part of a text; spans are those of the whole text.
    fn parse_part(text: &str, part: Range<usize>) -> Result<Self, ExpressionError> {
        let (root, names) = Parser::new(text, part).parse()?;
        Ok(Self { root, names })
    }

    /// The names of variables that occur, in the order of the text, each as often as it occurs.
    pub fn names(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.names.iter().map(|name| (&*name.text, name.span.clone()))
    }

    /// The name, if the expression is a bare name and nothing else.
    #[must_use]
    pub fn as_name(&self) -> Option<&str> {
        match &self.root.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The value, if the expression is a literal: a number with or without a sign, `true` or `false`.
    #[must_use]
    pub fn constant(&self) -> Option<&Value> {
        match &self.root.kind {
            Kind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The numbers that stand in it.
    #[must_use]
    pub fn numbers(&self) -> Vec<Number> {
        let mut numbers = Vec::new();
        let mut nodes = vec![&self.root];
        while let Some(node) = nodes.pop() {
            match &node.kind {
                Kind::Literal(value) => numbers.extend(value.as_number()),
                kind => nodes.extend(kind.parts()),
            }
        }
        numbers
    }

    /// The length of its text in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.root.span.len()
    }

    /// The value of the expression, with names looked up by `lookup`.
    ///
    /// # Errors
    ///
    /// If a name is unknown, a value is of the wrong kind, or an operation has no result.
    pub fn evaluate(&self, lookup: &Lookup<'_>) -> Result<Value, ExpressionError> {
        evaluate::value(&self.root, lookup)
    }
}

/// A name as it stands in the text.
#[derive(Debug, Clone, PartialEq)]
struct Name {
    text: Arc<str>,
    span: Range<usize>,
}

/// A part of an expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
struct Node {
    kind: Kind,
    span: Range<usize>,
}

/// The forms of an expression. What is written in a row without parentheses, `a + b - c`, is one node, so that the
/// depth of the tree is bounded by the nesting of the text.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Literal(Value),
    Name(Arc<str>),
    Negate(Box<Node>),
    Not(Box<Node>),
    Arithmetic(Box<Node>, Vec<(Operator, Node)>),
    Compare(Comparison, Box<[Node; 2]>),
    /// Operands joined by `and` (`true`) or `or` (`false`).
    Logical(bool, Vec<Node>),
    /// Condition, value if it is true, value if it is not.
    If(Box<[Node; 3]>),
    Index(Box<Node>, Vec<Node>),
    Call(Function, Vec<Node>),
}

impl Kind {
    /// The nodes that it is made of.
    fn parts(&self) -> Vec<&Node> {
        match self {
            Self::Literal(_) | Self::Name(_) => Vec::new(),
            Self::Negate(inner) | Self::Not(inner) => vec![inner],
            Self::Arithmetic(first, rest) => {
                std::iter::once(&**first).chain(rest.iter().map(|(_, node)| node)).collect()
            }
            Self::Compare(_, operands) => operands.iter().collect(),
            Self::If(parts) => parts.iter().collect(),
            Self::Logical(_, operands) | Self::Call(_, operands) => operands.iter().collect(),
            Self::Index(base, indices) => std::iter::once(&**base).chain(indices).collect(),
        }
    }
}

/// An operator between numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

impl Operator {
    /// The operator as it is written.
    fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "**",
        }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison as it is written.
    fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Ceil,
    Floor,
    Abs,
    Len,
}

impl Function {
    const ALL: [Self; 6] = [Self::Min, Self::Max, Self::Ceil, Self::Floor, Self::Abs, Self::Len];

    /// The function as it is written.
    fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Ceil => "ceil",
            Self::Floor => "floor",
            Self::Abs => "abs",
            Self::Len => "len",
        }
    }

    /// The function called `name`.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// Whether any number of arguments from one on may be given, and not only one.
    fn is_variadic(self) -> bool {
        matches!(self, Self::Min | Self::Max)
    }
}

/// A text with expressions in braces, such as `stage{i + 1}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Expression(Expression, Range<usize>),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// If braces do not match, or what stands in them is no expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        check_length(text)?;
        let mut parts = Vec::new();
        let mut position = 0_usize;
        while let Some((part, next)) = template_part(text, position)? {
            parts.push(part);
            position = next;
        }
        Ok(Self { parts })
    }

    /// The text, if there is no part in braces.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The names of variables that occur, in the order of the text.
    pub fn names(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.expressions().flat_map(Expression::names)
    }

    /// The text with the values of the expressions in their places.
    ///
    /// # Errors
    ///
    /// If an expression has no value, or a list stands in braces.
    pub fn render(&self, lookup: &Lookup<'_>) -> Result<String, ExpressionError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Expression(expression, span) => {
                    text.push_str(&render_part(expression, span, lookup)?);
                }
            }
        }
        Ok(text)
    }

    /// The expressions in braces.
    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression(expression, _) => Some(expression),
            Part::Text(_) => None,
        })
    }
}

/// The value of an expression in braces as text.
fn render_part(
    expression: &Expression,
    span: &Range<usize>,
    lookup: &Lookup<'_>,
) -> Result<String, ExpressionError> {
    match expression.evaluate(lookup)? {
        Value::List(_) => Err(ExpressionError::new(span, "a list cannot stand in a name")),
        value => Ok(value.to_string()),
    }
}

/// The part of a template that starts at `position`, and where the next one starts.
fn template_part(text: &str, position: usize) -> Result<Option<(Part, usize)>, ExpressionError> {
    let rest = text.get(position..).unwrap_or_default();
    let Some(first) = rest.chars().next() else {
        return Ok(None);
    };
    let after = position.saturating_add(1);
    match first {
        '{' => braced_part(text, position).map(Some),
        '}' => Err(ExpressionError::new(&(position..after), "this `}` closes no `{`")),
        _ => {
            let literal = rest.split(['{', '}']).next().unwrap_or(rest);
            Ok(Some((Part::Text(literal.to_owned()), position.saturating_add(literal.len()))))
        }
    }
}

/// The part of a template whose `{` is at `position`, and where the next one starts.
fn braced_part(text: &str, position: usize) -> Result<(Part, usize), ExpressionError> {
    let start = position.saturating_add(1);
    let inside = text.get(start..).unwrap_or_default();
    let Some(length) = inside.find('}') else {
        return Err(ExpressionError::new(&(position..start), "this `{` is never closed"));
    };
    let end = start.saturating_add(length);
    let next = end.saturating_add(1);
    if inside.get(..length).is_none_or(|part| part.trim().is_empty()) {
        let error =
            ExpressionError::new(&(position..next), "an expression is missing between the braces");
        return Err(error);
    }
    let expression = Expression::parse_part(text, start..end)?;
    Ok((Part::Expression(expression, start..end), next))
}

/// Refuses a text that is too long.
fn check_length(text: &str) -> Result<(), ExpressionError> {
    if text.len() <= MAX_LENGTH {
        return Ok(());
    }
    let message = format!("the expression is too long: {} bytes, at most {MAX_LENGTH}", text.len());
    Err(ExpressionError::new(&(0..text.len()), message))
}
