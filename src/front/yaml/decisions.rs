//! What the comparisons of a description came out as when a network was built.
//!
//! Where a condition, a minimum or an absolute value comes out otherwise, the network may follow another rule. Those who try a
//! description at many values learn from this where to look. What is divided with a rounding or a remainder follows one rule only where it
//! leaves the same, so that they learn from the divisions which values belong together.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::value::Number;

/// The most comparisons, and the most divisions, that are kept of one network.
const MOST: usize = 2_000;

/// A comparison or a division: where it stands, and the how manieth time it is made.
type Made = (usize, u32);

/// A division with a rounding or a remainder; a rounding alone divides by 1.
#[derive(Debug, Clone)]
struct Division {
    made: Made,
    dividend: Number,
    divisor: Number,
}

/// The outcomes of comparisons of numbers, and the divisions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decisions {
    counts: BTreeMap<usize, u32>,
    outcomes: BTreeMap<Made, Ordering>,
    division_counts: BTreeMap<usize, u32>,
    /// In the order in which they were made.
    divisions: Vec<Division>,
    /// Whether there were more divisions than are kept.
    divides_more: bool,
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

    /// Notes what is divided, and by what.
    fn note_division(&mut self, site: usize, dividend: Number, divisor: Number) {
        if self.divisions.len() >= MOST {
            self.divides_more = true;
            return;
        }
        let count = self.division_counts.entry(site).or_default();
        self.divisions.push(Division { made: (site, *count), dividend, divisor });
        *count = count.saturating_add(1);
    }

    /// How many divisions are kept.
    pub(crate) fn divisions(&self) -> usize {
        self.divisions.len()
    }

    /// In so many steps of the way from this network to the next one, a division comes out without a remainder.
    pub(crate) fn steps_to_multiples(&self, next: &Self) -> Vec<u64> {
        let pairs = self.divisions.iter().zip(&next.divisions);
        let steps = pairs.filter_map(|(division, same)| {
            let divisor = division.divisor.as_i128().filter(|divisor| *divisor > 1)?;
            let (here, there) = (division.dividend.as_i128()?, same.dividend.as_i128()?);
            let is_same = division.divisor == same.divisor;
            let slope = there.checked_sub(here).filter(|slope| *slope > 0 && is_same)?;
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

/// Why divisions do not follow one rule at all of several networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unlike {
    /// One by this number leaves something else in one network than in another.
    Remainder { divisor: Number },
    /// There are more than are kept.
    TooMany,
}

/// What the divisions of several networks leave, as long as each leaves the same in all that make it.
///
/// Where the dividend is a polynomial and the divisor a number, the quotient is then a polynomial too: the dividend less the
/// remainder, by the divisor.
#[derive(Debug, Default)]
pub(crate) struct Remainders {
    known: HashMap<Made, (Division, Option<Number>)>,
    /// Whether what is divided is not the same in all networks.
    vary: bool,
}

impl Remainders {
    /// Adds the divisions of another network.
    ///
    /// # Errors
    /// Where one leaves something else than before, or by another number more than nothing.
    pub(crate) fn add(&mut self, decisions: &Decisions) -> Result<(), Unlike> {
        if decisions.divides_more {
            return Err(Unlike::TooMany);
        }
        for division in &decisions.divisions {
            let Division { made, dividend, divisor } = division;
            let Some((known, left)) = self.known.get(made) else {
                let left = dividend.checked_modulo(*divisor);
                self.known.insert(*made, (division.clone(), left));
                continue;
            };
            if (known.dividend, known.divisor) == (*dividend, *divisor) {
                continue;
            }
            self.vary = true;
            let is_like = left.is_some()
                && *left == dividend.checked_modulo(*divisor)
                && (known.divisor == *divisor || *left == Some(Number::ZERO));
            if !is_like {
                return Err(Unlike::Remainder { divisor: *divisor });
            }
        }
        Ok(())
    }

    /// Whether what is divided is not the same in all networks.
    pub(crate) fn vary(&self) -> bool {
        self.vary
    }
}

/// Who is told of comparisons and divisions while expressions are evaluated; nobody if `None`.
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

    pub(super) fn divided(&self, site: usize, dividend: Number, divisor: Number) {
        if let Some(mut decisions) = self.0.as_ref().and_then(|held| held.try_borrow_mut().ok()) {
            decisions.note_division(site, dividend, divisor);
        }
    }

    pub(super) fn into_decisions(self) -> Decisions {
        self.0.map(RefCell::into_inner).unwrap_or_default()
    }
}
