//! [`Roofline`]: all that is shown of a network on a machine. Its serialized form is the JSON of `cnnstat roofline`.

use serde::{Serialize, Serializer};

use super::document::{Axis, Chart, Document, Mark, Part, Scale, Section, Series, Values};
use super::fold::Overflow;
use super::table::{Table, roofline_bounds_table, roofline_kinds_table, roofline_table};
use super::{OperatorKind, Report};
use crate::analysis::AnalysisError;
use crate::analysis::roofline::{Bound, Execution, Machine, Side, Work, work};
use crate::front::Metadata;
use crate::network::Network;
use crate::ops::{Op, OpError};

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
    #[serde(serialize_with = "machine")]
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
    #[serde(serialize_with = "side")]
    pub bound: Option<Side>,
}

fn machine<S: Serializer>(machine: &Machine, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        peak_flops: f64,
        bandwidth: f64,
        ridge: f64,
    }
    let (peak_flops, bandwidth) = (machine.peak_flops(), machine.bandwidth());
    Shown { name: machine.name(), peak_flops, bandwidth, ridge: machine.ridge() }
        .serialize(serializer)
}

fn side<S: Serializer>(side: &Option<Side>, serializer: S) -> Result<S::Ok, S::Error> {
    side.map(Side::name).serialize(serializer)
}

impl Side {
    /// Its name in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Memory => "memory",
        }
    }
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
        let nodes = network.nodes().zip(&work);
        let work: Vec<Work> = nodes
            .filter(|((_, node), _)| !matches!(node.op, Op::Input(_)))
            .map(|(_, work)| *work)
            .collect();
        let layers = report.layers.iter().zip(&work).map(|(layer, work)| {
            let Bound { seconds, side } = machine.bound(work);
            LayerRoofline {
                name: layer.name.clone(),
                op: layer.op.clone(),
                kind: layer.kind,
                block: layer.block.clone(),
                flops: work.flops,
                bytes: work.bytes,
                intensity: work.intensity(),
                seconds,
                bound: side,
            }
        });
        let layers: Vec<_> = layers.collect();
        let totals = RooflineTotals::of(&layers, &machine).ok_or_else(|| AnalysisError {
            name: report.name.clone(),
            place: crate::network::Place::default(),
            error: OpError::TotalOverflow,
        })?;
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
            self.layers.iter().filter(|layer| layer.bound == Some(Side::Memory)).count();
        let layers = if bound == 1 { "layer" } else { "layers" };
        Some(format!(
            "Memory bounds {by_memory} of {bound} {layers} that take time, and {:.1} % of the time; at best {:.1} % of the machine's peak \
             is reached.",
            memory * 100.0,
            peak * 100.0
        ))
    }

    /// The network and the machine as a page: the verdict, the roof with a point for every layer, and the tables.
    ///
    /// # Errors
    /// Where a sum does not fit 64 bits.
    pub fn document(&self, depth: Option<usize>) -> Result<Document, Overflow> {
        let table = roofline_table(self, depth)?;
        let lead = [table.title.clone()].into_iter().chain(self.verdict()).collect();
        // The page is about one network on one machine, so that titles need not say which.
        let section = |title: &str, table: Table| {
            let title = title.to_owned();
            Section { parts: vec![Part::Table(Table { title: title.clone(), ..table })], title }
        };
        Ok(Document {
            title: format!("Roofline of {}", self.name),
            lead,
            sections: vec![
                section("What bounds the time", roofline_bounds_table(self)),
                Section {
                    title: "Roof".to_owned(),
                    parts: vec![Part::Chart(self.chart()), Part::Chart(self.depth_chart())],
                },
                section("Kinds of operators", roofline_kinds_table(self)),
                section("Layers", table),
            ],
        })
    }

    /// The roof over the intensities of the layers, and the layers on it.
    fn chart(&self) -> Chart {
        let intensities: Vec<f64> = self.layers.iter().filter_map(LayerRoofline::shown).collect();
        let ridge = self.machine.ridge();
        let least = intensities.iter().copied().fold(ridge, f64::min) / 2.0;
        let most = intensities.iter().copied().fold(ridge, f64::max) * 2.0;
        let roof = [least, ridge, most].map(|intensity| (intensity, self.machine.roof(intensity)));
        let mut series = vec![Series {
            name: self.machine.name().to_owned(),
            mark: Mark::Guide,
            kind: None,
            points: roof.to_vec(),
            labels: Vec::new(),
        }];
        series.extend(self.kinds(|_, intensity| (intensity, self.machine.roof(intensity))));
        let axis = |label: &str, values| Axis {
            label: label.to_owned(),
            scale: Scale::Logarithmic,
            values,
        };
        Chart {
            title: format!("{} on {}", self.name, self.machine.name()),
            x: axis("FLOPs a byte", Values::Numbers),
            y: axis("FLOP/s at most", Values::Counts),
            series,
        }
    }
}

impl Roofline {
    /// The layers as points, a series a kind of operators.
    fn kinds(&self, at: impl Fn(usize, f64) -> (f64, f64)) -> Vec<Series> {
        let series = OperatorKind::ALL.into_iter().map(|kind| {
            let layers = self.layers.iter().enumerate().filter(|(_, layer)| layer.kind == kind);
            let mut points: Vec<((f64, f64), String)> = layers
                .filter_map(|(position, layer)| {
                    Some((at(position, layer.shown()?), layer.name.clone()))
                })
                .collect();
            points.sort_by(|((a, _), _), ((b, _), _)| a.total_cmp(b));
            let (points, labels) = points.into_iter().unzip();
            Series {
                name: kind.label().to_owned(),
                mark: Mark::Point,
                kind: Some(kind),
                points,
                labels,
            }
        });
        series.filter(|series| !series.points.is_empty()).collect()
    }

    /// The intensities of the layers in execution order, with the ridge: what lies below is bound by memory.
    fn depth_chart(&self) -> Chart {
        let ridge = self.machine.ridge();
        let end = self.layers.len().max(1) as f64;
        let axis =
            |label: &str, scale| Axis { label: label.to_owned(), scale, values: Values::Numbers };
        let mut series = vec![Series {
            name: "ridge: memory binds below".to_owned(),
            mark: Mark::Guide,
            kind: None,
            points: vec![(1.0, ridge), (end, ridge)],
            labels: Vec::new(),
        }];
        series.extend(self.kinds(|position, intensity| (position as f64 + 1.0, intensity)));
        Chart {
            title: "From the first layer to the last".to_owned(),
            x: axis("layer", Scale::Linear),
            y: axis("FLOPs a byte", Scale::Logarithmic),
            series,
        }
    }
}

impl LayerRoofline {
    /// The intensity, where it has a place on a logarithmic axis.
    fn shown(&self) -> Option<f64> {
        self.intensity.filter(|intensity| *intensity > 0.0)
    }
}

impl RooflineTotals {
    /// The sums over layers; `None` where one exceeds 64 bits.
    #[must_use]
    pub fn of<'a>(
        layers: impl IntoIterator<Item = &'a LayerRoofline>,
        machine: &Machine,
    ) -> Option<Self> {
        let mut sum = Work::default();
        let (mut seconds, mut memory) = (0.0, 0.0);
        for layer in layers {
            sum = sum.checked_add(&Work { flops: layer.flops, bytes: layer.bytes })?;
            seconds += layer.seconds;
            if layer.bound == Some(Side::Memory) {
                memory += layer.seconds;
            }
        }
        let share = |part: f64| (seconds > 0.0).then(|| part / seconds);
        Some(Self {
            flops: sum.flops,
            bytes: sum.bytes,
            intensity: sum.intensity(),
            seconds,
            memory_bound_share: share(memory),
            peak_share: share(sum.flops as f64 / machine.peak_flops()),
        })
    }
}
