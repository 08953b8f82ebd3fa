//! Front ends: how networks are read. Each gives a network, and what is to be said of it besides its figures.

mod preprocess;
pub mod yaml;

use serde::Serialize;

pub use preprocess::{ChannelOrder, Labels, Preprocess};

/// What is to be said of a network besides its figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// What the network is called.
    pub name: String,
    /// The publication or code it was taken from.
    pub source: Option<String>,
    /// A few sentences for people.
    pub description: Option<String>,
    /// The network's parameters with the values used, in the order of the file.
    pub settings: Vec<Setting>,
}

/// A parameter of the description and its value, as text (`depths` = `[3, 4, 6, 3]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The parameter's name.
    pub name: String,
    /// Its value, as it is written in a file.
    pub value: String,
}
