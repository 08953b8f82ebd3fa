//! From text to the tree of an expression.

use std::ops::Range;
use std::sync::Arc;

use super::super::value::Value;
use super::lexer::{Lexer, Token};
use super::{Comparison, ExpressionError, Function, Kind, MAX_NESTING, Name, Node, Operator};
use crate::diagnostics::suggest;

/// How tightly an operator binds, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Unary,
}

impl Level {
    /// The level of the operand to the right of an operator of this level that groups to the left.
    fn next(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Unary => Self::Unary,
        }
    }
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Infix {
    Or,
    And,
    Comparison(Comparison),
    Arithmetic(Operator),
}

impl Infix {
    /// The operator a token stands for between two operands. A power is not here: it belongs to its operands.
    fn from_token(token: &Token<'_>) -> Option<Self> {
        match token {
            Token::Or => Some(Self::Or),
            Token::And => Some(Self::And),
            Token::Comparison(comparison) => Some(Self::Comparison(*comparison)),
            Token::Operator(Operator::Power) => None,
            Token::Operator(operator) => Some(Self::Arithmetic(*operator)),
            _ => None,
        }
    }

    /// How tightly it binds.
    fn level(self) -> Level {
        match self {
            Self::Or => Level::Or,
            Self::And => Level::And,
            Self::Comparison(_) => Level::Comparison,
            Self::Arithmetic(Operator::Add | Operator::Subtract) => Level::Sum,
            Self::Arithmetic(_) => Level::Product,
        }
    }
}

/// A recursive-descent parser with one token of lookahead.
pub(super) struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    token: Token<'a>,
    span: Range<usize>,
    /// The first error of the lexer, told when its token is reached.
    pending: Option<ExpressionError>,
    part: Range<usize>,
    nesting: usize,
    names: Vec<Name>,
}

type Parsed = Result<Node, ExpressionError>;

impl<'a> Parser<'a> {
    /// A parser of `part` of `text`.
    pub(super) fn new(text: &'a str, part: Range<usize>) -> Self {
        let lexer = Lexer::new(text, part.clone());
        let span = part.start..part.start;
        Self {
            text,
            lexer,
            token: Token::End,
            span,
            pending: None,
            part,
            nesting: 0,
            names: Vec::new(),
        }
    }

    /// The tree of the whole part, and the names in it.
    pub(super) fn parse(mut self) -> Result<(Node, Vec<Name>), ExpressionError> {
        self.advance();
        if self.pending.is_none() && self.token == Token::End {
            return Err(ExpressionError::new(&self.part, "an expression is missing"));
        }
        let root = self.expression()?;
        if self.token != Token::End || self.pending.is_some() {
            return Err(self.unexpected("an operator or the end"));
        }
        Ok((root, self.names))
    }

    /// Moves on to the next token.
    fn advance(&mut self) {
        match self.lexer.next() {
            Ok((token, span)) => (self.token, self.span) = (token, span),
            Err(error) => {
                (self.token, self.span) = (Token::End, error.span.clone());
                self.pending = self.pending.take().or(Some(error));
            }
        }
    }

    /// Moves on if the token is `token`, and gives its span.
    fn accept(&mut self, token: &Token<'_>) -> Option<Range<usize>> {
        if self.token != *token || self.pending.is_some() {
            return None;
        }
        let span = self.span.clone();
        self.advance();
        Some(span)
    }

    /// The error that something else than `expected` stands here.
    fn unexpected(&mut self, expected: &str) -> ExpressionError {
        if let Some(error) = self.pending.take() {
            return error;
        }
        let found = match self.text.get(self.span.clone()) {
            None | Some("") => "the expression ends".to_owned(),
            Some(found) => format!("`{found}` stands"),
        };
        ExpressionError::new(&self.span, format!("{found} where {expected} is expected"))
    }

    /// Runs `parse` one level deeper.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.nesting >= MAX_NESTING {
            let message = format!("the expression nests too deep, at most {MAX_NESTING}");
            return Err(ExpressionError::new(&self.span, message));
        }
        self.nesting = self.nesting.saturating_add(1);
        let result = parse(self);
        self.nesting = self.nesting.saturating_sub(1);
        result
    }

    /// Any expression; a conditional one binds the least.
    fn expression(&mut self) -> Parsed {
        let value = self.infix(Level::Or)?;
        if self.accept(&Token::If).is_none() {
            return Ok(value);
        }
        let condition = self.infix(Level::Or)?;
        if self.accept(&Token::Else).is_none() {
            let error = self.unexpected("`else`");
            return Err(error.help("a conditional is written `a if condition else b`"));
        }
        let otherwise = self.nested(Self::expression)?;
        let span = value.span.start..otherwise.span.end;
        Ok(Node { kind: Kind::If(Box::new([condition, value, otherwise])), span })
    }

    /// Operands joined by operators that bind at least as tightly as `least`.
    fn infix(&mut self, least: Level) -> Parsed {
        let mut left = self.operand(least)?;
        let mut open = None;
        while let Some(infix) =
            Infix::from_token(&self.token).filter(|infix| infix.level() >= least)
        {
            if infix.level() == Level::Comparison && open == Some(Level::Comparison) {
                return Err(self.chained_comparison(&left));
            }
            self.advance();
            let right = self.infix(infix.level().next())?;
            left = join(left, infix, right, open == Some(infix.level()));
            open = Some(infix.level());
        }
        Ok(left)
    }

    /// The error that `a < b < c` is not possible.
    fn chained_comparison(&self, left: &Node) -> ExpressionError {
        let span = left.span.start..self.span.end;
        ExpressionError::new(&span, "comparisons cannot be chained").help("write `a < b and b < c`")
    }

    /// An operand with the signs and the `not` before it.
    fn operand(&mut self, least: Level) -> Parsed {
        if self.token != Token::Not || self.pending.is_some() {
            return self.signed();
        }
        if least > Level::Not {
            let error = self.unexpected("a value");
            return Err(error.help("put parentheses around `not` and what it belongs to"));
        }
        let start = self.span.start;
        self.advance();
        let inner = self.nested(|parser| parser.infix(Level::Not))?;
        let span = start..inner.span.end;
        Ok(Node { kind: Kind::Not(Box::new(inner)), span })
    }

    /// A power with the signs before it.
    fn signed(&mut self) -> Parsed {
        let start = self.span.start;
        if self.accept(&Token::Operator(Operator::Subtract)).is_some() {
            let inner = self.nested(Self::signed)?;
            return Ok(negate(start, inner));
        }
        if self.accept(&Token::Operator(Operator::Add)).is_some() {
            return self.nested(Self::signed);
        }
        let base = self.indexed()?;
        if self.accept(&Token::Operator(Operator::Power)).is_none() {
            return Ok(base);
        }
        let exponent = self.nested(Self::signed)?;
        Ok(join(base, Infix::Arithmetic(Operator::Power), exponent, false))
    }

    /// A value with the indices after it.
    fn indexed(&mut self) -> Parsed {
        let value = self.value()?;
        let mut span = value.span.clone();
        let mut indices = Vec::new();
        while self.accept(&Token::OpenIndex).is_some() {
            indices.push(self.nested(Self::expression)?);
            let Some(close) = self.accept(&Token::CloseIndex) else {
                return Err(self.unexpected("`]`"));
            };
            span.end = close.end;
        }
        if indices.is_empty() {
            return Ok(value);
        }
        Ok(Node { kind: Kind::Index(Box::new(value), indices), span })
    }

    /// A literal, a name, a call or an expression in parentheses.
    fn value(&mut self) -> Parsed {
        let span = self.span.clone();
        let kind = match self.token {
            _ if self.pending.is_some() => return Err(self.unexpected("a value")),
            Token::Number(number) => Kind::Literal(Value::Number(number)),
            Token::True => Kind::Literal(Value::Boolean(true)),
            Token::False => Kind::Literal(Value::Boolean(false)),
            Token::Name(name) => return self.name_or_call(name),
            Token::Open => return self.parenthesised(),
            Token::OpenIndex => {
                let error = self.unexpected("a value");
                return Err(
                    error.help("a list is written as a YAML sequence, not within an expression")
                );
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        Ok(Node { kind, span })
    }

    /// An expression in parentheses; they belong to its span.
    fn parenthesised(&mut self) -> Parsed {
        let start = self.span.start;
        self.advance();
        let inner = self.nested(Self::expression)?;
        let Some(close) = self.accept(&Token::Close) else {
            return Err(self.unexpected("`)`"));
        };
        Ok(Node { kind: inner.kind, span: start..close.end })
    }

    /// A name, or the call of a function if a parenthesis follows.
    fn name_or_call(&mut self, name: &str) -> Parsed {
        let span = self.span.clone();
        self.advance();
        if self.accept(&Token::Open).is_some() {
            return self.call(name, &span);
        }
        let text: Arc<str> = Arc::from(name);
        self.names.push(Name { text: Arc::clone(&text), span: span.clone() });
        Ok(Node { kind: Kind::Name(text), span })
    }

    /// The call of a function whose parenthesis has been read.
    fn call(&mut self, name: &str, span: &Range<usize>) -> Parsed {
        let Some(function) = Function::from_name(name) else {
            return Err(unknown_function(name, span));
        };
        let mut arguments = Vec::new();
        let close = loop {
            if let Some(close) = self.accept(&Token::Close) {
                break close;
            }
            arguments.push(self.nested(Self::expression)?);
            if self.accept(&Token::Comma).is_none() && self.token != Token::Close {
                return Err(self.unexpected("`,` or `)`"));
            }
        };
        let span = span.start..close.end;
        check_count(function, arguments.len(), &span)?;
        Ok(Node { kind: Kind::Call(function, arguments), span })
    }
}

/// The error that there is no such function, with the one that may have been meant.
fn unknown_function(name: &str, span: &Range<usize>) -> ExpressionError {
    let names = Function::ALL.map(Function::name);
    let help = match suggest(name, names.into_iter()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the functions are {}", names.join(", ")),
    };
    ExpressionError::new(span, format!("unknown function `{name}`")).help(help)
}

/// Refuses a call with too few or too many arguments.
fn check_count(
    function: Function,
    count: usize,
    span: &Range<usize>,
) -> Result<(), ExpressionError> {
    if count == 1 || (count > 1 && function.is_variadic()) {
        return Ok(());
    }
    let takes = if function.is_variadic() { "at least one argument" } else { "one argument" };
    let message = format!("`{}` takes {takes}, not {count}", function.name());
    Err(ExpressionError::new(span, message))
}

/// `inner` with a minus sign at `start`; a literal stays one.
fn negate(start: usize, inner: Node) -> Node {
    let span = start..inner.span.end;
    let kind = match inner.kind {
        Kind::Literal(Value::Number(number)) => Kind::Literal(Value::Number(number.negated())),
        kind => Kind::Negate(Box::new(Node { kind, span: inner.span })),
    };
    Node { kind, span }
}

/// Two operands and the operator between them; `open` says that `left` is a row of the same level that goes on.
fn join(left: Node, infix: Infix, right: Node, open: bool) -> Node {
    let span = left.span.start..right.span.end;
    let kind = match (infix, left.kind) {
        (Infix::Or | Infix::And, Kind::Logical(all, mut operands)) if open => {
            operands.push(right);
            Kind::Logical(all, operands)
        }
        (Infix::Arithmetic(operator), Kind::Arithmetic(first, mut rest)) if open => {
            rest.push((operator, right));
            Kind::Arithmetic(first, rest)
        }
        (infix, kind) => pair(Node { kind, span: left.span }, infix, right),
    };
    Node { kind, span }
}

/// Two operands and the operator between them, as a node of its own.
fn pair(left: Node, infix: Infix, right: Node) -> Kind {
    match infix {
        Infix::Or => Kind::Logical(false, vec![left, right]),
        Infix::And => Kind::Logical(true, vec![left, right]),
        Infix::Comparison(comparison) => Kind::Compare(comparison, Box::new([left, right])),
        Infix::Arithmetic(operator) => Kind::Arithmetic(Box::new(left), vec![(operator, right)]),
    }
}
