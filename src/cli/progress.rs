//! How far a long command is, for whoever waits at a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;

/// What takes less is not worth a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on a terminal, once it takes long.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    is_watched: bool,
}

impl Progress {
    /// Of so many things, which `noun` names.
    pub(super) fn new(terminal: &Terminal, count: u64, noun: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = "{wide_bar} {human_pos} of {human_len} {msg}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        let progress = Self { bar, begun: Instant::now(), is_watched: terminal.is_watched() };
        progress.begin(count, noun);
        progress
    }

    /// Goes on to other things, from the first.
    pub(super) fn begin(&self, count: u64, noun: &'static str) {
        self.bar.reset();
        self.bar.set_length(count);
        self.bar.set_message(noun);
    }

    pub(super) fn reach(&mut self, count: u64) {
        if self.is_watched && self.begun.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.is_watched = false;
        }
        self.bar.set_position(count);
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
