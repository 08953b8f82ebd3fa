//! How files store numbers, and tensors of them read one by one.

use std::fmt;
use std::io::{self, Read};

use half::{bf16, f16};
use num_traits::AsPrimitive;

/// So many bytes are read at a time: a whole number of values of every type.
const CHUNK: usize = 1 << 16;

/// A floating-point type that files store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatType {
    /// 16 bits (IEEE 754 binary16).
    F16,
    /// The upper 16 bits of 32.
    Bf16,
    /// 32 bits (IEEE 754 binary32).
    F32,
    /// 64 bits (IEEE 754 binary64); read, they are rounded to 32.
    F64,
}

impl FloatType {
    /// The bytes of a value.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

impl fmt::Display for FloatType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

/// How the values of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// The type of a value.
    pub float: FloatType,
    /// Whether the most significant byte of a value is the first.
    pub big_endian: bool,
    /// Whether the first axis varies fastest (Fortran's order), not the last (C's).
    pub fortran_order: bool,
}

impl Encoding {
    /// Values of a type, the least significant byte first, in C's order.
    #[must_use]
    pub fn little_endian(float: FloatType) -> Self {
        Self { float, big_endian: false, fortran_order: false }
    }

    /// Reads the values of a tensor of these sizes, in row-major order, holding each once.
    ///
    /// # Errors
    /// Where there are fewer, or no memory for them.
    pub fn read(self, reader: &mut impl Read, sizes: &[u64]) -> io::Result<Vec<f32>> {
        let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
        let count = product.and_then(|count| usize::try_from(count).ok());
        let mut values = Vec::new();
        let reserved = count.filter(|&count| values.try_reserve_exact(count).is_ok());
        let no_memory = || io::Error::new(io::ErrorKind::OutOfMemory, "there is no memory for it");
        let count = reserved.ok_or_else(no_memory)?;
        if self.fortran_order {
            values.resize(count, 0.0);
            let mut at = Positions::new(sizes);
            self.each(reader, count, |value| {
                if let Some(place) = values.get_mut(at.take()) {
                    *place = value;
                }
            })?;
        } else {
            self.each(reader, count, |value| values.push(value))?;
        }
        Ok(values)
    }

    /// Hands out so many values in the order in which they are stored.
    fn each(
        self,
        reader: &mut impl Read,
        count: usize,
        mut visit: impl FnMut(f32),
    ) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        let width = self.float.bytes();
        let mut left = count;
        while left > 0 {
            let values = left.min(CHUNK / width);
            let bytes = buffer.get_mut(..values * width).unwrap_or_default();
            reader.read_exact(bytes)?;
            if self.big_endian {
                bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
            }
            match self.float {
                FloatType::F16 => decode(bytes, f16::from_le_bytes, f16::to_f32, &mut visit),
                FloatType::Bf16 => decode(bytes, bf16::from_le_bytes, bf16::to_f32, &mut visit),
                FloatType::F32 => decode(bytes, f32::from_le_bytes, |value| value, &mut visit),
                FloatType::F64 => decode(bytes, f64::from_le_bytes, AsPrimitive::as_, &mut visit),
            }
            left -= values;
        }
        Ok(())
    }
}

/// Hands out the values that bytes are.
fn decode<const N: usize, T>(
    bytes: &[u8],
    of: impl Fn([u8; N]) -> T,
    round: impl Fn(T) -> f32,
    visit: &mut impl FnMut(f32),
) {
    let (values, _) = bytes.as_chunks::<N>();
    for &value in values {
        visit(round(of(value)));
    }
}

/// Where the values of a tensor that are stored in Fortran's order belong in C's.
struct Positions {
    /// For each axis its size, how far neighbours lie apart, and the position along it.
    axes: Vec<[usize; 3]>,
    next: usize,
}

impl Positions {
    /// Of a tensor whose number of elements fits a `usize`.
    fn new(sizes: &[u64]) -> Self {
        let mut stride = 1;
        let mut axes = Vec::with_capacity(sizes.len());
        for &size in sizes.iter().rev() {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            axes.push([size, stride, 0]);
            stride = stride.saturating_mul(size);
        }
        axes.reverse();
        Self { axes, next: 0 }
    }

    /// The place of the next value.
    fn take(&mut self) -> usize {
        let place = self.next;
        for [size, stride, position] in &mut self.axes {
            *position += 1;
            self.next += *stride;
            if *position < *size {
                break;
            }
            self.next -= *stride * *position;
            *position = 0;
        }
        place
    }
}
