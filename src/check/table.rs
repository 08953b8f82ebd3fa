//! Outcomes of checks as a table.

use serde::Serialize;

use super::{Outcome, Verdict};
use crate::front::yaml::Published;
use crate::report::CONVENTIONS;
use crate::report::table::{Cell, Column, Emphasis, Row, Table};

/// The outcomes of one network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// The network, as it was asked for.
    pub network: String,
    /// What became of its published figures.
    pub outcomes: Vec<Outcome>,
}

impl Checked {
    /// Only the outcomes that fail.
    #[must_use]
    pub fn failing(self) -> Self {
        let fails = |outcome: &Outcome| !outcome.verdict.passes();
        let outcomes = self.outcomes.into_iter().filter(fails).collect();
        Self { outcomes, ..self }
    }

    /// Whether no published figure fails.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.verdict.passes())
    }
}

/// The outcomes of several networks.
#[must_use]
pub fn table(checked: &[Checked]) -> Table {
    let columns = vec![
        Column::text("", "verdict", 0),
        Column::text("Of", "of", 0),
        Column::text("Figure", "figure", 0),
        Column::figure("Published", "published", 0),
        Column::figure("Analysed", "analysed", 0),
        Column::figure("Within", "within", 2),
        Column::text("With", "with", 1),
        Column::text("Source", "source", 3),
    ];
    let mut rows = Vec::new();
    for network in checked {
        if network.outcomes.is_empty() {
            continue;
        }
        let mut cells = vec![Cell::Empty; columns.len()];
        if let [first, second, ..] = cells.as_mut_slice() {
            *first = Cell::text(if network.passes() { "ok" } else { "FAILS" });
            *second = Cell::text(&network.network);
        }
        rows.push(Row { cells, level: 0, emphasis: Emphasis::Block });
        rows.extend(network.outcomes.iter().map(row));
    }
    let title = "Published figures, batch 1".to_owned();
    Table { title, columns, rows, notes: notes(checked) }
}

fn row(outcome: &Outcome) -> Row {
    let verdict = match outcome.verdict {
        Verdict::Holds => "ok",
        Verdict::Differs => "differs",
        Verdict::Fails => "FAILS",
        Verdict::HoldsAfterAll => "FAILS: holds",
    };
    let passes = outcome.verdict.passes();
    Row {
        cells: vec![
            Cell::text(verdict),
            Cell::text(outcome.of.as_deref().unwrap_or("the network")),
            Cell::text(outcome.figure.name()),
            cell(&outcome.published),
            cell(&outcome.analysed),
            Cell::text(outcome.within.as_deref().unwrap_or_default()),
            Cell::text(&outcome.conditions),
            Cell::text(outcome.source.as_deref().unwrap_or_default()),
        ],
        level: 0,
        emphasis: if passes { Emphasis::Plain } else { Emphasis::Failure },
    }
}

fn cell(published: &Published) -> Cell {
    match published {
        Published::Count(count) => Cell::Count(*count),
        Published::Sizes(sizes) => Cell::Shape(sizes.clone()),
    }
}

/// Why what differs does, and what the figures are.
fn notes(checked: &[Checked]) -> Vec<String> {
    let mut notes = Vec::new();
    for network in checked {
        for outcome in &network.outcomes {
            if let Some(reason) = &outcome.differs {
                let of = outcome.of.as_deref().unwrap_or("the network");
                let figure = outcome.figure.name();
                notes.push(format!("{}, {of}, {figure}: {reason}.", network.network));
            }
        }
    }
    notes.push(CONVENTIONS.to_owned());
    notes
}

/// How many figures there are, and what became of them, in a sentence.
#[must_use]
pub fn tally(checked: &[Checked]) -> String {
    let outcomes = || checked.iter().flat_map(|network| &network.outcomes);
    let count = |verdict| outcomes().filter(|outcome| outcome.verdict == verdict).count();
    let failing = outcomes().filter(|outcome| !outcome.verdict.passes()).count();
    format!(
        "Networks: {}. Published figures: {}: {} hold, {} differ as explained, {failing} fail.",
        checked.len(),
        outcomes().count(),
        count(Verdict::Holds),
        count(Verdict::Differs),
    )
}
