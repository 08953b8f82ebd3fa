//! Reports as JSON, on which scripts rely.

use serde::Serialize;
pub use serde_json::Error;

use crate::text::is_hidden;

/// A report, a list of reports or any other result as JSON, with a line break at the end.
///
/// # Errors
///
/// Where the serialiser refuses the value.
pub fn render<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    Ok(without_hidden(serde_json::to_string_pretty(value)? + "\n"))
}

/// A value as JSON on a line of its own, without a line break.
///
/// # Errors
///
/// Where the serialiser refuses the value.
pub fn line<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    Ok(without_hidden(serde_json::to_string(value)?))
}

fn without_hidden(text: String) -> String {
    if text.contains(is_escaped) { escaped(&text) } else { text }
}

/// Characters that JSON may hold as they are, but a terminal would obey. They stand only in strings.
fn is_escaped(character: char) -> bool {
    character != '\n' && is_hidden(character)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped += &format!("\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn figures_are_exact_and_layers_in_order() {
        let report = sample::squeezenet();
        let value: serde_json::Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
        assert_eq!(value["totals"]["params"], 1_248_424);
        assert_eq!(value["layers"][0]["name"], "conv1");
        assert_eq!(value["receptive_field"]["stride"], serde_json::json!([16, 16]));
        let all: serde_json::Value =
            serde_json::from_str(&render(&[report.clone(), report]).unwrap()).unwrap();
        assert_eq!(all.as_array().unwrap().len(), 2);
        assert_eq!(all[1], value);
    }
}
