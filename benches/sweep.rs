//! How many variants of a network can be tried in a second: elaboration and figures, without a report.

#![allow(clippy::unwrap_used, reason = "what cannot be read cannot be measured")]

use std::hint::black_box;

use cnnstat::analysis::analyse;
use cnnstat::bundled::{self, Bundled};
use cnnstat::front::yaml::{Description, Settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn variants(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sweep");
    group.throughput(Throughput::Elements(1));
    let description = Description::read(&bundled::source("resnet50").unwrap(), &Bundled).unwrap();
    group.bench_function("elaborate", |bencher| {
        bencher.iter(|| description.elaborate(black_box(&Settings::default())).unwrap());
    });
    let network = description.elaborate(&Settings::default()).unwrap().network;
    group.bench_function("analyse", |bencher| {
        bencher.iter(|| analyse(black_box(&network)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, variants);
criterion_main!(benches);
