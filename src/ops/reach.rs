//! Which units of its operands a unit of an operator's output depends on.

use arrayvec::ArrayVec;
use num_integer::Integer;

use super::OpError;
use super::spans::{MAX_PERIOD, Span, Spans};
use crate::network::{MAX_RANK, Shape};

/// Which units of an operand a unit of the output depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one is made for every operand and dropped at once")]
pub enum Reach {
    /// The one at the same position.
    Same,
    /// For every axis of the operand, the batch first; the output has the same axes.
    Axes(ArrayVec<AxisReach, MAX_RANK>),
    /// The one at the same position after a permutation: for every axis of the output the operand's.
    Permuted(ArrayVec<usize, MAX_RANK>),
    /// The one that is as far from the first element, in axes of other sizes.
    Regrouped,
}

/// Which positions of an axis of the operand a unit of the output depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisReach {
    /// Its own.
    Same,
    /// A span that depends on the unit.
    Spans {
        /// From where to where the positions of every unit go.
        spans: Spans,
        /// How far its positions lie apart.
        spacing: i64,
        /// How far the operator looks beyond the last position, rows that it leaves over included; negative where it
        /// leaves some out on purpose.
        after: i64,
    },
    /// Every one.
    Every,
    /// The only one, of an axis of size 1 that is spread over others.
    Only,
    /// Its own, less than what other operands fill before: operands stand one after another along the axis.
    Stacked,
    /// Others.
    Unknown,
}

impl Reach {
    /// How many spans stand in tables, for what repeats after more than one unit.
    pub(crate) fn spans_made(&self) -> usize {
        let Self::Axes(axes) = self else { return 0 };
        let periods = axes.iter().map(|reach| match reach {
            AxisReach::Spans { spans, .. } => spans.period(),
            _ => 1,
        });
        periods.filter(|&period| period > 1).sum()
    }

    /// The axis along which operands stand one after another, where they do.
    pub(crate) fn stacked_axis(&self) -> Option<usize> {
        let Self::Axes(axes) = self else { return None };
        axes.iter().position(|reach| *reach == AxisReach::Stacked)
    }

    /// A reach along the last two axes of maps and along their channels.
    #[must_use]
    pub(super) fn maps(channels: AxisReach, [rows, columns]: [AxisReach; 2]) -> Self {
        Self::Axes(ArrayVec::from_iter([AxisReach::Same, channels, rows, columns]))
    }

    /// A reach along one axis, and the same position along the others.
    #[must_use]
    pub(super) fn along(shape: &Shape, axis: usize, reach: &AxisReach) -> Self {
        Self::each(shape, |at| if at == axis { reach.clone() } else { AxisReach::Same })
    }

    /// A reach by the axis.
    #[must_use]
    pub(super) fn each(shape: &Shape, reach: impl FnMut(usize) -> AxisReach) -> Self {
        Self::Axes((0..shape.rank().min(MAX_RANK)).map(reach).collect())
    }
}

impl AxisReach {
    /// A window of `extent` positions that slides by `stride`, with taps `dilation` apart; `before` and `after` of its positions lie outside
    /// at the ends.
    pub(super) fn window(
        extent: u64,
        [stride, dilation]: [u64; 2],
        [before, after]: [i64; 2],
    ) -> Result<Self, OpError> {
        let start = before.checked_neg().ok_or(OpError::Overflow)?;
        let gaps = signed(extent)?.saturating_sub(1);
        let end = start.checked_add(gaps).ok_or(OpError::Overflow)?;
        let spans = Spans::window(Span { start, end }, signed(stride)?);
        Ok(Self::Spans { spans, spacing: signed(dilation)?, after })
    }

    /// A single position of every `stride`; `before` and `after` of them lie outside at the ends.
    pub(super) fn shifted(stride: u64, outside: [i64; 2]) -> Result<Self, OpError> {
        Self::window(1, [stride, 1], outside)
    }

    /// Spans of every `spacing`-th position that repeat themselves after `period` units and `advance` positions, over an axis of `input` positions and
    /// `output` units.
    pub(super) fn periodic(
        [period, advance]: [u64; 2],
        [input, output]: [u64; 2],
        spacing: u64,
        span: impl FnMut(i64) -> Option<Span>,
    ) -> Result<Self, OpError> {
        let Some(period) = usize::try_from(period).ok().filter(|&period| period <= MAX_PERIOD)
        else {
            return Ok(Self::Unknown);
        };
        let spans: Option<Vec<Span>> = (0..).take(period).map(span).collect();
        let spans = Spans::periodic(spans.ok_or(OpError::Overflow)?, signed(advance)?);
        let spans = spans.ok_or(OpError::Overflow)?;
        let end = spans.end_up_to(signed(output)?.saturating_sub(1));
        let after = end.map_or(0, |end| end.saturating_sub(signed_or_most(input) - 1));
        Ok(Self::Spans { spans, spacing: signed(spacing)?, after })
    }

    /// Spans that depend on `output` units being spread evenly over `input` positions: those of one period, which `span` gives.
    pub(super) fn even(
        [input, output]: [u64; 2],
        span: impl FnMut(i64) -> Option<Span>,
    ) -> Result<Self, OpError> {
        let shared = input.gcd(&output).max(1);
        Self::periodic([output / shared, input / shared], [input, output], 1, span)
    }
}

/// A size as a position.
pub(super) fn signed(size: u64) -> Result<i64, OpError> {
    i64::try_from(size).map_err(|_| OpError::Overflow)
}

fn signed_or_most(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
