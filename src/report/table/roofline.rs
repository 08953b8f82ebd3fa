//! A network on a machine.

use super::{Cell, Column, Emphasis, Row, Table, heading};
use crate::analysis::roofline::{BoundBy, MACHINES, Machine, NamedMachine};
use crate::figure::quantity::{RateUnit, write};
use crate::report::OperatorKind;
use crate::report::fold::{self, Overflow, Row as Folded};
use crate::report::roofline::{LayerRoofline, Roofline, RooflineTotals};

const ROOFLINE: &str = "Least time of a layer: the larger of FLOPs / peak and bytes / bandwidth (Williams et al. 2009). Bytes: weights, \
    operands and output, each once, 4 a value, without caches. Layers run one after the other.";
const SEPARATE: &str = "Every layer's result goes through memory; `--fused` does norms and activations in the layer before.";
const FUSED: &str = "Batch norms and activations directly behind a convolution or linear layer are done in it: its FLOPs and bytes hold what is left \
    of them, of a norm the bias it is folded into, of a prelu its slopes too.";

/// The layers under their blocks with what bounds their time, folded to `depth` levels.
///
/// # Errors
/// Where the sum of a block does not fit 64 bits.
pub fn roofline_table(roofline: &Roofline, depth: Option<usize>) -> Result<Table, Overflow> {
    let report = roofline.report();
    let mut rows = Vec::new();
    push_rows(roofline, &fold::fold(report, depth)?, 0, &mut rows)?;
    let whole = roofline.totals.seconds;
    let mut total = vec![Cell::Text("Total".to_owned()), Cell::Empty];
    total.extend(cells(&roofline.totals, whole));
    rows.push(Row { cells: total, level: 0, emphasis: Emphasis::Total });
    let mut columns =
        vec![Column::text("Layer", "layer", 0), Column::text("Operator", "operator", 4)];
    columns.extend(figure_columns());
    Ok(Table {
        title: format!("{}, on {}", heading(report), roofline.machine.name()),
        columns,
        rows,
        notes: notes(roofline),
    })
}

fn figure_columns() -> [Column; 7] {
    [
        Column::figure("FLOPs", "flops", 2),
        Column::figure("Bytes", "bytes", 3),
        Column::figure("FLOPs/byte", "intensity", 0),
        Column::figure("Least time", "seconds", 0),
        Column::figure("Share", "share", 1),
        Column::figure("By memory", "memory_bound_share", 0),
        Column::figure("Of peak", "peak_share", 1),
    ]
}

fn cells(totals: &RooflineTotals, whole: f64) -> [Cell; 7] {
    let share = |share: Option<f64>| share.map_or(Cell::Empty, Cell::Share);
    [
        Cell::Short(totals.flops),
        Cell::Bytes(totals.bytes),
        totals.intensity.map_or(Cell::Empty, Cell::Number),
        if totals.seconds > 0.0 { Cell::Seconds(totals.seconds) } else { Cell::Empty },
        share((whole > 0.0 && totals.seconds > 0.0).then(|| totals.seconds / whole)),
        share(totals.memory_bound_share),
        share(totals.peak_share),
    ]
}

fn push_rows(
    roofline: &Roofline,
    folded: &[Folded<'_>],
    level: usize,
    rows: &mut Vec<Row>,
) -> Result<(), Overflow> {
    let whole = roofline.totals.seconds;
    for row in folded {
        let (name, operator, layers, path, emphasis) = match row {
            Folded::Block(block) => {
                let layers = roofline.layers.get(block.layers.clone()).unwrap_or_default();
                (block.name, "", layers, block.path, Emphasis::Block)
            }
            Folded::Layer(row) => {
                let layer = roofline.layers.get(row.index..=row.index).unwrap_or_default();
                (row.name, row.layer.op.as_str(), layer, row.name, Emphasis::Plain)
            }
        };
        let totals = RooflineTotals::of(layers, &roofline.machine)
            .ok_or_else(|| Overflow { block: path.to_owned() })?;
        let mut content = vec![Cell::text(name), Cell::text(operator)];
        content.extend(cells(&totals, whole));
        rows.push(Row { cells: content, level, emphasis });
        if let Folded::Block(block) = row {
            push_rows(roofline, &block.rows, level.saturating_add(1), rows)?;
        }
    }
    Ok(())
}

fn notes(roofline: &Roofline) -> Vec<String> {
    let mut notes = vec![machine_note(&roofline.machine), ROOFLINE.to_owned()];
    notes.push(if roofline.fused { FUSED } else { SEPARATE }.to_owned());
    notes.extend(roofline.verdict());
    notes
}

fn machine_note(machine: &Machine) -> String {
    format!(
        "{}: {}, {}; below {} FLOPs a byte memory bounds.",
        machine.name(),
        write::rate(machine.peak_flops(), RateUnit::Flops),
        write::rate(machine.bandwidth(), RateUnit::Bytes),
        write::number(machine.ridge())
    )
}

/// The work and the time that each of memory and arithmetic bounds, and of both.
#[must_use]
pub fn roofline_bounds_table(roofline: &Roofline) -> Table {
    let mut columns = vec![Column::text("Bound by", "bound", 0)];
    columns.push(Column::figure("Layers", "layers", 0));
    columns
        .extend(figure_columns().into_iter().filter(|column| column.key != "memory_bound_share"));
    let row = |name: Cell, layers: &[&LayerRoofline], emphasis| {
        let totals = RooflineTotals::of(layers.iter().copied(), &roofline.machine)?;
        let count = u64::try_from(layers.len()).ok()?;
        let [flops, bytes, intensity, seconds, share, _, peak] =
            cells(&totals, roofline.totals.seconds);
        let figures = [flops, bytes, intensity, seconds, share, peak];
        let content = [name, Cell::Count(count)].into_iter().chain(figures);
        Some(Row { cells: content.collect(), level: 0, emphasis })
    };
    let bound: Vec<&LayerRoofline> =
        roofline.layers.iter().filter(|layer| layer.bound.is_some()).collect();
    let parts =
        [("memory", BoundBy::Memory), ("arithmetic", BoundBy::Compute)].map(|(label, by)| {
            let name = Cell::Named(label.to_owned(), by.name().to_owned());
            let layers: Vec<_> =
                bound.iter().copied().filter(|layer| layer.bound == Some(by)).collect();
            row(name, &layers, Emphasis::Plain)
        });
    let whole = row(Cell::text("Total"), &bound, Emphasis::Total);
    let rows = parts.into_iter().chain([whole]).flatten().collect();
    let title = format!("What bounds {} on {}", roofline.name, roofline.machine.name());
    Table { title, columns, rows, notes: vec![machine_note(&roofline.machine)] }
}

/// The work and the time of each kind of operators.
#[must_use]
pub fn roofline_kinds_table(roofline: &Roofline) -> Table {
    let mut columns = vec![Column::text("Kind", "kind", 0), Column::figure("Layers", "layers", 3)];
    columns.extend(figure_columns());
    let mut rows = Vec::new();
    for kind in OperatorKind::ALL {
        let layers: Vec<&LayerRoofline> =
            roofline.layers.iter().filter(|layer| layer.kind == kind).collect();
        let count = u64::try_from(layers.len()).unwrap_or(u64::MAX);
        let totals = RooflineTotals::of(layers, &roofline.machine);
        // A part of what fits 64 bits fits too.
        if let Some(totals) = totals.filter(|_| count > 0) {
            let mut content = vec![
                Cell::Named(kind.label().to_owned(), kind.key().to_owned()),
                Cell::Count(count),
            ];
            content.extend(cells(&totals, roofline.totals.seconds));
            rows.push(Row::plain(content));
        }
    }
    let title = format!("Time of {} by kind, on {}", roofline.name, roofline.machine.name());
    Table { title, columns, rows, notes: notes(roofline) }
}

/// Every layer by its full name, for scripts.
#[must_use]
pub fn roofline_layers_table(roofline: &Roofline) -> Table {
    let columns = vec![
        Column::text("Layer", "layer", 0),
        Column::text("Operator", "operator", 2),
        Column::text("Kind", "kind", 3),
        Column::figure("FLOPs", "flops", 0),
        Column::figure("Bytes", "bytes", 0),
        Column::figure("FLOPs/byte", "intensity", 0),
        Column::figure("Least time", "seconds", 0),
        Column::text("Bound", "bound", 0),
    ];
    let rows = roofline.layers.iter().map(|layer| {
        Row::plain(vec![
            Cell::text(&layer.name),
            Cell::text(&layer.op),
            Cell::text(layer.kind.key()),
            Cell::Count(layer.flops),
            Cell::Bytes(layer.bytes),
            layer.intensity.map_or(Cell::Empty, Cell::Number),
            Cell::Seconds(layer.seconds),
            Cell::text(layer.bound.map_or("", BoundBy::name)),
        ])
    });
    let title = format!("{} on {}", roofline.name, roofline.machine.name());
    Table { title, columns, rows: rows.collect(), notes: notes(roofline) }
}

/// The machines that can be called by name.
#[must_use]
pub fn machines_table() -> Table {
    let columns = vec![
        Column::text("Name", "name", 0),
        Column::text("Machine", "machine", 1),
        Column::figure("Peak", "peak_flops", 0),
        Column::figure("Bandwidth", "bandwidth", 0),
        Column::figure("FLOPs/byte at the ridge", "ridge", 2),
        Column::text("Source", "source", 3),
    ];
    let rows = MACHINES.iter().map(|NamedMachine { name, machine, source }| {
        Row::plain(vec![
            Cell::text(name),
            Cell::text(machine.name()),
            Cell::Rate(machine.peak_flops(), RateUnit::Flops),
            Cell::Rate(machine.bandwidth(), RateUnit::Bytes),
            Cell::Number(machine.ridge()),
            Cell::text(source),
        ])
    });
    let notes = vec![
        "Peaks are 32-bit floating point without tensor cores and sparsity, as the vendors state them, for processors at their base clock. \
        `--machine this` measures the machine at hand."
            .to_owned(),
    ];
    Table { title: "Machines".to_owned(), columns, rows: rows.collect(), notes }
}
