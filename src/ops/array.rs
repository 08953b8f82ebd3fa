//! Values of tensors, as the plain loops of the operators compute with them.

use std::ops::Range;
use std::sync::Arc;

use num_traits::AsPrimitive;

use super::draft::collected;
use super::{Draft, OpError};
use crate::network::Shape;

/// The values of a tensor, in row-major order: the last axis varies fastest. They never change, and are stored once for the
/// array, its clones and its views.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Shape,
    elements: Arc<Vec<f64>>,
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
    /// A tensor of these values.
    ///
    /// # Errors
    /// Where there are more or fewer than the shape has elements.
    pub fn new(shape: Shape, elements: Vec<f64>) -> Result<Self, OpError> {
        Self::sharing(shape, Arc::new(elements))
    }

    /// A tensor of these values, which were of 32 bits.
    ///
    /// # Errors
    /// Where there are more or fewer than the shape has elements, or there is no memory for them.
    pub fn from_f32(shape: Shape, values: &[f32]) -> Result<Self, OpError> {
        Self::new(shape, collected(values.iter().map(|&value| f64::from(value)))?)
    }

    fn sharing(shape: Shape, elements: Arc<Vec<f64>>) -> Result<Self, OpError> {
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

    /// Where the values are stored: the same of arrays that share them, and of no two others at a time.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.elements).addr()
    }

    /// The same values, in the same storage, under other sizes.
    pub(super) fn view(&self, sizes: &[u64]) -> Result<Self, OpError> {
        Self::sharing(Shape::new(sizes)?, Arc::clone(&self.elements))
    }

    /// The sizes of all axes.
    pub(super) fn axes(&self) -> Vec<usize> {
        self.shape.sizes().iter().map(|&size| length(size)).collect()
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

    /// The number of values of a map.
    pub(super) fn map_length(&self) -> usize {
        self.shape.sizes().iter().skip(2).map(|&size| length(size)).product()
    }

    /// The positions of the lanes along an axis: a lane is all elements that differ in their position along it alone.
    pub(super) fn lanes(&self, axis: usize) -> impl Iterator<Item = Lane> + use<> {
        let sizes = self.shape.sizes();
        let size = |range: &[u64]| range.iter().map(|&size| length(size)).product::<usize>();
        let outer = size(&sizes[..axis]);
        let (length, inner) = (length(sizes[axis]), size(&sizes[axis + 1..]));
        (0..outer * inner).map(move |lane| {
            let first = lane / inner * length * inner + lane % inner;
            (first..first + length * inner).step_by(inner)
        })
    }

    /// A tensor of these sizes each element of which is found at a position of this one: for every axis of the result, how far
    /// neighbours lie apart here, and where the first element is.
    pub(super) fn strided(
        &self,
        sizes: &[usize],
        first: usize,
        strides: &[usize],
    ) -> Result<Draft, OpError> {
        let mut draft = Draft::of(sizes)?;
        let mut position = vec![0; sizes.len()];
        let mut at = first;
        for element in &mut draft.elements {
            let found = self.elements.get(at);
            *element = *found.ok_or_else(|| OpError::rule("takes elements that are not there"))?;
            for (axis, (&size, &stride)) in sizes.iter().zip(strides).enumerate().rev() {
                at += stride;
                position[axis] += 1;
                if position[axis] < size {
                    break;
                }
                at -= stride * position[axis];
                position[axis] = 0;
            }
        }
        Ok(draft)
    }

    /// How far neighbours along each axis lie apart.
    pub(super) fn strides(&self) -> Vec<usize> {
        let sizes = self.shape.sizes();
        let inner = |axis: usize| sizes.iter().skip(axis + 1).map(|&size| length(size)).product();
        (0..sizes.len()).map(inner).collect()
    }
}

/// The positions of elements that differ in their position along one axis alone.
pub(super) type Lane = std::iter::StepBy<Range<usize>>;
