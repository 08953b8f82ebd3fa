//! How many variants of a network of 50 layers can be tried in a second: on one thread step by step, and on all.

#![allow(clippy::unwrap_used, reason = "what cannot be read cannot be measured")]

use std::hint::black_box;

use cnnstat::analysis::analyse;
use cnnstat::bundled::{self, Bundled};
use cnnstat::figure::Figure;
use cnnstat::front::yaml::{Description, Settings, StepQuota};
use cnnstat::sweep::{Dimension, Grid, MOST_STEPS, evaluate, front};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Variants of a sample.
const VARIANTS: u64 = 1_000;

fn variants(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sweep");
    let description = Description::read(&bundled::source("resnet50").unwrap(), &Bundled).unwrap();
    let network = description.network(&Settings::default()).unwrap();
    group.throughput(Throughput::Elements(1));
    group.bench_function("elaborate", |bencher| {
        bencher.iter(|| description.network(black_box(&Settings::default())).unwrap());
    });
    group.bench_function("analyse", |bencher| {
        bencher.iter(|| analyse(black_box(&network)).unwrap());
    });
    let classes = Dimension::parameter(&description, &format!("classes=1..{VARIANTS}")).unwrap();
    let grid = Grid::new(vec![classes]).unwrap();
    group.throughput(Throughput::Elements(VARIANTS));
    group.sample_size(20);
    group.bench_function("evaluate", |bencher| {
        let figures = [Figure::Params, Figure::Macs];
        bencher.iter(|| {
            let work = StepQuota::of_at_most(MOST_STEPS);
            evaluate(&description, black_box(&grid), &figures, 0..VARIANTS, &work)
        });
    });
    group.finish();
}

/// The front of many variants, most of which are on it.
fn fronts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("front");
    let points: Vec<_> = (0..100_000_u64).map(|at| Some(vec![at, 100_000 - at])).collect();
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("two_figures", |bencher| bencher.iter(|| front(black_box(&points))));
    group.finish();
}

criterion_group!(benches, variants, fronts);
criterion_main!(benches);
