//! Formulas as MathML.

use crate::back::text::markup;

/// A formula as a MathML element: variables in italics, numbers upright, powers raised. What is no formula is shown as it is.
pub(super) fn math(pretty: &str) -> String {
    let tokens = tokens(pretty);
    let mut written = String::from("<math>");
    let mut rest = tokens.as_slice();
    while let Some((token, following)) = rest.split_first() {
        rest = following;
        let base = token.element();
        match rest.split_first() {
            Some((Token::Raised(power), following)) => {
                written += &format!("<msup>{base}<mn>{}</mn></msup>", markup(power));
                rest = following;
            }
            Some((Token::Sign('^'), [power, following @ ..])) => {
                written += &format!("<msup>{base}{}</msup>", power.element());
                rest = following;
            }
            _ => written += &base,
        }
    }
    written + "</math>"
}

enum Token {
    Number(String),
    Name(String),
    /// Digits that were superscripts.
    Raised(String),
    Sign(char),
}

impl Token {
    fn element(&self) -> String {
        match self {
            Self::Number(digits) | Self::Raised(digits) => format!("<mn>{}</mn>", markup(digits)),
            Self::Name(name) => match name.split_once('_') {
                Some((name, index)) if !name.is_empty() && !index.is_empty() => {
                    format!("<msub>{}{}</msub>", variable(name), variable(index))
                }
                _ => variable(name),
            },
            Self::Sign('*') => "<mo>·</mo>".to_owned(),
            Self::Sign('-') => "<mo>−</mo>".to_owned(),
            Self::Sign(sign) if "·/⌊⌋⌈⌉()".contains(*sign) => {
                format!("<mo stretchy=\"false\">{sign}</mo>")
            }
            Self::Sign(sign) => format!("<mo>{}</mo>", markup(&sign.to_string())),
        }
    }
}

/// A variable; the page sets it in italics, since the letters that stand for mathematical italics are missing in many fonts.
fn variable(name: &str) -> String {
    format!("<mi mathvariant=\"normal\">{}</mi>", markup(name))
}

fn tokens(text: &str) -> Vec<Token> {
    let text = crate::back::text::one_line(text);
    let mut tokens: Vec<Token> = Vec::new();
    for character in text.chars().chain([' ']).filter(|_| !text.is_empty()) {
        let superscript = "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == character);
        match (tokens.last_mut(), superscript) {
            (Some(Token::Raised(digits)), Some(digit)) => *digits += &digit.to_string(),
            (_, Some(digit)) => tokens.push(Token::Raised(digit.to_string())),
            (Some(Token::Number(digits)), _)
                if character.is_ascii_digit() || ".,".contains(character) =>
            {
                digits.push(character);
            }
            (Some(Token::Name(name)), _) if character.is_alphanumeric() || character == '_' => {
                name.push(character);
            }
            _ if character.is_numeric() => tokens.push(Token::Number(character.to_string())),
            _ if character.is_alphabetic() || character == '_' => {
                tokens.push(Token::Name(character.to_string()));
            }
            _ if character == ' ' => {}
            _ => tokens.push(Token::Sign(character)),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_typeset() {
        let c = "<mi mathvariant=\"normal\">c</mi>";
        let cases = [
            ("", String::new()),
            (
                "18·c²",
                format!("<mn>18</mn><mo stretchy=\"false\">·</mo><msup>{c}<mn>2</mn></msup>"),
            ),
            ("18*c^2", format!("<mn>18</mn><mo>·</mo><msup>{c}<mn>2</mn></msup>")),
            ("c - 1,024", format!("{c}<mo>−</mo><mn>1,024</mn>")),
            ("c_c", format!("<msub>{c}{c}</msub>")),
            ("½c", format!("<mn>½</mn>{c}")),
            ("<c>", format!("<mo>&lt;</mo>{c}<mo>&gt;</mo>")),
        ];
        for (pretty, expected) in cases {
            assert_eq!(math(pretty), format!("<math>{expected}</math>"), "{pretty}");
        }
    }
}
