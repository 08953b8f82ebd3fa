//! What does not fit, in a sentence.

use thiserror::Error;

/// So many reasons are told.
const MOST_REASONS: usize = 3;

/// How many variants do not fit, and the first reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misfits {
    count: u64,
    /// Different reasons, with the variant that was first to have each.
    reasons: Vec<(String, String)>,
    has_more: bool,
}

/// A sweep of which nothing fits, and the first reasons: it is the network or the call that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NothingFits(String);

impl Misfits {
    /// Counts a variant that does not fit.
    pub fn add(&mut self, reason: &str, variant: impl FnOnce() -> String) {
        self.count += 1;
        if self.reasons.iter().any(|(known, _)| known == reason) {
            return;
        }
        if self.reasons.len() < MOST_REASONS {
            self.reasons.push((reason.to_owned(), variant()));
        } else {
            self.has_more = true;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sentence, where there are any, of so many variants in all.
    #[must_use]
    pub fn sentence(&self, variants: u64) -> Option<String> {
        let reasons = self.reasons.iter();
        let reasons = reasons.map(|(reason, variant)| {
            if variant.is_empty() { reason.clone() } else { format!("{reason} ({variant})") }
        });
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let more = if self.has_more { "; and other reasons" } else { "" };
        let verb = if self.count == 1 { "does" } else { "do" };
        let count = self.count;
        (count > 0)
            .then(|| format!("{count} of {variants} variants {verb} not fit: {reasons}{more}."))
    }

    /// Refuses a sweep of so many variants in all where none of them fits.
    ///
    /// # Errors
    /// Where that is so.
    pub fn require_a_fit(&self, variants: u64) -> Result<(), NothingFits> {
        match self.sentence(variants) {
            Some(sentence) if self.count >= variants => {
                Err(NothingFits(sentence.trim_end_matches('.').to_owned()))
            }
            _ => Ok(()),
        }
    }
}
