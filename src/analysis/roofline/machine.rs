//! Machines: how much arithmetic they do a second, and how many bytes they move.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::Work;

/// A machine as the roofline sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    name: Cow<'static, str>,
    peak_flops: f64,
    bandwidth: f64,
}

/// A rate that no machine has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a machine's {0} is a positive number")]
pub struct MachineError(&'static str);

/// What a layer's time cannot fall below, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bound {
    /// The time in seconds.
    pub seconds: f64,
    /// What takes that long; `None` where there is nothing to do.
    pub by: Option<BoundBy>,
}

/// What bounds the time of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BoundBy {
    /// Arithmetic.
    Compute,
    /// Moving bytes.
    Memory,
}

impl BoundBy {
    /// Its name in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Memory => "memory",
        }
    }
}

/// Whether a machine may have this rate: what is beyond has no time that could be written.
const fn is_rate(rate: f64) -> bool {
    1.0 <= rate && rate <= 1e21
}

impl Machine {
    /// A machine of so many operations and bytes a second.
    ///
    /// # Errors
    /// Where a rate is no positive number.
    pub fn new(name: &str, peak_flops: f64, bandwidth: f64) -> Result<Self, MachineError> {
        if !is_rate(peak_flops) {
            return Err(MachineError("peak of operations a second"));
        }
        if !is_rate(bandwidth) {
            return Err(MachineError("bandwidth in bytes a second"));
        }
        Ok(Self { name: Cow::Owned(name.to_owned()), peak_flops, bandwidth })
    }

    /// A machine of the table, whose rates are checked when the crate is compiled.
    const fn known(name: &'static str, peak_flops: f64, bandwidth: f64) -> Self {
        assert!(is_rate(peak_flops) && is_rate(bandwidth));
        Self { name: Cow::Borrowed(name), peak_flops, bandwidth }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// 32-bit floating-point operations a second at most.
    #[must_use]
    pub fn peak_flops(&self) -> f64 {
        self.peak_flops
    }

    /// Bytes a second at most between memory and processor.
    #[must_use]
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    /// The intensity, in operations a byte, below which memory bounds the time: the roof's ridge.
    #[must_use]
    pub fn ridge(&self) -> f64 {
        self.peak_flops / self.bandwidth
    }

    /// Operations a second at most at an intensity: the roof.
    #[must_use]
    pub fn roof(&self, intensity: f64) -> f64 {
        self.peak_flops.min(intensity * self.bandwidth)
    }

    /// The time that some work takes at least, arithmetic and moving at the same time. At the ridge it is arithmetic that bounds.
    #[must_use]
    pub fn bound(&self, work: &Work) -> Bound {
        let compute = work.flops as f64 / self.peak_flops;
        let memory = work.bytes as f64 / self.bandwidth;
        let by = match (work.flops, work.bytes) {
            (0, 0) => None,
            _ if memory > compute => Some(BoundBy::Memory),
            _ => Some(BoundBy::Compute),
        };
        Bound { seconds: compute.max(memory), by }
    }

    fn rates(&self) -> Rates {
        Rates { peak_flops: self.peak_flops, bandwidth: self.bandwidth, ridge: self.ridge() }
    }
}

/// What scripts get of every machine besides its name.
#[derive(Serialize)]
struct Rates {
    peak_flops: f64,
    bandwidth: f64,
    ridge: f64,
}

impl Serialize for Machine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            name: &'a str,
            #[serde(flatten)]
            rates: Rates,
        }
        Shown { name: &self.name, rates: self.rates() }.serialize(serializer)
    }
}

/// A machine that can be called by name. Peaks are 32-bit floating point without tensor cores and without sparsity.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMachine {
    /// The name for arguments: `v100`.
    pub name: &'static str,
    /// The machine, with its name for people.
    pub machine: Machine,
    /// Where the figures are from, and how they follow.
    pub source: &'static str,
}

impl NamedMachine {
    /// The machine of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        MACHINES.iter().find(|machine| machine.name == name)
    }
}

impl Serialize for NamedMachine {
    /// The name for people is its title.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            name: &'a str,
            title: &'a str,
            #[serde(flatten)]
            rates: Rates,
            source: &'a str,
        }
        let Self { name, machine, source } = self;
        Shown { name, title: machine.name(), rates: machine.rates(), source }.serialize(serializer)
    }
}

/// The machines that can be called by name, accelerators first, by age.
pub static MACHINES: [NamedMachine; 10] = [
    NamedMachine {
        name: "k40",
        machine: Machine::known("NVIDIA Tesla K40", 4.29e12, 288e9),
        source: "NVIDIA, Tesla K40 GPU Accelerator board specification, BD-06902-001: 2880 cores × 745 MHz × 2, 288 GB/s",
    },
    NamedMachine {
        name: "p100",
        machine: Machine::known("NVIDIA Tesla P100 (NVLink)", 10.6e12, 720e9),
        source: "NVIDIA, Tesla P100 white paper, WP-08019-001: 10.6 TFLOP/s, 720 GB/s",
    },
    NamedMachine {
        name: "v100",
        machine: Machine::known("NVIDIA Tesla V100 (SXM2)", 15.7e12, 900e9),
        source: "NVIDIA, Tesla V100 GPU architecture white paper, WP-08608-001: 15.7 TFLOP/s, 900 GB/s",
    },
    NamedMachine {
        name: "t4",
        machine: Machine::known("NVIDIA T4", 8.1e12, 320e9),
        source: "NVIDIA, T4 Tensor Core GPU data sheet: 8.1 TFLOP/s; GDDR6 of 256 bits at 10 Gb/s: 320 GB/s",
    },
    NamedMachine {
        name: "a100",
        machine: Machine::known("NVIDIA A100 (SXM, 40 GB)", 19.5e12, 1555e9),
        source: "NVIDIA, A100 Tensor Core GPU data sheet, nvidia-1758950: 19.5 TFLOP/s, 1,555 GB/s",
    },
    NamedMachine {
        name: "rtx3090",
        machine: Machine::known("NVIDIA GeForce RTX 3090", 35.6e12, 936e9),
        source: "NVIDIA, Ampere GA102 GPU architecture white paper: 35.6 TFLOP/s, 936 GB/s",
    },
    NamedMachine {
        name: "h100",
        machine: Machine::known("NVIDIA H100 (SXM)", 67e12, 3.35e12),
        source: "NVIDIA, H100 Tensor Core GPU data sheet: 67 TFLOP/s, 3.35 TB/s",
    },
    NamedMachine {
        name: "rtx4090",
        machine: Machine::known("NVIDIA GeForce RTX 4090", 82.6e12, 1008e9),
        source: "NVIDIA, Ada GPU architecture white paper: 82.6 TFLOP/s, 1,008 GB/s",
    },
    NamedMachine {
        name: "i7-6700k",
        machine: Machine::known("Intel Core i7-6700K", 512e9, 34.1e9),
        source: "Intel, product specifications: 4 cores × 4.0 GHz, 2 × DDR4-2133; two 256-bit FMAs a cycle (Intel, Optimization \
            Reference Manual, Skylake), 32 FLOPs",
    },
    NamedMachine {
        name: "epyc-7742",
        machine: Machine::known("AMD EPYC 7742", 4.608e12, 204.8e9),
        source: "AMD, product specifications: 64 cores × 2.25 GHz, 8 × DDR4-3200; two 256-bit FMAs a cycle (Microway, Detailed \
            specifications of the AMD EPYC \"Rome\" CPUs), 32 FLOPs",
    },
];
