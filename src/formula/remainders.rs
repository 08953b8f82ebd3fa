//! Whether the divisions of a description leave the same everywhere in a class of values.
//!
//! `c % 64`, `c // 4` and `ceil(c / 8)` are polynomials only where they leave the same, and what follows from a remainder may be seen at one
//! value in hundreds. So it is not looked for in the figures: every division must leave the same at all points of a class. Where the
//! dividend is a polynomial, a few points prove that for the whole class: its differences from one value of a variable to the next, of all
//! orders, are then multiples of the divisor, and any other value is reached by adding them.

use super::FormulaError;
use super::interpolate::Progression;
use super::sample::{Point, Samples};
use crate::front::yaml::Unlike;

/// The indices, of every two variables, at which a product of both is looked at.
const MIXED: [u64; 3] = [0, 1, 2];

/// What speaks against the divisions leaving the same at all points of a class, the values of every variable.
///
/// All points that are known are looked at; those of the first values along each variable have to be among them.
pub(super) fn unlike(
    samples: &mut Samples<'_>,
    class: &[Progression],
) -> Result<Option<Unlike>, FormulaError> {
    let is_in_class = |point: &[u64]| {
        let mut values = point.iter().zip(class);
        values.all(|(value, values)| values.index(*value).is_some())
    };
    match samples.remainders(is_in_class) {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(unlike) => return Ok(Some(unlike)),
    }
    for point in mixed(class) {
        let _ = samples.at(&point)?;
    }
    Ok(samples.remainders(is_in_class).err())
}

/// The points at which two variables have one of their first values, and all others their smallest.
fn mixed(class: &[Progression]) -> Vec<Point> {
    let smallest: Point = class.iter().map(|values| values.start).collect();
    let mut points = Vec::new();
    for (one, first) in class.iter().enumerate() {
        for (other, second) in class.iter().enumerate().skip(one) {
            for (i, j) in MIXED.iter().flat_map(|i| MIXED.iter().map(move |j| (*i, *j))) {
                let mut point = smallest.clone();
                // Where both are the same variable, the second index counts.
                for (position, value) in [(one, first.value(i)), (other, second.value(j))] {
                    if let (Some(slot), Some(value)) = (point.get_mut(position), value) {
                        *slot = value;
                    }
                }
                points.push(point);
            }
        }
    }
    points.sort_unstable();
    points.dedup();
    points
}
