//! Stochastic depth: what of a network is in use on average while `drop_path` drops branches
//! (Huang et al. 2016, arXiv:1603.09382).

use serde::Serialize;

use crate::analysis::{AnalysisError, cost, parameters};
use crate::network::{Network, Tensor};
use crate::ops::Op;

/// What is in use on average in a training step, each `drop_path` dropping with its rate and independently of the others.
///
/// A node is in use if at least one path from it to an output survives, that is, meets no `drop_path` that drops.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survival {
    /// Branches, each ended by a `drop_path`: the paper's expected depth in blocks.
    pub branches: Expectation,
    /// Weighted layers.
    pub weighted_layers: Expectation,
    /// Trained values.
    pub params: Expectation,
    /// Multiply–accumulates of a forward pass.
    pub macs: Expectation,
    /// The first layer of which it is not known how often it is in use; `None` where it is known of all that count.
    pub unknown: Option<String>,
}

/// A sum and how much of it is in use on average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Expectation {
    /// The expected value, in floating point; `None` where it is not known.
    pub expected: Option<f64>,
    /// The whole.
    pub all: u64,
}

impl Expectation {
    const NOTHING: Self = Self { expected: Some(0.0), all: 0 };

    /// Takes in an amount that is in use with this probability; whether that is known where it matters.
    fn add(&mut self, amount: u64, probability: Option<f64>) -> bool {
        if amount == 0 {
            return true;
        }
        self.all = self.all.saturating_add(amount);
        self.expected = self.expected.zip(probability).map(|(sum, p)| sum + p * amount as f64);
        probability.is_some()
    }
}

/// What is in use on average; `None` where the network drops no branches.
///
/// # Errors
/// Where a layer's parameters or arithmetic exceed 64 bits.
pub fn survival(network: &Network) -> Result<Option<Survival>, AnalysisError> {
    if !network.nodes().any(|(_, node)| matches!(node.op, Op::DropPath(_))) {
        return Ok(None);
    }
    let (parameters, cost) = (parameters(network)?, cost(network)?);
    let nothing = Expectation::NOTHING;
    let mut survival = Survival {
        branches: nothing,
        weighted_layers: nothing,
        params: nothing,
        macs: nothing,
        unknown: None,
    };
    let nodes = network.nodes().zip(&parameters).zip(&cost).zip(in_use(network));
    for ((((_, node), held), cost), probability) in nodes {
        let is_branch = u64::from(matches!(node.op, Op::DropPath(_)));
        let known = [
            survival.branches.add(is_branch, probability),
            survival.weighted_layers.add(u64::from(node.op.is_weighted()), probability),
            survival.params.add(held.trained, probability),
            survival.macs.add(cost.macs, probability),
        ];
        if known.contains(&false) && survival.unknown.is_none() {
            survival.unknown = Some(node.name().to_owned());
        }
    }
    Ok(Some(survival))
}

/// For every node the probability that it is in use; `None` where the rule does not give it.
///
/// A node is in use only if everything survives that stands on all paths from it, its post-dominators. Where some path meets no
/// other `drop_path` than these, it is in use exactly then. That is so if the fewest that a path meets are as many as there are
/// among the post-dominators.
fn in_use(network: &Network) -> Vec<Option<f64>> {
    let mut tree = Tree::new(network.len());
    let mut fewest: Vec<Option<u32>> = vec![None; network.len()];
    for (tensor, node) in network.nodes().rev() {
        let survives = match &node.op {
            Op::DropPath(drop) if drop.rate > 0.0 => Some(1.0 - drop.rate),
            _ => None,
        };
        let drops = u32::from(survives.is_some());
        let consumers = network.consumers(tensor).iter().map(|consumer| consumer.tensor.index());
        let onward = consumers.filter_map(|position| fewest.get(position).copied().flatten());
        let least = onward.chain(network.is_output(tensor).then_some(0)).min();
        if let Some(slot) = fewest.get_mut(tensor.index()) {
            *slot = least.map(|least| least.saturating_add(drops));
        }
        tree.insert(network, tensor, drops, survives.unwrap_or(1.0));
    }
    let known = fewest.iter().enumerate().map(|(position, fewest)| match fewest {
        None => Some(0.0),
        Some(fewest) => {
            tree.get(position).filter(|entry| entry.drops == *fewest).map(|entry| entry.survives)
        }
    });
    known.collect()
}

/// The tree of post-dominators: the parent of a node is the nearest that stands on all paths from it. Its root, behind all outputs,
/// is the entry after the nodes'.
///
/// Every entry has a second pointer further up, laid so that the nearest common ancestor of two is found in a logarithmic number of
/// steps (Myers 1983, "An applicative random-access stack").
#[derive(Debug)]
struct Tree {
    entries: Vec<Option<Entry>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    parent: usize,
    jump: usize,
    depth: usize,
    /// How many of the node and its ancestors drop.
    drops: u32,
    /// The probability that none of them does.
    survives: f64,
}

impl Tree {
    fn new(nodes: usize) -> Self {
        let mut entries = vec![None; nodes];
        entries.push(Some(Entry { parent: nodes, jump: nodes, depth: 0, drops: 0, survives: 1.0 }));
        Self { entries }
    }

    fn get(&self, position: usize) -> Option<&Entry> {
        self.entries.get(position)?.as_ref()
    }

    fn root(&self) -> usize {
        self.entries.len().saturating_sub(1)
    }

    /// Adds a node below the nearest common ancestor of all that take its tensor, the root where the network returns it; its
    /// consumers were added before. Not where no path leads on.
    fn insert(&mut self, network: &Network, tensor: Tensor, drops: u32, survives: f64) {
        let consumers = network.consumers(tensor).iter().map(|consumer| consumer.tensor.index());
        let reaching = consumers.filter(|position| self.get(*position).is_some());
        let reaching = reaching.chain(network.is_output(tensor).then(|| self.root()));
        let parent = reaching.reduce(|a, b| self.meet(a, b));
        let entry = parent.and_then(|parent| self.below(parent, drops, survives));
        if let Some(slot) = self.entries.get_mut(tensor.index()) {
            *slot = entry;
        }
    }

    fn below(&self, parent: usize, drops: u32, survives: f64) -> Option<Entry> {
        let above = self.get(parent)?;
        let jump = self.get(above.jump)?;
        let further = self.get(jump.jump)?;
        let equal = above.depth.checked_sub(jump.depth) == jump.depth.checked_sub(further.depth);
        Some(Entry {
            parent,
            jump: if equal { above.jump } else { parent },
            depth: above.depth.saturating_add(1),
            drops: above.drops.saturating_add(drops),
            survives: above.survives * survives,
        })
    }

    /// The nearest common ancestor.
    fn meet(&self, first: usize, second: usize) -> usize {
        self.common(first, second).unwrap_or(self.root())
    }

    fn common(&self, mut first: usize, mut second: usize) -> Option<usize> {
        if self.get(first)?.depth < self.get(second)?.depth {
            std::mem::swap(&mut first, &mut second);
        }
        let depth = self.get(second)?.depth;
        while self.get(first)?.depth > depth {
            let entry = self.get(first)?;
            let far = self.get(entry.jump)?.depth < depth;
            first = if far { entry.parent } else { entry.jump };
        }
        while first != second {
            let (a, b) = (self.get(first)?, self.get(second)?);
            (first, second) =
                if a.jump == b.jump { (a.parent, b.parent) } else { (a.jump, b.jump) };
        }
        Some(first)
    }
}
