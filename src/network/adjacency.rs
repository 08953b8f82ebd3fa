//! Who takes what: the edges of the graph as lists in a fixed order, which are looked up without search or allocation.

use petgraph::graph::DiGraph;

use super::{Node, Shape, Slot, Tensor};

/// Whoever takes a tensor as an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumer {
    /// The node, by the tensor that it produces.
    pub tensor: Tensor,
    /// Which of its operands the tensor is.
    pub slot: Slot,
}

/// The edges of a finished graph by either end.
#[derive(Debug, Clone)]
pub(super) struct Adjacency {
    pub(super) operands: Rows<Tensor>,
    pub(super) operand_shapes: Rows<Shape>,
    pub(super) consumers: Rows<Consumer>,
}

impl Adjacency {
    pub(super) fn of(graph: &DiGraph<Node, Slot>) -> Self {
        let nodes = graph.node_count();
        let mut edges: Vec<_> = graph.raw_edges().iter().collect();
        edges.sort_by_key(|edge| (edge.target(), edge.weight.0));
        let operands = edges.iter().map(|edge| (edge.target().index(), Tensor(edge.source())));
        let operands = Rows::of_sorted(nodes, operands);
        let shapes = edges.iter().filter_map(|edge| {
            Some((edge.target().index(), graph.node_weight(edge.source())?.shape))
        });
        let operand_shapes = Rows::of_sorted(nodes, shapes);
        // The sort is stable, so that consumers stay in execution order.
        edges.sort_by_key(|edge| edge.source());
        let consumers = edges.iter().map(|edge| {
            let consumer = Consumer { tensor: Tensor(edge.target()), slot: edge.weight };
            (edge.source().index(), consumer)
        });
        let consumers = Rows::of_sorted(nodes, consumers);
        Self { operands, operand_shapes, consumers }
    }
}

/// A list for every node, one after another in one table: compressed sparse rows.
#[derive(Debug, Clone)]
pub(super) struct Rows<T> {
    /// Where every row starts, and where the last one ends.
    bounds: Vec<usize>,
    entries: Vec<T>,
}

impl<T> Rows<T> {
    /// The rows of so many nodes from entries sorted by node.
    fn of_sorted(nodes: usize, sorted: impl Iterator<Item = (usize, T)>) -> Self {
        let mut rows = Self { bounds: Vec::with_capacity(nodes + 1), entries: Vec::new() };
        rows.entries.reserve(sorted.size_hint().1.unwrap_or(0));
        for (node, entry) in sorted {
            if rows.bounds.len() <= node {
                rows.bounds.resize(node + 1, rows.entries.len());
            }
            rows.entries.push(entry);
        }
        rows.bounds.resize(nodes + 1, rows.entries.len());
        rows
    }

    /// The row of a node; empty where there is no such node.
    pub(super) fn row(&self, node: usize) -> &[T] {
        match self.bounds.get(node..) {
            Some([start, end, ..]) => self.entries.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}
