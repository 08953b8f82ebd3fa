//! Things in a row that keep their distance and stay as near as possible to where they want to be.

/// Where something wants to be, and how much that matters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) at: f64,
    pub(super) weight: f64,
}

/// Things pushed together, at distances from the first.
struct Cluster {
    first: usize,
    /// The mean of where the first of them would be by each wish.
    at: f64,
    weight: f64,
}

/// Positions in the given order with at least `gaps[i]` between one and the next, whose weighted sum of squared distances from the
/// wishes is least (pool adjacent violators; Ayer et al. 1955).
pub(super) fn spread(wishes: &[Wish], gaps: &[f64]) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(wishes.len());
    let mut offset = 0.0;
    for place in 0..wishes.len() {
        if let Some(gap) = place.checked_sub(1).and_then(|before| gaps.get(before)) {
            offset += gap;
        }
        offsets.push(offset);
    }
    let mut clusters: Vec<Cluster> = Vec::new();
    for (first, (wish, offset)) in wishes.iter().zip(&offsets).enumerate() {
        let mut cluster = Cluster { first, at: wish.at - offset, weight: wish.weight };
        while let Some(before) = clusters.pop_if(|before| before.at > cluster.at) {
            let weight = before.weight + cluster.weight;
            let at = (before.at * before.weight + cluster.at * cluster.weight) / weight;
            cluster = Cluster { first: before.first, at, weight };
        }
        clusters.push(cluster);
    }
    let mut ends = clusters.iter().skip(1).map(|cluster| cluster.first);
    let mut positions = Vec::with_capacity(wishes.len());
    for cluster in &clusters {
        let end = ends.next().unwrap_or(wishes.len());
        let members = offsets.get(cluster.first..end).unwrap_or_default();
        positions.extend(members.iter().map(|offset| cluster.at + offset));
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_keep_their_distance_and_stay_near() {
        let cases: &[(&[f64], f64, &[f64])] = &[
            (&[], 1.0, &[]),
            (&[5.0], 1.0, &[5.0]),
            (&[0.0, 10.0], 4.0, &[0.0, 10.0]),
            (&[5.0, 5.0], 4.0, &[3.0, 7.0]),
            (&[9.0, 5.0, 1.0], 2.0, &[3.0, 5.0, 7.0]),
            (&[0.0, 1.0, 20.0], 3.0, &[-1.0, 2.0, 20.0]),
        ];
        for (wanted, gap, expected) in cases {
            let wishes: Vec<Wish> = wanted.iter().map(|at| Wish { at: *at, weight: 1.0 }).collect();
            assert_eq!(spread(&wishes, &vec![*gap; wanted.len()]), *expected, "{wanted:?}");
        }
    }
}
