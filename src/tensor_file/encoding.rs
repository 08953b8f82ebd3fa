//! How files store numbers, and tensors of them.

use std::io::{self, Read, Write};

use half::{bf16, f16};
use num_traits::AsPrimitive;
use thiserror::Error;

/// So many bytes are read at a time: a whole number of values of every type.
const CHUNK: usize = 1 << 16;

/// A type of numbers that files store. Read, they are rounded to 32-bit floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// Floating point of 16 bits (IEEE 754 binary16).
    F16,
    /// The upper 16 bits of [`F32`](Self::F32).
    Bf16,
    /// Floating point of 32 bits (IEEE 754 binary32).
    F32,
    /// Floating point of 64 bits (IEEE 754 binary64).
    F64,
    /// Whole numbers of 8 bits.
    I8,
    /// Whole numbers of 16 bits.
    I16,
    /// Whole numbers of 32 bits.
    I32,
    /// Whole numbers of 64 bits.
    I64,
    /// Whole numbers of 8 bits, none of them negative.
    U8,
    /// Whole numbers of 16 bits, none of them negative.
    U16,
    /// Whole numbers of 32 bits, none of them negative.
    U32,
    /// Whole numbers of 64 bits, none of them negative.
    U64,
}

impl ElementType {
    /// The bytes of a value.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// Whether its values are floating-point numbers.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::Bf16 | Self::F32 | Self::F64)
    }

    /// Puts the values that bytes are, the least significant first, behind others.
    fn decode(self, bytes: &[u8], values: &mut Vec<f32>) {
        match self {
            Self::F16 => decode(bytes, f16::from_le_bytes, values),
            Self::Bf16 => decode(bytes, bf16::from_le_bytes, values),
            Self::F32 => decode(bytes, f32::from_le_bytes, values),
            Self::F64 => decode(bytes, f64::from_le_bytes, values),
            Self::I8 => decode(bytes, i8::from_le_bytes, values),
            Self::I16 => decode(bytes, i16::from_le_bytes, values),
            Self::I32 => decode(bytes, i32::from_le_bytes, values),
            Self::I64 => decode(bytes, i64::from_le_bytes, values),
            Self::U8 => decode(bytes, u8::from_le_bytes, values),
            Self::U16 => decode(bytes, u16::from_le_bytes, values),
            Self::U32 => decode(bytes, u32::from_le_bytes, values),
            Self::U64 => decode(bytes, u64::from_le_bytes, values),
        }
    }
}

fn decode<const N: usize, T: AsPrimitive<f32>>(
    bytes: &[u8],
    of: impl Fn([u8; N]) -> T,
    values: &mut Vec<f32>,
) {
    let (stored, _) = bytes.as_chunks::<N>();
    values.extend(stored.iter().map(|&bytes| of(bytes).as_()));
}

/// How the values of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// The type of a value.
    pub element: ElementType,
    /// Whether the most significant byte of a value is the first.
    pub big_endian: bool,
    /// Whether the first axis varies fastest (Fortran's order), not the last (C's).
    pub fortran_order: bool,
}

/// Why the values of a tensor cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There are fewer.
    #[error("it ends before its last value: {expected} are announced, and {found} are there")]
    Truncated {
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// They do not fit the memory.
    #[error("there is no memory for its values")]
    Memory,
    /// They cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Encoding {
    /// Values of a type, the least significant byte first, in C's order.
    #[must_use]
    pub fn little_endian(element: ElementType) -> Self {
        Self { element, big_endian: false, fortran_order: false }
    }

    /// Reads the values of a tensor of these sizes, in row-major order, holding each once, and twice where they are reordered. Memory is
    /// touched as values arrive: what is announced need not be there.
    ///
    /// # Errors
    /// Where there are fewer, or no memory for them.
    pub fn read(self, reader: &mut impl Read, sizes: &[u64]) -> Result<Vec<f32>, ReadError> {
        let count = sizes.iter().try_fold(1_u64, |count, &size| count.checked_mul(size));
        let count = count.and_then(|count| usize::try_from(count).ok()).ok_or(ReadError::Memory)?;
        let values = self.stored(reader, count)?;
        if self.fortran_order { row_major(&values, sizes) } else { Ok(values) }
    }

    /// Reads so many values in the order in which they are stored.
    fn stored(self, reader: &mut impl Read, count: usize) -> Result<Vec<f32>, ReadError> {
        let mut values = reserved(count)?;
        let width = self.element.bytes();
        let mut buffer = Vec::with_capacity(CHUNK);
        while values.len() < count {
            buffer.clear();
            let bytes = (count - values.len()).min(CHUNK / width) * width;
            let limit = u64::try_from(bytes).unwrap_or(u64::MAX);
            let is_short = reader.by_ref().take(limit).read_to_end(&mut buffer)? < bytes;
            if self.big_endian {
                buffer.chunks_exact_mut(width).for_each(<[u8]>::reverse);
            }
            self.element.decode(&buffer, &mut values);
            if is_short {
                return Err(ReadError::Truncated { expected: count, found: values.len() });
            }
        }
        Ok(values)
    }
}

/// An empty list with space for so many values.
fn reserved(count: usize) -> Result<Vec<f32>, ReadError> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| ReadError::Memory)?;
    Ok(values)
}

/// Values of which the first axis varies fastest, in the order in which the last does.
fn row_major(stored: &[f32], sizes: &[u64]) -> Result<Vec<f32>, ReadError> {
    let mut values = reserved(stored.len())?;
    // For each axis its size, how far neighbors lie apart, and the position along it.
    let mut axes = Vec::with_capacity(sizes.len());
    let mut stride = 1_usize;
    for &size in sizes {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        axes.push((size, stride, 0));
        stride = stride.saturating_mul(size);
    }
    let mut at = 0;
    for _ in stored {
        values.extend(stored.get(at));
        for (size, stride, position) in axes.iter_mut().rev() {
            *position += 1;
            at += *stride;
            if position < size {
                break;
            }
            at -= *stride * *position;
            *position = 0;
        }
    }
    Ok(values)
}

/// Writes values as 32-bit floats, the least significant byte first.
///
/// # Errors
/// Where they cannot be written.
pub fn write_values(writer: &mut impl Write, values: &[f32]) -> io::Result<()> {
    for chunk in values.chunks(CHUNK / size_of::<f32>()) {
        let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
        writer.write_all(&bytes)?;
    }
    Ok(())
}
