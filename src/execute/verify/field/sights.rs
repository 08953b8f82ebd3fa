//! Which pixels of the first input units really see, now that every map in between has borders.
//!
//! Fields are told as if maps went on beyond their borders; there a run sees padding. Here positions are followed one by one through what
//! every operator says it takes, without those beyond borders; what was left out is marked.

use std::ops::BitOr;

use num_integer::Integer;

use super::ends::Side;
use crate::execute::verify::axes::moved;
use crate::network::{Network, Shape, Tensor};
use crate::ops::{AxisReach, Op, PadMode, Reach, Span};

/// What units see together of the rows and the columns of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    /// From the first to the last of the rows and of the columns.
    pub(super) spans: [Span; 2],
    pub(super) marks: Marks,
}

/// What was met on the way, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(u8);

/// What the units of a tensor see, by their positions along the axes of rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sights {
    sizes: [usize; 2],
    cells: Vec<Sight>,
    /// Whether units at the same position may see different pixels, by their channel.
    is_mixed: bool,
}

/// What is known of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It does not depend on the first input.
    Independent,
    /// Which pixels its units see is not known.
    Unknown,
    /// What they see.
    Seen(Sights),
}

impl Marks {
    const NONE: Self = Self(0);
    /// Rows and columns that mirror or repeat others were taken.
    const MIRRORED: Self = Self(1 << 4);
    /// Some channels were taken, while they differ in what they see.
    const PARTED: Self = Self(1 << 5);

    /// Something may be missing at a side.
    fn clipped(axis: usize, side: Side) -> Self {
        Self(match (axis, side) {
            (0, Side::Before) => 1,
            (0, Side::From) => 1 << 1,
            (_, Side::Before) => 1 << 2,
            (_, Side::From) => 1 << 3,
        })
    }

    /// Something may be missing at both sides of an axis.
    fn lost(axis: usize) -> Self {
        Self::clipped(axis, Side::Before) | Self::clipped(axis, Side::From)
    }

    /// Nothing is seen because of the other axis: what would be seen along this one is missing.
    fn void(axis: usize) -> Self {
        Self(if axis == 0 { 1 << 6 } else { 1 << 7 })
    }

    fn without(self, mark: Self) -> Self {
        Self(self.0 & !mark.0)
    }

    fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    /// Whether something that the field has may be missing at a side.
    pub(super) fn is_clipped(self, axis: usize, side: Side) -> bool {
        self.has(Self::clipped(axis, side) | Self::void(axis))
    }

    /// Whether mirrored or repeated rows or columns were taken.
    pub(super) fn is_mirrored(self) -> bool {
        self.has(Self::MIRRORED)
    }

    /// Whether some channels were left out, so that less may be seen than is told here.
    pub(super) fn is_parted(self) -> bool {
        self.has(Self::PARTED)
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Sight {
    pub(super) const NOTHING: Self = Self { spans: [Span::EMPTY; 2], marks: Marks::NONE };

    fn joined(self, other: Self) -> Self {
        let [rows, columns] = self.spans;
        let spans = [rows.hull(other.spans[0]), columns.hull(other.spans[1])];
        Self { spans, marks: self.marks | other.marks }
    }

    /// What units at several positions along an axis see together. What is missing along the other axis because of one position is there
    /// if it is at another.
    fn together(axis: usize, cells: impl Iterator<Item = Self>) -> Self {
        let void = Marks::void(1 - axis);
        let (mut all, mut are_void) = (Self::NOTHING, true);
        for cell in cells {
            are_void &= cell.marks.has(void);
            all = all.joined(cell);
        }
        let marks = if are_void { all.marks } else { all.marks.without(void) };
        Self { marks, ..all }
    }
}

/// The positions of an operand that one along an axis takes.
#[derive(Debug, Clone, Copy)]
struct Taps {
    /// The first, the last, and how far they lie apart.
    positions: Option<[usize; 3]>,
    marks: Marks,
}

impl Taps {
    const NONE: Self = Self { positions: None, marks: Marks::NONE };

    fn of(first: usize, last: usize) -> Self {
        Self { positions: Some([first, last, 1]), marks: Marks::NONE }
    }

    /// Those of a span that lie on the operand; `None` where a position exceeds what can be counted.
    fn within(span: Span, spacing: i64, size: usize, axis: usize) -> Option<Self> {
        if span.is_empty() {
            return Some(Self { positions: None, marks: Marks::void(1 - axis) });
        }
        let last = i64::try_from(size).ok()?.checked_sub(1)?;
        let before = span.start.min(0).checked_neg()?;
        let first = span.start.checked_add(Integer::div_ceil(&before, &spacing) * spacing)?;
        let end = span.end.min(last);
        if first > end {
            let marks = Marks::lost(axis) | Marks::void(1 - axis);
            return Some(Self { positions: None, marks });
        }
        let mut marks = Marks::NONE;
        if span.start < 0 {
            marks = marks | Marks::clipped(axis, Side::Before);
        }
        if span.end > last {
            marks = marks | Marks::clipped(axis, Side::From);
        }
        let positions = [first, end, spacing].map(usize::try_from);
        let [Ok(first), Ok(end), Ok(spacing)] = positions else { return None };
        Some(Self { positions: Some([first, end, spacing]), marks })
    }
}

impl Sights {
    /// Every pixel sees itself.
    fn pixels(sizes: [usize; 2]) -> Self {
        let at = |place: usize| {
            let position = i64::try_from(place).unwrap_or(i64::MAX);
            Span { start: position, end: position }
        };
        let rows = (0..sizes[0]).flat_map(|row| (0..sizes[1]).map(move |column| [row, column]));
        let cells = rows.map(|place| Sight { spans: place.map(at), marks: Marks::NONE });
        Self { sizes, cells: cells.collect(), is_mixed: false }
    }

    /// What all units see together, along rows or columns.
    pub(super) fn all(&self, axis: usize) -> Sight {
        let units = (0..self.sizes[axis]).map(|unit| self.across(axis, unit));
        Sight::together(axis, units)
    }

    fn across(&self, axis: usize, unit: usize) -> Sight {
        let others = 0..self.sizes[1 - axis];
        let cells = others.map(|other| self.cells[place(self.sizes, axis, [unit, other])]);
        Sight::together(1 - axis, cells)
    }

    /// What the units at a position along rows or columns see together; `None` where there is no such position.
    pub(super) fn unit(&self, axis: usize, unit: u64) -> Option<Sight> {
        let unit = usize::try_from(unit).ok().filter(|&unit| unit < self.sizes[axis])?;
        Some(self.across(axis, unit))
    }

    /// What `units` positions along an axis see that take some of these.
    fn along(
        &self,
        axis: usize,
        units: usize,
        taps: impl Fn(usize) -> Option<Taps>,
    ) -> Option<Self> {
        let mut sizes = self.sizes;
        sizes[axis] = units;
        let mut cells = vec![Sight::NOTHING; sizes[0] * sizes[1]];
        for unit in 0..units {
            let Taps { positions, marks } = taps(unit)?;
            for other in 0..sizes[1 - axis] {
                let mut cell = Sight::NOTHING;
                if let Some([first, last, step]) = positions {
                    let taken = (first..=last).step_by(step.max(1));
                    let taken = taken.map(|at| self.cells[place(self.sizes, axis, [at, other])]);
                    cell = Sight::together(axis, taken);
                }
                cell.marks = cell.marks | marks;
                if cell.spans[axis].is_empty() && marks.has(Marks::lost(axis)) {
                    // What lies beyond the border may be all that there is to see.
                    cell.marks = cell.marks | Marks::lost(axis) | Marks::void(1 - axis);
                }
                cells[place(sizes, axis, [unit, other])] = cell;
            }
        }
        Some(Self { sizes, cells, is_mixed: self.is_mixed })
    }

    /// What `units` positions along an axis see that take all of these.
    fn everywhere(&self, axis: usize, units: usize) -> Self {
        let mut sizes = self.sizes;
        sizes[axis] = units;
        let mut cells = vec![Sight::NOTHING; sizes[0] * sizes[1]];
        for other in 0..sizes[1 - axis] {
            let all =
                (0..self.sizes[axis]).map(|at| self.cells[place(self.sizes, axis, [at, other])]);
            let all = Sight::together(axis, all);
            for unit in 0..units {
                cells[place(sizes, axis, [unit, other])] = all;
            }
        }
        Self { sizes, cells, is_mixed: self.is_mixed }
    }

    fn joined(mut self, other: &Self, side_by_side: bool) -> Option<Self> {
        if self.sizes != other.sizes {
            return None;
        }
        self.is_mixed |= other.is_mixed || side_by_side && self.cells != other.cells;
        for (cell, other) in self.cells.iter_mut().zip(&other.cells) {
            *cell = cell.joined(*other);
        }
        Some(self)
    }
}

/// Where the cell at a position along an axis, and another along the other, stands.
fn place(sizes: [usize; 2], axis: usize, [along, other]: [usize; 2]) -> usize {
    if axis == 0 { along * sizes[1] + other } else { other * sizes[1] + along }
}

/// What the units of a node see; `axes` says of every node where rows and columns lie.
pub(super) fn state(
    network: &Network,
    tensor: Tensor,
    axes: &[[Option<usize>; 2]],
    below: &[State],
) -> State {
    let Some(node) = network.node(tensor) else { return State::Unknown };
    let sizes = axes[tensor.index()].map(|at| at.map_or(Some(1), |at| size(&node.shape, at)));
    let [Some(rows), Some(columns)] = sizes else { return State::Unknown };
    if let Op::Input(_) = node.op {
        return match (network.inputs().first() == Some(&tensor), node.shape.map()) {
            (false, _) => State::Independent,
            (true, None) => State::Unknown,
            (true, Some(_)) => State::Seen(Sights::pixels([rows, columns])),
        };
    }
    let mut seen: Option<Sights> = None;
    let mut before = 0;
    for (slot, operand) in network.operands(tensor).iter().enumerate() {
        let taken = Taken { network, tensor, slot, axes, before };
        let stacked = taken.reach().and_then(|reach| reach.stacked_axis());
        before += stacked.and_then(|axis| taken.size_along(axis)).unwrap_or(0);
        let own = match &below[operand.index()] {
            State::Independent => continue,
            State::Unknown => return State::Unknown,
            State::Seen(own) => taken.from(own, [rows, columns]),
        };
        let Some(own) = own else { return State::Unknown };
        let beside = stacked.is_some_and(|axis| !axes[tensor.index()].contains(&Some(axis)));
        seen = match seen {
            None => Some(own),
            Some(seen) => match seen.joined(&own, beside) {
                Some(seen) => Some(seen),
                None => return State::Unknown,
            },
        };
    }
    seen.map_or(State::Independent, State::Seen)
}

/// A size as an index.
fn size(shape: &Shape, at: usize) -> Option<usize> {
    usize::try_from(*shape.sizes().get(at)?).ok()
}

/// What a node takes in a slot.
struct Taken<'a> {
    network: &'a Network,
    tensor: Tensor,
    slot: usize,
    axes: &'a [[Option<usize>; 2]],
    /// How many positions operands before take where they stand one after another.
    before: usize,
}

impl Taken<'_> {
    fn shape(&self) -> Option<&Shape> {
        self.network.operand_shapes(self.tensor).get(self.slot)
    }

    fn size_along(&self, axis: usize) -> Option<usize> {
        size(self.shape()?, axis)
    }

    fn reach(&self) -> Option<Reach> {
        let node = self.network.node(self.tensor)?;
        let shapes = self.network.operand_shapes(self.tensor);
        node.op.operator().reach(shapes, self.slot, &node.shape).ok()
    }

    /// What the node's units see of it; `None` where that is not known.
    fn from(&self, sights: &Sights, sizes: [usize; 2]) -> Option<Sights> {
        let node = self.network.node(self.tensor)?;
        let (shape, reach) = (self.shape()?, self.reach()?);
        let operand = self.network.operands(self.tensor).get(self.slot)?;
        let own = self.axes[operand.index()];
        let mut seen = sights.clone();
        for axis in [0, 1] {
            let units = sizes[axis];
            let last = seen.sizes[axis].checked_sub(1)?;
            let Some(at) = own[axis] else {
                seen = seen.everywhere(axis, units);
                continue;
            };
            let of_axis = match &reach {
                Reach::Axes(axes) => axes.get(at)?,
                Reach::Same | Reach::Permuted(_) | Reach::Regrouped => &AxisReach::Same,
            };
            let kept = moved(at, &reach, shape, &node.shape);
            if kept.is_none() || kept != self.axes[self.tensor.index()][axis] {
                seen = seen.everywhere(axis, units);
                seen.is_mixed |= *of_axis != AxisReach::Every;
                continue;
            }
            seen = match of_axis {
                AxisReach::Same if units == last + 1 => seen,
                AxisReach::Every | AxisReach::Only => seen.everywhere(axis, units),
                AxisReach::Stacked => {
                    let place = |unit: usize| unit.checked_sub(self.before);
                    let taps = |unit| place(unit).filter(|&place| place <= last);
                    seen.along(axis, units, |unit| {
                        Some(taps(unit).map_or(Taps::NONE, |place| Taps::of(place, place)))
                    })?
                }
                AxisReach::Spans { spans, spacing, .. } => match mirrored(&node.op, at) {
                    Some((mode, before)) => {
                        seen.along(axis, units, |unit| reflected(mode, unit, before, last + 1))?
                    }
                    None => seen.along(axis, units, |unit| {
                        let span = spans.span(i64::try_from(unit).ok()?)?;
                        Taps::within(span, *spacing, last + 1, axis)
                    })?,
                },
                AxisReach::Same | AxisReach::Unknown => return None,
            };
        }
        seen.part(&reach, own, [shape, &node.shape]);
        Some(seen)
    }
}

impl Sights {
    /// Notes where only some of the channels are taken, and where all are.
    fn part(&mut self, reach: &Reach, own: [Option<usize>; 2], [operand, output]: [&Shape; 2]) {
        let Reach::Axes(axes) = reach else { return };
        if !self.is_mixed {
            return;
        }
        let others = axes.iter().enumerate().skip(1).filter(|(at, _)| !own.contains(&Some(*at)));
        let mut are_all_taken = true;
        for (at, reach) in others {
            let (Some(size), Some(units)) = (size(operand, at), size(output, at)) else { continue };
            are_all_taken &= size == 1 || *reach == AxisReach::Every;
            if !leaves_none_out(reach, size, units) {
                for cell in &mut self.cells {
                    cell.marks = cell.marks | Marks::PARTED;
                }
            }
        }
        self.is_mixed = !are_all_taken;
    }
}

/// Whether all units together take every position of an axis.
fn leaves_none_out(reach: &AxisReach, size: usize, units: usize) -> bool {
    let AxisReach::Spans { spans, spacing, .. } = reach else { return true };
    let ends = || {
        let last = spans.span(i64::try_from(units).ok()?.checked_sub(1)?)?;
        Some((spans.span(0)?, last, i64::try_from(size).ok()?.checked_sub(1)?))
    };
    let Some((first, last, end)) = ends() else { return false };
    let without_gap = spans.period() == 1 && *spacing == 1;
    let overlaps = first.len().and_then(|length| i64::try_from(length).ok());
    let overlaps = overlaps.is_some_and(|length| spans.advance() <= length);
    without_gap && overlaps && first.start <= 0 && last.end >= end
}

/// How an operator mirrors or repeats along an axis, and how many positions it puts before the first.
fn mirrored(op: &Op, at: usize) -> Option<(PadMode, usize)> {
    let Op::Pad(pad) = op else { return None };
    let before = usize::try_from(*pad.sides.get(at.checked_sub(2)?)?).ok()?;
    (!matches!(pad.mode, PadMode::Constant(_))).then_some((pad.mode, before))
}

fn reflected(mode: PadMode, unit: usize, before: usize, size: usize) -> Option<Taps> {
    let at = mode.source(unit, before, size).ok()?;
    let is_inside = unit >= before && unit - before < size;
    let marks = if is_inside { Marks::NONE } else { Marks::MIRRORED };
    Some(Taps { marks, ..Taps::of(at, at) })
}
