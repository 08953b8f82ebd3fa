//! The syntax tree of a network file: what was written, checked for form but not yet for value.

use std::collections::HashSet;
use std::sync::Arc;

use ahash::AHashSet;
use indexmap::IndexMap;

use super::expression::{Expression, Template};
use super::value::Value;
use crate::figure::Limit;
use crate::front::{Labels, Preprocess};
use crate::network::Place;
use crate::ops::Signature;

/// A file with all that it extends.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) name: Option<String>,
    pub(super) source: Option<String>,
    pub(super) description: Option<String>,
    pub(super) input: Option<Given>,
    pub(super) parameters: IndexMap<String, Parameter>,
    pub(super) blocks: IndexMap<String, Block>,
    pub(super) layers: Option<(Body, Place)>,
    pub(super) outputs: Option<Vec<OutputSpec>>,
    pub(super) expectations: Vec<Expectation>,
    pub(super) budget: Vec<(Limit, Place)>,
    pub(super) preprocess: Preprocess,
    pub(super) labels: Option<Labels>,
    /// The parameters on which what is built depends.
    pub(super) reachable: HashSet<String>,
    /// Words that stand for themselves.
    pub(super) words: AHashSet<Arc<str>>,
}

/// A parameter of the network or of a block.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) default: Option<Given>,
    pub(super) choices: Vec<String>,
    pub(super) place: Place,
}

/// A named, parametrised group of layers.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) parameters: IndexMap<String, Parameter>,
    pub(super) body: Arc<Body>,
}

/// The steps of one naming scope.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) steps: Vec<Step>,
    /// Names that are given to steps of this scope, apart from those with expressions.
    pub(super) names: HashSet<String>,
}

/// What stands where a value may stand.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) form: GivenForm,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum GivenForm {
    Value(Value),
    Expression(Box<Expression>),
    List(Vec<Given>),
    /// Something that was refused already.
    Invalid,
}

/// One step of a body.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) place: Place,
    pub(super) name: Option<Box<(Template, Place)>>,
    pub(super) from: Vec<(Template, Place)>,
    pub(super) condition: Option<Box<Given>>,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    Operator(Call),
    Join {
        call: Call,
        branches: Vec<Vec<Step>>,
    },
    Block {
        block: usize,
        arguments: Vec<(usize, Given)>,
    },
    Repeat {
        times: Given,
        index: Option<String>,
        body: RepeatBody,
    },
    Side(Body),
    /// Something that was refused already.
    Invalid,
}

/// The layers of a repetition: a scope for every turn where it is named, otherwise part of the scope around it.
#[derive(Debug)]
pub(super) enum RepeatBody {
    Scoped(Body),
    Plain(Vec<Step>),
}

/// An operator with its arguments.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) signature: &'static Signature,
    /// Index into the signature's arguments, and what is given.
    pub(super) arguments: Vec<(usize, Given)>,
    pub(super) norm: Option<Box<Follower>>,
    pub(super) act: Option<Box<Follower>>,
    /// Whether an argument was refused, so that what is missing need not be told.
    pub(super) incomplete: bool,
}

/// What `norm:` or `act:` puts behind a layer.
#[derive(Debug)]
pub(super) enum Follower {
    Call(Call, Place),
    /// A parameter that holds the operator's name.
    Named(Given),
}

/// An entry of `outputs`.
#[derive(Debug)]
pub(super) struct OutputSpec {
    pub(super) from: (Template, Place),
    pub(super) name: Option<String>,
    pub(super) condition: Option<Given>,
}

/// An entry of `expect`.
#[derive(Debug, Default)]
pub(super) struct Expectation {
    pub(super) place: Place,
    pub(super) of: Option<(String, Place)>,
    pub(super) figures: Vec<(super::Expected, Given)>,
    pub(super) within: Option<super::Tolerance>,
    pub(super) source: Option<String>,
    pub(super) differs: Option<String>,
    pub(super) settings: Vec<(String, Given)>,
    pub(super) input: Option<Given>,
}
