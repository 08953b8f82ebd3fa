//! The words and signs an expression is made of.

use std::ops::Range;

use super::super::value::Number;
use super::{Comparison, ExpressionError, Operator};

/// A word or sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Number(Number),
    Name(&'a str),
    Operator(Operator),
    Comparison(Comparison),
    True,
    False,
    And,
    Or,
    Not,
    If,
    Else,
    Open,
    Close,
    OpenIndex,
    CloseIndex,
    Comma,
    End,
}

/// Reads one token after the other from a part of a text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
    end: usize,
}

/// The signs, longer ones before those they start with.
const SIGNS: [(&str, Token<'static>); 18] = [
    ("**", Token::Operator(Operator::Power)),
    ("//", Token::Operator(Operator::FloorDivide)),
    ("==", Token::Comparison(Comparison::Equal)),
    ("!=", Token::Comparison(Comparison::NotEqual)),
    ("<=", Token::Comparison(Comparison::LessOrEqual)),
    (">=", Token::Comparison(Comparison::GreaterOrEqual)),
    ("<", Token::Comparison(Comparison::Less)),
    (">", Token::Comparison(Comparison::Greater)),
    ("+", Token::Operator(Operator::Add)),
    ("-", Token::Operator(Operator::Subtract)),
    ("*", Token::Operator(Operator::Multiply)),
    ("/", Token::Operator(Operator::Divide)),
    ("%", Token::Operator(Operator::Modulo)),
    ("(", Token::Open),
    (")", Token::Close),
    ("[", Token::OpenIndex),
    ("]", Token::CloseIndex),
    (",", Token::Comma),
];

/// Signs of other languages, and what stands for them here.
const FOREIGN: [(&str, &str); 6] = [
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `not`"),
    ("^", "write `**` for a power"),
    ("=", "write `==` to compare"),
    ("?", "write `a if condition else b`"),
];

impl<'a> Lexer<'a> {
    /// Reads `part` of `text`.
    pub(super) fn new(text: &'a str, part: Range<usize>) -> Self {
        Self { text, position: part.start, end: part.end }
    }

    /// The next token and its span; [`Token::End`] at the end, again and again.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Range<usize>), ExpressionError> {
        self.skip_blanks();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, self.position..self.position));
        };
        if first.is_alphabetic() || first == '_' {
            return Ok(self.word());
        }
        if first.is_ascii_digit() || starts_fraction(rest) {
            return self.number();
        }
        match SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            Some((sign, token)) => Ok((*token, self.take(sign.len()))),
            None => Err(self.unknown_sign(first)),
        }
    }

    /// What has not been read.
    fn rest(&self) -> &'a str {
        self.text.get(self.position..self.end).unwrap_or_default()
    }

    /// Moves on by `length` bytes, and gives their span.
    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.position;
        self.position = start.saturating_add(length).min(self.end);
        start..self.position
    }

    /// Moves on past white space.
    fn skip_blanks(&mut self) {
        let rest = self.rest();
        let blanks = rest.len().saturating_sub(rest.trim_start().len());
        let _ = self.take(blanks);
    }

    /// A name or key word.
    fn word(&mut self) -> (Token<'a>, Range<usize>) {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        let token = match rest.get(..length).unwrap_or_default() {
            "true" => Token::True,
            "false" => Token::False,
            "and" => Token::And,
            "or" => Token::Or,
            "not" => Token::Not,
            "if" => Token::If,
            "else" => Token::Else,
            name => Token::Name(name),
        };
        (token, self.take(length))
    }

    /// A number.
    fn number(&mut self) -> Result<(Token<'a>, Range<usize>), ExpressionError> {
        let rest = self.rest();
        let (length, valid) = measure_number(rest);
        let text = rest.get(..length).unwrap_or_default();
        let span = self.take(length);
        if !valid {
            return Err(ExpressionError::new(&span, format!("`{text}` is not a number")));
        }
        match Number::from_decimal(text) {
            Some(number) => Ok((Token::Number(number), span)),
            None if text.contains("e-") || text.contains("E-") || text.starts_with("0.") => {
                Err(ExpressionError::new(&span, "the number has too many decimal places"))
            }
            None => Err(ExpressionError::new(&span, "the number is too large")),
        }
    }

    /// The error for a sign that is none of this language.
    fn unknown_sign(&self, first: char) -> ExpressionError {
        let rest = self.rest();
        if let Some((sign, help)) = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign)) {
            let span = self.position..self.position.saturating_add(sign.len());
            return ExpressionError::new(&span, format!("`{sign}` is no operator here"))
                .help(*help);
        }
        let span = self.position..self.position.saturating_add(first.len_utf8());
        let error = ExpressionError::new(&span, format!("unexpected character {first:?}"));
        match first {
            '"' | '\'' => error.help("a word is written without quotes"),
            _ => error,
        }
    }
}

/// Whether a number starts with its point, as `.5`.
fn starts_fraction(text: &str) -> bool {
    text.strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// How many bytes at the start of `text` belong to a number, and whether they make one. Letters that follow
/// immediately belong to it, so that `3x` is one mistake and not a number and a name.
fn measure_number(text: &str) -> (usize, bool) {
    let digits = |from: usize| -> usize {
        let rest = text.get(from..).unwrap_or_default();
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        from.saturating_add(count)
    };
    let mut end = digits(0);
    if text.get(end..).is_some_and(starts_fraction) {
        end = digits(end.saturating_add(1));
    }
    let exponent = text.get(end..).and_then(|rest| rest.strip_prefix(['e', 'E']));
    if let Some(exponent) = exponent {
        let signed = exponent.starts_with(['+', '-']);
        let start = end.saturating_add(if signed { 2 } else { 1 });
        let stop = digits(start);
        if stop > start {
            end = stop;
        }
    }
    let is_tail = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let rest = text.get(end..).unwrap_or_default();
    let tail = rest.find(|letter: char| !is_tail(letter)).unwrap_or(rest.len());
    (end.saturating_add(tail), tail == 0)
}
