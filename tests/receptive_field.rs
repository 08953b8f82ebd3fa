//! Receptive fields: published ones, ones derived by hand, and ones found by brute force.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;
#[path = "common/judge.rs"]
mod judge;
mod support;

use cnnstat::analysis::{AxisField, AxisWindow, ReceptiveField, receptive_field};
use cnnstat::figure::Figure;
use cnnstat::network::{Builder, Network, Output, Place, Tensor};
use cnnstat::ops::{
    Activation, AdaptiveAvgPool, Add, AvgPool, Concat, Conv, ConvTranspose, Function, LayerNorm,
    MaxPool, Mean, Mul, Op, Pad, PadMode, Padding, Slice, Sub, Transpose, Upsample, UpsampleMode,
    UpsampleSize, Window,
};
use cnnstat::report::{FieldExtent, Layer, Report};
use judge::Judge;
use num_rational::Ratio;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

// ---- published --------------------------------------------------------------------------------------------------

fn summary(network: &str) -> Value {
    support::Desk::new().json(&format!("summary {network} --format json"))
}

/// The layer that stands for an endpoint: the one of its name, or the last in the block of its name.
fn endpoint<'report>(report: &'report Value, name: &str) -> &'report Value {
    let layers = report["layers"].as_array().unwrap();
    let is_it = |layer: &&Value| {
        let rest = layer["name"].as_str().unwrap().strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    layers.iter().rfind(is_it).unwrap_or_else(|| panic!("no `{name}`"))
}

/// google-research/receptive_field, all rows of the table.
#[test]
fn networks_of_tensorflow_slim() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/receptive_fields.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let networks = [
        ("alexnet_v2", summary("alexnet-v2-slim")),
        ("vgg_16", summary("vgg16-slim")),
        ("resnet_v1_50", summary("resnet50-slim")),
    ];
    let mut rows = 0;
    for row in reader.records().map(Result::unwrap) {
        let (_, report) = networks.iter().find(|(name, _)| *name == &row[0]).unwrap();
        let name = row[1].split_once('/').unwrap().1;
        // Slim's blocks are stages of blocks here.
        let name = name.replace("block", "stage");
        let field = &endpoint(report, &name)["receptive_field"];
        let [size, stride] = [2, 3].map(|column: usize| row[column].parse::<u64>().unwrap());
        assert_eq!(field["size"], json!([size, size]), "{}", &row[1]);
        assert_eq!(field["stride"], json!([stride, stride]), "{}", &row[1]);
        if let Ok(padding) = row[4].parse::<u64>() {
            assert_eq!(field["padding"], Value::from(vec![vec![padding; 2]; 2]), "{}", &row[1]);
        }
        rows += 1;
    }
    assert_eq!(rows, 24);
    // README of google-research/receptive_field: 483 pixels, stride 32, padding 239, which is that at the top.
    let (_, resnet) = &networks[2];
    assert_eq!(resnet["receptive_field"]["padding"][0][0], 239);
    assert_eq!(resnet["receptive_field"]["layer"], "stage4/block3/relu1");
}

// ---- by hand ----------------------------------------------------------------------------------------------------

fn layer<'report>(report: &'report Report, name: &str) -> &'report Layer {
    report.layers.iter().find(|layer| layer.name == name).unwrap_or_else(|| panic!("no `{name}`"))
}

/// Extent, stride and padding of a layer's field as text: `15x15 / 1x1 / [[7, 7], [7, 7]]`.
fn field(report: &Report, name: &str) -> String {
    let layer = layer(report, name);
    match &layer.receptive_field {
        Some(field) => {
            let ([height, width], [rows, columns]) = (field.field.size, field.field.stride);
            format!("{height}x{width} / {rows}x{columns} / {:?}", field.field.padding)
        }
        None => format!("{:?}", layer.receptive_field_extent),
    }
}

fn network(input: &str, layers: &[&str]) -> Report {
    let layers: String = layers.iter().map(|layer| format!("  - {layer}\n")).collect();
    common::report(&format!("input: {input}\nlayers:\n{layers}"))
}

/// Fields of the last layers of small networks.
#[test]
fn by_hand() {
    for (input, layers, expected, source) in [
        // Yu & Koltun 2016, arXiv:1511.07122, section 2: F1, F2, F3 see 3x3, 7x7, 15x15.
        (
            "[1, 32, 32]",
            vec![
                "conv: {out: 1, kernel: 3, padding: 1}",
                "conv: {out: 1, kernel: 3, padding: 2, dilation: 2}",
                "conv: {out: 1, kernel: 3, padding: 4, dilation: 4}",
            ],
            "15x15 / 1x1 / [[7, 7], [7, 7]]",
            "Yu & Koltun",
        ),
        // Simonyan & Zisserman 2014, section 2.3: three 3x3 see as much as one 7x7.
        (
            "[1, 32, 32]",
            vec!["repeat: {times: 3, layers: [conv: {out: 1, kernel: 3}]}"],
            "7x7 / 1x1 / [[0, 0], [0, 0]]",
            "VGG",
        ),
        // Every output of a 4x4 kernel at stride 2 sees two pixels; two such layers, two or three.
        (
            "[1, 4, 4]",
            vec![
                "repeat: {times: 2, layers: [conv_transpose: {out: 1, kernel: 4, stride: 2, padding: 1}]}",
            ],
            "3x3 / 0.25x0.25 / [[1, 1], [1, 1]]",
            "a generator as DCGAN's",
        ),
        // As before 3 units of the first map, and each of these sees 4 pixels of what would be around the only one.
        (
            "[8, 1, 1]",
            vec![
                "conv_transpose: {out: 1, kernel: 4}",
                "repeat: {times: 4, layers: [conv_transpose: {out: 1, kernel: 4, stride: 2, padding: 1}]}",
            ],
            "6x6 / 0.0625x0.0625 / [[4, 4], [4, 4]]",
            "DCGAN, arXiv:1511.06434, Figure 1",
        ),
        ("[1, 8, 8]", vec!["global_avg_pool"], "Global", "every pixel"),
        ("[1, 8, 8]", vec!["adaptive_avg_pool: 1"], "Global", "every pixel"),
        ("[1, 8, 8]", vec!["flatten", "linear: 3"], "Global", "every pixel"),
        ("[1, 8, 8]", vec!["adaptive_avg_pool: 4"], "2x2 / 2x2 / [[0, 0], [0, 0]]", "windows"),
        (
            "[1, 7, 9]",
            vec!["adaptive_avg_pool: 3"],
            "3x3 / 7/3x3 / [[0, 0], [0, 0]]",
            "2 to 3 of 7 rows",
        ),
        (
            "[1, 8, 8]",
            vec!["max_pool: 8", "flatten", "linear: 3"],
            "8x8 / 8x8 / [[0, 0], [0, 0]]",
            "a map of one pixel",
        ),
        (
            "[1, 8, 8]",
            vec!["max_pool: 2", "flatten"],
            "2x2 / 2x2 / [[0, 0], [0, 0]]",
            "still one window each",
        ),
        (
            "[1, 8, 8]",
            vec!["max_pool: 2", "reshape: [16, 1, 1]"],
            "2x2 / 2x2 / [[0, 0], [0, 0]]",
            "still one window each",
        ),
        ("[1, 8, 8]", vec!["max_pool: 2", "reshape: [2, 2, 4]"], "Unknown", "rows in two axes"),
        // A window along the width, everything along the height.
        (
            "[1, 6, 8]",
            vec!["conv: {out: 1, kernel: 3}", "softmax: 2"],
            "6x3 / 0x1 / [[0, 0], [0, 0]]",
            "one axis",
        ),
        ("[1, 8, 8]", vec!["softmax: 1"], "1x1 / 1x1 / [[0, 0], [0, 0]]", "over channels"),
        // Tokens: a patch each, then all of them.
        (
            "[1, 8, 8]",
            vec![
                "conv: {out: 4, kernel: 2, stride: 2}",
                "reshape: [4, 16]",
                "transpose: [0, 2, 1]",
                "linear: 3",
                "layer_norm: {axis: 2}",
            ],
            "2x2 / 2x2 / [[0, 0], [0, 0]]",
            "patches as tokens",
        ),
        (
            "[1, 8, 8]",
            vec![
                "conv: {out: 4, kernel: 2, stride: 2}",
                "reshape: [4, 16]",
                "transpose: [0, 2, 1]",
                "matmul: [[matmul: [[], [transpose: [0, 2, 1]]], softmax: 2], []]",
            ],
            "Global",
            "attention",
        ),
        // arXiv:2201.03545, Figure 4: the linear layers see channels alone.
        (
            "[4, 16, 16]",
            vec![
                "add: [[depthwise_conv: {kernel: 7, padding: 3}, transpose: [0, 2, 3, 1], layer_norm: {axis: 3}, gelu, transpose: [0, 3, 1, 2]], []]",
                "conv: {out: 4, kernel: 2, stride: 2}",
            ],
            "8x8 / 2x2 / [[3, 3], [3, 3]]",
            "ConvNeXt",
        ),
        // A convolution over what was transposed to channels.
        (
            "[4, 6, 8]",
            vec!["transpose: [0, 3, 2, 1]", "conv: {out: 2, kernel: 1}"],
            "1x8 / 1x0 / [[0, 0], [0, 0]]",
            "columns as channels",
        ),
        // All channels of the convolution depend on the one column that there was.
        (
            "[3, 4, 1]",
            vec!["transpose: [0, 3, 1, 2]", "conv: {out: 4, kernel: 1}", "slice: {start: 2}"],
            "1x1 / 1x1 / [[0, 0], [0, 0]]",
            "a column that becomes channels",
        ),
        // Of what was put beside a global map, what is cut out may be the other.
        (
            "[2, 6, 6]",
            vec!["concat: [[], [global_avg_pool, upsample: {output_size: 6}]]", "slice: {stop: 2}"],
            "Unknown",
            "the channels that are not global",
        ),
        (
            "[2, 6, 6]",
            vec![
                "concat: [[], [global_avg_pool, upsample: {output_size: 6}]]",
                "slice: {start: 2}",
            ],
            "Global",
            "the channels that are",
        ),
        (
            "[2, 6, 6]",
            vec![
                "concat: [[], [global_avg_pool, upsample: {output_size: 6}]]",
                "conv: {out: 3, kernel: 3, padding: 1}",
                "slice: {start: 1, stop: 2}",
            ],
            "Global",
            "all channels again",
        ),
        (
            "[2, 6, 6]",
            vec!["global_avg_pool", "pad: 2", "slice: {axis: 2, stop: 2}"],
            "Unknown",
            "padding around a global pixel",
        ),
        (
            "[2, 6, 6]",
            vec!["global_avg_pool", "pad: 2", "max_pool: 2", "transpose: [0, 1, 3, 2]"],
            "Global",
            "windows that see the global pixel",
        ),
        (
            "[2, 6, 6]",
            vec![
                "global_avg_pool",
                "conv_transpose: {out: 1, kernel: 1, stride: 3, output_padding: 2}",
                "slice: {axis: 2, start: 1, stop: 2}",
            ],
            "Unknown",
            "between the taps",
        ),
        // Hu et al. 2017, arXiv:1709.01507, Figure 2: what is scaled by a global pool sees everything.
        (
            "[4, 8, 8]",
            vec![
                "conv: {out: 4, kernel: 3}",
                "mul: [[], [global_avg_pool, conv: {out: 4, kernel: 1}, sigmoid]]",
            ],
            "Global",
            "squeeze-and-excitation",
        ),
        (
            "[4, 8, 8]",
            vec!["concat: {axis: 2, branches: [[], []]}"],
            "Unknown",
            "maps below each other",
        ),
        (
            "[4, 8, 8]",
            vec!["concat: {axis: 2, branches: [[], []]}", "global_max_pool"],
            "Global",
            "all of these",
        ),
        (
            "[4, 8, 8]",
            vec!["slice: {axis: 2, start: 1, stop: 7, step: 2}"],
            "1x1 / 2x1 / [[-1, -1], [0, 0]]",
            "a crop",
        ),
        // 7 rows: the last is left over and looked past. 8 columns: nothing is.
        ("[1, 7, 8]", vec!["max_pool: 2"], "2x2 / 2x2 / [[0, 0], [0, 0]]", "a row left over"),
        (
            "[1, 7, 8]",
            vec!["max_pool: {kernel: 2, ceil: true}"],
            "2x2 / 2x2 / [[0, 1], [0, 0]]",
            "overhanging",
        ),
        (
            "[1, 8, 9]",
            vec!["conv: {out: 1, kernel: 3, stride: 2, padding: same}"],
            "3x3 / 2x2 / [[0, 1], [1, 1]]",
            "TensorFlow's SAME",
        ),
        ("[1, 8, 8]", vec!["upsample: 2"], "1x1 / 0.5x0.5 / [[0, 0], [0, 0]]", "nearest"),
        (
            "[1, 8, 8]",
            vec!["upsample: {scale: 2, mode: bilinear}"],
            "2x2 / 0.5x0.5 / [[1, 1], [1, 1]]",
            "between pixels",
        ),
        (
            "[1, 8, 8]",
            vec!["upsample: 2", "avg_pool: 2"],
            "1x1 / 1x1 / [[0, 0], [0, 0]]",
            "there and back",
        ),
        // 2 positions out of 3 are reached by no tap.
        (
            "[1, 4, 4]",
            vec!["conv_transpose: {out: 1, kernel: 1, stride: 3}"],
            "1x1 / 1/3x1/3 / [[0, 0], [0, 0]]",
            "gaps",
        ),
        ("[1, 4, 4]", vec!["upsample: {output_size: 2053}"], "Unknown", "a period of 2,053"),
        ("[784]", vec!["linear: 3"], "Global", "no maps, but all of it"),
        (
            "[1, 8, 8]",
            vec!["repeat: {times: 70, layers: [max_pool: {kernel: 3, stride: 2, padding: 1}]}"],
            "Unknown",
            "2^70 pixels",
        ),
    ] {
        let report = network(input, &layers);
        let last = report.layers.last().unwrap().name.clone();
        assert_eq!(field(&report, &last), expected, "{layers:?}, {source}");
    }
}

/// A 3x3 at stride 4 sees 3x3 pixels, whether it leaves one row of units or two to be pooled: pooling one row is global along the
/// columns alone.
#[test]
fn the_networks_field_is_that_before_pooling_along_either_axis() {
    for input in ["[3, 4, 32]", "[3, 5, 32]", "[3, 32, 4]", "[3, 32, 5]", "[3, 4, 4]"] {
        let layers = [
            "conv: {name: window, out: 4, kernel: 3, stride: 4, padding: 1}",
            "global_avg_pool",
            "flatten",
            "linear: 10",
        ];
        let report = network(input, &layers);
        let whole = report.receptive_field.as_ref().map(|whole| (whole.field.size, &whole.layer));
        // Of an input of 4x4 a single unit is left, whose field nothing changes.
        let (layer, extent) = match input {
            "[3, 4, 4]" => (None, FieldExtent::Window),
            _ => (Some("window".to_owned()), FieldExtent::Global),
        };
        assert_eq!(whole, Some(([3, 3], &layer)), "{input}");
        assert_eq!(report.receptive_field_extent, extent, "{input}");
        assert_eq!(report.totals.get(Figure::ReceptiveField), Some(3), "{input}");
    }
    // Global along the columns from the first layer on: there is no window before.
    let report = network("[3, 4, 32]", &["softmax: {axis: 3}", "conv: {out: 1, kernel: 3}"]);
    assert_eq!((&report.receptive_field, report.totals.get(Figure::ReceptiveField)), (&None, None));
    assert_eq!(report.receptive_field_extent, FieldExtent::Global);
}

/// arXiv:1505.04597, Figure 1. At the bottom 140 pixels at stride 16. Two 3x3 over a doubled map see 5 units of it and 3 of the map before; so a unit
/// at the top sees, level by level, 5 and 3, 7 and 4, 8 and 4 or 5, 9 and 5 units, the last of the bottom: 140 + 4 · 16 pixels.
#[test]
fn a_unet_goes_down_and_up() {
    let description = common::bundled_description("unet");
    let (_, report) = common::analyse(&description, &cnnstat::front::yaml::Settings::default());
    assert_eq!(field(&report, "bottom/conv2"), "140x140 / 16x16 / [[0, 0], [0, 0]]");
    assert_eq!(field(&report, "classifier"), "204x204 / 1x1 / [[0, 0], [0, 0]]");
    // The field of a pooled unit lies half a pixel off that of each pixel, but on both sides.
    assert_eq!(report.unaligned, []);
    assert_eq!(report.totals.receptive_field, Some([204, 204]));
    assert_eq!(report.receptive_field.unwrap().layer, None);
}

#[test]
fn branches_that_are_not_aligned_are_named() {
    let offsets = |layers: &[&str]| {
        let report = network("[4, 16, 16]", layers);
        let marks: Vec<Value> =
            report.unaligned.iter().map(|mark| serde_json::to_value(mark).unwrap()).collect();
        Value::from(marks)
    };
    // 3x3 padded at the bottom and right alone: its center lies one pixel further.
    let aside = "add: [[conv: {name: aside, out: 4, kernel: 3, padding: [0, 0, 2, 2]}], [conv: {name: point, out: 4, kernel: 1}]]";
    assert_eq!(
        offsets(&[aside]),
        json!([{"layer": "add1", "branches": ["aside", "point"], "offsets": [[0.0, 0.0], [-1.0, -1.0]]}])
    );
    // An even kernel is half a pixel off.
    let even = "concat: [[], [conv: {name: even, out: 4, kernel: [2, 1], padding: [0, 0, 1, 0]}], [conv: {out: 1, kernel: 3, padding: 1}]]";
    assert_eq!(
        offsets(&[even]),
        json!([{"layer": "concat1", "branches": ["input", "even", "conv1"], "offsets": [[0.0, 0.0], [0.5, 0.0], [0.0, 0.0]]}])
    );
    // Of 16 pixels corner to corner to 16 of 8: 15/7 pixels apart against 2.
    let corners = "add: [[], [max_pool: 2, upsample: {name: up, scale: 2, mode: bilinear, align_corners: true}]]";
    assert_eq!(
        offsets(&[corners, "conv: {out: 1, kernel: 1}"]),
        json!([{"layer": "add1", "branches": ["input", "up"], "offsets": [[0.0, 0.0], [null, null]]}])
    );
    assert_eq!(
        network("[4, 16, 16]", &[corners, "conv: {out: 1, kernel: 1}"]).layers[3]
            .receptive_field_extent,
        FieldExtent::Unknown
    );
    for aligned in [
        "add: [[conv: {out: 4, kernel: 3, padding: 1}], [conv: {out: 4, kernel: 5, padding: 2}], []]",
        "add: [[max_pool: 2, upsample: 2], []]",
        "add: [[max_pool: 2, upsample: {scale: 2, mode: bilinear}], []]",
        "add: [[max_pool: 2, conv_transpose: {out: 4, kernel: 2, stride: 2}], []]",
        "mul: [[], [global_avg_pool]]",
    ] {
        assert_eq!(offsets(&[aligned]), json!([]), "{aligned}");
    }
}

#[test]
fn shares_of_padding_and_fields_beyond_the_input() {
    let layers =
        ["conv: {out: 1, kernel: 3, padding: 1}", "conv: {out: 1, kernel: 5, padding: 2}", "relu"];
    let report = network("[1, 5, 6]", &layers);
    let value = serde_json::to_value(&report).unwrap();
    // The corner's 3x3 has 2x2 pixels on the map.
    assert_eq!(
        value["layers"][0]["receptive_field"]["padding_share"],
        json!({"center": 0.0, "corner": 5.0 / 9.0})
    );
    // 7x7: rows -1 to 5 about the center, of which 5 are there, columns -1 to 5, of which 6 are. At the corner -3 to 3: 4 each.
    assert_eq!(
        value["layers"][1]["receptive_field"]["padding_share"],
        json!({"center": 19.0 / 49.0, "corner": 33.0 / 49.0})
    );
    let exceeds: Vec<&Value> = value["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| &layer["receptive_field"]["exceeds_input"])
        .collect();
    assert_eq!(exceeds, [false, true, true]);
    assert_eq!(value["exceeds_input"], "conv2");
    assert_eq!(network("[1, 7, 7]", &layers).exceeds_input, None);
}

#[test]
fn fields_are_those_of_the_first_input() {
    let mut builder = Builder::new();
    let first = builder.input("image", judge::maps(2, [8, 8]), Place(0)).unwrap();
    let second = builder.input("mask", judge::maps(2, [8, 8]), Place(0)).unwrap();
    let window = Window {
        kernel: [3; 2],
        stride: [1; 2],
        dilation: [1; 2],
        padding: Padding::Explicit([1; 4]),
        ceil: false,
    };
    let conv = Op::from(Conv { out: 2, window, groups: 1, bias: false });
    let mask = builder.add("conv", conv, &[second], Place(0)).unwrap();
    let product = builder.add("product", Mul.into(), &[first, mask], Place(0)).unwrap();
    let network = finished(builder, product);
    let fields = receptive_field(&network).unwrap();
    assert_eq!(*fields.nodes.get(mask).unwrap(), ReceptiveField::Independent);
    assert_eq!(fields.nodes.get(product).unwrap().size([8, 8]), Some([1, 1]));
    assert_eq!(fields.unaligned, []);
}

/// A field cannot be followed without bound, and a network is analysed all the same.
#[test]
fn long_periods_take_no_time() {
    let layers = [
        "upsample: {output_size: 1021}",
        "repeat: {times: 20000, layers: [conv: {out: 1, kernel: 3, padding: 1}]}",
    ];
    let report = network("[1, 1019, 1]", &layers);
    assert_eq!(layer(&report, "conv1").receptive_field_extent, FieldExtent::Window);
    assert_eq!(report.layers.last().unwrap().receptive_field_extent, FieldExtent::Unknown);
    let layers =
        ["repeat: {times: 20000, layers: [adaptive_avg_pool: 1023, adaptive_avg_pool: 1024]}"];
    let report = network("[1, 1024, 1024]", &layers);
    assert_eq!(report.layers.last().unwrap().receptive_field_extent, FieldExtent::Unknown);
}

// ---- by brute force ---------------------------------------------------------------------------------------------

/// A step of a generated network; what does not fit is left out.
#[derive(Debug, Clone)]
enum Step {
    Plain(Op),
    /// Rows as columns.
    Swapped,
    /// A section with the channels last.
    ChannelsLast(Vec<Op>),
    /// Branches from here that come back to the same size, and how they meet.
    Branches(Vec<Branch>, u8),
}

#[derive(Debug, Clone)]
enum Branch {
    Empty,
    /// A convolution of the same size whose padding lies on any side.
    Aside {
        kernel: [u64; 2],
        dilation: u64,
        before: [u64; 2],
    },
    /// Made smaller by a pool and enlarged again.
    Around {
        kernel: u64,
        stride: u64,
        ceil: bool,
        mode: UpsampleMode,
    },
    /// Enlarged by a transposed convolution and made smaller again.
    Enlarged {
        kernel: u64,
        stride: u64,
    },
    /// Padded at one side and cut at the other.
    Moved {
        by: [u64; 2],
    },
}

fn pair(most: u64) -> impl Strategy<Value = [u64; 2]> {
    prop_oneof![3 => (1..=most).prop_map(|n| [n; 2]), 1 => (1..=most, 1..=most).prop_map(|(y, x)| [y, x])]
}

fn sides(most: u64) -> impl Strategy<Value = [u64; 4]> {
    prop_oneof![1 => (0..=most).prop_map(|n| [n; 4]), 1 => prop::array::uniform4(0..=most)]
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![
        3 => sides(2).prop_map(Padding::Explicit),
        1 => select(vec![Padding::Same, Padding::SameLower]),
    ]
}

fn mode() -> impl Strategy<Value = UpsampleMode> {
    select(vec![
        UpsampleMode::Nearest,
        UpsampleMode::Bilinear { align_corners: false },
        UpsampleMode::Bilinear { align_corners: true },
    ])
}

fn window(kernel: u64, stride: u64) -> impl Strategy<Value = Window> {
    (pair(kernel), pair(stride), pair(3), padding(), any::<bool>()).prop_map(
        |(kernel, stride, dilation, padding, ceil)| Window {
            kernel,
            stride,
            dilation,
            padding,
            ceil,
        },
    )
}

fn plain() -> impl Strategy<Value = Op> {
    let transposed = (window(5, 4), sides(2), prop::array::uniform2(0_u64..3));
    let upsampled = prop_oneof![
        pair(3).prop_map(UpsampleSize::Scale),
        prop::array::uniform2(2_u64..14).prop_map(UpsampleSize::Fixed),
    ];
    prop_oneof![
        5 => window(4, 3).prop_map(|window| Conv { out: 2, window: Window { ceil: false, ..window }, groups: 1, bias: true }.into()),
        3 => window(4, 3).prop_map(|window| MaxPool { window }.into()),
        1 => window(3, 2).prop_map(|window| AvgPool { window: Window { dilation: [1; 2], ..window }, count_include_pad: true }.into()),
        4 => transposed.prop_map(|(window, sides, output_padding)| ConvTranspose {
            out: 2,
            window: Window { padding: Padding::Explicit(sides), ceil: false, ..window },
            output_padding,
            groups: 1,
            bias: true,
        }.into()),
        3 => (upsampled, mode()).prop_map(|(to, mode)| Upsample { to, mode }.into()),
        2 => prop::array::uniform2(2_u64..7).prop_map(|output_size| AdaptiveAvgPool { output_size }.into()),
        2 => (2_u64..4, 0_u64..3, prop::option::of(3_u64..9), 1_u64..4)
            .prop_map(|(axis, start, stop, step)| Slice { axis, start, stop, step }.into()),
        1 => sides(3).prop_map(|sides| Pad { sides, mode: PadMode::Edge }.into()),
        1 => Just(Activation { function: Function::Relu }.into()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let branch = prop_oneof![
        1 => Just(Branch::Empty),
        3 => (pair(4), 1_u64..3, [0_u64..4, 0_u64..4]).prop_map(|(kernel, dilation, before)| Branch::Aside { kernel, dilation, before }),
        3 => (2_u64..4, 1_u64..4, any::<bool>(), mode()).prop_map(|(kernel, stride, ceil, mode)| Branch::Around { kernel, stride, ceil, mode }),
        1 => (1_u64..5, 2_u64..4).prop_map(|(kernel, stride)| Branch::Enlarged { kernel, stride }),
        1 => [0_u64..2, 0_u64..2].prop_map(|by| Branch::Moved { by }),
    ];
    let last = select(vec![
        Op::from(Activation { function: Function::Relu }),
        LayerNorm { axis: 3, eps: 1e-5, affine: true }.into(),
    ]);
    prop_oneof![
        8 => plain().prop_map(Step::Plain),
        1 => Just(Step::Swapped),
        1 => prop::collection::vec(last, 1..3).prop_map(Step::ChannelsLast),
        3 => (prop::collection::vec(branch, 2..4), 0_u8..5).prop_map(|(branches, join)| Step::Branches(branches, join)),
    ]
}

/// Adds steps to a network, as far as they fit.
struct Growing {
    builder: Builder,
    count: usize,
}

impl Growing {
    fn add(&mut self, op: impl Into<Op>, operands: &[Tensor]) -> Option<Tensor> {
        self.count += 1;
        self.builder.add(&format!("step{}", self.count), op.into(), operands, Place(0)).ok()
    }

    fn map(&self, tensor: Tensor) -> [u64; 2] {
        self.builder.shape(tensor).unwrap().map().unwrap()
    }

    fn step(&mut self, from: Tensor, step: &Step) -> Option<Tensor> {
        let transpose = |axes: [i64; 4]| Transpose { axes: axes.into_iter().collect() };
        match step {
            Step::Plain(op) => self.add(op.clone(), &[from]),
            Step::Swapped => self.add(transpose([0, 1, 3, 2]), &[from]),
            Step::ChannelsLast(ops) => {
                let mut at = self.add(transpose([0, 2, 3, 1]), &[from])?;
                for op in ops {
                    at = self.add(op.clone(), &[at])?;
                }
                self.add(transpose([0, 3, 1, 2]), &[at])
            }
            Step::Branches(branches, join) => {
                if self.map(from).contains(&1) {
                    return None;
                }
                let ends: Vec<Tensor> =
                    branches.iter().filter_map(|branch| self.branch(from, branch)).collect();
                let join: Op = match join {
                    0 => Concat { axis: 1 }.into(),
                    1 => Mul.into(),
                    2 => Mean.into(),
                    3 if ends.len() == 2 => Sub.into(),
                    _ => Add.into(),
                };
                self.add(join, &ends)
            }
        }
    }

    fn branch(&mut self, from: Tensor, branch: &Branch) -> Option<Tensor> {
        let [height, width] = self.map(from);
        let plain = |kernel, stride, padding, ceil| Window {
            kernel,
            stride,
            dilation: [1; 2],
            padding,
            ceil,
        };
        let channels = self.builder.shape(from)?.channels()?;
        match *branch {
            Branch::Empty => Some(from),
            Branch::Aside { kernel, dilation, before } => {
                let total = kernel.map(|taps| (taps - 1) * dilation);
                let [top, left] = [0, 1].map(|axis| before[axis].min(total[axis]));
                let sides = [top, left, total[0] - top, total[1] - left];
                let window = Window {
                    dilation: [dilation; 2],
                    ..plain(kernel, [1; 2], Padding::Explicit(sides), false)
                };
                self.add(Conv { out: channels, window, groups: 1, bias: false }, &[from])
            }
            Branch::Around { kernel, stride, ceil, mode } => {
                let window = plain([kernel; 2], [stride; 2], Padding::VALID, ceil);
                let small = self.add(MaxPool { window }, &[from])?;
                if self.map(small).contains(&1) {
                    return None;
                }
                self.add(Upsample { to: UpsampleSize::Fixed([height, width]), mode }, &[small])
            }
            Branch::Enlarged { kernel, stride } => {
                let window = plain([kernel.max(stride); 2], [stride; 2], Padding::VALID, false);
                let transposed = ConvTranspose {
                    out: channels,
                    window,
                    output_padding: [0; 2],
                    groups: 1,
                    bias: false,
                };
                let large = self.add(transposed, &[from])?;
                let small = self.add(
                    MaxPool { window: plain([stride; 2], [stride; 2], Padding::VALID, false) },
                    &[large],
                )?;
                (self.map(small) == [height, width]).then_some(small)
            }
            Branch::Moved { by: [y, x] } => {
                let padded =
                    self.add(Pad { sides: [y, x, 0, 0], mode: PadMode::Constant(0.0) }, &[from])?;
                let rows =
                    self.add(Slice { axis: 2, start: 0, stop: Some(height), step: 1 }, &[padded])?;
                self.add(Slice { axis: 3, start: 0, stop: Some(width), step: 1 }, &[rows])
            }
        }
    }
}

fn finished(builder: Builder, output: Tensor) -> Network {
    builder.finish(vec![Output { name: "out".to_owned(), tensor: output }]).unwrap()
}

/// The network of these steps over an input of this size.
fn grown(size: [u64; 2], steps: &[Step]) -> Network {
    let mut builder = Builder::new();
    let mut at = builder.input("input", judge::maps(2, size), Place(0)).unwrap();
    let mut growing = Growing { builder, count: 0 };
    for step in steps {
        let next = growing.step(at, step);
        // Maps of any size can grow without end.
        at = next.filter(|&next| growing.map(next).iter().all(|&size| size < 80)).unwrap_or(at);
    }
    finished(growing.builder, at)
}

/// Beyond, a judgement takes too long; fields of longer periods than the pass follows are among what is left out.
const LONGEST: i64 = 2000;

/// Holds one axis of one node against the judge.
fn compare(judge: &Judge<'_>, tensor: Tensor, axis: usize, window: &AxisWindow, period: i64) {
    let size = judge.size(tensor, axis);
    let hulls: Vec<_> = (0..size).map(|unit| judge.hull(tensor, axis, unit)).collect();
    for (unit, hull) in (0u64..).zip(&hulls) {
        let span = window.span(unit).unwrap();
        let found = (!span.is_empty()).then_some((span.start, span.end));
        assert_eq!(found, *hull, "unit {unit}");
    }
    let largest = hulls.iter().flatten().map(|(start, end)| end - start + 1).max().unwrap_or(0);
    assert_eq!(window.size, u64::try_from(largest).unwrap(), "size");
    let before = hulls.iter().flatten().map(|(start, _)| -start).max().unwrap_or(0);
    assert_eq!(window.padding, [before, judge.after(tensor, axis)], "padding");
    if let Some(advance) = judge.advance(tensor, axis, period) {
        let [advance, period] = [advance, period].map(|n| u64::try_from(n).unwrap());
        assert_eq!(window.stride, Ratio::new(advance, period), "stride");
    }
}

/// The share of padding, pixel by pixel.
fn share(axes: [Option<(i64, i64)>; 2], input: [u64; 2]) -> Option<f64> {
    let [Some(rows), Some(columns)] = axes else { return None };
    let [height, width] = input.map(|size| i64::try_from(size).unwrap());
    let (mut outside, mut all) = (0, 0);
    for row in rows.0..=rows.1 {
        for column in columns.0..=columns.1 {
            all += 1;
            let is_inside = (0..height).contains(&row) && (0..width).contains(&column);
            outside += i32::from(!is_inside);
        }
    }
    Some(f64::from(outside) / f64::from(all))
}

fn judged(network: &Network, input: [u64; 2]) -> [usize; 3] {
    let judge = Judge::new(network);
    let fields = receptive_field(network).unwrap();
    let [mut windows, mut unknown, mut marks] = [0; 3];
    for (tensor, _) in network.nodes() {
        let axes = judge.axes(tensor);
        let periods = axes.map(|axis| judge.period(tensor, axis));
        if periods.iter().any(|&period| period > LONGEST) {
            continue;
        }
        let field = fields.nodes.get(tensor).unwrap();
        match field {
            ReceptiveField::Window(found) => {
                windows += 1;
                for image in [0, 1] {
                    let AxisField::Window(window) = &found[image] else { panic!("not global") };
                    compare(&judge, tensor, axes[image], window, periods[image]);
                }
                let unit = |of: fn(i64) -> i64| {
                    axes.map(|axis| judge.hull(tensor, axis, of(judge.size(tensor, axis))))
                };
                let shares = field.padding_share(input).unwrap();
                for (found, hulls) in
                    [(shares.center, unit(|size| (size - 1) / 2)), (shares.corner, unit(|_| 0))]
                {
                    if let Some(share) = share(hulls, input) {
                        assert!((found - share).abs() < 1e-12, "{found} against {share}");
                    }
                }
            }
            ReceptiveField::Unknown => {
                unknown += 1;
                let is_long = periods.iter().any(|&period| period > 1024);
                assert!(is_long || axes.iter().any(|&axis| judge.is_irregular(tensor, axis)));
            }
            other => panic!("{other:?}"),
        }
        marks += usize::from(marked(network, &judge, &fields, tensor));
    }
    [windows, unknown, marks]
}

/// Holds the mark of a join against the judge; whether there is one.
fn marked(
    network: &Network,
    judge: &Judge<'_>,
    fields: &cnnstat::analysis::ReceptiveFields,
    tensor: Tensor,
) -> bool {
    let operands = network.operands(tensor);
    let is_known =
        |operand: &Tensor| matches!(fields.nodes.get(*operand), Some(ReceptiveField::Window(_)));
    if operands.len() < 2 || !operands.iter().all(is_known) {
        return false;
    }
    let axes = judge.axes(tensor);
    let offsets: Vec<_> = operands
        .iter()
        .map(|&operand| (operand, axes.map(|axis| judge.distance(operands[0], operand, axis))))
        .collect();
    let expected = offsets.iter().any(|(_, offsets)| *offsets != [Some(0.0); 2]);
    let mark = fields.unaligned.iter().find(|mark| mark.tensor == tensor);
    assert_eq!(mark.map(|mark| &mark.branches), expected.then_some(&offsets));
    expected
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(35),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn fields_are_the_hulls_of_what_units_depend_on(
        size in prop::array::uniform2(4_u64..16),
        steps in prop::collection::vec(step(), 1..6),
    ) {
        judged(&grown(size, &steps), size);
    }
}

/// The generated networks have something of everything.
#[test]
fn generated_networks_are_no_trifles() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (prop::array::uniform2(4_u64..16), prop::collection::vec(step(), 1..6));
    let mut sums = [0; 3];
    for _ in 0..100 {
        let (size, steps) = strategy.new_tree(&mut runner).unwrap().current();
        let found = judged(&grown(size, &steps), size);
        for (sum, found) in sums.iter_mut().zip(found) {
            *sum += found;
        }
    }
    let [windows, unknown, marks] = sums;
    assert!(windows > 200 && unknown > 10 && marks > 20, "{sums:?}");
}
