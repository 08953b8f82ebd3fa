//! The values at which a form has to prove itself.
//!
//! A polynomial fitted to a few small numbers says nothing about the next one: a minimum, a rounding or a condition may set in anywhere.
//! Where it does follows from the numbers that the description names, and from its size. So there are values around each of these
//! numbers, around the variable's own value, and of every magnitude, none of them in step with the others.

use super::interpolate::{MAX_DEGREE, Progression};

/// So many values are fitted: more than a polynomial of the highest degree needs.
pub(super) const FITTED: u64 = MAX_DEGREE as u64 + 2;

/// Distances from the variable's own value, in steps.
const NEAR: [u64; 6] = [1, 2, 3, 5, 8, 13];

/// Indices of every magnitude.
const FAR: [u64; 22] = [
    11,
    13,
    17,
    23,
    37,
    53,
    97,
    211,
    499,
    1009,
    4999,
    20_011,
    100_003,
    1_000_003,
    10_000_019,
    100_000_007,
    1_000_000_007,
    30_000_000_001,
    1_000_000_000_039,
    50_000_000_000_053,
    3_000_000_000_000_037,
    200_000_000_000_000_003,
];

/// Neighbors that lie close are a part of their index apart, up to an index.
const CLOSE: u64 = 6;
const CLOSE_UP_TO: u64 = 200_000;

/// Pseudo-random indices below each power of ten from the second on.
const RANDOM_PER_MAGNITUDE: usize = 3;
const MAGNITUDES: u32 = 5;

/// Of more numbers in a description, the smallest.
const MOST_NUMBERS: usize = 64;

/// The values of a variable that are compared with what a polynomial says, besides those it is fitted to, from the smallest on.
/// With `closely` they lie close to each other: for figures that are the largest of many, no comparison of which is in the description.
pub(super) fn on_axis(values: Progression, own: u64, numbers: &[u64], closely: bool) -> Vec<u64> {
    let mut indices: Vec<u64> = FAR.to_vec();
    if closely {
        let next = |index: &u64| Some(index.saturating_add((index / CLOSE).max(1)));
        let close = std::iter::successors(Some(FITTED), next);
        indices.extend(close.take_while(|index| *index < CLOSE_UP_TO));
    }
    if let Some(own) = values.index_below(own) {
        indices.push(own);
        for distance in NEAR {
            indices.push(own.saturating_add(distance));
            indices.extend(own.checked_sub(distance));
        }
        indices.push(own.saturating_mul(10));
    }
    let mut random = Random(own ^ values.step);
    for magnitude in 2..2 + MAGNITUDES {
        let bound = 10_u64.saturating_pow(magnitude);
        indices.extend((0..RANDOM_PER_MAGNITUDE).map(|_| random.below(bound)));
    }
    for number in numbers.iter().copied().take(MOST_NUMBERS) {
        // The value itself and its neighbors, where the rule is about the variable; so many steps, where it is about what is left after strides.
        let below = values.index_below(number);
        indices.extend(below);
        indices.extend(below.map(|index| index.saturating_add(1)));
        indices.extend(below.and_then(|index| index.checked_sub(1)));
        indices.extend([number.saturating_sub(1), number, number.saturating_add(1)]);
        indices.extend(values.index(number.saturating_mul(values.step)));
        indices.extend(values.index_below(number.saturating_mul(3)));
    }
    indices.sort_unstable();
    indices.dedup();
    indices
        .into_iter()
        .filter(|index| *index >= FITTED)
        .filter_map(|index| values.value(index))
        .collect()
}

/// Points away from the axes: values of the variables, taken from those of their axes.
pub(super) fn off_axes(axes: &[Vec<u64>]) -> Vec<Vec<u64>> {
    const MIXED: usize = 64;
    const DIAGONAL: usize = 16;
    let mut random = Random(axes.len() as u64);
    let mut pick = |bound: usize| usize::try_from(random.below(bound.max(1) as u64)).unwrap_or(0);
    let mut points: Vec<Vec<u64>> = Vec::new();
    for _ in 0..MIXED {
        points.push(
            axes.iter().filter_map(|values| values.get(pick(values.len())).copied()).collect(),
        );
    }
    // Values of like magnitude, and equal ones: where a rule compares two variables.
    for part in 0..DIAGONAL {
        let at = |values: &Vec<u64>| values.get(values.len() * part / DIAGONAL).copied();
        points.push(axes.iter().filter_map(at).collect());
    }
    let shared = axes.first().into_iter().flatten();
    let shared = shared.filter(|value| axes.iter().all(|values| values.contains(value)));
    points.extend(shared.take(DIAGONAL).map(|value| vec![*value; axes.len()]));
    points.retain(|point| point.len() == axes.len());
    points.sort_unstable();
    points.dedup();
    points
}

/// Pseudo-random numbers, the same in every run: SplitMix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }
}
