//! Closed forms: figures of a network as polynomials in its parameters and in the sizes of its input.
//!
//! A form is found by exact interpolation: the passes give the figures at small whole numbers, the polynomial through them is fitted, and
//! then it must hold at many further points — large, irregular, near every number that the description names, and at its own values.
//! Where one of them differs, there is no form but a [`Refusal`] with the reason. `docs/formulas.md` says what that proves and what not.
//!
//! ```
//! use cnnstat::bundled::{self, Bundled};
//! use cnnstat::figure::Figure;
//! use cnnstat::formula::{Variable, find};
//! use cnnstat::front::yaml::{Description, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source = bundled::source("squeezenet").ok_or("no such network")?;
//! let description = Description::read(&source, &Bundled)?;
//! let settings = Settings::default();
//! let over = Variable::parse_list("c", &description, &settings)?;
//! let formulas = find(&description, &settings, &over, &[Figure::Params])?;
//! let params = formulas.get(Figure::Params).ok_or("refused")?;
//! assert_eq!(params.polynomial.canonical(), "4704*c + 1234312");
//! # Ok(())
//! # }
//! ```

mod coarser;
mod factor;
mod interpolate;
mod largest;
mod points;
mod polynomial;
mod quota;
mod ratio;
mod refusal;
mod remainders;
mod sample;
mod search;
mod spelling;
mod turns;
mod variable;

pub use polynomial::Polynomial;
pub use ratio::{Ratio, RatioLimit};
pub use variable::{MAX_VARIABLES, Quantity, Variable};

use std::fmt;

use serde::Serialize;
use thiserror::Error;

use sample::Samples;

use crate::analysis::AnalysisError;
use crate::diagnostics::Diagnostics;
use crate::figure::Figure;
use crate::front::yaml::value::Value;
use crate::front::yaml::{Description, Settings};

/// The closed forms of a network's figures.
#[derive(Debug, Clone)]
pub struct Formulas {
    /// What the network is called.
    pub name: String,
    /// What the forms are in.
    pub over: Vec<Variable>,
    /// The number of samples: a number, or the variable.
    pub batch: String,
    /// The input's sizes without the batch: numbers and variables.
    pub input: Vec<String>,
    /// A form, or why there is none, for every figure that was asked for.
    pub figures: Vec<(Figure, Result<Formula, Refusal>)>,
}

impl Formulas {
    /// The form of a figure, if it was asked for and there is one.
    #[must_use]
    pub fn get(&self, figure: Figure) -> Option<&Formula> {
        let (_, formula) = self.figures.iter().find(|(known, _)| *known == figure)?;
        formula.as_ref().ok()
    }
}

/// The closed form of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// The figure's value.
    pub polynomial: Polynomial,
    /// For which values of the variables it holds, one for each, in their order.
    pub domain: Vec<Domain>,
}

/// The values of a variable for which a form holds: `start`, `start + step`, … as far as the network exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// The variable.
    pub variable: String,
    /// The smallest value.
    pub start: u64,
    /// From one value to the next; at least 1.
    pub step: u64,
    /// The largest value at which the form was compared with the figure.
    pub confirmed: u64,
}

impl Domain {
    /// Whether it is all whole numbers of at least 1, as far as they need be looked at.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.step == 1 && self.start <= 1 && !self.ends_early()
    }

    /// Whether networks of larger values were too large to be looked at.
    #[must_use]
    pub fn ends_early(&self) -> bool {
        self.confirmed < CONFIRMED_FAR
    }

    /// What these ask of their variables, each once, where that is more than to be whole numbers of at least 1.
    #[must_use]
    pub fn assumptions<'a>(domains: impl IntoIterator<Item = &'a Self>) -> Vec<String> {
        let restricted = domains.into_iter().filter(|domain| !domain.is_everything());
        let mut texts: Vec<String> = Vec::new();
        for text in restricted.map(ToString::to_string) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// Whether a value is among them.
    #[must_use]
    pub fn contains(&self, value: u64) -> bool {
        value.checked_sub(self.start).is_some_and(|past| past.checked_rem(self.step) == Some(0))
    }
}

impl Domain {
    fn write_end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ends_early() {
            write!(f, ", confirmed up to {}", self.confirmed)?;
        }
        Ok(())
    }
}

/// From this value on, a form counts as confirmed for all that are larger.
const CONFIRMED_FAR: u64 = 1_000_000;

impl fmt::Display for Domain {
    /// For people: `h a multiple of 32`, `h ≡ 3 (mod 32), h ≥ 67`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, start, step, .. } = self;
        let residue = start.checked_rem(*step).unwrap_or(0);
        let smallest = if residue == 0 { *step } else { residue };
        match (step, residue) {
            (1, _) => {
                write!(f, "{variable} ≥ {start}")?;
                return self.write_end(f);
            }
            (_, 0) => write!(f, "{variable} a multiple of {step}")?,
            _ => write!(f, "{variable} ≡ {residue} (mod {step})")?,
        }
        if *start > smallest {
            write!(f, ", {variable} ≥ {start}")?;
        }
        self.write_end(f)
    }
}

/// Why there is no closed form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Refusal {
    /// For people, in one or two sentences.
    pub message: String,
    /// The variable in which the figure is no polynomial, where it is a single one.
    pub variable: Option<String>,
    /// The first layer in execution order whose part of the figure is no polynomial.
    pub layer: Option<String>,
}

/// Why forms could not be looked for.
#[derive(Debug, Clone, Error)]
pub enum FormulaError {
    /// The network does not exist with these settings, or a variable is not of it.
    #[error("{0}")]
    Description(Diagnostics),
    /// A figure cannot be given.
    #[error("{0}")]
    Analysis(AnalysisError),
}

impl From<Diagnostics> for FormulaError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Description(diagnostics)
    }
}

/// Finds the closed forms of figures over variables; everything else is as `settings` and the description have it.
///
/// A variable's own value there decides which class of numbers the form is for where it cannot be for all.
///
/// # Errors
/// Where the network of the settings does not exist, or has a figure that cannot be given.
pub fn find(
    description: &Description,
    settings: &Settings,
    over: &[Variable],
    figures: &[Figure],
) -> Result<Formulas, FormulaError> {
    let setup = Setup::new(description, settings)?;
    let mut samples = Samples::new(&setup, over, figures)?;
    let mut found = Vec::with_capacity(figures.len());
    for figure in figures {
        found.push((*figure, search::form(&mut samples, *figure)?));
    }
    let (batch, input) = samples.sizes();
    let name = description.name().to_owned();
    Ok(Formulas { name, over: over.to_vec(), batch, input, figures: found })
}

/// A description with the values from which a search starts.
#[derive(Debug)]
struct Setup<'d> {
    description: &'d Description,
    settings: &'d Settings,
    /// The parameters and their values.
    parameters: Vec<(String, Value)>,
    /// The input's sizes without the batch.
    input: Vec<u64>,
    /// How many layers the network has.
    layers: usize,
}

impl<'d> Setup<'d> {
    fn new(description: &'d Description, settings: &'d Settings) -> Result<Self, FormulaError> {
        let elaborated = description.elaborate(settings)?;
        let network = &elaborated.network;
        Ok(Self {
            description,
            settings,
            parameters: elaborated.parameters,
            input: network.input_sizes().iter().skip(1).copied().collect(),
            layers: network.len(),
        })
    }

    fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}
