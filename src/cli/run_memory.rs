//! What running a network takes, beside the memory that is available.

use cnnstat::analysis::{self, AnalysisError, BYTES_PER_VALUE};
use cnnstat::front::yaml::Description;
use cnnstat::network::{Network, Tensor};

use super::failure::Failure;
use super::machine::available_memory;

/// What a network is run for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// Outputs of the engine, and these tensors.
    Fast(&'a [Tensor]),
    /// Outputs of the oracle, and these tensors.
    Oracle(&'a [Tensor]),
    /// A verification, which holds the oracle's values of all layers.
    Verification,
}

/// Bytes of a value of the oracle.
const BYTES_PER_ORACLE_VALUE: u64 = 8;

/// Bytes that a step of the engine holds for each row and each column of its output at most: from where in its operand it comes.
const BYTES_PER_PLACE: u128 = 72;

/// Refuses a run that takes more memory than is available; nothing where that is not known.
pub(super) fn refuse_too_large(
    description: &Description,
    network: &Network,
    purpose: Purpose<'_>,
) -> Result<(), Failure> {
    let needed = needed(network, purpose);
    let needed = needed.map_err(|error| Failure::analysis(description, &error))?;
    refuse_more_than_available(needed, || {
        ("running the network".to_owned(), "a smaller `--batch` or `--input` takes less".to_owned())
    })
}

/// Refuses what takes so many bytes where fewer are available; `what` says what it is, and what to do.
pub(super) fn refuse_more_than_available(
    bytes: u128,
    what: impl FnOnce() -> (String, String),
) -> Result<(), Failure> {
    let Some(available) = available_memory().filter(|&available| bytes > u128::from(available))
    else {
        return Ok(());
    };
    let (what, help) = what();
    let message = format!(
        "{what} takes {} of memory, and {} are available",
        gibibytes(bytes),
        gibibytes(available.into())
    );
    Err(Failure::helped(message, help))
}

/// The bytes that a run takes at least.
fn needed(network: &Network, purpose: Purpose<'_>) -> Result<u128, AnalysisError> {
    let values = |tensors: &mut dyn Iterator<Item = Tensor>| {
        let nodes = tensors.filter_map(|tensor| network.node(tensor));
        nodes.map(|node| u128::from(node.shape.elements())).sum::<u128>()
    };
    let inputs = values(&mut network.inputs().iter().copied());
    let outputs = values(&mut network.outputs().iter().map(|output| output.tensor));
    let ends = (inputs + outputs) * u128::from(BYTES_PER_VALUE);
    let analysis = analysis::analyse(network)?;
    let weights = u128::from(analysis.totals.figures.weight_bytes);
    // Every output of the oracle has storage of its own.
    let oracle = u128::from(analysis.memory.separate.peak_bytes) / u128::from(BYTES_PER_VALUE)
        * u128::from(BYTES_PER_ORACLE_VALUE);
    let places = network.nodes().filter_map(|(_, node)| node.shape.map());
    let places = places.map(|[rows, columns]| u128::from(rows) + u128::from(columns)).sum::<u128>();
    let tables = places * BYTES_PER_PLACE;
    let taken = |taps: &[Tensor]| values(&mut taps.iter().copied()) * u128::from(BYTES_PER_VALUE);
    Ok(weights
        + ends
        + match purpose {
            Purpose::Fast(taps) => {
                u128::from(analysis.memory.in_place.peak_bytes) + tables + taken(taps)
            }
            Purpose::Oracle(taps) => oracle + taken(taps),
            Purpose::Verification => {
                oracle + u128::from(analysis.totals.figures.activation_bytes) + tables
            }
        })
}

/// An amount with a decimal: `117.2 GiB`.
fn gibibytes(bytes: u128) -> String {
    let tenths = bytes.saturating_mul(10) >> 30;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_refused() {
        let what = || ("it".to_owned(), "take less".to_owned());
        assert!(refuse_more_than_available(0, what).is_ok());
        let refused = refuse_more_than_available(3 << 60, what);
        assert_eq!(refused.is_err(), available_memory().is_some());
        assert_eq!(gibibytes((117 << 30) + (1 << 28)), "117.2 GiB");
    }
}
