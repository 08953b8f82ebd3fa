//! [`Document`]s in every output: terminals and Markdown get the text and the tables, a page everything, and a picture file the
//! charts and the pictures of networks.
//!
//! Tables of one page often say the same under them; what the next table says too is written once, under the last of them.

mod formula;
mod html;
mod markdown;
#[cfg(test)]
mod sample;
mod svg;
mod terminal;
mod words;

use thiserror::Error;

use super::drawing;
use crate::report::document::{Document, Part, Section};
use crate::report::table::Table;

pub(super) use html::PageTable;
pub use html::html;
pub use markdown::markdown;
pub use svg::svg;
pub use terminal::terminal;

/// A document that could not be written.
#[derive(Debug, Error)]
pub enum Error {
    /// A chart or a picture could not be drawn.
    #[error(transparent)]
    Drawing(#[from] drawing::Error),
    /// There is nothing in the document that a picture could show.
    #[error("there is no chart and no picture in `{0}`: ask for a table or a page instead")]
    NothingToDraw(String),
    /// The template could not be filled in.
    #[error("the page cannot be written: {0}")]
    Template(#[from] tera::Error),
}

/// The document with every note that the next table repeats left to that table.
fn with_notes_once(document: &Document) -> Document {
    let mut document = document.clone();
    let mut following: Vec<String> = Vec::new();
    let parts =
        document.sections.iter_mut().rev().flat_map(|section| section.parts.iter_mut().rev());
    for part in parts {
        if let Part::Table(table) = part {
            let said = table.notes.clone();
            table.notes.retain(|note| !following.contains(note));
            following = said;
        }
    }
    document
}

/// The title of a table, unless the section or the page says it already.
fn own_title<'table>(
    table: &'table Table,
    section: &Section,
    document: &Document,
) -> Option<&'table str> {
    let title = table.title.as_str();
    (!title.is_empty() && title != section.title && title != document.title).then_some(title)
}

/// Whether anything of a section is seen where there are no charts.
fn is_told_in_text(section: &Section) -> bool {
    section.parts.is_empty() || section.parts.iter().any(|part| !matches!(part, Part::Chart(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Mark, Scale};

    /// All outputs: terminal, Markdown, page, picture file.
    fn outputs(document: &Document) -> [String; 4] {
        [
            terminal(document, Some(80), false),
            markdown(document),
            html(document).unwrap(),
            svg(document).unwrap(),
        ]
    }

    /// The drawings of a page, each an XML document.
    fn drawings(page: &str) -> Vec<&str> {
        let starts = page.match_indices("<svg ").map(|(start, _)| start);
        let drawing =
            |start| page.get(start..).and_then(|rest| rest.split_inclusive("</svg>").next());
        starts.filter_map(drawing).collect()
    }

    #[test]
    fn text_at_eighty_columns_and_markdown() {
        let document = sample::kernels();
        let text = terminal(&document, Some(80), false);
        insta::assert_snapshot!(format!("{text}\n=====\n\n{}", markdown(&document)));
        assert!(text.lines().all(|line| line.chars().count() <= 80));
        let colored = terminal(&document, Some(80), true);
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text);
        assert!(colored.contains("\u{1b}[1m"));
    }

    #[test]
    fn drawings_are_xml_with_all_that_is_shown() {
        let [.., page, file] = outputs(&sample::kernels());
        let drawings = drawings(&page);
        assert_eq!(drawings.len(), 2 * 4 + 2);
        for drawing in drawings.into_iter().chain([file.as_str()]) {
            let drawing = roxmltree::Document::parse(drawing).unwrap();
            assert_eq!(drawing.root_element().attribute("role"), Some("img"));
            assert!(drawing.root_element().attribute("aria-label").is_some());
        }
        let file = roxmltree::Document::parse(&file).unwrap();
        let texts = file.descendants().filter(|node| node.has_tag_name("text"));
        let texts: Vec<&str> = texts.filter_map(|node| node.text()).collect();
        for expected in [
            "Small kernels",
            "one 5x5",
            "a residual block",
            "Roofline",
            "conv1",
            "one core",
            "10 k",
            "memory (MiB)",
        ] {
            assert!(texts.contains(&expected), "{expected} of {texts:?}");
        }
        // A name in the legend or at the end of its line, not both.
        assert_eq!(texts.iter().filter(|text| **text == "two 3x3").count(), 1);
    }

    #[test]
    fn hostile_texts_are_escaped_everywhere() {
        let texts = [
            "<script>alert(1)</script>",
            "</style></svg></math><script>alert(1)//",
            "\" onload=\"alert(1)",
            "' onload='alert(1)",
            "{{ 7 * 7 }}{% raw %}]]> &amp; <!--",
            "\u{1b}[2J\u{0}\u{202e}\u{fffe}\u{ffff}",
            "^^²²__^_ a_ _b ½³",
        ];
        let plain = outputs(&sample::hostile("name"));
        for text in texts {
            let shown = outputs(&sample::hostile(text));
            for (output, plain) in shown.iter().zip(&plain) {
                for markup in ["<script", "</style", "</math", "<!--"] {
                    let count = output.matches(markup).count();
                    assert!(
                        count == plain.matches(markup).count() || output == &shown[0],
                        "{markup} by {text}"
                    );
                }
                assert!(!output.contains(['\u{1b}', '\u{0}', '\u{202e}']), "{text}");
            }
            for quote in ["\" onload", "' onload"] {
                assert!(!shown[2].contains(quote) && !shown[3].contains(quote), "{text}");
            }
            for drawing in drawings(&shown[2]).into_iter().chain([shown[3].as_str()]) {
                let drawing = roxmltree::Document::parse(drawing).unwrap();
                let attributes = drawing.descendants().flat_map(|node| node.attributes());
                assert!(
                    attributes.into_iter().all(|attribute| !attribute.name().starts_with("on"))
                );
            }
        }
    }

    #[test]
    fn a_page_needs_nothing_else() {
        let [.., page, file] = outputs(&sample::kernels());
        for reference in ["src=", "href=\"h", "url(", "@import", "<iframe", "<script"] {
            assert!(!page.contains(reference) && !file.contains(reference), "{reference}");
        }
        let outside = page.matches("http").count() - page.matches("http-equiv").count();
        assert_eq!(outside, page.matches("http://www.w3.org/2000/svg").count());
        // Programs that know no variables show the file too.
        assert!(!file.contains("var("));
        assert!(file.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        assert_eq!(outputs(&sample::kernels()), outputs(&sample::kernels()));
    }

    #[test]
    fn empty_documents_are_pages_and_no_pictures() {
        let mut document = Document::default();
        assert!(html(&document).unwrap().contains("</html>"));
        assert_eq!(terminal(&document, None, false) + &markdown(&document), "");
        document.title = "Nothing".to_owned();
        let error = svg(&document).unwrap_err().to_string();
        assert!(error.contains("no chart and no picture in `Nothing`"), "{error}");
    }

    #[test]
    fn what_the_axes_cannot_show_is_left_out_and_said() {
        let mut chart = sample::lines();
        let values = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300];
        let points: Vec<(f64, f64)> = values.map(|value| (1.0, value)).to_vec();
        chart.series.push(sample::series("odd", Mark::Line, &points));
        let drawn = |chart| {
            let section = Section { title: String::new(), parts: vec![Part::Chart(chart)] };
            svg(&Document { sections: vec![section], ..Document::default() })
        };
        let file = drawn(chart.clone()).unwrap();
        assert!(file.contains("5 points are left out"));
        assert!(!file.contains("NaN") && !file.contains("inf"));
        for scale in [Scale::Linear, Scale::Logarithmic] {
            chart.y.scale = scale;
            for mark in [Mark::Line, Mark::Point, Mark::Guide, Mark::Step, Mark::Bar] {
                for points in [&[] as &[_], &points, &[(1.0, 1.0)], &[(-1e99, -1e99), (1e99, 1e99)]]
                {
                    chart.series = vec![sample::series("odd", mark, points)];
                    let file = drawn(chart.clone()).unwrap();
                    assert!(
                        !file.contains("NaN") && !file.contains("inf"),
                        "{mark:?} {points:?} {file}"
                    );
                    roxmltree::Document::parse(&file).unwrap();
                }
            }
        }
        chart.series = vec![sample::series("many", Mark::Point, &vec![(1.0, 1.0); 100_001])];
        let error = drawn(chart.clone()).unwrap_err().to_string();
        assert_eq!(error, "`Params over channels` has 100001 points, at most 100000 are drawn");
        chart.series = vec![sample::series("few", Mark::Point, &[]); 65];
        assert!(drawn(chart).unwrap_err().to_string().contains("65 series"));
    }

    #[test]
    fn notes_that_the_next_table_repeats_are_written_once() {
        let text = terminal(&sample::kernels(), None, false);
        assert_eq!(text.matches("Params are trained values.").count(), 1);
    }
}
