//! [`Run`]: all that is shown of a forward pass. Its serialized form is the JSON of `cnnstat run`.

use num_traits::AsPrimitive;
use serde::{Serialize, Serializer};

use super::OperatorKind;
use super::document::{Axis, Chart, Document, Mark, Part, Scale, Section, Series, Values};
use super::table::{Table, run_kinds_table, run_profile_table, run_table, run_top_table};
use crate::analysis::{AnalysisError, cost};
use crate::execute::classes::Class;
use crate::network::{Network, Tensor};
use crate::ops::OpError;

/// A network that was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// What the network is called.
    pub name: String,
    /// Number of samples.
    pub batch: u64,
    /// The shape of the first input, batch first.
    pub input: Vec<u64>,
    /// What the network returns.
    pub outputs: Vec<RunOutput>,
    /// The times of its forward passes.
    #[serde(flatten)]
    pub times: Times,
    /// The bytes that activations took.
    pub peak_activation_bytes: u64,
    /// What ran it.
    pub engine: Executor,
    /// On how many threads.
    pub threads: usize,
    /// The likeliest classes of each sample; empty where no output is a vector per sample.
    pub top: Vec<Class>,
    /// The first layer that gave a value that is no number, or an infinite one.
    pub not_finite: Option<NotFinite>,
    /// The time of every step, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// Something that a network returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunOutput {
    /// Its name.
    pub name: String,
    /// Its shape, batch first.
    pub shape: Vec<u64>,
}

/// What runs networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Executor {
    /// The engine.
    Fast,
    /// The oracle.
    Oracle,
}

impl Executor {
    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Oracle => "oracle",
        }
    }
}

/// Where the first value that is not finite arose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotFinite {
    /// The layer's name.
    pub layer: String,
    /// `NaN` or `infinity`.
    pub value: &'static str,
}

/// What a value that is not finite is called; `None` for all others.
#[must_use]
pub fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        value if value.is_infinite() => Some("infinity"),
        _ => None,
    }
}

/// The times of forward passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// The median, in seconds.
    #[serde(rename = "median_ms", serialize_with = "milliseconds")]
    pub median: f64,
    /// The least, in seconds.
    #[serde(rename = "min_ms", serialize_with = "milliseconds")]
    pub min: f64,
    /// How many there were.
    #[serde(rename = "repeat")]
    pub count: usize,
}

fn milliseconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(seconds * 1e3)
}

impl Times {
    /// Of times in seconds.
    #[must_use]
    pub fn of(seconds: &[f64]) -> Self {
        let min = seconds.iter().copied().reduce(f64::min).unwrap_or(0.0);
        Self { median: median(seconds), min, count: seconds.len() }
    }
}

/// The median, the mean of the middle two where there is no middle one; 0 of none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |position: usize| values.get(position).copied().unwrap_or(0.0);
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        (at(middle.saturating_sub(1)) + at(middle)) / 2.0
    }
}

/// The time of every step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    /// The machine, in words.
    pub machine: String,
    /// Floating-point operations a second of which it is thought capable.
    pub peak_flops: f64,
    /// All steps together.
    #[serde(flatten)]
    pub totals: Timed,
    /// The steps of each kind, in the order of [`OperatorKind::ALL`].
    pub kinds: Vec<KindTime>,
    /// Every step, in the order in which they run.
    pub layers: Vec<StepTime>,
}

/// Work and the time that it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Timed {
    /// Floating-point operations.
    pub flops: u64,
    /// The time in seconds.
    pub seconds: f64,
    /// Operations a second; `None` where there are none.
    pub flops_per_second: Option<f64>,
    /// How much of the machine's peak that is.
    pub peak_share: Option<f64>,
    /// How much of the time of all steps.
    pub time_share: Option<f64>,
}

/// A step: a layer with those that are computed along with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepTime {
    /// The full path of the first of its layers.
    pub name: String,
    /// All its layers, in execution order.
    pub layers: Vec<String>,
    /// The names of their operators.
    pub ops: Vec<&'static str>,
    /// What the first of them is for.
    pub kind: OperatorKind,
    /// Path of the block that holds it, empty at top level.
    pub block: String,
    /// The work and the time.
    #[serde(flatten)]
    pub timed: Timed,
}

/// The steps of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KindTime {
    /// The kind.
    pub kind: OperatorKind,
    /// How many steps there are.
    pub steps: usize,
    /// The work and the time.
    #[serde(flatten)]
    pub timed: Timed,
}

impl Profile {
    /// The profile of steps, given with the layers of each and its time in seconds, on a machine of a peak.
    ///
    /// # Errors
    /// Where a count exceeds 64 bits.
    pub fn new(
        network: &Network,
        steps: &[(Vec<Tensor>, f64)],
        machine: String,
        peak_flops: f64,
    ) -> Result<Self, AnalysisError> {
        let cost = cost(network)?;
        let whole: f64 = steps.iter().map(|(_, seconds)| seconds).sum();
        let timed = |flops: u64, seconds: f64| Timed::of(flops, seconds, whole, peak_flops);
        let mut layers = Vec::new();
        for (tensors, seconds) in steps {
            let Some((first, base)) =
                tensors.first().and_then(|&first| Some((first, network.node(first)?)))
            else {
                continue;
            };
            let nodes = || tensors.iter().filter_map(|&tensor| network.node(tensor));
            let flops =
                tensors.iter().filter_map(|&tensor| cost.get(tensor)).map(|cost| cost.flops);
            let flops =
                sum(flops).ok_or_else(|| AnalysisError::of(base, OpError::TotalOverflow))?;
            layers.push(StepTime {
                name: base.name().to_owned(),
                layers: nodes().map(|node| node.name().to_owned()).collect(),
                ops: nodes().map(|node| node.op.operator().name()).collect(),
                kind: base.op.operator().kind(network.operand_shapes(first)),
                block: base.block().to_owned(),
                timed: timed(flops, *seconds),
            });
        }
        let together = |kind: Option<OperatorKind>| {
            let of: Vec<&Timed> = layers
                .iter()
                .filter(|layer| kind.is_none_or(|kind| layer.kind == kind))
                .map(|layer| &layer.timed)
                .collect();
            let seconds = of.iter().map(|timed| timed.seconds).sum();
            let flops = sum(of.iter().map(|timed| timed.flops))?;
            Some((of.len(), timed(flops, seconds)))
        };
        let overflow = || {
            let last = network.nodes().last();
            AnalysisError {
                name: last.map_or_else(String::new, |(_, node)| node.name().to_owned()),
                place: last.map(|(_, node)| node.place).unwrap_or_default(),
                error: OpError::TotalOverflow,
            }
        };
        let (_, totals) = together(None).ok_or_else(overflow)?;
        let mut kinds = Vec::new();
        for kind in OperatorKind::ALL {
            let (steps, timed) = together(Some(kind)).ok_or_else(overflow)?;
            if steps > 0 {
                kinds.push(KindTime { kind, steps, timed });
            }
        }
        Ok(Self { machine, peak_flops, totals, kinds, layers })
    }

    /// The times of the steps, a series a kind.
    fn times_chart(&self) -> Chart {
        let axis =
            |label: &str, scale| Axis { label: label.to_owned(), scale, values: Values::Numbers };
        let times = self.layers.iter().map(|layer| layer.timed.seconds * 1e3);
        Chart {
            title: "Time from the first step to the last".to_owned(),
            x: axis("step", Scale::Linear),
            y: axis("milliseconds", Scale::of(times)),
            series: self.series(|timed| Some(timed.seconds * 1e3)),
        }
    }

    /// The rates of the steps under the machine's peak.
    fn rates_chart(&self) -> Chart {
        let axis =
            |label: &str, values| Axis { label: label.to_owned(), scale: Scale::Linear, values };
        let end = self.layers.len().max(1).as_();
        let mut series = vec![Series {
            name: "peak".to_owned(),
            mark: Mark::Guide,
            kind: None,
            points: vec![(1.0, self.peak_flops), (end, self.peak_flops)],
            labels: Vec::new(),
        }];
        series.extend(self.series(|timed| timed.flops_per_second));
        Chart {
            title: "Rate from the first step to the last".to_owned(),
            x: axis("step", Values::Numbers),
            y: axis("FLOP/s", Values::Counts),
            series,
        }
    }

    fn series(&self, value: impl Fn(&Timed) -> Option<f64>) -> Vec<Series> {
        let series = OperatorKind::ALL.into_iter().map(|kind| {
            let of = self.layers.iter().enumerate().filter(|(_, layer)| layer.kind == kind);
            let points = of.filter_map(|(position, layer)| {
                let number: f64 = (position + 1).as_();
                Some(((number, value(&layer.timed)?), layer.name.clone()))
            });
            let (points, labels) = points.unzip();
            let name = kind.label().to_owned();
            Series { name, mark: Mark::Point, kind: Some(kind), points, labels }
        });
        series.filter(|series| !series.points.is_empty()).collect()
    }
}

fn sum(counts: impl IntoIterator<Item = u64>) -> Option<u64> {
    counts.into_iter().try_fold(0, u64::checked_add)
}

impl Timed {
    fn of(flops: u64, seconds: f64, whole: f64, peak_flops: f64) -> Self {
        let rate = (flops > 0 && seconds > 0.0).then(|| {
            let flops: f64 = flops.as_();
            flops / seconds
        });
        Self {
            flops,
            seconds,
            flops_per_second: rate,
            peak_share: rate.filter(|_| peak_flops > 0.0).map(|rate| rate / peak_flops),
            time_share: (whole > 0.0).then(|| seconds / whole),
        }
    }
}

impl Run {
    /// The run as a page: what came out, the classes, and the profile with its charts.
    #[must_use]
    pub fn document(&self) -> Document {
        let section = |table: Table, charts: Vec<Chart>| {
            let title = table.title.clone();
            let parts = [Part::Table(table)].into_iter().chain(charts.into_iter().map(Part::Chart));
            Section { title, parts: parts.collect() }
        };
        let came_out = run_table(self);
        let title = came_out.title.clone();
        let mut sections = vec![section(came_out, Vec::new())];
        if !self.top.is_empty() {
            sections.push(section(run_top_table(self), Vec::new()));
        }
        if let Some(profile) = &self.profile {
            let charts = vec![profile.times_chart(), profile.rates_chart()];
            sections.push(section(run_kinds_table(profile), Vec::new()));
            sections.push(section(run_profile_table(profile), charts));
        }
        Document { title, lead: Vec::new(), sections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, expected) in
            [(vec![], 0.0), (vec![3.0], 3.0), (vec![4.0, 1.0], 2.5), (vec![9.0, 1.0, 2.0], 2.0)]
        {
            assert!((median(&values) - expected).abs() < 1e-12, "{values:?}");
        }
    }
}
