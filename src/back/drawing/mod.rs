//! Charts and pictures of networks as SVG, in units of CSS pixels.
//!
//! Drawings are text, lines and shapes with the classes of `templates/drawing.css`, which gives them their colors in light and dark
//! schemes; a page has the style once, a file of its own has it inside.

mod axis;
mod bars;
mod chart;
mod layout;
mod legend;
mod picture;
mod scale;
mod shapes;
mod spread;
mod width;

use thiserror::Error;

pub(super) use bars::{Bar, bar_ticks, bars};
pub(super) use chart::{Titled, chart};
pub(super) use picture::picture;
pub(super) use shapes::{Text, number};
pub(super) use width::text_width;

/// A drawing with more in it than can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` has {count} {what}, at most {most} are drawn")]
pub struct Error {
    /// The chart's title or the picture's caption.
    pub name: String,
    /// What there is too much of.
    pub what: &'static str,
    /// How much there is.
    pub count: usize,
    /// How much is drawn at most.
    pub most: usize,
}

impl Error {
    /// An error where `count` exceeds `most`.
    fn beyond(name: &str, what: &'static str, count: usize, most: usize) -> Result<(), Self> {
        if count <= most {
            return Ok(());
        }
        Err(Self { name: super::text::one_line(name), what, count, most })
    }
}

/// Shapes and the room they take.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The elements, their origin at the top left.
    pub(super) body: String,
    /// What is seen, for those who do not see it.
    pub(super) label: String,
}

impl Drawing {
    /// An SVG element that stands in a page; `class` is for the page's style.
    pub(super) fn element(&self, class: &str) -> String {
        let (width, height) = (number(self.width), number(self.height));
        format!(
            "<svg class=\"drawing {class}\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            super::text::markup(&self.label),
            self.body
        )
    }

    /// The drawing as a part of a larger one, its origin moved.
    pub(super) fn placed(&self, x: f64, y: f64) -> String {
        format!("<g transform=\"translate({} {})\">{}</g>", number(x), number(y), self.body)
    }
}
