//! Studies: the figures of a study's variants, their closed forms, how they compare, and what becomes of that over a sweep.
//!
//! A [`Study`] is read from a file; [`evaluate`] turns it into a [`StudyReport`], from which the pages are made.

mod document;
mod sweep;
mod table;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

pub use sweep::{Course, Misfit, Swept, SweptPoint};

use crate::analysis::paths::{Paths, paths};
use crate::analysis::{AnalysisError, Totals};
use crate::diagnostics::Diagnostics;
use crate::figure::{Figure, Measure, PathFigure};
use crate::formula::{
    self, Domain, Formula, FormulaError, Formulas, Polynomial, Ratio, RatioLimit, Variable,
};
use crate::front::Setting;
use crate::front::yaml::value::Value;
use crate::front::yaml::{ParameterSweep, Settings, Study, Variant, each_once};
use crate::network::Network;
use crate::report::document::Picture;
use crate::report::{FieldExtent, Report};

/// Everything that is shown of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudyReport {
    /// What the study is called.
    pub study: String,
    /// What it asks.
    pub question: Option<String>,
    /// The publication that it follows.
    pub source: Option<String>,
    /// What else is to be said, for people.
    pub notes: Vec<String>,
    /// The study's parameters with the values used here.
    pub settings: Vec<Setting>,
    /// Number of samples.
    pub batch: u64,
    /// The figures, in the order of the study.
    pub figures: Vec<Measure>,
    /// The variables of closed forms.
    pub over: Vec<String>,
    /// The variants.
    pub variants: Vec<StudiedVariant>,
    /// The figures for every value of a parameter.
    pub sweep: Option<Swept>,
}

/// A variant with its figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudiedVariant {
    /// Its name.
    pub name: String,
    /// The publication that its network was taken from, where that is one of its own.
    pub source: Option<String>,
    /// The variant that it is compared with.
    pub against: Option<String>,
    /// The shape of its input, batch first.
    pub input: Vec<u64>,
    /// The shape of its first output, batch first.
    pub output: Vec<u64>,
    /// Its figures; `null` where one is not known.
    pub figures: ByFigure<Option<u64>>,
    /// How much of the input its output depends on; where that is everything, the receptive field is that of the last layer before.
    pub receptive_field_extent: FieldExtent,
    /// Its figures as multiples of the other's.
    pub ratios: ByFigure<ExactRatio>,
    /// Its figures as closed forms.
    pub formulas: ByFigure<StudiedFormula>,
    /// Its closed forms as multiples of the other's.
    pub formula_ratios: ByFigure<FormulaRatio>,
    /// Its layers.
    #[serde(skip)]
    pub picture: Picture,
}

/// A value for each of some figures, serialised as a map.
#[derive(Debug, Clone, PartialEq)]
pub struct ByFigure<T>(pub Vec<(Measure, T)>);

/// A number that is known exactly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExactRatio {
    /// In lowest terms: `18/25`.
    pub exact: String,
    /// The nearest float.
    pub value: f64,
}

/// A closed form, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudiedFormula {
    /// The form itself.
    #[serde(skip)]
    pub polynomial: Option<Polynomial>,
    /// For programs: `25*c**2`.
    pub canonical: Option<String>,
    /// For people: `25·c²`.
    pub pretty: Option<String>,
    /// For TeX.
    pub latex: Option<String>,
    /// For which values it holds, where that is not all: `h a multiple of 32`.
    pub assumptions: Vec<String>,
    /// Why there is no form.
    pub refused: Option<String>,
}

/// The ratio of two closed forms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FormulaRatio {
    /// For programs: `(16*c + 10240)/(144*c + 18432)`.
    pub canonical: String,
    /// For people.
    pub pretty: String,
    /// For TeX.
    pub latex: String,
    /// The values of variables for which both forms hold; empty where that is all.
    pub assumptions: Vec<String>,
    /// What it tends to as a variable grows beyond all bounds and the others stay, for every variable.
    #[serde(serialize_with = "by_variable")]
    pub limits: Vec<StudiedLimit>,
}

/// What a ratio tends to as a variable grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StudiedLimit {
    /// The variable.
    #[serde(skip)]
    pub variable: String,
    /// Whether the ratio depends on it; if not, it tends to itself.
    pub depends: bool,
    /// For programs: `1/9`, `(n + 1)/k`, `0` or `infinity`.
    pub canonical: String,
    /// For people: `∞`.
    pub pretty: String,
    /// For TeX.
    pub latex: String,
}

/// Limits as a map from variables.
fn by_variable<S: Serializer>(limits: &[StudiedLimit], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(limits.iter().map(|limit| (&limit.variable, limit)))
}

impl<T> ByFigure<T> {
    /// The value of a figure.
    #[must_use]
    pub fn get(&self, figure: Measure) -> Option<&T> {
        self.0.iter().find(|(known, _)| *known == figure).map(|(_, value)| value)
    }

    fn of(measures: &[Measure], value: impl Fn(Measure) -> Option<T>) -> Self {
        Self(measures.iter().filter_map(|measure| Some((*measure, value(*measure)?))).collect())
    }

    fn of_figures(figures: &[Figure], value: impl Fn(Figure) -> Option<T>) -> Self {
        let value = |figure: &Figure| Some((Measure::Figure(*figure), value(*figure)?));
        Self(figures.iter().filter_map(value).collect())
    }
}

impl<T: Serialize> Serialize for ByFigure<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(figure, value)| (figure.name(), value)))
    }
}

impl ExactRatio {
    /// `part` as a multiple of `whole`; `None` where there is nothing to divide by.
    #[must_use]
    pub fn new(part: u64, whole: u64) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let exact = BigRational::new(BigInt::from(part), BigInt::from(whole));
        Some(Self { value: exact.to_f64()?, exact: exact.to_string() })
    }
}

/// Evaluates a study; `sweep` takes the place of its own.
///
/// # Errors
/// Where a variant does not exist with these settings or has a figure that cannot be given, or the sweep is too large.
pub fn evaluate(
    study: &Study,
    settings: &Settings,
    sweep: Option<&ParameterSweep>,
) -> Result<(StudyReport, Diagnostics), Diagnostics> {
    // All of what is wrong is told, in the order of the variants, whichever is found first.
    let looked_at: Vec<Result<LookedAt, Diagnostics>> =
        study.variants.par_iter().map(|variant| LookedAt::new(study, variant, settings)).collect();
    let mut reports = Vec::with_capacity(looked_at.len());
    let mut measured = Vec::with_capacity(looked_at.len());
    let mut values = Vec::new();
    let mut warnings = Diagnostics::default();
    let mut refused = Vec::new();
    for one in looked_at {
        match one {
            Err(diagnostics) => refused.push(diagnostics),
            Ok(one) => {
                values.extend(one.parameters);
                warnings.0.extend(one.warnings.0);
                measured.push(one.figures);
                reports.push(one.report);
            }
        }
    }
    if !refused.is_empty() {
        return Err(each_once(refused));
    }
    let formulas = formulas(study, settings)?;
    let sweep = sweep.or(study.sweep.as_ref());
    let swept = sweep.map(|sweep| sweep::sweep(study, settings, sweep)).transpose()?;
    let parameters = study.parameters().filter_map(|name| {
        let (_, value) = values.iter().find(|(known, _)| known == name)?;
        Some(Setting { name: name.to_owned(), value: value.to_string() })
    });
    let names = study.variants.iter().map(|variant| variant.name.as_str());
    let pictures: Vec<(&Report, &str)> = reports.iter().zip(names).collect();
    let pictures = Picture::side_by_side(&pictures);
    let variants = study.variants.iter().zip(&reports).zip(pictures).enumerate();
    let report = StudyReport {
        study: study.title.clone(),
        question: study.question.clone(),
        source: study.source.clone(),
        notes: study.notes.clone(),
        settings: parameters.collect(),
        batch: settings.batch,
        figures: study.figures.clone(),
        over: study.over.clone(),
        variants: variants
            .map(|(at, ((variant, report), picture))| {
                let other = variant.against;
                let figures = [Some(at), other].map(|at| measured.get(at?));
                let forms = [Some(at), other].map(|at| formulas.get(at?));
                StudiedVariant { picture, ..studied(study, variant, report, figures, forms) }
            })
            .collect(),
        sweep: swept,
    };
    Ok((report, each_once(vec![warnings])))
}

/// A variant with its figures; its network is large and not kept.
struct LookedAt {
    figures: ByFigure<Option<u64>>,
    report: Report,
    parameters: Vec<(String, Value)>,
    warnings: Diagnostics,
}

impl LookedAt {
    fn new(study: &Study, variant: &Variant, settings: &Settings) -> Result<Self, Diagnostics> {
        let elaborated = variant.description.elaborate(&variant.settings(settings));
        let elaborated =
            elaborated.map_err(|diagnostics| of_variant(diagnostics, &variant.name))?;
        let metadata = variant.description.metadata(&elaborated);
        let network = &elaborated.network;
        let failed = |error: AnalysisError| not_given(variant, &error);
        let report = Report::new(network, metadata).map_err(failed)?;
        Ok(Self {
            figures: measures(&study.figures, &report.totals, network).map_err(failed)?,
            report,
            parameters: elaborated.parameters,
            warnings: elaborated.warnings,
        })
    }
}

/// The figures of a network.
fn measures(
    measures: &[Measure],
    totals: &Totals,
    network: &Network,
) -> Result<ByFigure<Option<u64>>, AnalysisError> {
    let needs_paths = measures.iter().any(|measure| measure.figure().is_none());
    let paths = if needs_paths { Some(paths(network)?) } else { None };
    Ok(ByFigure::of(measures, |measure| {
        Some(match measure {
            Measure::Figure(figure) => totals.get(figure),
            Measure::Path(figure) => paths.as_ref().and_then(|paths| path_figure(paths, figure)),
        })
    }))
}

fn path_figure(paths: &Paths, figure: PathFigure) -> Option<u64> {
    match figure {
        PathFigure::Paths => paths.count.as_ref().and_then(ToPrimitive::to_u64),
        PathFigure::ShortestPath => Some(paths.lengths.shortest),
        PathFigure::MedianPath => paths.lengths.median(),
        PathFigure::LongestPath => Some(paths.lengths.longest),
    }
}

/// A figure of a variant that cannot be given.
fn not_given(variant: &Variant, error: &AnalysisError) -> Diagnostics {
    let diagnostics = variant.description.error_at(error.place, error.to_string());
    of_variant(diagnostics.into(), &variant.name)
}

/// Says in which variant something is wrong.
fn of_variant(mut diagnostics: Diagnostics, variant: &str) -> Diagnostics {
    for diagnostic in &mut diagnostics.0 {
        diagnostic.notes.push(format!("this is in the variant `{variant}`"));
    }
    diagnostics
}

/// The closed forms of all variants, one after the other.
fn formulas(study: &Study, settings: &Settings) -> Result<Vec<Formulas>, Diagnostics> {
    if study.over.is_empty() {
        return Ok(Vec::new());
    }
    let over = study.over.join(",");
    let found: Vec<Result<Formulas, Diagnostics>> = study
        .variants
        .par_iter()
        .map(|variant| {
            let failed = |error| match error {
                FormulaError::Description(diagnostics) => of_variant(diagnostics, &variant.name),
                FormulaError::Analysis(error) => not_given(variant, &error),
            };
            let settings = variant.settings(settings);
            let over = Variable::parse_list(&over, &variant.description, &settings);
            let over = over.map_err(failed)?;
            formula::find(&variant.description, &settings, &over, &study.of).map_err(failed)
        })
        .collect();
    found.into_iter().collect()
}

fn studied(
    study: &Study,
    variant: &Variant,
    report: &Report,
    [own, other]: [Option<&ByFigure<Option<u64>>>; 2],
    [forms, other_forms]: [Option<&Formulas>; 2],
) -> StudiedVariant {
    let figures = &study.figures;
    let of = &study.of;
    let other_name = variant.against.and_then(|at| study.variants.get(at));
    StudiedVariant {
        name: variant.name.clone(),
        source: report.source.clone(),
        against: other_name.map(|variant| variant.name.clone()),
        input: report.input.clone(),
        output: report.outputs.first().map_or_else(Vec::new, |output| output.shape.clone()),
        figures: own.cloned().unwrap_or(ByFigure(Vec::new())),
        receptive_field_extent: report.receptive_field_extent,
        ratios: ByFigure::of(figures, |figure| {
            // How many times as many paths there are tells nobody anything.
            if figure == Measure::Path(PathFigure::Paths) {
                return None;
            }
            ExactRatio::new((*own?.get(figure)?)?, (*other?.get(figure)?)?)
        }),
        formulas: ByFigure::of_figures(of, |figure| {
            let (_, form) = forms?.figures.iter().find(|(known, _)| *known == figure)?;
            Some(match form {
                Ok(form) => StudiedFormula::new(form),
                Err(why) => StudiedFormula::refused(why.to_string()),
            })
        }),
        formula_ratios: ByFigure::of_figures(of, |figure| {
            FormulaRatio::new(forms?.get(figure)?, other_forms?.get(figure)?, &forms?.over)
        }),
        picture: Picture::default(),
    }
}

impl StudiedFormula {
    fn new(form: &Formula) -> Self {
        Self {
            polynomial: Some(form.polynomial.clone()),
            canonical: Some(form.polynomial.canonical()),
            pretty: Some(form.polynomial.pretty()),
            latex: Some(form.polynomial.latex()),
            assumptions: Domain::assumptions(&form.domain),
            refused: None,
        }
    }

    fn refused(why: String) -> Self {
        let refused = Some(why);
        let assumptions = Vec::new();
        Self { polynomial: None, canonical: None, pretty: None, latex: None, assumptions, refused }
    }
}

impl FormulaRatio {
    fn new(form: &Formula, other: &Formula, over: &[Variable]) -> Option<Self> {
        let ratio = Ratio::new(&form.polynomial, &other.polynomial)?;
        let limits = over.iter().map(|variable| StudiedLimit::new(&ratio, &variable.name));
        Some(Self {
            assumptions: Domain::assumptions(form.domain.iter().chain(&other.domain)),
            canonical: ratio.canonical(),
            pretty: ratio.pretty(),
            latex: ratio.latex(),
            limits: limits.collect(),
        })
    }
}

impl StudiedLimit {
    fn new(ratio: &Ratio, variable: &str) -> Self {
        let depends =
            ratio.numerator().degree(variable) > 0 || ratio.denominator().degree(variable) > 0;
        let limit = ratio.limit(variable);
        let pretty = limit.to_string();
        let (canonical, latex) = match limit {
            RatioLimit::Zero | RatioLimit::Number(_) => (pretty.clone(), pretty.clone()),
            RatioLimit::Expression(ratio) => (ratio.canonical(), ratio.latex()),
            RatioLimit::Infinity => ("infinity".to_owned(), "\\infty".to_owned()),
        };
        Self { variable: variable.to_owned(), depends, canonical, pretty, latex }
    }
}
