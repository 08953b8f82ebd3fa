//! A report as one HTML page that needs nothing else: style, script and pictures stand inside it, and it asks nothing of
//! any server. Without its script the page is complete, only not interactive.

mod charts;
mod rows;

use serde::Serialize;
use thiserror::Error;

use crate::report::fold::{self, Overflow};
use crate::report::table::{self, shape_text, without_batch};
use crate::report::{CONVENTIONS, FieldExtent, Figures, FlopKind, Layer, OperatorKind, Report};

use super::document::PageTable;
use super::page::Template;
use super::quantity::{counted, mebibytes, percent, short, thousands};
use super::text::{one_line, visible};
use charts::{Chart, Span, axis, charts, percentage};
use rows::{Row, RowFigures, TableRows};

const TEMPLATE: Template = Template {
    name: "report.html",
    text: include_str!("../../../templates/report.html"),
    style: concat!(
        include_str!("../../../templates/colors.css"),
        include_str!("../../../templates/base.css"),
        include_str!("../../../templates/drawing.css"),
        include_str!("../../../templates/report.css")
    ),
    script: include_str!("../../../templates/report.js"),
};

/// More layers than this make a page that browsers do not open in reasonable time.
const MOST_LAYERS: usize = 20_000;

/// More bars than this are thinner than a pixel on small screens and get an outline.
const DENSE: usize = 300;

/// A page that could not be made.
#[derive(Debug, Error)]
pub enum Error {
    /// The sum of a block does not fit 64 bits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// More layers than a browser can show.
    #[error(
        "a page shows at most {MOST_LAYERS} layers, this network has {0}: see `summary` for its figures"
    )]
    Layers(usize),
    /// The template could not be filled in.
    #[error("the page cannot be written: {0}")]
    Template(#[from] tera::Error),
}

/// The page for a report.
///
/// # Errors
///
/// Where the sum of a block does not fit 64 bits, or there are more layers than a browser can show.
pub fn render(report: &Report) -> Result<String, Error> {
    if report.layers.len() > MOST_LAYERS {
        return Err(Error::Layers(report.layers.len()));
    }
    let page = Page::new(report)?;
    Ok(TEMPLATE.render(&page.name, &page)?)
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
    further: Vec<Tile>,
    memory: Vec<PageTable>,
    legend: Vec<Legend>,
    charts: Vec<Chart>,
    dense: bool,
    axis: Vec<Vec<Span>>,
    rows: Vec<Row>,
    total: RowFigures,
    notes: Vec<String>,
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

impl Page {
    fn new(report: &Report) -> Result<Self, Error> {
        let rows = fold::fold(report, None)?;
        let figures = &report.totals.figures;
        Ok(Self {
            name: visible(&report.name).into_owned(),
            source: shown(report.source.as_ref()),
            description: shown(report.description.as_ref()),
            facts: facts(report),
            settings: settings(report),
            tiles: headline_tiles(figures),
            flops: flops_shares(figures),
            further: further_tiles(report),
            memory: memory_tables(report),
            legend: legend(report),
            charts: charts(report, &rows),
            dense: report.layers.len() > DENSE,
            axis: axis(&rows, report.layers.len()),
            rows: TableRows::of(report, &rows),
            total: RowFigures::new(figures, figures),
            notes: notes(report),
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
    if let Some(verified) = &report.verified {
        let mut name =
            if verified.holds { "✓ Verified" } else { "✗ Compared with a run" }.to_owned();
        match &verified.instead_at {
            None if verified.holds => name += " by a run",
            None => {}
            Some(shape) => {
                name += &format!(" at {}", shape_text(without_batch(shape)));
                if shape.first() != Some(&report.batch) {
                    name += &format!(", batch {}", shape.first().copied().unwrap_or(1));
                }
            }
        }
        facts.push(Fact::new(&name, &counted(verified.compared, ["figure", "figures"])));
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

fn headline_tiles(figures: &Figures) -> Vec<Tile> {
    vec![
        Tile::count("Params", figures.params),
        Tile::count("MACs", figures.macs),
        Tile::count("FLOPs", figures.flops),
    ]
}

fn further_tiles(report: &Report) -> Vec<Tile> {
    let (figures, totals) = (&report.totals.figures, &report.totals);
    let mut tiles = vec![
        field_tile(report),
        Tile::count("Activations", figures.activations),
        Tile::bytes("Weights", figures.weight_bytes),
    ];
    tiles.extend(totals.peak_activation_bytes.map(|bytes| Tile::bytes("Peak activations", bytes)));
    tiles
}

fn field_tile(report: &Report) -> Tile {
    let Some(whole) = &report.receptive_field else {
        let (number, exact) = match report.receptive_field_extent {
            FieldExtent::Global => ("global", "from the first layer on"),
            _ => ("?", ""),
        };
        return Tile::new("Receptive field", number, exact.to_owned());
    };
    let [height, width] = whole.field.size;
    let [rows, columns] = whole.field.stride;
    let stride = if rows == columns { rows.to_string() } else { format!("{rows}×{columns}") };
    let at =
        whole.layer.as_ref().map_or_else(String::new, |layer| format!(", at {}", visible(layer)));
    let exact = format!("pixels, stride {stride}{at}");
    Tile::new("Receptive field", &format!("{height}×{width}"), exact)
}

/// The parts of memory, and what concatenations take by how they are stored.
fn memory_tables(report: &Report) -> Vec<PageTable> {
    let policies = table::policies_table(report);
    let policies = policies.map(|policies| PageTable::new(&policies, Some("Concatenations")));
    let parts = PageTable::new(&table::memory_table(report), Some("Parts"));
    [Some(parts), policies].into_iter().flatten().collect()
}

fn notes(report: &Report) -> Vec<String> {
    let verified = report.verified.iter().flat_map(|verified| verified.notes.clone());
    let notes = table::field::notes(report).into_iter().chain(verified);
    let notes = notes.map(|note| one_line(&note));
    [CONVENTIONS.to_owned()].into_iter().chain(notes).collect()
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
        Self::new(name, &mebibytes(bytes), counted(bytes, ["byte", "bytes"]))
    }
}

/// The kinds of work that there are, with the color of the operators that do most of it.
fn flops_shares(figures: &Figures) -> Vec<Share> {
    let done = FlopKind::ALL.map(|kind| (kind, figures.flops_by_kind.get(kind)));
    let shares = done.into_iter().filter(|(_, flops)| *flops > 0).map(|(kind, flops)| Share {
        name: kind.label(),
        kind: color_of(kind).key(),
        width: percentage(flops, figures.flops),
        percent: crate::report::ratio(flops, figures.flops).map_or_else(String::new, percent),
        exact: thousands(flops),
    });
    shares.collect()
}

/// The kind of operators that do most of a kind of work.
fn color_of(kind: FlopKind) -> OperatorKind {
    match kind {
        FlopKind::MultiplyAccumulate => OperatorKind::Convolution,
        FlopKind::Bias => OperatorKind::Other,
        FlopKind::Activation => OperatorKind::Activation,
        FlopKind::Elementwise => OperatorKind::Join,
        FlopKind::Normalization => OperatorKind::Normalization,
        FlopKind::Pooling => OperatorKind::Pooling,
    }
}

fn legend(report: &Report) -> Vec<Legend> {
    OperatorKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let of_kind = |layer: &&Layer| layer.kind == kind;
            let count = report.layers.iter().filter(of_kind).count();
            (count > 0).then(|| Legend {
                kind: kind.key(),
                label: kind.label(),
                count: count.to_string(),
            })
        })
        .collect()
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
