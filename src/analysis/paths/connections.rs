//! Direct connections within blocks: how many features each consumer of a block takes.

use std::collections::HashMap;

use serde::Serialize;

use super::graph::{Graph, Vertex};
use crate::network::Network;

/// The direct connections within a block.
///
/// Joins (concatenations, sums, products, …) only bring tensors together; what computes is every other operator. A consumer that
/// takes a join is connected to all that the join brings together, through further joins of the block too. What comes from outside of
/// the block is one feature, x_0; inside of it a feature is what some join of the block takes. The connections of the block are the
/// sum over its consumers of the number of features that each takes; a feature that reaches a consumer by two ways counts
/// twice. A dense block of L layers has L(L + 1)/2 (Huang et al. 2016, arXiv:1608.06993, section 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockConnections {
    /// The path of the block; empty for the whole network.
    pub block: String,
    /// How many joins it has.
    pub joins: u64,
    /// How many direct connections; `None` where they exceed 64 bits.
    pub connections: Option<u64>,
}

/// A block while it is counted.
struct Block<'n> {
    path: &'n str,
    /// The number of the block that holds it; the whole network is held by none.
    parent: Option<usize>,
    /// How many blocks hold it.
    level: usize,
    /// The position of its first node.
    first: usize,
    joins: u64,
    connections: Option<u64>,
}

/// The blocks of a network, each numbered after the one that holds it; the whole network is the first.
struct Blocks<'n> {
    list: Vec<Block<'n>>,
    numbers: HashMap<&'n str, usize>,
}

/// The direct connections of the network and of every block that has joins; a block comes before what it holds.
pub(super) fn connections(network: &Network, graph: &Graph<'_>) -> Vec<BlockConnections> {
    let mut blocks = Blocks { list: Vec::new(), numbers: HashMap::new() };
    let mut innermost: Vec<usize> = Vec::with_capacity(network.len());
    let mut last = blocks.number("", 0);
    for (position, (_, node)) in network.nodes().enumerate() {
        let path = node.block();
        // Neighbors mostly lie in one block.
        if blocks.list.get(last).is_none_or(|block| block.path != path) {
            last = blocks.number(path, position);
        }
        innermost.push(last);
    }
    let deepest = blocks.list.iter().map(|block| block.level).max().unwrap_or(0);
    for level in 0..=deepest {
        let holders = blocks.holders(level);
        let of_nodes: Vec<Option<usize>> =
            innermost.iter().map(|block| holders.get(*block).copied().flatten()).collect();
        count_level(graph, &of_nodes, &mut blocks.list);
    }
    let mut found = blocks.list;
    found.retain(|block| block.joins > 0);
    found.sort_by_key(|block| (block.first, block.level));
    let found = found.into_iter().map(|Block { path, joins, connections, .. }| BlockConnections {
        block: path.to_owned(),
        joins,
        connections,
    });
    found.collect()
}

impl<'n> Blocks<'n> {
    /// The number of a block, a new one where its first node is found at `position`.
    fn number(&mut self, path: &'n str, position: usize) -> usize {
        // From the block outward to one that is known, and back.
        let mut unknown = Vec::new();
        let mut at = Some(path);
        let mut parent = None;
        while let Some(path) = at {
            if let Some(number) = self.numbers.get(path) {
                parent = Some(*number);
                break;
            }
            unknown.push(path);
            let holder = path.rsplit_once('/').map_or("", |(holder, _)| holder);
            at = Some(holder).filter(|_| !path.is_empty());
        }
        for path in unknown.into_iter().rev() {
            let holder = parent.and_then(|number| self.list.get(number));
            let level = holder.map_or(0, |holder| holder.level.saturating_add(1));
            let number = self.list.len();
            self.list.push(Block {
                path,
                parent,
                level,
                first: position,
                joins: 0,
                connections: Some(0),
            });
            self.numbers.insert(path, number);
            parent = Some(number);
        }
        parent.unwrap_or(0)
    }

    /// For every block the one of a level that holds it or is it, if there is one.
    fn holders(&self, level: usize) -> Vec<Option<usize>> {
        let mut holders: Vec<Option<usize>> = Vec::with_capacity(self.list.len());
        for (number, block) in self.list.iter().enumerate() {
            holders.push(match block.parent {
                _ if block.level == level => Some(number),
                Some(parent) if block.level > level => holders.get(parent).copied().flatten(),
                _ => None,
            });
        }
        holders
    }
}

/// Counts the joins and connections of disjoint blocks in one pass.
fn count_level(graph: &Graph<'_>, blocks: &[Option<usize>], list: &mut [Block<'_>]) {
    let features = features(graph, blocks);
    // What a consumer of the node's tensor within the block is connected to.
    let mut sources: Vec<Option<u64>> = Vec::with_capacity(blocks.len());
    for (vertex, &block) in graph.nodes.iter().zip(blocks) {
        let mut taken = vertex.operands().map(|operand| {
            let inside = is_inside(graph, blocks, block, operand);
            if !inside { Some(1) } else { sources.get(operand).copied().flatten() }
        });
        let taken = taken.try_fold(0_u64, |sum, count| sum.checked_add(count?));
        let is_feature = features.get(sources.len()).copied().unwrap_or(false);
        sources.push(if vertex.is_join { taken } else { Some(u64::from(is_feature)) });
        let counted = block.and_then(|block| list.get_mut(block));
        let Some(counted) = counted.filter(|_| !vertex.is_input) else { continue };
        if vertex.is_join {
            counted.joins = counted.joins.saturating_add(1);
        } else {
            counted.connections =
                counted.connections.zip(taken).and_then(|(sum, taken)| sum.checked_add(taken));
        }
    }
}

/// Whether each node's tensor is taken by a join of its own block.
fn features(graph: &Graph<'_>, blocks: &[Option<usize>]) -> Vec<bool> {
    let mut features = vec![false; blocks.len()];
    let joins = |(vertex, _): &(&Vertex<'_>, _)| vertex.is_join;
    for (vertex, &block) in graph.nodes.iter().zip(blocks).filter(joins) {
        for operand in vertex.operands() {
            if let Some(feature) = features.get_mut(operand) {
                *feature |= is_inside(graph, blocks, block, operand);
            }
        }
    }
    features
}

/// Whether an operand is made within a block rather than given to it; an input of the network is given.
fn is_inside(
    graph: &Graph<'_>,
    blocks: &[Option<usize>],
    block: Option<usize>,
    operand: usize,
) -> bool {
    let is_input = graph.nodes.get(operand).is_some_and(|vertex| vertex.is_input);
    block.is_some() && blocks.get(operand).copied().flatten() == block && !is_input
}
