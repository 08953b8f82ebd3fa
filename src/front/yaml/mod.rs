//! The network language, a YAML file per network.

pub mod expression;
pub mod locate;
pub mod value;
