//! NumPy's file of one array (`numpy.lib.format`, versions 1.0 to 3.0).

use std::io::{self, Read};

use thiserror::Error;

use super::encoding::{Encoding, FloatType};

/// What every such file begins with.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The longest header that is read. NumPy's own are of a few hundred bytes.
const MAX_HEADER: usize = 1 << 16;

/// The most axes of an array; NumPy's own limit.
const MAX_AXES: usize = 64;

/// What the header of an array says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The type of its values, in NumPy's spelling: `<f4`.
    pub descr: String,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// Its sizes; none for a single number.
    pub sizes: Vec<u64>,
}

/// Why an array cannot be read.
#[derive(Debug, Error)]
pub enum NpyError {
    /// It does not begin as such files do.
    #[error("it is no NumPy array")]
    Magic,
    /// A version of the format that is not known.
    #[error("it is of version {0}.{1} of NumPy's format, of which 1.0 to 3.0 are known")]
    Version(u8, u8),
    /// A header that cannot be understood.
    #[error("its header cannot be read: {0}")]
    Header(&'static str),
    /// It cannot be read, or ends too early.
    #[error("{}", told(.0))]
    Io(#[from] io::Error),
}

/// What went wrong, for people.
pub(super) fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends before its last value".to_owned(),
        _ => error.to_string(),
    }
}

impl Header {
    /// Reads the header, up to the first value.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(reader: &mut impl Read) -> Result<Self, NpyError> {
        let mut start = [0; 8];
        reader.read_exact(&mut start)?;
        let [.., major, minor] = start;
        if !start.starts_with(MAGIC) {
            return Err(NpyError::Magic);
        }
        let length = match (major, minor) {
            (1, 0) => u32::from(u16::from_le_bytes(bytes(reader)?)),
            (2 | 3, 0) => u32::from_le_bytes(bytes(reader)?),
            _ => return Err(NpyError::Version(major, minor)),
        };
        let length = usize::try_from(length).ok().filter(|&length| length <= MAX_HEADER);
        let mut text = vec![0; length.ok_or(NpyError::Header("it is too long"))?];
        reader.read_exact(&mut text)?;
        let text = std::str::from_utf8(&text).map_err(|_| NpyError::Header("it is no text"))?;
        dictionary(text).map_err(NpyError::Header)
    }

    /// How the values are stored; `None` where they are no real floating-point numbers.
    #[must_use]
    pub fn encoding(&self) -> Option<Encoding> {
        let (order, name) = self.descr.split_at_checked(1)?;
        let float = match name {
            "f2" => FloatType::F16,
            "f4" => FloatType::F32,
            "f8" => FloatType::F64,
            _ => return None,
        };
        let big_endian = match order {
            "<" => false,
            ">" => true,
            "=" => cfg!(target_endian = "big"),
            _ => return None,
        };
        Some(Encoding { float, big_endian, fortran_order: self.fortran_order })
    }
}

fn bytes<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
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
    use super::*;

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
