//! NumPy's files of one tensor, `.npy` (`numpy.lib.format`, versions 1.0 to 3.0; NumPy Enhancement Proposal 1).

use std::io::{self, Read, Write};

use thiserror::Error;

use crate::text::shortened;

use super::{ElementType, Encoding, ReadError, write_values};

/// What every such file begins with.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The longest header that is read, in bytes. NumPy's own are of a few hundred.
const MAX_HEADER: usize = 1 << 16;

/// The most axes of an array; NumPy's own limit.
const MAX_AXES: usize = 64;

/// Values begin at a multiple of so many bytes, as NumPy's do.
const ALIGNMENT: usize = 64;

/// What the header of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The type of its values, in NumPy's spelling: `<f4`.
    pub descr: String,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// Its sizes; none for a single number.
    pub sizes: Vec<u64>,
}

/// A tensor of a file.
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
    /// It does not begin as such files do.
    #[error("it is no .npy file: it does not begin as one")]
    Magic,
    /// A version of the format that is not known.
    #[error("it is of version {0}.{1} of NumPy's format, of which 1.0 to 3.0 are known")]
    Version(u8, u8),
    /// A header that cannot be understood.
    #[error("its header cannot be read: {0}")]
    Header(&'static str),
    /// It has no values.
    #[error("it has no values: its shape is {0:?}")]
    Empty(Vec<u64>),
    /// It has another shape than what takes it.
    #[error("its shape is {0:?}")]
    Shape(Vec<u64>),
    /// Its values are no numbers that are read.
    #[error("its values are of type `{}`; floating point and whole numbers are read", shortened(.0))]
    Type(String),
    /// It goes on after its values.
    #[error("something follows its last value")]
    Surplus,
    /// Its values cannot be read.
    #[error(transparent)]
    Values(#[from] ReadError),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a tensor, if `takes` accepts its shape.
///
/// # Errors
/// Where it is none, is empty, truncated or of another shape.
pub fn read(
    mut reader: impl Read,
    takes: impl FnOnce(&[u64]) -> bool,
) -> Result<NpyArray, NpyError> {
    let header = Header::read(&mut reader)?;
    if header.sizes.contains(&0) {
        return Err(NpyError::Empty(header.sizes));
    }
    if !takes(&header.sizes) {
        return Err(NpyError::Shape(header.sizes));
    }
    let Some(encoding) = header.encoding() else { return Err(NpyError::Type(header.descr)) };
    let values = encoding.read(&mut reader, &header.sizes)?;
    if exactly(&mut reader, 1)?.is_some() {
        return Err(NpyError::Surplus);
    }
    Ok(NpyArray { shape: header.sizes, values })
}

/// Writes a tensor as 32-bit floats, in row-major order.
///
/// # Errors
/// Where it cannot be written, or the values do not fill the shape.
pub fn write(mut writer: impl Write, shape: &[u64], values: &[f32]) -> io::Result<()> {
    let refused = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
    let count = shape.iter().try_fold(1_u64, |count, &size| count.checked_mul(size));
    if count != u64::try_from(values.len()).ok() {
        return Err(refused("the values do not fill the shape"));
    }
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let sizes = if shape.len() > 1 { sizes.trim_end_matches(", ") } else { sizes.trim_end() };
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes}), }}").into_bytes();
    let before = MAGIC.len() + 4;
    // The header ends with a line feed, and blanks before it fill it up.
    let end = (before + header.len() + 1).next_multiple_of(ALIGNMENT);
    header.resize(end - before - 1, b' ');
    header.push(b'\n');
    let length = u16::try_from(header.len()).map_err(|_| refused("it has too many axes"))?;
    writer.write_all(MAGIC)?;
    writer.write_all(&[1, 0])?;
    writer.write_all(&length.to_le_bytes())?;
    writer.write_all(&header)?;
    write_values(&mut writer, values)?;
    writer.flush()
}

impl Header {
    /// Reads the header, up to the first value.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(reader: &mut impl Read) -> Result<Self, NpyError> {
        let start = exactly(reader, 8)?.filter(|start| start.starts_with(MAGIC));
        let start = start.ok_or(NpyError::Magic)?;
        let short = || NpyError::Header("the file ends within it");
        let bytes = match start[MAGIC.len()..] {
            [1, 0] => 2,
            [2 | 3, 0] => 4,
            [major, minor, ..] => return Err(NpyError::Version(major, minor)),
            _ => return Err(NpyError::Magic),
        };
        let length = exactly(reader, bytes)?.ok_or_else(short)?;
        let length = length.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
        if length > MAX_HEADER {
            return Err(NpyError::Header("it is too long"));
        }
        let text = exactly(reader, length)?.ok_or_else(short)?;
        let text = std::str::from_utf8(&text).map_err(|_| NpyError::Header("it is no text"))?;
        dictionary(text).map_err(NpyError::Header)
    }

    /// How the values are stored; `None` where they are no real numbers.
    #[must_use]
    pub fn encoding(&self) -> Option<Encoding> {
        let (order, name) = self.descr.split_at_checked(1)?;
        let element = match name {
            "f2" => ElementType::F16,
            "f4" => ElementType::F32,
            "f8" => ElementType::F64,
            "i1" => ElementType::I8,
            "i2" => ElementType::I16,
            "i4" => ElementType::I32,
            "i8" => ElementType::I64,
            "u1" => ElementType::U8,
            "u2" => ElementType::U16,
            "u4" => ElementType::U32,
            "u8" => ElementType::U64,
            _ => return None,
        };
        let big_endian = match order {
            "<" => false,
            ">" => true,
            "=" => cfg!(target_endian = "big"),
            "|" if element.bytes() == 1 => false,
            _ => return None,
        };
        Some(Encoding { element, big_endian, fortran_order: self.fortran_order })
    }
}

/// The next so many bytes; `None` where there are fewer.
fn exactly(reader: &mut impl Read, count: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; count];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Python's text of a dictionary with the keys `descr`, `fortran_order` and `shape`, in any order.
fn dictionary(text: &str) -> Result<Header, &'static str> {
    let mut rest = Rest(text.trim());
    rest.expect("{")?;
    let (mut descr, mut fortran_order, mut sizes) = (None, None, None);
    while !rest.accept("}") {
        let key = rest.quoted()?;
        rest.expect(":")?;
        let is_new = match key {
            "descr" => descr.replace(rest.descr()?).is_none(),
            "fortran_order" => fortran_order.replace(rest.boolean()?).is_none(),
            "shape" => sizes.replace(rest.sizes()?).is_none(),
            _ => return Err("it has an unknown key"),
        };
        if !is_new {
            return Err("a key is there twice");
        }
        if !rest.accept(",") {
            rest.expect("}")?;
            break;
        }
    }
    match (descr, fortran_order, sizes, rest.0) {
        (Some(descr), Some(fortran_order), Some(sizes), "") => {
            Ok(Header { descr, fortran_order, sizes })
        }
        (_, _, _, "") => Err("`descr`, `fortran_order` or `shape` is missing"),
        _ => Err("something follows it"),
    }
}

/// What is left of a header, without blanks at its start.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, bytes: usize) {
        self.0 = self.0.get(bytes..).unwrap_or_default().trim_start();
    }

    fn accept(&mut self, text: &str) -> bool {
        let accepts = self.0.starts_with(text);
        if accepts {
            self.skip(text.len());
        }
        accepts
    }

    fn expect(&mut self, text: &str) -> Result<(), &'static str> {
        if self.accept(text) { Ok(()) } else { Err("it is no dictionary of the known form") }
    }

    fn quoted(&mut self) -> Result<&'a str, &'static str> {
        let quote = self.0.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
        let inner = quote.and_then(|quote| self.0.get(1..)?.split(quote).next());
        let inner = inner.ok_or("a text in quotes is missing")?;
        if self.0.len() < inner.len() + 2 {
            return Err("a text has no closing quote");
        }
        self.skip(inner.len() + 2);
        Ok(inner)
    }

    /// A type: a text, or the list of a structured type's fields, which is kept as it is up to its bracket.
    fn descr(&mut self) -> Result<String, &'static str> {
        if !self.0.starts_with('[') {
            return self.quoted().map(str::to_owned);
        }
        let end = self.0.rfind(']').ok_or("a bracket is not closed")?;
        let fields = self.0.get(..=end).unwrap_or_default().to_owned();
        self.skip(end + 1);
        Ok(fields)
    }

    fn boolean(&mut self) -> Result<bool, &'static str> {
        if self.accept("True") {
            return Ok(true);
        }
        if self.accept("False") { Ok(false) } else { Err("`fortran_order` is no boolean") }
    }

    fn sizes(&mut self) -> Result<Vec<u64>, &'static str> {
        self.expect("(")?;
        let mut sizes = Vec::new();
        while !self.accept(")") {
            let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
            let size = self.0.get(..digits).and_then(|digits| digits.parse().ok());
            sizes.push(size.ok_or("a size is no number of 64 bits")?);
            self.skip(digits);
            self.accept("L");
            if sizes.len() > MAX_AXES {
                return Err("it has too many axes");
            }
            if !self.accept(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    /// A file as NumPy writes it.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0][..], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn every_type_and_order_is_read() {
        let header = |descr: &str, order: &str| {
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (2, 3), }}\n")
        };
        let of = |bytes: &dyn Fn(u8) -> Vec<u8>| (0_u8..6).flat_map(bytes).collect::<Vec<u8>>();
        let floats = of(&|i| f32::from(i).to_le_bytes().to_vec());
        let in_order = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        for (descr, order, data, values) in [
            ("<f4", "False", floats.clone(), in_order),
            // [[0, 2, 4], [1, 3, 5]], column by column.
            ("<f4", "True", floats, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]),
            (">f4", "False", of(&|i| f32::from(i).to_be_bytes().to_vec()), in_order),
            (">f8", "False", of(&|i| f64::from(i).to_be_bytes().to_vec()), in_order),
            ("<f2", "False", of(&|i| f16::from(i).to_le_bytes().to_vec()), in_order),
            ("|i1", "False", of(&|i| vec![0u8.wrapping_sub(i)]), in_order.map(|x| 0.0 - x)),
            (
                ">i2",
                "False",
                of(&|i| (-i16::from(i)).to_be_bytes().to_vec()),
                in_order.map(|x| 0.0 - x),
            ),
            ("<i4", "False", of(&|i| i32::from(i).to_le_bytes().to_vec()), in_order),
            ("<i8", "False", of(&|i| i64::from(i).to_le_bytes().to_vec()), in_order),
            ("|u1", "False", of(&|i| vec![i]), in_order),
            ("<u2", "False", of(&|i| u16::from(i).to_le_bytes().to_vec()), in_order),
            (">u4", "False", of(&|i| u32::from(i).to_be_bytes().to_vec()), in_order),
            ("<u8", "False", of(&|i| u64::from(i).to_le_bytes().to_vec()), in_order),
        ] {
            let array = read(file(&header(descr, order), &data).as_slice(), |_| true).unwrap();
            assert_eq!(array, NpyArray { shape: vec![2, 3], values: values.to_vec() }, "{descr}");
        }
    }

    /// What NumPy 2.x saves of `numpy.array([[0, 1], [2, 3]], "<f4")` and of one row of it.
    #[test]
    fn files_are_written_as_numpy_writes_them() {
        for (shape, text, values) in [
            (&[2, 2][..], "(2, 2)", &[0.0, 1.0, 2.0, 3.0][..]),
            (&[2], "(2,)", &[0.0, 1.0]),
            (&[], "()", &[0.5]),
        ] {
            let mut written = Vec::new();
            write(&mut written, shape, values).unwrap();
            let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {text}, }}");
            let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            assert_eq!(written, file(&format!("{header:117}\n"), &data));
            assert_eq!(read(written.as_slice(), |_| true).unwrap().values, values);
        }
        assert!(write(Vec::new(), &[3], &[0.0; 2]).is_err());
    }

    #[test]
    fn what_is_no_array_is_refused() {
        let header = |shape: &str| {
            format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n")
        };
        let long = [MAGIC, &[2, 0, 255, 255, 255, 255][..]].concat();
        for (bytes, message) in [
            (Vec::new(), "does not begin as one"),
            (b"PK\x03\x04 something else".to_vec(), "does not begin as one"),
            (long, "it is too long"),
            ([MAGIC, &[1, 0, 64][..]].concat(), "the file ends within it"),
            ([MAGIC, &[1, 0, 64, 0, b'{'][..]].concat(), "the file ends within it"),
            ([MAGIC, &[4, 0, 64, 0, 0, 0][..]].concat(), "version 4.0"),
            (file(&header("(4294967296, 4294967296, 2)"), &[]), "no memory"),
            (file(&header("(1152921504606846976,)"), &[]), "no memory"),
            (file(&header("(0, 3)"), &[]), "no values: its shape is [0, 3]"),
            (file(&header("(7,)"), &[]), "its shape is [7]"),
            (file(&header("(2,)"), &[0; 9]), "something follows its last value"),
            (file(&header("(2,)").replace("<f4", "<M8[ns]"), &[0; 16]), "type `<M8[ns]`"),
            (file(&header("(2,)"), &[0; 7]), "2 are announced, and 1 are there"),
            (file(&header("(2,)").replace("<f4", "<c8"), &[0; 16]), "type `<c8`"),
            (file(&header("(2,)").replace("<f4", "|f4"), &[0; 8]), "type `|f4`"),
        ] {
            let error = read(bytes.as_slice(), |shape| shape != [7]).unwrap_err().to_string();
            assert!(error.contains(message), "{error} / {message}");
        }
    }

    /// Headers as NumPy 1.26 and 2.x, and Python 2 (`L`), write them; the format's definition is NEP 1.
    #[test]
    fn headers_are_read() {
        let read = |text| dictionary(text).map(|it| (it.descr, it.fortran_order, it.sizes));
        type Said<'a> = (&'a str, bool, &'a [u64]);
        let cases: [(&str, Said<'_>); 5] = [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (64, 3, 7, 7), }   \n",
                ("<f4", false, &[64, 3, 7, 7]),
            ),
            ("{'descr': '>f8', 'fortran_order': True, 'shape': (5,), }", (">f8", true, &[5])),
            ("{'shape': (), 'fortran_order': False, 'descr': \"<f2\"}", ("<f2", false, &[])),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L)}",
                ("<f4", false, &[3, 4]),
            ),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
                ("[('a', '<f4')]", false, &[2]),
            ),
        ];
        for (text, (descr, fortran_order, sizes)) in cases {
            assert_eq!(read(text), Ok((descr.to_owned(), fortran_order, sizes.to_vec())), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "{",
            "{}",
            "[]",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
            "{'descr': '<f4, 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'é': 1}",
            "{é",
        ] {
            assert!(dictionary(text).is_err(), "{text}");
        }
        let many =
            format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({})}}", "1,".repeat(70));
        assert!(dictionary(&many).is_err());
        assert!(dictionary(&"(".repeat(60_000)).is_err());
    }
}
