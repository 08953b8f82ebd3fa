//! cnnstat.
pub mod report;
