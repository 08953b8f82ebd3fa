//! What a run said of the figures: [`VerificationReport`], whose serialized form is the JSON of `cnnstat verify`, and what a report says of it.

use serde::Serialize;

use crate::execute::verify::Verification;
use crate::front::Setting;

/// A verification, and what was verified.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerificationReport {
    /// What the network is called.
    pub name: String,
    /// Number of samples that were run.
    pub batch: u64,
    /// Where the values of its parameters came from: `seeded:0`, or the name of a file.
    pub weights: String,
    /// The network's parameters with the values used, in the order of the file.
    pub settings: Vec<Setting>,
    /// What was found.
    #[serde(flatten)]
    pub found: Verification,
}

/// What a run said of the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Whether none differs.
    pub holds: bool,
    /// How many were compared.
    pub compared: u64,
    /// The shape of the first input that was run, batch first, where that is not the report's.
    pub instead_at: Option<Vec<u64>>,
    /// That, and what was looked at, in sentences.
    pub notes: Vec<String>,
}

impl VerificationReport {
    /// The file that the values of parameters came from; `None` where they were made from a number.
    pub(super) fn weights_file(&self) -> Option<&str> {
        (!self.weights.starts_with("seeded:")).then_some(self.weights.as_str())
    }
}
