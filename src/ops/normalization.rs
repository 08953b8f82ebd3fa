//! Normalizations.

use super::array::{length, number};
use super::cost::{each, product, sum};
use super::error::{axis, single};
use super::reach::signed;
use super::signature::{ArgumentError, Attributes, Role, Signature, boolean, count, index, real};
use super::{
    Array, AxisReach, Cost, Draft, Evaluation, Kept, OpError, Operator, OperatorKind, Parameters,
    Reach, Storage, axis_detail, parameters,
};
use crate::network::Shape;

/// Batch normalization by channel (Ioffe & Szegedy 2015, arXiv:1502.03167), at inference a scale and a shift made from
/// `weight`, `bias` and the running statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether there are a trained scale and shift.
    pub affine: bool,
}

/// Layer normalization over all axes from `axis` on (Ba et al. 2016, arXiv:1607.06450).
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    /// The first axis that is normalized over.
    pub axis: u64,
    /// Added to the variance.
    pub eps: f64,
    /// Whether there are a trained scale and shift for every normalized element.
    pub affine: bool,
}

/// Local response normalization across channels (Krizhevsky et al. 2012, section 3.3):
/// `x / (k + alpha / size · Σ x²)^beta` over `size` neighbouring channels, with Caffe's division of alpha by the size.
#[derive(Debug, Clone, PartialEq)]
pub struct Lrn {
    /// How many neighbouring channels are summed.
    pub size: u64,
    /// Factor of the sum of squares.
    pub alpha: f64,
    /// Exponent.
    pub beta: f64,
    /// Constant term.
    pub k: f64,
}

pub(super) static SIGNATURES: &[Signature] = &[
    Signature {
        name: "batch_norm",
        summary: "batch normalization by channel",
        role: Role::Normalization,
        arguments: &[
            real("eps", 1e-5, "added to the variance"),
            boolean("affine", true, "whether there are a trained scale and shift"),
        ],
        main: None,
        build: |arguments, _| {
            let (eps, affine) = (eps(arguments)?, arguments.boolean("affine")?);
            Ok(BatchNorm { eps, affine }.into())
        },
    },
    Signature {
        name: "layer_norm",
        summary: "layer normalization over all axes from `axis` on",
        role: Role::Normalization,
        arguments: &[
            index("axis", 1, "the first axis that is normalized over"),
            real("eps", 1e-5, "added to the variance"),
            boolean("affine", true, "whether there are a trained scale and shift"),
        ],
        main: None,
        build: |arguments, _| {
            Ok(LayerNorm {
                axis: arguments.count("axis")?,
                eps: eps(arguments)?,
                affine: arguments.boolean("affine")?,
            }
            .into())
        },
    },
    Signature {
        name: "lrn",
        summary: "local response normalization across channels",
        role: Role::Normalization,
        arguments: &[
            count("size", 5, "how many neighbouring channels are summed"),
            real("alpha", 1e-4, "factor of the mean square"),
            real("beta", 0.75, "exponent"),
            real("k", 1.0, "constant term"),
        ],
        main: Some("size"),
        build: |arguments, _| {
            Ok(Lrn {
                size: arguments.count("size")?,
                alpha: arguments.real("alpha")?,
                beta: arguments.real("beta")?,
                k: arguments.real("k")?,
            }
            .into())
        },
    },
];

/// The most squares that are summed one by one, those of channels that are not there among them.
const MOST_SUMMED: u64 = 1 << 40;

/// What is added to a variance, which no root is taken of below 0.
fn eps(arguments: &Attributes<'_>) -> Result<f64, ArgumentError> {
    let eps = arguments.real("eps")?;
    if eps < 0.0 { Err(ArgumentError::of("eps", "`eps` is at least 0")) } else { Ok(eps) }
}

/// What is said of a normalization without a trained scale and shift.
const NOT_AFFINE: &str = "affine false";

fn channels(operands: &[Shape]) -> Result<u64, OpError> {
    let shape = single(operands)?;
    shape.channels().ok_or(OpError::Axis { axis: 1, shape: *shape })
}

impl Operator for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Normalization
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        channels(operands)?;
        single(operands).copied()
    }

    fn reach(&self, _: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        Ok(Reach::Same)
    }

    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        let channels = &[channels(operands)?];
        if self.affine {
            return parameters([
                ("weight", channels, true),
                ("bias", channels, true),
                ("running_mean", channels, false),
                ("running_variance", channels, false),
            ]);
        }
        parameters([("running_mean", channels, false), ("running_variance", channels, false)])
    }

    /// A multiplication and an addition for every element: what depends on the channel alone is made once.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::normalization(each(output, 2)?))
    }

    /// `weight · (x - mean) / √(variance + eps) + bias` by channel, as a scale and a shift that are made once for each.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let [_, channels, _, _] = x.sizes();
        let affine = if self.affine {
            Some([given.weight(channels)?, given.parameter(1, "bias", channels)?])
        } else {
            None
        };
        let first = if self.affine { 2 } else { 0 };
        let mean = given.parameter(first, "running_mean", channels)?;
        let variance = given.parameter(first + 1, "running_variance", channels)?;
        let scale_and_shift = |c: usize| {
            let [weight, bias] = affine.map_or([1.0, 0.0], |affine| affine.map(|of| of.at(c)));
            let scale = weight / (variance.at(c) + self.eps).sqrt();
            (scale, bias - scale * mean.at(c))
        };
        given.by_map(|[n, c], y, tally| {
            let (scale, shift) = scale_and_shift(c);
            for (y, &x) in y.iter_mut().zip(x.map([n, c])) {
                let scaled = tally.normalization.multiply(scale, x);
                *y = tally.normalization.add(scaled, shift);
            }
        })
    }

    fn detail(&self) -> String {
        if self.affine { String::new() } else { NOT_AFFINE.to_owned() }
    }

    /// The operand, and the batch's mean and inverse deviation of every channel.
    fn keeps(&self, operands: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Kept::OPERANDS.floats(product(&[2, channels(operands)?])?)
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}

impl LayerNorm {
    /// How many elements are normalized together.
    fn group(&self, shape: &Shape) -> Result<u64, OpError> {
        let axis = axis(shape, self.axis)?;
        if axis == 0 {
            return Err(OpError::rule("the batch, axis 0, cannot be normalized over"));
        }
        product(shape.sizes().get(axis..).unwrap_or_default())
    }
}

impl Operator for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Normalization
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let shape = single(operands)?;
        self.group(shape)?;
        Ok(*shape)
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let shape = single(operands)?;
        let first = axis(shape, self.axis)?;
        Ok(Reach::each(shape, |axis| if axis < first { AxisReach::Same } else { AxisReach::Every }))
    }

    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        if !self.affine {
            return Ok(Parameters::new());
        }
        let shape = single(operands)?;
        let sizes = shape.sizes().get(axis(shape, self.axis)?..).unwrap_or_default();
        parameters([("weight", sizes, true), ("bias", sizes, true)])
    }

    /// For a group of m elements: the mean takes m, the differences m, the mean square 2m, eps, root and reciprocal 3, the
    /// scaling m; a trained scale and shift 2m more.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        let groups = output.elements() / self.group(output)?;
        let operations = each(output, if self.affine { 7 } else { 5 })?;
        Ok(Cost::normalization(sum(&[operations, product(&[groups, 3])?])?))
    }

    /// `weight · (x - mean) / √(variance + eps) + bias`, mean and variance being those of all elements that are normalized together.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        let mut y = Draft::copy(x)?;
        let size: usize = x.axes().iter().skip(axis(x.shape(), self.axis)?).product();
        let affine = if self.affine {
            Some([given.weight(size)?, given.parameter(1, "bias", size)?])
        } else {
            None
        };
        let count = number(size);
        let tally = &mut given.tally.normalization;
        for group in y.elements.chunks_mut(size) {
            let mut sum = group[0];
            for &x in &group[1..] {
                sum = tally.add(sum, x);
            }
            let mean = tally.divide(sum, count);
            let mut squares = 0.0;
            for (at, x) in group.iter_mut().enumerate() {
                *x = tally.subtract(*x, mean);
                let square = tally.multiply(*x, *x);
                squares = if at == 0 { square } else { tally.add(squares, square) };
            }
            let variance = tally.divide(squares, count);
            let deviation = tally.add(variance, self.eps);
            let deviation = tally.sqrt(deviation);
            let scale = tally.divide(1.0, deviation);
            for (at, x) in group.iter_mut().enumerate() {
                *x = tally.multiply(*x, scale);
                if let Some([weight, bias]) = affine {
                    let scaled = tally.multiply(*x, weight.at(at));
                    *x = tally.add(scaled, bias.at(at));
                }
            }
        }
        y.done()
    }

    fn detail(&self) -> String {
        let affine = if self.affine { "" } else { NOT_AFFINE };
        let parts = [axis_detail(self.axis), affine.to_owned()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// The operand, and the mean and inverse deviation of every group.
    fn keeps(&self, _: &[Shape], output: &Shape) -> Result<Kept, OpError> {
        Kept::OPERANDS.floats(product(&[2, output.elements() / self.group(output)?])?)
    }

    fn storage(&self) -> Storage {
        Storage::InPlace
    }
}

impl Lrn {
    /// How many of the channels before one are summed with it, and how many of those after: where their number is even, one more before
    /// (PyTorch's definition).
    pub(crate) fn sides(&self) -> [u64; 2] {
        [self.size / 2, self.size.saturating_sub(1) / 2]
    }
}

impl Operator for Lrn {
    fn name(&self) -> &'static str {
        "lrn"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Normalization
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        channels(operands)?;
        if self.size == 0 {
            return Err(OpError::rule("`size` is at least 1"));
        }
        single(operands).copied()
    }

    fn reach(&self, operands: &[Shape], _: usize, _: &Shape) -> Result<Reach, OpError> {
        let [before, after] = self.sides();
        let reach = AxisReach::window(self.size, [1, 1], [signed(before)?, signed(after)?])?;
        Ok(Reach::along(single(operands)?, 1, &reach))
    }

    /// For every element: its square, `size - 1` additions, and a multiplication, an addition, a power and a division;
    /// channels beyond the first and last count as padding does in a convolution.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        Ok(Cost::normalization(each(output, sum(&[self.size, 4])?)?))
    }

    /// `x[c] / (k + alpha / size · Σ x[c']²)^beta` over the channels c' from `c - size/2` to `c + (size - 1)/2`; beyond the first and
    /// last they are 0.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError> {
        let x = given.operand()?;
        if each(x.shape(), self.size)? > MOST_SUMMED {
            let size = self.size;
            return Err(OpError::rule(format!(
                "{size} channels are too many to be added one by one"
            )));
        }
        let mut squares = Draft::copy(x)?;
        for x in &mut squares.elements {
            *x = given.tally.normalization.multiply(*x, *x);
        }
        let squares = squares.done()?;
        let [_, channels, _, _] = x.sizes();
        let size = length(self.size);
        let factor = self.alpha / number(size);
        given.by_map(|[n, c], y, tally| {
            let tally = &mut tally.normalization;
            for (at, (y, &x)) in y.iter_mut().zip(x.map([n, c])).enumerate() {
                let square = |neighbor: usize| {
                    let channel = (c + neighbor).checked_sub(size / 2);
                    let channel = channel.filter(|&channel| channel < channels);
                    channel.map_or(0.0, |channel| squares.map([n, channel])[at])
                };
                let mut sum = square(0);
                for neighbor in 1..size {
                    sum = tally.add(sum, square(neighbor));
                }
                let scaled = tally.multiply(factor, sum);
                let base = tally.add(self.k, scaled);
                let denominator = tally.power(base, self.beta);
                *y = tally.divide(x, denominator);
            }
        })
    }

    fn detail(&self) -> String {
        let Self { size, alpha, beta, k } = self;
        format!("size {size}, alpha {alpha}, beta {beta}, k {k}")
    }

    /// The operand, the output and the denominators before the power, as Caffe does; PyTorch composes it of smaller operators and
    /// keeps more.
    fn keeps(&self, _: &[Shape], output: &Shape) -> Result<Kept, OpError> {
        Kept { operands: true, output: true, bytes: 0 }.floats(output.elements())
    }
}
