//! Arithmetic that counts itself: what the plain loops of the operators do, one operation after another.

use std::iter::Sum;
use std::ops::AddAssign;

use super::{Cost, FlopsByKind};

/// The arithmetic that was done. The operators' plain loops do every addition, multiplication and comparison of their operands' values through it, so
/// that what it counts is what happened, and not what a formula says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Multiply–accumulates.
    macs: u64,
    /// Additions of a bias.
    pub bias: Operations,
    /// Activation functions, softmax included.
    pub activation: Operations,
    /// Element-wise arithmetic between tensors or with constants, and interpolation.
    pub elementwise: Operations,
    /// Normalization.
    pub normalization: Operations,
    /// Pooling.
    pub pooling: Operations,
}

/// Operations of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Operations(u64);

impl Tally {
    /// `sum + a·b`.
    #[inline]
    #[must_use]
    pub fn multiply_accumulate(&mut self, sum: f64, a: f64, b: f64) -> f64 {
        self.macs += 1;
        sum + a * b
    }

    /// What was done, as costs are told.
    #[must_use]
    pub fn cost(&self) -> Cost {
        Cost {
            macs: self.macs,
            flops: FlopsByKind {
                multiply_accumulate: self.macs.saturating_mul(2),
                bias: self.bias.0,
                activation: self.activation.0,
                elementwise: self.elementwise.0,
                normalization: self.normalization.0,
                pooling: self.pooling.0,
            },
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.macs = self.macs.saturating_add(other.macs);
        for (own, other) in [
            (&mut self.bias, other.bias),
            (&mut self.activation, other.activation),
            (&mut self.elementwise, other.elementwise),
            (&mut self.normalization, other.normalization),
            (&mut self.pooling, other.pooling),
        ] {
            own.0 = own.0.saturating_add(other.0);
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident($($operand:ident),*) => $value:expr;)*) => {
        impl Operations {
            $($(#[$doc])*
            #[inline]
            #[must_use]
            pub fn $name(&mut self, $($operand: f64),*) -> f64 {
                self.0 += 1;
                $value
            })*
        }
    };
}

operations! {
    /// `a + b`.
    add(a, b) => a + b;
    /// `a - b`.
    subtract(a, b) => a - b;
    /// `a·b`.
    multiply(a, b) => a * b;
    /// `a / b`.
    divide(a, b) => a / b;
    /// The larger of two; not a number where one of them is none.
    max(a, b) => if a > b || a.is_nan() { a } else { b };
    /// The smaller of two; not a number where one of them is none.
    min(a, b) => if a < b || a.is_nan() { a } else { b };
    /// `positive` where `x` is positive, otherwise `negative`; a comparison.
    by_sign(x, positive, negative) => if x > 0.0 { positive } else { negative };
    /// `-x`.
    negate(x) => -x;
    /// `e^x`.
    exp(x) => x.exp();
    /// The natural logarithm.
    ln(x) => x.ln();
    /// The square root.
    sqrt(x) => x.sqrt();
    /// `x^y`.
    power(x, y) => x.powf(y);
    /// The hyperbolic tangent.
    tanh(x) => x.tanh();
    /// The error function.
    erf(x) => libm::erf(x);
}
