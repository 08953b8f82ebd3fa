//! Options that are whole numbers.

use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::str::FromStr;

/// Reads a whole number that lies in a range.
pub(super) fn whole_number<T, R>(
    range: R,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display,
    R: RangeBounds<T> + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| match (range.start_bound(), range.end_bound()) {
            (Bound::Included(first), Bound::Included(last)) => {
                format!("it is to be a whole number from {first} to {last}")
            }
            (Bound::Included(first), _) => {
                format!("it is to be a whole number, at least {first}, that 64 bits hold")
            }
            _ => "it is to be a whole number".to_owned(),
        })
    }
}
