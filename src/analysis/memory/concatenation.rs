//! Memory by how concatenations are stored.
//!
//! In a dense block every layer takes a concatenation of all maps before it. Copied out, the concatenations of n layers hold each map up
//! to n times; Pleiss et al. 2017, "Memory-Efficient Implementation of DenseNets", arXiv:1707.06990, store them otherwise.

use serde::Serialize;

use super::graph::{Exceeded, Graph, add};
use super::lifetimes::{self, Concatenations, Rules};
use super::training::{KeptTensors, Training};

/// How concatenations are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConcatenationPolicy {
    /// Every concatenation is a copy, and kept where the backward pass needs it. n layers of growth k over c channels make
    /// concatenations of n·c + k·n(n+1)/2 channels.
    Copied,
    /// All concatenations are written to one buffer, as large as the largest (or the largest sum that one operator takes). What they are
    /// made of stays alive, and is kept in training, so that they can be made again when they are taken.
    Shared,
    /// A concatenation along the channels that is the last to take an operand, with all views of it, has it in place: the operand was
    /// written there. Operands that are taken later, and the network's inputs and outputs, are copied. A chain of concatenations so
    /// stores every map once.
    InPlace,
    /// Concatenations, and normalizations and activations of them up to the next other operator, are not kept for the backward pass: what
    /// they are made of is, and they are made again, layer by layer (Chen et al. 2016, arXiv:1604.06174). At inference as `Copied`.
    Recomputed,
}

impl ConcatenationPolicy {
    /// All policies, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Copied, Self::Shared, Self::InPlace, Self::Recomputed];

    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Shared => "shared buffer",
            Self::InPlace => "in place",
            Self::Recomputed => "recomputed",
        }
    }

    /// Its name in JSON and CSV.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Shared => "shared",
            Self::InPlace => "in_place",
            Self::Recomputed => "recomputed",
        }
    }
}

/// Memory where concatenations are stored in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConcatenationMemory {
    /// Which way.
    pub policy: ConcatenationPolicy,
    /// The peak of live activations at inference, with element-wise operators in place.
    pub peak_activation_bytes: u64,
    /// What is kept for the backward pass, and what this makes again at a time.
    pub training_bytes: u64,
    /// Of these, what holds concatenations: the kept ones, the shared buffer, or the largest that is made again with what follows it.
    pub kept_concat_bytes: u64,
}

/// The memory of a network by policy; `None` where there is no concatenation.
pub(super) fn policies(
    graph: &Graph<'_>,
    kept: &KeptTensors,
    training: &Training,
) -> Result<Option<Vec<ConcatenationMemory>>, Exceeded> {
    if !graph.nodes.iter().any(|node| node.is_concat) {
        return Ok(None);
    }
    let peak = |concatenations| {
        let rules = Rules { in_place: true, concatenations };
        Ok::<u64, Exceeded>(lifetimes::schedule(graph, rules)?.peak_bytes)
    };
    let copied = peak(Concatenations::Copied)?;
    let policies = ConcatenationPolicy::ALL.into_iter().map(|policy| {
        let (peak_activation_bytes, [training_bytes, kept_concat_bytes]) = match policy {
            ConcatenationPolicy::Copied => {
                (copied, [training.training_bytes, concatenation_bytes(graph, &kept.is_kept)?])
            }
            ConcatenationPolicy::Shared => (peak(Concatenations::Shared)?, shared(graph, kept)?),
            ConcatenationPolicy::InPlace => {
                (peak(Concatenations::Written)?, in_place(graph, kept)?)
            }
            ConcatenationPolicy::Recomputed => (copied, recomputed(graph, kept)?),
        };
        Ok(ConcatenationMemory { policy, peak_activation_bytes, training_bytes, kept_concat_bytes })
    });
    policies.collect::<Result<_, _>>().map(Some)
}

/// The bytes of kept tensors, and of masks, indices and statistics of the steps that `counts`, and those of something before.
fn kept_bytes(
    graph: &Graph<'_>,
    is_kept: &[bool],
    counts: impl Fn(usize) -> bool,
    before: u64,
) -> Result<u64, Exceeded> {
    graph.nodes.iter().zip(is_kept).enumerate().try_fold(before, |sum, (at, (node, is_kept))| {
        let sum = if *is_kept { add(sum, node.bytes, at)? } else { sum };
        if counts(at) { add(sum, node.kept.bytes, at) } else { Ok(sum) }
    })
}

/// The bytes of kept concatenations.
fn concatenation_bytes(graph: &Graph<'_>, is_kept: &[bool]) -> Result<u64, Exceeded> {
    let mut kept = graph.nodes.iter().zip(is_kept).enumerate();
    kept.try_fold(
        0,
        |sum, (at, (node, is_kept))| {
            if node.is_concat && *is_kept { add(sum, node.bytes, at) } else { Ok(sum) }
        },
    )
}

/// Which tensors are kept where those that are made again are not, but what they are made of is.
fn sources(graph: &Graph<'_>, kept: &KeptTensors, is_remade: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut is_needed = kept.is_kept.clone();
    for at in (0..graph.len()).rev().filter(|&at| is_remade(at)) {
        if std::mem::take(&mut is_needed[at]) {
            for operand in graph.operands(at) {
                is_needed[kept.owners[operand]] = true;
            }
        }
    }
    is_needed
}

/// What training keeps, and of it the buffer, where all concatenations share one.
fn shared(graph: &Graph<'_>, kept: &KeptTensors) -> Result<[u64; 2], Exceeded> {
    let is_needed = sources(graph, kept, |at| graph.nodes[at].is_concat);
    let buffer = lifetimes::shared_buffer(graph, &kept.owners)?;
    Ok([kept_bytes(graph, &is_needed, |_| true, buffer)?, buffer])
}

/// What training keeps, and of it concatenations, where these have their operands in place.
fn in_place(graph: &Graph<'_>, kept: &KeptTensors) -> Result<[u64; 2], Exceeded> {
    let ends = lifetimes::ends(graph, &kept.owners, true);
    let mut is_kept = kept.is_kept.clone();
    // Whether an owner lies within a kept concatenation.
    let mut is_within = vec![false; graph.len()];
    for at in (0..graph.len()).rev().filter(|&at| graph.nodes[at].is_channel_concat) {
        if !is_kept[at] && !is_within[at] {
            continue;
        }
        for operand in graph.operands(at) {
            let operand = kept.owners[operand];
            if ends[operand] == at && !lifetimes::is_foreign(graph, &ends, operand) {
                is_within[operand] = true;
            }
        }
    }
    for (is_kept, is_within) in is_kept.iter_mut().zip(is_within) {
        *is_kept &= !is_within;
    }
    Ok([kept_bytes(graph, &is_kept, |_| true, 0)?, concatenation_bytes(graph, &is_kept)?])
}

/// What training keeps, and of it what is made again at a time, where concatenations and cheap operators after them are made again.
fn recomputed(graph: &Graph<'_>, kept: &KeptTensors) -> Result<[u64; 2], Exceeded> {
    let owners = &kept.owners;
    let mut is_remade = vec![false; graph.len()];
    // The bytes that are there again once a tensor is, for the backward passes from it back to its concatenation.
    let mut working = vec![0u64; graph.len()];
    let mut seen = vec![0; graph.len()];
    let mut largest = 0;
    for (at, node) in graph.nodes.iter().enumerate() {
        let mut operands = graph.operands(at);
        let follows = match (operands.next(), operands.next()) {
            (Some(operand), None) => node.is_cheap && is_remade[owners[operand]],
            _ => false,
        };
        is_remade[at] = node.is_concat || follows;
        let before = graph
            .distinct(owners, at, &mut seen)
            .filter(|&owner| is_remade[owner] && !(node.is_concat && graph.nodes[owner].is_concat));
        let before =
            before.map(|owner| working[owner]).try_fold(0, |sum, bytes| add(sum, bytes, at))?;
        if is_remade[at] {
            let own = if kept.is_kept[at] { node.bytes } else { 0 };
            working[at] = add(add(before, own, at)?, node.kept.bytes, at)?;
            largest = largest.max(working[at]);
        } else if owners[at] == at {
            largest = largest.max(before);
        }
    }
    let is_needed = sources(graph, kept, |at| is_remade[at]);
    Ok([kept_bytes(graph, &is_needed, |at| !is_remade[at], largest)?, largest])
}
