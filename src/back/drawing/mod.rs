//! Charts and pictures of networks as SVG.

use thiserror::Error;

/// A drawing with more in it than can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Too many points in a chart.
    #[error("the chart `{title}` has {count} points, at most {most} are drawn")]
    Points {
        /// The chart.
        title: String,
        /// How many points it has.
        count: usize,
        /// How many are drawn at most.
        most: usize,
    },
    /// Too many series in a chart.
    #[error("the chart `{title}` has {count} series, at most {most} are drawn")]
    Series {
        /// The chart.
        title: String,
        /// How many series it has.
        count: usize,
        /// How many are drawn at most.
        most: usize,
    },
    /// Too many boxes in a picture of a network.
    #[error("the picture `{caption}` has {count} boxes, at most {most} are drawn")]
    Boxes {
        /// What stands under the picture.
        caption: String,
        /// How many boxes it has.
        count: usize,
        /// How many are drawn at most.
        most: usize,
    },
}
