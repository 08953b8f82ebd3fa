//! Two conventions side by side: line by line what makes the difference.

use serde::Serialize;
use thiserror::Error;

use super::{Category, Convention, Recount, Rule, Tool, layer, recounted};
use crate::analysis::AnalysisError;
use crate::figure::Figure;
use crate::network::Network;

/// What makes the difference between two figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The one.
    pub convention: Side,
    /// The other.
    pub against: Side,
    /// How much more the one is.
    pub difference: i128,
    /// What is counted by either; the counts sum to the values of both sides.
    pub lines: Vec<Line>,
    /// Every layer, in execution order; these sum to them as well.
    pub layers: Vec<LayerLine>,
}

/// A figure of one convention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The figure as the tool names it.
    pub name: &'static str,
    /// What it is.
    pub figure: Figure,
    /// Its value.
    pub value: u64,
    /// All figures of the tool.
    #[serde(flatten)]
    pub recount: Recount,
}

/// What one category adds to both figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What is counted.
    pub of: Category,
    /// How much in the one.
    pub convention: u64,
    /// How much in the other.
    pub against: u64,
    /// How much more in the one.
    pub difference: i128,
    /// By which rule in the one; `n` is the number of elements of a layer's result. `None` where it does not count it.
    pub rule: Option<&'static str>,
    /// By which rule in the other.
    pub against_rule: Option<&'static str>,
}

/// What one layer adds to both figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerLine {
    /// The layer.
    pub name: String,
    /// Its operator.
    pub op: &'static str,
    /// How much in the one.
    pub convention: u64,
    /// How much in the other.
    pub against: u64,
    /// How much more in the one.
    pub difference: i128,
}

/// Why two conventions cannot be set side by side.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExplainError {
    /// A layer that cannot be counted.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// A figure that a tool does not print.
    #[error("`{convention}` has no figure `{}`; it has {known}", figure.name())]
    NoFigure {
        /// The convention.
        convention: &'static str,
        /// The figure asked for.
        figure: Figure,
        /// The figures that it has.
        known: String,
    },
}

/// Sets a figure of one convention beside that of another: the first one's most important where none is asked for. Where one counts
/// MACs and the other FLOPs alone, these are set side by side, and one line is the factor between them.
///
/// # Errors
/// Where one of the conventions has no such figure, or cannot count a layer.
pub fn explain(
    network: &Network,
    convention: Convention,
    against: Convention,
    figure: Option<Figure>,
) -> Result<Explanation, ExplainError> {
    let rule = match figure {
        Some(figure) => convention.tool().rule(figure),
        None => convention.tool().rules.first(),
    };
    let wanted = figure.unwrap_or(Figure::Macs);
    let rule = rule.ok_or_else(|| convention.tool().lacks(wanted))?;
    let other = against.tool();
    let other = other.rule_beside(rule.figure).ok_or_else(|| other.lacks(rule.figure))?;
    let nodes = layer::taken(network);
    let (tally, other_tally) = (rule.apply(&nodes)?, other.apply(&nodes)?);

    let lines = Category::ALL.into_iter().map(|of| {
        let (count, other_count) = (tally.sum.get(of), other_tally.sum.get(of));
        Line {
            of,
            convention: count,
            against: other_count,
            difference: difference(count, other_count),
            rule: rule.word(of),
            against_rule: other.word(of),
        }
    });
    let counts = tally.layers.iter().zip(&other_tally.layers);
    let layers = network.layers().zip(counts).map(|((_, node), (count, other_count))| {
        // That totals fit was checked at every layer.
        let total = |count: Option<u64>| count.unwrap_or(u64::MAX);
        let (count, other_count) = (total(count.total()), total(other_count.total()));
        LayerLine {
            name: node.name().to_owned(),
            op: node.op.operator().name(),
            convention: count,
            against: other_count,
            difference: difference(count, other_count),
        }
    });
    let (lines, layers) = (lines.collect::<Vec<_>>(), layers.collect());
    let side = |convention, rule: &Rule, count: fn(&Line) -> u64| {
        let value = lines.iter().map(count).fold(0u64, u64::saturating_add);
        let recount = recounted(&nodes, convention)?;
        Ok::<_, AnalysisError>(Side { name: rule.name, figure: rule.figure, value, recount })
    };
    let convention = side(convention, rule, |line| line.convention)?;
    let against = side(against, other, |line| line.against)?;
    Ok(Explanation {
        difference: difference(convention.value, against.value),
        convention,
        against,
        lines: lines.into_iter().filter(Line::counts).collect(),
        layers,
    })
}

fn difference(count: u64, other: u64) -> i128 {
    i128::from(count) - i128::from(other)
}

impl Line {
    /// Whether either side counts anything.
    fn counts(&self) -> bool {
        self.convention > 0 || self.against > 0
    }
}

impl Rule {
    fn word(&self, of: Category) -> Option<&'static str> {
        self.words.iter().find(|(category, _)| *category == of).map(|(_, word)| *word)
    }
}

impl Tool {
    /// The rule of a figure.
    fn rule(&self, figure: Figure) -> Option<&'static Rule> {
        self.rules.iter().find(|rule| rule.figure == figure && !rule.part)
    }

    /// The rule of a figure, or of the one that it is to be set beside.
    fn rule_beside(&self, figure: Figure) -> Option<&'static Rule> {
        self.rule(figure).or_else(|| match figure {
            Figure::Macs => self.rule(Figure::Flops),
            Figure::Flops => self.rule(Figure::Macs),
            _ => None,
        })
    }

    fn lacks(&self, figure: Figure) -> ExplainError {
        let whole = self.rules.iter().filter(|rule| !rule.part);
        let known = whole.map(|rule| match rule.figure.name() {
            figure if figure.eq_ignore_ascii_case(rule.name) => format!("`{figure}`"),
            figure => format!("`{figure}` (in its words {})", rule.name),
        });
        let known: Vec<_> = known.collect();
        ExplainError::NoFigure { convention: self.name, figure, known: known.join(", ") }
    }
}
