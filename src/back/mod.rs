//! Back ends: one file an output. A back end knows the report and its tables and nothing else, computes no figure, and
//! takes every name for hostile.

pub mod csv;
pub mod document;
mod drawing;
pub mod formulas;
pub mod html;
pub mod json;
pub mod markdown;
mod page;
pub mod terminal;
pub mod text;

pub(crate) use crate::figure::quantity::write as quantity;
