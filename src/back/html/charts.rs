//! The page's charts: pictures by plotters, and the labels around them.

use serde::Serialize;

use super::Error;
use crate::back::chart::{self, Bar, percentage};
use crate::back::quantity::{short, thousands};
use crate::back::text::visible;
use crate::report::fold::{Block, Row as Folded};
use crate::report::{Layer, Report};

/// Levels of blocks that are marked along the charts.
const AXIS_LEVELS: usize = 2;

/// More blocks than this leave no room for their names along the charts.
const AXIS_BLOCKS: usize = 40;

/// A chart and what stands around it.
#[derive(Serialize)]
pub(super) struct Chart {
    name: &'static str,
    key: &'static str,
    largest: String,
    ticks: Vec<Tick>,
    picture: String,
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

pub(super) fn charts(report: &Report, rows: &[Folded<'_>]) -> Result<Vec<Chart>, Error> {
    let boundaries = boundaries(rows, report.layers.len());
    let chart =
        |name, key, figure: fn(&Layer) -> u64| Chart::new(report, &boundaries, name, key, figure);
    Ok(vec![
        chart("Params", "params", |layer| layer.figures.params)?,
        chart("MACs", "macs", |layer| layer.figures.macs)?,
        chart("Activations", "activations", |layer| layer.figures.activations)?,
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
            .map(|layer| Bar { value: figure(layer), kind: layer.kind })
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
