//! The network: a directed acyclic graph of operators with the shapes of all tensors.
//!
//! What whoever holds a [`Network`] may rely on:
//!
//! - Nodes stand in execution order: a node's operands have smaller indices.
//! - An edge leads from the producer of a tensor to its consumer and carries the operand's slot. The slot decides
//!   the order of operands, not petgraph's listing of edges; `x + x` is two edges with two slots. Operands and consumers of a
//!   node are listed once, when the network is finished, and looked up as slices.
//! - Every node produces one tensor; its shape follows from its operands' by the operator's rule.
//! - Names are unique paths, `block/inner/layer`.
//! - Inputs are nodes with the operator [`crate::ops::Input`]; there is at least one, and at least one output. All inputs have as many samples.

mod adjacency;
mod builder;
mod shape;

use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::IntoNodeReferences;

use adjacency::Adjacency;
pub use adjacency::Consumer;
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
    adjacency: Adjacency,
    inputs: Vec<Tensor>,
    outputs: Vec<Output>,
    /// Whether the network returns the tensor of each node.
    is_output: Vec<bool>,
}

impl Network {
    fn new(graph: DiGraph<Node, Slot>, inputs: Vec<Tensor>, outputs: Vec<Output>) -> Self {
        let mut is_output = vec![false; graph.node_count()];
        for output in &outputs {
            if let Some(is_output) = is_output.get_mut(output.tensor.index()) {
                *is_output = true;
            }
        }
        Self { adjacency: Adjacency::of(&graph), graph, inputs, outputs, is_output }
    }

    /// The nodes that stand for the network's inputs.
    #[must_use]
    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// The sizes of the first input, batch first.
    #[must_use]
    pub fn input_sizes(&self) -> &[u64] {
        let first = self.inputs.first().and_then(|&input| self.node(input));
        first.map_or(&[], |node| node.shape.sizes())
    }

    /// The number of samples of every input.
    #[must_use]
    pub fn batch(&self) -> u64 {
        self.input_sizes().first().copied().unwrap_or(1)
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
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (Tensor, &Node)> + ExactSizeIterator {
        self.graph.node_references().map(|(index, node)| (Tensor(index), node))
    }

    /// All nodes but the inputs, in execution order.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = (Tensor, &Node)> {
        self.nodes().filter(|(_, node)| !matches!(node.op, Op::Input(_)))
    }

    /// What a node takes, in the order of its slots; one tensor may stand in several.
    #[must_use]
    pub fn operands(&self, tensor: Tensor) -> &[Tensor] {
        self.adjacency.operands.row(tensor.index())
    }

    /// The shapes of what a node takes, in the order of its slots.
    #[must_use]
    pub fn operand_shapes(&self, tensor: Tensor) -> &[Shape] {
        self.adjacency.operand_shapes.row(tensor.index())
    }

    /// The nodes that take a tensor, in execution order, once for every slot: the last entry is the last node that needs the tensor,
    /// unless the network returns it.
    #[must_use]
    pub fn consumers(&self, tensor: Tensor) -> &[Consumer] {
        self.adjacency.consumers.row(tensor.index())
    }

    /// The consumer of a tensor that has one and that the network does not return.
    #[must_use]
    pub fn sole_consumer(&self, tensor: Tensor) -> Option<Consumer> {
        match self.consumers(tensor) {
            [consumer] if !self.is_output(tensor) => Some(*consumer),
            _ => None,
        }
    }

    /// Whether the network returns a tensor.
    #[must_use]
    pub fn is_output(&self, tensor: Tensor) -> bool {
        self.is_output.get(tensor.index()).copied().unwrap_or(false)
    }

    /// The nodes whose tensors nobody takes, neither another node nor the network's outputs, in execution order.
    pub fn unused(&self) -> impl Iterator<Item = &Node> {
        self.nodes()
            .filter(|(tensor, _)| self.consumers(*tensor).is_empty() && !self.is_output(*tensor))
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

    /// `block/sum` takes the second, the first twice; `other` takes the first.
    fn network(outputs: &[usize]) -> Network {
        let mut graph = DiGraph::new();
        let shape = Shape::new(&[1, 2]).unwrap();
        let [first, second] =
            ["first", "second"].map(|name| graph.add_node(node(name, Op::Input(Input { shape }))));
        let sum = graph.add_node(node("block/sum", Op::Add(Add)));
        let other = graph.add_node(node("other", Op::Add(Add)));
        for (operand, taker, slot) in
            [(first, other, 0), (second, sum, 1), (first, sum, 2), (first, sum, 0)]
        {
            graph.add_edge(operand, taker, Slot(slot));
        }
        let output = |&index: &usize| Output {
            name: index.to_string(),
            tensor: Tensor([first, second, sum, other][index]),
        };
        let outputs = outputs.iter().map(output).collect();
        Network::new(graph, vec![Tensor(first), Tensor(second)], outputs)
    }

    #[test]
    fn the_slot_of_an_edge_decides_not_when_it_was_added() {
        let network = network(&[]);
        let tensors: Vec<Tensor> = network.nodes().map(|(tensor, _)| tensor).collect();
        let [first, second, sum, other] = tensors[..] else { panic!("{tensors:?}") };
        assert_eq!(network.operands(sum), [first, second, first]);
        assert_eq!(network.operand_shapes(sum).len(), 3);
        let consumer = |tensor, slot| Consumer { tensor, slot: Slot(slot) };
        let of_first = [consumer(sum, 0), consumer(sum, 2), consumer(other, 0)];
        assert_eq!(network.consumers(first), of_first);
        assert_eq!(network.consumers(second), [consumer(sum, 1)]);
        assert_eq!(network.operands(first), []);
        assert_eq!(network.consumers(other), []);
        assert_eq!(network.node(sum).map(Node::block), Some("block"));
    }

    #[test]
    fn an_output_is_a_use() {
        for (outputs, unused, sole) in [
            (&[][..], &["block/sum", "other"][..], true),
            (&[2], &["other"], true),
            (&[1, 3, 3], &["block/sum"], false),
        ] {
            let network = network(outputs);
            let names: Vec<&str> = network.unused().map(Node::name).collect();
            assert_eq!(names, unused);
            let tensors: Vec<Tensor> = network.nodes().map(|(tensor, _)| tensor).collect();
            assert_eq!(network.sole_consumer(tensors[1]).is_some(), sole);
            assert_eq!(network.sole_consumer(tensors[0]), None);
        }
    }
}
