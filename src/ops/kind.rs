//! Kinds of operators, by which pages color layers.

use serde::Serialize;

/// What an operator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorKind {
    /// Convolutions, transposed ones included.
    Convolution,
    /// Convolutions with a group for each channel.
    Depthwise,
    /// Fully connected layers and matrix products.
    Linear,
    /// Batch, layer and local response normalization.
    Normalization,
    /// Activation functions, softmax included.
    Activation,
    /// Pooling.
    Pooling,
    /// Where tensors meet: sums, products, concatenations.
    Join,
    /// Everything else: what moves elements, passes them on, or computes with constants.
    Other,
}

impl OperatorKind {
    /// All kinds, in the order of legends.
    pub const ALL: [Self; 8] = [
        Self::Convolution,
        Self::Depthwise,
        Self::Linear,
        Self::Normalization,
        Self::Activation,
        Self::Pooling,
        Self::Join,
        Self::Other,
    ];

    /// Whether it is a convolution, depthwise ones included.
    #[must_use]
    pub fn is_convolution(self) -> bool {
        matches!(self, Self::Convolution | Self::Depthwise)
    }

    /// The kind's name for legends.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Convolution => "Convolution",
            Self::Depthwise => "Depthwise convolution",
            Self::Linear => "Linear, matmul",
            Self::Normalization => "Normalization",
            Self::Activation => "Activation",
            Self::Pooling => "Pooling",
            Self::Join => "Join (add, concat)",
            Self::Other => "Other",
        }
    }

    /// The kind's name for style sheets.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Convolution => "conv",
            Self::Depthwise => "depthwise",
            Self::Linear => "linear",
            Self::Normalization => "norm",
            Self::Activation => "act",
            Self::Pooling => "pool",
            Self::Join => "join",
            Self::Other => "other",
        }
    }
}
