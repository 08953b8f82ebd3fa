//! Documents as pages that need nothing else: style and drawings stand inside, nothing is asked of any server, and there is no script.

use serde::Serialize;

use super::formula::math;
use super::{Error, own_title, with_notes_once};
use crate::back::drawing::{self, Titled};
use crate::back::page::Template;
use crate::back::text::{for_people, one_line};
use crate::report::document::{Chart, Document, FormulaLine, Part, Picture, Section};
use crate::report::table::{Align, Cell, Column, Emphasis, Row, Table};

const TEMPLATE: Template = Template {
    name: "document.html",
    text: include_str!("../../../templates/document.html"),
    style: concat!(
        include_str!("../../../templates/colors.css"),
        include_str!("../../../templates/base.css"),
        include_str!("../../../templates/drawing.css"),
        include_str!("../../../templates/document.css")
    ),
    script: "",
};

/// Widths of a chart on a screen, alone and beside another, and on a phone; the style sheet shows one of them.
const ALONE: f64 = 820.0;
const WIDE: f64 = 560.0;
const NARROW: f64 = 340.0;

/// The document as one self-contained page.
///
/// # Errors
/// Where a chart or a picture has more in it than can be drawn.
pub fn html(document: &Document) -> Result<String, Error> {
    let page = Page::new(&with_notes_once(document))?;
    Ok(TEMPLATE.render(&page.title, &page)?)
}

/// Everything the template writes, as text. The template escapes all of it but drawings and formulas.
#[derive(Serialize)]
struct Page {
    title: String,
    lead: Vec<String>,
    sections: Vec<PageSection>,
}

#[derive(Serialize)]
struct PageSection {
    title: String,
    parts: Vec<PagePart>,
}

/// A part, named by what it is.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum PagePart {
    Text(String),
    Table(PageTable),
    Formulas(Vec<PageFormula>),
    /// Charts that follow each other.
    Charts(Vec<PageChart>),
    Pictures(Vec<PagePicture>),
}

/// A table as a template writes it.
#[derive(Serialize)]
pub(in crate::back) struct PageTable {
    title: Option<String>,
    /// What it is called by those who do not see where it stands.
    label: String,
    columns: Vec<Heading>,
    rows: Vec<PageRow>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Heading {
    header: String,
    side: &'static str,
}

#[derive(Serialize)]
struct PageRow {
    weight: &'static str,
    level: usize,
    cells: Vec<PageCell>,
}

#[derive(Serialize)]
struct PageCell {
    text: String,
    class: String,
    /// From 0 to 1, for a bar behind the text.
    share: Option<String>,
}

#[derive(Serialize)]
struct PageFormula {
    label: String,
    pretty: String,
    canonical: String,
}

#[derive(Serialize)]
struct PageChart {
    title: String,
    wide: String,
    narrow: String,
}

#[derive(Serialize)]
struct PagePicture {
    caption: String,
    drawing: String,
}

impl Page {
    fn new(document: &Document) -> Result<Self, Error> {
        let sections = document.sections.iter().map(|section| PageSection::new(section, document));
        Ok(Self {
            title: one_line(&document.title),
            lead: document.lead.iter().map(|paragraph| paragraph_of(paragraph)).collect(),
            sections: sections.collect::<Result<_, _>>()?,
        })
    }
}

/// A paragraph that is not broken between a number and its percent sign.
fn paragraph_of(text: &str) -> String {
    one_line(text).replace(" %", "\u{a0}%")
}

impl PageSection {
    fn new(section: &Section, document: &Document) -> Result<Self, Error> {
        let mut parts: Vec<PagePart> = Vec::new();
        for (place, part) in section.parts.iter().enumerate() {
            match part {
                Part::Text(text) | Part::Legend { drawn: text, .. } => {
                    parts.push(PagePart::Text(paragraph_of(text)));
                }
                Part::Table(table) => {
                    let title = own_title(table, section, document);
                    parts.push(PagePart::Table(PageTable::new(table, title)));
                }
                Part::Formulas(lines) => {
                    parts.push(PagePart::Formulas(lines.iter().map(PageFormula::new).collect()));
                }
                Part::Chart(chart) => {
                    let is_chart = |part: Option<&Part>| matches!(part, Some(Part::Chart(_)));
                    let before = place.checked_sub(1).and_then(|before| section.parts.get(before));
                    let follows = is_chart(before);
                    let is_alone = !follows && !is_chart(section.parts.get(place + 1));
                    let chart = PageChart::new(chart, if is_alone { ALONE } else { WIDE })?;
                    match parts.last_mut() {
                        Some(PagePart::Charts(charts)) => charts.push(chart),
                        _ => parts.push(PagePart::Charts(vec![chart])),
                    }
                }
                Part::Pictures(pictures) => {
                    let pictures = pictures.iter().map(PagePicture::new);
                    parts.push(PagePart::Pictures(pictures.collect::<Result<_, _>>()?));
                }
            }
        }
        let title = if section.title == document.title { "" } else { &section.title };
        Ok(Self { title: one_line(title), parts })
    }
}

impl PageTable {
    pub(in crate::back) fn new(table: &Table, title: Option<&str>) -> Self {
        let columns = table
            .columns
            .iter()
            .map(|column| Heading { header: one_line(&column.header), side: side(column) });
        Self {
            title: title.map(one_line),
            label: one_line(&table.title),
            columns: columns.collect(),
            rows: table.rows.iter().map(|row| PageRow::new(row, &table.columns)).collect(),
            notes: table.notes.iter().map(|note| paragraph_of(note)).collect(),
        }
    }
}

fn side(column: &Column) -> &'static str {
    match column.align {
        Align::Left => "left",
        Align::Right => "right",
    }
}

impl PageRow {
    fn new(row: &Row, columns: &[Column]) -> Self {
        let weight = match (row.emphasis, row.level) {
            (Emphasis::Plain, 0) => "plain",
            (Emphasis::Plain, _) => "nested",
            (Emphasis::Block, _) => "block",
            (Emphasis::Total, _) => "total",
            (Emphasis::Failure, _) => "failure",
        };
        let cells = row.cells.iter().zip(columns).map(|(cell, column)| PageCell::new(cell, column));
        Self { weight, level: row.level, cells: cells.collect() }
    }
}

impl PageCell {
    fn new(cell: &Cell, column: &Column) -> Self {
        let sort = match cell {
            Cell::Share(_) => " share",
            Cell::Ratio(_) | Cell::Difference(_) | Cell::Unknown | Cell::Count(0) => " quiet",
            _ => "",
        };
        let share = match cell {
            Cell::Share(share) if share.is_finite() => {
                Some(format!("{:.3}", share.clamp(0.0, 1.0)))
            }
            _ => None,
        };
        Self { text: for_people(cell), class: format!("{}{sort}", side(column)), share }
    }
}

impl PageFormula {
    fn new(line: &FormulaLine) -> Self {
        Self {
            label: one_line(&line.label),
            pretty: math(&line.pretty),
            canonical: one_line(&line.canonical),
        }
    }
}

impl PageChart {
    fn new(chart: &Chart, wide: f64) -> Result<Self, Error> {
        let drawn = |width, class: &str| {
            let drawing = drawing::chart(chart, width, Titled::No)?;
            Ok::<_, Error>(drawing.element(class))
        };
        Ok(Self {
            title: one_line(&chart.title),
            wide: drawn(wide, "wide")?,
            narrow: drawn(NARROW, "narrow")?,
        })
    }
}

impl PagePicture {
    fn new(picture: &Picture) -> Result<Self, Error> {
        Ok(Self {
            caption: one_line(&picture.caption),
            drawing: drawing::picture(picture)?.element("natural"),
        })
    }
}
