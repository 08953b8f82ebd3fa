//! A smaller input for networks that are large.

use serde::Serialize;

use crate::analysis::cost;
use crate::diagnostics::Diagnostics;
use crate::front::yaml::{Description, Elaborated, Settings};
use crate::network::Network;

/// So many sizes of the input are tried until the network takes one.
const TRIED: u64 = 64;

/// What is run in place of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instead {
    /// The shape of the first input that was asked for, batch first.
    pub of: Vec<u64>,
}

/// A network at the settings, or, where it would make more [operations] than `most`, of a single sample, and with an input that is
/// smaller along rows and columns, an eighth at a time, as often as needed and as it can be elaborated.
///
/// # Errors
/// Where it cannot be elaborated at the settings.
pub fn reduced(
    description: &Description,
    settings: &Settings,
    most: u64,
) -> Result<(Elaborated, Option<Instead>), Diagnostics> {
    let asked = description.elaborate(settings)?;
    let of = asked.network.input_sizes().to_vec();
    let settings = Settings { batch: 1, ..settings.clone() };
    let (mut smallest, mut instead) = (asked, None);
    while operations(&smallest.network).is_none_or(|operations| operations > most) {
        let smaller = if smallest.network.batch() == 1 {
            smaller(description, &settings, smallest.network.input_sizes())
        } else {
            description.elaborate(&settings).ok()
        };
        let Some(smaller) = smaller else { break };
        smallest = smaller;
        instead = Some(Instead { of: of.clone() });
    }
    Ok((smallest, instead))
}

/// The network at an input an eighth smaller along rows and columns, or at the next smaller one that it takes.
fn smaller(description: &Description, settings: &Settings, input: &[u64]) -> Option<Elaborated> {
    let &[_, channels, height, width] = input else { return None };
    if [height, width] == [1, 1] {
        return None;
    }
    (0..TRIED).find_map(|less| {
        let size = |size: u64| size.saturating_sub(size.div_ceil(8).saturating_add(less)).max(1);
        let input = Some(vec![channels, size(height), size(width)]);
        description.elaborate(&Settings { input, ..settings.clone() }).ok()
    })
}

/// How many floating-point operations a forward pass makes, and elements; `None` where they exceed 64 bits.
#[must_use]
pub fn operations(network: &Network) -> Option<u64> {
    let costs = cost(network).ok()?;
    let mut each = costs.iter().map(|cost| cost.flops.checked_add(cost.activations));
    each.try_fold(0u64, |sum, of| sum.checked_add(of?))
}
