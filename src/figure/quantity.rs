//! Amounts and rates as people write them: `5M`, `1.5G`, `8 MiB`, `25_557_032`, `900 GB/s`.
//!
//! [`parse`] and [`parse_rate`] read them, [`write`](mod@write) has the rules by which they are written; both know the same prefixes.

mod read;
pub mod write;

pub use read::{QuantityError, parse, parse_rate};

/// SI prefixes and the powers of ten they stand for, the smallest first.
pub(crate) const SI_PREFIXES: [(&str, u64); 6] = [
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

/// IEC prefixes and the powers of two they stand for, the smallest first; only bytes have them.
pub(crate) const IEC_PREFIXES: [(&str, u64); 5] =
    [("Ki", 1 << 10), ("Mi", MEBIBYTE), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50)];

/// Bytes in a MiB.
pub(crate) const MEBIBYTE: u64 = 1 << 20;

/// What a rate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateUnit {
    /// Floating-point operations a second, `FLOP/s` or `FLOPS`.
    Flops,
    /// Bytes a second, `B/s`.
    Bytes,
}

impl RateUnit {
    /// The spelling in which it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flops => "FLOP/s",
            Self::Bytes => "B/s",
        }
    }

    /// The spellings that are read.
    fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Flops => &["FLOP/s", "FLOPS"],
            Self::Bytes => &["B/s"],
        }
    }
}
