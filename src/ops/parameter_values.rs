//! Values of parameters that remember that they were read.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::OpError;

/// The values of a tensor that an operator holds, in row-major order. There is no way to one of them but by reading it, which it remembers: so
/// it shows what an operator takes of what it is said to hold.
#[derive(Debug)]
pub struct ParameterValues<'a> {
    values: &'a [f32],
    is_read: Vec<AtomicBool>,
}

impl<'a> ParameterValues<'a> {
    /// Values of which none was read yet.
    ///
    /// # Errors
    /// Where there is no memory for what they remember.
    pub fn new(values: &'a [f32]) -> Result<Self, OpError> {
        let mut is_read = Vec::new();
        is_read.try_reserve_exact(values.len()).map_err(|_| OpError::no_memory(values.len()))?;
        is_read.resize_with(values.len(), AtomicBool::default);
        Ok(Self { values, is_read })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many of them were read, once or more often.
    #[must_use]
    pub fn count_read(&self) -> usize {
        self.is_read.iter().filter(|is_read| is_read.load(Ordering::Relaxed)).count()
    }

    /// Reads the value at a position.
    pub(super) fn at(&self, position: usize) -> f64 {
        self.is_read[position].store(true, Ordering::Relaxed);
        f64::from(self.values[position])
    }

    /// Reads values one after another.
    pub(super) fn row(&self, positions: Range<usize>) -> impl Iterator<Item = f64> {
        let is_read = &self.is_read[positions.clone()];
        self.values[positions].iter().zip(is_read).map(|(&value, is_read)| {
            is_read.store(true, Ordering::Relaxed);
            f64::from(value)
        })
    }
}
