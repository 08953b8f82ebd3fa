//! The field that stands for the whole network.

use super::ReceptiveField;
use crate::analysis::NodeTable;
use crate::network::{Network, Tensor};
use crate::ops::Op;

/// The receptive field of a network: that of its first output, or where the output sees everything, that of the last layer before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkField {
    /// The layer it is of.
    pub tensor: Tensor,
    /// Whether it is a layer before the output, which sees everything.
    pub is_before_output: bool,
    /// Extent in input pixels, height and width.
    pub size: [u64; 2],
}

impl NetworkField {
    /// The field of the first output where it is a window. Where it is global, the largest among those of the layers whose fields
    /// are windows and whose results become global on the way to it.
    pub(super) fn of(
        network: &Network,
        fields: &NodeTable<ReceptiveField>,
        input: [u64; 2],
    ) -> Option<Self> {
        let output = network.outputs().first()?.tensor;
        if let Some(size) = fields.get(output)?.size(input) {
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
            if let (Some(size), false) = (field.size(input), is_input) {
                let rank = |field: &Self| {
                    let [height, width] = field.size;
                    (height.max(width), height.min(width), field.tensor.index())
                };
                let found = Self { tensor, is_before_output: true, size };
                if largest.as_ref().is_none_or(|largest| rank(&found) > rank(largest)) {
                    largest = Some(found);
                }
            } else if *field == ReceptiveField::Global {
                waiting.extend(network.operands(tensor));
            }
        }
        largest
    }
}
