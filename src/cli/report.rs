//! `cnnstat report`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cnnstat::back;
use cnnstat::report::{Verified, table};

use super::failure::Failure;
use super::network::{self, NetworkOptions};
use super::output::{self, Destination, Ending, Format, Kind};
use super::read_files::ReadFiles;
use super::terminal::Terminal;
use super::verify::RunOptions;

/// Write a page about a network
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat report squeezenet.yaml
  cnnstat report mine.yaml --verify
  cnnstat report resnet50 --input 3x288x288 -o resnet50-288.html")]
pub(super) struct Report {
    /// A network file, or the name of a bundled network
    network: String,

    /// Where to write the page; the file's name with .html here if left out, `-` for the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// How to write the totals that are shown beside, a table if left out; with `-o -` they are printed instead of the page
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Run the network, as `verify` does, and say on the page what was proven; exit with 1 where a figure differs
    ///
    /// Networks of more than 40 G floating-point operations and elements are run at batch 1 and a smaller input, and of large ones not all ends of
    /// receptive fields are looked at; the page says so.
    #[arg(long)]
    verify: bool,

    #[command(flatten)]
    run: RunOptions,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Report {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if let Some(path) = &self.output
            && output::by_ending(path, Some).is_ok_and(|ending| ending != Ending::Kind(Kind::Page))
        {
            let message = "`report` writes pages, to a file that ends in .html; `summary --format` has the other formats";
            return Err(Failure::message(message));
        }
        if !self.verify && self.run.are_given() {
            let message =
                "`--weights`, `--weight-names`, `--threads` and `--full` are for `--verify`";
            return Err(Failure::message(message));
        }
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let path = self.output.clone().unwrap_or_else(|| beside_the_user(&self.network));
        let destination = Destination::page(&path, self.format);
        let read = ReadFiles::of(&description).and(self.run.files());
        destination.check(&read)?;
        let mut report = network::report(&description, &elaborated)?;
        if self.verify {
            let found = self.run.verified(&description, &self.options, terminal)?;
            report.verified = Some(Verified::of(&found));
        }
        destination.deliver(&read, terminal, |kind, width, color| match kind {
            Kind::Text(format) => output::rendered(format, (width, color), &report, || {
                Ok(table::totals_table(&report))
            }),
            _ => Ok(back::html::render(&report)?),
        })?;
        let holds = report.verified.is_none_or(|verified| verified.holds);
        Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
