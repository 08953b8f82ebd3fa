//! [`FormulaSheet`]: all that is shown of the closed forms of a network.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::document::FormulaLine;
use super::meaning;
use super::table::{Cell, Column, Row, Table};
use crate::formula::{Domain, Formula, Formulas};

/// The closed forms of a network, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaSheet {
    /// The network's name.
    pub name: String,
    /// The name with what the forms hang on: the batch and the input, variables in their places.
    pub title: String,
    /// The variables.
    pub over: Vec<String>,
    /// The figures, one each.
    pub entries: Vec<FormulaEntry>,
    /// What the figures mean.
    pub notes: Vec<String>,
}

/// A figure with its form, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaEntry {
    /// The figure for people.
    pub label: String,
    /// The figure for scripts.
    pub key: String,
    /// The form, or the reason.
    pub form: Result<FormulaLine, String>,
    /// For which values the form holds, one for each variable; empty where there is none.
    pub domains: Vec<Domain>,
}

impl FormulaEntry {
    /// What the form asks of its variables, where that is more than to be whole numbers of at least 1.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        Domain::assumptions(&self.domains)
    }

    /// For which values the form holds, in words; empty where for all.
    #[must_use]
    pub fn holds_for(&self) -> String {
        holds_for(&self.assumptions())
    }
}

/// For which values something holds that asks this of its variables: `for a; b`; empty where for all.
#[must_use]
pub fn holds_for(assumptions: &[String]) -> String {
    if assumptions.is_empty() {
        return String::new();
    }
    format!("for {}", assumptions.join("; "))
}

impl FormulaSheet {
    /// The sheet of these forms.
    #[must_use]
    pub fn new(formulas: &Formulas) -> Self {
        let over: Vec<String> =
            formulas.over.iter().map(|variable| variable.name.clone()).collect();
        let entry = |label: &str, key: &str, form: Result<&Formula, String>| FormulaEntry {
            label: label.to_owned(),
            key: key.to_owned(),
            domains: form.as_ref().map_or_else(|_| Vec::new(), |form| form.domain.clone()),
            form: form.map(|form| FormulaLine::of(label.to_owned(), &form.polynomial)),
        };
        let shown = formulas.figures.iter().map(|(figure, _)| *figure);
        let figures = formulas.figures.iter();
        let entries = figures.map(|(figure, form)| {
            let form = form.as_ref().map_err(ToString::to_string);
            entry(figure.form_label(), figure.name(), form)
        });
        Self {
            name: formulas.name.clone(),
            title: format!(
                "{}, batch {}, input {}, over {}",
                formulas.name,
                formulas.batch,
                formulas.input.join("×"),
                over.join(", ")
            ),
            entries: entries.collect(),
            over,
            notes: meaning(&shown.collect::<Vec<_>>()).into_iter().collect(),
        }
    }

    /// Whether there is a form of any figure.
    #[must_use]
    pub fn has_forms(&self) -> bool {
        self.entries.iter().any(|entry| entry.form.is_ok())
    }

    /// The forms as a table for documents: a figure a row.
    #[must_use]
    pub fn table(&self) -> Table {
        let columns = [("Figure", "figure"), ("Form", "form"), ("Holds", "holds")];
        let rows = self.entries.iter().map(|entry| {
            let figure = Cell::Named(entry.label.clone(), entry.key.clone());
            Row::plain(match &entry.form {
                Ok(line) => vec![figure, Cell::text(&line.pretty), Cell::text(&entry.holds_for())],
                Err(why) => vec![figure, Cell::Unknown, Cell::text(why)],
            })
        });
        self.in_table(&columns, rows.collect())
    }

    /// The forms in every spelling as a table for spreadsheets: a figure a row.
    #[must_use]
    pub fn spellings_table(&self) -> Table {
        let columns = ["figure", "canonical", "pretty", "latex", "assumptions", "refused"];
        let columns = columns.map(|key| (key, key));
        let rows = self.entries.iter().map(|entry| {
            let figure = Cell::Named(entry.label.clone(), entry.key.clone());
            Row::plain(match &entry.form {
                Ok(line) => {
                    let spellings = [&line.canonical, &line.pretty, &line.latex];
                    let mut cells = vec![figure];
                    cells.extend(spellings.map(|text| Cell::text(text)));
                    cells.extend([Cell::text(&entry.holds_for()), Cell::Empty]);
                    cells
                }
                Err(why) => {
                    let mut cells = vec![figure, Cell::Unknown, Cell::Unknown, Cell::Unknown];
                    cells.extend([Cell::Empty, Cell::text(why)]);
                    cells
                }
            })
        });
        self.in_table(&columns, rows.collect())
    }

    fn in_table(&self, columns: &[(&str, &str)], rows: Vec<Row>) -> Table {
        let columns = columns.iter().map(|(header, key)| Column::text(header, key, 0));
        Table {
            title: self.title.clone(),
            columns: columns.collect(),
            rows,
            notes: self.notes.clone(),
        }
    }
}

impl Serialize for FormulaSheet {
    /// The canonical form of every figure under its name, `null` where there is none; beside them the other spellings.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(self.name));
        object.insert("over".to_owned(), json!(self.over));
        let [mut pretty, mut latex, mut assumptions, mut domains, mut refused] =
            [const { Map::new }; 5].map(|new| new());
        for entry in &self.entries {
            let key = entry.key.clone();
            match &entry.form {
                Ok(line) => {
                    object.insert(key.clone(), json!(line.canonical));
                    pretty.insert(key.clone(), json!(line.pretty));
                    latex.insert(key.clone(), json!(line.latex));
                }
                Err(why) => {
                    object.insert(key.clone(), Value::Null);
                    refused.insert(key.clone(), json!(why));
                }
            }
            let asked = entry.assumptions();
            if !asked.is_empty() {
                assumptions.insert(key.clone(), json!(asked));
            }
            if !entry.domains.is_empty() {
                domains.insert(key, json!(entry.domains));
            }
        }
        let beside = [
            ("pretty", pretty),
            ("latex", latex),
            ("assumptions", assumptions),
            ("domains", domains),
            ("refused", refused),
        ];
        for (key, map) in beside {
            object.insert(key.to_owned(), Value::Object(map));
        }
        object.serialize(serializer)
    }
}
