//! Where branches meet.

use super::dependence::{Along, Dependence};
use super::region::Region;
use crate::network::Shape;
use crate::ops::SpanQuota;

/// What units depend on through all operands along an axis of the image.
pub(super) struct Joined {
    pub(super) axis: Dependence,
    /// How far the centers of every operand's fields lie from the first's, in pixels, where they do not agree; `None` for one
    /// whose fields move at another pace.
    pub(super) offsets: Option<Vec<Option<f64>>>,
}

/// Joins the axes of operands, of which there is one or more; `apart` is whether they stand one after another in the output.
pub(super) fn join<'a>(
    axes: &(impl Iterator<Item = &'a Dependence> + Clone),
    output: &Shape,
    apart: bool,
    quota: &mut SpanQuota,
) -> Joined {
    let along = axes.clone().filter_map(|axis| match axis {
        Dependence::Along(along) => Some(along),
        _ => None,
    });
    let offsets = offsets(axes, quota);
    let regions = axes.clone().filter_map(|axis| match axis {
        Dependence::Global(None) => Some(Region::whole(output)),
        Dependence::Global(Some(region)) => Some((**region).clone()),
        _ => None,
    });
    let axis = if let Some(region) = Region::joined(regions, output, apart) {
        Dependence::global(Some(region), output)
    } else if axes.clone().any(|axis| matches!(axis, Dependence::Lost)) {
        Dependence::Lost
    } else {
        hull(along, quota)
    };
    Joined { axis, offsets }
}

fn hull<'a>(mut along: impl Iterator<Item = &'a Along>, quota: &mut SpanQuota) -> Dependence {
    let Some(first) = along.next() else { return Dependence::Lost };
    let mut hull = first.clone();
    for other in along {
        if hull.at != other.at && hull.at.is_some() && other.at.is_some() {
            return Dependence::Lost;
        }
        let is_alike = hull.at == other.at && hull.is_mixed == other.is_mixed;
        let window = match (&hull.window, &other.window) {
            (Some(own), Some(other)) if is_alike && (!hull.is_mixed || own == other) => {
                own.merged(other, quota)
            }
            _ => None,
        };
        let is_mixed = hull.is_mixed || other.is_mixed;
        hull = Along { at: hull.at.or(other.at), is_mixed, window };
    }
    Dependence::Along(hull)
}

/// The offsets of all operands to the first that has windows, where they do not agree.
fn offsets<'a>(
    axes: &(impl Iterator<Item = &'a Dependence> + Clone),
    quota: &mut SpanQuota,
) -> Option<Vec<Option<f64>>> {
    let window = |axis: &'a Dependence| match axis {
        Dependence::Along(Along { at, is_mixed: false, window: Some(window) }) => {
            Some((*at, window))
        }
        _ => None,
    };
    let (at, reference) = axes.clone().find_map(window)?;
    let mut agrees = |axis| match window(axis) {
        Some((other, window)) if other == at && window != reference => {
            reference.offset(window, quota)
        }
        _ => Some(0.0),
    };
    let is_aligned = |offset: Option<f64>| offset == Some(0.0);
    if axes.clone().all(|axis| is_aligned(agrees(axis))) {
        return None;
    }
    Some(axes.clone().map(agrees).collect())
}
