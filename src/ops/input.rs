//! Where the graph begins.

use super::{Array, Cost, Evaluation, Kept, OpError, Operator, OperatorKind, Reach};
use crate::network::Shape;

/// An input of the network: no operator of a description, but the node where the graph begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The input's shape, batch first.
    pub shape: Shape,
}

impl Operator for Input {
    fn name(&self) -> &'static str {
        "input"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, _: &[Shape]) -> Result<Shape, OpError> {
        Ok(self.shape)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Same)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    /// What the network is given, which whoever runs it has at hand.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        given.operand().cloned()
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}
