//! The fields of all units along an axis of the image.

use num_rational::Ratio;

use crate::ops::{AxisReach, Span, SpanQuota, Spans};

/// The fields of units along an axis of the input's maps, where every unit has a window that moves evenly with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxisWindow {
    /// Extent of the field in input pixels; the largest where units differ.
    pub size: u64,
    /// How many input pixels the field moves from a unit to the next, on average.
    pub stride: Ratio<u64>,
    /// How many pixels the fields reach beyond the input before its first and after its last pixel. Rows that a stride leaves
    /// over at the end are looked past. Negative where the fields leave out pixels of the input on purpose.
    pub padding: [i64; 2],
    /// The number of units.
    pub units: u64,
    spans: Spans,
}

impl AxisWindow {
    /// Every pixel of an axis as a unit.
    pub(super) fn pixels(count: u64) -> Self {
        Self {
            size: 1,
            stride: Ratio::from_integer(1),
            padding: [0; 2],
            units: count,
            spans: Spans::SAME,
        }
    }

    /// `None` where a figure exceeds 64 bits.
    fn new(spans: Spans, units: u64, after: i64) -> Option<Self> {
        let period = u64::try_from(spans.period()).ok()?;
        let present = usize::try_from(units).unwrap_or(usize::MAX);
        let present = spans.spans().iter().take(present).copied();
        let size = present.clone().try_fold(0, |size, span| Some(span.len()?.max(size)))?;
        let first = present.fold(Span::EMPTY, Span::hull);
        let before = if first.is_empty() { 0 } else { first.start.checked_neg()? };
        let stride = Ratio::new(u64::try_from(spans.advance()).ok()?, period);
        Some(Self { size, stride, padding: [before, after], units, spans })
    }

    /// The field of a unit in input pixels, from 0; beyond the input it lies on padding. `None` where it exceeds 64 bits.
    #[must_use]
    pub fn span(&self, unit: u64) -> Option<Span> {
        self.spans.span(i64::try_from(unit).ok()?)
    }

    /// What all units see together, with what lies between; `None` where it exceeds 64 bits.
    pub(crate) fn hull(&self) -> Option<Span> {
        let last = i64::try_from(self.units).ok()?.checked_sub(1)?;
        self.spans.hull(Span { start: 0, end: last }, 1)
    }

    /// Whether every field lies equally far from the one before, and is as large.
    pub(crate) fn moves_evenly(&self) -> bool {
        self.spans.period() == 1
    }

    /// The fields of `units` units that depend on spans of these. `None` where the step has none or they cannot be followed.
    pub(super) fn through(
        &self,
        reach: &AxisReach,
        units: u64,
        quota: &mut SpanQuota,
    ) -> Option<Self> {
        let AxisReach::Spans { spans, spacing, after } = reach else { return None };
        let last = i64::try_from(self.units).ok()?.checked_sub(1)?;
        let beyond = last.checked_add(*after)?;
        let further = match (self.spans.end_up_to(last), self.spans.end_up_to(beyond)) {
            (Some(inside), Some(outside)) => outside.checked_sub(inside)?,
            _ => 0,
        };
        let spans = self.spans.composed(spans, *spacing, quota)?;
        Self::new(spans, units, self.padding[1].checked_add(further)?)
    }

    /// The field of the only unit for `units` units.
    pub(super) fn spread(&self, units: u64) -> Option<Self> {
        Self::new(Spans::window(self.spans.span(0)?, 0), units, self.padding[1])
    }

    /// The fields of units that depend on both; `None` where they do not move equally fast or cannot be followed.
    pub(super) fn merged(&self, other: &Self, quota: &mut SpanQuota) -> Option<Self> {
        if self == other {
            return Some(self.clone());
        }
        let after = self.padding[1].max(other.padding[1]);
        let spans = if self.spans.keeps_step_with(&other.spans) {
            self.spans.merged(&other.spans, quota)?
        } else if other.spans.is_empty() {
            self.spans.clone()
        } else if self.spans.is_empty() {
            other.spans.clone()
        } else {
            let [own, other] = [self.only()?, other.only()?];
            Spans::window(own.hull(other), 0)
        };
        Self::new(spans, self.units, after)
    }

    /// How far the centers of the other's fields lie beyond these, in pixels on average; `None` where they do not move equally fast.
    pub(super) fn offset(&self, other: &Self, quota: &mut SpanQuota) -> Option<f64> {
        if self.spans.keeps_step_with(&other.spans) {
            return self.spans.offset(&other.spans, quota);
        }
        if self.spans.is_empty() || other.spans.is_empty() {
            return Some(0.0);
        }
        let [own, other] = [self.only()?, other.only()?].map(|span| Spans::window(span, 0));
        own.offset(&other, quota)
    }

    /// The field of the only unit, if there is a single one: it does not move.
    fn only(&self) -> Option<Span> {
        if self.units == 1 { self.spans.span(0) } else { None }
    }

    /// Whether `spans` takes single units, so that what it takes keeps its field wherever it goes.
    pub(super) fn is_kept_by(spans: &Spans) -> bool {
        spans.spans().iter().all(|span| span.start == span.end)
    }
}
