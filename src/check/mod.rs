//! The check of a description's published figures against its analysis, and of its figures against a budget.

mod budget;
mod table;

use std::ops::Range;

use serde::Serialize;
use thiserror::Error;

pub use budget::{LimitSource, Limited, budget};
pub use table::{Checked, table, tally};

use crate::analysis::AnalysisError;
use crate::diagnostics::{Diagnostic, Diagnostics, suggest};
use crate::figure::Figure;
use crate::front::yaml::{Description, Elaborated, Expectation, Expected, Published, Settings};
use crate::network::Place;
use crate::report::fold::{self, Overflow, sum};
use crate::report::{FieldExtent, Layer, Report, Totals};

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
    /// Parameters and input where they are not the file's own, as text.
    pub conditions: String,
    /// The figure.
    pub figure: Expected,
    /// Its published value.
    pub published: Published,
    /// Its value by analysis.
    pub analysed: Published,
    /// How much of the input the output depends on, where the figure is the receptive field; `analysed` is then that of the last layer
    /// before the output sees everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receptive_field_extent: Option<FieldExtent>,
    /// How far the figure may be off, as text; `None` where it must be equal.
    pub within: Option<String>,
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
    Analysis(#[from] AnalysisError),
    /// A sum cannot be given.
    #[error(transparent)]
    Sum(#[from] Overflow),
}

/// The most layers that all expectations of a file are about, counted anew for other settings.
const MOST_LAYERS: usize = 2_000_000;

/// Checks every expectation of a description, each under the settings it names and otherwise under `settings`. Published figures
/// are for a batch of 1. Warnings about the network are given along.
///
/// # Errors
/// Where the network cannot be elaborated or analysed, or an expectation is about a layer that is not there.
pub fn check(
    description: &Description,
    settings: &Settings,
) -> Result<(Vec<Outcome>, Diagnostics), CheckError> {
    let mut reports: Vec<(Settings, Report)> = Vec::new();
    let mut outcomes = Vec::new();
    let mut warnings = Diagnostics::new();
    let mut analysed = 0_usize;
    for expectation in description.expectations() {
        let settings = settings_of(expectation, settings);
        let known = reports.iter().position(|(known, _)| *known == settings);
        let index = match known {
            Some(index) => index,
            None => {
                // Of many settings, the first, mostly the file's own, and the last are kept.
                reports.truncate(1);
                if analysed > MOST_LAYERS {
                    let message =
                        format!("the expectations are about more than {MOST_LAYERS} layers in all");
                    return Err(Diagnostics::from(
                        description.error_at(expectation.place, message),
                    )
                    .into());
                }
                let elaborated = elaborate(description, expectation, &settings)?;
                let metadata = description.metadata(&elaborated);
                let report = Report::new(&elaborated.network, metadata)?;
                analysed = analysed.saturating_add(report.layers.len());
                reports.push((settings, report));
                if warnings.is_empty() {
                    warnings = elaborated.warnings;
                }
                reports.len() - 1
            }
        };
        if let Some((settings, report)) = reports.get(index) {
            let conditions = settings.to_string();
            outcomes.extend(outcomes_of(description, expectation, report, &conditions)?);
        }
    }
    Ok((outcomes, warnings))
}

fn settings_of(expectation: &Expectation, settings: &Settings) -> Settings {
    let mut parameters = settings.parameters.clone();
    parameters.extend(expectation.settings.iter().cloned());
    let input = expectation.input.clone().or_else(|| settings.input.clone());
    Settings { parameters, input, batch: 1 }
}

/// The network of an expectation; what is wrong with it is told with the expectation that asks for it.
fn elaborate(
    description: &Description,
    expectation: &Expectation,
    settings: &Settings,
) -> Result<Elaborated, Diagnostics> {
    description.elaborate(settings).map_err(|mut diagnostics| {
        if !expectation.settings.is_empty() || expectation.input.is_some() {
            let message = "there is no network as this expectation asks for";
            diagnostics.0.insert(0, description.error_at(expectation.place, message));
        }
        diagnostics
    })
}

fn outcomes_of(
    description: &Description,
    expectation: &Expectation,
    report: &Report,
    conditions: &str,
) -> Result<Vec<Outcome>, CheckError> {
    let (totals, output) = match &expectation.of {
        None => {
            let output = report.outputs.first();
            (report.totals.clone(), output.map(|output| output.shape.clone()))
        }
        Some((path, place)) => {
            let part = part(report, path);
            let layers = report.layers.get(part.clone()).unwrap_or_default();
            if layers.is_empty() {
                return Err(Diagnostics::from(missing(description, report, path, *place)).into());
            }
            let result = fold::result(&report.layers, part);
            (sum(layers, path)?, result.map(|layer| layer.output_shape.clone()))
        }
    };
    let output = output.unwrap_or_default();
    let outcomes = expectation.figures.iter().map(|(figure, published)| {
        let analysed = analysed(*figure, &totals, &output).ok_or_else(|| {
            let message = format!("`{}` is known of whole networks only", figure.name());
            Diagnostics::from(description.error_at(expectation.place, message))
        })?;
        Ok(Outcome {
            of: expectation.of.as_ref().map(|(path, _)| path.clone()),
            conditions: conditions.to_owned(),
            figure: *figure,
            verdict: verdict(expectation, published, &analysed),
            published: published.clone(),
            analysed,
            receptive_field_extent: (*figure == Expected::Figure(Figure::ReceptiveField))
                .then_some(totals.receptive_field_extent),
            within: expectation.within.map(|tolerance| tolerance.to_string()),
            source: expectation.source.clone(),
            differs: expectation.differs.clone(),
        })
    });
    outcomes.collect()
}

/// The layers of a path, which stand together.
fn part(report: &Report, path: &str) -> Range<usize> {
    let layers = || report.layers.iter();
    let first = layers().position(|layer| belongs(layer, path));
    let last = layers().rposition(|layer| belongs(layer, path));
    match (first, last) {
        (Some(first), Some(last)) => first..last.saturating_add(1),
        _ => 0..0,
    }
}

/// Whether a layer is the one of this path, what follows it by `norm:` or `act:`, or inside the block of this path.
fn belongs(layer: &Layer, path: &str) -> bool {
    let rest = layer.name.strip_prefix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

fn missing(description: &Description, report: &Report, path: &str, place: Place) -> Diagnostic {
    let names = report.layers.iter().flat_map(|layer| [layer.name.as_str(), layer.block.as_str()]);
    let near = suggest(path, names).map(|near| format!("did you mean `{near}`?"));
    let message = format!("there is no layer or block `{path}`");
    description.error_at(place, message).maybe_help(near)
}

/// What the analysis gives; `None` where it does not.
fn analysed(figure: Expected, totals: &Totals, output: &[u64]) -> Option<Published> {
    match figure {
        Expected::Figure(figure) => totals.get(figure).map(Published::Count),
        Expected::Output => Some(Published::Sizes(output.iter().skip(1).copied().collect())),
    }
}

fn verdict(expectation: &Expectation, published: &Published, analysed: &Published) -> Verdict {
    let holds = match (published, analysed, expectation.within) {
        (Published::Count(published), Published::Count(analysed), Some(tolerance)) => {
            // What cannot be told to hold does not.
            tolerance.allows(*published, *analysed).unwrap_or(false)
        }
        _ => published == analysed,
    };
    match (holds, &expectation.differs) {
        (true, None) => Verdict::Holds,
        (false, Some(_)) => Verdict::Differs,
        (false, None) => Verdict::Fails,
        (true, Some(_)) => Verdict::HoldsAfterAll,
    }
}
