//! cnnstat.
pub mod analysis;
pub mod back;
pub mod bundled;
pub mod check;
pub mod diagnostics;
pub mod front;
pub mod network;
pub mod ops;
pub mod report;
