//! The network language: a YAML file per network. `docs/format.md` describes it.
//!
//! Reading is two steps: a [`Description`] is read once, and elaborated for many values of its parameters.

mod decisions;
mod elaborate;
mod expectation;
pub mod expression;
mod files;
pub mod locate;
mod number;
mod parse;
mod place;
mod problem;
mod range;
mod schema;
mod study;
mod syntax;
mod tree;
pub mod value;
mod values;
mod variants;

use std::fmt;
use std::sync::Arc;

pub use expectation::{Expectation, Expected, Published, Tolerance};
pub use files::{Library, MAX_BYTES};
pub(crate) use range::{items, once, whole_numbers};
pub use schema::schema;
pub(crate) use study::each_once;
pub use study::{ParameterSweep, Study, Variant};

use crate::diagnostics::{Diagnostic, Diagnostics, Source, suggest};
use crate::figure::Limit;
use crate::front::{Labels, Metadata, Preprocess, Setting};
use crate::network::{Network, Place};
pub(crate) use decisions::{Decisions, Remainders, Unlike};
use elaborate::{Choice, MAX_STEPS, elaborate, evaluate_alone};
use parse::Parser;
use place::Places;
use problem::Problems;
use tree::Tree;
use value::Value;
pub(crate) use variants::NoVariant;
pub use variants::StepQuota;

/// A network file, with all that it extends, checked for form.
#[derive(Debug)]
pub struct Description {
    tree: Tree,
    places: Places,
    expectations: Vec<Expectation>,
    name: String,
}

/// What is chosen when a description is elaborated.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Values in place of the parameters' defaults.
    pub parameters: Vec<(String, Value)>,
    /// The input's sizes without the batch, in place of the file's.
    pub input: Option<Vec<u64>>,
    /// Number of samples.
    pub batch: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { parameters: Vec::new(), input: None, batch: 1 }
    }
}

impl fmt::Display for Settings {
    /// What is other than in the file, for people; nothing where nothing is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters.iter();
        let mut given: Vec<_> = parameters.map(|(name, value)| format!("{name}={value}")).collect();
        if let Some(input) = &self.input {
            let sizes: Vec<_> = input.iter().map(ToString::to_string).collect();
            given.push(format!("input {}", sizes.join("×")));
        }
        if self.batch != 1 {
            given.push(format!("batch {}", self.batch));
        }
        f.write_str(&given.join(", "))
    }
}

/// A description with values for all its parameters.
#[derive(Debug)]
pub struct Elaborated {
    /// The network.
    pub network: Network,
    /// The parameters and their values, in the order of the file.
    pub parameters: Vec<(String, Value)>,
    /// What may not be meant, though it can be read.
    pub warnings: Diagnostics,
}

impl Description {
    /// Reads a file and what it extends, which `library` finds.
    ///
    /// # Errors
    /// Everything that is wrong with the file, with its default values too.
    pub fn read(source: &Arc<Source>, library: &dyn Library) -> Result<Self, Diagnostics> {
        let mut parser = Parser::new();
        let files = files::chain(source, library, &mut parser.places)?;
        parser.files(&files);
        let Parser { places, mut problems, mut tree, .. } = parser;
        let expectations = expectation::evaluate(&mut tree, &mut problems);
        let mut description = Self { tree, places, expectations, name: file_stem(&source.name) };
        if let Some(name) = description.tree.name.take() {
            description.name = name;
        }
        if problems.any_errors() {
            // What is wrong with the values is told along with what is wrong with the form.
            let choice = Choice { settings: &[], input: None, batch: 1, most_steps: MAX_STEPS };
            let _ = elaborate(&description.tree, &choice, &mut problems);
            return Err(problems.diagnose(&description.places));
        }
        Ok(description)
    }

    /// What the network is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a report says of the network besides its figures, for the parameters' values of an elaboration.
    #[must_use]
    pub fn metadata(&self, elaborated: &Elaborated) -> Metadata {
        let settings = elaborated.parameters.iter();
        Metadata {
            name: self.name.clone(),
            source: self.tree.source.clone(),
            description: self.tree.description.clone(),
            settings: settings
                .map(|(name, value)| Setting { name: name.clone(), value: value.to_string() })
                .collect(),
        }
    }

    /// The user's files it was read from, with what they extend.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.places.files()
    }

    /// The published figures.
    #[must_use]
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// The most that figures may be, and where the file says so.
    #[must_use]
    pub fn budget(&self) -> &[(Limit, Place)] {
        &self.tree.budget
    }

    /// How images become inputs.
    #[must_use]
    pub fn preprocess(&self) -> &Preprocess {
        &self.tree.preprocess
    }

    /// The names of the classes, where the file says them.
    #[must_use]
    pub fn labels(&self) -> Option<&Labels> {
        self.tree.labels.as_ref()
    }

    /// The names of the parameters, in the order of the file.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.tree.parameters.keys().map(String::as_str)
    }

    /// Reads `name=value`, a value for a parameter.
    ///
    /// # Errors
    /// Where there is no such parameter, or the text is no value.
    pub fn setting(&self, text: &str) -> Result<(String, Value), Diagnostics> {
        let refuse = |diagnostic: Diagnostic| Diagnostics(vec![diagnostic]);
        let written = text.split_once('=').filter(|(_, value)| !value.trim().is_empty());
        let Some((name, value)) = written else {
            let message = format!("`{text}` sets nothing");
            return Err(refuse(Diagnostic::error(message).help("write `name=value`")));
        };
        let name = name.trim();
        if !self.tree.parameters.contains_key(name) {
            let mut diagnostic =
                Diagnostic::error(format!("{} has no parameter `{name}`", self.name));
            let names: Vec<&str> = self.parameters().collect();
            if let Some(near) = suggest(name, names.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            } else if !names.is_empty() {
                diagnostic = diagnostic.help(format!("its parameters are {}", names.join(", ")));
            }
            return Err(refuse(diagnostic));
        }
        if !self.tree.reachable.contains(name) {
            let message =
                format!("`{name}` changes nothing: nothing in {} depends on it", self.name);
            return Err(refuse(Diagnostic::error(message)));
        }
        let choices = self.tree.parameters.get(name).map(|parameter| &parameter.choices);
        if let Some(choices) = choices.filter(|choices| !choices.is_empty())
            && !choices.iter().any(|choice| choice == value.trim())
        {
            let list = choices.join("`, `");
            let message = format!("`{name}` is one of `{list}`, not `{}`", value.trim());
            return Err(refuse(Diagnostic::error(message)));
        }
        let source = Source::new(format!("setting {name}"), value);
        let yaml = values::read(&source)?;
        let mut parser = Parser::new();
        parser.tree.words.extend(self.tree.words.iter().cloned());
        let root = parser.places.file(source);
        let given = parser.given(&yaml, root);
        let value = evaluate_alone(&parser.tree, &given, &mut parser.problems);
        match value {
            Some(value) if !parser.problems.any_errors() => Ok((name.to_owned(), value)),
            _ => Err(parser.problems.diagnose(&parser.places)),
        }
    }

    /// Reads `name=values`, the values of a parameter to try, each once and no more than so many: separated by commas, each as
    /// [`setting`](Self::setting) has it, or a range of numbers with both ends: `a..b`, `a..b/step`, `a..b*factor`.
    ///
    /// # Errors
    /// Where there is no such parameter, a value is none, or there are too many.
    pub fn values(&self, text: &str, most: u64) -> Result<(String, Vec<Value>), Diagnostics> {
        range::named_values(text, most, |setting| self.setting(setting))
    }

    /// The network for these settings.
    ///
    /// # Errors
    /// Everything that does not fit.
    pub fn elaborate(&self, settings: &Settings) -> Result<Elaborated, Diagnostics> {
        let choice = Choice {
            settings: &settings.parameters,
            input: settings.input.as_deref(),
            batch: settings.batch,
            most_steps: MAX_STEPS,
        };
        let mut problems = Problems::default();
        let elaborated = elaborate(&self.tree, &choice, &mut problems);
        let mut diagnostics = problems.diagnose(&self.places);
        if let (Err(_), Some(last)) = (&elaborated, diagnostics.0.last_mut()) {
            let given = settings.to_string();
            if !given.is_empty() {
                last.notes.push(format!("this is with {given}"));
            }
        }
        match elaborated {
            Ok((network, parameters)) => {
                Ok(Elaborated { network, parameters, warnings: diagnostics })
            }
            Err(_) if diagnostics.is_empty() => {
                let message = format!("{} could not be read", self.name);
                Err(Diagnostics(vec![Diagnostic::error(message)]))
            }
            Err(_) => Err(diagnostics),
        }
    }

    /// An error about a place of this description.
    #[must_use]
    pub fn error_at(&self, place: Place, message: impl Into<String>) -> Diagnostic {
        let diagnostic = Diagnostic::error(message);
        match self.places.span(place, None) {
            Some((source, span)) => diagnostic.label(&source, span, ""),
            None => diagnostic,
        }
    }
}

/// A file's name without folder and ending.
fn file_stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\', ':']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
