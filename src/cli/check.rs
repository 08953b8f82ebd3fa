//! `cnnstat check`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::back;
use cnnstat::bundled;
use cnnstat::check::{self, Checked};

use super::failure::Failure;
use super::load;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Check the published figures that network files name against their analysis
///
/// Exits with 1 where a figure does not hold.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat check                          all bundled networks
  cnnstat check mine.yaml --failing      only what does not hold")]
pub(super) struct Check {
    /// Network files, or names of bundled networks; all bundled ones if left out
    #[arg(value_name = "NETWORK")]
    networks: Vec<String>,

    /// Show only the figures that do not hold
    #[arg(long)]
    failing: bool,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Check {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let mut networks = self.networks.clone();
        if networks.is_empty() {
            networks.extend(bundled::names().into_iter().map(str::to_owned));
        }
        let mut checked = Vec::new();
        for network in networks {
            let description = load::description(&network, terminal)?;
            let settings = self.options.settings(&description)?;
            let outcomes = check::check(&description, &settings)
                .map_err(|error| Failure::check(&description, error))?;
            checked.push(Checked { network, outcomes });
        }
        let passes = checked.iter().all(Checked::passes);
        let text = match self.format {
            Format::Json => back::json::render(&checked)?,
            format => output::table(&check::table(&checked, self.failing), format, terminal)?,
        };
        terminal.print(&text)?;
        Ok(if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
