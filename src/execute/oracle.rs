//! The forward pass by definition: each operator's plain loops over 64-bit floats, in execution order.
//!
//! Nothing is shared between layers but their values: every output has storage of its own, from its layer on until the last that takes it
//! has run.

use super::{ExecutionError, check_inputs};
use crate::network::{Network, Node, Tensor};
use crate::ops::{Array, Tally};
use crate::weights::Weights;

/// A layer that was computed.
#[derive(Debug)]
pub struct Evaluated<'a> {
    /// The tensor that it produces.
    pub tensor: Tensor,
    /// The layer.
    pub node: &'a Node,
    /// Its output.
    pub output: &'a Array,
    /// The arithmetic that was done.
    pub tally: Tally,
    /// How many values of parameters were handed to it.
    pub parameters: usize,
    /// How many values of activations, the network's inputs among them, were stored while it ran.
    pub live: usize,
}

/// Computes all layers of a network, and hands each to `visit`; gives the network's outputs.
///
/// # Errors
/// Where inputs or weights are not of this network, or there is no memory for a layer's output.
pub fn run(
    network: &Network,
    weights: &Weights,
    inputs: &[Array],
    mut visit: impl FnMut(&Evaluated<'_>),
) -> Result<Vec<Array>, ExecutionError> {
    check_inputs(network, inputs.iter().map(Array::shape))?;
    let mut values: Vec<Option<Array>> = vec![None; network.len()];
    let mut live = 0;
    for (tensor, input) in network.inputs().iter().zip(inputs) {
        live += input.elements().len();
        values[tensor.index()] = Some(input.clone());
    }
    for (tensor, node) in network.layers() {
        let parameters = held(network, tensor, node, weights)?;
        let mut tally = Tally::default();
        let operands: Vec<&Array> =
            network.operands(tensor).iter().filter_map(|at| values[at.index()].as_ref()).collect();
        let references: Vec<&Array> = parameters.iter().collect();
        let output = node.op.operator().evaluate(&operands, &references, &node.shape, &mut tally);
        let output = output.map_err(|error| ExecutionError::of(node, error))?;
        live += output.elements().len();
        let handed = parameters.iter().map(|parameter| parameter.elements().len()).sum();
        visit(&Evaluated { tensor, node, output: &output, tally, parameters: handed, live });
        values[tensor.index()] = Some(output);
        for &taken in network.operands(tensor).iter().chain([&tensor]) {
            let last = network.consumers(taken).last();
            if !network.is_output(taken) && last.is_none_or(|consumer| consumer.tensor == tensor) {
                let freed = values[taken.index()].take();
                live -= freed.map_or(0, |array| array.elements().len());
            }
        }
    }
    let outputs =
        network.outputs().iter().filter_map(|output| values[output.tensor.index()].clone());
    Ok(outputs.collect())
}

/// The values of what a node holds.
fn held(
    network: &Network,
    tensor: Tensor,
    node: &Node,
    weights: &Weights,
) -> Result<Vec<Array>, ExecutionError> {
    let parameters = node.op.operator().parameters(network.operand_shapes(tensor));
    let parameters = parameters.map_err(|error| ExecutionError::of(node, error))?;
    let values = weights.of(tensor);
    let misfit = || ExecutionError::Weights { layer: node.name().to_owned() };
    if parameters.len() != values.len() {
        return Err(misfit());
    }
    let pairs = parameters.iter().zip(values);
    let arrays = pairs.map(|(parameter, values)| {
        let values = values.iter().map(|&value| f64::from(value)).collect();
        Array::new(parameter.shape, values).map_err(|_| misfit())
    });
    arrays.collect()
}
