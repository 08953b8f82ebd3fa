//! Outcomes of checks as a table.

use serde::Serialize;

use super::{Outcome, Verdict};
use crate::front::yaml::Published;
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
    /// Whether no published figure fails.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.verdict.passes())
    }
}

/// The outcomes of several networks, or only those that fail.
#[must_use]
pub fn table(checked: &[Checked], failing: bool) -> Table {
    let columns = vec![
        Column::text("", "verdict", 0),
        Column::text("Of", "of", 0),
        Column::text("Figure", "figure", 0),
        Column::figure("Published", "published", 0),
        Column::figure("Analysed", "analysed", 0),
        Column::text("With", "with", 2),
        Column::text("Source", "source", 1),
    ];
    let mut rows = Vec::new();
    for network in checked {
        let outcomes = network.outcomes.iter();
        let shown: Vec<_> =
            outcomes.filter(|outcome| !failing || !outcome.verdict.passes()).collect();
        if !shown.is_empty() {
            let mut cells = vec![Cell::Empty; columns.len()];
            if let [first, second, ..] = cells.as_mut_slice() {
                *first = Cell::text(if network.passes() { "ok" } else { "FAILS" });
                *second = Cell::text(&network.network);
            }
            rows.push(Row { cells, level: 0, emphasis: Emphasis::Block });
        }
        rows.extend(shown.into_iter().map(row));
    }
    Table { title: "Published figures".to_owned(), columns, rows, notes: notes(checked) }
}

fn row(outcome: &Outcome) -> Row {
    let verdict = match outcome.verdict {
        Verdict::Holds => "ok",
        Verdict::Differs => "differs",
        Verdict::Fails => "FAILS",
        Verdict::HoldsAfterAll => "FAILS: holds",
    };
    Row {
        cells: vec![
            Cell::text(verdict),
            Cell::text(outcome.of.as_deref().unwrap_or("the network")),
            Cell::text(outcome.figure.name()),
            cell(&outcome.published),
            cell(&outcome.found),
            Cell::text(&outcome.conditions),
            Cell::text(outcome.source.as_deref().unwrap_or_default()),
        ],
        level: 0,
        emphasis: Emphasis::Plain,
    }
}

fn cell(published: &Published) -> Cell {
    match published {
        Published::Count(count) => Cell::Count(*count),
        Published::Sizes(sizes) => Cell::sizes(&[&[1], sizes.as_slice()].concat()),
    }
}

/// The numbers of each verdict, and why what differs does.
fn notes(checked: &[Checked]) -> Vec<String> {
    let outcomes = || checked.iter().flat_map(|network| &network.outcomes);
    let count = |verdict| outcomes().filter(|outcome| outcome.verdict == verdict).count();
    let failing = outcomes().filter(|outcome| !outcome.verdict.passes()).count();
    let mut notes = vec![format!(
        "Networks: {}. Published figures: {}, of which {} hold, {} differ as the file explains, {failing} fail.",
        checked.len(),
        outcomes().count(),
        count(Verdict::Holds),
        count(Verdict::Differs),
    )];
    for network in checked {
        let mut reasons: Vec<&str> = Vec::new();
        for outcome in &network.outcomes {
            let reason = outcome.differs.as_deref();
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        notes.extend(reasons.iter().map(|reason| format!("{}: {reason}", network.network)));
    }
    notes
}
