//! The small networks of `tests/peers/operators.yaml`.

use std::fs;
use std::path::Path;

use cnnstat::front::yaml::{Description, Settings};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{plain, read};

/// An entry of the file.
#[derive(Deserialize)]
struct Group {
    input: Value,
    batch: u64,
    cases: Vec<Value>,
}

/// A network and what it is to be elaborated with.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) description: Description,
    pub(crate) settings: Settings,
}

/// All of them: a case is a step, a list of steps, or a map of a network's keys.
pub(crate) fn small() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/operators.yaml");
    let groups: Vec<Group> = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let case = |group: &Group, case: &Value| {
        let mut network = match case {
            Value::Object(keys) if keys.contains_key("layers") => keys.clone(),
            Value::Array(_) => Map::from_iter([("layers".to_owned(), case.clone())]),
            step => Map::from_iter([("layers".to_owned(), json!([step]))]),
        };
        network.insert("input".to_owned(), group.input.clone());
        let name = format!("{} of {} × {}", case, group.batch, group.input);
        let description = read(&serde_json::to_string(&network).unwrap());
        let description = description.unwrap_or_else(|error| panic!("{name}: {}", plain(&error)));
        let settings = Settings { batch: group.batch, ..Settings::default() };
        Case { name, description, settings }
    };
    groups.iter().flat_map(|group| group.cases.iter().map(|given| case(group, given))).collect()
}
