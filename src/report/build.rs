use super::{Layer, Output, Report, Setting, Totals};
use crate::analysis::{AnalysisError, Figures, analyse};
use crate::front::yaml::{Description, Elaborated};
use crate::network::{Network, Tensor};
use crate::ops::OpError;

impl Report {
    /// Analyses a network and puts its figures into a report.
    ///
    /// # Errors
    /// Where a figure exceeds 64 bits.
    pub fn new(description: &Description, elaborated: &Elaborated) -> Result<Self, AnalysisError> {
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
            totals: totals(network, &figures)?,
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
        receptive_field: None,
    }
}

fn totals(network: &Network, figures: &Figures) -> Result<Totals, AnalysisError> {
    let mut totals = Totals::default();
    for (tensor, node) in network.layers() {
        add(&mut totals, figures, tensor).ok_or_else(|| AnalysisError {
            name: node.name().to_owned(),
            place: node.place,
            error: OpError::Overflow,
        })?;
    }
    Ok(totals)
}

fn add(totals: &mut Totals, figures: &Figures, tensor: Tensor) -> Option<()> {
    let parameters = figures.parameters.get(tensor)?;
    let cost = figures.cost.get(tensor)?;
    let memory = figures.memory.get(tensor)?;
    for (sum, term) in [
        (&mut totals.layers, 1),
        (&mut totals.params, parameters.trained),
        (&mut totals.buffers, parameters.buffers),
        (&mut totals.macs, cost.macs),
        (&mut totals.flops, cost.flops),
        (&mut totals.activations, cost.activations),
        (&mut totals.conv_activations, cost.conv_activations),
        (&mut totals.weight_bytes, memory.weight_bytes),
        (&mut totals.activation_bytes, memory.activation_bytes),
    ] {
        *sum = sum.checked_add(term)?;
    }
    totals.flops_by_kind = totals.flops_by_kind.checked_add(&cost.flops_by_kind)?;
    Some(())
}
