//! The peak in place, replayed from what steps read and write of the engine's arena.

use std::ops::Range;

use super::{Amount, Line, Subject, count};
use crate::analysis::{Analysis, BYTES_PER_VALUE, ConcatenationPolicy};
use crate::execute::engine::{Engine, Touched};
use crate::network::Network;

/// The peak of what a run needs of the arena, and the arena.
pub(super) fn lines(network: &Network, analysis: &Analysis, engine: &Engine) -> [Line; 2] {
    let samples = network.inputs().first().and_then(|&input| network.node(input));
    let samples = samples.map_or(1, |node| node.shape.batch());
    let touched = engine.touched();
    let needed = most_needed(&touched).saturating_mul(samples).saturating_mul(BYTES_PER_VALUE);
    let memory = &analysis.memory;
    let policies = memory.concatenation.iter().flatten();
    let mut in_place = policies.filter(|memory| memory.policy == ConcatenationPolicy::InPlace);
    let peak =
        in_place.next().map_or(memory.in_place.peak_bytes, |memory| memory.peak_activation_bytes);
    let arena = engine.arena_bytes();
    [
        Line {
            figure: Subject::PeakInPlace,
            analysis: Amount::Bytes(peak),
            run: Amount::Bytes(needed),
            compared: count(touched.steps.len()),
            of: count(touched.steps.len()),
            holds: Some(peak == needed),
        },
        Line {
            figure: Subject::Arena,
            analysis: Amount::None,
            run: Amount::Bytes(arena),
            compared: count(touched.steps.len()),
            of: count(touched.steps.len()),
            holds: Some(arena >= needed),
        },
    ]
}

/// The most elements of which a later step, or whoever gets the outputs, still needs what they hold, while a step runs.
fn most_needed(touched: &Touched) -> u64 {
    let steps = touched.steps.len();
    // Moments: the inputs are written at 0, step i runs at i + 1, the outputs are read at the end.
    let mut needed = vec![0_i128; steps + 3];
    let mut need = |first: usize, last: usize, elements: usize| {
        let elements = i128::try_from(elements).unwrap_or(i128::MAX);
        needed[first] += elements;
        needed[last + 1] -= elements;
    };
    for piece in pieces(touched) {
        let holds = |range: &Range<usize>| range.start <= piece.start && piece.end <= range.end;
        // When what the piece holds was written, and when it was read last.
        let mut held: Option<(usize, usize)> = None;
        if touched.inputs.iter().any(holds) {
            held = Some((0, 0));
        }
        for (at, step) in touched.steps.iter().enumerate() {
            let moment = at + 1;
            if let Some((_, last)) = &mut held
                && step.reads.iter().any(holds)
            {
                *last = moment;
            }
            if holds(&step.writes) {
                if let Some((first, last)) = held
                    && last > 0
                {
                    // Read and written over by the same step, it is one element at that moment.
                    need(first, if last == moment { at } else { last }, piece.len());
                }
                held = Some((moment, moment));
            }
        }
        if let Some((first, mut last)) = held {
            if touched.outputs.iter().any(holds) {
                last = steps + 1;
            }
            if last > 0 {
                need(first, last, piece.len());
            }
        }
    }
    let mut now = 0;
    let most = needed.into_iter().map(|change| {
        now += change;
        now
    });
    u64::try_from(most.max().unwrap_or(0)).unwrap_or(0)
}

/// The arena cut where anything that is touched begins or ends.
fn pieces(touched: &Touched) -> impl Iterator<Item = Range<usize>> {
    let steps = touched.steps.iter();
    let of_steps = steps.flat_map(|step| step.reads.iter().chain([&step.writes]));
    let ranges = touched.inputs.iter().chain(&touched.outputs).chain(of_steps);
    let mut cuts: Vec<usize> = ranges.flat_map(|range| [range.start, range.end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let ends = cuts.clone().into_iter().skip(1);
    cuts.into_iter().zip(ends).map(|(start, end)| start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::engine::TouchedByStep;
    use crate::network::{Builder, Place, Shape};

    #[test]
    fn what_is_needed_at_once() {
        let shape = Shape::new(&[1, 1]).unwrap();
        let tensor = Builder::new().input("x", shape, Place(0)).unwrap();
        let ranges = |of: &[(usize, usize)]| of.iter().map(|&(from, to)| from..to).collect();
        let step = |read: (usize, usize), written: (usize, usize)| TouchedByStep {
            tensor,
            reads: ranges(&[read]),
            writes: written.0..written.1,
        };
        for (input, steps, outputs, most) in [
            // Nothing but the input, which is returned.
            ((0, 4), vec![], vec![(0, 4)], 4),
            // An operand and an output, over the first of which the next writes.
            ((0, 4), vec![step((0, 4), (4, 10)), step((4, 10), (0, 3))], vec![(0, 3)], 10),
            // In place.
            ((0, 4), vec![step((0, 4), (4, 8)), step((4, 8), (4, 8))], vec![(4, 8)], 8),
            // What nothing reads is there while it is made.
            ((0, 1), vec![step((0, 1), (1, 9)), step((0, 1), (1, 2))], vec![(1, 2)], 9),
            // The first output lives over the second, which dies at once.
            (
                (0, 2),
                vec![step((0, 2), (2, 5)), step((2, 5), (5, 9)), step((2, 5), (0, 1))],
                vec![(0, 1), (2, 5)],
                7,
            ),
        ] {
            let touched = Touched { inputs: ranges(&[input]), steps, outputs: ranges(&outputs) };
            assert_eq!(most_needed(&touched), most, "{touched:?}");
        }
    }
}
