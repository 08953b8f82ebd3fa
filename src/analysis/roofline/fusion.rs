//! Normalization and activation that are done in the weighted layer before them.

use crate::network::{Network, Tensor};
use crate::ops::Op;

/// A node that is done in a weighted layer before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fused {
    /// The layer.
    pub(super) layer: Tensor,
    /// Whether it is a scale and a shift of every output channel, which the layer's weights and bias take in.
    pub(super) is_folded: bool,
}

/// For every node whether it is done in a layer before: a batch norm, an activation or a `prelu` whose operand comes from a weighted
/// layer, or from a node that is done in one, and goes nowhere else.
pub(super) fn fused(network: &Network) -> Vec<Option<Fused>> {
    let mut fused: Vec<Option<Fused>> = Vec::with_capacity(network.len());
    for (tensor, node) in network.nodes() {
        let scales = match node.op {
            Op::BatchNorm(_) => Some(true),
            Op::Activation(_) | Op::PRelu(_) => Some(false),
            _ => None,
        };
        let before = network.operands(tensor).first().copied();
        let before = before.filter(|&before| network.sole_consumer(before).is_some());
        let behind = scales.zip(before).and_then(|(scales, before)| {
            if let Some(Some(earlier)) = fused.get(before.index()) {
                return Some(Fused { is_folded: scales && earlier.is_folded, ..*earlier });
            }
            let layer = network.node(before).filter(|layer| layer.op.is_weighted())?;
            // Batch norm scales along axis 1, a linear layer makes the last.
            let is_by_output = !matches!(layer.op, Op::Linear(_)) || layer.shape.rank() == 2;
            Some(Fused { layer: before, is_folded: scales && is_by_output })
        });
        fused.push(behind);
    }
    fused
}
