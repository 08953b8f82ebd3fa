//! The check of a network's figures against the most they may be.

use serde::Serialize;

use super::CheckError;
use crate::analysis::analyse;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::figure::{Figure, Limit};
use crate::front::yaml::{Description, Settings};
use crate::network::Place;

/// Who sets a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// The network's file, under `budget`.
    File,
    /// Whoever asks.
    Call,
}

/// A figure beside the most it may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limited {
    /// The figure.
    pub figure: Figure,
    /// The most it may be.
    pub most: u64,
    /// Its value by analysis.
    pub analysed: u64,
    /// By how much it is above the most; 0 where it is not.
    pub excess: u64,
    /// Who sets the limit.
    pub source: LimitSource,
}

impl Limited {
    fn new(limit: Limit, analysed: u64, source: LimitSource) -> Self {
        let Limit { figure, most } = limit;
        Self { figure, most, analysed, excess: analysed.saturating_sub(most), source }
    }

    /// Whether the figure is at most what it may be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.excess == 0
    }
}

/// Checks the budget of a description's file, and then `limits`, under `settings`. All must hold: a limit does not replace the
/// file's. Warnings about the network are given along.
///
/// # Errors
/// Where the network cannot be elaborated or analysed, or a figure is not known.
pub fn budget(
    description: &Description,
    settings: &Settings,
    limits: &[Limit],
) -> Result<(Vec<Limited>, Diagnostics), CheckError> {
    let elaborated = description.elaborate(settings)?;
    let totals = analyse(&elaborated.network)?.totals;
    let limited = |limit: Limit, place: Option<Place>, source| {
        let analysed = totals.get(limit.figure).ok_or_else(|| {
            let message =
                format!("`{}` is not known of {}", limit.figure.name(), description.name());
            Diagnostics::from(match place {
                Some(place) => description.error_at(place, message),
                None => Diagnostic::error(message),
            })
        })?;
        Ok(Limited::new(limit, analysed, source))
    };
    let of_file = description.budget().iter();
    let of_file = of_file.map(|(limit, place)| limited(*limit, Some(*place), LimitSource::File));
    let of_call = limits.iter().map(|limit| limited(*limit, None, LimitSource::Call));
    let limited: Result<_, CheckError> = of_file.chain(of_call).collect();
    Ok((limited?, elaborated.warnings))
}
