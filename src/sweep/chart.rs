//! Variants as points of a chart.

use super::{Layout, Objective, Variant};
use crate::figure::{Figure, Unit};
use crate::report::document::{Axis, Chart, Document, Mark, Part, Scale, Section, Series, Values};
use crate::report::table::Table;

/// The most variants of a chart.
pub const MOST_POINTS: usize = 20_000;

/// A page with a chart of two figures of the variants, those at `x` and `y` of the layout's, and a table of the variants that
/// `rows` gives. `on_front` says of every variant whether it is on the Pareto front of `objectives`; a line leads along the
/// front where these are the two figures of the chart. Where there is no variant, the notes of the table alone.
#[must_use]
pub fn chart(
    layout: &Layout<'_>,
    [x, y]: [usize; 2],
    objectives: &[Objective],
    variants: &[(Variant, bool)],
    table: Table,
) -> Document {
    let points = |on_front: bool| {
        let shown = variants.iter().filter(move |(_, marked)| *marked == on_front);
        shown.filter_map(move |(variant, _)| {
            let point = (variant.figure(x)?, variant.figure(y)?);
            Some((point, layout.grid.settings(variant.position).to_string()))
        })
    };
    let cloud = |name: &str, on_front| {
        let (points, labels): (Vec<_>, Vec<_>) = points(on_front).unzip();
        Series {
            name: name.to_owned(),
            mark: Mark::Point,
            kind: None,
            points: floats(&points),
            labels,
        }
    };
    let mut series = vec![cloud("variants", false), cloud("on the front", true)];
    if objectives.len() == 2 {
        let mut line: Vec<_> = points(true).map(|(point, _)| point).collect();
        line.sort_unstable();
        line.dedup();
        let points = floats(&line);
        let labels = Vec::new();
        series.push(Series {
            name: "front".to_owned(),
            mark: Mark::Guide,
            kind: None,
            points,
            labels,
        });
    }
    series.retain(|series| !series.points.is_empty());
    let axis = |position: usize| {
        let values = variants.iter().filter_map(|(variant, _)| variant.figure(position));
        axis(layout.figures.get(position).copied(), values)
    };
    let (x, y) = (axis(x), axis(y));
    let chart = Chart { title: format!("{} against {}", y.label, x.label), x, y, series };
    let title = table.title.clone();
    let mut parts = Vec::new();
    if variants.is_empty() {
        parts.extend(table.notes.into_iter().map(Part::Text));
        return Document {
            title,
            lead: Vec::new(),
            sections: vec![Section { title: "Variants".to_owned(), parts }],
        };
    }
    if !chart.series.is_empty() {
        parts.push(Part::Chart(chart));
    }
    let missing = variants.len() - points(false).count() - points(true).count();
    if missing > 0 {
        let (are, have) =
            if missing == 1 { ("variant is", "its") } else { ("variants are", "their") };
        parts.push(Part::Text(format!(
            "{missing} {are} not in the chart, for one of {have} figures is not known or no number."
        )));
    }
    parts.push(Part::Table(table));
    let sections = vec![Section { title: "Variants".to_owned(), parts }];
    Document { title, lead: Vec::new(), sections }
}

/// The positions of the figures of a chart's axes among those of the layout: the first two of the front, otherwise the first two;
/// `None` where there are not as many.
#[must_use]
pub fn axes(layout: &Layout<'_>, objectives: &[Objective]) -> Option<[usize; 2]> {
    let position = |objective: &Objective| {
        layout.figures.iter().position(|figure| *figure == objective.figure)
    };
    match (objectives, layout.figures) {
        ([x, y, ..], _) => position(x).zip(position(y)).map(|(x, y)| [x, y]),
        (_, [_, _, ..]) => Some([0, 1]),
        _ => None,
    }
}

fn floats(points: &[(u64, u64)]) -> Vec<(f64, f64)> {
    points.iter().map(|(x, y)| (*x as f64, *y as f64)).collect()
}

fn axis(figure: Option<Figure>, values: impl Iterator<Item = u64>) -> Axis {
    let scale = Scale::of(values.map(|value| value as f64));
    let values = match figure.map(Figure::unit) {
        Some(Unit::Bytes) => Values::Bytes,
        _ => Values::Counts,
    };
    let label = figure.map_or("", Figure::label).to_owned();
    Axis { label, scale, values }
}
