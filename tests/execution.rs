//! What the analysis says against what happens.

use cnnstat::analysis;
use cnnstat::bundled::{self, Bundled};
use cnnstat::execute::engine::{Engine, Observer, Unobserved};
use cnnstat::execute::oracle;
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::ops::Array;
use cnnstat::weights::seeded;

#[test]
fn every_layer_does_what_it_costs() {
    for name in std::env::var("NETS").unwrap_or("lenet5 squeezenet".into()).split(' ') {
        let source = bundled::source(name).unwrap();
        let description = Description::read(&source, &Bundled).unwrap();
        let elaborated = description.elaborate(&Settings::default()).unwrap();
        let network = &elaborated.network;
        let analysis = analysis::analyse(network).unwrap();
        let weights = seeded(network, 7).unwrap();
        let shape = network.node(network.inputs()[0]).unwrap().shape;
        let n = usize::try_from(shape.elements()).unwrap();
        let input = Array::new(
            shape,
            (0..n).map(|i| ((i * 7919 % 1000) as f64 / 500.0 - 1.0) * 1.7).collect(),
        )
        .unwrap();
        let t = std::time::Instant::now();
        let mut peak = 0;
        let values: Vec<f32> = input.elements().iter().map(|&x| x as f32).collect();
        let mut by_oracle = std::collections::HashMap::new();
        let out = oracle::run(network, &weights, &[input], |layer| {
            by_oracle.insert(layer.tensor, layer.output.elements().to_vec());
            let figures = analysis.figures.get(layer.tensor).unwrap();
            assert_eq!(figures.macs, layer.tally.cost().macs, "{}", layer.node.name());
            assert_eq!(figures.flops_by_kind, layer.tally.cost().flops, "{}", layer.node.name());
            peak = peak.max(layer.live);
            let rms = (layer.output.elements().iter().map(|x| x * x).sum::<f64>()
                / layer.output.elements().len() as f64)
                .sqrt();
            if std::env::var("RMS").is_ok() {
                println!("{:40} {:.3}", layer.node.name(), rms);
            }
        })
        .unwrap();
        let rms = (out[0].elements().iter().map(|x| x * x).sum::<f64>()
            / out[0].elements().len() as f64)
            .sqrt();
        println!(
            "{name}: {:?} peak {} = {} rms {rms}",
            t.elapsed(),
            peak * 4,
            analysis.memory.separate.peak_bytes
        );
        for apart in [true, false] {
            let engine = Engine::compile(network, weights.clone(), apart).unwrap();
            let mut memory = engine.memory().unwrap();
            struct Compare<'a>(
                &'a std::collections::HashMap<cnnstat::network::Tensor, Vec<f64>>,
                f64,
                &'a cnnstat::network::Network,
            );
            impl Observer for Compare<'_> {
                fn sample(
                    &mut self,
                    tensor: cnnstat::network::Tensor,
                    sample: usize,
                    values: &[f32],
                ) {
                    let expected = &self.0[&tensor][sample * values.len()..][..values.len()];
                    let largest = self.0[&tensor].iter().fold(0.0_f64, |a, b| a.max(b.abs()));
                    let d = expected
                        .iter()
                        .zip(values)
                        .map(|(a, b)| (a - f64::from(*b)).abs())
                        .fold(0.0, f64::max)
                        / largest;
                    if d > 1e-4 {
                        println!("{} differs by {d}", self.2.node(tensor).unwrap().name());
                    }
                    self.1 = self.1.max(d);
                }
            }
            let mut compare = Compare(&by_oracle, 0.0, network);
            engine.run(network, &mut memory, &[&values], &mut compare).unwrap();
            let mut best = f64::MAX;
            for _ in 0..5 {
                let t = std::time::Instant::now();
                engine.run(network, &mut memory, &[&values], &mut Unobserved).unwrap();
                best = best.min(t.elapsed().as_secs_f64());
            }
            println!(
                "  apart {apart}: {:.2e} best {:.2} ms arena {} peak {:?} / {}",
                compare.1,
                best * 1e3,
                engine.arena_bytes(),
                analysis.memory.concatenation.as_ref().map(|c| c[2].peak_activation_bytes),
                analysis.memory.in_place.peak_bytes
            );
        }
    }
}
