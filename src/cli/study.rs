//! `cnnstat study`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use cnnstat::back;
use cnnstat::front::yaml;
use cnnstat::study::{self, StudyReport};

use super::failure::Failure;
use super::list;
use super::load;
use super::network::NetworkOptions;
use super::output::{Destination, Format, Kind};
use super::read_files::ReadFiles;
use super::terminal::Terminal;

/// Compare variants of a network: figures, closed forms, ratios, and what becomes of them as a parameter grows
///
/// A study is a YAML file, or the name of a bundled one; without a name, the bundled ones are listed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat study small-kernels
  cnnstat study fire-against-plain --set C=512 --sweep C=16..4096*2
  cnnstat study mine.yaml -o mine.html

The ending of FILE tells what is written: .html a page, .svg its pictures and charts, .md, .json, .csv or .txt.")]
pub(super) struct Study {
    /// A study file, or the name of a bundled study
    study: Option<String>,

    /// Try these values of a parameter in place of the study's sweep
    #[arg(long, value_name = "NAME=VALUES")]
    sweep: Option<String>,

    /// Where to write the study; the ending tells how, `-` is a page on the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// How to write what is printed; with a file nothing is printed if left out
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Study {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let Some(name) = &self.study else {
            if self.sweep.is_some() || self.output.is_some() || self.options.are_given() {
                return Err(Failure::message("name a study; `cnnstat study` alone lists them"));
            }
            list::studies(self.format.unwrap_or(Format::Table), terminal)?;
            return Ok(ExitCode::SUCCESS);
        };
        // What cannot be written is told before the work is done.
        let destination = Destination::new(self.output.as_deref(), self.format)?;
        let study = load::study(name, terminal)?;
        let read = ReadFiles::of_study(&study);
        destination.check(&read)?;
        let report = self.report(&study, terminal)?;
        destination
            .deliver(&read, terminal, |kind, width, color| written(&report, kind, width, color))?;
        Ok(ExitCode::SUCCESS)
    }

    fn report(&self, study: &yaml::Study, terminal: &Terminal) -> Result<StudyReport, Failure> {
        let settings = self.options.study_settings(study)?;
        let sweep = self.sweep.as_deref().map(|text| study.sweep_of(text)).transpose()?;
        let (report, warnings) = study::evaluate(study, &settings, sweep.as_ref())?;
        terminal.warn(&warnings);
        Ok(report)
    }
}

fn written(
    report: &StudyReport,
    kind: Kind,
    width: Option<u16>,
    color: bool,
) -> Result<String, Failure> {
    Ok(match kind {
        Kind::Page => back::document::html(&report.document())?,
        Kind::Drawing => back::document::svg(&report.document())?,
        Kind::Text(Format::Table) => back::document::terminal(&report.document(), width, color),
        Kind::Text(Format::Markdown) => back::document::markdown(&report.document()),
        Kind::Text(Format::Json) => back::json::render(report)?,
        Kind::Text(Format::Csv) => back::csv::render(&report.flat_table())?,
    })
}
