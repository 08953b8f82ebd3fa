//! How an axis of the image passes through operators.

use super::region::Region;
use super::window::AxisWindow;
use crate::network::Shape;
use crate::ops::{AxisReach, Reach, SpanQuota};

/// What the units of a tensor depend on along one axis of the image.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Dependence {
    /// Every unit on a part that is known.
    Along(Along),
    /// Units on every position of a map below: those of a region, or all of them.
    Global(Option<Box<Region>>),
    /// On what is not known.
    Lost,
}

/// An axis of the image in a tensor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Along {
    /// The tensor's axis along which the units' fields move; `None` where there is a single position.
    pub(super) at: Option<usize>,
    /// Whether that axis holds other things too, so that the position alone does not tell the field.
    pub(super) is_mixed: bool,
    /// The fields; `None` where they are not known but lie along the axis.
    pub(super) window: Option<AxisWindow>,
}

impl Dependence {
    /// Global within a region of a tensor; not known where there is none.
    pub(super) fn global(region: Option<Region>, shape: &Shape) -> Self {
        let Some(region) = region else { return Self::Lost };
        Self::Global(Some(region).filter(|region| !region.is_whole(shape)).map(Box::new))
    }

    /// What a unit depends on through an operand of which it reaches some units; `before` is how much stands before it where
    /// operands are stacked.
    pub(super) fn through(
        &self,
        reach: &Reach,
        [operand, output]: [&Shape; 2],
        before: u64,
        quota: &mut SpanQuota,
    ) -> Self {
        match (self, reach) {
            (kept, Reach::Same) => kept.clone(),
            (kept, Reach::Regrouped) if operand == output => kept.clone(),
            (Self::Global(region), Reach::Axes(axes)) => {
                let whole = || Region::whole(operand);
                let region = region.as_ref().map_or_else(whole, |region| (**region).clone());
                Self::global(region.through(axes, output, before), output)
            }
            (Self::Global(None), _) => Self::Global(None),
            (Self::Global(Some(region)), Reach::Permuted(axes)) => {
                Self::global(region.permuted(axes), output)
            }
            (Self::Global(Some(_)), Reach::Regrouped) => all_in_one(output),
            (Self::Along(along), Reach::Axes(axes)) => match along.at {
                Some(at) => along.through(at, axes.get(at), [operand, output], quota),
                None => self.clone(),
            },
            (Self::Along(along), Reach::Permuted(axes)) => {
                let at = along.at.and_then(|at| axes.iter().position(|&axis| axis == at));
                Self::Along(Along { at, ..along.clone() })
            }
            (Self::Along(along), Reach::Regrouped) => match along.at {
                Some(at) => along.regrouped(at, operand, output),
                None => self.clone(),
            },
            (Self::Lost, Reach::Regrouped) => all_in_one(output),
            (Self::Lost, Reach::Axes(axes)) => {
                let mut sizes = operand.sizes().iter().zip(axes).skip(1);
                let is_all = sizes.all(|(&size, reach)| size == 1 || *reach == AxisReach::Every);
                if is_all { Self::Global(None) } else { Self::Lost }
            }
            (Self::Lost, Reach::Permuted(_)) => Self::Lost,
        }
    }
}

/// Where all units lie along one axis of a tensor, they do so whatever they depend on.
fn all_in_one(output: &Shape) -> Dependence {
    let mut large = (0..).zip(output.sizes()).skip(1).filter(|(_, size)| **size > 1);
    match (large.next(), large.next()) {
        (Some((at, _)), None) => {
            Dependence::Along(Along { at: Some(at), is_mixed: true, window: None })
        }
        _ => Dependence::Lost,
    }
}

impl Along {
    fn through(
        &self,
        at: usize,
        reach: Option<&AxisReach>,
        [operand, output]: [&Shape; 2],
        quota: &mut SpanQuota,
    ) -> Dependence {
        let size = |shape: &Shape| shape.sizes().get(at).copied().unwrap_or(1);
        let window = self.window.as_ref();
        let window = match reach {
            Some(AxisReach::Same) | None => return Dependence::Along(self.clone()),
            Some(AxisReach::Every) if size(operand) > 1 => return Dependence::Global(None),
            Some(AxisReach::Every) if size(output) > 1 => {
                // All depend on the one position that there was.
                return Dependence::Along(Self { at: None, is_mixed: false, ..self.clone() });
            }
            Some(AxisReach::Every) => window.cloned(),
            Some(AxisReach::Only) => window.and_then(|window| window.spread(size(output))),
            Some(AxisReach::Spans { spans, .. }) if self.is_mixed => {
                window.filter(|_| AxisWindow::is_kept_by(spans)).cloned()
            }
            Some(reach @ AxisReach::Spans { .. }) => {
                window.and_then(|window| window.through(reach, size(output), quota))
            }
            Some(AxisReach::Stacked) => window.filter(|_| self.is_mixed).cloned(),
            Some(AxisReach::Unknown) => None,
        };
        Dependence::Along(Self { window, ..*self })
    }

    /// The axis in a tensor of the same elements in the same order, but with axes of other sizes.
    fn regrouped(&self, at: usize, operand: &Shape, output: &Shape) -> Dependence {
        if operand.sizes().get(at) == Some(&1) {
            return Dependence::Along(Self { at: None, is_mixed: false, ..self.clone() });
        }
        let Some([from, to]) = group(at, operand, output) else { return all_in_one(output) };
        let large = |shape: &Shape, range: std::ops::Range<usize>| {
            let sizes = shape.sizes().get(range.clone()).unwrap_or_default();
            let mut large = range.zip(sizes).filter(|(_, size)| **size > 1);
            large.next().map(|(axis, _)| (axis, large.next().is_some()))
        };
        match (large(operand, from), large(output, to)) {
            (Some((_, was_joined)), Some((at, false))) => Dependence::Along(Self {
                at: Some(at),
                is_mixed: self.is_mixed || was_joined,
                ..self.clone()
            }),
            _ => all_in_one(output),
        }
    }
}

/// The smallest runs of neighbouring axes of two shapes that hold the same elements, with the axis among the first's.
fn group(at: usize, operand: &Shape, output: &Shape) -> Option<[std::ops::Range<usize>; 2]> {
    let (own, others) = (operand.sizes(), output.sizes());
    let (mut i, mut j) = (0, 0);
    while i <= at {
        let start = [i, j];
        let (mut left, mut right) = (*own.get(i)?, *others.get(j)?);
        (i, j) = (i + 1, j + 1);
        while left != right {
            if left < right {
                left = left.checked_mul(*own.get(i)?)?;
                i += 1;
            } else {
                right = right.checked_mul(*others.get(j)?)?;
                j += 1;
            }
        }
        if at < i {
            return Some([start[0]..i, start[1]..j]);
        }
        // An axis of size 1 stands for nothing and need not have a partner.
        while i < at && own.get(i) == Some(&1) {
            i += 1;
        }
        while j + 1 < others.len() && others.get(j) == Some(&1) {
            j += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where rows of a map lie after a change of sizes: the axis, and whether it holds other things.
    #[test]
    fn rows_in_other_sizes() {
        let shape = |sizes: &[u64]| Shape::new(sizes).unwrap();
        for (from, to, found) in [
            (vec![1, 8, 6, 5], vec![1, 8, 6, 5], Some((2, false))),
            (vec![1, 8, 6, 5], vec![1, 240], Some((1, true))),
            (vec![1, 8, 6, 5], vec![1, 8, 30], Some((2, true))),
            (vec![1, 8, 6, 5], vec![1, 2, 4, 6, 5], Some((3, false))),
            (vec![1, 8, 6, 5], vec![1, 2, 4, 30], Some((3, true))),
            (vec![1, 8, 6, 1], vec![1, 8, 6], Some((2, false))),
            (vec![1, 1, 6, 1], vec![1, 6], Some((1, false))),
            (vec![1, 8, 6, 5], vec![1, 8, 1, 6, 5], Some((3, false))),
            (vec![1, 8, 6, 5], vec![1, 8, 3, 2, 5], None),
            (vec![1, 8, 6, 5], vec![1, 48, 5], Some((1, true))),
            (vec![1, 8, 6, 5], vec![1, 16, 15], None),
            (vec![2, 8, 6, 5], vec![2, 5, 6, 8], None),
        ] {
            let window = Some(AxisWindow::pixels(6));
            let axis = Dependence::Along(Along { at: Some(2), is_mixed: false, window });
            let [from, to] = [from, to].map(|sizes| shape(&sizes));
            let axis = axis.through(&Reach::Regrouped, [&from, &to], 0, &mut SpanQuota::new(9));
            let at = match axis {
                Dependence::Along(along) => along.at.map(|at| (at, along.is_mixed)),
                _ => None,
            };
            assert_eq!(at, found, "{from} to {to}");
        }
    }
}
