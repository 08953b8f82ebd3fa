//! cnnstat.
pub mod network;
pub mod ops;
pub mod report;
