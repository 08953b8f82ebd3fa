//! The options of every command that runs networks or writes them with their values.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use cnnstat::diagnostics::{Diagnostic, MAX_SHOWN};
use cnnstat::front::yaml::Description;
use cnnstat::network::Network;
use cnnstat::weights::{
    MAX_MAPPING_BYTES, Misfit, Names, Seeded, Source, Weights, WeightsError, npz, safetensors,
};

use super::failure::Failure;
use super::terminal::Terminal;

/// Where the values of parameters come from.
#[derive(Debug, Args)]
pub(super) struct WeightOptions {
    /// Values of the parameters: `seeded:N`, made from a number, or a .safetensors or .npz file; `seeded:0` if left out
    #[arg(long, value_name = "SOURCE", value_parser = source)]
    weights: Option<Given>,

    /// A YAML file that says what the network's tensors are called in the weights' file
    #[arg(long, value_name = "FILE")]
    weight_names: Option<PathBuf>,
}

/// Where values come from.
#[derive(Debug, Clone)]
enum Given {
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

/// The seed of weights that nothing is said of.
const SEED: u64 = 0;

fn source(text: &str) -> Result<Given, String> {
    if let Some(seed) = text.strip_prefix("seeded:") {
        let seed =
            seed.parse().map_err(|_| "N is a whole number from 0 to 2^64-1, as in seeded:7")?;
        return Ok(Given::Seeded(seed));
    }
    let path = PathBuf::from(text);
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("safetensors") => Ok(Given::File(path, Format::Safetensors)),
        Some("npz") => Ok(Given::File(path, Format::Npz)),
        _ => Err("write `seeded:N`, or a file that ends in .safetensors or .npz".to_owned()),
    }
}

/// Values that are taken layer by layer.
pub(super) struct Opened<'a> {
    source: Box<dyn Source + 'a>,
    description: &'a Description,
    /// The file that they are read from.
    path: Option<&'a Path>,
}

impl WeightOptions {
    /// The files that are read.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let weights = match &self.weights {
            Some(Given::File(path, _)) => Some(path.as_path()),
            _ => None,
        };
        weights.into_iter().chain(self.weight_names.as_deref())
    }

    /// Where the values come from, as it is given.
    pub(super) fn origin(&self) -> String {
        match self.weights.as_ref().unwrap_or(&Given::Seeded(SEED)) {
            Given::Seeded(seed) => format!("seeded:{seed}"),
            Given::File(path, _) => path.display().to_string(),
        }
    }

    /// Whether any of them is given.
    pub(super) fn are_given(&self) -> bool {
        self.weights.is_some() || self.weight_names.is_some()
    }

    /// The values of all parameters of a network; warns of those that are not finite.
    pub(super) fn weights(
        &self,
        description: &Description,
        network: &Network,
        terminal: &Terminal,
    ) -> Result<Weights, Failure> {
        let mut opened = self.open(description, network)?;
        let weights = Weights::of_source(network, opened.source());
        let weights = weights.map_err(|error| opened.failure(error))?;
        opened.warn(terminal);
        Ok(weights)
    }

    /// The values of a network's parameters, to be taken layer by layer.
    pub(super) fn open<'a>(
        &'a self,
        description: &'a Description,
        network: &'a Network,
    ) -> Result<Opened<'a>, Failure> {
        let (path, format) = match self.weights.as_ref().unwrap_or(&Given::Seeded(SEED)) {
            Given::Seeded(_) if self.weight_names.is_some() => {
                return Err(Failure::helped(
                    "weights made from a number have the network's own names",
                    "leave `--weight-names` out, or give a file with `--weights`",
                ));
            }
            Given::Seeded(seed) => {
                let source = Seeded::new(network, *seed);
                let source = source.map_err(|error| Failure::analysis(description, &error))?;
                return Ok(Opened { source: Box::new(source), description, path: None });
            }
            Given::File(path, format) => (path, format),
        };
        let names = self.names()?;
        let file = open(path)?;
        let source: Result<Box<dyn Source>, WeightsError> = match format {
            Format::Safetensors => {
                safetensors::open(file, network, &names).map(|source| Box::new(source) as _)
            }
            Format::Npz => npz::open(file, network, &names).map(|source| Box::new(source) as _),
        };
        let source = source.map_err(|error| unfit(description, path, error))?;
        Ok(Opened { source, description, path: Some(path) })
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

impl Opened<'_> {
    pub(super) fn source(&mut self) -> &mut dyn Source {
        &mut *self.source
    }

    /// Why values cannot be taken.
    pub(super) fn failure(&self, error: WeightsError) -> Failure {
        match (self.path, error) {
            (_, WeightsError::Analysis(error)) => Failure::analysis(self.description, &error),
            (Some(path), error) => cannot_read(path, &error),
            (None, error) => Failure::message(error.to_string()),
        }
    }

    /// Warns of the tensors taken with which nothing sensible can be computed.
    pub(super) fn warn(&self, terminal: &Terminal) {
        let Some(path) = self.path else { return };
        let warnings = self.source.not_finite().iter();
        let warnings = warnings.map(|found| format!("{}: {found}", path.display()));
        terminal.warn(&warnings.map(Diagnostic::warning).collect());
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    // Asked before it is opened: a pipe that nobody writes to would never open.
    let is_file = fs::metadata(path).map_err(|error| cannot_read(path, &error))?.is_file();
    if !is_file {
        return Err(cannot_read(path, &"it is no regular file"));
    }
    File::open(path).map_err(|error| cannot_read(path, &error))
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
