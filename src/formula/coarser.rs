//! Coarser classes for the peak of memory.
//!
//! A network's last layers ask for a size that all strides divide, and the layer with the peak is one of the first. In the class of all
//! layers its form is proven; it holds in a coarser one if it is the largest layer's in each of the classes that make that up.

use std::sync::Arc;

use super::interpolate::{Progression, through};
use super::largest::never_exceeded;
use super::remainders;
use super::sample::{Point, Samples};
use super::search::STEPS;
use super::{FormulaError, Polynomial};
use crate::figure::Figure;

/// So many layers of networks are looked at for it at most.
const MOST_WORK: usize = 1_200_000;

/// Points besides those of the grid at which the forms of a class must hold, by the index of each variable.
const CONFIRMED_AT: [[u64; 2]; 4] = [[5, 11], [13, 4], [97, 211], [100_003, 4_999]];

/// The coarsest classes from the same smallest values on in which the form stays that of the largest layer.
pub(super) fn coarsened(
    samples: &mut Samples<'_>,
    form: &Polynomial,
    axes: &[(Progression, usize)],
) -> Result<Vec<Progression>, FormulaError> {
    let mut steps: Vec<u64> = axes.iter().map(|(values, _)| values.step).collect();
    for position in 0..axes.len() {
        let Some(own) = steps.get(position).copied() else { break };
        for step in STEPS.into_iter().filter(|step| *step < own && own.is_multiple_of(*step)) {
            let mut coarser = steps.clone();
            coarser.iter_mut().skip(position).take(1).for_each(|slot| *slot = step);
            if holds(samples, form, axes, &coarser)? {
                steps = coarser;
                break;
            }
        }
    }
    let coarser = axes
        .iter()
        .zip(&steps)
        .map(|((values, _), step)| Progression { start: values.start, step: *step });
    let coarser: Vec<Progression> = coarser.collect();
    // What was looked at on the way must follow, too.
    let comparable = form.comparable();
    let mut known = samples.known(Figure::PeakMemory).into_iter();
    let is_wrong = known.any(|(point, peak)| {
        let mut values = point.iter().zip(&coarser);
        values.all(|(value, values)| values.index(*value).is_some()) && !comparable.is(&point, peak)
    });
    Ok(if is_wrong { axes.iter().map(|(values, _)| *values).collect() } else { coarser })
}

/// Whether the form is that of the largest layer in all classes of the axes' steps that make up those of the coarser steps.
fn holds(
    samples: &mut Samples<'_>,
    form: &Polynomial,
    axes: &[(Progression, usize)],
    coarser: &[u64],
) -> Result<bool, FormulaError> {
    let mut classes: Vec<Vec<(Progression, usize)>> = vec![Vec::new()];
    let mut points = CONFIRMED_AT.len();
    let mut grid = 1_usize;
    for ((values, degree), step) in axes.iter().zip(coarser) {
        let parts = values.step.checked_div(*step).unwrap_or(1);
        grid = grid.saturating_mul(degree.saturating_add(1));
        let mut finer = Vec::new();
        for part in 0..parts {
            let Some(start) = part.checked_mul(*step).and_then(|by| by.checked_add(values.start))
            else {
                return Ok(false);
            };
            for class in &classes {
                let mut class = class.clone();
                class.push((Progression { start, step: values.step }, *degree));
                finer.push(class);
            }
        }
        classes = finer;
        if !samples.can_afford(classes.len().saturating_mul(points.saturating_add(grid)), MOST_WORK)
        {
            return Ok(false);
        }
    }
    points = points.saturating_add(grid);
    if !samples.can_afford(classes.len().saturating_mul(points), MOST_WORK) {
        return Ok(false);
    }
    for class in &classes {
        if !holds_in(samples, form, class)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the form is that of the largest layer in a class.
fn holds_in(
    samples: &mut Samples<'_>,
    form: &Polynomial,
    class: &[(Progression, usize)],
) -> Result<bool, FormulaError> {
    let names: Vec<String> = form.variables().to_vec();
    let indices = class.iter().fold(vec![Vec::new()], |indices: Vec<Vec<u64>>, (_, degree)| {
        let longer = |index: &Vec<u64>| {
            let last = 0..=u64::try_from(*degree).unwrap_or(0);
            let index = index.clone();
            last.map(move |last| index.iter().copied().chain([last]).collect::<Vec<u64>>())
        };
        indices.iter().flat_map(longer).collect()
    });
    let further = CONFIRMED_AT
        .iter()
        .map(|indices| indices.iter().copied().cycle().take(class.len()).collect::<Vec<u64>>());
    let fitted = indices.len();
    let mut found: Vec<(Point, Arc<[u64]>)> = Vec::new();
    for (at, index) in indices.into_iter().chain(further).enumerate() {
        let point: Option<Point> =
            class.iter().zip(&index).map(|((values, _), index)| values.value(*index)).collect();
        let Some(point) = point else { continue };
        match samples.parts(Figure::PeakMemory, &point)? {
            Some(parts) => found.push((point, parts)),
            // Farther networks may be too large; all that is fitted must be there.
            None if at >= fitted => {}
            None => return Ok(false),
        }
        // The peak itself tells at little cost where the form does not hold.
        if let Some((point, parts)) = found.last()
            && !form.comparable().is(point, parts.iter().copied().max().unwrap_or(0))
        {
            return Ok(false);
        }
    }
    let count = found.first().map_or(0, |(_, parts)| parts.len());
    if found.iter().any(|(_, parts)| parts.len() != count) || found.len() < fitted + 2 {
        return Ok(false);
    }
    let values: Vec<Progression> = class.iter().map(|(values, _)| *values).collect();
    if remainders::unlike(samples, &values)?.is_some() {
        return Ok(false);
    }
    let start: Vec<u64> = class.iter().map(|(values, _)| values.start).collect();
    let mut seen = std::collections::HashSet::new();
    for part in 0..count {
        let values: Vec<u64> =
            found.iter().filter_map(|(_, parts)| parts.get(part).copied()).collect();
        if !seen.insert(values.clone()) {
            continue;
        }
        let polynomial =
            through(values.get(..fitted).unwrap_or(&values), &names, class).in_variables(&names);
        let comparable = polynomial.comparable();
        let is_right =
            found.iter().zip(&values).all(|((point, _), value)| comparable.is(point, *value));
        if !is_right || !never_exceeded(form, &polynomial, &start) {
            return Ok(false);
        }
    }
    Ok(true)
}
