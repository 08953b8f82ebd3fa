//! A chart with two axes.

use std::fmt::Write;

use super::axis::{Names, horizontal, room_for_labels, vertical};
use super::legend::{Look, NAME_SIZE, beside_ends, legend};
use super::scale::{Scale, can_show, told};
use super::shapes::{Area, Text, line, number, rounded, tag, titled};
use super::{Drawing, Error, text_width};
use crate::back::text::{cut, one_line};
use crate::report::OperatorKind;
use crate::report::document::{Axis, Chart, Mark, Series, Values};

/// More than this is not drawn.
const MOST_POINTS: usize = 100_000;
const MOST_SERIES: usize = 64;
/// With more points than this, single ones are not told where somebody points at them.
const MOST_TOLD: usize = 3_000;
/// With more points than this, a line has no dots.
const MOST_DOTS: usize = 40;
/// With more named points than this, names are told and not written.
const MOST_NAMED: usize = 24;
/// So many points of a series are kept clear of names.
const MOST_AVOIDED: usize = 400;
/// Longer names are cut.
const LONGEST: usize = 34;
/// Names beside lines take at most this part of the width.
const MOST_BESIDE: f64 = 0.3;

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
    /// Names in place of the numbers of the horizontal axis, by value.
    names: Vec<(f64, String)>,
    /// The slot of a bar of every series, in the axis' unit.
    slot: f64,
    area: Area,
}

impl<'chart> Plot<'chart> {
    fn new(chart: &'chart Chart, width: f64, is_titled: Titled) -> Self {
        let (shown, left_out) = shown(chart);
        let height = (width * 0.5).clamp(200.0, 380.0);
        let xs: Vec<f64> = values(&shown, |point| point.1);
        let ys: Vec<f64> = values(&shown, |point| point.2);
        let most = |room: f64| (1..40).take_while(|count| f64::from(*count) <= room).count();
        let has_bars = shown.iter().any(|series| series.look.mark == Mark::Bar);
        let slot = if has_bars { least_distance(&xs) } else { 0.0 };
        let x = match has_bars {
            true => {
                let least = xs.iter().copied().fold(f64::INFINITY, f64::min);
                let largest = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                Scale::between(least - slot * 0.5, largest + slot * 0.5)
            }
            false => Scale::new(chart.x.scale, chart.x.values, &xs, most(width / 70.0)),
        };
        let y_scale = Scale::new(chart.y.scale, chart.y.values, &ys, most(height / 38.0));
        let names = if has_bars { bar_names(&shown, chart.x.values) } else { Vec::new() };
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
            slot,
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
        self.y += if label.is_empty() { 8.0 } else { 22.0 };
        let left = room_for_labels(&self.y_scale);
        let widths = self.shown.iter().zip(&is_beside).filter(|(_, beside)| **beside);
        let right = widths.map(|(shown, _)| text_width(&shown.name, NAME_SIZE) + 12.0);
        let right = right.fold(8.0, f64::max);
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
        if self.slot > 0.0 {
            let named = self.names.iter().map(|(x, name)| (self.x.share(*x), name.clone()));
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

    fn position(&self, x: f64, y: f64) -> (f64, f64) {
        let area = self.area;
        (area.x + self.x.share(x) * area.width, area.bottom() - self.y_scale.share(y) * area.height)
    }

    /// For every series the height of its name beside the end of its line, where all of them have room there.
    fn beside(&self) -> Vec<Option<f64>> {
        let none = vec![None; self.shown.len()];
        let is_line = |shown: &&Shown<'_>| matches!(shown.look.mark, Mark::Line | Mark::Step);
        let lines: Vec<&Shown<'_>> = self.shown.iter().filter(is_line).collect();
        let others =
            self.shown.iter().any(|shown| matches!(shown.look.mark, Mark::Point | Mark::Bar));
        let widest = lines.iter().map(|shown| text_width(&shown.name, NAME_SIZE));
        let widest = widest.fold(0.0, f64::max);
        let ends = lines.iter().map(|shown| shown.points.last().map(|point| (point.1, point.2)));
        let Some(ends) = ends.collect::<Option<Vec<_>>>() else {
            return none;
        };
        let last = ends.iter().map(|end| end.0).fold(f64::NEG_INFINITY, f64::max);
        let end_together = ends.iter().all(|end| end.0 == last);
        if lines.len() < 2 || others || !end_together || widest > self.width * MOST_BESIDE {
            return none;
        }
        let height = self.area.height;
        let heights: Vec<f64> =
            ends.iter().map(|end| height - self.y_scale.share(end.1) * height).collect();
        let Some(heights) = beside_ends(&heights, 0.0, height) else {
            return none;
        };
        let mut heights = heights.into_iter();
        let beside = self.shown.iter().map(|shown| match is_line(&shown) {
            true => heights.next(),
            false => None,
        });
        beside.collect()
    }

    fn names_beside(&mut self, heights: &[Option<f64>]) {
        for (shown, height) in self.shown.iter().zip(heights) {
            let Some(height) = height else { continue };
            let class = format!("beside {}", shown.look.class);
            let last = shown.points.last().map_or(0.0, |point| self.x.share(point.1));
            let x = self.area.x + last * self.area.width;
            let at = (x + 9.0, self.area.y + height + 4.0);
            let text = Text { class: &class, at, anchor: "start", text: &shown.name };
            self.body += &text.element();
        }
    }

    /// The names that stand neither beside lines nor above guides.
    fn legend(&mut self, is_beside: &[bool]) {
        // The only series needs no name that the title or the axis says already.
        let count = self.shown.iter().filter(|shown| shown.look.mark != Mark::Guide).count();
        let said = [&self.chart.title, &self.chart.y.label].map(|text| text.to_lowercase());
        let is_said = |shown: &Shown<'_>| {
            let name = shown.name.to_lowercase();
            name.is_empty() || count == 1 && said.iter().any(|text| text.contains(&name))
        };
        let entries: Vec<(&Look, &str)> = self
            .shown
            .iter()
            .zip(is_beside)
            .filter(|(shown, beside)| {
                !**beside && !is_said(shown) && shown.look.mark != Mark::Guide
            })
            .map(|(shown, _)| (&shown.look, shown.name.as_str()))
            .collect();
        let (drawn, height) = legend(&entries, 0.0, self.y, self.width);
        self.body += &drawn;
        self.y += if height > 0.0 { height + 6.0 } else { 0.0 };
    }

    /// Names at the ends of guides, where they hide the least.
    fn guide_names(&mut self, taken: &mut Vec<Area>) {
        let mut drawn = String::new();
        for shown in self.shown.iter().filter(|shown| shown.look.mark == Mark::Guide) {
            let ends: Vec<_> = shown.points.iter().rev().take(2).collect();
            let ends: Vec<_> = ends.iter().map(|(_, x, y)| self.position(*x, *y)).collect();
            let Some((x, y)) = ends.first().copied() else { continue };
            let width = text_width(&shown.name, NAME_SIZE);
            // Where it ends level, it may be named anywhere along that part.
            let level = ends.get(1).filter(|before| (before.1 - y).abs() < 1.0);
            let room = level.map_or(0.0, |before| x - before.0 - width - 12.0).max(0.0);
            let lefts = (0..=8).map(|step| x - width - 4.0 - room * f64::from(step) / 8.0);
            let corners = lefts.flat_map(|left| [(left, y - 17.0), (left, y + 5.0)]);
            let places: Vec<Area> =
                corners.map(|(x, y)| Area { x, y, width, height: 13.0 }).collect();
            let hidden = |place: &&Area| taken.iter().filter(|other| other.overlaps(place)).count();
            let Some(place) = places.iter().min_by_key(hidden).copied() else { continue };
            let at = (place.x, place.y + 11.0);
            let text = Text { class: "guide-name", at, anchor: "start", text: &shown.name };
            drawn += &text.element();
            taken.push(place);
        }
        self.body += &drawn;
    }

    /// Where dots and lines are, as far as a name could hide them.
    fn taken(&self) -> Vec<Area> {
        let mut taken = Vec::new();
        let square = |x: f64, y: f64, half: f64| Area {
            x: x - half,
            y: y - half,
            width: 2.0 * half,
            height: 2.0 * half,
        };
        for shown in self.shown.iter().filter(|shown| shown.look.mark != Mark::Bar) {
            let points = shown.points.iter().take(MOST_AVOIDED);
            let points: Vec<_> = points.map(|(_, x, y)| self.position(*x, *y)).collect();
            if shown.look.mark == Mark::Point {
                taken.extend(points.iter().map(|(x, y)| square(*x, *y, 5.0)));
                continue;
            }
            for (one, other) in points.iter().zip(points.iter().skip(1)) {
                for step in 0..24 {
                    let share = f64::from(step) / 24.0;
                    let at = |one: f64, other: f64| one + (other - one) * share;
                    taken.push(square(at(one.0, other.0), at(one.1, other.1), 1.5));
                }
            }
        }
        taken
    }

    fn series(&mut self, index: usize) {
        let Some(shown) = self.shown.get(index) else { return };
        let class = &shown.look.class;
        let points: Vec<(f64, f64)> =
            shown.points.iter().map(|(_, x, y)| self.position(*x, *y)).collect();
        let mut drawn = String::new();
        match shown.look.mark {
            Mark::Line | Mark::Guide => drawn += &path(&format!("line {class}"), &points),
            Mark::Step => {
                let steps = stairs(&points);
                if self.shown.len() == 1 {
                    drawn += &self.filled(class, &steps);
                }
                drawn += &path(&format!("line {class}"), &steps);
            }
            Mark::Point | Mark::Bar => {}
        }
        drawn += &match shown.look.mark {
            Mark::Bar => self.bars(shown),
            Mark::Step => self.step_titles(shown, &points),
            Mark::Guide => String::new(),
            Mark::Line if points.len() > MOST_DOTS => String::new(),
            Mark::Line | Mark::Point => self.dots(shown, &points),
        };
        self.body += &drawn;
    }

    fn filled(&self, class: &str, points: &[(f64, f64)]) -> String {
        let base = self.area.bottom() - self.y_scale.base() * self.area.height;
        let ends = points.first().zip(points.last());
        let Some((first, last)) = ends else { return String::new() };
        let mut outline = vec![(first.0, base)];
        outline.extend(points);
        outline.push((last.0, base));
        path(&format!("fill {class}"), &outline)
    }

    /// Dots that tell their values, as long as they are not too many.
    fn dots(&self, shown: &Shown<'_>, points: &[(f64, f64)]) -> String {
        let class = format!("dot {}", shown.look.class);
        let is_told = self.is_told();
        let dots = shown.points.iter().zip(points).map(|(point, (x, y))| {
            let outline = shown.look.dot_path(*x, *y);
            if is_told {
                titled("path", &class, &outline, &self.told(shown, point))
            } else {
                tag("path", &class, &outline)
            }
        });
        dots.collect()
    }

    /// Invisible areas over the steps that tell their values.
    fn step_titles(&self, shown: &Shown<'_>, points: &[(f64, f64)]) -> String {
        if !self.is_told() {
            return String::new();
        }
        let area = self.area;
        let ends = points.iter().skip(1).map(|point| point.0).chain([area.right()]);
        let titles = shown.points.iter().zip(points).zip(ends).map(|((point, (x, _)), end)| {
            let attributes = format!(
                "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                number(*x),
                number(area.y),
                number((end - x).max(0.0)),
                number(area.height)
            );
            titled("rect", "aim", &attributes, &self.told(shown, point))
        });
        titles.collect()
    }

    fn bars(&self, shown: &Shown<'_>) -> String {
        let rows = || self.shown.iter().filter(|other| other.look.mark == Mark::Bar);
        let count = rows().count().max(1) as f64;
        let row = rows().take_while(|other| other.look.shape != shown.look.shape).count() as f64;
        let base = self.area.bottom() - self.y_scale.base() * self.area.height;
        let slot = (self.x.share(self.slot) - self.x.share(0.0)) * self.area.width;
        let group = (slot * 0.74).min(64.0 * count);
        let each = group / count;
        let class = format!("bar {}", shown.look.class);
        let has_room = each >= 34.0;
        let mut drawn = String::new();
        for point in &shown.points {
            let (x, y) = self.position(point.1, point.2);
            let left = x - group / 2.0 + row * each;
            let width = (each - if each > 4.0 { 2.0 } else { 0.0 }).max(0.5);
            let (top, height) = if y <= base { (y, base - y) } else { (base, y - base) };
            let radius = (width / 4.0).min(height / 2.0).min(3.0);
            let (upper, lower) = if y <= base { (radius, 0.0) } else { (0.0, radius) };
            let area = Area { x: left, y: top, width, height };
            let outline = format!("d=\"{}\"", rounded(area, upper, lower));
            drawn += &if self.is_told() {
                titled("path", &class, &outline, &self.told(shown, point))
            } else {
                tag("path", &class, &outline)
            };
            if has_room {
                let text = brief(point.2, self.chart.y.values);
                let at =
                    (left + width / 2.0, if y <= base { top - 5.0 } else { top + height + 13.0 });
                drawn += &Text { class: "value", at, anchor: "middle", text: &text }.element();
            }
        }
        drawn
    }

    fn is_told(&self) -> bool {
        self.shown.iter().map(|shown| shown.points.len()).sum::<usize>() <= MOST_TOLD
    }

    /// What is told of a point.
    fn told(&self, shown: &Shown<'_>, (place, x, y): &(usize, f64, f64)) -> String {
        let label = shown.series.labels.get(*place).map(|label| one_line(label));
        let name = match (label, shown.name.as_str()) {
            (Some(label), "") => label,
            (Some(label), name) => format!("{label} · {name}"),
            (None, name) => name.to_owned(),
        };
        let value = |axis: &Axis, value| {
            let label = one_line(&axis.label);
            let value = told(value, axis.values);
            if label.is_empty() { value } else { format!("{label}: {value}") }
        };
        let mut lines = vec![name];
        if shown.look.mark != Mark::Bar || shown.series.labels.is_empty() {
            lines.push(value(&self.chart.x, *x));
        }
        lines.push(value(&self.chart.y, *y));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Names of single points, each where it hides nothing.
    fn point_names(&mut self, taken: &mut Vec<Area>) {
        let named =
            |shown: &&Shown<'_>| shown.look.mark == Mark::Point && !shown.series.labels.is_empty();
        let count: usize = self.shown.iter().filter(named).map(|shown| shown.points.len()).sum();
        if count > MOST_NAMED {
            return;
        }
        let mut drawn = String::new();
        for shown in self.shown.iter().filter(named) {
            for (place, x, y) in &shown.points {
                let Some(label) = shown.series.labels.get(*place) else { continue };
                let label = cut(&one_line(label), LONGEST);
                let (x, y) = self.position(*x, *y);
                let width = text_width(&label, NAME_SIZE);
                let corners = [
                    (x + 8.0, y - 6.0),
                    (x - width - 8.0, y - 6.0),
                    (x - width / 2.0, y - 20.0),
                    (x - width / 2.0, y + 7.0),
                    (x + 5.0, y + 4.0),
                    (x - width - 5.0, y - 17.0),
                    (x + 5.0, y - 17.0),
                    (x - width - 5.0, y + 4.0),
                ];
                let places = corners.map(|(x, y)| Area { x, y, width, height: 13.0 });
                let is_free = |place: &&Area| {
                    self.area.holds(place) && !taken.iter().any(|other| other.overlaps(place))
                };
                if let Some(free) = places.iter().find(is_free) {
                    let at = (free.x, free.y + 10.0);
                    drawn +=
                        &Text { class: "point-name", at, anchor: "start", text: &label }.element();
                    taken.push(*free);
                }
            }
        }
        self.body += &drawn;
    }

    /// Says how many points are not there.
    fn note(&mut self) {
        let text = match self.left_out {
            0 => return,
            1 => "1 point is left out: its values are not on these axes.".to_owned(),
            count => format!("{count} points are left out: their values are not on these axes."),
        };
        let at = (0.0, self.y + 14.0);
        self.body += &Text { class: "note", at, anchor: "start", text: &text }.element();
        self.y += 20.0;
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
        let kind = OperatorKind::ALL.into_iter().find(|kind| kind.label() == series.name);
        let look = Look::new(series.mark, *number, kind.map(OperatorKind::key));
        *number += 1;
        let points: Vec<(usize, f64, f64)> = series
            .points
            .iter()
            .enumerate()
            .map(|(place, (x, y))| (place, *x, *y))
            .filter(|(_, x, y)| can_show(*x, chart.x.scale) && can_show(*y, chart.y.scale))
            .collect();
        left_out += series.points.len() - points.len();
        shown.push(Shown { series, name: cut(&one_line(&series.name), LONGEST), look, points });
    }
    (shown, left_out)
}

fn values(shown: &[Shown<'_>], value: fn(&(usize, f64, f64)) -> f64) -> Vec<f64> {
    shown.iter().flat_map(|shown| shown.points.iter().map(value)).collect()
}

/// The least distance of two values that differ, 1 where there are none.
fn least_distance(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    let least = pairs.map(|(one, other)| other - one).fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 1.0 }
}

/// What stands below bars: their labels, or their values.
fn bar_names(shown: &[Shown<'_>], values: Values) -> Vec<(f64, String)> {
    let mut names: Vec<(f64, String)> = Vec::new();
    for series in shown.iter().filter(|shown| shown.look.mark == Mark::Bar) {
        for (place, x, _) in &series.points {
            let label = series.series.labels.get(*place).map(|label| one_line(label));
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

/// A value above a bar.
fn brief(value: f64, values: Values) -> String {
    let text = told(value, values);
    let count = format!("{value:.0}").parse::<u64>();
    match (values, count) {
        (Values::Counts, Ok(count)) if value >= 1000.0 => crate::back::quantity::short(count),
        (Values::Bytes, _) => text.trim_end_matches(" MiB").to_owned(),
        _ => text,
    }
}

/// Level lines from each point to the next.
fn stairs(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::with_capacity(points.len() * 2);
    for (x, y) in points {
        if let Some((_, before)) = steps.last().copied() {
            steps.push((*x, before));
        }
        steps.push((*x, *y));
    }
    steps
}

fn path(class: &str, points: &[(f64, f64)]) -> String {
    let mut outline = String::with_capacity(points.len() * 12);
    for (place, (x, y)) in points.iter().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        let _ = write!(outline, "{command}{} {}", number(*x), number(*y));
    }
    tag("path", class, &format!("d=\"{outline}\""))
}
