//! From the syntax tree and the values of its parameters to a network. One tree is elaborated many times.

mod arguments;
mod names;
mod operators;
mod outputs;
mod scope;
mod values;

use ahash::{AHashMap, AHashSet};

pub(super) use values::INPUT_AXES;

use super::decisions::{Decisions, Witness};
use super::problem::{Problem, Problems};
use super::tree::{Action, Body, Given, RepeatBody, Step, Tree};
use super::value::{Number, Value};
use crate::network::{Builder, Network, Place, Tensor};
use scope::{Scope, Seen, Variables};

/// The most steps that are tried for one network.
pub(super) const MAX_STEPS: usize = 1_000_000;

/// The most bytes of names in one network.
const MAX_NAME_BYTES: usize = 256 << 20;

/// How deep blocks and branches may nest.
const MAX_DEPTH: usize = 64;

/// What is chosen from outside of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    /// Values in place of the parameters' defaults.
    pub(super) settings: &'a [(String, Value)],
    /// Sizes without the batch in place of the file's.
    pub(super) input: Option<&'a [u64]>,
    pub(super) batch: u64,
    /// The most steps that are tried, no more than [`MAX_STEPS`].
    pub(super) most_steps: usize,
}

/// Why there is no network; the problems say more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unbuilt {
    /// It takes more steps than the choice has; nothing else was found before.
    TooManySteps,
    /// A problem was found.
    Wrong,
}

/// The network of a tree, and its parameters' values in the order of the file.
///
/// # Errors
/// Where a problem was found.
pub(super) fn elaborate(
    tree: &Tree,
    choice: &Choice<'_>,
    problems: &mut Problems,
) -> Result<(Network, Vec<(String, Value)>), Unbuilt> {
    let attempt = elaborate_before(tree, choice, problems, Witness::default());
    attempt.built.map(|built| (built.network, built.values))
}

/// What came of elaborating a tree.
pub(super) struct Attempt {
    pub(super) built: Result<Built, Unbuilt>,
    /// The steps that were tried.
    pub(super) steps: usize,
}

/// A network, its parameters' values in the order of the file, and what its comparisons came out as.
pub(super) struct Built {
    pub(super) network: Network,
    pub(super) values: Vec<(String, Value)>,
    pub(super) decisions: Decisions,
}

/// As [`elaborate`], with what the witness was told.
pub(super) fn elaborate_before(
    tree: &Tree,
    choice: &Choice<'_>,
    problems: &mut Problems,
    witness: Witness,
) -> Attempt {
    let Some((body, place)) = tree.layers.as_ref() else {
        return Attempt { built: Err(Unbuilt::Wrong), steps: 0 };
    };
    let mut elaborator = Elaborator::new(tree, body, problems);
    elaborator.most_steps = choice.most_steps.min(MAX_STEPS);
    elaborator.witness = witness;
    elaborator.bind_globals(choice.settings);
    let input = elaborator.input(choice);
    let last = elaborator.steps(&body.steps, input);
    let outputs = elaborator.outputs(last, *place);
    let values = elaborator.variables.globals.iter();
    let values = values.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let (too_many, steps) = (elaborator.too_many_steps, elaborator.steps);
    let decisions = std::mem::take(&mut elaborator.witness).into_decisions();
    let network = elaborator.finish(outputs, *place);
    let unbuilt = if too_many { Unbuilt::TooManySteps } else { Unbuilt::Wrong };
    let built = network.ok_or(unbuilt).map(|network| Built { network, values, decisions });
    Attempt { built, steps }
}

/// The sizes of the input without the batch, as the file gives them for these values of its parameters.
pub(super) fn input_sizes(
    tree: &Tree,
    settings: &[(String, Value)],
    problems: &mut Problems,
) -> Option<Vec<u64>> {
    let body = Body::default();
    let mut elaborator = Elaborator::new(tree, &body, problems);
    elaborator.bind_globals(settings);
    let sizes = elaborator.evaluate(tree.input.as_ref()?, Seen::Nothing)?;
    sizes.as_list()?.iter().map(Value::as_u64).collect()
}

/// The value of what is given outside of the layers, where only words are known.
pub(super) fn evaluate_alone(tree: &Tree, given: &Given, problems: &mut Problems) -> Option<Value> {
    let body = Body::default();
    Elaborator::new(tree, &body, problems).evaluate(given, Seen::Nothing)
}

/// What is said of a network that takes too many steps.
pub(super) fn too_many_steps(most: usize) -> String {
    format!("the network takes more than {most} steps to build")
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
    results: AHashMap<String, Flow>,
    /// Names of steps whose condition was false.
    left_out: AHashSet<String>,
    path: String,
    scopes: Vec<Scope<'t>>,
    calls: Vec<(Place, &'t str)>,
    depth: usize,
    steps: usize,
    most_steps: usize,
    /// Whether the first error was that there are more.
    too_many_steps: bool,
    name_bytes: usize,
    halted: bool,
    /// Who is told of comparisons.
    witness: Witness,
}

impl<'t, 'p> Elaborator<'t, 'p> {
    fn new(tree: &'t Tree, body: &'t Body, problems: &'p mut Problems) -> Self {
        Self {
            tree,
            problems,
            builder: Builder::new(),
            variables: Variables::default(),
            results: AHashMap::new(),
            left_out: AHashSet::new(),
            path: String::new(),
            scopes: vec![Scope::new(0, Some(body))],
            calls: Vec::new(),
            depth: 0,
            steps: 0,
            most_steps: MAX_STEPS,
            too_many_steps: false,
            name_bytes: 0,
            halted: false,
            witness: Witness::default(),
        }
    }

    fn problem(&mut self, problem: Problem) {
        // A block that calls itself is called from the same place again and again.
        let mut calls: Vec<_> = self.calls.iter().rev().take(MAX_DEPTH).collect();
        calls.dedup();
        let calls = calls.into_iter().take(2).rev();
        let calls = calls.map(|(place, block)| {
            let text = match *block {
                "repeat" => "in this repetition".to_owned(),
                "side" => "in this side".to_owned(),
                block => format!("in the block `{block}`, called here"),
            };
            (*place, text)
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

    /// Counts what takes time and memory: steps, turns, operands, long expressions.
    fn count(&mut self, steps: usize, place: Place) {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.most_steps {
            self.too_many_steps |= !self.problems.any_errors();
            self.fatal(place, too_many_steps(self.most_steps));
        }
    }

    /// The path of a name in the scope at hand.
    fn full(&self, name: &str) -> String {
        [&self.path, name].concat()
    }

    /// Notes what goes by a name that no layer has.
    fn remember(&mut self, full: String, flow: Flow, place: Place) {
        self.count_name(&full, place);
        self.results.insert(full, flow);
    }

    /// Counts the bytes of names; whether they may be kept.
    fn count_name(&mut self, full: &str, place: Place) -> bool {
        self.name_bytes = self.name_bytes.saturating_add(full.len());
        if self.name_bytes > MAX_NAME_BYTES {
            self.fatal(place, "the names of the layers take too much memory");
        }
        self.name_bytes <= MAX_NAME_BYTES
    }

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
        self.count(1, step.place);
        let source = step.from.first();
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
            self.problem(*problem);
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
                self.remember(self.full(&name), result, step.place);
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
            let full = self.full(name);
            self.results.entry(full).or_insert(Flow::Unknown);
        }
        Flow::Unknown
    }

    fn operands(&mut self, step: &'t Step, branches: &'t [Vec<Step>], taken: Flow) -> Vec<Flow> {
        self.count(branches.len().max(step.from.len()), step.place);
        if self.halted {
            return vec![Flow::Unknown];
        }
        if branches.is_empty() {
            let found =
                step.from.iter().map(|(name, place)| match self.find(name, *place, taken) {
                    Ok(flow) => flow,
                    Err(problem) => {
                        self.problem(*problem);
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
        self.remember(self.full(&name), flow, step.place);
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
            self.count(1, step.place);
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
        self.remember(self.full(&name), flow, step.place);
        flow
    }
}
