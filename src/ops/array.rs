//! Values of tensors, as the plain loops of the operators compute with them.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::{OpError, Tally};
use crate::network::Shape;

/// The values of a tensor, in row-major order: the last axis varies fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Shape,
    elements: Vec<f64>,
}

/// A size as an index. What has values in memory has sizes that fit.
pub(super) fn length(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// A count as a number. What has values in memory has counts that a 64-bit float holds exactly.
pub(super) fn number(count: usize) -> f64 {
    count.as_()
}

impl Array {
    /// A tensor filled with one value.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn filled(shape: Shape, value: f64) -> Result<Self, OpError> {
        let mut elements = Vec::new();
        let count = usize::try_from(shape.elements()).ok();
        let count = count.filter(|&count| elements.try_reserve_exact(count).is_ok());
        elements.resize(count.ok_or_else(|| OpError::memory(&shape))?, value);
        Ok(Self { shape, elements })
    }

    /// A tensor of these values.
    ///
    /// # Errors
    /// Where there are more or fewer than the shape has elements.
    pub fn new(shape: Shape, elements: Vec<f64>) -> Result<Self, OpError> {
        if elements.len() == length(shape.elements()) {
            return Ok(Self { shape, elements });
        }
        let count = elements.len();
        Err(OpError::rule(format!("{count} values do not fill {:?}", shape.sizes())))
    }

    /// The tensor's shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// All values.
    #[must_use]
    pub fn elements(&self) -> &[f64] {
        &self.elements
    }

    /// All values, to be changed.
    pub fn elements_mut(&mut self) -> &mut [f64] {
        &mut self.elements
    }

    /// The same values under another shape of as many elements.
    pub(super) fn reshaped(&self, shape: &Shape) -> Result<Self, OpError> {
        Self::new(*shape, self.elements.clone())
    }

    /// The sizes of axes 0 to 3 of a stack of maps, `[n, c, h, w]`; axes that are not there have size 1.
    pub(super) fn sizes(&self) -> [usize; 4] {
        std::array::from_fn(|axis| self.shape.sizes().get(axis).map_or(1, |&size| length(size)))
    }

    /// The values of channel `c` of sample `n`: a map, row by row.
    pub(super) fn map(&self, [n, c]: [usize; 2]) -> &[f64] {
        let [_, channels, _, _] = self.sizes();
        let length = self.map_length();
        &self.elements[(n * channels + c) * length..][..length]
    }

    /// The number of values at a position along the first axis.
    pub(super) fn row_length(&self) -> usize {
        self.shape.sizes().iter().skip(1).map(|&size| length(size)).product()
    }

    /// The number of values of a map.
    pub(super) fn map_length(&self) -> usize {
        self.shape.sizes().iter().skip(2).map(|&size| length(size)).product()
    }

    /// Makes every map of a tensor, several at a time: `fill` is given sample and channel, and the map's values, which are 0.
    pub(super) fn by_map(
        shape: &Shape,
        tally: &mut Tally,
        fill: impl Fn([usize; 2], &mut [f64], &mut Tally) + Sync,
    ) -> Result<Self, OpError> {
        let mut array = Self::filled(*shape, 0.0)?;
        let [_, channels, _, _] = array.sizes();
        let length = array.map_length();
        let made = array.elements.par_chunks_mut(length).enumerate().map(|(at, map)| {
            let mut own = Tally::default();
            fill([at / channels, at % channels], map, &mut own);
            own
        });
        *tally += made.sum::<Tally>();
        Ok(array)
    }

    /// Makes every element of a tensor from the one at the same place.
    pub(super) fn by_element(
        &self,
        tally: &mut Tally,
        of: impl Fn(f64, &mut Tally) -> f64,
    ) -> Result<Self, OpError> {
        let mut array = Self::filled(self.shape, 0.0)?;
        for (element, &operand) in array.elements.iter_mut().zip(&self.elements) {
            *element = of(operand, tally);
        }
        Ok(array)
    }

    /// The positions of the lanes along an axis: a lane is all elements that differ in their position along it alone.
    pub(super) fn lanes(&self, axis: usize) -> impl Iterator<Item = Vec<usize>> + use<> {
        let sizes = self.shape.sizes();
        let size = |range: &[u64]| range.iter().map(|&size| length(size)).product::<usize>();
        let outer = size(&sizes[..axis]);
        let (length, inner) = (length(sizes[axis]), size(&sizes[axis + 1..]));
        (0..outer * inner).map(move |lane| {
            let first = lane / inner * length * inner + lane % inner;
            (0..length).map(|at| first + at * inner).collect()
        })
    }

    /// A tensor of a shape each element of which is found at a position of this one: for every axis of the result, how far
    /// neighbours lie apart here, and where the first element is.
    pub(super) fn strided(
        &self,
        shape: &Shape,
        first: usize,
        strides: &[usize],
    ) -> Result<Self, OpError> {
        let mut array = Self::filled(*shape, 0.0)?;
        let mut position = vec![0; shape.rank()];
        let mut at = first;
        for element in &mut array.elements {
            *element = self.elements[at];
            for (axis, &size) in shape.sizes().iter().enumerate().rev() {
                at += strides[axis];
                position[axis] += 1;
                if position[axis] < length(size) {
                    break;
                }
                at -= strides[axis] * position[axis];
                position[axis] = 0;
            }
        }
        Ok(array)
    }

    /// How far neighbours along each axis lie apart.
    pub(super) fn strides(&self) -> Vec<usize> {
        let sizes = self.shape.sizes();
        let inner = |axis: usize| sizes.iter().skip(axis + 1).map(|&size| length(size)).product();
        (0..sizes.len()).map(inner).collect()
    }
}
