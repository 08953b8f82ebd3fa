//! Tables with a value for every node, which passes return.

use super::AnalysisError;
use crate::network::{Network, Node, Shape, Tensor};
use crate::ops::OpError;

/// A value for every node of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeTable<T> {
    values: Vec<T>,
}

impl<T> NodeTable<T> {
    /// Fills the table by a function of each node and the shapes of its operands, in execution order.
    ///
    /// # Errors
    /// The function's first, with the node it is about.
    pub fn fill(
        network: &Network,
        mut value: impl FnMut(&Node, &[Shape]) -> Result<T, OpError>,
    ) -> Result<Self, AnalysisError> {
        let mut values = Vec::with_capacity(network.len());
        for (tensor, node) in network.nodes() {
            let value = value(node, network.operand_shapes(tensor));
            values.push(value.map_err(|error| AnalysisError::of(node, error))?);
        }
        Ok(Self { values })
    }

    /// The value of the node that produces a tensor; `None` where there is none of that position.
    #[must_use]
    pub fn get(&self, tensor: Tensor) -> Option<&T> {
        self.values.get(tensor.index())
    }

    /// The values in execution order, one for every node of [`Network::nodes`].
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.values.iter()
    }
}

impl<T> FromIterator<T> for NodeTable<T> {
    /// A table of values in execution order, one for every node.
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

impl<'a, T> IntoIterator for &'a NodeTable<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
