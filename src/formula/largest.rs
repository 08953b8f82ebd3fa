//! Which of several polynomials is the largest, proven.
//!
//! With every variable written as its smallest value and a distance from it, a difference of polynomials none of whose coefficients is
//! negative is not negative anywhere from there on. That is a proof for all values, and what it does not prove is not claimed.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::Polynomial;
use super::interpolate::Progression;

/// So many times farther than the variables' own values a place is looked for at which another polynomial is the largest.
const FARTHER: [u64; 8] = [2, 4, 10, 30, 100, 1_000, 100_000, 10_000_000];

/// The largest polynomial from certain values of the variables on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Largest {
    /// Its position.
    pub(super) position: usize,
    /// The values, the smallest of which the proof has found.
    pub(super) values: Vec<Progression>,
}

/// Why none is the largest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crossing {
    /// The largest at the variables' own values.
    pub(super) largest: usize,
    /// The largest at another point, or one that is not known to stay below the first.
    pub(super) other: usize,
    /// A point at which the other is larger, if one was found.
    pub(super) at: Option<Vec<u64>>,
}

/// The polynomial that is the largest at the variables' own values, from the smallest values on from which it is proven to stay that.
///
/// `axes` are the values of the variables in the order of the polynomials' own.
pub(super) fn largest(
    polynomials: &[Polynomial],
    axes: &[Progression],
    own: &[u64],
) -> Result<Largest, Crossing> {
    let values: Vec<_> = polynomials.iter().map(|polynomial| polynomial.at(own)).collect();
    let most = values.iter().max();
    let mut first = None;
    for position in (0..values.len()).filter(|position| values.get(*position) == most) {
        match proven(polynomials, position, axes, own) {
            Ok(values) => return Ok(Largest { position, values }),
            Err(crossing) => first = first.or(Some(crossing)),
        }
    }
    // Of no polynomials none is larger than another.
    first.map_or_else(|| Ok(Largest { position: 0, values: axes.to_vec() }), Err)
}

/// Whether it is proven that a polynomial is nowhere smaller than another one from these numbers on.
pub(super) fn never_exceeded(largest: &Polynomial, other: &Polynomial, from: &[u64]) -> bool {
    Difference::of(largest, other).is_never_negative_from(from)
}

/// The smallest values from which on a polynomial is proven to be the largest.
fn proven(
    polynomials: &[Polynomial],
    position: usize,
    axes: &[Progression],
    own: &[u64],
) -> Result<Vec<Progression>, Crossing> {
    let Some(largest) = polynomials.get(position) else { return Ok(axes.to_vec()) };
    let smallest: Vec<u64> = axes.iter().map(|axis| axis.start).collect();
    let mut open = Vec::new();
    for (other, polynomial) in polynomials.iter().enumerate() {
        let difference = Difference::of(largest, polynomial);
        // What holds from smaller values on holds from larger ones on.
        if difference.is_never_negative_from(&smallest) {
            continue;
        }
        if !difference.is_never_negative_from(own) {
            let at = larger_at(polynomial, largest, axes, own);
            let there = at.as_ref().and_then(|point| {
                (0..polynomials.len()).max_by_key(|at| polynomials.get(*at).map(|p| p.at(point)))
            });
            return Err(Crossing { largest: position, other: there.unwrap_or(other), at });
        }
        open.push(difference);
    }
    let holds = |indices: &[u64]| {
        let start: Option<Vec<u64>> =
            axes.iter().zip(indices).map(|(axis, index)| axis.value(*index)).collect();
        start.is_some_and(|start| {
            open.iter().all(|difference| difference.is_never_negative_from(&start))
        })
    };
    let most: Vec<u64> = axes
        .iter()
        .zip(own)
        .map(|(axis, own)| axis.index_below(*own).unwrap_or_default())
        .collect();
    // First all variables alike, so that none is small at the cost of the others; then each as far as it goes.
    let alike = |index: u64| -> Vec<u64> { most.iter().map(|most| index.min(*most)).collect() };
    let highest = most.iter().copied().max().unwrap_or(0);
    let mut indices = alike(smallest_that(highest, |index| holds(&alike(index))));
    for position in 0..indices.len() {
        let with = |index: u64| {
            let mut moved = indices.clone();
            moved.iter_mut().skip(position).take(1).for_each(|slot| *slot = index);
            moved
        };
        let highest = indices.get(position).copied().unwrap_or(0);
        indices = with(smallest_that(highest, |index| holds(&with(index))));
    }
    Ok(axes
        .iter()
        .zip(&indices)
        .map(|(axis, index)| Progression {
            start: axis.value(*index).unwrap_or(axis.start),
            ..*axis
        })
        .collect())
}

/// The smallest number up to `highest`, which does, from which on all do.
fn smallest_that(highest: u64, does: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, highest);
    while low < high {
        let middle = low + (high - low) / 2;
        if does(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// A point at which a polynomial is larger than the one that is the largest at the variables' own values.
fn larger_at(
    polynomial: &Polynomial,
    largest: &Polynomial,
    axes: &[Progression],
    own: &[u64],
) -> Option<Vec<u64>> {
    let farther = |only: Option<usize>, times: u64| -> Option<Vec<u64>> {
        let values = axes.iter().zip(own).enumerate().map(|(position, (axis, own))| {
            if only.is_some_and(|only| only != position) {
                return Some(*own);
            }
            axis.value(axis.index_below(*own)?.checked_add(1)?.checked_mul(times)?)
        });
        values.collect()
    };
    let several = (axes.len() > 1).then_some(None);
    let moves: Vec<Option<usize>> = (0..axes.len()).map(Some).chain(several).collect();
    let points = FARTHER
        .iter()
        .flat_map(|times| moves.iter().map(|only| (*only, *times)))
        .filter_map(|(only, times)| farther(only, times));
    points.into_iter().find(|point| polynomial.at(point) > largest.at(point))
}

/// A difference of polynomials times a positive number that makes its coefficients whole.
struct Difference(Vec<(Vec<u64>, BigInt)>);

impl Difference {
    fn of(one: &Polynomial, other: &Polynomial) -> Self {
        let difference = one - other;
        let content = difference.content();
        if content.is_zero() {
            return Self(Vec::new());
        }
        let whole = difference.scaled(&content.recip());
        Self(whole.terms().map(|(powers, value)| (powers.to_vec(), value.to_integer())).collect())
    }

    /// Whether no coefficient is negative where every variable is a number and a distance from it: then no value is from these numbers on.
    fn is_never_negative_from(&self, start: &[u64]) -> bool {
        let mut terms: Vec<(Vec<u64>, BigInt)> = self.0.clone();
        for (axis, start) in start.iter().enumerate() {
            let mut shifted = std::collections::BTreeMap::<Vec<u64>, BigInt>::new();
            for (powers, coefficient) in terms {
                let power = powers.get(axis).copied().unwrap_or(0);
                // (start + distance)^power, from the highest power of the distance on.
                let mut factor = coefficient;
                for lower in (0..=power).rev() {
                    let mut moved = powers.clone();
                    moved.iter_mut().skip(axis).take(1).for_each(|slot| *slot = lower);
                    *shifted.entry(moved).or_default() += &factor;
                    factor *= BigInt::from(*start) * lower;
                    factor /= power - lower + 1;
                }
            }
            terms = shifted.into_iter().collect();
        }
        terms.iter().all(|(_, coefficient)| !coefficient.is_negative())
    }
}
