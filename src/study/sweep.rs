//! The figures of a study's variants for every value of a parameter.

use rayon::prelude::*;
use serde::Serialize;

use super::{ByFigure, StudyError};
use crate::analysis::analyse;
use crate::diagnostics::Diagnostic;
use crate::figure::Figure;
use crate::front::yaml::value::Value;
use crate::front::yaml::{Settings, Study, Sweep};

/// The most steps that the networks of a sweep take to build, all together.
const MOST_STEPS: usize = 50_000_000;

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
}

impl Swept {
    /// Whether a figure is known for a variant at two values and differs.
    #[must_use]
    pub fn varies(&self, figure: Figure) -> bool {
        let figures = |point: &SweptPoint| -> Vec<Option<u64>> {
            point.variants.iter().map(|of| of.get(figure).copied().flatten()).collect()
        };
        let first = self.points.first().map(figures);
        self.points.iter().any(|point| Some(figures(point)) != first)
    }
}

/// Analyses every variant at every value.
pub(super) fn sweep(
    study: &Study,
    settings: &Settings,
    sweep: &Sweep,
) -> Result<Swept, StudyError> {
    let networks = sweep.values.len().saturating_mul(study.variants.len());
    let most_steps = MOST_STEPS.checked_div(networks).unwrap_or(MOST_STEPS);
    let point = |value: &u64| -> Result<SweptPoint, StudyError> {
        let mut settings = settings.clone();
        settings.parameters.retain(|(name, _)| *name != sweep.parameter);
        settings.parameters.push((sweep.parameter.clone(), Value::from(*value)));
        let failed = |variant: &str, why: String| {
            let message =
                format!("the variant `{variant}` at {} = {value}: {why}", sweep.parameter);
            StudyError::from(Diagnostic::error(message))
        };
        let variants = study.variants.iter().map(|variant| {
            let settings = variant.settings(&settings);
            let network = variant
                .description
                .variant(&settings, most_steps)
                .map_err(|why| failed(&variant.name, why))?;
            let analysis =
                analyse(&network).map_err(|error| failed(&variant.name, error.to_string()))?;
            let figure = |figure| Some(analysis.totals.get(figure));
            Ok(ByFigure::of(&study.figures, figure))
        });
        let variants = variants.collect::<Result<_, StudyError>>()?;
        Ok(SweptPoint { value: *value, variants })
    };
    let points: Vec<Result<SweptPoint, StudyError>> = sweep.values.par_iter().map(point).collect();
    let points = points.into_iter().collect::<Result<_, _>>()?;
    Ok(Swept { parameter: sweep.parameter.clone(), points })
}
