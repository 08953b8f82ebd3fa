//! Loops over elements that lie a stride apart, compiled to vectors for the strides that layers have.

/// Joins to each element a value, those values lying a stride apart.
#[inline(always)]
pub(super) fn join_apart(
    joined: &mut [f32],
    values: &[f32],
    stride: usize,
    join: impl Fn(f32, f32) -> f32,
) {
    match stride {
        1 => joined.iter_mut().zip(values).for_each(|(y, x)| *y = join(*y, *x)),
        2 => join_firsts::<2>(joined, values, join),
        3 => join_firsts::<3>(joined, values, join),
        4 => join_firsts::<4>(joined, values, join),
        _ => {
            let values = values.iter().step_by(stride);
            joined.iter_mut().zip(values).for_each(|(y, x)| *y = join(*y, *x));
        }
    }
}

/// Joins to each element the first of so many values.
#[inline(always)]
fn join_firsts<const STRIDE: usize>(
    joined: &mut [f32],
    values: &[f32],
    join: impl Fn(f32, f32) -> f32,
) {
    let (groups, last) = values.as_chunks::<STRIDE>();
    let (joined, left) = joined.split_at_mut(groups.len().min(joined.len()));
    for (y, group) in joined.iter_mut().zip(groups) {
        *y = join(*y, group[0]);
    }
    // The last value has no others after it.
    for (y, x) in left.iter_mut().zip(last) {
        *y = join(*y, *x);
    }
}

/// Adds lanes, as many as the stride is long, to elements in turn: one value of each lane, then the next.
#[inline(always)]
pub(super) fn add_in_turn(lanes: &[f32], stride: usize, sums: &mut [f32]) {
    match stride {
        1 => add_lanes::<1>(lanes, sums),
        2 => add_lanes::<2>(lanes, sums),
        3 => add_lanes::<3>(lanes, sums),
        4 => add_lanes::<4>(lanes, sums),
        _ => {
            for (at, lane) in lanes.chunks(lanes.len() / stride).enumerate() {
                let sums = sums[at..].iter_mut().step_by(stride);
                sums.zip(lane).for_each(|(sum, x)| *sum += x);
            }
        }
    }
}

/// Adds so many lanes in turn.
#[inline(always)]
fn add_lanes<const LANES: usize>(lanes: &[f32], sums: &mut [f32]) {
    let length = lanes.len() / LANES;
    let (groups, last) = sums.as_chunks_mut::<LANES>();
    let whole: [&[f32]; LANES] =
        std::array::from_fn(|lane| &lanes[lane * length..][..groups.len()]);
    // Compiled to vectors only with plain indices.
    for (at, group) in groups.iter_mut().enumerate() {
        for lane in 0..LANES {
            group[lane] += whole[lane][at];
        }
    }
    // The last elements are too few for all lanes.
    for (sum, lane) in last.iter_mut().zip(lanes.chunks(length)) {
        *sum += lane[groups.len()];
    }
}
