//! What must not reach a terminal, a page or a reader of YAML as it is.

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
