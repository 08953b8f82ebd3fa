//! Reports for tests: bundled networks, and networks with made-up names.

use super::{Figures, Layer, Report, Setting, Unaligned};
use crate::bundled::{self, Bundled};
use crate::front::yaml::{Description, Settings};

/// A bundled network.
pub(crate) fn bundled(name: &str) -> Report {
    let description = Description::read(&bundled::source(name).unwrap(), &Bundled).unwrap();
    let elaborated = description.elaborate(&Settings::default()).unwrap();
    Report::new(&elaborated.network, description.metadata(&elaborated)).unwrap()
}

/// A network of few layers with blocks.
pub(crate) fn squeezenet() -> Report {
    bundled("squeezenet")
}

/// A network of some 700 layers with blocks in blocks.
pub(crate) fn deep() -> Report {
    bundled("densenet201")
}

/// Layers of the given names and blocks, without figures.
pub(crate) fn named(names: &[(&str, &str)]) -> Report {
    let mut report = squeezenet();
    let layer = report.layers.iter().find(|layer| layer.op == "dropout").unwrap().clone();
    let layer = Layer { figures: Figures::default(), last_consumer: None, ..layer };
    let named = |(name, block): &(&str, &str)| Layer {
        name: (*name).to_owned(),
        block: (*block).to_owned(),
        ..layer.clone()
    };
    report.layers = names.iter().map(named).collect();
    report.totals = super::fold::sum(&report.layers, "named").unwrap();
    report
}

/// A report in which every text is an attack.
pub(crate) fn hostile(text: &str) -> Report {
    let mut report = squeezenet();
    report.name = text.to_owned();
    report.source = Some(text.to_owned());
    report.description = Some(text.to_owned());
    report.settings = vec![Setting { name: text.to_owned(), value: text.to_owned() }];
    report.exceeds_input = Some(text.to_owned());
    if let Some(field) = &mut report.receptive_field {
        field.layer = Some(text.to_owned());
    }
    report.unaligned = vec![Unaligned {
        layer: text.to_owned(),
        branches: vec![text.to_owned(); 2],
        offsets: vec![[Some(0.0); 2], [Some(0.5), None]],
    }];
    for output in &mut report.outputs {
        output.name = text.to_owned();
    }
    for layer in &mut report.layers {
        layer.name = format!("{text}/{}", layer.name);
        layer.block = format!("{text}/{text}");
        layer.op = text.to_owned();
        layer.detail = text.to_owned();
        layer.inputs.push(text.to_owned());
    }
    report
}
