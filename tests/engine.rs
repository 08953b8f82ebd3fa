//! The engine by itself: what it refuses, and products of every odd size.

#![allow(clippy::unwrap_used, reason = "a test")]

use cnnstat::bundled::Bundled;
use cnnstat::diagnostics::Source as Text;
use cnnstat::execute::engine::{Engine, Fusion};
use cnnstat::execute::{ExecutionError, oracle};
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::network::{Network, Tensor};
use cnnstat::ops::Array;
use cnnstat::weights::{Held, Seeded, Source, WeightsError, seeded, seeded_inputs};

fn network(text: &str) -> Network {
    let description = Description::read(&Text::new("network.yaml", text), &Bundled).unwrap();
    description.elaborate(&Settings::default()).unwrap().network
}

fn engine(network: &Network) -> Engine {
    Engine::compile(network, &mut Seeded::new(network, 1).unwrap(), Fusion::Full).unwrap()
}

#[test]
fn what_is_not_the_networks_is_refused() {
    let small = network("name: a\ninput: [2, 4, 4]\nlayers: [conv: {out: 3, kernel: 3}]\n");
    let large = network("name: a\ninput: [2, 9, 9]\nlayers: [conv: {out: 3, kernel: 3}]\n");
    let runs = engine(&small);
    let mut memory = runs.memory().unwrap();
    let mut run = |inputs: &[&[f32]]| runs.run(&mut memory, inputs, &mut ()).unwrap_err();
    let error = run(&[]);
    assert!(matches!(error, ExecutionError::Inputs { expected: 1, given: 0 }), "{error}");
    let error = run(&[&[0.0; 32], &[0.0; 32]]);
    assert!(matches!(error, ExecutionError::Inputs { expected: 1, given: 2 }), "{error}");
    let error = run(&[&[0.0; 31]]);
    assert_eq!(error.to_string(), "`input` takes 32 values, but is given 31");
    let error = runs.run(&mut engine(&large).memory().unwrap(), &[&[0.0; 32]], &mut ());
    assert!(matches!(error, Err(ExecutionError::Memory)));
}

#[test]
fn weights_of_another_network_are_refused() {
    /// One value for every node.
    struct One;
    impl Source for One {
        fn read(&mut self, _: Tensor, held: &mut Held) -> Result<(), WeightsError> {
            held.clear();
            held.add().push(1.0);
            Ok(())
        }
    }
    let network = network("name: a\ninput: [2, 4, 4]\nlayers: [conv: {out: 3, kernel: 3}]\n");
    let error = Engine::compile(&network, &mut One, Fusion::Full).unwrap_err();
    assert_eq!(error.to_string(), "`conv1`: the weights are not of this network");
}

/// What the oracle and the engine give for an input: the engine on so many threads.
fn both(network: &Network, input: &[f32], threads: usize) -> [Vec<f64>; 2] {
    let shape = network.node(network.inputs()[0]).unwrap().shape;
    let given = Array::new(shape, input.iter().map(|&value| value.into()).collect()).unwrap();
    let weights = seeded(network, 1).unwrap();
    let expected = oracle::run(network, &weights, &[given], |_| ()).unwrap();
    let runs = engine(network);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let run = || pool.install(|| runs.run(&mut runs.memory().unwrap(), &[input], &mut ()));
    let [first, second] = [run().unwrap(), run().unwrap()];
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&first[0]), bits(&second[0]));
    [expected[0].elements().to_vec(), first[0].iter().map(|&value| value.into()).collect()]
}

/// Asserts that the engine gives what the oracle gives, but for a millionth of the largest.
fn assert_close(text: &str, threads: usize) {
    let network = network(text);
    let inputs = seeded_inputs(&network, 0).unwrap();
    let [expected, given] = both(&network, &inputs[0], threads);
    let largest = expected.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    assert_eq!(given.len(), expected.len(), "{text}");
    for (value, expected) in given.iter().zip(&expected) {
        let difference = (value - expected).abs();
        assert!(difference <= 1e-6 * largest.max(1.0), "{text}{value} {expected}");
    }
}

/// One row and several, with features that fill no whole number of vectors.
#[test]
fn linear_layers_of_every_size_are_the_oracles() {
    for features in [1, 2, 3, 4, 5, 8, 13, 70] {
        for taken in [1, 3, 7, 8, 15, 16, 17, 33, 100] {
            for input in [format!("[{taken}]"), format!("[3, {taken}]")] {
                let text = format!("name: a\ninput: {input}\nlayers: [linear: {features}]\n");
                assert_close(&text, 1);
            }
        }
    }
}

/// Layers whose windows, paddings and sizes fit no vectors, or several blocks, or hardly the map.
const LAYERS: [(&str, &str); 51] = [
    ("5, 7, 9", "conv: {out: 3, kernel: 3, padding: 1}"),
    ("8, 9, 9", "conv: {out: 5, kernel: 3}"),
    (
        "4, 7, 9",
        "conv: {out: 6, kernel: [2, 5], padding: [0, 3], groups: 2, stride: [3, 2], dilation: [2, 1]}",
    ),
    (
        "4, 7, 9",
        "conv: {out: 4, kernel: [2, 5], padding: [5, 6], groups: 4, stride: [1, 5], dilation: [1, 2]}",
    ),
    ("4, 30, 33", "conv: {out: 17, kernel: 1, padding: 3, stride: 4}"),
    ("4, 3, 3", "conv: {out: 7, kernel: 3, padding: 7, dilation: 4}"),
    ("4, 3, 3", "conv: {out: 7, kernel: 3, padding: 20, stride: 7}"),
    ("3, 50, 50", "conv: {out: 5, kernel: 11, stride: 4, padding: 2}"),
    ("6, 12, 11", "conv: {out: 130, kernel: 3, padding: 1}"),
    ("6, 12, 11", "conv: {out: 65, kernel: 3, stride: 2, padding: 1}"),
    ("64, 8, 8", "conv: {out: 64, kernel: 3, padding: 1, groups: 16}"),
    ("24, 12, 12", "conv: {out: 24, kernel: 5, padding: 2, groups: 24, stride: 2}"),
    ("64, 40, 40", "conv: {out: 3, kernel: 3, padding: 1}"),
    ("1, 3, 90000", "conv: {out: 2, kernel: 3, padding: 1}"),
    ("1, 1, 30", "conv: {out: 2, kernel: [1, 2], padding: [0, 300000], dilation: [1, 600000]}"),
    ("16, 9, 9", "add: [[{conv: {out: 16, kernel: 3, padding: 1}}, batch_norm], []]"),
    ("9, 9, 9", "add: [[{conv: {out: 6, kernel: 1}}], [{conv: {out: 6, kernel: 1}}]]"),
    ("9, 9, 9", "add: [[{conv: {out: 6, kernel: 3}}], [{conv: {out: 6, kernel: 3}}]]"),
    ("3, 5, 7", "conv_transpose: {out: 4, kernel: 2, stride: 2}"),
    ("3, 5, 7", "conv_transpose: {out: 4, kernel: 3, stride: 2, padding: 1, output_padding: 1}"),
    ("4, 5, 7", "conv_transpose: {out: 6, kernel: 3, padding: 1, groups: 2}"),
    (
        "4, 5, 7",
        "conv_transpose: {out: 6, kernel: [3, 2], stride: [2, 5], padding: [1, 0], groups: 2, output_padding: [1, 4]}",
    ),
    (
        "3, 9, 6",
        "conv_transpose: {out: 2, kernel: [4, 5], stride: [3, 4], padding: [2, 3], dilation: [2, 3]}",
    ),
    (
        "3, 9, 6",
        "conv_transpose: {out: 2, kernel: [4, 5], stride: [4, 3], padding: [3, 7], dilation: [3, 2]}",
    ),
    (
        "3, 9, 6",
        "conv_transpose: {out: 2, kernel: 2, stride: [7, 6], padding: 1, dilation: [5, 4], output_padding: [3, 4]}",
    ),
    ("2, 3, 3", "conv_transpose: {out: 2, kernel: 2, stride: 5, padding: 1}"),
    ("2, 3, 3", "conv_transpose: {out: 2, kernel: 1, stride: 3, padding: 2}"),
    (
        "1, 1, 1",
        "conv_transpose: {out: 1, kernel: [5, 8], stride: 3, padding: [2, 3], bias: false}",
    ),
    ("2, 2, 2", "conv_transpose: {out: 3, kernel: 9, stride: 2, padding: 4}"),
    ("2, 3, 1500", "conv_transpose: {out: 40, kernel: [2, 9], stride: [2, 3], padding: [0, 4]}"),
    ("8, 33, 65", "conv_transpose: {out: 40, kernel: 4, stride: 2, padding: 1}"),
    ("16, 9, 9", "conv_transpose: {out: 16, kernel: 4, stride: 4, groups: 16}"),
    ("2, 2, 2", "conv_transpose: {out: 2, kernel: 3, stride: 1000000000, padding: 500000000}"),
    ("2, 2, 2", "conv_transpose: {out: 2, kernel: 2, dilation: 1000000000, padding: 500000000}"),
    ("2, 5, 6", "conv_transpose: {out: 2, kernel: [3, 2], stride: [1, 9], padding: [1, 4]}"),
    ("5, 9, 11", "max_pool: {kernel: 2, stride: 2}"),
    ("5, 9, 11", "max_pool: {kernel: 3, stride: 2, padding: 1}"),
    ("5, 19, 70", "max_pool: {kernel: [2, 7], stride: [3, 6], padding: [1, 2]}"),
    ("5, 19, 70", "max_pool: {kernel: [2, 3], stride: [3, 1], padding: 1, dilation: 2}"),
    ("5, 9, 11", "avg_pool: {kernel: 3, stride: 3, padding: 1}"),
    ("5, 9, 70", "avg_pool: {kernel: [2, 5], stride: [1, 4], padding: [1, 2]}"),
    ("5, 19, 70", "global_avg_pool"),
    ("5, 19, 70", "global_max_pool"),
    ("5, 19, 70", "adaptive_avg_pool: [5, 7]"),
    ("5, 19, 70", "softmax: 1"),
    ("5, 3, 7", "softmax: 2"),
    ("5, 19, 70", "softmax: 3"),
    ("5, 19, 70", "log_softmax: 1"),
    ("5, 19, 70", "log_softmax: 3"),
    ("5, 19, 70", "tanh"),
    ("5, 19, 70", "elu"),
];

#[test]
fn layers_of_every_shape_are_the_oracles() {
    for (input, layer) in LAYERS {
        let text = format!("name: a\ninput: [{input}]\nlayers:\n  - {layer}\n");
        assert_close(&text, 1);
        assert_close(&text, 3);
    }
}

/// Rows of every length, so that the last units end anywhere in a vector.
#[test]
fn convolutions_of_every_width_are_the_oracles() {
    for width in 1..=100 {
        for layer in [
            "conv: {out: 1, kernel: 5, padding: 2}",
            "depthwise_conv: {kernel: [1, 7], padding: [0, 9], dilation: 3}",
            "conv: {out: 5, kernel: 3, padding: 1, stride: 2}",
            "conv_transpose: {out: 1, kernel: 3, stride: 2}",
            "max_pool: {kernel: 3, stride: 2, padding: 1}",
        ] {
            for height in [1, 3] {
                let input = format!("[2, {height}, {width}]");
                let text = format!("name: a\ninput: {input}\nlayers:\n  - {layer}\n");
                assert_close(&text, 1);
            }
        }
    }
}

/// Units that see no number, or infinity, are the oracle's, and no others.
#[test]
fn what_is_not_finite_reaches_the_units_that_see_it() {
    let small = LAYERS.iter().filter(|(input, _)| input.len() <= "16, 9, 9".len());
    for (input, layer) in small {
        let text = format!("name: a\ninput: [{input}]\nlayers:\n  - {layer}\n");
        let network = network(&text);
        let mut input = seeded_inputs(&network, 0).unwrap().swap_remove(0);
        let last = input.len() - 1;
        for (at, value) in [(last / 2, f32::NAN), (last, f32::INFINITY), (0, f32::NEG_INFINITY)] {
            input[at] = value;
            let [expected, given] = both(&network, &input, 1);
            let kinds = |values: &[f64]| {
                values.iter().map(|value| (value.is_nan(), value.is_infinite())).collect::<Vec<_>>()
            };
            assert_eq!(kinds(&given), kinds(&expected), "{text}{at}");
        }
    }
}

/// Between values whose difference 32 bits do not hold, and beside infinity, enlarged maps are the oracle's.
#[test]
fn enlarging_exceeds_nothing() {
    let network =
        network("name: a\ninput: [1, 2, 2]\nlayers: [upsample: {scale: 2, mode: bilinear}]\n");
    for input in [[3e38, -3e38, -3e38, 3e38], [f32::INFINITY, f32::INFINITY, 1.0, 1.0]] {
        let [expected, found] = both(&network, &input, 1);
        for (expected, found) in expected.iter().zip(&found) {
            let is_close = (expected - found).abs() <= 1e-6 * 3e38 || expected == found;
            assert!(is_close, "{input:?}: {expected} {found}");
        }
    }
}

/// Exponentials of every size are within a millionth of the value itself, not of the largest.
#[test]
fn activations_are_exact_where_they_are_small() {
    let inputs: Vec<f32> =
        (-400..=400).map(|at: i16| f32::from(at) / 5.0).chain([-1e-6, 1e-6, 1e-3, -1e-3]).collect();
    for layer in ["silu", "sigmoid", "tanh", "elu"] {
        let text = format!("name: a\ninput: [{}]\nlayers:\n  - {layer}\n", inputs.len());
        let [expected, given] = both(&network(&text), &inputs, 1);
        for ((x, expected), value) in inputs.iter().zip(expected).zip(given) {
            let difference = (value - expected).abs();
            assert!(difference <= 1e-6 * expected.abs(), "{layer} of {x}: {value} {expected}");
        }
    }
}
