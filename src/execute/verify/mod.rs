//! The figures of the analysis beside what happens when the network runs.
//!
//! - Shapes, values of parameters, operations by kind and the peak with separate storage are what the [oracle](super::oracle) made, took, counted
//!   and stored.
//! - The peak in place is replayed from what the steps of the [engine](super::engine) read and write of its arena.
//! - Receptive fields are found by making rows or columns of the input no numbers, which no rounding hides, and looking which units
//!   are no numbers then.
//! - The engine's values are compared with the oracle's, every layer in a step of its own and with layers fused: those that each step makes, when it
//!   has, and those that the network returns.

mod arena;
mod axes;
mod differences;
mod field;
mod reduce;
mod scale;
mod values;

use serde::Serialize;

pub use field::Fields;
pub use reduce::{Instead, operations, reduced};

use super::ExecutionError;
use crate::analysis::Analysis;
use crate::network::{Network, Node, Tensor};
use crate::ops::FlopsByKind;
use crate::weights::Weights;

/// The most by which a value of the engine may differ from the oracle's, as a part of the largest magnitude in the layer.
pub const TOLERANCE: f64 = 1e-4;

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// The most [operations] that all runs for receptive fields may make; `None` for as many as are needed.
    pub field_operations: Option<u64>,
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many of its layers or runs are done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

/// A part of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The oracle computes layers.
    Oracle,
    /// The engine computes layers.
    Engine,
    /// The engine is run with parts of the input that are no numbers.
    Fields,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Shapes of outputs.
    Shapes,
    /// Values of parameters and buffers that operators take.
    Values,
    /// Multiply–accumulates.
    Macs,
    /// All operations.
    Flops,
    /// Operations by kind: two for each multiply–accumulate.
    FlopsMultiplyAccumulate,
    /// Additions of a bias.
    FlopsBias,
    /// Activation functions.
    FlopsActivation,
    /// Element-wise arithmetic.
    FlopsElementwise,
    /// Normalization.
    FlopsNormalization,
    /// Pooling.
    FlopsPooling,
    /// The peak of activations where every output has storage of its own.
    PeakSeparate,
    /// The peak of activations, operators and concatenations in place.
    PeakInPlace,
    /// The arena, which is longer than the peak where tensors do not fit without gaps: it is told, and compared with nothing.
    Arena,
    /// Ends of receptive fields.
    Fields,
    /// Values of the engine, every layer in a step of its own.
    Engine,
    /// Values of the engine, layers fused.
    Fused,
    /// What the engine returns, every layer in a step of its own and layers fused.
    Outputs,
}

impl Subject {
    /// Whether the sum of what layers have is compared besides.
    fn is_summed(self) -> bool {
        match self {
            Self::Values
            | Self::Macs
            | Self::Flops
            | Self::FlopsMultiplyAccumulate
            | Self::FlopsBias
            | Self::FlopsActivation
            | Self::FlopsElementwise
            | Self::FlopsNormalization
            | Self::FlopsPooling => true,
            Self::Shapes
            | Self::PeakSeparate
            | Self::PeakInPlace
            | Self::Arena
            | Self::Fields
            | Self::Engine
            | Self::Fused
            | Self::Outputs => false,
        }
    }
}

/// An amount by the analysis or by a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// A count.
    Count(u64),
    /// Memory.
    Bytes(u64),
    /// A number.
    Number(f64),
    /// A number that is not to be exceeded.
    AtMost(f64),
    /// What is not said.
    None,
}

/// A figure of the analysis beside that of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Line {
    /// Which.
    pub figure: Subject,
    /// What the analysis says.
    pub analysis: Amount,
    /// What happened.
    pub run: Amount,
    /// How many layers, ends of fields or outputs were compared; 1 where the network was.
    pub compared: u64,
    /// Of how many.
    pub of: u64,
    /// Whether it holds, for the network and for everything that was compared; `None` where nothing was.
    pub holds: Option<bool>,
}

/// The first layer whose values by the oracle are not all finite in 32 bits: what follows cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotFinite {
    /// Its full path.
    pub layer: String,
    /// What the first such value is.
    pub value: &'static str,
    /// How many layers have such values or take them, this one among them.
    pub layers: u64,
}

/// What differs at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// What of it.
    pub figure: Subject,
    /// What the analysis says, for people.
    pub analysis: String,
    /// What happened.
    pub run: String,
}

/// A layer that was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeVerification {
    /// Its full path.
    pub name: String,
    /// The operator's name.
    pub op: String,
    /// The shape of the output that was made, batch first.
    pub output_shape: Vec<u64>,
    /// How many values of parameters and buffers it took.
    pub values: u64,
    /// The multiply–accumulates that were done.
    pub macs: u64,
    /// The operations that were done, by kind.
    pub flops_by_kind: FlopsByKind,
    /// How many ends of receptive fields were found where the analysis has them.
    pub field_ends: u64,
    /// How far the engine's values lie from the oracle's, as a part of the largest magnitude; `None` where the layer computes nothing or the
    /// oracle has no finite value.
    pub difference: Option<f64>,
    /// The same where layers are fused; `None` too where it is not the last of its step.
    pub fused_difference: Option<f64>,
    /// What differs.
    pub wrong: Vec<Wrong>,
}

/// Something that the network returns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputVerification {
    /// Its name.
    pub name: String,
    /// How far what the engine returns lies from what the oracle returns, every layer in a step of its own, as a part of the largest magnitude;
    /// `None` where the oracle returns no finite value.
    pub difference: Option<f64>,
    /// The same where layers are fused.
    pub fused_difference: Option<f64>,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// The shape of the first input that was run, batch first.
    pub input: Vec<u64>,
    /// The input and batch that were run in place of what was asked for.
    pub instead: Option<Instead>,
    /// Figures of the network.
    pub lines: Vec<Line>,
    /// Where values stop being finite. Then the verification does not hold.
    pub not_finite: Option<NotFinite>,
    /// What was looked at of receptive fields.
    pub fields: Fields,
    /// What the network returns.
    pub outputs: Vec<OutputVerification>,
    /// Every layer, in execution order.
    pub layers: Vec<NodeVerification>,
}

impl Verification {
    /// Whether nothing differs.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lines.iter().all(|line| line.holds != Some(false)) && self.wrong().next().is_none()
    }

    /// What differs at layers, in execution order.
    pub fn wrong(&self) -> impl Iterator<Item = (&NodeVerification, &Wrong)> {
        self.layers.iter().flat_map(|layer| layer.wrong.iter().map(move |wrong| (layer, wrong)))
    }

    /// How many figures of layers and of the network were compared with what happened.
    #[must_use]
    pub fn compared(&self) -> u64 {
        let lines = self.lines.iter().filter(|line| line.holds.is_some());
        lines.map(|line| line.compared.saturating_add(line.figure.is_summed().into())).sum()
    }
}

/// Runs a network on inputs, each of all samples one after another, and compares what happens with what its analysis says.
///
/// # Errors
/// Where inputs or weights are not of this network, or there is no memory for a run. That a figure differs is no error.
pub fn verify(
    network: &Network,
    analysis: &Analysis,
    weights: &Weights,
    inputs: &[Vec<f32>],
    effort: Effort,
    progress: &mut dyn FnMut(Progress),
) -> Result<Verification, ExecutionError> {
    let mut layers = Layers::of(network);
    let oracle = values::oracle(network, analysis, weights, inputs, &mut layers, progress)?;
    let ran = differences::engine(network, weights, inputs, &oracle, &mut layers, progress)?;
    let arena = arena::lines(network, analysis, &ran.engine);
    let probe = field::Probe { network, fields: &analysis.receptive_fields, engine: &ran.engine };
    let each = operations(network).unwrap_or(u64::MAX);
    let fields = probe.run(inputs, &oracle.is_finite, (effort, each), &mut layers, progress)?;
    let mut lines = oracle.lines(network, analysis, &layers);
    lines.extend(arena);
    lines.push(fields.line(&layers));
    lines.extend(ran.lines(&layers, oracle.not_finite.is_some()));
    Ok(Verification {
        input: network.input_sizes().to_vec(),
        instead: None,
        lines,
        not_finite: oracle.not_finite,
        fields,
        outputs: ran.outputs,
        layers: layers.0.into_iter().flatten().collect(),
    })
}

/// For every node what was found; `None` for inputs.
#[derive(Debug)]
struct Layers(Vec<Option<NodeVerification>>);

impl Layers {
    fn of(network: &Network) -> Self {
        let mut layers: Vec<Option<NodeVerification>> = vec![None; network.len()];
        for (tensor, node) in network.layers() {
            layers[tensor.index()] = Some(NodeVerification::of(node));
        }
        Self(layers)
    }

    fn get(&mut self, tensor: Tensor) -> Option<&mut NodeVerification> {
        self.0.get_mut(tensor.index())?.as_mut()
    }

    fn iter(&self) -> impl Iterator<Item = &NodeVerification> {
        self.0.iter().flatten()
    }

    /// Whether nothing is wrong about one thing.
    fn hold(&self, figure: Subject) -> bool {
        !self.iter().flat_map(|layer| &layer.wrong).any(|wrong| wrong.figure == figure)
    }
}

impl NodeVerification {
    fn of(node: &Node) -> Self {
        Self {
            name: node.name().to_owned(),
            op: node.op.operator().name().to_owned(),
            output_shape: Vec::new(),
            values: 0,
            macs: 0,
            flops_by_kind: FlopsByKind::default(),
            field_ends: 0,
            difference: None,
            fused_difference: None,
            wrong: Vec::new(),
        }
    }

    /// Notes where two differ.
    fn compare<T: PartialEq>(
        &mut self,
        figure: Subject,
        [analysis, run]: [T; 2],
        text: impl Fn(&T) -> String,
    ) {
        if analysis != run {
            self.wrong.push(Wrong { figure, analysis: text(&analysis), run: text(&run) });
        }
    }
}

/// Whether what was compared holds; `None` where nothing was.
fn looked_at(compared: u64, holds: bool) -> Option<bool> {
    (compared > 0 || !holds).then_some(holds)
}

/// A length as a count.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
