//! The names of a chart's series: beside the ends of their lines where there is room, above the chart elsewhere.

use super::shapes::{Text, number, tag};
use super::spread::{Wish, spread};
use super::text_width;
use crate::report::document::Mark;

/// Colors after which they begin again, dashed.
const COLORS: usize = 8;
/// Font size of names, as in the style sheet.
pub(super) const NAME_SIZE: f64 = 11.5;
/// Height of a line of names.
const LINE: f64 = 19.0;
/// Room of a sample before a name, and after the name.
pub(super) const SAMPLE: f64 = 26.0;
const AFTER: f64 = 18.0;
/// Least distance of names at the ends of lines.
const NAME_LINE: f64 = 14.0;
/// Names are not moved further from the ends of their lines.
const FURTHEST: f64 = 30.0;

/// How a series looks.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Classes of its elements.
    pub(super) class: String,
    /// Number of its dots' shape.
    pub(super) shape: usize,
    pub(super) mark: Mark,
    /// How many lines it lies on, and shows between its dashes.
    pub(super) below: usize,
}

/// Length of a dash over another line, and with the gap behind it.
const DASH: f64 = 5.0;
const PERIOD: f64 = 8.0;

impl Look {
    /// The look of the series of a number among those of its sort; `kind` is the kind of operators that it shows.
    pub(super) fn new(mark: Mark, number: usize, kind: Option<&str>) -> Self {
        let class = match (mark, kind) {
            (Mark::Guide, _) => format!("guide g{}", number % 3 + 1),
            (_, Some(kind)) => format!("d-{kind}"),
            _ if number < COLORS => format!("s{}", number + 1),
            _ => format!("s{} dash", number % COLORS + 1),
        };
        Self { class, shape: number, mark, below: 0 }
    }

    fn sample(&self, x: f64, y: f64) -> String {
        match self.mark {
            Mark::Bar => tag("path", &format!("bar {}", self.class), &square(x + 8.0, y, 5.0)),
            Mark::Point => self.dot(x + 8.0, y),
            Mark::Line => self.stroke(x, y) + &self.dot(x + 9.0, y),
            Mark::Guide | Mark::Step => self.stroke(x, y),
        }
    }

    fn stroke(&self, x: f64, y: f64) -> String {
        let dashes = if self.below > 0 { " stroke-dasharray=\"5 3\"" } else { "" };
        let path = format!("d=\"M{} {}h18\"{dashes}", number(x), number(y));
        tag("path", &format!("line {}", self.class), &path)
    }

    /// The attributes that leave room between dashes for the lines below.
    pub(super) fn dashes(&self) -> String {
        if self.below == 0 {
            return String::new();
        }
        // Every line on the way has its own part of the period; the one below all of them is solid.
        let below = self.below as f64;
        let gap = PERIOD * (below + 1.0) - DASH;
        let offset = PERIOD * (1.0 - below);
        format!(" stroke-dasharray=\"{DASH} {gap}\" stroke-dashoffset=\"{offset}\"")
    }

    fn dot(&self, x: f64, y: f64) -> String {
        tag("path", &format!("dot {}", self.class), &self.dot_path(x, y, 0))
    }

    /// A dot's outline: a circle, a square, a triangle or a diamond, so that series differ without their colors. It is larger where others are
    /// drawn over it.
    pub(super) fn dot_path(&self, x: f64, y: f64, over: u8) -> String {
        let size = 1.0 + 0.65 * f64::from(over);
        let (x0, sized) = (number(x), |length: f64| number(length * size));
        match self.shape % 4 {
            0 => {
                let (radius, width) = (sized(4.0), sized(8.0));
                let left = number(x - 4.0 * size);
                let arc = |width: &str| format!("a{radius} {radius} 0 1 1 {width} 0");
                format!("d=\"M{left} {}{}{}z\"", number(y), arc(&width), arc(&format!("-{width}")))
            }
            1 => square(x, y, 3.6 * size),
            2 => {
                let top = number(y - 5.2 * size);
                format!("d=\"M{x0} {top}l{} {}h-{}z\"", sized(4.6), sized(8.0), sized(9.2))
            }
            _ => {
                let (top, side) = (number(y - 4.9 * size), sized(4.9));
                format!("d=\"M{x0} {top}l{side} {side}l-{side} {side}l-{side} -{side}z\"")
            }
        }
    }
}

fn square(x: f64, y: f64, half: f64) -> String {
    let size = number(2.0 * half);
    format!("d=\"M{} {}h{size}v{size}h-{size}z\"", number(x - half), number(y - half))
}

/// Names in lines of a width, from `(x, y)` down; also how high they are.
pub(super) fn legend(entries: &[(&Look, &str)], x: f64, y: f64, width: f64) -> (String, f64) {
    let mut drawn = String::new();
    let (mut left, mut top) = (0.0, 0.0);
    for (look, name) in entries {
        let needed = SAMPLE + text_width(name, NAME_SIZE);
        if left > 0.0 && left + needed > width {
            left = 0.0;
            top += LINE;
        }
        drawn += &look.sample(x + left, y + top + LINE / 2.0 - 3.0);
        let at = (x + left + SAMPLE, y + top + LINE / 2.0 + 1.0);
        drawn += &Text { class: "entry", at, anchor: "start", text: name }.element();
        left += needed + AFTER;
    }
    (drawn, if entries.is_empty() { 0.0 } else { top + LINE })
}

/// Heights at which the names of lines stand that end at the given ones, `None` where they do not fit.
pub(super) fn beside_ends(ends: &[f64], top: f64, bottom: f64) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|one, other| ends[*one].total_cmp(&ends[*other]));
    let wishes: Vec<Wish> =
        order.iter().map(|place| Wish { at: ends[*place], weight: 1.0 }).collect();
    let mut heights = vec![0.0; ends.len()];
    let spread = spread(&wishes, &vec![NAME_LINE; ends.len()]);
    for (place, height) in order.iter().zip(spread) {
        if (height - ends[*place]).abs() > FURTHEST || height < top - 2.0 || height > bottom + 2.0 {
            return None;
        }
        heights[*place] = height;
    }
    Some(heights)
}
