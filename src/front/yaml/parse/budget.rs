//! The entries of `budget`.

use super::Parser;
use super::document::File;
use crate::figure::{self, Figure, Limit, quantity};
use crate::front::yaml::value::Number;
use crate::front::yaml::values::Yaml;

impl Parser {
    pub(super) fn budget(&mut self, file: &File) {
        let Some(yaml) = file.values.get("budget") else { return };
        let root = self.places.value(file.root, "budget");
        let Yaml::Mapping(mapping) = yaml else {
            let message =
                "`budget` is a map from figures to the most they may be, as in `{params: 5M}`";
            self.error(root, message);
            return;
        };
        if self.are_too_many(mapping.len(), "entries of `budget`", root) {
            return;
        }
        for (name, yaml) in mapping.iter() {
            let Some(name) = name.as_str() else {
                self.error(root, "the name of a figure must be text");
                continue;
            };
            let Some(figure) = Figure::of_name(name) else {
                let help = figure::help(name, Figure::ALL.map(Figure::name).into_iter());
                let key = self.places.key(root, name);
                self.error_with_help(key, format!("there is no figure `{name}`"), Some(help));
                continue;
            };
            let place = self.places.value(root, name);
            match amount(yaml, figure) {
                Ok(most) => self.tree.budget.push((Limit { figure, most }, place)),
                Err(message) => self.error(place, message),
            }
        }
    }
}

/// The amount that stands in a file: a number, or text with a unit.
fn amount(yaml: &Yaml, figure: Figure) -> Result<u64, String> {
    match yaml {
        Yaml::Number(number) => {
            let whole = number.and_then(Number::as_u64);
            whole.ok_or_else(|| format!("`{}` is a whole number of 64 bits", figure.name()))
        }
        Yaml::String(text) => {
            quantity::parse(text, figure.unit()).map_err(|error| error.to_string())
        }
        _ => Err("an amount is needed here, such as 5M".to_owned()),
    }
}
