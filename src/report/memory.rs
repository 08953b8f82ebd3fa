//! [`MemoryReport`]: the memory of a network, part by part and layer by layer. Its serialized form is the JSON of `cnnstat memory`.

use serde::Serialize;

use super::{Memory, Report};

/// What a report says of memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemoryReport<'report> {
    /// What the network is called.
    pub name: &'report str,
    /// Number of samples.
    pub batch: u64,
    /// The shape of the first input, batch first.
    pub input: &'report [u64],
    /// The memory of the whole network.
    pub memory: &'report Memory,
    /// Every operator, in execution order.
    pub layers: Vec<LayerMemory<'report>>,
}

/// The memory of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerMemory<'report> {
    /// Full path.
    pub name: &'report str,
    /// The operator's name in the network language.
    pub op: &'report str,
    /// Shape of the result, batch first.
    pub output_shape: &'report [u64],
    /// Bytes of the result.
    pub activation_bytes: u64,
    /// Bytes that training keeps of it.
    pub kept_bytes: u64,
}

impl<'report> MemoryReport<'report> {
    /// The part of a report that is about memory.
    #[must_use]
    pub fn new(report: &'report Report) -> Self {
        let layers = report.layers.iter().map(|layer| LayerMemory {
            name: &layer.name,
            op: &layer.op,
            output_shape: &layer.output_shape,
            activation_bytes: layer.figures.activation_bytes,
            kept_bytes: layer.kept_bytes,
        });
        Self {
            name: &report.name,
            batch: report.batch,
            input: &report.input,
            memory: &report.memory,
            layers: layers.collect(),
        }
    }
}
