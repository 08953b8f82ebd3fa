//! Where the outputs of operators live.

/// Where the output of an operator lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In storage of its own.
    Own,
    /// In storage of its own, or over an operand of its shape that nothing takes any more: no element of an operand is read
    /// after the element of the output at its place was written, statistics made before apart.
    InPlace,
    /// In its operand's: the same elements in the same order under another shape.
    View,
    /// At inference in its operand's, since there it passes that on; in training in storage of its own.
    ViewAtInference,
}

impl Storage {
    /// Whether the output is the operand itself, in training or at inference.
    #[must_use]
    pub fn is_view(self, training: bool) -> bool {
        match self {
            Self::Own | Self::InPlace => false,
            Self::View => true,
            Self::ViewAtInference => !training,
        }
    }
}
