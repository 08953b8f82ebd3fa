//! The figures that add up, and those of a whole network.

use serde::Serialize;

use super::{
    AnalysisError, FieldExtent, Memory, NodeCost, NodeMemory, NodeParameters, NodeTable,
    ReceptiveFields,
};
use crate::figure::Figure;
use crate::network::Network;
use crate::ops::{FlopsByKind, Op, OpError};

/// Figures that add up: of a layer, a part of a network, or all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Trained values.
    pub params: u64,
    /// Values stored but not trained: batch norm's running statistics.
    pub buffers: u64,
    /// Multiply–accumulates of convolutions, linear layers and matrix products.
    pub macs: u64,
    /// 2·MACs and all other arithmetic.
    pub flops: u64,
    /// `flops` by kind.
    pub flops_by_kind: FlopsByKind,
    /// Elements of all operator outputs.
    pub activations: u64,
    /// Elements of the outputs of convolutions alone.
    pub conv_activations: u64,
    /// Elements of the outputs of concatenations alone.
    pub concat_activations: u64,
    /// Bytes of trained values and buffers as 32-bit floats.
    pub weight_bytes: u64,
    /// Bytes of all operator outputs as 32-bit floats.
    pub activation_bytes: u64,
    /// Bytes of the outputs of concatenations as 32-bit floats.
    pub concat_bytes: u64,
}

impl Figures {
    /// The figures of a node from the tables of the passes.
    fn of(parameters: &NodeParameters, cost: &NodeCost, memory: &NodeMemory) -> Self {
        Self {
            params: parameters.trained,
            buffers: parameters.buffers,
            macs: cost.macs,
            flops: cost.flops,
            flops_by_kind: cost.flops_by_kind,
            activations: cost.activations,
            conv_activations: cost.conv_activations,
            concat_activations: cost.concat_activations,
            weight_bytes: memory.weight_bytes,
            activation_bytes: memory.activation_bytes,
            concat_bytes: memory.concat_bytes,
        }
    }

    /// The sum; `None` where one exceeds 64 bits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            params: self.params.checked_add(other.params)?,
            buffers: self.buffers.checked_add(other.buffers)?,
            macs: self.macs.checked_add(other.macs)?,
            flops: self.flops.checked_add(other.flops)?,
            flops_by_kind: self.flops_by_kind.checked_add(&other.flops_by_kind)?,
            activations: self.activations.checked_add(other.activations)?,
            conv_activations: self.conv_activations.checked_add(other.conv_activations)?,
            concat_activations: self.concat_activations.checked_add(other.concat_activations)?,
            weight_bytes: self.weight_bytes.checked_add(other.weight_bytes)?,
            activation_bytes: self.activation_bytes.checked_add(other.activation_bytes)?,
            concat_bytes: self.concat_bytes.checked_add(other.concat_bytes)?,
        })
    }
}

/// Figures of a whole network, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Number of layers (operators).
    pub layers: u64,
    /// The sums over these.
    #[serde(flatten)]
    pub figures: Figures,
    /// Largest sum of live activations at inference; `None` where it is not known.
    pub peak_activation_bytes: Option<u64>,
    /// Bytes kept for the backward pass; `None` where it is not known.
    pub training_bytes: Option<u64>,
    /// Extent of the receptive field in input pixels: height, width; `None` where it is not known.
    #[serde(skip)]
    pub receptive_field: Option<[u64; 2]>,
    /// How much of the input a unit of the first output depends on. Where it is everything, `receptive_field` is that of the last layer
    /// before.
    #[serde(skip)]
    pub receptive_field_extent: FieldExtent,
}

impl Totals {
    pub(super) fn take_memory(&mut self, memory: &Memory) {
        self.peak_activation_bytes = Some(memory.in_place.peak_bytes);
        self.training_bytes = Some(memory.training.training_bytes);
    }

    pub(super) fn take_field(&mut self, fields: &ReceptiveFields) {
        self.receptive_field = fields.network.as_ref().map(|field| field.size);
        self.receptive_field_extent = fields.output_extent;
    }

    /// The value of a figure; `None` where it is not known.
    #[must_use]
    pub fn get(&self, figure: Figure) -> Option<u64> {
        let figures = &self.figures;
        Some(match figure {
            Figure::Layers => self.layers,
            Figure::Params => figures.params,
            Figure::Buffers => figures.buffers,
            Figure::Macs => figures.macs,
            Figure::Flops => figures.flops,
            Figure::Activations => figures.activations,
            Figure::ConvActivations => figures.conv_activations,
            Figure::ConcatActivations => figures.concat_activations,
            Figure::WeightMemory => figures.weight_bytes,
            Figure::ActivationMemory => figures.activation_bytes,
            Figure::ConcatMemory => figures.concat_bytes,
            Figure::PeakMemory => return self.peak_activation_bytes,
            Figure::TrainingMemory => return self.training_bytes,
            Figure::ReceptiveField => return self.receptive_field.map(|[y, x]| y.max(x)),
        })
    }
}

/// The figures of every node, from the tables of the same network.
pub(super) fn figures(
    parameters: &NodeTable<NodeParameters>,
    cost: &NodeTable<NodeCost>,
    memory: &NodeTable<NodeMemory>,
) -> NodeTable<Figures> {
    let nodes = parameters.iter().zip(cost).zip(memory);
    nodes.map(|((parameters, cost), memory)| Figures::of(parameters, cost, memory)).collect()
}

/// The sums over all nodes.
///
/// # Errors
/// Where a sum exceeds 64 bits, with the node at which it does.
pub(super) fn totals(
    network: &Network,
    figures: &NodeTable<Figures>,
) -> Result<Totals, AnalysisError> {
    let mut totals = Totals::default();
    for ((_, node), figures) in network.nodes().zip(figures) {
        let sum = totals.figures.checked_add(figures);
        totals.figures = sum.ok_or_else(|| AnalysisError::of(node, OpError::TotalOverflow))?;
        totals.layers += u64::from(!matches!(node.op, Op::Input(_)));
    }
    Ok(totals)
}
