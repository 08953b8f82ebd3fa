//! `cnnstat compare`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::back;
use cnnstat::report::Report;
use cnnstat::report::table::{Networks, comparison_table};

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// More networks than this stand one a row.
const MOST_COLUMNS: usize = 4;

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
        let text = output::render(self.format, terminal, &reports, || {
            Ok(comparison_table(&reports, self.networks_as(&reports, terminal)))
        })?;
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Networks stand as columns where they fit; for scripts they are rows, however many they are.
    fn networks_as(&self, reports: &[Report], terminal: &Terminal) -> Networks {
        let room = terminal.width().map_or(usize::MAX, usize::from);
        let fits =
            || back::terminal::width(&comparison_table(reports, Networks::AsColumns)) <= room;
        match self.format {
            Format::Csv => Networks::AsRows,
            _ if reports.len() <= MOST_COLUMNS && fits() => Networks::AsColumns,
            _ => Networks::AsRows,
        }
    }
}
