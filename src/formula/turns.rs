//! Where the comparisons of a description turn.
//!
//! A condition, a minimum or an absolute value may follow one rule at all the values that are looked at by their size, and another one
//! between them. But what it compares is known at these values, and where it comes out otherwise at two of them, the place at which it
//! turns lies between: it is closed in on by halving, and the figure has to follow from the form on both sides of it. A comparison may
//! be made only where another one has turned (`a > 300 and b < 5`), so that the search goes on from there along the other variables.

use std::collections::{HashSet, VecDeque};

use super::FormulaError;
use super::interpolate::Progression;
use super::sample::{Point, Samples};

/// So many lines' starting points are gone out from.
const MOST_BASES: usize = 40;

/// So many values of a line are compared, spread over those that were tried.
const SPREAD: usize = 16;

/// So many divisions are followed to where they leave no remainder, from the point that a line starts at.
const MOST_MULTIPLES: usize = 8;

/// So many turns are closed in on between two values of a line.
const MOST_TURNS: usize = 6;

/// Looks at the figures next to all turns that are found. `axes` are the values of every variable, and those that were tried.
pub(super) fn look_around(
    samples: &mut Samples<'_>,
    axes: &[(Progression, &[u64])],
) -> Result<(), FormulaError> {
    let own = samples.own().clone();
    let smallest = axes.iter().map(|(values, _)| values.start).collect();
    let largest = axes.iter().filter_map(|(_, tried)| tried.last().copied()).collect();
    let mut bases: VecDeque<Point> = [own, smallest, largest].into();
    bases.retain(|base| base.len() == axes.len());
    let mut seen: HashSet<Point> = bases.iter().cloned().collect();
    let mut gone = 0;
    while let Some(base) = bases.pop_front() {
        gone += 1;
        for (position, (values, tried)) in axes.iter().enumerate() {
            let line = Line { base: &base, position, values: *values };
            for point in line.turns(samples, tried)? {
                if gone + bases.len() < MOST_BASES && seen.insert(point.clone()) {
                    bases.push_back(point);
                }
            }
        }
    }
    Ok(())
}

/// The points at which one variable is of its class and the others stay.
struct Line<'b> {
    base: &'b Point,
    position: usize,
    values: Progression,
}

impl Line<'_> {
    fn point(&self, index: u64) -> Option<Point> {
        let mut point = self.base.clone();
        *point.get_mut(self.position)? = self.values.value(index)?;
        Some(point)
    }

    /// The points on both sides of the turns between values that are spread over those that were tried.
    fn turns(&self, samples: &mut Samples<'_>, tried: &[u64]) -> Result<Vec<Point>, FormulaError> {
        let mut indices: Vec<u64> =
            spread(tried).filter_map(|value| self.values.index(value)).collect();
        indices.extend(self.base.get(self.position).and_then(|own| self.values.index(*own)));
        indices.sort_unstable();
        indices.dedup();
        let mut turns = Vec::new();
        let own = self.base.get(self.position).and_then(|own| self.values.index(*own));
        if let Some(own) = own
            && let (Some(here), Some(next)) = (self.point(own), self.point(own.saturating_add(1)))
        {
            let steps = samples.steps_to_multiples(&here, &next)?;
            for step in steps.into_iter().take(MOST_MULTIPLES) {
                let Some(point) = self.point(own.saturating_add(step)) else { continue };
                if samples.decide_differently(&here, &point)? == Some(true) {
                    turns.push(point);
                }
            }
        }
        for pair in indices.windows(2) {
            if let [low, high] = *pair {
                self.close_in(samples, low, high, &mut turns)?;
            }
        }
        Ok(turns)
    }

    /// Halves what lies between two indices as long as a comparison turns there.
    fn close_in(
        &self,
        samples: &mut Samples<'_>,
        low: u64,
        high: u64,
        turns: &mut Vec<Point>,
    ) -> Result<(), FormulaError> {
        let mut open = vec![(low, high)];
        let mut found = 0;
        while let Some((low, high)) = open.pop() {
            let (Some(before), Some(after)) = (self.point(low), self.point(high)) else { continue };
            if samples.decide_differently(&before, &after)? != Some(true) {
                continue;
            }
            if high.saturating_sub(low) <= 1 {
                turns.extend([before, after]);
                found += 1;
                if found >= MOST_TURNS {
                    break;
                }
                continue;
            }
            let middle = low + (high - low) / 2;
            open.extend([(middle, high), (low, middle)]);
        }
        Ok(())
    }
}

/// Of many values some, the smallest and the largest among them.
fn spread(values: &[u64]) -> impl Iterator<Item = u64> + '_ {
    let last = values.len().saturating_sub(1);
    let count = SPREAD.min(values.len());
    let steps = count.saturating_sub(1).max(1);
    (0..count).filter_map(move |part| values.get(last * part / steps).copied())
}
