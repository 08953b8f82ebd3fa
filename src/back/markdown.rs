//! Tables in GitHub's Markdown.

use crate::report::table::{Align, Cell, Emphasis, Row, Table};

use super::text;

/// The table under a heading, its notes below.
pub fn render(table: &Table) -> String {
    format!("### {}\n\n{}", escaped(&table.title), untitled(table))
}

/// The table without its heading.
pub(super) fn untitled(table: &Table) -> String {
    let mut page = String::new();
    let headers: Vec<String> = table.columns.iter().map(|c| escaped(&c.header)).collect();
    page += &line(&headers);
    let rules: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column.align {
            Align::Left => ":---".to_owned(),
            Align::Right => "---:".to_owned(),
        })
        .collect();
    page += &line(&rules);
    for row in &table.rows {
        page += &line(&cells(row));
    }
    for note in &table.notes {
        page += &format!("\n{}\n", escaped(note));
    }
    page
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn cells(row: &Row) -> Vec<String> {
    row.cells
        .iter()
        .enumerate()
        .map(|(position, cell)| {
            let content = emphasized(cell, row.emphasis);
            if position == 0 { "&emsp;".repeat(row.level) + &content } else { content }
        })
        .collect()
}

fn emphasized(cell: &Cell, emphasis: Emphasis) -> String {
    let content = escaped(&text::for_people(cell));
    if content.is_empty() || emphasis == Emphasis::Plain {
        content
    } else {
        format!("**{content}**")
    }
}

/// The text with everything that Markdown or HTML would read as markup escaped.
pub(super) fn escaped(content: &str) -> String {
    let content = text::one_line(content);
    let mut safe = String::with_capacity(content.len());
    let mut before = ' ';
    let mut characters = content.chars().peekable();
    while let Some(character) = characters.next() {
        let inside_word = before.is_alphanumeric()
            && characters.peek().is_some_and(|next| next.is_alphanumeric());
        match character {
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '&' => safe += "&amp;",
            '_' if inside_word => safe.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
        before = character;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, table};

    #[test]
    fn summary() {
        let report = sample::squeezenet();
        let summary = table::summary_table(&report, Some(1)).unwrap();
        let totals = table::totals_table(&report);
        insta::assert_snapshot!(render(&summary) + "\n" + &render(&totals));
    }

    #[test]
    fn markup_is_escaped() {
        let cases = [
            ("fire2/expand1x1_relu", "fire2/expand1x1_relu"),
            ("_a_ *b*", "\\_a\\_ \\*b\\*"),
            ("a|b", "a\\|b"),
            ("`code`", "\\`code\\`"),
            ("<script>&", "&lt;script&gt;&amp;"),
            ("[x](y)", "\\[x\\](y)"),
            ("two\nlines", "two lines"),
            ("\\|", "\\\\\\|"),
        ];
        for (content, expected) in cases {
            assert_eq!(escaped(content), expected);
        }
    }

    #[test]
    fn every_row_of_a_hostile_report_is_one_line_of_equal_columns() {
        let report = sample::hostile("<b>|`\n\\");
        let summary = table::summary_table(&report, None).unwrap();
        let page = render(&summary);
        assert!(!page.contains("<b>"));
        for line in page.lines().filter(|line| line.starts_with('|')) {
            let bars = line.replace("\\\\", "").replace("\\|", "");
            assert_eq!(bars.matches('|').count(), summary.columns.len() + 1, "{line}");
        }
    }
}
