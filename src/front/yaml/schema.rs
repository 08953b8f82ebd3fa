//! The language as a JSON Schema. Operators and their arguments come from the tables that the reader goes by.

use serde_json::{Map, Value as Json, json};

use super::elaborate::INPUT_AXES;
use super::expectation::Expected;
use super::parse::{NO_FOLLOWER, NORMALIZATIONS, PREPROCESS_KEYS, STUDY};
use super::study::MAX_VARIANTS;
use crate::figure::{Figure, Measure};
use crate::front::ChannelOrder;
use crate::ops::signature::{Argument, Attribute, Fallback, Kind, Role};
use crate::ops::{Padding, Signature, signatures};

/// The JSON Schema (draft 2020-12) of network files, for editors to complete and check them.
///
/// It is wider than the reader, which also knows blocks, parameters and shapes: what the schema refuses is wrong, but
/// not all that it accepts is right.
#[must_use]
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A network or a study for cnnstat",
        "if": {"type": "object", "required": [STUDY]},
        "then": reference("study"),
        "else": reference("network"),
        "$defs": definitions(),
    })
}

/// A network file.
fn network() -> Json {
    json!({
        "title": "A network",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "name": text("What the network is called; the file's name if left out"),
            "source": text("The publication or code it was taken from"),
            "description": text("A few sentences for people"),
            "extends": text("Another file whose network this one varies, or the name of a bundled network"),
            "input": reference("input"),
            "params": reference("params"),
            "blocks": reference("blocks"),
            "layers": reference("steps"),
            "outputs": {
                "description": "What the network returns; the last tensor if left out",
                "type": "array", "items": reference("output"),
            },
            "preprocess": preprocess(),
            "labels": {
                "description": "The names of the classes, in order; or a text file beside this one that has one a line",
                "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}}],
            },
            "expect": {
                "description": "Published figures, checked by `cnnstat check`",
                "type": "array", "items": reference("expectation"),
            },
            "budget": budget(),
        },
    })
}

/// A study file.
fn study() -> Json {
    let measures: Vec<&str> = Measure::spellings().map(|(name, _)| name).collect();
    let figures: Vec<&str> = Figure::spellings().map(|(name, _)| name).collect();
    let list = |names: &[&str]| json!({"type": "array", "minItems": 1, "uniqueItems": true, "items": {"enum": names}});
    let texts =
        json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let extending = json!({
        "description": "A whole network, with values for its parameters",
        "type": "object",
        "additionalProperties": false,
        "required": ["extends"],
        "properties": {
            "extends": text("A network file, or the name of a bundled network"),
            "params": reference("params"),
            "input": reference("input"),
        },
    });
    let range = text("A range as 16..512*2, 8..64/8 or 1..5, or an expression");
    json!({
        "title": "A study",
        "type": "object",
        "additionalProperties": false,
        "required": [STUDY, "variants"],
        "properties": {
            STUDY: text("What the study is called"),
            "question": text("What it asks"),
            "source": text("The publication that it follows"),
            "notes": {"description": "What else is to be said, for people", "anyOf": texts.get("anyOf")},
            "input": reference("input"),
            "params": reference("params"),
            "blocks": reference("blocks"),
            "variants": {
                "description": "What is compared: names with their steps, or with a whole network",
                "type": "object", "minProperties": 1, "maxProperties": MAX_VARIANTS,
                "additionalProperties": {"anyOf": [reference("steps"), extending]},
            },
            "baseline": {
                "description": "The variant that the others are compared with, or a map from variants to such; the first if left out",
                "anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}],
            },
            "figures": list(&measures),
            "formulas": {
                "description": "Closed forms of figures",
                "type": "object",
                "additionalProperties": false,
                "required": ["over"],
                "properties": {"over": texts, "of": list(&figures)},
            },
            "sweep": {
                "description": "A parameter of the study, and the values to try",
                "type": "object", "minProperties": 1, "maxProperties": 1,
                "additionalProperties": {"anyOf": [{"type": "array", "minItems": 1, "items": {"type": ["integer", "string"]}}, range]},
            },
        },
    })
}

fn definitions() -> Map<String, Json> {
    let mut definitions = Map::new();
    let mut define = |name: &str, schema: Json| definitions.insert(name.to_owned(), schema);
    define("network", network());
    define("study", study());
    define(
        "input",
        json!({
            "description": "The input's sizes without the batch: [channels, height, width] or [features]",
            "type": "array", "minItems": INPUT_AXES.start(), "maxItems": INPUT_AXES.end(), "items": expression(json!({"type": "integer", "minimum": 1})),
        }),
    );
    define(
        "params",
        json!({
            "description": "Parameters with their defaults, changed by --set name=value",
            "type": "object", "additionalProperties": reference("parameter"),
        }),
    );
    define(
        "blocks",
        json!({
            "description": "Named, parametrised groups of layers",
            "type": "object", "additionalProperties": reference("block"),
        }),
    );
    define("value", value());
    define("parameter", parameter());
    define("block", block());
    define("steps", json!({"type": "array", "items": reference("step")}));
    define("step", step());
    define("branches", branches());
    define("from", from());
    define("output", output());
    define("expectation", expectation());
    define("norm", follower(Role::Normalization, "normalization after the layer"));
    define("act", follower(Role::Activation, "activation after the layer"));
    for signature in signatures() {
        define(signature.name, operator(signature));
    }
    definitions
}

fn text(description: &str) -> Json {
    json!({"type": "string", "description": description})
}

fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// Whatever a schema accepts, or an expression in its place.
fn expression(schema: Json) -> Json {
    let text = json!({"type": "string"});
    json!({"anyOf": Json::Array(vec![schema, text])})
}

fn value() -> Json {
    json!({"anyOf": [
        {"type": ["number", "boolean", "string"]},
        {"type": "array", "items": reference("value")},
    ]})
}

fn parameter() -> Json {
    let choices = json!({"type": "array", "items": {"type": "string"}});
    let map = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {"default": reference("value"), "choices": choices},
    });
    json!({"anyOf": [{"type": "null"}, reference("value"), map]})
}

fn block() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["layers"],
        "properties": {
            "params": {"anyOf": [
                {"type": "null"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": reference("parameter")},
            ]},
            "layers": reference("steps"),
        },
    })
}

fn step_properties() -> Map<String, Json> {
    let mut properties = Map::new();
    let mut name = text("What the step is called; a part in braces is an expression");
    if let Some(entries) = name.as_object_mut() {
        entries.insert("type".to_owned(), json!(["string", "number"]));
    }
    properties.insert("name".to_owned(), name);
    properties.insert("from".to_owned(), reference("from"));
    let condition = json!({"type": ["boolean", "string"], "description": "The step is left out where this is false"});
    properties.insert("if".to_owned(), condition);
    properties
}

fn from() -> Json {
    json!({
        "description": "The name of the tensor to take in place of the one before",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    })
}

fn step() -> Json {
    let mut properties = Map::new();
    for signature in signatures() {
        properties.insert(signature.name.to_owned(), reference(signature.name));
    }
    properties.insert("repeat".to_owned(), repeat());
    properties.insert("side".to_owned(), side());
    let map = json!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
        // Whatever else is the call of a block.
        "additionalProperties": {"anyOf": [{"type": "null"}, reference("value"), {"type": "object"}]},
    });
    json!({"anyOf": [{"type": "string"}, map]})
}

fn repeat() -> Json {
    let mut properties = step_properties();
    properties.insert("times".to_owned(), expression(json!({"type": "integer", "minimum": 0})));
    properties.insert("index".to_owned(), text("The name of the turn's number, from 0"));
    properties.insert("layers".to_owned(), reference("steps"));
    json!({
        "description": "Its layers so many times",
        "type": "object",
        "additionalProperties": false,
        "required": ["times", "layers"],
        "properties": properties,
    })
}

fn side() -> Json {
    let mut properties = step_properties();
    properties.insert("layers".to_owned(), reference("steps"));
    json!({
        "description": "A branch whose result is not passed on",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "layers"],
        "properties": properties,
    })
}

fn branches() -> Json {
    json!({"type": "array", "items": {"anyOf": [reference("step"), reference("steps")]}})
}

fn output() -> Json {
    let map = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["from"],
        "properties": step_properties(),
    });
    json!({"anyOf": [{"type": "string"}, map]})
}

fn expectation() -> Json {
    let mut properties = Map::new();
    for (name, _) in Expected::spellings() {
        properties.insert(name.to_owned(), reference("value"));
    }
    for (key, schema) in [
        ("of", text("A layer or block in place of the whole network")),
        (
            "within",
            json!({"type": ["number", "string"], "description": "A tolerance, `2%` or absolute"}),
        ),
        ("source", text("Where the figures are published")),
        ("differs", text("Why the published figures do not follow from the definition")),
        ("with", json!({"type": "object", "additionalProperties": reference("value")})),
        ("input", reference("value")),
    ] {
        properties.insert(key.to_owned(), schema);
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// How images become inputs.
fn preprocess() -> Json {
    let channels = |description: &str, value: Json| {
        json!({
            "description": description,
            "anyOf": [value, {"type": "array", "minItems": 1, "items": value}],
        })
    };
    let above = || json!({"type": "number", "exclusiveMinimum": 0});
    let orders = ChannelOrder::NAMED.map(|(name, _)| name);
    let schemas = [
        json!({"type": "integer", "minimum": 1, "description": "The shorter side, in pixels, before the center is cut out"}),
        channels("What is subtracted from each channel", json!({"type": "number"})),
        channels("What each channel is divided by afterwards", above()),
        json!({"enum": orders, "description": "The order of the channels"}),
        json!({"type": "number", "exclusiveMinimum": 0, "description": "What the brightest value is before the mean is subtracted, 1 or 255"}),
    ];
    let keys = PREPROCESS_KEYS.map(str::to_owned);
    json!({
        "description": "How `cnnstat run --image` makes an input of an image",
        "type": "object", "additionalProperties": false,
        "properties": Map::from_iter(keys.into_iter().zip(schemas)),
    })
}

fn budget() -> Json {
    let amount = || json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]});
    let figures = Figure::spellings().map(|(name, _)| (name.to_owned(), amount()));
    json!({
        "description": "The most that figures may be, checked by `cnnstat check`: a number, or text as 5M or 8MiB",
        "type": "object", "additionalProperties": false, "properties": Map::from_iter(figures),
    })
}

/// What may stand under `norm:` or `act:`.
fn follower(role: Role, description: &str) -> Json {
    let followers = || signatures().filter(|signature| signature.role == role);
    let mut names: Vec<&str> = followers().map(|signature| signature.name).collect();
    if role == Role::Normalization {
        names.extend(NORMALIZATIONS.map(|(short, _)| short));
    }
    names.push(NO_FOLLOWER);
    let mut calls: Map<String, Json> = followers()
        .map(|signature| (signature.name.to_owned(), reference(signature.name)))
        .collect();
    if role == Role::Normalization {
        calls.extend(NORMALIZATIONS.map(|(short, full)| (short.to_owned(), reference(full))));
    }
    let call = json!({
        "type": "object", "minProperties": 1, "maxProperties": 1,
        "additionalProperties": false, "properties": calls,
    });
    json!({
        "description": description,
        "anyOf": [{"enum": names}, {"type": "string", "description": "a parameter"}, call],
    })
}

/// The arguments of an operator: nothing, its main argument alone, or a map.
fn operator(signature: &Signature) -> Json {
    let mut properties = step_properties();
    for argument in signature.arguments {
        properties.insert(argument.name.to_owned(), argument_schema(argument));
    }
    match signature.role {
        Role::Weighted => {
            properties.insert("norm".to_owned(), reference("norm"));
            properties.insert("act".to_owned(), reference("act"));
        }
        Role::Join { .. } => {
            properties.insert("branches".to_owned(), reference("branches"));
        }
        Role::Layer | Role::Activation | Role::Normalization => {}
    }
    let required = |argument: &&Argument| argument.fallback == Fallback::Required;
    let required: Vec<_> = signature.arguments.iter().filter(required).map(|a| a.name).collect();
    let mut forms = vec![json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })];
    let main = signature.arguments.iter().find(|argument| Some(argument.name) == signature.main);
    forms.extend(main.map(argument_schema));
    if matches!(signature.role, Role::Join { .. }) {
        forms.push(reference("branches"));
    }
    if required.is_empty() {
        forms.push(json!({"type": "null"}));
    }
    json!({"description": signature.summary, "anyOf": forms})
}

fn argument_schema(argument: &Argument) -> Json {
    let mut schema = expression(kind(argument.kind));
    if let Some(entries) = schema.as_object_mut() {
        entries.insert("description".to_owned(), json!(argument.summary));
        if let Fallback::Value(value) = argument.fallback {
            entries.extend(default(value).map(|value| ("default".to_owned(), value)));
        }
    }
    schema
}

fn default(value: Attribute) -> Option<Json> {
    match value {
        Attribute::Count(count) => Some(json!(count)),
        Attribute::Pair([height, width]) if height == width => Some(json!(height)),
        Attribute::Pair(pair) => Some(json!(pair)),
        Attribute::Boolean(boolean) => Some(json!(boolean)),
        Attribute::Real(real) => Some(json!(real)),
        Attribute::Word(word) => Some(json!(word)),
        Attribute::Padding(_) => Some(json!(0)),
        Attribute::Integers(..) => None,
    }
}

/// The forms of padding in numbers.
fn sides() -> Vec<Json> {
    let side = json!({"type": "integer", "minimum": 0});
    let list = |length: u64| {
        let items = expression(side.clone());
        json!({"type": "array", "minItems": length, "maxItems": length, "items": items})
    };
    vec![side.clone(), list(2), list(4)]
}

fn kind(kind: Kind) -> Json {
    let whole = |least: u64| json!({"type": "integer", "minimum": least});
    let pair = |least: u64| {
        let items = expression(whole(least));
        json!({"anyOf": [
            whole(least),
            {"type": "array", "minItems": 2, "maxItems": 2, "items": items},
        ]})
    };
    match kind {
        Kind::Count => whole(1),
        Kind::Index => whole(0),
        Kind::Pair => pair(1),
        Kind::PairOrZero => pair(0),
        Kind::Sides => json!({"anyOf": sides()}),
        Kind::Padding => {
            let words = json!({"enum": Padding::NAMED.map(|(word, _)| word)});
            json!({"anyOf": sides().into_iter().chain([words]).collect::<Vec<_>>()})
        }
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Real => json!({"type": "number"}),
        Kind::Rate => json!({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
        Kind::Word(words) => json!({"enum": words}),
        Kind::Integers => json!({"anyOf": [
            {"type": "integer"},
            {"type": "array", "items": expression(json!({"type": "integer"}))},
        ]}),
    }
}
