//! Operators that leave all elements where they are, under another shape or the same.

use super::cost::product;
use super::error::{axis, single};
use super::signature::{Integers, Kind, Role, Signature, index, required};
use super::{Array, Cost, Evaluation, Kept, OpError, Operator, OperatorKind, Reach, Storage};
use crate::network::Shape;

/// Joins all axes from one on.
#[derive(Debug, Clone, PartialEq)]
pub struct Flatten {
    /// The first axis that is joined, the batch being axis 0.
    pub axis: u64,
}

/// Gives the elements of a sample other sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct Reshape {
    /// The new sizes without the batch; one may be -1, which is what remains.
    pub sizes: Integers,
}

/// Passes its operand on.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity;

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "flatten",
        summary: "joins all axes from one on",
        role: Role::Layer,
        arguments: &[index("axis", 1, "the first axis that is joined")],
        main: Some("axis"),
        build: |arguments, _| Ok(Flatten { axis: arguments.count("axis")? }.into()),
    },
    Signature {
        name: "reshape",
        summary: "gives the elements of a sample other sizes",
        role: Role::Layer,
        arguments: &[required("sizes", Kind::Integers, "sizes without the batch; one may be -1")],
        main: Some("sizes"),
        build: |arguments, _| Ok(Reshape { sizes: arguments.integers("sizes")? }.into()),
    },
    Signature {
        name: "identity",
        summary: "passes its operand on",
        role: Role::Layer,
        arguments: &[],
        main: None,
        build: |_, _| Ok(Identity.into()),
    },
];

impl Operator for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        let axis = axis(shape, self.axis)?;
        if axis == 0 {
            return Err(OpError::rule("axis 0 is the batch; a flatten starts at another"));
        }
        let (outer, inner) = shape.sizes().split_at(axis);
        let joined = product(inner)?;
        Ok(Shape::new(&outer.iter().copied().chain([joined]).collect::<Vec<_>>())?)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Regrouped)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let (kept, joined) = x.shape().sizes().split_at(axis(x.shape(), self.axis)?);
        x.view(&[kept, &[product(joined)?]].concat())
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::View
    }
}

impl Reshape {
    fn resolve(&self, elements: u64) -> Result<Vec<u64>, OpError> {
        let known: Vec<u64> = self.sizes.iter().filter_map(|&size| size.try_into().ok()).collect();
        let open = self.sizes.iter().filter(|&&size| size == -1).count();
        if open > 1 || known.len() + open != self.sizes.len() {
            return Err(OpError::rule("sizes are positive, and one of them may be -1"));
        }
        let rest = elements.checked_div(product(&known)?).unwrap_or(0);
        let sizes = self.sizes.iter().map(|&size| u64::try_from(size).unwrap_or(rest)).collect();
        Ok(sizes)
    }
}

impl Operator for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        let elements = shape.elements() / shape.batch();
        let sizes = self.resolve(elements)?;
        if product(&sizes)? != elements {
            return Err(OpError::rule(format!(
                "{shape} has {elements} elements, which do not fill {:?}",
                self.sizes
            )));
        }
        Ok(Shape::new(&[&[shape.batch()], sizes.as_slice()].concat())?)
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Regrouped)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let batch = x.shape().batch();
        let sizes = self.resolve(x.shape().elements() / batch)?;
        x.view(&[&[batch], sizes.as_slice()].concat())
    }

    fn detail(&self) -> String {
        format!("to {:?}", self.sizes)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::View
    }
}

impl Operator for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        single(operands).copied()
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Same)
    }

    fn cost(&self, _: &[Shape], _: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::default())
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        given.operand().cloned()
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }

    fn storage(&self) -> Storage {
        Storage::View
    }
}
