//! [`Roofline`]: all that is shown of a network on a machine. Its serialized form is the JSON of `cnnstat roofline`.

mod document;

use serde::Serialize;

use super::{OperatorKind, Report};
use crate::analysis::AnalysisError;
use crate::analysis::roofline::{Bound, BoundBy, Execution, Machine, Work, total, work};
use crate::front::Metadata;
use crate::network::Network;
use crate::ops::Op;

/// A network on a machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Roofline {
    /// What the network is called.
    pub name: String,
    /// Number of samples.
    pub batch: u64,
    /// The shape of the first input, batch first.
    pub input: Vec<u64>,
    /// The machine.
    pub machine: Machine,
    /// Whether normalization and activation behind weighted layers are done in these.
    pub fused: bool,
    /// The whole network, layer after layer.
    pub totals: RooflineTotals,
    /// Every operator, in execution order.
    pub layers: Vec<LayerRoofline>,
    /// The same network without the machine, its layers in the same order.
    #[serde(skip)]
    report: Report,
}

/// Layers, one after the other, on a machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct RooflineTotals {
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Operations for every byte; `None` where none is moved.
    pub intensity: Option<f64>,
    /// The least time in seconds.
    pub seconds: f64,
    /// How much of it is bound by memory; `None` where it takes no time.
    pub memory_bound_share: Option<f64>,
    /// How much of the machine's peak is reached at best; `None` where it takes no time.
    pub peak_share: Option<f64>,
}

/// A layer on a machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerRoofline {
    /// Full path.
    pub name: String,
    /// The operator's name in the network language.
    pub op: String,
    /// What it is for.
    pub kind: OperatorKind,
    /// Path of the block that holds it, empty at top level.
    pub block: String,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Operations for every byte; `None` where none is moved.
    pub intensity: Option<f64>,
    /// The least time in seconds.
    pub seconds: f64,
    /// What bounds it, `compute` or `memory`; `None` where there is nothing to do.
    pub bound: Option<BoundBy>,
}

impl Roofline {
    /// Analyses a network and bounds the time of every layer.
    ///
    /// # Errors
    /// Where a count exceeds 64 bits.
    pub fn new(
        network: &Network,
        metadata: Metadata,
        machine: Machine,
        execution: Execution,
    ) -> Result<Self, AnalysisError> {
        let report = Report::new(network, metadata)?;
        let work = work(network, execution)?;
        let sum = total(network, &work)?;
        let nodes = network.nodes().zip(&work);
        let work: Vec<Work> = nodes
            .filter(|((_, node), _)| !matches!(node.op, Op::Input(_)))
            .map(|(_, work)| *work)
            .collect();
        let layers = report.layers.iter().zip(&work).map(|(layer, work)| {
            let Bound { seconds, by } = machine.bound(work);
            LayerRoofline {
                name: layer.name.clone(),
                op: layer.op.clone(),
                kind: layer.kind,
                block: layer.block.clone(),
                flops: work.flops,
                bytes: work.bytes,
                intensity: work.intensity(),
                seconds,
                bound: by,
            }
        });
        let layers: Vec<_> = layers.collect();
        let totals = RooflineTotals::over(sum, &layers, &machine);
        Ok(Self {
            name: report.name.clone(),
            batch: report.batch,
            input: report.input.clone(),
            fused: execution == Execution::Fused,
            machine,
            totals,
            layers,
            report,
        })
    }

    /// The report of the same network.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What bounds the layers and their time, in a sentence; `None` where nothing takes time.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        let (memory, peak) = self.totals.memory_bound_share.zip(self.totals.peak_share)?;
        let bound = self.layers.iter().filter(|layer| layer.bound.is_some()).count();
        let by_memory =
            self.layers.iter().filter(|layer| layer.bound == Some(BoundBy::Memory)).count();
        let layers = if bound == 1 { "layer" } else { "layers" };
        Some(format!(
            "Memory bounds {by_memory} of {bound} {layers} that take time, and {:.1} % of the time; at best {:.1} % of the machine's peak \
             is reached.",
            memory * 100.0,
            peak * 100.0
        ))
    }
}

impl RooflineTotals {
    /// The sums over layers; `None` where one exceeds 64 bits.
    #[must_use]
    pub fn of<'a>(
        layers: impl IntoIterator<Item = &'a LayerRoofline, IntoIter: Clone>,
        machine: &Machine,
    ) -> Option<Self> {
        let layers = layers.into_iter();
        let sum = layers.clone().try_fold(Work::default(), |sum, layer| {
            sum.checked_add(&Work { flops: layer.flops, bytes: layer.bytes })
        })?;
        Some(Self::over(sum, layers, machine))
    }

    /// These layers, whose work is `sum`.
    fn over<'a>(
        sum: Work,
        layers: impl IntoIterator<Item = &'a LayerRoofline>,
        machine: &Machine,
    ) -> Self {
        let (mut seconds, mut memory) = (0.0, 0.0);
        for layer in layers {
            seconds += layer.seconds;
            if layer.bound == Some(BoundBy::Memory) {
                memory += layer.seconds;
            }
        }
        let share = |part: f64| (seconds > 0.0).then(|| part / seconds);
        Self {
            flops: sum.flops,
            bytes: sum.bytes,
            intensity: sum.intensity(),
            seconds,
            memory_bound_share: share(memory),
            peak_share: share(sum.flops as f64 / machine.peak_flops()),
        }
    }
}
