//! From a network and its figures to a report.

use thiserror::Error;

use super::fold::{Overflow, sum};
use super::{Layer, Output, Report, Setting};
use crate::analysis::{AnalysisError, Figures, analyse};
use crate::front::yaml::{Description, Elaborated};
use crate::network::{Network, Tensor};

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReportError {
    /// A figure of a layer cannot be given.
    #[error(transparent)]
    Layer(#[from] AnalysisError),
    /// A sum over layers cannot be given.
    #[error(transparent)]
    Sum(#[from] Overflow),
}

impl Report {
    /// Analyses a network and puts its figures into a report.
    ///
    /// # Errors
    /// Where a figure exceeds 64 bits.
    pub fn new(description: &Description, elaborated: &Elaborated) -> Result<Self, ReportError> {
        let network = &elaborated.network;
        let figures = analyse(network)?;
        let layers = network.layers().map(|(tensor, _)| layer(network, &figures, tensor));
        let layers: Vec<Layer> = layers.collect();
        let input = network.inputs().first().map(|input| network.node(*input).shape);
        let input = input.map(|shape| shape.sizes().to_vec()).unwrap_or_default();
        let settings = elaborated.parameters.iter();
        Ok(Self {
            name: description.name().to_owned(),
            source: description.source().map(str::to_owned),
            description: description.description().map(str::to_owned),
            settings: settings
                .map(|(name, value)| Setting { name: name.clone(), value: value.to_string() })
                .collect(),
            batch: input.first().copied().unwrap_or(1),
            totals: sum(&layers, description.name())?,
            input,
            receptive_field: None,
            outputs: outputs(network),
            layers,
        })
    }
}

fn outputs(network: &Network) -> Vec<Output> {
    let outputs = network.outputs().iter();
    outputs
        .map(|output| Output {
            name: output.name.clone(),
            shape: network.node(output.tensor).shape.sizes().to_vec(),
        })
        .collect()
}

fn layer(network: &Network, figures: &Figures, tensor: Tensor) -> Layer {
    let node = network.node(tensor);
    let operands = network.operands(tensor);
    let operands = || operands.iter().map(|operand| network.node(*operand));
    let parameters = figures.parameters.get(tensor).copied().unwrap_or_default();
    let cost = figures.cost.get(tensor).copied().unwrap_or_default();
    let memory = figures.memory.get(tensor).copied().unwrap_or_default();
    let operator = node.op.operator();
    Layer {
        name: node.name().to_owned(),
        op: operator.name().to_owned(),
        detail: operator.detail(),
        block: node.block().to_owned(),
        inputs: operands().map(|operand| operand.name().to_owned()).collect(),
        input_shapes: operands().map(|operand| operand.shape.sizes().to_vec()).collect(),
        output_shape: node.shape.sizes().to_vec(),
        params: parameters.trained,
        buffers: parameters.buffers,
        macs: cost.macs,
        flops: cost.flops,
        flops_by_kind: cost.flops_by_kind,
        activations: cost.activations,
        conv_activations: cost.conv_activations,
        weight_bytes: memory.weight_bytes,
        activation_bytes: memory.activation_bytes,
        receptive_field: None,
    }
}
