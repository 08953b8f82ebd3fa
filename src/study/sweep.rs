//! The figures of a study's variants for every value of a parameter.

use rayon::prelude::*;
use serde::Serialize;

use super::{ByFigure, measures};
use crate::analysis::totals;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::figure::{Figure, Measure};
use crate::front::yaml::value::Value;
use crate::front::yaml::{NoVariant, ParameterSweep, Settings, StepQuota, Study, Variant};
use crate::report::FieldExtent;
use crate::sweep::{Misfits, NothingFits};

/// The most steps that the networks of a sweep take to build, all together.
const MOST_STEPS: u64 = 50_000_000;

/// The most networks of a sweep whose paths are counted.
const MOST_WITH_PATHS: usize = 1_000;

/// The figures for every value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Swept {
    /// The parameter.
    pub parameter: String,
    /// What becomes of it, in the order of the values.
    pub points: Vec<SweptPoint>,
    /// What does not fit, in the order of the values.
    pub misfits: Vec<Misfit>,
}

/// A variant that there is not at a value of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Misfit {
    /// The value.
    pub value: u64,
    /// The variant.
    pub variant: String,
    /// Why there is no such network, or a figure of it cannot be given.
    pub error: String,
}

/// The figures for a value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweptPoint {
    /// The value.
    pub value: u64,
    /// The figures of every variant, in the order of the study; all unknown where it does not fit.
    pub variants: Vec<ByFigure<Option<u64>>>,
    /// How much of the input the output of every variant depends on, as far as receptive fields are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receptive_field_extents: Vec<FieldExtent>,
}

/// What becomes of a figure over a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It is known of a variant at two values and differs.
    Varies,
    /// It is known of every variant at two values or more, and the same at all of these.
    Same,
    /// It is known, but not of every variant at two values or more.
    TooFew,
    /// It is known of no variant at any value.
    Unknown,
}

impl Swept {
    /// What becomes of a figure.
    #[must_use]
    pub fn course(&self, figure: Measure) -> Course {
        let variants = self.points.first().map_or(0, |point| point.variants.len());
        let course = |at: usize| {
            let of = |point: &SweptPoint| point.variants.get(at)?.get(figure).copied().flatten();
            let mut known = self.points.iter().filter_map(of);
            match (known.next(), known.next()) {
                (None, _) => Course::Unknown,
                (Some(_), None) => Course::TooFew,
                (first, second) if first != second || known.any(|value| Some(value) != first) => {
                    Course::Varies
                }
                _ => Course::Same,
            }
        };
        let courses: Vec<Course> = (0..variants).map(course).collect();
        if courses.contains(&Course::Varies) {
            return Course::Varies;
        }
        match courses.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => *first,
            Some(_) => Course::TooFew,
            None => Course::Unknown,
        }
    }

    /// Why a variant does not fit at a value; `None` where it does.
    #[must_use]
    pub fn misfit(&self, value: u64, variant: &str) -> Option<&Misfit> {
        // They are in the order of the values.
        let start = self.misfits.partition_point(|misfit| misfit.value < value);
        let of_value = self.misfits.iter().skip(start).take_while(|misfit| misfit.value == value);
        of_value.into_iter().find(|misfit| misfit.variant == variant)
    }

    /// How much of the sweep does not fit, and why the first does not; `None` where everything fits.
    #[must_use]
    pub fn misfits_sentence(&self) -> Option<String> {
        self.tally().sentence(self.variants())
    }

    fn tally(&self) -> Misfits {
        let mut misfits = Misfits::default();
        for misfit in &self.misfits {
            let Misfit { value, variant, error } = misfit;
            misfits.add(error, || format!("`{variant}` with {}={value}", self.parameter));
        }
        misfits
    }

    /// How many variants there are at all values.
    fn variants(&self) -> u64 {
        let variants = self.points.iter().map(|point| point.variants.len()).sum::<usize>();
        u64::try_from(variants).unwrap_or(u64::MAX)
    }
}

impl SweptPoint {
    /// How much of the input the output of the variant at this position depends on, as far as that is told.
    pub(super) fn receptive_field_extent(&self, variant: usize) -> FieldExtent {
        self.receptive_field_extents.get(variant).copied().unwrap_or_default()
    }
}

/// The figures of a variant, and how much of the input its output depends on.
type Measured = (ByFigure<Option<u64>>, FieldExtent);

/// Analyses every variant at every value. What does not fit is unknown.
///
/// # Errors
/// Where nothing fits, or the sweep is too large.
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
    let work = StepQuota::of_at_most(MOST_STEPS);
    let figures: Vec<Figure> = study.figures.iter().copied().filter_map(Measure::figure).collect();
    let built = |variant: &Variant, value: u64, work: &StepQuota| {
        let mut settings = settings.clone();
        settings.parameters.retain(|(name, _)| *name != sweep.parameter);
        settings.parameters.push((sweep.parameter.clone(), Value::from(value)));
        variant.description.network_by(&variant.settings(&settings), work)
    };
    let sample = |position: u64, work: &StepQuota| {
        let position = usize::try_from(position).unwrap_or_default();
        let value = position.checked_div(study.variants.len());
        let variant = position.checked_rem(study.variants.len());
        let value = value.and_then(|value| sweep.values.get(value));
        if let Some((value, variant)) = value.zip(variant.and_then(|at| study.variants.get(at))) {
            // What does not fit takes steps too.
            let _ = built(variant, *value, work);
        }
    };
    if StepQuota::is_far_beyond(MOST_STEPS, u64::try_from(networks).unwrap_or(u64::MAX), sample) {
        return Err(too_much_work(networks));
    }
    let network = |variant: &Variant, value: u64| -> Result<Measured, String> {
        let network = built(variant, value, &work);
        let network = network.map_err(|why| match why {
            NoVariant::Wrong(error) => error.as_ref().to_owned(),
            // The whole sweep is refused for it.
            NoVariant::TooLarge => "it takes too many steps to build".to_owned(),
        })?;
        totals(&network, &figures)
            .and_then(|totals| {
                let figures = measures(&study.figures, &totals, &network)?;
                Ok((figures, totals.receptive_field_extent))
            })
            .map_err(|error| error.to_string())
    };
    let point = |value: &u64| -> Vec<Result<Measured, String>> {
        study.variants.iter().map(|variant| network(variant, *value)).collect()
    };
    let evaluated: Vec<_> = sweep.values.par_iter().map(point).collect();
    if work.is_exceeded() {
        return Err(too_much_work(networks));
    }
    let (mut points, mut misfits) = (Vec::new(), Vec::new());
    for (value, found) in sweep.values.iter().zip(evaluated) {
        let mut variants = Vec::new();
        let mut receptive_field_extents = Vec::new();
        for (variant, found) in study.variants.iter().zip(found) {
            let (figures, extent) = found.unwrap_or_else(|error| {
                misfits.push(Misfit { value: *value, variant: variant.name.clone(), error });
                (ByFigure::of(&study.figures, |_| Some(None)), FieldExtent::default())
            });
            variants.push(figures);
            receptive_field_extents.push(extent);
        }
        if !figures.contains(&Figure::ReceptiveField) {
            receptive_field_extents.clear();
        }
        points.push(SweptPoint { value: *value, variants, receptive_field_extents });
    }
    let swept = Swept { parameter: sweep.parameter.clone(), points, misfits };
    let refused = |nothing: NothingFits| Diagnostic::error(nothing.to_string());
    swept.tally().require_a_fit(swept.variants()).map_err(refused)?;
    Ok(swept)
}

fn too_much_work(networks: usize) -> Diagnostics {
    let message = format!(
        "the {networks} networks of the sweep take more than {MOST_STEPS} steps to build, all together"
    );
    Diagnostic::error(message).help("give fewer values, or smaller ones").into()
}
