//! Direct connections within blocks: how many features each consumer of a block takes.

use std::collections::HashMap;

use super::graph::{Graph, Vertex};
use crate::network::{Network, Node};

/// The direct connections within a block.
///
/// Joins (concatenations, sums, products, …) only bring tensors together; what computes is every other operator. A consumer that
/// takes a join is connected to all that the join brings together, through further joins of the block too. What comes from outside of
/// the block is one feature, x_0; inside of it a feature is what some join of the block takes. The connections of the block are the
/// sum over its consumers of the number of features that each takes; a feature that reaches a consumer by two ways counts
/// twice. A dense block of L layers has L(L + 1)/2 (Huang et al. 2016, arXiv:1608.06993, section 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockConnections {
    /// The path of the block; empty for the whole network.
    pub block: String,
    /// How many joins it has.
    pub joins: u64,
    /// How many direct connections; `None` where they exceed 64 bits.
    pub connections: Option<u64>,
}

/// A block while it is counted.
struct Count {
    first: usize,
    found: BlockConnections,
}

/// The direct connections of the network and of every block that has joins; a block comes before what it holds.
pub(super) fn connections(network: &Network, graph: &Graph) -> Vec<BlockConnections> {
    let mut found: Vec<(usize, usize, BlockConnections)> = Vec::new();
    let deepest = network.nodes().map(|(_, node)| segments(node.block())).max().unwrap_or(0);
    for level in 0..=deepest {
        let (blocks, mut counts) = blocks_of_level(network, level);
        count_level(graph, &blocks, &mut counts);
        let with_joins = counts.into_iter().filter(|count| count.found.joins > 0);
        found.extend(with_joins.map(|count| (count.first, level, count.found)));
    }
    found.sort_by_key(|(first, level, _)| (*first, *level));
    found.into_iter().map(|(_, _, block)| block).collect()
}

fn segments(block: &str) -> usize {
    if block.is_empty() { 0 } else { block.matches('/').count().saturating_add(1) }
}

/// The block of `level` segments that a node lies in; that of no segments is the whole network.
fn block_at(node: &Node, level: usize) -> Option<&str> {
    let Some(before) = level.checked_sub(1) else { return Some("") };
    let (end, _) = node.name().match_indices('/').nth(before)?;
    node.name().get(..end)
}

/// For every node the number of its block, and the blocks by number.
fn blocks_of_level(network: &Network, level: usize) -> (Vec<Option<usize>>, Vec<Count>) {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut counts: Vec<Count> = Vec::new();
    let mut last: Option<(&str, usize)> = None;
    let mut blocks = Vec::with_capacity(network.len());
    for (position, (_, node)) in network.nodes().enumerate() {
        let number = block_at(node, level).map(|block| {
            // Neighbors mostly lie in one block.
            if let Some((_, number)) = last.filter(|(path, _)| *path == block) {
                return number;
            }
            let number = *numbers.entry(block).or_insert_with(|| {
                let found =
                    BlockConnections { block: block.to_owned(), joins: 0, connections: Some(0) };
                counts.push(Count { first: position, found });
                counts.len().saturating_sub(1)
            });
            last = Some((block, number));
            number
        });
        blocks.push(number);
    }
    (blocks, counts)
}

/// Counts the joins and connections of disjoint blocks in one pass.
fn count_level(graph: &Graph, blocks: &[Option<usize>], counts: &mut [Count]) {
    let features = features(graph, blocks);
    // What a consumer of the node's tensor within the block is connected to.
    let mut sources: Vec<Option<u64>> = Vec::with_capacity(blocks.len());
    for (vertex, &block) in graph.nodes.iter().zip(blocks) {
        let mut taken = vertex.operands.iter().map(|&operand| {
            let inside = is_inside(graph, blocks, block, operand);
            if !inside { Some(1) } else { sources.get(operand).copied().flatten() }
        });
        let taken = taken.try_fold(0_u64, |sum, count| sum.checked_add(count?));
        let is_feature = features.get(sources.len()).copied().unwrap_or(false);
        sources.push(if vertex.is_join { taken } else { Some(u64::from(is_feature)) });
        let count = block.and_then(|block| counts.get_mut(block));
        let Some(Count { found, .. }) = count.filter(|_| !vertex.is_input) else { continue };
        if vertex.is_join {
            found.joins = found.joins.saturating_add(1);
        } else {
            found.connections =
                found.connections.zip(taken).and_then(|(sum, taken)| sum.checked_add(taken));
        }
    }
}

/// Whether each node's tensor is taken by a join of its own block.
fn features(graph: &Graph, blocks: &[Option<usize>]) -> Vec<bool> {
    let mut features = vec![false; blocks.len()];
    let joins = |(vertex, _): &(&Vertex, _)| vertex.is_join;
    for (vertex, &block) in graph.nodes.iter().zip(blocks).filter(joins) {
        for &operand in &vertex.operands {
            if let Some(feature) = features.get_mut(operand) {
                *feature |= is_inside(graph, blocks, block, operand);
            }
        }
    }
    features
}

/// Whether an operand is made within a block rather than given to it; an input of the network is given.
fn is_inside(
    graph: &Graph,
    blocks: &[Option<usize>],
    block: Option<usize>,
    operand: usize,
) -> bool {
    let is_input = graph.nodes.get(operand).is_some_and(|vertex| vertex.is_input);
    block.is_some() && blocks.get(operand).copied().flatten() == block && !is_input
}
