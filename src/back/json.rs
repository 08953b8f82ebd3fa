//! Reports as JSON, on which scripts rely.

use serde::Serialize;
pub use serde_json::Error;

/// A report, a list of reports or any other result as JSON, with a line break at the end.
///
/// # Errors
///
/// Where the serialiser refuses the value.
pub fn render<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
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
        assert_eq!(value["receptive_field"], serde_json::Value::Null);
        let all: serde_json::Value =
            serde_json::from_str(&render(&[report.clone(), report]).unwrap()).unwrap();
        assert_eq!(all.as_array().unwrap().len(), 2);
        assert_eq!(all[1], value);
    }
}
