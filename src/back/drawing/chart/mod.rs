//! A chart with two axes.

mod labels;
mod marks;
mod names;
mod overlap;

use std::fmt::Write;

pub(super) use labels::cut_in_the_middle;
use labels::{Labels, shortened};

use super::axis::{Names, horizontal, room_beyond, room_for_labels, vertical};
use super::legend::{Look, NAME_SIZE, SAMPLE};
use super::scale::{Scale, can_show, told};
use super::shapes::{Area, Text, line};
use super::{Drawing, Error, text_width};
use crate::back::text::{cut, one_line};
use crate::report::OperatorKind;
use crate::report::document::{Axis, Chart, Mark, Series, Values};

/// More than this is not drawn.
const MOST_POINTS: usize = 100_000;
const MOST_SERIES: usize = 64;
/// With more points than this, a line has no dots.
const MOST_DOTS: usize = 40;
/// Longer names of points and of series are cut.
const LONGEST: usize = 34;
const LONGEST_NAME: usize = 120;

/// Whether the chart's title is part of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Titled {
    /// It is.
    Yes,
    /// It stands elsewhere.
    No,
}

/// The chart at a width.
///
/// # Errors
/// Where there are too many points or series.
pub(crate) fn chart(chart: &Chart, width: f64, is_titled: Titled) -> Result<Drawing, Error> {
    Error::beyond(&chart.title, "series", chart.series.len(), MOST_SERIES)?;
    let count = chart.series.iter().map(|series| series.points.len()).sum();
    Error::beyond(&chart.title, "points", count, MOST_POINTS)?;
    Ok(Plot::new(chart, width, is_titled).drawn())
}

/// A series with what of it can be shown.
struct Shown<'chart> {
    series: &'chart Series,
    name: String,
    look: Look,
    /// Positions in the series, and values.
    points: Vec<(usize, f64, f64)>,
    /// For every point how many others are drawn over it.
    rings: Vec<u8>,
    /// What lies at the same places: `same as …`.
    same_as: Option<String>,
    /// The names of the series' points as they are drawn.
    labels: Vec<String>,
}

impl Shown<'_> {
    /// The name and what lies at the same places.
    fn full_name(&self) -> String {
        match &self.same_as {
            Some(other) => format!("{}, {other}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A chart while it is drawn.
struct Plot<'chart> {
    chart: &'chart Chart,
    width: f64,
    /// Where the next part is put.
    y: f64,
    body: String,
    shown: Vec<Shown<'chart>>,
    left_out: usize,
    x: Scale,
    y_scale: Scale,
    /// Where there are bars, their values on the horizontal axis and what stands below them: bars stand side by side, whatever the
    /// distance of their values.
    names: Vec<(f64, String)>,
    /// What is said once of the names of points or bars.
    naming: Option<String>,
    area: Area,
}

impl<'chart> Plot<'chart> {
    fn new(chart: &'chart Chart, width: f64, is_titled: Titled) -> Self {
        let (mut shown, left_out) = shown(chart);
        let naming = name_points(&mut shown);
        let height = (width * 0.5).clamp(200.0, 380.0);
        let xs: Vec<f64> = values(&shown, |point| point.1);
        let ys: Vec<f64> = values(&shown, |point| point.2);
        let most = |room: f64| (1..40).take_while(|count| f64::from(*count) <= room).count();
        let x = Scale::new(chart.x.scale, chart.x.values, &xs, most(width / 70.0));
        let y_scale = Scale::new(chart.y.scale, chart.y.values, &ys, most(height / 38.0));
        overlap::untangle(&mut shown, [&x, &y_scale], [width, height]);
        for shown in &mut shown {
            shown.name = fitted(&shown.full_name(), width - SAMPLE);
        }
        let names = bar_names(&shown, chart.x.values);
        let mut plot = Self {
            chart,
            width,
            y: 0.0,
            body: String::new(),
            shown,
            left_out,
            x,
            y_scale,
            names,
            naming,
            area: Area { x: 0.0, y: 0.0, width, height },
        };
        if is_titled == Titled::Yes {
            plot.title();
        }
        plot
    }

    fn title(&mut self) {
        let longest = (1..200).take_while(|count| f64::from(*count) * 7.0 < self.width).count();
        let title = cut(&one_line(&self.chart.title), longest);
        let at = (0.0, self.y + 14.0);
        self.body += &Text { class: "title", at, anchor: "start", text: &title }.element();
        self.y += 26.0;
    }

    fn drawn(mut self) -> Drawing {
        let beside = self.beside();
        let is_beside: Vec<bool> = beside.iter().map(Option::is_some).collect();
        self.legend(&is_beside);
        let label = axis_label(&self.chart.y);
        let at = (0.0, self.y + 11.0);
        self.body += &Text { class: "axis-label", at, anchor: "start", text: &label }.element();
        self.y += if label.is_empty() { 8.0 } else { 26.0 };
        let left = room_for_labels(&self.y_scale);
        let widths = self.shown.iter().zip(&is_beside).filter(|(_, beside)| **beside);
        let right = widths.map(|(shown, _)| text_width(&shown.name, NAME_SIZE) + 12.0);
        let mut right = right.fold(8.0, f64::max);
        if self.names.is_empty() {
            right = right.max(room_beyond(&self.x, self.width - left));
        }
        self.area = Area { x: left, y: self.y, width: self.width - left - right, ..self.area };
        self.frame();
        for index in 0..self.shown.len() {
            self.series(index);
        }
        self.names_beside(&beside);
        let mut taken = self.taken();
        self.guide_names(&mut taken);
        self.point_names(&mut taken);
        self.note();
        Drawing { width: self.width, height: self.y, label: self.in_words(), body: self.body }
    }

    /// Axes, lines and labels.
    fn frame(&mut self) {
        let area = self.area;
        self.body += &vertical(&self.y_scale, area);
        let label = axis_label(&self.chart.x);
        self.y = area.bottom() + 20.0;
        if !self.names.is_empty() {
            let named = self.names.iter().map(|(x, name)| (self.across(*x), name.clone()));
            let names = Names::new(named.collect(), area.width);
            self.body += &names.drawn(area);
            self.y = area.bottom() + names.height();
        } else {
            self.body += &horizontal(&self.x, area);
        }
        let base = area.bottom() - self.y_scale.base() * area.height;
        self.body += &line("base", (area.x, base), (area.right(), base));
        if !label.is_empty() {
            let at = (area.x + area.width / 2.0, self.y + 12.0);
            self.body +=
                &Text { class: "axis-label", at, anchor: "middle", text: &label }.element();
            self.y += 18.0;
        }
    }

    /// Where a value of the horizontal axis lies, from 0 to 1.
    fn across(&self, x: f64) -> f64 {
        if self.names.is_empty() {
            return self.x.share(x);
        }
        let place = self.names.partition_point(|(bar, _)| *bar < x);
        let at = |place: usize| self.names.get(place).map(|(bar, _)| *bar);
        let before = place.checked_sub(1).and_then(at);
        let beyond = match (before, at(place)) {
            (Some(before), Some(bar)) if bar > x => (bar - x) / (bar - before),
            _ => 0.0,
        };
        let last = self.names.len() as f64 - 0.5;
        (place as f64 + 0.5 - beyond).min(last) / self.names.len() as f64
    }

    fn position(&self, x: f64, y: f64) -> (f64, f64) {
        let area = self.area;
        (area.x + self.across(x) * area.width, area.bottom() - self.y_scale.share(y) * area.height)
    }

    /// Says what names leave out, and how many points are not there.
    fn note(&mut self) {
        let left_out = match self.left_out {
            0 => None,
            1 => Some("1 point is left out: its values are not on these axes.".to_owned()),
            count => {
                Some(format!("{count} points are left out: their values are not on these axes."))
            }
        };
        for text in self.naming.take().into_iter().chain(left_out) {
            let at = (0.0, self.y + 14.0);
            self.body += &Text { class: "note", at, anchor: "start", text: &text }.element();
            self.y += 18.0;
        }
    }

    fn in_words(&self) -> String {
        let names: Vec<&str> = self.shown.iter().map(|shown| shown.name.as_str()).collect();
        let mut words = one_line(&self.chart.title);
        let _ = write!(
            words,
            ". {} over {}: ",
            one_line(&self.chart.y.label),
            one_line(&self.chart.x.label)
        );
        words + &names.join(", ")
    }
}

/// The series with what of them the axes can show, and how many points they cannot.
fn shown(chart: &Chart) -> (Vec<Shown<'_>>, usize) {
    let (mut guides, mut others, mut left_out) = (0, 0, 0);
    let mut shown = Vec::with_capacity(chart.series.len());
    for series in &chart.series {
        let number = if series.mark == Mark::Guide { &mut guides } else { &mut others };
        let look = Look::new(series.mark, *number, series.kind.map(OperatorKind::key));
        *number += 1;
        let points: Vec<(usize, f64, f64)> = series
            .points
            .iter()
            .enumerate()
            .map(|(place, (x, y))| (place, *x, *y))
            .filter(|(_, x, y)| can_show(*x, chart.x.scale) && can_show(*y, chart.y.scale))
            .collect();
        left_out += series.points.len() - points.len();
        shown.push(Shown {
            series,
            name: one_line(&series.name),
            look,
            rings: vec![0; points.len()],
            points,
            same_as: None,
            labels: Vec::new(),
        });
    }
    (shown, left_out)
}

/// A name cut where it is wider than the chart.
fn fitted(name: &str, width: f64) -> String {
    let is_wide = |name: &str| text_width(name, NAME_SIZE) > width;
    let mut length = name.chars().count().min(LONGEST_NAME);
    let mut shown = cut(name, length);
    while length > 1 && is_wide(&shown) {
        length -= 1;
        shown = cut(name, length);
    }
    shown
}

/// Gives points and bars their names, without what all of them say; gives what is to be said once.
fn name_points(shown: &mut [Shown<'_>]) -> Option<String> {
    let are_named = |shown: &&mut Shown<'_>| {
        matches!(shown.look.mark, Mark::Point | Mark::Bar) && !shown.series.labels.is_empty()
    };
    let named: Vec<&mut Shown<'_>> = shown.iter_mut().filter(are_named).collect();
    let labels = named.iter().flat_map(|shown| &shown.series.labels);
    let labels: Vec<String> = labels.map(|label| one_line(label)).collect();
    let Labels { labels, note } = shortened(&labels);
    let is_written =
        labels.len() <= names::MOST_NAMED || named.iter().any(|shown| shown.look.mark == Mark::Bar);
    let mut labels = labels.into_iter();
    for shown in named {
        shown.labels = labels.by_ref().take(shown.series.labels.len()).collect();
    }
    note.filter(|_| is_written)
}

fn values(shown: &[Shown<'_>], value: fn(&(usize, f64, f64)) -> f64) -> Vec<f64> {
    shown.iter().flat_map(|shown| shown.points.iter().map(value)).collect()
}

/// What stands below bars: their labels, or their values.
fn bar_names(shown: &[Shown<'_>], values: Values) -> Vec<(f64, String)> {
    let mut names: Vec<(f64, String)> = Vec::new();
    for series in shown.iter().filter(|shown| shown.look.mark == Mark::Bar) {
        for (place, x, _) in &series.points {
            let label = series.labels.get(*place).cloned();
            names.push((*x, label.unwrap_or_else(|| told(*x, values))));
        }
    }
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    names.dedup_by(|one, other| one.0 == other.0);
    names
}

/// An axis' label, with its unit where values are written without.
fn axis_label(axis: &Axis) -> String {
    let label = one_line(&axis.label);
    match axis.values {
        Values::Bytes if !label.contains("MiB") => format!("{label} (MiB)").trim_start().to_owned(),
        _ => label,
    }
}
