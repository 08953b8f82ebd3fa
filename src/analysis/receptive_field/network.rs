//! The field that stands for the whole network.

use super::{FieldExtent, ReceptiveField};
use crate::analysis::NodeTable;
use crate::network::{Network, Tensor};
use crate::ops::Op;

/// The receptive field of a network: that of its first output, or where the output sees everything along an axis, that of the last
/// layer before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkField {
    /// The layer it is of.
    pub tensor: Tensor,
    /// Whether it is a layer before the output, which sees everything along an axis.
    pub is_before_output: bool,
    /// Extent in input pixels, height and width.
    pub size: [u64; 2],
}

impl NetworkField {
    /// The field of the first output where it is a window along both axes. Where it is global along one, the largest among those of the
    /// layers whose fields are windows and whose results become global on the way to it.
    pub(super) fn of(
        network: &Network,
        fields: &NodeTable<ReceptiveField>,
        input: [u64; 2],
    ) -> Option<Self> {
        let output = network.outputs().first()?.tensor;
        let field = fields.get(output)?;
        if !field.is_global_along_an_axis() {
            let size = field.size(input)?;
            return Some(Self { tensor: output, is_before_output: false, size });
        }
        let mut is_seen = vec![false; network.len()];
        let mut waiting = vec![output];
        let mut largest: Option<Self> = None;
        while let Some(tensor) = waiting.pop() {
            let Some(field) = fields.get(tensor) else { continue };
            match is_seen.get_mut(tensor.index()) {
                Some(is_seen) if !*is_seen => *is_seen = true,
                _ => continue,
            }
            let is_input = network.node(tensor).is_none_or(|node| matches!(node.op, Op::Input(_)));
            if field.is_global_along_an_axis() {
                waiting.extend(network.operands(tensor));
            } else if let (Some(size), false) = (field.size(input), is_input) {
                let rank = |field: &Self| {
                    let [height, width] = field.size;
                    (height.max(width), height.min(width), field.tensor.index())
                };
                let found = Self { tensor, is_before_output: true, size };
                if largest.as_ref().is_none_or(|largest| rank(&found) > rank(largest)) {
                    largest = Some(found);
                }
            }
        }
        largest
    }
}

/// How much of the input the network depends on whose first output has this field: all of it where that is so along an axis, since
/// the [`NetworkField`] is of a layer before then.
pub(super) fn extent(output: &ReceptiveField) -> FieldExtent {
    if output.is_global_along_an_axis() { FieldExtent::Global } else { output.extent() }
}
