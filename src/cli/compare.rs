//! `cnnstat compare`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::back;
use cnnstat::report::table;

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Show several networks side by side
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat compare alexnet-torchvision squeezenet
  cnnstat compare vgg16 resnet50 densenet121 --format markdown")]
pub(super) struct Compare {
    /// Network files, or names of bundled networks
    #[arg(required = true, value_name = "NETWORK")]
    networks: Vec<String>,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Compare {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let reports = self.networks.iter().map(|network| self.options.report(network, terminal));
        let reports: Vec<_> = reports.collect::<Result<_, _>>()?;
        let text = match self.format {
            Format::Json => back::json::render(&reports)?,
            format => output::table(&table::comparison_table(&reports), format, terminal)?,
        };
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
