use std::collections::HashSet;

use super::document::{is_plain_name, is_variable, no_plain_name};
use super::{NO_FOLLOWER, NORMALIZATIONS, Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::tree::{Action, Body, Call, Follower, Given, GivenForm, RepeatBody, Step};
use crate::front::yaml::values::{Mapping, Yaml};
use crate::network::Place;
use crate::ops::Signature;
use crate::ops::signature::{Argument, Fallback, Kind, Role};

/// Keys that every step may carry.
pub(in crate::front::yaml) const STEP_KEYS: [&str; 3] = ["name", "from", "if"];

/// Keys of layers with weights, for what follows them.
pub(in crate::front::yaml) const FOLLOWER_KEYS: [&str; 2] = ["norm", "act"];

const BLOCK_KEYS: [&str; 2] = ["repeat", "side"];

/// What other tools call an argument, for suggestions.
const ARGUMENT_SYNONYMS: [(&str, &str); 22] = [
    ("kernel_size", "kernel"),
    ("pool_size", "kernel"),
    ("ksize", "kernel"),
    ("out_channels", "out"),
    ("filters", "out"),
    ("features", "out"),
    ("units", "out"),
    ("out_features", "out"),
    ("strides", "stride"),
    ("pad", "padding"),
    ("pads", "padding"),
    ("group", "groups"),
    ("activation", "act"),
    ("normalization", "norm"),
    ("ceil_mode", "ceil"),
    ("p", "rate"),
    ("keep_prob", "rate"),
    ("scale_factor", "scale"),
    ("negative_slope", "slope"),
    ("epsilon", "eps"),
    ("shape", "sizes"),
    ("perm", "axes"),
];

/// What other tools call an operator, for suggestions.
const OPERATOR_SYNONYMS: [(&str, &str); 17] = [
    ("conv2d", "conv"),
    ("convolution", "conv"),
    ("deconv", "conv_transpose"),
    ("dense", "linear"),
    ("fc", "linear"),
    ("fully_connected", "linear"),
    ("gemm", "linear"),
    ("bn", "batch_norm"),
    ("batchnorm2d", "batch_norm"),
    ("average_pool", "avg_pool"),
    ("gap", "global_avg_pool"),
    ("swish", "silu"),
    ("concatenate", "concat"),
    ("cat", "concat"),
    ("sum", "add"),
    ("multiply", "mul"),
    ("resize", "upsample"),
];

fn synonym(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    table.iter().find(|(foreign, _)| *foreign == lower).map(|(_, own)| *own)
}

/// The keys every step may carry, taken from its arguments.
#[derive(Default)]
struct Common {
    name: Option<(crate::front::yaml::expression::Template, Place)>,
    from: Vec<(crate::front::yaml::expression::Template, Place)>,
    condition: Option<Given>,
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
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| {
                let place = self.places.item(place, index);
                self.step(item, place)
            })
            .collect()
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
    fn single_key<'y>(
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
        let help = did_you_mean(near.as_deref());
        self.error_with_help(key, format!("unknown operator or block `{name}`"), help);
        match near.and_then(|near| self.operators.get(near.as_str()).copied()) {
            // Reading on as if the suggestion stood there finds what else is wrong.
            Some(signature) => self.operator_call(signature, key, arguments, place),
            None => {
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
    fn common(&mut self, mapping: &Mapping, place: Place) -> Common {
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
    fn sources(
        &mut self,
        yaml: &Yaml,
        place: Place,
    ) -> Vec<(crate::front::yaml::expression::Template, Place)> {
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

    fn operator_call(
        &mut self,
        signature: &'static Signature,
        key: Place,
        arguments: &Yaml,
        place: Place,
    ) -> Step {
        let mut call =
            Call { signature, arguments: Vec::new(), norm: None, act: None, incomplete: false };
        let is_join = matches!(signature.role, Role::Join { .. });
        let told = self.problems.errors();
        let mut common = Common::default();
        let mut branches = Vec::new();
        match arguments {
            Yaml::Mapping(mapping) => {
                common = self.common(mapping, place);
                self.call_arguments(&mut call, mapping, place);
                if let (true, Some(yaml)) = (is_join, mapping.get("branches")) {
                    let place = self.places.value(place, "branches");
                    branches = self.branches(yaml, place);
                }
            }
            Yaml::Null => {}
            list if is_join => branches = self.branches(list, place),
            value => self.main_argument(&mut call, value, place),
        }
        self.missing_arguments(&mut call, key);
        let no_branches = branches.is_empty() && common.from.is_empty();
        let action = if is_join {
            if no_branches && told == self.problems.errors() {
                let help = format!("write `{}: [[…], […]]`, or `from: [a, b]`", signature.name);
                let message = format!("`{}` joins nothing", signature.name);
                self.error_with_help(key, message, Some(help));
            }
            call.incomplete |= no_branches;
            if branches.len() > 1 && common.from.len() > 1 {
                self.error(key, "a join takes either branches or named tensors, not both");
                call.incomplete = true;
            }
            Action::Join { call, branches }
        } else {
            if common.from.len() > 1 {
                let message =
                    format!("`{}` takes one tensor, `from` names several", signature.name);
                self.error(key, message);
                call.incomplete = true;
            }
            Action::Operator(call)
        };
        finish(key, common, action)
    }

    fn missing_arguments(&mut self, call: &mut Call, key: Place) {
        let arguments = call.signature.arguments.iter().enumerate();
        let missing = arguments.filter(|(index, argument)| {
            argument.fallback == Fallback::Required
                && !call.arguments.iter().any(|(given, _)| given == index)
        });
        let missing: Vec<_> = missing.map(|(_, argument)| argument.name).collect();
        if !missing.is_empty() && !call.incomplete {
            let list = missing.join("` and `");
            self.error(key, format!("`{}` needs `{list}`", call.signature.name));
        }
        call.incomplete |= !missing.is_empty();
    }

    fn main_argument(&mut self, call: &mut Call, yaml: &Yaml, place: Place) {
        let signature = call.signature;
        let main =
            signature.arguments.iter().position(|argument| Some(argument.name) == signature.main);
        match main {
            Some(index) => {
                let given = self.given(yaml, place);
                call.arguments.push((index, given));
            }
            None => {
                let name = signature.name;
                self.error(place, format!("`{name}` takes a map of arguments, no bare value"));
                call.incomplete = true;
            }
        }
    }

    fn call_arguments(&mut self, call: &mut Call, mapping: &Mapping, place: Place) {
        let signature = call.signature;
        let is_known = |key: &Yaml| key.as_str().is_some_and(|key| is_argument_key(signature, key));
        let known =
            if mapping.keys().all(is_known) { Vec::new() } else { argument_keys(signature) };
        if !known.is_empty() {
            self.unknown_keys(mapping, place, &known, |key| {
                synonym(&ARGUMENT_SYNONYMS, key).filter(|own| known.contains(own))
            });
        }
        let weighted = call.signature.role == Role::Weighted;
        for (key, yaml) in mapping.iter() {
            let Yaml::String(key) = key else { continue };
            let at = self.places.value(place, key);
            // Under a wrong key that is near to a right one, the value is taken for the right one's.
            let near =
                || synonym(&ARGUMENT_SYNONYMS, key).or_else(|| suggest(key, known.iter().copied()));
            let name = if is_argument_key(signature, key) { Some(key.as_str()) } else { near() };
            let Some(name) = name.filter(|name| *name == key || !mapping.contains_key(name)) else {
                call.incomplete = true;
                continue;
            };
            let index = call.signature.arguments.iter().position(|argument| argument.name == name);
            if let Some(index) = index {
                let given = self.argument(signature, index, yaml, at);
                call.arguments.push((index, given));
            } else if weighted && name == "norm" {
                call.norm = self.follower(yaml, at, Role::Normalization);
            } else if weighted && name == "act" {
                call.act = self.follower(yaml, at, Role::Activation);
            }
        }
    }

    /// The value of an argument; for one that takes words, a word that is none of them is told with the list.
    fn argument(
        &mut self,
        signature: &Signature,
        index: usize,
        yaml: &Yaml,
        place: Place,
    ) -> Given {
        let argument = signature.arguments.get(index);
        if let (Some(Argument { name, kind: Kind::Word(words), .. }), Yaml::String(text)) =
            (argument, yaml)
            && is_variable(text)
            && !words.contains(&text.as_str())
            && !self.is_parameter(text)
        {
            let help = did_you_mean(suggest(text, words.iter().copied()));
            let message = format!("`{name}` is one of `{}`, not `{text}`", words.join("`, `"));
            self.error_with_help(place, message, help);
            return Given { form: GivenForm::Invalid, place };
        }
        self.given(yaml, place)
    }

    /// What stands under `norm:` or `act:`: an operator's name or call, or a parameter that holds a name.
    fn follower(&mut self, yaml: &Yaml, place: Place, role: Role) -> Option<Box<Follower>> {
        let (name, key, arguments, at) = match yaml {
            Yaml::String(name) if name == NO_FOLLOWER => return None,
            Yaml::String(name)
                if !self.is_follower(name, role) && self.mentions_parameter(name) =>
            {
                return Some(Box::new(Follower::Named(self.given(yaml, place))));
            }
            Yaml::String(name) => (name.as_str(), place, &Yaml::Null, place),
            Yaml::Mapping(mapping) => self.single_key(mapping, place)?,
            _ => {
                self.error(place, "the name of an operator is needed here");
                return None;
            }
        };
        let Some(signature) = find_follower(name, role) else {
            let known = crate::ops::signatures().filter(|signature| signature.role == role);
            let near = suggest(name, known.map(|signature| signature.name));
            let kind = if role == Role::Activation { "an activation" } else { "a normalisation" };
            self.error_with_help(key, format!("`{name}` is not {kind}"), did_you_mean(near));
            return None;
        };
        let mut step = self.operator_call(signature, key, arguments, at);
        if step.name.is_some() || !step.from.is_empty() || step.condition.is_some() {
            self.error(key, "what follows a layer has no name, source or condition of its own");
        }
        match std::mem::replace(&mut step.action, Action::Invalid) {
            Action::Operator(call) => Some(Box::new(Follower::Call(call, place))),
            _ => None,
        }
    }

    fn is_follower(&self, name: &str, role: Role) -> bool {
        !self.is_parameter(name) && find_follower(name, role).is_some()
    }

    /// Whether a text is an expression over parameters, such as `act` or `relu if last else none`.
    fn mentions_parameter(&self, text: &str) -> bool {
        let expression = crate::front::yaml::expression::Expression::parse(text);
        expression.is_ok_and(|read| read.names().any(|(name, _)| self.is_parameter(name)))
    }

    /// The branches of a join: each a step or a list of steps.
    fn branches(&mut self, yaml: &Yaml, place: Place) -> Vec<Vec<Step>> {
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
        let parameters = self.blocks.get(name).cloned().unwrap_or_default();
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
            value if parameters.len() == 1 => given.push((0, self.given(value, place))),
            _ => {
                let help = format!("write `{name}: {{{}: …}}`", parameters.join(": …, "));
                let count = parameters.len();
                let message =
                    format!("the block `{name}` has {count} parameters, give them by name");
                self.error_with_help(place, message, Some(help));
                return invalid(key, common);
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

/// The operator that a name stands for under `norm:` or `act:`.
pub(in crate::front::yaml) fn find_follower(name: &str, role: Role) -> Option<&'static Signature> {
    let full = NORMALIZATIONS.iter().find(|(short, _)| *short == name);
    let name = full.filter(|_| role == Role::Normalization).map_or(name, |(_, full)| full);
    crate::ops::signatures().find(|signature| signature.role == role && signature.name == name)
}

/// The keys that an operator's map of arguments may have.
pub(in crate::front::yaml) fn argument_keys(signature: &Signature) -> Vec<&'static str> {
    let arguments = signature.arguments.iter().map(|argument| argument.name);
    arguments.chain(STEP_KEYS).chain(role_keys(signature).iter().copied()).collect()
}

fn is_argument_key(signature: &Signature, key: &str) -> bool {
    signature.arguments.iter().any(|argument| argument.name == key)
        || STEP_KEYS.contains(&key)
        || role_keys(signature).contains(&key)
}

/// The keys that operators of a role have besides their arguments.
fn role_keys(signature: &Signature) -> &'static [&'static str] {
    match signature.role {
        Role::Weighted => &FOLLOWER_KEYS,
        Role::Join { .. } => &["branches"],
        Role::Layer | Role::Activation | Role::Normalization => &[],
    }
}

fn finish(place: Place, common: Common, action: Action) -> Step {
    let (name, condition) = (common.name.map(Box::new), common.condition.map(Box::new));
    Step { place, name, from: common.from, condition, action }
}

fn invalid(place: Place, common: Common) -> Step {
    finish(place, common, Action::Invalid)
}
