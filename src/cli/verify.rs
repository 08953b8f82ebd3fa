//! `cnnstat verify`: the analysis beside a forward pass.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use cnnstat::analysis;
use cnnstat::execute::verify::{self, Effort, Stage, Verification};
use cnnstat::front::yaml::Description;
use cnnstat::report::VerificationReport;
use cnnstat::report::table::{
    Table, verification_layers_table, verification_lines_table, verification_table,
    verification_tally, verification_wrong_table,
};
use cnnstat::weights::seeded_inputs;

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::progress::Progress;
use super::run_memory::{self, Purpose};
use super::terminal::Terminal;
use super::threads::ThreadOptions;
use super::weights::WeightOptions;

/// The most operations of a network that is run at its own input, unless all is asked for.
const MOST_OPERATIONS: u64 = 40_000_000_000;

/// The most operations of all runs for receptive fields, unless all is asked for.
const MOST_FIELD_OPERATIONS: u64 = 400_000_000_000;

/// So many things that differ are shown.
const MOST_WRONG: usize = 10;

/// Run a network and put its figures beside what happened
///
/// The network is run by plain loops that count what they do, and by the engine, on random input: shapes, parameters, operations by kind,
/// peaks of activations and receptive fields of the analysis must be those of the run, and the engine's values those of the loops.
/// Exits with 1 where something differs. Networks of more than 40 G floating-point operations and elements are run at batch 1 and a smaller
/// input, and of large ones not all ends of receptive fields are looked at; the output says what was, and `--full` looks at all.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat verify squeezenet
  cnnstat verify vgg16 --full --threads 8
  cnnstat verify mine.yaml --nodes --format csv")]
pub(super) struct Verify {
    /// A network file, or the name of a bundled network
    network: String,

    /// Show a line a layer (not with JSON)
    #[arg(long)]
    nodes: bool,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    run: RunOptions,

    #[command(flatten)]
    options: NetworkOptions,
}

/// How a network is run to be verified.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    weights: WeightOptions,

    #[command(flatten)]
    threads: ThreadOptions,

    /// Run a network of more than 40 G FLOPs at its own input and batch too, and look at every receptive field, however long it takes
    #[arg(long)]
    full: bool,
}

impl Verify {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.format == Format::Json {
            output::refuse_with_json(&[("--nodes", self.nodes)])?;
        }
        let (description, _) = self.options.elaborated(&self.network, terminal)?;
        let found = self.run.verified(&description, &self.options, terminal)?;
        let code = if found.found.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        match terminal.print(&self.text(&found, terminal)?) {
            // Whether the figures hold does not depend on somebody reading it.
            Ok(()) | Err(Failure::BrokenPipe) => Ok(code),
            Err(failure) => Err(failure),
        }
    }

    fn text(&self, report: &VerificationReport, terminal: &Terminal) -> Result<String, Failure> {
        let table = || -> Result<Table, Failure> {
            Ok(match self.format {
                _ if self.nodes => verification_layers_table(report),
                Format::Csv => verification_lines_table(report),
                _ => verification_table(report),
            })
        };
        let mut text = output::render(self.format, terminal, report, table)?;
        let found = &report.found;
        if matches!(self.format, Format::Table | Format::Markdown) {
            if let Some(wrong) = verification_wrong_table(found, MOST_WRONG) {
                text += "\n";
                text += &output::render(self.format, terminal, &(), || Ok(wrong))?;
            }
            text += &format!("\n{}\n", verification_tally(found));
        }
        Ok(text)
    }
}

impl RunOptions {
    /// The files that are read.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.weights.files()
    }

    /// Whether any of them is given.
    pub(super) fn are_given(&self) -> bool {
        self.weights.are_given() || self.threads.are_given() || self.full
    }

    /// Runs a network, with a bar where it takes long.
    pub(super) fn verified(
        &self,
        description: &Description,
        options: &NetworkOptions,
        terminal: &Terminal,
    ) -> Result<VerificationReport, Failure> {
        let most = if self.full { u64::MAX } else { MOST_OPERATIONS };
        let settings = options.settings(description)?;
        let (elaborated, instead) = verify::reduced(description, &settings, most)?;
        let network = &elaborated.network;
        if !self.full && verify::operations(network).is_none_or(|operations| operations > most) {
            let message =
                "the network makes more than 40 G operations at the smallest input that it takes";
            return Err(Failure::helped(message, "`--full` runs it all the same".to_owned()));
        }
        let failed = |error: &analysis::AnalysisError| Failure::analysis(description, error);
        let analysis = analysis::analyse(network).map_err(|error| failed(&error))?;
        run_memory::refuse_too_large(description, network, Purpose::Verification)?;
        let weights = self.weights.weights(description, network, terminal)?;
        let inputs = seeded_inputs(network, 0).map_err(|error| failed(&error))?;
        let pool = self.threads.pool()?;
        let effort = Effort { field_operations: (!self.full).then_some(MOST_FIELD_OPERATIONS) };
        let mut bar = Progress::new(terminal, 0, noun(Stage::Oracle));
        let mut stage = None;
        let found = pool.install(|| {
            let mut progress = |at: verify::Progress| {
                let count = |count| u64::try_from(count).unwrap_or(u64::MAX);
                if stage.replace(at.stage) != Some(at.stage) {
                    bar.begin(count(at.of), noun(at.stage));
                }
                bar.reach(count(at.done));
            };
            verify::verify(network, &analysis, &weights, &inputs, effort, &mut progress)
        });
        let found = found.map_err(|error| Failure::message(error.to_string()))?;
        Ok(VerificationReport {
            name: description.name().to_owned(),
            batch: network.batch(),
            weights: self.weights.origin(),
            settings: description.metadata(&elaborated).settings,
            found: Verification { instead, ..found },
        })
    }
}

/// What is counted while a verification is at a stage.
fn noun(stage: Stage) -> &'static str {
    match stage {
        Stage::Oracle => "layers by plain loops",
        Stage::Engine => "layers by the engine",
        Stage::Fields => "runs for receptive fields",
    }
}
