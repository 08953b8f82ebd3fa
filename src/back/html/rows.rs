//! The rows of the page's table of layers.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;

use super::charts::fraction;
use crate::back::quantity::{counted, mebibytes, thousands};
use crate::back::text::{for_people, visible};
use crate::report::fold::{Block, LayerRow, Row as Folded};
use crate::report::table::{field, shape_text, without_batch};
use crate::report::{Figures, Layer, Report};

/// A row of the layer table.
#[derive(Serialize)]
pub(super) struct Row {
    id: String,
    parent: String,
    level: usize,
    block: bool,
    name: String,
    path: String,
    kind: &'static str,
    op: String,
    detail: String,
    from: Vec<Link>,
    output: String,
    field: String,
    /// Why the field is marked, if it is.
    field_note: Option<&'static str>,
    alive: String,
    figures: RowFigures,
}

/// Where a layer's input comes from, if that is not the layer before.
#[derive(Serialize)]
pub(super) struct Link {
    name: String,
    path: String,
    row: Option<String>,
}

/// The figures of a row, as text.
#[derive(Serialize)]
pub(super) struct RowFigures {
    params: Figure,
    macs: Figure,
    flops: Figure,
    activations: Figure,
}

/// A figure with its share of the whole.
#[derive(Serialize)]
pub(super) struct Figure {
    exact: String,
    share: Option<String>,
    zero: bool,
}

/// Builds the rows of the layer table.
pub(super) struct TableRows<'report> {
    report: &'report Report,
    positions: HashMap<&'report str, usize>,
    rows: Vec<Row>,
    blocks: usize,
}

impl<'report> TableRows<'report> {
    pub(super) fn of(report: &'report Report, folded: &[Folded<'report>]) -> Vec<Row> {
        let names = report.layers.iter().map(|layer| layer.name.as_str());
        let mut table = Self {
            report,
            positions: names.enumerate().map(|(index, name)| (name, index)).collect(),
            rows: Vec::with_capacity(report.layers.len() * 2),
            blocks: 0,
        };
        table.push(folded, "", 0);
        table.rows
    }

    fn push(&mut self, folded: &[Folded<'report>], parent: &str, level: usize) {
        for row in folded {
            match row {
                Folded::Block(block) => {
                    let id = format!("b{}", self.blocks);
                    self.blocks += 1;
                    self.rows.push(self.block(block, &id, parent, level));
                    self.push(&block.rows, &id, level + 1);
                }
                Folded::Layer(row) => self.rows.push(self.layer(row, parent, level)),
            }
        }
    }

    fn block(&self, block: &Block<'_>, id: &str, parent: &str, level: usize) -> Row {
        let count = block.totals.layers;
        Row {
            id: id.to_owned(),
            parent: parent.to_owned(),
            level,
            block: true,
            name: visible(block.name).into_owned(),
            path: visible(block.path).into_owned(),
            kind: "",
            op: counted(count, ["layer", "layers"]),
            detail: String::new(),
            from: Vec::new(),
            output: shape_text(without_batch(block.output_shape)),
            field: block.result.map_or_else(String::new, field_text),
            field_note: block.result.and_then(field_note),
            alive: self.alive(block.layers.clone()),
            figures: RowFigures::new(&block.totals.figures, &self.report.totals.figures),
        }
    }

    fn layer(&self, row: &LayerRow<'_>, parent: &str, level: usize) -> Row {
        let layer = row.layer;
        Row {
            id: row_id(row.index),
            parent: parent.to_owned(),
            level,
            block: false,
            name: visible(row.name).into_owned(),
            path: visible(&layer.name).into_owned(),
            kind: layer.kind.key(),
            op: visible(&layer.op).into_owned(),
            detail: visible(&layer.detail).into_owned(),
            from: self.links(row.index, layer),
            output: shape_text(without_batch(&layer.output_shape)),
            field: field_text(layer),
            field_note: field_note(layer),
            alive: self.alive(row.index..row.index.saturating_add(1)),
            figures: RowFigures::new(&layer.figures, &self.report.totals.figures),
        }
    }

    /// The most that is alive at inference while these layers run.
    fn alive(&self, layers: Range<usize>) -> String {
        self.report.alive_bytes(layers).map_or_else(String::new, mebibytes)
    }

    /// Links to the layer's inputs; none where it simply follows the layer before.
    fn links(&self, index: usize, layer: &Layer) -> Vec<Link> {
        let before = index
            .checked_sub(1)
            .and_then(|before| self.report.layers.get(before))
            .map_or("input", |layer| layer.name.as_str());
        if layer.inputs.iter().all(|input| input == before) {
            return Vec::new();
        }
        let link = |input: &String| Link {
            name: visible(inside(input, &layer.block)).into_owned(),
            path: visible(input).into_owned(),
            row: self.positions.get(input.as_str()).copied().map(row_id),
        };
        layer.inputs.iter().map(link).collect()
    }
}

/// A name without the path of the block, if it lies there.
fn inside<'name>(name: &'name str, block: &str) -> &'name str {
    name.strip_prefix(block).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
}

fn field_text(layer: &Layer) -> String {
    for_people(&field::layer_cell(layer))
}

fn field_note(layer: &Layer) -> Option<&'static str> {
    let field = layer.receptive_field.as_ref()?;
    field.exceeds_input.then_some("larger than the input")
}

fn row_id(index: usize) -> String {
    format!("l{index}")
}

impl RowFigures {
    pub(super) fn new(part: &Figures, whole: &Figures) -> Self {
        Self {
            params: Figure::new(part.params, whole.params),
            macs: Figure::new(part.macs, whole.macs),
            flops: Figure::new(part.flops, whole.flops),
            activations: Figure::new(part.activations, whole.activations),
        }
    }
}

impl Figure {
    fn new(part: u64, whole: u64) -> Self {
        Self {
            exact: thousands(part),
            share: (part > 0).then(|| fraction(part, whole)),
            zero: part == 0,
        }
    }
}
