//! [`Run`]: all that is shown of a forward pass. Its serialized form is the JSON of `cnnstat run`.

mod profile;

use num_traits::AsPrimitive;
use serde::{Serialize, Serializer};

use super::document::{Chart, Document, Part, Section};
use super::table::{
    Table, run_kinds_table, run_outputs_table, run_profile_table, run_table, run_top_table,
};
use crate::execute::classes::Class;
use crate::front::Setting;

pub use crate::execute::not_finite;
pub use profile::{KindTime, Profile, StepTime, Timed};

/// A network that was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// What the network is called.
    pub name: String,
    /// The parameters of the description, with their values.
    pub settings: Vec<Setting>,
    /// Number of samples.
    pub batch: u64,
    /// The shape of the first input, batch first.
    pub input: Vec<u64>,
    /// Where the values of its parameters came from: `seeded:0`, or the name of a file.
    pub weights: String,
    /// Where the values of its inputs came from.
    pub input_data: Vec<InputData>,
    /// What the network returns.
    pub outputs: Vec<RunOutput>,
    /// The times of its forward passes.
    #[serde(flatten)]
    pub times: Times,
    /// The bytes that activations took.
    pub peak_activation_bytes: u64,
    /// What ran it.
    pub engine: Executor,
    /// On how many threads.
    pub threads: usize,
    /// The likeliest classes of each sample; empty where no output is a vector per sample.
    pub top: Vec<Class>,
    /// The first layer that gave a value that is no number, or an infinite one.
    pub not_finite: Option<NotFinite>,
    /// The time of every step, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// Where the values of an input came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputData {
    /// The input's name.
    pub name: String,
    /// `random:0`, or the names of files: one, or an image a sample.
    pub sources: Vec<String>,
}

/// Something that a network returns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunOutput {
    /// Its name.
    pub name: String,
    /// Its shape, batch first.
    pub shape: Vec<u64>,
    /// What its values are like, of all samples; `None` where some of them are not finite.
    #[serde(flatten)]
    pub values: Option<Values>,
}

/// What values are like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Values {
    /// The least.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

impl Values {
    /// Of so many values; `None` where there are none, or some are not finite.
    #[must_use]
    pub fn of(values: &[f32]) -> Option<Self> {
        let numbers = || values.iter().copied().map(f64::from);
        let (min, max) = (numbers().reduce(f64::min)?, numbers().reduce(f64::max)?);
        let count: f64 = values.len().as_();
        let mean = numbers().sum::<f64>() / count;
        (mean.is_finite() && min.is_finite() && max.is_finite()).then_some(Self { min, mean, max })
    }
}

/// What runs networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Executor {
    /// The engine.
    Fast,
    /// The oracle.
    Oracle,
}

impl Executor {
    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Oracle => "oracle",
        }
    }
}

/// Where the first value that is not finite arose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotFinite {
    /// The layer's name.
    pub layer: String,
    /// `NaN` or `infinity`.
    pub value: &'static str,
}

/// The times of forward passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// The median, in seconds.
    #[serde(rename = "median_ms", serialize_with = "milliseconds")]
    pub median: f64,
    /// The least, in seconds.
    #[serde(rename = "min_ms", serialize_with = "milliseconds")]
    pub min: f64,
    /// How many there were.
    #[serde(rename = "repeat")]
    pub count: usize,
}

fn milliseconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(seconds * 1e3)
}

impl Times {
    /// Of times in seconds.
    #[must_use]
    pub fn of(seconds: &[f64]) -> Self {
        let min = seconds.iter().copied().reduce(f64::min).unwrap_or(0.0);
        Self { median: median(seconds), min, count: seconds.len() }
    }
}

/// The median, the mean of the middle two where there is no middle one; 0 of none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |position: usize| values.get(position).copied().unwrap_or(0.0);
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        (at(middle.saturating_sub(1)) + at(middle)) / 2.0
    }
}

impl Run {
    /// The run as a page: what came out, outputs and classes, and the profile with its charts.
    #[must_use]
    pub fn document(&self) -> Document {
        let section = |table: Table, charts: Vec<Chart>| {
            let title = table.title.clone();
            let parts = [Part::Table(table)].into_iter().chain(charts.into_iter().map(Part::Chart));
            Section { title, parts: parts.collect() }
        };
        let came_out = run_table(self);
        let title = came_out.title.clone();
        let mut sections =
            vec![section(came_out, Vec::new()), section(run_outputs_table(self), Vec::new())];
        if !self.top.is_empty() {
            sections.push(section(run_top_table(self), Vec::new()));
        }
        if let Some(profile) = &self.profile {
            let charts = vec![profile.times_chart(), profile.rates_chart()];
            sections.push(section(run_kinds_table(profile), Vec::new()));
            sections.push(section(run_profile_table(profile), charts));
        }
        Document { title, lead: Vec::new(), sections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_where_all_are_finite() {
        let of =
            |values: &[f32]| Values::of(values).map(|Values { min, mean, max }| [min, mean, max]);
        assert_eq!(of(&[3.0, -1.0, 1.0]), Some([-1.0, 1.0, 3.0]));
        // Their sum exceeds 32 bits.
        let largest = f64::from(f32::MAX);
        assert_eq!(of(&[f32::MAX; 4]), Some([largest; 3]));
        for values in [&[] as &[f32], &[0.0, f32::NAN], &[f32::NEG_INFINITY, 0.0]] {
            assert_eq!(of(values), None, "{values:?}");
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, expected) in
            [(vec![], 0.0), (vec![3.0], 3.0), (vec![4.0, 1.0], 2.5), (vec![9.0, 1.0, 2.0], 2.0)]
        {
            assert!((median(&values) - expected).abs() < 1e-12, "{values:?}");
        }
    }
}
