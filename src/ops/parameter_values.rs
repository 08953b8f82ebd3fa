//! Values of parameters that remember that they were read.

use std::ops::Range;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

use super::OpError;

/// The values of a tensor that an operator holds, in row-major order. There is no way to one of them but by reading it, which it remembers: so
/// it shows what an operator takes of what it is said to hold.
#[derive(Debug)]
pub struct ParameterValues<'a> {
    values: &'a [f32],
    /// A bit for every value, whether it was read; 64 of them in a word, the first being its lowest.
    is_read: Vec<AtomicU64>,
}

const BITS: usize = 64;

impl<'a> ParameterValues<'a> {
    /// Values of which none was read yet.
    ///
    /// # Errors
    /// Where there is no memory for what they remember.
    pub fn new(values: &'a [f32]) -> Result<Self, OpError> {
        let (mut is_read, words) = (Vec::new(), values.len().div_ceil(BITS));
        is_read.try_reserve_exact(words).map_err(|_| OpError::no_memory(values.len()))?;
        is_read.resize_with(words, AtomicU64::default);
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
        let words = self.is_read.iter().map(|word| word.load(Ordering::Relaxed));
        words.map(|word| usize::try_from(word.count_ones()).unwrap_or(BITS)).sum()
    }

    /// Reads the value at a position.
    pub(super) fn at(&self, position: usize) -> f64 {
        self.mark(position..position + 1);
        f64::from(self.values[position])
    }

    /// Reads values one after another, as far as they are taken.
    pub(super) fn row(&self, positions: Range<usize>) -> Row<'_> {
        let values = self.values[positions.clone()].iter();
        Row { of: self, positions, values }
    }

    fn mark(&self, positions: Range<usize>) {
        let mut at = positions.start;
        while at < positions.end {
            let first = at % BITS;
            let count = (BITS - first).min(positions.end - at);
            let marks = u64::MAX >> (BITS - count) << first;
            let word = &self.is_read[at / BITS];
            if word.load(Ordering::Relaxed) & marks != marks {
                word.fetch_or(marks, Ordering::Relaxed);
            }
            at += count;
        }
    }
}

/// Values that are read one after another; which of them were is marked at the end.
#[derive(Debug)]
pub(super) struct Row<'a> {
    of: &'a ParameterValues<'a>,
    positions: Range<usize>,
    values: slice::Iter<'a, f32>,
}

impl Iterator for Row<'_> {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.values.next().copied().map(f64::from)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.values.size_hint()
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.of.mark(self.positions.start..self.positions.end - self.values.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts_once() {
        let values = [0.5; 200];
        let held = ParameterValues::new(&values).unwrap();
        assert_eq!(held.count_read(), 0);
        assert_eq!(held.row(60..70).sum::<f64>(), 5.0);
        assert_eq!(held.row(65..200).take(6).count(), 6);
        assert_eq!((held.at(199), held.at(60)), (0.5, 0.5));
        drop(held.row(100..150));
        // 60 to 70, 199, without those that nobody took.
        assert_eq!(held.count_read(), 11 + 1);
        assert_eq!(held.row(0..200).count(), 200);
        assert_eq!(held.count_read(), 200);
    }
}
