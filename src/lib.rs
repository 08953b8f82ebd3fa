//! cnnstat.
pub mod back;
pub mod report;
