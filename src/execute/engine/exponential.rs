//! Exponentials in 32 bits, in arithmetic alone, so that loops over them are compiled to vectors: within 3e-7 of the value itself.

/// The least and the greatest exponent that make a difference: below, the exponential is 0, and above, infinite.
const LEAST: f32 = -86.5;
const GREATEST: f32 = 89.0;

/// eˣ; 0 where it is less than 1e-37.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let (half, fraction) = parts(x);
    if x < LEAST { 0.0 } else { (half + half * fraction) * 2.0 }
}

/// eˣ - 1, as exact where x is small.
#[inline(always)]
pub(super) fn exp_m1(x: f32) -> f32 {
    let (half, fraction) = parts(x);
    (half * fraction + (half - 0.5)) * 2.0
}

/// The hyperbolic tangent.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    // Beyond, it is 1 in 32 bits.
    let x = x.clamp(-10.0, 10.0);
    let grown = exp_m1(2.0 * x);
    grown / (grown + 2.0)
}

/// `h` and `f`, so that eˣ = 2·h·(1 + f), `h` being a power of 2: half of it, since the greatest is no number of 32 bits.
#[inline(always)]
fn parts(x: f32) -> (f32, f32) {
    // Added to a small number, this rounds it to a whole one, which then stands in the last bits.
    const WHOLE: f32 = 12_582_912.0;
    // The natural logarithm of 2 in two parts: multiples of the first are exact.
    const LN_2: [f32; 2] = [355.0 / 512.0, -2.121_944_4e-4];
    let x = x.clamp(LEAST, GREATEST);
    let shifted = x * std::f32::consts::LOG2_E + WHOLE;
    let power = shifted - WHOLE;
    let rest = x - power * LN_2[0] - power * LN_2[1];
    // Of the polynomial that is nearest on ±ln 2 / 2 (S. L. Moshier, Cephes, `expf`).
    let mut sum = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = sum * rest + coefficient;
    }
    let exponent = shifted.to_bits().wrapping_add(126) << 23;
    (f32::from_bits(exponent), sum * rest * rest + rest)
}
