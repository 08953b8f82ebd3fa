//! What the differences of a layer's values are measured by.
//!
//! Where values that are large cancel, what is left is the rounding of either: 0 exactly, or by 32 bits some ten-millionths of what went in.
//! Sums of operands' values among themselves are therefore measured by what they are sums of, and what computes with nothing but such
//! rests by what it makes of that. Everything else is measured by its own values.

use super::TOLERANCE;
use crate::network::{Network, Node, Shape, Tensor};
use crate::ops::Op;
use crate::weights::Weights;

/// The magnitude of a node's values, and by which they are measured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scale {
    /// The largest magnitude of its finite values.
    pub(super) own: f64,
    /// At least that.
    pub(super) measure: f64,
}

impl Scale {
    /// The scale of values that are measured by themselves.
    pub(super) fn of_own(own: f64) -> Self {
        Self { own, measure: own }
    }

    /// Whether all values are below what is told apart where they come from.
    fn is_rest(self) -> bool {
        self.own <= TOLERANCE * self.measure
    }
}

/// An operand.
pub(super) struct Operand<'a> {
    pub(super) scale: Scale,
    pub(super) values: &'a [f32],
}

/// By what a layer's values are measured, of which the largest magnitude is given.
pub(super) fn scale(
    network: &Network,
    weights: &Weights,
    (tensor, node): (Tensor, &Node),
    operands: &[Operand<'_>],
    own: f64,
) -> Scale {
    let held = Held { network, weights, tensor, node };
    let largest =
        |of: fn(Scale) -> f64| operands.iter().map(|operand| of(operand.scale)).fold(0.0, f64::max);
    let summed = match (&node.op, operands) {
        (
            Op::AvgPool(_)
            | Op::AdaptiveAvgPool(_)
            | Op::GlobalAvgPool(_)
            | Op::Mean(_)
            | Op::Add(_)
            | Op::Sub(_),
            _,
        ) => largest(|operand| operand.own),
        (Op::LayerNorm(norm), [operand]) => {
            let group = group(&node.shape, norm.axis);
            held.largest("weight").unwrap_or(1.0) * centered(operand.values, group, norm.eps)
        }
        // Sums of products with weights, or of what is not negative, and what sums nothing.
        (
            Op::Input(_)
            | Op::Conv(_)
            | Op::ConvTranspose(_)
            | Op::Linear(_)
            | Op::MatMul(_)
            | Op::BatchNorm(_)
            | Op::LayerNorm(_)
            | Op::Lrn(_)
            | Op::Activation(_)
            | Op::PRelu(_)
            | Op::Softmax(_)
            | Op::LogSoftmax(_)
            | Op::MaxPool(_)
            | Op::GlobalMaxPool(_)
            | Op::Flatten(_)
            | Op::Reshape(_)
            | Op::Identity(_)
            | Op::Transpose(_)
            | Op::ChannelShuffle(_)
            | Op::Concat(_)
            | Op::Slice(_)
            | Op::Pad(_)
            | Op::Mul(_)
            | Op::Div(_)
            | Op::Affine(_)
            | Op::Upsample(_)
            | Op::Dropout(_)
            | Op::DropPath(_),
            _,
        ) => 0.0,
    };
    let are_rests = operands.iter().all(|operand| operand.scale.is_rest());
    let passed = if are_rests && !operands.is_empty() {
        largest(|operand| operand.measure) * held.factor()
    } else {
        0.0
    };
    // A measure that is beyond all numbers measures nothing.
    let measure = [summed, passed].into_iter().filter(|scale| scale.is_finite());
    Scale { own, measure: measure.fold(own, f64::max) }
}

/// How many values are normalized together.
fn group(shape: &Shape, axis: u64) -> usize {
    let axis = usize::try_from(axis).unwrap_or(usize::MAX);
    let sizes = shape.sizes().iter().skip(axis).map(|&size| usize::try_from(size).unwrap_or(1));
    sizes.product::<usize>().max(1)
}

/// The largest magnitude of groups before their means are taken from them, by the deviation of each.
fn centered(values: &[f32], group: usize, eps: f64) -> f64 {
    let of_group = |group: &[f32]| {
        let values = || group.iter().map(|&value| f64::from(value));
        let count = values().map(|_| 1.0).sum::<f64>();
        let mean = values().sum::<f64>() / count;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        values().map(f64::abs).fold(0.0, f64::max) / (variance + eps).sqrt()
    };
    values.chunks(group).map(of_group).fold(0.0, f64::max)
}

/// What a layer holds.
struct Held<'a> {
    network: &'a Network,
    weights: &'a Weights,
    tensor: Tensor,
    node: &'a Node,
}

impl Held<'_> {
    fn values(&self, name: &str) -> Option<&[f32]> {
        let shapes = self.network.operand_shapes(self.tensor);
        let parameters = self.node.op.operator().parameters(shapes).ok()?;
        let at = parameters.iter().position(|parameter| parameter.name == name)?;
        Some(self.weights.of(self.tensor).get(at)?)
    }

    fn largest(&self, name: &str) -> Option<f64> {
        Some(self.values(name)?.iter().map(|&value| f64::from(value).abs()).fold(0.0, f64::max))
    }

    /// By how much a layer enlarges values that have nothing to do with each other.
    fn factor(&self) -> f64 {
        let scale = self.largest("weight").unwrap_or(1.0);
        match &self.node.op {
            Op::Linear(_) => scale * self.taps(self.node.shape.sizes().last()).sqrt(),
            Op::Conv(_) | Op::ConvTranspose(_) => {
                scale * self.taps(self.node.shape.sizes().get(1)).sqrt()
            }
            Op::BatchNorm(norm) => {
                let variances = self.values("running_variance").unwrap_or_default();
                let least = variances.iter().map(|&value| f64::from(value)).reduce(f64::min);
                scale / (least.unwrap_or(1.0) + norm.eps).sqrt()
            }
            Op::LayerNorm(norm) => scale / norm.eps.sqrt(),
            Op::Affine(affine) => affine.scale.abs(),
            Op::PRelu(_) => scale.max(1.0),
            Op::Input(_)
            | Op::MatMul(_)
            | Op::Lrn(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::LogSoftmax(_)
            | Op::MaxPool(_)
            | Op::AvgPool(_)
            | Op::GlobalAvgPool(_)
            | Op::GlobalMaxPool(_)
            | Op::AdaptiveAvgPool(_)
            | Op::Flatten(_)
            | Op::Reshape(_)
            | Op::Identity(_)
            | Op::Transpose(_)
            | Op::ChannelShuffle(_)
            | Op::Concat(_)
            | Op::Slice(_)
            | Op::Pad(_)
            | Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div(_)
            | Op::Mean(_)
            | Op::Upsample(_)
            | Op::Dropout(_)
            | Op::DropPath(_) => 1.0,
        }
    }

    /// How many weights a unit has, of so many that have some of their own; at least 1.
    fn taps(&self, outputs: Option<&u64>) -> f64 {
        let count = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
        let held = count(self.values("weight").map_or(1, <[f32]>::len));
        let outputs = outputs.and_then(|&outputs| usize::try_from(outputs).ok()).map_or(1.0, count);
        (held / outputs).max(1.0)
    }
}
