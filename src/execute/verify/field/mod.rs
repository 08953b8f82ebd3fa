//! Receptive fields: which units become no numbers where rows or columns of the input are none.
//!
//! Whether the field of a unit begins before row y is told by one run in which all rows before y are no numbers, for all layers and units at once; whether
//! it ends at y or later, by one in which all rows from y on are. For each end that the analysis has, two runs show that the pixel
//! there changes the unit, and that none beyond does. Between its ends a field may have holes.

mod ends;
mod prober;
mod sights;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use num_rational::Ratio;
use serde::Serialize;

use super::{Amount, Effort, Layers, Line, Progress, Stage, Subject, Wrong, count, looked_at};
use crate::analysis::{AxisField, ReceptiveField, ReceptiveFields};
use crate::execute::ExecutionError;
use crate::execute::engine::Engine;
use crate::network::Network;
use ends::{End, Kind, Perturbation, ends};
use prober::Prober;

/// So many runs are made, however large the network.
const FEWEST_RUNS: usize = 4;

/// What was looked at of receptive fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// Ends of fields that can be looked at: both ends along both axes, of the first, the middle, its neighbor's and the last unit of a layer.
    pub ends: u64,
    /// Of these, how many were.
    pub checked: u64,
    /// Of these, at how many units see less than their fields, since a map in between has its border there or channels are left out.
    pub cut: u64,
    /// Of these, at how many units see what is mirrored or repeated, which counts as padding.
    pub mirrored: u64,
    /// How many differ.
    pub wrong: u64,
    /// How many runs were made.
    pub runs: u64,
    /// How many all ends need.
    pub all_runs: u64,
    /// Layers whose rows or columns do not lie along an axis of their own, or whose fields are not known: these are not looked at.
    pub other_layers: u64,
    /// Layers with values that are not finite, or behind such: their fields are not looked at either.
    pub not_finite_layers: u64,
}

impl Fields {
    pub(super) fn line(&self, layers: &Layers) -> Line {
        let ends = |ends| if self.checked > 0 { Amount::Count(ends) } else { Amount::None };
        Line {
            figure: Subject::Fields,
            analysis: ends(self.checked),
            run: ends(self.checked.saturating_sub(self.wrong)),
            compared: self.checked,
            of: self.ends,
            holds: looked_at(self.checked, layers.hold(Subject::Fields)),
        }
    }
}

/// What is looked at.
pub(super) struct Probe<'a> {
    pub(super) network: &'a Network,
    pub(super) fields: &'a ReceptiveFields,
    pub(super) engine: &'a Engine,
}

impl Probe<'_> {
    /// Makes the runs and compares.
    pub(super) fn run(
        &self,
        inputs: &[Vec<f32>],
        is_finite: &[bool],
        (effort, each): (Effort, u64),
        layers: &mut Layers,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fields, ExecutionError> {
        let mut found = Fields::default();
        let finite = self.network.layers().filter(|(tensor, _)| is_finite[tensor.index()]).count();
        found.not_finite_layers = count(layers.iter().count() - finite);
        let Some(map) = self.fields.input else {
            found.other_layers = count(finite);
            return Ok(found);
        };
        self.note_misstated(layers);
        let mut ends = ends(self.network, self.fields, map, is_finite);
        found.ends = count(ends.len());
        let looked_at = ends.chunk_by(|one, next| one.tensor == next.tensor).count();
        found.other_layers = count(finite - looked_at);
        let mut runs = needed(&ends, map);
        found.all_runs = count(runs.len());
        if let Some(most) = effort.field_operations {
            let most = usize::try_from(most / each.max(1)).unwrap_or(usize::MAX);
            runs = telling(runs, &ends, map, most.max(FEWEST_RUNS));
        }
        found.runs = count(runs.len());
        let mut prober = Prober::new(self.network, self.engine, inputs, map)?;
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

    /// Notes windows whose size, stride and padding are not those of their ends.
    fn note_misstated(&self, layers: &mut Layers) {
        for (tensor, _) in self.network.layers() {
            if let (Some(layer), Some(ReceptiveField::Window(axes))) =
                (layers.get(tensor), self.fields.nodes.get(tensor))
            {
                layer.wrong.extend(axes.iter().zip(["rows", "columns"]).filter_map(misstated));
            }
        }
    }
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

/// Runs, each with the positions of the ends of which it tells.
type Runs = Vec<(Perturbation, Vec<usize>)>;

/// All runs that the ends need.
fn needed(ends: &[End], map: [u64; 2]) -> Runs {
    let mut runs: BTreeMap<Perturbation, Vec<usize>> = BTreeMap::new();
    for (at, end) in ends.iter().enumerate() {
        for perturbation in end.needed(map) {
            runs.entry(perturbation).or_default().push(at);
        }
    }
    runs.into_iter().collect()
}

/// At most so many of the runs, always the one that tells most next: an end that needs no other run counts twice.
fn telling(mut runs: Runs, ends: &[End], map: [u64; 2], most: usize) -> Runs {
    if runs.len() <= most {
        return runs;
    }
    let mut missing: Vec<usize> = ends.iter().map(|end| end.needed(map).count()).collect();
    let mut chosen = Vec::with_capacity(most);
    while chosen.len() < most {
        let told = |ends: &[usize]| -> usize {
            ends.iter().map(|&end| if missing[end] == 1 { 2 } else { 1 }).sum()
        };
        let next = runs.iter().enumerate().max_by_key(|(at, (_, ends))| (told(ends), Reverse(*at)));
        let Some((next, _)) = next else { break };
        let run = runs.remove(next);
        for &end in &run.1 {
            missing[end] -= 1;
        }
        chosen.push(run);
    }
    chosen
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
        let holds = is_checked && !is_wrong;
        let is_cut = end.kind == Kind::Cut || end.reaches == Some(false);
        found.cut += u64::from(holds && is_cut);
        found.mirrored += u64::from(holds && end.kind == Kind::Mirrored);
        let Some(layer) = layers.get(end.tensor) else { continue };
        layer.field_ends += u64::from(holds);
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
