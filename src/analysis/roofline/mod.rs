//! The roofline (Williams, Waterman & Patterson 2009, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
//! CACM 52(4)): how fast a machine could run each layer at best, by the arithmetic and the bytes that the layer moves.

mod fusion;
mod machine;

pub use machine::{Bound, BoundBy, MACHINES, Machine, MachineError, NamedMachine};

use std::collections::HashSet;

use fusion::{Fused, fused};

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
    /// Batch norms and activations directly behind a convolution or a linear layer are done in it, their work being the layer's.
    Fused,
}

/// The work of every node.
///
/// Values have 4 bytes. A tensor that a layer takes twice is read once. What passes its operand on at inference (flatten, reshape,
/// identity, dropout, drop_path) and inputs move nothing. With [`Execution::Fused`] a batch norm, an activation or a `prelu` whose
/// operand comes from a weighted layer, or from one that is fused into it, and goes nowhere else, has no work of its own: what is left
/// of it is the layer's.
///
/// - A batch norm directly behind the layer is folded into its weights. Where the layer has no bias it gets one, to be read and added.
/// - Any other batch norm is a scale and a shift of every channel, an activation what it computes; a `prelu` reads its slopes besides.
///
/// # Errors
/// Where a count exceeds 64 bits.
pub fn work(network: &Network, execution: Execution) -> Result<NodeTable<Work>, AnalysisError> {
    let (parameters, cost) = (parameters(network)?, cost(network)?);
    let fused = match execution {
        Execution::Separate => vec![None; network.len()],
        Execution::Fused => fused(network),
    };
    let mut has_bias: Vec<bool> = cost.iter().map(|cost| cost.flops_by_kind.bias > 0).collect();
    let mut work: Vec<Work> = Vec::with_capacity(network.len());
    for ((((tensor, node), held), cost), fused) in
        network.nodes().zip(&parameters).zip(&cost).zip(fused)
    {
        let overflow = || AnalysisError::of(node, OpError::Overflow);
        let of = |flops, values: Option<u64>| {
            let bytes = values.and_then(|values| values.checked_mul(BYTES_PER_VALUE));
            Ok(Work { flops, bytes: bytes.ok_or_else(overflow)? })
        };
        let Some(Fused { layer, is_folded }) = fused else {
            let values = held.trained.checked_add(held.buffers);
            let values = values.and_then(|held| held.checked_add(moved(network, tensor, node)?));
            work.push(of(cost.flops, values)?);
            continue;
        };
        work.push(Work::default());
        let channels = node.shape.channels().unwrap_or(1);
        let added = match (&node.op, has_bias.get_mut(layer.index())) {
            (Op::BatchNorm(_), Some(has_bias)) if is_folded => {
                if std::mem::replace(has_bias, true) {
                    continue;
                }
                of(node.shape.elements(), Some(channels))?
            }
            (Op::BatchNorm(_), _) => of(cost.flops, channels.checked_mul(2))?,
            _ => of(cost.flops, Some(held.trained))?,
        };
        if let Some(work) = work.get_mut(layer.index()) {
            *work = work.checked_add(&added).ok_or_else(overflow)?;
        }
    }
    Ok(work.into_iter().collect())
}

/// The work of all nodes.
///
/// # Errors
/// Where a sum exceeds 64 bits, with the node at which it does.
pub fn total(network: &Network, work: &NodeTable<Work>) -> Result<Work, AnalysisError> {
    network.nodes().zip(work).try_fold(Work::default(), |sum, ((_, node), work)| {
        sum.checked_add(work).ok_or_else(|| AnalysisError::of(node, OpError::TotalOverflow))
    })
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
