//! What the oracle counts and makes, and the engine's values beside it.

use std::collections::HashSet;

use num_traits::AsPrimitive;

use super::scale::{Operand, Scale, scale};
use super::{
    Amount, Layers, Line, NodeVerification, NotFinite, OutputVerification, Progress, Stage,
    Subject, TOLERANCE, Wrong, count, looked_at,
};
use crate::analysis::{Analysis, BYTES_PER_VALUE};
use crate::execute::engine::{Engine, Fusion, Memory, Observer};
use crate::execute::oracle::{self, Evaluated};
use crate::execute::{ExecutionError, not_finite, source};
use crate::figure::quantity::write::{number, shape_text, thousands};
use crate::network::{Network, Tensor};
use crate::ops::{FlopKind, Op, Tally};
use crate::weights::Weights;

/// What the oracle did.
pub(super) struct Oracle {
    /// All arithmetic.
    pub(super) tally: Tally,
    /// Whether all values of a node, and of those below, are finite in 32 bits.
    pub(super) is_finite: Vec<bool>,
    /// The first layer with values that are not.
    pub(super) not_finite: Option<NotFinite>,
    /// Values of parameters that were handed to operators.
    values: u64,
    /// The most values of activations that were stored at once.
    live: u64,
    /// The values of every input, and of every layer that the engine computes.
    outputs: Vec<Vec<f32>>,
    /// What the network returns.
    returned: Vec<Vec<f32>>,
    /// By what the values of every node are measured.
    scales: Vec<Scale>,
}

/// Runs the oracle and compares what it does at every layer.
pub(super) fn oracle(
    network: &Network,
    analysis: &Analysis,
    weights: &Weights,
    inputs: &[Vec<f32>],
    layers: &mut Layers,
    progress: &mut dyn FnMut(Progress),
) -> Result<Oracle, ExecutionError> {
    let arrays = oracle::inputs(network, inputs)?;
    let mut done = Oracle {
        tally: Tally::default(),
        is_finite: vec![true; network.len()],
        not_finite: None,
        values: 0,
        live: 0,
        outputs: vec![Vec::new(); network.len()],
        returned: Vec::new(),
        scales: vec![Scale::default(); network.len()],
    };
    for (input, values) in network.inputs().iter().zip(inputs) {
        let largest = largest(values);
        done.scales[input.index()] = Scale::of_own(largest);
        done.outputs[input.index()].clone_from(values);
    }

    let of = network.len() - network.inputs().len();
    let mut at = 0;
    let returned = oracle::run(network, weights, &arrays, |layer| {
        done.take(network, weights, layer);
        if let Some(found) = layers.get(layer.tensor) {
            compare(found, analysis, layer);
        }
        at += 1;
        progress(Progress { stage: Stage::Oracle, done: at, of });
    })?;
    done.returned = returned.iter().map(|array| narrow(array.elements())).collect();
    Ok(done)
}

/// Values in 32 bits.
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value.as_()).collect()
}

impl Oracle {
    fn take(&mut self, network: &Network, weights: &Weights, layer: &Evaluated<'_>) {
        self.tally += layer.tally;
        self.values = self.values.saturating_add(count(layer.parameters));
        self.live = self.live.max(count(layer.live));
        let elements = layer.output.elements();
        let at = layer.tensor.index();
        let values = narrow(elements);
        let value = values.iter().find_map(|&value| not_finite(value.into()));
        let takes_finite =
            network.operands(layer.tensor).iter().all(|from| self.is_finite[from.index()]);
        self.is_finite[at] = takes_finite && value.is_none();
        if let Some(value) = value.filter(|_| self.not_finite.is_none()) {
            let layer = layer.node.name().to_owned();
            self.not_finite = Some(NotFinite { layer, value, layers: 0 });
        }
        if let Some(first) = self.not_finite.as_mut().filter(|_| !self.is_finite[at]) {
            first.layers += 1;
        }
        if !is_passed_on(&layer.node.op) {
            let operands = network.operands(layer.tensor).iter().map(|&operand| Operand {
                scale: self.scales[operand.index()],
                values: &self.outputs[source(network, operand).index()],
            });
            let operands: Vec<Operand<'_>> = operands.collect();
            let own = largest(&values);
            self.scales[at] = scale(network, weights, (layer.tensor, layer.node), &operands, own);
            self.outputs[at] = values;
        } else if let Some(operand) = network.operands(layer.tensor).first() {
            self.scales[at] = self.scales[operand.index()];
        }
    }

    /// Whether a node whose values the engine computes has any that can be compared.
    fn has_finite(&self, at: usize) -> bool {
        self.outputs[at].iter().any(|value| value.is_finite())
    }

    /// How far what the engine returns is from what the oracle returns, for all that the network returns.
    fn apart_from(&self, network: &Network, outputs: &[Vec<f32>]) -> Vec<Option<f64>> {
        let expected = network.outputs().iter().zip(&self.returned).enumerate();
        let apart = expected.map(|(at, (output, expected))| {
            let scale = self.scales.get(output.tensor.index()).copied().unwrap_or_default();
            relative(outputs.get(at).map_or(&[], Vec::as_slice), expected, scale)
        });
        apart.collect()
    }

    /// The figures of the network that the oracle tells.
    pub(super) fn lines(
        &self,
        network: &Network,
        analysis: &Analysis,
        layers: &Layers,
    ) -> Vec<Line> {
        let compared = count(layers.iter().count());
        let line = |figure, analysis: Amount, run: Amount| Line {
            figure,
            analysis,
            run,
            compared,
            of: compared,
            holds: Some(analysis == run && layers.hold(figure)),
        };
        let counts =
            |figure, analysis, run| line(figure, Amount::Count(analysis), Amount::Count(run));
        let figures = &analysis.totals.figures;
        let cost = self.tally.cost();
        let made = layers.iter().filter(|layer| !layer.output_shape.is_empty());
        let layers_there = count(network.len() - network.inputs().len());
        let held = figures.params.saturating_add(figures.buffers);
        let mut lines = vec![
            counts(Subject::Shapes, layers_there, count(made.count())),
            counts(Subject::Values, held, self.values),
            counts(Subject::Macs, figures.macs, cost.macs),
            counts(Subject::Flops, figures.flops, cost.flops.total().unwrap_or(u64::MAX)),
        ];
        lines.extend(FlopKind::ALL.map(|kind| {
            counts(Subject::of(kind), figures.flops_by_kind.get(kind), cost.flops.get(kind))
        }));
        let stored = self.live.saturating_mul(BYTES_PER_VALUE);
        let peak = analysis.memory.separate.peak_bytes;
        let peak = line(Subject::PeakSeparate, Amount::Bytes(peak), Amount::Bytes(stored));
        lines.push(Line { compared: 1, of: 1, ..peak });
        lines
    }
}

impl Subject {
    /// Operations of a kind.
    fn of(kind: FlopKind) -> Self {
        match kind {
            FlopKind::MultiplyAccumulate => Self::FlopsMultiplyAccumulate,
            FlopKind::Bias => Self::FlopsBias,
            FlopKind::Activation => Self::FlopsActivation,
            FlopKind::Elementwise => Self::FlopsElementwise,
            FlopKind::Normalization => Self::FlopsNormalization,
            FlopKind::Pooling => Self::FlopsPooling,
        }
    }
}

fn compare(found: &mut NodeVerification, analysis: &Analysis, layer: &Evaluated<'_>) {
    let cost = layer.tally.cost();
    found.output_shape = layer.output.shape().sizes().to_vec();
    found.values = count(layer.parameters);
    (found.macs, found.flops_by_kind) = (cost.macs, cost.flops);
    let shape = found.output_shape.clone();
    let expected = layer.node.shape.sizes().to_vec();
    found.compare(Subject::Shapes, [expected, shape], |shape| shape_text(shape));
    let Some(figures) = analysis.figures.get(layer.tensor) else { return };
    let number = |count: &u64| thousands(*count);
    let values = found.values;
    let held = figures.params.saturating_add(figures.buffers);
    found.compare(Subject::Values, [held, values], number);
    found.compare(Subject::Macs, [figures.macs, cost.macs], number);
    let flops = cost.flops.total().unwrap_or(u64::MAX);
    found.compare(Subject::Flops, [figures.flops, flops], number);
    for kind in FlopKind::ALL {
        let counts = [figures.flops_by_kind.get(kind), cost.flops.get(kind)];
        found.compare(Subject::of(kind), counts, number);
    }
}

/// Whether the engine does not compute an operator, its output being its operand.
pub(super) fn is_passed_on(op: &Op) -> bool {
    matches!(op, Op::Input(_)) || op.operator().storage().is_view(false)
}

/// The engine's runs beside the oracle's.
pub(super) struct Ran {
    /// The engine, every layer in a step of its own.
    pub(super) engine: Engine,
    /// What the network returns.
    pub(super) outputs: Vec<OutputVerification>,
    /// How many layers have to be made by each of the runs, layers apart and fused.
    made: [u64; 2],
}

/// How far a run of the engine is from the oracle.
struct Run {
    /// For every node what a step made of it, `None` where none did or there is nothing to compare.
    made: Vec<Option<f64>>,
    /// The same of all that the network returns.
    returned: Vec<Option<f64>>,
}

/// Runs the engine with layers fused and with each in a step of its own, and compares what it makes and returns.
pub(super) fn engine(
    network: &Network,
    weights: &Weights,
    inputs: &[Vec<f32>],
    oracle: &Oracle,
    layers: &mut Layers,
    progress: &mut dyn FnMut(Progress),
) -> Result<Ran, ExecutionError> {
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let of = 2 * layers.iter().count();
    let mut run = |fusion: Fusion<'_>, before: usize| {
        let engine = Engine::compile(network, &mut &*weights, fusion)?;
        let mut memory = memory(network, &engine)?;
        let mut differences = Differences {
            expected: &oracle.outputs,
            scales: &oracle.scales,
            largest: vec![None; network.len()],
            done: before,
            of,
            progress,
        };
        let outputs = engine.run(&mut memory, &inputs, &mut differences)?;
        let made = differences.largest;
        let returned = oracle.apart_from(network, &outputs);
        Ok::<_, ExecutionError>((engine, Run { made, returned }))
    };
    let (engine, fused) = run(Fusion::Full, 0)?;
    let inner = inner(&engine);
    // It holds the weights, as the next does.
    drop(engine);
    let (engine, apart) = run(Fusion::None, of / 2)?;
    let made = judge_layers(network, oracle, [&apart, &fused], &inner, layers);
    let outputs = judge_outputs(network, [&apart, &fused], layers);
    Ok(Ran { engine, outputs, made })
}

/// The layers of steps that are not the last of theirs: their values are not made.
fn inner(engine: &Engine) -> HashSet<Tensor> {
    let inner = engine.steps().map(|(last, all)| all.iter().copied().filter(move |&of| of != last));
    inner.flatten().collect()
}

/// Judges what steps made, layers apart and fused; gives how many layers each of the runs has to make.
fn judge_layers(
    network: &Network,
    oracle: &Oracle,
    runs: [&Run; 2],
    inner: &HashSet<Tensor>,
    layers: &mut Layers,
) -> [u64; 2] {
    let mut made = [0; 2];
    for (tensor, node) in network.layers() {
        let Some(found) = layers.get(tensor) else { continue };
        let at = tensor.index();
        if let Some(first) = oracle.not_finite.as_ref().filter(|first| first.layer == found.name) {
            let (analysis, run) = ("finite values".to_owned(), first.value.to_owned());
            found.wrong.push(Wrong { figure: Subject::Engine, analysis, run });
        }
        [found.difference, found.fused_difference] =
            runs.map(|run| run.made.get(at).copied().flatten());
        let is_computed = !is_passed_on(&node.op);
        let both = [
            (Subject::Engine, found.difference, is_computed),
            // A layer in no step is missed, too.
            (Subject::Fused, found.fused_difference, is_computed && !inner.contains(&tensor)),
        ];
        for ((figure, difference, is_made), made) in both.into_iter().zip(&mut made) {
            *made += u64::from(is_made);
            found.judge(figure, difference, is_made && oracle.has_finite(at));
        }
    }
    made
}

/// Judges what the network returned, layers apart and fused.
fn judge_outputs(
    network: &Network,
    runs: [&Run; 2],
    layers: &mut Layers,
) -> Vec<OutputVerification> {
    let outputs = network.outputs().iter().enumerate().map(|(at, output)| {
        let [difference, fused_difference] =
            runs.map(|run| run.returned.get(at).copied().flatten());
        if let Some(found) = layers.get(output.tensor) {
            let larger = [difference, fused_difference].into_iter().flatten().reduce(f64::max);
            found.judge(Subject::Outputs, larger, false);
        }
        OutputVerification { name: output.name.clone(), difference, fused_difference }
    });
    outputs.collect()
}

impl NodeVerification {
    /// Notes a difference that is too large, and one that is not there and needed.
    fn judge(&mut self, figure: Subject, difference: Option<f64>, is_needed: bool) {
        if !difference.map_or(!is_needed, is_small) {
            let analysis = format!("at most {TOLERANCE:e}");
            let run = difference.map_or_else(|| "not computed".into(), number);
            self.wrong.push(Wrong { figure, analysis, run });
        }
    }
}

fn is_small(difference: f64) -> bool {
    difference <= TOLERANCE
}

/// Memory for the engine's activations.
pub(super) fn memory(network: &Network, engine: &Engine) -> Result<Memory, ExecutionError> {
    engine.memory().map_err(|error| ExecutionError::Layer {
        layer: network.nodes().last().map_or_else(String::new, |(_, node)| node.name().into()),
        error,
    })
}

/// Watches how far values are from the oracle's.
struct Differences<'a> {
    expected: &'a [Vec<f32>],
    scales: &'a [Scale],
    largest: Vec<Option<f64>>,
    done: usize,
    of: usize,
    progress: &'a mut dyn FnMut(Progress),
}

impl Observer for Differences<'_> {
    fn sample(&mut self, tensor: Tensor, sample: usize, values: &[f32]) {
        let at = tensor.index();
        let (Some(expected), Some(scale)) = (self.expected.get(at), self.scales.get(at)) else {
            return;
        };
        let expected = expected.get(sample * values.len()..).unwrap_or_default();
        let expected = expected.get(..values.len()).unwrap_or(expected);
        let Some(relative) = relative(values, expected, *scale) else { return };
        if let Some(largest) = self.largest.get_mut(at) {
            *largest = Some(largest.map_or(relative, |largest| largest.max(relative)));
        }
    }

    fn end(&mut self, _: Tensor) {
        self.done += 1;
        (self.progress)(Progress { stage: Stage::Engine, done: self.done, of: self.of });
    }
}

/// How far values are from those that are expected, as a part of what these are measured by; `None` where there is no finite value to compare with, and
/// infinitely where there are more or fewer.
fn relative(values: &[f32], expected: &[f32], scale: Scale) -> Option<f64> {
    if values.len() != expected.len() {
        return Some(f64::INFINITY);
    }
    let pairs = values.iter().zip(expected).filter(|(_, expected)| expected.is_finite());
    let difference = pairs.map(|(&value, &expected)| apart(value, expected)).reduce(f64::max)?;
    Some(if scale.measure > 0.0 { difference / scale.measure } else { difference })
}

/// How far a value is from a finite one; infinitely where it is not finite.
fn apart(value: f32, expected: f32) -> f64 {
    if value.is_finite() { (f64::from(value) - f64::from(expected)).abs() } else { f64::INFINITY }
}

/// The largest magnitude among the values that are finite.
fn largest(values: &[f32]) -> f64 {
    let finite = values.iter().filter(|value| value.is_finite());
    finite.map(|&value| f64::from(value).abs()).fold(0.0, f64::max)
}

impl Ran {
    /// The largest differences of the engine's values.
    ///
    /// They do not hold where values are not finite, and nothing was looked at where there is nothing to compare.
    pub(super) fn lines(&self, layers: &Layers, not_finite: bool) -> [Line; 3] {
        let line = |figure, of: u64, differences: Vec<f64>| {
            let compared = count(differences.len());
            let holds = layers.hold(figure) && differences.iter().copied().all(is_small);
            let largest = differences.into_iter().reduce(f64::max);
            Line {
                figure,
                analysis: Amount::AtMost(TOLERANCE),
                run: largest.map_or(Amount::None, Amount::Number),
                compared,
                of,
                holds: if not_finite { Some(false) } else { looked_at(compared, holds) },
            }
        };
        let of_layers = |difference: fn(&NodeVerification) -> Option<f64>| {
            layers.iter().filter_map(difference).collect()
        };
        let of_outputs = self.outputs.iter();
        let returned = of_outputs.filter_map(|of| Some(of.difference?.max(of.fused_difference?)));
        let [apart, fused] = self.made;
        [
            line(Subject::Engine, apart, of_layers(|layer| layer.difference)),
            line(Subject::Fused, fused, of_layers(|layer| layer.fused_difference)),
            line(Subject::Outputs, count(self.outputs.len()), returned.collect()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::network::{Builder, Output, Place, Shape};
    use crate::ops::{Array, Flatten, Op};

    /// A shape that inference gives and the oracle does not make: no network has one, so a layer is handed the output of another.
    #[test]
    fn a_wrong_shape_is_named() {
        let mut builder = Builder::new();
        let input = builder.input("x", Shape::new(&[2, 3, 4]).unwrap(), Place(0)).unwrap();
        let flat = builder.add("flat", Op::from(Flatten { axis: 1 }), &[input], Place(0)).unwrap();
        let outputs = vec![Output { name: "flat".to_owned(), tensor: flat }];
        let network = builder.finish(outputs).unwrap();
        let analysis = analyse(&network).unwrap();
        let node = network.node(flat).unwrap();
        for (made, is_wrong) in [(&[2, 12][..], false), (&[2, 3, 4], true), (&[12, 2], true)] {
            let shape = Shape::new(made).unwrap();
            let output = Array::new(shape, vec![0.0; 24]).unwrap();
            let tally = Tally::default();
            let layer =
                Evaluated { tensor: flat, node, output: &output, tally, parameters: 0, live: 24 };
            let mut layers = Layers::of(&network);
            compare(layers.get(flat).unwrap(), &analysis, &layer);
            let wrong: Vec<Subject> =
                layers.iter().flat_map(|layer| &layer.wrong).map(|wrong| wrong.figure).collect();
            assert_eq!(wrong, if is_wrong { vec![Subject::Shapes] } else { vec![] }, "{made:?}");
            assert_eq!(layers.hold(Subject::Shapes), !is_wrong);
        }
    }
}
