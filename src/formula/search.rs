//! The search for the form of a figure: classes of values along every axis, a fit on a grid, and points at which it must hold.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::coarser::coarsened;
use super::interpolate::{Differences, Progression, through};
use super::largest::largest;
use super::points::{self, FITTED};
use super::refusal::{self, Doubt};
use super::sample::{Point, Samples};
use super::{Domain, Formula, FormulaError, Polynomial, Refusal};
use super::{remainders, turns};
use crate::figure::Figure;
use crate::front::yaml::{NoVariant, Unlike};

/// The steps that are tried, the first that will do.
pub(super) const STEPS: [u64; 26] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 192,
    224,
];

/// How many values are tried for the smallest of a class.
const SMALLEST_TRIED: u64 = 64;

/// The most points of a grid.
const MAX_GRID: usize = 1024;

/// At so many values besides those that were fitted a form must hold, along each axis and away from them.
const CONFIRMATIONS: usize = 6;

/// So many values rule a polynomial of lower degree out where there are no more of them.
const ENOUGH: usize = 5;

/// After so many values in a row at which there is no network, larger ones are not tried.
const MISSING_IN_A_ROW: usize = 6;

/// The values of a variable for which a figure is a polynomial in it.
#[derive(Debug, Clone)]
struct Axis {
    values: Progression,
    degree: usize,
    /// The values that were looked at.
    tried: Vec<u64>,
}

/// The form of a figure, or why there is none.
pub(super) fn form(
    samples: &mut Samples<'_>,
    figure: Figure,
) -> Result<Result<Formula, Refusal>, FormulaError> {
    let own = samples.own().clone();
    let mut axes: Vec<Axis> = Vec::new();
    for position in 0..own.len() {
        match axis(samples, figure, position, &STEPS, std::slice::from_ref(&own))? {
            Ok(axis) => axes.push(axis),
            Err(doubt) => return refusal::of_axis(samples, figure, position, doubt).map(Err),
        }
    }
    if axes.len() > 1 {
        // The degree in a variable may be lower than usual where the others have certain values.
        let corner = |index: u64| -> Point {
            let axes = (index..).zip(&axes);
            axes.map(|(index, axis)| axis.values.value(index).unwrap_or(axis.values.start))
                .collect()
        };
        let bases = [own, corner(0), corner(3)];
        for (position, known) in axes.clone().iter().enumerate() {
            let from = STEPS.iter().position(|step| *step == known.values.step).unwrap_or(0);
            let steps = STEPS.get(from..).unwrap_or_default();
            match axis(samples, figure, position, steps, &bases)? {
                Ok(found) => axes.splice(position..=position, [found]).for_each(drop),
                Err(doubt) => return refusal::of_axis(samples, figure, position, doubt).map(Err),
            }
        }
    }
    fit(samples, figure, &axes)
}

/// The polynomial through the grid, and whether it holds elsewhere.
fn fit(
    samples: &mut Samples<'_>,
    figure: Figure,
    axes: &[Axis],
) -> Result<Result<Formula, Refusal>, FormulaError> {
    let Some(grid) = grid(axes) else {
        return Ok(Err(refusal::too_many_points(MAX_GRID)));
    };
    for point in &grid {
        if samples.figure(figure, point)?.is_none() {
            return refusal::missing(samples, figure, point).map(Err);
        }
    }
    let tried: Vec<Vec<u64>> = axes.iter().map(|axis| axis.tried.clone()).collect();
    let mut confirmations = 0;
    for point in points::off_axes(&tried) {
        confirmations += usize::from(samples.figure(figure, &point)?.is_some());
    }
    let spread: Vec<_> = axes.iter().map(|axis| (axis.values, axis.tried.as_slice())).collect();
    turns::look_around(samples, &spread)?;
    let values: Vec<Progression> = axes.iter().map(|axis| axis.values).collect();
    if let Some(unlike) = remainders::unlike(samples, &values)? {
        return Ok(Err(refusal::remainders(&names(samples).join(", "), &[unlike])));
    }
    let parts = match parts(samples, figure, axes, &grid) {
        Ok(parts) => parts,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if axes.len() > 1 && confirmations < CONFIRMATIONS {
        return Ok(Err(refusal::unconfirmed()));
    }
    let polynomials: Vec<Polynomial> =
        parts.iter().map(|(_, polynomial)| polynomial.clone()).collect();
    let largest = match largest(&polynomials, &values, samples.own()) {
        Ok(largest) => largest,
        Err(crossing) => {
            let name = |at: usize| parts.get(at).and_then(|(layer, _)| samples.layer(*layer));
            let layers = [crossing.largest, crossing.other].map(|at| name(at).unwrap_or_default());
            return Ok(Err(refusal::crossing(samples, layers, crossing.at.as_deref())));
        }
    };
    let names = names(samples);
    let polynomial = polynomials.get(largest.position).cloned();
    let polynomial = polynomial.unwrap_or_else(|| Polynomial::zero(&names));
    let values = if figure == Figure::PeakMemory {
        let degrees = axes.iter().map(|axis| axis.degree);
        let classes: Vec<_> = largest.values.iter().copied().zip(degrees).collect();
        coarsened(samples, &polynomial, &classes)?
    } else {
        largest.values
    };
    let domain = names.iter().zip(axes).zip(&values).map(|((name, axis), values)| Domain {
        variable: name.clone(),
        start: values.start,
        step: values.step,
        confirmed: axis.tried.last().copied().unwrap_or(axis.values.start),
    });
    let domain = domain.collect();
    Ok(Ok(Formula { polynomial, domain }))
}

fn names(samples: &Samples<'_>) -> Vec<String> {
    samples.over().iter().map(|variable| variable.name.clone()).collect()
}

/// The forms of the parts of a figure, each with the first position that it stands at, if all that is known of the parts follows from
/// them, what was looked at for other figures too.
fn parts(
    samples: &Samples<'_>,
    figure: Figure,
    axes: &[Axis],
    grid: &[Point],
) -> Result<Vec<(usize, Polynomial)>, Refusal> {
    let names = names(samples);
    let mut known = samples.known_parts(figure);
    known.retain(|(point, _)| {
        point.iter().zip(axes).all(|(value, axis)| axis.values.index(*value).is_some())
    });
    let count = known.first().map_or(0, |(_, parts)| parts.len());
    if let Some((point, _)) = known.iter().find(|(_, parts)| parts.len() != count) {
        return Err(refusal::other_layers(samples, point));
    }
    let at: HashMap<&Point, usize> =
        known.iter().enumerate().map(|(at, (point, _))| (point, at)).collect();
    let shape: Vec<_> = axes.iter().map(|axis| (axis.values, axis.degree)).collect();
    let mut forms = Vec::new();
    let mut seen: HashSet<Vec<u64>> = HashSet::new();
    for part in 0..count {
        let values: Vec<u64> =
            known.iter().filter_map(|(_, parts)| parts.get(part).copied()).collect();
        // Parts that are equal wherever they were looked at have the same form.
        if !seen.insert(values.clone()) {
            continue;
        }
        let fitted: Vec<u64> =
            grid.iter().filter_map(|point| values.get(*at.get(point)?).copied()).collect();
        let polynomial = through(&fitted, &names, &shape).in_variables(&names);
        let comparable = polynomial.comparable();
        for ((point, _), value) in known.iter().zip(&values) {
            if !comparable.is(point, *value) {
                let layer = (figure == Figure::PeakMemory).then_some(part);
                return Err(refusal::differs(samples, figure, &polynomial, point, (layer, *value)));
            }
        }
        forms.push((part, polynomial));
    }
    Ok(forms)
}

/// The points of the grid, the last axis varying fastest; `None` where there are too many.
fn grid(axes: &[Axis]) -> Option<Vec<Point>> {
    let mut grid: Vec<Point> = vec![Vec::new()];
    for axis in axes {
        let count = axis.degree.checked_add(1)?;
        if grid.len().checked_mul(count)? > MAX_GRID {
            return None;
        }
        let mut finer = Vec::with_capacity(grid.len() * count);
        for point in &grid {
            for index in 0..=u64::try_from(axis.degree).ok()? {
                let mut point = point.clone();
                point.push(axis.values.value(index)?);
                finer.push(point);
            }
        }
        grid = finer;
    }
    Some(grid)
}

/// The smallest class of values for which the figure is a polynomial along all lines through `bases`.
///
/// What speaks against the class of the smallest step at which there are networks is returned where there is none.
fn axis(
    samples: &mut Samples<'_>,
    figure: Figure,
    position: usize,
    steps: &[u64],
    bases: &[Point],
) -> Result<Result<Axis, Doubt>, FormulaError> {
    let mut first: Option<Doubt> = None;
    let mut broken: Vec<(usize, Polynomial, Doubt)> = Vec::new();
    let mut unlike: Vec<Unlike> = Vec::new();
    for step in steps {
        let doubt = match class(samples, figure, position, *step, bases)? {
            Ok((axis, polynomials)) => {
                // A class with the same polynomial as one of smaller steps only leaves out where that one does not hold.
                let mut broken = broken.into_iter();
                let same = broken.find(|(part, known, _)| polynomials.get(*part) == Some(known));
                return Ok(same.map_or(Ok(axis), |(_, _, doubt)| Err(doubt)));
            }
            Err(doubt) => doubt,
        };
        if matches!(doubt, Doubt::Layers { .. }) {
            return Ok(Err(doubt));
        }
        match &doubt {
            // Where remainders tell the values apart, it is no minimum or condition that sets in.
            Doubt::Differs { part, polynomial, values, .. }
                if bases.iter().all(|base| {
                    samples.remainders(is_on_line(base, position, *values)).is_ok()
                }) =>
            {
                broken.push((*part, polynomial.clone(), doubt.clone()));
            }
            Doubt::Unlike(why) => unlike.extend(why.iter().cloned()),
            _ => {}
        }
        let first_is_missing = matches!(first, None | Some(Doubt::Missing { .. }));
        if first.is_none() || (first_is_missing && !matches!(doubt, Doubt::Missing { .. })) {
            first = Some(doubt);
        }
    }
    // Where nothing but remainders speaks against a class, they are the reason.
    Ok(Err(match first {
        Some(_) if !unlike.is_empty() => Doubt::Unlike(unlike),
        first => first.unwrap_or(Doubt::Unconfirmed),
    }))
}

/// Whether the figure is a polynomial for the values in steps of `step` to which the variable's own value belongs, and which its parts
/// are along the first line.
fn class(
    samples: &mut Samples<'_>,
    figure: Figure,
    position: usize,
    step: u64,
    bases: &[Point],
) -> Result<Result<(Axis, Vec<Polynomial>), Doubt>, FormulaError> {
    let own = samples.own().get(position).copied().unwrap_or(0);
    let values = smallest(samples, position, step, own, bases)?;
    let name = samples.over().get(position).map(|variable| variable.name.clone());
    let name = name.unwrap_or_default();
    let mut polynomials = Vec::new();
    let mut degree = 0;
    let mut tried = Vec::new();
    for (number, base) in bases.iter().enumerate() {
        let mut line = Line { samples, figure, position, base: base.clone(), values };
        let differences = match line.differences()? {
            Ok(differences) => differences,
            Err(doubt) => return Ok(Err(doubt)),
        };
        let degrees = differences.iter().map(Differences::degree);
        degree = degrees.max().unwrap_or(0).max(degree);
        if number == 0 {
            let parts = differences.iter();
            polynomials = parts.map(|part| part.polynomial(&name, values)).collect();
            match line.confirm(&differences)? {
                Ok(values) => tried = values,
                Err(doubt) => return Ok(Err(doubt)),
            }
        }
    }
    for base in bases {
        if let Err(unlike) = samples.remainders(is_on_line(base, position, values)) {
            return Ok(Err(Doubt::Unlike(vec![unlike])));
        }
    }
    if step > 1
        && let Some(doubt) = siblings(samples, figure, position, step, bases)?
    {
        return Ok(Err(doubt));
    }
    Ok(Ok((Axis { values, degree, tried }, polynomials)))
}

/// What speaks against the step itself.
///
/// Where strides and roundings are the reason for a step, the figure is a polynomial in every class of numbers, another one in each. Where
/// it is not, the class only steps over the place at which a minimum or a condition sets in.
fn siblings(
    samples: &mut Samples<'_>,
    figure: Figure,
    position: usize,
    step: u64,
    bases: &[Point],
) -> Result<Option<Doubt>, FormulaError> {
    let own = samples.own().get(position).copied().unwrap_or(0);
    let first = own.saturating_sub(own.checked_rem(step).unwrap_or(0)).saturating_add(1);
    for member in [first, own.saturating_add(1)] {
        let base = bases.first().cloned().unwrap_or_default();
        let values = smallest(samples, position, step, member, std::slice::from_ref(&base))?;
        match (Line { samples, figure, position, base, values }).differences()? {
            Ok(_) | Err(Doubt::Missing { .. } | Doubt::Unconfirmed) => {}
            Err(doubt) => return Ok(Some(doubt)),
        }
    }
    Ok(None)
}

/// The class of a step and a member, from the smallest value on at which there is a network on all lines; the member where none is found.
fn smallest(
    samples: &mut Samples<'_>,
    position: usize,
    step: u64,
    member: u64,
    bases: &[Point],
) -> Result<Progression, FormulaError> {
    let residue = member.checked_rem(step).unwrap_or(0);
    let first = if residue == 0 && member > 0 { step } else { residue };
    for index in 0..SMALLEST_TRIED {
        let Some(start) = (Progression { start: first, step }).value(index) else { break };
        if start >= member {
            break;
        }
        let mut exists = true;
        for base in bases {
            exists = exists && samples.at(&moved(base, position, start))?.is_ok();
        }
        if exists {
            return Ok(Progression { start, step });
        }
    }
    Ok(Progression { start: member, step })
}

/// The point with another value of a variable.
fn moved(base: &Point, position: usize, value: u64) -> Point {
    let mut point = base.clone();
    point.iter_mut().skip(position).take(1).for_each(|own| *own = value);
    point
}

/// Whether a point has another value of a variable than the base at most, one of these.
fn is_on_line(base: &Point, position: usize, values: Progression) -> impl Fn(&[u64]) -> bool {
    move |point: &[u64]| {
        point.iter().zip(base).enumerate().all(|(at, (value, own))| {
            if at == position { values.index(*value).is_some() } else { value == own }
        })
    }
}

/// The points at which one variable is of a class and the others stay.
struct Line<'l, 's> {
    samples: &'l mut Samples<'s>,
    figure: Figure,
    position: usize,
    base: Point,
    values: Progression,
}

impl Line<'_, '_> {
    fn point(&self, value: u64) -> Point {
        moved(&self.base, self.position, value)
    }

    /// The differences of the first values of every part of the figure.
    fn differences(&mut self) -> Result<Result<Vec<Differences>, Doubt>, FormulaError> {
        let mut fitted: Vec<Arc<[u64]>> = Vec::new();
        for index in 0..FITTED {
            let Some(value) = self.values.value(index) else {
                return Ok(Err(Doubt::Unconfirmed));
            };
            let point = self.point(value);
            match self.samples.parts(self.figure, &point)? {
                Some(parts) if fitted.first().is_some_and(|first| first.len() != parts.len()) => {
                    return Ok(Err(Doubt::Layers { point }));
                }
                Some(parts) => fitted.push(parts),
                // What grows too fast to be looked at may be known for no polynomial all the same.
                None if fitted.len() >= ENOUGH
                    && matches!(self.samples.at(&point)?, Err(NoVariant::TooLarge))
                    && self.differences_of(&fitted).is_err() =>
                {
                    break;
                }
                None => return Ok(Err(Doubt::Missing { point })),
            }
        }
        Ok(self.differences_of(&fitted))
    }

    /// The differences of values of all parts.
    fn differences_of(&self, fitted: &[Arc<[u64]>]) -> Result<Vec<Differences>, Doubt> {
        let count = fitted.first().map_or(0, |parts| parts.len());
        let part = |part: usize| {
            let figures: Vec<u64> =
                fitted.iter().filter_map(|parts| parts.get(part).copied()).collect();
            Differences::of(&figures).ok_or(Doubt::NoPolynomial {
                part,
                values: self.values,
                figures,
            })
        };
        (0..count).map(part).collect()
    }

    /// The values at which the figure was looked at, if it is as the differences have it at enough of them, and at all.
    fn confirm(
        &mut self,
        differences: &[Differences],
    ) -> Result<Result<Vec<u64>, Doubt>, FormulaError> {
        let own = self.base.get(self.position).copied().unwrap_or(0);
        let numbers = self.samples.numbers();
        let mut tried: Vec<u64> =
            (0..FITTED).filter_map(|index| self.values.value(index)).collect();
        let mut missing = 0;
        let closely = self.figure == Figure::ReceptiveField;
        for value in points::on_axis(self.values, own, &numbers, closely) {
            let point = self.point(value);
            let Some(parts) = self.samples.parts(self.figure, &point)? else {
                if matches!(self.samples.at(&point)?, Err(NoVariant::TooLarge)) {
                    break;
                }
                missing += 1;
                if missing >= MISSING_IN_A_ROW {
                    break;
                }
                continue;
            };
            missing = 0;
            if parts.len() != differences.len() {
                return Ok(Err(Doubt::Layers { point }));
            }
            let index = self.values.index(value).unwrap_or(0);
            for ((part, figure), differences) in parts.iter().enumerate().zip(differences) {
                if !differences.is(index, *figure) {
                    let variable = self.samples.over().get(self.position);
                    let name = variable.map_or("", |variable| variable.name.as_str());
                    return Ok(Err(Doubt::Differs {
                        part,
                        values: self.values,
                        polynomial: differences.polynomial(name, self.values),
                        at: value,
                        figure: *figure,
                    }));
                }
            }
            tried.push(value);
        }
        let fitted = usize::try_from(FITTED).unwrap_or(usize::MAX);
        if tried.len() < fitted.saturating_add(CONFIRMATIONS) {
            return Ok(Err(Doubt::Unconfirmed));
        }
        Ok(Ok(tried))
    }
}
