//! Everything about a convolutional network that can be known without training it.
//!
//! A network is described in a YAML file ([`front::yaml`], `docs/format.md`). Reading it gives a
//! [`Description`](front::yaml::Description), which is elaborated into a [`Network`](network::Network) for given values
//! of its parameters: a directed acyclic graph of operators ([`ops`]) whose shapes are known. Passes ([`analysis`]) turn the
//! network into tables of figures, a [`Report`](report::Report) holds all that is shown of them, and [`back`] ends write it.
//!
//! On top of that, [`formula`] finds closed forms of figures over a description's parameters, [`sweep`] evaluates grids of them, [`study`]
//! compares variants, [`convention`] recounts as other tools do, and [`check`] holds published figures and budgets against the analysis.
//!
//! ```
//! use cnnstat::bundled::{self, Bundled};
//! use cnnstat::front::yaml::{Description, Settings};
//! use cnnstat::report::Report;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source = bundled::source("squeezenet").ok_or("no such network")?;
//! let description = Description::read(&source, &Bundled)?;
//! let elaborated = description.elaborate(&Settings::default())?;
//! let report = Report::new(&elaborated.network, description.metadata(&elaborated))?;
//! assert_eq!(report.totals.figures.params, 1_248_424);
//! # Ok(())
//! # }
//! ```
//!
//! # What may be relied on
//!
//! - **A network is valid.** Nodes stand in execution order, an edge's slot decides the order of operands, every shape follows
//!   from the operands' by the operator's rule, names are unique. See [`network`].
//! - **A rule stands once**, in the operator's file: its shape, its parameters, its cost. Every figure comes from there.
//! - **Exact or an error.** Counts are checked 64-bit integers, numbers of descriptions exact rationals. What overflows or does not
//!   fit is an error that names the place; nothing panics, whatever the input.
//! - **Unknown is not zero.** A figure that no pass can give is `None`.
//! - **Same input, same bytes.** No clock, no randomness, no order of hashing reaches a report.
//! - **The library prints nothing and reads no files** but those that are part of it.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod analysis;
pub mod back;
pub mod bundled;
pub mod check;
pub mod convention;
pub mod diagnostics;
pub mod execute;
pub mod figure;
pub mod formula;
pub mod front;
pub mod network;
pub mod onnx;
pub mod ops;
pub mod report;
pub mod study;
pub mod sweep;
pub mod tensor_file;
mod text;
pub mod weights;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
