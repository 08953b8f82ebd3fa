//! The tables of a study.

use super::{ExactRatio, StudiedVariant, StudyReport, Swept};
use crate::figure::{Figure, Measure};
use crate::report::table::{Cell, Column, Emphasis, Row, Table, field, shape_text, without_batch};
use crate::report::{FieldExtent, conventions};

/// More values of a sweep than this are thinned out where people read them.
const MOST_ROWS: usize = 40;

/// More variants than this stand one a row.
const MOST_COLUMNS: usize = 4;

/// An exact ratio that is longer says nothing to people.
const LONGEST_RATIO: usize = 9;

impl StudyReport {
    /// The figures, a block a figure and a row a variant, with what they are of the variant they are compared with.
    #[must_use]
    pub fn figures_table(&self) -> Table {
        let mut rows = Vec::new();
        for figure in &self.figures {
            let mut heading =
                vec![Cell::Named(figure.label().to_owned(), figure.name().to_owned())];
            heading.resize(5, Cell::Empty);
            rows.push(Row { cells: heading, level: 0, emphasis: Emphasis::Block });
            rows.extend(self.variants.iter().map(|variant| figure_row(variant, *figure)));
        }
        Table {
            title: self.heading(),
            columns: vec![
                Column::text("Figure", "figure", 0),
                Column::figure("Value", "value", 0),
                Column::figure("Ratio", "ratio", 0),
                Column::figure("Exactly", "exact_ratio", 2),
                Column::text("To", "against", 1),
            ],
            rows,
            notes: self.table_notes(&self.figures),
        }
    }

    /// A figure over a sweep: a row a value, a column a variant, or the other way round where there are many variants.
    #[must_use]
    pub fn sweep_table(&self, swept: &Swept, figure: Measure) -> Table {
        let kept = thinned(swept.points.len(), MOST_ROWS);
        let points: Vec<_> = kept.iter().filter_map(|at| swept.points.get(*at)).collect();
        let value = |point: &super::SweptPoint, at: usize| {
            point.variants.get(at).and_then(|of| of.get(figure)).copied().flatten()
        };
        let mut notes = Vec::new();
        if points.len() < swept.points.len() {
            let (shown, all) = (points.len(), swept.points.len());
            notes.push(format!("{shown} of {all} values; JSON and CSV have all."));
        }
        notes.extend(self.table_notes(&[figure]));
        let title = format!("{} over {}", figure.label(), swept.parameter);
        if self.variants.len() > MOST_COLUMNS {
            let mut columns = vec![Column::text("Variant", "variant", 0)];
            columns.extend(points.iter().enumerate().map(|(at, point)| {
                let header = format!("{} = {}", swept.parameter, point.value);
                let last = at + 1 == points.len();
                Column::figure(&header, &point.value.to_string(), u8::from(at > 0 && !last))
            }));
            let rows = self.variants.iter().enumerate().map(|(at, variant)| {
                let mut cells = vec![Cell::text(&variant.name)];
                let cell = |point: &&super::SweptPoint| {
                    short(figure, value(point, at), point.receptive_field_extent(at))
                };
                cells.extend(points.iter().map(cell));
                Row::plain(cells)
            });
            return Table { title, columns, rows: rows.collect(), notes };
        }
        let mut columns = vec![Column::figure(&swept.parameter, &swept.parameter, 0)];
        for variant in &self.variants {
            columns.push(Column::figure(&variant.name, &variant.name, 0));
            if variant.against.is_some() {
                columns.push(Column::figure("Ratio", &format!("{}_ratio", variant.name), 1));
            }
        }
        let rows = points.iter().map(|point| {
            let mut cells = vec![Cell::Count(point.value)];
            for (at, variant) in self.variants.iter().enumerate() {
                let own = value(point, at);
                cells.push(short(figure, own, point.receptive_field_extent(at)));
                if let Some(other) = self.position(variant.against.as_deref()) {
                    let ratio = own.zip(value(point, other));
                    let ratio = ratio.and_then(|(own, other)| ExactRatio::new(own, other));
                    cells.push(ratio.map_or(Cell::Empty, |ratio| Cell::Ratio(ratio.value)));
                }
            }
            Row::plain(cells)
        });
        Table { title, columns, rows: rows.collect(), notes }
    }

    /// Everything a spreadsheet needs: a row for every variant at every value of the sweep; without one, a row a variant.
    #[must_use]
    pub fn flat_table(&self) -> Table {
        let mut columns =
            vec![Column::text("Variant", "variant", 0), Column::text("To", "against", 0)];
        if let Some(swept) = &self.sweep {
            columns.push(Column::figure(&swept.parameter, &swept.parameter, 0));
        }
        for figure in &self.figures {
            columns.push(Column::figure(figure.label(), figure.name(), 0));
            columns.push(Column::figure("Ratio", &format!("{}_ratio", figure.name()), 0));
        }
        let swept = self.sweep.as_ref();
        let has_misfits = swept.is_some_and(|swept| !swept.misfits.is_empty());
        if has_misfits {
            columns.push(Column::text("Does not fit", "error", 0));
        }
        let row = |at: usize,
                   value: Option<u64>,
                   extent: FieldExtent,
                   figure: &dyn Fn(usize, Measure) -> Option<u64>| {
            let variant = self.variants.get(at);
            let other = self.position(variant.and_then(|variant| variant.against.as_deref()));
            let name = variant.map_or("", |variant| variant.name.as_str());
            let against = variant.and_then(|variant| variant.against.as_deref());
            let mut cells = vec![Cell::text(name), Cell::text(against.unwrap_or_default())];
            cells.extend(value.map(Cell::Count));
            for measure in &self.figures {
                let own = figure(at, *measure);
                let ratio = own.zip(other.and_then(|other| figure(other, *measure)));
                let ratio = ratio.and_then(|(own, other)| ExactRatio::new(own, other));
                cells.push(cell(*measure, own, extent));
                cells.push(ratio.map_or(Cell::Empty, |ratio| Cell::Ratio(ratio.value)));
            }
            if has_misfits {
                let misfit = swept.zip(value).and_then(|(swept, value)| swept.misfit(value, name));
                cells.push(misfit.map_or(Cell::Empty, |misfit| Cell::text(&misfit.error)));
            }
            Row::plain(cells)
        };
        let count = self.variants.len();
        let rows = match &self.sweep {
            Some(swept) => swept
                .points
                .iter()
                .flat_map(|point| {
                    let figure = |at: usize, figure| {
                        point.variants.get(at).and_then(|of| of.get(figure)).copied().flatten()
                    };
                    let row =
                        |at| row(at, Some(point.value), point.receptive_field_extent(at), &figure);
                    (0..count).map(row).collect::<Vec<_>>()
                })
                .collect(),
            None => {
                let figure = |at: usize, figure| {
                    self.variants.get(at).and_then(|of| of.figures.get(figure)).copied().flatten()
                };
                let variants = self.variants.iter().enumerate();
                let row = |(at, variant): (usize, &StudiedVariant)| {
                    row(at, None, variant.receptive_field_extent, &figure)
                };
                variants.map(row).collect()
            }
        };
        Table { title: self.study.clone(), columns, rows, notes: self.table_notes(&self.figures) }
    }

    /// A title with what every figure hangs on: the batch and the parameters.
    pub(super) fn heading(&self) -> String {
        let settings = self.settings.iter().map(|one| format!(", {} = {}", one.name, one.value));
        let mut inputs = self.variants.iter().map(|variant| without_batch(&variant.input));
        let first = inputs.next().unwrap_or_default();
        let input = if inputs.all(|input| input == first) {
            format!(", input {}", shape_text(first))
        } else {
            String::new()
        };
        format!("Batch {}{input}{}", self.batch, settings.collect::<String>())
    }

    /// The position of the variant of a name.
    pub(super) fn position(&self, name: Option<&str>) -> Option<usize> {
        let name = name?;
        self.variants.iter().position(|variant| variant.name == name)
    }

    /// The figures whose closed forms were asked for.
    pub(super) fn formula_figures(&self) -> Vec<Measure> {
        let first = self.variants.first();
        first.map_or_else(Vec::new, |first| {
            first.formulas.0.iter().map(|(figure, _)| *figure).collect()
        })
    }

    fn table_notes(&self, figures: &[Measure]) -> Vec<String> {
        let is_shown = figures.contains(&Measure::Figure(Figure::ReceptiveField));
        let extents = self.variants.iter().map(|variant| variant.receptive_field_extent);
        let global = field::global_note(extents.filter(|_| is_shown));
        let all: Vec<_> = self.figures.iter().filter_map(|measure| measure.figure()).collect();
        // The same under every table of the study, so that it is said once.
        [conventions(&all)].into_iter().chain(global).collect()
    }
}

impl StudiedVariant {
    /// `two 3x3 / one 5x5`.
    pub(super) fn compared(&self) -> String {
        let other = self.against.as_deref().unwrap_or_default();
        format!("{} / {other}", self.name)
    }
}

fn figure_row(variant: &StudiedVariant, figure: Measure) -> Row {
    let value = variant.figures.get(figure).copied().flatten();
    let ratio = variant.ratios.get(figure);
    let cells = vec![
        Cell::text(&variant.name),
        cell(figure, value, variant.receptive_field_extent),
        ratio.map_or(Cell::Empty, |ratio| Cell::Ratio(ratio.value)),
        ratio
            .filter(|ratio| ratio.exact.chars().count() <= LONGEST_RATIO)
            .map_or(Cell::Empty, |ratio| Cell::text(&ratio.exact)),
        ratio.map_or(Cell::Empty, |_| Cell::text(variant.against.as_deref().unwrap_or_default())),
    ];
    Row { cells, level: 1, emphasis: Emphasis::Plain }
}

/// A figure in its unit.
fn cell(measure: Measure, value: Option<u64>, extent: FieldExtent) -> Cell {
    let figure = |figure| Cell::figure(figure, value, extent);
    measure.figure().map_or_else(|| Cell::count(value), figure)
}

/// A figure as people read it beside many others.
fn short(figure: Measure, value: Option<u64>, extent: FieldExtent) -> Cell {
    match cell(figure, value, extent) {
        Cell::Count(count) => Cell::Short(count),
        other => other,
    }
}

/// Positions of at most so many of a row of things, evenly spread, the first and the last among them.
pub(super) fn thinned(count: usize, most: usize) -> Vec<usize> {
    if count <= most || most < 2 {
        return (0..count).collect();
    }
    let (last, steps) = (count - 1, most - 1);
    (0..most).map(|step| step.saturating_mul(last) / steps).collect()
}
