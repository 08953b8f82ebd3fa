//! Sweeps: the figures of many variants of a network.
//!
//! A [`Grid`] is all combinations of the values of some parameters, input sizes and batches. A [`Sweep`] gives the figures of its
//! variants part by part, leaves out those beyond a limit, and refuses what cannot be decided or does not fit at all. [`evaluate`]
//! does the same for a range of variants without any rules, in their order, on all threads of the pool it is called in; a variant that
//! does not fit is a row that says why. [`front`] finds those that no other is better than in every way.

mod chart;
mod dimension;
mod evaluate;
mod front;
mod grid;
mod misfits;
mod objective;
mod order;
mod parts;
mod table;

pub use chart::{MOST_POINTS, axes, chart};
pub use dimension::{Choices, Dimension, DimensionError};
pub use evaluate::{Evaluated, Figured, MOST_STEPS, TooMuchWork, Variant, evaluate, foresee};
pub use front::{FrontError, front};
pub use grid::{Grid, GridError, MOST_VARIANTS};
pub use misfits::{Misfits, NothingFits};
pub use objective::Objective;
pub use order::Order;
pub use parts::{Sweep, SweepError, Tally};
pub use table::Layout;
