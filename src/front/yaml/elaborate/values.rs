//! Values of expressions, parameters and the input.

use std::cell::Cell;
use std::ops::RangeInclusive;

use super::scope::{Lack, Lookup, Seen};
use super::{Choice, Elaborator, Flow};
use crate::diagnostics::suggest;
use crate::front::yaml::expression::{self, ExpressionError, Template};
use crate::front::yaml::problem::Problem;
use crate::front::yaml::tree::{Given, GivenForm, Parameter};
use crate::front::yaml::value::{MAX_ELEMENTS, Value};
use crate::network::{Place, Shape};

/// How many sizes an input may have, the batch left out.
pub(in crate::front::yaml) const INPUT_AXES: RangeInclusive<usize> = 1..=3;

/// So many characters of an expression, or elements of lists that it names, count as a step.
const LENGTH_OF_A_STEP: usize = 64;

impl Elaborator<'_, '_> {
    pub(super) fn seen(&self, flow: Flow) -> Seen {
        match flow {
            Flow::Tensor(tensor) => self.builder.shape(tensor).map_or(Seen::Unknown, Seen::Shape),
            Flow::Unknown => Seen::Unknown,
        }
    }

    pub(super) fn evaluate(&mut self, given: &Given, seen: Seen) -> Option<Value> {
        match &given.form {
            GivenForm::Invalid => None,
            GivenForm::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.evaluate(item, seen)).collect();
                let list = Value::bounded_list(items.into_iter().collect::<Option<Vec<_>>>()?);
                if list.is_none() {
                    let message = format!(
                        "the list has more than {MAX_ELEMENTS} elements, or nests too deep"
                    );
                    self.error(given.place, message);
                }
                list
            }
            GivenForm::Value(value) => Some(value.clone()),
            GivenForm::Expression(expression) => {
                self.count(expression.length() / LENGTH_OF_A_STEP, given.place);
                self.looking_up(given.place, seen, |lookup| expression.evaluate(lookup))
            }
        }
    }

    pub(super) fn render(&mut self, name: &Template, place: Place, seen: Seen) -> Option<String> {
        match name.literal() {
            Some(literal) => Some(literal.to_owned()),
            None => self.looking_up(place, seen, |lookup| name.render(lookup)),
        }
    }

    pub(super) fn looking_up<T>(
        &mut self,
        place: Place,
        seen: Seen,
        evaluate: impl FnOnce(&expression::Lookup<'_>) -> Result<T, ExpressionError>,
    ) -> Option<T> {
        let lookup = Lookup {
            variables: &self.variables,
            tree: self.tree,
            seen,
            lack: Cell::new(None),
            listed: Cell::new(0),
            witness: &self.witness,
        };
        let evaluated = evaluate(&lookup);
        let (lack, listed) = (lookup.lack.get(), lookup.listed.get());
        self.count(listed / LENGTH_OF_A_STEP, place);
        let error = match evaluated {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let problem = match lack {
            Some(Lack::Unknown) => return None,
            Some(Lack::Axis) => Problem::error(place, missing_axis(seen)).part(error.span),
            None => Problem::error(place, error.message).part(error.span).help(error.help),
        };
        self.problem(problem);
        None
    }

    pub(super) fn condition(&mut self, given: &Given, seen: Seen) -> Option<bool> {
        match self.evaluate(given, seen)? {
            Value::Boolean(condition) => Some(condition),
            other => {
                let message = format!("`if` needs `true` or `false`, not {}", other.describe());
                self.error(given.place, message);
                None
            }
        }
    }

    pub(super) fn choose(
        &mut self,
        name: &str,
        parameter: &Parameter,
        value: Value,
        place: Place,
    ) -> Option<Value> {
        let choices = &parameter.choices;
        let chosen = value.as_word().is_some_and(|word| choices.iter().any(|known| known == word));
        if choices.is_empty() || chosen {
            return Some(value);
        }
        let list = choices.join("`, `");
        let message = format!("`{name}` is one of `{list}`, not {}", value.describe());
        let near =
            value.as_word().and_then(|word| suggest(word, choices.iter().map(String::as_str)));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.problem(Problem::error(place, message).help(help));
        None
    }

    pub(super) fn bind_globals(&mut self, settings: &[(String, Value)]) {
        let tree = self.tree;
        for (name, _) in settings {
            if let (false, Some((_, place))) = (tree.parameters.contains_key(name), &tree.layers) {
                self.fatal(*place, format!("there is no parameter `{name}`"));
            }
        }
        for (name, parameter) in &tree.parameters {
            let set = settings.iter().rev().find(|(set, _)| set == name);
            let value = match (set, &parameter.default) {
                (Some((_, value)), _) => Some((value.clone(), parameter.place)),
                (None, Some(default)) => {
                    self.evaluate(default, Seen::Nothing).map(|value| (value, default.place))
                }
                (None, None) => None,
            };
            let value = value.and_then(|(value, place)| self.choose(name, parameter, value, place));
            match value {
                Some(value) => self.variables.globals.push((name, value)),
                // Without it, every use would be told as an unknown name.
                None => self.halted = true,
            }
        }
    }

    pub(super) fn input(&mut self, choice: &Choice<'_>) -> Flow {
        let tree = self.tree;
        let Some(given) = &tree.input else { return Flow::Unknown };
        let sizes = match choice.input {
            Some(sizes) => sizes.to_vec(),
            None => match self.evaluate(given, Seen::Nothing).as_ref().and_then(Value::as_list) {
                Some(sizes) => sizes.iter().filter_map(Value::as_u64).collect(),
                None => return Flow::Unknown,
            },
        };
        let written = match &given.form {
            GivenForm::List(items) if choice.input.is_none() => items.len(),
            _ => sizes.len(),
        };
        if written != sizes.len() || sizes.contains(&0) || !INPUT_AXES.contains(&sizes.len()) {
            let message = "the input has one to three sizes, whole numbers of at least 1";
            let help = (written > 3).then_some("leave the batch out, it is chosen when analysing");
            self.problem(Problem::error(given.place, message).help(help));
            return Flow::Unknown;
        }
        let shape = Shape::new(&[&[choice.batch], sizes.as_slice()].concat());
        let built = shape.map_err(|error| error.to_string()).and_then(|shape| {
            self.builder.input("input", shape, given.place).map_err(|error| error.to_string())
        });
        built.map(Flow::Tensor).unwrap_or_else(|message| {
            self.error(given.place, format!("the input: {message}"));
            Flow::Unknown
        })
    }
}

fn missing_axis(seen: Seen) -> String {
    match seen {
        Seen::Shape(shape) => format!("the tensor taken here has no such axis: it is {shape}"),
        Seen::Nothing | Seen::Unknown => {
            "there is no tensor here whose sizes could be taken".to_owned()
        }
    }
}
