//! Folding: the layers of a report as a tree of blocks, to a chosen depth, with the sums of every block.
//!
//! A block is a run of neighbouring layers whose paths begin with the same segments. Execution order is never
//! changed: where two branches of a network alternate, a block may appear more than once, each time with the
//! layers of that run alone, so that the rows of any depth always add up to the whole.

use std::ops::Range;

use thiserror::Error;

use super::{Figures, Layer, Report, Totals};

/// A sum over layers that does not fit 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the figures of `{block}` do not fit 64 bits")]
pub struct Overflow {
    /// The block, layer or network whose sum it was.
    pub block: String,
}

/// One row of a folded report.
#[derive(Debug, Clone, PartialEq)]
pub enum Row<'report> {
    /// A run of layers that share a block path.
    Block(Box<Block<'report>>),
    /// A single operator.
    Layer(LayerRow<'report>),
}

/// A block and what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<'report> {
    /// The last segment of the path.
    pub name: &'report str,
    /// The whole path.
    pub path: &'report str,
    /// Position of the block's layers in the report.
    pub layers: Range<usize>,
    /// The layer whose result it passes on.
    pub result: Option<&'report Layer>,
    /// Shape of what it passes on, batch first.
    pub output_shape: &'report [u64],
    /// Sums over the block's layers; the peaks of memory have no sum and are `None`.
    pub totals: Totals,
    /// The rows inside; empty where the block lies at the depth asked for and is folded.
    pub rows: Vec<Row<'report>>,
}

/// A layer and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerRow<'report> {
    /// Position in the report's layers.
    pub index: usize,
    /// The name without the path of the block.
    pub name: &'report str,
    /// The layer itself.
    pub layer: &'report Layer,
}

/// Folds the report's layers to `depth` levels of rows, in execution order; all levels where `depth` is `None`.
///
/// # Errors
///
/// Where the sum of a block does not fit 64 bits.
pub fn fold(report: &Report, depth: Option<usize>) -> Result<Vec<Row<'_>>, Overflow> {
    let levels = depth.unwrap_or(usize::MAX);
    if levels == 0 {
        return Ok(Vec::new());
    }
    let folder = Folder { layers: &report.layers, levels };
    folder.rows(0..report.layers.len(), 0)
}

/// Sums over `layers`; the peaks of memory have no sum and are `None`.
///
/// # Errors
///
/// Where a sum does not fit 64 bits; `block` is what the error names.
pub fn sum(layers: &[Layer], block: &str) -> Result<Totals, Overflow> {
    let overflow = || Overflow { block: block.to_owned() };
    let figures =
        layers.iter().try_fold(Figures::default(), |sum, layer| sum.checked_add(&layer.figures));
    Ok(Totals {
        layers: u64::try_from(layers.len()).map_err(|_| overflow())?,
        figures: figures.ok_or_else(overflow)?,
        ..Totals::default()
    })
}

/// The layer whose result a part of a report's layers passes on: the last one that a layer after the part takes, or else that no
/// layer takes.
#[must_use]
pub fn result(layers: &[Layer], part: Range<usize>) -> Option<&Layer> {
    let inside = || layers.get(part.clone()).unwrap_or_default().iter().rev();
    let is_taken_beyond = |layer: &&Layer| layer.last_consumer.is_some_and(|at| at >= part.end);
    inside()
        .find(is_taken_beyond)
        .or_else(|| inside().find(|layer| layer.last_consumer.is_none()))
        .or_else(|| inside().next())
}

struct Folder<'report> {
    layers: &'report [Layer],
    levels: usize,
}

impl<'report> Folder<'report> {
    /// Rows for a part of the layers that share a path of `level` segments.
    fn rows(&self, part: Range<usize>, level: usize) -> Result<Vec<Row<'report>>, Overflow> {
        let mut rows = Vec::new();
        let mut start = part.start;
        while let Some(layer) = self.layers.get(start).filter(|_| start < part.end) {
            let Some(path) = leading_path(&layer.block, level + 1) else {
                rows.push(Row::Layer(LayerRow::new(start, layer)));
                start += 1;
                continue;
            };
            let rest = self.layers.get(start..part.end).unwrap_or_default();
            let length = run_length(rest, path, level + 1);
            let block = self.block(path, start..start + length, level + 1)?;
            rows.push(Row::Block(Box::new(block)));
            start += length;
        }
        Ok(rows)
    }

    /// The block at `path`, of `level` segments, that holds a part of the layers.
    fn block(
        &self,
        path: &'report str,
        part: Range<usize>,
        level: usize,
    ) -> Result<Block<'report>, Overflow> {
        let rows = if level < self.levels { self.rows(part.clone(), level)? } else { Vec::new() };
        let result = result(self.layers, part.clone());
        Ok(Block {
            name: path.rsplit('/').next().unwrap_or(path),
            path,
            result,
            output_shape: result.map_or(&[], |layer| layer.output_shape.as_slice()),
            totals: sum(self.layers.get(part.clone()).unwrap_or_default(), path)?,
            layers: part,
            rows,
        })
    }
}

/// The first `segments` segments of a path, `None` where it has fewer.
pub(super) fn leading_path(path: &str, segments: usize) -> Option<&str> {
    if path.is_empty() {
        return None;
    }
    let mut separators = path.match_indices('/').map(|(position, _)| position);
    match separators.nth(segments - 1) {
        Some(end) => path.get(..end),
        None => (path.split('/').count() == segments).then_some(path),
    }
}

/// How many of the first layers lie in the block at `path`, at least one.
fn run_length(layers: &[Layer], path: &str, segments: usize) -> usize {
    let is_inside = |layer: &&Layer| leading_path(&layer.block, segments) == Some(path);
    layers.iter().take_while(is_inside).count().max(1)
}

/// A full name without the path of its block.
pub(super) fn name_within<'a>(name: &'a str, block: &str) -> &'a str {
    name.strip_prefix(block).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
}

impl<'report> LayerRow<'report> {
    fn new(index: usize, layer: &'report Layer) -> Self {
        Self { index, name: name_within(&layer.name, &layer.block), layer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// The rows as indented text: `block(layers)` or the layer's short name.
    fn outline(rows: &[Row<'_>], indent: usize, text: &mut Vec<String>) {
        for row in rows {
            match row {
                Row::Block(block) => {
                    text.push(format!(
                        "{}{}({})",
                        " ".repeat(indent),
                        block.name,
                        block.layers.len()
                    ));
                    outline(&block.rows, indent + 1, text);
                }
                Row::Layer(row) => text.push(format!("{}{}", " ".repeat(indent), row.name)),
            }
        }
    }

    fn folded(names: &[(&str, &str)], depth: Option<usize>) -> Vec<String> {
        let report = sample::named(names);
        let mut text = Vec::new();
        outline(&fold(&report, depth).unwrap(), 0, &mut text);
        text
    }

    const NESTED: &[(&str, &str)] = &[
        ("conv1", ""),
        ("a/conv1", "a"),
        ("a/b/conv1", "a/b"),
        ("a/b/conv2", "a/b"),
        ("ab/conv1", "ab"),
        ("a/conv2", "a"),
    ];

    #[test]
    fn folds_to_a_depth() {
        let cases: &[(Option<usize>, &[&str])] = &[
            (Some(0), &[]),
            (Some(1), &["conv1", "a(3)", "ab(1)", "a(1)"]),
            (Some(2), &["conv1", "a(3)", " conv1", " b(2)", "ab(1)", " conv1", "a(1)", " conv2"]),
            (
                None,
                &[
                    "conv1", "a(3)", " conv1", " b(2)", "  conv1", "  conv2", "ab(1)", " conv1",
                    "a(1)", " conv2",
                ],
            ),
        ];
        for (depth, expected) in cases {
            assert_eq!(folded(NESTED, *depth), *expected, "depth {depth:?}");
        }
    }

    #[test]
    fn a_layer_that_is_named_apart_from_its_block_keeps_its_name() {
        assert_eq!(folded(&[("other", "a")], None), ["a(1)", " other"]);
    }

    #[test]
    fn rows_of_any_depth_add_up_to_the_whole() {
        let report = sample::squeezenet();
        let whole = sum(&report.layers, "network").unwrap().figures;
        for depth in [Some(1), Some(2), None] {
            let rows = fold(&report, depth).unwrap();
            let figures = rows.iter().map(|row| match row {
                Row::Block(block) => block.totals.figures,
                Row::Layer(row) => row.layer.figures,
            });
            let total =
                figures.fold(Figures::default(), |sum, part| sum.checked_add(&part).unwrap());
            assert_eq!(total, whole);
        }
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error() {
        let mut report = sample::named(&[("a/x", "a"), ("a/y", "a")]);
        for layer in &mut report.layers {
            layer.figures.macs = u64::MAX / 2 + 1;
        }
        let error = fold(&report, None).unwrap_err();
        assert_eq!(error.to_string(), "the figures of `a` do not fit 64 bits");
    }
}
