//! Which activations are alive at each step of one forward pass at inference.
//!
//! Steps are taken in execution order. While an operator runs, its operands, whatever a later one takes, and its output are alive. An
//! input of the network is alive from the beginning through the last step that takes it, what the network returns until the end.

use serde::Serialize;

use super::graph::{Exceeded, Graph, add};
use crate::ops::Storage;

/// Bytes of the activations that are alive while each layer runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// The largest sum.
    pub peak_bytes: u64,
    /// The first layer at which it is reached, by position in execution order; inputs are no layers. 0 where there is no layer.
    pub peak_layer: usize,
    /// The bytes at each layer, in execution order.
    pub alive_bytes: Vec<u64>,
}

/// How the outputs of steps are stored.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// Whether a step may write over an operand.
    pub(super) in_place: bool,
    /// How concatenations are stored.
    pub(super) concatenations: Concatenations,
}

/// How concatenations are stored at inference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Concatenations {
    /// As copies.
    #[default]
    Copied,
    /// All in one buffer, written anew from their operands where they are taken.
    Shared,
    /// With those operands in place that end there.
    Written,
}

/// A step that never comes.
const NEVER: usize = usize::MAX;

/// For every owner of storage the last step at which it is alive, [`NEVER`] for what the network returns; for what is no owner 0.
/// Without `views` a view keeps alive what it is of only for those that take it.
pub(super) fn ends(graph: &Graph<'_>, owners: &[usize], views: bool) -> Vec<usize> {
    let mut ends = vec![0; graph.len()];
    for (at, &owner) in owners.iter().enumerate().filter(|(at, owner)| views || at == *owner) {
        ends[owner] = ends[owner].max(at);
        for operand in graph.operands(at) {
            let operand = owners[operand];
            ends[operand] = ends[operand].max(at);
        }
    }
    for &output in &graph.outputs {
        ends[owners[output]] = NEVER;
    }
    ends
}

/// Whether nothing may be written over what an owner holds: the network's inputs are the caller's, its outputs are not to change.
pub(super) fn is_foreign(graph: &Graph<'_>, ends: &[usize], owner: usize) -> bool {
    graph.nodes[owner].is_input || ends[owner] == NEVER
}

/// The bytes of the buffer that all concatenations share: the largest sum of distinct concatenations that one other operator takes
/// or the network returns, and at least the largest concatenation.
pub(super) fn shared_buffer(graph: &Graph<'_>, owners: &[usize]) -> Result<u64, Exceeded> {
    let mut seen = vec![0; graph.len()];
    let mut largest = 0;
    for (at, node) in graph.nodes.iter().enumerate() {
        let taken = if node.is_concat {
            node.bytes
        } else {
            let taken = graph.distinct(owners, at, &mut seen);
            let mut taken = taken.filter(|&owner| graph.nodes[owner].is_concat);
            taken.try_fold(0, |sum, owner| add(sum, graph.nodes[owner].bytes, at))?
        };
        largest = largest.max(taken);
    }
    let mut returned: Vec<usize> = graph.outputs.iter().map(|&output| owners[output]).collect();
    returned.sort_unstable();
    returned.dedup();
    let mut returned = returned.into_iter().filter(|&owner| graph.nodes[owner].is_concat);
    let returned = returned.try_fold(0, |sum, owner| add(sum, graph.nodes[owner].bytes, owner))?;
    Ok(largest.max(returned))
}

/// Whose storage is needed until when.
#[derive(Debug)]
pub(super) struct Lifetimes {
    /// For every node the one whose storage its output is.
    pub(super) owners: Vec<usize>,
    /// For every owner the last step at which it is alive, [`NEVER`] for what the network returns.
    pub(super) ends: Vec<usize>,
    /// For every owner the step that its storage went over to.
    pub(super) taken_by: Vec<Option<usize>>,
    /// The bytes alive at each layer.
    pub(super) schedule: Schedule,
}

/// The activations alive at each layer.
pub(super) fn schedule(graph: &Graph<'_>, rules: Rules) -> Result<Schedule, Exceeded> {
    lifetimes(graph, rules).map(|lifetimes| lifetimes.schedule)
}

/// Whose storage is needed until when.
pub(super) fn lifetimes(graph: &Graph<'_>, rules: Rules) -> Result<Lifetimes, Exceeded> {
    let owners = graph.owners(false);
    // In place a view is no step at all.
    let mut ends = ends(graph, &owners, !rules.in_place);
    let is_shared = rules.concatenations == Concatenations::Shared;
    let mut buffer = 0;
    if is_shared {
        buffer = shared_buffer(graph, &owners)?;
        outlive_concatenations(graph, &owners, &mut ends);
    }
    let mut alive = graph.with_inputs(buffer)?;
    let ending = Ending::of(&owners, &ends);
    let mut taken_by = vec![None; graph.len()];
    let mut seen = vec![0; graph.len()];
    let mut schedule = Schedule { peak_bytes: 0, peak_layer: 0, alive_bytes: Vec::new() };
    for (at, node) in graph.nodes.iter().enumerate() {
        let is_copied = |owner: usize| !(is_shared && graph.nodes[owner].is_concat);
        let may_write_over = |owner: usize| {
            ends[owner] == at && !is_foreign(graph, &ends, owner) && is_copied(owner)
        };
        let mut new = node.bytes;
        if node.is_input || owners[at] != at || !is_copied(at) {
            new = 0;
        } else if node.is_channel_concat && rules.concatenations == Concatenations::Written {
            for owner in graph.distinct(&owners, at, &mut seen).filter(|&o| may_write_over(o)) {
                taken_by[owner] = Some(at);
                new = new.checked_sub(graph.nodes[owner].bytes).ok_or(Exceeded(at))?;
            }
        } else if rules.in_place && node.storage == Storage::InPlace {
            let mut operands = graph.distinct(&owners, at, &mut seen);
            let same = |&owner: &usize| graph.nodes[owner].bytes == node.bytes;
            if let Some(owner) = operands.find(|owner| may_write_over(*owner) && same(owner)) {
                taken_by[owner] = Some(at);
                new = 0;
            }
        }
        alive = add(alive, new, at)?;
        if !node.is_input {
            if alive > schedule.peak_bytes {
                schedule.peak_bytes = alive;
                schedule.peak_layer = schedule.alive_bytes.len();
            }
            schedule.alive_bytes.push(alive);
        }
        for owner in ending.at(at).filter(|&owner| taken_by[owner].is_none() && is_copied(owner)) {
            alive = alive.checked_sub(graph.nodes[owner].bytes).ok_or(Exceeded(at))?;
        }
    }
    Ok(Lifetimes { owners, ends, taken_by, schedule })
}

/// Lets what a concatenation is made of live as long as it does, so that it can be made again.
fn outlive_concatenations(graph: &Graph<'_>, owners: &[usize], ends: &mut [usize]) {
    for at in (0..graph.len()).rev().filter(|&at| graph.nodes[at].is_concat) {
        for operand in graph.operands(at) {
            let operand = owners[operand];
            ends[operand] = ends[operand].max(ends[at]);
        }
    }
}

/// For every step the owners that end there, as linked lists.
struct Ending {
    first: Vec<usize>,
    next: Vec<usize>,
}

impl Ending {
    fn of(owners: &[usize], ends: &[usize]) -> Self {
        let mut ending = Self { first: vec![NEVER; ends.len()], next: vec![NEVER; ends.len()] };
        for (owner, &end) in ends.iter().enumerate().filter(|(at, _)| owners[*at] == *at) {
            if let Some(first) = ending.first.get_mut(end) {
                ending.next[owner] = std::mem::replace(first, owner);
            }
        }
        ending
    }

    fn at(&self, step: usize) -> impl Iterator<Item = usize> {
        let some = |owner: usize| (owner != NEVER).then_some(owner);
        std::iter::successors(some(self.first[step]), move |&owner| some(self.next[owner]))
    }
}
