//! From a network and the tables of its passes to a report.

use thiserror::Error;

use super::fold::{Overflow, sum};
use super::{Figures, Layer, Output, Report};
use crate::analysis::{AnalysisError, NodeCost, NodeMemory, NodeParameters, analyse};
use crate::front::Metadata;
use crate::network::{Network, Node, Tensor};

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
    pub fn new(network: &Network, metadata: Metadata) -> Result<Self, ReportError> {
        let layers = layers(network)?;
        let inputs = network.inputs().iter().filter_map(|input| network.node(*input));
        let input = inputs.map(|node| node.shape).next();
        let outputs = network.outputs().iter().filter_map(|output| {
            let shape = network.node(output.tensor)?.shape.sizes().to_vec();
            Some(Output { name: output.name.clone(), shape })
        });
        Ok(Self {
            totals: sum(&layers, &metadata.name)?,
            name: metadata.name,
            source: metadata.source,
            description: metadata.description,
            settings: metadata.settings,
            batch: input.map_or(0, |shape| shape.batch()),
            input: input.map_or_else(Vec::new, |shape| shape.sizes().to_vec()),
            receptive_field: None,
            outputs: outputs.collect(),
            layers,
        })
    }
}

fn layers(network: &Network) -> Result<Vec<Layer>, AnalysisError> {
    let tables = analyse(network)?;
    let first = network.inputs().len();
    let nodes = network.nodes().zip(&tables.parameters).zip(&tables.cost).zip(&tables.memory);
    let mut layers = Vec::with_capacity(network.len().saturating_sub(first));
    for ((((tensor, node), parameters), cost), memory) in nodes {
        if !network.inputs().contains(&tensor) {
            layers.push(layer(network, tensor, node, figures(parameters, cost, memory)));
        }
    }
    Ok(layers)
}

fn figures(parameters: &NodeParameters, cost: &NodeCost, memory: &NodeMemory) -> Figures {
    Figures {
        params: parameters.trained,
        buffers: parameters.buffers,
        macs: cost.macs,
        flops: cost.flops,
        flops_by_kind: cost.flops_by_kind,
        activations: cost.activations,
        conv_activations: cost.conv_activations,
        weight_bytes: memory.weight_bytes,
        activation_bytes: memory.activation_bytes,
    }
}

fn layer(network: &Network, tensor: Tensor, node: &Node, figures: Figures) -> Layer {
    let operands: Vec<&Node> = network.operands(tensor).map(|(_, operand)| operand).collect();
    let shapes: Vec<_> = operands.iter().map(|operand| operand.shape).collect();
    let operator = node.op.operator();
    Layer {
        name: node.name().to_owned(),
        op: operator.name().to_owned(),
        kind: operator.kind(&shapes),
        detail: operator.detail(),
        block: node.block().to_owned(),
        inputs: operands.iter().map(|operand| operand.name().to_owned()).collect(),
        input_shapes: shapes.iter().map(|shape| shape.sizes().to_vec()).collect(),
        output_shape: node.shape.sizes().to_vec(),
        figures,
        receptive_field: None,
    }
}
