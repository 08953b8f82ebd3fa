//! Tables for terminals: aligned to the width at hand, with or without color.
//!
//! Figures are never wrapped or cut: where the width does not suffice, whole columns go, the least important first, and
//! a note names them.

use anstyle::{AnsiColor, Effects, Style};
use comfy_table::{CellAlignment, ContentArrangement};

use crate::report::table::{Align, Cell, Emphasis, Row, Table};

use super::text;

/// Blanks between columns.
const GAP: u16 = 2;
/// Sentences are broken at this width where none is given.
const TEXT_WIDTH: usize = 100;
/// Text cells are never cut below this.
const SHORTEST_TEXT: usize = 16;

pub(super) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(super) const DIM: Style = Style::new().effects(Effects::DIMMED);
const FAILURE: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const BLOCK: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);

/// The table as lines of text that are at most `width` wide, if a width is given; `color` allows ANSI styles.
pub fn render(table: &Table, width: Option<u16>, color: bool) -> String {
    let title = Painter { color }.paint(&text::one_line(&table.title), BOLD);
    format!("{title}\n\n{}", untitled(table, width, color))
}

/// The table without its title.
pub(super) fn untitled(table: &Table, width: Option<u16>, color: bool) -> String {
    let painter = Painter { color };
    let texts = cell_texts(table, width);
    let kept = columns_that_fit(table, &texts, width);
    let lines = aligned(table, &texts, &kept);
    let mut page = painter.body(table, &lines);
    let notes = notes(table, &kept);
    if !notes.is_empty() {
        page.push('\n');
    }
    for note in notes {
        for line in wrapped(&text::one_line(&note), width) {
            page += &painter.paint(&line, DIM);
            page.push('\n');
        }
    }
    page
}

/// Every cell as text, the first of a row with the lines of its tree.
fn cell_texts(table: &Table, width: Option<u16>) -> Vec<Vec<String>> {
    let longest = width.map_or(usize::MAX, |width| SHORTEST_TEXT.max(usize::from(width) / 3));
    let trees = trees(&table.rows);
    table
        .rows
        .iter()
        .zip(trees)
        .map(|(row, tree)| {
            let mut cells: Vec<String> =
                row.cells.iter().map(|cell| shown(cell, longest)).collect();
            if let Some(first) = cells.first_mut() {
                *first = tree + first;
            }
            cells
        })
        .collect()
}

fn shown(cell: &Cell, longest: usize) -> String {
    let content = text::for_people(cell);
    match cell {
        Cell::Text(_) => shortened(&content, longest),
        _ => content,
    }
}

/// Leaves out the middle of a text that is too long: both ends of a name tell layers apart.
fn shortened(content: &str, longest: usize) -> String {
    let length = content.chars().count();
    if length <= longest {
        return content.to_owned();
    }
    let head = longest / 2;
    let tail = longest.saturating_sub(head + 1);
    let start: String = content.chars().take(head).collect();
    let end: String = content.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// The lines that join each row to its block, drawn from the last row up.
fn trees(rows: &[Row]) -> Vec<String> {
    let mut trees = Vec::with_capacity(rows.len());
    // Whether a row further down continues the branch, by level.
    let mut continues: Vec<bool> = Vec::new();
    for row in rows.iter().rev() {
        continues.resize(row.level + 1, false);
        let mut tree = String::new();
        for (level, open) in continues.iter().enumerate().skip(1) {
            tree += match (*open, level == row.level) {
                (true, true) => "├ ",
                (false, true) => "└ ",
                (true, false) => "│ ",
                (false, false) => "  ",
            };
        }
        trees.push(tree);
        if let Some(open) = continues.last_mut() {
            *open = true;
        }
    }
    trees.reverse();
    trees
}

/// Positions of the columns that fit the width; those of priority 0 stay in any case.
fn columns_that_fit(table: &Table, texts: &[Vec<String>], width: Option<u16>) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..table.columns.len()).collect();
    let Some(width) = width.map(u32::from) else {
        return kept;
    };
    let widths = layout(table, texts, &kept).column_max_content_widths();
    let needed = |kept: &[usize]| -> u32 {
        kept.iter()
            .filter_map(|position| widths.get(*position))
            .map(|width| u32::from(*width) + u32::from(GAP))
            .sum::<u32>()
            .saturating_sub(u32::from(GAP))
    };
    let priority = |position: &usize| table.columns.get(*position).map_or(0, |c| c.priority);
    while needed(&kept) > width {
        let least = kept.iter().copied().max_by_key(|p| (priority(p), *p));
        match least {
            Some(least) if priority(&least) > 0 => kept.retain(|position| *position != least),
            _ => break,
        }
    }
    kept
}

/// The table's lines, the heading first.
fn aligned(table: &Table, texts: &[Vec<String>], kept: &[usize]) -> Vec<String> {
    layout(table, texts, kept).lines().map(|line| line.trim_end().to_owned()).collect()
}

fn layout(table: &Table, texts: &[Vec<String>], kept: &[usize]) -> comfy_table::Table {
    let mut layout = comfy_table::Table::new();
    layout.load_style(comfy_table::presets::NOTHING);
    layout.set_content_arrangement(ContentArrangement::Disabled);
    let headers = kept.iter().filter_map(|position| table.columns.get(*position));
    layout.set_header(headers.map(|column| shown(&Cell::text(&column.header), usize::MAX)));
    for row in texts {
        layout.add_row(kept.iter().filter_map(|position| row.get(*position)));
    }
    for (place, position) in kept.iter().enumerate() {
        if let (Some(target), Some(column)) =
            (layout.column_mut(place), table.columns.get(*position))
        {
            let gap = if place + 1 == kept.len() { 0 } else { GAP };
            target.set_padding((0, gap));
            target.set_cell_alignment(match column.align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
    }
    layout
}

/// The table's notes, with one about the columns that were left out.
fn notes(table: &Table, kept: &[usize]) -> Vec<String> {
    let left_out: Vec<&str> = (0..table.columns.len())
        .filter(|position| !kept.contains(position))
        .filter_map(|position| table.columns.get(position))
        .map(|column| column.header.as_str())
        .collect();
    let mut notes = table.notes.clone();
    if !left_out.is_empty() {
        notes.push(format!("Left out for want of width: {}.", unique(left_out).join(", ")));
    }
    notes
}

/// The headings without repetitions of the one before.
fn unique(mut headings: Vec<&str>) -> Vec<&str> {
    headings.dedup();
    headings
}

/// The width of the table in columns of text, where none is left out.
#[must_use]
pub fn width(table: &Table) -> usize {
    let kept: Vec<usize> = (0..table.columns.len()).collect();
    let lines = aligned(table, &cell_texts(table, None), &kept);
    lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Breaks a sentence between words.
pub(super) fn wrapped(sentence: &str, width: Option<u16>) -> Vec<String> {
    let width = width.map_or(TEXT_WIDTH, usize::from);
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in sentence.split(' ') {
        let added = word.chars().count();
        match lines.last_mut() {
            Some(line) if length + 1 + added <= width => {
                line.push(' ');
                line.push_str(word);
                length += 1 + added;
            }
            _ => {
                lines.push(word.to_owned());
                length = added;
            }
        }
    }
    lines
}

/// Puts styles around text, or not.
pub(super) struct Painter {
    /// Whether styles are wanted.
    pub(super) color: bool,
}

impl Painter {
    pub(super) fn paint(&self, content: &str, style: Style) -> String {
        if self.color { format!("{style}{content}{style:#}") } else { content.to_owned() }
    }

    /// Heading, rules and rows.
    fn body(&self, table: &Table, lines: &[String]) -> String {
        let longest = lines.iter().map(|line| line.chars().count()).max();
        let rule = self.paint(&"─".repeat(longest.unwrap_or(0)), DIM);
        let mut body = String::new();
        if let Some(header) = lines.first() {
            body += &format!("{}\n{rule}\n", self.paint(header, DIM));
        }
        for (row, line) in table.rows.iter().zip(lines.iter().skip(1)) {
            if row.emphasis == Emphasis::Total {
                body += &format!("{rule}\n");
            }
            body += &self.row(row, line);
            body.push('\n');
        }
        body
    }

    /// One row, the lines of its tree dim.
    fn row(&self, row: &Row, line: &str) -> String {
        let content = line.trim_start_matches(['│', '├', '└', ' ']);
        let tree = line.strip_suffix(content).unwrap_or_default();
        let content = match row.emphasis {
            Emphasis::Plain => content.to_owned(),
            Emphasis::Block => self.paint(content, BLOCK),
            Emphasis::Total => self.paint(content, BOLD),
            Emphasis::Failure => self.paint(content, FAILURE),
        };
        if tree.is_empty() { content } else { self.paint(tree, DIM) + &content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, table};

    #[test]
    fn summary_at_eighty_columns() {
        let report = sample::squeezenet();
        let table = table::summary_table(&report, None).unwrap();
        insta::assert_snapshot!(render(&table, Some(80), false));
    }

    #[test]
    fn folded_summary_without_a_width() {
        let report = sample::squeezenet();
        let table = table::summary_table(&report, Some(1)).unwrap();
        insta::assert_snapshot!(render(&table, None, false));
    }

    #[test]
    fn totals() {
        let table = table::totals_table(&sample::squeezenet());
        insta::assert_snapshot!(render(&table, Some(80), false));
    }

    #[test]
    fn comparison_of_three_and_of_six() {
        let mut reports = vec![sample::squeezenet(), sample::deep(), sample::squeezenet()];
        reports[2].name = "SqueezeNet 1.1".to_owned();
        reports[2].totals.figures.macs /= 3;
        let three = table::comparison_table(&reports, table::Networks::AsColumns);
        let three = render(&three, Some(100), false);
        reports.extend(reports.clone());
        let six = table::comparison_table(&reports, table::Networks::AsRows);
        let six = render(&six, Some(80), false);
        insta::assert_snapshot!(format!("{three}\n{six}"));
    }

    #[test]
    fn memory_at_eighty_columns() {
        let report = sample::deep();
        let parts = render(&table::memory_table(&report), Some(80), false);
        let policies = table::policies_table(&report).unwrap();
        insta::assert_snapshot!(format!("{parts}\n{}", render(&policies, Some(80), false)));
    }

    #[test]
    fn color_changes_nothing_but_styles() {
        let table = table::summary_table(&sample::squeezenet(), None).unwrap();
        let colored = render(&table, Some(80), true);
        assert!(colored.contains("\u{1b}[1m"));
        let plain = anstream::adapter::strip_str(&colored).to_string();
        assert_eq!(plain, render(&table, Some(80), false));
    }

    #[test]
    fn no_line_is_wider_than_the_width() {
        for report in [sample::squeezenet(), sample::deep()] {
            let tables = [
                table::summary_table(&report, None).unwrap(),
                table::memory_table(&report),
                table::schedule_table(&report),
                table::policies_table(&report).unwrap(),
            ];
            for (table, width) in tables.iter().flat_map(|t| [80, 100, 120, 200].map(|w| (t, w))) {
                for line in render(table, Some(width), false).lines() {
                    assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let report = sample::hostile("\u{1b}]0;title\u{7}\nname\u{202e}");
        for color in [true, false] {
            let summary = table::summary_table(&report, None).unwrap();
            let page = render(&summary, Some(80), color)
                + &render(
                    &table::comparison_table(
                        &[report.clone(), report.clone()],
                        table::Networks::AsColumns,
                    ),
                    None,
                    color,
                );
            assert!(!page.contains("\u{1b}]"));
            assert!(!page.contains(['\u{7}', '\u{202e}']));
        }
    }
}
