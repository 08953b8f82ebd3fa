//! Why a text has no values, in the terms of network files.

use std::sync::Arc;

use serde_yaml::Error;

use super::locate::syntax_span;
use crate::diagnostics::{Diagnostic, Source, Span};

/// How the message about a repeated key begins.
pub(super) const REPEATED: &str = "the key ";

/// What is wrong with a text that the reader of YAML refuses.
pub(super) fn refuse(source: &Arc<Source>, error: &Error) -> Diagnostic {
    let said = error.to_string();
    // Positions are shown with the quoted lines.
    let problem = [" at line ", " at position ", ", while "]
        .iter()
        .fold(said.as_str(), |problem, mark| problem.split(mark).next().unwrap_or(problem));
    let at = error.location().map(|at| syntax_span(&source.text, at.line(), at.column()));
    if let Some((message, span)) = well_formed(&source.text, problem) {
        let diagnostic = Diagnostic::error(message);
        return match span.or(at) {
            Some(span) => diagnostic.label(source, span, ""),
            None => diagnostic,
        };
    }
    let mut diagnostic = Diagnostic::error(format!("this is no YAML: {problem}"));
    let character = at.clone().and_then(|at| source.text.get(at)).unwrap_or_default();
    let help = help(problem, character);
    if let Some(span) = at {
        diagnostic = diagnostic.label(source, span, "");
    }
    if let Some((context, span)) = context(source, &said) {
        diagnostic = diagnostic.label(source, span, context);
    }
    diagnostic.maybe_help(help)
}

/// What is YAML, but no file of ours: what to say, and where, if the reader does not tell.
fn well_formed(text: &str, problem: &str) -> Option<(String, Option<Span>)> {
    if problem.contains("more than one document") {
        let second = text.rfind("\n---").map(|line| line + 1..line + 4);
        return Some(("a file holds one network, and so one YAML document".to_owned(), second));
    }
    if problem == "repetition limit exceeded" {
        return Some(("the aliases in this file stand for too many values".to_owned(), None));
    }
    if problem.ends_with("recursion limit exceeded") {
        return Some(("the values in this file nest too deeply".to_owned(), None));
    }
    if problem == "control characters are not allowed" {
        let control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        let found = text.char_indices().find(|(_, letter)| control(*letter));
        let span = found.map(|(at, letter)| at..at + letter.len_utf8());
        return Some(("a control character has no place in YAML".to_owned(), span));
    }
    let (_, key) = problem.split_once(REPEATED)?;
    Some((format!("{REPEATED}{key} in the map that starts here"), None))
}

/// The collection or text that was begun before the place of an error, and where.
fn context(source: &Source, said: &str) -> Option<(String, Span)> {
    let (_, context) = said.rsplit_once(", while ")?;
    let (what, position) = context.rsplit_once(" at line ")?;
    let (line, column) = position.split_once(" column ")?;
    let span = syntax_span(&source.text, line.parse().ok()?, column.parse().ok()?);
    Some((format!("while {what} that starts here"), span))
}

fn help(problem: &str, character: &str) -> Option<&'static str> {
    if character == "\t" {
        return Some("indent with spaces, YAML does not take tabs");
    }
    if problem.contains("mapping values are not allowed") {
        return Some(
            "several arguments stand in braces, as in `conv: {out: 16, kernel: 3}`; a text with `: ` in it needs quotes",
        );
    }
    let in_brackets = problem.contains("expected ',' or");
    in_brackets
        .then_some("an expression with `[`, `]`, `{`, `}` or `,` needs quotes between brackets")
}
