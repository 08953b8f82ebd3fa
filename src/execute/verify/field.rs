//! Receptive fields: which units become no numbers where rows or columns of the input are none.
//!
//! Whether the field of a unit begins before row y is told by one run in which all rows before y are no numbers, for all layers and units at once; whether
//! it ends at y or later, by one in which all rows from y on are. For each end that the analysis has, two runs show that the pixel
//! there changes the unit, and that none beyond does. Between its ends a field may have holes.

use std::collections::BTreeMap;

use num_rational::Ratio;
use serde::Serialize;

use super::axes::axes;
use super::values::is_passed_on;
use super::{Amount, Effort, Layers, Line, Progress, Stage, Subject, Wrong, count};
use crate::analysis::{AxisField, AxisWindow, ReceptiveField, ReceptiveFields};
use crate::execute::ExecutionError;
use crate::execute::engine::{Engine, Memory, Observer};
use crate::network::{Network, Shape, Tensor};
use crate::ops::{AxisReach, Reach, Span};

/// What was looked at of receptive fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// Ends of fields that can be looked at: both ends along both axes, of the first, the middle, its neighbor's and the last unit of a layer.
    pub ends: u64,
    /// Of these, how many were.
    pub checked: u64,
    /// Of these, how many lie outside of the input, or a layer before leaves rows out, and the field ends earlier, since a map in
    /// between ends.
    pub cut: u64,
    /// How many differ.
    pub wrong: u64,
    /// How many runs were made.
    pub runs: u64,
    /// How many all ends need.
    pub all_runs: u64,
    /// Layers whose rows or columns do not lie along an axis of their own, whose fields are not known, or whose values are no numbers anyway:
    /// their fields are not looked at.
    pub other_layers: u64,
}

impl Fields {
    pub(super) fn line(&self) -> Line {
        Line {
            figure: Subject::Fields,
            analysis: Amount::Count(self.checked),
            run: Amount::Count(self.checked.saturating_sub(self.wrong)),
            compared: self.checked,
            holds: self.wrong == 0,
        }
    }
}

/// A side of a field, and of an axis of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// Before a position.
    Before,
    /// From a position on.
    From,
}

/// What of the input is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Perturbation {
    /// 0 for rows, 1 for columns.
    axis: usize,
    side: Side,
    at: u64,
}

/// An end of the field of a unit, or of that of all units.
#[derive(Debug, Clone)]
struct End {
    tensor: Tensor,
    axis: usize,
    side: Side,
    /// Where the unit is; `None` for all units.
    unit: Option<(usize, u64)>,
    /// The position of the pixel at the end; beyond the input for a unit that depends on nothing.
    pixel: u64,
    /// Whether the field may end earlier.
    may_be_cut: bool,
    /// Whether the pixel at the end changes the unit.
    reaches: Option<bool>,
    /// Whether a pixel beyond does.
    exceeds: Option<bool>,
}

/// What is looked at.
pub(super) struct Probe<'a> {
    pub(super) network: &'a Network,
    pub(super) fields: &'a ReceptiveFields,
    pub(super) engine: &'a Engine,
}

/// How the values of a network are looked at while it runs.
struct Prober<'a> {
    network: &'a Network,
    engine: &'a Engine,
    memory: Memory,
    inputs: Vec<Vec<f32>>,
    clean: Vec<f32>,
    /// For every node the one that computes its values.
    sources: Vec<usize>,
    map: [u64; 2],
}

impl Probe<'_> {
    /// Makes the runs and compares.
    pub(super) fn run(
        &self,
        inputs: &[Vec<f32>],
        has_nan: &[bool],
        (effort, macs): (Effort, u64),
        layers: &mut Layers,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fields, ExecutionError> {
        let mut found = Fields::default();
        let Some(map) = self.fields.input else {
            found.other_layers = count(layers.iter().count());
            return Ok(found);
        };
        let mut ends = self.ends(map, has_nan, layers, &mut found);
        let mut runs: BTreeMap<Perturbation, Vec<usize>> = BTreeMap::new();
        for (at, end) in ends.iter().enumerate() {
            for perturbation in end.needed(map) {
                runs.entry(perturbation).or_default().push(at);
            }
        }
        found.all_runs = count(runs.len());
        let mut runs: Vec<(Perturbation, Vec<usize>)> = runs.into_iter().collect();
        // Those that tell most first, where not all are made.
        runs.sort_by_key(|(perturbation, ends)| (std::cmp::Reverse(ends.len()), *perturbation));
        if let Some(most) = effort.field_macs {
            runs.truncate(usize::try_from(most / macs.max(1)).unwrap_or(usize::MAX).max(4));
        }
        found.runs = count(runs.len());
        let Some(mut prober) = Prober::new(self.network, self.engine, inputs, map) else {
            return Ok(found);
        };
        for (at, (perturbation, asked)) in runs.iter().enumerate() {
            let changed = prober.run(*perturbation, &ends, asked)?;
            for (&end, changed) in asked.iter().zip(changed) {
                let end = &mut ends[end];
                if end.perturbed(0) == Some(*perturbation) {
                    end.exceeds = Some(changed);
                } else {
                    end.reaches = Some(changed);
                }
            }
            progress(Progress { stage: Stage::Fields, done: at + 1, of: runs.len() });
        }
        judge(&ends, &mut prober, layers, &mut found)?;
        Ok(found)
    }

    /// All ends that are to be looked at.
    fn ends(
        &self,
        map: [u64; 2],
        has_nan: &[bool],
        layers: &mut Layers,
        found: &mut Fields,
    ) -> Vec<End> {
        let axes = axes(self.network);
        let mut ends = Vec::new();
        let mut seen: Vec<[Seen; 2]> = Vec::with_capacity(self.network.len());
        for (tensor, node) in self.network.nodes() {
            let Some(field) = self.fields.nodes.get(tensor) else { continue };
            let own = [0, 1].map(|axis| {
                let seen = self.seen(tensor, field, axis, &seen);
                let sees_padding = axes[tensor.index()][axis]
                    .is_some_and(|at| sees_padding_alone(self.network, tensor, at));
                Seen { sees_padding: seen.sees_padding || sees_padding, ..seen }
            });
            seen.push(own);
            let Some(layer) = layers.get(tensor) else { continue };
            let before = ends.len();
            if !has_nan[tensor.index()] {
                for (axis, seen) in own.iter().enumerate() {
                    let of = Of { tensor, axis, size: map[axis], seen };
                    of.ends(field, axes[tensor.index()][axis], &node.shape, &mut ends);
                }
            }
            if let ReceptiveField::Window(axes) = field {
                layer.wrong.extend(axes.iter().zip(["rows", "columns"]).filter_map(misstated));
            }
            found.other_layers += u64::from(ends.len() == before);
        }
        found.ends = count(ends.len());
        ends
    }

    /// What all units of a node together see along an axis.
    fn seen(
        &self,
        tensor: Tensor,
        field: &ReceptiveField,
        axis: usize,
        below: &[[Seen; 2]],
    ) -> Seen {
        let operands = self.network.operands(tensor).iter();
        let operands = operands.filter_map(|operand| Some(below.get(operand.index())?[axis]));
        let joined = operands.fold(Seen::NOTHING, Seen::joined);
        match field {
            ReceptiveField::Window(axes) => match &axes[axis] {
                AxisField::Window(window) => {
                    let span = window.hull();
                    Seen {
                        span: span.unwrap_or(Span::EMPTY),
                        is_known: span.is_some(),
                        leaves_out: [
                            joined.leaves_out[0] || window.padding[0] < 0,
                            joined.leaves_out[1] || window.padding[1] < 0,
                        ],
                        sees_padding: joined.sees_padding,
                    }
                }
                AxisField::Global => joined,
            },
            ReceptiveField::Unknown => Seen { is_known: false, ..joined },
            ReceptiveField::Global | ReceptiveField::Independent => joined,
        }
    }
}

/// What the units of a node see together.
#[derive(Debug, Clone, Copy)]
struct Seen {
    span: Span,
    /// Whether that is known.
    is_known: bool,
    /// Whether a layer leaves out pixels before, and after, what it takes.
    leaves_out: [bool; 2],
    /// Whether a layer has units that see nothing but padding: these depend on nothing, whatever their fields.
    sees_padding: bool,
}

impl Seen {
    const NOTHING: Self =
        Self { span: Span::EMPTY, is_known: true, leaves_out: [false; 2], sees_padding: false };

    fn joined(self, other: Self) -> Self {
        let [own, others] = [self.leaves_out, other.leaves_out];
        Self {
            span: self.span.hull(other.span),
            is_known: self.is_known && other.is_known,
            leaves_out: [own[0] || others[0], own[1] || others[1]],
            sees_padding: self.sees_padding || other.sees_padding,
        }
    }
}

/// Whether the first or the last unit of a layer along an axis takes positions beyond its operand alone.
fn sees_padding_alone(network: &Network, tensor: Tensor, at: usize) -> bool {
    let Some(node) = network.node(tensor) else { return false };
    let shapes = network.operand_shapes(tensor);
    let size =
        |shape: &Shape| shape.sizes().get(at).copied().and_then(|size| i64::try_from(size).ok());
    let alone = |(slot, operand): (usize, &Shape)| {
        let reach = node.op.operator().reach(shapes, slot, &node.shape).ok()?;
        let Reach::Axes(axes) = reach else { return None };
        let AxisReach::Spans { spans, spacing, .. } = axes.get(at)? else { return None };
        let (units, positions) = (size(&node.shape)?, size(operand)?);
        let is_alone = |unit: i64| {
            let span = spans.span(unit)?;
            // The first position that is not before the operand.
            let before = span.start.min(0).checked_neg()?;
            let first = span.start.checked_add(
                num_integer::Integer::div_ceil(&before, spacing).checked_mul(*spacing)?,
            )?;
            Some(!span.is_empty() && first > span.end.min(positions.checked_sub(1)?))
        };
        Some(is_alone(0)? || is_alone(units.checked_sub(1)?)?)
    };
    shapes.iter().enumerate().any(|one| alone(one) == Some(true))
}

/// A window whose size, stride or padding are not those of its spans.
fn misstated((field, axis): (&AxisField, &str)) -> Option<Wrong> {
    let AxisField::Window(window) = field else { return None };
    let (first, second) = (window.span(0)?, window.span(1)?);
    if !window.moves_evenly() || first.is_empty() {
        return None;
    }
    let told = |size: u64, stride: Ratio<u64>, padding: i64| {
        format!("{axis}: size {size}, stride {stride}, padding {padding}")
    };
    let stride = u64::try_from(second.start.checked_sub(first.start)?).ok()?;
    let analysis = told(window.size, window.stride, window.padding[0]);
    let run = told(first.len()?, Ratio::from_integer(stride), first.start.checked_neg()?);
    (analysis != run).then_some(Wrong { figure: Subject::Fields, analysis, run })
}

/// The field of a node along an axis.
struct Of<'a> {
    tensor: Tensor,
    axis: usize,
    /// The input's size along it.
    size: u64,
    seen: &'a Seen,
}

impl Of<'_> {
    /// Adds the ends of the fields of some units.
    fn ends(&self, field: &ReceptiveField, at: Option<usize>, shape: &Shape, ends: &mut Vec<End>) {
        match field {
            ReceptiveField::Window(axes) => match &axes[self.axis] {
                AxisField::Window(window) => self.of_window(window, at, shape, ends),
                AxisField::Global => self.of_all(ends),
            },
            ReceptiveField::Global => self.of_all(ends),
            ReceptiveField::Independent => self.of_unit(None, Span::EMPTY, ends),
            ReceptiveField::Unknown => {}
        }
    }

    fn of_window(
        &self,
        window: &AxisWindow,
        at: Option<usize>,
        shape: &Shape,
        ends: &mut Vec<End>,
    ) {
        let Some(at) = at.filter(|&at| shape.sizes().get(at) == Some(&window.units)) else {
            return;
        };
        let last = window.units.saturating_sub(1);
        let mut units = [0, last / 2, (last / 2 + 1).min(last), last].to_vec();
        units.dedup();
        for unit in units {
            if let Some(span) = window.span(unit) {
                self.of_unit(Some((at, unit)), span, ends);
            }
        }
    }

    fn of_all(&self, ends: &mut Vec<End>) {
        if self.seen.is_known {
            self.of_unit(None, self.seen.span, ends);
        }
    }

    fn of_unit(&self, unit: Option<(usize, u64)>, span: Span, ends: &mut Vec<End>) {
        let end = |side, pixel, may_be_cut| End {
            tensor: self.tensor,
            axis: self.axis,
            side,
            unit,
            pixel,
            may_be_cut,
            reaches: None,
            exceeds: None,
        };
        if span.inside(self.size) == 0 {
            // No pixel at all changes it.
            return ends.push(end(Side::Before, self.size, true));
        }
        let last = self.size.saturating_sub(1);
        let [leaves_before, leaves_after] = self.seen.leaves_out;
        let start = u64::try_from(span.start);
        let stop = u64::try_from(span.end).unwrap_or(0);
        let is_cut = start.is_err() || leaves_before || self.seen.sees_padding;
        ends.push(end(Side::Before, start.unwrap_or(0), is_cut));
        let is_cut = stop > last || leaves_after || self.seen.sees_padding;
        ends.push(end(Side::From, stop.min(last), is_cut));
    }
}

impl End {
    /// The run that shows whether a field goes `by` pixels further inwards than its end, exclusively.
    fn perturbed(&self, by: u64) -> Option<Perturbation> {
        let at = match self.side {
            Side::Before => self.pixel.checked_add(by)?,
            Side::From => self.pixel.checked_add(1)?.checked_sub(by)?,
        };
        Some(Perturbation { axis: self.axis, side: self.side, at })
    }

    /// The runs that tell of it: whether pixels beyond change the unit, unless there are none, and whether the pixel itself does.
    fn needed(&self, map: [u64; 2]) -> impl Iterator<Item = Perturbation> {
        let size = map[self.axis];
        let has_beyond = match self.side {
            Side::Before => self.pixel > 0,
            Side::From => self.pixel + 1 < size,
        };
        let beyond = self.perturbed(0).filter(|_| has_beyond);
        let own = self.perturbed(1).filter(|_| self.pixel < size);
        beyond.into_iter().chain(own)
    }

    /// Whether all that is needed is known.
    fn is_checked(&self, map: [u64; 2]) -> bool {
        let known = u64::from(self.reaches.is_some()) + u64::from(self.exceeds.is_some());
        count(self.needed(map).count()) == known
    }

    fn is_wrong(&self) -> bool {
        self.exceeds == Some(true) || self.reaches == Some(false) && !self.may_be_cut
    }

    fn told(&self, pixel: Option<u64>) -> String {
        let axis = ["rows", "columns"].get(self.axis).copied().unwrap_or_default();
        let unit = match self.unit {
            Some((_, unit)) => format!("{axis}, unit {unit}"),
            None => format!("{axis}, all units"),
        };
        match (self.side, pixel) {
            (_, None) => format!("{unit}: none"),
            (Side::Before, Some(pixel)) => format!("{unit}: from {pixel}"),
            (Side::From, Some(pixel)) => format!("{unit}: to {pixel}"),
        }
    }
}

/// Counts what was found, and notes at layers what differs; of the first, where the field really ends.
fn judge(
    ends: &[End],
    prober: &mut Prober<'_>,
    layers: &mut Layers,
    found: &mut Fields,
) -> Result<(), ExecutionError> {
    for (at, end) in ends.iter().enumerate() {
        let is_wrong = end.is_wrong();
        let is_checked = end.is_checked(prober.map);
        found.checked += u64::from(is_checked || is_wrong);
        found.cut += u64::from(is_checked && !is_wrong && end.reaches == Some(false));
        let Some(layer) = layers.get(end.tensor) else { continue };
        layer.field_ends += u64::from(is_checked && !is_wrong);
        if is_wrong {
            found.wrong += 1;
            let run = if found.wrong == 1 {
                end.told(prober.measured(ends, at)?)
            } else if end.exceeds == Some(true) {
                "more".to_owned()
            } else {
                "less".to_owned()
            };
            let pixel = Some(end.pixel).filter(|&pixel| pixel < prober.map[end.axis]);
            let analysis = end.told(pixel);
            layer.wrong.push(Wrong { figure: Subject::Fields, analysis, run });
        }
    }
    Ok(())
}

impl<'a> Prober<'a> {
    /// `None` where there is no memory.
    fn new(
        network: &'a Network,
        engine: &'a Engine,
        inputs: &[Vec<f32>],
        map: [u64; 2],
    ) -> Option<Self> {
        let mut sources: Vec<usize> = Vec::with_capacity(network.len());
        for (tensor, node) in network.nodes() {
            let operand = network.operands(tensor).first().filter(|_| is_passed_on(&node.op));
            sources.push(operand.map_or(tensor.index(), |operand| sources[operand.index()]));
        }
        Some(Self {
            network,
            engine,
            memory: engine.memory().ok()?,
            inputs: inputs.to_vec(),
            clean: inputs.first()?.clone(),
            sources,
            map,
        })
    }

    /// Whether the units of some ends are no numbers after a perturbation.
    fn run(
        &mut self,
        perturbation: Perturbation,
        ends: &[End],
        asked: &[usize],
    ) -> Result<Vec<bool>, ExecutionError> {
        let [height, width] = self.map.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        let at = usize::try_from(perturbation.at).unwrap_or(usize::MAX);
        if let Some(input) = self.inputs.first_mut() {
            for ((place, value), &clean) in input.iter_mut().enumerate().zip(&self.clean) {
                let position =
                    if perturbation.axis == 0 { place / width % height } else { place % width };
                let is_before = position < at;
                let is_lost = is_before == (perturbation.side == Side::Before);
                *value = if is_lost { f32::NAN } else { clean };
            }
        }
        let mut asked_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (answer, &end) in asked.iter().enumerate() {
            asked_of.entry(self.sources[ends[end].tensor.index()]).or_default().push(answer);
        }
        let mut watch = Watch {
            network: self.network,
            ends,
            asked,
            asked_of,
            answers: vec![false; asked.len()],
        };
        let inputs: Vec<&[f32]> = self.inputs.iter().map(Vec::as_slice).collect();
        for (&tensor, values) in self.network.inputs().iter().zip(&inputs) {
            let samples = self.network.node(tensor).map_or(1, |node| node.shape.batch());
            let samples = usize::try_from(samples).unwrap_or(1);
            watch.sample(tensor, 0, &values[..values.len() / samples]);
        }
        self.engine.run(&mut self.memory, &inputs, &mut watch)?;
        Ok(watch.answers)
    }

    /// Where the field of an end really ends; `None` where it is empty.
    fn measured(&mut self, ends: &[End], at: usize) -> Result<Option<u64>, ExecutionError> {
        let end = &ends[at];
        let (axis, side) = (end.axis, end.side);
        // Up to `low` positions from the side do not change it, `high` do.
        let (mut low, mut high) = (0, self.map[axis]);
        let mut changes = |positions: u64| {
            let at_position = match side {
                Side::Before => positions,
                Side::From => self.map[axis] - positions,
            };
            let perturbation = Perturbation { axis, side, at: at_position };
            Ok::<bool, ExecutionError>(self.run(perturbation, ends, &[at])?.contains(&true))
        };
        if !changes(high)? {
            return Ok(None);
        }
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if changes(middle)? { high = middle } else { low = middle }
        }
        Ok(Some(match side {
            Side::Before => high - 1,
            Side::From => self.map[axis] - high,
        }))
    }
}

/// Looks at units while the engine runs.
struct Watch<'a> {
    network: &'a Network,
    ends: &'a [End],
    asked: &'a [usize],
    /// By the node that computes the values, the positions of what is asked.
    asked_of: BTreeMap<usize, Vec<usize>>,
    answers: Vec<bool>,
}

impl Observer for Watch<'_> {
    fn sample(&mut self, tensor: Tensor, sample: usize, values: &[f32]) {
        if sample > 0 {
            return;
        }
        for &answer in self.asked_of.get(&tensor.index()).into_iter().flatten() {
            let end = &self.ends[self.asked[answer]];
            if let Some(node) = self.network.node(end.tensor) {
                self.answers[answer] = is_changed(values, &node.shape, end.unit);
            }
        }
    }
}

/// Whether any value of a unit, at whatever position along the other axes, is no number.
fn is_changed(values: &[f32], shape: &Shape, unit: Option<(usize, u64)>) -> bool {
    let Some((axis, unit)) = unit else { return values.iter().any(|value| value.is_nan()) };
    let index = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    let inner = shape.sizes().iter().skip(axis + 1).map(|&size| index(size)).product::<usize>();
    let size = shape.sizes().get(axis).map_or(1, |&size| index(size));
    let first = index(unit).saturating_mul(inner);
    let lanes = values.chunks_exact((size * inner).max(1));
    let mut units = lanes.filter_map(|lane| lane.get(first..first + inner));
    units.any(|unit| unit.iter().any(|value| value.is_nan()))
}
