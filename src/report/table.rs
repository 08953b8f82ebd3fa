//! Tables of typed cells, which terminal, Markdown, CSV and LaTeX write each in its own way.
//!
//! A [`Table`] says what is shown and in which order; how a count is written is the back end's business.

use super::fold::{self, Overflow, Row as Folded};
use super::{CONVENTIONS, Report, Totals};

/// More networks than this stand one a row instead of one a column.
const NETWORKS_AS_COLUMNS: usize = 4;

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
}

/// A typed cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, which may come from a network and is to be escaped.
    Text(String),
    /// A count, written exactly.
    Count(u64),
    /// A count, written short where people read it (`4.089 G`).
    Short(u64),
    /// An amount of memory.
    Bytes(u64),
    /// A shape, such as `64×56×56`.
    Shape(Vec<u64>),
    /// A factor between two figures, such as `×0.51`.
    Ratio(f64),
    /// A figure that could not be computed.
    Unknown,
    /// Nothing to say.
    Empty,
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

    fn ratio(figure: &Self, base: &Self) -> Self {
        match (figure, base) {
            (Self::Count(figure) | Self::Bytes(figure), Self::Count(base) | Self::Bytes(base)) => {
                super::ratio(*figure, *base).map_or(Self::Empty, Self::Ratio)
            }
            _ => Self::Empty,
        }
    }
}

impl Row {
    fn plain(cells: Vec<Cell>) -> Self {
        Self { cells, level: 0, emphasis: Emphasis::Plain }
    }
}

/// The network's name with the batch and the resolution that every figure hangs on.
pub fn heading(report: &Report) -> String {
    format!(
        "{}, batch {}, input {}",
        report.name,
        report.batch,
        shape_text(without_batch(&report.input))
    )
}

/// A shape as it is written for people: `64×56×56`.
pub fn shape_text(shape: &[u64]) -> String {
    let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
    sizes.join("×")
}

/// The shape of a single sample.
pub fn without_batch(shape: &[u64]) -> &[u64] {
    shape.get(1..).unwrap_or_default()
}

/// The layers of a network under their blocks, with subtotals, folded to `depth` levels.
///
/// # Errors
///
/// Where the sum of a block does not fit 64 bits.
pub fn summary_table(report: &Report, depth: Option<usize>) -> Result<Table, Overflow> {
    let mut rows = Vec::new();
    push_rows(&fold::fold(report, depth)?, 0, &mut rows);
    rows.push(total_row(report));
    Ok(Table {
        title: heading(report),
        columns: vec![
            Column::text("Layer", "layer", 0),
            Column::text("Operator", "operator", 2),
            Column::text("Arguments", "arguments", 4),
            Column::figure("Output", "output", 1),
            Column::figure("Params", "params", 0),
            Column::figure("MACs", "macs", 0),
            Column::figure("FLOPs", "flops", 3),
            Column::figure("Activations", "activations", 5),
        ],
        rows,
        notes: vec![CONVENTIONS.to_owned()],
    })
}

fn push_rows(folded: &[Folded<'_>], level: usize, rows: &mut Vec<Row>) {
    for row in folded {
        match row {
            Folded::Block(block) => {
                rows.push(block_row(block, level));
                push_rows(&block.rows, level + 1, rows);
            }
            Folded::Layer(row) => rows.push(layer_row(row, level)),
        }
    }
}

fn block_row(block: &fold::Block<'_>, level: usize) -> Row {
    let count = block.totals.layers;
    let layers = if count == 1 { "layer" } else { "layers" };
    Row {
        cells: vec![
            Cell::text(block.name),
            Cell::Text(format!("{count} {layers}")),
            Cell::Empty,
            Cell::sizes(block.output_shape),
            Cell::Count(block.totals.params),
            Cell::Count(block.totals.macs),
            Cell::Count(block.totals.flops),
            Cell::Count(block.totals.activations),
        ],
        level,
        emphasis: Emphasis::Block,
    }
}

fn layer_row(row: &fold::LayerRow<'_>, level: usize) -> Row {
    let layer = row.layer;
    Row {
        cells: vec![
            Cell::text(row.name),
            Cell::text(&layer.op),
            Cell::text(&layer.detail),
            Cell::sizes(&layer.output_shape),
            Cell::Count(layer.params),
            Cell::Count(layer.macs),
            Cell::Count(layer.flops),
            Cell::Count(layer.activations),
        ],
        level,
        emphasis: Emphasis::Plain,
    }
}

fn total_row(report: &Report) -> Row {
    let totals = &report.totals;
    Row {
        cells: vec![
            Cell::Text("Total".to_owned()),
            Cell::Text(format!("{} layers", totals.layers)),
            Cell::Empty,
            report.outputs.first().map_or(Cell::Empty, |output| Cell::sizes(&output.shape)),
            Cell::Count(totals.params),
            Cell::Count(totals.macs),
            Cell::Count(totals.flops),
            Cell::Count(totals.activations),
        ],
        level: 0,
        emphasis: Emphasis::Total,
    }
}

/// The figures of the whole network, exact and short.
pub fn totals_table(report: &Report) -> Table {
    let mut rows: Vec<Row> = Vec::new();
    for figure in figures(report) {
        let (exact, short) = match figure.cell {
            Cell::Count(count) if figure.key == "layers" => (Cell::Count(count), Cell::Empty),
            Cell::Count(count) => (Cell::Count(count), Cell::Short(count)),
            Cell::Bytes(bytes) => (Cell::Count(bytes), Cell::Bytes(bytes)),
            other => (other, Cell::Empty),
        };
        let mut row = Row::plain(vec![Cell::Text(figure.label.to_owned()), exact, short]);
        row.level = figure.level;
        rows.push(row);
    }
    Table {
        title: heading(report),
        columns: vec![
            Column::text("Figure", "figure", 0),
            Column::figure("Exact", "exact", 0),
            Column::figure("Short", "short", 1),
        ],
        rows,
        notes: vec![CONVENTIONS.to_owned()],
    }
}

/// One figure of a network.
struct Figure {
    label: &'static str,
    key: &'static str,
    cell: Cell,
    level: usize,
}

impl Figure {
    fn count(label: &'static str, key: &'static str, count: u64) -> Self {
        Self::new(label, key, Cell::Count(count))
    }

    fn new(label: &'static str, key: &'static str, cell: Cell) -> Self {
        Self { label, key, cell, level: 0 }
    }

    fn nested(mut self) -> Self {
        self.level = 1;
        self
    }
}

/// The figures of the whole network, in the order of every table of totals.
fn figures(report: &Report) -> Vec<Figure> {
    let totals = &report.totals;
    let mut figures = vec![
        Figure::count("Layers", "layers", totals.layers),
        Figure::count("Params", "params", totals.params),
        Figure::count("Buffers", "buffers", totals.buffers),
        Figure::count("MACs", "macs", totals.macs),
        Figure::count("FLOPs", "flops", totals.flops),
    ];
    figures.extend(flops_figures(totals));
    figures.extend([
        Figure::count("Activations", "activations", totals.activations),
        Figure::count("of convolutions", "conv_activations", totals.conv_activations).nested(),
        Figure::new("Weight bytes", "weight_bytes", Cell::Bytes(totals.weight_bytes)),
        Figure::new("Activation bytes", "activation_bytes", Cell::Bytes(totals.activation_bytes)),
    ]);
    figures
}

fn flops_figures(totals: &Totals) -> [Figure; 6] {
    let kinds = &totals.flops_by_kind;
    [
        Figure::count(
            "multiply–accumulate",
            "flops_multiply_accumulate",
            kinds.multiply_accumulate,
        ),
        Figure::count("bias", "flops_bias", kinds.bias),
        Figure::count("activation", "flops_activation", kinds.activation),
        Figure::count("element-wise", "flops_elementwise", kinds.elementwise),
        Figure::count("normalisation", "flops_normalization", kinds.normalization),
        Figure::count("pooling", "flops_pooling", kinds.pooling),
    ]
    .map(Figure::nested)
}

/// The figures of several networks side by side, each with the ratio to the first: networks stand as columns, and as
/// rows where they are more than four.
pub fn comparison_table(reports: &[Report]) -> Table {
    let (columns, rows) = if reports.len() > NETWORKS_AS_COLUMNS {
        (figure_columns(), network_rows(reports))
    } else {
        (network_columns(reports), figure_rows(reports))
    };
    Table { title: comparison_title(reports), columns, rows, notes: comparison_notes(reports) }
}

fn comparison_title(reports: &[Report]) -> String {
    if reports.len() > NETWORKS_AS_COLUMNS {
        return format!("{} networks", reports.len());
    }
    let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
    names.join(" against ")
}

fn comparison_notes(reports: &[Report]) -> Vec<String> {
    let mut notes = Vec::new();
    if let [first, _, ..] = reports {
        notes.push(format!("× is the ratio to {}.", first.name));
    }
    notes.push(CONVENTIONS.to_owned());
    notes
}

fn network_columns(reports: &[Report]) -> Vec<Column> {
    let mut columns = vec![Column::text("Figure", "figure", 0)];
    for (position, report) in reports.iter().enumerate() {
        columns.push(Column::figure(&report.name, &report.name, 0));
        if position > 0 {
            columns.push(Column::figure("×", &format!("{} ratio", report.name), 1));
        }
    }
    columns
}

/// One row a figure: the first network's, then each other's with its ratio.
fn figure_rows(reports: &[Report]) -> Vec<Row> {
    let networks: Vec<Vec<Figure>> = reports.iter().map(figures).collect();
    let mut rows = vec![
        setting_row("Batch", reports, |report| Cell::Count(report.batch)),
        setting_row("Input", reports, |report| Cell::sizes(&report.input)),
    ];
    let Some(first) = networks.first() else {
        return rows;
    };
    for (position, figure) in first.iter().enumerate() {
        let mut cells = vec![Cell::Text(figure.label.to_owned()), figure.cell.clone()];
        for network in networks.iter().skip(1) {
            let cell = network.get(position).map_or(Cell::Empty, |f| f.cell.clone());
            let ratio = Cell::ratio(&cell, &figure.cell);
            cells.extend([cell, ratio]);
        }
        let mut row = Row::plain(cells);
        row.level = figure.level;
        rows.push(row);
    }
    rows
}

/// A row of what is set rather than computed, without ratios.
fn setting_row(label: &str, reports: &[Report], cell: impl Fn(&Report) -> Cell) -> Row {
    let mut cells = vec![Cell::Text(label.to_owned())];
    for (position, report) in reports.iter().enumerate() {
        cells.push(cell(report));
        if position > 0 {
            cells.push(Cell::Empty);
        }
    }
    Row::plain(cells)
}

fn figure_columns() -> Vec<Column> {
    vec![
        Column::text("Network", "network", 0),
        Column::figure("Batch", "batch", 3),
        Column::figure("Input", "input", 0),
        Column::figure("Params", "params", 0),
        Column::figure("×", "params_ratio", 2),
        Column::figure("MACs", "macs", 0),
        Column::figure("×", "macs_ratio", 1),
        Column::figure("FLOPs", "flops", 4),
        Column::figure("Activations", "activations", 5),
        Column::figure("Weights", "weight_bytes", 6),
    ]
}

/// One row a network.
fn network_rows(reports: &[Report]) -> Vec<Row> {
    let Some(first) = reports.first() else {
        return Vec::new();
    };
    let base = &first.totals;
    reports
        .iter()
        .map(|report| {
            let totals = &report.totals;
            let params = Cell::Count(totals.params);
            let macs = Cell::Count(totals.macs);
            let params_ratio = Cell::ratio(&params, &Cell::Count(base.params));
            let macs_ratio = Cell::ratio(&macs, &Cell::Count(base.macs));
            Row::plain(vec![
                Cell::text(&report.name),
                Cell::Count(report.batch),
                Cell::sizes(&report.input),
                params,
                params_ratio,
                macs,
                macs_ratio,
                Cell::Count(totals.flops),
                Cell::Count(totals.activations),
                Cell::Bytes(totals.weight_bytes),
            ])
        })
        .collect()
}

/// One row a network that can be called by name.
#[must_use]
pub fn list_table(reports: &[(&str, Report)]) -> Table {
    let columns = vec![
        Column::text("Name", "name", 0),
        Column::figure("Input", "input", 0),
        Column::figure("Params", "params", 0),
        Column::figure("MACs", "macs", 0),
        Column::figure("Layers", "layers", 2),
        Column::text("Source", "source", 1),
    ];
    let rows = reports.iter().map(|(name, report)| {
        Row::plain(vec![
            Cell::text(name),
            Cell::sizes(&report.input),
            Cell::Count(report.totals.params),
            Cell::Count(report.totals.macs),
            Cell::Count(report.totals.layers),
            Cell::text(report.source.as_deref().unwrap_or_default()),
        ])
    });
    Table {
        title: format!("{} bundled networks", reports.len()),
        columns,
        rows: rows.collect(),
        notes: vec!["Batch 1.".to_owned(), CONVENTIONS.to_owned()],
    }
}

/// Every layer by its full name with every figure, for scripts and spreadsheets.
pub fn layers_table(report: &Report) -> Table {
    Table {
        title: heading(report),
        columns: layers_columns(),
        rows: report.layers.iter().map(flat_row).collect(),
        notes: vec![CONVENTIONS.to_owned()],
    }
}

fn layers_columns() -> Vec<Column> {
    let text = ["name", "op", "detail", "block", "inputs", "output_shape"];
    let figures = [
        "params",
        "buffers",
        "macs",
        "flops",
        "flops_multiply_accumulate",
        "flops_bias",
        "flops_activation",
        "flops_elementwise",
        "flops_normalization",
        "flops_pooling",
        "activations",
    ];
    let text = text.iter().map(|key| Column::text(key, key, 0));
    let figures = figures.iter().map(|key| Column::figure(key, key, 0));
    text.chain(figures).collect()
}

fn flat_row(layer: &super::Layer) -> Row {
    let mut cells = vec![
        Cell::text(&layer.name),
        Cell::text(&layer.op),
        Cell::text(&layer.detail),
        Cell::text(&layer.block),
        Cell::text(&layer.inputs.join(" ")),
        Cell::Shape(layer.output_shape.clone()),
        Cell::Count(layer.params),
        Cell::Count(layer.buffers),
        Cell::Count(layer.macs),
        Cell::Count(layer.flops),
    ];
    cells.extend(layer.flops_by_kind.kinds().map(|(_, flops)| Cell::Count(flops)));
    cells.push(Cell::Count(layer.activations));
    Row::plain(cells)
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
            comparison_table(&[]),
            comparison_table(&few),
            comparison_table(&many),
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
        reports[1].totals.params = reports[0].totals.params / 2;
        let table = comparison_table(&reports);
        let params = table.rows.iter().find(|row| row.cells[0] == Cell::text("Params")).unwrap();
        assert_eq!(params.cells[3], Cell::Ratio(0.5));
        reports[0].totals.params = 0;
        let table = comparison_table(&reports);
        assert!(table.rows.iter().any(|row| row.cells[3] == Cell::Empty));
    }
}
