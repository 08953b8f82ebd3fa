//! The keys of a file: texts, input, layers, outputs, and what a file must have.

use std::collections::HashSet;
use std::sync::Arc;

use super::declarations::parameter_names;
use super::{Owner, Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::tree::OutputSpec;
use crate::front::yaml::values::{Mapping, Yaml};
use crate::network::Place;

/// The most parameters, blocks, outputs or expectations of a network.
const MOST_OF_A_KIND: usize = 1_000;

/// The keys of a file.
pub(in crate::front::yaml) const KEYS: [&str; 13] = [
    "name",
    "source",
    "description",
    "extends",
    "input",
    "params",
    "blocks",
    "layers",
    "outputs",
    "preprocess",
    "labels",
    "expect",
    "budget",
];

/// A file's values and its root.
pub(in crate::front::yaml) struct File {
    pub(in crate::front::yaml) values: Arc<Mapping>,
    pub(in crate::front::yaml) root: Place,
}

impl Parser {
    /// Reads a file and all that it extends, the outermost base first.
    pub(in crate::front::yaml) fn files(&mut self, files: &[File]) {
        for file in files {
            self.unknown_keys(&file.values, file.root, &KEYS, |_| None);
            self.declare_blocks(file);
            self.declare_words(file);
        }
        for file in files {
            self.parameters_of_file(file);
        }
        for file in files {
            self.texts(file);
            self.input(file);
            self.preprocess(file);
            self.labels(file);
            self.block_bodies(file);
        }
        let last = |key: &str| files.iter().rev().find(|file| file.values.contains_key(key));
        if let Some(file) = last("layers") {
            self.layers(file);
        }
        if let Some(file) = last("outputs") {
            self.outputs(file);
        }
        if let Some(file) = files.last() {
            self.owner = Owner::Remark;
            self.expectations(file);
            self.budget(file);
            self.missing_parts(file, last("layers").is_some_and(|at| at.root == file.root));
        }
    }

    /// Whether there are more of something than a network can have; tells so.
    pub(super) fn are_too_many(&mut self, count: usize, what: &str, place: Place) -> bool {
        if count > MOST_OF_A_KIND {
            self.error(place, format!("there are {count} {what}, the most are {MOST_OF_A_KIND}"));
        }
        count > MOST_OF_A_KIND
    }

    /// Tells of keys that are not of the list.
    pub(super) fn unknown_keys(
        &mut self,
        mapping: &Mapping,
        place: Place,
        known: &[&str],
        synonym: impl Fn(&str) -> Option<&'static str>,
    ) {
        for key in mapping.keys() {
            if self.problems.are_enough() {
                return;
            }
            let Yaml::String(key) = key else {
                let (place, written) = self.other_key(key, place);
                self.error(place, format!("the key {written} must be text"));
                continue;
            };
            if !known.contains(&key.as_str()) {
                let near = synonym(key).or_else(|| suggest(key, known.iter().copied()));
                let is_rest = key.contains([')', ']', '}']);
                let rest = "an expression with `,` needs quotes between brackets".to_owned();
                let help = is_rest
                    .then_some(rest)
                    .or_else(|| did_you_mean(near))
                    .or_else(|| Some(format!("the keys here are {}", known.join(", "))));
                let place = self.places.key(place, key);
                self.error_with_help(place, format!("unknown key `{key}`"), help);
            }
        }
    }

    /// The place of a key that is no text, and the key as it is written where that is sure.
    fn other_key(&mut self, key: &Yaml, place: Place) -> (Place, String) {
        let written = match key {
            Yaml::Number(Some(number)) => number.to_string(),
            Yaml::Bool(boolean) => boolean.to_string(),
            _ => return (place, "of every entry".to_owned()),
        };
        (self.places.key(place, &written), format!("`{written}`"))
    }

    pub(super) fn texts(&mut self, file: &File) {
        for (key, yaml) in file.values.iter() {
            let (Yaml::String(key), text) = (key, yaml) else { continue };
            if !["name", "source", "description"].contains(&key.as_str()) {
                continue;
            }
            let place = self.places.value(file.root, key);
            let Some(text) = self.text(text, place) else { continue };
            match key.as_str() {
                "name" => self.tree.name = Some(text),
                "source" => self.tree.source = Some(text),
                _ => self.tree.description = Some(text),
            }
        }
    }

    /// A text for people, in one line.
    pub(super) fn text(&mut self, yaml: &Yaml, place: Place) -> Option<String> {
        let text = match yaml {
            Yaml::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            Yaml::Number(Some(number)) => number.to_string(),
            _ => String::new(),
        };
        if text.is_empty() {
            self.error(place, "a text is needed here");
            return None;
        }
        Some(text)
    }

    pub(super) fn input(&mut self, file: &File) {
        let Some(yaml) = file.values.get("input") else { return };
        let place = self.places.value(file.root, "input");
        if yaml.as_sequence().is_none() {
            let help = "write the sizes without the batch, as in `input: [3, 224, 224]`";
            self.error_with_help(place, "`input` must be a list", Some(help.to_owned()));
            return;
        }
        self.tree.input = Some(self.given(yaml, place));
    }

    pub(super) fn layers(&mut self, file: &File) {
        let Some(yaml) = file.values.get("layers") else { return };
        let place = self.places.value(file.root, "layers");
        let body = self.body(yaml, place);
        self.tree.layers = Some((body, place));
    }

    pub(super) fn outputs(&mut self, file: &File) {
        let Some(yaml) = file.values.get("outputs") else { return };
        let root = self.places.value(file.root, "outputs");
        let Yaml::Sequence(items) = yaml else {
            self.error(root, "`outputs` must be a list of names");
            return;
        };
        if items.is_empty() {
            self.error(root, "`outputs` names no tensor");
        }
        if self.are_too_many(items.len(), "outputs", root) {
            return;
        }
        let mut outputs = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = self.places.item(root, index);
            outputs.extend(self.output(item, place));
        }
        self.tree.outputs = Some(outputs);
    }

    fn output(&mut self, yaml: &Yaml, place: Place) -> Option<OutputSpec> {
        let Yaml::Mapping(mapping) = yaml else {
            let from = (self.template(yaml, place)?, place);
            return Some(OutputSpec { from, name: None, condition: None });
        };
        self.unknown_keys(mapping, place, &["from", "name", "if"], |_| None);
        let condition = mapping.get("if").map(|yaml| {
            let place = self.places.value(place, "if");
            self.given(yaml, place)
        });
        let name = mapping.get("name").and_then(|yaml| {
            let place = self.places.value(place, "name");
            self.text(yaml, place)
        });
        let Some(from) = mapping.get("from") else {
            self.error(place, "an output needs `from`, the name of a tensor");
            return None;
        };
        let place = self.places.value(place, "from");
        Some(OutputSpec { from: (self.template(from, place)?, place), name, condition })
    }

    /// What a file must have, and parameters that nothing uses.
    fn missing_parts(&mut self, file: &File, has_own_layers: bool) {
        if self.tree.input.is_none() && !self.problems.any_errors() {
            let help = "add a line `input: [channels, height, width]`".to_owned();
            self.error_with_help(file.root, "the file has no `input`", Some(help));
        }
        if self.tree.layers.is_none() && !file.values.contains_key("layers") {
            let help = "add `layers:` and the steps of the network".to_owned();
            self.error_with_help(file.root, "the file has no `layers`", Some(help));
        }
        let own: HashSet<String> = file
            .values
            .get("params")
            .map(parameter_names)
            .unwrap_or_default()
            .into_iter()
            .collect();
        self.tree.reachable = self.reachable();
        // A parameter that a base has is the base's affair, unless this file sets it or makes the layers itself.
        let extends = file.values.contains_key("extends");
        let unused: Vec<(String, Place)> = self
            .tree
            .parameters
            .iter()
            .filter(|(name, _)| !self.is_used(name, extends) && own.contains(*name))
            .filter(|_| has_own_layers || extends)
            .map(|(name, parameter)| (name.clone(), parameter.place))
            .collect();
        let all: Vec<String> = self.tree.parameters.keys().cloned().collect();
        for (name, place) in unused {
            self.unused(&name, place, &all);
        }
    }
}
