//! The option of how many threads there are.

use std::num::NonZero;
use std::thread;

use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::failure::Failure;
use super::whole_number::whole_number;

/// On how many threads networks run.
#[derive(Debug, Args)]
pub(super) struct ThreadOptions {
    /// Number of threads; all cores if left out
    #[arg(long, value_name = "T", value_parser = whole_number(1..=1024_u16))]
    threads: Option<u16>,
}

impl ThreadOptions {
    /// Whether it is given.
    pub(super) fn are_given(&self) -> bool {
        self.threads.is_some()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        self.threads.map_or_else(cores, usize::from)
    }

    /// So many threads.
    pub(super) fn pool(&self) -> Result<ThreadPool, Failure> {
        let pool = ThreadPoolBuilder::new().num_threads(self.count()).build();
        pool.map_err(|error| Failure::message(error.to_string()))
    }
}
