//! The figures of variants.

use std::ops::Range;

use rayon::prelude::*;
use thiserror::Error;

use super::Grid;
use crate::analysis::{self, AnalysisError, FieldExtent};
use crate::figure::{Figure, Limit};
use crate::front::yaml::{Description, NoVariant, StepQuota};
use crate::network::Network;

/// The most steps that the networks of a sweep take to build, all together: some minutes.
pub const MOST_STEPS: u64 = 200_000_000;

/// Variants that take more work than there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the {variants} variants take more than {most} steps to build, all together; give fewer values, or smaller ones"
)]
pub struct TooMuchWork {
    /// How many variants there are.
    pub variants: u64,
    /// The most steps, all together.
    pub most: u64,
}

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

/// Looks at some variants, all over the grid, whether the work is far too much; [`evaluate`] finds whether it is too much.
///
/// # Errors
/// Where it is.
pub fn foresee(description: &Description, grid: &Grid, most: u64) -> Result<(), TooMuchWork> {
    let build = |position, work: &StepQuota| {
        // What does not fit takes steps too.
        let _ = description.network_by(&grid.settings(position), work);
    };
    if StepQuota::is_far_beyond(most, grid.len(), build) {
        Err(too_much(grid, most))
    } else {
        Ok(())
    }
}

fn too_much(grid: &Grid, most: u64) -> TooMuchWork {
    TooMuchWork { variants: grid.len(), most }
}

/// The figures of some variants of a grid, in the grid's order. They are shared among the threads of the pool. Their part of the
/// `work` is added to it.
///
/// # Errors
/// Where the work is exceeded.
pub fn evaluate(
    description: &Description,
    grid: &Grid,
    figures: &[Figure],
    variants: Range<u64>,
    work: &StepQuota,
) -> Result<Vec<Variant>, TooMuchWork> {
    let variants = variants.start..variants.end.min(grid.len());
    let variant = |position| {
        let settings = grid.settings(position);
        let evaluated = match description.network_by(&settings, work) {
            Ok(network) => match values(&network, figures) {
                Ok(values) => Evaluated::Figures(values),
                Err(error) => Evaluated::Misfit(error.to_string().into()),
            },
            Err(NoVariant::Wrong(message)) => Evaluated::Misfit((*message).into()),
            Err(NoVariant::TooLarge) => return Err(too_much(grid, work.most())),
        };
        Ok(Variant { position, evaluated })
    };
    let evaluated = variants.into_par_iter().map(variant).collect();
    if work.is_exceeded() { Err(too_much(grid, work.most())) } else { evaluated }
}

fn values(network: &Network, figures: &[Figure]) -> Result<Figured, AnalysisError> {
    let totals = analysis::totals(network, figures)?;
    Ok(Figured {
        values: figures.iter().map(|figure| totals.get(*figure)).collect(),
        receptive_field_extent: totals.receptive_field_extent,
    })
}
