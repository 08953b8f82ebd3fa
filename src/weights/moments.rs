//! What the values of each layer are expected to be in a network of [seeded](super::seeded) values: their mean and mean square over channels and
//! positions, followed through the network as if all were normally distributed and independent.

use num_traits::AsPrimitive;

use crate::network::{Network, Node, Shape, Tensor};
use crate::ops::{Function, Op};

/// Mean and mean square.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) square: f64,
}

impl Moments {
    /// Of what has mean 0 and variance 1.
    const STANDARD: Self = Self { mean: 0.0, square: 1.0 };

    fn new(mean: f64, square: f64) -> Self {
        Self { mean, square }
    }

    fn of_variance(mean: f64, variance: f64) -> Self {
        Self { mean, square: mean * mean + variance }
    }

    fn variance(self) -> f64 {
        (self.square - self.mean * self.mean).max(0.0)
    }

    /// The same values times a constant.
    fn times(self, factor: f64) -> Self {
        Self { mean: self.mean * factor, square: self.square * factor * factor }
    }

    /// Of the positive part `max(x, 0)` of normally distributed values.
    fn rectified(self) -> Self {
        let deviation = self.variance().sqrt();
        if deviation == 0.0 {
            let mean = self.mean.max(0.0);
            return Self::new(mean, mean * mean);
        }
        let ratio = self.mean / deviation;
        let density = libm::exp(-ratio * ratio / 2.0) / std::f64::consts::TAU.sqrt();
        let share = libm::erfc(-ratio * std::f64::consts::FRAC_1_SQRT_2) / 2.0;
        let mean = self.mean * share + deviation * density;
        let square = self.square * share + self.mean * deviation * density;
        Self::new(mean, square)
    }

    /// Of what is `x` where positive, and `slope·x` elsewhere; the slope has a mean and a mean square.
    fn leaking(self, slope: Self) -> Self {
        let positive = self.rectified();
        Self {
            mean: positive.mean + slope.mean * (self.mean - positive.mean),
            square: positive.square + slope.square * (self.square - positive.square),
        }
    }

    /// Of what an operator makes of these.
    fn activated(self, function: Function) -> Self {
        match function {
            Function::Relu | Function::Relu6 => self.rectified(),
            Function::LeakyRelu { slope } => self.leaking(Self::new(slope, slope * slope)),
            // As a slope of half the scale.
            Function::Elu { alpha } => self.leaking(Self::new(alpha / 2.0, alpha * alpha / 4.0)),
            // Between half of its operand, where that is small, and the rectifier.
            Function::Gelu | Function::Silu | Function::HardSwish => {
                let rectified = self.rectified();
                Self::new(0.6 * rectified.mean, 0.75 * rectified.square)
            }
            Function::Sigmoid | Function::HardSigmoid => Self::new(0.5, 0.3),
            // 0.4 is that of the hyperbolic tangent of standard normal values.
            Function::Tanh if self.square > 0.4 => self.times((0.4 / self.square).sqrt()),
            Function::Tanh => self,
        }
    }

    /// Of the output of a node, those of its operands being known.
    pub(super) fn of(network: &Network, tensor: Tensor, node: &Node, operands: &[Self]) -> Self {
        let first = operands.first().copied().unwrap_or(Self::STANDARD);
        let shapes = network.operand_shapes(tensor);
        let made = match &node.op {
            Op::Input(_)
            | Op::Conv(_)
            | Op::Linear(_)
            | Op::ConvTranspose(_)
            | Op::LayerNorm(_) => Self::STANDARD,
            Op::BatchNorm(_) => first.normalized(),
            Op::Activation(activation) => first.activated(activation.function),
            // The slope is uniform between 0 and 1/2.
            Op::PRelu(_) => first.leaking(Self::new(0.25, 1.0 / 12.0)),
            Op::Softmax(_) => {
                let share = 1.0 / to_f64(node.shape.channels().unwrap_or(1));
                Self::new(share, share)
            }
            // Neighbours are much alike, so that a mean of them is less even than one of so many, and their largest less large.
            Op::MaxPool(_) | Op::GlobalMaxPool(_) => {
                let variance = first.variance();
                Self::of_variance(first.mean + variance.sqrt(), variance / 2.0)
            }
            Op::Add(_) => sum(operands, 1.0),
            Op::Sub(_) => {
                let (plus, minus) = operands.split_at(operands.len().min(1));
                let difference = sum(plus, 1.0).mean - sum(minus, 1.0).mean;
                Self::of_variance(difference, sum(operands, 1.0).variance())
            }
            Op::Mean(_) => sum(operands, 1.0 / to_f64(count(operands))),
            Op::Mul(_) => product(operands),
            Op::Div(_) => operands.get(1).map_or(first, |divisor| Self {
                mean: first.mean / divisor.square.sqrt(),
                square: first.square / divisor.square,
            }),
            Op::MatMul(_) => {
                let summands = shapes.first().and_then(|shape| shape.sizes().last());
                let summands = summands.map_or(1.0, |&size| to_f64(size));
                let one = product(operands);
                Self::of_variance(summands * one.mean, summands * one.variance())
            }
            Op::Concat(_) => joined(operands, shapes),
            Op::Affine(affine) => {
                let scaled = first.times(affine.scale);
                Self::of_variance(scaled.mean + affine.shift, scaled.variance())
            }
            _ => first,
        };
        made.bounded()
    }

    /// After a batch normalization.
    fn normalized(self) -> Self {
        /// The variance that is divided by is uniform between 1/2 and 3/2 of the mean square, so that the mean of its inverse is ln 3; the mean that is
        /// subtracted adds 1/48 of the mean square, and the scale has the mean square 49/48: ln 3·(49/48)².
        const SQUARE: f64 = 1.145;
        Self::new(self.mean / self.square.sqrt(), SQUARE)
    }

    /// With a mean square from which and from whose inverse kernels of any size can be made.
    fn bounded(self) -> Self {
        if (1e-6..=1e6).contains(&self.square) { self } else { Self::STANDARD }
    }
}

/// Of the sum of independent values, times a factor.
fn sum(operands: &[Moments], factor: f64) -> Moments {
    let mean = operands.iter().map(|operand| operand.mean).sum();
    let variance = operands.iter().map(|operand| operand.variance()).sum();
    Moments::of_variance(mean, variance).times(factor)
}

/// Of the product of independent values.
fn product(operands: &[Moments]) -> Moments {
    Moments {
        mean: operands.iter().map(|operand| operand.mean).product(),
        square: operands.iter().map(|operand| operand.square).product(),
    }
}

/// Of all values together.
fn joined(operands: &[Moments], shapes: &[Shape]) -> Moments {
    let elements = || shapes.iter().map(|shape| to_f64(shape.elements()));
    let total: f64 = elements().sum();
    let mean = |of: fn(&Moments) -> f64| {
        operands.iter().zip(elements()).map(|(operand, count)| of(operand) * count).sum::<f64>()
            / total
    };
    Moments { mean: mean(|operand| operand.mean), square: mean(|operand| operand.square) }
}

fn count(operands: &[Moments]) -> u64 {
    u64::try_from(operands.len()).unwrap_or(u64::MAX).max(1)
}

/// A count as a number.
pub(super) fn to_f64(count: u64) -> f64 {
    count.as_()
}
