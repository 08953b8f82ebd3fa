//! Activation functions and softmax.

use super::array::Lane;
use super::cost::{each, product};
use super::error::{axis, single};
use super::signature::{Role, Signature, boolean, index, real};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operations, Operator, OperatorKind,
    Parameters, Reach, Storage, axis_detail, parameters,
};
use crate::network::Shape;

/// An activation function, applied to every element.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// Which one.
    pub function: Function,
}

/// The functions of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x` where positive, `slope·x` elsewhere.
    LeakyRelu {
        /// Slope of the negative part.
        slope: f64,
    },
    /// `x` where positive, `alpha·(e^x - 1)` elsewhere.
    Elu {
        /// Scale of the negative part.
        alpha: f64,
    },
    /// `x/2·(1 + erf(x/√2))`.
    Gelu,
    /// `x·sigmoid(x)`.
    Silu,
    /// `1 / (1 + e^-x)`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
    /// `x·relu6(x + 3) / 6`.
    HardSwish,
}

impl Function {
    /// The function's name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Relu6 => "relu6",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Elu { .. } => "elu",
            Self::Gelu => "gelu",
            Self::Silu => "silu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::HardSigmoid => "hard_sigmoid",
            Self::HardSwish => "hard_swish",
        }
    }

    /// The function of one element.
    fn of(self, x: f64, tally: &mut Operations) -> f64 {
        match self {
            Self::Relu => tally.max(x, 0.0),
            Self::Relu6 => {
                let positive = tally.max(x, 0.0);
                tally.min(positive, 6.0)
            }
            Self::LeakyRelu { slope } => {
                let negative = tally.multiply(slope, x);
                tally.by_sign(x, x, negative)
            }
            Self::Elu { alpha } => {
                let exponential = tally.exp(x);
                let difference = tally.subtract(exponential, 1.0);
                let negative = tally.multiply(alpha, difference);
                tally.by_sign(x, x, negative)
            }
            Self::Gelu => {
                let scaled = tally.divide(x, std::f64::consts::SQRT_2);
                let error = tally.erf(scaled);
                let sum = tally.add(1.0, error);
                let half = tally.divide(x, 2.0);
                tally.multiply(half, sum)
            }
            Self::Silu => {
                let sigmoid = Self::Sigmoid.of(x, tally);
                tally.multiply(x, sigmoid)
            }
            Self::Sigmoid => {
                let negative = tally.negate(x);
                let exponential = tally.exp(negative);
                let sum = tally.add(1.0, exponential);
                tally.divide(1.0, sum)
            }
            Self::Tanh => tally.tanh(x),
            Self::HardSigmoid => {
                let shifted = tally.add(x, 3.0);
                let positive = tally.max(shifted, 0.0);
                let clipped = tally.min(positive, 6.0);
                tally.divide(clipped, 6.0)
            }
            Self::HardSwish => {
                let sigmoid = Self::HardSigmoid.of(x, tally);
                tally.multiply(x, sigmoid)
            }
        }
    }

    /// Operations for one element: every comparison, addition, multiplication, division, exponential, error function
    /// and hyperbolic tangent counts one, whichever side of a case the element falls on.
    fn operations(self) -> u64 {
        match self {
            Self::Relu | Self::Tanh => 1,
            Self::Relu6 | Self::LeakyRelu { .. } => 2,
            Self::Elu { .. } | Self::Sigmoid | Self::HardSigmoid => 4,
            Self::Gelu | Self::Silu | Self::HardSwish => 5,
        }
    }
}

/// A rectifier with a learned slope of its negative part (He et al. 2015, arXiv:1502.01852).
#[derive(Debug, Clone, PartialEq)]
pub struct PRelu {
    /// Whether every channel has a slope of its own.
    pub per_channel: bool,
}

/// The softmax over one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Softmax {
    /// The axis whose elements sum to 1, the batch being axis 0.
    pub axis: u64,
}

/// The logarithm of the softmax over one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct LogSoftmax {
    /// The axis, the batch being axis 0.
    pub axis: u64,
}

/// A function without arguments.
macro_rules! plain {
    ($name:literal, $function:ident, $summary:literal) => {
        Signature {
            name: $name,
            summary: $summary,
            role: Role::Activation,
            arguments: &[],
            main: None,
            build: |_, _| Ok(Activation { function: Function::$function }.into()),
        }
    };
}

/// A softmax.
macro_rules! over_axis {
    ($name:literal, $operator:ident, $summary:literal) => {
        Signature {
            name: $name,
            summary: $summary,
            role: Role::Activation,
            arguments: &[index(
                "axis",
                1,
                "the axis whose elements are weighed against each other",
            )],
            main: Some("axis"),
            build: |arguments, _| Ok($operator { axis: arguments.count("axis")? }.into()),
        }
    };
}

pub(super) static SIGNATURES: &[Signature] = &[
    plain!("relu", Relu, "max(x, 0)"),
    plain!("relu6", Relu6, "min(max(x, 0), 6)"),
    Signature {
        name: "leaky_relu",
        summary: "x where positive, slope·x elsewhere",
        role: Role::Activation,
        arguments: &[real("slope", 0.01, "slope of the negative part")],
        main: Some("slope"),
        build: |arguments, _| {
            let function = Function::LeakyRelu { slope: arguments.real("slope")? };
            Ok(Activation { function }.into())
        },
    },
    Signature {
        name: "prelu",
        summary: "leaky_relu with a learned slope",
        role: Role::Activation,
        arguments: &[boolean("per_channel", true, "whether every channel has a slope of its own")],
        main: Some("per_channel"),
        build: |arguments, _| Ok(PRelu { per_channel: arguments.boolean("per_channel")? }.into()),
    },
    Signature {
        name: "elu",
        summary: "x where positive, alpha·(e^x - 1) elsewhere",
        role: Role::Activation,
        arguments: &[real("alpha", 1.0, "scale of the negative part")],
        main: Some("alpha"),
        build: |arguments, _| {
            let function = Function::Elu { alpha: arguments.real("alpha")? };
            Ok(Activation { function }.into())
        },
    },
    plain!("gelu", Gelu, "x/2·(1 + erf(x/√2))"),
    plain!("silu", Silu, "x·sigmoid(x), also called swish"),
    plain!("sigmoid", Sigmoid, "1 / (1 + e^-x)"),
    plain!("tanh", Tanh, "hyperbolic tangent"),
    plain!("hard_sigmoid", HardSigmoid, "relu6(x + 3) / 6"),
    plain!("hard_swish", HardSwish, "x·relu6(x + 3) / 6"),
    over_axis!("softmax", Softmax, "softmax over an axis"),
    over_axis!("log_softmax", LogSoftmax, "logarithm of the softmax over an axis"),
];

impl Operator for Activation {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Activation
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        single(operands).copied()
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Same)
    }

    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::activation(each(output, self.function.operations())?))
    }

    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        given.by_element(|x, tally| self.function.of(x, &mut tally.activation))
    }

    fn detail(&self) -> String {
        match self.function {
            Function::LeakyRelu { slope } => format!("slope {slope}"),
            Function::Elu { alpha } => format!("alpha {alpha}"),
            _ => String::new(),
        }
    }

    /// The output where the derivative follows from it, which the next layer often keeps anyway; else the operand.
    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(match self.function {
            Function::Relu | Function::Sigmoid | Function::Tanh => Kept::OUTPUT,
            Function::Relu6
            | Function::LeakyRelu { .. }
            | Function::Elu { .. }
            | Function::Gelu
            | Function::Silu
            | Function::HardSigmoid
            | Function::HardSwish => Kept::OPERANDS,
        })
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}

impl PRelu {
    fn slopes(&self, operands: &[Shape]) -> Result<u64, OpError> {
        let shape = single(operands)?;
        let channels = shape.channels().ok_or(OpError::Axis { axis: 1, shape: *shape })?;
        Ok(if self.per_channel { channels } else { 1 })
    }
}

impl Operator for PRelu {
    fn name(&self) -> &'static str {
        "prelu"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Activation
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        self.slopes(operands)?;
        single(operands).copied()
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Same)
    }

    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        parameters([("weight", &[self.slopes(operands)?], true)])
    }

    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::activation(each(output, 2)?))
    }

    /// `x` where positive, `weight[c]·x` elsewhere.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [_, channels, _, _] = x.sizes();
        let slopes = given.weight(if self.per_channel { channels } else { 1 })?;
        given.by_map(|[n, c], y, tally| {
            let slope = slopes.at(if self.per_channel { c } else { 0 });
            for (y, &x) in y.iter_mut().zip(x.map([n, c])) {
                let negative = tally.activation.multiply(slope, x);
                *y = tally.activation.by_sign(x, x, negative);
            }
        })
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OPERANDS)
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}

fn over(operands: &[Shape], along: u64) -> Result<Shape, OpError> {
    let shape = single(operands)?;
    match axis(shape, along)? {
        0 => Err(OpError::rule("axis 0 is the batch; a softmax goes over another")),
        _ => Ok(*shape),
    }
}

/// Every unit depends on all that lie along the axis.
fn every_along(operands: &[Shape], along: u64) -> Result<Reach, OpError> {
    let shape = single(operands)?;
    Ok(Reach::along(shape, axis(shape, along)?, &AxisReach::Every))
}

/// `each` operations for every element but `less` for every group along the axis.
fn grouped(output: &Shape, along: u64, each: u64, less: u64) -> Result<Cost, OpError> {
    let axis = axis(output, along)?;
    let length = output.sizes().get(axis).copied().unwrap_or(1);
    let groups = output.elements() / length;
    let all = product(&[output.elements(), each])?;
    Ok(Cost::activation(all.saturating_sub(product(&[groups, less])?)))
}

/// Leaves in a lane what `kept` chooses of the differences from its maximum and their exponentials; gives the sum of the latter.
fn exponentials(
    values: &mut [f64],
    lane: &Lane,
    tally: &mut Operations,
    kept: fn(f64, f64) -> f64,
) -> f64 {
    let mut largest = None;
    for at in lane.clone() {
        largest = Some(largest.map_or(values[at], |largest| tally.max(largest, values[at])));
    }
    let largest = largest.unwrap_or(f64::NAN);
    let mut sum = None;
    for at in lane.clone() {
        let difference = tally.subtract(values[at], largest);
        let exponential = tally.exp(difference);
        sum = Some(sum.map_or(exponential, |sum| tally.add(sum, exponential)));
        values[at] = kept(difference, exponential);
    }
    sum.unwrap_or(f64::NAN)
}

impl Operator for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Activation
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        over(operands, self.axis)
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        every_along(operands, self.axis)
    }

    /// Over m elements: the maximum takes m - 1 comparisons, differences and exponentials m each, their sum m - 1
    /// additions, the division m.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        grouped(output, self.axis, 5, 2)
    }

    /// `e^x / Σ e^x` along the axis, the largest x being subtracted from all before.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let mut y = Draft::copy(x)?;
        let tally = &mut given.tally.activation;
        for lane in x.lanes(axis(x.shape(), self.axis)?) {
            let sum = exponentials(&mut y.elements, &lane, tally, |_, exponential| exponential);
            for at in lane {
                y.elements[at] = tally.divide(y.elements[at], sum);
            }
        }
        y.done()
    }

    fn detail(&self) -> String {
        axis_detail(self.axis)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OUTPUT)
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}

impl Operator for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Activation
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        over(operands, self.axis)
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        every_along(operands, self.axis)
    }

    /// As the softmax, with one logarithm and m subtractions in place of m divisions.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        grouped(output, self.axis, 5, 1)
    }

    /// `x - ln Σ e^x` along the axis, the largest x being subtracted from all before.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let mut y = Draft::copy(x)?;
        let tally = &mut given.tally.activation;
        for lane in x.lanes(axis(x.shape(), self.axis)?) {
            let sum = exponentials(&mut y.elements, &lane, tally, |difference, _| difference);
            let logarithm = tally.ln(sum);
            for at in lane {
                y.elements[at] = tally.subtract(y.elements[at], logarithm);
            }
        }
        y.done()
    }

    fn detail(&self) -> String {
        axis_detail(self.axis)
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::OUTPUT)
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_counts_every_operation_of_a_row() {
        let shape = Shape::new(&[2, 10]).unwrap();
        let cost = Softmax { axis: 1 }.cost(&[shape], &shape).unwrap();
        assert_eq!(cost.flops.activation, 2 * (9 + 10 + 10 + 9 + 10));
        let cost = LogSoftmax { axis: 1 }.cost(&[shape], &shape).unwrap();
        assert_eq!(cost.flops.activation, 2 * (9 + 10 + 10 + 9 + 1 + 10));
    }
}
