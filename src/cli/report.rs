//! `cnnstat report`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cnnstat::back::{self, text::visible};
use cnnstat::report::table;

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// Write a page about a network
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat report squeezenet.yaml
  cnnstat report resnet50 --input 3x288x288 -o resnet50-288.html")]
pub(super) struct Report {
    /// A network file, or the name of a bundled network
    network: String,

    /// Where to write the page; the file's name with .html here if left out, `-` for the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// How to write the totals that are shown beside
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Report {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let report = self.options.report(&self.network, terminal)?;
        let page = back::html::render(&report)?;
        let path = self.output.clone().unwrap_or_else(|| beside_the_user(&self.network));
        if path == Path::new("-") {
            terminal.print(&page)?;
            return Ok(ExitCode::SUCCESS);
        }
        if output::is_same_file(Path::new(&self.network), &path) {
            return Err(Failure::message("the page would be written over the network's own file"));
        }
        output::write(&path, &page)?;
        let totals =
            output::render(self.format, terminal, &report, || Ok(table::totals_table(&report)))?;
        terminal.print(&totals)?;
        terminal.tell(&format!("wrote {}", visible(&path.display().to_string())));
        Ok(ExitCode::SUCCESS)
    }
}

/// `squeezenet.html` in the working directory, whatever folder the network is in.
fn beside_the_user(network: &str) -> PathBuf {
    let name = Path::new(network).file_name().filter(|_| network != "-");
    let name = name.map_or_else(|| PathBuf::from("network"), PathBuf::from);
    match name.extension() {
        Some(ending) if ending == "yaml" || ending == "yml" => name.with_extension("html"),
        _ => PathBuf::from(format!("{}.html", name.display())),
    }
}
