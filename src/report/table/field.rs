//! Receptive fields in tables.

use super::Cell;
use crate::figure::quantity::write::{counted, noun};
use crate::report::{FieldExtent, Layer, Report, Unaligned};

/// What the column of receptive fields means.
const MEANING: &str = "Field: the pixels of the input that a unit depends on over all paths, those on padding included; \
    global where that is everything.";
/// What the field of a network is whose output sees everything.
const GLOBAL: &str = "Receptive field, global: the output depends on all of the input; the pixels are those of the last layer before.";
/// So many marks of a kind are written out.
const MOST_MARKS: usize = 3;

/// The extent of a layer's receptive field.
pub(crate) fn layer_cell(layer: &Layer) -> Cell {
    let field = layer.receptive_field.as_ref();
    Cell::field(field.map(|field| field.field.size.to_vec()), layer.receptive_field_extent)
}

/// The extent of the receptive field of a network.
pub(crate) fn network_cell(report: &Report) -> Cell {
    let field = report.receptive_field.as_ref();
    Cell::field(field.map(|field| field.field.size.to_vec()), report.receptive_field_extent)
}

/// What `global` means in tables of figures of networks; none where no output sees everything.
pub(crate) fn global_note(extents: impl IntoIterator<Item = FieldExtent>) -> Option<String> {
    let is_global = extents.into_iter().any(|extent| extent == FieldExtent::Global);
    is_global.then(|| GLOBAL.to_owned())
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
        let further = u64::try_from(further).unwrap_or(u64::MAX);
        let layers = counted(further, ["further layer", "further layers"]);
        notes.push(format!("The branches of {layers} are not aligned."));
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
    let part = |offset: f64, nouns, [beyond, before]: [&str; 2]| {
        let (size, side) = (offset.abs(), if offset > 0.0 { beyond } else { before });
        (size > 0.0).then(|| format!("{size} {} {side}", noun(size, nouns)))
    };
    let rows = part(rows, ["row", "rows"], ["below", "above"]);
    let columns = part(columns, ["column", "columns"], ["to the right of", "to the left of"]);
    let parts: Vec<String> = rows.into_iter().chain(columns).collect();
    format!(
        "The branches of {layer} are not aligned: the fields of {branch} lie {} those of {first}.",
        parts.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_lie_so_many_rows_and_columns_apart() {
        let cases = [
            ([1.0, 1.0], "1 row below and 1 column to the right of"),
            ([-2.0, 0.0], "2 rows above"),
            ([0.0, -0.5], "0.5 columns to the left of"),
        ];
        for (offsets, expected) in cases {
            let mark = Unaligned {
                layer: "add1".to_owned(),
                branches: vec!["conv1".to_owned(), "conv2".to_owned()],
                offsets: vec![[Some(0.0); 2], offsets.map(Some)],
            };
            let expected = format!(
                "The branches of add1 are not aligned: the fields of conv2 lie {expected} those of conv1."
            );
            assert_eq!(unaligned(&mark), expected);
        }
    }
}
