//! Values of tensors that are being made.

use rayon::prelude::*;

use super::array::length;
use super::{Array, OpError, Tally};
use crate::network::Shape;

/// A tensor that is being made: nothing shares its values yet.
#[derive(Debug)]
pub(super) struct Draft {
    shape: Shape,
    /// The values, in row-major order.
    pub(super) elements: Vec<f64>,
}

/// So many values one after another.
///
/// # Errors
/// Where there is no memory for them.
pub(super) fn collected<T>(items: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>, OpError> {
    let mut list = Vec::new();
    list.try_reserve_exact(items.len()).map_err(|_| OpError::no_memory(items.len()))?;
    list.extend(items);
    Ok(list)
}

/// Room for the values of a tensor of these sizes.
///
/// # Errors
/// Where it is no tensor, or there is no memory for it.
pub(super) fn room(sizes: &[usize]) -> Result<(Shape, Vec<f64>), OpError> {
    let size = |&size: &usize| u64::try_from(size).unwrap_or(u64::MAX);
    let shape = Shape::new(&sizes.iter().map(size).collect::<Vec<_>>())?;
    let mut elements = Vec::new();
    let count = usize::try_from(shape.elements()).ok();
    count
        .filter(|&count| elements.try_reserve_exact(count).is_ok())
        .ok_or_else(|| OpError::memory(&shape))?;
    Ok((shape, elements))
}

impl Draft {
    /// A tensor of these sizes, filled with 0.
    pub(super) fn of(sizes: &[usize]) -> Result<Self, OpError> {
        Self::filled(sizes, 0.0)
    }

    /// A tensor of these sizes, filled with one value.
    pub(super) fn filled(sizes: &[usize], value: f64) -> Result<Self, OpError> {
        let (shape, mut elements) = room(sizes)?;
        elements.resize(length(shape.elements()), value);
        Ok(Self { shape, elements })
    }

    /// A tensor of the sizes of another, filled with 0.
    pub(super) fn like(other: &Array) -> Result<Self, OpError> {
        Self::of(&other.axes())
    }

    /// A copy of the values of another.
    pub(super) fn copy(other: &Array) -> Result<Self, OpError> {
        let (shape, mut elements) = room(&other.axes())?;
        elements.extend_from_slice(other.elements());
        Ok(Self { shape, elements })
    }

    /// Makes every map, several at a time: `fill` is given sample and channel, and the map's values, which are 0.
    pub(super) fn by_map(
        mut self,
        tally: &mut Tally,
        fill: impl Fn([usize; 2], &mut [f64], &mut Tally) + Sync,
    ) -> Self {
        let sizes = self.shape.sizes();
        let size = |range: &[u64]| range.iter().map(|&size| length(size)).product();
        let (channels, map_length): (usize, usize) =
            (size(sizes.get(1..2).unwrap_or_default()), size(sizes.get(2..).unwrap_or_default()));
        let made = self.elements.par_chunks_mut(map_length).enumerate().map(|(at, map)| {
            let mut own = Tally::default();
            fill([at / channels, at % channels], map, &mut own);
            own
        });
        *tally += made.sum::<Tally>();
        self
    }

    /// The tensor, its values as they are now.
    pub(super) fn done(self) -> Result<Array, OpError> {
        Array::new(self.shape, self.elements)
    }
}
