//! The variants of a sweep, part by part.

use thiserror::Error;

use super::{
    Evaluated, Grid, MOST_STEPS, Misfits, NothingFits, Order, TooMuchWork, Variant, evaluate,
    foresee,
};
use crate::diagnostics::Diagnostics;
use crate::figure::quantity::write::{counted, noun};
use crate::figure::{Figure, Limit};
use crate::front::yaml::{Description, StepQuota};

/// The most variants of a part.
const MOST_OF_A_PART: u64 = 16_384;

/// A sweep over a grid: its variants are evaluated part by part, in the grid's order, and those beyond a limit are left out.
#[derive(Debug)]
pub struct Sweep<'a> {
    description: &'a Description,
    grid: &'a Grid,
    figures: &'a [Figure],
    limits: &'a [Limit],
    /// The figures by which variants are left out, sorted or marked.
    deciding: Vec<Figure>,
    work: StepQuota,
    tally: Tally,
}

/// What became of the variants of a sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were evaluated.
    pub evaluated: u64,
    /// Those that do not fit.
    pub misfits: Misfits,
    /// How many are left out, a figure of them being beyond a limit.
    pub above: u64,
}

/// Why there is no sweep.
#[derive(Debug, Clone, Error)]
pub enum SweepError {
    /// The networks take too much work to build.
    #[error(transparent)]
    TooMuchWork(#[from] TooMuchWork),
    /// A figure that decides is not known of a variant that fits, or not among those evaluated.
    #[error("`{}` is not known of this network, so that nothing can be decided by it", .0.name())]
    Unknown(Figure),
    /// There is no such network at any variant; what is wrong with the first.
    #[error("{0}")]
    Wrong(Diagnostics),
    /// No variant fits.
    #[error(transparent)]
    NothingFits(#[from] NothingFits),
}

impl Tally {
    /// Whether there are variants that fit, and every one exceeds a limit.
    #[must_use]
    pub fn is_all_above(&self) -> bool {
        self.above > 0 && self.above.saturating_add(self.misfits.count()) == self.evaluated
    }

    /// What is not shown or not figured, in sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let Self { evaluated, misfits, above } = self;
        let left_out = (*above > 0).then(|| {
            let variants = counted(*evaluated, ["variant", "variants"]);
            let what = ["exceeds a limit and is left out", "exceed a limit and are left out"];
            let left_out = format!("{above} of {variants} {}.", noun(*above, what));
            if self.is_all_above() {
                format!("No variant is within the limits: {left_out}")
            } else {
                left_out
            }
        });
        misfits.sentence(*evaluated).into_iter().chain(left_out).collect()
    }
}

impl<'a> Sweep<'a> {
    /// The sweep over a grid that gives these figures, those by which `limits` and `order` decide among them.
    ///
    /// # Errors
    /// Where it is far too much work.
    pub fn new(
        description: &'a Description,
        grid: &'a Grid,
        figures: &'a [Figure],
        limits: &'a [Limit],
        order: &Order<'_>,
    ) -> Result<Self, TooMuchWork> {
        foresee(description, grid, MOST_STEPS)?;
        let deciding = limits.iter().map(|limit| limit.figure).chain(order.figures()).collect();
        let work = StepQuota::of_at_most(MOST_STEPS);
        Ok(Self { description, grid, figures, limits, deciding, work, tally: Tally::default() })
    }

    /// What became of the variants up to now.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Evaluates at most so many of the variants that are left, at least one, and gives those that do not exceed a limit; `None` where
    /// none was left.
    ///
    /// # Errors
    /// Where it is too much work or a figure that decides is not known; at the end where no variant fits.
    pub fn part(&mut self, most: u64) -> Result<Option<Vec<Variant>>, SweepError> {
        let start = self.tally.evaluated;
        if start >= self.grid.len() {
            self.require_a_fit()?;
            return Ok(None);
        }
        let part = start..start.saturating_add(most.clamp(1, MOST_OF_A_PART));
        let mut variants = evaluate(self.description, self.grid, self.figures, part, &self.work)?;
        for variant in &variants {
            self.tally.evaluated += 1;
            match &variant.evaluated {
                Evaluated::Misfit(reason) => {
                    let settings = || self.grid.settings(variant.position).to_string();
                    self.tally.misfits.add(reason, settings);
                }
                Evaluated::Figures(_) => self.require_known(variant)?,
            }
        }
        variants.retain(|variant| {
            let stays = !variant.fits() || variant.is_within(self.figures, self.limits);
            self.tally.above += u64::from(!stays);
            stays
        });
        Ok(Some(variants))
    }

    /// Refuses to decide by a figure that is not known.
    fn require_known(&self, variant: &Variant) -> Result<(), SweepError> {
        let unknown = |wanted: &&Figure| {
            let position = self.figures.iter().position(|figure| figure == *wanted);
            position.is_none_or(|position| variant.figure(position).is_none())
        };
        match self.deciding.iter().find(unknown) {
            Some(figure) => Err(SweepError::Unknown(*figure)),
            None => Ok(()),
        }
    }

    fn require_a_fit(&self) -> Result<(), SweepError> {
        let Err(nothing) = self.tally.misfits.require_a_fit(self.tally.evaluated) else {
            return Ok(());
        };
        // What is wrong with a network is told with its place.
        self.description.elaborate(&self.grid.settings(0)).map_err(SweepError::Wrong)?;
        Err(nothing.into())
    }
}
