//! Runs of the engine with rows or columns of the input that are no numbers.

use std::collections::BTreeMap;

use super::ends::{End, Perturbation, Side};
use crate::execute::ExecutionError;
use crate::execute::engine::{Engine, Memory, Observer};
use crate::execute::verify::values::is_passed_on;
use crate::network::{Network, Shape, Tensor};

/// How the values of a network are looked at while it runs.
pub(super) struct Prober<'a> {
    network: &'a Network,
    engine: &'a Engine,
    memory: Memory,
    inputs: Vec<Vec<f32>>,
    clean: Vec<f32>,
    /// For every node the one that computes its values.
    sources: Vec<usize>,
    pub(super) map: [u64; 2],
}

impl<'a> Prober<'a> {
    /// # Errors
    /// Where there is no memory.
    pub(super) fn new(
        network: &'a Network,
        engine: &'a Engine,
        inputs: &[Vec<f32>],
        map: [u64; 2],
    ) -> Result<Self, ExecutionError> {
        let mut sources: Vec<usize> = Vec::with_capacity(network.len());
        for (tensor, node) in network.nodes() {
            let operand = network.operands(tensor).first().filter(|_| is_passed_on(&node.op));
            sources.push(operand.map_or(tensor.index(), |operand| sources[operand.index()]));
        }
        Ok(Self {
            network,
            engine,
            memory: engine.memory()?,
            inputs: inputs.to_vec(),
            clean: inputs.first().cloned().unwrap_or_default(),
            sources,
            map,
        })
    }

    /// Whether the units of some ends are no numbers after a perturbation.
    pub(super) fn run(
        &mut self,
        perturbation: Perturbation,
        ends: &[End],
        asked: &[usize],
    ) -> Result<Vec<bool>, ExecutionError> {
        let [height, width] = self.map.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        let at = usize::try_from(perturbation.at).unwrap_or(usize::MAX);
        if let Some(input) = self.inputs.first_mut() {
            for ((place, value), &clean) in input.iter_mut().enumerate().zip(&self.clean) {
                let position =
                    if perturbation.axis == 0 { place / width % height } else { place % width };
                let is_before = position < at;
                let is_lost = is_before == (perturbation.side == Side::Before);
                *value = if is_lost { f32::NAN } else { clean };
            }
        }
        let mut asked_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (answer, &end) in asked.iter().enumerate() {
            asked_of.entry(self.sources[ends[end].tensor.index()]).or_default().push(answer);
        }
        let mut watch = Watch {
            network: self.network,
            ends,
            asked,
            asked_of,
            answers: vec![false; asked.len()],
        };
        let inputs: Vec<&[f32]> = self.inputs.iter().map(Vec::as_slice).collect();
        for (&tensor, values) in self.network.inputs().iter().zip(&inputs) {
            let samples = self.network.node(tensor).map_or(1, |node| node.shape.batch());
            let samples = usize::try_from(samples).unwrap_or(1);
            watch.sample(tensor, 0, &values[..values.len() / samples]);
        }
        self.engine.run(&mut self.memory, &inputs, &mut watch)?;
        Ok(watch.answers)
    }

    /// Where the field of an end really ends; `None` where it is empty.
    pub(super) fn measured(
        &mut self,
        ends: &[End],
        at: usize,
    ) -> Result<Option<u64>, ExecutionError> {
        let end = &ends[at];
        let (axis, side) = (end.axis, end.side);
        // Up to `low` positions from the side do not change it, `high` do.
        let (mut low, mut high) = (0, self.map[axis]);
        let mut changes = |positions: u64| {
            let at_position = match side {
                Side::Before => positions,
                Side::From => self.map[axis] - positions,
            };
            let perturbation = Perturbation { axis, side, at: at_position };
            Ok::<bool, ExecutionError>(self.run(perturbation, ends, &[at])?.contains(&true))
        };
        if !changes(high)? {
            return Ok(None);
        }
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if changes(middle)? { high = middle } else { low = middle }
        }
        Ok(Some(match side {
            Side::Before => high - 1,
            Side::From => self.map[axis] - high,
        }))
    }
}

/// Looks at units while the engine runs.
struct Watch<'a> {
    network: &'a Network,
    ends: &'a [End],
    asked: &'a [usize],
    /// By the node that computes the values, the positions of what is asked.
    asked_of: BTreeMap<usize, Vec<usize>>,
    answers: Vec<bool>,
}

impl Observer for Watch<'_> {
    fn sample(&mut self, tensor: Tensor, sample: usize, values: &[f32]) {
        if sample > 0 {
            return;
        }
        for &answer in self.asked_of.get(&tensor.index()).into_iter().flatten() {
            let end = &self.ends[self.asked[answer]];
            if let Some(node) = self.network.node(end.tensor) {
                self.answers[answer] = is_changed(values, &node.shape, end.unit);
            }
        }
    }
}

/// Whether any value of a unit, at whatever position along the other axes, is no number.
fn is_changed(values: &[f32], shape: &Shape, unit: Option<(usize, u64)>) -> bool {
    let Some((axis, unit)) = unit else { return values.iter().any(|value| value.is_nan()) };
    let index = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    let inner = shape.sizes().iter().skip(axis + 1).map(|&size| index(size)).product::<usize>();
    let size = shape.sizes().get(axis).map_or(1, |&size| index(size));
    let first = index(unit).saturating_mul(inner);
    let lanes = values.chunks_exact((size * inner).max(1));
    let mut units = lanes.filter_map(|lane| lane.get(first..first + inner));
    units.any(|unit| unit.iter().any(|value| value.is_nan()))
}
