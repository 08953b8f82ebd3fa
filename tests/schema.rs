//! The JSON Schema accepts what the reader accepts, and refuses keys that nobody knows.

#![allow(clippy::unwrap_used, reason = "a test")]

use cnnstat::bundled;
use cnnstat::front::yaml::schema;
use serde_json::Value;

fn values(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn accepts_every_bundled_network() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let families = ["vgg", "resnet", "densenet", "squeezenet", "googlenet"];
    let families = families.map(|family| format!("families/{family}"));
    let names = bundled::names().into_iter().map(str::to_owned).chain(families);
    for name in names {
        let source = bundled::source(&name).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&values(&source.text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn accepts_every_bundled_study() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for name in bundled::studies() {
        let source = bundled::study(name).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&values(&source.text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    for (accepted, rest) in [
        (true, "variants: {a: [relu], b: {extends: vgg16, params: {classes: 10}}}"),
        (true, "variants: {a: [relu]}, sweep: {c: 1..8*2}, notes: one, baseline: {a: b}"),
        (false, "variants: {a: relu}"),
        (false, "variants: {}"),
        (false, "variants: {a: [relu]}, layers: [relu]"),
        (false, "variants: {a: [relu]}, figures: [parms]"),
        (false, "variants: {a: [relu]}, formulas: {of: [params]}"),
    ] {
        let study = values(&format!("{{study: S, {rest}}}"));
        assert_eq!(validator.is_valid(&study), accepted, "{rest}");
    }
}

#[test]
fn accepts_and_refuses_as_the_reader_does() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (accepted, layer) in [
        (true, "relu"),
        (true, "{fire: {squeeze: 16, expand: 64}}"),
        (true, "{conv: {out: 64, kernel: [3, 1], padding: same, act: relu, norm: batch}}"),
        (true, "{conv: {out: channels // 2, kernel: 1, act: {leaky_relu: 0.1}}}"),
        (true, "{dropout: 0.5}"),
        (true, "{add: [[{conv: {out: 8, kernel: 1}}, relu], []]}"),
        (true, "{concat: {from: [a, b], axis: 2}}"),
        (true, "{repeat: {times: n, index: i, layers: [relu]}}"),
        (true, "{softmax: }"),
        (false, "{conv: {out: 64, kernal: 3}}"),
        (false, "{conv: {out: 64}}"),
        (false, "{conv: {out: 0, kernel: 3}}"),
        (false, "{conv: {out: 64, kernel: [3, 3, 3]}}"),
        (false, "{dropout: 1.5}"),
        (false, "{repeat: {layers: [relu]}}"),
        (false, "{conv: {out: 8, kernel: 1}, relu: }"),
        (false, "3"),
    ] {
        let network = values(&format!("{{input: [3, 8, 8], layers: [{layer}]}}"));
        assert_eq!(validator.is_valid(&network), accepted, "{layer}");
    }
    assert!(!validator.is_valid(&values("{inputs: [3, 8, 8], layers: [relu]}")));
    for (accepted, budget) in [
        (true, "{params: 5M, macs: 1e9, peak_memory: 8 MiB}"),
        (true, "{peak_activation_bytes: 8 MiB}"),
        (false, "{prams: 5M}"),
        (false, "{params: [5]}"),
        (false, "{params: -5}"),
        (false, "[params]"),
    ] {
        let network = values(&format!("{{input: [8], layers: [relu], budget: {budget}}}"));
        assert_eq!(validator.is_valid(&network), accepted, "{budget}");
    }
}
