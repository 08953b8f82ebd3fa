//! The forward pass by definition: each operator's plain loops over 64-bit floats, in execution order.
//!
//! An output is stored from its layer on until the last that takes it has run. What is stored is looked at: layers that pass their operand's values on give
//! the operand's storage back, all others make their own.

use std::collections::HashMap;

use super::{ExecutionError, check_inputs};
use crate::network::{Network, Node, Shape, Tensor};
use crate::ops::{Array, Evaluation, Parameter, ParameterValues, Tally};
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
    /// How many of the values that it holds it read, each counted once.
    pub parameters: usize,
    /// How many values of activations, the network's inputs among them, were stored while it ran.
    pub live: usize,
}

/// A network's inputs as the oracle takes them, made of the values of each, of all samples one after another.
///
/// # Errors
/// Where there are more or fewer inputs, or values of one, than the network takes, or there is no memory for them.
pub fn inputs(network: &Network, values: &[Vec<f32>]) -> Result<Vec<Array>, ExecutionError> {
    let (expected, given) = (network.inputs().len(), values.len());
    if expected != given {
        return Err(ExecutionError::Inputs { expected, given });
    }
    let nodes = network.inputs().iter().filter_map(|&input| network.node(input));
    let arrays = nodes.zip(values).map(|(node, values)| {
        let (expected, given) = (node.shape.elements(), values.len());
        if u64::try_from(given) != Ok(expected) {
            let name = node.name().to_owned();
            return Err(ExecutionError::InputLength { name, expected, given });
        }
        Array::from_f32(node.shape, values).map_err(|error| ExecutionError::of(node, error))
    });
    arrays.collect()
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
    let mut stored = Stored::default();
    for (tensor, input) in network.inputs().iter().zip(inputs) {
        stored.add(input);
        values[tensor.index()] = Some(input.clone());
    }
    for (tensor, node) in network.layers() {
        let failed = |error| ExecutionError::of(node, error);
        let operator = node.op.operator();
        let operands: Vec<&Array> =
            network.operands(tensor).iter().filter_map(|at| values[at.index()].as_ref()).collect();
        // What was made need not be what was inferred, which is what runs are to show.
        let shapes: Vec<Shape> = operands.iter().map(|operand| *operand.shape()).collect();
        operator.infer(&shapes).map_err(failed)?;
        let parameters = held(network, tensor, node, weights)?;
        let mut tally = Tally::default();
        let given = Evaluation { operands: &operands, parameters: &parameters, tally: &mut tally };
        let output = operator.evaluate(given).map_err(failed)?;
        stored.add(&output);
        let read = parameters.iter().map(ParameterValues::count_read).sum();
        let live = stored.live;
        visit(&Evaluated { tensor, node, output: &output, tally, parameters: read, live });
        values[tensor.index()] = Some(output);
        for &taken in network.operands(tensor).iter().chain([&tensor]) {
            let last = network.consumers(taken).last();
            let is_over =
                !network.is_output(taken) && last.is_none_or(|consumer| consumer.tensor == tensor);
            if is_over && let Some(array) = values[taken.index()].take() {
                stored.remove(&array);
            }
        }
    }
    let outputs =
        network.outputs().iter().filter_map(|output| values[output.tensor.index()].clone());
    Ok(outputs.collect())
}

/// What is stored.
#[derive(Default)]
struct Stored {
    /// For every place at which values are stored, how many, and how many tensors share them.
    places: HashMap<usize, (usize, usize)>,
    /// How many values are stored at all places.
    live: usize,
}

impl Stored {
    fn add(&mut self, array: &Array) {
        let count = array.elements().len();
        let (_, tensors) = self.places.entry(array.address()).or_insert((count, 0));
        if *tensors == 0 {
            self.live += count;
        }
        *tensors += 1;
    }

    fn remove(&mut self, array: &Array) {
        let Some((count, tensors)) = self.places.get_mut(&array.address()) else { return };
        *tensors -= 1;
        if *tensors == 0 {
            self.live -= *count;
            self.places.remove(&array.address());
        }
    }
}

/// The values of what a node holds, none of which was read.
fn held<'a>(
    network: &Network,
    tensor: Tensor,
    node: &Node,
    weights: &'a Weights,
) -> Result<Vec<ParameterValues<'a>>, ExecutionError> {
    let failed = |error| ExecutionError::of(node, error);
    let parameters = node.op.operator().parameters(network.operand_shapes(tensor));
    let parameters = parameters.map_err(failed)?;
    let values = weights.of(tensor);
    let fits = |(parameter, values): (&Parameter, &Vec<f32>)| {
        u64::try_from(values.len()) == Ok(parameter.shape.elements())
    };
    if parameters.len() != values.len() || !parameters.iter().zip(values).all(fits) {
        return Err(WeightsError::Foreign(node.name().to_owned()).into());
    }
    values.iter().map(|values| ParameterValues::new(values).map_err(failed)).collect()
}
