//! From the syntax tree and the values of its parameters to a network. One tree is elaborated many times.

mod arguments;
mod scope;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::expression::{ExpressionError, Template};
use super::parse::{NO_FOLLOWER, find_follower, is_plain_name, no_plain_name};
use super::problem::{Problem, Problems};
use super::tree::{
    Action, Body, Call, Follower, Given, GivenForm, OutputSpec, Parameter, RepeatBody, Step, Tree,
};
use super::value::{Number, Value};
use crate::network::{Builder, Network, Output, Place, Shape, Tensor};
use crate::ops::Op;
use crate::ops::signature::{Attributes, Role};
use arguments::attribute;
use scope::{Lack, Lookup, Scope, Seen, Variables};

/// The most steps that are tried for one network.
const MAX_STEPS: u64 = 1_000_000;

/// How deep blocks and branches may nest.
const MAX_DEPTH: usize = 64;

/// The most bytes of layers' names in one network.
const MAX_NAME_BYTES: usize = 256 << 20;

/// What is chosen from outside of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    /// Values in place of the parameters' defaults.
    pub(super) settings: &'a [(String, Value)],
    /// Sizes without the batch in place of the file's.
    pub(super) input: Option<&'a [u64]>,
    pub(super) batch: u64,
}

/// The network of a tree, and its parameters' values in the order of the file. `None` where a problem was found.
pub(super) fn elaborate(
    tree: &Tree,
    choice: &Choice<'_>,
    problems: &mut Problems,
) -> Option<(Network, Vec<(String, Value)>)> {
    let (body, place) = tree.layers.as_ref()?;
    let mut elaborator = Elaborator::new(tree, body, problems);
    elaborator.bind_globals(choice.settings);
    let input = elaborator.input(choice);
    let last = elaborator.steps(&body.steps, input);
    let outputs = elaborator.outputs(last, *place);
    let values = elaborator.variables.globals.iter();
    let values = values.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let network = elaborator.finish(outputs, *place)?;
    Some((network, values))
}

/// The value of what is given outside of the layers, where only words are known.
pub(super) fn evaluate_alone(tree: &Tree, given: &Given, problems: &mut Problems) -> Option<Value> {
    let body = Body::default();
    Elaborator::new(tree, &body, problems).evaluate(given, Seen::Nothing)
}

/// What flows from a step to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Tensor(Tensor),
    /// What was refused: nothing more is said of what takes it.
    Unknown,
}

struct Elaborator<'t, 'p> {
    tree: &'t Tree,
    problems: &'p mut Problems,
    builder: Builder,
    variables: Variables<'t>,
    /// Results that go by another name than the layer that makes them.
    results: HashMap<String, Flow>,
    /// Names of steps whose condition was false.
    left_out: HashSet<String>,
    path: String,
    scopes: Vec<Scope<'t>>,
    calls: Vec<(Place, &'t str)>,
    depth: usize,
    steps: u64,
    name_bytes: usize,
    halted: bool,
}

impl<'t, 'p> Elaborator<'t, 'p> {
    fn new(tree: &'t Tree, body: &'t Body, problems: &'p mut Problems) -> Self {
        Self {
            tree,
            problems,
            builder: Builder::new(),
            variables: Variables::default(),
            results: HashMap::new(),
            left_out: HashSet::new(),
            path: String::new(),
            scopes: vec![Scope::new(0, Some(body))],
            calls: Vec::new(),
            depth: 0,
            steps: 0,
            name_bytes: 0,
            halted: false,
        }
    }

    // ---- problems -------------------------------------------------------------------------------------------------

    fn problem(&mut self, problem: Problem) {
        // A block that calls itself is called from the same place again and again.
        let mut calls: Vec<_> = self.calls.iter().rev().take(MAX_DEPTH).collect();
        calls.dedup();
        let calls = calls.into_iter().take(2).rev();
        let calls = calls.map(|(place, block)| {
            (
                *place,
                match *block {
                    "repeat" => "in this repetition".to_owned(),
                    "side" => "in this side".to_owned(),
                    block => format!("in the block `{block}`, called here"),
                },
            )
        });
        self.problems.add(problem.calls(calls));
        self.halted |= self.problems.are_enough();
    }

    fn error(&mut self, place: Place, message: impl Into<String>) {
        self.problem(Problem::error(place, message));
    }

    /// An error after which going on would only take time.
    fn fatal(&mut self, place: Place, message: impl Into<String>) {
        if !self.halted {
            self.error(place, message);
            self.halted = true;
        }
    }

    fn count_step(&mut self, place: Place) {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.fatal(place, format!("the network has more than {MAX_STEPS} steps"));
        }
    }

    // ---- values ---------------------------------------------------------------------------------------------------

    fn seen(&self, flow: Flow) -> Seen {
        match flow {
            Flow::Tensor(tensor) => self.builder.shape(tensor).map_or(Seen::Unknown, Seen::Shape),
            Flow::Unknown => Seen::Unknown,
        }
    }

    fn evaluate(&mut self, given: &Given, seen: Seen) -> Option<Value> {
        match &given.form {
            GivenForm::Invalid => None,
            GivenForm::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.evaluate(item, seen)).collect();
                Some(Value::list(items.into_iter().collect::<Option<Vec<_>>>()?))
            }
            GivenForm::Value(value) => Some(value.clone()),
            GivenForm::Expression(expression) => {
                self.looking_up(given.place, seen, |lookup| expression.evaluate(lookup))
            }
        }
    }

    fn render(&mut self, name: &Template, place: Place, seen: Seen) -> Option<String> {
        match name.literal() {
            Some(literal) => Some(literal.to_owned()),
            None => self.looking_up(place, seen, |lookup| name.render(lookup)),
        }
    }

    fn looking_up<T>(
        &mut self,
        place: Place,
        seen: Seen,
        evaluate: impl FnOnce(&super::expression::Lookup<'_>) -> Result<T, ExpressionError>,
    ) -> Option<T> {
        let lookup = Lookup {
            variables: &self.variables,
            words: &self.tree.words,
            seen,
            lack: Cell::new(None),
        };
        let error = match evaluate(&|name| lookup.get(name)) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let problem = match lookup.lack.get() {
            Some(Lack::Unknown) => return None,
            Some(Lack::Axis) => Problem::error(place, missing_axis(seen)).part(error.span),
            None => Problem::error(place, error.message).part(error.span).help(error.help),
        };
        self.problem(problem);
        None
    }

    fn condition(&mut self, given: &Given, seen: Seen) -> Option<bool> {
        match self.evaluate(given, seen)? {
            Value::Boolean(condition) => Some(condition),
            other => {
                let message = format!("`if` needs `true` or `false`, not {}", other.describe());
                self.error(given.place, message);
                None
            }
        }
    }

    fn choose(
        &mut self,
        name: &str,
        parameter: &Parameter,
        value: Value,
        place: Place,
    ) -> Option<Value> {
        let choices = &parameter.choices;
        let chosen = value.as_word().is_some_and(|word| choices.iter().any(|known| known == word));
        if choices.is_empty() || chosen {
            return Some(value);
        }
        let list = choices.join("`, `");
        let message = format!("`{name}` is one of `{list}`, not {}", value.describe());
        let near = value
            .as_word()
            .and_then(|word| crate::diagnostics::suggest(word, choices.iter().map(String::as_str)));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.problem(Problem::error(place, message).help(help));
        None
    }

    // ---- the network's own parameters and input -------------------------------------------------------------------

    fn bind_globals(&mut self, settings: &[(String, Value)]) {
        let tree = self.tree;
        for (name, parameter) in &tree.parameters {
            let set = settings.iter().rev().find(|(set, _)| set == name);
            let value = match (set, &parameter.default) {
                (Some((_, value)), _) => Some((value.clone(), parameter.place)),
                (None, Some(default)) => {
                    self.evaluate(default, Seen::Nothing).map(|value| (value, default.place))
                }
                (None, None) => None,
            };
            let value = value.and_then(|(value, place)| self.choose(name, parameter, value, place));
            match value {
                Some(value) => self.variables.globals.push((name, value)),
                // Without it, every use would be told as an unknown name.
                None => self.halted = true,
            }
        }
    }

    fn input(&mut self, choice: &Choice<'_>) -> Flow {
        let tree = self.tree;
        let Some(given) = &tree.input else { return Flow::Unknown };
        let sizes = match choice.input {
            Some(sizes) => sizes.to_vec(),
            None => match self.evaluate(given, Seen::Nothing).as_ref().and_then(Value::as_list) {
                Some(sizes) => sizes.iter().filter_map(Value::as_u64).collect(),
                None => return Flow::Unknown,
            },
        };
        let written = match &given.form {
            GivenForm::List(items) if choice.input.is_none() => items.len(),
            _ => sizes.len(),
        };
        if written != sizes.len() || sizes.contains(&0) || !(1..=3).contains(&sizes.len()) {
            let message = "the input has one to three sizes, whole numbers of at least 1";
            let help = (written > 3).then_some("leave the batch out, it is chosen when analysing");
            self.problem(Problem::error(given.place, message).help(help));
            return Flow::Unknown;
        }
        let shape = Shape::new(&[&[choice.batch], sizes.as_slice()].concat());
        let built = shape.map_err(|error| error.to_string()).and_then(|shape| {
            self.builder.input("input", shape, given.place).map_err(|error| error.to_string())
        });
        built.map(Flow::Tensor).unwrap_or_else(|message| {
            self.error(given.place, format!("the input: {message}"));
            Flow::Unknown
        })
    }

    // ---- steps ----------------------------------------------------------------------------------------------------

    fn steps(&mut self, steps: &'t [Step], input: Flow) -> Flow {
        let mut flow = input;
        for step in steps {
            if self.halted {
                return Flow::Unknown;
            }
            flow = self.step(step, flow);
        }
        flow
    }

    fn step(&mut self, step: &'t Step, before: Flow) -> Flow {
        self.count_step(step.place);
        let joins_named = match &step.action {
            Action::Join { branches, .. } => branches.is_empty(),
            _ => false,
        };
        let source = step.from.first().filter(|_| !joins_named);
        let found = source.map(|(name, place)| self.find(name, *place, before));
        let taken = match &found {
            None => before,
            Some(Ok(flow)) => *flow,
            Some(Err(_)) => Flow::Unknown,
        };
        if let Some(condition) = &step.condition {
            match self.condition(condition, self.seen(taken)) {
                Some(true) => {}
                Some(false) => {
                    self.leave_out(step);
                    return before;
                }
                None => return self.unknown(step),
            }
        }
        if let Some(Err(problem)) = found {
            self.problem(problem);
        }
        match &step.action {
            Action::Invalid => self.unknown(step),
            Action::Operator(call) => self.operator(step, call, &[taken], taken),
            Action::Join { call, branches } => {
                let operands = self.operands(step, branches, taken);
                self.operator(step, call, &operands, taken)
            }
            Action::Block { block, arguments } => self.block(step, *block, arguments, taken),
            Action::Repeat { times, index, body } => {
                self.repeat(step, times, index.as_deref(), body, taken)
            }
            Action::Side(body) => {
                let Some(name) = self.name(step, "side", taken) else { return before };
                let result = self.scoped(&name, "side", body, step.place, taken);
                self.results.insert(self.path.clone() + &name, result);
                before
            }
        }
    }

    /// A step whose condition is false.
    fn leave_out(&mut self, step: &Step) {
        if let Some(name) = step.name.as_deref().and_then(|(name, _)| name.literal()) {
            let length = self.scopes.last().map_or(0, |scope| scope.path_length);
            self.left_out.insert(self.path.get(..length).unwrap_or_default().to_owned() + name);
        }
    }

    /// A step that was refused: what goes by its name is unknown, rather than missing.
    fn unknown(&mut self, step: &Step) -> Flow {
        if let Some(name) = step.name.as_deref().and_then(|(name, _)| name.literal()) {
            self.results.entry(self.path.clone() + name).or_insert(Flow::Unknown);
        }
        Flow::Unknown
    }

    fn operands(&mut self, step: &'t Step, branches: &'t [Vec<Step>], taken: Flow) -> Vec<Flow> {
        if branches.is_empty() {
            let found =
                step.from.iter().map(|(name, place)| match self.find(name, *place, taken) {
                    Ok(flow) => flow,
                    Err(problem) => {
                        self.problem(problem);
                        Flow::Unknown
                    }
                });
            return found.collect();
        }
        if !self.descend(step.place) {
            return vec![Flow::Unknown];
        }
        let operands = branches.iter().map(|branch| self.steps(branch, taken)).collect();
        self.depth -= 1;
        operands
    }

    fn descend(&mut self, place: Place) -> bool {
        if self.depth >= MAX_DEPTH {
            let message = format!("blocks and branches nest deeper than {MAX_DEPTH}");
            let problem = Problem::error(place, message)
                .help(Some("a block that calls itself needs an `if` that ends it"));
            self.problem(problem);
            self.halted = true;
            return false;
        }
        self.depth += 1;
        true
    }

    fn operator(&mut self, step: &Step, call: &'t Call, operands: &[Flow], taken: Flow) -> Flow {
        let built = self.build(call, operands, taken, step.place);
        let Some(name) = self.name(step, call.signature.name, taken) else {
            return Flow::Unknown;
        };
        let followers = [(&call.norm, Role::Normalization), (&call.act, Role::Activation)];
        let full = self.path.clone() + &name;
        let Some((op, tensors)) = built else {
            self.results.insert(full, Flow::Unknown);
            return Flow::Unknown;
        };
        let mut flow = self.add(&full, op, &tensors, step.place);
        for (follower, role) in followers {
            if let Some(follower) = follower {
                flow = self.follow(&full, follower, role, flow);
            }
        }
        if call.norm.is_some() || call.act.is_some() || flow == Flow::Unknown {
            self.results.insert(full, flow);
        }
        flow
    }

    /// The operator of a call and its operands, where all is known.
    fn build(
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
                let given = call.arguments.iter().find(|(index, _)| {
                    let argument = call.signature.arguments.get(*index);
                    argument.is_some_and(|argument| Some(argument.name) == error.argument)
                });
                let place = given.map_or(place, |(_, given)| given.place);
                self.error(place, error.message);
                None
            }
        }
    }

    fn add(&mut self, full: &str, op: Op, operands: &[Tensor], place: Place) -> Flow {
        self.name_bytes = self.name_bytes.saturating_add(full.len());
        if self.name_bytes > MAX_NAME_BYTES {
            self.fatal(place, "the names of the layers take too much memory");
            return Flow::Unknown;
        }
        let kind = op.operator().name();
        let block = self.scopes.last().map_or(0, |scope| scope.path_length.saturating_sub(1));
        match self.builder.add(full, block, op, operands, place) {
            Ok(tensor) => Flow::Tensor(tensor),
            Err(error) => {
                let shapes = operands.iter().filter_map(|tensor| self.builder.shape(*tensor));
                let shapes: Vec<_> = shapes.take(8).map(|shape| shape.to_string()).collect();
                let label = format!("takes {}", shapes.join(" and "));
                self.problem(Problem::error(place, format!("`{kind}`: {error}")).label(label));
                Flow::Unknown
            }
        }
    }

    /// Adds what `norm:` or `act:` puts behind a layer.
    fn follow(&mut self, full: &str, follower: &'t Follower, role: Role, flow: Flow) -> Flow {
        let (call, place) = match follower {
            Follower::Call(call, place) => (call, *place),
            Follower::Named(given) => return self.follow_named(full, given, role, flow),
        };
        let Some((op, tensors)) = self.build(call, &[flow], flow, place) else {
            return Flow::Unknown;
        };
        self.add(&format!("{full}.{}", call.signature.name), op, &tensors, place)
    }

    fn follow_named(&mut self, full: &str, given: &Given, role: Role, flow: Flow) -> Flow {
        let Some(value) = self.evaluate(given, self.seen(flow)) else { return Flow::Unknown };
        if value.as_word() == Some(NO_FOLLOWER) {
            return flow;
        }
        let signature = value.as_word().and_then(|word| find_follower(word, role));
        let Some(signature) = signature else {
            let kind = if role == Role::Activation { "an activation" } else { "a normalisation" };
            self.error(given.place, format!("needs {kind}, not {}", value.describe()));
            return Flow::Unknown;
        };
        let Flow::Tensor(tensor) = flow else { return Flow::Unknown };
        let shapes: Vec<_> = self.builder.shape(tensor).into_iter().collect();
        match (signature.build)(&Attributes::new(signature), &shapes) {
            Ok(op) => self.add(&format!("{full}.{}", signature.name), op, &[tensor], given.place),
            Err(error) => {
                self.error(given.place, error.message);
                Flow::Unknown
            }
        }
    }

    fn block(
        &mut self,
        step: &'t Step,
        index: usize,
        arguments: &'t [(usize, Given)],
        taken: Flow,
    ) -> Flow {
        let tree = self.tree;
        let Some((block_name, block)) = tree.blocks.get_index(index) else { return Flow::Unknown };
        let given: Vec<_> = arguments
            .iter()
            .map(|(parameter, given)| {
                (*parameter, given.place, self.evaluate(given, self.seen(taken)))
            })
            .collect();
        let Some(name) = self.name(step, block_name, taken) else { return Flow::Unknown };
        let frame = self.variables.enter(Vec::new());
        let mut complete = true;
        for (position, (parameter_name, parameter)) in block.parameters.iter().enumerate() {
            let argument = given.iter().find(|(given, ..)| *given == position);
            let value = match (argument, &parameter.default) {
                (Some((_, place, value)), _) => value.clone().map(|value| (value, *place)),
                (None, Some(default)) => {
                    self.evaluate(default, self.seen(taken)).map(|value| (value, default.place))
                }
                (None, None) => {
                    let message = format!("the block `{block_name}` needs `{parameter_name}`");
                    self.error(step.place, message);
                    None
                }
            };
            let value = value
                .and_then(|(value, place)| self.choose(parameter_name, parameter, value, place));
            match value {
                Some(value) => self.variables.push(parameter_name, value),
                None => complete = false,
            }
        }
        let flow = if complete {
            self.scoped(&name, block_name, &block.body, step.place, taken)
        } else {
            Flow::Unknown
        };
        self.variables.leave(frame);
        self.results.insert(self.path.clone() + &name, flow);
        flow
    }

    /// The steps of a body in a naming scope of their own.
    fn scoped(
        &mut self,
        name: &str,
        block: &'t str,
        body: &'t Body,
        place: Place,
        taken: Flow,
    ) -> Flow {
        if !self.descend(place) {
            return Flow::Unknown;
        }
        let length = self.path.len();
        self.path.push_str(name);
        self.path.push('/');
        self.scopes.push(Scope::new(self.path.len(), Some(body)));
        self.calls.push((place, block));
        let flow = self.steps(&body.steps, taken);
        self.calls.pop();
        self.scopes.pop();
        self.path.truncate(length);
        self.depth -= 1;
        flow
    }

    fn repeat(
        &mut self,
        step: &'t Step,
        times: &Given,
        index: Option<&'t str>,
        body: &'t RepeatBody,
        taken: Flow,
    ) -> Flow {
        let Some(value) = self.evaluate(times, self.seen(taken)) else { return self.unknown(step) };
        let Some(times) = value.as_u64() else {
            let message =
                format!("`times` needs a whole number of at least 0, not {}", value.describe());
            self.error(times.place, message);
            return self.unknown(step);
        };
        if !self.descend(step.place) {
            return Flow::Unknown;
        }
        let mut flow = taken;
        for turn in 0..times {
            self.count_step(step.place);
            if self.halted {
                flow = Flow::Unknown;
                break;
            }
            if let (Some(index), Some(number)) = (index, Number::from_integer(turn.into())) {
                self.variables.push(index, Value::Number(number));
            }
            flow = self.turn(step, turn, body, flow);
            if index.is_some() {
                self.variables.pop();
            }
        }
        self.depth -= 1;
        flow
    }

    fn turn(&mut self, step: &'t Step, turn: u64, body: &'t RepeatBody, taken: Flow) -> Flow {
        let (body, (template, place)) = match (body, step.name.as_deref()) {
            (RepeatBody::Scoped(body), Some((template, place))) => (body, (template, place)),
            (RepeatBody::Scoped(Body { steps, .. }) | RepeatBody::Plain(steps), _) => {
                return self.steps(steps, taken);
            }
        };
        let name = match template.literal() {
            Some(literal) => Some(format!("{literal}{}", turn.saturating_add(1))),
            None => self.render(template, *place, self.seen(taken)),
        };
        let Some(name) = name.filter(|name| self.accept(name, *place)) else {
            return Flow::Unknown;
        };
        let flow = self.scoped(&name, "repeat", body, step.place, taken);
        self.results.insert(self.path.clone() + &name, flow);
        flow
    }

    // ---- names ----------------------------------------------------------------------------------------------------

    /// The name of a step within its scope: the given one, or the next of its kind.
    fn name(&mut self, step: &Step, kind: &'t str, taken: Flow) -> Option<String> {
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

    fn is_taken(&self, name: &str) -> bool {
        let full = self.path.clone() + name;
        self.builder.tensor(&full).is_some() || self.results.contains_key(&full)
    }

    /// Whether a given name can be used; tells why not.
    fn accept(&mut self, name: &str, place: Place) -> bool {
        if !is_plain_name(name) {
            self.error(place, no_plain_name(name));
            return false;
        }
        if name == "input" && self.path.is_empty() {
            self.error(place, "`input` is the network's input; a step needs another name");
            return false;
        }
        if self.is_taken(name) {
            let help = "in a repetition, a name needs a part in braces, as `\"conv{i}\"`, or the repetition a name";
            let problem = Problem::error(place, format!("the name `{name}` is used twice"));
            self.problem(problem.help(Some(help)));
            return false;
        }
        true
    }

    /// The tensor of a name: in the nearest enclosing scope first, then outward.
    fn find(&mut self, template: &Template, place: Place, before: Flow) -> Result<Flow, Problem> {
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
            return Err(Problem::error(place, message));
        }
        if self.scopes.iter().any(|scope| scope.gives(&name)) {
            let message = format!("`{name}` does not stand before this step");
            let help = "a step can only take what was made before it";
            return Err(Problem::error(place, message).help(Some(help)));
        }
        let problem = Problem::error(place, format!("there is no tensor `{name}`"));
        Err(problem.help(self.nearest(&name).map(|near| format!("did you mean `{near}`?"))))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        const MOST: usize = 10_000;
        let inner = |full: &'_ str| full.strip_prefix(self.path.as_str()).map(str::to_owned);
        let known = self.builder.names().chain(self.results.keys().map(String::as_str)).take(MOST);
        let mut known: Vec<String> =
            known.flat_map(|full| [Some(full.to_owned()), inner(full)]).flatten().collect();
        // The order of a hash map must not decide between equally near names.
        known.sort_unstable();
        crate::diagnostics::suggest(name, known.iter().map(String::as_str)).map(str::to_owned)
    }

    // ---- the end --------------------------------------------------------------------------------------------------

    fn outputs(&mut self, last: Flow, place: Place) -> Option<Vec<Output>> {
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

    fn output(&mut self, output: &'t OutputSpec, last: Flow) -> Option<Output> {
        if let Some(condition) = &output.condition
            && !self.condition(condition, Seen::Nothing)?
        {
            return None;
        }
        let (template, place) = &output.from;
        let flow = match self.find(template, *place, last) {
            Ok(flow) => flow,
            Err(problem) => {
                self.problem(problem);
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

    fn finish(self, outputs: Option<Vec<Output>>, place: Place) -> Option<Network> {
        if self.problems.any_errors() {
            return None;
        }
        match self.builder.finish(outputs?) {
            Ok(network) => {
                for (tensor, node) in network.layers() {
                    if !network.is_used(tensor) {
                        let message = format!("nothing takes the result of `{}`", node.name());
                        let help = "name it in a `from`, or list it in `outputs`";
                        self.problems.add(Problem::warning(node.place, message).help(Some(help)));
                    }
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

fn missing_axis(seen: Seen) -> String {
    match seen {
        Seen::Shape(shape) => format!("the tensor taken here has no such axis: it is {shape}"),
        Seen::Nothing | Seen::Unknown => {
            "there is no tensor here whose sizes could be taken".to_owned()
        }
    }
}
