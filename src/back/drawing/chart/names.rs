//! The names in a chart: of its series and of single points.

use super::labels::cut_in_the_middle;
use super::{LONGEST, Plot, Shown};
use crate::back::drawing::legend::{Look, NAME_SIZE, beside_ends, legend};
use crate::back::drawing::shapes::{Area, Text};
use crate::back::drawing::text_width;
use crate::report::document::Mark;

/// With more named points than this, names are told and not written.
pub(super) const MOST_NAMED: usize = 24;
/// So many points of a series are kept clear of names.
const MOST_AVOIDED: usize = 400;
/// Names beside lines take at most this part of the width.
const MOST_BESIDE: f64 = 0.24;

impl Plot<'_> {
    /// For every series the height of its name beside the end of its line, where all of them have room there.
    pub(super) fn beside(&self) -> Vec<Option<f64>> {
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

    pub(super) fn names_beside(&mut self, heights: &[Option<f64>]) {
        for (shown, height) in self.shown.iter().zip(heights) {
            let Some(height) = height else { continue };
            let class = format!("beside {}", shown.look.class);
            let last = shown.points.last().map_or(0.0, |point| self.across(point.1));
            let x = self.area.x + last * self.area.width;
            let at = (x + 9.0, self.area.y + height + 4.0);
            let text = Text { class: &class, at, anchor: "start", text: &shown.name };
            self.body += &text.element();
        }
    }

    /// Names at the ends of guides, where they hide the least.
    pub(super) fn guide_names(&mut self, taken: &mut Vec<Area>) {
        let mut drawn = String::new();
        for shown in self.shown.iter().filter(|shown| shown.look.mark == Mark::Guide) {
            // A guide of one point leads nowhere.
            let ends: Vec<_> = shown.points.iter().rev().take(2).collect();
            if ends.len() < 2 {
                continue;
            }
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
    pub(super) fn taken(&self) -> Vec<Area> {
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

    /// Names of single points, each where it hides nothing.
    pub(super) fn point_names(&mut self, taken: &mut Vec<Area>) {
        let named =
            |shown: &&Shown<'_>| shown.look.mark == Mark::Point && !shown.series.labels.is_empty();
        let count: usize = self.shown.iter().filter(named).map(|shown| shown.points.len()).sum();
        if count > MOST_NAMED {
            return;
        }
        let mut drawn = String::new();
        for shown in self.shown.iter().filter(named) {
            for (place, x, y) in &shown.points {
                let Some(label) = shown.labels.get(*place) else { continue };
                let label = cut_in_the_middle(label, LONGEST);
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

    /// The names that stand neither beside lines nor above guides.
    pub(super) fn legend(&mut self, is_beside: &[bool]) {
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
}
