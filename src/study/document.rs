//! A study as a page.

use super::table::thinned;
use super::{Course, StudiedVariant, StudyReport, Swept};
use crate::figure::{Measure, Unit};
use crate::report::document::{
    Axis, Chart, Document, FormulaLine, Mark, Part, Scale, Section, Series, Values,
};
use crate::report::formulas::holds_for;

/// The most points of a line.
const MOST_POINTS: usize = 200;

/// More variants than this are no chart that anybody reads.
const MOST_LINES: usize = 12;

const ABRIDGED: &str = "The pictures leave out normalization, activation and dropout. What is framed stands there as often as is \
    written beside it, each time taking what the time before gave.";

const ABRIDGED_IN_WORDS: &str = "Left out here are normalization, activation and dropout. What is in brackets stands there as often as is \
    written before it, each time taking what the time before gave.";

impl StudyReport {
    /// The study as a page: what is compared, the figures, their closed forms, and what becomes of them over the sweep.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut lead: Vec<String> = self.question.iter().cloned().collect();
        lead.extend(self.source.iter().map(|source| format!("Source: {source}")));
        let mut sections = vec![self.variants_section(), self.figures_section()];
        sections.extend(self.formulas_section());
        sections.extend(self.ratios_section());
        sections.extend(self.sweep.as_ref().map(|swept| self.sweep_section(swept)));
        Document { title: self.study.clone(), lead, sections }
    }

    fn variants_section(&self) -> Section {
        let pictures = self.variants.iter().map(|variant| variant.picture.clone()).collect();
        let mut parts = vec![Part::Pictures(pictures)];
        if self.variants.iter().any(|variant| variant.picture.is_abridged) {
            parts.push(Part::Legend {
                drawn: ABRIDGED.to_owned(),
                told: ABRIDGED_IN_WORDS.to_owned(),
            });
        }
        parts.extend(self.notes.iter().cloned().map(Part::Text));
        Section { title: "Variants".to_owned(), parts }
    }

    fn figures_section(&self) -> Section {
        Section { title: "Figures".to_owned(), parts: vec![Part::Table(self.figures_table())] }
    }

    fn formulas_section(&self) -> Option<Section> {
        let mut lines = Vec::new();
        let mut refused = Vec::new();
        for figure in self.formula_figures() {
            for variant in &self.variants {
                let Some(form) = variant.formulas.get(figure) else { continue };
                let label = format!("{}, {}", figure.form_label(), variant.name);
                if let Some(why) = &form.refused {
                    refused.push(Part::Text(format!("{label}: no closed form; {why}.")));
                }
                let label = assuming(label, &form.assumptions);
                let polynomial = form.polynomial.as_ref();
                lines.extend(polynomial.map(|polynomial| FormulaLine::of(label, polynomial)));
            }
        }
        let mut parts = Vec::new();
        if !lines.is_empty() {
            parts.push(Part::Formulas(lines));
        }
        parts.extend(refused);
        let title = format!("Closed forms over {}", self.over.join(", "));
        (!parts.is_empty()).then_some(Section { title, parts })
    }

    fn ratios_section(&self) -> Option<Section> {
        let mut lines = Vec::new();
        for figure in self.formula_figures() {
            for variant in &self.variants {
                let Some(ratio) = variant.formula_ratios.get(figure) else { continue };
                lines.push(FormulaLine {
                    label: assuming(
                        format!("{}, {}", figure.label(), variant.compared()),
                        &ratio.assumptions,
                    ),
                    pretty: ratio.pretty.clone(),
                    canonical: ratio.canonical.clone(),
                    latex: ratio.latex.clone(),
                });
            }
        }
        if lines.is_empty() {
            return None;
        }
        let mut parts = vec![Part::Formulas(lines)];
        let limits = self.limits();
        parts.push(if limits.is_empty() {
            let over = listed(&self.over, "or");
            Part::Text(format!("Where they hold, none of these ratios depends on {over}."))
        } else {
            Part::Formulas(limits)
        });
        Some(Section { title: "Ratios of the closed forms".to_owned(), parts })
    }

    /// What the ratios tend to, for each of the variables on which they depend.
    fn limits(&self) -> Vec<FormulaLine> {
        let mut lines = Vec::new();
        for figure in self.formula_figures() {
            for variant in &self.variants {
                let Some(ratio) = variant.formula_ratios.get(figure) else { continue };
                let limits = ratio.limits.iter().filter(|limit| limit.depends);
                lines.extend(limits.map(|limit| FormulaLine {
                    label: format!(
                        "{}, {}, as {} grows",
                        figure.label(),
                        variant.compared(),
                        limit.variable
                    ),
                    pretty: limit.pretty.clone(),
                    canonical: limit.canonical.clone(),
                    latex: limit.latex.clone(),
                }));
            }
        }
        lines
    }

    fn sweep_section(&self, swept: &Swept) -> Section {
        let of = |courses: &[Course]| -> Vec<Measure> {
            let figures = self.figures.iter().copied();
            figures.filter(|figure| courses.contains(&swept.course(*figure))).collect()
        };
        let varying = of(&[Course::Varies]);
        let mut parts = Vec::new();
        if self.variants.len() <= MOST_LINES {
            let charts = varying.iter().filter_map(|figure| self.chart(swept, *figure));
            parts.extend(charts.map(Part::Chart));
            parts.extend(self.ratio_chart(swept, &varying).map(Part::Chart));
        }
        // Of a few points nothing can be said, but they can be shown.
        let tables = of(&[Course::Varies, Course::TooFew]);
        parts.extend(tables.into_iter().map(|figure| Part::Table(self.sweep_table(swept, figure))));
        let same: Vec<String> =
            of(&[Course::Same]).into_iter().map(|figure| figure.label().to_lowercase()).collect();
        if !same.is_empty() {
            let text = format!(
                "Whatever {} is, the {} of every variant",
                swept.parameter,
                listed(&same, "and")
            );
            let verb = if same.len() == 1 { "is" } else { "are" };
            parts.push(Part::Text(format!("{text} {verb} the same.")));
        }
        parts.extend(swept.misfits_sentence().map(Part::Text));
        Section { title: format!("Over {}", swept.parameter), parts }
    }

    /// A figure of every variant over the sweep; `None` where there is nothing to draw.
    fn chart(&self, swept: &Swept, figure: Measure) -> Option<Chart> {
        let value = |at: usize, point: &super::SweptPoint| {
            let figure = point.variants.get(at)?.get(figure).copied().flatten()?;
            Some(figure as f64)
        };
        let series = self.variants.iter().enumerate();
        let series =
            series.map(|(at, variant)| line(variant.name.clone(), swept, |point| value(at, point)));
        let values = if figure.unit() == Unit::Bytes { Values::Bytes } else { Values::Counts };
        let label = match figure.unit() {
            Unit::Bytes => format!("{}, MiB", figure.label()),
            Unit::Pixels => format!("{}, pixels", figure.label()),
            Unit::Count => figure.label().to_owned(),
        };
        let title = format!("{} over {}", figure.label(), swept.parameter);
        chart(title, swept, (label, values), series.collect())
    }

    /// The ratios that change over the sweep, each once; `None` where none does.
    fn ratio_chart(&self, swept: &Swept, figures: &[Measure]) -> Option<Chart> {
        let mut series: Vec<Series> = Vec::new();
        let against = self.variants.iter().filter(|variant| variant.against.is_some());
        let mut compared = against.map(StudiedVariant::compared);
        let compared = compared.next().filter(|_| compared.next().is_none());
        for (at, variant) in self.variants.iter().enumerate() {
            let Some(other) = self.position(variant.against.as_deref()) else { continue };
            for figure in figures {
                let ratio = |point: &super::SweptPoint| {
                    let of = |at: usize| point.variants.get(at)?.get(*figure).copied().flatten();
                    super::ExactRatio::new(of(at)?, of(other)?).map(|ratio| ratio.value)
                };
                // Where there is a single comparison, the title says which.
                let name = match &compared {
                    Some(_) => figure.label().to_owned(),
                    None => format!("{}, {}", figure.label(), variant.compared()),
                };
                let drawn = line(name, swept, ratio);
                let first = drawn.points.first().map(|(_, ratio)| *ratio);
                let varies = drawn.points.iter().any(|(_, ratio)| Some(*ratio) != first);
                if varies && series.iter().all(|known| known.points != drawn.points) {
                    series.push(drawn);
                }
            }
        }
        let title = match compared {
            Some(compared) => format!("Ratios over {}, {compared}", swept.parameter),
            None => format!("Ratios over {}", swept.parameter),
        };
        let few = series.len() <= MOST_LINES;
        few.then(|| chart(title, swept, ("Ratio".to_owned(), Values::Numbers), series)).flatten()
    }
}

fn line(name: String, swept: &Swept, value: impl Fn(&super::SweptPoint) -> Option<f64>) -> Series {
    let kept = thinned(swept.points.len(), MOST_POINTS);
    let points = kept.iter().filter_map(|at| swept.points.get(*at));
    let points = points.filter_map(|point| Some((point.value as f64, value(point)?)));
    Series { name, mark: Mark::Line, kind: None, points: points.collect(), labels: Vec::new() }
}

fn chart(
    title: String,
    swept: &Swept,
    (label, values): (String, Values),
    series: Vec<Series>,
) -> Option<Chart> {
    let drawn: Vec<f64> =
        series.iter().flat_map(|series| &series.points).map(|(_, value)| *value).collect();
    let swept_values: Vec<f64> = swept.points.iter().map(|point| point.value as f64).collect();
    if drawn.is_empty() || swept_values.len() < 2 {
        return None;
    }
    let x = Axis {
        label: swept.parameter.clone(),
        scale: Scale::of(swept_values.iter().copied()),
        values: Values::Numbers,
    };
    let y_scale = if values == Values::Numbers { Scale::Linear } else { Scale::of(drawn) };
    Some(Chart { title, x, y: Axis { label, scale: y_scale, values }, series })
}

/// A label with the values for which what it names holds.
fn assuming(label: String, assumptions: &[String]) -> String {
    let holds = holds_for(assumptions);
    if holds.is_empty() { label } else { format!("{label} ({holds})") }
}

/// `a, b and c`.
fn listed(names: &[String], last: &str) -> String {
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, before)) => format!("{} {last} {end}", before.join(", ")),
    }
}
