//! The network: a directed acyclic graph of operators with the shapes of all tensors.
//!
//! What whoever holds a [`Network`] may rely on:
//!
//! - Nodes stand in execution order: a node's operands have smaller indices.
//! - An edge leads from the producer of a tensor to its consumer and carries the operand's slot. The slot decides
//!   the order of operands, not petgraph's listing of edges; `x + x` is two edges with two slots.
//! - Every node produces one tensor; its shape follows from its operands' by the operator's rule.
//! - Names are unique paths, `block/inner/layer`.
//! - Inputs are nodes with the operator [`crate::ops::Input`]; there is at least one, and at least one output.

mod builder;
mod shape;

use std::collections::HashSet;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{EdgeRef, IntoNodeReferences};

pub use builder::{BuildError, Builder};
pub use shape::{MAX_RANK, Shape, ShapeError};

use crate::ops::Op;

/// A tensor of a network, named by the node that produces it. It means something only to the network (or the builder) it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tensor(NodeIndex<u32>);

impl Tensor {
    /// The position of its node in execution order.
    #[must_use]
    pub fn index(self) -> usize {
        self.0.index()
    }
}

/// Position of an operand among those of its consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub u32);

/// Where in its source a node was described. What the number means is the reader's affair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Place(pub u32);

/// An operator in the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    name: Arc<str>,
    /// The operator with its arguments.
    pub op: Op,
    /// The shape of the result.
    pub shape: Shape,
    /// Where the node was described.
    pub place: Place,
}

impl Node {
    /// The full path, such as `fire2/expand3x3`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of the enclosing block, such as `fire2`; empty at top level.
    #[must_use]
    pub fn block(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(block, _)| block)
    }
}

/// A named result of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The output's name.
    pub name: String,
    /// The tensor returned.
    pub tensor: Tensor,
}

/// A network whose shapes are known. Made by a [`Builder`]; see the module for what it guarantees.
#[derive(Debug, Clone)]
pub struct Network {
    graph: DiGraph<Node, Slot>,
    inputs: Vec<Tensor>,
    outputs: Vec<Output>,
}

impl Network {
    /// The nodes that stand for the network's inputs.
    #[must_use]
    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// What the network returns.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The node that produces a tensor; `None` where there is none of that position.
    #[must_use]
    pub fn node(&self, tensor: Tensor) -> Option<&Node> {
        self.graph.node_weight(tensor.0)
    }

    /// The number of nodes, inputs included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there is no node; never true of a network that was built.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graph.node_count() == 0
    }

    /// All nodes with the tensors they produce, in execution order.
    pub fn nodes(&self) -> impl Iterator<Item = (Tensor, &Node)> {
        self.graph.node_references().map(|(index, node)| (Tensor(index), node))
    }

    /// All nodes but the inputs, in execution order.
    pub fn layers(&self) -> impl Iterator<Item = (Tensor, &Node)> {
        self.nodes().filter(|(_, node)| !matches!(node.op, Op::Input(_)))
    }

    /// The operands of a node, in the order of their slots.
    pub fn operands(&self, tensor: Tensor) -> impl Iterator<Item = (Tensor, &Node)> {
        let mut edges: Vec<_> = self
            .graph
            .edges_directed(tensor.0, Direction::Incoming)
            .map(|edge| (edge.weight().0, edge.source()))
            .collect();
        edges.sort_unstable_by_key(|(slot, _)| *slot);
        let node = |index| self.graph.node_weight(index).map(|node| (Tensor(index), node));
        edges.into_iter().filter_map(move |(_, index)| node(index))
    }

    /// The nodes whose tensors nobody takes, neither another node nor the network's outputs, in execution order.
    pub fn unused(&self) -> impl Iterator<Item = &Node> {
        let returned: HashSet<Tensor> = self.outputs.iter().map(|output| output.tensor).collect();
        let is_taken =
            |index| self.graph.neighbors_directed(index, Direction::Outgoing).next().is_some();
        self.nodes()
            .filter(move |(tensor, _)| !is_taken(tensor.0) && !returned.contains(tensor))
            .map(|(_, node)| node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{Add, Input};

    fn node(name: &str, op: Op) -> Node {
        let shape = Shape::new(&[1, 2]).unwrap();
        Node { name: name.into(), op, shape, place: Place(0) }
    }

    #[test]
    fn the_slot_of_an_edge_decides_not_when_it_was_added() {
        let mut graph = DiGraph::new();
        let shape = Shape::new(&[1, 2]).unwrap();
        let [first, second] =
            ["first", "second"].map(|name| graph.add_node(node(name, Op::Input(Input { shape }))));
        let sum = graph.add_node(node("block/sum", Op::Add(Add)));
        for (operand, slot) in [(second, 1), (first, 2), (first, 0)] {
            graph.add_edge(operand, sum, Slot(slot));
        }
        let network = Network { graph, inputs: vec![Tensor(first)], outputs: Vec::new() };
        let names: Vec<&str> =
            network.operands(Tensor(sum)).map(|(_, operand)| operand.name()).collect();
        assert_eq!(names, ["first", "second", "first"]);
        assert_eq!(network.node(Tensor(sum)).map(Node::block), Some("block"));
        let unused: Vec<&str> = network.unused().map(Node::name).collect();
        assert_eq!(unused, ["block/sum"]);
    }
}
