//! `cnnstat check`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::back::text::visible;
use cnnstat::bundled;
use cnnstat::check::{self, Checked};
use cnnstat::figure::Limit;

use super::failure::Failure;
use super::load;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Check networks' figures against published ones, and against the most they may be
///
/// Published figures (`expect:`) and budgets (`budget:`) stand in network files; `--max` adds to these. Exits with 1 where
/// one does not hold. Published figures are for a batch of 1: with another, only budgets are checked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat check                          all bundled networks
  cnnstat check mine.yaml --failing      only what does not hold
  cnnstat check mine.yaml --max params=5M --max macs=1G --max peak_memory=8MiB")]
pub(super) struct Check {
    /// Network files, or names of bundled networks; all bundled ones if left out
    #[arg(value_name = "NETWORK")]
    networks: Vec<String>,

    /// The most that a figure may be, such as macs=1.5G or weight_memory=8MiB; may be repeated
    #[arg(long = "max", value_name = "FIGURE=AMOUNT")]
    limits: Vec<Limit>,

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
        let mut broken = false;
        for network in networks {
            match self.check(network, terminal) {
                Ok(one) => checked.push(one),
                // What can be said of the other networks is said all the same.
                Err(failure) => {
                    terminal.tell_failure(&failure);
                    broken = true;
                }
            }
        }
        if checked.is_empty() {
            return Ok(ExitCode::from(2));
        }
        let code = match (broken, checked.iter().all(Checked::passes)) {
            (true, _) => ExitCode::from(2),
            (false, true) => ExitCode::SUCCESS,
            (false, false) => ExitCode::FAILURE,
        };
        let tally = check::tally(&checked);
        if self.failing {
            checked = checked.into_iter().map(Checked::failing).collect();
        }
        let mut text = output::render(self.format, terminal, &checked, || {
            let table = check::table(&checked, self.options.batch());
            // Scripts read the same columns whatever is in them.
            Ok(if self.format == Format::Csv { table } else { table.without_empty_columns() })
        })?;
        if self.format == Format::Table {
            let shown = checked.iter().any(|one| !one.is_empty());
            text = if shown { format!("{text}\n{tally}\n") } else { format!("{tally}\n") };
        }
        match terminal.print(&text) {
            // Whether the figures hold does not depend on somebody reading it.
            Ok(()) | Err(Failure::BrokenPipe) => Ok(code),
            Err(failure) => Err(failure),
        }
    }

    fn check(&self, network: String, terminal: &Terminal) -> Result<Checked, Failure> {
        let description = load::description(&network, terminal)?;
        let settings = self.options.settings(&description)?;
        let failure = |error| Failure::check(&description, error);
        let has_budget = !self.limits.is_empty() || !description.budget().is_empty();
        let has_published = !description.expectations().is_empty();
        let shown = visible(&network);
        let (mut outcomes, mut limited) = (Vec::new(), Vec::new());
        if settings.batch == 1 {
            let (found, warnings) = check::check(&description, &settings).map_err(failure)?;
            terminal.warn(&warnings);
            outcomes = found;
        } else if !has_budget {
            return Err(Failure::message("published figures are for a batch of 1"));
        } else if has_published {
            terminal.tell(&format!(
                "note: {shown}: published figures are for a batch of 1, only the budget is checked"
            ));
        }
        if has_budget {
            let (found, warnings) =
                check::budget(&description, &settings, &self.limits).map_err(failure)?;
            if outcomes.is_empty() {
                terminal.warn(&warnings);
            }
            limited = found;
        } else if !has_published {
            terminal.tell(&format!("warning: {shown} names no published figures (`expect:`)"));
        }
        Ok(Checked { network, outcomes, budget: limited })
    }
}
