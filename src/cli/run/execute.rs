//! The forward passes, timed.

use std::time::Instant;

use cnnstat::analysis::BYTES_PER_VALUE;
use cnnstat::execute::engine::{Engine, Fusion, Observer};
use cnnstat::execute::{ExecutionError, oracle};
use cnnstat::network::{Network, Tensor};
use cnnstat::ops::Array;
use cnnstat::report::run::{median, not_finite};
use cnnstat::weights::{Source, Weights};
use num_traits::AsPrimitive;

use crate::cli::progress::Progress;

/// What is to be run, and what is wanted of it.
pub(super) struct Work<'a> {
    pub(super) network: &'a Network,
    /// The values of its inputs.
    pub(super) inputs: &'a [Vec<f32>],
    /// Tensors whose values are wanted, none of them a view or an input.
    pub(super) taps: &'a [Tensor],
    pub(super) repeat: usize,
    /// Whether the time of every step is wanted.
    pub(super) profile: bool,
}

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) outputs: Vec<Vec<f32>>,
    /// The values of each of the taps.
    pub(super) taps: Vec<Vec<f32>>,
    /// The time of each pass.
    pub(super) seconds: Vec<f64>,
    pub(super) peak_activation_bytes: u64,
    /// The layers of every step and its time, where they are wanted.
    pub(super) steps: Vec<(Vec<Tensor>, f64)>,
    /// The first tensor with a value that is not finite, and what that is.
    pub(super) not_finite: Option<(Tensor, &'static str)>,
}

/// Runs a network on the engine, once more than is timed; `progress` counts the steps of all passes.
pub(super) fn fast(
    work: &Work<'_>,
    weights: &mut dyn Source,
    progress: &mut Progress,
) -> Result<Outcome, ExecutionError> {
    let network = work.network;
    let engine = Engine::compile(network, weights, Fusion::Keeping(work.taps))?;
    let mut memory = engine.memory()?;
    let inputs: Vec<&[f32]> = work.inputs.iter().map(Vec::as_slice).collect();
    let steps = engine.steps().len();
    let mut passes = Passes::new(progress, steps, work.repeat);
    let mut watch = Watch::new(work.taps);
    let mut outputs = engine.run(&mut memory, &inputs, &mut passes.of(&mut watch))?;
    let mut clock = Clock { steps: vec![Vec::new(); steps], ..Clock::default() };
    let mut seconds = Vec::new();
    for _ in 0..work.repeat {
        let start = Instant::now();
        outputs = if work.profile {
            clock.at = 0;
            engine.run(&mut memory, &inputs, &mut passes.of(&mut clock))?
        } else {
            engine.run(&mut memory, &inputs, &mut passes.of(&mut ()))?
        };
        seconds.push(start.elapsed().as_secs_f64());
    }
    let steps = engine.steps().zip(&clock.steps).filter(|_| work.profile);
    Ok(Outcome {
        outputs,
        taps: watch.taps.into_iter().map(|(_, values)| values).collect(),
        seconds,
        peak_activation_bytes: engine.arena_bytes(),
        steps: steps.map(|((_, layers), times)| (layers.to_vec(), median(times))).collect(),
        not_finite: watch.not_finite,
    })
}

/// The first tensor that is not finite where every layer is a step of its own; `None` where all are.
pub(super) fn first_not_finite(
    work: &Work<'_>,
    weights: &mut dyn Source,
) -> Result<Option<(Tensor, &'static str)>, ExecutionError> {
    let engine = Engine::compile(work.network, weights, Fusion::None)?;
    let mut memory = engine.memory()?;
    let inputs: Vec<&[f32]> = work.inputs.iter().map(Vec::as_slice).collect();
    let mut watch = Watch::new(&[]);
    engine.run(&mut memory, &inputs, &mut watch)?;
    Ok(watch.not_finite)
}

/// Counts the steps of all passes.
struct Passes<'a> {
    progress: &'a mut Progress,
    done: u64,
}

impl<'a> Passes<'a> {
    fn new(progress: &'a mut Progress, steps: usize, repeat: usize) -> Self {
        let all = steps.saturating_mul(repeat.saturating_add(1));
        progress.begin(u64::try_from(all).unwrap_or(u64::MAX), "steps");
        Self { progress, done: 0 }
    }

    /// An observer that counts besides.
    fn of<'b, O>(&'b mut self, observer: &'b mut O) -> Counted<'b, 'a, O> {
        Counted { passes: self, observer }
    }
}

/// An observer of a pass whose steps are counted.
struct Counted<'b, 'a, O> {
    passes: &'b mut Passes<'a>,
    observer: &'b mut O,
}

impl<O: Observer> Observer for Counted<'_, '_, O> {
    fn begin(&mut self, tensor: Tensor) {
        self.observer.begin(tensor);
    }

    fn sample(&mut self, tensor: Tensor, sample: usize, values: &[f32]) {
        self.observer.sample(tensor, sample, values);
    }

    fn end(&mut self, tensor: Tensor) {
        self.observer.end(tensor);
        self.passes.done += 1;
        self.passes.progress.reach(self.passes.done);
    }
}

/// Takes values out of a run, and looks for those that are not finite.
struct Watch {
    taps: Vec<(Tensor, Vec<f32>)>,
    not_finite: Option<(Tensor, &'static str)>,
}

impl Watch {
    fn new(taps: &[Tensor]) -> Self {
        Self { taps: taps.iter().map(|&tensor| (tensor, Vec::new())).collect(), not_finite: None }
    }
}

impl Observer for Watch {
    fn sample(&mut self, tensor: Tensor, _: usize, values: &[f32]) {
        for (_, tap) in self.taps.iter_mut().filter(|(tap, _)| *tap == tensor) {
            tap.extend_from_slice(values);
        }
        if self.not_finite.is_none() {
            let first = values.iter().find_map(|&value| not_finite(value.into()));
            self.not_finite = first.map(|value| (tensor, value));
        }
    }
}

/// Takes the time of every step.
#[derive(Default)]
struct Clock {
    /// For every step its time in each pass.
    steps: Vec<Vec<f64>>,
    /// The step that runs.
    at: usize,
    begun: Option<Instant>,
}

impl Observer for Clock {
    fn begin(&mut self, _: Tensor) {
        self.begun = Some(Instant::now());
    }

    fn end(&mut self, _: Tensor) {
        if let (Some(begun), Some(times)) = (self.begun, self.steps.get_mut(self.at)) {
            times.push(begun.elapsed().as_secs_f64());
        }
        self.at += 1;
    }
}

/// Runs a network on the oracle, once more than is timed; `progress` counts layers of all passes.
pub(super) fn by_oracle(
    work: &Work<'_>,
    weights: &Weights,
    progress: &mut Progress,
) -> Result<Outcome, ExecutionError> {
    let network = work.network;
    let inputs = oracle::inputs(network, work.inputs)?;
    let mut outcome = Outcome { taps: vec![Vec::new(); work.taps.len()], ..Outcome::default() };
    let mut times: Vec<(Tensor, Vec<f64>)> = Vec::new();
    let (mut live, mut done) = (0, 0);
    for pass in 0..=work.repeat {
        let (start, mut step) = (Instant::now(), 0);
        let mut begun = start;
        let outputs = oracle::run(network, weights, &inputs, |layer| {
            let seconds = begun.elapsed().as_secs_f64();
            if pass == 0 {
                times.push((layer.tensor, Vec::new()));
                live = live.max(layer.live);
                outcome.watch(work.taps, layer.tensor, layer.output);
            } else if let Some((_, times)) = times.get_mut(step) {
                times.push(seconds);
            }
            step += 1;
            done += 1;
            progress.reach(done);
            begun = Instant::now();
        })?;
        if pass > 0 {
            outcome.seconds.push(start.elapsed().as_secs_f64());
        }
        let values = outputs.iter().map(|output| to_f32(output.elements()));
        outcome.outputs = values.collect();
    }
    outcome.peak_activation_bytes =
        u64::try_from(live).unwrap_or(u64::MAX).saturating_mul(BYTES_PER_VALUE);
    if work.profile {
        let steps = times.iter().map(|(tensor, times)| (vec![*tensor], median(times)));
        outcome.steps = steps.collect();
    }
    Ok(outcome)
}

impl Outcome {
    /// Takes values of a layer that the oracle computed, and looks for those that are not finite.
    fn watch(&mut self, taps: &[Tensor], tensor: Tensor, output: &Array) {
        for (values, _) in self.taps.iter_mut().zip(taps).filter(|(_, tap)| **tap == tensor) {
            *values = to_f32(output.elements());
        }
        if self.not_finite.is_none() {
            let first = output.elements().iter().find_map(|&value| not_finite(value));
            self.not_finite = first.map(|value| (tensor, value));
        }
    }
}

fn to_f32(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| value.as_()).collect()
}
