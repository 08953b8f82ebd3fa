//! Steps: operators, blocks, repetitions and sides, with the keys that all of them may carry.

use std::collections::HashSet;

use super::call::gives_what_is_required;
use super::names::{is_plain_name, is_variable, no_plain_name};
use super::synonyms::{OPERATOR_SYNONYMS, synonym};
use super::{BlockParameters, Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::expression::Template;
use crate::front::yaml::tree::{Action, Body, Given, RepeatBody, Step};
use crate::front::yaml::values::{Mapping, Yaml};
use crate::network::Place;

/// Keys that every step may carry.
pub(in crate::front::yaml) const STEP_KEYS: [&str; 3] = ["name", "from", "if"];

const BLOCK_KEYS: [&str; 2] = ["repeat", "side"];

/// The keys every step may carry, taken from its arguments.
#[derive(Default)]
pub(super) struct Common {
    pub(super) name: Option<(Template, Place)>,
    pub(super) from: Vec<(Template, Place)>,
    pub(super) condition: Option<Given>,
}

impl Parser {
    /// A list of steps that are a naming scope of their own.
    pub(super) fn body(&mut self, yaml: &Yaml, place: Place) -> Body {
        self.names.push(HashSet::new());
        let steps = self.steps(yaml, place);
        Body { steps, names: self.names.pop().unwrap_or_default() }
    }

    fn steps(&mut self, yaml: &Yaml, place: Place) -> Vec<Step> {
        let Yaml::Sequence(items) = yaml else {
            self.error(place, "a list of steps is needed here");
            return Vec::new();
        };
        let mut steps = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if self.problems.are_enough() {
                break;
            }
            let place = self.places.item(place, index);
            steps.push(self.step(item, place));
        }
        steps
    }

    fn step(&mut self, yaml: &Yaml, place: Place) -> Step {
        let read = match yaml {
            Yaml::String(name) => Some((name.as_str(), place, &Yaml::Null, place)),
            Yaml::Mapping(mapping) => self.single_key(mapping, place),
            _ => {
                let help = "write `relu`, or a map of one key as `conv: {out: 64, kernel: 3}`";
                let message = "a step is the name of an operator or block, or a map of one";
                self.error_with_help(place, message, Some(help.to_owned()));
                None
            }
        };
        match read {
            Some((name, key, arguments, at)) => self.named_step(name, key, arguments, at),
            None => invalid(place, Common::default()),
        }
    }

    /// The one key of a step and what stands under it.
    pub(super) fn single_key<'y>(
        &mut self,
        mapping: &'y Mapping,
        place: Place,
    ) -> Option<(&'y str, Place, &'y Yaml, Place)> {
        let mut entries = mapping.iter();
        let (Some((Yaml::String(name), arguments)), None) = (entries.next(), entries.next()) else {
            let keys = mapping.len();
            let message = match keys {
                1 => "the name of an operator or block must be text".to_owned(),
                _ => format!("a step is a map of one operator or block, this one has {keys} keys"),
            };
            let help = match mapping.iter().next() {
                Some((Yaml::String(name), _)) if self.are_arguments(name, mapping) => {
                    Some(format!("indent the arguments below `{name}`, or write `{name}: {{…}}`"))
                }
                Some(_) if keys > 1 => Some("start every step with `- `".to_owned()),
                _ => None,
            };
            self.error_with_help(place, message, help);
            return None;
        };
        let key = self.places.key(place, name);
        let value = self.places.value(place, name);
        Some((name, key, arguments, value))
    }

    /// Whether the other keys of a map that starts with an operator or block are no steps, but its arguments.
    fn are_arguments(&self, name: &str, mapping: &Mapping) -> bool {
        let is_step = |key: &str| {
            self.operators.contains_key(key)
                || self.blocks.contains_key(key)
                || BLOCK_KEYS.contains(&key)
        };
        is_step(name) && !mapping.keys().skip(1).filter_map(Yaml::as_str).any(is_step)
    }

    fn named_step(&mut self, name: &str, key: Place, arguments: &Yaml, place: Place) -> Step {
        match name {
            "repeat" => return self.repeat(key, arguments, place),
            "side" => return self.side(key, arguments, place),
            _ => {}
        }
        if let Some(index) = self.blocks.get_index_of(name) {
            return self.block_call(name, index, key, arguments, place);
        }
        if let Some(signature) = self.operators.get(name) {
            return self.operator_call(signature, key, arguments, place);
        }
        let near = synonym(&OPERATOR_SYNONYMS, name).or_else(|| self.nearest_step(name));
        let near = near.map(str::to_owned);
        let is_tensor = name == "input" || self.names.iter().any(|names| names.contains(name));
        let help = match near.as_deref() {
            Some(near) => did_you_mean(Some(near)),
            None if is_tensor => Some(format!("to take the tensor `{name}`, write `from: {name}`")),
            None => None,
        };
        self.error_with_help(key, format!("unknown operator or block `{name}`"), help);
        match near.and_then(|near| self.operators.get(near.as_str()).copied()) {
            // Reading on as if the suggestion stood there finds what else is wrong.
            Some(signature) if gives_what_is_required(signature, arguments) => {
                self.operator_call(signature, key, arguments, place)
            }
            _ => {
                let common = arguments.as_mapping().map(|mapping| self.common(mapping, place));
                invalid(key, common.unwrap_or_default())
            }
        }
    }

    fn nearest_step(&self, name: &str) -> Option<&str> {
        let blocks = self.blocks.keys().map(String::as_str);
        suggest(name, self.operators.keys().copied().chain(BLOCK_KEYS).chain(blocks))
    }

    /// Takes `name`, `from` and `if`.
    pub(super) fn common(&mut self, mapping: &Mapping, place: Place) -> Common {
        let mut common = Common::default();
        if let Some(yaml) = mapping.get("name") {
            let place = self.places.value(place, "name");
            common.name = self.template(yaml, place).map(|template| (template, place));
            if let Some(name) = common.name.as_ref().and_then(|(name, _)| name.literal()) {
                if !is_plain_name(name) {
                    self.error(place, no_plain_name(name));
                }
                let name = name.to_owned();
                self.names.last_mut().map(|names| names.insert(name));
            }
        }
        if let Some(yaml) = mapping.get("from") {
            let place = self.places.value(place, "from");
            common.from = self.sources(yaml, place);
        }
        if let Some(yaml) = mapping.get("if") {
            let place = self.places.value(place, "if");
            common.condition = Some(self.given(yaml, place));
        }
        common
    }

    /// One name, or a list of them.
    fn sources(&mut self, yaml: &Yaml, place: Place) -> Vec<(Template, Place)> {
        let Yaml::Sequence(items) = yaml else {
            return self.template(yaml, place).map(|name| (name, place)).into_iter().collect();
        };
        if items.is_empty() {
            self.error(place, "`from` names no tensor");
        }
        let items = items.iter().enumerate();
        items
            .filter_map(|(index, item)| {
                let place = self.places.item(place, index);
                Some((self.template(item, place)?, place))
            })
            .collect()
    }

    /// The branches of a join: each a step or a list of steps.
    pub(super) fn branches(&mut self, yaml: &Yaml, place: Place) -> Vec<Vec<Step>> {
        let Yaml::Sequence(items) = yaml else {
            self.error(place, "a list of branches is needed here");
            return Vec::new();
        };
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| {
                let place = self.places.item(place, index);
                match item {
                    Yaml::Sequence(_) => self.steps(item, place),
                    step => vec![self.step(step, place)],
                }
            })
            .collect()
    }

    fn block_call(
        &mut self,
        name: &str,
        block: usize,
        key: Place,
        arguments: &Yaml,
        place: Place,
    ) -> Step {
        let BlockParameters { names: parameters, main } =
            self.blocks.get(name).cloned().unwrap_or_default();
        self.calls.entry(self.owner.clone()).or_default().insert(block);
        let mut common = Common::default();
        let mut given = Vec::new();
        match arguments {
            Yaml::Null => {}
            Yaml::Mapping(mapping) => {
                common = self.common(mapping, place);
                let known: Vec<&str> =
                    parameters.iter().map(String::as_str).chain(STEP_KEYS).collect();
                self.unknown_keys(mapping, place, &known, |_| None);
                for (index, parameter) in parameters.iter().enumerate() {
                    if STEP_KEYS.contains(&parameter.as_str()) {
                        continue;
                    }
                    // Under a wrong key that is near to a right one, the value is taken for the right one's.
                    let near = |key: &&str| {
                        !known.contains(key)
                            && suggest(key, known.iter().copied()) == Some(parameter)
                    };
                    let key = Some(parameter.as_str()).filter(|key| mapping.contains_key(key));
                    let key = key.or_else(|| mapping.keys().filter_map(Yaml::as_str).find(near));
                    if let Some((key, yaml)) = key.and_then(|key| Some((key, mapping.get(key)?))) {
                        let place = self.places.value(place, key);
                        given.push((index, self.given(yaml, place)));
                    }
                }
            }
            value => {
                let Some(main) = main else {
                    let help = format!("write `{name}: {{{}: …}}`", parameters.join(": …, "));
                    let message = format!("the block `{name}` needs its parameters by name");
                    self.error_with_help(place, message, Some(help));
                    return invalid(key, common);
                };
                given.push((main, self.given(value, place)));
            }
        }
        if common.from.len() > 1 {
            self.error(key, "a block takes one tensor, `from` names several");
            return invalid(key, common);
        }
        finish(key, common, Action::Block { block, arguments: given })
    }

    fn repeat(&mut self, key: Place, arguments: &Yaml, place: Place) -> Step {
        let Yaml::Mapping(mapping) = arguments else {
            let help = "write `repeat: {times: n, layers: […]}`".to_owned();
            self.error_with_help(place, "`repeat` takes a map", Some(help));
            return invalid(key, Common::default());
        };
        let known = ["times", "index", "layers", "name", "from", "if"];
        self.unknown_keys(mapping, place, &known, |_| None);
        let any_unknown =
            mapping.keys().any(|key| !key.as_str().is_some_and(|key| known.contains(&key)));
        let index = mapping.get("index").and_then(|yaml| {
            let place = self.places.value(place, "index");
            let index = yaml.as_str().filter(|name| is_variable(name)).map(str::to_owned);
            if index.is_none() {
                let help = "use letters, digits and `_`, and no word of the language".to_owned();
                let message = "`index` is the name of the loop's variable";
                self.error_with_help(place, message, Some(help));
            }
            index
        });
        let times = mapping.get("times").map(|yaml| {
            let place = self.places.value(place, "times");
            self.given(yaml, place)
        });
        let outside = self.locals.len();
        self.locals.extend(index.iter().map(|index| (index.clone(), false)));
        let common = self.common(mapping, place);
        let body = self.layers_of("repeat", mapping, key, place).map(|(yaml, place)| {
            if common.name.is_some() {
                RepeatBody::Scoped(self.body(yaml, place))
            } else {
                RepeatBody::Plain(self.steps(yaml, place))
            }
        });
        self.locals.truncate(outside);
        if times.is_none() && !any_unknown {
            self.error(key, "`repeat` needs `times`");
        }
        match (times, body) {
            (Some(times), Some(body)) => finish(key, common, Action::Repeat { times, index, body }),
            _ => invalid(key, common),
        }
    }

    fn side(&mut self, key: Place, arguments: &Yaml, place: Place) -> Step {
        let Yaml::Mapping(mapping) = arguments else {
            let help = "write `side: {name: aux, layers: […]}`".to_owned();
            self.error_with_help(place, "`side` takes a map", Some(help));
            return invalid(key, Common::default());
        };
        self.unknown_keys(mapping, place, &["layers", "name", "from", "if"], |_| None);
        let common = self.common(mapping, place);
        if common.name.is_none() {
            self.error(key, "`side` needs a `name` by which its result can be taken");
        }
        let body = self.layers_of("side", mapping, key, place);
        match body {
            Some((yaml, place)) => {
                let body = self.body(yaml, place);
                finish(key, common, Action::Side(body))
            }
            None => invalid(key, common),
        }
    }

    fn layers_of<'y>(
        &mut self,
        name: &str,
        mapping: &'y Mapping,
        key: Place,
        place: Place,
    ) -> Option<(&'y Yaml, Place)> {
        let Some(yaml) = mapping.get("layers") else {
            self.error(key, format!("`{name}` needs `layers`"));
            return None;
        };
        Some((yaml, self.places.value(place, "layers")))
    }
}
pub(super) fn finish(place: Place, common: Common, action: Action) -> Step {
    let (name, condition) = (common.name.map(Box::new), common.condition.map(Box::new));
    Step { place, name, from: common.from, condition, action }
}

fn invalid(place: Place, common: Common) -> Step {
    finish(place, common, Action::Invalid)
}
