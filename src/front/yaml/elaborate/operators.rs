//! Operators, and what `norm:` and `act:` put behind them.

use super::arguments::attribute;
use super::{Elaborator, Flow};
use crate::front::yaml::parse::{NO_FOLLOWER, find_follower};
use crate::front::yaml::problem::Problem;
use crate::front::yaml::tree::{Call, Follower, Given, Step};
use crate::network::{BuildError, Place, Tensor};
use crate::ops::Op;
use crate::ops::signature::{Attributes, Role};

impl<'t> Elaborator<'t, '_> {
    pub(super) fn operator(
        &mut self,
        step: &Step,
        call: &'t Call,
        operands: &[Flow],
        taken: Flow,
    ) -> Flow {
        let built = self.build(call, operands, taken, step.place);
        let Some(name) = self.name(step, call.signature.name, taken) else {
            return Flow::Unknown;
        };
        let followers = [(&call.norm, Role::Normalization), (&call.act, Role::Activation)];
        let full = self.full(&name);
        let Some((op, tensors)) = built else {
            self.remember(full, Flow::Unknown, step.place);
            return Flow::Unknown;
        };
        let mut flow = self.add(&full, op, &tensors, step.place, Some(call));
        for (follower, role) in followers {
            if let Some(follower) = follower {
                flow = self.follow(&full, follower, role, flow);
            }
        }
        if call.norm.is_some() || call.act.is_some() || flow == Flow::Unknown {
            self.remember(full, flow, step.place);
        }
        flow
    }

    /// The operator of a call and its operands, where all is known.
    pub(super) fn build(
        &mut self,
        call: &'t Call,
        operands: &[Flow],
        taken: Flow,
        place: Place,
    ) -> Option<(Op, Vec<Tensor>)> {
        let mut attributes = Attributes::new(call.signature);
        let mut complete = !call.incomplete;
        for (index, given) in &call.arguments {
            let Some(argument) = call.signature.arguments.get(*index) else { continue };
            let Some(value) = self.evaluate(given, self.seen(taken)) else {
                complete = false;
                continue;
            };
            match attribute(&value, argument.kind) {
                Ok(attribute) => attributes.give(argument.name, attribute),
                Err(needs) => {
                    self.error(given.place, format!("`{}` {needs}", argument.name));
                    complete = false;
                }
            }
        }
        let mut tensors = Vec::with_capacity(operands.len());
        let mut shapes = Vec::with_capacity(operands.len());
        for operand in operands {
            let Flow::Tensor(tensor) = operand else { continue };
            tensors.push(*tensor);
            shapes.extend(self.builder.shape(*tensor));
        }
        if !complete || shapes.len() != operands.len() {
            return None;
        }
        match (call.signature.build)(&attributes, &shapes) {
            Ok(op) => Some((op, tensors)),
            Err(error) => {
                self.error(place_of(call, error.argument).unwrap_or(place), error.message);
                None
            }
        }
    }

    /// Adds a layer; what its call says wrongly is told where it says so.
    pub(super) fn add(
        &mut self,
        full: &str,
        op: Op,
        operands: &[Tensor],
        place: Place,
        call: Option<&Call>,
    ) -> Flow {
        // A step is counted already; what it puts behind its layer is not.
        self.count(usize::from(full.contains('.')), place);
        if !self.count_name(full, place) || self.halted {
            return Flow::Unknown;
        }
        let kind = op.operator().name();
        match self.builder.add(full, op, operands, place) {
            Ok(tensor) => Flow::Tensor(tensor),
            Err(error) => {
                let shapes = operands.iter().filter_map(|tensor| self.builder.shape(*tensor));
                let shapes: Vec<_> = shapes.take(8).map(|shape| shape.to_string()).collect();
                let label = format!("given {}", shapes.join(" and "));
                let argument = match &error {
                    BuildError::Op(error) => error.argument(),
                    _ => None,
                };
                let place = call.and_then(|call| place_of(call, argument)).unwrap_or(place);
                self.problem(Problem::error(place, format!("`{kind}`: {error}")).label(label));
                Flow::Unknown
            }
        }
    }

    /// Adds what `norm:` or `act:` puts behind a layer.
    pub(super) fn follow(
        &mut self,
        full: &str,
        follower: &'t Follower,
        role: Role,
        flow: Flow,
    ) -> Flow {
        let (call, place) = match follower {
            Follower::Call(call, place) => (call, *place),
            Follower::Named(given) => return self.follow_named(full, given, role, flow),
        };
        if role == Role::Normalization && self.is_over_tokens(flow) && call.arguments.is_empty() {
            let help = "write the normalization as a step, with its axis";
            let message = "after [tokens, features], `norm` would normalize over the tokens";
            self.problem(Problem::error(place, message).help(Some(help)));
            return Flow::Unknown;
        }
        let Some((op, tensors)) = self.build(call, &[flow], flow, place) else {
            return Flow::Unknown;
        };
        self.add(&format!("{full}.{}", call.signature.name), op, &tensors, place, Some(call))
    }

    /// Whether a tensor is a list of vectors, whose channels are not axis 1.
    fn is_over_tokens(&self, flow: Flow) -> bool {
        match flow {
            Flow::Tensor(tensor) => {
                self.builder.shape(tensor).is_some_and(|shape| shape.rank() == 3)
            }
            Flow::Unknown => false,
        }
    }

    pub(super) fn follow_named(
        &mut self,
        full: &str,
        given: &Given,
        role: Role,
        flow: Flow,
    ) -> Flow {
        let Some(value) = self.evaluate(given, self.seen(flow)) else { return Flow::Unknown };
        if value.as_word() == Some(NO_FOLLOWER) {
            return flow;
        }
        let signature = value.as_word().and_then(|word| find_follower(word, role));
        let Some(signature) = signature else {
            let kind = if role == Role::Activation { "an activation" } else { "a normalization" };
            self.error(given.place, format!("needs {kind}, not {}", value.describe()));
            return Flow::Unknown;
        };
        let Flow::Tensor(tensor) = flow else { return Flow::Unknown };
        let shapes: Vec<_> = self.builder.shape(tensor).into_iter().collect();
        match (signature.build)(&Attributes::new(signature), &shapes) {
            Ok(op) => {
                self.add(&format!("{full}.{}", signature.name), op, &[tensor], given.place, None)
            }
            Err(error) => {
                self.error(given.place, error.message);
                Flow::Unknown
            }
        }
    }
}

/// Where a call gives an argument.
fn place_of(call: &Call, argument: Option<&str>) -> Option<Place> {
    let name = |index: usize| call.signature.arguments.get(index).map(|argument| argument.name);
    let given =
        call.arguments.iter().find(|(index, _)| argument.is_some() && name(*index) == argument);
    given.map(|(_, given)| given.place)
}
