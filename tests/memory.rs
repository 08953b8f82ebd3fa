//! Memory: small networks counted by hand, and generated ones against an allocator that holds every buffer and counts its readers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cnnstat::analysis::{ConcatenationPolicy, DataType, Optimizer};
use cnnstat::front::yaml::Settings;
use cnnstat::report::{Layer, Report};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

// ---- by hand ----------------------------------------------------------------------------------------------------

/// A network, and in elements of 4 bytes what is alive at each of its layers.
struct Case {
    file: &'static str,
    in_place: &'static [u64],
    separate: &'static [u64],
    /// What training keeps: of the input in elements, and of each layer in bytes.
    kept_input: u64,
    kept: &'static [u64],
}

const CASES: &[(&str, Case)] = &[
    // The input ends at the first convolution; the second's output is the linear layer's operand by way of the flatten.
    (
        "a chain",
        Case {
            file: "{input: [2, 4, 4], layers: [conv: {out: 3, kernel: 3, padding: 1}, batch_norm, relu, conv: {out: 1, kernel: 1}, flatten, linear: 5]}",
            in_place: &[32 + 48, 48, 48, 48 + 16, 16, 16 + 5],
            separate: &[32 + 48, 48 + 48, 48 + 48, 48 + 16, 16, 16 + 5],
            kept_input: 32,
            kept: &[4 * 48, 4 * (3 + 3), 4 * 48, 4 * 16, 0, 0],
        },
    ),
    // A view that nobody takes is a step where every layer has storage of its own, and none in place.
    (
        "a view that nobody takes",
        Case {
            file: "{input: [1, 2, 2], layers: [relu: {name: a}, conv: {out: 2, kernel: 1}, conv: {name: c, out: 2, kernel: 1}, flatten: {from: a}], outputs: [c]}",
            in_place: &[4 + 4, 4 + 8, 8 + 8, 8],
            separate: &[4 + 4, 4 + 8, 4 + 8 + 8, 4 + 8],
            kept_input: 0,
            kept: &[4 * 4, 4 * 8, 0, 0],
        },
    ),
    // The skip is alive across the branch; the sum is written over the branch.
    (
        "a residual",
        Case {
            file: "{input: [1, 2, 2], layers: [conv: {out: 2, kernel: 1}, add: [[conv: {out: 2, kernel: 3, padding: 1}, relu], []], global_avg_pool]}",
            in_place: &[4 + 8, 8 + 8, 8 + 8, 8 + 8, 8 + 2],
            separate: &[4 + 8, 8 + 8, 8 + 8 + 8, 8 + 8 + 8, 8 + 2],
            kept_input: 4,
            kept: &[4 * 8, 0, 4 * 8, 0, 0],
        },
    ),
    // The first branch's result waits for the second, the start for all but the last.
    (
        "branches",
        Case {
            file: "{input: [1, 2, 2], layers: [conv: {out: 2, kernel: 1}, concat: [[conv: {out: 1, kernel: 1}, relu], [max_pool: {kernel: 2, stride: 1, padding: same}], [conv: {out: 3, kernel: 1}]], conv: {out: 1, kernel: 1}]}",
            in_place: &[4 + 8, 8 + 4, 8 + 4, 8 + 4 + 8, 8 + 4 + 8 + 12, 4 + 8 + 12, 24 + 4],
            separate: &[
                4 + 8,
                8 + 4,
                8 + 4 + 4,
                8 + 4 + 8,
                8 + 4 + 8 + 12,
                4 + 8 + 12 + 24,
                24 + 4,
            ],
            kept_input: 4,
            kept: &[4 * 8, 0, 4 * 4, 8 * 8, 0, 4 * 24, 0],
        },
    ),
    // Two operands, one tensor.
    (
        "x + x",
        Case {
            file: "{input: [4], layers: [linear: 4, add: [[], []], relu]}",
            in_place: &[4 + 4, 4, 4],
            separate: &[4 + 4, 4 + 4, 4 + 4],
            kept_input: 4,
            kept: &[0, 0, 4 * 4],
        },
    ),
    // A factor is kept where the other's gradient needs it, once though two operators do.
    (
        "products",
        Case {
            file: "{input: [4], layers: [linear: 4, mul: [[sigmoid], []], div: [[], [affine: {shift: 1}]]]}",
            in_place: &[4 + 4, 4 + 4, 4 + 4, 4 + 4, 4 + 4],
            separate: &[4 + 4, 4 + 4, 4 + 4 + 4, 4 + 4, 4 + 4 + 4],
            kept_input: 4,
            kept: &[4 * 4, 4 * 4, 4 * 4, 4 * 4, 0],
        },
    ),
    // An operand of other sizes than the result is not written over.
    (
        "a product with one value a channel",
        Case {
            file: "{input: [2, 2, 2], layers: [conv: {out: 2, kernel: 1}, mul: [[global_avg_pool, sigmoid], []], relu]}",
            in_place: &[8 + 8, 8 + 2, 8 + 2, 8 + 2, 8],
            separate: &[8 + 8, 8 + 2, 8 + 2 + 2, 8 + 2 + 8, 8 + 8],
            kept_input: 8,
            kept: &[4 * 8, 0, 4 * 2, 0, 4 * 8],
        },
    ),
    // The caller's input is not written over; running statistics are not trained, and without trained values there is no backward pass.
    (
        "nothing trained",
        Case {
            file: "{input: [4], layers: [relu, affine: {scale: 2}, batch_norm: {affine: false}]}",
            in_place: &[4 + 4, 4, 4],
            separate: &[4 + 4, 4 + 4, 4 + 4],
            kept_input: 0,
            kept: &[0, 0, 0],
        },
    ),
    // What is returned stays, and is not written over.
    (
        "two outputs",
        Case {
            file: "{input: [3], layers: [linear: {name: a, out: 2}, relu: {name: b}, linear: {name: c, out: 1}], outputs: [a, c]}",
            in_place: &[3 + 2, 2 + 2, 2 + 2 + 1],
            separate: &[3 + 2, 2 + 2, 2 + 2 + 1],
            kept_input: 3,
            kept: &[0, 4 * 2, 0],
        },
    ),
    // Another view of a tensor keeps it from being written over.
    (
        "views",
        Case {
            file: "{input: [3], layers: [linear: {name: a, out: 2}, identity: {name: v}, tanh: {name: t, from: a}, add: {from: [v, t]}, identity, softmax]}",
            in_place: &[3 + 2, 2, 2 + 2, 2 + 2, 2, 2],
            separate: &[3 + 2, 2, 2 + 2, 2 + 2 + 2, 2, 2 + 2],
            kept_input: 3,
            kept: &[0, 0, 4 * 2, 0, 0, 4 * 2],
        },
    ),
    // A result that nobody takes is gone after its step.
    (
        "an unused side",
        Case {
            file: "{input: [3], layers: [linear: {name: a, out: 2}, side: {name: s, layers: [linear: 7]}, linear: 1]}",
            in_place: &[3 + 2, 2 + 7, 2 + 1],
            separate: &[3 + 2, 2 + 7, 2 + 1],
            kept_input: 3,
            kept: &[4 * 2, 0, 0],
        },
    ),
    // At inference a view; in training a tensor of its own with a byte an element, or a byte a sample.
    (
        "dropout",
        Case {
            file: "{input: [6], layers: [linear: 4, dropout: 0.5, linear: 2, drop_path: 0.1, linear: 3, dropout: 0, linear: 1]}",
            in_place: &[6 + 4, 4, 4 + 2, 2, 2 + 3, 3, 3 + 1],
            separate: &[6 + 4, 4, 4 + 2, 2, 2 + 3, 3, 3 + 1],
            kept_input: 6,
            kept: &[0, 4 * 4 + 4, 0, 4 * 2 + 1, 4 * 3, 0, 0],
        },
    ),
    // A group of 8 elements in each sample; the denominators of 8 elements.
    (
        "normalizations",
        Case {
            file: "{input: [2, 2, 2], layers: [conv: {out: 2, kernel: 1}, layer_norm, lrn, conv: {out: 1, kernel: 1}, global_max_pool]}",
            in_place: &[8 + 8, 8, 8 + 8, 8 + 4, 4 + 1],
            separate: &[8 + 8, 8 + 8, 8 + 8, 8 + 4, 4 + 1],
            kept_input: 8,
            kept: &[4 * 8, 4 * 8 + 4 * 2, 4 * 8 + 4 * 8, 0, 8],
        },
    ),
    (
        "activations that keep their operand",
        Case {
            file: "{input: [4], layers: [linear: 4, gelu, prelu: {per_channel: false}, log_softmax]}",
            in_place: &[4 + 4, 4, 4, 4],
            separate: &[4 + 4, 4 + 4, 4 + 4, 4 + 4],
            kept_input: 4,
            kept: &[4 * 4, 4 * 4, 0, 4 * 4],
        },
    ),
];

#[test]
fn small_networks_are_counted_by_hand() {
    for (name, case) in CASES {
        for batch in [1, 3] {
            let report = report(case.file, batch);
            let bytes = |elements: &[u64]| -> Vec<u64> {
                elements.iter().map(|elements| 4 * batch * elements).collect()
            };
            let memory = &report.memory;
            assert_eq!(memory.in_place.alive_bytes, bytes(case.in_place), "{name}, in place");
            assert_eq!(memory.separate.alive_bytes, bytes(case.separate), "{name}, separate");
            for schedule in [&memory.in_place, &memory.separate] {
                let largest = schedule.alive_bytes.iter().max().unwrap();
                assert_eq!(schedule.peak_bytes, *largest, "{name}");
                let first = schedule.alive_bytes.iter().position(|bytes| bytes == largest);
                assert_eq!(Some(schedule.peak_layer), first, "{name}");
            }
            if batch == 1 {
                let kept: Vec<u64> = report.layers.iter().map(|layer| layer.kept_bytes).collect();
                assert_eq!(kept, case.kept, "{name}");
                let all = 4 * case.kept_input + case.kept.iter().sum::<u64>();
                assert_eq!(report.totals.training_bytes, Some(all), "{name}");
            }
            assert_eq!(memory.training.kept_input_bytes, 4 * batch * case.kept_input, "{name}");
            let peak = memory.in_place.peak_bytes;
            assert_eq!(report.totals.peak_activation_bytes, Some(peak), "{name}");
        }
    }
}

fn report(file: &str, batch: u64) -> Report {
    let description =
        common::read(file).unwrap_or_else(|error| panic!("{}", common::plain(&error)));
    common::analyse(&description, &Settings { batch, ..Settings::default() }).1
}

/// What does not depend on the graph: 3·3·2·4 + 4 values of a convolution, a scale and a shift of 4 channels, and as many statistics.
#[test]
fn weights_gradients_and_optimizers_are_by_value() {
    for batch in [1, 7] {
        let file = "{input: [2, 5, 5], layers: [conv: {out: 4, kernel: 3}, batch_norm]}";
        let memory = report(file, batch).memory;
        let (trained, buffers) = (3 * 3 * 2 * 4 + 4 + 8, 8);
        let types = [4, 2, 2, 1].map(|bytes| bytes * (trained + buffers));
        assert_eq!(DataType::ALL.map(|data_type| memory.weights.as_type(data_type)), types);
        assert_eq!(memory.gradients.gradient_bytes, 4 * trained);
        let state = Optimizer::ALL.map(|optimizer| memory.gradients.optimizer_bytes.of(optimizer));
        assert_eq!(state, [0, 4 * trained, 8 * trained]);
        assert_eq!(memory.input_bytes, 4 * batch * 50);
        assert_eq!(memory.activation_bytes, 4 * batch * (36 + 36));
        assert_eq!(memory.concatenation, None);
    }
}

/// Sums beyond 64 bits are errors of the layer with which they are, whatever follows it.
#[test]
fn what_exceeds_64_bits_is_an_error() {
    let pool = |name: &str| format!("max_pool: {{kernel: 1, name: {name}}}");
    let pools = ["a", "b", "c", "d"].map(pool).join(", ");
    for (input, layers, at_fault) in [
        // All outputs have 5·2^61 bytes, which fit. Kept are 2^61 of the input and the positions of the maxima, 2^62 each.
        (
            "1, 1073741824, 536870912",
            format!("conv: {{out: 1, kernel: 1}}, {pools}, global_avg_pool"),
            "d",
        ),
        // Alive are 2^63 bytes of the input and as many of the result.
        ("1, 2147483648, 1073741824", "relu: {name: a}, global_avg_pool".to_owned(), "a"),
        // 2^61 values have 2^63 bytes, the two that Adam remembers of each 2^64.
        (
            "2147483648",
            "linear: {out: 1073741824, bias: false, name: b}, linear: {out: 1, name: c}".to_owned(),
            "b",
        ),
    ] {
        let text = format!(
            "{{input: [{input}], layers: [{layers}, slice: {{axis: 1, start: 0, stop: 1, name: last}}]}}"
        );
        let description = common::read(&text).unwrap();
        let elaborated = description.elaborate(&Settings::default()).unwrap();
        let metadata = description.metadata(&elaborated);
        let error = Report::new(&elaborated.network, metadata).unwrap_err();
        let said =
            format!("`{at_fault}`: with this layer, the figures of the network exceed 64 bits");
        assert_eq!(error.to_string(), said);
        let (_, node) =
            elaborated.network.nodes().find(|(_, node)| node.name() == at_fault).unwrap();
        assert_eq!(error.place, node.place);
    }
}

// ---- dense blocks -----------------------------------------------------------------------------------------------

/// A convolution to `first` channels, a dense block of `layers` layers that add `growth` each, and a transition, on maps of `side`².
fn dense(layers: u64, growth: u64, first: u64, side: u64, batch: u64) -> Report {
    let file = format!(
        "{{input: [1, {side}, {side}], layers: [
            conv: {{out: {first}, kernel: 1}},
            repeat: {{times: {layers}, layers: [concat: [[], [batch_norm, relu, conv: {{out: {growth}, kernel: 3, padding: 1}}]]]}},
            batch_norm, relu, conv: {{out: 1, kernel: 1}}]}}"
    );
    report(&file, batch)
}

/// Peak, kept and of these concatenations, by policy.
fn policies(report: &Report) -> [[u64; 3]; 4] {
    let policies = report.memory.concatenation.as_ref().unwrap();
    ConcatenationPolicy::ALL.map(|policy| {
        let memory = policies.iter().find(|memory| memory.policy == policy).unwrap();
        [memory.peak_activation_bytes, memory.training_bytes, memory.kept_concat_bytes]
    })
}

/// Two layers of growth 1 over 2 channels on maps of 2×2: tensors of 8, 12 and 16 elements, 4 of each layer, and an input of 4.
#[test]
fn a_dense_block_is_counted_by_hand() {
    let report = dense(2, 1, 2, 2, 1);
    let bytes = |elements: &[u64]| elements.iter().map(|count| 4 * count).collect::<Vec<u64>>();
    let in_place = [12, 16, 16, 20, 8 + 4, 24, 24, 12 + 12 + 4, 12 + 4, 16, 16, 16 + 4];
    assert_eq!(report.memory.in_place.alive_bytes, bytes(&in_place));
    let kept = [8, 4, 8, 0, 12, 6, 12, 0, 16, 8, 16, 0];
    let layers: Vec<u64> = report.layers.iter().map(|layer| layer.kept_bytes).collect();
    assert_eq!(layers, bytes(&kept));
    let all = 4 + kept.iter().sum::<u64>();
    let counted = [
        [12 + 4 + 16, all, 12 + 16],
        // The buffer of 16, the sources, and the batch norm of the second concatenation; kept are both layers' outputs and the buffer.
        [16 + (8 + 4 + 4) + 16, all - (12 + 16) + (4 + 4) + 16, 16],
        // The second layer's convolution; the second concatenation holds the first, and that the block's input.
        [12 + 12 + 4, all - 12 - 8, 16],
        // Kept are the input, the block's, and both layers' outputs, with the statistics of the first; the last layer is made again.
        [12 + 4 + 16, 4 + 8 + 4 + 8 + 4 + 4 + (16 + 8 + 16), 16 + 8 + 16],
    ];
    assert_eq!(policies(&report), counted.map(|policy| policy.map(|elements| 4 * elements)));
}

/// ReLUs of 1, 1 and 2 channels on 2×2 maps, of which the first two are joined first. No operator needs that inner concatenation, but the
/// three lie in the outer one.
#[test]
fn concatenations_in_place_lie_in_one_another() {
    let report = report(
        "{input: [1, 2, 2], layers: [concat: [
            [concat: [[conv: {out: 1, kernel: 1}, relu], [conv: {out: 1, kernel: 1}, relu]]],
            [conv: {out: 2, kernel: 1}, relu]], conv: {out: 1, kernel: 1}]}",
        1,
    );
    let counted = [
        // Both sources and the outer concatenation; the input, three ReLUs and the outer concatenation.
        [8 + 8 + 16, 4 + (4 + 4 + 8) + 16, 16],
        // A buffer of 16, and the ReLUs until it was taken.
        [16 + (4 + 4 + 8) + 4, 4 + (4 + 4 + 8) + 16, 16],
        // Where the outer concatenation is taken.
        [16 + 4, 4 + 16, 16],
        // The outer concatenation is made again by itself.
        [8 + 8 + 16, 4 + (4 + 4 + 8) + 16, 16],
    ];
    assert_eq!(policies(&report), counted.map(|policy| policy.map(|elements| 4 * elements)));
}

proptest! {
    #![proptest_config(config(64))]

    /// n layers of growth k over c channels: concatenations of c + k, c + 2k, …, c + nk channels.
    #[test]
    fn concatenations_of_a_dense_block_follow_the_law(
        layers in 1_u64..30, growth in 1_u64..6, first in 1_u64..9, side in 1_u64..5, batch in 1_u64..4,
    ) {
        let report = dense(layers, growth, first, side, batch);
        let map = 4 * side * side * batch;
        let last = first + layers * growth;
        let law = layers * first + growth * layers * (layers + 1) / 2;
        let [copied, shared, in_place, recomputed] = policies(&report);
        prop_assert_eq!(copied[2], law * map);
        prop_assert_eq!(copied[1], report.totals.training_bytes.unwrap());
        prop_assert_eq!(report.totals.figures.concat_bytes, law * map);
        // One buffer, the last concatenation; each map once, in the last.
        prop_assert_eq!([shared[2], in_place[2]], [last * map; 2]);
        // The sources are the block's input, which batch norm keeps in any case, and what the layers add.
        prop_assert_eq!(shared[1], copied[1] - law * map + layers * growth * map + last * map);
        prop_assert_eq!(in_place[1], copied[1] - law * map + last * map - first * map);
        // Input, block's input and first layer's as ever; the sources; the last layer made again: concatenation, statistics, ReLU.
        let first_layer = side * side * batch * 4 + (first + first) * map + 8 * first;
        prop_assert_eq!(recomputed[2], 2 * last * map + 8 * last);
        prop_assert_eq!(recomputed[1], first_layer + layers * growth * map + recomputed[2]);
        prop_assert!(in_place[0] <= copied[0] && in_place[1] <= copied[1]);
    }
}

fn config(cases: u32) -> ProptestConfig {
    let persistence = FileFailurePersistence::Off;
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::default()
    }
}

// ---- an allocator -----------------------------------------------------------------------------------------------

/// What is done with a step of a generated network.
#[derive(Debug, Clone)]
struct Draw {
    operator: usize,
    operands: [usize; 3],
}

const OPERATORS: &[&str] = &[
    "conv",
    "relu",
    "gelu",
    "batch_norm",
    "max_pool",
    "dropout",
    "identity",
    "reshape",
    "add",
    "mul",
    "mean",
    "concat",
    "concat",
    "softmax",
    "lrn",
    "affine",
    "pool",
];

/// Steps over tensors made before, each of 4×4 maps; and which of the tensors are returned.
fn network() -> impl Strategy<Value = (Vec<Draw>, Vec<usize>)> {
    let draw = (0..OPERATORS.len(), any::<[usize; 3]>())
        .prop_map(|(operator, operands)| Draw { operator, operands });
    (prop::collection::vec(draw, 1..30), prop::collection::vec(0..30_usize, 0..3))
}

/// Recent tensors are drawn more often than early ones, so that some end.
fn drawn(draw: usize, count: usize) -> usize {
    let back = if draw.is_multiple_of(4) { draw / 4 % count } else { draw / 4 % count.min(3) };
    count - 1 - back
}

fn file(draws: &[Draw], returned: &[usize]) -> String {
    let mut channels = vec![2];
    let mut steps = Vec::new();
    let name = |at: usize| if at == 0 { "input".to_owned() } else { format!("t{at}") };
    for draw in draws {
        let operands = draw.operands.map(|operand| drawn(operand, channels.len()));
        let [first, others @ ..] = operands;
        let alike: Vec<String> = std::iter::once(first)
            .chain(others.into_iter().filter(|&other| channels[other] == channels[first]))
            .map(name)
            .collect();
        let (from, to) = (name(first), format!("t{}", channels.len()));
        let many = channels[first] > 16;
        let operator = if many { "conv" } else { OPERATORS[draw.operator] };
        let mut out = channels[first];
        let single =
            |arguments: &str| format!("{operator}: {{name: {to}, from: {from}{arguments}}}");
        steps.push(match operator {
            "conv" => {
                out = 2;
                single(", out: 2, kernel: 3, padding: 1")
            }
            "max_pool" => single(", kernel: 3, stride: 1, padding: same"),
            "dropout" => single(", rate: 0.5"),
            "reshape" => single(&format!(", sizes: [{out}, 4, 4]")),
            "affine" => single(", scale: 2"),
            "pool" => format!(
                "avg_pool: {{name: {to}, from: {from}, kernel: 3, stride: 1, padding: same}}"
            ),
            "add" | "mul" | "mean" => {
                format!("{operator}: {{name: {to}, from: [{}]}}", alike.join(", "))
            }
            "concat" => {
                out = operands.iter().map(|&operand| channels[operand]).sum();
                format!("concat: {{name: {to}, from: [{}]}}", operands.map(name).join(", "))
            }
            _ => single(""),
        });
        channels.push(out);
    }
    let mut outputs: BTreeSet<usize> = returned.iter().map(|&at| 1 + at % draws.len()).collect();
    outputs.insert(draws.len());
    let outputs: Vec<String> = outputs.into_iter().map(name).collect();
    format!(
        "{{input: [2, 4, 4], layers: [{}], outputs: [{}]}}",
        steps.join(", "),
        outputs.join(", ")
    )
}

fn is_view(layer: &Layer, training: bool) -> bool {
    matches!(layer.op.as_str(), "identity" | "reshape") || (layer.op == "dropout" && !training)
}

/// For every name the name of the tensor that it is, following views.
fn tensors(report: &Report, training: bool) -> HashMap<&str, &str> {
    let mut tensors = HashMap::from([("input", "input")]);
    for layer in &report.layers {
        let own = layer.name.as_str();
        let tensor = if is_view(layer, training) { tensors[layer.inputs[0].as_str()] } else { own };
        tensors.insert(own, tensor);
    }
    tensors
}

/// How the allocator stores concatenations.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Concatenations {
    Copied,
    InPlace,
    Shared,
}

/// A machine that runs the layers one by one with every buffer at hand.
struct Allocator<'report> {
    report: &'report Report,
    in_place: bool,
    concatenations: Concatenations,
    tensors: HashMap<&'report str, &'report str>,
    layers: HashMap<&'report str, &'report Layer>,
}

impl<'report> Allocator<'report> {
    fn new(report: &'report Report, in_place: bool, concatenations: Concatenations) -> Self {
        let layers = report.layers.iter().map(|layer| (layer.name.as_str(), layer)).collect();
        Self { report, in_place, concatenations, tensors: tensors(report, false), layers }
    }

    fn is_concat(&self, tensor: &str) -> bool {
        self.layers.get(tensor).is_some_and(|layer| layer.op == "concat")
    }

    /// The buffers that are read where a tensor is: its own, or those of what it is made of.
    fn read(&self, name: &str) -> Vec<&'report str> {
        let tensor = self.tensors[name];
        if self.concatenations == Concatenations::Shared && self.is_concat(tensor) {
            return self.layers[tensor].inputs.iter().flat_map(|input| self.read(input)).collect();
        }
        vec![tensor]
    }

    /// The bytes of the distinct concatenations among these.
    fn concatenated<'a>(&self, names: impl Iterator<Item = &'a String>) -> u64 {
        let tensors: BTreeSet<&str> = names.map(|name| self.tensors[name.as_str()]).collect();
        let tensors = tensors.into_iter().filter(|tensor| self.is_concat(tensor));
        tensors.map(|tensor| bytes(&self.layers[tensor].output_shape)).sum()
    }

    fn shared_buffer(&self) -> u64 {
        let taken = self.report.layers.iter().map(|layer| match layer.op.as_str() {
            "concat" => bytes(&layer.output_shape),
            _ => self.concatenated(layer.inputs.iter()),
        });
        let returned = self.concatenated(self.report.outputs.iter().map(|output| &output.name));
        taken.chain([returned]).max().unwrap()
    }

    /// The buffers that a layer reads: none where it is a view, which in place is no step.
    fn read_by(&self, layer: &'report Layer) -> Vec<&'report str> {
        if self.in_place && is_view(layer, false) {
            return Vec::new();
        }
        layer.inputs.iter().flat_map(|input| self.read(input)).collect()
    }

    /// The bytes of all buffers at each step: buffers are made, taken over, and dropped after their last reader.
    fn run(&self) -> Vec<u64> {
        let mut readers: HashMap<&str, usize> = HashMap::new();
        for tensor in self.report.layers.iter().flat_map(|layer| self.read_by(layer)) {
            *readers.entry(tensor).or_default() += 1;
        }
        let outputs = self.report.outputs.iter();
        let returned: BTreeSet<&str> = outputs.flat_map(|output| self.read(&output.name)).collect();
        let mut buffers: BTreeMap<&str, u64> = BTreeMap::new();
        if readers.contains_key("input") || returned.contains("input") {
            buffers.insert("input", bytes(&self.report.input));
        }
        let shared = self.concatenations == Concatenations::Shared;
        if shared {
            buffers.insert("the shared buffer", self.shared_buffer());
        }
        let mut alive = Vec::new();
        for layer in &self.report.layers {
            let read = self.read_by(layer);
            for tensor in &read {
                *readers.get_mut(tensor).unwrap() -= 1;
            }
            let is_read = |tensor: &str| readers.get(tensor).is_some_and(|&left| left > 0);
            let is_free =
                |tensor: &str| tensor != "input" && !is_read(tensor) && !returned.contains(tensor);
            let own = bytes(&layer.output_shape);
            if !(is_view(layer, false) || (shared && layer.op == "concat")) {
                let operands = layer.inputs.iter().map(|input| self.tensors[input.as_str()]);
                let free = operands.filter(|&o| !(shared && self.is_concat(o)) && is_free(o));
                if self.in_place && ELEMENTWISE.contains(&layer.op.as_str()) {
                    if let Some(over) = free.clone().find(|operand| buffers[operand] == own) {
                        buffers.remove(over);
                    }
                } else if self.concatenations == Concatenations::InPlace && layer.op == "concat" {
                    for operand in free {
                        buffers.remove(operand);
                    }
                }
                buffers.insert(&layer.name, own);
            }
            alive.push(buffers.values().sum());
            let made = self.tensors[layer.name.as_str()];
            for tensor in read.into_iter().chain([made]) {
                if !is_read(tensor) && !returned.contains(tensor) {
                    buffers.remove(tensor);
                }
            }
        }
        alive
    }
}

const ELEMENTWISE: &[&str] =
    &["relu", "gelu", "batch_norm", "add", "mul", "mean", "softmax", "affine"];

fn bytes(shape: &[u64]) -> u64 {
    4 * shape.iter().product::<u64>()
}

/// The tensors kept, by rules written once more, and the bytes beside.
fn kept(report: &Report) -> (BTreeMap<&str, u64>, u64) {
    let tensors = tensors(report, true);
    let (mut kept, mut further) = (BTreeMap::new(), 0);
    let mut is_trained: BTreeSet<&str> = BTreeSet::new();
    let sizes: HashMap<&str, u64> = report
        .layers
        .iter()
        .map(|layer| (layer.name.as_str(), bytes(&layer.output_shape)))
        .chain([("input", bytes(&report.input))])
        .collect();
    for layer in &report.layers {
        let leads_back = layer.inputs.iter().any(|input| is_trained.contains(input.as_str()));
        if layer.figures.params == 0 && !leads_back {
            continue;
        }
        is_trained.insert(&layer.name);
        let elements: u64 = layer.output_shape.iter().product();
        let (operands, output, beside) = match layer.op.as_str() {
            "conv" | "gelu" | "mul" => (true, false, 0),
            "relu" | "softmax" => (false, true, 0),
            "batch_norm" => (true, false, 2 * 4 * layer.output_shape[1]),
            "lrn" => (true, true, 4 * elements),
            "max_pool" => (false, false, 8 * elements),
            "dropout" => (false, false, elements),
            _ => (false, false, 0),
        };
        let inputs = layer.inputs.iter().filter(|_| operands);
        for name in inputs.chain(Some(&layer.name).filter(|_| output)) {
            let tensor = tensors[name.as_str()];
            kept.insert(tensor, sizes[tensor]);
        }
        further += beside;
    }
    (kept, further)
}

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn an_allocator_takes_the_same_memory((draws, returned) in network(), batch in 2_u64..5) {
        let text = file(&draws, &returned);
        let one = report(&text, 1);
        let memory = &one.memory;
        let run = |in_place, concatenations| Allocator::new(&one, in_place, concatenations).run();
        let peak = |concatenations| run(true, concatenations).into_iter().max().unwrap();
        prop_assert_eq!(&memory.in_place.alive_bytes, &run(true, Concatenations::InPlace), "in place: {}", text);
        prop_assert_eq!(&memory.separate.alive_bytes, &run(false, Concatenations::Copied), "separate: {}", text);
        prop_assert!(memory.in_place.peak_bytes <= memory.separate.peak_bytes);

        let (tensors, further) = kept(&one);
        let training = &memory.training;
        prop_assert_eq!(training.training_bytes, tensors.values().sum::<u64>() + further, "{}", text);
        prop_assert_eq!(training.kept_input_bytes, tensors.get("input").copied().unwrap_or(0));
        prop_assert_eq!(training.kept_further_bytes, further);
        let layers: u64 = one.layers.iter().map(|layer| layer.kept_bytes).sum();
        prop_assert_eq!(layers + training.kept_input_bytes, training.training_bytes);

        if memory.concatenation.is_some() {
            let [copied, shared, in_place, recomputed] = policies(&one);
            prop_assert_eq!(copied[0], peak(Concatenations::Copied));
            prop_assert_eq!(copied[1], training.training_bytes);
            prop_assert_eq!(in_place[0], memory.in_place.peak_bytes);
            prop_assert_eq!(shared[0], peak(Concatenations::Shared), "{}", text);
            prop_assert!(in_place[0] <= copied[0] && in_place[1] <= copied[1]);
            prop_assert_eq!(recomputed[0], copied[0]);
            // The sources of a concatenation are no more than it is; one buffer or one layer is made again.
            prop_assert!(shared[1] - shared[2] <= copied[1] && recomputed[1] - recomputed[2] <= copied[1], "{}", text);
        }

        let many = report(&text, batch);
        let times = |bytes: &[u64]| bytes.iter().map(|bytes| batch * bytes).collect::<Vec<u64>>();
        prop_assert_eq!(&many.memory.in_place.alive_bytes, &times(&memory.in_place.alive_bytes));
        prop_assert_eq!(&many.memory.separate.alive_bytes, &times(&memory.separate.alive_bytes));
        prop_assert_eq!(&many.memory.weights, &memory.weights);
        prop_assert_eq!(&many.memory.gradients, &memory.gradients);
        let tensors = training.kept_output_bytes + training.kept_input_bytes;
        let of_many = &many.memory.training;
        prop_assert_eq!(of_many.kept_output_bytes + of_many.kept_input_bytes, batch * tensors);
    }
}
