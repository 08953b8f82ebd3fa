//! The page's charts: bars, and the labels around them.

use serde::Serialize;

use crate::back::drawing::{self, Bar, bar_ticks};
use crate::back::quantity::{mebibytes, short, thousands};
use crate::back::text::visible;
use crate::report::fold::{Block, Row as Folded};
use crate::report::{self, FieldExtent, Layer, Report};

/// Levels of blocks that are marked along the charts.
const AXIS_LEVELS: usize = 2;

/// More blocks than this leave no room for their names along the charts.
const AXIS_BLOCKS: usize = 40;

/// The column of receptive fields.
const FIELD: &str = "field";

/// A chart and what stands around it.
#[derive(Serialize)]
pub(super) struct Chart {
    name: &'static str,
    key: &'static str,
    largest: String,
    ticks: Vec<Tick>,
    picture: String,
    bands: Vec<Band>,
}

/// Neighboring layers that have no bar since their figure is no number.
#[derive(Serialize)]
struct Band {
    name: &'static str,
    left: String,
    width: String,
}

/// A gridline's label.
#[derive(Serialize)]
pub(super) struct Tick {
    label: String,
    height: String,
}

/// A block's stretch along the charts.
#[derive(Serialize)]
pub(super) struct Span {
    name: String,
    path: String,
    left: String,
    width: String,
}

/// What a chart shows of every layer.
struct Bars {
    name: &'static str,
    /// The column of the table that holds the same figures.
    key: &'static str,
    /// A value a layer.
    values: Vec<u64>,
    /// How a value is written.
    written: fn(u64) -> String,
    /// The values at which gridlines are drawn, for the largest value.
    ticks: fn(u64) -> Vec<(u64, String)>,
}

pub(super) fn charts(report: &Report, rows: &[Folded<'_>]) -> Vec<Chart> {
    let boundaries = boundaries(rows, report.layers.len());
    let counts = |name, key, figure: fn(&Layer) -> u64| Bars {
        name,
        key,
        values: report.layers.iter().map(figure).collect(),
        written: thousands,
        ticks: count_ticks,
    };
    let field =
        |layer: &Layer| layer.receptive_field.as_ref().map_or(0, |field| field.field.extent());
    let bars = [
        counts("Params", "params", |layer| layer.figures.params),
        counts("MACs", "macs", |layer| layer.figures.macs),
        counts("Activations", "activations", |layer| layer.figures.activations),
        Bars {
            name: "Alive at inference",
            key: "alive",
            values: report.memory.in_place.alive_bytes.clone(),
            written: mebibytes,
            ticks: byte_ticks,
        },
        counts("Receptive field", FIELD, field),
    ];
    bars.iter()
        .filter(|bars| bars.key != FIELD || bars.values.iter().any(|value| *value > 0))
        .map(|bars| Chart::new(report, &boundaries, bars))
        .collect()
}

/// Where top-level blocks begin and end, without the ends of the chart.
fn boundaries(rows: &[Folded<'_>], count: usize) -> Vec<usize> {
    let mut boundaries: Vec<usize> = blocks(rows)
        .flat_map(|block| [block.layers.start, block.layers.end])
        .filter(|position| *position > 0 && *position < count)
        .collect();
    boundaries.dedup();
    boundaries
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
    fn new(report: &Report, boundaries: &[usize], of: &Bars) -> Self {
        let layers = report.layers.iter().zip(&of.values);
        let bars: Vec<Bar> =
            layers.map(|(layer, value)| Bar { value: *value, kind: layer.kind }).collect();
        let maximum = of.values.iter().copied().max().unwrap_or(0);
        let bands = if of.key == FIELD { bands(&report.layers) } else { Vec::new() };
        let mut largest = largest(&report.layers, of, maximum);
        let mut names: Vec<&str> = bands.iter().map(|band| band.name).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            largest += &format!("; hatched: {}", names.join(" or "));
        }
        let label = format!("{} of each layer in execution order. {largest}", of.name);
        let ticks = (of.ticks)(maximum);
        let lines: Vec<u64> = ticks.iter().map(|(value, _)| *value).collect();
        Self {
            name: of.name,
            key: of.key,
            picture: drawing::bars(&bars, &lines, boundaries, &label),
            bands,
            ticks: ticks
                .into_iter()
                .map(|(value, label)| Tick { label, height: percentage(value, maximum) })
                .collect(),
            largest,
        }
    }
}

/// The layers whose field is no window.
fn bands(layers: &[Layer]) -> Vec<Band> {
    let mut bands = Vec::new();
    let mut start = 0;
    for run in
        layers.chunk_by(|one, other| one.receptive_field_extent == other.receptive_field_extent)
    {
        let name = match run.first().map(|layer| layer.receptive_field_extent) {
            Some(FieldExtent::Global) => Some("global"),
            Some(FieldExtent::Unknown) => Some("not known"),
            _ => None,
        };
        if let Some(name) = name {
            let left = share_of_layers(start, layers.len());
            bands.push(Band { name, left, width: share_of_layers(run.len(), layers.len()) });
        }
        start += run.len();
    }
    bands
}

/// The first of the layers with the largest figure, as a sentence.
fn largest(layers: &[Layer], of: &Bars, maximum: u64) -> String {
    let largest = layers.iter().zip(&of.values).find(|(_, value)| **value == maximum);
    match largest.filter(|_| maximum > 0) {
        Some((layer, _)) => {
            format!("Largest: {} in {}", (of.written)(maximum), visible(&layer.name))
        }
        None => "None".to_owned(),
    }
}

fn count_ticks(maximum: u64) -> Vec<(u64, String)> {
    bar_ticks(maximum).into_iter().map(|tick| (tick, round_label(tick))).collect()
}

/// Gridlines at round numbers of the largest unit that has some.
fn byte_ticks(maximum: u64) -> Vec<(u64, String)> {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")];
    let unit = units.into_iter().find(|(bytes, _)| maximum / bytes >= 2);
    let (bytes, unit) = unit.unwrap_or((1, "B"));
    let ticks = bar_ticks(maximum / bytes).into_iter();
    ticks.map(|tick| (tick.saturating_mul(bytes), format!("{tick} {unit}"))).collect()
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
pub(super) fn axis(rows: &[Folded<'_>], count: usize) -> Vec<Vec<Span>> {
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

/// A share as a percentage for a style sheet.
pub(super) fn percentage(part: u64, whole: u64) -> String {
    let share = report::ratio(part, whole).unwrap_or(0.0);
    format!("{}%", trimmed(share * 100.0))
}

/// A share as a number from 0 to 1 for a style sheet.
pub(super) fn fraction(part: u64, whole: u64) -> String {
    trimmed(report::ratio(part, whole).unwrap_or(0.0))
}

/// At most three decimals.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn percentages() {
        assert_eq!(percentage(1, 3), "33.333%");
        assert_eq!(percentage(1, 2), "50%");
        assert_eq!(percentage(1, 0), "0%");
    }

    #[test]
    fn fields_that_are_no_window_are_bands() {
        let report = sample::squeezenet();
        let bands = bands(&report.layers);
        // All behind the global average pool, the third from the end.
        let names: Vec<&str> = bands.iter().map(|band| band.name).collect();
        assert_eq!(names, ["global"]);
        let global = report
            .layers
            .iter()
            .filter(|layer| layer.receptive_field_extent == FieldExtent::Global);
        assert_eq!(bands[0].width, share_of_layers(global.count(), report.layers.len()));
    }
}
