//! The table of `docs/architecture.md` against the sources: which module uses which.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module at the top of the crate and those that it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The rows about `src/` by their module; what may use all has no row here. What stands in parentheses says how much is used.
fn allowed(table: &str) -> Uses {
    let mut allowed = Uses::new();
    for row in table.lines().filter(|line| line.starts_with("| `src/")) {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [place, _, may_use] = cells.as_slice() else { panic!("{row}") };
        if *may_use == "all" {
            continue;
        }
        let place = place.split('`').nth(1).unwrap().trim_start_matches("src/");
        let module = place.trim_end_matches(".rs").trim_end_matches('/');
        let names = may_use.split(", ").map(|name| name.split(" (").next().unwrap().to_owned());
        let names = names.filter(|name| name != "–").collect();
        assert!(allowed.insert(module.to_owned(), names).is_none(), "{module} has two rows");
    }
    allowed
}

/// The files below a folder that are no tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    let tests: Vec<PathBuf> = files.iter().flat_map(|file| test_files(file)).collect();
    files.retain(|file| !tests.contains(file));
    files
}

/// The files of modules that a file declares for tests alone.
fn test_files(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap();
    let folder = match file.file_name().unwrap().to_str().unwrap() {
        "mod.rs" | "lib.rs" | "main.rs" => file.parent().unwrap().to_owned(),
        _ => file.with_extension(""),
    };
    let pairs = text.lines().zip(text.lines().skip(1));
    let declared = pairs.filter(|(first, _)| *first == "#[cfg(test)]").filter_map(|(_, second)| {
        Some(second.strip_suffix(';')?.rsplit_once("mod ")?.1.to_owned())
    });
    declared.map(|name| folder.join(name + ".rs")).collect()
}

/// The modules that a text names from the crate's root, but for its tests and comments.
fn named(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut named = BTreeSet::new();
    for line in code {
        for path in line.split("crate::").skip(1) {
            let end =
                path.find(|character: char| !(character.is_alphanumeric() || character == '_'));
            let name = &path[..end.unwrap_or(path.len())];
            assert!(!name.is_empty(), "modules are used one by one: {line}");
            named.insert(name.to_owned());
        }
    }
    named
}

#[test]
fn modules_use_what_the_table_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let allowed = allowed(&fs::read_to_string(root.join("docs/architecture.md")).unwrap());
    let source = root.join("src");
    let mut used = Uses::new();
    for file in sources(&source) {
        let below = file.strip_prefix(&source).unwrap();
        let module = below.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if ["lib", "main", "cli"].contains(&module) {
            continue;
        }
        let mut names = named(&fs::read_to_string(&file).unwrap());
        names.remove(module);
        used.entry(module.to_owned()).or_default().extend(names);
    }
    for (module, used) in &used {
        let Some(allowed) = allowed.get(module) else { panic!("{module} is in no row") };
        let beyond: Vec<_> = used.difference(allowed).collect();
        assert!(beyond.is_empty(), "{module} uses {beyond:?}, which the table does not allow");
        let unused: Vec<_> = allowed.difference(used).collect();
        assert!(unused.is_empty(), "{module} uses no {unused:?}, which the table names");
    }
    let modules: Vec<_> = used.keys().collect();
    assert_eq!(allowed.keys().collect::<Vec<_>>(), modules);
}

/// That the reading finds what there is to be found.
#[test]
fn paths_from_the_root_are_read() {
    let text = "//! [`crate::comment`]\nuse crate::ops::{Op, Window};\nfn f() -> crate::text::T { crate::figure::g() }\n\
        #[cfg(test)]\nmod tests {\n    use crate::bundled;\n}\n";
    assert_eq!(named(text).into_iter().collect::<Vec<_>>(), ["figure", "ops", "text"]);
    let table = "| place | what | may use |\n| `src/ops/`, `src/o.rs` | a \\| b | network (shapes), text |\n\
        | `src/text.rs` | c | – |\n| `src/cli/` | d | all |\n| `tests/` | e | – |\n";
    let allowed = allowed(table);
    assert_eq!(allowed.keys().collect::<Vec<_>>(), ["ops", "text"]);
    assert_eq!(allowed["ops"].iter().collect::<Vec<_>>(), ["network", "text"]);
    assert!(allowed["text"].is_empty());
}
