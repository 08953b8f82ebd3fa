//! The entries of `expect`.

use super::document::File;
use super::{Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::tree::Expectation;
use crate::front::yaml::value::Number;
use crate::front::yaml::values::{Mapping, Yaml};
use crate::front::yaml::{Expected, Tolerance};
use crate::network::Place;

/// The keys of an expectation besides the figures.
pub(in crate::front::yaml) const EXPECTATION_KEYS: [&str; 6] =
    ["of", "within", "source", "differs", "with", "input"];

impl Parser {
    pub(super) fn expectations(&mut self, file: &File) {
        let Some(yaml) = file.values.get("expect") else { return };
        let root = self.places.value(file.root, "expect");
        let Yaml::Sequence(items) = yaml else {
            self.error(root, "`expect` must be a list of published figures");
            return;
        };
        if self.are_too_many(items.len(), "expectations", root) {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            let place = self.places.item(root, index);
            let Yaml::Mapping(mapping) = item else {
                self.error(place, "an expectation is a map, as in `{params: 1248424, source: …}`");
                continue;
            };
            let expectation = self.expectation(mapping, place);
            self.tree.expectations.push(expectation);
        }
    }

    fn expectation(&mut self, mapping: &Mapping, place: Place) -> Expectation {
        let spellings = Expected::spellings().map(|(name, _)| name);
        let known: Vec<&str> = spellings.chain(EXPECTATION_KEYS).collect();
        self.unknown_keys(mapping, place, &known, |_| None);
        let mut expectation = Expectation { place, ..Expectation::default() };
        for (name, figure) in Expected::spellings() {
            if let Some(yaml) = mapping.get(name) {
                let place = self.places.value(place, name);
                expectation.figures.push((figure, self.given(yaml, place)));
            }
        }
        let all_known =
            mapping.keys().all(|key| key.as_str().is_some_and(|key| known.contains(&key)));
        if expectation.figures.is_empty() && all_known {
            let list = Expected::all().map(Expected::name).collect::<Vec<_>>().join("`, `");
            self.error(place, format!("an expectation needs a figure: one of `{list}`"));
        }
        let mut text = |key: &str| {
            let yaml = mapping.get(key)?;
            let place = self.places.value(place, key);
            Some((self.text(yaml, place)?, place))
        };
        expectation.of = text("of");
        expectation.source = text("source").map(|(text, _)| text);
        expectation.differs = text("differs").map(|(text, _)| text);
        if let Some(yaml) = mapping.get("within") {
            let place = self.places.value(place, "within");
            expectation.within = tolerance(yaml);
            if expectation.within.is_none() {
                self.error(place, "a tolerance is a percentage as `2%` or a number, of at least 0");
            }
        }
        if let Some(yaml) = mapping.get("input") {
            let place = self.places.value(place, "input");
            expectation.input = Some(self.given(yaml, place));
        }
        if let Some(yaml) = mapping.get("with") {
            let place = self.places.value(place, "with");
            self.settings(yaml, place, &mut expectation);
        }
        expectation
    }

    fn settings(&mut self, yaml: &Yaml, place: Place, expectation: &mut Expectation) {
        let Yaml::Mapping(mapping) = yaml else {
            self.error(place, "`with` is a map from parameters to values");
            return;
        };
        for (name, yaml) in mapping.iter() {
            let Some(name) = name.as_str() else {
                self.error(place, "the name of a parameter must be text");
                continue;
            };
            if self.tree.parameters.contains_key(name) {
                let place = self.places.value(place, name);
                let value = self.given(yaml, place);
                expectation.settings.push((name.to_owned(), value));
            } else {
                let near = suggest(name, self.tree.parameters.keys().map(String::as_str));
                let help = did_you_mean(near);
                let key = self.places.key(place, name);
                self.error_with_help(key, format!("there is no parameter `{name}`"), help);
            }
        }
    }
}

/// A tolerance: relative in percent, or absolute. Both are at least 0.
fn tolerance(yaml: &Yaml) -> Option<Tolerance> {
    let positive = |number: Number| (number >= Number::ZERO).then_some(number);
    match yaml {
        Yaml::Number(number) => number.and_then(positive).map(Tolerance::Absolute),
        Yaml::String(text) => {
            let number = |text: &str| Number::from_decimal(text.trim()).and_then(positive);
            match text.strip_suffix('%') {
                Some(percent) => number(percent).map(Tolerance::Percent),
                None => number(text).map(Tolerance::Absolute),
            }
        }
        _ => None,
    }
}
