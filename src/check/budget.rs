//! The check of a network's figures against the most they may be.

use serde::Serialize;

use super::CheckError;
use crate::analysis::{FieldExtent, Totals, analyse};
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
    /// How much of the input the output depends on, where the figure is the receptive field; `analysed` is then that of the last layer
    /// before the output sees everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receptive_field_extent: Option<FieldExtent>,
    /// By how much it is above the most; 0 where it is not.
    pub excess: u64,
    /// Who sets the limit.
    pub source: LimitSource,
}

impl Limited {
    fn new(limit: Limit, analysed: u64, totals: &Totals, source: LimitSource) -> Self {
        let Limit { figure, most } = limit;
        let is_field = figure == Figure::ReceptiveField;
        Self {
            figure,
            most,
            analysed,
            receptive_field_extent: is_field.then_some(totals.receptive_field_extent),
            excess: analysed.saturating_sub(most),
            source,
        }
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
            let (figure, name) = (limit.figure.name(), description.name());
            let is_global = limit.figure == Figure::ReceptiveField
                && totals.receptive_field_extent == FieldExtent::Global;
            let message = if is_global {
                format!("`{figure}` of {name} is global from the first layer on, and no number")
            } else {
                format!("`{figure}` is not known of {name}")
            };
            Diagnostics::from(match place {
                Some(place) => description.error_at(place, message),
                None => Diagnostic::error(message),
            })
        })?;
        Ok(Limited::new(limit, analysed, &totals, source))
    };
    let of_file = description.budget().iter();
    let of_file = of_file.map(|(limit, place)| limited(*limit, Some(*place), LimitSource::File));
    let of_call = limits.iter().map(|limit| limited(*limit, None, LimitSource::Call));
    let limited: Result<_, CheckError> = of_file.chain(of_call).collect();
    Ok((limited?, elaborated.warnings))
}
