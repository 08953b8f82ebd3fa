//! Which positions units depend on, along one axis.

use std::sync::Arc;

use num_integer::Integer;

/// The longest period of [`Spans`]; what repeats less often is not followed.
pub const MAX_PERIOD: usize = 1024;

/// Positions from `start` to `end`, both included; beyond the ends of the axis they lie on padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first position.
    pub start: i64,
    /// The last position.
    pub end: i64,
}

impl Span {
    /// No position at all.
    pub const EMPTY: Self = Self { start: i64::MAX, end: i64::MIN };

    /// Whether there is no position.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start > self.end
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The number of positions; `None` where it exceeds 63 bits.
    #[must_use]
    pub fn len(self) -> Option<u64> {
        if self.is_empty() {
            return Some(0);
        }
        u64::try_from(self.end.checked_sub(self.start)?.checked_add(1)?).ok()
    }

    /// The number of positions that are at least 0 and less than `size`.
    #[must_use]
    pub fn inside(self, size: u64) -> u64 {
        let last = i64::try_from(size).unwrap_or(i64::MAX).saturating_sub(1);
        Self { start: self.start.max(0), end: self.end.min(last) }.len().unwrap_or(0)
    }

    fn shifted(self, by: i64) -> Option<Self> {
        if self.is_empty() {
            return Some(self);
        }
        Some(Self { start: self.start.checked_add(by)?, end: self.end.checked_add(by)? })
    }
}

/// For every unit along an axis the span of positions it depends on: after every period of units the same spans again, further by
/// `advance` positions. A window that slides by a stride has a period of 1; where a map is enlarged, neighbouring
/// units share positions, and the period is longer. Units are counted from 0 in both directions, those
/// before 0 and beyond the last being what padding stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    advance: i64,
    phases: Phases,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phases {
    One(Span),
    Many(Arc<Table>),
}

#[derive(Debug, PartialEq, Eq)]
struct Table {
    spans: Vec<Span>,
    /// Whether no span is empty, and none starts or ends before one of an earlier unit.
    is_monotone: bool,
}

/// How many spans may still be made: what keeps long periods in large networks from taking long.
#[derive(Debug)]
pub(crate) struct SpanQuota(u64);

impl SpanQuota {
    /// A quota of so many spans.
    pub(crate) fn new(spans: u64) -> Self {
        Self(spans)
    }

    /// Takes some; `None` where so many are not left, and then none are.
    pub(crate) fn take(&mut self, spans: usize) -> Option<()> {
        let left = u64::try_from(spans).ok().and_then(|spans| self.0.checked_sub(spans));
        self.0 = left.unwrap_or(0);
        left.map(|_| ())
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

impl Spans {
    /// Every unit depends on itself.
    pub const SAME: Self = Self::window(Span { start: 0, end: 0 }, 1);

    /// A window that slides by `advance` positions from unit to unit; unit 0 has the given span.
    #[must_use]
    pub const fn window(first: Span, advance: i64) -> Self {
        Self { advance, phases: Phases::One(first) }
    }

    /// The spans of the units of one period, and how far the next period's lie from them. `None` where there are none or more than
    /// [`MAX_PERIOD`].
    pub(crate) fn periodic(spans: Vec<Span>, advance: i64) -> Option<Self> {
        match spans.as_slice() {
            [] => None,
            [first] => Some(Self::window(*first, advance)),
            [first, ..] if spans.len() <= MAX_PERIOD => {
                let next = first.shifted(advance)?;
                let following = spans.iter().skip(1).chain([&next]);
                let is_monotone = spans.iter().zip(following).all(|(span, next)| {
                    !span.is_empty() && span.start <= next.start && span.end <= next.end
                });
                let table = Table { spans, is_monotone };
                Some(Self { advance, phases: Phases::Many(Arc::new(table)) })
            }
            _ => None,
        }
    }

    /// After how many units the spans repeat.
    #[must_use]
    pub fn period(&self) -> usize {
        self.spans().len()
    }

    /// How many positions a period of units advances.
    #[must_use]
    pub fn advance(&self) -> i64 {
        self.advance
    }

    /// The spans of the first period.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        match &self.phases {
            Phases::One(span) => std::slice::from_ref(span),
            Phases::Many(table) => &table.spans,
        }
    }

    /// Whether no unit depends on anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans().iter().all(|span| span.is_empty())
    }

    /// The span of a unit; `None` where it exceeds 64 bits.
    #[must_use]
    pub fn span(&self, unit: i64) -> Option<Span> {
        match &self.phases {
            Phases::One(span) => span.shifted(self.advance.checked_mul(unit)?),
            Phases::Many(table) => {
                let (turn, phase) = unit.div_mod_floor(&i64::try_from(table.spans.len()).ok()?);
                let span = table.spans.get(usize::try_from(phase).ok()?)?;
                span.shifted(self.advance.checked_mul(turn)?)
            }
        }
    }

    /// The hull of the spans of every `spacing`-th unit from `units.start` on, up to `units.end`, which is one of them; `None` where
    /// it exceeds 64 bits.
    #[must_use]
    pub fn hull(&self, units: Span, spacing: i64) -> Option<Span> {
        if units.is_empty() {
            return Some(Span::EMPTY);
        }
        match &self.phases {
            Phases::Many(table) if !table.is_monotone => {
                // What comes a period later neither starts nor ends earlier, and after so many units every phase comes again.
                let gaps = units.end.checked_sub(units.start)? / spacing.max(1);
                let gaps = gaps.min(i64::try_from(table.spans.len()).ok()?);
                (0..=gaps).try_fold(Span::EMPTY, |hull, gap| {
                    let reach = gap.checked_mul(spacing)?;
                    let from_start = self.span(units.start.checked_add(reach)?)?;
                    let from_end = self.span(units.end.checked_sub(reach)?)?;
                    Some(hull.hull(from_start).hull(from_end))
                })
            }
            _ => Some(self.span(units.start)?.hull(self.span(units.end)?)),
        }
    }

    /// Neighbouring units, of `units` in all, each of which depends on a position that is `among` these, as many as are easily found;
    /// the positions of a span lie `spacing` apart. `None` where none is found.
    pub(crate) fn reaching(&self, among: Span, spacing: i64, units: u64) -> Option<Span> {
        let last = i64::try_from(units).ok()?.checked_sub(1)?;
        let period = i64::try_from(self.period()).ok()?;
        let is_dense = |span: &Span| {
            span.start == span.end
                || among.len().is_some_and(|length| {
                    i64::try_from(length).is_ok_and(|length| length >= spacing)
                })
        };
        if !self.spans().iter().all(is_dense) {
            return self.first_reaching(among, spacing, last);
        }
        let turns = self.spans().iter().map(|span| self.turns_reaching(*span, among));
        let (mut all, mut first) = (Some(Span { start: 0, end: last / period }), None);
        for (phase, turns) in (0..).zip(turns) {
            let unit = turns.and_then(|turns| turns.start.checked_mul(period)?.checked_add(phase));
            first = first.or(unit.filter(|&unit| unit <= last));
            all = all.zip(turns).map(|(all, turns)| Span {
                start: all.start.max(turns.start),
                end: all.end.min(turns.end),
            });
        }
        match all.filter(|all| !all.is_empty()) {
            Some(Span { start, end }) => {
                let end = end.checked_mul(period)?.checked_add(period - 1)?;
                Some(Span { start: start.checked_mul(period)?, end: end.min(last) })
            }
            None => first.map(|unit| Span { start: unit, end: unit }),
        }
    }

    /// After which numbers of periods a span of the first one has a position among these; `None` for none.
    fn turns_reaching(&self, span: Span, among: Span) -> Option<Span> {
        if span.is_empty() {
            return None;
        }
        if self.advance == 0 {
            let meets = span.start <= among.end && among.start <= span.end;
            return meets.then_some(Span { start: 0, end: i64::MAX });
        }
        let start = Integer::div_ceil(&among.start.checked_sub(span.end)?, &self.advance);
        let end = Integer::div_floor(&among.end.checked_sub(span.start)?, &self.advance);
        Some(Span { start: start.max(0), end }).filter(|turns| !turns.is_empty())
    }

    /// The first of some units at the beginning that depends on a position among these.
    fn first_reaching(&self, among: Span, spacing: i64, last: i64) -> Option<Span> {
        const LOOKED_AT: i64 = 64;
        let reaches = |unit: &i64| {
            let Some(span) = self.span(*unit).filter(|span| !span.is_empty()) else { return false };
            let Some(short) = among.start.checked_sub(span.start) else { return false };
            // The first of its positions that is not before them.
            let steps = Integer::div_ceil(&short, &spacing.max(1)).max(0);
            let position = steps.checked_mul(spacing).and_then(|by| span.start.checked_add(by));
            position.is_some_and(|position| position <= span.end.min(among.end))
        };
        let unit = (0..=last.min(LOOKED_AT)).find(reaches)?;
        Some(Span { start: unit, end: unit })
    }

    /// The last position on which a unit up to this one depends; `None` where there is none or it exceeds 64 bits.
    pub(crate) fn end_up_to(&self, unit: i64) -> Option<i64> {
        let period = i64::try_from(self.period()).ok()?;
        let units = Span { start: unit.checked_sub(period)?.checked_add(1)?, end: unit };
        let hull = self.hull(units, 1)?;
        (!hull.is_empty()).then_some(hull.end)
    }

    /// These spans of the positions on which units depend by `outer`, of which every `spacing`-th counts. `None` where the period or a position becomes too
    /// large, or the quota does not suffice.
    pub(crate) fn composed(
        &self,
        outer: &Self,
        spacing: i64,
        quota: &mut SpanQuota,
    ) -> Option<Self> {
        if let (Phases::One(_), Phases::One(outer_span)) = (&self.phases, &outer.phases) {
            let advance = self.advance.checked_mul(outer.advance)?;
            return Some(Self::window(self.hull(*outer_span, spacing)?, advance));
        }
        let inner = i64::try_from(self.period()).ok()?;
        let turns = inner / inner.gcd(&outer.advance);
        let period = outer.period().checked_mul(usize::try_from(turns).ok()?)?;
        if period > MAX_PERIOD {
            return None;
        }
        let each = match &self.phases {
            Phases::Many(table) if !table.is_monotone => 2 * table.spans.len(),
            _ => 1,
        };
        quota.take(period.checked_mul(each)?)?;
        let units = (0..).take(period);
        let spans: Option<Vec<Span>> =
            units.map(|unit| self.hull(outer.span(unit)?, spacing)).collect();
        let advance = (outer.advance.checked_mul(turns)? / inner).checked_mul(self.advance)?;
        Self::periodic(spans?, advance)
    }

    /// Whether periods of both advance equally fast.
    pub(crate) fn keeps_step_with(&self, other: &Self) -> bool {
        let cross =
            |a: &Self, b: &Self| Some(i128::from(a.advance) * i128::try_from(b.period()).ok()?);
        cross(self, other) == cross(other, self)
    }

    /// The hulls of the spans of equal units, where both keep step; `None` as for [`composed`](Self::composed).
    pub(crate) fn merged(&self, other: &Self, quota: &mut SpanQuota) -> Option<Self> {
        if let (Phases::One(own), Phases::One(span)) = (&self.phases, &other.phases) {
            return Some(Self::window(own.hull(*span), self.advance));
        }
        let period = self.common_period(other, quota)?;
        let turns = i64::try_from(period / self.period()).ok()?;
        let units = (0..).take(period);
        let spans: Option<Vec<Span>> =
            units.map(|unit| Some(self.span(unit)?.hull(other.span(unit)?))).collect();
        Self::periodic(spans?, self.advance.checked_mul(turns)?)
    }

    /// How far the centers of the other's spans lie beyond these, on average over a period, in positions; `None` where it
    /// cannot be told.
    pub(crate) fn offset(&self, other: &Self, quota: &mut SpanQuota) -> Option<f64> {
        let period = self.common_period(other, quota)?;
        let (mut twice, mut count) = (0i128, 0i128);
        for unit in (0..).take(period) {
            let (own, span) = (self.span(unit)?, other.span(unit)?);
            if !own.is_empty() && !span.is_empty() {
                let [start, end] = [(own.start, span.start), (own.end, span.end)]
                    .map(|(own, other)| i128::from(other) - i128::from(own));
                twice += start + end;
                count += 2;
            }
        }
        Some(if count == 0 { 0.0 } else { twice as f64 / count as f64 })
    }

    fn common_period(&self, other: &Self, quota: &mut SpanQuota) -> Option<usize> {
        let (own, others) = (self.period(), other.period());
        if own == 1 && others == 1 {
            return Some(1);
        }
        let period = own.lcm(&others);
        if period > MAX_PERIOD {
            return None;
        }
        quota.take(period)?;
        Some(period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64) -> Span {
        Span { start, end }
    }

    #[test]
    fn windows_over_a_doubled_map() {
        let doubled = Spans::periodic(vec![span(0, 0), span(0, 0)], 1).unwrap();
        let mut quota = SpanQuota::new(1000);
        // A 3-wide window, padded by one: pixels -1 and 0, then 0 and 1.
        let window = Spans::window(span(-1, 1), 1);
        let seen = doubled.composed(&window, 1, &mut quota).unwrap();
        assert_eq!((seen.spans(), seen.advance()), ([span(-1, 0), span(0, 1)].as_slice(), 1));
        // A window of 2 by 2 undoes it.
        let halved = doubled.composed(&Spans::window(span(0, 1), 2), 1, &mut quota).unwrap();
        assert_eq!(halved, Spans::SAME);
    }

    #[test]
    fn hulls_of_spans_in_any_order() {
        let spans = [span(3, 4), Span::EMPTY, span(-5, 0), span(1, 9)];
        let mixed = Spans::periodic(spans.to_vec(), 2).unwrap();
        for (start, end, spacing) in [
            (0, 0, 1),
            (1, 1, 1),
            (-3, 2, 1),
            (-9, 17, 2),
            (5, 6, 1),
            (2, 40, 1),
            (-5, 45, 5),
            (-7, 41, 8),
        ] {
            let units = (start..=end).step_by(usize::try_from(spacing).unwrap());
            let one_by_one =
                units.fold(Span::EMPTY, |hull, unit| hull.hull(mixed.span(unit).unwrap()));
            let hull = mixed.hull(span(start, end), spacing);
            assert_eq!(hull, Some(one_by_one), "{start} to {end} by {spacing}");
        }
    }

    #[test]
    fn too_much_is_not_known() {
        assert_eq!(Spans::periodic(vec![span(0, 0); MAX_PERIOD + 1], 1), None);
        let far = Spans::window(span(0, 0), i64::MAX / 2);
        assert_eq!(far.composed(&far, 1, &mut SpanQuota::new(10)), None);
        let doubled = Spans::periodic(vec![span(0, 0); 2], 1).unwrap();
        assert_eq!(doubled.composed(&Spans::SAME, 1, &mut SpanQuota::new(1)), None);
    }
}
