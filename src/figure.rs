//! The names of figures: what a published figure, a budget, a sweep, a study or a closed form can be about.
//!
//! A [`Figure`] is one number of a whole network. The passes of [`crate::analysis`] give its value.

mod limit;
mod measure;
pub mod quantity;

pub use measure::{Measure, PathFigure};

use serde::{Serialize, Serializer};

pub use limit::{Limit, LimitError};

use crate::diagnostics::suggest;

/// A figure of a network that is one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Figure {
    /// Number of operators.
    Layers,
    /// Trained values.
    Params,
    /// Values stored but not trained.
    Buffers,
    /// Multiply–accumulates.
    Macs,
    /// 2·MACs and all other arithmetic.
    Flops,
    /// Elements of all operator outputs.
    Activations,
    /// Elements of the outputs of convolutions.
    ConvActivations,
    /// Elements of the outputs of concatenations.
    ConcatActivations,
    /// Bytes of trained values and buffers.
    WeightMemory,
    /// Bytes of all operator outputs.
    ActivationMemory,
    /// Bytes of the outputs of concatenations.
    ConcatMemory,
    /// Largest sum of live activations at inference, in bytes.
    PeakMemory,
    /// Bytes kept for the backward pass.
    TrainingMemory,
    /// Extent of the receptive field in input pixels, along the axis where it is larger.
    ReceptiveField,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Pixels of the input.
    Pixels,
}

impl Figure {
    /// All figures, in the order of every table.
    pub const ALL: [Self; 14] = [
        Self::Layers,
        Self::Params,
        Self::Buffers,
        Self::Macs,
        Self::Flops,
        Self::Activations,
        Self::ConvActivations,
        Self::ConcatActivations,
        Self::WeightMemory,
        Self::ActivationMemory,
        Self::ConcatMemory,
        Self::PeakMemory,
        Self::TrainingMemory,
        Self::ReceptiveField,
    ];

    /// The figure's name in files and arguments, and in what is about figures by name: closed forms, studies, sweeps, budgets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Params => "params",
            Self::Buffers => "buffers",
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::Activations => "activations",
            Self::ConvActivations => "conv_activations",
            Self::ConcatActivations => "concat_activations",
            Self::WeightMemory => "weight_memory",
            Self::ActivationMemory => "activation_memory",
            Self::ConcatMemory => "concat_memory",
            Self::PeakMemory => "peak_memory",
            Self::TrainingMemory => "training_memory",
            Self::ReceptiveField => "receptive_field",
        }
    }

    /// The figure's name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Layers => "Layers",
            Self::Params => "Params",
            Self::Buffers => "Buffers",
            Self::Macs => "MACs",
            Self::Flops => "FLOPs",
            Self::Activations => "Activations",
            Self::ConvActivations => "Activations of convolutions",
            Self::ConcatActivations => "Activations of concatenations",
            Self::WeightMemory => "Weight bytes",
            Self::ActivationMemory => "Activation bytes",
            Self::ConcatMemory => "Concatenation bytes",
            Self::PeakMemory => "Peak activations",
            Self::TrainingMemory => "Kept for backward",
            Self::ReceptiveField => "Receptive field",
        }
    }

    /// The figure's name for people over a closed form, which is in bytes or pixels where no cell says so.
    #[must_use]
    pub fn form_label(self) -> &'static str {
        match self {
            Self::PeakMemory => "Peak activations, bytes",
            Self::TrainingMemory => "Kept for backward, bytes",
            Self::ReceptiveField => "Receptive field, pixels",
            other => other.label(),
        }
    }

    /// What it is counted in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::WeightMemory
            | Self::ActivationMemory
            | Self::ConcatMemory
            | Self::PeakMemory
            | Self::TrainingMemory => Unit::Bytes,
            Self::ReceptiveField => Unit::Pixels,
            _ => Unit::Count,
        }
    }

    /// Its key among the totals of a report, on which scripts rely.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::WeightMemory => "weight_bytes",
            Self::ActivationMemory => "activation_bytes",
            Self::ConcatMemory => "concat_bytes",
            Self::PeakMemory => "peak_activation_bytes",
            Self::TrainingMemory => "training_bytes",
            other => other.name(),
        }
    }

    /// All spellings in files and arguments: the names, and the keys that some have among the totals of a report.
    pub fn spellings() -> impl Iterator<Item = (&'static str, Self)> {
        Self::ALL.map(|figure| (figure.name(), figure)).into_iter().chain(
            Self::ALL
                .map(|figure| (figure.key(), figure))
                .into_iter()
                .filter(|(key, figure)| *key != figure.name()),
        )
    }

    /// The figure of this name, or of the key that it has among the totals of a report (`peak_activation_bytes`).
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::spellings().find_map(|(known, figure)| (known == name).then_some(figure))
    }

    /// The figure of this name, or what to say where there is none: the one that was most likely meant, or all.
    ///
    /// # Errors
    /// The sentence, where there is no such figure.
    pub fn named(name: &str) -> Result<Self, String> {
        let name = name.trim();
        Self::of_name(name).ok_or_else(|| {
            let help = help(name, Self::ALL.map(Self::name).into_iter());
            format!("there is no figure `{name}`; {help}")
        })
    }
}

/// What to say to a name that no figure has.
pub(crate) fn help(name: &str, names: impl Iterator<Item = &'static str> + Clone) -> String {
    match suggest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the figures are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
