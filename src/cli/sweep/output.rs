//! Where variants go, and how they are written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use cnnstat::back;
use cnnstat::front::yaml::Description;
use cnnstat::report::document::Document;
use cnnstat::sweep::{Layout, Objective, Variant, axes, chart};

use crate::cli::failure::Failure;
use crate::cli::output::{self, Ending, Kind, Target, Whole};
use crate::cli::read_files::ReadFiles;
use crate::cli::terminal::Terminal;

/// So many rows are made into text at once.
const ROWS_AT_ONCE: usize = 4_096;

/// How variants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For the terminal
    Table,
    /// For scripts, with exact figures
    Json,
    /// For scripts, a variant a line
    Jsonl,
    /// For spreadsheets, with exact figures
    Csv,
    /// For documents
    Markdown,
    /// A chart of two figures
    Svg,
    /// A page with a chart and a table
    Html,
}

impl Format {
    /// The format that is asked for, or that a file's ending tells; a table where there is neither.
    pub(super) fn of(asked: Option<Self>, path: Option<&Path>) -> Result<Self, Failure> {
        let (None, Some(path)) = (asked, path) else { return Ok(asked.unwrap_or(Self::Table)) };
        output::by_ending(path, |ending| {
            Some(match ending {
                Ending::Lines => Self::Jsonl,
                Ending::Kind(Kind::Page) => Self::Html,
                Ending::Kind(Kind::Drawing) => Self::Svg,
                Ending::Kind(Kind::Text(output::Format::Table)) => Self::Table,
                Ending::Kind(Kind::Text(output::Format::Json)) => Self::Json,
                Ending::Kind(Kind::Text(output::Format::Csv)) => Self::Csv,
                Ending::Kind(Kind::Text(output::Format::Markdown)) => Self::Markdown,
            })
        })
    }

    /// Whether variants can be written before the last is known.
    pub(super) fn is_streamed(self) -> bool {
        matches!(self, Self::Csv | Self::Json | Self::Jsonl)
    }

    /// Whether it is a chart.
    pub(super) fn is_chart(self) -> bool {
        matches!(self, Self::Svg | Self::Html)
    }

    /// Whether there is a place for sentences.
    pub(super) fn has_notes(self) -> bool {
        matches!(self, Self::Table | Self::Markdown | Self::Html)
    }
}

/// Where variants are written.
pub(super) struct Output<'a> {
    format: Format,
    sink: Sink,
    terminal: &'a Terminal,
    description: &'a Description,
    parts: u64,
}

enum Sink {
    Terminal,
    File(Whole, PathBuf),
}

impl Sink {
    fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::File(file, _) => file.write(text),
            Self::Terminal => {
                let written = io::stdout().lock().write_all(text.as_bytes());
                written.map_err(|error| Failure::writing("the output", &error))
            }
        }
    }
}

impl<'a> Output<'a> {
    pub(super) fn create(
        format: Format,
        path: Option<&Path>,
        terminal: &'a Terminal,
        description: &'a Description,
    ) -> Result<Self, Failure> {
        let sink = match path.filter(|path| !output::is_standard(path)) {
            Some(path) => {
                let target = Target::new(path, &ReadFiles::of(description))?;
                Sink::File(Whole::create(&target)?, path.to_owned())
            }
            None => Sink::Terminal,
        };
        Ok(Self { format, sink, terminal, description, parts: 0 })
    }

    /// Writes the next variants, in a format that is streamed.
    pub(super) fn part(
        &mut self,
        layout: &Layout<'_>,
        variants: &[(Variant, bool)],
    ) -> Result<(), Failure> {
        for variants in variants.chunks(ROWS_AT_ONCE) {
            let mut text = String::new();
            match self.format {
                Format::Csv => {
                    if self.parts == 0 {
                        text += &back::csv::heading(&layout.columns())?;
                    }
                    let rows =
                        variants.iter().map(|(variant, marked)| layout.row(variant, *marked));
                    text += &back::csv::rows(&rows.collect::<Vec<_>>())?;
                }
                _ => self.records(layout, variants, &mut text)?,
            }
            self.parts += 1;
            self.sink.write(&text)?;
        }
        Ok(())
    }

    /// Variants as lines, which are the elements of an array where there is one value in all.
    fn records(
        &self,
        layout: &Layout<'_>,
        variants: &[(Variant, bool)],
        text: &mut String,
    ) -> Result<(), Failure> {
        let is_array = self.format == Format::Json;
        for (index, (variant, marked)) in variants.iter().enumerate() {
            if is_array {
                let is_first = self.parts == 0 && index == 0;
                *text += &if is_first { self.opening()? } else { ",\n".to_owned() };
            }
            *text += &back::json::line(&layout.record(variant, *marked))?;
            if !is_array {
                text.push('\n');
            }
        }
        Ok(())
    }

    fn opening(&self) -> Result<String, Failure> {
        let name = back::json::line(self.description.name())?;
        Ok(format!("{{\"name\": {name}, \"variants\": [\n"))
    }

    /// Writes all variants there are.
    pub(super) fn all(
        &mut self,
        layout: &Layout<'_>,
        variants: &[(Variant, bool)],
        objectives: &[Objective],
        notes: Vec<String>,
    ) -> Result<(), Failure> {
        if self.format.is_streamed() {
            return self.part(layout, variants);
        }
        let has_misfits = variants.iter().any(|(variant, _)| !variant.fits());
        let layout = Layout { has_misfits, ..layout.clone() };
        let table = layout.table(self.description, variants, notes);
        let text = match self.format {
            Format::Markdown => back::markdown::render(&table),
            Format::Svg if variants.is_empty() => {
                return Err(Failure::message(table.notes.join(" ")));
            }
            Format::Svg | Format::Html => {
                let axes = axes(&layout, objectives).ok_or_else(|| {
                    Failure::message("a chart needs two figures, as in `--figures params,macs`")
                })?;
                drawn(self.format, &chart(&layout, axes, objectives, variants, table))?
            }
            _ => match &self.sink {
                Sink::Terminal => {
                    let (width, color) = (self.terminal.width(), self.terminal.color());
                    back::terminal::render(&table, width, color)
                }
                Sink::File(..) => back::terminal::render(&table, None, false),
            },
        };
        self.sink.write(&text)?;
        if text.ends_with('\n') { Ok(()) } else { self.sink.write("\n") }
    }

    /// Ends what was written, puts a file at its place, and says so.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.close()?;
        match self.sink {
            Sink::File(file, path) => {
                file.finish()?;
                output::tell_written(&path, self.terminal);
                Ok(())
            }
            Sink::Terminal => {
                let flushed = io::stdout().lock().flush();
                flushed.map_err(|error| Failure::writing("the output", &error))
            }
        }
    }

    /// Ends what was printed already, so that it can be read although the command failed; a file is not put at its place.
    pub(super) fn abandon(mut self) {
        if self.parts > 0 && matches!(self.sink, Sink::Terminal) {
            // There is a failure to be told already.
            let _ = self.close();
        }
    }

    fn close(&mut self) -> Result<(), Failure> {
        if self.format == Format::Json {
            let opening = if self.parts == 0 { self.opening()? } else { "\n".to_owned() };
            self.sink.write(&format!("{opening}]}}\n"))?;
        }
        Ok(())
    }
}

/// The chart or the page.
fn drawn(format: Format, document: &Document) -> Result<String, Failure> {
    Ok(match format {
        Format::Svg => back::document::svg(document)?,
        _ => back::document::html(document)?,
    })
}
