//! One arena for all activations of a sample: at which position each buffer begins.
//!
//! Buffers whose parts are needed at the same time may not meet. To find the shortest arena is NP-hard (dynamic storage allocation, Garey & Johnson
//! 1979, problem SR2); buffers are placed one after another at the lowest position that is free, in several orders, and the
//! shortest arena is taken. It can be longer than what is alive at once.

use std::cmp::Reverse;

use crate::analysis::{Buffer, Part, Placement};

/// Positions of buffers in an arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arena {
    /// Where each buffer begins.
    pub(super) starts: Vec<u64>,
    /// How many elements the arena has.
    pub(super) elements: u64,
}

/// With more parts than this, buffers are placed in one order only.
const MANY_PARTS: usize = 2_000;

impl Arena {
    /// Lays buffers out; `None` where a position exceeds 64 bits.
    #[must_use]
    pub(super) fn of(placement: &Placement) -> Option<Self> {
        let buffers = placement.buffers();
        let parts: usize = buffers.iter().map(|buffer| buffer.parts.len()).sum();
        let first = |at: usize| buffers[at].parts.iter().map(|part| part.first).min();
        let duration = |at: usize| {
            let last = buffers[at].parts.iter().map(|part| part.last).max();
            last.unwrap_or(0) - first(at).unwrap_or(0)
        };
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by_key(|&at| (first(at), Reverse(buffers[at].elements)));
        let mut best = Self::in_order(buffers, &order)?;
        if parts <= MANY_PARTS {
            order.sort_by_key(|&at| Reverse(buffers[at].elements));
            best = best.shorter(Self::in_order(buffers, &order)?);
            order.sort_by_key(|&at| (Reverse(duration(at)), Reverse(buffers[at].elements)));
            best = best.shorter(Self::in_order(buffers, &order)?);
            order
                .sort_by_key(|&at| (Reverse(pressure(buffers, at)), Reverse(buffers[at].elements)));
            best = best.shorter(Self::in_order(buffers, &order)?);
        }
        Some(best)
    }

    fn shorter(self, other: Self) -> Self {
        if other.elements < self.elements { other } else { self }
    }

    fn in_order(buffers: &[Buffer], order: &[usize]) -> Option<Self> {
        let mut arena = Self { starts: vec![0; buffers.len()], elements: 0 };
        let mut placed: Vec<Part> = Vec::new();
        for &at in order {
            let buffer = &buffers[at];
            let start = lowest(buffer, &placed)?;
            arena.starts[at] = start;
            arena.elements = arena.elements.max(start.checked_add(buffer.elements)?);
            placed.extend(
                buffer.parts.iter().map(|part| Part { start: start + part.start, ..*part }),
            );
        }
        Some(arena)
    }
}

/// The most that is needed at one step of those at which a buffer is needed.
fn pressure(buffers: &[Buffer], at: usize) -> u64 {
    let parts = || buffers.iter().flat_map(|buffer| &buffer.parts);
    let at_step = |step: usize| -> u64 {
        parts()
            .filter(|part| (part.first..=part.last).contains(&step))
            .map(|part| part.elements)
            .sum()
    };
    buffers[at].parts.iter().map(|part| at_step(part.first)).max().unwrap_or(0)
}

/// The lowest position of a buffer at which none of its parts meets a placed one.
fn lowest(buffer: &Buffer, placed: &[Part]) -> Option<u64> {
    // Positions from, and before, which the buffer may not begin.
    let mut forbidden: Vec<(u64, u64)> = Vec::new();
    for part in &buffer.parts {
        let meets = |other: &&Part| other.first <= part.last && part.first <= other.last;
        for other in placed.iter().filter(meets) {
            let end = (other.start + other.elements).saturating_sub(part.start);
            let start = (other.start + 1).saturating_sub(part.start.checked_add(part.elements)?);
            forbidden.push((start, end));
        }
    }
    forbidden.sort_unstable();
    let mut lowest = 0;
    for (start, end) in forbidden {
        if start > lowest {
            break;
        }
        lowest = lowest.max(end);
    }
    Some(lowest)
}
