//! Calls of operators: arguments, branches, and what follows a layer.

use super::names::is_variable;
use super::step::{Common, STEP_KEYS, finish};
use super::synonyms::{ARGUMENT_SYNONYMS, OPERATOR_SYNONYMS, synonym};
use super::{NO_FOLLOWER, NORMALIZATIONS, Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::expression::Expression;
use crate::front::yaml::tree::{Action, Call, Follower, Given, GivenForm, Step};
use crate::front::yaml::values::{Mapping, Yaml};
use crate::network::Place;
use crate::ops::Signature;
use crate::ops::signature::{Argument, Fallback, Kind, Role};

/// Keys of layers with weights, for what follows them.
const FOLLOWER_KEYS: [&str; 2] = ["norm", "act"];

impl Parser {
    pub(super) fn operator_call(
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
                call.incomplete |= matches!(given.form, GivenForm::Invalid);
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
            let known: Vec<_> = known.map(|signature| signature.name).collect();
            let near = synonym(&OPERATOR_SYNONYMS, name).filter(|near| known.contains(near));
            let near = near.or_else(|| suggest(name, known.iter().copied()));
            let help = did_you_mean(near).unwrap_or_else(|| {
                format!("known are `{}` and `{NO_FOLLOWER}`", known.join("`, `"))
            });
            let kind = if role == Role::Activation { "an activation" } else { "a normalization" };
            self.error_with_help(key, format!("`{name}` is not {kind}"), Some(help));
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
        let expression = Expression::parse(text);
        expression.is_ok_and(|read| read.names().any(|(name, _)| self.is_parameter(name)))
    }
}

/// The operator that a name stands for under `norm:` or `act:`.
pub(in crate::front::yaml) fn find_follower(name: &str, role: Role) -> Option<&'static Signature> {
    let full = NORMALIZATIONS.iter().find(|(short, _)| *short == name);
    let name = full.filter(|_| role == Role::Normalization).map_or(name, |(_, full)| full);
    crate::ops::signatures().find(|signature| signature.role == role && signature.name == name)
}

/// Whether a call gives all that the operator must be given, under keys that may be meant for it.
pub(super) fn gives_what_is_required(signature: &Signature, arguments: &Yaml) -> bool {
    let keys = arguments.as_mapping().into_iter().flat_map(Mapping::keys);
    if keys.filter_map(Yaml::as_str).any(|key| !is_argument_key(signature, key)) {
        return true;
    }
    let mut required = signature.arguments.iter();
    required.all(|argument| {
        argument.fallback != Fallback::Required
            || arguments.get(argument.name).is_some()
            || (arguments.as_mapping().is_none() && signature.main == Some(argument.name))
    })
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
