//! Problems found in a file, before their places are looked up.

use std::collections::HashSet;

use super::place::Places;
use crate::diagnostics::{Diagnostic, Diagnostics, MAX_SHOWN, Severity, Span};
use crate::network::Place;

/// How many bytes of text are searched for the places of problems: a place is found by reading its file from the start.
const MOST_BYTES: usize = 16 << 20;

/// A problem at a place, not yet looked up in the text.
#[derive(Debug)]
pub(super) struct Problem {
    severity: Severity,
    place: Place,
    part: Option<Span>,
    message: String,
    label: String,
    help: Option<String>,
    calls: Vec<(Place, String)>,
}

impl Problem {
    pub(super) fn error(place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place,
            part: None,
            message: message.into(),
            label: String::new(),
            help: None,
            calls: Vec::new(),
        }
    }

    pub(super) fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }

    /// The part of the scalar at the place that is at fault.
    pub(super) fn part(mut self, part: Span) -> Self {
        self.part = Some(part);
        self
    }

    /// What is said beside the underlined text.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What to do about it.
    pub(super) fn help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into).or(self.help);
        self
    }

    /// The calls that led to the place, outermost first.
    pub(super) fn calls(mut self, calls: impl IntoIterator<Item = (Place, String)>) -> Self {
        self.calls = calls.into_iter().collect();
        self
    }

    fn diagnose(self, places: &Places) -> Diagnostic {
        let mut diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(self.message),
            Severity::Warning => Diagnostic::warning(self.message),
        };
        if let Some((source, span)) = places.span(self.place, self.part) {
            diagnostic = diagnostic.label(&source, span, self.label);
        }
        for (place, text) in self.calls.into_iter().rev() {
            if let Some((source, span)) = places.span(place, None) {
                diagnostic = diagnostic.label(&source, span, text);
            }
        }
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// The problems of a file, each told once.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    seen: HashSet<(Place, String)>,
    errors: usize,
    /// Warnings that were not kept.
    dropped: usize,
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        if problem.severity == Severity::Warning && self.list.len() >= MAX_SHOWN {
            self.dropped += 1;
            return;
        }
        if !self.seen.insert((problem.place, problem.message.clone())) {
            return;
        }
        if problem.severity == Severity::Error {
            self.errors += 1;
        }
        self.list.push(problem);
    }

    /// Whether this was told already.
    pub(super) fn knows(&self, place: Place, message: &str) -> bool {
        self.seen.contains(&(place, message.to_owned()))
    }

    /// Whether there is an error among them.
    pub(super) fn any_errors(&self) -> bool {
        self.errors > 0
    }

    /// What the first error says.
    pub(super) fn first_error(&self) -> Option<&str> {
        let mut errors = self.list.iter().filter(|problem| problem.severity == Severity::Error);
        errors.next().map(|problem| problem.message.as_str())
    }

    /// How many errors were told so far.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether there are so many that looking for more is of no use.
    pub(super) fn are_enough(&self) -> bool {
        self.errors >= MAX_SHOWN
    }

    /// The problems with the text they are about, in the order of the text; warnings are left out where there are errors.
    pub(super) fn diagnose(self, places: &Places) -> Diagnostics {
        let any_errors = self.any_errors();
        let mut told = self.list;
        told.retain(|problem| !any_errors || problem.severity == Severity::Error);
        let affordable =
            MOST_BYTES.checked_div(places.bytes()).unwrap_or(MAX_SHOWN).clamp(1, MAX_SHOWN);
        let dropped = if any_errors { 0 } else { self.dropped };
        let untold = told.len().saturating_sub(affordable) + dropped;
        told.truncate(affordable);
        let mut diagnostics: Vec<_> =
            told.into_iter().map(|problem| problem.diagnose(places)).collect();
        diagnostics.sort_by_key(|diagnostic| {
            let place = diagnostic.labels.first();
            place.map(|label| (label.source.name.clone(), label.span.start))
        });
        if untold > 0
            && let Some(last) = diagnostics.pop()
        {
            diagnostics.push(last.note(format!("{untold} more are not shown")));
        }
        Diagnostics(diagnostics)
    }
}
