//! `cnnstat summary`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::report::table;

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Show the layers of a network and their figures
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat summary squeezenet
  cnnstat summary resnet50 --depth 1 --set stride_on=first
  cnnstat summary vgg16 --input 3x448x448 --batch 8 --format json")]
pub(super) struct Summary {
    /// A network file, or the name of a bundled network
    network: String,

    /// Fold blocks below this depth into one row each; 0 shows the totals alone (not with JSON)
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Summary {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.depth.is_some() && self.format == Format::Json {
            return Err(Failure::message("`--depth` folds tables; JSON always has every layer"));
        }
        let report = self.options.report(&self.network, terminal)?;
        let text = output::render(self.format, terminal, &report, || {
            Ok(match self.depth {
                Some(0) => table::totals_table(&report),
                None if self.format == Format::Csv => table::layers_table(&report),
                depth => table::summary_table(&report, depth)?,
            })
        })?;
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
