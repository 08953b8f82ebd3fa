//! The figures of variants.

use std::ops::Range;

use rayon::prelude::*;

use super::Grid;
use crate::analysis::{self, FieldExtent};
use crate::figure::{Figure, Limit};
use crate::front::yaml::{Description, Settings};

/// A variant and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its position in the grid.
    pub position: u64,
    /// What became of it.
    pub evaluated: Evaluated,
}

/// What became of a variant.
#[derive(Debug, Clone, PartialEq)]
pub enum Evaluated {
    /// Its figures.
    Figures(Figured),
    /// Why there is no such network, or a figure of it cannot be given.
    Misfit(Box<str>),
}

/// The figures of a variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Figured {
    /// Those that were asked for, in their order; `None` where one is not known.
    pub values: Box<[Option<u64>]>,
    /// How much of the input the output depends on, if the receptive field was asked for; where that is everything, the receptive field
    /// is that of the last layer before.
    pub receptive_field_extent: FieldExtent,
}

impl Variant {
    /// The value of the figure at a position of those asked for.
    #[must_use]
    pub fn figure(&self, position: usize) -> Option<u64> {
        match &self.evaluated {
            Evaluated::Figures(figures) => figures.values.get(position).copied().flatten(),
            Evaluated::Misfit(_) => None,
        }
    }

    /// Whether there is such a network.
    #[must_use]
    pub fn fits(&self) -> bool {
        matches!(self.evaluated, Evaluated::Figures(_))
    }

    /// Whether figures, those of `figures`, are within all limits; an unknown one is not.
    #[must_use]
    pub fn is_within(&self, figures: &[Figure], limits: &[Limit]) -> bool {
        limits.iter().all(|limit| {
            let position = figures.iter().position(|figure| *figure == limit.figure);
            let value = position.and_then(|position| self.figure(position));
            value.is_some_and(|value| value <= limit.most)
        })
    }
}

/// The figures of some variants of a grid, in the grid's order. They are shared among the threads of the pool.
#[must_use]
pub fn evaluate(
    description: &Description,
    grid: &Grid,
    figures: &[Figure],
    variants: Range<u64>,
) -> Vec<Variant> {
    let variants = variants.start..variants.end.min(grid.len());
    let variant = |position| {
        let evaluated = match values(description, &grid.settings(position), figures) {
            Ok(values) => Evaluated::Figures(values),
            Err(message) => Evaluated::Misfit(message.into()),
        };
        Variant { position, evaluated }
    };
    variants.into_par_iter().map(variant).collect()
}

fn values(
    description: &Description,
    settings: &Settings,
    figures: &[Figure],
) -> Result<Figured, String> {
    let network = description.network(settings)?;
    let totals = analysis::totals(&network, figures).map_err(|error| error.to_string())?;
    Ok(Figured {
        values: figures.iter().map(|figure| totals.get(*figure)).collect(),
        receptive_field_extent: totals.receptive_field_extent,
    })
}
