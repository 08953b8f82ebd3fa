//! The roofline (Williams, Waterman & Patterson 2009, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
//! CACM 52(4)): how fast a machine could run each layer at best, by the arithmetic and the bytes that the layer moves.

mod machine;

pub use machine::{Bound, BoundBy, MACHINES, Machine, MachineError, NamedMachine};

use std::collections::HashSet;

use super::{AnalysisError, BYTES_PER_VALUE, NodeTable, cost, parameters};
use crate::network::{Network, Node, Tensor};
use crate::ops::{Op, OpError};

/// The work of a node in one forward pass, for the whole batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes between memory and processor: weights, operands and output, each once.
    pub bytes: u64,
}

impl Work {
    /// Operations for every byte moved; `None` where nothing is moved.
    #[must_use]
    pub fn intensity(&self) -> Option<f64> {
        (self.bytes > 0).then(|| self.flops as f64 / self.bytes as f64)
    }

    /// The sum; `None` where one exceeds 64 bits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            flops: self.flops.checked_add(other.flops)?,
            bytes: self.bytes.checked_add(other.bytes)?,
        })
    }
}

/// How layers are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// One after the other; every result goes through memory.
    Separate,
    /// Batch norms and activations directly behind a convolution or a linear layer are done in it.
    Fused,
}

/// The work of every node.
///
/// Values have 4 bytes. A tensor that a layer takes twice is read once. What passes its operand on at inference (flatten, reshape,
/// identity, dropout, drop_path) and inputs move nothing. With [`Execution::Fused`] a batch norm, an activation or a `prelu` whose
/// operand comes from a weighted layer, or from one that is fused into it, and goes nowhere else, moves its weights at most:
/// a batch norm's are folded into the layer's.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn work(network: &Network, execution: Execution) -> Result<NodeTable<Work>, AnalysisError> {
    let (parameters, cost) = (parameters(network)?, cost(network)?);
    let fused = match execution {
        Execution::Separate => vec![false; network.len()],
        Execution::Fused => fused(network),
    };
    let nodes = network.nodes().zip(&parameters).zip(&cost).zip(fused);
    let work = nodes.map(|((((tensor, node), held), cost), fused)| {
        let values = if fused {
            Some(if matches!(node.op, Op::PRelu(_)) { held.trained } else { 0 })
        } else {
            held.trained
                .checked_add(held.buffers)
                .and_then(|weights| weights.checked_add(moved(network, tensor, node)?))
        };
        let bytes = values.and_then(|values| values.checked_mul(BYTES_PER_VALUE));
        let bytes = bytes.ok_or_else(|| AnalysisError::of(node, OpError::Overflow))?;
        Ok(Work { flops: cost.flops, bytes })
    });
    work.collect()
}

/// The elements of the operands and the output; `None` where they exceed 64 bits.
fn moved(network: &Network, tensor: Tensor, node: &Node) -> Option<u64> {
    let passes_on = node.op.operator().storage().is_view(false);
    if passes_on || matches!(node.op, Op::Input(_)) {
        return Some(0);
    }
    let mut read: HashSet<Tensor> = HashSet::new();
    let mut elements = node.shape.elements();
    for (operand, shape) in network.operands(tensor).iter().zip(network.operand_shapes(tensor)) {
        if read.insert(*operand) {
            elements = elements.checked_add(shape.elements())?;
        }
    }
    Some(elements)
}

/// Which nodes are done in the weighted layer before them.
fn fused(network: &Network) -> Vec<bool> {
    let mut fused: Vec<bool> = Vec::with_capacity(network.len());
    for (tensor, node) in network.nodes() {
        let can = matches!(node.op, Op::BatchNorm(_) | Op::Activation(_) | Op::PRelu(_));
        let is_behind = can
            && network.operands(tensor).iter().all(|&operand| {
                let is_weighted =
                    || network.node(operand).is_some_and(|node| node.op.is_weighted());
                network.sole_consumer(operand).is_some()
                    && (is_weighted() || fused.get(operand.index()) == Some(&true))
            });
        fused.push(is_behind);
    }
    fused
}
