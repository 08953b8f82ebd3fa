//! From values to the attributes of operators, by the kinds of their arguments.

use std::fmt;

use crate::front::yaml::value::{Number, Value};
use crate::network::MAX_RANK;
use crate::ops::Padding;
use crate::ops::signature::{Attribute, Kind};

/// The attribute that a value is for an argument of a kind, or what the argument needs instead.
pub(super) fn attribute(value: &Value, kind: Kind) -> Result<Attribute, String> {
    match kind {
        Kind::Count => whole(value, 1, &kind).map(Attribute::Count),
        Kind::Index => whole(value, 0, &kind).map(Attribute::Count),
        Kind::Pair => pair(value, 1, &kind).map(Attribute::Pair),
        Kind::PairOrZero => pair(value, 0, &kind).map(Attribute::Pair),
        Kind::Padding | Kind::Sides => padding(value, &kind).map(Attribute::Padding),
        Kind::Boolean => match value {
            Value::Boolean(boolean) => Ok(Attribute::Boolean(*boolean)),
            _ => Err(needs(&kind, value)),
        },
        Kind::Real => match value {
            Value::Number(number) => Ok(Attribute::Real(number.to_f64())),
            _ => Err(needs(&kind, value)),
        },
        Kind::Rate => rate(value, &kind),
        Kind::Word(words) => {
            let word = value.as_word();
            let known = words.iter().find(|known| Some(**known) == word);
            known.map(|word| Attribute::Word(word)).ok_or_else(|| needs(&kind, value))
        }
        Kind::Integers => integers(value, &kind),
    }
}

/// One part in so many is the least that a rate may leave over.
const LEAST_LEFT_OVER: u64 = 1_000_000;

/// A probability of dropping, the nearest 64-bit float of the exact number. Of what it leaves over, ten digits stay right: where that is
/// next to nothing, the float would have lost it.
fn rate(value: &Value, kind: &Kind) -> Result<Attribute, String> {
    let number = match value {
        Value::Number(number) if number.numerator() >= 0 => *number,
        _ => return Err(needs(kind, value)),
    };
    let left_over = number.denominator().saturating_sub(number.numerator());
    if left_over <= 0 {
        return Err(needs(kind, value));
    }
    // left_over / denominator ≥ 1 / LEAST_LEFT_OVER, where the product does not fit certainly.
    let parts = left_over.checked_mul(i128::from(LEAST_LEFT_OVER));
    if parts.is_some_and(|parts| parts < number.denominator()) {
        return Err(format!(
            "needs a rate of at most {}, not {}: nearer to 1, what is left over would be rounded",
            1.0 - 1.0 / LEAST_LEFT_OVER as f64,
            value.describe()
        ));
    }
    Ok(Attribute::Real(number.to_f64()))
}

fn needs(kind: &impl fmt::Display, value: &Value) -> String {
    format!("needs {kind}, not {}", value.describe())
}

fn whole(value: &Value, least: u64, kind: &Kind) -> Result<u64, String> {
    let beyond = |number: Number| number.is_integer() && number > Number::from(u64::MAX);
    match value.as_u64() {
        Some(whole) if whole >= least => Ok(whole),
        None if value.as_number().is_some_and(beyond) => Err("exceeds 64 bits".to_owned()),
        _ => Err(needs(kind, value)),
    }
}

fn pair(value: &Value, least: u64, kind: &Kind) -> Result<[u64; 2], String> {
    match value.as_list() {
        Some([height, width]) => Ok([whole(height, least, kind)?, whole(width, least, kind)?]),
        Some(_) => Err(needs(kind, value)),
        None => Ok([whole(value, least, kind)?; 2]),
    }
}

fn padding(value: &Value, kind: &Kind) -> Result<Padding, String> {
    let side = |value: &Value| whole(value, 0, kind);
    let named = |word: &str| Padding::NAMED.into_iter().find(|(name, _)| *name == word);
    match (value.as_word(), value.as_list()) {
        (Some(word), _) => match named(word).filter(|_| *kind == Kind::Padding) {
            Some((_, padding)) => Ok(padding),
            None => Err(needs(kind, value)),
        },
        (_, Some([height, width])) => {
            let (height, width) = (side(height)?, side(width)?);
            Ok(Padding::Explicit([height, width, height, width]))
        }
        (_, Some([top, left, bottom, right])) => {
            Ok(Padding::Explicit([side(top)?, side(left)?, side(bottom)?, side(right)?]))
        }
        (None, None) => Ok(Padding::Explicit([side(value)?; 4])),
        _ => Err(needs(kind, value)),
    }
}

fn integers(value: &Value, kind: &Kind) -> Result<Attribute, String> {
    let alone = std::slice::from_ref(value);
    let items = value.as_list().unwrap_or(alone);
    if items.is_empty() || items.len() > MAX_RANK {
        return Err(needs(kind, value));
    }
    let mut integers = [0; MAX_RANK];
    for (integer, item) in integers.iter_mut().zip(items) {
        *integer = item.as_i64().ok_or_else(|| needs(kind, item))?;
    }
    Ok(Attribute::Integers(integers, items.len()))
}
