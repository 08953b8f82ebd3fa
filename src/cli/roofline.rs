//! `cnnstat roofline`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use cnnstat::analysis::roofline::{Execution, MACHINES, Machine, NamedMachine};
use cnnstat::back;
use cnnstat::diagnostics::suggest;
use cnnstat::figure::quantity::{self, QuantityError, RateUnit};
use cnnstat::front::yaml::{Description, Elaborated};
use cnnstat::report::roofline;
use cnnstat::report::table::{self, Table};

use super::failure::Failure;
use super::machine;
use super::network::NetworkOptions;
use super::output::{self, Destination, Format, Kind};
use super::read_files::ReadFiles;
use super::terminal::Terminal;

/// Show how fast a machine could run each layer at best, and whether arithmetic or memory bounds it
///
/// The machine is a named one, the one at hand, or given by its two rates.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat roofline densenet121 --machine v100 --depth 1
  cnnstat roofline resnet50 --peak-flops 10T --bandwidth 400G --fused
  cnnstat roofline vgg16 --machine this --batch 16
  cnnstat roofline densenet121 --machine a100 -o densenet121-roofline.html
  cnnstat roofline --machines")]
pub(super) struct Roofline {
    /// A network file, or the name of a bundled network
    #[arg(required_unless_present = "machines")]
    network: Option<String>,

    /// List the named machines and where their figures are from
    #[arg(long, conflicts_with_all = ["network", "machine", "peak_flops", "bandwidth", "fused", "depth", "kinds"])]
    machines: bool,

    /// A named machine, or `this` to measure the one at hand
    #[arg(long, value_name = "NAME", conflicts_with_all = ["peak_flops", "bandwidth"])]
    machine: Option<String>,

    /// The machine's floating-point operations a second, such as 10T
    #[arg(long, value_name = "FLOP/S", value_parser = flops_rate, requires = "bandwidth")]
    peak_flops: Option<f64>,

    /// The machine's bytes a second, such as 400G
    #[arg(long, value_name = "B/S", value_parser = bytes_rate, requires = "peak_flops")]
    bandwidth: Option<f64>,

    /// Do normalization and activation behind convolutions and linear layers in these
    #[arg(long)]
    fused: bool,

    /// Fold blocks below this depth into one row each (not with JSON)
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

    /// Show the kinds of operators instead of the layers (not with JSON)
    #[arg(long, conflicts_with = "depth")]
    kinds: bool,

    /// Where to write the roofline; the ending tells how: .html a page, .svg its chart, .md, .json, .csv or .txt; `-` is a page on the standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "machines")]
    output: Option<PathBuf>,

    /// How to write what is printed; with a file nothing is printed if left out
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Roofline {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let format = self.format.unwrap_or(Format::Table);
        let Some(network) = self.network.as_ref().filter(|_| !self.machines) else {
            let machines =
                output::render(format, terminal, &MACHINES, || Ok(table::machines_table()))?;
            terminal.print(&machines)?;
            return Ok(ExitCode::SUCCESS);
        };
        let destination = Destination::new(self.output.as_deref(), self.format)?;
        if destination.has_json() {
            let depth = ("--depth", self.depth.is_some());
            output::refuse_with_json(&[depth, ("--kinds", self.kinds)])?;
        }
        let (description, elaborated) = self.options.elaborated(network, terminal)?;
        let read = ReadFiles::of(&description);
        destination.check(&read)?;
        let roofline = self.roofline(&description, &elaborated)?;
        destination.deliver(&read, terminal, |kind, width, color| {
            Ok(match kind {
                Kind::Page => back::document::html(&roofline.document(self.depth)?)?,
                Kind::Drawing => back::document::svg(&roofline.document(self.depth)?)?,
                Kind::Text(format) => output::rendered(format, (width, color), &roofline, || {
                    self.table(format, &roofline)
                })?,
            })
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn roofline(
        &self,
        description: &Description,
        elaborated: &Elaborated,
    ) -> Result<roofline::Roofline, Failure> {
        let execution = if self.fused { Execution::Fused } else { Execution::Separate };
        let metadata = description.metadata(elaborated);
        let machine = self.chosen_machine()?;
        roofline::Roofline::new(&elaborated.network, metadata, machine, execution)
            .map_err(|error| Failure::analysis(description, &error))
    }

    fn table(&self, format: Format, roofline: &roofline::Roofline) -> Result<Table, Failure> {
        Ok(match self.depth {
            _ if self.kinds => table::roofline_kinds_table(roofline),
            None if format == Format::Csv => table::roofline_layers_table(roofline),
            depth => table::roofline_table(roofline, depth)?,
        })
    }

    fn chosen_machine(&self) -> Result<Machine, Failure> {
        if let Some((peak_flops, bandwidth)) = self.peak_flops.zip(self.bandwidth) {
            return Ok(Machine::new("the given machine", peak_flops, bandwidth)?);
        }
        let names = || MACHINES.iter().map(|machine| machine.name);
        let Some(name) = &self.machine else {
            return Err(Failure::message(format!(
                "say which machine: `--machine` {} or `this`, or its rates, as in `--peak-flops 10T --bandwidth 400G`",
                names().collect::<Vec<_>>().join(", ")
            )));
        };
        if name == "this" {
            return machine::measured();
        }
        let Some(named) = NamedMachine::find(name) else {
            let help = suggest(name, names()).map_or_else(
                || "`cnnstat roofline --machines` lists them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Failure::message(format!("there is no machine `{name}`; {help}")));
        };
        Ok(named.machine.clone())
    }
}

fn flops_rate(text: &str) -> Result<f64, QuantityError> {
    quantity::parse_rate(text, RateUnit::Flops)
}

fn bytes_rate(text: &str) -> Result<f64, QuantityError> {
    quantity::parse_rate(text, RateUnit::Bytes)
}
