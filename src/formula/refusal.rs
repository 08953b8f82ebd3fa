//! Why a figure has no closed form, and the layer where that sets in.

use std::collections::HashMap;

use num_bigint::BigInt;

use super::interpolate::{Differences, Progression};
use super::points::FITTED;
use super::sample::{Point, Samples};
use super::search::STEPS;
use super::{FormulaError, Polynomial, Refusal};
use crate::analysis::{Totals, analyse};
use crate::figure::Figure;
use crate::front::yaml::{NoVariant, Unlike};
use crate::network::{Network, Shape};

/// What to do where the peak of memory has no form.
const FEWER: &str = "vary fewer of the variables, or look at one network after the other (`sweep`)";

/// So many divisors are named.
const MOST_DIVISORS: usize = 3;

/// What speaks against a figure being a polynomial for a class of values.
#[derive(Debug, Clone)]
pub(super) enum Doubt {
    /// There is no network at a point, or the figure is not known there.
    Missing { point: Point },
    /// No polynomial of a low degree goes through the first values.
    NoPolynomial { part: usize, values: Progression, figures: Vec<u64> },
    /// The polynomial through the first values differs from the figure further on.
    Differs { part: usize, values: Progression, polynomial: Polynomial, at: u64, figure: u64 },
    /// The network has another number of layers at a point, so that the parts of a figure are not those of another point.
    Layers { point: Point },
    /// A division of the description leaves something else at one value than at another.
    Unlike(Vec<Unlike>),
    /// There are too few networks to tell.
    Unconfirmed,
}

/// The refusal of a figure that is no polynomial along an axis.
pub(super) fn of_axis(
    samples: &mut Samples<'_>,
    figure: Figure,
    position: usize,
    doubt: Doubt,
) -> Result<Refusal, FormulaError> {
    let variable = samples.over().get(position).map(|variable| variable.name.clone());
    let name = variable.clone().unwrap_or_default();
    let (message, line) = match doubt {
        Doubt::Missing { point } => {
            return Ok(Refusal { variable, ..missing(samples, figure, &point)? });
        }
        Doubt::Unconfirmed => return Ok(Refusal { variable, ..unconfirmed() }),
        Doubt::Unlike(why) => return Ok(Refusal { variable, ..remainders(&name, &why) }),
        Doubt::Layers { point } => {
            return Ok(Refusal { variable, ..other_layers(samples, &point) });
        }
        Doubt::NoPolynomial { part, .. } | Doubt::Differs { part, .. }
            if figure == Figure::PeakMemory =>
        {
            return Ok(Refusal { variable, ..no_polynomial_at(samples, &name, part) });
        }
        Doubt::NoPolynomial { values, figures, .. } => {
            let at: Vec<u64> = (0..FITTED).filter_map(|index| values.value(index)).collect();
            let at = at.get(..figures.len()).unwrap_or(&at);
            let degree = figures.len().saturating_sub(2);
            let message = format!(
                "no polynomial in {name}: none of degree {degree} or less goes through {} at {name} = {}",
                listed(&figures),
                listed(at)
            );
            (message, (values, None))
        }
        Doubt::Differs { values, polynomial, at, figure, .. } => {
            let message = format!(
                "no polynomial in {name}: {} holds at small {name}, but at {name} = {at} the figure is {figure}",
                polynomial.canonical()
            );
            (message, (values, Some(at)))
        }
    };
    let largest = STEPS.last().copied().unwrap_or(1);
    let mut message = format!("{message}, and steps of up to {largest} change nothing");
    // A figure that does not add up over layers is not made by one of them.
    let adds_up = !matches!(figure, Figure::ReceptiveField | Figure::PeakMemory);
    let layer = adds_up.then(|| first_layer(samples, figure, position, line)).flatten();
    if let Some((layer, why)) = &layer {
        message += &format!("; it begins at `{layer}`: {why}");
    }
    Ok(Refusal { message, variable, layer: layer.map(|(layer, _)| layer) })
}

/// There is no network at a point, or the figure is not known.
pub(super) fn missing(
    samples: &mut Samples<'_>,
    figure: Figure,
    point: &[u64],
) -> Result<Refusal, FormulaError> {
    let message = match samples.at(point)? {
        Ok(_) => format!("the {} not known of this network", figure_with_verb(figure)),
        Err(NoVariant::TooLarge) => {
            format!("the network at {} is too large to be looked at", at(samples, point))
        }
        Err(NoVariant::Wrong(why)) => {
            format!("there is no network at {}: {why}", at(samples, point))
        }
    };
    Ok(Refusal { message, variable: None, layer: None })
}

/// A form that holds along the axes, but not at a point away from them.
pub(super) fn differs(
    samples: &Samples<'_>,
    figure: Figure,
    polynomial: &Polynomial,
    point: &[u64],
    (layer, value): (Option<usize>, u64),
) -> Refusal {
    if let Some(layer) = layer {
        return no_polynomial_at(samples, &at(samples, point), layer);
    }
    let message = format!(
        "no polynomial: {} holds at small values, but at {} the {} {value}",
        polynomial.canonical(),
        at(samples, point),
        figure_with_verb(figure)
    );
    Refusal { message, variable: None, layer: None }
}

/// The peak of memory where the bytes at a layer are no polynomial.
fn no_polynomial_at(samples: &Samples<'_>, what: &str, layer: usize) -> Refusal {
    let layer = samples.layer(layer);
    let message = format!(
        "the bytes alive at `{}` are no polynomial in {what}; {FEWER}",
        layer.as_deref().unwrap_or_default()
    );
    Refusal { message, variable: None, layer }
}

/// The peak of memory where the layers are not the same everywhere.
pub(super) fn other_layers(samples: &Samples<'_>, point: &[u64]) -> Refusal {
    let message = format!(
        "the network has other layers at {}, so that its largest is not known for all; {FEWER}",
        at(samples, point)
    );
    Refusal { message, variable: None, layer: None }
}

/// The peak of memory where no layer has it everywhere: the largest at the variables' own values, and one that is larger elsewhere.
pub(super) fn crossing(
    samples: &Samples<'_>,
    [largest, other]: [String; 2],
    larger: Option<&[u64]>,
) -> Refusal {
    let own = at(samples, samples.own());
    let message = match larger {
        Some(point) => format!(
            "the peak is at `{largest}` at {own}, but at `{other}` at {}; give the variables larger values, or vary fewer",
            at(samples, point)
        ),
        None => format!(
            "the peak is at `{largest}` at {own}, but it is not proven that `{other}` never takes it over; {FEWER}"
        ),
    };
    Refusal { message, variable: None, layer: Some(other) }
}

/// A class of numbers in which divisions of the description leave different remainders, and no finer one is looked at.
pub(super) fn remainders(what: &str, why: &[Unlike]) -> Refusal {
    let mut divisors: Vec<String> = Vec::new();
    for unlike in why {
        let divisor = match unlike {
            Unlike::Remainder { divisor } => format!("by {divisor}"),
            Unlike::TooMany => {
                let message = "the description makes too many divisions with a rounding or a remainder to follow them all";
                return Refusal { message: message.to_owned(), variable: None, layer: None };
            }
        };
        if divisors.len() < MOST_DIVISORS && !divisors.contains(&divisor) {
            divisors.push(divisor);
        }
    }
    let message = format!(
        "the network depends on what is left of a division {}, which changes with {what}: more classes of numbers than are looked at",
        divisors.join(" and ")
    );
    Refusal { message, variable: None, layer: None }
}

pub(super) fn unconfirmed() -> Refusal {
    let message = "there are too few networks to be sure of a form".to_owned();
    Refusal { message, variable: None, layer: None }
}

pub(super) fn too_many_points(most: usize) -> Refusal {
    let message = format!("the form would take more than {most} points; use fewer variables");
    Refusal { message, variable: None, layer: None }
}

/// A figure within a sentence, with its verb: `receptive field is`, `MACs are`.
fn figure_with_verb(figure: Figure) -> String {
    let verb = if figure == Figure::ReceptiveField { "is" } else { "are" };
    let name = match figure {
        Figure::TrainingMemory => "bytes kept for backward".to_owned(),
        Figure::Macs | Figure::Flops => figure.label().to_owned(),
        _ => figure.label().to_lowercase(),
    };
    format!("{name} {verb}")
}

/// `c = 3, h = 32`.
fn at(samples: &Samples<'_>, point: &[u64]) -> String {
    let values = samples.over().iter().zip(point);
    let values: Vec<_> =
        values.map(|(variable, value)| format!("{} = {value}", variable.name)).collect();
    values.join(", ")
}

fn listed(values: &[u64]) -> String {
    let texts: Vec<String> = values.iter().map(u64::to_string).collect();
    texts.join(", ")
}

/// The figures of a layer and the sizes of its result.
struct Part {
    sizes: Vec<u64>,
    figure: Option<u64>,
}

/// The first layer in execution order that is no polynomial along an axis, and what of it.
fn first_layer(
    samples: &Samples<'_>,
    figure: Figure,
    position: usize,
    (values, further): (Progression, Option<u64>),
) -> Option<(String, String)> {
    let name = samples.over().get(position)?.name.clone();
    let own = samples.own().clone();
    let network_at = |value: u64| {
        let mut point = own.clone();
        *point.get_mut(position)? = value;
        samples.network(&point).ok()
    };
    let fitted = (0..FITTED).map(|index| parts(&network_at(values.value(index)?)?, figure));
    let fitted: Vec<HashMap<String, Part>> = fitted.collect::<Option<_>>()?;
    let further = match further {
        Some(value) => Some((values.index(value)?, parts(&network_at(value)?, figure)?)),
        None => None,
    };
    for (_, node) in samples.network(&own).ok()?.layers() {
        let layer = node.name();
        let of = |parts: &HashMap<String, Part>, what: &dyn Fn(&Part) -> Option<u64>| {
            parts.get(layer).and_then(what)
        };
        let follows = |what: &dyn Fn(&Part) -> Option<u64>| {
            let line: Option<Vec<u64>> = fitted.iter().map(|parts| of(parts, what)).collect();
            let Some(differences) = line.as_deref().and_then(Differences::of) else { return false };
            further.as_ref().is_none_or(|(index, parts)| {
                of(parts, what).is_some_and(|value| differences.at(*index) == BigInt::from(value))
            })
        };
        let everywhere = fitted.iter().chain(further.iter().map(|(_, parts)| parts));
        if !everywhere.into_iter().all(|parts| parts.contains_key(layer)) {
            return Some((
                layer.to_owned(),
                format!("{name} decides whether there is such a layer"),
            ));
        }
        for (axis, label) in axes(&node.shape).into_iter().enumerate() {
            if !follows(&|part| part.sizes.get(axis).copied()) {
                let why = format!("the {label} of its output is no polynomial in {name}");
                return Some((layer.to_owned(), why));
            }
        }
        let adds_up = fitted.first().and_then(|parts| parts.get(layer)?.figure).is_some();
        if adds_up && !follows(&|part| part.figure) {
            return Some((
                layer.to_owned(),
                format!("its {} none either", figure_with_verb(figure)),
            ));
        }
    }
    None
}

/// What the axes of a shape are called.
fn axes(shape: &Shape) -> Vec<String> {
    let names: &[&str] = match shape.rank() {
        2 => &["batch", "features"],
        4 => &["batch", "channels", "height", "width"],
        _ => &[],
    };
    let name =
        |axis: usize| names.get(axis).map_or(format!("size {axis}"), |name| (*name).to_owned());
    (0..shape.rank()).map(name).collect()
}

/// The layers of a network by name.
fn parts(network: &Network, figure: Figure) -> Option<HashMap<String, Part>> {
    let analysis = analyse(network).ok()?;
    let nodes = network.nodes().zip(&analysis.figures);
    let parts = nodes.map(|((_, node), figures)| {
        let totals = Totals { figures: *figures, ..Totals::default() };
        let figure = totals.get(figure);
        (node.name().to_owned(), Part { sizes: node.shape.sizes().to_vec(), figure })
    });
    Some(parts.collect())
}
