//! The program as it is called: files, formats, messages and exit codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod checks;
mod errors;
mod files;
mod formats;
mod helps;
#[path = "../support/mod.rs"]
mod support;
mod sweeps;
mod terminal;
mod weights;

/// 3·4·9 + 4 = 112 parameters, 108 multiply-accumulates at 6x6 places.
pub(crate) const SMALL: &str = "
name: Small
input: [3, 8, 8]
params: {wide: 4}
layers:
  - conv: {out: wide, kernel: 3, act: relu}
expect:
  - {params: 112, macs: 3888, source: counted by hand}
";
