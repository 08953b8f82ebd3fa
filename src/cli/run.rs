//! `cnnstat run`: a forward pass.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use cnnstat::execute::engine::{Engine, Unobserved};
use serde_json::json;

use super::failure::Failure;
use super::network::NetworkOptions;
use super::terminal::Terminal;
use super::weights::WeightOptions;

/// Run a network
#[derive(Debug, Args)]
pub(super) struct Run {
    /// A YAML file, or the name of a bundled network
    network: String,

    #[command(flatten)]
    options: NetworkOptions,

    #[command(flatten)]
    weights: WeightOptions,

    /// Number of threads
    #[arg(long, value_name = "T", default_value = "1")]
    threads: usize,

    /// How often the forward pass is timed
    #[arg(long, value_name = "R", default_value = "1")]
    repeat: usize,
}

impl Run {
    pub(super) fn run(self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let network = &elaborated.network;
        let weights = self.weights.weights(&description, network, terminal)?;
        let failed = |error: &dyn std::fmt::Display| Failure::message(error.to_string());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|error| failed(&error))?;
        let engine = Engine::compile(network, weights, false).map_err(|error| failed(&error))?;
        let mut memory = engine.memory().map_err(|error| failed(&error))?;
        let inputs: Vec<Vec<f32>> = network
            .inputs()
            .iter()
            .filter_map(|&input| network.node(input))
            .map(|node| vec![0.5; usize::try_from(node.shape.elements()).unwrap_or(0)])
            .collect();
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let mut times = Vec::new();
        for _ in 0..=self.repeat {
            let start = Instant::now();
            let done = pool.install(|| engine.run(network, &mut memory, &inputs, &mut Unobserved));
            done.map_err(|error| failed(&error))?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let mut times = times.split_off(1);
        times.sort_by(f64::total_cmp);
        let timing = json!({"min_ms": times.first(), "median_ms": times.get(times.len() / 2)});
        terminal.print(&format!("{timing}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
