//! The forward pass by definition: each operator's plain loops over 64-bit floats, in execution order.
//!
//! Every output has storage of its own, from its layer on until the last that takes it has run; that of a layer which passes its operand's
//! values on is its operand's.

use super::{ExecutionError, check_inputs};
use crate::network::{Network, Node, Tensor};
use crate::ops::{Array, Evaluation, Tally};
use crate::weights::{Weights, WeightsError};

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
    let mut storage = Live::of(network);
    for (tensor, input) in network.inputs().iter().zip(inputs) {
        storage.store(*tensor, input.elements().len());
        values[tensor.index()] = Some(input.clone());
    }
    for (tensor, node) in network.layers() {
        let parameters = held(network, tensor, node, weights)?;
        let mut tally = Tally::default();
        let operands: Vec<&Array> =
            network.operands(tensor).iter().filter_map(|at| values[at.index()].as_ref()).collect();
        let references: Vec<&Array> = parameters.iter().collect();
        let given = Evaluation {
            operands: &operands,
            parameters: &references,
            output: &node.shape,
            tally: &mut tally,
        };
        let output = node.op.operator().evaluate(given);
        let output = output.map_err(|error| ExecutionError::of(node, error))?;
        storage.store(tensor, output.elements().len());
        let handed = parameters.iter().map(|parameter| parameter.elements().len()).sum();
        let live = storage.live;
        visit(&Evaluated { tensor, node, output: &output, tally, parameters: handed, live });
        values[tensor.index()] = Some(output);
        for &taken in network.operands(tensor).iter().chain([&tensor]) {
            let last = network.consumers(taken).last();
            let is_over =
                !network.is_output(taken) && last.is_none_or(|consumer| consumer.tensor == tensor);
            if is_over && values[taken.index()].take().is_some() {
                storage.free(taken);
            }
        }
    }
    let outputs =
        network.outputs().iter().filter_map(|output| values[output.tensor.index()].clone());
    Ok(outputs.collect())
}

/// How many values are stored.
struct Live {
    /// For every node the one whose storage its output is.
    owners: Vec<usize>,
    /// For every owner how many values it stores, and how many tensors in its storage are to be taken yet.
    stored: Vec<(usize, usize)>,
    live: usize,
}

impl Live {
    fn of(network: &Network) -> Self {
        let mut owners: Vec<usize> = Vec::with_capacity(network.len());
        for (tensor, node) in network.nodes() {
            let operand = network.operands(tensor).first();
            let viewed = operand.filter(|_| node.op.operator().storage().is_view(false));
            owners.push(viewed.map_or(tensor.index(), |operand| owners[operand.index()]));
        }
        Self { stored: vec![(0, 0); owners.len()], owners, live: 0 }
    }

    fn store(&mut self, tensor: Tensor, values: usize) {
        let (stored, tensors) = &mut self.stored[self.owners[tensor.index()]];
        if *tensors == 0 {
            *stored = values;
            self.live += values;
        }
        *tensors += 1;
    }

    fn free(&mut self, tensor: Tensor) {
        let (stored, tensors) = &mut self.stored[self.owners[tensor.index()]];
        *tensors -= 1;
        if *tensors == 0 {
            self.live -= *stored;
        }
    }
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
    let misfit = || ExecutionError::from(WeightsError::Foreign(node.name().to_owned()));
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
