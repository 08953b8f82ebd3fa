//! The engine's values beside the oracle's.

use std::collections::HashSet;

use super::scale::Scale;
use super::values::{Oracle, is_passed_on};
use super::{
    Amount, Layers, Line, NodeVerification, OutputVerification, Progress, Stage, Subject,
    TOLERANCE, Wrong, count, looked_at,
};
use crate::execute::ExecutionError;
use crate::execute::engine::{Engine, Fusion, Observer};
use crate::figure::quantity::write::number;
use crate::network::{Network, Tensor};
use crate::weights::Weights;

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
        let mut memory = engine.memory()?;
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
        let returned = returned(oracle, network, &outputs);
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

/// How far what the engine returns is from what the oracle returns, for all that the network returns.
fn returned(oracle: &Oracle, network: &Network, outputs: &[Vec<f32>]) -> Vec<Option<f64>> {
    let expected = network.outputs().iter().zip(&oracle.returned).enumerate();
    let apart = expected.map(|(at, (output, expected))| {
        let scale = oracle.scales.get(output.tensor.index()).copied().unwrap_or_default();
        relative(outputs.get(at).map_or(&[], Vec::as_slice), expected, scale)
    });
    apart.collect()
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
