//! The machine at hand: its rates, measured, and its memory.

mod memory;

use std::hint::black_box;
use std::num::NonZero;
use std::sync::{Barrier, OnceLock};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use cnnstat::analysis::roofline::Machine;
use cnnstat::figure::quantity::write::noun;
use pulp::{Arch, Simd, WithSimd};

use super::failure::Failure;
pub(super) use memory::available_memory;

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
    let (peak, computing) = best_rate(threads, || (), |()| arithmetic());
    let (bandwidth, moving) = best_rate(threads, || Triad::new(VALUES / threads), Triad::run);
    let threads = computing.min(moving);
    Machine::new(&measured_name(threads), peak, bandwidth)
        .map_err(|error| Failure::message(format!("this machine could not be measured: {error}")))
}

/// The most operations of a machine.
#[derive(Debug)]
pub(super) struct Peak {
    /// Floating-point operations a second.
    pub(super) flops: f64,
    /// What the machine is called.
    pub(super) machine: String,
}

impl Peak {
    /// The higher of two.
    pub(super) fn max(self, other: Self) -> Self {
        if other.flops > self.flops { other } else { self }
    }
}

/// The operations a second of fused multiply–adds in registers on so many threads.
pub(super) fn measured_peak(threads: usize) -> Peak {
    let (flops, threads) = best_rate(threads, || (), |()| arithmetic());
    Peak { flops, machine: measured_name(threads) }
}

fn measured_name(threads: usize) -> String {
    format!("this machine (measured, {threads} {})", noun(threads, ["thread", "threads"]))
}

/// The best rate of all threads together, in what `run` returns a second, and how many threads there were: this one, and as many of
/// the others as the system starts.
fn best_rate<W>(
    threads: usize,
    prepare: impl Fn() -> W + Sync,
    run: impl Fn(&mut W) -> f64 + Sync,
) -> (f64, usize) {
    // How many wait for each other is known once all are started.
    let started = OnceLock::<Barrier>::new();
    let work = || {
        // Each thread writes its own memory first, which places it near.
        let mut prepared = prepare();
        let barrier = started.wait();
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
        let others = (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, work).ok());
        let others: Vec<_> = others.collect();
        started.get_or_init(|| Barrier::new(others.len() + 1));
        let own = work();
        others.into_iter().filter_map(|other| other.join().ok()).chain([own]).collect()
    });
    let repeats = usize::try_from(REPEATS).unwrap_or(0);
    let best = (0..repeats).map(|repeat| together(&runs, repeat)).fold(0.0, f64::max);
    (best, runs.len())
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::{REPEATS, Triad, best_rate};

    #[test]
    fn all_threads_work_in_every_repeat() {
        for threads in [1, 2, 5] {
            let (prepared, run) = (AtomicU32::new(0), AtomicU32::new(0));
            let prepare = || prepared.fetch_add(1, Ordering::Relaxed);
            let (rate, working) = best_rate(threads, prepare, |_| {
                run.fetch_add(1, Ordering::Relaxed);
                1.0
            });
            assert!(rate > 0.0 && (1..=threads).contains(&working), "{rate}, {working}");
            let working = u32::try_from(working).unwrap_or(0);
            assert_eq!(prepared.into_inner(), working);
            assert_eq!(run.into_inner(), working * REPEATS);
        }
    }

    #[test]
    fn a_triad_moves_three_arrays() {
        let mut triad = Triad::new(1_000);
        assert_eq!(triad.run().to_bits(), 12_000.0_f64.to_bits());
        assert!(triad.sum.iter().all(|sum| (sum - 2.0).abs() < f32::EPSILON));
    }
}
