//! Several networks side by side.

use super::{Cell, Column, Row, Table, field, figures, of_the_whole};
use crate::report::{CONVENTIONS, Report};

/// How networks stand in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networks {
    /// One a column, with every figure a row.
    AsColumns,
    /// One a row, with the main figures as columns.
    AsRows,
}

/// The figures of several networks, with their ratios to the first's.
#[must_use]
pub fn comparison_table(reports: &[Report], networks: Networks) -> Table {
    let (columns, rows) = match networks {
        Networks::AsColumns => (network_columns(reports), figure_rows(reports)),
        Networks::AsRows => (figure_columns(), network_rows(reports)),
    };
    let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
    let title = match networks {
        Networks::AsColumns => names.join(" against "),
        Networks::AsRows => format!("{} networks", reports.len()),
    };
    let mut notes = Vec::new();
    if let [first, _, ..] = names.as_slice() {
        notes.push(format!("× is the ratio to {first}."));
    }
    notes.push(CONVENTIONS.to_owned());
    notes.extend(field::global_note(reports.iter().map(|report| report.receptive_field_extent)));
    Table { title, columns, rows, notes }
}

fn network_columns(reports: &[Report]) -> Vec<Column> {
    let mut columns = vec![Column::text("Figure", "figure", 0)];
    for (position, report) in reports.iter().enumerate() {
        let same = reports.iter().take(position).filter(|other| other.name == report.name).count();
        // A network may be compared with itself; its columns still need keys of their own.
        let key = match same {
            0 => report.name.clone(),
            earlier => format!("{} ({})", report.name, earlier.saturating_add(1)),
        };
        columns.push(Column::figure(&report.name, &key, 0));
        if position > 0 {
            columns.push(Column::figure("×", &format!("{key} ratio"), 1));
        }
    }
    columns
}

/// One row a figure: the first network's, then each other's with its ratio.
fn figure_rows(reports: &[Report]) -> Vec<Row> {
    let mut rows = vec![
        setting_row("Batch", "batch", reports, |report| Cell::Count(report.batch)),
        setting_row("Input", "input", reports, |report| Cell::sizes(&report.input)),
    ];
    let layers: Vec<_> = reports.iter().map(|report| Cell::Count(report.totals.layers)).collect();
    rows.push(ratio_row("Layers", "layers", 0, layers));
    let all = |report: &Report| {
        figures(&report.totals.figures).into_iter().chain(of_the_whole(&report.totals))
    };
    let mut networks: Vec<_> = reports.iter().map(all).collect();
    loop {
        let row: Vec<_> = networks.iter_mut().filter_map(Iterator::next).collect();
        let Some(first) = row.first() else { break };
        let (label, key, level) = (first.label, first.key.clone(), first.level);
        let cells = row.into_iter().map(|figure| figure.cell).collect();
        rows.push(ratio_row(label, &key, level, cells));
    }
    rows.push(setting_row("Receptive field", "receptive_field", reports, field::network_cell));
    rows
}

/// A row of one figure of all networks.
fn ratio_row(label: &str, key: &str, level: usize, figures: Vec<Cell>) -> Row {
    let mut cells = vec![Cell::Named(label.to_owned(), key.to_owned())];
    let base = figures.first().cloned().unwrap_or(Cell::Empty);
    for (position, figure) in figures.into_iter().enumerate() {
        let ratio = Cell::ratio(&figure, &base);
        cells.push(figure);
        if position > 0 {
            cells.push(ratio);
        }
    }
    Row { level, ..Row::plain(cells) }
}

/// A row of what has no ratios.
fn setting_row(label: &str, key: &str, reports: &[Report], cell: impl Fn(&Report) -> Cell) -> Row {
    let mut cells = vec![Cell::Named(label.to_owned(), key.to_owned())];
    for (position, report) in reports.iter().enumerate() {
        cells.push(cell(report));
        if position > 0 {
            cells.push(Cell::Empty);
        }
    }
    Row::plain(cells)
}

fn figure_columns() -> Vec<Column> {
    vec![
        Column::text("Network", "network", 0),
        Column::figure("Batch", "batch", 3),
        Column::figure("Input", "input", 0),
        Column::figure("Params", "params", 0),
        Column::figure("×", "params_ratio", 2),
        Column::figure("MACs", "macs", 0),
        Column::figure("×", "macs_ratio", 1),
        Column::figure("FLOPs", "flops", 4),
        Column::figure("Activations", "activations", 5),
        Column::figure("Weights", "weight_bytes", 6),
        Column::figure("Field", "receptive_field", 7),
    ]
}

/// One row a network.
fn network_rows(reports: &[Report]) -> Vec<Row> {
    let Some(first) = reports.first() else {
        return Vec::new();
    };
    let base = &first.totals.figures;
    reports
        .iter()
        .map(|report| {
            let figures = &report.totals.figures;
            let params = Cell::Count(figures.params);
            let macs = Cell::Count(figures.macs);
            let params_ratio = Cell::ratio(&params, &Cell::Count(base.params));
            let macs_ratio = Cell::ratio(&macs, &Cell::Count(base.macs));
            Row::plain(vec![
                Cell::text(&report.name),
                Cell::Count(report.batch),
                Cell::sizes(&report.input),
                params,
                params_ratio,
                macs,
                macs_ratio,
                Cell::Count(figures.flops),
                Cell::Count(figures.activations),
                Cell::Bytes(figures.weight_bytes),
                field::network_cell(report),
            ])
        })
        .collect()
}
