//! [`Report`]: one plain, serialisable value that holds everything any page or table shows.
//!
//! A report is made from a network and the tables of the analysis passes; back ends know reports and nothing
//! else. Its serialised form is the JSON that `cnnstat summary --format json` prints, on which scripts rely.

mod build;
pub mod document;
mod field;
pub mod fold;
pub mod formulas;
pub mod memory;
pub mod paths;
mod picture;
pub mod roofline;
pub mod run;
#[cfg(test)]
pub(crate) mod sample;
pub mod table;
mod verified;

use std::ops::Range;

use serde::Serialize;

pub use field::{LayerField, NetworkField, ReceptiveField, Stride, Unaligned};
pub use verified::{VerificationReport, Verified};

use crate::figure::Figure;

pub use crate::analysis::{FieldExtent, Figures, Memory, PaddingShare, Totals};
pub use crate::front::Setting;
pub use crate::ops::{FlopKind, FlopsByKind, OperatorKind, Window};

macro_rules! work {
    () => {
        "MACs: multiply–accumulates of conv, conv_transpose, linear, matmul; no bias, \
         taps on padding count. FLOPs = 2·MACs + bias, activation, element-wise, normalization and pooling work."
    };
}
macro_rules! parameters {
    () => {
        "Params are trained values; running statistics are buffers."
    };
}
macro_rules! units {
    () => {
        "Counts SI (M = 10⁶), bytes MiB."
    };
}

/// What the figures mean; stands under every table of all of them.
pub const CONVENTIONS: &str = concat!(work!(), " ", parameters!(), " ", units!());

/// What these figures mean, where that is to be said; for tables of exact counts.
#[must_use]
pub fn meaning(figures: &[Figure]) -> Option<String> {
    let any = |of: &[Figure]| figures.iter().any(|figure| of.contains(figure));
    let has_work = any(&[Figure::Macs, Figure::Flops]);
    let has_parameters = any(&[Figure::Params, Figure::Buffers, Figure::WeightMemory]);
    let sentences = [(has_work, work!()), (has_parameters, parameters!())];
    let sentences = sentences.into_iter().filter(|(is_said, _)| *is_said);
    let sentences: Vec<_> = sentences.map(|(_, sentence)| sentence).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// What these figures mean, and in which units they are shown.
#[must_use]
pub fn conventions(figures: &[Figure]) -> String {
    meaning(figures).map_or_else(|| units!().to_owned(), |meaning| meaning + " " + units!())
}

/// `part` as a multiple of `whole`; `None` where there is nothing to divide by.
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// All that is shown of one network at one batch size and input resolution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What the network is called.
    pub name: String,
    /// The publication or code the description was taken from.
    pub source: Option<String>,
    /// A few sentences for people.
    pub description: Option<String>,
    /// The network's parameters with the values used here, in the order of the file.
    pub settings: Vec<Setting>,
    /// Number of samples.
    pub batch: u64,
    /// The shape of the first input, batch first.
    pub input: Vec<u64>,
    /// Figures of the whole network.
    pub totals: Totals,
    /// Its memory, part by part.
    pub memory: Memory,
    /// Receptive field of the first output, or of the last layer before it depends on everything; `None` where it is not known.
    pub receptive_field: Option<NetworkField>,
    /// How much of the input a unit of the first output depends on.
    pub receptive_field_extent: FieldExtent,
    /// The first layer whose receptive field is larger than the input.
    pub exceeds_input: Option<String>,
    /// The layers whose operands do not lie around the same pixels.
    pub unaligned: Vec<Unaligned>,
    /// What the network returns.
    pub outputs: Vec<Output>,
    /// Every operator, in execution order.
    pub layers: Vec<Layer>,
    /// What a run said of the figures, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
}

impl Report {
    /// The most bytes of activations that are alive at inference while these layers run, with operators in place.
    #[must_use]
    pub fn alive_bytes(&self, layers: Range<usize>) -> Option<u64> {
        self.memory.in_place.alive_bytes.get(layers)?.iter().max().copied()
    }
}

/// A named result of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The output's name.
    pub name: String,
    /// Its shape, batch first.
    pub shape: Vec<u64>,
}

/// One operator and its figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    /// Full path, such as `fire2/expand3x3` or `conv1.relu`.
    pub name: String,
    /// The operator's name in the network language, such as `conv`.
    pub op: String,
    /// What it is for.
    pub kind: OperatorKind,
    /// The operator's arguments for people, such as `3x3, stride 2, padding 1`; empty where there is nothing to say.
    pub detail: String,
    /// The window that slides over its operand, if there is one.
    #[serde(skip)]
    pub window: Option<Window>,
    /// Groups of channels that see only their own, 1 where there are none.
    #[serde(skip)]
    pub groups: u64,
    /// Path of the block that holds the layer, empty at top level.
    pub block: String,
    /// Names of the layers whose outputs it takes, in order; `input` is the network's input.
    pub inputs: Vec<String>,
    /// Shapes of these, batch first.
    pub input_shapes: Vec<Vec<u64>>,
    /// Shape of the result, batch first.
    pub output_shape: Vec<u64>,
    /// Position in the report's layers of the last one that takes the result; `None` where no layer does.
    #[serde(skip)]
    pub last_consumer: Option<usize>,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Bytes that training keeps of it: its output where any operator needs that for the backward pass, and masks, indices, statistics.
    pub kept_bytes: u64,
    /// Receptive field at the layer's output; `None` unless it is a window.
    pub receptive_field: Option<LayerField>,
    /// How much of the input a unit of the output depends on.
    pub receptive_field_extent: FieldExtent,
}
