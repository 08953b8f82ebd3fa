//! The ends of receptive fields that the analysis has, and which runs tell of each.

use super::sights::{Sight, Sights, State, state};
use crate::analysis::{AxisField, AxisWindow, ReceptiveField, ReceptiveFields};
use crate::execute::verify::axes::axes;
use crate::execute::verify::count;
use crate::network::{Network, Shape, Tensor};
use crate::ops::{Op, Span};

/// A side of a field, and of an axis of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Before a position.
    Before,
    /// From a position on.
    From,
}

/// What of the input is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Perturbation {
    /// 0 for rows, 1 for columns.
    pub(super) axis: usize,
    pub(super) side: Side,
    pub(super) at: u64,
}

/// Whose end it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The field's.
    Own,
    /// Of what a border in between leaves of the field.
    Cut,
    /// Of what is seen through mirrored or repeated rows or columns, which count as padding in the field.
    Mirrored,
}

/// An end of the field of a unit, or of that of all units.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) tensor: Tensor,
    pub(super) axis: usize,
    pub(super) side: Side,
    /// Where the unit is; `None` for all units.
    pub(super) unit: Option<(usize, u64)>,
    /// The position of the pixel at the end; beyond the input for a unit that depends on nothing.
    pub(super) pixel: u64,
    pub(super) kind: Kind,
    /// Whether the unit may see less.
    may_be_less: bool,
    /// Whether the pixel at the end changes the unit.
    pub(super) reaches: Option<bool>,
    /// Whether a pixel beyond does.
    pub(super) exceeds: Option<bool>,
}

/// All ends that are looked at, layer by layer: of those whose values are finite.
pub(super) fn ends(
    network: &Network,
    fields: &ReceptiveFields,
    map: [u64; 2],
    is_finite: &[bool],
) -> Vec<End> {
    let axes = axes(network);
    let mut ends = Vec::new();
    let mut claims: Vec<[Claim; 2]> = Vec::with_capacity(network.len());
    let mut states: Vec<State> = Vec::with_capacity(network.len());
    for (tensor, node) in network.nodes() {
        let Some(field) = fields.nodes.get(tensor) else { continue };
        let own = [0, 1].map(|axis| Claim::of(network, tensor, (field, axis), &claims));
        let state = state(network, tensor, &axes, &states);
        if !matches!(node.op, Op::Input(_)) && is_finite[tensor.index()] {
            for (axis, claim) in own.iter().enumerate() {
                let at = axes[tensor.index()][axis];
                let of = Of { tensor, axis, at, size: map[axis], claim, state: &state };
                of.ends(field, &node.shape, &mut ends);
            }
        }
        claims.push(own);
        states.push(state);
        for &operand in network.operands(tensor) {
            let last = network.consumers(operand).last();
            if last.is_none_or(|consumer| consumer.tensor == tensor) {
                states[operand.index()] = State::Unknown;
            }
        }
    }
    ends
}

/// What the analysis says that the units of a node see along an axis.
#[derive(Debug, Clone, Copy)]
struct Claim {
    /// All of them together at most.
    most: Span,
    /// Each of them where the field is global: what the maps see that were looked over whole. Beside such a map another may stand that was not.
    every: Span,
    is_global: bool,
    /// Whether that is known.
    is_known: bool,
}

impl Claim {
    const NOTHING: Self =
        Self { most: Span::EMPTY, every: Span::EMPTY, is_global: false, is_known: true };

    fn of(
        network: &Network,
        tensor: Tensor,
        (field, axis): (&ReceptiveField, usize),
        below: &[[Self; 2]],
    ) -> Self {
        let operands = network.operands(tensor).iter();
        let operands = operands.filter_map(|operand| Some(below.get(operand.index())?[axis]));
        let joined = operands.clone().fold(Self::NOTHING, |joined, other| Self {
            most: joined.most.hull(other.most),
            every: joined.every.hull(other.every),
            is_global: joined.is_global || other.is_global,
            is_known: joined.is_known && other.is_known,
        });
        // What becomes global here looks over all that its operands see.
        let every = if joined.is_global { joined.every } else { joined.most };
        let global = Self { every, is_global: true, ..joined };
        match field {
            ReceptiveField::Window(axes) => match &axes[axis] {
                AxisField::Window(window) => {
                    let most = window.hull();
                    let is_known = most.is_some();
                    Self { most: most.unwrap_or(Span::EMPTY), is_known, ..Self::NOTHING }
                }
                AxisField::Global => global,
            },
            ReceptiveField::Unknown => Self { is_known: false, ..joined },
            ReceptiveField::Global => global,
            ReceptiveField::Independent => joined,
        }
    }

    /// What all units of a node whose field is global see together, between what each must see and what they may, if they really see `seen`.
    fn of_all(&self, seen: Span) -> Span {
        Span {
            start: seen.start.min(self.every.start).max(self.most.start),
            end: seen.end.max(self.every.end).min(self.most.end),
        }
    }
}

/// The field of a node along an axis.
struct Of<'a> {
    tensor: Tensor,
    axis: usize,
    /// The tensor's axis along which it lies.
    at: Option<usize>,
    /// The input's size along it.
    size: u64,
    claim: &'a Claim,
    state: &'a State,
}

impl Of<'_> {
    /// Adds the ends of the fields of some units.
    fn ends(&self, field: &ReceptiveField, shape: &Shape, ends: &mut Vec<End>) {
        match (field, self.state) {
            (ReceptiveField::Window(axes), State::Seen(sights)) => match &axes[self.axis] {
                AxisField::Window(window) => self.of_window(window, sights, shape, ends),
                AxisField::Global => self.of_all(sights, ends),
            },
            (ReceptiveField::Global, State::Seen(sights)) => self.of_all(sights, ends),
            (ReceptiveField::Independent, _) => {
                self.of_unit(None, Span::EMPTY, Sight::NOTHING, ends);
            }
            _ => {}
        }
    }

    fn of_window(&self, window: &AxisWindow, sights: &Sights, shape: &Shape, ends: &mut Vec<End>) {
        let Some(at) = self.at.filter(|&at| shape.sizes().get(at) == Some(&window.units)) else {
            return;
        };
        let last = window.units.saturating_sub(1);
        let mut units = [0, last / 2, (last / 2 + 1).min(last), last].to_vec();
        units.dedup();
        for unit in units {
            if let (Some(span), Some(sight)) = (window.span(unit), sights.unit(self.axis, unit)) {
                self.of_unit(Some((at, unit)), span, sight, ends);
            }
        }
    }

    fn of_all(&self, sights: &Sights, ends: &mut Vec<End>) {
        if self.claim.is_known {
            let sight = sights.all(self.axis);
            self.of_unit(None, self.claim.of_all(sight.spans[self.axis]), sight, ends);
        }
    }

    fn of_unit(
        &self,
        unit: Option<(usize, u64)>,
        claimed: Span,
        sight: Sight,
        ends: &mut Vec<End>,
    ) {
        let may_be_less = sight.marks.is_parted();
        let end = |side, pixel: i64, kind| End {
            tensor: self.tensor,
            axis: self.axis,
            side,
            unit,
            pixel: u64::try_from(pixel).unwrap_or(0),
            kind,
            may_be_less,
            reaches: None,
            exceeds: None,
        };
        let last = i64::try_from(self.size).unwrap_or(i64::MAX).saturating_sub(1);
        let claimed = match claimed.inside(self.size) {
            0 => Span::EMPTY,
            _ => Span { start: claimed.start.max(0), end: claimed.end.min(last) },
        };
        let [start, stop] = [Side::Before, Side::From].map(|side| self.kind(claimed, sight, side));
        let seen = sight.spans[self.axis];
        let of = |kind| if kind == Kind::Own { claimed } else { seen };
        let empty = [start, stop].into_iter().find(|&kind| of(kind).is_empty());
        if let Some(kind) = empty {
            // No pixel at all changes it.
            return ends.push(end(Side::Before, last.saturating_add(1), kind));
        }
        ends.push(end(Side::Before, of(start).start, start));
        ends.push(end(Side::From, of(stop).end, stop));
    }

    /// Whose end a run must show at a side, where the analysis claims a span and a unit really sees another.
    fn kind(&self, claimed: Span, sight: Sight, side: Side) -> Kind {
        let seen = sight.spans[self.axis];
        if seen == claimed {
            return Kind::Own;
        }
        if sight.marks.is_mirrored() {
            return Kind::Mirrored;
        }
        let is_less = match side {
            Side::Before => seen.start > claimed.start,
            Side::From => seen.end < claimed.end,
        };
        if is_less && sight.marks.is_clipped(self.axis, side) { Kind::Cut } else { Kind::Own }
    }
}

impl End {
    /// The run that shows whether a field goes `by` pixels further inwards than its end, exclusively.
    pub(super) fn perturbed(&self, by: u64) -> Option<Perturbation> {
        let at = match self.side {
            Side::Before => self.pixel.checked_add(by)?,
            Side::From => self.pixel.checked_add(1)?.checked_sub(by)?,
        };
        Some(Perturbation { axis: self.axis, side: self.side, at })
    }

    /// The runs that tell of it: whether pixels beyond change the unit, unless there are none, and whether the pixel itself does.
    pub(super) fn needed(&self, map: [u64; 2]) -> impl Iterator<Item = Perturbation> {
        let size = map[self.axis];
        let has_beyond = match self.side {
            Side::Before => self.pixel > 0,
            Side::From => self.pixel + 1 < size,
        };
        let beyond = self.perturbed(0).filter(|_| has_beyond);
        let own = self.perturbed(1).filter(|_| self.pixel < size);
        beyond.into_iter().chain(own)
    }

    /// Whether all that is needed is known.
    pub(super) fn is_checked(&self, map: [u64; 2]) -> bool {
        let known = u64::from(self.reaches.is_some()) + u64::from(self.exceeds.is_some());
        count(self.needed(map).count()) == known
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.exceeds == Some(true) || self.reaches == Some(false) && !self.may_be_less
    }

    pub(super) fn told(&self, pixel: Option<u64>) -> String {
        let axis = ["rows", "columns"].get(self.axis).copied().unwrap_or_default();
        let unit = match self.unit {
            Some((_, unit)) => format!("{axis}, unit {unit}"),
            None => format!("{axis}, all units"),
        };
        match (self.side, pixel) {
            (_, None) => format!("{unit}: none"),
            (Side::Before, Some(pixel)) => format!("{unit}: from {pixel}"),
            (Side::From, Some(pixel)) => format!("{unit}: to {pixel}"),
        }
    }
}
