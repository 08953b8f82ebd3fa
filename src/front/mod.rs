//! Front ends: how networks are read.

pub mod yaml;
