//! Which layers are computed together with the one before them.

use super::Fusion;
use crate::analysis::Placement;
use crate::network::{Network, Node, Tensor};
use crate::ops::{Function, Op};

/// A layer with what follows it in the same step.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// The layer.
    pub(super) base: Tensor,
    /// A batch normalization that is folded into its kernel.
    pub(super) batch_norm: Option<Tensor>,
    /// What is added to its output.
    pub(super) residual: Option<Tensor>,
    /// An activation function applied at the end.
    pub(super) activation: Option<Function>,
    /// The last of them, whose output the step makes.
    pub(super) last: Tensor,
    /// All of them, in execution order.
    pub(super) layers: Vec<Tensor>,
}

/// The steps of a network, each layer in one of them. A tensor that is kept is the last of its step.
pub(super) fn groups(network: &Network, placement: &Placement, fusion: Fusion<'_>) -> Vec<Group> {
    let mut is_done = vec![false; network.len()];
    let mut groups = Vec::new();
    for (tensor, node) in network.layers() {
        if is_done[tensor.index()] {
            continue;
        }
        let mut group = Group {
            base: tensor,
            batch_norm: None,
            residual: None,
            activation: None,
            last: tensor,
            layers: vec![tensor],
        };
        group.extend(network, placement, fusion, node);
        let mut at = tensor;
        while at != group.last {
            let Some(next) = network.sole_consumer(at) else { break };
            at = next.tensor;
            is_done[at.index()] = true;
            group.layers.push(at);
        }
        groups.push(group);
    }
    groups
}

impl Group {
    fn extend(
        &mut self,
        network: &Network,
        placement: &Placement,
        fusion: Fusion<'_>,
        base: &Node,
    ) {
        if matches!(base.op, Op::Conv(_) | Op::Linear(_))
            && base.shape.rank() != 3
            && let Some((tensor, Op::BatchNorm(_))) = self.next(network, placement, fusion)
        {
            (self.batch_norm, self.last) = (Some(tensor), tensor);
        }
        if matches!(&base.op, Op::Conv(conv) if conv.groups == 1) {
            self.add(network, placement, fusion);
        }
        if has_kernel(&base.op)
            && let Some((tensor, Op::Activation(activation))) =
                self.next(network, placement, fusion)
        {
            (self.activation, self.last) = (Some(activation.function), tensor);
        }
    }

    /// The layer that alone takes what the group makes, and writes over it.
    fn next<'n>(
        &self,
        network: &'n Network,
        placement: &Placement,
        fusion: Fusion<'_>,
    ) -> Option<(Tensor, &'n Op)> {
        if fusion.keeps(self.last) {
            return None;
        }
        let next = network.sole_consumer(self.last)?.tensor;
        let node = network.node(next)?;
        (placement.get(next) == placement.get(self.last)).then_some((next, &node.op))
    }

    /// Takes in a sum with a tensor that is there already.
    fn add(&mut self, network: &Network, placement: &Placement, fusion: Fusion<'_>) -> Option<()> {
        if fusion.keeps(self.last) {
            return None;
        }
        let sum = network.sole_consumer(self.last)?.tensor;
        let node = network.node(sum)?;
        let [left, right] = network.operands(sum) else { return None };
        let residual = if *left == self.last { *right } else { *left };
        let is_same = network.operand_shapes(sum).iter().all(|shape| *shape == node.shape);
        let is_there = residual.index() < self.base.index();
        // Nobody may look at what is written over between the layer and the sum.
        let follows = sum.index() - self.base.index() == 1 + usize::from(self.batch_norm.is_some());
        let place = placement.get(sum);
        // Nor may the layer write over what it reads itself.
        let buffer = |tensor: Tensor| placement.get(tensor).map(|stored| stored.buffer);
        let reads_it =
            network.operands(self.base).iter().any(|&read| buffer(read) == buffer(residual));
        let stays = place == placement.get(self.last)
            || follows && !reads_it && place == placement.get(residual);
        if matches!(node.op, Op::Add(_)) && is_same && is_there && stays {
            (self.residual, self.last) = (Some(residual), sum);
        }
        Some(())
    }
}

/// Whether an operator is computed, and is not just another view of its operand.
fn has_kernel(op: &Op) -> bool {
    !matches!(
        op,
        Op::Input(_)
            | Op::Flatten(_)
            | Op::Reshape(_)
            | Op::Identity(_)
            | Op::Dropout(_)
            | Op::DropPath(_)
            | Op::Concat(_)
    )
}
