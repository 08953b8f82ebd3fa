//! The keys of a study, and its variants.

use std::collections::HashSet;
use std::sync::Arc;

use super::document::File;
use super::names::MAX_NAME;
use super::{Owner, Parser, did_you_mean};
use crate::diagnostics::{Diagnostics, Source, suggest};
use crate::figure::{self, Figure, Measure};
use crate::front::yaml::elaborate::evaluate_alone;
use crate::front::yaml::range::whole_numbers;
use crate::front::yaml::study::{MAX_POINTS, MAX_VARIANTS, ascending};
use crate::front::yaml::value::Value;
use crate::front::yaml::values::{Mapping, Yaml};
use crate::front::yaml::{Library, files};
use crate::network::Place;

/// The key that makes a file a study.
pub(in crate::front::yaml) const STUDY: &str = "study";

/// The keys of a study.
pub(in crate::front::yaml) const STUDY_KEYS: [&str; 12] = [
    STUDY, "question", "source", "notes", "input", "params", "blocks", "variants", "baseline",
    "figures", "formulas", "sweep",
];

/// The keys of a variant that is a network of its own.
pub(in crate::front::yaml) const VARIANT_KEYS: [&str; 3] = ["extends", "params", "input"];

/// What the keys of a study say.
#[derive(Debug, Default)]
pub(in crate::front::yaml) struct StudyForm {
    pub(in crate::front::yaml) title: String,
    pub(in crate::front::yaml) question: Option<String>,
    pub(in crate::front::yaml) source: Option<String>,
    pub(in crate::front::yaml) notes: Vec<String>,
    pub(in crate::front::yaml) variants: Vec<String>,
    /// For every variant the one that it is compared with.
    pub(in crate::front::yaml) against: Vec<Option<usize>>,
    pub(in crate::front::yaml) figures: Vec<Measure>,
    /// The variables and the figures of closed forms.
    pub(in crate::front::yaml) formulas: Option<(Vec<String>, Vec<Figure>)>,
    /// A parameter and its values.
    pub(in crate::front::yaml) sweep: Option<(String, Vec<u64>)>,
}

/// The figures of a study that names none.
const FIGURES: [Measure; 3] = [
    Measure::Figure(Figure::Params),
    Measure::Figure(Figure::Macs),
    Measure::Figure(Figure::Activations),
];

impl Parser {
    /// Reads everything of a study but the steps of its variants.
    pub(in crate::front::yaml) fn study(&mut self, file: &File) -> StudyForm {
        self.unknown_keys(&file.values, file.root, &STUDY_KEYS, |key| match key {
            "name" | "title" => Some(STUDY),
            "description" => Some("question"),
            "layers" | "outputs" | "networks" => Some("variants"),
            _ => None,
        });
        self.shared_parts(file);
        let mut form = StudyForm::default();
        for key in [STUDY, "question", "source"] {
            let Some(yaml) = file.values.get(key) else { continue };
            let place = self.places.value(file.root, key);
            let text = self.text(yaml, place);
            match key {
                "question" => form.question = text,
                "source" => form.source = text,
                _ => form.title = text.unwrap_or_default(),
            }
        }
        form.notes = self.notes(file);
        form.variants = self.variant_names(file);
        self.owner = Owner::Remark;
        form.against = self.baselines(file, &form.variants);
        form.figures = self.figures_under(&file.values, file.root, "figures", &FIGURES);
        form.formulas = self.formulas(file, &form.figures);
        form.sweep = self.sweep(file);
        form
    }

    /// What all variants have in common: parameters, blocks, the input.
    fn shared_parts(&mut self, file: &File) {
        self.declare_blocks(file);
        self.declare_words(file);
        self.parameters_of_file(file);
        self.input(file);
        self.block_bodies(file);
    }

    fn notes(&mut self, file: &File) -> Vec<String> {
        let Some(yaml) = file.values.get("notes") else { return Vec::new() };
        let place = self.places.value(file.root, "notes");
        let Yaml::Sequence(items) = yaml else {
            return self.text(yaml, place).into_iter().collect();
        };
        if self.are_too_many(items.len(), "notes", place) {
            return Vec::new();
        }
        let mut notes = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = self.places.item(place, index);
            notes.extend(self.text(item, place));
        }
        notes
    }

    /// The names of the variants; none where they are refused.
    fn variant_names(&mut self, file: &File) -> Vec<String> {
        let place = self.places.value(file.root, "variants");
        let help = "write `variants:` and under it a name for each, with its steps".to_owned();
        let Some(yaml) = file.values.get("variants") else {
            let place = self.places.key(file.root, STUDY);
            self.error_with_help(place, "the study has no `variants`", Some(help));
            return Vec::new();
        };
        let Some(variants) = yaml.as_mapping().filter(|variants| variants.len() > 0) else {
            self.error_with_help(place, "`variants` must be a map from names to steps", Some(help));
            return Vec::new();
        };
        if variants.len() > MAX_VARIANTS {
            let count = variants.len();
            self.error(place, format!("there are {count} variants, the most are {MAX_VARIANTS}"));
            return Vec::new();
        }
        let mut names = Vec::new();
        let mut extending = 0;
        for (name, variant) in variants.iter() {
            let Some(name) = name.as_str() else {
                self.error(place, "the name of a variant must be text: put it in quotes");
                continue;
            };
            let key = self.places.key(place, name);
            if name.trim().is_empty() || name.chars().count() > MAX_NAME {
                self.error(key, format!("the name of a variant has 1 to {MAX_NAME} characters"));
            }
            extending += usize::from(variant.as_mapping().is_some());
            names.push(name.to_owned());
        }
        if extending < names.len() && !file.values.contains_key("input") {
            let help = "add a line `input: [channels, height, width]`".to_owned();
            let place = self.places.key(file.root, STUDY);
            self.error_with_help(place, "the study has no `input`", Some(help));
        }
        names
    }

    /// For every variant the one it is compared with: the first if the study does not say.
    fn baselines(&mut self, file: &File, names: &[String]) -> Vec<Option<usize>> {
        let all = |baseline: usize| {
            (0..names.len()).map(|at| (at != baseline).then_some(baseline)).collect()
        };
        let Some(yaml) = file.values.get("baseline") else { return all(0) };
        let place = self.places.value(file.root, "baseline");
        match yaml {
            Yaml::Mapping(mapping) if mapping.len() > MAX_VARIANTS => {
                let count = mapping.len();
                let message = format!("there are {count} baselines, the most are {MAX_VARIANTS}");
                self.error(place, message);
                Vec::new()
            }
            Yaml::Mapping(mapping) => {
                let mut against = vec![None; names.len()];
                for (name, baseline) in mapping.iter() {
                    let Some(name) = name.as_str() else {
                        self.error(place, "the name of a variant must be text: put it in quotes");
                        continue;
                    };
                    let key = self.places.key(place, name);
                    let value = self.places.value(place, name);
                    let at = self.variant_position(name, names, key);
                    let baseline = baseline.as_str().unwrap_or_default();
                    let baseline = self.variant_position(baseline, names, value);
                    if at.is_some() && at == baseline {
                        self.error(key, format!("`{name}` is compared with itself"));
                    } else if let Some(slot) = at.and_then(|at| against.get_mut(at)) {
                        *slot = baseline;
                    }
                }
                against
            }
            yaml => {
                let name = yaml.as_str().unwrap_or_default();
                self.variant_position(name, names, place).map_or_else(Vec::new, all)
            }
        }
    }

    fn variant_position(&mut self, name: &str, names: &[String], place: Place) -> Option<usize> {
        let position = names.iter().position(|known| known == name);
        if position.is_none() && !names.is_empty() {
            let near = suggest(name, names.iter().map(String::as_str));
            let help = did_you_mean(near)
                .unwrap_or_else(|| format!("the variants are {}", names.join(", ")));
            self.error_with_help(place, "the name of a variant is needed here", Some(help));
        }
        position
    }

    /// The figures of a list, each once.
    fn figures_under(
        &mut self,
        mapping: &Mapping,
        parent: Place,
        key: &str,
        otherwise: &[Measure],
    ) -> Vec<Measure> {
        let Some(yaml) = mapping.get(key) else { return otherwise.to_vec() };
        let place = self.places.value(parent, key);
        let Some(items) = yaml.as_sequence().filter(|items| !items.is_empty()) else {
            self.error(place, format!("`{key}` must be a list of figures, as in `[params, macs]`"));
            return Vec::new();
        };
        let mut figures = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.problems.are_enough() {
                break;
            }
            let place = self.places.item(place, index);
            let name = item.as_str().unwrap_or_default();
            match Measure::of_name(name) {
                Some(figure) if figures.contains(&figure) => {
                    self.error(place, format!("the figure `{name}` stands twice"));
                }
                Some(figure) => figures.push(figure),
                None => {
                    let known: Vec<&str> = Measure::all().map(Measure::name).collect();
                    let help = figure::help(name, known.into_iter());
                    self.error_with_help(place, "the name of a figure is needed here", Some(help));
                }
            }
        }
        figures
    }

    fn formulas(&mut self, file: &File, figures: &[Measure]) -> Option<(Vec<String>, Vec<Figure>)> {
        let yaml = file.values.get("formulas")?;
        let place = self.places.value(file.root, "formulas");
        let Yaml::Mapping(mapping) = yaml else {
            let help = "write `formulas: {over: [c, h, w]}`".to_owned();
            self.error_with_help(place, "`formulas` must be a map", Some(help));
            return None;
        };
        self.unknown_keys(mapping, place, &["over", "of"], |_| None);
        let of = self.figures_under(mapping, place, "of", figures);
        if mapping.contains_key("of") && of.iter().any(|measure| measure.figure().is_none()) {
            let place = self.places.value(place, "of");
            self.error(place, "what is known of paths has no closed form here");
        }
        let of = of.into_iter().filter_map(Measure::figure).collect();
        let Some(over) = mapping.get("over") else {
            let help = "write `over: [c, h, w]`".to_owned();
            self.error_with_help(place, "`formulas` needs `over`, its variables", Some(help));
            return None;
        };
        let at = self.places.value(place, "over");
        let items = match over {
            Yaml::Sequence(items) if !items.is_empty() => items.as_slice(),
            Yaml::String(_) => std::slice::from_ref(over),
            _ => {
                self.error(at, "`over` must be a list of variables, as in `[c, h, w]`");
                return None;
            }
        };
        let mut variables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = if over.as_str().is_some() { at } else { self.places.item(at, index) };
            match item.as_str() {
                Some(name) if !name.contains(',') => variables.push(name.trim().to_owned()),
                _ => self.error(place, "the name of a variable is needed here"),
            }
        }
        Some((variables, of))
    }

    fn sweep(&mut self, file: &File) -> Option<(String, Vec<u64>)> {
        let yaml = file.values.get("sweep")?;
        let place = self.places.value(file.root, "sweep");
        let help = || Some("write `sweep: {c: [16, 32, 64]}`".to_owned());
        let mut entries = yaml.as_mapping().into_iter().flat_map(Mapping::iter);
        let (Some((Yaml::String(name), values)), None) = (entries.next(), entries.next()) else {
            self.error_with_help(place, "`sweep` is a map of one parameter to its values", help());
            return None;
        };
        if !self.tree.parameters.contains_key(name) {
            let near = suggest(name, self.tree.parameters.keys().map(String::as_str));
            let help = did_you_mean(near).or_else(|| {
                Some(format!("add it to the study's `params`, as in `params: {{{name}: 64}}`"))
            });
            let key = self.places.key(place, name);
            self.error_with_help(key, format!("the study has no parameter `{name}`"), help);
            return None;
        }
        let place = self.places.value(place, name);
        if let Some(range) = values.as_str().filter(|text| text.contains("..")) {
            return whole_numbers(range, 0, MAX_POINTS)
                .map_err(|why| self.error(place, why))
                .ok()
                .map(|values| (name.clone(), ascending(values)));
        }
        let length = values.as_sequence().map_or(0, <[_]>::len);
        if u64::try_from(length).is_ok_and(|length| length > MAX_POINTS) {
            self.error(place, format!("a sweep has at most {MAX_POINTS} values"));
            return None;
        }
        let given = self.given(values, place);
        let value = evaluate_alone(&self.tree, &given, &mut self.problems)?;
        let numbers: Option<Vec<u64>> =
            value.as_list().and_then(|items| items.iter().map(Value::as_u64).collect());
        let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else {
            let message =
                format!("a list of whole numbers is needed here, not {}", value.describe());
            self.error_with_help(place, message, help());
            return None;
        };
        Some((name.clone(), ascending(numbers)))
    }

    /// Reads a variant of a study: steps over what the study has in common, or a network of its own.
    ///
    /// # Errors
    /// Where a file that it extends cannot be read.
    pub(in crate::front::yaml) fn variant(
        &mut self,
        study: &File,
        name: &str,
        yaml: &Yaml,
        source: &Source,
        library: &dyn Library,
    ) -> Result<(), Diagnostics> {
        let variants = self.places.value(study.root, "variants");
        let place = self.places.value(variants, name);
        match yaml {
            Yaml::Sequence(_) => {
                self.shared_parts(study);
                let body = self.body(yaml, place);
                self.tree.layers = Some((body, place));
            }
            Yaml::Mapping(mapping) => self.network(study, mapping, place, source, library)?,
            _ => {
                let help = "write its steps, or `{extends: resnet34}` for a whole network";
                let message = "a variant is a list of steps, or a map with `extends`";
                self.error_with_help(place, message, Some(help.to_owned()));
            }
        }
        self.tree.reachable = self.reachable();
        if let Some(own) = yaml.get("params").and_then(Yaml::as_mapping) {
            self.unused_of_variant(own);
        }
        Ok(())
    }

    /// A variant that is a whole network, with the study's parameters and values of its own.
    fn network(
        &mut self,
        study: &File,
        mapping: &Mapping,
        place: Place,
        source: &Source,
        library: &dyn Library,
    ) -> Result<(), Diagnostics> {
        self.unknown_keys(mapping, place, &VARIANT_KEYS, |key| {
            ["network", "file"].contains(&key).then_some("extends")
        });
        let Some(base) = mapping.get("extends") else {
            let help = "write `extends: resnet34`, or the steps as a list".to_owned();
            let message = "a variant that is a map needs `extends`, the name of a network";
            self.error_with_help(place, message, Some(help));
            return Ok(());
        };
        let at = self.places.value(place, "extends");
        let Some(base) = base.as_str() else {
            self.error(at, "`extends` is the name of a file");
            return Ok(());
        };
        let found = match library.find(base, source) {
            Ok(found) => found,
            Err(why) => {
                self.error(at, why);
                return Ok(());
            }
        };
        let mut networks = files::chain(&found, library, &mut self.places)?;
        networks.push(File { values: Arc::new(mapping.clone()), root: place });
        for file in &networks {
            self.declare_blocks(file);
            self.declare_words(file);
        }
        self.declare_words(study);
        // The study's come first, so that values of the variant may name them, and last among the defaults.
        self.parameters_of_file(study);
        let (own, bases) = networks.split_last().unzip();
        for file in bases.unwrap_or_default() {
            self.parameters_of_file(file);
        }
        self.parameters_of_file(study);
        if let Some(file) = own {
            self.parameters_of_file(file);
        }
        for file in &networks {
            self.texts(file);
            self.input(file);
            self.block_bodies(file);
        }
        if own.is_some_and(|own| !own.values.contains_key("input")) {
            self.input(study);
        }
        let last = |key: &str| networks.iter().rev().find(|file| file.values.contains_key(key));
        if let Some(file) = last("layers") {
            self.layers(file);
        }
        if let Some(file) = last("outputs") {
            self.outputs(file);
        }
        if self.tree.input.is_none() {
            self.error(at, format!("`{base}` has no `input`"));
        }
        if self.tree.layers.is_none() {
            self.error(at, format!("`{base}` has no `layers`"));
        }
        Ok(())
    }

    /// Tells of values that a variant gives to parameters on which nothing in its network depends.
    fn unused_of_variant(&mut self, own: &Mapping) {
        let all: Vec<String> = self.tree.parameters.keys().cloned().collect();
        for name in own.keys().filter_map(Yaml::as_str) {
            let unused = self.tree.parameters.get(name).map(|parameter| parameter.place);
            if let Some(place) = unused.filter(|_| !self.tree.reachable.contains(name)) {
                self.unused(name, place, &all);
            }
        }
    }

    /// Tells of the study's parameters that none of its variants use.
    pub(in crate::front::yaml) fn unused_in_study(&mut self, used: &HashSet<String>) {
        let all: Vec<String> = self.tree.parameters.keys().cloned().collect();
        let declared = self.tree.parameters.iter();
        let unused: Vec<(String, Place)> = declared
            .filter(|(name, _)| !used.contains(*name))
            .map(|(name, parameter)| (name.clone(), parameter.place))
            .collect();
        for (name, place) in unused {
            self.unused(&name, place, &all);
        }
    }

    /// The parameters that anything read here names; of whole networks, those on which they depend.
    pub(in crate::front::yaml) fn used(&self, is_network: bool) -> HashSet<String> {
        if is_network {
            return self.tree.reachable.clone();
        }
        self.uses.values().flatten().cloned().collect()
    }
}
