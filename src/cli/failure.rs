//! Why a command ends with exit code 2.

use std::io;

use cnnstat::analysis::AnalysisError;
use cnnstat::analysis::roofline::MachineError;
use cnnstat::back::{csv, document, html, json};
use cnnstat::check::CheckError;
use cnnstat::diagnostics::{Diagnostic, Diagnostics};
use cnnstat::formula::FormulaError;
use cnnstat::front::yaml::Description;
use cnnstat::report::fold::Overflow;
use cnnstat::sweep::{FrontError, GridError, SweepError, TooMuchWork};

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// What is wrong with the input or the call.
    Input(Diagnostics),
    /// Whoever read the output stopped reading; nothing is to be said.
    BrokenPipe,
}

impl Failure {
    /// A failure in one sentence.
    pub(super) fn message(message: impl Into<String>) -> Self {
        Self::Input(Diagnostic::error(message).into())
    }

    /// A failure in one sentence, and what to do.
    pub(super) fn helped(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input(Diagnostic::error(message).help(help).into())
    }

    /// A failure to write something, named for people.
    pub(super) fn writing(what: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::message(format!("cannot write {what}: {error}")),
        }
    }

    /// A figure of a description that cannot be given.
    pub(super) fn analysis(description: &Description, error: &AnalysisError) -> Self {
        Self::Input(description.error_at(error.place, error.to_string()).into())
    }

    /// A check that cannot be made.
    pub(super) fn check(description: &Description, error: CheckError) -> Self {
        match error {
            CheckError::Description(diagnostics) => Self::Input(diagnostics),
            CheckError::Analysis(error) => Self::analysis(description, &error),
            CheckError::Sum(error) => Self::message(error.to_string()),
        }
    }

    /// Closed forms that cannot be looked for.
    pub(super) fn formula(description: &Description, error: FormulaError) -> Self {
        match error {
            FormulaError::Description(diagnostics) => Self::Input(diagnostics),
            FormulaError::Analysis(error) => Self::analysis(description, &error),
        }
    }

    pub(super) fn render(&self, color: bool, width: usize) -> String {
        match self {
            Self::Input(diagnostics) => diagnostics.render(color, width),
            Self::BrokenPipe => String::new(),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Input(diagnostics)
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Wrong(diagnostics) => Self::Input(diagnostics),
            error => Self::message(error.to_string()),
        }
    }
}

macro_rules! from_messages {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::message(error.to_string())
            }
        })*
    };
}

from_messages!(
    document::Error,
    Overflow,
    json::Error,
    csv::Error,
    html::Error,
    FrontError,
    GridError,
    MachineError,
    TooMuchWork
);
