//! What is said about files with mistakes: `tests/in/*.yaml` against `tests/out/*.snap`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::path::Path;
use std::sync::Arc;

use cnnstat::bundled::Bundled;
use cnnstat::diagnostics::{Diagnostics, Source};
use cnnstat::front::yaml::{Description, Library, Settings};
use cnnstat::report::Report;

/// The files of `tests/in`, by their path in it, and the bundled ones.
struct Files;

impl Library for Files {
    fn find(&self, name: &str, by: &Source) -> Result<Arc<Source>, String> {
        source(name).map_or_else(|_| Bundled.find(name, by), Ok)
    }
}

fn source(name: &str) -> std::io::Result<Arc<Source>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/in").join(name);
    Ok(Source::new(name, std::fs::read_to_string(path)?))
}

/// All that is said about a file on the way to its report.
fn said(source: &Arc<Source>) -> Diagnostics {
    let description = match Description::read(source, &Files) {
        Ok(description) => description,
        Err(diagnostics) => return diagnostics,
    };
    let elaborated = match description.elaborate(&Settings::default()) {
        Ok(elaborated) => elaborated,
        Err(diagnostics) => return diagnostics,
    };
    match Report::new(&elaborated.network, description.metadata(&elaborated)) {
        Ok(_) => elaborated.warnings,
        Err(error) => description.error_at(error.place, error.to_string()).into(),
    }
}

/// Of what a network has few, a thousand is too many: each would be compared with all known names.
#[test]
fn budgets_have_a_bound() {
    let file = |entries: usize| {
        let entries: Vec<String> = (0..entries).map(|at| format!("pa{at}: 1")).collect();
        let text = format!("input: [8]\nlayers: [relu]\nbudget: {{{}}}\n", entries.join(", "));
        common::plain(&said(&Source::new("budget.yaml", text)))
    };
    assert!(file(1_000).contains("there is no figure `pa0`"));
    let many = file(100_000);
    assert!(many.contains("there are 100000 entries of `budget`, the most are 1000"), "{many}");
    assert!(!many.contains("there is no figure"));
}

#[test]
fn mistakes() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("out");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("in", "*.yaml", |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            insta::assert_snapshot!(common::plain(&said(&source(name).unwrap())));
        });
    });
}
