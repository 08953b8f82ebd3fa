//! What follows a kernel and is computed with it.

use num_traits::AsPrimitive;

use super::exponential::{exp, exp_m1, tanh};
use crate::ops::Function;

/// A function of one element, in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pointwise(pub(super) Function);

impl Pointwise {
    /// Applies it to every element.
    #[inline(always)]
    pub(super) fn apply(self, values: &mut [f32]) {
        #[inline(always)]
        fn each(values: &mut [f32], function: impl Fn(f32) -> f32) {
            for value in values {
                *value = function(*value);
            }
        }
        match self.0 {
            Function::Relu => each(values, relu),
            Function::Relu6 => each(values, |x| minimum(relu(x), 6.0)),
            Function::LeakyRelu { slope } => {
                let slope: f32 = slope.as_();
                each(values, |x| if x > 0.0 { x } else { slope * x });
            }
            Function::Elu { alpha } => {
                let alpha: f32 = alpha.as_();
                each(values, |x| if x > 0.0 { x } else { alpha * exp_m1(x) });
            }
            Function::Gelu => {
                each(values, |x| 0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2)));
            }
            Function::Silu => each(values, |x| x / (1.0 + exp(-x))),
            Function::Sigmoid => each(values, |x| 1.0 / (1.0 + exp(-x))),
            Function::Tanh => each(values, tanh),
            Function::HardSigmoid => each(values, hard_sigmoid),
            Function::HardSwish => each(values, |x| x * hard_sigmoid(x)),
        }
    }
}

/// The larger of a value and 0; not a number where the value is none.
#[inline(always)]
pub(super) fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// The smaller of a value and a limit; not a number where the value is none.
#[inline(always)]
fn minimum(x: f32, limit: f32) -> f32 {
    if x > limit { limit } else { x }
}

#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    minimum(relu(x + 3.0), 6.0) / 6.0
}
