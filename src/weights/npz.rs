//! NumPy's archives: a zip file with an array in NumPy's format for every name, `NAME.npy`.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::Names;
use super::archive::{Archive, Archived, Header, WeightsError};
use crate::network::Network;
use crate::tensor_file::{Encoding, npy};
use crate::text::{cut, shortened};

/// What the last record of an archive begins with, and its bytes without the comment that ends it.
const END: &[u8; 4] = b"PK\x05\x06";
const END_BYTES: u64 = 22;

/// The ending of the files in an archive.
const ENDING: &str = ".npy";

/// Opens a file to read the values of a network, array by array. Nothing but the arrays that the network takes is unpacked, and of these no more than
/// it takes.
///
/// # Errors
/// Where it is no such file, or one that does not fit the network.
pub fn open<'a>(
    reader: impl Read + Seek + Send + 'a,
    network: &Network,
    names: &Names,
) -> Result<Archived<'a>, WeightsError> {
    Archived::of(File::open(reader)?, network, names)
}

/// An archive whose table of contents was read.
struct File<R> {
    archive: ZipArchive<R>,
    /// The position in the archive of every array.
    places: HashMap<String, usize>,
}

impl<R: Read + Seek> File<R> {
    fn open(mut reader: R) -> Result<Self, WeightsError> {
        let refused = |why: &str| WeightsError::File(format!("it is no npz file: {why}"));
        let mut start = [0; 4];
        let length = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        if length >= 4 {
            reader.read_exact(&mut start)?;
        }
        // A file in the archive, or the end of one without any.
        if !matches!(&start, b"PK\x03\x04" | END) {
            let is_array = start.starts_with(&npy::MAGIC[..4]);
            return Err(refused(match is_array {
                true => "it is a single array, of which nobody knows the name",
                false => "it does not begin as a zip archive",
            }));
        }
        let most = u64::from(u16::MAX) + END_BYTES;
        reader.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut tail = Vec::new();
        reader.by_ref().take(most).read_to_end(&mut tail)?;
        let mut archive = ZipArchive::new(reader).map_err(|error| refused(&zipped(&error)))?;
        let end = usize::try_from(END_BYTES).unwrap_or(usize::MAX);
        let end = tail.len().checked_sub(end.saturating_add(archive.comment().len()));
        if end.and_then(|end| tail.get(end..)).is_none_or(|end| !end.starts_with(END)) {
            return Err(refused("something follows its end"));
        }
        if archive.has_overlapping_entries().map_err(|error| refused(&zipped(&error)))? {
            return Err(refused("entries share bytes of the file"));
        }
        if archive.has_duplicate_names() {
            return Err(refused("a name is there twice"));
        }
        let mut places = HashMap::new();
        for (place, file) in archive.file_names().enumerate() {
            let file = file.map_err(|error| refused(&zipped(&error)))?;
            let name = file.strip_suffix(ENDING).unwrap_or(&file).to_owned();
            if places.insert(name, place).is_some() {
                return Err(refused(&format!(
                    "`{}` is there with and without `{ENDING}`",
                    shortened(&file)
                )));
            }
        }
        Ok(Self { archive, places })
    }

    /// Opens an array.
    fn array(&mut self, name: &str) -> Result<ZipFile<'_, R>, String> {
        let place = self.places.get(name).ok_or("it is not there")?;
        self.archive.by_index(*place).map_err(|error| zipped(&error))
    }
}

/// What is wrong with an archive, for people.
fn zipped(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "it ends too early".to_owned()
        }
        _ => cut(&error.to_string(), 300),
    }
}

impl<R: Read + Seek + Send> Archive for File<R> {
    fn names(&self) -> Vec<&str> {
        self.places.keys().map(String::as_str).collect()
    }

    fn header(&mut self, name: &str) -> Result<Header, String> {
        let mut array = self.array(name)?;
        let header = npy::Header::read(&mut array).map_err(|error| error.to_string())?;
        let encoding = header.encoding().filter(|encoding| encoding.element.is_float());
        let encoding = encoding.ok_or(header.descr);
        Ok(Header { encoding, sizes: header.sizes })
    }

    fn values(
        &mut self,
        name: &str,
        encoding: Encoding,
        sizes: &[u64],
        values: &mut Vec<f32>,
    ) -> Result<(), String> {
        let mut array = self.array(name)?;
        npy::Header::read(&mut array).map_err(|error| error.to_string())?;
        let read = encoding.read_into(&mut array, sizes, values);
        read.map_err(|error| error.to_string())?;
        // At the end, and not before, the checksum is compared.
        match array.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err("something follows its last value".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}
