//! The option of every command that runs networks or writes them with their values.

use clap::Args;
use cnnstat::front::yaml::Description;
use cnnstat::network::Network;
use cnnstat::weights::{self, Weights};

use super::failure::Failure;

/// Where the values of parameters come from.
#[derive(Debug, Args)]
pub(super) struct WeightOptions {
    /// Values of the parameters: `seeded:N`, made from a number
    #[arg(long, value_name = "SOURCE", default_value = "seeded:0", value_parser = source)]
    weights: Source,
}

/// Where values come from.
#[derive(Debug, Clone)]
enum Source {
    /// Made from a number.
    Seeded(u64),
}

fn source(text: &str) -> Result<Source, String> {
    let seed = text.strip_prefix("seeded:").and_then(|seed| seed.parse().ok());
    seed.map(Source::Seeded).ok_or_else(|| "write `seeded:N`, as in seeded:7".to_owned())
}

impl WeightOptions {
    /// The values of a network's parameters.
    pub(super) fn weights(
        &self,
        description: &Description,
        network: &Network,
    ) -> Result<Weights, Failure> {
        match self.weights {
            Source::Seeded(seed) => weights::seeded(network, seed)
                .map_err(|error| Failure::analysis(description, &error)),
        }
    }
}
