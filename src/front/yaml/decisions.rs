//! What the comparisons of a description came out as when a network was built.
//!
//! Where a condition, a minimum or an absolute value comes out otherwise, the network may follow another rule. Those who try a
//! description at many values learn from this where to look.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::value::Number;

/// The most comparisons that are kept of one network.
const MOST: usize = 2_000;

/// A comparison: where it stands, and the how manieth time it is made.
type Made = (usize, u32);

/// The outcomes of comparisons of numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decisions {
    counts: BTreeMap<usize, u32>,
    outcomes: BTreeMap<Made, Ordering>,
    /// What was divided with a rounding or a remainder, and by what.
    divisions: Vec<(i128, i128)>,
}

impl Decisions {
    /// Notes how the left side compares with the right one.
    fn note(&mut self, site: usize, outcome: Ordering) {
        if self.outcomes.len() >= MOST {
            return;
        }
        let count = self.counts.entry(site).or_default();
        self.outcomes.insert((site, *count), outcome);
        *count = count.saturating_add(1);
    }

    /// In so many steps of the way from this network to the next one, a division comes out without a remainder.
    pub(crate) fn steps_to_multiples(&self, next: &Self) -> Vec<u64> {
        let pairs = self.divisions.iter().zip(&next.divisions);
        let steps = pairs.filter_map(|(&(here, divisor), &(there, same))| {
            let slope = there.checked_sub(here).filter(|slope| *slope > 0 && divisor == same)?;
            let missing = divisor.checked_sub(here.checked_rem_euclid(divisor)?)?;
            let steps = missing.checked_div(slope)?;
            u64::try_from(steps).ok().filter(|_| missing % slope == 0)
        });
        let mut steps: Vec<u64> = steps.collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// Whether a comparison that both made came out otherwise.
    pub(crate) fn differ(&self, other: &Self) -> bool {
        let mut made = self.outcomes.iter();
        made.any(|(at, outcome)| other.outcomes.get(at).is_some_and(|there| there != outcome))
    }
}

/// Who is told of comparisons while expressions are evaluated; nobody if `None`.
#[derive(Debug, Default)]
pub(super) struct Witness(Option<RefCell<Decisions>>);

impl Witness {
    /// One that notes what it is told.
    pub(super) fn noting() -> Self {
        Self(Some(RefCell::default()))
    }

    pub(super) fn told(&self, site: usize, outcome: Ordering) {
        if let Some(mut decisions) = self.0.as_ref().and_then(|held| held.try_borrow_mut().ok()) {
            decisions.note(site, outcome);
        }
    }

    pub(super) fn divided(&self, dividend: Number, divisor: Number) {
        let numbers = dividend.as_i128().zip(divisor.as_i128().filter(|divisor| *divisor > 1));
        let held = self.0.as_ref().and_then(|held| held.try_borrow_mut().ok());
        if let (Some(numbers), Some(mut decisions)) = (numbers, held)
            && decisions.divisions.len() < MOST
        {
            decisions.divisions.push(numbers);
        }
    }

    pub(super) fn into_decisions(self) -> Decisions {
        self.0.map(RefCell::into_inner).unwrap_or_default()
    }
}
