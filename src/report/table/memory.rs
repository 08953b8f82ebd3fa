//! The memory of a network: its parts, what is alive at each layer, and how concatenations are stored.

use super::{Cell, Column, Row, Table, heading};
use crate::analysis::{DataType, Optimizer, Schedule};
use crate::report::{Layer, Report};

/// What the parts mean.
const PARTS: &str = "The parts are never added up: peaks are at inference; what is kept, gradients and optimizer state \
    are in training. Activations and gradients are 32-bit floats. Peak: operands, output and all that later layers take, \
    the network's input included; in place: element-wise operators write over operands that nothing takes any more. Bytes MiB (2²⁰).";

/// What the policies mean.
const POLICIES: &str = "Copied: each concatenation has memory of its own. Shared buffer: all are written to one buffer when taken; what they \
    are made of stays. In place: operands are written where they lie in the concatenation. Recomputed: in training, concatenations \
    and the normalizations and activations after them are made again for the backward pass. Concatenations: their part of what is \
    kept. Bytes MiB (2²⁰).";

/// The parts of a network's memory, exact and short.
#[must_use]
pub fn memory_table(report: &Report) -> Table {
    let memory = &report.memory;
    let mut rows: Vec<Row> =
        DataType::ALL.into_iter().map(|data_type| weights(report, data_type)).collect();
    rows.extend([
        part(0, "Input", "input_bytes", memory.input_bytes),
        part(0, "Activations", "activation_bytes", memory.activation_bytes),
        peak("Peak, in place", "peak_activation_bytes", report, &memory.in_place),
        peak("Peak, separate", "peak_activation_bytes_separate", report, &memory.separate),
    ]);
    let training = &memory.training;
    rows.extend([
        part(0, "Kept for backward", "training_bytes", training.training_bytes),
        part(1, "input", "kept_input_bytes", training.kept_input_bytes),
        part(1, "activations", "kept_output_bytes", training.kept_output_bytes),
        part(1, "masks, statistics", "kept_further_bytes", training.kept_further_bytes),
        part(0, "Gradients", "gradient_bytes", memory.gradients.gradient_bytes),
    ]);
    rows.extend(Optimizer::ALL.map(|optimizer| {
        let bytes = memory.gradients.optimizer_bytes.of(optimizer);
        let key = format!("optimizer_bytes_{}", optimizer.key());
        part(0, &format!("Optimizer, {}", optimizer.label()), &key, bytes)
    }));
    Table {
        title: heading(report),
        columns: vec![
            Column::text("Memory", "memory", 0),
            Column::figure("Bytes", "bytes", 0),
            Column::figure("Short", "short", 1),
            Column::text("At", "layer", 2),
        ],
        rows,
        notes: vec![PARTS.to_owned()],
    }
}

fn named(label: &str, key: &str) -> Cell {
    Cell::Named(label.to_owned(), key.to_owned())
}

fn part(level: usize, label: &str, key: &str, bytes: u64) -> Row {
    let cells = vec![named(label, key), Cell::Count(bytes), Cell::Bytes(bytes), Cell::Empty];
    Row { level, ..Row::plain(cells) }
}

/// All weights in one type; as 32-bit floats where nothing else is said.
fn weights(report: &Report, data_type: DataType) -> Row {
    let (level, label, key) = match data_type {
        DataType::F32 => (0, "Weights".to_owned(), "weight_bytes".to_owned()),
        other => (1, format!("as {}", other.name()), format!("weight_bytes_{}", other.name())),
    };
    part(level, &label, &key, report.memory.weights.as_type(data_type))
}

/// A peak and the layer at which it is reached.
fn peak(label: &str, key: &str, report: &Report, schedule: &Schedule) -> Row {
    let mut row = part(0, label, key, schedule.peak_bytes);
    let layer = report.layers.get(schedule.peak_layer);
    if let (Some(cell), Some(layer)) = (row.cells.last_mut(), layer) {
        *cell = Cell::text(&layer.name);
    }
    row
}

/// What is alive at each layer of one pass at inference, and what training keeps of it.
#[must_use]
pub fn schedule_table(report: &Report) -> Table {
    let memory = &report.memory;
    let at =
        |schedule: &Schedule, layer: usize| Cell::bytes(schedule.alive_bytes.get(layer).copied());
    let row = |(position, layer): (usize, &Layer)| {
        Row::plain(vec![
            Cell::text(&layer.name),
            Cell::text(&layer.op),
            Cell::sizes(&layer.output_shape),
            Cell::Bytes(layer.figures.activation_bytes),
            at(&memory.in_place, position),
            at(&memory.separate, position),
            Cell::Bytes(layer.kept_bytes),
        ])
    };
    Table {
        title: heading(report),
        columns: vec![
            Column::text("Layer", "layer", 0),
            Column::text("Operator", "operator", 4),
            Column::figure("Output", "output", 3),
            Column::figure("Activations", "activation_bytes", 2),
            Column::figure("Alive", "alive_bytes", 0),
            Column::figure("Separate", "alive_bytes_separate", 1),
            Column::figure("Kept", "kept_bytes", 0),
        ],
        rows: report.layers.iter().enumerate().map(row).collect(),
        notes: vec![
            "Alive: activations in memory while the layer runs at inference, element-wise operators in place; separate: every \
             output with memory of its own. Kept: for the backward pass. Bytes MiB (2²⁰)."
                .to_owned(),
        ],
    }
}

/// The peak at inference and what training keeps, by how concatenations are stored; `None` where the network has none.
#[must_use]
pub fn policies_table(report: &Report) -> Option<Table> {
    let policies = report.memory.concatenation.as_ref()?;
    let rows = policies.iter().map(|memory| {
        Row::plain(vec![
            named(memory.policy.label(), memory.policy.key()),
            Cell::Bytes(memory.peak_activation_bytes),
            Cell::Bytes(memory.training_bytes),
            Cell::Bytes(memory.kept_concat_bytes),
        ])
    });
    Some(Table {
        title: format!("{}, by how concatenations are stored", heading(report)),
        columns: vec![
            Column::text("Stored", "policy", 0),
            Column::figure("Peak activations", "peak_activation_bytes", 0),
            Column::figure("Kept for backward", "training_bytes", 0),
            Column::figure("Concatenations", "kept_concat_bytes", 0),
        ],
        rows: rows.collect(),
        notes: vec![POLICIES.to_owned()],
    })
}
