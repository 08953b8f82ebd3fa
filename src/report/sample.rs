//! Reports for tests: SqueezeNet 1.0 layer by layer, and a deep synthetic network.

use super::{FlopsByKind, Layer, Output, ReceptiveField, Report, Setting, Totals, fold};

/// Builds layers on a current tensor.
struct Sample {
    layers: Vec<Layer>,
    current: String,
    shape: Vec<u64>,
    field: u64,
    jump: u64,
}

impl Sample {
    fn new(shape: &[u64]) -> Self {
        Self {
            layers: Vec::new(),
            current: "input".to_owned(),
            shape: shape.to_vec(),
            field: 1,
            jump: 1,
        }
    }

    fn push(&mut self, name: &str, op: &str, detail: &str, output: &[u64]) -> &mut Layer {
        let block = name.rsplit_once('/').map_or("", |(block, _)| block);
        let activations = output.iter().product();
        self.layers.push(Layer {
            name: name.to_owned(),
            op: op.to_owned(),
            detail: detail.to_owned(),
            block: block.to_owned(),
            inputs: vec![self.current.clone()],
            input_shapes: vec![self.shape.clone()],
            output_shape: output.to_vec(),
            params: 0,
            buffers: 0,
            macs: 0,
            flops: 0,
            flops_by_kind: FlopsByKind::default(),
            activations,
            conv_activations: 0,
            weight_bytes: 0,
            activation_bytes: 0,
            receptive_field: Some(ReceptiveField {
                size: [self.field; 2],
                stride: [self.jump; 2],
                padding: [[0; 2]; 2],
            }),
        });
        name.clone_into(&mut self.current);
        self.shape = output.to_vec();
        self.layers.last_mut().unwrap()
    }

    fn conv(&mut self, name: &str, out: u64, kernel: u64, stride: u64, padding: u64) {
        let size = |extent: u64| (extent + 2 * padding - kernel) / stride + 1;
        let output = [1, out, size(self.shape[2]), size(self.shape[3])];
        let weights = out * self.shape[1] * kernel * kernel;
        self.field += (kernel - 1) * self.jump;
        self.jump *= stride;
        let mut detail = format!("{kernel}x{kernel}");
        if stride > 1 {
            detail += &format!(", stride {stride}");
        }
        if padding > 0 {
            detail += &format!(", padding {padding}");
        }
        let layer = self.push(name, "conv", &detail, &output);
        layer.params = weights + out;
        layer.macs = weights * output[2] * output[3];
        layer.flops_by_kind.multiply_accumulate = 2 * layer.macs;
        layer.flops_by_kind.bias = layer.activations;
        layer.flops = 2 * layer.macs + layer.activations;
    }

    fn conv_relu(&mut self, name: &str, out: u64, kernel: u64, stride: u64, padding: u64) {
        self.conv(name, out, kernel, stride, padding);
        self.relu(&format!("{name}.relu"));
    }

    fn relu(&mut self, name: &str) {
        let shape = self.shape.clone();
        let layer = self.push(name, "relu", "", &shape);
        layer.flops_by_kind.activation = layer.activations;
        layer.flops = layer.activations;
    }

    fn batch_norm(&mut self, name: &str) {
        let shape = self.shape.clone();
        let layer = self.push(name, "batch_norm", "", &shape);
        layer.params = 2 * shape[1];
        layer.buffers = 2 * shape[1];
        layer.flops_by_kind.normalization = 2 * layer.activations;
        layer.flops = 2 * layer.activations;
    }

    fn max_pool(&mut self, name: &str) {
        let size = |extent: u64| (extent - 3).div_ceil(2) + 1;
        let output = [1, self.shape[1], size(self.shape[2]), size(self.shape[3])];
        self.field += 2 * self.jump;
        self.jump *= 2;
        let layer = self.push(name, "max_pool", "3x3, stride 2, ceil", &output);
        layer.flops_by_kind.pooling = 8 * layer.activations;
        layer.flops = 8 * layer.activations;
    }

    fn fire(&mut self, name: &str, squeeze: u64, expand: u64) {
        self.conv_relu(&format!("{name}/squeeze"), squeeze, 1, 1, 0);
        let (start, shape, field) = (self.current.clone(), self.shape.clone(), self.field);
        self.conv_relu(&format!("{name}/expand1x1"), expand, 1, 1, 0);
        let left = self.current.clone();
        (self.current, self.shape, self.field) = (start, shape, field);
        self.conv_relu(&format!("{name}/expand3x3"), expand, 3, 1, 1);
        let output = [1, 2 * expand, self.shape[2], self.shape[3]];
        let right = self.current.clone();
        let shape = self.shape.clone();
        let layer = self.push(&format!("{name}/concat1"), "concat", "", &output);
        layer.inputs = vec![left, right];
        layer.input_shapes = vec![shape.clone(), shape];
    }

    fn finish(self, name: &str, input: &[u64]) -> Report {
        let totals = Totals {
            peak_activation_bytes: Some(22_303_296),
            ..fold::sum(&self.layers, name).unwrap()
        };
        Report {
            name: name.to_owned(),
            source: None,
            description: None,
            settings: Vec::new(),
            batch: 1,
            input: input.to_vec(),
            totals,
            receptive_field: self.layers.last().and_then(|l| l.receptive_field.clone()),
            outputs: vec![Output { name: self.current, shape: self.shape }],
            layers: self.layers,
        }
    }
}

/// SqueezeNet 1.0 on 224x224.
pub(crate) fn squeezenet() -> Report {
    let input = [1, 3, 224, 224];
    let mut net = Sample::new(&input);
    net.conv_relu("conv1", 96, 7, 2, 0);
    net.max_pool("max_pool1");
    net.fire("fire2", 16, 64);
    net.fire("fire3", 16, 64);
    net.fire("fire4", 32, 128);
    net.max_pool("max_pool2");
    net.fire("fire5", 32, 128);
    net.fire("fire6", 48, 192);
    net.fire("fire7", 48, 192);
    net.fire("fire8", 64, 256);
    net.max_pool("max_pool3");
    net.fire("fire9", 64, 256);
    let shape = net.shape.clone();
    net.push("dropout1", "dropout", "0.5", &shape);
    net.conv_relu("conv10", 1000, 1, 1, 0);
    let layer = net.push("global_avg_pool1", "global_avg_pool", "", &[1, 1000, 1, 1]);
    layer.flops = 170_000;
    layer.flops_by_kind.pooling = 170_000;
    layer.receptive_field = None;
    net.push("flatten1", "flatten", "", &[1, 1000]).receptive_field = None;
    let mut report = net.finish("SqueezeNet 1.0", &input);
    report.source = Some("Iandola et al. 2016, arXiv:1602.07360, Table 1".to_owned());
    report.description = Some(
        "AlexNet-level accuracy with fifty times fewer parameters: eight fire modules, each a squeeze \
         of 1x1 filters that feeds an expansion of 1x1 and 3x3 filters."
            .to_owned(),
    );
    report.settings = vec![Setting { name: "classes".to_owned(), value: "1000".to_owned() }];
    report
}

/// A residual network of 700 layers in four stages of many blocks.
pub(crate) fn deep() -> Report {
    let input = [1, 3, 224, 224];
    let mut net = Sample::new(&input);
    net.conv("stem/conv", 64, 7, 2, 3);
    net.batch_norm("stem/conv.batch_norm");
    net.relu("stem/conv.relu");
    net.max_pool("stem/max_pool1");
    let mut count = 1;
    for (stage, width, turns) in [(1, 64, 12), (2, 128, 28), (3, 256, 43), (4, 512, 16)] {
        for turn in 1..=turns {
            let block = format!("stage{stage}/bottleneck{turn}");
            let start = net.current.clone();
            let stride = if turn == 1 && stage > 1 { 2 } else { 1 };
            for (part, kernel, stride, padding) in [("reduce", 1, 1, 0), ("conv", 3, stride, 1)] {
                let name = format!("{block}/{part}");
                net.conv(&name, width, kernel, stride, padding);
                net.batch_norm(&format!("{name}.batch_norm"));
                net.relu(&format!("{name}.relu"));
            }
            let shape = net.shape.clone();
            let layer = net.push(&format!("{block}/add1"), "add", "", &shape);
            layer.inputs.push(start);
            layer.input_shapes.push(shape);
            layer.flops_by_kind.elementwise = layer.activations;
            layer.flops = layer.activations;
            count += 1;
        }
    }
    let layer = net.push("global_avg_pool1", "global_avg_pool", "", &[1, 512, 1, 1]);
    layer.flops_by_kind.pooling = 25_088;
    layer.flops = 25_088;
    net.push("flatten1", "flatten", "", &[1, 512]);
    let layer = net.push("fc", "linear", "512 to 1000", &[1, 1000]);
    layer.params = 513_000;
    layer.macs = 512_000;
    layer.flops_by_kind.multiply_accumulate = 1_024_000;
    layer.flops_by_kind.bias = 1000;
    layer.flops = 1_025_000;
    net.finish(&format!("Synthetic, {count} blocks"), &input)
}

/// Layers of the given names and blocks, without figures.
pub(crate) fn named(names: &[(&str, &str)]) -> Report {
    let mut net = Sample::new(&[1, 1]);
    for (name, block) in names {
        net.push(name, "identity", "", &[1, 1]).block = (*block).to_owned();
    }
    net.finish("named", &[1, 1])
}

/// A report in which every text is an attack.
pub(crate) fn hostile(text: &str) -> Report {
    let mut report = squeezenet();
    report.name = text.to_owned();
    report.source = Some(text.to_owned());
    report.description = Some(text.to_owned());
    report.settings = vec![Setting { name: text.to_owned(), value: text.to_owned() }];
    for output in &mut report.outputs {
        output.name = text.to_owned();
    }
    for layer in &mut report.layers {
        layer.name = format!("{text}/{}", layer.name);
        layer.block = format!("{text}/{text}");
        layer.op = text.to_owned();
        layer.detail = text.to_owned();
        layer.inputs.push(text.to_owned());
    }
    report
}
