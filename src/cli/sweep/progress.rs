//! How far a sweep is, for whoever waits at a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::terminal::Terminal;

/// What takes less is not worth a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on a terminal, once it takes long.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    is_watched: bool,
}

impl Progress {
    pub(super) fn new(terminal: &Terminal, variants: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(variants), ProgressDrawTarget::hidden());
        let style = "{wide_bar} {human_pos} of {human_len} variants, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar, begun: Instant::now(), is_watched: terminal.is_watched() }
    }

    pub(super) fn reach(&mut self, variants: u64) {
        if self.is_watched && self.begun.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.is_watched = false;
        }
        self.bar.set_position(variants);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
