//! Exported models against ONNX Runtime, which `tests/peers/run` calls: it needs a Python with the packages of
//! `tests/peers/requirements.txt`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use cnnstat::bundled;
use cnnstat::execute::engine::{Engine, Fusion, Observer};
use cnnstat::execute::oracle;
use cnnstat::front::yaml::Settings;
use cnnstat::network::{Network, Node, Shape, Tensor};
use cnnstat::onnx::Model;
use cnnstat::ops::Array;
use cnnstat::weights::{self, Weights, seeded};
use common::operators::{Case, small};
use common::{bundled_description, plain};
use num_traits::AsPrimitive;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The bundled networks, each at the first of these heights and widths that it can take, and at its own where that is less.
fn bundled() -> Vec<Case> {
    const SIDES: [u64; 6] = [64, 96, 128, 160, 188, 224];
    let case = |name: &str| {
        let description = bundled_description(name);
        let elaborated = description.elaborate(&Settings::default()).unwrap();
        let own = shape(&elaborated.network, elaborated.network.inputs()[0]).map().unwrap();
        let channels = shape(&elaborated.network, elaborated.network.inputs()[0]).channels();
        let reduced = SIDES.into_iter().filter(|&side| side < own[0]).find_map(|side| {
            let input = Some(vec![channels.unwrap(), side, side]);
            let settings = Settings { input, ..Settings::default() };
            description.elaborate(&settings).is_ok().then_some(settings)
        });
        Case { name: name.to_owned(), description, settings: reduced.unwrap_or_default() }
    };
    bundled::names().into_iter().map(case).collect()
}

fn node(network: &Network, tensor: Tensor) -> &Node {
    network.node(tensor).unwrap()
}

fn shape(network: &Network, tensor: Tensor) -> Shape {
    node(network, tensor).shape
}

/// Numbers between -2 and 2 that nothing in a network has a part in.
fn input(shape: &Shape, which: usize) -> Vec<f32> {
    let count = usize::try_from(shape.elements()).unwrap();
    let number = |at: usize| ((at + which + 1) * 7919 % 10_007) as f32 / 10_007.0 * 4.0 - 2.0;
    (0..count).map(number).collect()
}

/// A folder of a case while it is written.
struct Folder<'a> {
    path: &'a Path,
    files: usize,
}

impl Folder<'_> {
    /// Writes a tensor; gives the file's name.
    fn save(&mut self, shape: &Shape, values: &[f32]) -> String {
        let name = format!("{}.npy", self.files);
        self.files += 1;
        let sizes: String = shape.sizes().iter().map(|size| format!("{size}, ")).collect();
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes}), }}");
        let padded = header.len() + 1 + (64 - (10 + header.len() + 1) % 64) % 64;
        let mut file = BufWriter::new(File::create(self.path.join(&name)).unwrap());
        file.write_all(b"\x93NUMPY\x01\x00").unwrap();
        file.write_all(&u16::try_from(padded).unwrap().to_le_bytes()).unwrap();
        file.write_all(format!("{header:<width$}\n", width = padded - 1).as_bytes()).unwrap();
        for value in values {
            file.write_all(&value.to_le_bytes()).unwrap();
        }
        file.flush().unwrap();
        name
    }

    /// Writes the model, its inputs, and what oracle and engine make of them.
    fn write(&mut self, network: &Network, weights: &Weights) {
        let model = Model::new(network, "judged").unwrap();
        let mut file = BufWriter::new(File::create(self.path.join("model.onnx")).unwrap());
        model.write(&mut &*weights, &mut file).unwrap();
        file.flush().unwrap();
        drop(file);
        let length = fs::metadata(self.path.join("model.onnx")).unwrap().len();
        assert_eq!(length, model.bytes(), "the size is known beforehand");

        let tensors = network.inputs().iter().enumerate();
        let inputs: Vec<(Shape, Vec<f32>)> = tensors
            .map(|(which, &tensor)| (shape(network, tensor), input(&shape(network, tensor), which)))
            .collect();
        let by_oracle = self.by_oracle(network, weights, &inputs);
        let (inner, outputs) = self.by_engine(network, weights, &inputs, &by_oracle);

        let mut judged = Vec::new();
        for (output, engine) in network.outputs().iter().zip(outputs) {
            let shape = shape(network, output.tensor);
            let oracle = match by_oracle.get(&output.tensor) {
                Some(oracle) => oracle.clone(),
                // An input that is returned.
                None => engine.clone(),
            };
            let expected =
                json!({"oracle": self.save(&shape, &oracle), "engine": self.save(&shape, &engine)});
            judged.push(json!({"name": output.name, "output": true, "expected": expected}));
        }
        for tensor in sampled(network) {
            let (name, shape) = (node(network, tensor).name(), shape(network, tensor));
            let mut expected = json!({"oracle": self.save(&shape, &by_oracle[&tensor])});
            if let Some(values) = inner.get(&tensor) {
                expected["engine"] = json!(self.save(&shape, values));
            }
            judged.push(json!({"name": name, "output": false, "expected": expected}));
        }
        let mut given = Map::new();
        for (&tensor, (shape, values)) in network.inputs().iter().zip(&inputs) {
            given.insert(node(network, tensor).name().to_owned(), json!(self.save(shape, values)));
        }
        let case = json!({
            "inputs": given, "tensors": judged, "parameters": sums(network, weights),
        });
        fs::write(self.path.join("case.json"), case.to_string()).unwrap();
    }

    fn by_oracle(
        &self,
        network: &Network,
        weights: &Weights,
        inputs: &[(Shape, Vec<f32>)],
    ) -> HashMap<Tensor, Vec<f32>> {
        let wide = |values: &[f32]| values.iter().copied().map(f64::from).collect();
        let inputs: Vec<Array> = inputs
            .iter()
            .map(|(shape, values)| Array::new(*shape, wide(values)).unwrap())
            .collect();
        let wanted = sampled(network);
        let mut made = HashMap::new();
        oracle::run(network, weights, &inputs, |layer| {
            if network.is_output(layer.tensor) || wanted.contains(&layer.tensor) {
                let values = layer.output.elements().iter().map(|value| value.as_());
                made.insert(layer.tensor, values.collect());
            }
        })
        .unwrap();
        made
    }

    /// Inner tensors by the engine with every layer apart, and the outputs with layers fused.
    fn by_engine(
        &self,
        network: &Network,
        weights: &Weights,
        inputs: &[(Shape, Vec<f32>)],
        wanted: &HashMap<Tensor, Vec<f32>>,
    ) -> (HashMap<Tensor, Vec<f32>>, Vec<Vec<f32>>) {
        let inputs: Vec<&[f32]> = inputs.iter().map(|(_, values)| values.as_slice()).collect();
        let mut watch = Watch { wanted, made: HashMap::new() };
        let engine = Engine::compile(network, &mut &*weights, Fusion::None).unwrap();
        engine.run(&mut engine.memory().unwrap(), &inputs, &mut watch).unwrap();
        drop(engine);
        let engine = Engine::compile(network, &mut &*weights, Fusion::Full).unwrap();
        let outputs = engine.run(&mut engine.memory().unwrap(), &inputs, &mut ()).unwrap();
        (watch.made, outputs)
    }
}

/// Keeps what is wanted of a run.
struct Watch<'a> {
    wanted: &'a HashMap<Tensor, Vec<f32>>,
    made: HashMap<Tensor, Vec<f32>>,
}

impl Observer for Watch<'_> {
    fn sample(&mut self, tensor: Tensor, _: usize, values: &[f32]) {
        if self.wanted.contains_key(&tensor) {
            self.made.entry(tensor).or_default().extend_from_slice(values);
        }
    }
}

/// Inner tensors that are held against each other: all of a small network, some of a large one.
fn sampled(network: &Network) -> Vec<Tensor> {
    const MOST: usize = 16;
    let names: Vec<&str> = network.outputs().iter().map(|output| output.name.as_str()).collect();
    let is_inner =
        |tensor: Tensor, node: &Node| !network.is_output(tensor) && !names.contains(&node.name());
    let inner: Vec<Tensor> = network
        .layers()
        .filter(|(tensor, node)| is_inner(*tensor, node))
        .map(|(tensor, _)| tensor)
        .collect();
    let step = inner.len().div_ceil(MOST).max(1);
    inner.into_iter().step_by(step).collect()
}

/// The sums of the magnitudes of all parameters, by their names.
fn sums(network: &Network, weights: &Weights) -> Map<String, Value> {
    let mut position = HashMap::new();
    let sum = |values: &[f32]| values.iter().map(|value| f64::from(value.abs())).sum::<f64>();
    let named = weights::parameters(network).unwrap().into_iter();
    named
        .map(|parameter| {
            let at: &mut usize = position.entry(parameter.node).or_default();
            let values = &weights.of(parameter.node)[*at];
            *at += 1;
            (parameter.name, json!(sum(values)))
        })
        .collect()
}

/// The process that judges.
struct Judge {
    process: Child,
    folders: ChildStdin,
    verdicts: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Verdict {
    largest: Option<f64>,
    wrong: Vec<String>,
}

impl Judge {
    fn new(python: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/judge.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let folders = process.stdin.take().unwrap();
        let verdicts = BufReader::new(process.stdout.take().unwrap());
        Self { process, folders, verdicts }
    }

    fn judge(&mut self, case: &Case) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let elaborated = case.description.elaborate(&case.settings);
        let network =
            elaborated.unwrap_or_else(|error| panic!("{}: {}", case.name, plain(&error))).network;
        let weights = seeded(&network, 7).unwrap();
        Folder { path: folder.path(), files: 0 }.write(&network, &weights);
        drop((network, weights));
        writeln!(self.folders, "{}", folder.path().display()).unwrap();
        let mut line = String::new();
        self.verdicts.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}: `{line}`", case.name))
    }
}

#[test]
#[ignore = "tests/peers/run calls it with a Python that has ONNX Runtime"]
fn onnx_runtime_gives_what_oracle_and_engine_give() {
    let python = std::env::var("PEERS_PYTHON").expect("PEERS_PYTHON names a Python");
    let only = std::env::var("PEERS_ONLY").unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    let chosen = |case: &Case| only.is_empty() || only.iter().any(|word| case.name.contains(word));
    let mut judge = Judge::new(&python);
    let (mut passed, mut failed) = (0, 0);
    for case in small().into_iter().chain(bundled()).filter(chosen) {
        let verdict = judge.judge(&case);
        if verdict.wrong.is_empty() {
            passed += 1;
        } else {
            failed += 1;
        }
        let largest = verdict.largest.map_or("-".to_owned(), |largest| format!("{largest:.1e}"));
        println!("{largest:>8}  {}", case.name);
        for wrong in verdict.wrong {
            println!("          {wrong}");
        }
    }
    let Judge { mut process, folders, .. } = judge;
    drop(folders);
    process.wait().unwrap();
    println!("{passed} passed, {failed} failed against ONNX Runtime");
    assert!(failed == 0 && passed > 0, "{failed} failed");
}
