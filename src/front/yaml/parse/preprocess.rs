//! The entries of `preprocess`, and `labels`.

use super::document::File;
use super::{Parser, did_you_mean};
use crate::diagnostics::suggest;
use crate::front::yaml::value::Number;
use crate::front::yaml::values::Yaml;
use crate::front::{ChannelOrder, Labels, Preprocess};
use crate::network::Place;

/// The keys of `preprocess`.
pub(in crate::front::yaml) const PREPROCESS_KEYS: [&str; 5] =
    ["resize", "mean", "std", "channel_order", "maximum"];

impl Parser {
    pub(super) fn preprocess(&mut self, file: &File) {
        let Some(yaml) = file.values.get("preprocess") else { return };
        let root = self.places.value(file.root, "preprocess");
        let Yaml::Mapping(mapping) = yaml else {
            self.error(root, "`preprocess` is a map, as in `{resize: 256, mean: 0.5, std: 0.5}`");
            return;
        };
        self.unknown_keys(mapping, root, &PREPROCESS_KEYS, |_| None);
        // It stands as a whole for that of a base.
        let mut preprocess = Preprocess::default();
        for (key, yaml) in mapping.iter() {
            let Some(key) = key.as_str() else { continue };
            let place = self.places.value(root, key);
            match key {
                "resize" => preprocess.resize = self.whole_pixels(yaml, place),
                "mean" => preprocess.mean = self.by_channel(yaml, place, |_| true),
                "std" => preprocess.std = self.by_channel(yaml, place, |number| number > 0.0),
                "maximum" => {
                    let maximum = self.real(yaml, place, |number| number > 0.0);
                    preprocess.maximum = maximum;
                }
                "channel_order" => {
                    preprocess.channel_order = self.channel_order(yaml, place).unwrap_or_default();
                }
                _ => {}
            }
        }
        self.tree.preprocess = preprocess;
    }

    fn whole_pixels(&mut self, yaml: &Yaml, place: Place) -> Option<u64> {
        let pixels = match yaml {
            Yaml::Number(number) => number.and_then(Number::as_u64).filter(|&pixels| pixels > 0),
            _ => None,
        };
        if pixels.is_none() {
            self.error(place, "`resize` is a whole number of pixels, at least 1");
        }
        pixels
    }

    /// A number for all channels, or a list.
    fn by_channel(&mut self, yaml: &Yaml, place: Place, fits: fn(f64) -> bool) -> Option<Vec<f64>> {
        let Yaml::Sequence(items) = yaml else {
            return self.real(yaml, place, fits).map(|number| vec![number]);
        };
        if items.is_empty() {
            self.error(place, "there is no number in this list");
            return None;
        }
        let mut numbers = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = self.places.item(place, index);
            numbers.push(self.real(item, place, fits)?);
        }
        Some(numbers)
    }

    fn real(&mut self, yaml: &Yaml, place: Place, fits: fn(f64) -> bool) -> Option<f64> {
        let number = match yaml {
            Yaml::Number(Some(number)) => Some(number.to_f64()),
            Yaml::Number(None) => {
                self.error(place, "this number has too many digits, or is too large or too small");
                return None;
            }
            _ => None,
        };
        match number {
            Some(number) if fits(number) => Some(number),
            Some(_) => {
                self.error(place, "this must be above 0");
                None
            }
            None => {
                self.error(place, "a number is needed here");
                None
            }
        }
    }

    fn channel_order(&mut self, yaml: &Yaml, place: Place) -> Option<ChannelOrder> {
        let word = yaml.as_str().unwrap_or_default();
        let known = ChannelOrder::NAMED.into_iter().find(|(name, _)| *name == word);
        if known.is_none() {
            let names = ChannelOrder::NAMED.map(|(name, _)| name);
            let help = did_you_mean(suggest(word, names.into_iter()));
            let message = format!("`channel_order` is one of {}", names.join(", "));
            self.error_with_help(place, message, help);
        }
        known.map(|(_, order)| order)
    }

    pub(super) fn labels(&mut self, file: &File) {
        let Some(yaml) = file.values.get("labels") else { return };
        let root = self.places.value(file.root, "labels");
        let labels = match yaml {
            Yaml::String(path) => {
                let beside = self.places.locate(root).map(|(source, _)| source.name.clone());
                beside.map(|beside| Labels::File { path: path.clone(), beside })
            }
            Yaml::Sequence(items) if !items.is_empty() => {
                let mut labels = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let place = self.places.item(root, index);
                    match self.text(item, place) {
                        Some(label) => labels.push(label),
                        None => return,
                    }
                }
                Some(Labels::List(labels))
            }
            _ => {
                let message = "`labels` is a list of names, or the name of a text file";
                self.error(root, message);
                None
            }
        };
        self.tree.labels = labels.or(self.tree.labels.take());
    }
}
