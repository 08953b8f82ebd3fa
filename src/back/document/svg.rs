//! The charts and pictures of a document in one SVG file.

use super::Error;
use crate::back::drawing::{self, Drawing, Text, Titled, number, text_width};
use crate::back::text::{cut, markup, one_line};
use crate::report::document::{Document, Part, Picture};

const COLORS: &str = include_str!("../../../templates/colors.css");
const STYLE: &str = include_str!("../../../templates/drawing.css");

/// Width of the file's picture, and what stays free at its edges and between its parts.
const WIDTH: f64 = 760.0;
const EDGE: f64 = 28.0;
const GAP: f64 = 30.0;
/// Font size of captions, as in the style sheet.
const CAPTION_SIZE: f64 = 12.5;

/// The document's charts and pictures, one below the other, in one self-contained SVG file, which follows the reader's light or dark
/// scheme and has a ground of its own.
///
/// # Errors
/// Where there is no chart and no picture, or one has more in it than can be drawn.
pub fn svg(document: &Document) -> Result<String, Error> {
    let mut sheet = Sheet { width: WIDTH, y: EDGE, body: String::new() };
    sheet.title(&document.title);
    let mut count = 0;
    for part in document.sections.iter().flat_map(|section| &section.parts) {
        match part {
            Part::Chart(chart) => {
                sheet.place(&drawing::chart(chart, WIDTH - 2.0 * EDGE, Titled::Yes)?);
                count += 1;
            }
            Part::Pictures(pictures) => {
                sheet.pictures(pictures)?;
                count += pictures.len();
            }
            Part::Text(_) | Part::Table(_) | Part::Formulas(_) | Part::Legend { .. } => {}
        }
    }
    if count == 0 {
        return Err(Error::NothingToDraw(one_line(&document.title)));
    }
    Ok(sheet.finished(&document.title))
}

/// The file's picture so far.
struct Sheet {
    width: f64,
    y: f64,
    body: String,
}

impl Sheet {
    fn title(&mut self, title: &str) {
        let title = cut(&one_line(title), 76);
        if title.is_empty() {
            return;
        }
        let at = (EDGE, self.y + 16.0);
        self.body += &Text { class: "heading", at, anchor: "start", text: &title }.element();
        self.y += 24.0 + GAP / 2.0;
    }

    fn place(&mut self, drawing: &Drawing) {
        self.body += &drawing.placed(EDGE, self.y);
        self.y += drawing.height + GAP;
    }

    /// Pictures side by side, in as many rows as they need.
    fn pictures(&mut self, pictures: &[Picture]) -> Result<(), Error> {
        let mut row: Vec<(Drawing, String)> = Vec::new();
        let mut left = EDGE;
        for picture in pictures {
            let drawing = drawing::picture(picture)?;
            let caption = cut(&one_line(&picture.caption), 60);
            let width = drawing.width.max(text_width(&caption, CAPTION_SIZE));
            if !row.is_empty() && left + width > WIDTH - EDGE {
                self.row(&std::mem::take(&mut row));
                left = EDGE;
            }
            left += width + GAP;
            row.push((drawing, caption));
        }
        self.row(&row);
        Ok(())
    }

    /// A row of pictures in the middle of the sheet, their captions in line.
    fn row(&mut self, row: &[(Drawing, String)]) {
        let width = |(drawing, caption): &(Drawing, String)| {
            drawing.width.max(text_width(caption, CAPTION_SIZE))
        };
        let gaps = row.iter().skip(1).map(|_| GAP).sum::<f64>();
        let total = row.iter().map(width).sum::<f64>() + gaps;
        self.width = self.width.max(total + 2.0 * EDGE);
        let height = row.iter().map(|(drawing, _)| drawing.height).fold(0.0, f64::max);
        let mut x = ((self.width - total) / 2.0).max(EDGE);
        for entry in row {
            let (drawing, caption) = entry;
            let middle = x + width(entry) / 2.0;
            self.body += &drawing.placed(middle - drawing.width / 2.0, self.y);
            let at = (middle, self.y + height + 20.0);
            self.body += &Text { class: "caption", at, anchor: "middle", text: caption }.element();
            x += width(entry) + GAP;
        }
        if !row.is_empty() {
            self.y += height + 24.0 + GAP;
        }
    }

    fn finished(self, title: &str) -> String {
        let (width, height) = (number(self.width), number(self.y + EDGE - GAP));
        format!(
            "<svg class=\"drawing\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{label}\">\n<title>{label}</title>\n<style>\n{}</style>\n\
             <path class=\"ground\" d=\"M12 0.5h{w}q11.5 0 11.5 11.5v{h}q0 11.5 -11.5 11.5h-{w}q-11.5 0 -11.5 -11.5v-{h}q0 -11.5 11.5 -11.5z\"/>\n{}\n</svg>\n",
            style(),
            self.body.replace("<g transform", "\n<g transform"),
            label = markup(title),
            w = number(self.width - 24.0),
            h = number(self.y + EDGE - GAP - 24.0),
        )
    }
}

/// The drawings' style with colors in place of their names, which not all programs that show SVG know: the light scheme, and the dark
/// one where the reader prefers it.
fn style() -> String {
    let (light, dark) = COLORS.split_once("@media").unwrap_or((COLORS, ""));
    let named = |rules: &str, colors: &str| {
        let declared =
            colors.split(';').filter_map(|part| part.rsplit_once("--")?.1.split_once(": "));
        declared.fold(rules.to_owned(), |rules, (name, color)| {
            rules.replace(&format!("var(--{name})"), color)
        })
    };
    let own = ".ground { fill: var(--card); stroke: var(--line); }\n\
               .drawing .heading { fill: var(--ink); font-size: 19px; font-weight: 650; }\n";
    let colored = STYLE.lines().chain(own.lines()).filter(|line| line.contains("var("));
    let colored: Vec<&str> = colored.collect();
    format!(
        "{}\n@media (prefers-color-scheme: dark) {{\n{}\n}}\n",
        named(&format!("{STYLE}{own}"), light),
        named(&colored.join("\n"), dark)
    )
}
