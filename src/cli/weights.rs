//! The options of every command that runs networks or writes them with their values.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use cnnstat::diagnostics::{Diagnostic, Diagnostics, MAX_SHOWN};
use cnnstat::front::yaml::Description;
use cnnstat::network::Network;
use cnnstat::weights::{
    self, Loaded, MAX_MAPPING_BYTES, Misfit, Names, Weights, WeightsError, npz, safetensors,
};

use super::failure::Failure;
use super::terminal::Terminal;

/// Where the values of parameters come from.
#[derive(Debug, Args)]
pub(super) struct WeightOptions {
    /// Values of the parameters: `seeded:N`, made from a number, or a .safetensors or .npz file
    #[arg(long, value_name = "SOURCE", default_value = "seeded:0", value_parser = source)]
    weights: Source,

    /// A YAML file that says what the network's tensors are called in the weights' file
    #[arg(long, value_name = "FILE")]
    weight_names: Option<PathBuf>,
}

/// Where values come from.
#[derive(Debug, Clone)]
enum Source {
    /// Made from a number.
    Seeded(u64),
    /// Read from a file.
    File(PathBuf, Format),
}

/// What a file of values is.
#[derive(Debug, Clone, Copy)]
enum Format {
    Safetensors,
    Npz,
}

fn source(text: &str) -> Result<Source, String> {
    if let Some(seed) = text.strip_prefix("seeded:") {
        let seed = seed.parse().map_err(|_| "N is a number of 64 bits, as in seeded:7")?;
        return Ok(Source::Seeded(seed));
    }
    let path = PathBuf::from(text);
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("safetensors") => Ok(Source::File(path, Format::Safetensors)),
        Some("npz") => Ok(Source::File(path, Format::Npz)),
        _ => Err("write `seeded:N`, or a file that ends in .safetensors or .npz".to_owned()),
    }
}

impl WeightOptions {
    /// The values of a network's parameters; warns of those that are not finite.
    pub(super) fn weights(
        &self,
        description: &Description,
        network: &Network,
        terminal: &Terminal,
    ) -> Result<Weights, Failure> {
        match &self.weights {
            Source::Seeded(_) if self.weight_names.is_some() => Err(Failure::helped(
                "weights made from a number have the network's own names",
                "leave `--weight-names` out, or give a file with `--weights`",
            )),
            Source::Seeded(seed) => weights::seeded(network, *seed)
                .map_err(|error| Failure::analysis(description, &error)),
            Source::File(path, format) => {
                let names = self.names()?;
                let file = open(path)?;
                let loaded = match format {
                    Format::Safetensors => safetensors::read(file, network, &names),
                    Format::Npz => npz::read(file, network, &names),
                };
                let loaded = loaded.map_err(|error| unfit(description, path, error))?;
                terminal.warn(&warnings(path, &loaded));
                Ok(loaded.weights)
            }
        }
    }

    /// What the tensors are called in the file.
    fn names(&self) -> Result<Names, Failure> {
        let Some(path) = &self.weight_names else { return Ok(Names::default()) };
        let mut text = String::new();
        let most = u64::try_from(MAX_MAPPING_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let read = open(path)?.take(most).read_to_string(&mut text);
        read.map_err(|error| cannot_read(path, &error))?;
        Names::read(&text).map_err(|error| cannot_read(path, &error))
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let is_file = file.metadata().map_err(|error| cannot_read(path, &error))?.is_file();
    if is_file { Ok(file) } else { Err(cannot_read(path, &"it is no regular file")) }
}

fn cannot_read(path: &Path, why: &impl std::fmt::Display) -> Failure {
    Failure::message(format!("cannot read `{}`: {why}", path.display()))
}

/// Why a file does not give a network its values.
fn unfit(description: &Description, path: &Path, error: WeightsError) -> Failure {
    let misfits = match error {
        WeightsError::Misfits(misfits) => misfits,
        WeightsError::Analysis(error) => return Failure::analysis(description, &error),
        error => return cannot_read(path, &error),
    };
    let count = match misfits.len() {
        1 => "one tensor".to_owned(),
        count => format!("{count} tensors"),
    };
    let message = format!("`{}` does not fit the network in {count}", path.display());
    let mut diagnostic = Diagnostic::error(message);
    for misfit in misfits.iter().take(MAX_SHOWN) {
        diagnostic = diagnostic.note(misfit.to_string());
    }
    if misfits.len() > MAX_SHOWN {
        diagnostic = diagnostic.note(format!("and {} more", misfits.len() - MAX_SHOWN));
    }
    let is_name =
        |misfit: &Misfit| matches!(misfit, Misfit::Missing { .. } | Misfit::Surplus { .. });
    if misfits.iter().any(is_name) {
        let help =
            "`--weight-names FILE` says what tensors are called in the file, and which to ignore";
        diagnostic = diagnostic.help(help);
    }
    Failure::Input(diagnostic.into())
}

/// The values with which nothing sensible can be computed.
fn warnings(path: &Path, loaded: &Loaded) -> Diagnostics {
    let warnings = loaded.warnings.iter();
    warnings.map(|warning| Diagnostic::warning(format!("{}: {warning}", path.display()))).collect()
}
