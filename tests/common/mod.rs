//! What the integration tests share.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub(crate) mod operators;

use std::sync::Arc;

use cnnstat::bundled::{self, Bundled};
use cnnstat::diagnostics::{Diagnostics, Source};
use cnnstat::front::yaml::{Description, Elaborated, Settings};
use cnnstat::report::Report;

/// A bundled network.
pub(crate) fn bundled_description(name: &str) -> Description {
    let source = bundled::source(name).unwrap_or_else(|| panic!("no bundled network `{name}`"));
    Description::read(&source, &Bundled).unwrap_or_else(|error| panic!("{}", plain(&error)))
}

/// A network file that may extend bundled ones.
pub(crate) fn read(text: &str) -> Result<Description, Diagnostics> {
    let source: Arc<Source> = Source::new("test.yaml", text);
    Description::read(&source, &Bundled)
}

/// A description elaborated, and its report.
pub(crate) fn analyse(description: &Description, settings: &Settings) -> (Elaborated, Report) {
    let elaborated =
        description.elaborate(settings).unwrap_or_else(|error| panic!("{}", plain(&error)));
    let report = Report::new(&elaborated.network, description.metadata(&elaborated)).unwrap();
    (elaborated, report)
}

/// The report of a network file under its own settings.
pub(crate) fn report(text: &str) -> Report {
    let description = read(text).unwrap_or_else(|error| panic!("{}\n{text}", plain(&error)));
    analyse(&description, &Settings::default()).1
}

/// Diagnostics as they are printed where there are no colors.
pub(crate) fn plain(diagnostics: &Diagnostics) -> String {
    diagnostics.render(false, 100)
}
