//! Flat tables: every layer with every figure, and every network that can be called by name.

use super::{Cell, Column, Row, Table, field, figures, heading};
use crate::report::{CONVENTIONS, Figures, Layer, Report};

/// Every layer by its full name with every figure, for scripts and spreadsheets.
#[must_use]
pub fn layers_table(report: &Report) -> Table {
    let text = ["name", "op", "detail", "block", "inputs", "output_shape"];
    let text = text.iter().map(|key| Column::text(key, key, 0));
    let figures = figures(&Figures::default());
    let figures = figures.iter().map(|figure| Column::figure(figure.label, &figure.key, 0));
    let fields = ["receptive_field", "receptive_field_stride", "receptive_field_padding"];
    let fields = fields.iter().map(|key| Column::figure(key, key, 0));
    Table {
        title: heading(report),
        columns: text.chain(figures).chain(fields).collect(),
        rows: report.layers.iter().map(row).collect(),
        notes: vec![CONVENTIONS.to_owned()],
    }
}

fn row(layer: &Layer) -> Row {
    let mut cells = vec![
        Cell::text(&layer.name),
        Cell::text(&layer.op),
        Cell::text(&layer.detail),
        Cell::text(&layer.block),
        Cell::text(&layer.inputs.join(" ")),
        Cell::Shape(layer.output_shape.clone()),
    ];
    cells.extend(figures(&layer.figures).into_iter().map(|figure| figure.cell));
    cells.push(field::layer_cell(layer));
    cells.extend(field::stride_and_padding(layer));
    Row::plain(cells)
}

/// One row a network that can be called by name.
#[must_use]
pub fn list_table(reports: &[(&str, Report)]) -> Table {
    let columns = vec![
        Column::text("Name", "name", 0),
        Column::figure("Input", "input", 0),
        Column::figure("Params", "params", 0),
        Column::figure("MACs", "macs", 0),
        Column::figure("Layers", "layers", 2),
        Column::text("Source", "source", 1),
    ];
    let rows = reports.iter().map(|(name, report)| {
        Row::plain(vec![
            Cell::text(name),
            Cell::sizes(&report.input),
            Cell::Count(report.totals.figures.params),
            Cell::Count(report.totals.figures.macs),
            Cell::Count(report.totals.layers),
            Cell::text(report.source.as_deref().unwrap_or_default()),
        ])
    });
    Table {
        title: format!("{} bundled networks", reports.len()),
        columns,
        rows: rows.collect(),
        notes: vec!["Batch 1.".to_owned(), CONVENTIONS.to_owned()],
    }
}
