//! The figures of a network at points: values of the variables.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{FormulaError, Quantity, Setup, Variable};
use crate::analysis::{AnalysisError, Totals, alive, totals};
use crate::diagnostics::Diagnostic;
use crate::figure::Figure;
use crate::front::yaml::value::{Number, Value};
use crate::front::yaml::{Decisions, NoVariant, Remainders, Settings, Unlike};
use crate::network::Network;

/// A variant may take so many times the steps of the network itself, and so many more.
const TIMES_THE_STEPS: usize = 3;
const MORE_STEPS: usize = 1_500;

/// What all networks of a search may take: layers, and so many for each network.
const MAX_WORK: usize = 4_000_000;
const WORK_OF_A_NETWORK: usize = 100;

/// Values of the variables, in their order.
pub(super) type Point = Vec<u64>;

/// The figures at a point, or why there are none.
pub(super) type Sample = Result<Arc<Totals>, NoVariant>;

/// The networks at points, each of which is looked at once.
pub(super) struct Samples<'s> {
    setup: &'s Setup<'s>,
    over: &'s [Variable],
    /// The figures of the whole search: others may not be known.
    wanted: &'s [Figure],
    /// The variables' own values.
    own: Point,
    most_steps: usize,
    known: HashMap<Point, Sample>,
    /// The bytes alive at each layer, where the peak of memory is wanted.
    alive: HashMap<Point, Arc<[u64]>>,
    /// What the comparisons and divisions of the description came out as at the points at which there is a network.
    decisions: BTreeMap<Point, Decisions>,
    work: usize,
}

impl<'s> Samples<'s> {
    pub(super) fn new(
        setup: &'s Setup<'s>,
        over: &'s [Variable],
        wanted: &'s [Figure],
    ) -> Result<Self, FormulaError> {
        let own = over.iter().map(|variable| own_value(setup, variable));
        let mut samples = Self {
            setup,
            over,
            wanted,
            own: own.collect::<Result<_, _>>()?,
            most_steps: setup.layers.saturating_mul(TIMES_THE_STEPS).saturating_add(MORE_STEPS),
            known: HashMap::new(),
            alive: HashMap::new(),
            decisions: BTreeMap::new(),
            work: 0,
        };
        // Steps that are left out make no layers.
        if matches!(samples.built(&samples.own), Err(NoVariant::TooLarge)) {
            samples.most_steps = usize::MAX;
        }
        Ok(samples)
    }

    /// The variables' own values: those of the description and the settings.
    pub(super) fn own(&self) -> &Point {
        &self.own
    }

    /// The numbers that the description names, the variables' own values among them.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut numbers = self.setup.description.numbers();
        numbers.extend(&self.own);
        numbers.into_iter().collect()
    }

    pub(super) fn over(&self) -> &[Variable] {
        self.over
    }

    /// The figures at a point.
    ///
    /// # Errors
    /// Where the search takes too long.
    pub(super) fn at(&mut self, point: &[u64]) -> Result<Sample, FormulaError> {
        if let Some(sample) = self.known.get(point) {
            return Ok(sample.clone());
        }
        let sample = match self.built(point) {
            Ok((network, decisions)) => {
                // Divisions are kept.
                let work = network.len().saturating_add(decisions.divisions());
                self.decisions.insert(point.to_vec(), decisions);
                self.work = self.work.saturating_add(work);
                self.measured(&network, point)
            }
            Err(why) => {
                if why == NoVariant::TooLarge {
                    self.work = self.work.saturating_add(self.most_steps);
                }
                Err(why)
            }
        };
        self.work = self.work.saturating_add(WORK_OF_A_NETWORK);
        if self.work > MAX_WORK {
            let message = format!(
                "{} is too large for a closed form: the networks that it takes have more than {MAX_WORK} layers",
                self.setup.description.name()
            );
            let diagnostic = Diagnostic::error(message)
                .help("use fewer variables, or settings that make the network smaller");
            return Err(FormulaError::Description(diagnostic.into()));
        }
        self.known.insert(point.to_vec(), sample.clone());
        Ok(sample)
    }

    /// Whether so many networks as large as that of the variables' own values take no more than `most` of the work, of which as much is left.
    pub(super) fn can_afford(&self, networks: usize, most: usize) -> bool {
        let work = self.setup.layers.saturating_add(WORK_OF_A_NETWORK).saturating_mul(networks);
        work <= most && self.work.saturating_add(work) <= MAX_WORK
    }

    /// The figures of the network at a point.
    fn measured(&mut self, network: &Network, point: &[u64]) -> Sample {
        let failed = |error: AnalysisError| NoVariant::Wrong(error.to_string().into());
        let others: Vec<Figure> =
            self.wanted.iter().copied().filter(|figure| *figure != Figure::PeakMemory).collect();
        let mut totals = totals(network, &others).map_err(failed)?;
        if self.wanted.contains(&Figure::PeakMemory) {
            let schedule = alive(network).map_err(failed)?;
            totals.peak_activation_bytes = Some(schedule.peak_bytes);
            self.alive.insert(point.to_vec(), schedule.alive_bytes.into());
        }
        Ok(Arc::new(totals))
    }

    /// The parts of a figure at a point, of each of which there is a form: for the peak of memory, the largest of its parts, the bytes at
    /// each layer, for any other figure itself. `None` where the network does not exist, or the figure is not known.
    pub(super) fn parts(
        &mut self,
        figure: Figure,
        point: &[u64],
    ) -> Result<Option<Arc<[u64]>>, FormulaError> {
        let value = self.figure(figure, point)?;
        Ok(match figure {
            Figure::PeakMemory => self.alive.get(point).cloned(),
            _ => value.map(|value| [value].into()),
        })
    }

    /// All that is known of a figure's parts, in the order of the points.
    pub(super) fn known_parts(&self, figure: Figure) -> Vec<(Point, Arc<[u64]>)> {
        if figure != Figure::PeakMemory {
            let known = self.known(figure).into_iter();
            return known.map(|(point, value)| (point, [value].into())).collect();
        }
        let known = self.alive.iter().map(|(point, parts)| (point.clone(), parts.clone()));
        let mut known: Vec<_> = known.collect();
        known.sort_unstable();
        known
    }

    /// The layer at a position in execution order in the network itself.
    pub(super) fn layer(&self, position: usize) -> Option<String> {
        let network = self.network(&self.own).ok()?;
        network.layers().nth(position).map(|(_, node)| node.name().to_owned())
    }

    /// A figure at a point; `None` where the network does not exist, or the figure is not known.
    pub(super) fn figure(
        &mut self,
        figure: Figure,
        point: &[u64],
    ) -> Result<Option<u64>, FormulaError> {
        Ok(self.at(point)?.ok().and_then(|totals| totals.get(figure)))
    }

    /// All that is known of a figure, in the order of the points.
    pub(super) fn known(&self, figure: Figure) -> Vec<(Point, u64)> {
        let known = self.known.iter().filter_map(|(point, sample)| {
            Some((point.clone(), sample.as_ref().ok()?.get(figure)?))
        });
        let mut known: Vec<_> = known.collect();
        known.sort_unstable();
        known
    }

    /// The network at a point, or what is wrong with it.
    pub(super) fn network(&self, point: &[u64]) -> Result<Network, NoVariant> {
        self.built(point).map(|(network, _)| network)
    }

    fn built(&self, point: &[u64]) -> Result<(Network, Decisions), NoVariant> {
        let settings = self.settings(point);
        let settings = settings.ok_or_else(|| NoVariant::Wrong("a value is too large".into()))?;
        self.setup.description.deciding(&settings, self.most_steps)
    }

    /// In so many steps from one point to the next a division of the description leaves no remainder.
    pub(super) fn steps_to_multiples(
        &mut self,
        one: &[u64],
        next: &[u64],
    ) -> Result<Vec<u64>, FormulaError> {
        for point in [one, next] {
            let _ = self.at(point)?;
        }
        let found = self.decisions.get(one).zip(self.decisions.get(next));
        Ok(found.map_or_else(Vec::new, |(one, next)| one.steps_to_multiples(next)))
    }

    /// Whether a comparison of the description comes out otherwise at one point than at another; `None` where a network is missing.
    pub(super) fn decide_differently(
        &mut self,
        one: &[u64],
        other: &[u64],
    ) -> Result<Option<bool>, FormulaError> {
        for point in [one, other] {
            let _ = self.at(point)?;
        }
        let found = self.decisions.get(one).zip(self.decisions.get(other));
        Ok(found.map(|(decided, there)| decided.differ(there)))
    }

    /// Whether all divisions of the description leave the same at all points of a class that were looked at, and if so, whether what is
    /// divided varies.
    pub(super) fn remainders(&self, is_in_class: impl Fn(&[u64]) -> bool) -> Result<bool, Unlike> {
        let mut remainders = Remainders::default();
        for (_, decisions) in self.decisions.iter().filter(|(point, _)| is_in_class(point)) {
            remainders.add(decisions)?;
        }
        Ok(remainders.vary())
    }

    /// The batch and the input's sizes, with the variables in their places.
    pub(super) fn sizes(&self) -> (String, Vec<String>) {
        let of = |wanted: &Quantity| {
            let mut over = self.over.iter();
            over.find(|variable| variable.quantity == *wanted).map(|variable| variable.name.clone())
        };
        let batch = of(&Quantity::Batch);
        let axes = [Quantity::Channels, Quantity::Height, Quantity::Width];
        let mut sizes: Vec<_> = self.setup.input.iter().map(u64::to_string).collect();
        for (size, axis) in sizes.iter_mut().zip(&axes) {
            if let Some(name) = of(axis) {
                *size = name;
            }
        }
        // A size that the file has as a parameter follows it.
        let given = |point: &[u64]| {
            let settings = self.settings(point)?;
            settings.input.or_else(|| self.setup.description.input_sizes(&settings.parameters))
        };
        for (position, variable) in self.over.iter().enumerate() {
            let mut moved = self.own.clone();
            let next = self.own.get(position).and_then(|value| value.checked_add(1));
            let (Some(slot), Some(next)) = (moved.get_mut(position), next) else { continue };
            *slot = next;
            let parameter =
                matches!(variable.quantity, Quantity::Parameter(_) | Quantity::Element(..));
            let (true, Some(before), Some(after)) = (parameter, given(&self.own), given(&moved))
            else {
                continue;
            };
            for (size, (before, after)) in sizes.iter_mut().zip(before.iter().zip(&after)) {
                if before != after {
                    let is_itself = self.own.get(position) == Some(before) && *after == next;
                    *size = if is_itself { variable.name.clone() } else { "…".to_owned() };
                }
            }
        }
        (batch.unwrap_or_else(|| self.setup.settings.batch.to_string()), sizes)
    }

    /// The settings at a point; `None` where a value is too large.
    fn settings(&self, point: &[u64]) -> Option<Settings> {
        let mut settings = self.setup.settings.clone();
        let values: Vec<_> = self.over.iter().zip(point).collect();
        for (variable, value) in &values {
            let number = Value::Number(Number::from_integer(i128::from(**value))?);
            match &variable.quantity {
                Quantity::Parameter(name) => settings.parameters.push((name.clone(), number)),
                Quantity::Element(name, index) => {
                    let mut set = settings.parameters.iter().rev();
                    let list = set.find(|(known, _)| known == name).map(|(_, value)| value);
                    let list = list.or_else(|| self.setup.parameter(name))?.as_list()?;
                    let mut items = list.to_vec();
                    *items.get_mut(*index)? = number;
                    settings.parameters.push((name.clone(), Value::list(items)));
                }
                Quantity::Batch => settings.batch = **value,
                Quantity::Channels | Quantity::Height | Quantity::Width => {}
            }
        }
        let axes: Vec<_> = values
            .iter()
            .filter_map(|(variable, value)| Some((input_axis(&variable.quantity)?, **value)))
            .collect();
        if !axes.is_empty() {
            let mut sizes = match &settings.input {
                Some(sizes) => sizes.clone(),
                None => self.setup.description.input_sizes(&settings.parameters)?,
            };
            for (axis, value) in axes {
                *sizes.get_mut(axis)? = value;
            }
            settings.input = Some(sizes);
        }
        Some(settings)
    }
}

/// The position among the input's sizes without the batch.
fn input_axis(quantity: &Quantity) -> Option<usize> {
    match quantity {
        Quantity::Channels => Some(0),
        Quantity::Height => Some(1),
        Quantity::Width => Some(2),
        Quantity::Parameter(_) | Quantity::Element(..) | Quantity::Batch => None,
    }
}

/// The value of a variable in the description with its settings.
fn own_value(setup: &Setup<'_>, variable: &Variable) -> Result<u64, FormulaError> {
    let value = match &variable.quantity {
        Quantity::Parameter(name) => setup.parameter(name).cloned(),
        Quantity::Element(name, index) => {
            let list = setup.parameter(name).and_then(Value::as_list);
            list.and_then(|items| items.get(*index)).cloned()
        }
        Quantity::Batch => Some(Value::from(setup.settings.batch)),
        axis => input_axis(axis).and_then(|axis| setup.input.get(axis)).copied().map(Value::from),
    };
    let name = &variable.name;
    let message = match value {
        Some(value) => match value.as_u64() {
            Some(value) => return Ok(value),
            None => format!("`{name}` is {}, and forms are in whole numbers", value.describe()),
        },
        None => format!("the network has no `{name}`"),
    };
    let help = "set it to a whole number";
    Err(FormulaError::Description(Diagnostic::error(message).help(help).into()))
}
