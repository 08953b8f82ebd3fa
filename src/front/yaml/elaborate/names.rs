//! Names of steps: given, found and looked up.

use super::scope::Scope;
use super::{Elaborator, Flow};
use crate::diagnostics::suggest;
use crate::front::yaml::expression::Template;
use crate::front::yaml::parse::{is_plain_name, no_plain_name};
use crate::front::yaml::problem::Problem;
use crate::front::yaml::tree::Step;
use crate::network::Place;

impl<'t> Elaborator<'t, '_> {
    /// The name of a step within its scope: the given one, or the next of its kind.
    pub(super) fn name(&mut self, step: &Step, kind: &'t str, taken: Flow) -> Option<String> {
        if let Some((template, place)) = step.name.as_deref() {
            let name = self.render(template, *place, self.seen(taken))?;
            return self.accept(&name, *place).then_some(name);
        }
        loop {
            let scope = self.scopes.last_mut()?;
            let name = format!("{kind}{}", scope.next(kind));
            if !scope.gives(&name) && !self.is_taken(&name) {
                return Some(name);
            }
        }
    }

    pub(super) fn is_taken(&self, name: &str) -> bool {
        let full = self.full(name);
        self.builder.tensor(&full).is_some() || self.results.contains_key(&full)
    }

    /// Whether a given name can be used; tells why not.
    pub(super) fn accept(&mut self, name: &str, place: Place) -> bool {
        if !is_plain_name(name) {
            self.error(place, no_plain_name(name));
            return false;
        }
        if name == "input" && self.path.is_empty() {
            self.error(place, "`input` is the network's input; a step needs another name");
            return false;
        }
        if self.is_taken(name) {
            let help = "give another name to one of them; in a repetition, a name needs a part in braces, as `\"conv{i}\"`, or the repetition a name";
            let problem = Problem::error(place, format!("the name `{name}` is used twice"));
            self.problem(problem.help(Some(help)));
            return false;
        }
        true
    }

    /// The tensor of a name: in the nearest enclosing scope first, then outward.
    pub(super) fn find(
        &mut self,
        template: &Template,
        place: Place,
        before: Flow,
    ) -> Result<Flow, Box<Problem>> {
        let Some(name) = self.render(template, place, self.seen(before)) else {
            return Ok(Flow::Unknown);
        };
        for scope in self.scopes.iter().rev() {
            let full = self.path.get(..scope.path_length).unwrap_or_default().to_owned() + &name;
            if let Some(flow) = self.results.get(&full) {
                return Ok(*flow);
            }
            if let Some(tensor) = self.builder.tensor(&full) {
                return Ok(Flow::Tensor(tensor));
            }
        }
        let is_left_out = |scope: &Scope<'_>| {
            let path = self.path.get(..scope.path_length).unwrap_or_default();
            self.left_out.contains(&(path.to_owned() + &name))
        };
        if self.scopes.iter().any(is_left_out) {
            let message = format!("`{name}` is left out, as its `if` is false");
            return Err(Box::new(Problem::error(place, message)));
        }
        if self.scopes.iter().any(|scope| scope.gives(&name)) {
            let message = format!("`{name}` does not stand before this step");
            let help = "a step can only take what was made before it";
            return Err(Box::new(Problem::error(place, message).help(Some(help))));
        }
        let message = format!("there is no tensor `{name}`");
        let problem = Problem::error(place, message.as_str());
        if self.problems.knows(place, &message) {
            return Err(Box::new(problem));
        }
        let help = self.nearest(&name).map(|near| format!("did you mean `{near}`?"));
        Err(Box::new(problem.help(help)))
    }

    pub(super) fn nearest(&self, name: &str) -> Option<String> {
        const MOST: usize = 10_000;
        let inner = |full: &'_ str| full.strip_prefix(self.path.as_str()).map(str::to_owned);
        let known = self.builder.names().chain(self.results.keys().map(String::as_str)).take(MOST);
        let mut known: Vec<String> =
            known.flat_map(|full| [Some(full.to_owned()), inner(full)]).flatten().collect();
        // The order of a hash map must not decide between equally near names.
        known.sort_unstable();
        suggest(name, known.iter().map(String::as_str)).map(str::to_owned)
    }
}
