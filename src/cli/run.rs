//! `cnnstat run`: a forward pass.

mod execute;
mod input;
mod save;

use std::mem;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use cnnstat::back;
use cnnstat::back::text::visible;
use cnnstat::diagnostics::{Diagnostic, Diagnostics};
use cnnstat::execute::ExecutionError;
use cnnstat::execute::classes::{Class, Classes};
use cnnstat::figure::quantity::{self, QuantityError, RateUnit};
use cnnstat::front::Labels;
use cnnstat::front::yaml::{Description, Elaborated};
use cnnstat::network::{Network, Tensor};
use cnnstat::report::run::{
    self as report, Executor, InputData, NotFinite, Profile, RunOutput, Times, Values,
};
use cnnstat::report::table::{run_figures_table, run_steps_table};

use super::failure::Failure;
use super::load;
use super::machine::{self, Peak};
use super::network::NetworkOptions;
use super::output::{Destination, Format, Kind, Whole};
use super::progress::Progress;
use super::read_files::{ReadFiles, labels_file};
use super::run_memory::{self, Purpose};
use super::terminal::Terminal;
use super::threads::ThreadOptions;
use super::weights::WeightOptions;
use super::whole_number::whole_number;
use execute::{Outcome, Work};
use input::InputOptions;
use save::SaveOptions;

/// How many classes of each sample are told.
const TOP: usize = 5;

/// Run a network, and show its outputs, how long it takes, and the likeliest classes
///
/// Without input, values are made from a number: uniform, of mean 0 and mean square 1, the same on every machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat run squeezenet
  cnnstat run resnet50 --weights seeded:7 --input-data x.npy --output y.npy
  cnnstat run mine.yaml --image cat.jpg --labels classes.txt
  cnnstat run squeezenet --tap conv1 --tap fire2/squeeze=squeeze.npy
  cnnstat run vgg16 --threads 1 --repeat 10 --profile
  cnnstat run densenet121 --repeat 5 -o profile.html")]
pub(super) struct Run {
    /// A network file, or the name of a bundled network
    network: String,

    #[command(flatten)]
    weights: WeightOptions,

    #[command(flatten)]
    input: InputOptions,

    #[command(flatten)]
    save: SaveOptions,

    /// A text file with the name of a class on each line, in place of the file's `labels`
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,

    #[command(flatten)]
    threads: ThreadOptions,

    /// How often the forward pass is timed, after one that is not
    #[arg(long, value_name = "R", default_value = "1", value_parser = whole_number(1..=1_000_000_u32))]
    repeat: u32,

    /// What runs the network
    #[arg(long, value_name = "ENGINE", default_value = "fast")]
    engine: Choice,

    /// Show the time of every step too
    #[arg(long)]
    profile: bool,

    /// The machine's floating-point operations a second, such as 10T, in place of a measurement on these threads
    #[arg(long, value_name = "FLOP/S", value_parser = flops_rate)]
    peak_flops: Option<f64>,

    /// How to write what is printed; with a file for the result nothing is printed if left out
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    #[command(flatten)]
    options: NetworkOptions,
}

/// A network and what it is given.
struct Given {
    /// The network, at the batch of its inputs.
    elaborated: Elaborated,
    /// The values of every input.
    inputs: Vec<Vec<f32>>,
    /// Where they come from.
    input_data: Vec<InputData>,
}

/// What runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Fused layers in one arena, 32-bit floats
    Fast,
    /// Every layer by its definition, 64-bit floats
    Oracle,
}

fn flops_rate(text: &str) -> Result<f64, QuantityError> {
    quantity::parse_rate(text, RateUnit::Flops)
}

impl Run {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        // What cannot be written is told before the work is done.
        let result = self.save.result()?;
        let destination = Destination::beside(&[save::TENSOR], result, self.format)?;
        let has_profile = self.profile || result.is_some_and(is_drawn);
        if self.peak_flops.is_some() && !has_profile {
            let message =
                "`--peak-flops` is for a profile: `--profile`, or `-o` with a page or charts";
            return Err(Failure::message(message));
        }
        let description = load::description(&self.network, terminal)?;
        let elaborated = description.elaborate(&self.options.settings(&description)?)?;
        let read = ReadFiles::of(&description)
            .and(self.weights.files())
            .and(self.input.files())
            .and(self.labels.as_deref());
        let files = self.save.files(&elaborated.network, &read)?;
        let labels = self.labels(&description)?;
        let Given { elaborated, inputs, input_data } =
            self.given(&description, elaborated, &files.taps, terminal)?;
        let network = &elaborated.network;
        tell_input(network, &inputs, terminal);

        let peak = has_profile.then(|| self.peak());
        let work = Work {
            network,
            inputs: &inputs,
            taps: &files.taps,
            repeat: usize::try_from(self.repeat).unwrap_or(usize::MAX),
            profile: has_profile,
        };
        let mut outcome = self.outcome(&work, &description, terminal)?;
        // A machine that others share, or that grows warm, is not always as fast: the best counts.
        let peak = peak
            .map(|before| if self.peak_flops.is_some() { before } else { before.max(self.peak()) });
        let profile = peak.map(|Peak { flops: peak, machine }| {
            let profile = Profile::new(network, &outcome.steps, machine, peak);
            profile.map_err(|error| Failure::analysis(&description, &error))
        });
        let not_finite = not_finite(network, outcome.not_finite.take(), &inputs, terminal);
        let settings = description.metadata(&elaborated).settings;
        let shown = report::Run {
            name: description.name().to_owned(),
            settings,
            batch: network.batch(),
            input: network.input_sizes().to_vec(),
            weights: self.weights.origin(),
            input_data,
            outputs: outputs(network, &outcome.outputs),
            times: Times::of(&outcome.seconds),
            peak_activation_bytes: outcome.peak_activation_bytes,
            engine: self.executor(),
            threads: self.threads.count(),
            top: top(network, &outcome, labels.as_deref(), terminal),
            not_finite,
            profile: profile.transpose()?,
        };
        let text = |kind, width, color| written(&shown, kind, width, color);
        let mut begun = files.begun(network, &inputs, &outcome)?;
        begun.extend(destination.begun(&read, text)?);
        begun.into_iter().try_for_each(Whole::finish)?;
        destination.print(terminal, text)?;
        files.tell(terminal);
        Ok(ExitCode::SUCCESS)
    }

    /// The network and what it is given.
    fn given(
        &self,
        description: &Description,
        mut elaborated: Elaborated,
        taps: &[Tensor],
        terminal: &Terminal,
    ) -> Result<Given, Failure> {
        let mut settings = self.options.settings(description)?;
        let mut given = self.input.read(&elaborated.network, description.preprocess())?;
        if let Some(batch) = given.batch.filter(|&batch| batch != settings.batch) {
            if self.options.given_batch().is_some() {
                return Err(Failure::message(format!(
                    "`--batch` is {}, and the input has a batch of {batch}",
                    settings.batch
                )));
            }
            settings.batch = batch;
            elaborated = description.elaborate(&settings)?;
        }
        terminal.warn(&elaborated.warnings);
        let purpose = match self.engine {
            Choice::Fast => Purpose::Fast(taps),
            Choice::Oracle => Purpose::Oracle(taps),
        };
        run_memory::refuse_too_large(description, &elaborated.network, purpose)?;
        let origins = mem::take(&mut given.origins);
        let values = given.values(&elaborated.network)?;
        Ok(Given { elaborated, inputs: values, input_data: origins })
    }

    /// Runs the network on the threads that are asked for.
    fn outcome(
        &self,
        work: &Work<'_>,
        description: &Description,
        terminal: &Terminal,
    ) -> Result<Outcome, Failure> {
        let failed = |error: ExecutionError| Failure::message(error.to_string());
        let pool = self.threads.pool()?;
        if self.engine == Choice::Oracle {
            let layers = u64::try_from(work.network.layers().count()).unwrap_or(u64::MAX);
            let layers = layers.saturating_mul(u64::from(self.repeat).saturating_add(1));
            let mut progress = Progress::new(terminal, layers, "layers");
            let weights = self.weights.weights(description, work.network, terminal)?;
            return pool
                .install(|| execute::by_oracle(work, &weights, &mut progress))
                .map_err(failed);
        }
        let mut progress = Progress::new(terminal, 1, "steps");
        let mut weights = self.weights.open(description, work.network)?;
        let outcome = pool.install(|| execute::fast(work, weights.source(), &mut progress));
        weights.warn(terminal);
        let mut outcome = outcome.map_err(|error| match error {
            ExecutionError::Weights(error) => weights.failure(error),
            error => failed(error),
        })?;
        if outcome.not_finite.is_some() {
            // A step may be of several layers: the first of them that gives such a value is looked for.
            let mut weights = self.weights.open(description, work.network)?;
            let first = pool.install(|| execute::first_not_finite(work, weights.source()));
            outcome.not_finite = first.map_err(failed)?.or(outcome.not_finite);
        }
        Ok(outcome)
    }

    fn executor(&self) -> Executor {
        match self.engine {
            Choice::Fast => Executor::Fast,
            Choice::Oracle => Executor::Oracle,
        }
    }

    /// The peak with which rates are compared.
    fn peak(&self) -> Peak {
        match self.peak_flops {
            Some(flops) => Peak { flops, machine: "the given machine".to_owned() },
            None => machine::measured_peak(self.threads.count()),
        }
    }

    /// The names of the classes.
    fn labels(&self, description: &Description) -> Result<Option<Vec<String>>, Failure> {
        if let Some(path) = &self.labels {
            return load::lines(path).map(Some);
        }
        match description.labels() {
            None => Ok(None),
            Some(Labels::List(labels)) => Ok(Some(labels.clone())),
            Some(Labels::File { path, .. }) => {
                if Path::new(path).is_absolute() {
                    let message = "`labels` is a list of names, or a path relative to the file";
                    return Err(Failure::message(message));
                }
                labels_file(description).map(|path| load::lines(&path)).transpose()
            }
        }
    }
}

/// Whether a file gets the charts of the profile.
fn is_drawn(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["html", "htm", "svg"].iter().any(|drawn| ending.eq_ignore_ascii_case(drawn))
}

fn outputs(network: &Network, values: &[Vec<f32>]) -> Vec<RunOutput> {
    let outputs = network.outputs().iter().zip(values).filter_map(|(output, values)| {
        let shape = network.node(output.tensor)?.shape.sizes().to_vec();
        Some(RunOutput { name: output.name.clone(), shape, values: Values::of(values) })
    });
    outputs.collect()
}

/// The likeliest classes, where an output tells some apart.
fn top(
    network: &Network,
    outcome: &Outcome,
    labels: Option<&[String]>,
    terminal: &Terminal,
) -> Vec<Class> {
    let Some(classes) = Classes::of(network) else { return Vec::new() };
    let labels = labels.filter(|labels| {
        let fits = labels.len() == classes.count;
        if !fits {
            let (labels, classes) = (labels.len(), classes.count);
            warn(
                format!("there are {labels} labels for {classes} classes; none is shown"),
                terminal,
            );
        }
        fits
    });
    let values = outcome.outputs.get(classes.output);
    values.map(|values| classes.top(values, TOP, labels)).unwrap_or_default()
}

fn warn(message: String, terminal: &Terminal) {
    terminal.warn(&Diagnostics::from(Diagnostic::warning(message)));
}

/// Warns of an input with a value that is not finite.
fn tell_input(network: &Network, inputs: &[Vec<f32>], terminal: &Terminal) {
    for (input, values) in network.inputs().iter().zip(inputs) {
        let first = values.iter().enumerate().find_map(|(position, &value)| {
            report::not_finite(value.into()).map(|value| (position, value))
        });
        if let (Some(node), Some((position, value))) = (network.node(*input), first) {
            let length = values.len().checked_div(usize::try_from(node.shape.batch()).unwrap_or(1));
            let length = length.unwrap_or(1).max(1);
            let (sample, element) = (position / length, position % length);
            warn(
                format!(
                    "`{}` has {value}, first in sample {sample} at element {element}",
                    visible(node.name())
                ),
                terminal,
            );
        }
    }
}

/// The first layer that gave a value that is not finite, with a warning.
fn not_finite(
    network: &Network,
    found: Option<(Tensor, &'static str)>,
    inputs: &[Vec<f32>],
    terminal: &Terminal,
) -> Option<NotFinite> {
    let (tensor, value) = found?;
    let layer = network.node(tensor)?.name().to_owned();
    let were_finite = inputs.iter().flatten().all(|value| value.is_finite());
    let whence = if were_finite { ", though its input has none" } else { "" };
    warn(format!("`{}` is the first layer that gives {value}{whence}", visible(&layer)), terminal);
    Some(NotFinite { layer, value })
}

fn written(
    run: &report::Run,
    kind: Kind,
    width: Option<u16>,
    color: bool,
) -> Result<String, Failure> {
    Ok(match kind {
        Kind::Page => back::document::html(&run.document())?,
        Kind::Drawing => back::document::svg(&run.document())?,
        Kind::Text(Format::Table) => back::document::terminal(&run.document(), width, color),
        Kind::Text(Format::Markdown) => back::document::markdown(&run.document()),
        Kind::Text(Format::Json) => back::json::render(run)?,
        Kind::Text(Format::Csv) => back::csv::render(&match &run.profile {
            Some(profile) => run_steps_table(profile),
            None => run_figures_table(run),
        })?,
    })
}
