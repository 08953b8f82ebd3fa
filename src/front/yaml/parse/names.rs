//! What may be the name of a layer, a block or a parameter.

use super::step::STEP_KEYS;
use crate::front::yaml::expression::Expression;

/// The longest name of a layer, a block or a parameter, in characters.
pub(in crate::front::yaml) const MAX_NAME: usize = 128;

/// What is wrong with a name that is none.
pub(in crate::front::yaml) fn no_plain_name(text: &str) -> String {
    let shown: String = text.chars().take(MAX_NAME).collect();
    format!("`{shown}` is no name: use up to {MAX_NAME} letters, digits, `_` and `-`")
}

/// Whether a text may be the name of a layer or a block.
pub(in crate::front::yaml) fn is_plain_name(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !text.is_empty() && text.chars().count() <= MAX_NAME && text.chars().all(allowed)
}

/// Whether a text may be the name of a parameter or a word: what an expression reads as a name.
pub(super) fn is_variable(text: &str) -> bool {
    let name = Expression::parse(text);
    name.is_ok_and(|name| name.as_name() == Some(text))
        && text.chars().count() <= MAX_NAME
        && !STEP_KEYS.contains(&text)
}
