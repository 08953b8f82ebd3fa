//! Weights that are given to commands.

use cnnstat::bundled::Bundled;
use cnnstat::diagnostics::Source;
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::weights::{safetensors, seeded};

use crate::SMALL;
use crate::support::Desk;

/// The weights of a network as a safetensors file.
fn file(text: &str) -> Vec<u8> {
    let description = Description::read(&Source::new("x.yaml", text), &Bundled).unwrap();
    let network = description.elaborate(&Settings::default()).unwrap().network;
    let mut file = Vec::new();
    safetensors::write(&mut file, &network, &seeded(&network, 7).unwrap()).unwrap();
    file
}

fn desk() -> Desk {
    // The last eight bytes are the last two values of the bias.
    let mut not_finite = file(SMALL);
    let end = not_finite.len();
    not_finite[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    Desk::new()
        .with("small.yaml", SMALL)
        .with("weights.safetensors", file(SMALL))
        .with("foreign.SAFETENSORS", file(&SMALL.replace("conv: {", "conv: {name: features, ")))
        .with("wide.safetensors", file(&SMALL.replace("wide: 4", "wide: 5")))
        .with("infinite.safetensors", not_finite)
        .with("names.yaml", "'conv1.*': 'features.*'\n")
        .with("list.yaml", "- a\n")
        .with("large.yaml", vec![b'#'; 2 << 20])
        .with("text.npz", "text")
        .with("folder.npz/file", "")
}

#[test]
fn files_are_read() {
    let desk = desk();
    for weights in [
        "seeded:18446744073709551615",
        "weights.safetensors",
        "foreign.SAFETENSORS --weight-names names.yaml",
    ] {
        let call = desk.call(&format!("run small.yaml --weights {weights}"));
        assert_eq!((call.code, call.err.as_str()), (Some(0), ""), "{weights}: {call:?}");
    }
    let call = desk.call("run small.yaml --weights infinite.safetensors");
    assert_eq!(call.code, Some(0), "{call:?}");
    let warning = "warning: infinite.safetensors: `conv1.bias`: the value at [3] is not finite";
    assert!(call.err.starts_with(warning), "{call:?}");
}

#[test]
fn weights_that_cannot_be_used_are_refused() {
    let desk = desk();
    for (arguments, messages) in [
        ("seeded:x", vec!["seeded:7"]),
        ("seeded:18446744073709551616", vec!["seeded:7"]),
        ("weights.bin", vec!["write `seeded:N`, or a file that ends in .safetensors or .npz"]),
        ("missing.npz", vec!["cannot read `missing.npz`: No such file"]),
        ("folder.npz", vec!["cannot read `folder.npz`: it is no regular file"]),
        ("text.npz", vec!["cannot read `text.npz`: it is no npz file"]),
        ("seeded:7 --weight-names names.yaml", vec!["leave `--weight-names` out"]),
        ("weights.safetensors --weight-names missing.yaml", vec!["cannot read `missing.yaml`"]),
        ("weights.safetensors --weight-names list.yaml", vec!["cannot read `list.yaml`: it is to"]),
        ("weights.safetensors --weight-names large.yaml", vec!["it has more than 1 MiB"]),
        (
            "wide.safetensors",
            vec![
                "`wide.safetensors` does not fit the network in 2 tensors",
                "`conv1.weight` has shape [5, 3, 3, 3], but the network takes [4, 3, 3, 3]",
                "`conv1.bias` has shape [5], but the network takes [4]",
            ],
        ),
        (
            "foreign.SAFETENSORS",
            vec![
                "does not fit the network in 4 tensors",
                "`conv1.bias` [4] is missing",
                "`features.bias` [4] is in the file, but not in the network",
                "help: `--weight-names FILE` says what tensors are called in the file",
            ],
        ),
    ] {
        let call = desk.call(&format!("run small.yaml --weights {arguments}"));
        assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{arguments}: {call:?}");
        for message in messages {
            assert!(call.err.contains(message), "{arguments}: {message}\n{}", call.err);
        }
    }
}
