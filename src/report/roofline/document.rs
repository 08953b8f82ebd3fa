//! A network on a machine as a page.

use super::{LayerRoofline, Roofline};
use crate::report::OperatorKind;
use crate::report::document::{Axis, Chart, Document, Mark, Part, Scale, Section, Series, Values};
use crate::report::fold::Overflow;
use crate::report::table::{Table, roofline_bounds_table, roofline_kinds_table, roofline_table};

impl Roofline {
    /// The network and the machine as a page: the verdict, the roof with a point for every layer, and the tables.
    ///
    /// # Errors
    /// Where a sum does not fit 64 bits.
    pub fn document(&self, depth: Option<usize>) -> Result<Document, Overflow> {
        let table = roofline_table(self, depth)?;
        let lead = [table.title.clone()].into_iter().chain(self.verdict()).collect();
        // The page is about one network on one machine, so that titles need not say which.
        let section = |title: &str, table: Table| {
            let title = title.to_owned();
            Section { parts: vec![Part::Table(Table { title: title.clone(), ..table })], title }
        };
        Ok(Document {
            title: format!("Roofline of {}", self.name),
            lead,
            sections: vec![
                section("What bounds the time", roofline_bounds_table(self)),
                Section {
                    title: "Roof".to_owned(),
                    parts: vec![Part::Chart(self.chart()), Part::Chart(self.depth_chart())],
                },
                section("Kinds of operators", roofline_kinds_table(self)),
                section("Layers", table),
            ],
        })
    }

    /// The roof over the intensities of the layers, and the layers on it.
    fn chart(&self) -> Chart {
        let intensities: Vec<f64> = self.layers.iter().filter_map(LayerRoofline::shown).collect();
        let ridge = self.machine.ridge();
        let least = intensities.iter().copied().fold(ridge, f64::min) / 2.0;
        let most = intensities.iter().copied().fold(ridge, f64::max) * 2.0;
        let roof = [least, ridge, most].map(|intensity| (intensity, self.machine.roof(intensity)));
        let mut series = vec![Series {
            name: self.machine.name().to_owned(),
            mark: Mark::Guide,
            kind: None,
            points: roof.to_vec(),
            labels: Vec::new(),
        }];
        series.extend(self.kinds(|_, intensity| (intensity, self.machine.roof(intensity))));
        let axis = |label: &str, values| Axis {
            label: label.to_owned(),
            scale: Scale::Logarithmic,
            values,
        };
        Chart {
            title: format!("{} on {}", self.name, self.machine.name()),
            x: axis("FLOPs a byte", Values::Numbers),
            y: axis("FLOP/s at most", Values::Counts),
            series,
        }
    }

    /// The layers as points, a series a kind of operators.
    fn kinds(&self, at: impl Fn(usize, f64) -> (f64, f64)) -> Vec<Series> {
        let series = OperatorKind::ALL.into_iter().map(|kind| {
            let layers = self.layers.iter().enumerate().filter(|(_, layer)| layer.kind == kind);
            let mut points: Vec<((f64, f64), String)> = layers
                .filter_map(|(position, layer)| {
                    Some((at(position, layer.shown()?), layer.name.clone()))
                })
                .collect();
            points.sort_by(|((a, _), _), ((b, _), _)| a.total_cmp(b));
            let (points, labels) = points.into_iter().unzip();
            Series {
                name: kind.label().to_owned(),
                mark: Mark::Point,
                kind: Some(kind),
                points,
                labels,
            }
        });
        series.filter(|series| !series.points.is_empty()).collect()
    }

    /// The intensities of the layers in execution order, with the ridge: what lies below is bound by memory.
    fn depth_chart(&self) -> Chart {
        let ridge = self.machine.ridge();
        let end = self.layers.len().max(1) as f64;
        let axis =
            |label: &str, scale| Axis { label: label.to_owned(), scale, values: Values::Numbers };
        let mut series = vec![Series {
            name: "ridge: memory binds below".to_owned(),
            mark: Mark::Guide,
            kind: None,
            points: vec![(1.0, ridge), (end, ridge)],
            labels: Vec::new(),
        }];
        series.extend(self.kinds(|position, intensity| (position as f64 + 1.0, intensity)));
        Chart {
            title: "From the first layer to the last".to_owned(),
            x: axis("layer", Scale::Linear),
            y: axis("FLOPs a byte", Scale::Logarithmic),
            series,
        }
    }
}

impl LayerRoofline {
    /// The intensity, where it has a place on a logarithmic axis.
    fn shown(&self) -> Option<f64> {
        self.intensity.filter(|intensity| *intensity > 0.0)
    }
}
