//! The figures of a whole network.

use super::{Cell, Column, Row, Table, field, figures, heading, of_the_whole};
use crate::report::{CONVENTIONS, Report};

/// The figures of the whole network, exact and short.
#[must_use]
pub fn totals_table(report: &Report) -> Table {
    let layers = [named("Layers", "layers"), Cell::Count(report.totals.layers), Cell::Empty];
    let mut rows = vec![Row::plain(layers.to_vec())];
    let whole = of_the_whole(&report.totals);
    for figure in figures(&report.totals.figures).into_iter().chain(whole) {
        let (exact, short) = match figure.cell {
            Cell::Count(count) => (Cell::Count(count), Cell::Short(count)),
            Cell::Bytes(bytes) => (Cell::Count(bytes), Cell::Bytes(bytes)),
            other => (other, Cell::Empty),
        };
        let mut row = Row::plain(vec![named(figure.label, &figure.key), exact, short]);
        row.level = figure.level;
        rows.push(row);
    }
    let receptive_field =
        [named("Receptive field", "receptive_field"), field::network_cell(report)];
    rows.push(Row::plain([receptive_field.to_vec(), vec![Cell::Empty]].concat()));
    let mut notes = vec![CONVENTIONS.to_owned()];
    notes.extend(field::notes(report));
    notes.extend(report.verified.iter().flat_map(|verified| verified.notes.clone()));
    Table {
        title: heading(report),
        columns: vec![
            Column::text("Figure", "figure", 0),
            Column::figure("Exact", "exact", 0),
            Column::figure("Short", "short", 1),
        ],
        rows,
        notes,
    }
}

fn named(label: &str, key: &str) -> Cell {
    Cell::Named(label.to_owned(), key.to_owned())
}
