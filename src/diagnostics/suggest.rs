//! What a misspelt name was most likely meant to be.

/// The candidate that `name` was most likely meant to be: the nearest one, the case of letters aside, if no more than
/// about a third of the letters differ.
#[must_use]
pub fn suggest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_NAME: usize = 256;
    if name.len() > MAX_NAME {
        return None;
    }
    let lower = name.to_lowercase();
    let length = lower.chars().count();
    let limit = length.checked_div(3).unwrap_or(0).max(1);
    let distances = candidates.filter(|candidate| candidate.len() <= MAX_NAME).map(|candidate| {
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        (distance, candidate)
    });
    let near = distances.filter(|(distance, _)| *distance <= limit && *distance < length);
    // Of those equally near the first in the alphabet, whatever order they come in.
    near.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn suggestions_are_near() {
        let suggest = |name: &str| {
            suggest(name, ["conv", "max_pool", "avg_pool", "ReLU", "x", "linear"].into_iter())
        };
        assert_eq!(suggest("cnov"), Some("conv"));
        assert_eq!(suggest("con"), Some("conv"));
        assert_eq!(suggest("maxpool"), Some("max_pool"));
        assert_eq!(suggest("relu"), Some("ReLU"));
        assert_eq!(suggest("X"), Some("x"));
        assert_eq!(suggest("y"), None);
        assert_eq!(suggest("dropout"), None);
        assert_eq!(suggest(""), None);
        assert_eq!(suggest(&"a".repeat(100_000)), None);
    }
}
