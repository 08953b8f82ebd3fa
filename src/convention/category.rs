//! What a count is of: the lines that every convention's count is divided into, so that one can be taken from another.

use serde::{Serialize, Serializer};

use crate::ops::{Op, OpError};

/// What a part of a count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Convolutions, without their biases.
    Convolution,
    /// Transposed convolutions, without their biases.
    TransposedConvolution,
    /// Fully connected layers, without their biases.
    Linear,
    /// Matrix products.
    MatrixProduct,
    /// The second operation of every multiply–accumulate, where it counts as two.
    Doubling,
    /// Biases.
    Bias,
    /// Batch normalization.
    BatchNormalization,
    /// Layer normalization.
    LayerNormalization,
    /// Local response normalization.
    LocalResponseNormalization,
    /// Activation functions.
    Activation,
    /// Softmax and its logarithm.
    Softmax,
    /// Pooling by the largest element under a window.
    MaxPooling,
    /// Pooling by the mean under a window.
    AveragePooling,
    /// Pooling of whole maps and of parts that follow from the output's size.
    AdaptivePooling,
    /// Element-wise arithmetic between tensors or with constants.
    Elementwise,
    /// Enlarging maps.
    Upsampling,
    /// What moves or passes on.
    Layout,
}

impl Category {
    /// All categories, in the order of every table.
    pub const ALL: [Self; 17] = [
        Self::Convolution,
        Self::TransposedConvolution,
        Self::Linear,
        Self::MatrixProduct,
        Self::Doubling,
        Self::Bias,
        Self::BatchNormalization,
        Self::LayerNormalization,
        Self::LocalResponseNormalization,
        Self::Activation,
        Self::Softmax,
        Self::MaxPooling,
        Self::AveragePooling,
        Self::AdaptivePooling,
        Self::Elementwise,
        Self::Upsampling,
        Self::Layout,
    ];

    /// The category's name for scripts.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Convolution => "convolution",
            Self::TransposedConvolution => "transposed_convolution",
            Self::Linear => "linear",
            Self::MatrixProduct => "matrix_product",
            Self::Doubling => "doubling",
            Self::Bias => "bias",
            Self::BatchNormalization => "batch_normalization",
            Self::LayerNormalization => "layer_normalization",
            Self::LocalResponseNormalization => "local_response_normalization",
            Self::Activation => "activation",
            Self::Softmax => "softmax",
            Self::MaxPooling => "max_pooling",
            Self::AveragePooling => "average_pooling",
            Self::AdaptivePooling => "adaptive_pooling",
            Self::Elementwise => "elementwise",
            Self::Upsampling => "upsampling",
            Self::Layout => "layout",
        }
    }

    /// The category's name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Convolution => "convolutions",
            Self::TransposedConvolution => "transposed convolutions",
            Self::Linear => "fully connected layers",
            Self::MatrixProduct => "matrix products",
            Self::Doubling => "multiply and add as two (×2)",
            Self::Bias => "biases",
            Self::BatchNormalization => "batch norm",
            Self::LayerNormalization => "layer norm",
            Self::LocalResponseNormalization => "local response norm",
            Self::Activation => "activation functions",
            Self::Softmax => "softmax",
            Self::MaxPooling => "max pooling",
            Self::AveragePooling => "average pooling",
            Self::AdaptivePooling => "adaptive and global pooling",
            Self::Elementwise => "element-wise arithmetic",
            Self::Upsampling => "upsampling",
            Self::Layout => "moving and passing on",
        }
    }

    /// The category of an operator's own work.
    #[must_use]
    pub fn of(op: &Op) -> Self {
        match op {
            Op::Conv(_) => Self::Convolution,
            Op::ConvTranspose(_) => Self::TransposedConvolution,
            Op::Linear(_) => Self::Linear,
            Op::MatMul(_) => Self::MatrixProduct,
            Op::BatchNorm(_) => Self::BatchNormalization,
            Op::LayerNorm(_) => Self::LayerNormalization,
            Op::Lrn(_) => Self::LocalResponseNormalization,
            Op::Activation(_) | Op::PRelu(_) => Self::Activation,
            Op::Softmax(_) | Op::LogSoftmax(_) => Self::Softmax,
            Op::MaxPool(_) => Self::MaxPooling,
            Op::AvgPool(_) => Self::AveragePooling,
            Op::GlobalAvgPool(_) | Op::GlobalMaxPool(_) | Op::AdaptiveAvgPool(_) => {
                Self::AdaptivePooling
            }
            Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_) | Op::Mean(_) | Op::Affine(_) => {
                Self::Elementwise
            }
            Op::Upsample(_) => Self::Upsampling,
            Op::Input(_)
            | Op::Flatten(_)
            | Op::Reshape(_)
            | Op::Transpose(_)
            | Op::Concat(_)
            | Op::Pad(_)
            | Op::Slice(_)
            | Op::ChannelShuffle(_)
            | Op::Identity(_)
            | Op::Dropout(_)
            | Op::DropPath(_) => Self::Layout,
        }
    }
}

impl Serialize for Category {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

/// A count, divided into categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; Category::ALL.len()]);

impl Counts {
    /// Nothing.
    pub const NONE: Self = Self([0; Category::ALL.len()]);

    /// The count of a category.
    #[must_use]
    pub fn get(&self, category: Category) -> u64 {
        self.by_category().find(|(of, _)| *of == category).map_or(0, |(_, count)| count)
    }

    /// All categories with their counts.
    pub fn by_category(&self) -> impl Iterator<Item = (Category, u64)> + '_ {
        Category::ALL.into_iter().zip(self.0)
    }

    /// With so many more of a category.
    ///
    /// # Errors
    /// Where that exceeds 64 bits.
    pub fn with(mut self, category: Category, count: u64) -> Result<Self, OpError> {
        for (of, sum) in Category::ALL.into_iter().zip(&mut self.0) {
            if of == category {
                *sum = sum.checked_add(count).ok_or(OpError::Overflow)?;
            }
        }
        Ok(self)
    }

    /// The sum category by category; `None` where one exceeds 64 bits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let mut sum = *self;
        for (sum, count) in sum.0.iter_mut().zip(other.0) {
            *sum = sum.checked_add(count)?;
        }
        Some(sum)
    }

    /// The sum of all categories; `None` where it exceeds 64 bits.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.0.into_iter().try_fold(0u64, u64::checked_add)
    }
}
