//! The layers of a network under their blocks.

use super::{Cell, Column, Emphasis, Row, Table, field, heading, settings_note};
use crate::figure::quantity::write::counted;
use crate::report::fold::{self, Overflow, Row as Folded};
use crate::report::{CONVENTIONS, Report};

/// The layers of a network under their blocks, with subtotals, folded to `depth` levels.
///
/// # Errors
///
/// Where the sum of a block does not fit 64 bits.
pub fn summary_table(report: &Report, depth: Option<usize>) -> Result<Table, Overflow> {
    let mut rows = Vec::new();
    push_rows(&fold::fold(report, depth)?, 0, &mut rows);
    rows.push(total_row(report));
    let mut notes: Vec<String> = settings_note(&report.settings).into_iter().collect();
    notes.push(CONVENTIONS.to_owned());
    notes.extend(field::notes(report));
    notes.extend(report.verified.iter().flat_map(|verified| verified.notes.clone()));
    Ok(Table {
        title: heading(report),
        columns: vec![
            Column::text("Layer", "layer", 0),
            Column::text("Operator", "operator", 2),
            Column::text("Arguments", "arguments", 4),
            Column::figure("Output", "output", 1),
            Column::figure("Params", "params", 0),
            Column::figure("MACs", "macs", 0),
            Column::figure("FLOPs", "flops", 3),
            Column::figure("Activations", "activations", 5),
            Column::figure("Field", "receptive_field", 6),
        ],
        rows,
        notes,
    })
}

fn push_rows(folded: &[Folded<'_>], level: usize, rows: &mut Vec<Row>) {
    for row in folded {
        match row {
            Folded::Block(block) => {
                rows.push(block_row(block, level));
                push_rows(&block.rows, level + 1, rows);
            }
            Folded::Layer(row) => rows.push(layer_row(row, level)),
        }
    }
}

fn block_row(block: &fold::Block<'_>, level: usize) -> Row {
    let (count, figures) = (block.totals.layers, &block.totals.figures);
    Row {
        cells: vec![
            Cell::text(block.name),
            layer_count(count),
            Cell::Empty,
            Cell::sizes(block.output_shape),
            Cell::Count(figures.params),
            Cell::Count(figures.macs),
            Cell::Count(figures.flops),
            Cell::Count(figures.activations),
            block.result.map_or(Cell::Empty, field::layer_cell),
        ],
        level,
        emphasis: Emphasis::Block,
    }
}

fn layer_row(row: &fold::LayerRow<'_>, level: usize) -> Row {
    let layer = row.layer;
    Row {
        cells: vec![
            Cell::text(row.name),
            Cell::text(&layer.op),
            Cell::text(&layer.detail),
            Cell::sizes(&layer.output_shape),
            Cell::Count(layer.figures.params),
            Cell::Count(layer.figures.macs),
            Cell::Count(layer.figures.flops),
            Cell::Count(layer.figures.activations),
            field::layer_cell(layer),
        ],
        level,
        emphasis: Emphasis::Plain,
    }
}

fn total_row(report: &Report) -> Row {
    let figures = &report.totals.figures;
    let count = report.totals.layers;
    // The rows above say from where on it is global, and the column stays narrow.
    let window = match field::network_cell(report) {
        Cell::BeforeGlobal(pixels) => Cell::Shape(pixels),
        cell => cell,
    };
    Row {
        cells: vec![
            Cell::Text("Total".to_owned()),
            layer_count(count),
            Cell::Empty,
            report.outputs.first().map_or(Cell::Empty, |output| Cell::sizes(&output.shape)),
            Cell::Count(figures.params),
            Cell::Count(figures.macs),
            Cell::Count(figures.flops),
            Cell::Count(figures.activations),
            window,
        ],
        level: 0,
        emphasis: Emphasis::Total,
    }
}

fn layer_count(count: u64) -> Cell {
    Cell::Text(counted(count, ["layer", "layers"]))
}
