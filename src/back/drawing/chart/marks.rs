//! The lines, dots and bars of a chart.

use std::fmt::Write;

use super::{MOST_DOTS, Plot, Shown};
use crate::back::drawing::scale::told;
use crate::back::drawing::shapes::{Area, Text, number, rounded, tag, titled};
use crate::back::text::one_line;
use crate::report::document::{Axis, Mark, Values};

/// With more points than this, single ones are not told where somebody points at them.
const MOST_TOLD: usize = 3_000;

impl Plot<'_> {
    pub(super) fn series(&mut self, index: usize) {
        let Some(shown) = self.shown.get(index) else { return };
        let class = &shown.look.class;
        let points: Vec<(f64, f64)> =
            shown.points.iter().map(|(_, x, y)| self.position(*x, *y)).collect();
        let mut drawn = String::new();
        match shown.look.mark {
            Mark::Line | Mark::Guide => {
                drawn += &path(&format!("line {class}"), &points, &shown.look.dashes());
            }
            Mark::Step => {
                let steps = stairs(&points);
                if self.shown.len() == 1 {
                    drawn += &self.filled(class, &steps);
                }
                drawn += &path(&format!("line {class}"), &steps, &shown.look.dashes());
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
        path(&format!("fill {class}"), &outline, "")
    }

    /// Dots that tell their values, as long as they are not too many.
    fn dots(&self, shown: &Shown<'_>, points: &[(f64, f64)]) -> String {
        let class = format!("dot {}", shown.look.class);
        let is_told = self.is_told();
        let dots = shown.points.iter().zip(points).zip(&shown.rings);
        let dots = dots.map(|((point, (x, y)), over)| {
            let outline = shown.look.dot_path(*x, *y, *over);
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
        let slot = self.area.width / self.names.len().max(1) as f64;
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

/// `attributes` stand behind the outline, with a blank before them.
fn path(class: &str, points: &[(f64, f64)], attributes: &str) -> String {
    let mut outline = String::with_capacity(points.len() * 12);
    for (place, (x, y)) in points.iter().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        let _ = write!(outline, "{command}{} {}", number(*x), number(*y));
    }
    tag("path", class, &format!("d=\"{outline}\"{attributes}"))
}
