//! On which axes of a tensor the rows and the columns of the first input lie.

use crate::network::{Network, Shape};
use crate::ops::Reach;

/// For every node the axes of rows and columns, each where it is one that holds nothing else.
pub(super) fn axes(network: &Network) -> Vec<[Option<usize>; 2]> {
    let mut all: Vec<[Option<usize>; 2]> = Vec::with_capacity(network.len());
    for (tensor, node) in network.nodes() {
        let shapes = network.operand_shapes(tensor);
        let operator = node.op.operator();
        let mut found: [Option<usize>; 2] = [None; 2];
        if network.inputs().first() == Some(&tensor) && node.shape.map().is_some() {
            found = [Some(2), Some(3)];
        }
        for (slot, (operand, shape)) in network.operands(tensor).iter().zip(shapes).enumerate() {
            let Ok(reach) = operator.reach(shapes, slot, &node.shape) else { continue };
            for (axis, at) in all[operand.index()].iter().enumerate() {
                let moved = at.and_then(|at| moved(at, &reach, shape, &node.shape));
                found[axis] = found[axis].or(moved);
            }
        }
        all.push(found);
    }
    all
}

/// Where an axis of an operand is in the output.
pub(super) fn moved(at: usize, reach: &Reach, operand: &Shape, output: &Shape) -> Option<usize> {
    match reach {
        Reach::Same | Reach::Axes(_) => (operand.rank() == output.rank()).then_some(at),
        Reach::Permuted(axes) => axes.iter().position(|&axis| axis == at),
        Reach::Regrouped => {
            // The same elements in the same order: an axis is kept where it has its size, and so many elements come after each of its positions.
            let size = operand.sizes().get(at)?;
            let inner =
                |shape: &Shape, at: usize| shape.sizes().iter().skip(at + 1).product::<u64>();
            let same = |&axis: &usize| {
                output.sizes().get(axis) == Some(size) && inner(output, axis) == inner(operand, at)
            };
            // Of axes of size 1 several may do.
            std::iter::once(at).chain(1..output.rank()).find(same)
        }
    }
}
