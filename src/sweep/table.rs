//! Variants as rows of tables, and as records for scripts.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Choices, Evaluated, Grid, Variant};
use crate::figure::Figure;
use crate::figure::quantity::write::counted;
use crate::front::yaml::Description;
use crate::front::yaml::value::{Number, Value};
use crate::report::conventions;
use crate::report::table::{Cell, Column, Emphasis, Row, Table, field, shape_text, without_batch};

/// What is shown of every variant of a grid.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    /// The grid.
    pub grid: &'a Grid,
    /// The figures, in the order in which they were evaluated.
    pub figures: &'a [Figure],
    /// Whether there is a column that marks the Pareto front.
    pub has_front: bool,
    /// Whether there is a column that says why a variant does not fit.
    pub has_misfits: bool,
}

impl Layout<'_> {
    /// The columns: the dimensions, the figures, the front, and why a variant does not fit.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let dimensions = self.grid.dimensions().iter().map(|dimension| {
            let is_number = |value: &Value| value.as_number().is_some();
            let is_figure = match &dimension.choices {
                Choices::Parameter(values) => values.iter().all(is_number),
                Choices::Input(_) | Choices::Batch(_) => true,
            };
            let column = if is_figure { Column::figure } else { Column::text };
            column(&dimension.name, &dimension.name, 0)
        });
        let figures = self.figures.iter();
        let figures = figures.map(|figure| Column::figure(figure.label(), figure.name(), 0));
        let mut columns: Vec<_> = dimensions.chain(figures).collect();
        if self.has_front {
            columns.push(Column::text("Front", "front", 0));
        }
        if self.has_misfits {
            columns.push(Column::text("Does not fit", "error", 0));
        }
        columns
    }

    /// The row of a variant.
    #[must_use]
    pub fn row(&self, variant: &Variant, on_front: bool) -> Row {
        let settings = self.grid.settings(variant.position);
        let mut parameters = settings.parameters.iter();
        let dimensions = self.grid.dimensions().iter().map(|dimension| match &dimension.choices {
            Choices::Parameter(_) => {
                let value = parameters.next().map(|(_, value)| value.to_string());
                value.map_or(Cell::Empty, Cell::Text)
            }
            Choices::Input(_) => Cell::Shape(settings.input.clone().unwrap_or_default()),
            Choices::Batch(_) => Cell::Count(settings.batch),
        });
        let figures =
            self.figures.iter().enumerate().map(|(position, figure)| match &variant.evaluated {
                Evaluated::Figures(figures) => {
                    let value = variant.figure(position);
                    Cell::figure(*figure, value, figures.receptive_field_extent)
                }
                Evaluated::Misfit(_) => Cell::Empty,
            });
        let mut cells: Vec<_> = dimensions.chain(figures).collect();
        if self.has_front {
            let (mark, key) = if on_front { ("*", "true") } else { ("", "false") };
            cells.push(Cell::Named(mark.to_owned(), key.to_owned()));
        }
        if self.has_misfits {
            cells.push(match &variant.evaluated {
                Evaluated::Figures(_) => Cell::Empty,
                Evaluated::Misfit(message) => Cell::text(message),
            });
        }
        let emphasis = if variant.fits() { Emphasis::Plain } else { Emphasis::Failure };
        Row { cells, level: 0, emphasis }
    }

    /// What the figures of these variants mean; nothing where there is none.
    fn notes(&self, variants: &[(Variant, bool)]) -> Vec<String> {
        if variants.is_empty() {
            return Vec::new();
        }
        let is_shown = self.figures.contains(&Figure::ReceptiveField);
        let extents = variants.iter().filter_map(|(variant, _)| match &variant.evaluated {
            Evaluated::Figures(figures) => Some(figures.receptive_field_extent),
            Evaluated::Misfit(_) => None,
        });
        let global = field::global_note(extents.filter(|_| is_shown));
        [conventions(self.figures)].into_iter().chain(global).collect()
    }

    /// The variants as a table, each with whether it is on the front; `notes` stand below before what the figures mean.
    #[must_use]
    pub fn table(
        &self,
        description: &Description,
        variants: &[(Variant, bool)],
        notes: Vec<String>,
    ) -> Table {
        Table {
            title: title(description, self.grid),
            columns: self.columns(),
            rows: variants.iter().map(|(variant, marked)| self.row(variant, *marked)).collect(),
            notes: notes.into_iter().chain(self.notes(variants)).collect(),
        }
    }

    /// The variant for scripts.
    #[must_use]
    pub fn record<'l>(&'l self, variant: &'l Variant, on_front: bool) -> impl Serialize + 'l {
        Record { layout: self, variant, on_front }
    }
}

/// What the variants of a grid have in common: the network, how many there are, the batch and the input where they do not vary.
fn title(description: &Description, grid: &Grid) -> String {
    let varies =
        |is: fn(&Choices) -> bool| grid.dimensions().iter().any(|dimension| is(&dimension.choices));
    let variants = counted(grid.len(), ["variant", "variants"]);
    let mut title = format!("{}: {variants}", description.name());
    if !varies(|choices| matches!(choices, Choices::Batch(_))) {
        title.push_str(", batch 1");
    }
    if !varies(|choices| matches!(choices, Choices::Input(_)))
        && let Ok(network) = description.network(&grid.settings(0))
    {
        title.push_str(", input ");
        title.push_str(&shape_text(without_batch(network.input_sizes())));
    }
    title
}

/// A variant for scripts: its settings, its figures or why it does not fit, and whether it is on the front.
struct Record<'l> {
    layout: &'l Layout<'l>,
    variant: &'l Variant,
    on_front: bool,
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { layout, variant, on_front } = self;
        let settings = layout.grid.settings(variant.position);
        let varies = |is: fn(&Choices) -> bool| {
            layout.grid.dimensions().iter().any(|dimension| is(&dimension.choices))
        };
        let mut map = serializer.serialize_map(None)?;
        let parameters = settings.parameters.iter();
        map.serialize_entry(
            "settings",
            &Entries(parameters.map(|(name, value)| (name.as_str(), Plain(value))).collect()),
        )?;
        if varies(|choices| matches!(choices, Choices::Input(_))) {
            map.serialize_entry("input", &settings.input)?;
        }
        if varies(|choices| matches!(choices, Choices::Batch(_))) {
            map.serialize_entry("batch", &settings.batch)?;
        }
        match &variant.evaluated {
            Evaluated::Figures(figured) => {
                let names = layout.figures.iter().map(|figure| figure.name());
                let figures = Entries(names.zip(figured.values.iter()).collect());
                map.serialize_entry("figures", &figures)?;
                if layout.figures.contains(&Figure::ReceptiveField) {
                    let extent = &figured.receptive_field_extent;
                    map.serialize_entry("receptive_field_extent", extent)?;
                }
            }
            Evaluated::Misfit(message) => map.serialize_entry("error", message)?,
        }
        if layout.has_front {
            map.serialize_entry("front", on_front)?;
        }
        map.end()
    }
}

/// A map in the order of its entries.
struct Entries<'e, T>(Vec<(&'e str, T)>);

impl<T: Serialize> Serialize for Entries<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A value as JSON has it; a number that is no finite decimal as text, `1/3`.
struct Plain<'v>(&'v Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => plain_number(*number, serializer),
            Value::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Value::Word(word) => serializer.serialize_str(word),
            Value::List(items) => serializer.collect_seq(items.iter().map(Plain)),
        }
    }
}

fn plain_number<S: Serializer>(number: Number, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(whole) = number.as_i64() {
        return serializer.serialize_i64(whole);
    }
    let float = number.to_f64();
    if Number::from_f64_shortest(float) == Some(number) {
        return serializer.serialize_f64(float);
    }
    serializer.serialize_str(&number.to_string())
}
