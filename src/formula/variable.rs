//! What a closed form can be in.

use std::sync::Arc;

use super::{FormulaError, Setup};
use crate::diagnostics::{Diagnostic, suggest};
use crate::front::yaml::value::Value;
use crate::front::yaml::{Description, Settings};

/// The most variables of a form.
pub const MAX_VARIABLES: usize = 12;

/// What varies, and how it is spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The user's spelling, which forms have: `c`, `C`, `depths[0]`.
    pub name: String,
    /// What it stands for.
    pub quantity: Quantity,
}

/// A number that decides what a network is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// A parameter of the network.
    Parameter(String),
    /// An element of a parameter that is a list.
    Element(String, usize),
    /// The channels of the input, or its features.
    Channels,
    /// The height of the input.
    Height,
    /// The width of the input.
    Width,
    /// The number of samples.
    Batch,
}

impl Variable {
    /// Reads a list of variables, such as `c,h,w` or `depths[0],growth`.
    ///
    /// A name is first that of a parameter of the network; a list stands for all its elements. Then `c` or `channels`, `h` or
    /// `height` and `w` or `width` are the input's sizes, and `n` or `batch` is the batch, in upper or lower case.
    ///
    /// # Errors
    /// Where a name stands for nothing that can vary, or twice for the same, or the network does not exist with these settings.
    pub fn parse_list(
        text: &str,
        description: &Description,
        settings: &Settings,
    ) -> Result<Vec<Self>, FormulaError> {
        let setup = Setup::new(description, settings)?;
        let mut variables: Vec<Self> = Vec::new();
        for name in split(text) {
            for variable in read(name, &setup)? {
                if variables.iter().any(|known| known.quantity == variable.quantity) {
                    return Err(refuse(format!("`{}` stands for the same twice", variable.name)));
                }
                if variables.len() >= MAX_VARIABLES {
                    return Err(refuse(format!("a form has at most {MAX_VARIABLES} variables")));
                }
                variables.push(variable);
            }
        }
        if variables.is_empty() {
            return Err(refuse("a form needs something to be in, such as `c,h,w`"));
        }
        Ok(variables)
    }
}

fn refuse(message: impl Into<String>) -> FormulaError {
    FormulaError::Description(Diagnostic::error(message).into())
}

/// The parts between commas that stand in no brackets.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    let parts = text.split(move |letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

fn read(name: &str, setup: &Setup<'_>) -> Result<Vec<Variable>, FormulaError> {
    let as_is = |quantity| Ok(vec![Variable { name: name.to_owned(), quantity }]);
    if let Some(value) = setup.parameter(name) {
        return match value {
            Value::Number(_) => as_is(Quantity::Parameter(name.to_owned())),
            Value::List(items) => elements(name, items),
            other => Err(refuse(format!(
                "`{name}` is no number that could vary, but {}",
                other.describe()
            ))),
        };
    }
    if let Some((list, index)) = element(name) {
        let Some(Value::List(items)) = setup.parameter(list) else {
            return Err(unknown(name, list, setup));
        };
        return match items.get(index) {
            Some(Value::Number(_)) => Ok(vec![Variable {
                name: format!("{list}[{index}]"),
                quantity: Quantity::Element(list.to_owned(), index),
            }]),
            Some(other) => Err(refuse(format!(
                "`{name}` is no number that could vary, but {}",
                other.describe()
            ))),
            None => {
                let message = format!("`{list}` has {} elements, counted from 0", items.len());
                Err(refuse(message))
            }
        };
    }
    let sizes = setup.input.len();
    match name.to_lowercase().as_str() {
        "c" | "channels" => as_is(Quantity::Channels),
        "h" | "height" if sizes == 3 => as_is(Quantity::Height),
        "w" | "width" if sizes == 3 => as_is(Quantity::Width),
        "h" | "height" | "w" | "width" => {
            Err(refuse(format!("the input has no {name}: it is no stack of maps")))
        }
        "n" | "batch" => as_is(Quantity::Batch),
        _ => Err(unknown(name, name, setup)),
    }
}

/// All elements of a list.
fn elements(name: &str, items: &Arc<[Value]>) -> Result<Vec<Variable>, FormulaError> {
    if items.is_empty() || items.iter().any(|item| item.as_number().is_none()) {
        return Err(refuse(format!(
            "`{name}` is no list of numbers; name an element, `{name}[0]`"
        )));
    }
    let element = |index| Variable {
        name: format!("{name}[{index}]"),
        quantity: Quantity::Element(name.to_owned(), index),
    };
    Ok((0..items.len()).map(element).collect())
}

/// The list and the index of `depths[0]`.
fn element(name: &str) -> Option<(&str, usize)> {
    let (list, index) = name.strip_suffix(']')?.split_once('[')?;
    Some((list.trim(), index.trim().parse().ok()?))
}

fn unknown(name: &str, near: &str, setup: &Setup<'_>) -> FormulaError {
    let sizes: &[&str] = if setup.input.len() == 3 { &["c", "h", "w", "n"] } else { &["c", "n"] };
    let parameters = setup.parameters.iter().filter_map(|(name, value)| match value {
        Value::Number(_) | Value::List(_) => Some(name.as_str()),
        Value::Boolean(_) | Value::Word(_) => None,
    });
    let known: Vec<&str> = parameters.chain(sizes.iter().copied()).collect();
    let words = known.iter().copied().chain(["channels", "height", "width", "batch"]);
    let help = match suggest(near, words) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    };
    let message = format!("nothing is called `{name}` that could vary");
    FormulaError::Description(Diagnostic::error(message).help(help).into())
}
