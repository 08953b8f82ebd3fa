//! Receptive fields in tables.

use super::Cell;
use crate::report::{FieldExtent, Layer, Report, Unaligned};

/// What the column of receptive fields means.
const MEANING: &str = "Field: the pixels of the input that a unit depends on over all paths, those on padding included; \
    global where that is everything.";
/// So many marks of a kind are written out.
const MOST_MARKS: usize = 3;

/// The extent of a layer's receptive field.
pub(crate) fn layer_cell(layer: &Layer) -> Cell {
    match (&layer.receptive_field, layer.receptive_field_extent) {
        (Some(field), _) => Cell::Shape(field.field.size.to_vec()),
        (None, FieldExtent::Global) => Cell::text("global"),
        (None, FieldExtent::None) => Cell::Empty,
        (None, FieldExtent::Window | FieldExtent::Unknown) => Cell::Unknown,
    }
}

/// The extent of the receptive field of a network.
pub(crate) fn network_cell(report: &Report) -> Cell {
    let field = report.receptive_field.as_ref();
    field.map_or(Cell::Unknown, |field| Cell::Shape(field.field.size.to_vec()))
}

/// Stride (rows, columns) and padding (top, bottom, left, right) of a layer's receptive field, for scripts.
pub(super) fn stride_and_padding(layer: &Layer) -> [Cell; 2] {
    let Some(field) = &layer.receptive_field else { return [Cell::Unknown, Cell::Unknown] };
    let [rows, columns] = field.field.stride;
    let padding: Vec<_> = field.field.padding.iter().flatten().map(i64::to_string).collect();
    [Cell::Text(format!("{rows}x{columns}")), Cell::Text(padding.join(" "))]
}

/// What is to be said of the receptive fields of a network.
pub(crate) fn notes(report: &Report) -> Vec<String> {
    let mut notes = vec![MEANING.to_owned()];
    if let Some(layer) = report.receptive_field.as_ref().and_then(|field| field.layer.as_ref()) {
        notes.push(format!("The network's field is that of {layer}, after which it is global."));
    }
    if let Some(layer) = &report.exceeds_input {
        notes.push(format!("{layer} is the first layer whose field is larger than the input."));
    }
    notes.extend(report.unaligned.iter().take(MOST_MARKS).map(unaligned));
    let further = report.unaligned.len().saturating_sub(MOST_MARKS);
    if further > 0 {
        let layers = if further == 1 { "layer" } else { "layers" };
        notes.push(format!("The branches of {further} further {layers} are not aligned."));
    }
    notes
}

/// The operand that is furthest off.
fn unaligned(mark: &Unaligned) -> String {
    let layer = &mark.layer;
    let pairs = || mark.branches.iter().zip(&mark.offsets);
    let first = mark.branches.first().map_or("", String::as_str);
    if let Some((branch, _)) = pairs().find(|(_, offsets)| offsets.contains(&None)) {
        return format!(
            "The branches of {layer} are not aligned: the strides of {branch} and {first} differ."
        );
    }
    let distance = |offsets: &[Option<f64>; 2]| {
        offsets.iter().flatten().fold(0.0_f64, |most, offset| most.max(offset.abs()))
    };
    let furthest = pairs().max_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
    let (branch, offsets) = furthest.map_or((first, &[None; 2]), |(name, offsets)| (name, offsets));
    let [rows, columns] = offsets.map(Option::unwrap_or_default);
    format!(
        "The branches of {layer} are not aligned: the fields of {branch} lie {rows} rows and {columns} columns off those of {first}."
    )
}
