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
    /// Fills the table by a function of each node, its index and the shapes of its operands, in execution order.
    ///
    /// # Errors
    /// The function's first, with the node it is about.
    pub fn fill(
        network: &Network,
        mut value: impl FnMut(Tensor, &Node, &[Shape]) -> Result<T, OpError>,
    ) -> Result<Self, AnalysisError> {
        let mut shapes = Vec::new();
        let mut values = Vec::with_capacity(network.len());
        for tensor in network.graph().node_indices() {
            let node = network.node(tensor);
            network.operand_shapes_into(tensor, &mut shapes);
            let value = value(tensor, node, &shapes).map_err(|error| AnalysisError {
                name: node.name().to_owned(),
                place: node.place,
                error,
            })?;
            values.push(value);
        }
        Ok(Self { values })
    }

    /// The value of a node; `None` for one of another network.
    #[must_use]
    pub fn get(&self, tensor: Tensor) -> Option<&T> {
        self.values.get(tensor.index())
    }
}
