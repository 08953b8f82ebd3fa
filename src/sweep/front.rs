//! The Pareto front: the variants that no other is better than in every way.

use thiserror::Error;

/// The most comparisons that a front may take, a few seconds: enough for 40,000 variants on it.
const MOST_COMPARISONS: u64 = 1_000_000_000;

/// Why a front cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrontError {
    /// Too many variants are on it.
    #[error(
        "too many variants are on the front for it to be found; ask for fewer figures or variants"
    )]
    TooLarge,
}

/// Which points are on the Pareto front: no other point is at most as large in every coordinate and smaller in one. Points
/// without coordinates are not; equal points are on it together. All points have as many coordinates.
///
/// In the order of their coordinates, a point can only be beaten by one before it, and then by one that is on the front. With
/// two coordinates, it is enough to look at the last of these (Kung, Luccio & Preparata 1975, section 2).
///
/// # Errors
/// Where there are so many points on a front of three or more coordinates that it would take too long.
pub fn front(points: &[Option<Vec<u64>>]) -> Result<Vec<bool>, FrontError> {
    let mut order: Vec<(&[u64], usize)> = points
        .iter()
        .enumerate()
        .filter_map(|(index, point)| Some((point.as_deref()?, index)))
        .collect();
    order.sort_unstable();
    let mut on_front = vec![false; points.len()];
    let mut kept: Vec<&[u64]> = Vec::new();
    let mut comparisons = 0_u64;
    for (point, index) in order {
        let is_equal = kept.last().is_some_and(|last| *last == point);
        let beats = |other: &&[u64]| other.iter().zip(point).all(|(other, own)| other <= own);
        let is_beaten = if point.len() <= 2 {
            kept.last().is_some_and(beats)
        } else {
            comparisons = comparisons.saturating_add(u64::try_from(kept.len()).unwrap_or(u64::MAX));
            if comparisons > MOST_COMPARISONS {
                return Err(FrontError::TooLarge);
            }
            kept.iter().rev().any(beats)
        };
        if is_equal || !is_beaten {
            if let Some(mark) = on_front.get_mut(index) {
                *mark = true;
            }
            if !is_equal {
                kept.push(point);
            }
        }
    }
    Ok(on_front)
}
