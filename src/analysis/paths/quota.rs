//! The bounds of arithmetic with large integers. Where they are reached a figure is not given; it is never rounded.

use num_bigint::BigUint;

/// Words of 64 bits that the additions and multiplications of one figure may touch: a fraction of a second.
pub(super) const MOST_WORK: u64 = 400_000_000;
/// Words that the numbers of one figure may take at a time: 80 MB.
pub(super) const MOST_ROOM: u64 = 10_000_000;

/// What a number takes besides its digits.
const OVERHEAD: u64 = 3;

/// What remains of the bounds.
#[derive(Debug)]
pub(super) struct Quota {
    work: u64,
    room: u64,
}

impl Quota {
    /// A full quota.
    pub(super) fn new() -> Self {
        Self { work: MOST_WORK, room: MOST_ROOM }
    }

    /// Work on so many words; `None` where that is too much.
    pub(super) fn spend(&mut self, words: u64) -> Option<()> {
        self.work = self.work.checked_sub(words)?;
        Some(())
    }

    /// Room for so many words, and the work of writing them; `None` where that is too much.
    pub(super) fn hold(&mut self, words: u64) -> Option<()> {
        self.room = self.room.checked_sub(words)?;
        self.spend(words)
    }

    /// Room that is free again.
    pub(super) fn release(&mut self, words: u64) {
        self.room = self.room.saturating_add(words);
    }
}

/// The words that a number takes.
pub(super) fn words(number: &BigUint) -> u64 {
    number.bits().div_ceil(64).saturating_add(OVERHEAD)
}
