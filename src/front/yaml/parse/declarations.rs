//! Parameters and blocks: declared first, so that what comes before them may name them.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::document::File;
use super::names::{is_plain_name, is_variable, no_plain_name};
use super::{BlockParameters, Owner, Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::expression::Expression;
use crate::front::yaml::problem::Problem;
use crate::front::yaml::tree::{Block, Body, Parameter};
use crate::front::yaml::values::{Mapping, Yaml};
use crate::network::Place;

impl Parser {
    /// Names of blocks and of their parameters, so that bodies may call blocks that come later.
    pub(super) fn declare_blocks(&mut self, file: &File) {
        let Some(yaml) = file.values.get("blocks") else { return };
        let root = self.places.value(file.root, "blocks");
        let Yaml::Mapping(blocks) = yaml else {
            self.error(root, "`blocks` must be a map from names to blocks");
            return;
        };
        if self.are_too_many(blocks.len(), "blocks", root) {
            return;
        }
        for (name, block) in blocks.iter() {
            let Yaml::String(name) = name else {
                self.error(root, "the name of a block must be text");
                continue;
            };
            let key = self.places.key(root, name);
            if self.operators.contains_key(name.as_str())
                || ["repeat", "side"].contains(&name.as_str())
            {
                self.error(key, format!("`{name}` is an operator; a block needs another name"));
            } else if !is_plain_name(name) {
                self.error(key, no_plain_name(name));
            }
            if self.blocks.contains_key(name) {
                let message = format!("the block `{name}` is defined twice, here and in the base");
                self.error_with_help(key, message, Some("give this one another name".to_owned()));
                continue;
            }
            let parameters = block.get("params").map(block_parameters).unwrap_or_default();
            self.blocks.insert(name.clone(), parameters);
        }
    }

    /// Words that parameters may be, so that expressions may name them.
    pub(super) fn declare_words(&mut self, file: &File) {
        let mut lists: Vec<&Yaml> = file.values.get("params").into_iter().collect();
        if let Some(Yaml::Mapping(blocks)) = file.values.get("blocks") {
            lists.extend(blocks.values().filter_map(|block| block.get("params")));
        }
        let names: HashSet<String> = lists.iter().flat_map(|list| parameter_names(list)).collect();
        for parameters in lists.into_iter().filter_map(Yaml::as_mapping) {
            for value in parameters.values() {
                let choices =
                    value.get("choices").and_then(Yaml::as_sequence).into_iter().flatten();
                let default = value.get("default").or(Some(value));
                for word in choices.chain(default).filter_map(Yaml::as_str) {
                    let bare = Expression::parse(word);
                    let bare = bare.is_ok_and(|expression| expression.as_name().is_some());
                    if bare && !names.contains(word) {
                        self.tree.words.insert(word.into());
                    }
                }
            }
        }
    }

    pub(super) fn parameters_of_file(&mut self, file: &File) {
        let Some(yaml) = file.values.get("params") else { return };
        let place = self.places.value(file.root, "params");
        let Yaml::Mapping(mapping) = yaml else {
            self.error(place, "`params` must be a map from names to defaults");
            return;
        };
        if self.are_too_many(mapping.len(), "parameters", place) {
            return;
        }
        for (name, yaml) in mapping.iter() {
            self.owner = Owner::Parameter(name.as_str().unwrap_or_default().to_owned());
            let parameter = self.parameter(name, yaml, place);
            self.owner = Owner::Network;
            let Some(parameter) = parameter else { continue };
            let name = name.as_str().unwrap_or_default().to_owned();
            if let Some(base) = self.tree.parameters.get_mut(&name) {
                base.default = parameter.default.or(base.default.take());
                if !parameter.choices.is_empty() {
                    base.choices = parameter.choices;
                }
                base.place = parameter.place;
                continue;
            }
            if parameter.default.is_none() {
                let help = format!("write `{name}: value`");
                let message = "a parameter of the network needs a default";
                self.error_with_help(parameter.place, message, Some(help));
            }
            self.tree.parameters.insert(name, parameter);
        }
    }

    /// A parameter: nothing, its default, or a map of `default` and `choices`.
    fn parameter(&mut self, name: &Yaml, yaml: &Yaml, parent: Place) -> Option<Parameter> {
        let Yaml::String(name) = name else {
            self.error(parent, "the name of a parameter must be text");
            return None;
        };
        let key = self.places.key(parent, name);
        if !is_variable(name) {
            let help = "use letters, digits and `_`, and no word of the language";
            let message = format!("`{name}` cannot be the name of a parameter");
            self.error_with_help(key, message, Some(help.to_owned()));
            return None;
        }
        let place = self.places.value(parent, name);
        let mut parameter = Parameter { default: None, choices: Vec::new(), place: key };
        match yaml {
            Yaml::Null => {}
            Yaml::Mapping(mapping) => {
                self.unknown_keys(mapping, place, &["default", "choices"], |_| None);
                if let Some(default) = mapping.get("default") {
                    let place = self.places.value(place, "default");
                    parameter.default = Some(self.given(default, place));
                }
                if let Some(choices) = mapping.get("choices") {
                    let place = self.places.value(place, "choices");
                    parameter.choices = self.choices(choices, place);
                }
            }
            default => parameter.default = Some(self.given(default, place)),
        }
        Some(parameter)
    }

    fn choices(&mut self, yaml: &Yaml, place: Place) -> Vec<String> {
        let Yaml::Sequence(items) = yaml else {
            self.error(place, "`choices` must be a list of words");
            return Vec::new();
        };
        let mut choices = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item {
                Yaml::String(word) if is_variable(word) => choices.push(word.clone()),
                _ => {
                    let place = self.places.item(place, index);
                    self.error(place, "a word is needed here: letters, digits and `_`");
                }
            }
        }
        choices
    }

    pub(super) fn block_bodies(&mut self, file: &File) {
        let Some(Yaml::Mapping(blocks)) = file.values.get("blocks") else { return };
        let root = self.places.value(file.root, "blocks");
        for (name, yaml) in blocks.iter() {
            let Yaml::String(name) = name else { continue };
            // Of a block that is defined twice, the first is read.
            let Some(index) = self.blocks.get_index_of(name) else { continue };
            if self.tree.blocks.contains_key(name) {
                continue;
            }
            let place = self.places.value(root, name);
            let nothing = Mapping::default();
            let mapping = yaml.as_mapping().unwrap_or(&nothing);
            if yaml.as_mapping().is_none() {
                self.error(place, "a block is a map with `params` and `layers`");
            }
            self.owner = Owner::Block(index);
            self.unknown_keys(mapping, place, &["params", "layers"], |_| None);
            self.locals = Vec::new();
            let parameters = self.block_parameters(mapping, place);
            let body = match mapping.get("layers") {
                Some(layers) => {
                    let layers_place = self.places.value(place, "layers");
                    self.body(layers, layers_place)
                }
                None if yaml.as_mapping().is_none() => Body::default(),
                None => {
                    let key = self.places.key(root, name);
                    self.error(key, format!("the block `{name}` has no `layers`"));
                    Body::default()
                }
            };
            for (parameter, used) in std::mem::take(&mut self.locals) {
                let declared = parameters.get(&parameter);
                if let (false, Some(declared), true) =
                    (used, declared, mapping.contains_key("layers"))
                {
                    self.unused(&parameter, declared.place, &[]);
                }
            }
            self.tree.blocks.insert(name.clone(), Block { parameters, body: Arc::new(body) });
            self.owner = Owner::Network;
        }
    }

    /// A list of names, or a map to defaults. Defaults may use the parameters before them.
    fn block_parameters(&mut self, block: &Mapping, place: Place) -> IndexMap<String, Parameter> {
        let mut parameters = IndexMap::new();
        let place = self.places.value(place, "params");
        let count = block.get("params").map_or(0, |yaml| parameter_names(yaml).len());
        if self.are_too_many(count, "parameters", place) {
            return parameters;
        }
        match block.get("params") {
            None | Some(Yaml::Null) => {}
            Some(Yaml::Sequence(names)) => {
                for (index, name) in names.iter().enumerate() {
                    let place = self.places.item(place, index);
                    let Yaml::String(text) = name else {
                        self.error(place, "the name of a parameter is needed here");
                        continue;
                    };
                    if let Some(mut parameter) = self.parameter(name, &Yaml::Null, place) {
                        parameter.place = place;
                        if parameters.insert(text.clone(), parameter).is_some() {
                            self.error(place, format!("the parameter `{text}` stands twice"));
                        } else {
                            self.locals.push((text.clone(), false));
                        }
                    }
                }
            }
            Some(Yaml::Mapping(mapping)) => {
                for (name, yaml) in mapping.iter() {
                    if let Some(parameter) = self.parameter(name, yaml, place) {
                        let name = name.as_str().unwrap_or_default().to_owned();
                        self.locals.push((name.clone(), false));
                        parameters.insert(name, parameter);
                    }
                }
            }
            Some(_) => self.error(place, "`params` is a list of names or a map to defaults"),
        }
        parameters
    }

    /// Whether something names a parameter; of a file that extends another, whether what is built depends on it.
    pub(super) fn is_used(&self, name: &str, extends: bool) -> bool {
        if extends {
            return self.tree.reachable.contains(name);
        }
        self.uses.values().any(|names| names.contains(name))
    }

    pub(super) fn unused(&mut self, name: &str, place: Place, others: &[String]) {
        let near = suggest(name, others.iter().map(String::as_str).filter(|other| *other != name));
        let help = did_you_mean(near).or_else(|| Some("remove it, or use it".to_owned()));
        let problem = Problem::error(place, format!("the parameter `{name}` is used nowhere"));
        self.problems.add(problem.help(help));
    }
}

/// The parameters of a block: a list of names, or a map to defaults.
fn block_parameters(yaml: &Yaml) -> BlockParameters {
    let names = parameter_names(yaml);
    let has_default = |name: &String| match yaml.get(name) {
        None | Some(Yaml::Null) => false,
        Some(Yaml::Mapping(parameter)) => parameter.contains_key("default"),
        Some(_) => true,
    };
    let mut required = names.iter().enumerate().filter(|(_, name)| !has_default(name));
    let main = match (names.len(), required.next(), required.next()) {
        (1, _, _) => Some(0),
        (_, Some((index, _)), None) => Some(index),
        _ => None,
    };
    BlockParameters { names, main }
}

/// The names of a list of parameters or of a map to defaults.
pub(super) fn parameter_names(yaml: &Yaml) -> Vec<String> {
    let text = |yaml: &Yaml| yaml.as_str().map(str::to_owned);
    match yaml {
        Yaml::Sequence(names) => names.iter().filter_map(text).collect(),
        Yaml::Mapping(mapping) => mapping.keys().filter_map(text).collect(),
        _ => Vec::new(),
    }
}
