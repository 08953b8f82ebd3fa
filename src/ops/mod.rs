//! The operators: one file per family, each with everything that is particular to it.
//!
//! An operator is a struct of its arguments that implements [`Operator`], a line in [`Op`], and a [`Signature`]
//! that says how a description calls it. `docs/adding-an-operator.md` walks through one.

mod activation;
mod arithmetic;
mod array;
mod backward;
mod concatenation;
mod convolution;
mod cost;
mod draft;
mod error;
mod evaluation;
mod input;
mod kind;
mod linear;
mod normalization;
mod padding;
mod parameter_values;
mod permutation;
mod pooling;
mod reach;
mod regularization;
mod resampling;
mod reshaping;
pub mod signature;
mod sliding;
mod spans;
mod storage;
mod tally;
mod window;

use arrayvec::ArrayVec;

pub use activation::{Activation, Function, LogSoftmax, PRelu, Softmax};
pub use arithmetic::{Add, Affine, Div, Mean, Mul, Sub};
pub use array::Array;
pub use backward::Kept;
pub use concatenation::{Concat, Slice};
pub use convolution::{Conv, ConvTranspose};
pub(crate) use cost::product;
pub use cost::{Cost, FlopKind, FlopsByKind};
use draft::Draft;
pub use error::OpError;
pub use evaluation::Evaluation;
pub use input::Input;
pub use kind::OperatorKind;
pub use linear::{Linear, MatMul};
pub use normalization::{BatchNorm, LayerNorm, Lrn};
pub use padding::{Pad, PadMode};
pub use parameter_values::ParameterValues;
pub use permutation::{ChannelShuffle, Transpose};
pub use pooling::{AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool};
pub use reach::{AxisReach, Reach};
pub use regularization::{DropPath, Dropout};
pub use resampling::{Upsample, UpsampleMode, UpsampleSize};
pub use reshaping::{Flatten, Identity, Reshape};
pub use signature::Signature;
pub(crate) use spans::SpanQuota;
pub use spans::{MAX_PERIOD, Span, Spans};
pub use storage::Storage;
pub use tally::{Operations, Tally};
pub use window::{Padding, Window};

use crate::network::Shape;

/// What every operator answers. `operands` are the shapes of what it takes, in the order of their slots; the
/// other methods are asked only about operands that [`infer`](Operator::infer) accepted.
pub trait Operator {
    /// The operator's name in the network language.
    fn name(&self) -> &'static str;

    /// What it is for, which may depend on what it takes.
    fn kind(&self, operands: &[Shape]) -> OperatorKind;

    /// The shape of the result.
    ///
    /// # Errors
    /// Where the operator does not fit its operands.
    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError>;

    /// Which units of the operand in a slot a unit of the output depends on.
    ///
    /// # Errors
    /// Where a position exceeds 64 bits.
    fn reach(&self, operands: &[Shape], slot: usize, output: &Shape) -> Result<Reach, OpError>;

    /// The tensors it holds: none, unless said otherwise.
    ///
    /// # Errors
    /// Where a size exceeds 64 bits.
    fn parameters(&self, operands: &[Shape]) -> Result<Parameters, OpError> {
        let _ = operands;
        Ok(Parameters::new())
    }

    /// The arithmetic of one forward pass at inference.
    ///
    /// # Errors
    /// Where a count exceeds 64 bits.
    fn cost(&self, operands: &[Shape], output: &Shape) -> Result<Cost, OpError>;

    /// The result, by plain loops over its definition, its shape among it: that follows from the values of the operands and from the arguments, and not from
    /// [`infer`](Operator::infer). All arithmetic on values is done through the tally, which counts it.
    ///
    /// # Errors
    /// Where there are fewer parameters than it takes, or no memory for the result.
    fn evaluate(&self, given: Evaluation<'_>) -> Result<Array, OpError>;

    /// The arguments for people, such as `3x3, stride 2`, those left out that are as usual; empty where there is nothing to say.
    fn detail(&self) -> String {
        String::new()
    }

    /// The window that slides over its operand; `None`, unless said otherwise.
    fn window(&self) -> Option<Window> {
        None
    }

    /// Groups of channels that see only their own: one of all channels, unless said otherwise.
    fn groups(&self) -> u64 {
        1
    }

    /// What its backward pass needs of the forward pass, in training and where a gradient is asked for.
    ///
    /// # Errors
    /// Where a count exceeds 64 bits.
    fn keeps(&self, operands: &[Shape], output: &Shape) -> Result<Kept, OpError>;

    /// Where its output lives: in storage of its own, unless said otherwise.
    fn storage(&self) -> Storage {
        Storage::Own
    }
}

/// A tensor that an operator holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name within the layer: `weight`, `bias`, `running_mean`, `running_variance`.
    pub name: &'static str,
    /// Its shape; axis 0 is no batch here.
    pub shape: Shape,
    /// Whether training changes it by gradients; otherwise it is a buffer, such as a running statistic.
    pub trained: bool,
}

/// The tensors an operator holds, at most four.
pub type Parameters = ArrayVec<Parameter, 4>;

/// What is said of the axis along which an operator works: nothing where it is that of the channels, as usual.
fn axis_detail(axis: u64) -> String {
    if axis == 1 { String::new() } else { format!("axis {axis}") }
}

/// The parameters of these names and shapes; those with `trained` false are buffers.
fn parameters<const N: usize>(
    list: [(&'static str, &[u64], bool); N],
) -> Result<Parameters, OpError> {
    list.into_iter()
        .map(|(name, sizes, trained)| Ok(Parameter { name, shape: Shape::new(sizes)?, trained }))
        .collect()
}

macro_rules! operators {
    ($($variant:ident,)*) => {
        /// Any operator of the language.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Op {
            $(#[doc = concat!("See [`", stringify!($variant), "`].")] $variant($variant),)*
        }

        impl Op {
            /// The operator's rules.
            #[must_use]
            pub fn operator(&self) -> &dyn Operator {
                match self { $(Self::$variant(operator) => operator,)* }
            }

            /// Whether it multiplies by trained weights, as what the literature counts as a network's layers does:
            /// convolutions and linear layers.
            #[must_use]
            pub fn is_weighted(&self) -> bool {
                matches!(self, Self::Conv(_) | Self::ConvTranspose(_) | Self::Linear(_))
            }
        }

        $(impl From<$variant> for Op {
            fn from(operator: $variant) -> Self {
                Self::$variant(operator)
            }
        })*
    };
}

operators! {
    Input,
    Conv, ConvTranspose, Linear, MatMul,
    BatchNorm, LayerNorm, Lrn,
    Activation, PRelu, Softmax, LogSoftmax,
    MaxPool, AvgPool, GlobalAvgPool, GlobalMaxPool, AdaptiveAvgPool,
    Flatten, Reshape, Identity, Transpose, ChannelShuffle, Concat, Slice, Pad,
    Add, Sub, Mul, Div, Mean, Affine,
    Upsample,
    Dropout, DropPath,
}

/// How a description calls each operator, family by family.
pub fn signatures() -> impl Iterator<Item = &'static Signature> {
    let families: [&'static [Signature]; 12] = [
        convolution::SIGNATURES,
        linear::SIGNATURES,
        normalization::SIGNATURES,
        activation::SIGNATURES,
        pooling::SIGNATURES,
        reshaping::SIGNATURES,
        permutation::SIGNATURES,
        concatenation::SIGNATURES,
        padding::SIGNATURES,
        arithmetic::SIGNATURES,
        resampling::SIGNATURES,
        regularization::SIGNATURES,
    ];
    families.into_iter().flatten()
}
