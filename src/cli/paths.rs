//! `cnnstat paths`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::report::paths::PathsReport;
use cnnstat::report::table::{Table, path_layers_table, path_lengths_table, paths_table};

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Count the paths through a network and the direct connections of its blocks
///
/// Numbers are exact. Under `drop_path` (stochastic depth) it tells what is in use on average.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat paths resnet152
  cnnstat paths densenet121 --layers
  cnnstat paths resnet110-stochastic-depth --set survival=0.8 --format json")]
pub(super) struct Paths {
    /// A network file, or the name of a bundled network
    network: String,

    /// Show every layer: its distance to the output and the paths through it (not with JSON)
    #[arg(long, conflicts_with = "lengths")]
    layers: bool,

    /// Show the distribution of the lengths alone (not with JSON)
    #[arg(long)]
    lengths: bool,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Paths {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.format == Format::Json {
            output::refuse_with_json(&[("--layers", self.layers), ("--lengths", self.lengths)])?;
        }
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let report = PathsReport::new(&elaborated.network, description.metadata(&elaborated))
            .map_err(|error| Failure::analysis(&description, &error))?;
        let mut pages = Vec::new();
        for table in self.tables(&report) {
            pages.push(output::render(self.format, terminal, &report, || Ok(table))?);
        }
        terminal.print(&pages.join("\n"))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The tables that are asked for; a file of values has one.
    fn tables(&self, report: &PathsReport) -> Vec<Table> {
        let for_people = matches!(self.format, Format::Table | Format::Markdown);
        if self.layers {
            return vec![path_layers_table(report)];
        }
        if self.lengths {
            return vec![path_lengths_table(report, for_people)];
        }
        let mut tables = vec![paths_table(report)];
        let lengths = report.lengths.distribution.as_ref();
        if for_people && lengths.is_some_and(|lengths| lengths.len() > 1) {
            let mut lengths = path_lengths_table(report, true);
            // The table above says it.
            lengths.notes.clear();
            tables.push(lengths);
        }
        tables
    }
}
