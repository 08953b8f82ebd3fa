//! What must not reach a terminal, a page or a reader of YAML as it is: hidden characters, text without bounds, brackets without end.

/// Whether a character acts on the text around it instead of being seen: control characters, and those that are invisible or
/// change the direction of what follows.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with its end left out where it is longer than `longest` characters.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some(_) => text.chars().take(longest.saturating_sub(1)).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// A name from a file, which may be of any length, as it is shown.
pub(crate) fn shortened(name: &str) -> String {
    const LONGEST: usize = 120;
    cut(name, LONGEST)
}

/// The sizes of a tensor of a file, of which there may be any number, as they are shown.
pub(crate) fn sizes(sizes: &[u64]) -> String {
    const MOST: usize = 16;
    match sizes.get(..MOST) {
        Some(first) if sizes.len() > MOST => {
            let first: Vec<String> = first.iter().map(u64::to_string).collect();
            format!("[{}, …] of {} axes", first.join(", "), sizes.len())
        }
        _ => format!("{sizes:?}"),
    }
}

/// Where more brackets of a YAML text are open than any file needs. The reader of YAML would take long to find out.
pub(crate) fn nests_too_deep(text: &str) -> Option<usize> {
    // Brackets in texts and comments are counted too, which is why the bound is far from what the reader accepts.
    const MOST_OPEN: usize = 1_000;
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > MOST_OPEN
    })
}
