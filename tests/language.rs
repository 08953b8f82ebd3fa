//! `docs/format.md`'s table of operators against the signatures, and every operator called as the table says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::BTreeSet;

use cnnstat::front::yaml::Settings;
use cnnstat::ops::signature::{Argument, Attribute, Fallback, Kind, Role};
use cnnstat::ops::{Padding, Signature, signatures};
use serde_json::{Map, Value, json};

/// What the table says of an argument.
#[derive(Debug, PartialEq)]
struct Written<'page> {
    name: &'page str,
    is_main: bool,
    /// What stands after `=`.
    default: Option<&'page str>,
    /// The words in parentheses that may stand in place of the default.
    others: Vec<&'page str>,
    /// Whether it is one of several joined by "or".
    is_alternative: bool,
}

/// A row of the table.
#[derive(Debug)]
struct Row<'page> {
    operators: Vec<&'page str>,
    /// The join as it is called, `join` or `join of two`.
    join: Option<&'page str>,
    arguments: Vec<Written<'page>>,
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Cuts at commas outside of parentheses.
fn items(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let pieces = text.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    });
    pieces.map(str::trim).collect()
}

/// An argument: `` `name` ``, in bold or not, with `=default` and `` (`other`, `words`) `` or without.
fn written(text: &str, is_alternative: bool) -> Written<'_> {
    let (head, others) = match text.split_once(" (") {
        Some((head, others)) => (head, quoted(others)),
        None => (text, vec![]),
    };
    let (name, default) = match head.split_once('=') {
        Some((name, default)) => (name, Some(default)),
        None => (head, None),
    };
    let plain = name.trim_start_matches("**").trim_end_matches("**");
    let bare = plain.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
    let bare = bare.unwrap_or_else(|| panic!("no argument: {text}"));
    let is_main = name == format!("**`{bare}`**");
    assert!(is_main || name == plain, "half in bold: {text}");
    Written { name: bare, is_main, default, others, is_alternative }
}

/// The rows of the table.
fn rows() -> Vec<Row<'static>> {
    let page = include_str!("../docs/format.md");
    let section = page.split("## Operators").nth(1).unwrap().split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [operators, arguments, _] = cells[..] else { panic!("not three cells: {line}") };
        let mut row = Row { operators: quoted(operators), join: None, arguments: vec![] };
        for item in items(arguments) {
            match item {
                "–" => assert_eq!(arguments, "–", "{line}"),
                "join" | "join of two" => assert_eq!(row.join.replace(item), None, "{line}"),
                item => {
                    let alternatives: Vec<_> = item.split(" or ").collect();
                    let is_alternative = alternatives.len() > 1;
                    let alternatives = alternatives.into_iter();
                    row.arguments
                        .extend(alternatives.map(|argument| written(argument, is_alternative)));
                }
            }
        }
        row
    });
    rows.collect()
}

fn row_of<'rows>(
    rows: &'rows [Row<'static>],
    signature: &Signature,
) -> Option<&'rows Row<'static>> {
    rows.iter().find(|row| row.operators.contains(&signature.name))
}

/// Whether a default is the value it stands for.
fn is_value(default: &str, value: Attribute) -> bool {
    let number = default.parse::<f64>().ok();
    let whole = default.parse::<u64>().ok();
    match value {
        Attribute::Count(count) => whole == Some(count),
        Attribute::Pair([height, width]) => height == width && whole == Some(height),
        Attribute::Padding(Padding::Explicit(sides)) => {
            sides.into_iter().all(|side| whole == Some(side))
        }
        Attribute::Padding(Padding::Same) => default == "same",
        Attribute::Padding(Padding::SameLower) => default == "same_lower",
        Attribute::Boolean(boolean) => default.parse() == Ok(boolean),
        Attribute::Real(real) => number == Some(real),
        Attribute::Word(word) => default == word,
        Attribute::Integers(..) => false,
    }
}

fn check_argument(signature: &Signature, argument: &Argument, row: &Row<'_>) {
    let context = format!("`{}` of `{}`: {row:?}", argument.name, signature.name);
    let written = row.arguments.iter().find(|written| written.name == argument.name);
    let written = written.unwrap_or_else(|| panic!("there is no {context}"));
    match (argument.fallback, written.default) {
        (Fallback::Required, default) => assert_eq!(default, None, "{context}"),
        // Decided by the operator: from its other argument, from its operand, or told in words.
        (Fallback::Absent, Some("kernel")) => assert_eq!(argument.name, "stride", "{context}"),
        (Fallback::Absent, Some("channels")) => assert_eq!(argument.name, "out", "{context}"),
        (Fallback::Absent, default) => assert_eq!(default, None, "{context}"),
        (Fallback::Value(value), Some(default)) => assert!(is_value(default, value), "{context}"),
        (Fallback::Value(_), None) => panic!("no default is given for {context}"),
    }
    if let Kind::Word(words) = argument.kind {
        let given: Vec<_> =
            written.default.into_iter().chain(written.others.iter().copied()).collect();
        assert_eq!(given, words, "{context}");
    } else {
        assert!(written.others.is_empty(), "{context}");
    }
}

#[test]
fn every_operator_stands_in_the_table_as_it_is() {
    let rows = rows();
    let known: BTreeSet<_> = signatures().map(|signature| signature.name).collect();
    let named: Vec<_> = rows.iter().flat_map(|row| row.operators.iter().copied()).collect();
    assert_eq!(named.len(), named.iter().collect::<BTreeSet<_>>().len(), "twice in {named:?}");
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), known);

    for signature in signatures() {
        let row = row_of(&rows, signature).unwrap();
        let join = match signature.role {
            Role::Join { binary: false } => Some("join"),
            Role::Join { binary: true } => Some("join of two"),
            _ => None,
        };
        assert_eq!(row.join, join, "{row:?}");
        let main = row.arguments.iter().find(|argument| argument.is_main);
        assert_eq!(main.map(|main| main.name), signature.main, "`{}`: {row:?}", signature.name);
        assert!(row.arguments.iter().filter(|argument| argument.is_main).count() <= 1, "{row:?}");

        let mut names: Vec<_> = signature.arguments.iter().map(|argument| argument.name).collect();
        if signature.role == Role::Weighted {
            names.extend(["norm", "act"]);
        }
        let mut written: Vec<_> = row.arguments.iter().map(|argument| argument.name).collect();
        names.sort_unstable();
        written.sort_unstable();
        assert_eq!(names, written, "`{}`", signature.name);
        for argument in signature.arguments {
            check_argument(signature, argument, row);
        }
    }
}

/// A small value that fits any map of 4 channels.
fn small(argument: &Argument) -> Value {
    match (argument.name, argument.kind) {
        ("axes", _) => json!([0, 2, 3, 1]),
        (_, Kind::Integers) => json!([-1]),
        (
            _,
            Kind::Count | Kind::Index | Kind::Pair | Kind::PairOrZero | Kind::Padding | Kind::Sides,
        ) => json!(1),
        (_, Kind::Real | Kind::Rate) => json!(0.5),
        (_, Kind::Boolean) => json!(true),
        (_, Kind::Word(words)) => json!(words[0]),
    }
}

/// Elaborates a network of one step, and gives the operator of its last layer.
fn last_operator(signature: &Signature, step: &Value) -> String {
    // Square, so that a matrix product of the map with itself is possible.
    let input = if signature.name == "linear" { json!([6]) } else { json!([4, 6, 6]) };
    let text = json!({"input": input, "layers": [step]}).to_string();
    let description =
        common::read(&text).unwrap_or_else(|error| panic!("{}\n{text}", common::plain(&error)));
    let (_, report) = common::analyse(&description, &Settings::default());
    let report = serde_json::to_value(report).unwrap();
    report["layers"].as_array().unwrap().last().unwrap()["op"].as_str().unwrap().to_owned()
}

#[test]
fn every_operator_can_be_called_with_what_it_needs_alone() {
    let rows = rows();
    for signature in signatures() {
        let name = signature.name;
        let row = row_of(&rows, signature).unwrap();
        // Of several arguments joined by "or", the first.
        let alternative = row.arguments.iter().find(|argument| argument.is_alternative);
        let is_needed = |argument: &&Argument| {
            argument.fallback == Fallback::Required
                || alternative.is_some_and(|alternative| alternative.name == argument.name)
        };
        let needed: Vec<_> = signature.arguments.iter().filter(is_needed).collect();
        let pairs = needed.iter().map(|argument| (argument.name.to_owned(), small(argument)));
        let map: Map<_, _> = pairs.collect();

        let mut calls = vec![];
        if let Role::Join { .. } = signature.role {
            assert!(map.is_empty(), "`{name}`");
            calls.extend([json!({ name: [[], []] }), json!({ name: {"branches": [[], []]} })]);
        } else if map.is_empty() {
            calls.extend([json!(name), json!({ name: {} })]);
        } else {
            calls.push(json!({ name: map }));
        }
        // The main argument may stand alone where nothing else is needed.
        if let Some(main) = signature.main
            && needed.iter().all(|argument| argument.name == main)
        {
            let main = signature.arguments.iter().find(|argument| argument.name == main).unwrap();
            calls.push(json!({ name: small(main) }));
        }
        let operator = if name == "depthwise_conv" { "conv" } else { name };
        for call in calls {
            assert_eq!(last_operator(signature, &call), operator, "{call}");
        }
    }
}

/// What the table calls derived: a pool's stride is its kernel, a depthwise convolution has as many channels as it takes.
#[test]
fn derived_defaults_are_what_they_are_derived_from() {
    for (short, long) in [
        (
            json!({"max_pool": {"kernel": [2, 3]}}),
            json!({"max_pool": {"kernel": [2, 3], "stride": [2, 3]}}),
        ),
        (
            json!({"avg_pool": {"kernel": [3, 2]}}),
            json!({"avg_pool": {"kernel": [3, 2], "stride": [3, 2]}}),
        ),
        (
            json!({"depthwise_conv": {"kernel": 3}}),
            json!({"depthwise_conv": {"kernel": 3, "out": "channels"}}),
        ),
        (json!({"slice": {"axis": 2}}), json!({"slice": {"axis": 2, "stop": "height"}})),
    ] {
        let figures = |step: &Value| {
            let text = json!({"input": [4, 6, 5], "layers": [step]}).to_string();
            let report = serde_json::to_value(common::report(&text)).unwrap();
            (report["layers"][0]["output_shape"].clone(), report["totals"].clone())
        };
        assert_eq!(figures(&short), figures(&long), "{short}");
    }
}
