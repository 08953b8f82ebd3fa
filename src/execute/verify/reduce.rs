//! A smaller input for networks that are large.

use serde::Serialize;

use crate::analysis::cost;
use crate::diagnostics::Diagnostics;
use crate::front::yaml::{Description, Elaborated, Settings};
use crate::network::Network;

/// What is run in place of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instead {
    /// The shape of the first input that was asked for, batch first.
    pub of: Vec<u64>,
}

/// A network at the settings, or, where it would make more multiply–accumulates than `most`, of a single sample, and with its input halved along
/// rows and columns, as often as needed and as it can be elaborated.
///
/// # Errors
/// Where it cannot be elaborated at the settings.
pub fn reduced(
    description: &Description,
    settings: &Settings,
    most: u64,
) -> Result<(Elaborated, Option<Instead>), Diagnostics> {
    let asked = description.elaborate(settings)?;
    let of = input(&asked.network);
    let mut settings = Settings { batch: 1, ..settings.clone() };
    let mut sizes = of.get(1..).unwrap_or_default().to_vec();
    let (mut smallest, mut instead) = (asked, None);
    while !costs_at_most(&smallest.network, most) {
        if input(&smallest.network).first() == Some(&1) {
            let [_, height, width] = sizes.as_mut_slice() else { break };
            if *height <= 1 && *width <= 1 {
                break;
            }
            (*height, *width) = ((*height / 2).max(1), (*width / 2).max(1));
            settings.input = Some(sizes.clone());
        }
        let Ok(smaller) = description.elaborate(&settings) else { break };
        smallest = smaller;
        instead = Some(Instead { of: of.clone() });
    }
    Ok((smallest, instead))
}

/// The shape of the first input.
fn input(network: &Network) -> Vec<u64> {
    let node = network.inputs().first().and_then(|&input| network.node(input));
    node.map_or_else(Vec::new, |node| node.shape.sizes().to_vec())
}

/// Whether so many multiply–accumulates suffice.
fn costs_at_most(network: &Network, most: u64) -> bool {
    let Ok(cost) = cost(network) else { return false };
    let macs = cost.iter().map(|cost| cost.macs).try_fold(0u64, u64::checked_add);
    macs.is_some_and(|macs| macs <= most)
}
