//! The paths of a network.

use num_bigint::BigUint;
use num_traits::ToPrimitive;

use super::{Cell, Column, Emphasis, Row, Table, shape_text, without_batch};
use crate::report::paths::{Expectation, PathCount, PathsOfLength, PathsReport};

const PATHS: &str = "A path leads from an input to the first output, operand by operand. Its length is the number of its weighted layers: \
    conv, conv_transpose, linear.";
const CONNECTIONS: &str = "Direct connections: for every operator but joins, the features that it takes, through joins too; a feature is what \
    a join of the block takes, or the block's input.";
const DROP_PATH: &str = "In use: a path to an output survives, each drop_path dropping by itself. Expected values are floating point (≈).";
const TOO_LARGE: &str =
    "Numbers too large to be counted exactly in bounded time are not given (?).";

/// Lengths stand one a row where there are no more of them.
const MOST_LENGTHS: usize = 64;

/// The totals: paths, lengths, direct connections, and what is in use under `drop_path`.
#[must_use]
pub fn paths_table(report: &PathsReport) -> Table {
    let lengths = &report.lengths;
    let mut rows = vec![
        row(0, "Paths", "paths", count(report.paths.as_ref())),
        row(0, "Shortest path", "shortest", Cell::Count(lengths.shortest)),
        row(0, "Mean length", "mean", lengths.mean.map_or(Cell::Unknown, Cell::Number)),
        row(0, "Median length", "median", Cell::count(lengths.median)),
        row(0, "Longest path", "longest", Cell::Count(lengths.longest)),
    ];
    let mut notes = vec![PATHS.to_owned()];
    if let Some(network) = report.connections.iter().find(|found| found.block.is_empty()) {
        let cell = Cell::count(network.connections);
        rows.push(row(0, "Direct connections", "connections", cell));
        notes.push(CONNECTIONS.to_owned());
    }
    let blocks = report.connections.iter().filter(|found| !found.block.is_empty());
    // What lies deeper is in JSON.
    for block in blocks.filter(|found| !found.block.contains('/')) {
        let key = format!("connections of {}", block.block);
        rows.push(row(1, &block.block, &key, Cell::count(block.connections)));
    }
    if let Some(drop_path) = &report.drop_path {
        rows.push(heading_row("In use on average, of all"));
        rows.extend([
            expectation("Branches", "branches", &drop_path.branches),
            expectation("Weighted layers", "weighted_layers", &drop_path.weighted_layers),
            expectation("Params", "params", &drop_path.params),
            expectation("MACs", "macs", &drop_path.macs),
        ]);
        notes.push(DROP_PATH.to_owned());
        if let Some(layer) = &drop_path.unknown {
            notes.push(format!(
                "How often `{layer}` is in use is not known: no path from it meets only the drop_paths that all meet."
            ));
        }
    }
    if report.paths.is_none() || lengths.distribution.is_none() {
        notes.push(TOO_LARGE.to_owned());
    }
    let columns = vec![
        Column::text("Figure", "figure", 0),
        Column::figure("Value", "value", 0),
        Column::figure("Of", "of", 0),
    ];
    Table { title: title(report), columns, rows, notes }
}

fn title(report: &PathsReport) -> String {
    let input = shape_text(without_batch(&report.input));
    format!("Paths of {}, batch {}, input {input}", report.name, report.batch)
}

fn row(level: usize, label: &str, key: &str, value: Cell) -> Row {
    let label = Cell::Named(label.to_owned(), key.to_owned());
    Row { level, ..Row::plain(vec![label, value, Cell::Empty]) }
}

fn heading_row(label: &str) -> Row {
    let cells = vec![Cell::Named(label.to_owned(), "in_use".to_owned()), Cell::Empty, Cell::Empty];
    Row { emphasis: Emphasis::Block, ..Row::plain(cells) }
}

fn expectation(label: &str, key: &str, expectation: &Expectation) -> Row {
    let label = Cell::Named(label.to_owned(), format!("{key} in use"));
    let expected = expectation.expected.map_or(Cell::Unknown, Cell::Approximate);
    Row { level: 1, ..Row::plain(vec![label, expected, Cell::Count(expectation.all)]) }
}

/// The distribution of the lengths; where they are many, neighbors share a row. With `bars` for people.
#[must_use]
pub fn path_lengths_table(report: &PathsReport, bars: bool) -> Table {
    let distribution = report.lengths.distribution.as_deref().unwrap_or_default();
    let mut rows = Vec::new();
    let bins = bins(distribution, if bars { MOST_LENGTHS } else { usize::MAX });
    let all: BigUint = bins.iter().map(|bin| &bin.count).sum();
    let shares: Vec<f64> = bins.iter().map(|bin| share(&bin.count, &all)).collect();
    let largest = shares.iter().copied().fold(0.0, f64::max);
    for (bin, share) in bins.iter().zip(shares) {
        let mut cells = vec![
            if bin.first == bin.last {
                Cell::Count(bin.first)
            } else {
                Cell::Range(bin.first, bin.last)
            },
            Cell::Large(bin.count.clone()),
            Cell::Share(share),
        ];
        if bars {
            cells.push(Cell::Bar(share / largest));
        }
        rows.push(Row::plain(cells));
    }
    let mut columns = vec![
        Column::figure("Length", "length", 0),
        Column::figure("Paths", "paths", 0),
        Column::figure("Share", "share", 0),
    ];
    if bars {
        columns.push(Column::text("", "bar", 1));
    }
    let mut notes = vec![PATHS.to_owned()];
    if report.lengths.distribution.is_none() {
        notes.push(TOO_LARGE.to_owned());
    }
    Table { title: format!("Lengths of paths of {}", report.name), columns, rows, notes }
}

/// Paths of neighboring lengths.
struct Bin {
    first: u64,
    last: u64,
    count: BigUint,
}

/// Bins of equally many lengths that occur, at most so many bins.
fn bins(distribution: &[PathsOfLength], most: usize) -> Vec<Bin> {
    let each = distribution.len().div_ceil(most.max(1)).max(1);
    let bins = distribution.chunks(each).filter_map(|paths| {
        let (first, last) = (paths.first()?.length, paths.last()?.length);
        Some(Bin { first, last, count: paths.iter().map(|paths| &paths.count).sum() })
    });
    bins.collect()
}

/// `part / whole`, to 64 binary places.
fn share(part: &BigUint, whole: &BigUint) -> f64 {
    let scaled: BigUint = part << 64_u32;
    let quotient = if whole.bits() == 0 { BigUint::default() } else { scaled / whole };
    quotient.to_f64().map_or(0.0, |quotient| quotient / 2_f64.powi(64))
}

/// Every layer with its distances to the output and the paths through it.
#[must_use]
pub fn path_layers_table(report: &PathsReport) -> Table {
    let columns = vec![
        Column::text("Layer", "layer", 0),
        Column::text("Operator", "operator", 2),
        Column::figure("Shortest distance", "shortest_distance", 0),
        Column::figure("Longest distance", "longest_distance", 0),
        Column::figure("Paths", "paths", 0),
    ];
    let rows = report.layers.iter().map(|layer| {
        let distance = |distance: Option<u64>| distance.map_or(Cell::Empty, Cell::Count);
        Row::plain(vec![
            Cell::text(&layer.name),
            Cell::text(&layer.op),
            distance(layer.shortest_distance),
            distance(layer.longest_distance),
            count(layer.paths.as_ref()),
        ])
    });
    let distances = "Distances are the weighted layers between a layer and the output, without the layer itself; empty where no path \
        leads there.";
    let mut notes = vec![PATHS.to_owned(), distances.to_owned()];
    if report.layers.iter().any(|layer| layer.paths.is_none()) {
        notes.push(TOO_LARGE.to_owned());
    }
    Table { title: title(report), columns, rows: rows.collect(), notes }
}

fn count(count: Option<&PathCount>) -> Cell {
    count.map_or(Cell::Unknown, |PathCount(count)| Cell::Large(count.clone()))
}
