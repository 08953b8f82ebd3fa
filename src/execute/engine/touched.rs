//! Which elements of the arena a run reads and writes.

use std::ops::Range;

use super::{Engine, Place};
use crate::network::Tensor;

/// What of the arena of a sample a run touches, in the order of its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Where the network's inputs are written before the first step.
    pub inputs: Vec<TouchedEnd>,
    /// The steps.
    pub steps: Vec<TouchedByStep>,
    /// What is read after the last step.
    pub outputs: Vec<TouchedEnd>,
}

/// What of the arena is touched before the first step or after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedEnd {
    /// The tensor whose values these are: an input, or what a step makes.
    pub tensor: Tensor,
    /// Where they are written or read.
    pub range: Range<usize>,
}

/// What of the arena a step touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedByStep {
    /// The tensor that it makes.
    pub tensor: Tensor,
    /// What it reads.
    pub reads: Vec<Range<usize>>,
    /// What it writes, over what it reads too.
    pub writes: Range<usize>,
}

impl From<Place> for Range<usize> {
    fn from(place: Place) -> Self {
        place.start..place.start + place.length
    }
}

impl Engine {
    /// What of the arena of a sample a run touches.
    #[must_use]
    pub fn touched(&self) -> Touched {
        let steps = self.steps.iter().map(|step| TouchedByStep {
            tensor: step.tensor,
            reads: step.operands.iter().map(|&place| place.into()).collect(),
            writes: step.output.into(),
        });
        let end = |tensor, place: Place| TouchedEnd { tensor, range: place.into() };
        Touched {
            inputs: self.inputs.iter().map(|input| end(input.tensor, input.place)).collect(),
            steps: steps.collect(),
            outputs: self.outputs.iter().map(|output| end(output.source, output.place)).collect(),
        }
    }
}
