//! What the analysis says against what happens.

use cnnstat::analysis;
use cnnstat::bundled::{self, Bundled};
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
        let out = oracle::run(network, &weights, &[input], |layer| {
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
    }
}
