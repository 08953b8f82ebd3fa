//! Studies: variants of a network side by side, and what is asked of them. `docs/studies.md` describes the files.

use std::collections::HashSet;
use std::sync::Arc;

use super::elaborate::{Choice, MAX_STEPS, elaborate};
use super::parse::{Parser, STUDY, STUDY_KEYS};
use super::range::named_values;
use super::value::Value;
use super::{Description, Library, Settings, files};
use crate::diagnostics::{Diagnostic, Diagnostics, Source, suggest};
use crate::figure::{Figure, Measure};

/// The most variants of a study.
pub(super) const MAX_VARIANTS: usize = 100;

/// The most values of a sweep.
pub(super) const MAX_POINTS: u64 = 10_000;

/// The largest study, in bytes: it is read once for every variant.
const MAX_STUDY_BYTES: usize = 1 << 20;

/// A study file, checked for form.
#[derive(Debug)]
pub struct Study {
    /// What it is called.
    pub title: String,
    /// What it asks.
    pub question: Option<String>,
    /// The publication that it follows.
    pub source: Option<String>,
    /// What else is to be said, for people.
    pub notes: Vec<String>,
    /// The variants, in the order of the file.
    pub variants: Vec<Variant>,
    /// The figures that are compared.
    pub figures: Vec<Measure>,
    /// The variables of closed forms, as `c`; empty where none are asked for.
    pub over: Vec<String>,
    /// The figures whose closed forms are asked for.
    pub of: Vec<Figure>,
    /// The values to try.
    pub sweep: Option<ParameterSweep>,
    /// The names of the study's own parameters.
    parameters: Vec<String>,
}

/// A variant of a study.
#[derive(Debug)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// The network.
    pub description: Description,
    /// The position of the variant that it is compared with.
    pub against: Option<usize>,
}

/// Values to try for a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSweep {
    /// The parameter.
    pub parameter: String,
    /// Its values, ascending, each once.
    pub values: Vec<u64>,
}

impl Study {
    /// Reads a study and the networks that its variants extend, which `library` finds.
    ///
    /// # Errors
    /// Everything that is wrong with the form of the file.
    pub fn read(source: &Arc<Source>, library: &dyn Library) -> Result<Self, Diagnostics> {
        if source.text.len() > MAX_STUDY_BYTES {
            let message = format!("a study has at most {} MiB", MAX_STUDY_BYTES >> 20);
            return Err(Diagnostic::error(message).label(source, 0..0, "").into());
        }
        let mut parser = Parser::new();
        let file = files::read(source, &STUDY_KEYS, &mut parser.places)?;
        if !file.values.contains_key(STUDY) {
            let message = "this is no study: it has no key `study`";
            let help = "a study begins with `study: title`; what has no such key is a network";
            return Err(Diagnostic::error(message).label(source, 0..0, "").help(help).into());
        }
        let form = parser.study(&file);
        let mut variants = Vec::new();
        let mut refused = Vec::new();
        let mut used = HashSet::new();
        let mut against = form.against.into_iter();
        for name in form.variants {
            let against = against.next().flatten();
            let Some(yaml) = file.values.get("variants").and_then(|all| all.get(&name)) else {
                continue;
            };
            let mut reader = Parser::new();
            let root = reader.places.file(Arc::clone(source));
            let study = super::parse::File { values: Arc::clone(&file.values), root };
            let read = reader.variant(&study, &name, yaml, source, library);
            used.extend(reader.used(yaml.as_mapping().is_some()));
            match read.and_then(|()| described(reader, &name)) {
                Ok(description) => variants.push(Variant { name, description, against }),
                Err(diagnostics) => refused.push(diagnostics),
            }
        }
        if refused.is_empty() && !variants.is_empty() {
            parser.unused_in_study(&used);
        }
        let parameters = parser.tree.parameters.keys().cloned().collect();
        if parser.problems.any_errors() {
            refused.push(parser.problems.diagnose(&parser.places));
        }
        if !refused.is_empty() {
            return Err(each_once(refused));
        }
        let (over, of) = form.formulas.unwrap_or_default();
        let sweep = form.sweep.map(|(parameter, values)| ParameterSweep { parameter, values });
        Ok(Self {
            title: form.title,
            question: form.question,
            source: form.source,
            notes: form.notes,
            variants,
            figures: form.figures,
            over,
            of,
            sweep,
            parameters,
        })
    }

    /// The names of the study's own parameters, in the order of the file.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(String::as_str)
    }

    /// The user's files it was read from, with those of networks that variants extend.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.variants.iter().flat_map(|variant| variant.description.files())
    }

    /// Reads `name=value`, a value for a parameter of the study or of a network in it.
    ///
    /// # Errors
    /// Where no variant has such a parameter, or the text is no value.
    pub fn setting(&self, text: &str) -> Result<(String, Value), Diagnostics> {
        let name = text.split_once('=').map_or(text, |(name, _)| name).trim();
        let descriptions = || self.variants.iter().map(|variant| &variant.description);
        let depends = descriptions().find(|one| one.tree.reachable.contains(name));
        if let Some(description) = depends {
            return description.setting(text);
        }
        if !text.contains('=') {
            let diagnostic = Diagnostic::error(format!("`{text}` sets nothing"));
            return Err(diagnostic.help("write `name=value`").into());
        }
        Err(self.no_parameter(name).into())
    }

    /// Reads `c=16..512*2` or `c=16,32,64`, the values of a parameter to try, as [`Description::values`] does.
    ///
    /// # Errors
    /// Where the study has no such parameter, or the text gives no values.
    pub fn sweep_of(&self, text: &str) -> Result<ParameterSweep, Diagnostics> {
        let (name, values) = named_values(text, MAX_POINTS, |setting| self.setting(setting))?;
        if !self.parameters.contains(&name) {
            return Err(self.no_parameter(&name).into());
        }
        let whole = |value: &Value| {
            value.as_u64().ok_or_else(|| {
                let message = format!("a sweep is over whole numbers, not {}", value.describe());
                Diagnostics::from(Diagnostic::error(message))
            })
        };
        let values = values.iter().map(whole).collect::<Result<_, _>>()?;
        Ok(ParameterSweep { parameter: name, values: ascending(values) })
    }

    fn no_parameter(&self, name: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(format!("{} has no parameter `{name}`", self.title));
        match suggest(name, self.parameters()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if self.parameters.is_empty() => diagnostic,
            None => diagnostic.help(format!("its parameters are {}", self.parameters.join(", "))),
        }
    }
}

impl Variant {
    /// Of these settings those that are about this variant's network.
    #[must_use]
    pub fn settings(&self, settings: &Settings) -> Settings {
        let known = |name: &str| self.description.tree.parameters.contains_key(name);
        let parameters = settings.parameters.iter().filter(|(name, _)| known(name));
        Settings { parameters: parameters.cloned().collect(), ..settings.clone() }
    }
}

/// The description that was read, or what is wrong with it.
fn described(reader: Parser, name: &str) -> Result<Description, Diagnostics> {
    let Parser { places, mut problems, tree, .. } = reader;
    if problems.any_errors() {
        // What is wrong with the values is told along with what is wrong with the form.
        let choice = Choice { settings: &[], input: None, batch: 1, most_steps: MAX_STEPS };
        let _ = elaborate(&tree, &choice, &mut problems);
        return Err(problems.diagnose(&places));
    }
    Ok(Description { tree, places, expectations: Vec::new(), name: name.to_owned() })
}

/// All diagnostics in the order of the text; those that several variants have in common once.
pub(crate) fn each_once(all: Vec<Diagnostics>) -> Diagnostics {
    let mut seen = HashSet::new();
    let mut diagnostics: Vec<Diagnostic> = all.into_iter().flat_map(|some| some.0).collect();
    let place = |diagnostic: &Diagnostic| {
        let first = diagnostic.labels.first();
        first.map(|label| (label.source.name.clone(), label.span.start))
    };
    diagnostics.retain(|one| seen.insert((one.message.clone(), place(one))));
    diagnostics.sort_by_key(place);
    Diagnostics(diagnostics)
}

/// The values in ascending order, each once.
pub(super) fn ascending(mut values: Vec<u64>) -> Vec<u64> {
    values.sort_unstable();
    values.dedup();
    values
}
