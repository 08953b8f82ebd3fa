//! What of a network might be drawn: its boxes, wired, in their blocks.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

use super::Folding;
use super::boxes::{changes_no_shape, input_box, layer_box, title};
use crate::report::Report;
use crate::report::document::PictureBox;
use crate::report::fold::{self, Row};
use crate::report::table::{shape_text, without_batch};

/// All boxes that might be drawn, the input first, and the blocks that they lie in.
pub(super) struct Sketch {
    pub(super) boxes: Vec<PictureBox>,
    /// What a box is, whatever its channels.
    forms: Vec<String>,
    pub(super) parts: Vec<Part>,
    /// For every box those that take its result.
    takers: Vec<Vec<usize>>,
}

/// A box, or a block with what lies in it.
pub(super) struct Part {
    pub(super) boxes: Range<usize>,
    /// Empty where it is a single layer.
    pub(super) parts: Vec<Part>,
    pub(super) name: String,
    /// What the block passes on.
    pub(super) shape: String,
}

impl Sketch {
    pub(super) fn new(report: &Report, folding: Folding) -> Self {
        let mut boxes = vec![input_box(report)];
        let mut forms = vec![String::new()];
        // The box that holds a layer's result, by the layer's name.
        let mut holders: HashMap<&str, usize> = HashMap::new();
        let mut starts = Vec::with_capacity(report.layers.len() + 1);
        for layer in &report.layers {
            starts.push(boxes.len());
            let taken = layer.inputs.iter().map(|name| holders.get(name.as_str()).copied());
            let mut inputs: Vec<usize> = taken.map(Option::unwrap_or_default).collect();
            inputs.sort_unstable();
            inputs.dedup();
            let holder = match inputs.as_slice() {
                [only] if folding != Folding::Layers && changes_no_shape(layer) => *only,
                _ => {
                    boxes.push(PictureBox { inputs, ..layer_box(layer, folding) });
                    forms.push(title(layer, None));
                    boxes.len() - 1
                }
            };
            holders.insert(&layer.name, holder);
        }
        starts.push(boxes.len());
        let takers = PictureBox::takers(&boxes);
        // Where sums of figures are too large there are no blocks, and every layer stands by itself.
        let rows = fold::fold(report, None).unwrap_or_default();
        let mut parts = parts(&rows, &starts);
        if parts.is_empty() {
            parts = (1..boxes.len()).map(|place| Part::layer(place..place + 1)).collect();
        }
        Self { boxes, forms, parts, takers }
    }

    /// Whether a part is what the part before it is, and is chained to it: each takes one result, the second that of the first, which
    /// nothing else takes.
    pub(super) fn repeats(&self, one: &Range<usize>, other: &Range<usize>) -> bool {
        if one.is_empty() || one.len() != other.len() {
            return false;
        }
        let mut entries = [None; 2];
        for (first, second) in one.clone().zip(other.clone()) {
            let Some((a, b)) = self.boxes.get(first).zip(self.boxes.get(second)) else {
                return false;
            };
            let is_same = (&a.title, &a.detail, a.kind) == (&b.title, &b.detail, b.kind);
            if !is_same || a.inputs.len() != b.inputs.len() {
                return false;
            }
            for (a, b) in a.inputs.iter().zip(&b.inputs) {
                let fits = match (one.contains(a), other.contains(b)) {
                    (true, true) => a - one.start == b - other.start,
                    (false, false) => {
                        let [first, second] = &mut entries;
                        first.get_or_insert(*a) == a && second.get_or_insert(*b) == b
                    }
                    _ => false,
                };
                if !fits {
                    return false;
                }
            }
        }
        let [Some(_), Some(entry)] = entries else { return false };
        let leaves_by_entry = |place: usize| {
            let takers = self.takers.get(place).into_iter().flatten();
            let mut outside = takers.filter(|taker| !one.contains(taker));
            outside.all(|taker| place == entry && other.contains(taker))
        };
        one.contains(&entry) && one.clone().all(leaves_by_entry)
    }

    /// How a block is wired and of what, whatever its channels.
    pub(super) fn wiring(&self, part: &Part) -> String {
        let mut wiring = String::new();
        for place in part.boxes.clone() {
            let form = self.forms.get(place).map_or("", String::as_str);
            let _ = write!(wiring, "{form:?}");
            for input in self.boxes.get(place).into_iter().flat_map(|shown| &shown.inputs) {
                let _ = match input.checked_sub(part.boxes.start) {
                    Some(inside) => write!(wiring, " {inside}"),
                    None => write!(wiring, " -"),
                };
            }
        }
        wiring
    }
}

impl Part {
    fn layer(boxes: Range<usize>) -> Self {
        Self { boxes, parts: Vec::new(), name: String::new(), shape: String::new() }
    }
}

/// The rows of a folded report that have boxes; `starts` is the first box of every layer.
fn parts(rows: &[Row<'_>], starts: &[usize]) -> Vec<Part> {
    let start = |layer: usize| starts.get(layer).copied().unwrap_or_default();
    let part = |row: &Row<'_>| match row {
        Row::Layer(row) => Part::layer(start(row.index)..start(row.index + 1)),
        Row::Block(block) => {
            let boxes = start(block.layers.start)..start(block.layers.end);
            let mut inside = parts(&block.rows, starts);
            // A block in which there is nothing but a block is one with it.
            if let [only] = inside.as_mut_slice()
                && !only.parts.is_empty()
            {
                inside = std::mem::take(&mut only.parts);
            }
            let shape = shape_text(without_batch(block.output_shape));
            Part { boxes, parts: inside, name: block.name.to_owned(), shape }
        }
    };
    rows.iter().map(part).filter(|part| !part.boxes.is_empty()).collect()
}
