//! From a network and the tables of its passes to a report.

use super::{
    FieldExtent, Figures, Layer, LayerField, NetworkField, Output, ReceptiveField, Report,
    Unaligned,
};
use crate::analysis::{Analysis, AnalysisError, ReceptiveFields, analyse};
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
            receptive_field: network_field(network, &analysis.receptive_fields),
            receptive_field_extent: analysis.receptive_fields.output_extent,
            exceeds_input: analysis
                .receptive_fields
                .exceeds_input
                .map(|layer| name(network, layer)),
            unaligned: unaligned(network, &analysis.receptive_fields),
            outputs: outputs.collect(),
            verified: None,
        })
    }
}

fn name(network: &Network, tensor: Tensor) -> String {
    network.node(tensor).map_or_else(String::new, |node| node.name().to_owned())
}

fn network_field(network: &Network, fields: &ReceptiveFields) -> Option<NetworkField> {
    let whole = fields.network.as_ref()?;
    let field = fields.nodes.get(whole.tensor)?;
    Some(NetworkField {
        field: ReceptiveField::of(field, fields.input?)?,
        layer: whole.is_before_output.then(|| name(network, whole.tensor)),
    })
}

fn unaligned(network: &Network, fields: &ReceptiveFields) -> Vec<Unaligned> {
    let marks = fields.unaligned.iter().map(|mark| Unaligned {
        layer: name(network, mark.tensor),
        branches: mark.branches.iter().map(|(branch, _)| name(network, *branch)).collect(),
        offsets: mark.branches.iter().map(|(_, offsets)| *offsets).collect(),
    });
    marks.collect()
}

fn layers(network: &Network, analysis: &Analysis) -> Vec<Layer> {
    let input = analysis.receptive_fields.input;
    let nodes = network.nodes().zip(&analysis.figures).zip(&analysis.receptive_fields.nodes);
    let layers = nodes.filter(|(((_, node), _), _)| !matches!(node.op, Op::Input(_)));
    let layers = layers.zip(&analysis.memory.training.layers);
    let positions = positions(network);
    let layers = layers.map(|((((tensor, node), figures), field), kept_bytes)| Layer {
        kept_bytes: *kept_bytes,
        last_consumer: network
            .consumers(tensor)
            .last()
            .and_then(|consumer| positions.get(consumer.tensor.index()).copied()),
        receptive_field: input.and_then(|input| LayerField::of(field, input)),
        receptive_field_extent: field.extent(),
        ..layer(network, tensor, node, *figures)
    });
    layers.collect()
}

/// For every node its position among the layers, which inputs are not.
fn positions(network: &Network) -> Vec<usize> {
    let mut layers = 0;
    let positions = network.nodes().map(|(_, node)| {
        let position = layers;
        layers += usize::from(!matches!(node.op, Op::Input(_)));
        position
    });
    positions.collect()
}

fn layer(network: &Network, tensor: Tensor, node: &Node, figures: Figures) -> Layer {
    let shapes = network.operand_shapes(tensor);
    let operator = node.op.operator();
    Layer {
        name: node.name().to_owned(),
        op: operator.name().to_owned(),
        kind: operator.kind(shapes),
        detail: operator.detail(),
        window: operator.window(),
        groups: operator.groups(),
        block: node.block().to_owned(),
        inputs: network.operands(tensor).iter().map(|operand| name(network, *operand)).collect(),
        input_shapes: shapes.iter().map(|shape| shape.sizes().to_vec()).collect(),
        output_shape: node.shape.sizes().to_vec(),
        figures,
        last_consumer: None,
        kept_bytes: 0,
        receptive_field: None,
        receptive_field_extent: FieldExtent::Unknown,
    }
}
