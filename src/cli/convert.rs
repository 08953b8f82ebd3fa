//! `cnnstat convert`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cnnstat::back::text::visible;
use cnnstat::front::yaml::Description;
use cnnstat::onnx::{ExportError, Model};

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Target, Whole};
use super::read_files::ReadFiles;
use super::terminal::Terminal;
use super::weights::WeightOptions;

/// Write a network as an ONNX model, with the values of its parameters
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat convert squeezenet squeezenet.onnx
  cnnstat convert mine.yaml mine.onnx --weights seeded:7 --batch 8")]
pub(super) struct Convert {
    /// A network file, or the name of a bundled network
    network: String,

    /// The file to write, which ends in .onnx
    output: PathBuf,

    #[command(flatten)]
    weights: WeightOptions,

    #[command(flatten)]
    options: NetworkOptions,
}

impl Convert {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        refuse_other_endings(&self.output)?;
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let read = ReadFiles::of(&description).and(self.weights.files());
        let target = Target::new(&self.output, &read)?;
        let name = description.metadata(&elaborated).name;
        let model = Model::new(&elaborated.network, &name);
        let model = model.map_err(|error| failure(&description, error))?;
        let mut weights = self.weights.open(&description, &elaborated.network)?;
        let mut file = Whole::create(&target)?;
        let written = model.write(weights.source(), file.out());
        written.map_err(|error| match error {
            ExportError::Write(error) => file.failure(&error),
            ExportError::Weights(error) => weights.failure(error),
            error => failure(&description, error),
        })?;
        weights.warn(terminal);
        file.finish()?;
        output::tell_written(&self.output, terminal);
        Ok(ExitCode::SUCCESS)
    }
}

fn refuse_other_endings(path: &Path) -> Result<(), Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if ending.eq_ignore_ascii_case("onnx") {
        return Ok(());
    }
    let name = path.display().to_string();
    let message = format!("what to write to `{}`? networks are converted to .onnx", visible(&name));
    Err(Failure::message(message))
}

fn failure(description: &Description, error: ExportError) -> Failure {
    match error {
        ExportError::Layer(error) => Failure::analysis(description, &error),
        error => Failure::message(error.to_string()),
    }
}
