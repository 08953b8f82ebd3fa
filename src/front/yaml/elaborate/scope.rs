//! Scopes: the values of variables, and the numbering of names.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use crate::front::yaml::decisions::Witness;
use crate::front::yaml::expression::Names;
use crate::front::yaml::parse::TENSOR_NAMES;
use crate::front::yaml::tree::{Body, Tree};
use crate::front::yaml::value::{Number, Value};
use crate::network::Shape;

/// The values that names have at one point of the elaboration.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    pub(super) globals: Vec<(&'t str, Value)>,
    locals: Vec<(&'t str, Value)>,
    /// Where the locals of the block at hand begin: a block does not see its caller's.
    base: usize,
}

/// What [`Variables::enter`] left behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    base: usize,
    length: usize,
}

impl<'t> Variables<'t> {
    /// Begins the scope of a block with its parameters.
    pub(super) fn enter(&mut self, parameters: Vec<(&'t str, Value)>) -> Frame {
        let frame = Frame { base: self.base, length: self.locals.len() };
        self.base = frame.length;
        self.locals.extend(parameters);
        frame
    }

    /// Ends it.
    pub(super) fn leave(&mut self, frame: Frame) {
        self.locals.truncate(frame.length);
        self.base = frame.base;
    }

    pub(super) fn push(&mut self, name: &'t str, value: Value) {
        self.locals.push((name, value));
    }

    pub(super) fn pop(&mut self) {
        self.locals.pop();
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let locals = self.locals.get(self.base..).unwrap_or_default().iter().rev();
        let found = locals.chain(&self.globals).find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }
}

/// What a step sees of the tensor it takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen {
    /// No tensor: a place outside of the layers.
    Nothing,
    /// A tensor whose shape is not known, since what makes it was refused.
    Unknown,
    /// A tensor.
    Shape(Shape),
}

/// Why a name of the tensor's sizes has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// The tensor is not known: nothing more is to be said.
    Unknown,
    /// The tensor has no such axis.
    Axis,
}

/// Names as an expression finds them, and what it did not find.
pub(super) struct Lookup<'a> {
    pub(super) variables: &'a Variables<'a>,
    pub(super) tree: &'a Tree,
    pub(super) seen: Seen,
    pub(super) lack: Cell<Option<Lack>>,
    /// How many elements the lists had that were looked up.
    pub(super) listed: Cell<usize>,
    pub(super) witness: &'a Witness,
}

impl Names for Lookup<'_> {
    fn compared(&self, comparison: usize, outcome: Ordering) {
        self.witness.told(comparison, outcome);
    }

    fn divided(&self, division: usize, dividend: Number, divisor: Number) {
        self.witness.divided(division, dividend, divisor);
    }

    fn get(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.variables.get(name) {
            let elements = value.as_list().map_or(0, <[Value]>::len);
            self.listed.set(self.listed.get().saturating_add(elements));
            return Some(value.clone());
        }
        // A parameter without a value was refused, or has none yet.
        let all_known = self.variables.globals.len() == self.tree.parameters.len();
        if !all_known && self.tree.parameters.contains_key(name) {
            return self.lacks(Lack::Unknown);
        }
        // Axis 0 is the batch.
        let Some(axis) = TENSOR_NAMES.iter().position(|known| *known == name) else {
            return self.tree.words.get(name).map(|word| Value::Word(Arc::clone(word)));
        };
        match self.seen {
            Seen::Shape(shape) => match shape.sizes().get(axis + 1) {
                Some(&size) => Number::from_integer(size.into()).map(Value::Number),
                None => self.lacks(Lack::Axis),
            },
            Seen::Unknown => self.lacks(Lack::Unknown),
            Seen::Nothing => self.lacks(Lack::Axis),
        }
    }
}

impl Lookup<'_> {
    fn lacks(&self, lack: Lack) -> Option<Value> {
        self.lack.set(Some(lack));
        None
    }
}

/// A naming scope: the network, a block, a side or a turn of a named repetition.
#[derive(Debug)]
pub(super) struct Scope<'t> {
    /// Length of the path of this scope, its final `/` included.
    pub(super) path_length: usize,
    body: Option<&'t Body>,
    counts: Vec<(&'t str, u32)>,
}

impl<'t> Scope<'t> {
    pub(super) fn new(path_length: usize, body: Option<&'t Body>) -> Self {
        Self { path_length, body, counts: Vec::new() }
    }

    /// The next number for an unnamed step of a kind.
    pub(super) fn next(&mut self, kind: &'t str) -> u32 {
        let position = self.counts.iter().position(|(known, _)| *known == kind);
        let position = position.unwrap_or(self.counts.len());
        if position == self.counts.len() {
            self.counts.push((kind, 0));
        }
        match self.counts.get_mut(position) {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count
            }
            None => 1,
        }
    }

    /// Whether a step of this scope is given this name, before or later.
    pub(super) fn gives(&self, name: &str) -> bool {
        self.body.is_some_and(|body| body.names.contains(name))
    }
}
