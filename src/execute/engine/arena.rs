//! One arena for all activations of a sample: at which position each buffer begins.
//!
//! Buffers whose parts are needed at the same time may not meet. To find the shortest arena is NP-hard (dynamic storage allocation, Garey & Johnson
//! 1979, problem SR2); buffers are placed one after another at the lowest position that is free, in several orders, and the
//! shortest arena is taken, at best as long as what is alive at once.

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

/// So often an order is tried anew, with what was in the way placed first.
const TRIES: usize = 24;

impl Arena {
    /// Lays buffers out; `None` where a position exceeds 64 bits.
    #[must_use]
    pub(super) fn of(placement: &Placement) -> Option<Self> {
        let buffers = placement.buffers();
        let parts: usize = buffers.iter().map(|buffer| buffer.parts.len()).sum();
        let first = |at: usize| buffers[at].parts.iter().map(|part| part.first).min();
        let duration = |at: usize| {
            let last = buffers[at].parts.iter().map(|part| part.last).max();
            u64::try_from(last.unwrap_or(0) - first(at).unwrap_or(0)).unwrap_or(u64::MAX)
        };
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by_key(|&at| (first(at), Reverse(buffers[at].elements)));
        let mut best = Self::in_order(buffers, &order)?;
        if parts > MANY_PARTS {
            return Some(best);
        }
        let alive = alive(buffers);
        let least = alive.iter().copied().max().unwrap_or(0);
        let pressure = |at: usize| {
            let parts = buffers[at].parts.iter();
            parts.filter_map(|part| alive.get(part.first)).copied().max()
        };
        let orders: [&dyn Fn(usize) -> [u64; 2]; 3] =
            [&|at| [buffers[at].elements, 0], &|at| [duration(at), buffers[at].elements], &|at| {
                [pressure(at).unwrap_or(0), buffers[at].elements]
            }];
        for key in orders {
            order.sort_by_key(|&at| Reverse(key(at)));
            for _ in 0..TRIES {
                let arena = Self::in_order(buffers, &order)?;
                let top = arena.top(buffers);
                best = best.shorter(arena);
                if best.elements == least {
                    return Some(best);
                }
                // What ended up on top is placed before all others.
                let position = order.iter().position(|&at| at == top)?;
                order[..=position].rotate_right(1);
            }
        }
        Some(best)
    }

    /// The buffer that ends last.
    fn top(&self, buffers: &[Buffer]) -> usize {
        let end = |at: usize| self.starts[at] + buffers[at].elements;
        (0..buffers.len()).max_by_key(|&at| end(at)).unwrap_or(0)
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

/// The elements that are needed at each step.
fn alive(buffers: &[Buffer]) -> Vec<u64> {
    let parts = || buffers.iter().flat_map(|buffer| &buffer.parts);
    let steps = parts().map(|part| part.last + 1).max().unwrap_or(0);
    let mut alive = vec![0; steps];
    for part in parts() {
        for alive in &mut alive[part.first..=part.last] {
            *alive += part.elements;
        }
    }
    alive
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
