//! [`Profile`]: the time of every step of a run, against the work that it does and the machine's peak.

use num_traits::AsPrimitive;
use serde::Serialize;

use crate::analysis::{AnalysisError, cost};
use crate::network::{Network, Tensor};
use crate::ops::OpError;
use crate::report::OperatorKind;
use crate::report::document::{Axis, Chart, Mark, Scale, Series, Values};

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
    /// Its position among the steps, from 1.
    #[serde(rename = "step")]
    pub number: usize,
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
        let seconds = steps.iter().map(|(_, seconds)| seconds).sum();
        let whole = Whole { seconds, peak_flops };
        let mut total: u64 = 0;
        let mut layers = Vec::new();
        for (tensors, seconds) in steps {
            let Some((&first, base)) =
                tensors.first().and_then(|first| Some((first, network.node(*first)?)))
            else {
                continue;
            };
            let before = total;
            for cost in tensors.iter().filter_map(|&tensor| cost.get(tensor)) {
                let sum = total.checked_add(cost.flops);
                total = sum.ok_or_else(|| AnalysisError::of(base, OpError::TotalOverflow))?;
            }
            let nodes = || tensors.iter().filter_map(|&tensor| network.node(tensor));
            layers.push(StepTime {
                number: layers.len() + 1,
                name: base.name().to_owned(),
                layers: nodes().map(|node| node.name().to_owned()).collect(),
                ops: nodes().map(|node| node.op.operator().name()).collect(),
                kind: base.op.operator().kind(network.operand_shapes(first)),
                block: base.block().to_owned(),
                timed: whole.timed(total - before, *seconds),
            });
        }
        let kinds = OperatorKind::ALL.into_iter().filter_map(|kind| {
            let of = || layers.iter().filter(|layer| layer.kind == kind);
            let time = KindTime { kind, steps: of().count(), timed: whole.together(of()) };
            Some(time).filter(|time| time.steps > 0)
        });
        let (kinds, totals) = (kinds.collect(), whole.timed(total, whole.seconds));
        Ok(Self { machine, peak_flops, totals, kinds, layers })
    }

    /// Some of the steps together.
    #[must_use]
    pub fn together<'a>(&self, steps: impl IntoIterator<Item = &'a StepTime>) -> Timed {
        let whole = Whole { seconds: self.totals.seconds, peak_flops: self.peak_flops };
        whole.together(steps)
    }

    /// The times of the steps, a series a kind.
    pub(super) fn times_chart(&self) -> Chart {
        let times = self.layers.iter().map(|layer| layer.timed.seconds * 1e3);
        Chart {
            title: "Time from the first step to the last".to_owned(),
            x: axis("step", Scale::Linear, Values::Numbers),
            y: axis("milliseconds", Scale::of(times), Values::Numbers),
            series: self.series(|timed| Some(timed.seconds * 1e3)),
        }
    }

    /// The rates of the steps under the machine's peak.
    pub(super) fn rates_chart(&self) -> Chart {
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
            x: axis("step", Scale::Linear, Values::Numbers),
            y: axis("FLOP/s", Scale::Linear, Values::Counts),
            series,
        }
    }

    fn series(&self, value: impl Fn(&Timed) -> Option<f64>) -> Vec<Series> {
        let series = OperatorKind::ALL.into_iter().map(|kind| {
            let of = self.layers.iter().filter(|layer| layer.kind == kind);
            let points = of.filter_map(|layer| {
                Some(((layer.number.as_(), value(&layer.timed)?), layer.name.clone()))
            });
            let (points, labels) = points.unzip();
            let name = kind.label().to_owned();
            Series { name, mark: Mark::Point, kind: Some(kind), points, labels }
        });
        series.filter(|series| !series.points.is_empty()).collect()
    }
}

fn axis(label: &str, scale: Scale, values: Values) -> Axis {
    Axis { label: label.to_owned(), scale, values }
}

/// What shares are parts of.
#[derive(Debug, Clone, Copy)]
struct Whole {
    /// The time of all steps.
    seconds: f64,
    peak_flops: f64,
}

impl Whole {
    fn timed(self, flops: u64, seconds: f64) -> Timed {
        let rate = (flops > 0 && seconds > 0.0).then(|| {
            let flops: f64 = flops.as_();
            flops / seconds
        });
        Timed {
            flops,
            seconds,
            flops_per_second: rate,
            peak_share: rate.filter(|_| self.peak_flops > 0.0).map(|rate| rate / self.peak_flops),
            time_share: (self.seconds > 0.0).then(|| seconds / self.seconds),
        }
    }

    /// Some of the steps, of which all have no more operations than 64 bits count.
    fn together<'a>(self, steps: impl IntoIterator<Item = &'a StepTime>) -> Timed {
        let (mut flops, mut seconds) = (0_u64, 0.0);
        for step in steps {
            flops = flops.saturating_add(step.timed.flops);
            seconds += step.timed.seconds;
        }
        self.timed(flops, seconds)
    }
}
