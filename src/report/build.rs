//! From a network and the tables of its passes to a report.

use super::{Figures, Layer, Output, Report};
use crate::analysis::{Analysis, AnalysisError, analyse};
use crate::front::Metadata;
use crate::network::{Network, Node, Tensor};
use crate::ops::Op;

impl Report {
    /// Analyses a network and puts its figures into a report.
    ///
    /// # Errors
    /// Where a figure exceeds 64 bits.
    pub fn new(network: &Network, metadata: Metadata) -> Result<Self, AnalysisError> {
        let analysis = analyse(network)?;
        let inputs = network.inputs().iter().filter_map(|input| network.node(*input));
        let input = inputs.map(|node| node.shape).next();
        let outputs = network.outputs().iter().filter_map(|output| {
            let shape = network.node(output.tensor)?.shape.sizes().to_vec();
            Some(Output { name: output.name.clone(), shape })
        });
        Ok(Self {
            layers: layers(network, &analysis),
            totals: analysis.totals,
            memory: analysis.memory,
            name: metadata.name,
            source: metadata.source,
            description: metadata.description,
            settings: metadata.settings,
            batch: input.map_or(0, |shape| shape.batch()),
            input: input.map_or_else(Vec::new, |shape| shape.sizes().to_vec()),
            receptive_field: None,
            outputs: outputs.collect(),
        })
    }
}

fn layers(network: &Network, analysis: &Analysis) -> Vec<Layer> {
    let nodes = network.nodes().zip(&analysis.figures);
    let layers = nodes.filter(|((_, node), _)| !matches!(node.op, Op::Input(_)));
    let layers = layers.zip(&analysis.memory.training.layers);
    let layer = |(((tensor, node), figures), kept_bytes): (((Tensor, &Node), &Figures), &u64)| {
        layer(network, tensor, node, *figures, *kept_bytes)
    };
    layers.map(layer).collect()
}

fn layer(
    network: &Network,
    tensor: Tensor,
    node: &Node,
    figures: Figures,
    kept_bytes: u64,
) -> Layer {
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
        kept_bytes,
        receptive_field: None,
    }
}
