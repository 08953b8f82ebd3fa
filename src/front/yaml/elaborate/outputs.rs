//! What the network returns, and its completion.

use super::scope::Seen;
use super::{Elaborator, Flow};
use crate::front::yaml::problem::Problem;
use crate::front::yaml::tree::OutputSpec;
use crate::network::{Network, Output, Place};

impl<'t> Elaborator<'t, '_> {
    pub(super) fn outputs(&mut self, last: Flow, place: Place) -> Option<Vec<Output>> {
        if self.halted {
            return None;
        }
        let Some(specified) = &self.tree.outputs else {
            let Flow::Tensor(tensor) = last else { return None };
            if self.builder.len() <= 1 {
                self.error(place, "the network has no layers");
                return None;
            }
            return Some(vec![Output { name: self.builder.name(tensor).to_owned(), tensor }]);
        };
        let mut outputs: Vec<Output> = Vec::new();
        for specified in specified {
            let Some(output) = self.output(specified, last) else { continue };
            if outputs.iter().any(|other| other.name == output.name) {
                self.error(specified.from.1, format!("there are two outputs `{}`", output.name));
            }
            outputs.push(output);
        }
        if outputs.is_empty() && !self.problems.any_errors() {
            self.error(place, "the network has no output");
        }
        Some(outputs)
    }

    pub(super) fn output(&mut self, output: &'t OutputSpec, last: Flow) -> Option<Output> {
        if let Some(condition) = &output.condition
            && !self.condition(condition, Seen::Nothing)?
        {
            return None;
        }
        let (template, place) = &output.from;
        let flow = match self.find(template, *place, last) {
            Ok(flow) => flow,
            Err(problem) => {
                self.problem(*problem);
                return None;
            }
        };
        let written = self.render(template, *place, Seen::Nothing)?;
        let name = output.name.clone().unwrap_or(written);
        match flow {
            Flow::Tensor(tensor) => Some(Output { name, tensor }),
            Flow::Unknown => None,
        }
    }

    pub(super) fn finish(self, outputs: Option<Vec<Output>>, place: Place) -> Option<Network> {
        if self.problems.any_errors() {
            return None;
        }
        match self.builder.finish(outputs?) {
            Ok(network) => {
                for node in network.unused() {
                    let message = format!("nothing takes the result of `{}`", node.name());
                    let help = "name it in a `from`, or list it in `outputs`";
                    self.problems.add(Problem::warning(node.place, message).help(Some(help)));
                }
                Some(network)
            }
            Err(error) => {
                self.problems.add(Problem::error(place, error.to_string()));
                None
            }
        }
    }
}
