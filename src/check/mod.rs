//! The check of a description's published figures against its analysis.

mod table;

use serde::Serialize;
use thiserror::Error;

pub use table::{Checked, table};

use crate::diagnostics::Diagnostics;
use crate::front::yaml::{
    Description, Elaborated, Expectation, Figure, Published, Settings, Tolerance,
};
use crate::report::fold::{Overflow, sum};
use crate::report::{Layer, Report, ReportError, Totals};

/// What became of a published figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The analysis gives it, within its tolerance.
    Holds,
    /// It does not follow from the definition, and the file says why.
    Differs,
    /// The analysis gives another.
    Fails,
    /// The file says that it differs, but it does not.
    HoldsAfterAll,
}

impl Verdict {
    /// Whether the check passes.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Holds | Self::Differs)
    }
}

/// One published figure beside the analysed one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// What is meant: a layer, a block, or the whole network if `None`.
    pub of: Option<String>,
    /// Parameters and input where they are not the file's own.
    pub conditions: String,
    /// The figure.
    pub figure: Figure,
    /// Its published value.
    pub published: Published,
    /// Its value by analysis.
    pub found: Published,
    /// Where it was published.
    pub source: Option<String>,
    /// Why it differs, where the file says so.
    pub differs: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
}

/// Why a check could not be made.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The network cannot be elaborated as the expectation asks.
    #[error(transparent)]
    Description(#[from] Diagnostics),
    /// A figure cannot be given.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A sum cannot be given.
    #[error(transparent)]
    Sum(#[from] Overflow),
}

/// Checks every expectation of a description, each under the settings it names and otherwise under `settings`.
///
/// # Errors
/// Where the network cannot be elaborated or analysed, or an expectation is about a layer that is not there.
pub fn check(description: &Description, settings: &Settings) -> Result<Vec<Outcome>, CheckError> {
    let mut reports: Vec<(Settings, Report)> = Vec::new();
    let mut outcomes = Vec::new();
    for expectation in description.expectations() {
        let settings = settings_of(expectation, settings);
        let known = reports.iter().position(|(known, _)| *known == settings);
        let index = match known {
            Some(index) => index,
            None => {
                let elaborated: Elaborated = description.elaborate(&settings)?;
                reports.push((settings, Report::new(description, &elaborated)?));
                reports.len() - 1
            }
        };
        if let Some((_, report)) = reports.get(index) {
            outcomes.extend(outcomes_of(description, expectation, report)?);
        }
    }
    Ok(outcomes)
}

fn settings_of(expectation: &Expectation, settings: &Settings) -> Settings {
    let mut parameters = settings.parameters.clone();
    parameters.extend(expectation.settings.iter().cloned());
    let input = expectation.input.clone().or_else(|| settings.input.clone());
    Settings { parameters, input, batch: settings.batch }
}

fn outcomes_of(
    description: &Description,
    expectation: &Expectation,
    report: &Report,
) -> Result<Vec<Outcome>, CheckError> {
    let layers: Vec<Layer> = match &expectation.of {
        None => report.layers.clone(),
        Some(path) => report.layers.iter().filter(|layer| belongs(layer, path)).cloned().collect(),
    };
    let (Some(last), of) = (layers.last(), &expectation.of) else {
        let path = expectation.of.as_deref().unwrap_or_default();
        let message = format!("there is no layer or block `{path}`");
        return Err(Diagnostics(vec![description.error_at(expectation.place, message)]).into());
    };
    let totals = match of {
        None => report.totals.clone(),
        Some(path) => sum(&layers, path)?,
    };
    let output = match (of, report.outputs.first()) {
        (None, Some(output)) => &output.shape,
        _ => &last.output_shape,
    };
    let outcomes = expectation.figures.iter().map(|(figure, published)| {
        let found = found(*figure, &totals, output);
        Outcome {
            of: expectation.of.clone(),
            conditions: conditions(expectation),
            figure: *figure,
            verdict: verdict(expectation, published, &found),
            published: published.clone(),
            found,
            source: expectation.source.clone(),
            differs: expectation.differs.clone(),
        }
    });
    Ok(outcomes.collect())
}

/// Whether a layer is the one of this path, what follows it by `norm:` or `act:`, or inside the block of this path.
fn belongs(layer: &Layer, path: &str) -> bool {
    let rest = layer.name.strip_prefix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

fn found(figure: Figure, totals: &Totals, output: &[u64]) -> Published {
    match figure {
        Figure::Params => Published::Count(totals.params),
        Figure::Macs => Published::Count(totals.macs),
        Figure::Flops => Published::Count(totals.flops),
        Figure::Activations => Published::Count(totals.activations),
        Figure::ConvActivations => Published::Count(totals.conv_activations),
        Figure::Output => Published::Sizes(output.iter().skip(1).copied().collect()),
    }
}

fn verdict(expectation: &Expectation, published: &Published, found: &Published) -> Verdict {
    let holds = match (published, found, expectation.within) {
        (Published::Count(published), Published::Count(found), Some(tolerance)) => {
            within(*published, *found, tolerance)
        }
        _ => published == found,
    };
    match (holds, &expectation.differs) {
        (true, None) => Verdict::Holds,
        (false, Some(_)) => Verdict::Differs,
        (false, None) => Verdict::Fails,
        (true, Some(_)) => Verdict::HoldsAfterAll,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a tolerance is no exact figure")]
fn within(published: u64, found: u64, tolerance: Tolerance) -> bool {
    let distance = published.abs_diff(found) as f64;
    match tolerance {
        Tolerance::Relative(part) => distance <= part * published as f64,
        Tolerance::Absolute(most) => distance <= most,
    }
}

fn conditions(expectation: &Expectation) -> String {
    let settings = expectation.settings.iter();
    let mut parts: Vec<String> = settings.map(|(name, value)| format!("{name}={value}")).collect();
    if let Some(input) = &expectation.input {
        let sizes: Vec<_> = input.iter().map(ToString::to_string).collect();
        parts.push(format!("input {}", sizes.join("x")));
    }
    parts.join(", ")
}
