//! NumPy's `.npy` files: tensors in and out.
//!
//! The format is that of NumPy Enhancement Proposal 1, versions 1.0 to 3.0; `npyz` reads it. What could make that take unbounded memory or
//! time is looked at before: the length of the header and what its shape says.

use std::io::{self, Read, Write};

use half::f16;
use npyz::{Deserialize, NpyFile, Order, WriterBuilder};
use num_traits::AsPrimitive;
use thiserror::Error;

/// The longest header that is read, in bytes: far more than that of any array of numbers.
const MAX_HEADER: usize = 4096;

/// An array of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct NpyArray {
    /// The sizes of its axes; none of them is 0.
    pub shape: Vec<u64>,
    /// Its values in row-major order, rounded to 32 bits.
    pub values: Vec<f32>,
}

/// Why a file cannot be read.
#[derive(Debug, Error)]
pub enum NpyError {
    /// It could not be read.
    #[error(transparent)]
    Io(io::Error),
    /// It is no such file.
    #[error("it is no .npy file: {0}")]
    Header(String),
    /// It has no values.
    #[error("it has no values: its shape is {0:?}")]
    Empty(Vec<u64>),
    /// It has another shape than what takes it.
    #[error("its shape is {0:?}")]
    Shape(Vec<u64>),
    /// Its values are no numbers.
    #[error("its values are of type {0}; floating point and whole numbers are read")]
    Type(String),
    /// It ends before its values do.
    #[error("it is truncated: {expected} values are announced, and {found} are there")]
    Truncated {
        /// How many the header announces.
        expected: u64,
        /// How many are there.
        found: u64,
    },
}

/// Reads an array, if `takes` accepts its shape.
///
/// # Errors
/// Where it is no such array, is empty, truncated or of another shape.
pub fn read(
    mut reader: impl Read,
    takes: impl FnOnce(&[u64]) -> bool,
) -> Result<NpyArray, NpyError> {
    let header = header(&mut reader)?;
    let file = NpyFile::new(header.as_slice().chain(reader)).map_err(|error| refused(&error))?;
    let shape = file.shape().to_vec();
    if shape.contains(&0) {
        return Err(NpyError::Empty(shape));
    }
    if !takes(&shape) {
        return Err(NpyError::Shape(shape));
    }
    let order = file.order();
    let file = match numbers::<f32, _>(file).or_else(numbers::<f64, _>).or_else(numbers::<f16, _>) {
        Err(file) => whole_numbers(file),
        read => read,
    };
    let values = file.map_err(|file| NpyError::Type(file.dtype().descr()))??;
    let values = match order {
        Order::C => values,
        Order::Fortran => row_major(&shape, &values),
    };
    Ok(NpyArray { shape, values })
}

/// Values of a type, where the file has that; otherwise the file.
type Values<R> = Result<Result<Vec<f32>, NpyError>, NpyFile<R>>;

fn whole_numbers<R: Read>(file: NpyFile<R>) -> Values<R> {
    numbers::<u8, _>(file)
        .or_else(numbers::<i8, _>)
        .or_else(numbers::<u16, _>)
        .or_else(numbers::<i16, _>)
        .or_else(numbers::<u32, _>)
        .or_else(numbers::<i32, _>)
        .or_else(numbers::<u64, _>)
        .or_else(numbers::<i64, _>)
}

fn numbers<T: Deserialize + AsPrimitive<f32>, R: Read>(file: NpyFile<R>) -> Values<R> {
    let expected = file.len();
    let data = file.try_data::<T>()?;
    // Space is taken as values arrive: what is announced need not be there.
    let mut values = Vec::new();
    for value in data {
        match value {
            Ok(value) => values.push(value.as_()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let found = u64::try_from(values.len()).unwrap_or(u64::MAX);
                return Ok(Err(NpyError::Truncated { expected, found }));
            }
            Err(error) => return Ok(Err(NpyError::Io(error))),
        }
    }
    Ok(Ok(values))
}

/// Takes the header from a file, and refuses one that is none.
fn header(reader: &mut impl Read) -> Result<Vec<u8>, NpyError> {
    let refuse = |why: &str| NpyError::Header(why.to_owned());
    let mut header = Vec::new();
    let mut take = |header: &mut Vec<u8>, count: usize| {
        let end = header.len() + count;
        let most = u64::try_from(count).unwrap_or(u64::MAX);
        reader.by_ref().take(most).read_to_end(header).map_err(NpyError::Io)?;
        if header.len() == end { Ok(()) } else { Err(refuse("it ends within its header")) }
    };
    take(&mut header, 8).map_err(|error| match error {
        NpyError::Header(_) => refuse("it does not begin as one"),
        other => other,
    })?;
    let &[0x93, b'N', b'U', b'M', b'P', b'Y', major, _] = header.as_slice() else {
        return Err(refuse("it does not begin as one"));
    };
    let count = if major == 1 { 2 } else { 4 };
    take(&mut header, count)?;
    let bytes = header.iter().skip(8).rev();
    let length = bytes.fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
    if length > MAX_HEADER {
        return Err(refuse("its header is too long"));
    }
    let text = header.len();
    take(&mut header, length)?;
    check_text(header.get(text..).unwrap_or_default())
        .ok_or_else(|| refuse("its header is malformed"))?;
    Ok(header)
}

/// Refuses a header that nests as none does, or whose shape has more elements than 64 bits count.
fn check_text(text: &[u8]) -> Option<()> {
    let brackets = text.iter().filter(|byte| matches!(byte, b'(' | b'[' | b'{'));
    let text = std::str::from_utf8(text).ok().filter(|_| brackets.count() <= 8)?;
    let (_, shape) = text.split_once("shape")?;
    let (shape, _) = shape.split_once('(')?.1.split_once(')')?;
    let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
    let sizes: Option<Vec<u64>> =
        sizes.map(|size| size.trim_end_matches('L').parse().ok()).collect();
    sizes?.iter().try_fold(1_u64, |product, &size| product.checked_mul(size.max(1))).map(|_| ())
}

/// The errors of the reader of headers are about their text.
fn refused(error: &io::Error) -> NpyError {
    NpyError::Header(error.to_string())
}

/// Values of which the first axis varies fastest, in row-major order.
fn row_major(shape: &[u64], values: &[f32]) -> Vec<f32> {
    let sizes: Vec<usize> =
        shape.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect();
    let mut index = vec![0; sizes.len()];
    let mut ordered = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let at = index.iter().zip(&sizes).rev().fold(0, |at, (index, size)| at * size + index);
        ordered.extend(values.get(at));
        for (index, size) in index.iter_mut().zip(&sizes).rev() {
            *index += 1;
            if *index < *size {
                break;
            }
            *index = 0;
        }
    }
    ordered
}

/// Writes a tensor as 32-bit floats, in row-major order.
///
/// # Errors
/// Where it cannot be written, or the values do not fill the shape.
pub fn write(
    writer: impl Write,
    shape: &[u64],
    values: impl IntoIterator<Item = f32>,
) -> io::Result<()> {
    let options = npyz::WriteOptions::<f32>::new().default_dtype().shape(shape);
    let mut file = options.writer(writer).begin_nd()?;
    file.extend(values)?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as NumPy writes it.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn reads_every_type_and_order() {
        let header = |descr: &str, order: &str| {
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (2, 3), }}\n")
        };
        let floats: Vec<u8> = (0_u8..6).flat_map(|i| f32::from(i).to_le_bytes()).collect();
        let big: Vec<u8> = (0_u8..6).flat_map(|i| f64::from(i).to_be_bytes()).collect();
        let halves: Vec<u8> =
            (0_u8..6).flat_map(|i| f16::from_f32(f32::from(i)).to_le_bytes()).collect();
        let long: Vec<u8> = (0_u8..6).flat_map(|i| i64::from(i).to_le_bytes()).collect();
        let bytes: Vec<u8> = (0..6).collect();
        let in_order = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        for (descr, order, data, values) in [
            ("<f4", "False", &floats, in_order),
            // [[0, 2, 4], [1, 3, 5]], column by column.
            ("<f4", "True", &floats, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]),
            (">f8", "False", &big, in_order),
            ("<f2", "False", &halves, in_order),
            ("<i8", "False", &long, in_order),
            ("|u1", "False", &bytes, in_order),
        ] {
            let array = read(file(&header(descr, order), data).as_slice(), |_| true).unwrap();
            assert_eq!(array, NpyArray { shape: vec![2, 3], values: values.to_vec() }, "{descr}");
        }
        let mut written = Vec::new();
        write(&mut written, &[2, 3], in_order).unwrap();
        assert_eq!(read(written.as_slice(), |_| true).unwrap().values, in_order);
    }

    #[test]
    fn refuses_what_is_no_array() {
        let header = |shape: &str| {
            format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n")
        };
        let long = format!("{{'shape': (1,), 'x': {}1{}}}", "(".repeat(1000), ")".repeat(1000));
        for (bytes, message) in [
            (Vec::new(), "does not begin as one"),
            (b"PK\x03\x04 something else".to_vec(), "does not begin as one"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "header is too long"),
            (b"\x93NUMPY\x01\x00\x40\x00{".to_vec(), "ends within its header"),
            (file(&long, &[]), "malformed"),
            (file(&header("(4294967296, 4294967296, 2)"), &[]), "malformed"),
            (file(&header("(0, 3)"), &[]), "no values: its shape is [0, 3]"),
            (file(&header("(7,)"), &[]), "its shape is [7]"),
            (file(&header("(2,)"), &[0; 7]), "2 values are announced, and 1 are there"),
            (file(&header("(2,)").replace("<f4", "<c8"), &[0; 16]), "type '<c8'"),
            (file("{'descr': '<f4', 'shape': (2,)}", &[0; 8]), "missing key"),
        ] {
            let error = read(bytes.as_slice(), |shape| shape.len() == 1 && shape[0] < 7)
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{error} / {message}");
        }
    }
}
