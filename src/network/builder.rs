//! How networks are made.

use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use ahash::AHashMap;
use petgraph::graph::DiGraph;
use thiserror::Error;

use super::{Network, Node, Output, Place, Shape, Slot, Tensor};
use crate::ops::{Input, Op, OpError};

/// The only way to make a [`Network`]: nodes are added in execution order, and each one's shape is inferred as it
/// is added.
#[derive(Debug, Default)]
pub struct Builder {
    graph: DiGraph<Node, Slot>,
    names: AHashMap<Arc<str>, Tensor>,
    inputs: Vec<Tensor>,
    shapes: Vec<Shape>,
}

/// Why a node or a network was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildError {
    /// The operator does not fit its operands.
    #[error(transparent)]
    Op(#[from] OpError),
    /// Two nodes or outputs of one name.
    #[error("the name `{0}` is used twice")]
    DuplicateName(String),
    /// An input of another number of samples than the inputs before it.
    #[error("`{name}` has a batch of {given}, and the inputs before it have one of {expected}")]
    Batch {
        /// The input's name.
        name: String,
        /// The number of samples of the inputs before it.
        expected: u64,
        /// Its own.
        given: u64,
    },
    /// An input where an operator is added.
    #[error("an input is no operator")]
    Input,
    /// A tensor that is not of this builder.
    #[error("an operand that is not part of the network")]
    UnknownTensor,
    /// No input or no output.
    #[error("the network has no {0}")]
    Missing(&'static str),
    /// More nodes than the graph can index.
    #[error("the network has too many layers")]
    TooLarge,
}

impl Builder {
    /// A builder of an empty network.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input of the network.
    ///
    /// # Errors
    /// Where the name is taken, or the batch is not that of the inputs before it.
    pub fn input(&mut self, name: &str, shape: Shape, place: Place) -> Result<Tensor, BuildError> {
        let first = self.inputs.first().and_then(|&input| self.shape(input));
        if let Some(expected) = first.map(|first| first.batch())
            && expected != shape.batch()
        {
            let (name, given) = (name.to_owned(), shape.batch());
            return Err(BuildError::Batch { name, expected, given });
        }
        let tensor = self.insert(name, Op::Input(Input { shape }), shape, place)?;
        self.inputs.push(tensor);
        Ok(tensor)
    }

    /// Adds an operator over tensors added before. What stands before the last `/` of its name is its block.
    ///
    /// # Errors
    /// Where the operator does not fit its operands, is an input, or the name is taken.
    pub fn add(
        &mut self,
        name: &str,
        op: Op,
        operands: &[Tensor],
        place: Place,
    ) -> Result<Tensor, BuildError> {
        if matches!(op, Op::Input(_)) {
            return Err(BuildError::Input);
        }
        self.shapes.clear();
        for &operand in operands {
            let node = self.graph.node_weight(operand.0).ok_or(BuildError::UnknownTensor)?;
            self.shapes.push(node.shape);
        }
        let shape = op.operator().infer(&self.shapes)?;
        let tensor = self.insert(name, op, shape, place)?;
        for (slot, &operand) in (0u32..).zip(operands) {
            self.graph.add_edge(operand.0, tensor.0, Slot(slot));
        }
        Ok(tensor)
    }

    fn insert(
        &mut self,
        name: &str,
        op: Op,
        shape: Shape,
        place: Place,
    ) -> Result<Tensor, BuildError> {
        let Entry::Vacant(entry) = self.names.entry(name.into()) else {
            return Err(BuildError::DuplicateName(name.to_owned()));
        };
        let node = Node { name: Arc::clone(entry.key()), op, shape, place };
        let tensor = self.graph.try_add_node(node).map_err(|_| BuildError::TooLarge)?;
        Ok(*entry.insert(Tensor(tensor)))
    }

    /// The shape of a tensor; `None` where there is none of that position.
    #[must_use]
    pub fn shape(&self, tensor: Tensor) -> Option<Shape> {
        self.graph.node_weight(tensor.0).map(|node| node.shape)
    }

    /// The tensor of this name, where one was added.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<Tensor> {
        self.names.get(name).copied()
    }

    /// The names of all nodes so far, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(AsRef::as_ref)
    }

    /// The name of a tensor; empty where there is none of that position.
    #[must_use]
    pub fn name(&self, tensor: Tensor) -> &str {
        self.graph.node_weight(tensor.0).map_or("", Node::name)
    }

    /// The number of nodes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graph.node_count() == 0
    }

    /// The finished network with its outputs.
    ///
    /// # Errors
    /// Where there is no input or output, two outputs share a name, or an output is no tensor of the builder.
    pub fn finish(self, outputs: Vec<Output>) -> Result<Network, BuildError> {
        if self.inputs.is_empty() {
            return Err(BuildError::Missing("input"));
        }
        if outputs.is_empty() {
            return Err(BuildError::Missing("output"));
        }
        let mut names = HashSet::new();
        for output in &outputs {
            if self.graph.node_weight(output.tensor.0).is_none() {
                return Err(BuildError::UnknownTensor);
            }
            if !names.insert(output.name.as_str()) {
                return Err(BuildError::DuplicateName(output.name.clone()));
            }
        }
        Ok(Network::new(self.graph, self.inputs, outputs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What runs take the samples of one by one: as many of each input.
    #[test]
    fn inputs_of_another_batch_are_refused() {
        let mut builder = Builder::new();
        let shape = |batch: u64| Shape::new(&[batch, 3]).unwrap();
        let first = builder.input("first", shape(2), Place(0)).unwrap();
        let error = builder.input("second", shape(3), Place(0)).unwrap_err();
        let name = "second".to_owned();
        assert_eq!(error, BuildError::Batch { name, expected: 2, given: 3 });
        builder.input("second", Shape::new(&[2, 7]).unwrap(), Place(0)).unwrap();
        let outputs = vec![Output { name: "first".to_owned(), tensor: first }];
        let network = builder.finish(outputs).unwrap();
        assert_eq!((network.batch(), network.input_sizes()), (2, &[2, 3][..]));
    }
}
