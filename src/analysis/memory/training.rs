//! What training keeps of the forward pass for the backward pass: every tensor that some operator needs, once, and masks, indices
//! and statistics.

use serde::Serialize;

use super::graph::{Exceeded, Graph, add};

/// Bytes that training keeps for the backward pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Training {
    /// All of it.
    pub training_bytes: u64,
    /// The network's inputs, where an operator needs them.
    pub kept_input_bytes: u64,
    /// Outputs of operators that an operator needs, each once.
    pub kept_output_bytes: u64,
    /// Masks, indices and statistics.
    pub kept_further_bytes: u64,
    /// What is kept of each layer: its output where any operator needs it, and its masks, indices and statistics. In execution order.
    #[serde(skip)]
    pub layers: Vec<u64>,
}

/// The kept tensors.
#[derive(Debug)]
pub(super) struct KeptTensors {
    /// For every node the one whose tensor its output is in training.
    pub(super) owners: Vec<usize>,
    /// Whether the tensor of an owner is kept.
    pub(super) is_kept: Vec<bool>,
}

/// Collects the tensors that the operators of a network need.
pub(super) fn kept(graph: &Graph<'_>) -> KeptTensors {
    let owners = graph.owners(true);
    let mut is_kept = vec![false; graph.len()];
    for (at, node) in graph.nodes.iter().enumerate() {
        if node.kept.output {
            is_kept[owners[at]] = true;
        }
        if node.kept.operands {
            for operand in graph.operands(at) {
                is_kept[owners[operand]] = true;
            }
        }
    }
    KeptTensors { owners, is_kept }
}

impl KeptTensors {
    /// The bytes of kept tensors and of what is kept beside.
    pub(super) fn training(&self, graph: &Graph<'_>) -> Result<Training, Exceeded> {
        let [mut all, mut inputs, mut outputs, mut further] = [0u64; 4];
        let mut layers = Vec::with_capacity(graph.len());
        for (at, (node, &is_kept)) in graph.nodes.iter().zip(&self.is_kept).enumerate() {
            let tensor = if is_kept { node.bytes } else { 0 };
            let kept = add(tensor, node.kept.bytes, at)?;
            all = add(all, kept, at)?;
            further = add(further, node.kept.bytes, at)?;
            if node.is_input {
                inputs = add(inputs, tensor, at)?;
            } else {
                outputs = add(outputs, tensor, at)?;
                layers.push(kept);
            }
        }
        Ok(Training {
            training_bytes: all,
            kept_input_bytes: inputs,
            kept_output_bytes: outputs,
            kept_further_bytes: further,
            layers,
        })
    }
}
