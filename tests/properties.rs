//! What holds for every network file, tried on generated ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use cnnstat::bundled::{self, Bundled};
use cnnstat::diagnostics::Source;
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::ops::signature::{Kind, Role};
use cnnstat::ops::{Signature, signatures};
use cnnstat::report::fold::{Row, fold};
use cnnstat::report::{Figures, Report, Totals};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

/// The same cases every time.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(227),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

// ---- any file ---------------------------------------------------------------------------------------------------

/// Reads, elaborates and analyses a text as far as it goes. What is refused is refused with a reason, and both can be shown.
fn analyse(text: &str) -> Option<Report> {
    let source = Source::new("any.yaml", text);
    let outcome = Description::read(&source, &Bundled).and_then(|description| {
        let elaborated = description.elaborate(&Settings::default())?;
        Ok((
            Report::new(&elaborated.network, description.metadata(&elaborated)),
            elaborated.warnings,
        ))
    });
    match outcome {
        Ok((report, warnings)) => {
            assert!(!warnings.has_errors(), "{}", common::plain(&warnings));
            report.ok()
        }
        Err(diagnostics) => {
            assert!(diagnostics.has_errors(), "refused without a reason:\n{text}");
            for width in [1, 100] {
                assert!(!diagnostics.render(true, width).is_empty());
            }
            None
        }
    }
}

/// A value of a kind, now and then a wrong one.
fn value(kind: Kind) -> BoxedStrategy<Value> {
    let count = || {
        prop_oneof![
            50 => (1_u32..5).prop_map(Value::from),
            10 => select(vec!["n", "channels", "2 * n", "channels // 2 + 1", "min(n, 3)", "4 if deep else n"])
                .prop_map(Value::from),
            1 => select(vec![json!(0), json!(-1), json!(1.5), json!("x"), json!("n +"), json!(1_u64 << 40), json!(null)]),
        ]
    };
    let pair =
        || prop_oneof![4 => count(), 1 => (count(), count()).prop_map(|(a, b)| json!([a, b]))];
    match kind {
        Kind::Count | Kind::Index => count().boxed(),
        Kind::Pair | Kind::PairOrZero => pair().boxed(),
        Kind::Padding | Kind::Sides => prop_oneof![
            2 => (0_u32..3).prop_map(Value::from),
            1 => pair(),
            1 => prop::collection::vec(0_u32..3, 1..6).prop_map(Value::from),
            2 => select(vec!["same", "valid", "same_lower"]).prop_map(Value::from),
        ]
        .boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Real => (-2.0..2.0).prop_map(Value::from).boxed(),
        Kind::Rate => (-0.1..1.1).prop_map(Value::from).boxed(),
        Kind::Word(words) => select(words).prop_map(Value::from).boxed(),
        Kind::Integers => prop::collection::vec(-2..6_i32, 1..5).prop_map(Value::from).boxed(),
    }
}

/// A call with what must be given and some of what may.
fn call(signature: &'static Signature) -> BoxedStrategy<Value> {
    let arguments = signature.arguments.iter().map(|argument| {
        let likely = match argument.fallback {
            cnnstat::ops::signature::Fallback::Required => 0.98,
            _ => 0.3,
        };
        let key = argument.name;
        prop::option::weighted(likely, value(argument.kind))
            .prop_map(move |value| value.map(|value| (key, value)))
    });
    let arguments: Vec<_> = arguments.collect();
    let follower =
        prop::option::weighted(0.2, select(vec!["relu", "batch", "act", "none", "relux"]));
    (arguments, follower)
        .prop_map(move |(arguments, follower)| {
            let mut map = keys(arguments.into_iter().flatten());
            if let (Role::Weighted, Some(follower)) = (signature.role, follower) {
                let key = if follower == "batch" { "norm" } else { "act" };
                map.insert(key.to_owned(), follower.into());
            }
            json!({ signature.name: map })
        })
        .boxed()
}

fn keys(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Any step: operators, joins, repetitions, sides and calls of blocks, with names, sources and conditions.
fn step() -> BoxedStrategy<Value> {
    let layers: Vec<_> = signatures().filter(|signature| !is_join(signature)).collect();
    let joins: Vec<_> = signatures().filter(|signature| is_join(signature)).collect();
    let names = prop_oneof![
        20 => select(vec!["a", "b", "c", "x{n}", "conv1", "relu1", "input"]),
        1 => select(vec!["b/a", "x{i}", "no name"]),
    ];
    let leaf = prop_oneof![
        60 => keeping(),
        20 => select(layers).prop_flat_map(call),
        10 => value(Kind::Count).prop_map(|out| json!({"unit": {"out": out}})),
        1 => select(vec!["nonsense", "endless"]).prop_map(Value::from),
    ];
    let common = (
        prop::option::weighted(0.15, names.clone()),
        prop::option::weighted(0.05, names),
        prop::option::weighted(0.1, select(vec!["true", "false", "deep", "channels > 3", "deep"])),
    );
    let any_step = leaf.prop_recursive(3, 24, 4, move |inner| {
        let steps = prop::collection::vec(inner.clone(), 0..4);
        let join = (select(joins.clone()), prop::collection::vec(steps.clone(), 1..4))
            .prop_map(|(join, branches)| json!({ join.name: { "branches": branches } }));
        let times = prop_oneof![
            (0_u32..4).prop_map(Value::from),
            select(vec![json!("n"), json!(-1), json!("channels")])
        ];
        let repeat = (times, steps.clone()).prop_map(
            |(times, layers)| json!({"repeat": {"times": times, "index": "i", "layers": layers}}),
        );
        let side = steps.prop_map(|layers| json!({"side": {"name": "aside", "layers": layers}}));
        prop_oneof![4 => inner, 3 => join, 2 => repeat, 1 => side]
    });
    (any_step, common)
        .prop_map(|(step, (name, from, condition))| {
            let (operator, mut arguments) = match step {
                Value::String(operator) => (operator, Map::new()),
                Value::Object(step) => match step.into_iter().next() {
                    Some((operator, Value::Object(arguments))) => (operator, arguments),
                    // Where the main argument or the branches stand alone there is no place for further keys.
                    Some((operator, alone)) => return json!({ operator: alone }),
                    None => panic!("a step without an operator"),
                },
                other => panic!("{other:?}"),
            };
            for (key, value) in [("name", name), ("from", from), ("if", condition)] {
                arguments.extend(value.map(|value| (key.to_owned(), value.into())));
            }
            if arguments.is_empty() {
                Value::String(operator)
            } else {
                json!({ operator: arguments })
            }
        })
        .boxed()
}

fn is_join(signature: &Signature) -> bool {
    matches!(signature.role, Role::Join { .. })
}

/// A file of such steps.
fn any_file() -> impl Strategy<Value = Value> {
    let body = || prop::collection::vec(step(), 1..6);
    let input = prop_oneof![9 => prop::collection::vec(3_u32..9, 3), 1 => prop::collection::vec(0_u32..9, 0..5)];
    (body(), body(), input).prop_map(|(mut layers, block, input)| {
        // A step that uses all parameters.
        layers.push(json!({"conv": {"from": "input", "out": "n", "kernel": "1 if deep else 2", "act": "act"}}));
        json!({
            "input": input,
            "params": {"n": 2, "deep": true, "act": {"default": "relu", "choices": ["relu", "tanh"]}},
            "blocks": {
                "unit": {"params": {"out": null}, "layers": [{"conv": {"out": "out", "kernel": 1}}, {"repeat": {"times": 1, "layers": block}}]},
                "endless": {"layers": ["relu", "endless"]},
            },
            "layers": layers,
        })
    })
}

/// Pieces of the language in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "input: [3, 8, 8]",
        "layers:",
        "blocks:",
        "params: {n: 3}",
        "expect:",
        "outputs: [a]",
        "extends: resnet18",
        "- relu",
        "- conv: {out: 8, kernel: 3}",
        "- conv:",
        "out: n",
        "kernel: \"n + \"",
        "- add: [[], []]",
        "- repeat:",
        "times: 3",
        "index: i",
        "layers: [relu, {conv: 3}]",
        "name: \"a{i}\"",
        "- {params: 3, source: x}",
        "- *a",
        "&a",
        "!tag",
        "---",
        "...",
        "? a",
        ": b",
        "|",
        ">-",
        "# c",
        "\t",
        "'",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\u{feff}",
        "\u{1b}[31m",
        "\u{202e}",
        "\r",
        "卷积: 3",
        "<<: *a",
        "- [[[[",
        "1e400",
        "-.inf",
        ".nan",
        "0x10",
        "~",
    ]);
    let sensible = select(vec![
        ("", "expect:"),
        ("", "outputs: [a]"),
        ("  ", "- relu"),
        ("  ", "- conv: {out: n, kernel: 3}"),
        ("  ", "- {params: 84, source: x}"),
        ("  ", "- relu: {name: a}"),
        ("  ", "- add: [[], []]"),
        ("  ", "- repeat:"),
        ("      ", "times: n"),
        ("      ", "layers:"),
        ("        ", "- sigmoid"),
    ]);
    let indent = select(vec!["", "  ", "    ", "      "]);
    let line = prop_oneof![9 => sensible, 1 => (indent, piece)];
    let lines = prop::collection::vec((line, select(vec!["\n", "\n", "\r\n"])), 0..9);
    lines.prop_map(|lines| {
        let lines = lines.into_iter().map(|((indent, piece), end)| format!("{indent}{piece}{end}"));
        "input: [3, 8, 8]\nparams: {n: 3}\nlayers:\n".to_owned() + &lines.collect::<String>()
    })
}

/// A bundled file after some accidents.
fn accidents() -> impl Strategy<Value = String> {
    let mut files = bundled::names();
    files.extend([
        "families/resnet",
        "families/densenet",
        "families/googlenet",
        "families/squeezenet",
        "families/vgg",
    ]);
    let accident = (
        0_u8..6,
        any::<prop::sample::Index>(),
        1_usize..12,
        select(vec![' ', '\n', ':', ',', '{', ']', '-', '1', 'x', '"', '*', '+', '%', '\t', 'é']),
    );
    (select(files), prop::collection::vec(accident, 1..4)).prop_map(|(file, accidents)| {
        let mut text: Vec<char> = bundled::source(file).unwrap().text.chars().collect();
        for (kind, at, length, letter) in accidents {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = text.len().min(at + length);
            match kind {
                0 => text.insert(at, letter),
                1 => drop(text.drain(at..end)),
                2 => text.truncate(at),
                3 => text.splice(at..end, [letter]).for_each(drop),
                4 => {
                    let piece = text[at..end].to_vec();
                    text.splice(at..at, piece).for_each(drop);
                }
                // A line twice.
                _ => {
                    let line = text
                        .split_inclusive(|letter| *letter == '\n')
                        .nth(at % 20)
                        .unwrap_or_default()
                        .to_vec();
                    let start = text
                        .iter()
                        .take(at)
                        .rposition(|letter| *letter == '\n')
                        .map_or(0, |end| end + 1);
                    text.splice(start..start, line).for_each(drop);
                }
            }
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn any_file_is_analysed_or_refused_with_a_reason(file in any_file()) {
        // As one line, and as people write it.
        let flow = analyse(&file.to_string());
        let block = analyse(&serde_yaml::to_string(&file).unwrap());
        prop_assert_eq!(flow, block);
    }

    #[test]
    fn any_pieces_are_no_trouble(text in pieces()) {
        analyse(&text);
    }

    #[test]
    fn any_bytes_are_no_trouble(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in "[a-z0-9:,&*! \n\\[\\]{}'\"|>?#%@.+()~-]{0,120}",
    ) {
        analyse(&String::from_utf8_lossy(&bytes));
        analyse(&text);
        analyse(&format!("input: [3, 8, 8]\nlayers:\n  - conv: {{out: {text}, kernel: 3}}\n"));
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn bundled_files_after_accidents_are_no_trouble(text in accidents()) {
        analyse(&text);
    }
}

// ---- files without mistakes -------------------------------------------------------------------------------------

/// A step that keeps the shape of any map.
fn keeping() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        select(vec!["relu", "sigmoid", "tanh", "hard_swish", "batch_norm", "layer_norm", "prelu", "lrn", "identity", "softmax"])
            .prop_map(Value::from),
        (prop::option::of(select(vec!["batch", "layer"])), any::<bool>(), 0_u32..3).prop_map(|(norm, bias, size)| {
            let (kernel, padding) = (2 * size + 1, size);
            let mut conv = json!({"out": "channels", "kernel": kernel, "padding": padding, "bias": bias, "act": "relu"});
            conv.as_object_mut().unwrap().extend(norm.map(|norm| ("norm".to_owned(), norm.into())));
            json!({ "conv": conv })
        }),
        (1_u32..5).prop_map(|kernel| json!({"depthwise_conv": {"kernel": kernel, "padding": "same"}})),
        (1_u32..4).prop_map(|kernel| json!({
            "max_pool": {"kernel": kernel, "stride": 1, "padding": "same"}
        })),
        (0.0..0.9).prop_map(|rate| json!({ "dropout": rate })),
        Just(json!({"affine": {"scale": 0.5, "shift": 1}})),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        let steps = prop::collection::vec(inner, 0..4);
        prop_oneof![
            prop::collection::vec(steps.clone(), 2..4)
                .prop_map(|branches| json!({ "add": branches })),
            steps.clone().prop_map(|branch| json!({"mul": [[], branch]})),
            (0_u32..4, steps)
                .prop_map(|(times, layers)| json!({"repeat": {"times": times, "layers": layers}})),
        ]
    })
    .boxed()
}

/// A step that fits any map.
fn fitting() -> BoxedStrategy<Value> {
    prop_oneof![
        3 => keeping(),
        2 => (1_u32..9, 1_u32..4, 1_u32..4, select(vec!["same", "same_lower"])).prop_map(|(out, kernel, stride, padding)| {
            json!({"conv": {"out": out, "kernel": [kernel, 1], "stride": [1, stride], "padding": padding}})
        }),
        1 => (1_u32..4, any::<bool>()).prop_map(|(kernel, ceil)| json!({"avg_pool": {"kernel": kernel, "padding": "same", "ceil": ceil}})),
        1 => (1_u32..4).prop_map(|size| json!({ "adaptive_avg_pool": size })),
        1 => Just(json!({"upsample": {"scale": [2, 1]}})),
        1 => (1_u32..4, 0_u32..3).prop_map(|(kernel, padding)| json!({
            "conv_transpose": {"out": 3, "kernel": kernel + 2 * padding, "padding": padding, "stride": 2}
        })),
        1 => prop::collection::vec(prop::collection::vec(keeping(), 0..3), 1..4).prop_map(|branches| json!({ "concat": branches })),
    ]
    .boxed()
}

/// The layers of a network that can be analysed.
fn network() -> impl Strategy<Value = Vec<Value>> {
    (prop::collection::vec(fitting(), 0..6), 0_u32..3).prop_map(|(mut layers, head)| {
        // A last layer, so that there is one; and now and then a classifier.
        layers.push(json!({"prelu": {"name": "last", "per_channel": false}}));
        if head == 0 {
            layers.extend([
                json!("global_avg_pool"),
                json!("flatten"),
                json!({"linear": {"out": 3, "act": "relu"}}),
            ]);
        }
        layers
    })
}

fn file(layers: &[Value]) -> String {
    json!({"input": [4, 6, 5], "layers": layers}).to_string()
}

/// What is summed over the layers.
fn sums(report: &Report) -> Totals {
    Totals { peak_activation_bytes: None, training_bytes: None, ..report.totals.clone() }
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn weights_do_not_know_the_batch_and_work_grows_with_it(layers in network(), batch in 2_u64..100) {
        let description = common::read(&file(&layers)).unwrap();
        let (_, one) = common::analyse(&description, &Settings::default());
        let (_, many) = common::analyse(&description, &Settings { batch, ..Settings::default() });
        let weights = |totals: &Totals| (totals.figures.params, totals.figures.buffers, totals.figures.weight_bytes, totals.layers);
        let work = |totals: &Totals, times: u64| [
            totals.figures.macs, totals.figures.flops, totals.figures.activations, totals.figures.conv_activations, totals.figures.activation_bytes,
        ].map(|figure| figure * times);
        prop_assert_eq!(weights(&one.totals), weights(&many.totals));
        prop_assert_eq!(work(&one.totals, batch), work(&many.totals, 1));
        prop_assert_eq!((many.batch, many.input[0]), (batch, batch));
        for (one, many) in one.layers.iter().zip(&many.layers) {
            prop_assert_eq!(one.figures.params, many.figures.params);
            prop_assert_eq!(one.figures.macs * batch, many.figures.macs);
            prop_assert_eq!(&one.output_shape[1..], &many.output_shape[1..]);
        }
    }

    #[test]
    fn the_same_file_gives_the_same_report(layers in network()) {
        let text = file(&layers);
        let description = common::read(&text).unwrap();
        let (_, first) = common::analyse(&description, &Settings::default());
        let (_, second) = common::analyse(&description, &Settings::default());
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(&first, &common::report(&text));
    }

    #[test]
    fn a_repetition_stands_for_its_layers(
        before in prop::collection::vec(fitting(), 0..3), turn in prop::collection::vec(fitting(), 1..4), times in 1_usize..4,
    ) {
        let mut repeated = before.clone();
        repeated.push(json!({"repeat": {"times": times, "layers": turn}}));
        repeated.push(json!("relu"));
        let mut written = before;
        written.extend(std::iter::repeat_n(turn, times).flatten());
        written.push(json!("relu"));
        prop_assert_eq!(common::report(&file(&repeated)), common::report(&file(&written)));
    }

    #[test]
    fn a_block_changes_names_alone(layers in network(), times in 0_u32..3) {
        let plain = common::report(&file(&layers));
        let block = json!({
            "input": [4, 6, 5],
            "blocks": {"inner": {"params": ["depth"], "layers": [
                {"inner": {"if": "depth > 0", "depth": "depth - 1"}},
                {"repeat": {"times": "1 if depth == 0 else 0", "layers": layers}},
            ]}},
            "layers": [{"inner": times}],
        });
        let block = common::report(&block.to_string());
        prop_assert_eq!(sums(&plain), sums(&block));
        let path = vec!["inner1/"; usize::try_from(times).unwrap() + 1].concat();
        for (plain, block) in plain.layers.iter().zip(&block.layers) {
            prop_assert_eq!(format!("{path}{}", plain.name), block.name.clone());
            prop_assert_eq!(&plain.output_shape, &block.output_shape);
        }
    }

    #[test]
    fn rows_of_any_depth_add_up(layers in network(), depth in prop::option::of(1_usize..5), levels in 1_usize..4) {
        let mut layers = layers;
        for level in 0..levels {
            layers = vec![json!({"repeat": {"name": format!("level{level}-"), "times": 1, "layers": layers}}), json!("relu")];
        }
        let report = common::report(&file(&layers));
        let rows = fold(&report, depth).unwrap();
        let total = rows.iter().fold(Figures::default(), |sum, row| {
            let row = match row {
                Row::Block(block) => block.totals.figures,
                Row::Layer(row) => row.layer.figures,
            };
            sum.checked_add(&row).unwrap()
        });
        prop_assert_eq!(total, report.totals.figures);
    }

    #[test]
    fn branches_may_stand_in_any_order(
        (branches, shuffled) in prop::collection::vec(prop::collection::vec(keeping(), 0..4), 2..5)
            .prop_flat_map(|branches| (Just(branches.clone()), Just(branches).prop_shuffle())),
        join in select(vec!["add", "mul", "mean"]),
    ) {
        let report = |branches| common::report(&file(&[json!({ join: branches })]));
        let (one, other) = (report(branches), report(shuffled));
        prop_assert_eq!(sums(&one), sums(&other));
        prop_assert_eq!(&one.outputs[0].shape, &other.outputs[0].shape);
    }
}

// ---- windows ----------------------------------------------------------------------------------------------------

/// One axis of a window.
#[derive(Debug, Clone, Copy)]
struct Axis {
    input: i64,
    kernel: i64,
    stride: i64,
    dilation: i64,
    before: i64,
    after: i64,
}

fn axis() -> impl Strategy<Value = Axis> {
    (1_i64..12, 1_i64..5, 1_i64..5, 1_i64..4, 0_i64..5, 0_i64..5).prop_map(
        |(input, kernel, stride, dilation, before, after)| Axis {
            input,
            kernel,
            stride,
            dilation,
            before,
            after,
        },
    )
}

impl Axis {
    /// Where the taps of a window lie, counted from the first pixel of the map.
    fn taps(self, window: i64) -> impl Iterator<Item = i64> {
        (0..self.kernel).map(move |tap| window * self.stride - self.before + tap * self.dilation)
    }

    /// Whether a window fits into the padded map and so many pixels beyond.
    fn fits(self, window: i64, beyond: i64) -> bool {
        self.taps(window).all(|tap| tap < self.input + self.after + beyond)
    }

    /// The windows one by one, by PyTorch's rule: those that fit. With `ceil` they may overhang by less than a stride, also
    /// where the kernel is larger than the padded map, and the last is left out if it starts in the padding at the far
    /// side. Where there is none, the window is refused.
    fn windows(self, ceil: bool) -> i64 {
        let beyond = if ceil { self.stride - 1 } else { 0 };
        let windows = (0_i64..).take_while(|window| self.fits(*window, beyond)).count();
        let windows = i64::try_from(windows).unwrap();
        let starts_inside = |window| self.taps(window).min().unwrap() < self.input;
        let is_left_out = ceil && windows > 0 && !starts_inside(windows - 1);
        windows - i64::from(is_left_out)
    }

    /// Whether the padding is as large as a window.
    fn is_padded_too_much(self) -> bool {
        let extent = (self.kernel - 1) * self.dilation + 1;
        self.before >= extent || self.after >= extent
    }

    /// Whether a window has all its taps in the padding.
    fn misses_the_map(self, ceil: bool) -> bool {
        let has_tap = |window| self.taps(window).any(|tap| (0..self.input).contains(&tap));
        (0..self.windows(ceil)).any(|window| !has_tap(window))
    }
}

fn window_file(operator: &str, [height, width]: [Axis; 2], further: &Value) -> String {
    let mut arguments = json!({
        "kernel": [height.kernel, width.kernel],
        "stride": [height.stride, width.stride],
        "dilation": [height.dilation, width.dilation],
        "padding": [height.before, width.before, height.after, width.after],
    });
    arguments.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    json!({"input": [2, height.input, width.input], "layers": [{ operator: arguments }]})
        .to_string()
}

fn output(report: &Report) -> [i64; 2] {
    let shape = &report.outputs[0].shape;
    [shape[2], shape[3]].map(|size| i64::try_from(size).unwrap())
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn convolutions_have_a_window_for_every_output(axes in [axis(), axis()]) {
        let counted = axes.map(|axis| axis.windows(false));
        match analyse(&window_file("conv", axes, &json!({"out": 3, "bias": false}))) {
            Some(report) => {
                prop_assert_eq!(output(&report), counted);
                let taps: i64 = axes.iter().map(|axis| axis.kernel).product();
                let macs = counted[0] * counted[1] * taps * 2 * 3;
                prop_assert_eq!(i64::try_from(report.totals.figures.macs).unwrap(), macs);
            }
            None => prop_assert!(counted.contains(&0)),
        }
    }

    #[test]
    fn pools_have_a_window_for_every_output(axes in [axis(), axis()], ceil: bool) {
        let counted = axes.map(|axis| axis.windows(ceil));
        match analyse(&window_file("max_pool", axes, &json!({ "ceil": ceil }))) {
            Some(report) => {
                prop_assert_eq!(output(&report), counted);
                prop_assert!(!axes.iter().any(|axis| axis.misses_the_map(ceil)));
            }
            None => {
                let is_refused = |axis: &Axis| axis.is_padded_too_much() || axis.misses_the_map(ceil);
                prop_assert!(counted.contains(&0) || axes.iter().any(is_refused));
            }
        }
    }

    #[test]
    fn same_padding_has_a_window_at_every_stride(axes in [axis(), axis()], padding in select(vec!["same", "same_lower"])) {
        let counted = axes.map(|axis| (0..axis.input).filter(|start| start % axis.stride == 0).count());
        let report = analyse(&window_file("conv", axes, &json!({"out": 3, "padding": padding}))).unwrap();
        prop_assert_eq!(output(&report), counted.map(|count| i64::try_from(count).unwrap()));
    }

    #[test]
    fn transposed_convolutions_reach_as_far_as_their_taps(axes in [axis(), axis()], output_padding in 0_i64..3) {
        let reached = axes.map(|axis| {
            let taps = (0..axis.input).flat_map(|i| (0..axis.kernel).map(move |tap| i * axis.stride + tap * axis.dilation));
            taps.max().unwrap() + 1 + output_padding - axis.before - axis.after
        });
        let further = json!({"out": 3, "output_padding": output_padding});
        match analyse(&window_file("conv_transpose", axes, &further)) {
            Some(report) => prop_assert_eq!(output(&report), reached),
            None => {
                let is_too_much = |axis: &Axis| output_padding >= axis.stride.max(axis.dilation);
                prop_assert!(reached.iter().any(|size| *size < 1) || axes.iter().any(is_too_much));
            }
        }
    }
}
