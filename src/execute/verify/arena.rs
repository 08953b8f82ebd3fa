//! The peak in place, replayed from what steps read and write of the engine's arena.

use std::ops::Range;

use super::{Amount, Line, Subject};
use crate::analysis::{Analysis, BYTES_PER_VALUE, ConcatenationPolicy};
use crate::execute::engine::{Engine, Touched};
use crate::network::{Network, Tensor};

/// The peak of what a run needs of the arena, and the arena.
pub(super) fn lines(network: &Network, analysis: &Analysis, engine: &Engine) -> [Line; 2] {
    let touched = engine.touched();
    let needed =
        most_needed(&touched).saturating_mul(network.batch()).saturating_mul(BYTES_PER_VALUE);
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
            compared: 1,
            of: 1,
            holds: Some(peak == needed),
        },
        Line {
            figure: Subject::Arena,
            analysis: Amount::None,
            run: Amount::Bytes(arena),
            compared: 0,
            of: 0,
            holds: None,
        },
    ]
}

/// The most elements of which a later step, or whoever gets the outputs, still needs what they hold, while a step runs.
fn most_needed(touched: &Touched) -> u64 {
    let steps = touched.steps.len();
    let mut needed = Needed { at: vec![0; steps + 3], after_last: steps + 1 };
    for piece in pieces(touched) {
        let holds = |range: &Range<usize>| range.start <= piece.start && piece.end <= range.end;
        let returned = touched.outputs.iter().filter(|output| holds(&output.range));
        let returned: Vec<Tensor> = returned.map(|output| output.tensor).collect();
        let mut held: Option<Held> = None;
        for input in touched.inputs.iter().filter(|input| holds(&input.range)) {
            let is_returned = returned.contains(&input.tensor);
            held = Some(Held { first: 0, last: 0, is_returned });
        }
        for (step, moment) in touched.steps.iter().zip(1..) {
            if let Some(held) = &mut held
                && step.reads.iter().any(holds)
            {
                held.last = moment;
            }
            if holds(&step.writes) {
                if let Some(held) = held {
                    needed.add(held, Some(moment), piece.len());
                }
                let is_returned = returned.contains(&step.tensor);
                held = Some(Held { first: moment, last: moment, is_returned });
            }
        }
        if let Some(held) = held {
            needed.add(held, None, piece.len());
        }
    }
    needed.most()
}

/// What elements hold, from when it was written to when it was read last; moment 0 is that of the inputs, and step i runs at i + 1.
#[derive(Clone, Copy)]
struct Held {
    first: usize,
    last: usize,
    /// Whether the network returns it, whatever is written over it.
    is_returned: bool,
}

/// How many elements are needed at every moment: by how many more than at the one before.
struct Needed {
    at: Vec<i128>,
    after_last: usize,
}

impl Needed {
    /// Adds elements and what they hold until it is written over at a moment, where it is.
    fn add(&mut self, held: Held, written_over: Option<usize>, elements: usize) {
        let last = match held {
            Held { is_returned: true, .. } => self.after_last,
            // An input that nobody takes is not needed.
            Held { last: 0, .. } => return,
            // Read and written over by the same step, it is one element at that moment.
            Held { last, .. } => last - usize::from(Some(last) == written_over),
        };
        let elements = i128::try_from(elements).unwrap_or(i128::MAX);
        self.at[held.first] += elements;
        self.at[last + 1] -= elements;
    }

    fn most(self) -> u64 {
        let mut now = 0;
        let most = self.at.into_iter().map(|change| {
            now += change;
            now
        });
        u64::try_from(most.max().unwrap_or(0)).unwrap_or(0)
    }
}

/// The arena cut where anything that is touched begins or ends.
fn pieces(touched: &Touched) -> impl Iterator<Item = Range<usize>> {
    let steps = touched.steps.iter();
    let of_steps = steps.flat_map(|step| step.reads.iter().chain([&step.writes]));
    let ends = touched.inputs.iter().chain(&touched.outputs);
    let ranges = ends.map(|end| &end.range).chain(of_steps);
    let mut cuts: Vec<usize> = ranges.flat_map(|range| [range.start, range.end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let ends = cuts.clone().into_iter().skip(1);
    cuts.into_iter().zip(ends).map(|(start, end)| start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::engine::{TouchedByStep, TouchedEnd};
    use crate::network::{Builder, Place, Shape};

    type Pair = (usize, usize);
    /// The place of the input; of every step what it reads and writes; what is returned of which tensor; the most that is needed.
    type Case = (Pair, &'static [(Pair, Pair)], &'static [(usize, Pair)], u64);

    #[test]
    fn what_is_needed_at_once() {
        let shape = Shape::new(&[1, 1]).unwrap();
        let mut builder = Builder::new();
        // The input, and what the steps make.
        let tensors: Vec<Tensor> =
            ["x", "a", "b", "c"].map(|name| builder.input(name, shape, Place(0)).unwrap()).into();
        let range = |(from, to): Pair| from..to;
        let end = |(of, at): (usize, Pair)| TouchedEnd { tensor: tensors[of], range: range(at) };
        let cases: [Case; 8] = [
            // Nothing but the input, which is returned.
            ((0, 4), &[], &[(0, (0, 4))], 4),
            // An operand and an output, over the first of which the next writes.
            ((0, 4), &[((0, 4), (4, 10)), ((4, 10), (0, 3))], &[(2, (0, 3))], 10),
            // In place.
            ((0, 4), &[((0, 4), (4, 8)), ((4, 8), (4, 8))], &[(2, (4, 8))], 8),
            // What nothing reads is there while it is made.
            ((0, 1), &[((0, 1), (1, 9)), ((0, 1), (1, 2))], &[(2, (1, 2))], 9),
            // The first output lives over the second, which dies at once.
            (
                (0, 2),
                &[((0, 2), (2, 5)), ((2, 5), (5, 9)), ((2, 5), (0, 1))],
                &[(3, (0, 1)), (1, (2, 5))],
                7,
            ),
            // What is returned is needed after it is written over, by another that is returned, by one that is not, and in place of the input.
            ((0, 2), &[((0, 2), (2, 5)), ((0, 2), (2, 5))], &[(1, (2, 5)), (2, (2, 5))], 8),
            ((0, 2), &[((0, 2), (2, 5)), ((0, 2), (4, 6))], &[(1, (2, 5))], 7),
            ((0, 4), &[((0, 4), (0, 4))], &[(0, (0, 4)), (1, (0, 4))], 8),
        ];
        for (input, steps, outputs, most) in cases {
            let steps = steps.iter().zip(&tensors[1..]).map(|(&(read, written), &tensor)| {
                TouchedByStep { tensor, reads: vec![range(read)], writes: range(written) }
            });
            let touched = Touched {
                inputs: vec![end((0, input))],
                steps: steps.collect(),
                outputs: outputs.iter().map(|&output| end(output)).collect(),
            };
            assert_eq!(most_needed(&touched), most, "{touched:?}");
        }
    }
}
