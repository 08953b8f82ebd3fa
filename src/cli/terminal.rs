//! The terminal: width, colors, and what is printed where.

use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;
use clap::ValueEnum;
use cnnstat::diagnostics::Diagnostics;
use terminal_size::{Width, terminal_size_of};

use super::failure::Failure;

/// When to use colors.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal that has them, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Widths for those that need one where there is no terminal.
const DEFAULT_WIDTH: usize = 100;

/// The terminal, or what stands in its place: the width, and whether colors may be used.
#[derive(Debug)]
pub(super) struct Terminal {
    color: bool,
    error_color: bool,
    width: Option<u16>,
    error_width: Option<u16>,
}

impl Terminal {
    pub(super) fn new(when: ColorWhen) -> Self {
        let (out, error) = (io::stdout(), io::stderr());
        Self {
            color: colored(when, &out),
            error_color: colored(when, &error),
            width: out.is_terminal().then(|| width(terminal_size_of(&out))).flatten(),
            error_width: error.is_terminal().then(|| width(terminal_size_of(&error))).flatten(),
        }
    }

    /// The width of the output; `None` where it is no terminal.
    pub(super) fn width(&self) -> Option<u16> {
        self.width
    }

    /// Whether the output is colored.
    pub(super) fn color(&self) -> bool {
        self.color
    }

    /// The width of messages.
    fn error_width(&self) -> usize {
        self.error_width.map_or(DEFAULT_WIDTH, usize::from)
    }

    /// Prints to the output.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
        written.and_then(|()| out.flush()).map_err(|error| Failure::writing("the output", &error))
    }

    /// Whether messages go to a terminal.
    pub(super) fn is_watched(&self) -> bool {
        self.error_width.is_some()
    }

    /// Prints what may not be meant.
    pub(super) fn warn(&self, warnings: &Diagnostics) {
        if !warnings.is_empty() {
            self.tell(&warnings.render(self.error_color, self.error_width()));
        }
    }

    /// Prints why a command cannot do its work.
    pub(super) fn tell_failure(&self, failure: &Failure) {
        self.tell(&failure.render(self.error_color, self.error_width()));
    }

    /// Prints a message beside the output.
    pub(super) fn tell(&self, text: &str) {
        // Where messages cannot be written, there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

fn colored(when: ColorWhen, stream: &(impl anstream::stream::RawStream + IsTerminal)) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(stream) != ColorChoice::Never,
    }
}

fn width(size: Option<(Width, terminal_size::Height)>) -> Option<u16> {
    size.map(|(Width(width), _)| width).filter(|width| *width > 0)
}
