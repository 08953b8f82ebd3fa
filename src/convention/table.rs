//! Conventions in tables.

use std::ops::Range;

use super::{Explanation, LayerLine, Recount, Side};
use crate::figure::Figure;
use crate::figure::quantity::write::counted;
use crate::report::fold::{self, Row as Folded};
use crate::report::table::{Cell, Column, Emphasis, Row, Table};
use crate::report::{Report, table};

/// More layers than this are summed up where people read them.
const MOST_LAYERS: usize = 20;

/// What makes the difference, line by line.
#[must_use]
pub fn lines_table(report: &Report, explanation: &Explanation) -> Table {
    let (one, other) = (&explanation.convention, &explanation.against);
    let rule = |side: &Side| format!("By {}", side.recount.convention.name());
    let mut rows: Vec<Row> = explanation
        .lines
        .iter()
        .map(|line| {
            let [count, against, difference] =
                counts(line.convention, line.against, line.difference);
            let word = |word: Option<&str>, count| match word {
                Some(word) if count > 0 => Cell::text(word),
                _ => Cell::Empty,
            };
            Row::plain(vec![
                Cell::Named(line.of.label().to_owned(), line.of.key().to_owned()),
                count,
                against,
                difference,
                word(line.rule, line.convention),
                word(line.against_rule, line.against),
            ])
        })
        .collect();
    let [count, against, difference] = counts(one.value, other.value, explanation.difference);
    let total = Cell::Named("Total".to_owned(), "total".to_owned());
    let cells = vec![total, count, against, difference, Cell::Empty, Cell::Empty];
    rows.push(Row { cells, level: 0, emphasis: Emphasis::Total });
    Table {
        title: table::heading(report),
        columns: vec![
            Column::text("Counted", "of", 0),
            Column::figure(&heading(one), "convention", 0),
            Column::figure(&heading(other), "against", 0),
            Column::figure("Difference", "difference", 0),
            Column::text(&rule(one), "rule", 1),
            Column::text(&rule(other), "against_rule", 2),
        ],
        rows,
        notes: notes(explanation),
    }
}

/// What makes the difference, layer by layer: those that differ, the most first; with `all` every layer in execution order.
#[must_use]
pub fn layers_table(report: &Report, explanation: &Explanation, all: bool) -> Table {
    let (one, other) = (&explanation.convention, &explanation.against);
    let mut layers: Vec<&LayerLine> = explanation.layers.iter().collect();
    let mut rows = Vec::new();
    if all {
        rows.extend(layers.iter().map(|layer| layer_row(layer)));
    } else {
        layers.sort_by_key(|layer| std::cmp::Reverse(layer.difference.unsigned_abs()));
        let differ = layers.iter().filter(|layer| layer.difference != 0).count();
        let shown = differ.min(MOST_LAYERS);
        let parts = [
            (shown, differ, ["further layer", "further layers"]),
            (differ, layers.len(), ["layer alike", "layers alike"]),
        ];
        rows.extend(layers.iter().take(shown).map(|layer| layer_row(layer)));
        for (from, to, what) in parts {
            let rest = layers.get(from..to).unwrap_or_default();
            rows.extend((!rest.is_empty()).then(|| rest_row(rest, what)));
        }
        let [count, against, difference] = counts(one.value, other.value, explanation.difference);
        let total = Cell::Named("Total".to_owned(), "total".to_owned());
        let cells = vec![total, Cell::Empty, count, against, difference];
        rows.push(Row { cells, level: 0, emphasis: Emphasis::Total });
    }
    Table {
        title: table::heading(report),
        columns: vec![
            Column::text("Layer", "layer", 0),
            Column::text("Operator", "operator", 1),
            Column::figure(one.recount.convention.name(), "convention", 0),
            Column::figure(other.recount.convention.name(), "against", 0),
            Column::figure("Difference", "difference", 0),
        ],
        rows,
        notes: [format!("Counted are {} and {}.", heading(one), heading(other))]
            .into_iter()
            .chain(notes(explanation))
            .collect(),
    }
}

fn layer_row(layer: &LayerLine) -> Row {
    let [count, against, difference] = counts(layer.convention, layer.against, layer.difference);
    Row::plain(vec![Cell::text(&layer.name), Cell::text(layer.op), count, against, difference])
}

/// Several layers as one row. Their sums are less than the totals, which fit.
fn rest_row(layers: &[&LayerLine], what: [&str; 2]) -> Row {
    let sum = |count: fn(&LayerLine) -> u64| {
        layers.iter().map(|layer| count(layer)).fold(0u64, u64::saturating_add)
    };
    let (count, against) = (sum(|layer| layer.convention), sum(|layer| layer.against));
    let difference = layers.iter().map(|layer| layer.difference).sum();
    let [count, against, difference] = counts(count, against, difference);
    let name = Cell::Text(counted(u64::try_from(layers.len()).unwrap_or(u64::MAX), what));
    Row::plain(vec![name, Cell::Empty, count, against, difference])
}

fn counts(count: u64, against: u64, difference: i128) -> [Cell; 3] {
    [Cell::Count(count), Cell::Count(against), Cell::Difference(difference)]
}

/// The convention and its figure, which may begin with the same name.
fn heading(side: &Side) -> String {
    format!("{}: {}", side.recount.convention.name(), side.name)
}

fn notes(explanation: &Explanation) -> Vec<String> {
    let sides = [&explanation.convention, &explanation.against];
    sides.into_iter().flat_map(side_notes).collect()
}

/// Whose figure it is, what else the tool counts, and what is assumed.
fn side_notes(side: &Side) -> Vec<String> {
    recount_notes(&side.recount, side.name)
}

fn recount_notes(recount: &Recount, shown: &str) -> Vec<String> {
    let name = match (recount.convention.name(), recount.version) {
        (name, "") => name.to_owned(),
        (name, version) => format!("{name} {version}"),
    };
    let others = recount.other_figures(shown);
    let others: Vec<_> = others.map(|(name, _)| name).collect();
    let mut notes = Vec::new();
    if !others.is_empty() {
        notes.push(format!("{name} also counts {}.", others.join(", ")));
    }
    notes.extend(recount.assumptions.iter().map(|assumption| format!("{name}: {assumption}")));
    notes
}

impl Recount {
    /// What else the tool counts, besides the figure that it names so: its name for it, and what it is. Parts of figures are left out.
    pub fn other_figures(&self, shown: &str) -> impl Iterator<Item = (&'static str, Figure)> {
        let rules = self.convention.tool().rules.iter().filter(|rule| !rule.part);
        rules.filter(move |rule| rule.name != shown).map(|rule| (rule.name, rule.figure))
    }

    /// Puts the tool's most important figure into a table of the network: behind the MACs of every layer or block, or as a row
    /// below those of the whole.
    ///
    /// # Errors
    /// Where the sum of a block does not fit 64 bits.
    pub fn add_to(
        &self,
        table: &mut Table,
        report: &Report,
        depth: Option<usize>,
    ) -> Result<(), fold::Overflow> {
        let Some(figure) = self.figures.first() else { return Ok(()) };
        let header = format!("{}: {}", self.convention.name(), figure.name);
        match table.columns.iter().position(|column| column.key == "macs") {
            Some(position) => {
                let mut parts = Vec::new();
                push_parts(&fold::fold(report, depth)?, &mut parts);
                parts.push(0..report.layers.len());
                // A flat table has a row a layer, and no total.
                if table.rows.last().is_none_or(|row| row.emphasis != Emphasis::Total) {
                    parts = (0..report.layers.len()).map(|index| index..index + 1).collect();
                }
                let column = Column::figure(&header, "convention", 0);
                table.columns.insert(position + 1, column);
                for (row, part) in table.rows.iter_mut().zip(parts) {
                    let counts = figure.layers.get(part).unwrap_or_default();
                    let count = counts.iter().copied().fold(0u64, u64::saturating_add);
                    row.cells.insert((position + 1).min(row.cells.len()), Cell::Count(count));
                }
            }
            None => {
                let name = Cell::Named(header, "convention".to_owned());
                let cells = vec![name, Cell::Count(figure.value), Cell::Short(figure.value)];
                table.rows.push(Row::plain(cells));
            }
        }
        table.notes.extend(recount_notes(self, figure.name));
        Ok(())
    }
}

/// The layers that each row of a folded table stands for.
fn push_parts(rows: &[Folded<'_>], parts: &mut Vec<Range<usize>>) {
    for row in rows {
        match row {
            Folded::Block(block) => {
                parts.push(block.layers.clone());
                push_parts(&block.rows, parts);
            }
            Folded::Layer(layer) => parts.push(layer.index..layer.index + 1),
        }
    }
}
