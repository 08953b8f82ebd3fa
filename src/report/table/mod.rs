//! Tables of typed cells, which every back end writes in its own way.
//!
//! A [`Table`] says what is shown and in which order; how a count is written is the back end's business.

mod comparison;
pub(crate) mod field;
mod layers;
mod memory;
mod paths;
mod roofline;
mod run;
mod summary;
mod totals;
mod verification;

pub use comparison::{Networks, comparison_table};
pub use layers::{layers_table, list_table};
pub use memory::{memory_table, policies_table, schedule_table};
pub use paths::{path_layers_table, path_lengths_table, paths_table};
pub use roofline::{
    machines_table, roofline_bounds_table, roofline_kinds_table, roofline_layers_table,
    roofline_table,
};
pub use run::{
    run_figures_table, run_kinds_table, run_outputs_table, run_profile_table, run_steps_table,
    run_table, run_top_table,
};
pub use summary::summary_table;
pub use totals::totals_table;
pub use verification::{
    verification_layers_table, verification_lines_table, verification_table, verification_tally,
    verification_wrong_table,
};

use num_bigint::BigUint;

pub use crate::figure::quantity::write::shape_text;

use super::{FieldExtent, Figures, FlopKind, Report, Totals};
use crate::figure::quantity::RateUnit;
use crate::figure::{Figure, Unit};
use crate::front::Setting;

/// A titled table with notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the table shows, and of what: batch and resolution always stand here.
    pub title: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows, top to bottom; every row has a cell a column.
    pub rows: Vec<Row>,
    /// Sentences that stand under the table, the conventions among them.
    pub notes: Vec<String>,
}

/// A column and how it behaves where room is short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The heading for people.
    pub header: String,
    /// The heading for scripts, such as `weight_bytes`.
    pub key: String,
    /// To which side the cells are set.
    pub align: Align,
    /// 0 is never left out; of the others the highest goes first where the width does not suffice.
    pub priority: u8,
}

/// To which side a column's cells are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Figures.
    Right,
}

/// A row of cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// One cell a column.
    pub cells: Vec<Cell>,
    /// How deep the row is nested; the first cell is indented by it.
    pub level: usize,
    /// The row's weight.
    pub emphasis: Emphasis,
}

/// The weight of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// A row among others.
    Plain,
    /// A block: the heading and the subtotal of the rows nested below it.
    Block,
    /// The total of the table.
    Total,
    /// Something that failed.
    Failure,
}

/// A typed cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, which may come from a network and is to be escaped.
    Text(String),
    /// A name for people, and the key that scripts get in its place.
    Named(String, String),
    /// A count, written exactly.
    Count(u64),
    /// A count, written short where people read it (`4.089 G`).
    Short(u64),
    /// An amount of memory.
    Bytes(u64),
    /// A shape, such as `64×56×56`.
    Shape(Vec<u64>),
    /// The extent of a receptive field that is global behind the layer it is of: `427×427, global`.
    BeforeGlobal(Vec<u64>),
    /// A factor between two figures, such as `×0.51`.
    Ratio(f64),
    /// How far one count is from another, with its sign.
    Difference(i128),
    /// A part of a whole, such as `12.3 %`.
    Share(f64),
    /// A count that may be beyond 64 bits, written short where it is long (`1.847 × 10¹⁵`).
    Large(BigUint),
    /// From one count to another, both included: `3–5`.
    Range(u64, u64),
    /// A measured or derived number, to four digits: `4.29`.
    Number(f64),
    /// A number that is known in floating point only: `≈ 40.25`.
    Approximate(f64),
    /// So much a second, such as `15.7 TFLOP/s`.
    Rate(f64, RateUnit),
    /// A part of the longest bar of its column, which is 1.
    Bar(f64),
    /// A duration in seconds.
    Seconds(f64),
    /// A figure that is not known.
    Unknown,
    /// Nothing to say.
    Empty,
}

impl Table {
    /// The table without the columns in which nothing stands.
    #[must_use]
    pub fn without_empty_columns(mut self) -> Self {
        let mut is_kept = vec![false; self.columns.len()];
        for row in &self.rows {
            for (kept, cell) in is_kept.iter_mut().zip(&row.cells) {
                *kept |= *cell != Cell::Empty;
            }
        }
        let mut kept = is_kept.iter();
        self.columns.retain(|_| kept.next().is_some_and(|kept| *kept));
        for row in &mut self.rows {
            let mut kept = is_kept.iter();
            row.cells.retain(|_| kept.next().is_some_and(|kept| *kept));
        }
        self
    }
}

impl Column {
    pub(crate) fn text(header: &str, key: &str, priority: u8) -> Self {
        Self { header: header.to_owned(), key: key.to_owned(), align: Align::Left, priority }
    }

    pub(crate) fn figure(header: &str, key: &str, priority: u8) -> Self {
        Self { align: Align::Right, ..Self::text(header, key, priority) }
    }
}

impl Cell {
    /// Text; empty text is [`Cell::Empty`].
    pub fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// The shape without the batch.
    pub(crate) fn sizes(shape: &[u64]) -> Self {
        Self::Shape(without_batch(shape).to_vec())
    }

    /// A count, or that it is not known.
    pub(crate) fn count(count: Option<u64>) -> Self {
        count.map_or(Self::Unknown, Self::Count)
    }

    /// An amount of memory, or that it is not known.
    pub(crate) fn bytes(bytes: Option<u64>) -> Self {
        bytes.map_or(Self::Unknown, Self::Bytes)
    }

    /// The value of a figure in its unit; `extent` is that of the receptive field of the network's output.
    pub(crate) fn figure(figure: Figure, value: Option<u64>, extent: FieldExtent) -> Self {
        match (figure.unit(), value) {
            (Unit::Bytes, _) => Self::bytes(value),
            (Unit::Count, _) => Self::count(value),
            (Unit::Pixels, Some(pixels)) if extent != FieldExtent::Global => Self::Count(pixels),
            (Unit::Pixels, _) => Self::field(value.map(|pixels| vec![pixels]), extent),
        }
    }

    /// The extent of the receptive field of a network, along both axes or the larger one.
    pub(crate) fn field(pixels: Option<Vec<u64>>, extent: FieldExtent) -> Self {
        match (pixels, extent) {
            (Some(pixels), FieldExtent::Global) => Self::BeforeGlobal(pixels),
            (Some(pixels), _) => Self::Shape(pixels),
            (None, FieldExtent::Global) => Self::text("global"),
            (None, FieldExtent::None) => Self::Empty,
            (None, FieldExtent::Window | FieldExtent::Unknown) => Self::Unknown,
        }
    }

    pub(crate) fn ratio(figure: &Self, base: &Self) -> Self {
        match (figure, base) {
            (Self::Count(figure) | Self::Bytes(figure), Self::Count(base) | Self::Bytes(base)) => {
                super::ratio(*figure, *base).map_or(Self::Empty, Self::Ratio)
            }
            _ => Self::Empty,
        }
    }
}

impl Row {
    pub(crate) fn plain(cells: Vec<Cell>) -> Self {
        Self { cells, level: 0, emphasis: Emphasis::Plain }
    }
}

/// The network's name with the batch and the resolution that every figure hangs on.
pub fn heading(report: &Report) -> String {
    heading_of(&report.name, report.batch, &report.input)
}

/// As [`heading`], of a network's name, the batch and the shape of the first input.
fn heading_of(name: &str, batch: u64, input: &[u64]) -> String {
    format!("{name}, batch {batch}, input {}", shape_text(without_batch(input)))
}

/// The values of a description's parameters, where it has any: `Settings: depth 2, up bilinear.`
fn settings_note(settings: &[Setting]) -> Option<String> {
    let settings = settings.iter().map(|Setting { name, value }| format!("{name} {value}"));
    let settings: Vec<String> = settings.collect();
    (!settings.is_empty()).then(|| format!("Settings: {}.", settings.join(", ")))
}

/// The shape of a single sample.
pub fn without_batch(shape: &[u64]) -> &[u64] {
    shape.get(1..).unwrap_or_default()
}

/// A figure of a part of a network, as every table of figures has it.
struct Entry {
    /// For people.
    label: &'static str,
    /// For scripts.
    key: String,
    /// How deep it is nested below a figure that it is a part of.
    level: usize,
    /// Its value.
    cell: Cell,
}

/// All figures that add up, in the order of every table.
fn figures(of: &Figures) -> Vec<Entry> {
    let totals = Totals { figures: *of, ..Totals::default() };
    let mut entries = Vec::new();
    for figure in [
        Figure::Params,
        Figure::Buffers,
        Figure::Macs,
        Figure::Flops,
        Figure::Activations,
        Figure::ConvActivations,
        Figure::ConcatActivations,
        Figure::WeightMemory,
        Figure::ActivationMemory,
        Figure::ConcatMemory,
    ] {
        entries.push(entry(figure, &totals));
        if figure == Figure::Flops {
            entries.extend(FlopKind::ALL.map(|kind| Entry {
                label: kind.label(),
                key: format!("flops_{}", kind.key()),
                level: 1,
                cell: Cell::Count(of.flops_by_kind.get(kind)),
            }));
        }
    }
    entries
}

/// The figures of a whole network that no part of it has.
fn of_the_whole(totals: &Totals) -> [Entry; 2] {
    [Figure::PeakMemory, Figure::TrainingMemory].map(|figure| entry(figure, totals))
}

/// A figure as tables of all figures have it: a part of another stands below it.
fn entry(figure: Figure, totals: &Totals) -> Entry {
    let (label, level) = match figure {
        Figure::ConvActivations => ("of convolutions", 1),
        Figure::ConcatActivations | Figure::ConcatMemory => ("of concatenations", 1),
        other => (other.label(), 0),
    };
    let cell = Cell::figure(figure, totals.get(figure), totals.receptive_field_extent);
    Entry { label, key: figure.key().to_owned(), level, cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_row_has_a_cell_a_column() {
        let report = sample::squeezenet();
        let few = vec![report.clone(); 3];
        let many = vec![report.clone(); 6];
        let tables = [
            summary_table(&report, None).unwrap(),
            summary_table(&report, Some(1)).unwrap(),
            totals_table(&report),
            layers_table(&report),
            memory_table(&report),
            schedule_table(&report),
            policies_table(&sample::deep()).unwrap(),
            comparison_table(&[], Networks::AsColumns),
            comparison_table(&few, Networks::AsColumns),
            comparison_table(&many, Networks::AsRows),
        ];
        for table in tables {
            for row in &table.rows {
                assert_eq!(row.cells.len(), table.columns.len(), "{}", table.title);
            }
        }
    }

    #[test]
    fn ratios_compare_with_the_first() {
        let mut reports = vec![sample::squeezenet(), sample::squeezenet()];
        reports[1].totals.figures.params = reports[0].totals.figures.params / 2;
        let table = comparison_table(&reports, Networks::AsColumns);
        let params = table
            .rows
            .iter()
            .find(|row| row.cells[0] == Cell::Named("Params".to_owned(), "params".to_owned()))
            .unwrap();
        assert_eq!(params.cells[3], Cell::Ratio(0.5));
        reports[0].totals.figures.params = 0;
        let table = comparison_table(&reports, Networks::AsColumns);
        assert!(table.rows.iter().any(|row| row.cells[3] == Cell::Empty));
    }
}
