//! The figures of a study's variants for every value of a parameter.

use rayon::prelude::*;
use serde::Serialize;

use super::{ByFigure, measures};
use crate::analysis::totals;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::figure::{Figure, Measure};
use crate::front::yaml::value::Value;
use crate::front::yaml::{NoVariant, ParameterSweep, Settings, Study};
use crate::report::FieldExtent;

/// The most steps that the networks of a sweep take to build, all together.
const MOST_STEPS: usize = 50_000_000;

/// So many values are tried before it is looked whether one of them failed.
const AT_ONCE: usize = 64;

/// The most networks of a sweep whose paths are counted.
const MOST_WITH_PATHS: usize = 1_000;

/// The figures for every value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Swept {
    /// The parameter.
    pub parameter: String,
    /// What becomes of it, in the order of the values.
    pub points: Vec<SweptPoint>,
}

/// The figures for a value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweptPoint {
    /// The value.
    pub value: u64,
    /// The figures of every variant, in the order of the study.
    pub variants: Vec<ByFigure<Option<u64>>>,
    /// How much of the input the output of every variant depends on, as far as receptive fields are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receptive_field_extents: Vec<FieldExtent>,
}

impl Swept {
    /// Whether a figure is known for a variant at two values and differs.
    #[must_use]
    pub fn varies(&self, figure: Measure) -> bool {
        let figures = |point: &SweptPoint| -> Vec<Option<u64>> {
            point.variants.iter().map(|of| of.get(figure).copied().flatten()).collect()
        };
        let first = self.points.first().map(figures);
        self.points.iter().any(|point| Some(figures(point)) != first)
    }
}

impl SweptPoint {
    /// How much of the input the output of the variant at this position depends on, as far as that is told.
    pub(super) fn receptive_field_extent(&self, variant: usize) -> FieldExtent {
        self.receptive_field_extents.get(variant).copied().unwrap_or_default()
    }
}

/// Analyses every variant at every value.
pub(super) fn sweep(
    study: &Study,
    settings: &Settings,
    sweep: &ParameterSweep,
) -> Result<Swept, Diagnostics> {
    let networks = sweep.values.len().saturating_mul(study.variants.len());
    let has_paths = study.figures.iter().any(|measure| measure.figure().is_none());
    if has_paths && networks > MOST_WITH_PATHS {
        let message = format!("a sweep counts the paths of at most {MOST_WITH_PATHS} networks");
        return Err(Diagnostic::error(message).into());
    }
    let most_steps = MOST_STEPS.checked_div(networks).unwrap_or(MOST_STEPS);
    let figures: Vec<Figure> = study.figures.iter().copied().filter_map(Measure::figure).collect();
    let point = |value: &u64| -> Result<SweptPoint, Diagnostics> {
        let mut settings = settings.clone();
        settings.parameters.retain(|(name, _)| *name != sweep.parameter);
        settings.parameters.push((sweep.parameter.clone(), Value::from(*value)));
        let failed = |variant: &str, why: String| {
            let message =
                format!("the variant `{variant}` at {} = {value}: {why}", sweep.parameter);
            Diagnostics::from(Diagnostic::error(message))
        };
        let variants = study.variants.iter().map(|variant| {
            let settings = variant.settings(&settings);
            let network = variant
                .description
                .network_within(&settings, most_steps)
                .map_err(|why| failed(&variant.name, reason(why, networks)))?;
            let totals = totals(&network, &figures);
            totals
                .and_then(|totals| {
                    let figures = measures(&study.figures, &totals, &network)?;
                    Ok((figures, totals.receptive_field_extent))
                })
                .map_err(|error| failed(&variant.name, error.to_string()))
        });
        let (variants, mut receptive_field_extents): (_, Vec<FieldExtent>) =
            variants.collect::<Result<Vec<_>, Diagnostics>>()?.into_iter().unzip();
        if !figures.contains(&Figure::ReceptiveField) {
            receptive_field_extents.clear();
        }
        Ok(SweptPoint { value: *value, variants, receptive_field_extents })
    };
    let mut points = Vec::with_capacity(sweep.values.len());
    for values in sweep.values.chunks(AT_ONCE) {
        // Of several errors the first in order is told, whichever is found first.
        let found: Vec<Result<SweptPoint, Diagnostics>> = values.par_iter().map(point).collect();
        for one in found {
            points.push(one?);
        }
    }
    Ok(Swept { parameter: sweep.parameter.clone(), points })
}

fn reason(why: NoVariant, networks: usize) -> String {
    match why {
        NoVariant::Wrong(why) => why.to_string(),
        NoVariant::TooLarge => format!(
            "the {networks} networks of the sweep take more than {MOST_STEPS} steps to build, all together"
        ),
    }
}
