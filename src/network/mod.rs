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

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

pub use builder::{BuildError, Builder};
pub use shape::{MAX_RANK, Shape, ShapeError};

use crate::ops::Op;

/// A tensor of the network, named by the node that produces it.
pub type Tensor = NodeIndex<u32>;

/// Position of an operand among those of its consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub u32);

/// Where in its source a node was described. What the number means is the reader's affair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Place(pub u32);

/// An operator in the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    name: Box<str>,
    block_length: usize,
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
        self.name.get(..self.block_length).unwrap_or_default()
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
    /// The graph itself.
    #[must_use]
    pub fn graph(&self) -> &DiGraph<Node, Slot> {
        &self.graph
    }

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

    /// A node by its index.
    #[must_use]
    pub fn node(&self, tensor: Tensor) -> &Node {
        &self.graph[tensor]
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

    /// All nodes but the inputs, in execution order.
    pub fn layers(&self) -> impl Iterator<Item = (Tensor, &Node)> {
        let nodes = self.graph.node_indices().map(|tensor| (tensor, &self.graph[tensor]));
        nodes.filter(|(_, node)| !matches!(node.op, Op::Input(_)))
    }

    /// The operands of a node, in the order of their slots.
    #[must_use]
    pub fn operands(&self, tensor: Tensor) -> Vec<Tensor> {
        let mut operands = Vec::new();
        self.operands_into(tensor, &mut operands, |operand| operand);
        operands
    }

    /// Puts the shapes of a node's operands, in the order of their slots, in place of what `shapes` held.
    pub fn operand_shapes_into(&self, tensor: Tensor, shapes: &mut Vec<Shape>) {
        self.operands_into(tensor, shapes, |operand| self.graph[operand].shape);
    }

    /// petgraph lists the edges of a node from the last added to the first; the builder adds them slot by slot.
    fn operands_into<T>(&self, tensor: Tensor, list: &mut Vec<T>, of: impl Fn(Tensor) -> T) {
        list.clear();
        let edges = self.graph.edges_directed(tensor, Direction::Incoming);
        list.extend(edges.map(|edge| of(edge.source())));
        list.reverse();
    }

    /// Whether a tensor is taken by another node or returned by the network.
    #[must_use]
    pub fn is_used(&self, tensor: Tensor) -> bool {
        self.graph.neighbors_directed(tensor, Direction::Outgoing).next().is_some()
            || self.outputs.iter().any(|output| output.tensor == tensor)
    }
}
