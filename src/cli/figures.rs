//! The option by which figures are chosen, alike in every command that has it.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, Error};
use cnnstat::figure::Figure;

/// Which figures of a network.
#[derive(Debug, Args)]
pub(super) struct FigureOptions {
    /// The figures, separated by commas
    #[arg(long, visible_alias = "of", alias = "figure", value_name = "FIGURES", value_delimiter = ',', value_parser = FigureNames)]
    figures: Vec<Figure>,
}

impl FigureOptions {
    /// The figures that are asked for, each once.
    pub(super) fn each_once(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        for figure in &self.figures {
            if !figures.contains(figure) {
                figures.push(*figure);
            }
        }
        figures
    }
}

/// How `explain` is asked about other figures; `None` where there are none.
pub(super) fn explained_by(figures: impl Iterator<Item = Figure>) -> Option<String> {
    let mut options: Vec<String> = Vec::new();
    for figure in figures {
        let option = format!("`--figures {}`", figure.name());
        if !options.contains(&option) {
            options.push(option);
        }
    }
    match options.as_slice() {
        [] => None,
        options => Some(format!(
            "`cnnstat explain` explains another figure with {}.",
            options.join(" or ")
        )),
    }
}

/// Reads the name of a figure, in all its spellings; help and completions show the names.
#[derive(Debug, Clone, Copy)]
struct FigureNames;

impl TypedValueParser for FigureNames {
    type Value = Figure;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Figure, Error> {
        let names = StringValueParser::new().try_map(|name| Figure::named(&name));
        names.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = Figure::ALL.into_iter().map(|figure| PossibleValue::new(figure.name()));
        Some(Box::new(names))
    }
}
