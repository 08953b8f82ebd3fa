//! The bundled networks against torchvision's, layer by layer. `tests/reference/torchvision` says where the figures are from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::path::{Path, PathBuf};

use cnnstat::front::yaml::Settings;
use cnnstat::ops::{Op, Padding, Window};
use cnnstat::report::Layer;
use serde::Deserialize;

/// torchvision's name, and the bundled network's.
const NETWORKS: [(&str, &str); 18] = [
    ("alexnet", "alexnet-torchvision"),
    ("densenet121", "densenet121"),
    ("densenet161", "densenet161"),
    ("densenet169", "densenet169"),
    ("densenet201", "densenet201"),
    ("googlenet", "googlenet-torchvision"),
    ("resnet101", "resnet101"),
    ("resnet152", "resnet152"),
    ("resnet18", "resnet18"),
    ("resnet34", "resnet34"),
    ("resnet50", "resnet50"),
    ("squeezenet1_0", "squeezenet"),
    ("squeezenet1_1", "squeezenet1_1"),
    ("vgg11", "vgg11"),
    ("vgg13", "vgg13"),
    ("vgg16", "vgg16"),
    ("vgg16_bn", "vgg16_bn"),
    ("vgg19", "vgg19"),
];

/// A line of `totals.csv`.
#[derive(Debug, PartialEq, Deserialize)]
struct Totals {
    network: String,
    input: Sizes,
    output: Sizes,
    params: u64,
    macs: u64,
    conv_activations: u64,
    buffers: u64,
}

/// A line of a network's table: a leaf module.
#[derive(Debug, PartialEq, Deserialize)]
struct Module {
    module: String,
    #[serde(rename = "type")]
    kind: String,
    input: Sizes,
    output: Sizes,
    params: u64,
    macs: Option<u64>,
    kernel: Option<Sizes>,
    stride: Option<Sizes>,
    padding: Option<Sizes>,
    dilation: Option<Sizes>,
    groups: Option<u64>,
    bias: Option<bool>,
    ceil: Option<bool>,
}

/// Sizes without the batch, written `3x224x224`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Sizes(Vec<u64>);

impl TryFrom<String> for Sizes {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.split('x').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Sizes {
    fn without_batch(shape: &[u64]) -> Self {
        Self(shape.iter().skip(1).copied().collect())
    }
}

fn carried() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/torchvision")
}

fn rows<T: for<'de> Deserialize<'de>>(file: &str) -> Vec<T> {
    let path = carried().join(file);
    let mut reader = csv::Reader::from_path(&path).unwrap();
    reader.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{file}: {error}"))).collect()
}

#[test]
fn every_network_matches_in_total() {
    let totals: Vec<Totals> = rows("totals.csv");
    let names: Vec<_> = totals.iter().map(|totals| totals.network.as_str()).collect();
    assert_eq!(names, NETWORKS.map(|(network, _)| network));
    for (totals, (network, ours)) in totals.iter().zip(NETWORKS) {
        let description = common::bundled_description(ours);
        let (_, report) = common::analyse(&description, &Settings::default());
        let batch_norms = report.layers.iter().filter(|layer| layer.op == "batch_norm").count();
        let found = Totals {
            network: network.to_owned(),
            input: Sizes::without_batch(&report.input),
            output: Sizes::without_batch(&report.outputs[0].shape),
            params: report.totals.figures.params,
            macs: report.totals.figures.macs,
            conv_activations: report.totals.figures.conv_activations,
            // torchvision's include a counter of batches for every batch norm.
            buffers: report.totals.figures.buffers + u64::try_from(batch_norms).unwrap(),
        };
        assert_eq!(found, *totals);
    }
}

#[test]
fn every_layer_matches() {
    for (network, ours) in NETWORKS {
        let modules: Vec<Module> = rows(&format!("{network}.csv"));
        let description = common::bundled_description(ours);
        let (elaborated, report) = common::analyse(&description, &Settings::default());
        let operators = elaborated.network.layers().map(|(_, node)| &node.op);
        let mut layers = report.layers.iter().zip(operators);
        for module in &modules {
            let found = loop {
                let Some((layer, op)) = layers.next() else {
                    panic!("{network}: nothing is left for {module:?}");
                };
                let found = as_module(layer, op, module);
                if found == *module {
                    break None;
                }
                if !may_be_a_function(network, layer) {
                    break Some((layer, found));
                }
            };
            if let Some((layer, found)) = found {
                panic!("{network}: {module:?} is not\n`{}` {found:?}", layer.name);
            }
        }
        for (layer, _) in layers {
            assert!(may_be_a_function(network, layer), "{network}: `{}` is too many", layer.name);
        }
    }
}

/// Whether torchvision computes this by a function, which is no module.
fn may_be_a_function(network: &str, layer: &Layer) -> bool {
    match layer.op.as_str() {
        "relu" | "add" | "concat" | "flatten" | "dropout" => true,
        "global_avg_pool" => network.starts_with("densenet"),
        _ => false,
    }
}

/// Our layer in the terms of the reference; what the reference leaves out of `module` is left out.
fn as_module(layer: &Layer, op: &Op, module: &Module) -> Module {
    let kind = match layer.op.as_str() {
        "conv" => "Conv2d",
        "linear" => "Linear",
        "batch_norm" => "BatchNorm2d",
        "relu" => "ReLU",
        "max_pool" => "MaxPool2d",
        "avg_pool" => "AvgPool2d",
        // A global pool is torchvision's adaptive one to 1x1.
        "adaptive_avg_pool" | "global_avg_pool" => "AdaptiveAvgPool2d",
        "dropout" => "Dropout",
        other => other,
    };
    let (window, groups, bias) = match op {
        Op::Conv(conv) => (Some(&conv.window), Some(conv.groups), Some(conv.bias)),
        Op::MaxPool(pool) => (Some(&pool.window), None, None),
        Op::AvgPool(pool) => (Some(&pool.window), None, None),
        _ => (None, None, None),
    };
    let pair = |pair: [u64; 2]| Sizes(pair.to_vec());
    let is_conv = layer.op == "conv";
    Module {
        module: module.module.clone(),
        kind: kind.to_owned(),
        input: Sizes::without_batch(&layer.input_shapes[0]),
        output: Sizes::without_batch(&layer.output_shape),
        params: layer.figures.params,
        macs: (layer.figures.macs != 0).then_some(layer.figures.macs),
        kernel: window.map(|window| pair(window.kernel)),
        stride: window.map(|window| pair(window.stride)),
        padding: window.map(padding),
        dilation: window.filter(|_| is_conv).map(|window| pair(window.dilation)),
        groups,
        bias,
        // At stride 1 there is nothing to round, and either will do.
        ceil: match window.filter(|_| !is_conv) {
            Some(window) if window.stride == [1, 1] => module.ceil,
            window => window.map(|window| window.ceil),
        },
    }
}

/// The padding at the top and left; PyTorch's is the same at the bottom and right.
fn padding(window: &Window) -> Sizes {
    match window.padding {
        Padding::Explicit([top, left, bottom, right]) if [top, left] == [bottom, right] => {
            Sizes(vec![top, left])
        }
        other => panic!("PyTorch has no such padding: {other:?}"),
    }
}
