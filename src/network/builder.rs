//! How networks are made.

use std::collections::{HashMap, HashSet};

use petgraph::graph::DiGraph;
use thiserror::Error;

use super::{Network, Node, Output, Place, Shape, Slot, Tensor};
use crate::ops::{Input, Op, OpError};

/// The only way to make a [`Network`]: nodes are added in execution order, and each one's shape is inferred as it
/// is added.
#[derive(Debug, Default)]
pub struct Builder {
    graph: DiGraph<Node, Slot>,
    names: HashMap<Box<str>, Tensor>,
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
    /// Where the name is taken.
    pub fn input(&mut self, name: &str, shape: Shape, place: Place) -> Result<Tensor, BuildError> {
        let tensor = self.insert(name, 0, Op::Input(Input { shape }), shape, place)?;
        self.inputs.push(tensor);
        Ok(tensor)
    }

    /// Adds an operator over tensors added before. `block_length` is the length in bytes of the block's path in `name`.
    ///
    /// # Errors
    /// Where the operator does not fit its operands or the name is taken.
    pub fn add(
        &mut self,
        name: &str,
        block_length: usize,
        op: Op,
        operands: &[Tensor],
        place: Place,
    ) -> Result<Tensor, BuildError> {
        self.shapes.clear();
        for &operand in operands {
            let node = self.graph.node_weight(operand).ok_or(BuildError::UnknownTensor)?;
            self.shapes.push(node.shape);
        }
        let shape = op.operator().infer(&self.shapes)?;
        let tensor = self.insert(name, block_length, op, shape, place)?;
        for (slot, &operand) in (0u32..).zip(operands) {
            self.graph.add_edge(operand, tensor, Slot(slot));
        }
        Ok(tensor)
    }

    fn insert(
        &mut self,
        name: &str,
        block_length: usize,
        op: Op,
        shape: Shape,
        place: Place,
    ) -> Result<Tensor, BuildError> {
        if self.names.contains_key(name) {
            return Err(BuildError::DuplicateName(name.to_owned()));
        }
        let node = Node { name: name.into(), block_length, op, shape, place };
        let tensor = self.graph.try_add_node(node).map_err(|_| BuildError::TooLarge)?;
        self.names.insert(name.into(), tensor);
        Ok(tensor)
    }

    /// The shape of a tensor added before; `None` for one of another builder.
    #[must_use]
    pub fn shape(&self, tensor: Tensor) -> Option<Shape> {
        self.graph.node_weight(tensor).map(|node| node.shape)
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

    /// The name of a tensor added before; empty for one of another builder.
    #[must_use]
    pub fn name(&self, tensor: Tensor) -> &str {
        self.graph.node_weight(tensor).map_or("", Node::name)
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
    /// Where there is no input or output, two outputs share a name, or an output is not of this builder.
    pub fn finish(self, outputs: Vec<Output>) -> Result<Network, BuildError> {
        if self.inputs.is_empty() {
            return Err(BuildError::Missing("input"));
        }
        if outputs.is_empty() {
            return Err(BuildError::Missing("output"));
        }
        let mut names = HashSet::new();
        for output in &outputs {
            if self.graph.node_weight(output.tensor).is_none() {
                return Err(BuildError::UnknownTensor);
            }
            if !names.insert(output.name.as_str()) {
                return Err(BuildError::DuplicateName(output.name.clone()));
            }
        }
        Ok(Network { graph: self.graph, inputs: self.inputs, outputs })
    }
}
