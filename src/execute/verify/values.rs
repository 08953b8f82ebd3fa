//! What the oracle counts and makes, and the engine's values beside it.

use num_traits::AsPrimitive;

use super::scale::{Operand, Scale, scale};
use super::{
    Amount, Layers, Line, NodeVerification, NotFinite, Progress, Stage, Subject, TOLERANCE, count,
    looked_at,
};
use crate::analysis::{Analysis, BYTES_PER_VALUE};
use crate::execute::engine::{Engine, Fusion, Memory, Observer};
use crate::execute::oracle::{self, Evaluated};
use crate::execute::{ExecutionError, check_inputs, not_finite, source};
use crate::figure::quantity::write::{number, shape_text, thousands};
use crate::network::{Network, Shape, Tensor};
use crate::ops::{Array, FlopKind, Op, Tally};
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
    let mut done = Oracle {
        tally: Tally::default(),
        is_finite: vec![true; network.len()],
        not_finite: None,
        values: 0,
        live: 0,
        outputs: vec![Vec::new(); network.len()],
        scales: vec![Scale::default(); network.len()],
    };
    for (input, values) in network.inputs().iter().zip(inputs) {
        let largest = largest(values);
        done.scales[input.index()] = Scale::of_own(largest);
        done.outputs[input.index()].clone_from(values);
    }
    let arrays = arrays(network, inputs)?;
    let of = network.len() - network.inputs().len();
    let mut at = 0;
    oracle::run(network, weights, &arrays, |layer| {
        done.take(network, weights, layer);
        if let Some(found) = layers.get(layer.tensor) {
            compare(found, analysis, layer);
        }
        at += 1;
        progress(Progress { stage: Stage::Oracle, done: at, of });
    })?;
    Ok(done)
}

/// Inputs as the oracle takes them.
fn arrays(network: &Network, inputs: &[Vec<f32>]) -> Result<Vec<Array>, ExecutionError> {
    let shapes: Vec<Shape> =
        network.inputs().iter().filter_map(|&input| Some(network.node(input)?.shape)).collect();
    let arrays = shapes.iter().zip(inputs).map_while(|(shape, values)| {
        Array::new(*shape, values.iter().map(|&value| f64::from(value)).collect()).ok()
    });
    let arrays: Vec<Array> = arrays.collect();
    check_inputs(network, arrays.iter().map(Array::shape))?;
    Ok(arrays)
}

impl Oracle {
    fn take(&mut self, network: &Network, weights: &Weights, layer: &Evaluated<'_>) {
        self.tally += layer.tally;
        self.values = self.values.saturating_add(count(layer.parameters));
        self.live = self.live.max(count(layer.live));
        let elements = layer.output.elements();
        let at = layer.tensor.index();
        let values: Vec<f32> = elements.iter().map(|&value| value.as_()).collect();
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
        lines.push(peak);
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

/// Runs the engine with layers fused and with each in a step of its own, and compares their values; gives the latter.
pub(super) fn engine(
    network: &Network,
    weights: &Weights,
    inputs: &[Vec<f32>],
    oracle: &Oracle,
    layers: &mut Layers,
    progress: &mut dyn FnMut(Progress),
) -> Result<Engine, ExecutionError> {
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
        engine.run(&mut memory, &inputs, &mut differences)?;
        Ok::<_, ExecutionError>((engine, differences.largest))
    };
    let (_, fused) = run(Fusion::Full, 0)?;
    let (engine, apart) = run(Fusion::None, of / 2)?;
    for (tensor, node) in network.layers() {
        let Some(found) = layers.get(tensor) else { continue };
        let at = tensor.index();
        if let Some(first) = oracle.not_finite.as_ref().filter(|first| first.layer == found.name) {
            let (analysis, run) = ("finite values".to_owned(), first.value.to_owned());
            found.wrong.push(super::Wrong { figure: Subject::Engine, analysis, run });
        }
        found.difference = apart.get(at).copied().flatten();
        found.fused_difference = fused.get(at).copied().flatten();
        let both = [
            (Subject::Engine, found.difference, !is_passed_on(&node.op)),
            (Subject::Fused, found.fused_difference, false),
        ];
        for (figure, difference, is_needed) in both {
            let is_needed = is_needed && oracle.has_finite(at);
            let holds = difference.map_or(!is_needed, |difference| difference <= TOLERANCE);
            let run = difference.map_or_else(|| "not computed".into(), number);
            if !holds {
                let analysis = format!("at most {TOLERANCE:e}");
                found.wrong.push(super::Wrong { figure, analysis, run });
            }
        }
    }
    Ok(engine)
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
        let pairs = values.iter().zip(expected);
        // Where the oracle has no finite value there is nothing to compare with.
        let pairs = pairs.filter(|(_, expected)| expected.is_finite());
        let difference = pairs.map(|(&value, &expected)| apart(value, expected)).reduce(f64::max);
        let difference =
            if expected.len() < values.len() { Some(f64::INFINITY) } else { difference };
        let Some(difference) = difference else { return };
        let relative = if scale.measure > 0.0 { difference / scale.measure } else { difference };
        if let Some(largest) = self.largest.get_mut(at) {
            *largest = Some(largest.map_or(relative, |largest| largest.max(relative)));
        }
    }

    fn end(&mut self, _: Tensor) {
        self.done += 1;
        (self.progress)(Progress { stage: Stage::Engine, done: self.done, of: self.of });
    }
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

/// The largest differences of the engine's values.
///
/// They do not hold where values are not finite, and nothing was looked at where no layer has anything to compare.
pub(super) fn difference_lines(network: &Network, layers: &Layers, not_finite: bool) -> [Line; 2] {
    let computed = count(network.layers().filter(|(_, node)| !is_passed_on(&node.op)).count());
    let line = |figure, of: u64, difference: fn(&NodeVerification) -> Option<f64>| {
        let compared = count(layers.iter().filter_map(difference).count());
        let largest = layers.iter().filter_map(difference).fold(0.0, f64::max);
        Line {
            figure,
            analysis: Amount::AtMost(TOLERANCE),
            run: if compared > 0 { Amount::Number(largest) } else { Amount::None },
            compared,
            of: of.max(compared),
            holds: if not_finite { Some(false) } else { looked_at(compared, layers.hold(figure)) },
        }
    };
    [
        line(Subject::Engine, computed, |layer| layer.difference),
        line(Subject::Fused, 0, |layer| layer.fused_difference),
    ]
}
