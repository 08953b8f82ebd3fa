//! How long reading, elaborating and analysing take, and that they are linear in the number of layers.

#![allow(clippy::unwrap_used, reason = "what cannot be read cannot be measured")]

use std::hint::black_box;
use std::sync::Arc;

use cnnstat::analysis::{analyse, paths, receptive_field};
use cnnstat::back::html;
use cnnstat::bundled::{self, Bundled};
use cnnstat::diagnostics::Source;
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::report::Report;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const LAYERS: [u64; 3] = [1_000, 10_000, 100_000];

/// A chain of convolutions, written out step by step.
fn written_out(layers: u64) -> Arc<Source> {
    let mut text = "name: chain\ninput: [8, 32, 32]\nlayers:\n".to_owned();
    for _ in 0..layers {
        text.push_str("  - conv: {out: 8, kernel: 3, padding: 1}\n");
    }
    Source::new("chain.yaml", text)
}

/// The same chain by a repetition.
fn repeated(layers: u64) -> Description {
    let text = format!(
        "name: chain\ninput: [8, 32, 32]\nlayers:\n  - repeat: {{times: {layers}, layers: [conv: {{out: 8, kernel: 3, padding: 1}}]}}\n"
    );
    Description::read(&Source::new("chain.yaml", text), &Bundled).unwrap()
}

/// A dense block: every concatenation takes all that came before.
fn dense(layers: u64) -> Description {
    let text = format!(
        "name: dense\ninput: [8, 8, 8]\nlayers:\n  - repeat: {{times: {layers}, layers: [concat: [[], [conv: {{out: 1, kernel: 3, padding: 1}}]]]}}\n"
    );
    Description::read(&Source::new("dense.yaml", text), &Bundled).unwrap()
}

fn chains(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chain");
    group.sample_size(10);
    for layers in LAYERS {
        group.throughput(Throughput::Elements(layers));
        let source = written_out(layers);
        group.bench_with_input(BenchmarkId::new("read", layers), &source, |bencher, source| {
            bencher.iter(|| Description::read(black_box(source), &Bundled).unwrap());
        });
        let description = repeated(layers);
        group.bench_function(BenchmarkId::new("elaborate", layers), |bencher| {
            bencher.iter(|| description.elaborate(&Settings::default()).unwrap());
        });
        let elaborated = description.elaborate(&Settings::default()).unwrap();
        group.bench_function(BenchmarkId::new("analyse", layers), |bencher| {
            bencher.iter(|| analyse(black_box(&elaborated.network)).unwrap());
        });
        group.bench_function(BenchmarkId::new("report", layers), |bencher| {
            bencher.iter(|| {
                Report::new(black_box(&elaborated.network), description.metadata(&elaborated))
                    .unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("receptive_field", layers), |bencher| {
            bencher.iter(|| receptive_field(black_box(&elaborated.network)).unwrap());
        });
        group.bench_function(BenchmarkId::new("paths", layers), |bencher| {
            bencher.iter(|| paths(black_box(&elaborated.network)).unwrap());
        });
        let description = dense(layers);
        let elaborated = description.elaborate(&Settings::default()).unwrap();
        // The number of paths doubles with every layer: quadratic in bits, up to the bounds of exact arithmetic.
        group.bench_function(BenchmarkId::new("paths_dense", layers), |bencher| {
            bencher.iter(|| paths(black_box(&elaborated.network)).unwrap());
        });
        group.bench_function(BenchmarkId::new("analyse_dense", layers), |bencher| {
            bencher.iter(|| analyse(black_box(&elaborated.network)).unwrap());
        });
        group.bench_function(BenchmarkId::new("receptive_field_dense", layers), |bencher| {
            bencher.iter(|| receptive_field(black_box(&elaborated.network)).unwrap());
        });
    }
    group.finish();
}

fn networks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("network");
    for name in ["squeezenet", "resnet152", "densenet201"] {
        let source = bundled::source(name).unwrap();
        group.bench_function(BenchmarkId::new("file_to_report", name), |bencher| {
            bencher.iter(|| {
                let description = Description::read(black_box(&source), &Bundled).unwrap();
                let elaborated = description.elaborate(&Settings::default()).unwrap();
                Report::new(&elaborated.network, description.metadata(&elaborated)).unwrap()
            });
        });
        let description = Description::read(&source, &Bundled).unwrap();
        let elaborated = description.elaborate(&Settings::default()).unwrap();
        group.bench_function(BenchmarkId::new("receptive_field", name), |bencher| {
            bencher.iter(|| receptive_field(black_box(&elaborated.network)).unwrap());
        });
        let report = Report::new(&elaborated.network, description.metadata(&elaborated)).unwrap();
        group.bench_function(BenchmarkId::new("page", name), |bencher| {
            bencher.iter(|| html::render(black_box(&report)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, chains, networks);
criterion_main!(benches);
