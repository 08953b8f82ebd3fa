//! The engine: a network compiled to steps over one arena.
//!
//! A batch normalization is folded into the convolution before it, a sum with a tensor that is there already and an activation function are
//! computed with the layer before them, element-wise operators write over their operand, and what a concatenation is made of is
//! written to its place at once. Where each tensor stands is what the [memory pass](crate::analysis::placement) says, so that the peak that is
//! reported is what a run takes.

mod arena;
mod epilogue;
mod exponential;
mod fuse;
mod kernel;
mod touched;

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::analysis::{self, AnalysisError, Placement};
use crate::network::{Network, Node, Tensor};
use crate::ops::{Op, OpError};
use crate::weights::{Held, Source, WeightsError};

use super::{ExecutionError, source};
use arena::Arena;
use epilogue::Pointwise;
use fuse::Group;
use kernel::{ChannelAffine, Context, Gemm, Kernel, Layer};
pub use touched::{Touched, TouchedByStep, TouchedEnd};

/// A network compiled.
#[derive(Debug)]
pub struct Engine {
    context: Context,
    steps: Vec<Step>,
    arena: Arena,
    samples: usize,
    inputs: Vec<Input>,
    outputs: Vec<Returned>,
}

/// What the network takes.
#[derive(Debug)]
struct Input {
    tensor: Tensor,
    name: String,
    /// Its position in the arena of a sample.
    place: Place,
    /// Its values, of all samples.
    elements: u64,
}

/// What the network returns.
#[derive(Debug)]
struct Returned {
    /// The tensor whose values they are: an input, or the last of a step.
    source: Tensor,
    /// Its position in the arena of a sample.
    place: Place,
}

/// One or several layers that are computed together.
#[derive(Debug)]
struct Step {
    /// The last of the layers, whose output is made.
    tensor: Tensor,
    /// All of them, in execution order.
    layers: Vec<Tensor>,
    layer: String,
    kernel: Box<dyn Kernel>,
    operands: Vec<Place>,
    activation: Option<Pointwise>,
    output: Place,
}

/// Elements of the arena of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    start: usize,
    length: usize,
}

/// Watches a run.
pub trait Observer {
    /// A step begins that makes a tensor.
    fn begin(&mut self, tensor: Tensor) {
        let _ = tensor;
    }

    /// A step has made its tensor for a sample of the batch.
    fn sample(&mut self, tensor: Tensor, sample: usize, values: &[f32]) {
        let _ = (tensor, sample, values);
    }

    /// A step has ended.
    fn end(&mut self, tensor: Tensor) {
        let _ = tensor;
    }
}

/// Nobody watches.
impl Observer for () {}

/// Which layers may be computed together with the one before them.
#[derive(Debug, Clone, Copy)]
pub enum Fusion<'a> {
    /// All that can be.
    Full,
    /// None: every layer is a step of its own.
    None,
    /// All that can be, but these tensors exist: each is the last of its step, unless it is a [view](super::source) of another.
    Keeping(&'a [Tensor]),
}

impl Fusion<'_> {
    /// Whether a tensor is the last of its step.
    fn keeps(self, tensor: Tensor) -> bool {
        match self {
            Self::Full => false,
            Self::None => true,
            Self::Keeping(kept) => kept.contains(&tensor),
        }
    }
}

/// The activations of a run.
#[derive(Debug)]
pub struct Memory {
    values: Vec<f32>,
}

impl Engine {
    /// Compiles a network. Weights are taken layer by layer, and held once, in the order in which
    /// the layer's kernel reads them.
    ///
    /// # Errors
    /// Where weights cannot be read or are not of this network, a size exceeds this machine, or there is no memory.
    pub fn compile(
        network: &Network,
        weights: &mut dyn Source,
        fusion: Fusion<'_>,
    ) -> Result<Self, ExecutionError> {
        let placement = analysis::placement(network).map_err(ExecutionError::from)?;
        let arena = Arena::of(&placement).ok_or(ExecutionError::TooLarge)?;
        let places = Places { network, placement: &placement, arena: &arena };
        let context = Context { gemm: Gemm::new() };
        let groups = fuse::groups(network, &placement, fusion);
        let mut steps: Vec<Option<Step>> = groups.iter().map(|_| None).collect();
        for at in largest_first(network, &groups)? {
            let group = &groups[at];
            let Some(node) = network.node(group.base) else { continue };
            let values = Values { network, source: weights, held: Held::default() };
            let step = step(network, &context, &places, node, group, values);
            steps[at] = step.map_err(|error| match error {
                StepError::Operator(error) => ExecutionError::of(node, error),
                StepError::Weights(error) => error.into(),
            })?;
        }
        let steps = steps.into_iter().flatten().collect();
        let of = |tensor: Tensor| places.get(tensor).ok_or(ExecutionError::TooLarge);
        let mut inputs = Vec::new();
        for &tensor in network.inputs() {
            if let Some(node) = network.node(tensor) {
                inputs.push(Input {
                    tensor,
                    name: node.name().to_owned(),
                    place: of(tensor)?,
                    elements: node.shape.elements(),
                });
            }
        }
        let returned =
            |tensor| Ok(Returned { source: source(network, tensor), place: of(tensor)? });
        let outputs = network.outputs().iter().map(|output| returned(output.tensor));
        let outputs = outputs.collect::<Result<_, ExecutionError>>()?;
        let samples = usize::try_from(network.batch()).map_err(|_| ExecutionError::TooLarge)?;
        Ok(Self { context, steps, arena, samples, inputs, outputs })
    }

    /// The steps in the order in which they run: the tensor that each makes, and its layers in execution order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = (Tensor, &[Tensor])> {
        self.steps.iter().map(|step| (step.tensor, step.layers.as_slice()))
    }

    /// The bytes of the arena, for all samples of the batch; what is alive at once is less where it lies with gaps.
    #[must_use]
    pub fn arena_bytes(&self) -> u64 {
        let samples = u64::try_from(self.samples).unwrap_or(u64::MAX);
        self.arena.elements.saturating_mul(samples).saturating_mul(analysis::BYTES_PER_VALUE)
    }

    /// The elements of the arena, for all samples of the batch.
    fn elements(&self) -> Option<usize> {
        usize::try_from(self.arena.elements).ok()?.checked_mul(self.samples)
    }

    /// Memory for a run.
    ///
    /// # Errors
    /// Where there is none.
    pub fn memory(&self) -> Result<Memory, ExecutionError> {
        let mut values = Vec::new();
        let length = self.elements().filter(|&length| values.try_reserve_exact(length).is_ok());
        let bytes = self.arena_bytes();
        let length = length.ok_or(ExecutionError::NoMemory { bytes })?;
        values.resize(length, 0.0);
        Ok(Memory { values })
    }

    /// Computes the network's outputs, each of all samples one after another.
    ///
    /// # Errors
    /// Where inputs are not the network's, or the memory is not of this engine.
    pub fn run(
        &self,
        memory: &mut Memory,
        inputs: &[&[f32]],
        observer: &mut impl Observer,
    ) -> Result<Vec<Vec<f32>>, ExecutionError> {
        let (expected, given) = (self.inputs.len(), inputs.len());
        if expected != given {
            return Err(ExecutionError::Inputs { expected, given });
        }
        if self.elements() != Some(memory.values.len()) {
            return Err(ExecutionError::Memory);
        }
        let length = memory.values.len() / self.samples;
        for (Input { name, place, elements, .. }, values) in self.inputs.iter().zip(inputs) {
            if u64::try_from(values.len()).ok() != Some(*elements) {
                let (name, expected, given) = (name.clone(), *elements, values.len());
                return Err(ExecutionError::InputLength { name, expected, given });
            }
            for (arena, values) in memory.values.chunks_mut(length).zip(values.chunks(place.length))
            {
                arena[place.start..][..place.length].copy_from_slice(values);
            }
        }
        for step in &self.steps {
            observer.begin(step.tensor);
            for (sample, arena) in memory.values.chunks_mut(length).enumerate() {
                let output = step.run(&self.context, arena)?;
                observer.sample(step.tensor, sample, output);
            }
            observer.end(step.tensor);
        }
        let output = |Returned { place, .. }: &Returned| {
            let samples =
                memory.values.chunks(length).map(|arena| &arena[place.start..][..place.length]);
            samples.collect::<Vec<_>>().concat()
        };
        Ok(self.outputs.iter().map(output).collect())
    }
}

impl Step {
    /// Computes one sample; gives the output.
    fn run<'a>(
        &self,
        context: &Context,
        arena: &'a mut [f32],
    ) -> Result<&'a mut [f32], ExecutionError> {
        let Place { start, length } = self.output;
        let (before, rest) = arena.split_at_mut(start);
        let (output, after) = rest.split_at_mut(length);
        let end = start + length;
        let operands: Vec<Option<&[f32]>> = self
            .operands
            .iter()
            .map(|operand| {
                if operand.start >= end {
                    Some(&after[operand.start - end..][..operand.length])
                } else if operand.start + operand.length <= start {
                    Some(&before[operand.start..][..operand.length])
                } else {
                    None
                }
            })
            .collect();
        let done = self.kernel.run(context, &operands, output);
        done.map_err(|error| ExecutionError::Layer { layer: self.layer.clone(), error })?;
        if let Some(activation) = self.activation {
            kernel::activate(activation, output);
        }
        Ok(output)
    }
}

/// Where tensors stand in the arena.
struct Places<'a> {
    network: &'a Network,
    placement: &'a Placement,
    arena: &'a Arena,
}

impl Places<'_> {
    fn get(&self, tensor: Tensor) -> Option<Place> {
        let stored = self.placement.get(tensor)?;
        let start = self.arena.starts.get(stored.buffer)?.checked_add(stored.start)?;
        let shape = self.network.node(tensor)?.shape;
        let length = shape.elements() / shape.batch();
        Some(Place { start: usize::try_from(start).ok()?, length: usize::try_from(length).ok()? })
    }
}

/// The groups, those that hold most first: weights are held twice while they are put in order, and the largest are while nothing else
/// is held yet.
fn largest_first(network: &Network, groups: &[Group]) -> Result<Vec<usize>, ExecutionError> {
    let held = |group: &Group| match network.node(group.base) {
        Some(node) => {
            let parameters = node.op.operator().parameters(network.operand_shapes(group.base));
            let parameters = parameters.map_err(|error| ExecutionError::of(node, error))?;
            Ok(parameters.iter().map(|parameter| parameter.shape.elements()).max().unwrap_or(0))
        }
        None => Ok(0),
    };
    let held: Vec<u64> = groups.iter().map(held).collect::<Result<_, ExecutionError>>()?;
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&at| Reverse(held[at]));
    Ok(order)
}

enum StepError {
    Operator(OpError),
    Weights(WeightsError),
}

impl From<OpError> for StepError {
    fn from(error: OpError) -> Self {
        Self::Operator(error)
    }
}

impl From<WeightsError> for StepError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error)
    }
}

/// Makes the step of a group; `None` where it computes nothing.
fn step(
    network: &Network,
    context: &Context,
    places: &Places<'_>,
    node: &Node,
    group: &Group,
    mut values: Values<'_>,
) -> Result<Option<Step>, StepError> {
    let place = |tensor: Tensor| places.get(tensor).ok_or(OpError::TotalOverflow);
    let affine = match group.batch_norm.and_then(|tensor| Some((tensor, network.node(tensor)?))) {
        Some((tensor, Node { op: Op::BatchNorm(batch_norm), .. })) => {
            Some(ChannelAffine::of(batch_norm, values.read(tensor)?)?)
        }
        _ => None,
    };
    let taken = network.operands(group.base).iter().chain(&group.residual);
    let operands: Vec<Place> = taken.map(|&tensor| place(tensor)).collect::<Result<_, _>>()?;
    let mut seen = HashMap::new();
    let slots = operands.iter().enumerate();
    let first_slots = slots.map(|(slot, place)| *seen.entry(*place).or_insert(slot));
    let mut layer = Layer {
        op: &node.op,
        first_slots: first_slots.collect(),
        operands: network.operand_shapes(group.base),
        output: &node.shape,
        parameters: values.read(group.base)?,
        affine,
    };
    let output = place(group.last)?;
    let Some(kernel) = kernel::compile(context, &mut layer)? else { return Ok(None) };
    Ok(Some(Step {
        tensor: group.last,
        layers: group.layers.clone(),
        layer: node.name().to_owned(),
        kernel,
        operands,
        activation: group.activation.map(Pointwise),
        output,
    }))
}

/// Where the values of what nodes hold come from, and storage for those of one.
struct Values<'a> {
    network: &'a Network,
    source: &'a mut dyn Source,
    held: Held,
}

impl Values<'_> {
    /// The values of what a node holds.
    fn read(&mut self, tensor: Tensor) -> Result<&mut [Vec<f32>], StepError> {
        self.source.read(tensor, &mut self.held)?;
        let Some(node) = self.network.node(tensor) else { return Ok(&mut []) };
        let parameters = node.op.operator().parameters(self.network.operand_shapes(tensor))?;
        let values = self.held.tensors();
        let fits = parameters.len() == values.len()
            && parameters.iter().zip(values).all(|(parameter, values)| {
                u64::try_from(values.len()).ok() == Some(parameter.shape.elements())
            });
        if fits {
            Ok(self.held.tensors_mut())
        } else {
            Err(WeightsError::Foreign(node.name().to_owned()).into())
        }
    }
}

impl From<AnalysisError> for ExecutionError {
    fn from(error: AnalysisError) -> Self {
        Self::Layer { layer: error.name, error: error.error }
    }
}
