//! Shapes of tensors.

use std::fmt;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The largest number of axes a tensor may have, the batch included.
pub const MAX_RANK: usize = 6;

/// The sizes of a tensor, batch first: `[n, c, h, w]` for maps, `[n, features]` for vectors.
///
/// By construction every size is at least 1, there are 1 to [`MAX_RANK`] axes, and the number of
/// elements fits 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    sizes: [u64; MAX_RANK],
    rank: u8,
    elements: u64,
}

/// Why a list of sizes is no shape.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// More axes than supported, or none.
    #[error("a tensor has 1 to {MAX_RANK} axes, not {0}")]
    Rank(usize),
    /// A size of zero.
    #[error("axis {0} would have size 0")]
    Empty(usize),
    /// The number of elements exceeds 64 bits.
    #[error("the number of elements exceeds 64 bits")]
    Overflow,
}

impl Shape {
    /// A shape from its sizes, batch first.
    ///
    /// # Errors
    /// Where there are no or too many axes, a size is 0, or the number of elements exceeds 64 bits.
    pub fn new(sizes: &[u64]) -> Result<Self, ShapeError> {
        let rank = u8::try_from(sizes.len()).map_err(|_| ShapeError::Rank(sizes.len()))?;
        let mut held = [1; MAX_RANK];
        let slots = held.get_mut(..sizes.len()).filter(|slots| !slots.is_empty());
        slots.ok_or(ShapeError::Rank(sizes.len()))?.copy_from_slice(sizes);
        if let Some(axis) = sizes.iter().position(|&size| size == 0) {
            return Err(ShapeError::Empty(axis));
        }
        let elements = sizes.iter().try_fold(1u64, |product, &size| product.checked_mul(size));
        let elements = elements.ok_or(ShapeError::Overflow)?;
        Ok(Self { sizes: held, rank, elements })
    }

    /// The sizes, batch first.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        self.sizes.get(..self.rank()).unwrap_or(&self.sizes)
    }

    /// The number of axes, the batch included.
    #[must_use]
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// The number of elements.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.elements
    }

    /// The batch: the size of axis 0.
    #[must_use]
    pub fn batch(&self) -> u64 {
        self.sizes[0]
    }

    /// The channels (or features): the size of axis 1, where there is one.
    #[must_use]
    pub fn channels(&self) -> Option<u64> {
        self.sizes().get(1).copied()
    }

    /// Height and width, where the tensor is a stack of maps `[n, c, h, w]`.
    #[must_use]
    pub fn map(&self) -> Option<[u64; 2]> {
        match *self.sizes() {
            [_, _, height, width] => Some([height, width]),
            _ => None,
        }
    }
}

impl fmt::Display for Shape {
    /// Without the batch, as tables have it: `64×55×55`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (axis, size) in self.sizes().iter().skip(1).enumerate() {
            if axis > 0 {
                f.write_str("×")?;
            }
            write!(f, "{size}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sizes()).finish()
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.sizes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_tensor() {
        assert_eq!(Shape::new(&[]), Err(ShapeError::Rank(0)));
        assert_eq!(Shape::new(&[1; 7]), Err(ShapeError::Rank(7)));
        assert_eq!(Shape::new(&[1, 0, 3]), Err(ShapeError::Empty(1)));
        assert_eq!(Shape::new(&[1 << 32, 1 << 32]), Err(ShapeError::Overflow));
    }

    #[test]
    fn is_written_without_the_batch() {
        let shape = Shape::new(&[8, 64, 55, 54]).unwrap();
        assert_eq!(shape.to_string(), "64×55×54");
        assert_eq!((shape.batch(), shape.channels(), shape.map()), (8, Some(64), Some([55, 54])));
        assert_eq!(shape.elements(), 8 * 64 * 55 * 54);
    }
}
