//! The machine at hand, measured.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use cnnstat::analysis::roofline::Machine;
use pulp::{Arch, Simd, WithSimd};

use super::failure::Failure;

/// How often each rate is measured; the best counts.
const REPEATS: u32 = 5;
/// How long arithmetic is measured each time.
const BURST: Duration = Duration::from_millis(80);
/// Values in each of the three arrays together over all threads: 128 MiB, far more than caches hold.
const VALUES: usize = 32 << 20;

/// Measures the machine in about a second, on all its threads: fused multiply–adds in registers, and a triad `a = b + s·c` over arrays
/// larger than caches (McCalpin's STREAM, which counts 12 bytes an element here).
pub(super) fn measured() -> Result<Machine, Failure> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let peak = best_rate(threads, || (), |()| arithmetic());
    let bandwidth = best_rate(threads, || Triad::new(VALUES / threads), Triad::run);
    let noun = if threads == 1 { "thread" } else { "threads" };
    let name = format!("this machine (measured, {threads} {noun})");
    Machine::new(&name, peak, bandwidth)
        .map_err(|error| Failure::message(format!("this machine could not be measured: {error}")))
}

/// The best rate of all threads together, in what `run` returns a second.
fn best_rate<W>(
    threads: usize,
    prepare: impl Fn() -> W + Sync,
    run: impl Fn(&mut W) -> f64 + Sync,
) -> f64 {
    let barrier = Barrier::new(threads);
    let work = || {
        // Each thread writes its own memory first, which places it near.
        let mut prepared = prepare();
        let mut runs = Vec::new();
        for _ in 0..REPEATS {
            barrier.wait();
            let start = Instant::now();
            let amount = run(&mut prepared);
            runs.push((start, Instant::now(), amount));
        }
        runs
    };
    let runs: Vec<_> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let repeats = usize::try_from(REPEATS).unwrap_or(0);
    (0..repeats).map(|repeat| together(&runs, repeat)).fold(0.0, f64::max)
}

/// The rate of all threads in one repeat, from the first start to the last end.
fn together(runs: &[Vec<(Instant, Instant, f64)>], repeat: usize) -> f64 {
    let runs = || runs.iter().filter_map(|runs| runs.get(repeat));
    let start = runs().map(|(start, _, _)| *start).min();
    let end = runs().map(|(_, end, _)| *end).max();
    let amount: f64 = runs().map(|(_, _, amount)| *amount).sum();
    let seconds = start.zip(end).map(|(start, end)| end.duration_since(start).as_secs_f64());
    seconds.filter(|seconds| *seconds > 0.0).map_or(0.0, |seconds| amount / seconds)
}

/// Does arithmetic for a while; returns how many operations.
fn arithmetic() -> f64 {
    let arch = Arch::new();
    let start = Instant::now();
    let mut operations = 0.0;
    while start.elapsed() < BURST {
        operations += arch.dispatch(MultiplyAdds);
    }
    operations
}

/// Multiply–adds that do not wait for each other.
struct MultiplyAdds;

impl WithSimd for MultiplyAdds {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        const ROUNDS: u32 = 20_000;
        // As many as hide the latency of two units of four or five cycles, and fit sixteen registers.
        const CHAINS: u32 = 12;
        let factor = simd.splat_f32s(black_box(0.999));
        let term = simd.splat_f32s(black_box(0.001));
        let mut sums = [simd.splat_f32s(black_box(0.5)); CHAINS as usize];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, factor, term);
            }
        }
        for sum in sums {
            black_box(simd.reduce_sum_f32s(sum));
        }
        2.0 * f64::from(ROUNDS) * f64::from(CHAINS) * S::F32_LANES as f64
    }
}

/// Arrays of one thread; empty where there is no memory for them.
struct Triad {
    sum: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Triad {
    fn new(values: usize) -> Self {
        Self { sum: filled(values, 0.0), first: filled(values, 1.0), second: filled(values, 2.0) }
    }

    /// One triad; returns how many bytes it moved.
    fn run(&mut self) -> f64 {
        let factor = black_box(0.5_f32);
        Arch::new().dispatch(|| {
            let operands = self.first.iter().zip(&self.second);
            for (sum, (first, second)) in self.sum.iter_mut().zip(operands) {
                *sum = first + factor * second;
            }
        });
        black_box(&mut self.sum);
        let values = self.sum.len().min(self.first.len()).min(self.second.len());
        3.0 * size_of::<f32>() as f64 * values as f64
    }
}

/// An array of one value; empty where there is no memory for it.
fn filled(values: usize, value: f32) -> Vec<f32> {
    let mut array = Vec::new();
    if array.try_reserve_exact(values).is_ok() {
        array.resize(values, black_box(value));
    }
    array
}
