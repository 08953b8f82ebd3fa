//! The operators' plain loops by themselves: what they make, what they read, and what they refuse.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::BTreeSet;

use cnnstat::analysis;
use cnnstat::execute::engine::{Engine, Fusion};
use cnnstat::execute::oracle;
use cnnstat::execute::verify::{Effort, verify};
use cnnstat::front::yaml::Settings;
use cnnstat::network::Shape;
use cnnstat::ops::{
    AdaptiveAvgPool, Array, AvgPool, BatchNorm, Concat, Conv, ConvTranspose, Evaluation, LayerNorm,
    Linear, Lrn, MaxPool, Op, OpError, PRelu, Pad, PadMode, Padding, ParameterValues, Slice, Tally,
    Upsample, UpsampleMode, UpsampleSize, Window, signatures,
};
use cnnstat::weights::{seeded, seeded_inputs};

/// What an operator made, what it did, and how many values it read of each parameter.
type Made = Result<(Array, Tally, Vec<usize>), OpError>;

fn array(sizes: &[u64]) -> Array {
    let shape = Shape::new(sizes).unwrap();
    let values = (0..shape.elements()).map(|at| (at % 7) as f64 - 3.0);
    Array::new(shape, values.collect()).unwrap()
}

/// An operator over one operand, given parameters of so many values.
fn evaluate(op: impl Into<Op>, operand: &Array, parameters: &[usize]) -> Made {
    let values: Vec<Vec<f32>> = parameters.iter().map(|&count| vec![0.5; count]).collect();
    let parameters: Vec<_> =
        values.iter().map(|values| ParameterValues::new(values).unwrap()).collect();
    let mut tally = Tally::default();
    let given = Evaluation { operands: &[operand], parameters: &parameters, tally: &mut tally };
    let made = op.into().operator().evaluate(given)?;
    Ok((made, tally, parameters.iter().map(ParameterValues::count_read).collect()))
}

fn window(kernel: u64, stride: u64, padding: u64) -> Window {
    Window {
        kernel: [kernel; 2],
        stride: [stride; 2],
        dilation: [1; 2],
        padding: Padding::Explicit([padding; 4]),
        ceil: false,
    }
}

fn conv(window: Window) -> Conv {
    Conv { out: 4, window, groups: 1, bias: true }
}

/// Every operator with all its options: shapes, values read, operations, values stored, and values beside the engine's.
#[test]
fn every_operator() {
    let mut tried = BTreeSet::new();
    for case in common::operators::small() {
        let elaborated = case.description.elaborate(&case.settings);
        let network =
            elaborated.unwrap_or_else(|error| panic!("{}", common::plain(&error))).network;
        let analysis = analysis::analyse(&network).unwrap();
        let (weights, inputs) = (seeded(&network, 7).unwrap(), seeded_inputs(&network, 7).unwrap());
        let effort = Effort { field_operations: None };
        let found = verify(&network, &analysis, &weights, &inputs, effort, &mut |_| ()).unwrap();
        let wrong: Vec<_> = found.lines.iter().filter(|line| line.holds == Some(false)).collect();
        let first = found.wrong().next();
        assert!(found.holds(), "{}\n{wrong:?}\n{first:?}", case.name);
        tried.extend(network.layers().map(|(_, node)| node.op.operator().name()));
    }
    // Another name of a convolution.
    let known = signatures().map(|signature| signature.name);
    let known: BTreeSet<&str> = known.filter(|name| *name != "depthwise_conv").collect();
    assert_eq!(tried, known);
}

/// Sizes that PyTorch 2's modules print for the same arguments, those of `same` by TensorFlow's rule. Operators are not told them.
#[test]
fn sizes_are_found() {
    let ceil = |window: Window| MaxPool { window: Window { ceil: true, ..window } };
    let transposed = |window: Window, output_padding: u64| ConvTranspose {
        out: 4,
        window,
        output_padding: [output_padding; 2],
        groups: 1,
        bias: false,
    };
    let slice = |start, stop, step| Slice { axis: 3, start, stop, step };
    let up = |to| Upsample { to, mode: UpsampleMode::Nearest };
    let cases: [(u64, Op, u64); 18] = [
        (7, conv(window(3, 1, 0)).into(), 5),
        (7, conv(window(3, 2, 1)).into(), 4),
        (8, conv(window(3, 2, 1)).into(), 4),
        (8, conv(Window { dilation: [3; 2], ..window(3, 1, 0) }).into(), 2),
        (8, conv(Window { padding: Padding::Same, ..window(4, 3, 0) }).into(), 3),
        (112, MaxPool { window: window(3, 2, 0) }.into(), 55),
        (112, ceil(window(3, 2, 0)).into(), 56),
        // A third window would begin in the padding after the map.
        (3, ceil(window(2, 2, 1)).into(), 2),
        (2, ceil(window(3, 2, 0)).into(), 1),
        (5, AvgPool { window: window(2, 2, 1), count_include_pad: true }.into(), 3),
        (4, transposed(window(3, 2, 1), 0).into(), 7),
        (4, transposed(window(3, 2, 1), 1).into(), 8),
        (4, transposed(Window { dilation: [2; 2], ..window(3, 2, 0) }, 0).into(), 11),
        (9, slice(1, Some(6), 2).into(), 3),
        (9, slice(2, None, 9).into(), 1),
        (5, up(UpsampleSize::Scale([3; 2])).into(), 15),
        (5, up(UpsampleSize::Fixed([7; 2])).into(), 7),
        (5, AdaptiveAvgPool { output_size: [8; 2] }.into(), 8),
    ];
    for (size, op, made) in cases {
        let operand = array(&[2, 3, size, size]);
        let (output, _, _) = evaluate(op.clone(), &operand, &[4 * 3 * 16, 4]).unwrap();
        assert_eq!(output.shape().sizes().last(), Some(&made), "{op:?} of {size}");
        // The rule that the analysis follows says the same.
        assert_eq!(op.operator().infer(&[*operand.shape()]), Ok(*output.shape()), "{op:?}");
    }
    let operand = array(&[2, 3, 4]);
    let operands = [&operand, &operand, &operand];
    let given = Evaluation { operands: &operands, parameters: &[], tally: &mut Tally::default() };
    let op = Op::from(Concat { axis: 2 });
    assert_eq!(op.operator().evaluate(given).unwrap().shape().sizes(), [2, 3, 12]);
}

/// Sums under a window of weights 1 and 10 beside each other, and the largest value under it: where `same` has an odd pixel of padding it lies after the map, and with `same_lower` before it
/// (ONNX's SAME_UPPER and SAME_LOWER).
#[test]
fn an_odd_pixel_of_padding() {
    let row = |values: &[f64]| {
        Array::new(Shape::new(&[1, 1, 1, values.len() as u64]).unwrap(), values.to_vec()).unwrap()
    };
    let across = |kernel: u64, stride: u64, dilation: u64, padding| Window {
        kernel: [1, kernel],
        stride: [1, stride],
        dilation: [1, dilation],
        padding,
        ceil: false,
    };
    let (same, lower) = (Padding::Same, Padding::SameLower);
    let cases: [(Window, &[f64], &[f64]); 10] = [
        (across(2, 1, 1, same), &[21.0, 32.0, 43.0, 54.0, 5.0], &[2.0, 3.0, 4.0, 5.0, 5.0]),
        (across(2, 1, 1, lower), &[10.0, 21.0, 32.0, 43.0, 54.0], &[1.0, 2.0, 3.0, 4.0, 5.0]),
        // 3 windows see 6 of 5 pixels.
        (across(2, 2, 1, same), &[21.0, 43.0, 5.0], &[2.0, 4.0, 5.0]),
        (across(2, 2, 1, lower), &[10.0, 32.0, 54.0], &[1.0, 3.0, 5.0]),
        // 2 windows 3 apart see 5: none is beyond.
        (across(2, 3, 1, same), &[21.0, 54.0], &[2.0, 5.0]),
        (across(2, 3, 1, lower), &[21.0, 54.0], &[2.0, 5.0]),
        // Taps 3 apart: 3 pixels of 8 are beyond.
        (across(2, 1, 3, same), &[30.0, 41.0, 52.0, 3.0, 4.0], &[3.0, 4.0, 5.0, 3.0, 4.0]),
        (across(2, 1, 3, lower), &[20.0, 30.0, 41.0, 52.0, 3.0], &[2.0, 3.0, 4.0, 5.0, 3.0]),
        // A window for each of 2 strides, none of which reaches the end.
        (across(1, 4, 1, same), &[1.0, 5.0], &[1.0, 5.0]),
        (across(1, 4, 1, lower), &[1.0, 5.0], &[1.0, 5.0]),
    ];
    let operand = row(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    for (window, sums, largest) in cases {
        let conv = Conv { out: 1, window, groups: 1, bias: false };
        let taps = usize::try_from(window.kernel[1]).unwrap();
        let parameters = [ParameterValues::new(&[1.0, 10.0][..taps]).unwrap()];
        let mut tally = Tally::default();
        let given =
            Evaluation { operands: &[&operand], parameters: &parameters, tally: &mut tally };
        let made = Op::from(conv).operator().evaluate(given).unwrap();
        assert_eq!(made.elements(), sums, "{window}");
        assert_eq!(tally.cost().macs, (sums.len() * taps) as u64, "{window}");
        // The largest under the window: what is beyond the map never is.
        let (made, _, _) = evaluate(MaxPool { window }, &operand, &[]).unwrap();
        assert_eq!(made.elements(), largest, "{window}");
    }
}

/// Padding takes no memory, and what is multiplied with it is counted all the same.
#[test]
fn padding_that_is_wider_than_memory() {
    const WIDE: u64 = 1 << 40;
    let window = Window {
        kernel: [2, 2],
        stride: [WIDE, 1],
        dilation: [1; 2],
        padding: Padding::Explicit([WIDE, 0, WIDE, 0]),
        ceil: false,
    };
    let operand = array(&[1, 4, 4, 4]);
    let (output, tally, _) = evaluate(conv(window), &operand, &[4 * 4 * 4, 4]).unwrap();
    // Windows begin at rows -2^40, 0 and, the padding after the map being 4 rows longer than the stride, 2^40.
    assert_eq!(output.shape().sizes(), [1, 4, 3, 3]);
    assert_eq!(tally.cost().macs, 4 * 3 * 3 * 4 * 4);
    let rows: Vec<&[f64]> = output.elements().chunks(3).take(3).collect();
    // The bias alone, but at the row on the map.
    assert_eq!((rows[0], rows[2]), (&[0.5; 3][..], &[0.5; 3][..]));
    assert_ne!(rows[1], [0.5; 3]);
}

/// What an operator does not look at is not counted, and what it lacks is an error.
#[test]
fn parameters_are_counted_as_they_are_read() {
    let depthwise = Conv { out: 6, groups: 3, bias: false, window: window(3, 1, 1) };
    let transposed = ConvTranspose {
        out: 4,
        window: window(2, 2, 0),
        output_padding: [0; 2],
        groups: 1,
        bias: true,
    };
    let cases: [(Op, &[usize], &[usize]); 9] = [
        (conv(window(3, 1, 0)).into(), &[4 * 3 * 9, 4], &[4 * 3 * 9, 4]),
        // More than it takes: further channels, and a bias that is not its own.
        (conv(window(3, 1, 0)).into(), &[5 * 3 * 9, 5], &[4 * 3 * 9, 4]),
        (depthwise.into(), &[6 * 9, 6], &[6 * 9, 0]),
        (transposed.into(), &[3 * 4 * 4, 4], &[3 * 4 * 4, 4]),
        (Linear { out: 2, bias: true }.into(), &[2 * 8, 2], &[2 * 8, 2]),
        (BatchNorm { eps: 0.1, affine: true }.into(), &[3, 3, 3, 3], &[3, 3, 3, 3]),
        (BatchNorm { eps: 0.1, affine: false }.into(), &[3, 3, 3], &[3, 3, 0]),
        (LayerNorm { axis: 2, eps: 0.1, affine: true }.into(), &[64, 64], &[64, 64]),
        (PRelu { per_channel: false }.into(), &[3], &[1]),
    ];
    let operand = array(&[2, 3, 8, 8]);
    for (op, given, read) in cases {
        let (_, _, found) = evaluate(op.clone(), &operand, given).unwrap();
        assert_eq!(found, read, "{op:?}");
        for lacking in 0..given.iter().zip(read).filter(|(_, read)| **read > 0).count() {
            // One parameter fewer, or one value.
            assert!(evaluate(op.clone(), &operand, &given[..lacking]).is_err(), "{op:?}");
            let mut less = given.to_vec();
            less[lacking] = read[lacking] - 1;
            assert!(evaluate(op.clone(), &operand, &less).is_err(), "{op:?}");
        }
    }
}

/// Neighbors that are not there are zeros, added one by one as long as that takes no age.
#[test]
fn a_normalization_over_more_channels_than_there_are() {
    let lrn = |size| Lrn { size, alpha: 0.5, beta: 0.75, k: 1.0 };
    let operand = array(&[2, 8, 8, 8]);
    for size in [1, 2, 5, 8, 15, 16, 17, 40, 1_000] {
        let op = Op::from(lrn(size));
        let (output, tally, _) = evaluate(lrn(size), &operand, &[]).unwrap();
        let shape = *operand.shape();
        assert_eq!(Ok(tally.cost()), op.operator().cost(&[shape], &shape), "{size}");
        // Channel 3 of the first sample, pixel 0, by definition.
        let squares = (0_u64..8).filter(|channel| {
            let first = 3_i64 - i64::try_from(size / 2).unwrap();
            (first..first + i64::try_from(size).unwrap())
                .contains(&i64::try_from(*channel).unwrap())
        });
        let x = |channel: usize| operand.elements()[channel * 64];
        let sum: f64 = squares.map(|channel| x(usize::try_from(channel).unwrap()).powi(2)).sum();
        let expected = x(3) / (1.0 + 0.5 / size as f64 * sum).powf(0.75);
        assert!((output.elements()[3 * 64] - expected).abs() < 1e-12, "{size}");
    }
    assert!(lrn_infer(0, &operand).is_err() && lrn_infer(1, &operand).is_ok());
    for size in [1_000_000_000_000, u64::MAX] {
        assert!(evaluate(lrn(size), &operand, &[]).is_err());
    }
}

fn lrn_infer(size: u64, operand: &Array) -> Result<Shape, OpError> {
    let op = Op::from(Lrn { size, alpha: 0.5, beta: 0.75, k: 1.0 });
    op.operator().infer(&[*operand.shape()])
}

/// Around a pixel that is no number, units are none either where it weighs something: by hand, by the oracle and by the engine.
#[test]
fn a_pixel_without_weight_is_not_looked_at() {
    for (arguments, none) in [
        // Row i comes from (i + 1/2)/3 - 1/2, and looks at pixel 1 strictly between 0 and 2: units 2 to 6; columns 5 to 9 at pixel 2.
        ("scale: 3", 5 * 5),
        // Row i comes from i·3/9, units 1 to 5; column j from j·4/8, units 3 to 5.
        ("output_size: [10, 9], align_corners: true", 5 * 3),
        ("scale: 1", 1),
    ] {
        let text =
            format!("input: [1, 4, 5]\nlayers:\n  - upsample: {{mode: bilinear, {arguments}}}\n");
        let network = common::read(&text).unwrap().elaborate(&Settings::default()).unwrap().network;
        let mut input = vec![1.0_f32; 20];
        input[5 + 2] = f32::NAN;
        let weights = seeded(&network, 0).unwrap();
        let wide = input.iter().copied().map(f64::from).collect();
        let array = Array::new(Shape::new(&[1, 1, 4, 5]).unwrap(), wide).unwrap();
        let oracle = oracle::run(&network, &weights, &[array], |_| ()).unwrap();
        let engine = Engine::compile(&network, &mut &weights, Fusion::Full).unwrap();
        let engine = engine.run(&mut engine.memory().unwrap(), &[&input], &mut ()).unwrap();
        let by_oracle: Vec<bool> = oracle[0].elements().iter().map(|y| y.is_nan()).collect();
        let by_engine: Vec<bool> = engine[0].iter().map(|y| y.is_nan()).collect();
        assert_eq!(by_oracle, by_engine, "{text}");
        assert_eq!(by_oracle.iter().filter(|is_nan| **is_nan).count(), none, "{text}");
    }
}

/// What has no room is an error, at once.
#[test]
fn results_beyond_memory() {
    const MUCH: u64 = 1 << 28;
    let fixed = UpsampleSize::Fixed([MUCH; 2]);
    let bilinear = UpsampleMode::Bilinear { align_corners: false };
    let around = Window { padding: Padding::Explicit([MUCH; 4]), ..window(3, 1, 0) };
    let transposed = ConvTranspose {
        out: 1,
        window: Window { stride: [MUCH; 2], ..window(3, 1, 0) },
        output_padding: [0; 2],
        groups: 1,
        bias: false,
    };
    let cases: [Op; 7] = [
        Upsample { to: fixed, mode: bilinear }.into(),
        Upsample { to: fixed, mode: UpsampleMode::Nearest }.into(),
        Upsample { to: UpsampleSize::Scale([u64::MAX; 2]), mode: bilinear }.into(),
        AdaptiveAvgPool { output_size: [MUCH; 2] }.into(),
        conv(around).into(),
        Pad { sides: [u64::MAX; 4], mode: PadMode::Edge }.into(),
        transposed.into(),
    ];
    let operand = array(&[1, 3, 8, 8]);
    for op in cases {
        assert!(evaluate(op.clone(), &operand, &[4 * 3 * 9, 4]).is_err(), "{op:?}");
    }
}
