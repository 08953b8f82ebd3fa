//! A report as one HTML page that needs nothing else: style, script and pictures stand inside it, and it asks nothing of
//! any server. Without its script the page is complete, only not interactive.

use std::collections::HashMap;

use serde::Serialize;
use tera::{Context, Tera};
use thiserror::Error;

use crate::report::fold::{self, Block, LayerRow, Overflow, Row as Folded};
use crate::report::kind::OperatorKind;
use crate::report::table::{shape_text, without_batch};
use crate::report::{CONVENTIONS, Layer, Report, Totals};

use super::chart::{self, Bar, fraction, percentage};
use super::quantity::{mebibytes, percent, short, thousands};
use super::text::visible;

const TEMPLATE: &str = include_str!("../../templates/report.html");
const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// The template's name; its ending turns escaping on.
const TEMPLATE_NAME: &str = "report.html";
/// Levels of blocks that are marked along the charts.
const AXIS_LEVELS: usize = 2;
/// More blocks than this leave no room for their names along the charts.
const AXIS_BLOCKS: usize = 40;

/// More bars than this are thinner than a pixel on small screens and get an outline.
const DENSE: usize = 300;

/// A page that could not be made.
#[derive(Debug, Error)]
pub enum Error {
    /// The sum of a block does not fit 64 bits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A chart could not be drawn.
    #[error(transparent)]
    Chart(#[from] chart::Error),
    /// The template could not be filled in.
    #[error("the page cannot be written: {0}")]
    Template(#[from] tera::Error),
}

/// The page for a report.
///
/// # Errors
///
/// Where the sum of a block does not fit 64 bits, or there are more layers than a chart has room for.
pub fn render(report: &Report) -> Result<String, Error> {
    let mut tera = Tera::default();
    tera.add_raw_template(TEMPLATE_NAME, TEMPLATE)?;
    let mut context = Context::new();
    context.insert("page", &Page::new(report)?);
    context.insert("style", STYLE);
    context.insert("script", SCRIPT);
    Ok(tera.render(TEMPLATE_NAME, &context)?)
}

/// Everything the template writes, as text. The template escapes all of it but the charts.
#[derive(Serialize)]
struct Page {
    name: String,
    source: Option<String>,
    description: Option<String>,
    facts: Vec<Fact>,
    settings: Vec<Fact>,
    tiles: Vec<Tile>,
    flops: Vec<Share>,
    memory: Vec<Tile>,
    legend: Vec<Legend>,
    charts: Vec<Chart>,
    dense: bool,
    axis: Vec<Vec<Span>>,
    rows: Vec<Row>,
    total: Figures,
    conventions: &'static str,
}

/// A name and a value.
#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// A figure of the whole network.
#[derive(Serialize)]
struct Tile {
    name: &'static str,
    number: String,
    unit: String,
    exact: String,
}

/// A part of a stacked bar.
#[derive(Serialize)]
struct Share {
    name: &'static str,
    kind: &'static str,
    width: String,
    percent: String,
    exact: String,
}

/// An entry of the charts' legend.
#[derive(Serialize)]
struct Legend {
    kind: &'static str,
    label: &'static str,
    count: String,
}

/// A chart and what stands around it.
#[derive(Serialize)]
struct Chart {
    name: &'static str,
    key: &'static str,
    largest: String,
    ticks: Vec<Tick>,
    picture: String,
}

/// A gridline's label.
#[derive(Serialize)]
struct Tick {
    label: String,
    height: String,
}

/// A block's stretch along the charts.
#[derive(Serialize)]
struct Span {
    name: String,
    path: String,
    left: String,
    width: String,
}

/// A row of the layer table.
#[derive(Serialize)]
struct Row {
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
    figures: Figures,
}

/// Where a layer's input comes from, if that is not the layer before.
#[derive(Serialize)]
struct Link {
    name: String,
    path: String,
    row: Option<String>,
}

/// The figures of a row.
#[derive(Serialize)]
struct Figures {
    params: Figure,
    macs: Figure,
    flops: Figure,
    activations: Figure,
}

/// A figure with its share of the whole.
#[derive(Serialize)]
struct Figure {
    exact: String,
    share: Option<String>,
    zero: bool,
}

impl Page {
    fn new(report: &Report) -> Result<Self, Error> {
        let rows = fold::fold(report, None)?;
        let totals = &report.totals;
        Ok(Self {
            name: visible(&report.name).into_owned(),
            source: shown(report.source.as_ref()),
            description: shown(report.description.as_ref()),
            facts: facts(report),
            settings: settings(report),
            tiles: headline_tiles(totals),
            flops: flops_shares(totals),
            memory: memory_tiles(report),
            legend: legend(report),
            charts: charts(report, &rows)?,
            dense: report.layers.len() > DENSE,
            axis: axis(&rows, report.layers.len()),
            rows: TableRows::of(report, &rows),
            total: Figures::new(totals, totals),
            conventions: CONVENTIONS,
        })
    }
}

fn shown(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| visible(text).into_owned())
}

fn facts(report: &Report) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("Input", &shape_text(without_batch(&report.input))),
        Fact::new("Batch", &report.batch.to_string()),
        Fact::new("Layers", &thousands(report.totals.layers)),
    ];
    for output in &report.outputs {
        let name = match report.outputs.len() {
            1 => "Output".to_owned(),
            _ => format!("Output {}", output.name),
        };
        facts.push(Fact::new(&name, &shape_text(without_batch(&output.shape))));
    }
    facts
}

fn settings(report: &Report) -> Vec<Fact> {
    report.settings.iter().map(|setting| Fact::new(&setting.name, &setting.value)).collect()
}

impl Fact {
    fn new(name: &str, value: &str) -> Self {
        Self { name: visible(name).into_owned(), value: visible(value).into_owned() }
    }
}

fn headline_tiles(totals: &Totals) -> Vec<Tile> {
    vec![
        Tile::count("Params", totals.params),
        Tile::count("MACs", totals.macs),
        Tile::count("FLOPs", totals.flops),
    ]
}

fn memory_tiles(report: &Report) -> Vec<Tile> {
    let totals = &report.totals;
    vec![
        Tile::count("Activations", totals.activations),
        Tile::count("Activations of convolutions", totals.conv_activations),
        Tile::bytes("Weights", totals.weight_bytes),
        Tile::bytes("Memory of all activations", totals.activation_bytes),
    ]
}

impl Tile {
    fn new(name: &'static str, quantity: &str, exact: String) -> Self {
        let (number, unit) = quantity.split_once(' ').unwrap_or((quantity, ""));
        Self { name, number: number.to_owned(), unit: unit.to_owned(), exact }
    }

    fn count(name: &'static str, count: u64) -> Self {
        Self::new(name, &short(count), thousands(count))
    }

    fn bytes(name: &'static str, bytes: u64) -> Self {
        Self::new(name, &mebibytes(bytes), format!("{} bytes", thousands(bytes)))
    }
}

/// The kinds of work that there are, with the colour of the operators that do most of it.
fn flops_shares(totals: &Totals) -> Vec<Share> {
    let colours = ["conv", "shape", "act", "join", "norm", "pool"];
    totals
        .flops_by_kind
        .kinds()
        .into_iter()
        .zip(colours)
        .filter(|((_, flops), _)| *flops > 0)
        .map(|((name, flops), kind)| Share {
            name,
            kind,
            width: percentage(flops, totals.flops),
            percent: crate::report::ratio(flops, totals.flops).map_or_else(String::new, percent),
            exact: thousands(flops),
        })
        .collect()
}

fn legend(report: &Report) -> Vec<Legend> {
    OperatorKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let of_kind = |layer: &&Layer| OperatorKind::of(&layer.op) == kind;
            let count = report.layers.iter().filter(of_kind).count();
            (count > 0).then(|| Legend {
                kind: kind.key(),
                label: kind.label(),
                count: count.to_string(),
            })
        })
        .collect()
}

fn charts(report: &Report, rows: &[Folded<'_>]) -> Result<Vec<Chart>, Error> {
    let boundaries = boundaries(rows, report.layers.len());
    let chart =
        |name, key, figure: fn(&Layer) -> u64| Chart::new(report, &boundaries, name, key, figure);
    Ok(vec![
        chart("Params", "params", |layer| layer.params)?,
        chart("MACs", "macs", |layer| layer.macs)?,
        chart("Activations", "activations", |layer| layer.activations)?,
    ])
}

/// Where top-level blocks begin and end, without the ends of the chart.
fn boundaries(rows: &[Folded<'_>], count: usize) -> Vec<u64> {
    let mut boundaries: Vec<usize> = blocks(rows)
        .flat_map(|block| [block.layers.start, block.layers.end])
        .filter(|position| *position > 0 && *position < count)
        .collect();
    boundaries.dedup();
    boundaries.into_iter().filter_map(|position| u64::try_from(position).ok()).collect()
}

fn blocks<'rows, 'report>(
    rows: &'rows [Folded<'report>],
) -> impl Iterator<Item = &'rows Block<'report>> {
    rows.iter().filter_map(|row| match row {
        Folded::Block(block) => Some(block.as_ref()),
        Folded::Layer(_) => None,
    })
}

impl Chart {
    fn new(
        report: &Report,
        boundaries: &[u64],
        name: &'static str,
        key: &'static str,
        figure: fn(&Layer) -> u64,
    ) -> Result<Self, Error> {
        let bars: Vec<Bar> = report
            .layers
            .iter()
            .map(|layer| Bar { value: figure(layer), kind: OperatorKind::of(&layer.op) })
            .collect();
        let largest = largest(&report.layers, figure);
        let label = format!("{name} of each layer in execution order. {largest}");
        Ok(Self {
            name,
            key,
            picture: chart::bars(&bars, boundaries, &label)?,
            ticks: ticks(bars.iter().map(|bar| bar.value).max().unwrap_or(0)),
            largest,
        })
    }
}

/// The first of the layers with the largest figure, as a sentence.
fn largest(layers: &[Layer], figure: fn(&Layer) -> u64) -> String {
    let largest =
        layers.iter().rev().max_by_key(|layer| figure(layer)).filter(|layer| figure(layer) > 0);
    match largest {
        Some(layer) => format!("Largest: {} in {}", thousands(figure(layer)), visible(&layer.name)),
        None => "None".to_owned(),
    }
}

fn ticks(maximum: u64) -> Vec<Tick> {
    chart::ticks(maximum)
        .into_iter()
        .map(|tick| Tick { label: round_label(tick), height: percentage(tick, maximum) })
        .collect()
}

/// A tick's value without decimals that say nothing: `50 M`.
fn round_label(tick: u64) -> String {
    let text = short(tick);
    match text.split_once(' ') {
        Some((number, prefix)) => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {prefix}")
        }
        None => text,
    }
}

/// The blocks along the charts, a strip a level.
fn axis(rows: &[Folded<'_>], count: usize) -> Vec<Vec<Span>> {
    let mut levels = Vec::new();
    let mut current: Vec<&Block<'_>> = blocks(rows).collect();
    while !current.is_empty() && levels.len() < AXIS_LEVELS {
        if !levels.is_empty() && current.len() > AXIS_BLOCKS {
            break;
        }
        levels.push(current.iter().map(|block| Span::new(block, count)).collect());
        current = current.into_iter().flat_map(|block| blocks(&block.rows)).collect();
    }
    levels
}

impl Span {
    fn new(block: &Block<'_>, count: usize) -> Self {
        Self {
            name: visible(block.name).into_owned(),
            path: visible(block.path).into_owned(),
            left: share_of_layers(block.layers.start, count),
            width: share_of_layers(block.layers.len(), count),
        }
    }
}

fn share_of_layers(part: usize, whole: usize) -> String {
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    percentage(wide(part), wide(whole))
}

/// Builds the rows of the layer table.
struct TableRows<'report> {
    report: &'report Report,
    positions: HashMap<&'report str, usize>,
    rows: Vec<Row>,
    blocks: usize,
}

impl<'report> TableRows<'report> {
    fn of(report: &'report Report, folded: &[Folded<'report>]) -> Vec<Row> {
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
        let layers = if count == 1 { "layer" } else { "layers" };
        Row {
            id: id.to_owned(),
            parent: parent.to_owned(),
            level,
            block: true,
            name: visible(block.name).into_owned(),
            path: visible(block.path).into_owned(),
            kind: "",
            op: format!("{} {layers}", thousands(count)),
            detail: String::new(),
            from: Vec::new(),
            output: shape_text(without_batch(block.output_shape)),
            figures: Figures::new(&block.totals, &self.report.totals),
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
            kind: OperatorKind::of(&layer.op).key(),
            op: visible(&layer.op).into_owned(),
            detail: visible(&layer.detail).into_owned(),
            from: self.links(row.index, layer),
            output: shape_text(without_batch(&layer.output_shape)),
            figures: Figures::of_layer(layer, &self.report.totals),
        }
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

fn row_id(index: usize) -> String {
    format!("l{index}")
}

impl Figures {
    fn new(part: &Totals, whole: &Totals) -> Self {
        Self {
            params: Figure::new(part.params, whole.params),
            macs: Figure::new(part.macs, whole.macs),
            flops: Figure::new(part.flops, whole.flops),
            activations: Figure::new(part.activations, whole.activations),
        }
    }

    fn of_layer(layer: &Layer, whole: &Totals) -> Self {
        Self {
            params: Figure::new(layer.params, whole.params),
            macs: Figure::new(layer.macs, whole.macs),
            flops: Figure::new(layer.flops, whole.flops),
            activations: Figure::new(layer.activations, whole.activations),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn hostile_names_are_escaped_everywhere() {
        let texts = [
            "<script>alert(1)</script>",
            "</script><script>alert(1)//",
            "\" onmouseover=\"alert(1)",
            "' onfocus='alert(1)",
            "</title><img src=x onerror=alert(1)>",
            "</style>{{ 7 * 7 }}{% raw %}",
            "\u{1b}[2J\u{0}\u{202e}",
        ];
        for text in texts {
            let page = render(&sample::hostile(text)).unwrap();
            assert!(!page.contains(text), "{text}");
            let plain = render(&sample::hostile("name")).unwrap();
            for markup in ["<script", "</script", "</style", "</title", "<img"] {
                assert_eq!(
                    page.matches(markup).count(),
                    plain.matches(markup).count(),
                    "{markup} by {text}"
                );
            }
            for quote in ["\" onmouseover", "' onfocus"] {
                assert!(!page.contains(quote), "{text}");
            }
            assert!(!page.contains(['\u{1b}', '\u{0}', '\u{202e}']));
        }
    }

    #[test]
    fn the_page_needs_nothing_else() {
        let page = render(&sample::squeezenet()).unwrap();
        for reference in ["src=", "url(", "@import", "<iframe", "fetch("] {
            assert!(!page.contains(reference), "{reference}");
        }
        let outside = page.matches("http").count();
        let namespaces = page.matches("http://www.w3.org/2000/svg").count();
        assert_eq!(outside - page.matches("http-equiv").count(), namespaces);
    }

    #[test]
    fn the_same_report_gives_the_same_page() {
        let report = sample::deep();
        assert_eq!(render(&report).unwrap(), render(&report).unwrap());
    }

    #[test]
    fn every_layer_and_block_has_a_row() {
        let report = sample::squeezenet();
        let page = render(&report).unwrap();
        assert_eq!(page.matches("<tr id=\"l").count(), report.layers.len());
        assert_eq!(page.matches("<tr id=\"b").count(), 8);
        assert!(page.contains("1,248,424"));
        assert!(page.contains(CONVENTIONS));
    }

    #[test]
    fn an_empty_report_is_a_page_too() {
        let page = render(&sample::named(&[])).unwrap();
        assert!(page.contains("</html>"));
    }
}
