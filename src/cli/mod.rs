//! The command line: one file per subcommand.

mod check;
mod compare;
mod completions;
mod convert;
mod explain;
mod failure;
mod figures;
mod formula;
mod list;
mod load;
mod machine;
mod man;
mod memory;
mod network;
mod output;
mod parameters;
mod paths;
mod progress;
mod read_files;
mod report;
mod roofline;
mod run;
mod run_memory;
mod schema;
mod study;
mod summary;
mod sweep;
mod temporary;
mod terminal;
mod threads;
mod verify;
mod weights;
mod whole_number;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use cnnstat::back::text::visible;

use failure::Failure;
use terminal::{ColorWhen, Terminal};

/// Everything about a convolutional network that can be known without training it.
///
/// A network is a YAML file, or the name of a bundled one (`cnnstat list` names them).
#[derive(Debug, Parser)]
#[command(name = "cnnstat", version, max_term_width = 80, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// When to use colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorWhen,
}

const EXAMPLES: &str = "Examples:
  cnnstat report squeezenet             write squeezenet.html, show the totals
  cnnstat summary resnet50 --depth 1    a table folded to top-level blocks
  cnnstat compare alexnet squeezenet    networks side by side
  cnnstat memory densenet121            peaks, and what training keeps
  cnnstat check mine.yaml               published figures against the analysis
  cnnstat verify squeezenet             figures against a forward pass
  cnnstat formula resnet50 --over h,w   figures as polynomials
  cnnstat study small-kernels           variants of an idea, their ratios
  cnnstat explain resnet50 --convention thop
                                        why another tool prints another number
  cnnstat sweep mine.yaml --set width=16..64/16 --pareto params,macs

Exit codes: 0 done; 1 a check failed; 2 the input or the call is wrong.";

/// In the order in which they are shown: one network, what becomes of it, others beside it, what there is.
#[derive(Debug, Subcommand)]
enum Command {
    Summary(summary::Summary),
    Report(report::Report),
    Memory(memory::Memory),
    Paths(paths::Paths),
    Roofline(roofline::Roofline),
    Parameters(parameters::Parameters),
    Run(run::Run),
    Verify(verify::Verify),
    Convert(convert::Convert),
    Explain(explain::Explain),
    Check(check::Check),
    Formula(formula::Formula),
    Sweep(sweep::Sweep),
    Compare(compare::Compare),
    Study(study::Study),
    List(list::List),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Reads the arguments. Where they are wrong, they are read again with control characters written out, so that a message that
/// repeats them shows these as all other messages do.
fn arguments(given: &[OsString]) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(given).map_err(|error| {
        let shown = given.iter().map(|one| visible(&one.to_string_lossy()).into_owned());
        // What is wrong only for a byte that is no text is not repeated.
        Arguments::try_parse_from(shown).err().unwrap_or(error)
    })
}

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    let arguments = match arguments(&env::args_os().collect::<Vec<_>>()) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let terminal = Terminal::new(arguments.color);
    let done = match arguments.command {
        Command::Summary(summary) => summary.run(&terminal),
        Command::Report(report) => report.run(&terminal),
        Command::Compare(compare) => compare.run(&terminal),
        Command::Memory(memory) => memory.run(&terminal),
        Command::Check(check) => check.run(&terminal),
        Command::Explain(explain) => explain.run(&terminal),
        Command::Formula(formula) => formula.run(&terminal),
        Command::Sweep(sweep) => sweep.run(&terminal),
        Command::Paths(paths) => paths.run(&terminal),
        Command::Roofline(roofline) => roofline.run(&terminal),
        Command::Parameters(parameters) => parameters.run(&terminal),
        Command::Run(run) => run.run(&terminal),
        Command::Verify(verify) => verify.run(&terminal),
        Command::Convert(convert) => convert.run(&terminal),
        Command::List(list) => list.run(&terminal),
        Command::Study(study) => study.run(&terminal),
        Command::Schema(schema) => schema.run(&terminal),
        Command::Completions(completions) => completions.run(&mut Arguments::command(), &terminal),
        Command::Man(man) => man.run(&mut Arguments::command(), &terminal),
    };
    match done {
        Ok(code) => code,
        Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.tell_failure(&failure);
            ExitCode::from(2)
        }
    }
}
