//! What those need who try a description at many values: networks without positions of problems, and where its rules may change.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::decisions::{Decisions, Witness};
use super::elaborate::{self, Choice, MAX_STEPS, Unbuilt, elaborate_before};
use super::problem::Problems;
use super::tree::{Action, Call, Follower, Given, GivenForm, RepeatBody, Step};
use super::value::{Number, Value};
use super::{Description, Settings};
use crate::network::Network;

/// Why there is no network for some settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoVariant {
    /// It takes more steps than asked for.
    TooLarge,
    /// What is wrong with it, first of all.
    Wrong(Arc<str>),
}

/// So many networks tell beforehand how much work all of them are.
const SAMPLES: u64 = 64;

/// The steps that building many networks takes, all together, and the most that these may be. Threads share it; whether all of them
/// are within the bound does not hang on the order in which they are built.
#[derive(Debug)]
pub struct StepQuota {
    steps: AtomicU64,
    most: u64,
}

impl StepQuota {
    /// A quota of so many steps.
    #[must_use]
    pub fn of_at_most(most: u64) -> Self {
        Self { steps: AtomicU64::new(0), most }
    }

    /// The most steps.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.most
    }

    /// The steps up to now.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Whether there were more steps than there may be.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.steps() > self.most
    }

    /// Whether so many networks take far more than so many steps, as some of them show that lie all over; of a few it is not said.
    /// `build` builds one of them.
    pub(crate) fn is_far_beyond(
        most: u64,
        networks: u64,
        build: impl Fn(u64, &Self) + Sync,
    ) -> bool {
        if networks <= SAMPLES {
            return false;
        }
        let allowed = u128::from(most) * 2 * u128::from(SAMPLES) / u128::from(networks);
        let work = Self::of_at_most(u64::try_from(allowed).unwrap_or(u64::MAX));
        (0..SAMPLES).into_par_iter().for_each(|sample| {
            // Multiples of the golden ratio lie evenly, in step with no axis of a grid (Knuth, TAOCP 3, 6.4).
            let place = u128::from(sample.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let position = (place * u128::from(networks)) >> 64;
            build(u64::try_from(position).unwrap_or_default(), &work);
        });
        work.is_exceeded()
    }

    /// The most steps that the next network may take.
    fn left(&self) -> usize {
        // The bound on one network is told as such.
        let left = self.most.saturating_sub(self.steps());
        usize::try_from(left).ok().filter(|left| *left <= MAX_STEPS).unwrap_or(usize::MAX)
    }

    fn add(&self, steps: usize) {
        self.steps.fetch_add(u64::try_from(steps).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Description {
    /// The network for these settings, for those who try many. Nothing is told of what may not be meant, and of what does
    /// not fit only what was found first, without its place.
    ///
    /// # Errors
    /// A sentence on what does not fit.
    pub fn network(&self, settings: &Settings) -> Result<Network, String> {
        let (variant, _) = self.variant(settings, MAX_STEPS, Witness::default());
        variant.map(|(network, _)| network).map_err(|why| match why {
            NoVariant::TooLarge => elaborate::too_many_steps(MAX_STEPS),
            NoVariant::Wrong(text) => text.as_ref().to_owned(),
        })
    }

    /// As [`network`](Self::network), one of those that are built by this work.
    ///
    /// # Errors
    /// As there, and where the work is exceeded.
    pub(crate) fn network_by(
        &self,
        settings: &Settings,
        work: &StepQuota,
    ) -> Result<Network, NoVariant> {
        if work.is_exceeded() {
            return Err(NoVariant::TooLarge);
        }
        let (variant, steps) = self.variant(settings, work.left(), Witness::default());
        work.add(steps);
        variant.map(|(network, _)| network)
    }

    /// As [`network`](Self::network), if it takes no more than so many steps to build, with what its comparisons came out as.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn deciding(
        &self,
        settings: &Settings,
        most_steps: usize,
    ) -> Result<(Network, Decisions), NoVariant> {
        self.variant(settings, most_steps, Witness::noting()).0
    }

    /// The network for these settings, if it takes no more than so many steps to build, and how many were tried.
    ///
    /// Unlike [`Description::elaborate`], it does not look up where that stands, which would cost more than building the network.
    fn variant(
        &self,
        settings: &Settings,
        most_steps: usize,
        witness: Witness,
    ) -> (Result<(Network, Decisions), NoVariant>, usize) {
        let choice = Choice {
            settings: &settings.parameters,
            input: settings.input.as_deref(),
            batch: settings.batch,
            most_steps,
        };
        let mut problems = Problems::default();
        let attempt = elaborate_before(&self.tree, &choice, &mut problems, witness);
        let variant = match attempt.built {
            Ok(built) => Ok((built.network, built.decisions)),
            // More than any network may take are no matter of what was asked for.
            Err(Unbuilt::TooManySteps) if most_steps <= MAX_STEPS => Err(NoVariant::TooLarge),
            Err(Unbuilt::TooManySteps | Unbuilt::Wrong) => {
                let text = problems.first_error().unwrap_or("it could not be built");
                Err(NoVariant::Wrong(text.into()))
            }
        };
        (variant, attempt.steps)
    }

    /// Whether the input's sizes are made of parameters, so that these would no longer be true of another input.
    #[must_use]
    pub fn input_follows_parameters(&self) -> bool {
        fn is_made(given: &Given) -> bool {
            match &given.form {
                GivenForm::Expression(_) => true,
                GivenForm::List(items) => items.iter().any(is_made),
                GivenForm::Value(_) | GivenForm::Invalid => false,
            }
        }
        self.tree.input.as_ref().is_some_and(is_made)
    }

    /// The sizes of the input without the batch, as the file gives them for these values of its parameters.
    pub(crate) fn input_sizes(&self, parameters: &[(String, Value)]) -> Option<Vec<u64>> {
        elaborate::input_sizes(&self.tree, parameters, &mut Problems::default())
    }

    /// The whole numbers that the description names in any place from which the network follows: where a condition, a minimum or a
    /// rounding may set in. Of a fraction, its parts.
    pub(crate) fn numbers(&self) -> BTreeSet<u64> {
        let mut numbers = Numbers::default();
        let tree = &self.tree;
        let blocks = tree.blocks.values().flat_map(|block| block.parameters.values());
        for parameter in tree.parameters.values().chain(blocks) {
            parameter.default.iter().for_each(|given| numbers.given(given));
        }
        tree.input.iter().for_each(|given| numbers.given(given));
        for block in tree.blocks.values() {
            numbers.steps(&block.body.steps);
        }
        tree.layers.iter().for_each(|(body, _)| numbers.steps(&body.steps));
        for output in tree.outputs.iter().flatten() {
            output.condition.iter().for_each(|given| numbers.given(given));
        }
        numbers.0
    }
}

#[derive(Default)]
struct Numbers(BTreeSet<u64>);

impl Numbers {
    fn number(&mut self, number: Number) {
        for part in [number.numerator(), number.denominator()] {
            self.0.extend(u64::try_from(part.unsigned_abs()));
        }
    }

    fn given(&mut self, given: &Given) {
        match &given.form {
            GivenForm::Value(value) => self.value(value),
            GivenForm::Expression(expression) => {
                expression.numbers().into_iter().for_each(|number| self.number(number));
            }
            GivenForm::List(items) => items.iter().for_each(|item| self.given(item)),
            GivenForm::Invalid => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.number(*number),
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Boolean(_) | Value::Word(_) => {}
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            step.condition.iter().for_each(|given| self.given(given));
            match &step.action {
                Action::Operator(call) => self.call(call),
                Action::Join { call, branches } => {
                    self.call(call);
                    branches.iter().for_each(|branch| self.steps(branch));
                }
                Action::Block { arguments, .. } => {
                    arguments.iter().for_each(|(_, given)| self.given(given));
                }
                Action::Repeat { times, body, .. } => {
                    self.given(times);
                    let (RepeatBody::Scoped(super::tree::Body { steps, .. })
                    | RepeatBody::Plain(steps)) = body;
                    self.steps(steps);
                }
                Action::Side(body) => self.steps(&body.steps),
                Action::Invalid => {}
            }
        }
    }

    fn call(&mut self, call: &Call) {
        call.arguments.iter().for_each(|(_, given)| self.given(given));
        for follower in [&call.norm, &call.act].into_iter().flatten() {
            match &**follower {
                Follower::Call(call, _) => self.call(call),
                Follower::Named(given) => self.given(given),
            }
        }
    }
}
