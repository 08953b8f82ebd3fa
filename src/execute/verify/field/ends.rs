//! The ends of receptive fields that the analysis has, and which runs tell of each.

use crate::analysis::{AxisField, AxisWindow, ReceptiveField, ReceptiveFields};
use crate::execute::verify::axes::axes;
use crate::execute::verify::count;
use crate::network::{Network, Shape, Tensor};
use crate::ops::{AxisReach, Op, Reach, Span};

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
    /// Whether the field may end earlier.
    may_be_cut: bool,
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
    let mut seen: Vec<[Seen; 2]> = Vec::with_capacity(network.len());
    for (tensor, node) in network.nodes() {
        let Some(field) = fields.nodes.get(tensor) else { continue };
        let at = axes[tensor.index()];
        let own = [0, 1].map(|axis| {
            let seen = Seen::of(network, tensor, (field, axis), &seen);
            let sees_padding = at[axis].is_some_and(|at| sees_padding_alone(network, tensor, at));
            Seen { sees_padding: seen.sees_padding || sees_padding, ..seen }
        });
        seen.push(own);
        if matches!(node.op, Op::Input(_)) || !is_finite[tensor.index()] {
            continue;
        }
        for (axis, seen) in own.iter().enumerate() {
            let of = Of { tensor, axis, size: map[axis], seen };
            of.ends(field, at[axis], &node.shape, &mut ends);
        }
    }
    ends
}

/// What the units of a node see together.
#[derive(Debug, Clone, Copy)]
struct Seen {
    span: Span,
    /// Whether that is known.
    is_known: bool,
    /// Whether a layer leaves out pixels before, and after, what it takes.
    leaves_out: [bool; 2],
    /// Whether a layer has units that see nothing but padding: these depend on nothing, whatever their fields.
    sees_padding: bool,
}

impl Seen {
    const NOTHING: Self =
        Self { span: Span::EMPTY, is_known: true, leaves_out: [false; 2], sees_padding: false };

    /// What all units of a node together see along an axis.
    fn of(
        network: &Network,
        tensor: Tensor,
        (field, axis): (&ReceptiveField, usize),
        below: &[[Self; 2]],
    ) -> Self {
        let operands = network.operands(tensor).iter();
        let operands = operands.filter_map(|operand| Some(below.get(operand.index())?[axis]));
        let joined = operands.fold(Self::NOTHING, Self::joined);
        match field {
            ReceptiveField::Window(axes) => match &axes[axis] {
                AxisField::Window(window) => {
                    let span = window.hull();
                    Self {
                        span: span.unwrap_or(Span::EMPTY),
                        is_known: span.is_some(),
                        leaves_out: [
                            joined.leaves_out[0] || window.padding[0] < 0,
                            joined.leaves_out[1] || window.padding[1] < 0,
                        ],
                        sees_padding: joined.sees_padding,
                    }
                }
                AxisField::Global => joined,
            },
            ReceptiveField::Unknown => Self { is_known: false, ..joined },
            ReceptiveField::Global | ReceptiveField::Independent => joined,
        }
    }

    fn joined(self, other: Self) -> Self {
        let [own, others] = [self.leaves_out, other.leaves_out];
        Self {
            span: self.span.hull(other.span),
            is_known: self.is_known && other.is_known,
            leaves_out: [own[0] || others[0], own[1] || others[1]],
            sees_padding: self.sees_padding || other.sees_padding,
        }
    }
}

/// Whether the first or the last unit of a layer along an axis takes positions beyond its operand alone.
fn sees_padding_alone(network: &Network, tensor: Tensor, at: usize) -> bool {
    let Some(node) = network.node(tensor) else { return false };
    let shapes = network.operand_shapes(tensor);
    let size =
        |shape: &Shape| shape.sizes().get(at).copied().and_then(|size| i64::try_from(size).ok());
    let alone = |(slot, operand): (usize, &Shape)| {
        let reach = node.op.operator().reach(shapes, slot, &node.shape).ok()?;
        let Reach::Axes(axes) = reach else { return None };
        let AxisReach::Spans { spans, spacing, .. } = axes.get(at)? else { return None };
        let (units, positions) = (size(&node.shape)?, size(operand)?);
        let is_alone = |unit: i64| {
            let span = spans.span(unit)?;
            // The first position that is not before the operand.
            let before = span.start.min(0).checked_neg()?;
            let first = span.start.checked_add(
                num_integer::Integer::div_ceil(&before, spacing).checked_mul(*spacing)?,
            )?;
            Some(!span.is_empty() && first > span.end.min(positions.checked_sub(1)?))
        };
        Some(is_alone(0)? || is_alone(units.checked_sub(1)?)?)
    };
    shapes.iter().enumerate().any(|one| alone(one) == Some(true))
}

/// The field of a node along an axis.
struct Of<'a> {
    tensor: Tensor,
    axis: usize,
    /// The input's size along it.
    size: u64,
    seen: &'a Seen,
}

impl Of<'_> {
    /// Adds the ends of the fields of some units.
    fn ends(&self, field: &ReceptiveField, at: Option<usize>, shape: &Shape, ends: &mut Vec<End>) {
        match field {
            ReceptiveField::Window(axes) => match &axes[self.axis] {
                AxisField::Window(window) => self.of_window(window, at, shape, ends),
                AxisField::Global => self.of_all(ends),
            },
            ReceptiveField::Global => self.of_all(ends),
            ReceptiveField::Independent => self.of_unit(None, Span::EMPTY, ends),
            ReceptiveField::Unknown => {}
        }
    }

    fn of_window(
        &self,
        window: &AxisWindow,
        at: Option<usize>,
        shape: &Shape,
        ends: &mut Vec<End>,
    ) {
        let Some(at) = at.filter(|&at| shape.sizes().get(at) == Some(&window.units)) else {
            return;
        };
        let last = window.units.saturating_sub(1);
        let mut units = [0, last / 2, (last / 2 + 1).min(last), last].to_vec();
        units.dedup();
        for unit in units {
            if let Some(span) = window.span(unit) {
                self.of_unit(Some((at, unit)), span, ends);
            }
        }
    }

    fn of_all(&self, ends: &mut Vec<End>) {
        if self.seen.is_known {
            self.of_unit(None, self.seen.span, ends);
        }
    }

    fn of_unit(&self, unit: Option<(usize, u64)>, span: Span, ends: &mut Vec<End>) {
        let end = |side, pixel, may_be_cut| End {
            tensor: self.tensor,
            axis: self.axis,
            side,
            unit,
            pixel,
            may_be_cut,
            reaches: None,
            exceeds: None,
        };
        if span.inside(self.size) == 0 {
            // No pixel at all changes it.
            return ends.push(end(Side::Before, self.size, true));
        }
        let last = self.size.saturating_sub(1);
        let [leaves_before, leaves_after] = self.seen.leaves_out;
        let start = u64::try_from(span.start);
        let stop = u64::try_from(span.end).unwrap_or(0);
        let is_cut = start.is_err() || leaves_before || self.seen.sees_padding;
        ends.push(end(Side::Before, start.unwrap_or(0), is_cut));
        let is_cut = stop > last || leaves_after || self.seen.sees_padding;
        ends.push(end(Side::From, stop.min(last), is_cut));
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
        self.exceeds == Some(true) || self.reaches == Some(false) && !self.may_be_cut
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
