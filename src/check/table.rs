//! Outcomes of checks as a table.

use serde::Serialize;

use super::{LimitSource, Limited, Outcome, Verdict};
use crate::figure::quantity::write::counted;
use crate::figure::{Figure, Unit};
use crate::front::yaml::{Expected, Published};
use crate::report::table::{Cell, Column, Emphasis, Row, Table, field};
use crate::report::{FieldExtent, meaning, ratio};

/// The outcomes of one network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// The network, as it was asked for.
    pub network: String,
    /// What became of its published figures.
    pub outcomes: Vec<Outcome>,
    /// Its figures beside the most they may be.
    pub budget: Vec<Limited>,
}

impl Checked {
    /// Only what fails.
    #[must_use]
    pub fn failing(mut self) -> Self {
        self.outcomes.retain(|outcome| !outcome.verdict.passes());
        self.budget.retain(|limited| !limited.holds());
        self
    }

    /// Whether no published figure fails, and the budget holds.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.verdict.passes())
            && self.budget.iter().all(Limited::holds)
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty() && self.budget.is_empty()
    }
}

/// The outcomes of several networks at a batch size. What only budgets have is left out where there is none.
#[must_use]
pub fn table(checked: &[Checked], batch: u64) -> Table {
    let has_budget = checked.iter().any(|network| !network.budget.is_empty());
    let columns = columns(has_budget);
    let mut rows = Vec::new();
    for network in checked {
        if network.is_empty() {
            continue;
        }
        let mut cells = vec![Cell::Empty; columns.len()];
        if let [first, second, ..] = cells.as_mut_slice() {
            *first = Cell::text(if network.passes() { "ok" } else { "FAILS" });
            *second = Cell::text(&network.network);
        }
        rows.push(Row { cells, level: 0, emphasis: Emphasis::Block });
        rows.extend(network.outcomes.iter().map(|outcome| row(outcome, has_budget)));
        rows.extend(network.budget.iter().map(budget_row));
    }
    let what = if has_budget { "Published figures and budgets" } else { "Published figures" };
    Table { title: format!("{what}, batch {batch}"), columns, rows, notes: notes(checked) }
}

fn columns(has_budget: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::text("", "verdict", 0),
        Column::text("Of", "of", 0),
        Column::text("Figure", "figure", 0),
        Column::figure("Published", "published", u8::from(has_budget)),
        Column::figure("Analysed", "analysed", 0),
    ];
    if has_budget {
        columns.extend([
            Column::figure("At most", "most", 0),
            Column::figure("Above", "excess", 0),
            Column::figure("In percent", "excess_share", 1),
        ]);
    }
    columns.extend([
        Column::figure("Within", "within", 2),
        Column::text("With", "with", 2),
        Column::text("Source", "source", 3),
    ]);
    columns
}

fn budget_row(limited: &Limited) -> Row {
    let excess = |cell: Cell| if limited.holds() { Cell::Empty } else { cell };
    let share = ratio(limited.excess, limited.most).map_or(Cell::Empty, Cell::Share);
    let source = match limited.source {
        LimitSource::File => "the file's budget",
        LimitSource::Call => "the call's budget",
    };
    Row {
        cells: vec![
            Cell::text(if limited.holds() { "ok" } else { "EXCEEDS" }),
            Cell::text("the network"),
            figure_name(limited.figure),
            Cell::Empty,
            analysed(limited.analysed, limited.receptive_field_extent),
            Cell::Count(limited.most),
            excess(Cell::Count(limited.excess)),
            excess(share),
            Cell::Empty,
            Cell::Empty,
            Cell::text(source),
        ],
        level: 0,
        emphasis: if limited.holds() { Emphasis::Plain } else { Emphasis::Failure },
    }
}

fn row(outcome: &Outcome, has_budget: bool) -> Row {
    let verdict = match outcome.verdict {
        Verdict::Holds => "ok",
        Verdict::Differs => "differs",
        Verdict::Fails => "FAILS",
        Verdict::HoldsAfterAll => "FAILS: holds",
    };
    let passes = outcome.verdict.passes();
    let mut cells = vec![
        Cell::text(verdict),
        Cell::text(outcome.of.as_deref().unwrap_or("the network")),
        match outcome.figure {
            Expected::Figure(figure) => figure_name(figure),
            Expected::Output => Cell::text(outcome.figure.name()),
        },
        cell(&outcome.published),
        match &outcome.analysed {
            Published::Count(count) => analysed(*count, outcome.receptive_field_extent),
            sizes => cell(sizes),
        },
    ];
    if has_budget {
        cells.extend([Cell::Empty, Cell::Empty, Cell::Empty]);
    }
    cells.extend([
        Cell::text(outcome.within.as_deref().unwrap_or_default()),
        Cell::text(&outcome.conditions),
        Cell::text(outcome.source.as_deref().unwrap_or_default()),
    ]);
    Row { cells, level: 0, emphasis: if passes { Emphasis::Plain } else { Emphasis::Failure } }
}

/// A figure by its name, with its unit where that is bytes: amounts are compared exactly.
fn figure_name(figure: Figure) -> Cell {
    match figure.unit() {
        Unit::Bytes => Cell::Named(format!("{}, bytes", figure.name()), figure.name().to_owned()),
        Unit::Count | Unit::Pixels => Cell::text(figure.name()),
    }
}

/// A count by analysis; a receptive field may be global behind the layer that has it.
fn analysed(count: u64, extent: Option<FieldExtent>) -> Cell {
    match extent {
        Some(FieldExtent::Global) => Cell::BeforeGlobal(vec![count]),
        _ => Cell::Count(count),
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
    let figures = checked.iter().flat_map(|network| {
        let of_budget = network.budget.iter().map(|limited| limited.figure);
        of_budget.chain(network.outcomes.iter().filter_map(|outcome| match outcome.figure {
            Expected::Figure(figure) => Some(figure),
            Expected::Output => None,
        }))
    });
    notes.extend(meaning(&figures.collect::<Vec<_>>()));
    let extents = checked.iter().flat_map(|network| {
        let of_budget = network.budget.iter().filter_map(|limited| limited.receptive_field_extent);
        let of_outcomes = network.outcomes.iter();
        of_budget.chain(of_outcomes.filter_map(|outcome| outcome.receptive_field_extent))
    });
    notes.extend(field::global_note(extents));
    notes
}

/// How many figures there are, and what became of them, in a sentence.
#[must_use]
pub fn tally(checked: &[Checked]) -> String {
    let outcomes = || checked.iter().flat_map(|network| &network.outcomes);
    let count = |verdict| outcomes().filter(|outcome| outcome.verdict == verdict).count();
    let failing = outcomes().filter(|outcome| !outcome.verdict.passes()).count();
    let limited = || checked.iter().flat_map(|network| &network.budget);
    let told = |count: usize, verbs| counted(u64::try_from(count).unwrap_or(u64::MAX), verbs);
    let hold = |count| told(count, ["holds", "hold"]);
    let mut sentences = vec![format!("Networks: {}.", checked.len())];
    let limits = limited().count();
    // What is not there is not counted, where something else is.
    if outcomes().count() > 0 || limits == 0 {
        sentences.push(format!(
            "Published figures: {}: {}, {}, {}.",
            outcomes().count(),
            hold(count(Verdict::Holds)),
            told(count(Verdict::Differs), ["differs as explained", "differ as explained"]),
            told(failing, ["fails", "fail"]),
        ));
    }
    let published = sentences.join(" ");
    if limits == 0 {
        return published;
    }
    let holding = limited().filter(|limited| limited.holds()).count();
    let exceed = told(limits - holding, ["exceeds", "exceed"]);
    format!("{published}\nLimits of budgets: {limits}: {}, {exceed}.", hold(holding))
}
