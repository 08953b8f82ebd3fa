//! Padding of windows.

use super::graph::{Attribute, Layer};
use crate::ops::{OpError, Padding, Window};

/// What surrounds a map before a convolution's or pool's window slides over it: `same` as a word, so that whoever runs the model finds out how much that is;
/// in numbers where it is given in numbers, and where ONNX Runtime does not take the word: with dilation, and where windows leave pixels out.
pub(super) fn padding(
    window: &Window,
    layer: &Layer<'_>,
) -> Result<(&'static str, Attribute), OpError> {
    let [map, _] = layer.maps();
    if let Some(word) = word(window, map) {
        return Ok(("auto_pad", Attribute::Word(word)));
    }
    let [[top, bottom], [left, right]] = window.padding(map)?;
    Ok(("pads", Attribute::counts(&[top, left, bottom, right])?))
}

/// ONNX's word for the padding, where there is one and it can be used.
pub(super) fn word(window: &Window, map: [u64; 2]) -> Option<&'static str> {
    let word = match window.padding {
        Padding::Explicit(_) => return None,
        Padding::Same => "SAME_UPPER",
        Padding::SameLower => "SAME_LOWER",
    };
    let reaches_the_end = |axis: usize| {
        let rest = map[axis].checked_sub(1)?.checked_rem(window.stride[axis])?.checked_add(1)?;
        Some(window.kernel[axis] >= rest)
    };
    let is_taken = window.dilation == [1, 1]
        && !window.ceil
        && (0..2).all(|axis| reaches_the_end(axis) == Some(true));
    is_taken.then_some(word)
}
