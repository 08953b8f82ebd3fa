//! [`Document`]: a page of sections with text, tables, charts, formulas and pictures of networks.
//!
//! What is no report on a single network — a study, a sweep, a roofline — becomes a document, and every back end knows how to write
//! one: the terminal and Markdown its text and tables, HTML all of it, SVG its charts and pictures.

use std::ops::Range;

use super::table::Table;
use crate::formula::Polynomial;

/// A page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What the page is about.
    pub title: String,
    /// Paragraphs under the title.
    pub lead: Vec<String>,
    /// The sections, top to bottom.
    pub sections: Vec<Section>,
}

/// A titled part of a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What stands in it, top to bottom.
    pub parts: Vec<Part>,
}

/// Something that stands in a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A table.
    Table(Table),
    /// Closed forms, one a line.
    Formulas(Vec<FormulaLine>),
    /// A chart of lines, points or bars.
    Chart(Chart),
    /// Small pictures of networks, side by side.
    Pictures(Vec<Picture>),
    /// What is to be known of the pictures before.
    Legend {
        /// A paragraph where they are drawn.
        drawn: String,
        /// One where they are told in words.
        told: String,
    },
}

/// A formula in every spelling, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaLine {
    /// What it gives: `MACs of one 5x5`.
    pub label: String,
    /// For people: `h·w·(144·c + 18432)`.
    pub pretty: String,
    /// For programs: `144*c*h*w + 18432*h*w`.
    pub canonical: String,
    /// For TeX.
    pub latex: String,
}

impl FormulaLine {
    /// A polynomial in every spelling.
    #[must_use]
    pub fn of(label: String, polynomial: &Polynomial) -> Self {
        Self {
            label,
            pretty: polynomial.pretty(),
            canonical: polynomial.canonical(),
            latex: polynomial.latex(),
        }
    }
}

/// A chart with two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, in the order of the legend.
    pub series: Vec<Series>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// How positions follow from values.
    pub scale: Scale,
    /// How its values are written.
    pub values: Values,
}

/// How positions on an axis follow from values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly, from zero where all values are positive.
    Linear,
    /// By their logarithm; all values are positive.
    Logarithmic,
}

/// From which factor between its largest and its smallest value on an axis is logarithmic.
const WIDE: f64 = 20.0;

impl Scale {
    /// The scale of an axis for these values: logarithmic where they are far apart and all positive.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let ends = values.into_iter().fold(None, |ends: Option<(f64, f64)>, value| {
            let (least, most) = ends.unwrap_or((value, value));
            Some((least.min(value), most.max(value)))
        });
        match ends {
            Some((least, most)) if least > 0.0 && most > least * WIDE => Self::Logarithmic,
            _ => Self::Linear,
        }
    }
}

/// How the values of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// With SI prefixes: `25.56 M`.
    Counts,
    /// In MiB.
    Bytes,
    /// As they are.
    Numbers,
}

/// A line, a cloud of points, or a row of bars.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// What is drawn at each value.
    pub mark: Mark,
    /// Horizontal and vertical values, from left to right.
    pub points: Vec<(f64, f64)>,
    /// The kind of operators whose color it has; one of the chart's own colors if `None`.
    pub kind: Option<super::OperatorKind>,
    /// What single points are called, one each; empty where they have no names.
    pub labels: Vec<String>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Lines from point to point, with a dot at each.
    Line,
    /// Dots alone.
    Point,
    /// A line without dots that guides the eye: a roof, a front.
    Guide,
    /// Level lines from each point to the next.
    Step,
    /// A bar at each point.
    Bar,
}

/// A picture of a small network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// What stands under it.
    pub caption: String,
    /// The boxes, in execution order.
    pub boxes: Vec<PictureBox>,
    /// Boxes that have a frame, inner ones before those around them.
    pub groups: Vec<PictureGroup>,
    /// Whether layers that change no shape are left out.
    pub is_abridged: bool,
}

/// Neighboring boxes of a picture that have a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureGroup {
    /// What they are called; may be empty.
    pub name: String,
    /// How often they follow one another in the network, of which they are drawn once.
    pub times: u64,
    /// Their positions.
    pub boxes: Range<usize>,
}

/// A layer in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureBox {
    /// The first line: `conv 3x3`.
    pub title: String,
    /// The second line, such as the output's shape `64×56×56`; may be empty.
    pub detail: String,
    /// What it is colored by.
    pub kind: super::OperatorKind,
    /// Positions of the boxes whose results it takes, all before it.
    pub inputs: Vec<usize>,
}

impl PictureBox {
    /// For every box those that take its result, each once, in order.
    pub(crate) fn takers(boxes: &[Self]) -> Vec<Vec<usize>> {
        let mut takers: Vec<Vec<usize>> = vec![Vec::new(); boxes.len()];
        for (place, shown) in boxes.iter().enumerate() {
            for input in shown.inputs.iter().filter(|input| **input < place) {
                if let Some(takers) = takers.get_mut(*input)
                    && takers.last() != Some(&place)
                {
                    takers.push(place);
                }
            }
        }
        takers
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn values_far_apart_and_positive_have_a_logarithmic_axis() {
        for (values, scale) in [
            (&[][..], Scale::Linear),
            (&[5.0], Scale::Linear),
            (&[20.0, 1.0], Scale::Linear),
            (&[3.0, 21.0, 1.0], Scale::Logarithmic),
            (&[0.0, 1e9], Scale::Linear),
            (&[-1.0, 1e9], Scale::Linear),
        ] {
            assert_eq!(Scale::of(values.iter().copied()), scale, "{values:?}");
        }
    }
}
