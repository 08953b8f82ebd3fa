//! How long the engine takes: a layer of every family of kernels, and networks, on one thread.

#![allow(clippy::unwrap_used, reason = "what cannot be read cannot be measured")]

use std::sync::Arc;

use cnnstat::analysis::analyse;
use cnnstat::bundled::{self, Bundled};
use cnnstat::diagnostics::Source;
use cnnstat::execute::engine::{Engine, Fusion};
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::network::Network;
use cnnstat::weights::{Seeded, seeded_inputs};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// A layer of every family, after its input; sizes are those of layers in the middle of bundled networks.
const KERNELS: [(&str, &str, &str); 33] = [
    ("convolution 3x3", "[128, 28, 28]", "conv: {out: 128, kernel: 3, padding: 1}"),
    (
        "convolution 3x3, stride 2",
        "[128, 56, 56]",
        "conv: {out: 128, kernel: 3, stride: 2, padding: 1}",
    ),
    ("convolution 3x3, 7x7 maps", "[512, 7, 7]", "conv: {out: 512, kernel: 3, padding: 1}"),
    ("convolution 1x1", "[256, 28, 28]", "conv: {out: 128, kernel: 1}"),
    (
        "convolution 7x7, stride 2",
        "[3, 224, 224]",
        "conv: {out: 64, kernel: 7, stride: 2, padding: 3}",
    ),
    (
        "convolution, 32 groups",
        "[256, 28, 28]",
        "conv: {out: 256, kernel: 3, padding: 1, groups: 32}",
    ),
    (
        "depthwise convolution",
        "[256, 28, 28]",
        "conv: {out: 256, kernel: 3, padding: 1, groups: 256}",
    ),
    ("transposed convolution", "[128, 28, 28]", "conv_transpose: {out: 64, kernel: 2, stride: 2}"),
    (
        "transposed convolution 4x4, padding 1",
        "[64, 64, 64]",
        "conv_transpose: {out: 32, kernel: 4, stride: 2, padding: 1}",
    ),
    (
        "transposed convolution, 4 groups",
        "[64, 32, 32]",
        "conv_transpose: {out: 64, kernel: 4, stride: 4, groups: 4}",
    ),
    ("convolution to 8 channels", "[64, 128, 128]", "conv: {out: 8, kernel: 3, padding: 1}"),
    (
        "convolution, 16 groups, 8x8 maps",
        "[64, 8, 8]",
        "conv: {out: 64, kernel: 3, padding: 1, groups: 16}",
    ),
    ("linear", "[4096]", "linear: 1024"),
    ("max pool 2x2, stride 2", "[64, 112, 112]", "max_pool: {kernel: 2, stride: 2}"),
    ("max pool 3x3, stride 2", "[64, 112, 112]", "max_pool: {kernel: 3, stride: 2, padding: 1}"),
    ("average pool 2x2", "[128, 56, 56]", "avg_pool: {kernel: 2, stride: 2}"),
    ("global average pool", "[2048, 7, 7]", "global_avg_pool"),
    ("batch normalization", "[256, 56, 56]", "batch_norm"),
    ("local response normalization", "[64, 56, 56]", "lrn: 5"),
    ("softmax", "[1000]", "softmax: 1"),
    ("softmax of channels", "[16, 256, 192]", "softmax: 1"),
    ("silu", "[256, 56, 56]", "silu"),
    ("channel shuffle", "[240, 28, 28]", "channel_shuffle: 3"),
    ("gelu", "[256, 56, 56]", "gelu"),
    ("prelu", "[256, 56, 56]", "prelu"),
    ("layer normalization", "[196, 768]", "layer_norm: {axis: 2}"),
    ("product of matrices", "[12, 196, 196]", "matmul: [[], []]"),
    ("sum", "[256, 56, 56]", "add: [[], []]"),
    ("scale by channel", "[256, 56, 56]", "mul: [[], [global_avg_pool, sigmoid]]"),
    ("concatenation", "[128, 56, 56]", "concat: [[], []]"),
    ("transposition", "[196, 768]", "transpose: [0, 2, 1]"),
    ("padding", "[64, 112, 112]", "pad: 3"),
    ("bilinear upsampling", "[64, 56, 56]", "upsample: {scale: 2, mode: bilinear}"),
];

const NETWORKS: [&str; 11] = [
    "alexnet-torchvision",
    "vgg16",
    "vgg19",
    "googlenet",
    "resnet18",
    "resnet50",
    "resnet152",
    "densenet121",
    "densenet201",
    "squeezenet",
    "squeezenet1_1",
];

fn described(source: &Arc<Source>) -> Network {
    let description = Description::read(source, &Bundled).unwrap();
    description.elaborate(&Settings::default()).unwrap().network
}

/// Measures passes over a network, and tells their rate in floating-point operations.
fn pass(criterion: &mut Criterion, group: &str, name: &str, network: &Network) {
    let engine = Engine::compile(network, &mut Seeded::new(network, 7).unwrap(), Fusion::Full);
    let engine = engine.unwrap();
    let mut memory = engine.memory().unwrap();
    let inputs = seeded_inputs(network, 0).unwrap();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group(group);
    group.sample_size(10);
    group.throughput(Throughput::Elements(analyse(network).unwrap().totals.figures.flops));
    group.bench_function(name, |bencher| {
        threads.install(|| bencher.iter(|| engine.run(&mut memory, &inputs, &mut ()).unwrap()));
    });
}

fn kernels(criterion: &mut Criterion) {
    for (name, input, layer) in KERNELS {
        let text = format!("name: {name}\ninput: {input}\nlayers:\n  - {layer}\n");
        pass(criterion, "kernel", name, &described(&Source::new("layer.yaml", text)));
    }
}

fn networks(criterion: &mut Criterion) {
    for name in NETWORKS {
        pass(criterion, "network", name, &described(&bundled::source(name).unwrap()));
    }
}

criterion_group!(benches, kernels, networks);
criterion_main!(benches);
