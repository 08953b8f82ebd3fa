//! Where units depend on every position of a map below, if not everywhere.

use arrayvec::ArrayVec;

use crate::network::{MAX_RANK, Shape};
use crate::ops::{AxisReach, Span};

/// Positions of a tensor: a range along every axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region(ArrayVec<Span, MAX_RANK>);

impl Region {
    /// All positions of a tensor.
    pub(super) fn whole(shape: &Shape) -> Self {
        Self(shape.sizes().iter().map(|&size| all(size)).collect())
    }

    pub(super) fn is_whole(&self, shape: &Shape) -> bool {
        *self == Self::whole(shape)
    }

    /// Positions of an output whose units all depend on a position of this region, as many as are easily found. `before` is how
    /// much stands before the operand where operands are stacked. `None` where none are found.
    pub(super) fn through(&self, axes: &[AxisReach], output: &Shape, before: u64) -> Option<Self> {
        let before = i64::try_from(before).ok()?;
        let ranges = self.0.iter().zip(output.sizes()).enumerate().map(|(axis, (range, &size))| {
            Some(match axes.get(axis) {
                None | Some(AxisReach::Same) => *range,
                Some(AxisReach::Every | AxisReach::Only) => all(size),
                Some(AxisReach::Stacked) => Span {
                    start: range.start.checked_add(before)?,
                    end: range.end.checked_add(before)?,
                },
                Some(AxisReach::Spans { spans, spacing, .. }) => {
                    spans.reaching(*range, *spacing, size)?
                }
                Some(AxisReach::Unknown) => return None,
            })
        });
        ranges.collect::<Option<_>>().map(Self)
    }

    /// The region after a permutation: for every axis of the output the operand's.
    pub(super) fn permuted(&self, axes: &[usize]) -> Option<Self> {
        axes.iter().map(|&axis| self.0.get(axis).copied()).collect::<Option<_>>().map(Self)
    }

    /// The largest of several regions of a tensor, or all of them together where they stand `apart` and fill it.
    pub(super) fn joined(
        regions: impl Iterator<Item = Self> + Clone,
        shape: &Shape,
        apart: bool,
    ) -> Option<Self> {
        let sum = regions.clone().map(|region| region.volume()).fold(0, u128::saturating_add);
        if apart && sum == u128::from(shape.elements()) {
            return Some(Self::whole(shape));
        }
        regions.max_by_key(Self::volume)
    }

    fn volume(&self) -> u128 {
        let lengths = self.0.iter().map(|range| u128::from(range.len().unwrap_or(0)));
        lengths.fold(1, u128::saturating_mul)
    }
}

fn all(size: u64) -> Span {
    Span { start: 0, end: i64::try_from(size).unwrap_or(i64::MAX).saturating_sub(1) }
}
