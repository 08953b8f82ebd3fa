//! Files of tensors as Hugging Face's safetensors has them: eight bytes with the length of a JSON header, the header, and the values.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{Read, Seek, SeekFrom, Write};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::archive::{Archive, Archived, Header, WeightsError};
use super::{Names, Weights, parameters};
use crate::network::Network;
use crate::tensor_file::{ElementType, Encoding, write_values};
use crate::text::{cut, shortened};

/// The longest header that is read, in bytes: of some 100,000 tensors.
const MAX_HEADER: u64 = 16 << 20;

/// The longest message of the header's reader that is shown, in characters.
const LONGEST_MESSAGE: usize = 300;

/// The bytes of the header's length.
const LENGTH_BYTES: u64 = 8;

/// Opens a file to read the values of a network, tensor by tensor.
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

/// A file whose header was read, and agrees with its length.
struct File<R> {
    reader: R,
    metadata: HashMap<String, TensorInfo>,
    /// Where the values begin.
    start: u64,
}

impl<R: Read + Seek> File<R> {
    fn open(mut reader: R) -> Result<Self, WeightsError> {
        let refused = |why: &str| WeightsError::File(format!("it is no safetensors file: {why}"));
        let length = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        if length < LENGTH_BYTES {
            return Err(refused("it is too short"));
        }
        let mut bytes = [0; 8];
        reader.read_exact(&mut bytes)?;
        let header_length = u64::from_le_bytes(bytes);
        let start = header_length.checked_add(LENGTH_BYTES).filter(|&start| start <= length);
        let start = start.ok_or_else(|| refused("its header is longer than the file"))?;
        if header_length > MAX_HEADER {
            let most = MAX_HEADER >> 20;
            return Err(WeightsError::File(format!("its header has more than {most} MiB")));
        }
        let mut header = Vec::new();
        reader.by_ref().take(header_length).read_to_end(&mut header)?;
        let metadata = metadata(&header).map_err(|why| refused(&why))?;
        let data = u64::try_from(metadata.data_len()).unwrap_or(u64::MAX);
        match start.checked_add(data) {
            Some(end) if end == length => {}
            Some(end) if end < length => {
                let surplus = length - end;
                return Err(refused(&format!("{surplus} bytes follow its last value")));
            }
            _ => return Err(refused("it ends before its last value")),
        }
        let metadata =
            metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok(Self { reader, metadata, start })
    }
}

/// What a header says; the tensors' bytes follow each other without gaps and are as many as their shapes ask for.
fn metadata(header: &[u8]) -> Result<Metadata, String> {
    let UniqueKeys = serde_json::from_slice(header).map_err(|error| in_header(&error))?;
    serde_json::from_slice(header).map_err(|error| in_header(&error))
}

fn in_header(error: &serde_json::Error) -> String {
    // What is wrong is said first, with names of any length in it.
    format!("its header cannot be read: {}", cut(&error.to_string(), LONGEST_MESSAGE))
}

/// A JSON object no key of which is there twice.
struct UniqueKeys;

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = UniqueKeys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueKeys, A::Error> {
                let mut keys = HashSet::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
                    if keys.contains(&key) {
                        let twice = format!("`{}` is there twice", shortened(&key));
                        return Err(serde::de::Error::custom(twice));
                    }
                    keys.insert(key);
                }
                Ok(UniqueKeys)
            }
        }

        deserializer.deserialize_map(Keys)
    }
}

impl<R: Read + Seek + Send> Archive for File<R> {
    fn names(&self) -> Vec<&str> {
        self.metadata.keys().map(String::as_str).collect()
    }

    fn header(&mut self, name: &str) -> Result<Header, String> {
        let info = self.metadata.get(name).ok_or("it is not there")?;
        let element = match info.dtype {
            Dtype::F16 => Ok(ElementType::F16),
            Dtype::BF16 => Ok(ElementType::Bf16),
            Dtype::F32 => Ok(ElementType::F32),
            Dtype::F64 => Ok(ElementType::F64),
            other => Err(other.to_string()),
        };
        let sizes = info.shape.iter().map(|&size| u64::try_from(size).unwrap_or(u64::MAX));
        Ok(Header { encoding: element.map(Encoding::little_endian), sizes: sizes.collect() })
    }

    fn values(
        &mut self,
        name: &str,
        encoding: Encoding,
        sizes: &[u64],
        values: &mut Vec<f32>,
    ) -> Result<(), String> {
        let info = self.metadata.get(name).ok_or("it is not there")?;
        let offset = u64::try_from(info.data_offsets.0).unwrap_or(u64::MAX);
        let start = SeekFrom::Start(self.start.saturating_add(offset));
        self.reader.seek(start).map_err(|error| error.to_string())?;
        let read = encoding.read_into(&mut self.reader, sizes, values);
        read.map_err(|error| error.to_string())
    }
}

/// Writes the values of a network under its own names, as 32-bit floats.
///
/// # Errors
/// Where the values are not of this network, or cannot be written.
pub fn write(
    mut writer: impl Write,
    network: &Network,
    weights: &Weights,
) -> Result<(), WeightsError> {
    let held = parameters(network)?;
    let mut tensors = Vec::with_capacity(held.len());
    let mut infos = Vec::with_capacity(held.len());
    let mut end = 0_usize;
    let mut nth = 0;
    let mut node = None;
    for held in held {
        nth = if node == Some(held.node) { nth + 1 } else { 0 };
        node = Some(held.node);
        let sizes = held.parameter.shape.sizes();
        let sizes: Result<Vec<usize>, _> = sizes.iter().map(|&size| size.try_into()).collect();
        let values = weights.of(held.node).get(nth);
        let values = values.filter(|values| {
            u64::try_from(values.len()).is_ok_and(|count| count == held.parameter.shape.elements())
        });
        let (Some(values), Ok(shape)) = (values, sizes) else {
            return Err(WeightsError::Foreign(held.name));
        };
        let start = end;
        end = start.saturating_add(values.len().saturating_mul(ElementType::F32.bytes()));
        let info = TensorInfo { dtype: Dtype::F32, shape, data_offsets: (start, end) };
        infos.push((held.name, info));
        tensors.push(values);
    }
    let header = Metadata::new(None, infos)
        .map_err(|error| error.to_string())
        .and_then(|metadata| serde_json::to_vec(&metadata).map_err(|error| error.to_string()));
    let mut header = header.map_err(WeightsError::File)?;
    // The values begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = u64::try_from(header.len()).unwrap_or(u64::MAX);
    writer.write_all(&length.to_le_bytes())?;
    writer.write_all(&header)?;
    for values in tensors {
        write_values(&mut writer, values)?;
    }
    writer.flush()?;
    Ok(())
}
