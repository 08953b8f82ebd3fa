//! Kinds of operators, by which pages colour layers.

/// What an operator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorKind {
    /// Convolutions, transposed ones included.
    Convolution,
    /// Convolutions with a group for each channel.
    Depthwise,
    /// Fully connected layers and matrix products.
    Linear,
    /// Batch, layer and local response normalisation.
    Normalization,
    /// Activation functions, softmax included.
    Activation,
    /// Pooling.
    Pooling,
    /// Where tensors meet: sums, products, concatenations.
    Join,
    /// Everything that moves or passes values on.
    Shape,
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
        Self::Shape,
    ];

    /// The kind of the operator that the network language calls `op`.
    pub fn of(op: &str) -> Self {
        match op {
            "conv" | "conv_transpose" => Self::Convolution,
            "depthwise_conv" => Self::Depthwise,
            "linear" | "matmul" => Self::Linear,
            "batch_norm" | "layer_norm" | "lrn" => Self::Normalization,
            "relu" | "relu6" | "sigmoid" | "tanh" | "gelu" | "silu" | "hard_sigmoid"
            | "hard_swish" | "leaky_relu" | "elu" | "prelu" | "softmax" | "log_softmax" => {
                Self::Activation
            }
            "max_pool" | "avg_pool" | "global_avg_pool" | "global_max_pool"
            | "adaptive_avg_pool" => Self::Pooling,
            "concat" | "add" | "mul" | "mean" | "sub" | "div" => Self::Join,
            _ => Self::Shape,
        }
    }

    /// The kind's name for legends.
    pub fn label(self) -> &'static str {
        match self {
            Self::Convolution => "Convolution",
            Self::Depthwise => "Depthwise convolution",
            Self::Linear => "Linear, matmul",
            Self::Normalization => "Normalisation",
            Self::Activation => "Activation",
            Self::Pooling => "Pooling",
            Self::Join => "Join (add, concat)",
            Self::Shape => "Other",
        }
    }

    /// The kind's name for style sheets.
    pub fn key(self) -> &'static str {
        match self {
            Self::Convolution => "conv",
            Self::Depthwise => "depthwise",
            Self::Linear => "linear",
            Self::Normalization => "norm",
            Self::Activation => "act",
            Self::Pooling => "pool",
            Self::Join => "join",
            Self::Shape => "shape",
        }
    }
}
