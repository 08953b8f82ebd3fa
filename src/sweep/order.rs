//! The order in which variants are shown, and which of them are marked.

use std::cmp::Reverse;

use super::{FrontError, Objective, Variant, front};
use crate::figure::Figure;

/// What decides the order of variants.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order<'a> {
    /// What the Pareto front is of; without any, nothing is marked.
    pub pareto: &'a [Objective],
    /// Whether only the front stays.
    pub front_alone: bool,
    /// What they are sorted by, the best first; without it they stay in the order of the grid.
    pub sort: Option<Objective>,
}

impl Order<'_> {
    /// The figures that decide it.
    pub fn figures(&self) -> impl Iterator<Item = Figure> {
        self.pareto.iter().chain(&self.sort).map(|objective| objective.figure)
    }

    /// The variants in their order, each with whether it is on the front. `figures` are those that were evaluated.
    ///
    /// # Errors
    /// Where too many are on the front.
    pub fn apply(
        &self,
        variants: Vec<Variant>,
        figures: &[Figure],
    ) -> Result<Vec<(Variant, bool)>, FrontError> {
        let rank = |variant: &Variant, objective: &Objective| {
            let position = figures.iter().position(|figure| *figure == objective.figure)?;
            variant.figure(position).map(|value| objective.rank(value))
        };
        let point = |variant: &Variant| {
            self.pareto.iter().map(|objective| rank(variant, objective)).collect::<Option<Vec<_>>>()
        };
        let marks = if self.pareto.is_empty() {
            vec![false; variants.len()]
        } else {
            let points: Vec<_> = variants.iter().map(point).collect();
            front(&points)?
        };
        let mut ordered: Vec<_> = variants.into_iter().zip(marks).collect();
        if self.front_alone {
            ordered.retain(|(_, marked)| *marked);
        }
        if let Some(objective) = &self.sort {
            // What does not fit has no figure and stands at the end.
            ordered.sort_by_cached_key(|(variant, _)| {
                let rank = rank(variant, objective);
                (Reverse(rank.is_some()), rank)
            });
        }
        Ok(ordered)
    }
}
