//! `cnnstat memory`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use cnnstat::report::Report;
use cnnstat::report::memory::MemoryReport;
use cnnstat::report::table::{self, Table};

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Show the memory of a network part by part
///
/// Weights, activations and their peak at inference, what training keeps for the backward pass, gradients and optimizer state; and the
/// same by how concatenations are stored, where the network has some.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat memory resnet50 --batch 32
  cnnstat memory densenet121 --show concatenations
  cnnstat memory squeezenet --show layers --format csv")]
pub(super) struct Memory {
    /// A network file, or the name of a bundled network
    network: String,

    /// Show one of the tables alone (not with JSON)
    #[arg(long, value_name = "TABLE")]
    show: Option<Part>,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

/// A table about memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Weights, activations and peaks, what training keeps
    Parts,
    /// What is alive at each layer
    Layers,
    /// Peak and training by how concatenations are stored
    Concatenations,
}

impl Memory {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.format == Format::Json {
            output::refuse_with_json(&[("--show", self.show.is_some())])?;
        }
        let report = self.options.report(&self.network, terminal)?;
        let mut text = output::render(self.format, terminal, &MemoryReport::new(&report), || {
            self.table(&report)
        })?;
        let has_both = matches!(self.format, Format::Table | Format::Markdown);
        if let Some(policies) = table::policies_table(&report)
            && self.show.is_none()
            && has_both
        {
            text += "\n";
            text += &output::render(self.format, terminal, &(), || Ok(policies))?;
        }
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn table(&self, report: &Report) -> Result<Table, Failure> {
        Ok(match self.show {
            None | Some(Part::Parts) => table::memory_table(report),
            Some(Part::Layers) => table::schedule_table(report),
            Some(Part::Concatenations) => table::policies_table(report)
                .ok_or_else(|| Failure::message("the network has no concatenations"))?,
        })
    }
}
