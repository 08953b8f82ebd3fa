//! The values of a YAML text.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::syntax::{REPEATED, refuse};
use super::value::Number;
use crate::diagnostics::{Diagnostic, Diagnostics, Source};
use crate::text::nests_too_deep;

/// Whole numbers below this are exact as 64-bit floats.
const EXACT_IN_F64: f64 = 9_007_199_254_740_992.0;

/// From how many keys on a map is searched for repeated ones by hashing.
const MANY_KEYS: usize = 16;

/// A value of a YAML text. Maps are lists of entries: those of a network file have few keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    /// A number; `None` where it cannot be held exactly.
    Number(Option<Number>),
    String(String),
    Sequence(Vec<Yaml>),
    Mapping(Mapping),
    /// A value with a tag, which the language has no use for.
    Tagged,
}

/// The entries of a map, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapping(Vec<(Yaml, Yaml)>);

/// The values of a text.
pub(super) fn read(source: &Arc<Source>) -> Result<Yaml, Diagnostics> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    if let Some(at) = nests_too_deep(text) {
        let diagnostic = Diagnostic::error("the brackets nest too deep");
        return Err(diagnostic.label(source, at..at.saturating_add(1), "").into());
    }
    serde_yaml::from_str(text).map_err(|error| refuse(source, &error).into())
}

impl Yaml {
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_sequence(&self) -> Option<&[Self]> {
        match self {
            Self::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_mapping(&self) -> Option<&Mapping> {
        match self {
            Self::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value under a key, where this is a map that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }
}

impl Mapping {
    pub(super) fn get(&self, key: &str) -> Option<&Yaml> {
        let entry = self.0.iter().find(|(known, _)| known.as_str() == Some(key));
        entry.map(|(_, value)| value)
    }

    pub(super) fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Yaml> {
        self.0.iter().map(|(key, _)| key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Yaml> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Yaml, &Yaml)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// A key of text that stands more than once.
    fn repeated(&self) -> Option<&str> {
        let texts = || self.keys().filter_map(Yaml::as_str);
        if self.len() < MANY_KEYS {
            let earlier = |position, key| texts().take(position).any(|other| other == key);
            return texts().enumerate().find(|(at, key)| earlier(*at, *key)).map(|(_, key)| key);
        }
        let mut known = HashSet::new();
        texts().find(|key| !known.insert(*key))
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Yaml, E> {
        Ok(Yaml::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Yaml, E> {
        Ok(Yaml::Number(Number::from_integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Yaml, E> {
        Ok(Yaml::Number(Number::from_integer(value.into())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Yaml, E> {
        Ok(Yaml::Number(Number::from_integer(value)))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Yaml, E> {
        Ok(Yaml::Number(i128::try_from(value).ok().and_then(Number::from_integer)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Yaml, E> {
        let exact = value.abs() < EXACT_IN_F64;
        Ok(Yaml::Number(if exact { Number::from_f64_shortest(value) } else { None }))
    }

    fn visit_str<E>(self, value: &str) -> Result<Yaml, E> {
        Ok(Yaml::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Yaml, E> {
        Ok(Yaml::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Yaml, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Yaml::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Yaml, A::Error> {
        let mut mapping = Mapping::default();
        while let Some(entry) = access.next_entry()? {
            mapping.0.push(entry);
        }
        match mapping.repeated() {
            Some(key) => Err(A::Error::custom(format!("{REPEATED}`{key}` stands twice"))),
            None => Ok(Yaml::Mapping(mapping)),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Yaml, A::Error> {
        // The tag and what it stands before must be taken, or the rest of the text cannot be read.
        let (_, rest): (serde::de::IgnoredAny, _) = access.variant()?;
        serde::de::VariantAccess::newtype_variant::<serde::de::IgnoredAny>(rest)?;
        Ok(Yaml::Tagged)
    }
}
