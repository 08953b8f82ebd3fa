//! How numbers, texts and elements are written in SVG.

use crate::back::text::markup;

/// A coordinate to a tenth of a pixel.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// An element without content; `attributes` are written as they are.
pub(crate) fn tag(name: &str, class: &str, attributes: &str) -> String {
    format!("<{name} class=\"{class}\" {attributes}/>")
}

/// An element that tells its title where somebody points at it.
pub(super) fn titled(name: &str, class: &str, attributes: &str, title: &str) -> String {
    let lines: Vec<String> = title.lines().map(markup).collect();
    format!("<{name} class=\"{class}\" {attributes}><title>{}</title></{name}>", lines.join("\n"))
}

/// A straight line.
pub(super) fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> String {
    let attributes = format!(
        "x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"",
        number(from.0),
        number(from.1),
        number(to.0),
        number(to.1)
    );
    tag("line", class, &attributes)
}

/// A line of text.
pub(crate) struct Text<'text> {
    pub(crate) class: &'text str,
    /// Where its base line begins, is centered or ends, as `anchor` says.
    pub(crate) at: (f64, f64),
    /// `start`, `middle` or `end`.
    pub(crate) anchor: &'static str,
    pub(crate) text: &'text str,
}

impl Text<'_> {
    pub(crate) fn element(&self) -> String {
        self.turned(0.0)
    }

    /// The text turned by degrees around where it is set.
    pub(super) fn turned(&self, degrees: f64) -> String {
        let (x, y) = (number(self.at.0), number(self.at.1));
        let anchor = match self.anchor {
            "start" => String::new(),
            anchor => format!(" text-anchor=\"{anchor}\""),
        };
        let turn = match degrees {
            0.0 => String::new(),
            degrees => format!(" transform=\"rotate({} {x} {y})\"", number(degrees)),
        };
        let text = markup(self.text);
        format!("<text class=\"{}\" x=\"{x}\" y=\"{y}\"{anchor}{turn}>{text}</text>", self.class)
    }
}

/// A rectangle as a path, its upper and its lower corners rounded by a radius each.
pub(super) fn rounded(area: Area, upper: f64, lower: f64) -> String {
    let Area { x, y, width, height } = area;
    let (a, b) = (number(upper), number(lower));
    format!(
        "M{} {}h{}q{a} 0 {a} {a}v{}q0 {b} -{b} {b}h{}q-{b} 0 -{b} -{b}v{}q0 -{a} {a} -{a}z",
        number(x + upper),
        number(y),
        number(width - 2.0 * upper),
        number(height - upper - lower),
        number(2.0 * lower - width),
        number(upper + lower - height),
    )
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The smallest area that holds both.
    pub(super) fn around(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let width = self.right().max(other.right()) - x;
        Self { x, y, width, height: self.bottom().max(other.bottom()) - y }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    pub(super) fn holds(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}
