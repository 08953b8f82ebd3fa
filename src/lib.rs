//! cnnstat.
pub mod diagnostics;
pub mod front;
pub mod report;
