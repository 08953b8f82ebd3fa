//! From the values of a YAML file to the syntax tree. Everything that is wrong is noted, and reading goes on.

mod budget;
mod call;
mod declarations;
mod document;
mod expectation;
mod given;
mod names;
mod preprocess;
mod step;
mod study;
mod synonyms;

pub(super) use call::find_follower;
pub(super) use document::{File, KEYS};
pub(super) use names::{is_plain_name, no_plain_name};
pub(super) use preprocess::PREPROCESS_KEYS;
pub(super) use study::{STUDY, STUDY_KEYS};

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::place::Places;
use super::problem::{Problem, Problems};
use super::tree::Tree;
use crate::network::Place;
use crate::ops::signature::{Kind, Role};
use crate::ops::{Padding, Signature, signatures};

/// Names that every expression knows: sizes of the tensor a step takes.
pub(super) const TENSOR_NAMES: [&str; 3] = ["channels", "height", "width"];

/// Short names of normalizations under `norm:`.
pub(super) const NORMALIZATIONS: [(&str, &str); 2] =
    [("batch", "batch_norm"), ("layer", "layer_norm")];

/// The word for no `norm:` or `act:` at all.
pub(super) const NO_FOLLOWER: &str = "none";

/// The parameters of a block.
#[derive(Debug, Clone, Default)]
struct BlockParameters {
    names: Vec<String>,
    /// The one that may stand alone: the only one, or the only one that must be given.
    main: Option<usize>,
}

/// A part of a description that uses parameters and calls blocks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Owner {
    /// The network's layers and outputs.
    Network,
    /// A block.
    Block(usize),
    /// A parameter's default.
    Parameter(String),
    /// What says something of the network, but does not make it.
    Remark,
}

/// Reads values into a [`Tree`].
pub(super) struct Parser {
    pub(super) places: Places,
    pub(super) problems: Problems,
    pub(super) tree: Tree,
    operators: HashMap<&'static str, &'static Signature>,
    /// The blocks of all files and their parameters, known before any body is read.
    blocks: IndexMap<String, BlockParameters>,
    /// What is being read.
    owner: Owner,
    /// The network's parameters that expressions name, by where they do.
    uses: HashMap<Owner, HashSet<String>>,
    /// The blocks that are called, by where they are.
    calls: HashMap<Owner, HashSet<usize>>,
    /// Parameters of the block and loop indices in scope, and whether they were used.
    locals: Vec<(String, bool)>,
    /// Names given in the scopes that are being read, innermost last.
    names: Vec<HashSet<String>>,
}

impl Parser {
    pub(super) fn new() -> Self {
        let operators: HashMap<_, _> = signatures().map(|s| (s.name, s)).collect();
        let mut tree = Tree::default();
        tree.words.extend(built_in_words().map(Arc::from));
        Self {
            places: Places::default(),
            problems: Problems::default(),
            tree,
            operators,
            blocks: IndexMap::new(),
            owner: Owner::Network,
            uses: HashMap::new(),
            calls: HashMap::new(),
            locals: Vec::new(),
            names: vec![HashSet::new()],
        }
    }

    /// The network's parameters on which what is built depends.
    fn reachable(&self) -> HashSet<String> {
        let mut known = HashSet::from([Owner::Network]);
        let mut open = vec![Owner::Network];
        let mut names = HashSet::new();
        while let Some(owner) = open.pop() {
            let used = self.uses.get(&owner).into_iter().flatten();
            names.extend(used.clone().cloned());
            let defaults = used.cloned().map(Owner::Parameter);
            let blocks = self.calls.get(&owner).into_iter().flatten().copied().map(Owner::Block);
            open.extend(defaults.chain(blocks).filter(|owner| known.insert(owner.clone())));
        }
        names
    }

    fn error(&mut self, place: Place, message: impl Into<String>) {
        self.problems.add(Problem::error(place, message));
    }

    fn error_with_help(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.problems.add(Problem::error(place, message).help(help));
    }
}

fn built_in_words() -> impl Iterator<Item = &'static str> {
    let followers = signatures()
        .filter(|signature| matches!(signature.role, Role::Activation | Role::Normalization))
        .map(|signature| signature.name);
    let arguments = signatures().flat_map(|signature| signature.arguments);
    let listed = arguments.flat_map(|argument| match argument.kind {
        Kind::Word(words) => words,
        _ => &[],
    });
    followers
        .chain(listed.copied())
        .chain(Padding::NAMED.map(|(word, _)| word))
        .chain(NORMALIZATIONS.map(|(short, _)| short))
        .chain([NO_FOLLOWER])
}

/// "did you mean `x`?", where something is near.
fn did_you_mean(suggestion: Option<&str>) -> Option<String> {
    suggestion.map(|name| format!("did you mean `{name}`?"))
}
