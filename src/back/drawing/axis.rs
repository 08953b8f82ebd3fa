//! The lines and the labels along the axes of a chart.

use super::chart::cut_in_the_middle;
use super::scale::Scale;
use super::shapes::{Area, Text, line};
use super::text_width;

/// Font size of the labels at ticks, as in the style sheet.
pub(super) const TICK_SIZE: f64 = 11.0;
/// Free between neighboring labels.
const APART: f64 = 10.0;
/// Angle and widest of labels that have no room side by side.
const TURN: f64 = -32.0;
const WIDEST_TURNED: f64 = 110.0;

/// Lines across the chart and labels left of it.
pub(super) fn vertical(scale: &Scale, plot: Area) -> String {
    let mut drawn = String::new();
    let mut last = f64::INFINITY;
    for tick in &scale.ticks {
        let y = plot.bottom() - scale.share_of_unit(tick.value) * plot.height;
        let class = if tick.label.is_empty() { "grid minor" } else { "grid" };
        drawn += &line(class, (plot.x, y), (plot.right(), y));
        if !tick.label.is_empty() && last - y > TICK_SIZE {
            let at = (plot.x - 8.0, y + 3.8);
            drawn += &Text { class: "tick", at, anchor: "end", text: &tick.label }.element();
            last = y;
        }
    }
    drawn
}

/// Room for the labels left of the chart.
pub(super) fn room_for_labels(scale: &Scale) -> f64 {
    let widths = scale.ticks.iter().map(|tick| text_width(&tick.label, TICK_SIZE));
    widths.fold(0.0, f64::max) + 10.0
}

/// Lines up the chart and labels below it.
pub(super) fn horizontal(scale: &Scale, plot: Area) -> String {
    let mut drawn = String::new();
    let mut last = f64::NEG_INFINITY;
    for tick in &scale.ticks {
        let x = plot.x + scale.share_of_unit(tick.value) * plot.width;
        let class = if tick.label.is_empty() { "grid minor" } else { "grid" };
        drawn += &line(class, (x, plot.y), (x, plot.bottom()));
        let half = text_width(&tick.label, TICK_SIZE) / 2.0;
        if !tick.label.is_empty() && x - half > last {
            let at = (x, plot.bottom() + 16.0);
            drawn += &Text { class: "tick", at, anchor: "middle", text: &tick.label }.element();
            last = x + half + APART;
        }
    }
    drawn
}

/// How far the labels below a chart of a width reach beyond its end.
pub(super) fn room_beyond(scale: &Scale, width: f64) -> f64 {
    let beyond = scale.ticks.iter().map(|tick| {
        let half = text_width(&tick.label, TICK_SIZE) / 2.0;
        half - (1.0 - scale.share_of_unit(tick.value)) * width
    });
    beyond.fold(0.0, f64::max)
}

/// Names below the chart in place of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Names {
    /// Where each stands, from 0 to 1, and what it is.
    pub(super) names: Vec<(f64, String)>,
    /// Whether they are turned for want of room.
    is_turned: bool,
}

impl Names {
    /// The names, turned where the width does not suffice.
    pub(super) fn new(names: Vec<(f64, String)>, width: f64) -> Self {
        let pairs = names.iter().zip(names.iter().skip(1));
        let is_turned = pairs.into_iter().any(|(one, other)| {
            let widths = text_width(&one.1, TICK_SIZE) + text_width(&other.1, TICK_SIZE);
            (other.0 - one.0) * width < widths / 2.0 + APART / 2.0
        });
        Self { names, is_turned }
    }

    /// Room below the chart.
    pub(super) fn height(&self) -> f64 {
        if !self.is_turned {
            return 20.0;
        }
        let widths = self.names.iter().map(|(_, name)| text_width(name, TICK_SIZE));
        widths.fold(0.0, f64::max).min(WIDEST_TURNED) * TURN.to_radians().sin().abs() + 20.0
    }

    pub(super) fn drawn(&self, plot: Area) -> String {
        let mut drawn = String::new();
        let mut last = f64::NEG_INFINITY;
        for (share, name) in &self.names {
            let x = plot.x + share * plot.width;
            if x < last {
                continue;
            }
            if self.is_turned {
                let at = (x + 4.0, plot.bottom() + 13.0);
                let name = fitted(name);
                let text = Text { class: "tick", at, anchor: "end", text: &name };
                drawn += &text.turned(TURN);
                last = x + TICK_SIZE + 2.0;
            } else {
                let at = (x, plot.bottom() + 16.0);
                drawn += &Text { class: "tick", at, anchor: "middle", text: name }.element();
            }
        }
        drawn
    }
}

/// The name, its middle cut out where it would be too wide.
fn fitted(name: &str) -> String {
    let mut length = name.chars().count();
    while length > 1 {
        let name = cut_in_the_middle(name, length);
        if text_width(&name, TICK_SIZE) <= WIDEST_TURNED {
            return name;
        }
        length -= 1;
    }
    name.to_owned()
}
