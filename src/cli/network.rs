//! The options of every command that takes networks.

use clap::Args;
use cnnstat::diagnostics::Diagnostics;
use cnnstat::front::yaml::value::Value;
use cnnstat::front::yaml::{Description, Elaborated, Settings, Study};
use cnnstat::report::Report;

use super::failure::Failure;
use super::load;
use super::terminal::Terminal;
use super::whole_number::whole_number;

/// What applies to every command that takes networks.
#[derive(Debug, Default, Args)]
pub(super) struct NetworkOptions {
    /// Give a parameter of the network another value; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,

    /// Other input sizes than the file's, without the batch
    #[arg(long, value_name = "CxHxW", value_parser = input_sizes)]
    input: Option<Sizes>,

    /// Number of samples, 1 if left out
    #[arg(long, value_name = "N", value_parser = whole_number::<u64, _>(1..))]
    batch: Option<u64>,
}

/// Sizes as they are written in an argument.
#[derive(Debug, Clone)]
struct Sizes(Vec<u64>);

fn input_sizes(text: &str) -> Result<Sizes, String> {
    if text.contains(',') {
        // In `sweep`, a comma stands between inputs.
        let sizes = text.split(',').map(str::trim).collect::<Vec<_>>().join("x");
        return Err(format!("sizes are separated by `x`: write {sizes}"));
    }
    let sizes: Result<Vec<u64>, _> = text.split(['x', '×']).map(str::parse).collect();
    sizes.map(Sizes).map_err(|_| "write channels, height and width, as in 3x224x224".to_owned())
}

impl NetworkOptions {
    /// The settings for one description.
    pub(super) fn settings(&self, description: &Description) -> Result<Settings, Failure> {
        self.settings_by(|text| description.setting(text))
    }

    /// The settings for the variants of a study.
    pub(super) fn study_settings(&self, study: &Study) -> Result<Settings, Failure> {
        let follows =
            study.variants.iter().any(|variant| variant.description.input_follows_parameters());
        if self.input.is_some() && follows {
            let name = study.parameters().next().unwrap_or("NAME");
            let message = "the input of this study is made of its parameters";
            return Err(Failure::helped(message, format!("set these: `--set {name}=VALUE`")));
        }
        self.settings_by(|text| study.setting(text))
    }

    /// The settings, of which `setting` reads each.
    fn settings_by(
        &self,
        setting: impl Fn(&str) -> Result<(String, Value), Diagnostics>,
    ) -> Result<Settings, Failure> {
        let parameters = self.settings.iter().map(|text| setting(text));
        Ok(Settings {
            parameters: parameters.collect::<Result<_, _>>()?,
            input: self.input.as_ref().map(|Sizes(sizes)| sizes.clone()),
            batch: self.batch(),
        })
    }

    /// The batch that is asked for, where one is.
    pub(super) fn given_batch(&self) -> Option<u64> {
        self.batch
    }

    /// The batch that is asked for.
    pub(super) fn batch(&self) -> u64 {
        self.batch.unwrap_or(1)
    }

    /// The network that an argument names, with its description.
    pub(super) fn elaborated(
        &self,
        argument: &str,
        terminal: &Terminal,
    ) -> Result<(Description, Elaborated), Failure> {
        let description = load::description(argument, terminal)?;
        let elaborated = description.elaborate(&self.settings(&description)?)?;
        terminal.warn(&elaborated.warnings);
        Ok((description, elaborated))
    }

    /// Whether any of them is given.
    pub(super) fn are_given(&self) -> bool {
        !self.settings.is_empty() || self.input.is_some() || self.batch.is_some()
    }

    /// The report of the network that an argument names.
    pub(super) fn report(&self, argument: &str, terminal: &Terminal) -> Result<Report, Failure> {
        let (description, elaborated) = self.elaborated(argument, terminal)?;
        report(&description, &elaborated)
    }
}

/// The report of a network.
pub(super) fn report(
    description: &Description,
    elaborated: &Elaborated,
) -> Result<Report, Failure> {
    Report::new(&elaborated.network, description.metadata(elaborated))
        .map_err(|error| Failure::analysis(description, &error))
}
