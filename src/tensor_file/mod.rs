//! Tensors in files: how their values are stored, and NumPy's files of one.

mod encoding;
pub mod npy;

pub use encoding::{ElementType, Encoding, ReadError, write_values};
