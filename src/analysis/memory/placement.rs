//! Where the tensors of one sample are stored in one forward pass at inference: which share storage, and from when to when each part of it is
//! needed. Samples do not meet, so that a batch takes as many times as much.

use super::IN_PLACE;
use super::graph::{Exceeded, Graph, add};
use super::lifetimes;
use crate::network::{Network, Tensor};

/// The storage of a network's tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    tensors: Vec<Stored>,
    buffers: Vec<Buffer>,
}

/// Where a tensor is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The position of its buffer in [`Placement::buffers`].
    pub buffer: usize,
    /// Its first element's position in the buffer.
    pub start: u64,
}

/// Storage that tensors share, one after another or side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    /// How many elements it has.
    pub elements: u64,
    /// What of it is needed from when to when; no elements are in two parts.
    pub parts: Vec<Part>,
}

/// Elements of a buffer that are needed at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first one's position in the buffer.
    pub start: u64,
    /// How many there are.
    pub elements: u64,
    /// The first step at which they are needed, by position in execution order.
    pub first: usize,
    /// The last step; the number of nodes for what the network returns.
    pub last: usize,
}

impl Placement {
    /// Where a tensor is stored; `None` where there is none of that position.
    #[must_use]
    pub fn get(&self, tensor: Tensor) -> Option<Stored> {
        self.tensors.get(tensor.index()).copied()
    }

    /// All storage.
    #[must_use]
    pub fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// Places every tensor.
    pub(super) fn of(network: &Network, graph: &Graph<'_>) -> Result<Self, Exceeded> {
        let lifetimes = lifetimes::lifetimes(graph, IN_PLACE)?;
        let elements: Vec<u64> =
            network.nodes().map(|(_, node)| node.shape.elements() / node.shape.batch()).collect();
        let mut placement = Self {
            tensors: vec![Stored { buffer: 0, start: 0 }; graph.len()],
            buffers: Vec::new(),
        };
        // The last step at which the storage of an owner is needed, under whatever later owner.
        let mut last = lifetimes.ends.clone();
        // By an owner's taker and 1, whether it was given its place there.
        let mut placed = vec![0; graph.len()];
        // A taker stands after what it takes, so that from the end on each owner's place is known before it is asked for.
        for at in (0..graph.len()).rev().filter(|&at| lifetimes.owners[at] == at) {
            match lifetimes.taken_by[at] {
                Some(taker) => last[at] = last[taker],
                None => {
                    placement.tensors[at] = Stored { buffer: placement.buffers.len(), start: 0 };
                    placement.buffers.push(Buffer { elements: elements[at], parts: Vec::new() });
                }
            }
            let own = placement.tensors[at];
            let part = Part {
                start: own.start,
                elements: elements[at],
                first: if graph.nodes[at].is_input { 0 } else { at },
                last: last[at].min(graph.len()),
            };
            let mut start = own.start;
            let mut takes = false;
            for operand in graph.operands(at) {
                let owner = lifetimes.owners[operand];
                let is_new = std::mem::replace(&mut placed[owner], at + 1) != at + 1;
                if lifetimes.taken_by[owner] == Some(at) && is_new {
                    placement.tensors[owner] = Stored { buffer: own.buffer, start };
                    takes = true;
                } else if graph.nodes[at].is_channel_concat {
                    let copied = Part { start, elements: elements[operand], ..part };
                    placement.buffers[own.buffer].parts.push(copied);
                }
                if graph.nodes[at].is_channel_concat {
                    start = add(start, elements[operand], at)?;
                }
            }
            if !takes && !graph.nodes[at].is_channel_concat {
                placement.buffers[own.buffer].parts.push(part);
            }
        }
        for at in 0..graph.len() {
            placement.tensors[at] = placement.tensors[lifetimes.owners[at]];
        }
        Ok(placement)
    }
}
