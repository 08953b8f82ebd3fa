//! Arithmetic between tensors, element by element.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::{Context, GRAIN, Kernel, Layer};
use crate::ops::OpError;

/// What is done between neighbouring operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    /// Added, and divided by their number.
    Mean,
    Subtract,
    Multiply,
    Divide,
}

/// Operands joined one after another.
#[derive(Debug)]
pub(super) struct Join {
    operation: Operation,
    operands: Vec<Spread>,
}

/// How an operand is spread over the output: runs of `run` elements, each of one value or of as many.
#[derive(Debug)]
struct Spread {
    /// Sizes of the output along all axes of a sample but the run's, and how far neighbours along each lie apart in the operand.
    axes: Vec<[usize; 2]>,
    run: usize,
    is_one_value: bool,
}

/// So many elements stay in the fastest cache.
const PIECE: usize = 1024;

impl Join {
    pub(super) fn of(operation: Operation, layer: &Layer<'_>) -> Self {
        let output = layer.output.sizes();
        let spread = layer.operands.iter().map(|operand| Spread::of(operand.sizes(), output));
        Self { operation, operands: spread.collect() }
    }

    #[inline(always)]
    fn join(&self, joined: &mut [f32], operand: &[f32]) {
        let pairs = joined.iter_mut().zip(operand);
        match self.operation {
            Operation::Add | Operation::Mean => pairs.for_each(|(joined, x)| *joined += x),
            Operation::Subtract => pairs.for_each(|(joined, x)| *joined -= x),
            Operation::Multiply => pairs.for_each(|(joined, x)| *joined *= x),
            Operation::Divide => pairs.for_each(|(joined, x)| *joined /= x),
        }
    }

    /// Joins elements from a position of the output on.
    #[inline(always)]
    fn piece(&self, operands: &[Option<&[f32]>], first: usize, output: &mut [f32]) {
        let mut own = [0.0; PIECE];
        let own = &mut own[..output.len()];
        own.copy_from_slice(output);
        let mut spread = [0.0; PIECE];
        let spread = &mut spread[..output.len()];
        for (slot, (operand, by)) in operands.iter().zip(&self.operands).enumerate() {
            let values: &[f32] = match operand {
                None => own,
                Some(operand) if by.axes.is_empty() && !by.is_one_value => {
                    &operand[first..][..output.len()]
                }
                Some(operand) => {
                    by.fill(operand, first, spread);
                    spread
                }
            };
            if slot == 0 {
                output.copy_from_slice(values);
            } else {
                self.join(output, values);
            }
        }
        if self.operation == Operation::Mean {
            let count: f32 = operands.len().as_();
            output.iter_mut().for_each(|joined| *joined /= count);
        }
    }
}

impl Spread {
    fn of(operand: &[u64], output: &[u64]) -> Self {
        let index = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let axes: Vec<(u64, u64)> =
            operand.iter().copied().zip(output.iter().copied()).skip(1).collect();
        let is_spread = |&(own, size): &(u64, u64)| own == 1 && size > 1;
        // The innermost axes that are all spread, or all not.
        let is_one_value = axes.last().is_some_and(is_spread);
        let same = |axis: &(u64, u64)| axis.1 == 1 || is_spread(axis) == is_one_value;
        let run_axes = axes.iter().rev().take_while(|axis| same(axis)).count();
        let (outer, inner) = axes.split_at(axes.len() - run_axes);
        let run = inner.iter().map(|&(_, size)| index(size)).product();
        let mut apart: usize = inner.iter().map(|&(own, _)| index(own)).product();
        let mut strides = Vec::new();
        for axis in outer.iter().rev() {
            strides.push([index(axis.1), if is_spread(axis) { 0 } else { apart }]);
            apart *= index(axis.0);
        }
        strides.reverse();
        Self { axes: strides, run, is_one_value }
    }

    /// The operand's values for the elements of the output from a position on.
    fn fill(&self, operand: &[f32], first: usize, values: &mut [f32]) {
        let mut at = first;
        let mut rest = values;
        while !rest.is_empty() {
            let (outer, within) = (at / self.run, at % self.run);
            let length = (self.run - within).min(rest.len());
            let (now, later) = rest.split_at_mut(length);
            let start = self.start(outer);
            if self.is_one_value {
                now.fill(operand[start]);
            } else {
                now.copy_from_slice(&operand[start + within..][..length]);
            }
            at += length;
            rest = later;
        }
    }

    /// Where a run's values begin in the operand.
    fn start(&self, mut run: usize) -> usize {
        let mut start = 0;
        for &[size, apart] in self.axes.iter().rev() {
            start += run % size * apart;
            run /= size;
        }
        start
    }
}

impl Kernel for Join {
    fn run(
        &self,
        _: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        output.par_chunks_mut(GRAIN).enumerate().for_each(|(grain, output)| {
            vectorized!({
                for (piece, output) in output.chunks_mut(PIECE).enumerate() {
                    self.piece(operands, grain * GRAIN + piece * PIECE, output);
                }
            });
        });
        Ok(())
    }
}
