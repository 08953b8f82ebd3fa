//! What stands where a value may stand.

use super::{Parser, TENSOR_NAMES, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::expression::{Expression, ExpressionError, Template};
use crate::front::yaml::problem::Problem;
use crate::front::yaml::tree::{Given, GivenForm};
use crate::front::yaml::value::{Number, Value};
use crate::front::yaml::values::Yaml;
use crate::network::Place;

impl Parser {
    /// What stands where a value may stand; the names in it must be known.
    pub(in crate::front::yaml) fn given(&mut self, yaml: &Yaml, place: Place) -> Given {
        let form = match yaml {
            Yaml::Number(number) => self.number(*number, place),
            Yaml::Bool(boolean) => constant(Value::Boolean(*boolean)),
            Yaml::String(text) => self.expression(text, place),
            Yaml::Sequence(items) => {
                let items = items.iter().enumerate();
                GivenForm::List(
                    items
                        .map(|(index, item)| {
                            let place = self.places.item(place, index);
                            self.given(item, place)
                        })
                        .collect(),
                )
            }
            Yaml::Null => self.invalid(place, "a value is missing here"),
            Yaml::Mapping(_) | Yaml::Tagged => {
                self.invalid(place, "a number, an expression or a list is needed here")
            }
        };
        Given { form, place }
    }

    fn invalid(&mut self, place: Place, message: &str) -> GivenForm {
        self.error(place, message);
        GivenForm::Invalid
    }

    fn number(&mut self, number: Option<Number>, place: Place) -> GivenForm {
        match number {
            Some(number) => constant(Value::Number(number)),
            None => self.invalid(place, "this number is too large to be exact"),
        }
    }

    fn expression(&mut self, text: &str, place: Place) -> GivenForm {
        match Expression::parse(text) {
            Ok(expression) => {
                self.know_names(expression.names(), place);
                match expression.constant() {
                    Some(value) => GivenForm::Value(value.clone()),
                    None => GivenForm::Expression(Box::new(expression)),
                }
            }
            Err(error) => {
                self.expression_error(error, place);
                self.use_words(text);
                GivenForm::Invalid
            }
        }
    }

    pub(super) fn expression_error(&mut self, error: ExpressionError, place: Place) {
        let problem = Problem::error(place, error.message).part(error.span).help(error.help);
        self.problems.add(problem);
    }

    /// A name with parts in braces, which must be known.
    pub(super) fn template(&mut self, yaml: &Yaml, place: Place) -> Option<Template> {
        let text = match yaml {
            Yaml::String(text) => text.clone(),
            Yaml::Number(Some(number)) => number.to_string(),
            _ => {
                self.error(place, "a name is needed here");
                return None;
            }
        };
        match Template::parse(&text) {
            Ok(template) => {
                self.know_names(template.names(), place);
                Some(template)
            }
            Err(error) => {
                self.expression_error(error, place);
                self.use_words(&text);
                None
            }
        }
    }

    /// Marks names as used, and tells of those that nothing has.
    fn know_names<'a>(
        &mut self,
        names: impl Iterator<Item = (&'a str, std::ops::Range<usize>)>,
        place: Place,
    ) {
        for (name, part) in names {
            if !self.use_name(name) {
                let message = format!("unknown name `{name}`");
                let near = suggest(name, self.names_in_scope()).map(str::to_owned);
                let boolean = match name.to_lowercase().as_str() {
                    "yes" | "on" => Some("write `true`".to_owned()),
                    "no" | "off" => Some("write `false`".to_owned()),
                    _ => None,
                };
                let help = boolean.or_else(|| did_you_mean(near.as_deref()));
                self.problems.add(Problem::error(place, message).part(part).help(help));
                // What was meant is not unused.
                near.map(|near| self.use_name(&near));
            }
        }
    }

    /// Takes all words of a text that cannot be read for used names.
    fn use_words(&mut self, text: &str) {
        for word in text.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
            self.use_name(word);
        }
    }

    /// Whether something of this name is in scope; notes that it is used.
    pub(super) fn use_name(&mut self, name: &str) -> bool {
        if let Some((_, used)) = self.locals.iter_mut().rev().find(|(local, _)| local == name) {
            *used = true;
        } else if self.tree.parameters.contains_key(name) {
            self.uses.entry(self.owner.clone()).or_default().insert(name.to_owned());
        } else {
            return TENSOR_NAMES.contains(&name) || self.tree.words.contains(name);
        }
        true
    }

    /// Whether a parameter or loop index of this name is in scope.
    pub(super) fn is_parameter(&self, name: &str) -> bool {
        self.locals.iter().any(|(local, _)| local == name)
            || self.tree.parameters.contains_key(name)
    }

    fn names_in_scope(&self) -> impl Iterator<Item = &str> {
        let locals = self.locals.iter().map(|(name, _)| name.as_str());
        let globals = self.tree.parameters.keys().map(String::as_str);
        let words = self.tree.words.iter().map(AsRef::as_ref);
        locals.chain(globals).chain(TENSOR_NAMES).chain(words)
    }
}

fn constant(value: Value) -> GivenForm {
    GivenForm::Value(value)
}
