//! What a study can compare: figures, and what is known of paths.

use serde::{Serialize, Serializer};

use super::{Figure, Unit};

/// What is known of the paths from the inputs of a network to its first output, in numbers of weighted layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathFigure {
    /// How many there are.
    Paths,
    /// The length of the shortest.
    ShortestPath,
    /// The smallest length such that half of them are no longer.
    MedianPath,
    /// The length of the longest.
    LongestPath,
}

/// A figure of a network, or of its paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// What the analysis gives for every network.
    Figure(Figure),
    /// What only the analysis of paths gives.
    Path(PathFigure),
}

impl PathFigure {
    /// All of them, in the order of every table.
    pub const ALL: [Self; 4] =
        [Self::Paths, Self::ShortestPath, Self::MedianPath, Self::LongestPath];
}

impl Measure {
    /// All of them, in the order of every table.
    pub fn all() -> impl Iterator<Item = Self> {
        Figure::ALL.map(Self::Figure).into_iter().chain(PathFigure::ALL.map(Self::Path))
    }

    /// The name in files, and the key in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Figure(figure) => figure.name(),
            Self::Path(PathFigure::Paths) => "paths",
            Self::Path(PathFigure::ShortestPath) => "shortest_path",
            Self::Path(PathFigure::MedianPath) => "median_path",
            Self::Path(PathFigure::LongestPath) => "longest_path",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Figure(figure) => figure.label(),
            Self::Path(PathFigure::Paths) => "Paths",
            Self::Path(PathFigure::ShortestPath) => "Shortest path",
            Self::Path(PathFigure::MedianPath) => "Median path",
            Self::Path(PathFigure::LongestPath) => "Longest path",
        }
    }

    /// The name for people over a closed form, with the unit.
    #[must_use]
    pub fn form_label(self) -> &'static str {
        match self {
            Self::Figure(figure) => figure.form_label(),
            Self::Path(_) => self.label(),
        }
    }

    /// What it is counted in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Figure(figure) => figure.unit(),
            Self::Path(_) => Unit::Count,
        }
    }

    /// The figure, where it is one that every network has.
    #[must_use]
    pub fn figure(self) -> Option<Figure> {
        match self {
            Self::Figure(figure) => Some(figure),
            Self::Path(_) => None,
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::spellings().find_map(|(known, measure)| (known == name).then_some(measure))
    }

    /// All spellings in files and arguments, those of [`Figure::spellings`] first.
    pub fn spellings() -> impl Iterator<Item = (&'static str, Self)> {
        let paths = PathFigure::ALL.map(Self::Path).map(|measure| (measure.name(), measure));
        Figure::spellings().map(|(name, figure)| (name, Self::Figure(figure))).chain(paths)
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
