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

/// One row and several, with features that fill no whole number of vectors.
#[test]
fn linear_layers_of_every_size_are_the_oracles() {
    for features in [1, 2, 3, 4, 5, 8, 13, 70] {
        for taken in [1, 3, 7, 8, 15, 16, 17, 33, 100] {
            for input in [format!("[{taken}]"), format!("[3, {taken}]")] {
                let text = format!("name: a\ninput: {input}\nlayers: [linear: {features}]\n");
                let network = network(&text);
                let inputs = seeded_inputs(&network, 0).unwrap();
                let values: Vec<f64> = inputs[0].iter().map(|&value| value.into()).collect();
                let shape = network.node(network.inputs()[0]).unwrap().shape;
                let given = Array::new(shape, values).unwrap();
                let weights = seeded(&network, 1).unwrap();
                let expected = oracle::run(&network, &weights, &[given], |_| ()).unwrap();
                let runs = engine(&network);
                let mut memory = runs.memory().unwrap();
                let outputs = runs.run(&mut memory, &[&inputs[0]], &mut ()).unwrap();
                let expected = expected[0].elements();
                let largest = expected.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                assert_eq!(outputs[0].len(), expected.len(), "{text}");
                for (value, expected) in outputs[0].iter().zip(expected) {
                    let difference = (f64::from(*value) - expected).abs();
                    assert!(difference <= 1e-6 * largest.max(1.0), "{text}{value} {expected}");
                }
            }
        }
    }
}
