"""What other tools print for networks that they were not asked about before: `further.csv`.

    pip install torch==2.15.0 torchvision==0.29.2 fvcore==0.1.5.post20221221 thop==0.1.1.post2209072238 \
        ptflops==0.7.5 torchinfo==1.8.0 calflops==0.3.2 transformers onnx onnxscript onnx-tool==1.0.1
    python tests/reference/peers/peers.py > tests/reference/peers/further.csv

Names of networks as arguments give these alone.

Batch 1, evaluation, on the CPU. The networks of torchvision are freshly made. The others are written here with modules, and in the
YAML files of the same names beside this file. Where a tool does not take a network, there is no row.
"""

import contextlib
import csv
import io
import os
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")

import calflops
import onnx
import onnx_tool
import ptflops
import thop
import torch
import torchinfo
import torchvision
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


class Permute(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 1)


class Join(nn.Module):
    """Applies an operation to the results of branches."""

    def __init__(self, operation, *branches):
        super().__init__()
        self.operation = operation
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        first, *others = [branch(x) for branch in self.branches]
        for other in others:
            first = self.operation(first, other)
        return first


def decoder():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(8, 12, 3, stride=2, padding=1, output_padding=1, groups=4), nn.PReLU(12),
        nn.Upsample(scale_factor=2.0, mode="nearest"), nn.Conv2d(12, 4, 1), nn.Sigmoid(),
        nn.Upsample(scale_factor=2.0, mode="bilinear"), nn.Tanh(),
    )


def mobile():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(),
        nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False), nn.BatchNorm2d(32), nn.Hardswish(),
        nn.Conv2d(32, 48, 1, groups=4), nn.SiLU(),
        nn.Conv2d(48, 48, 3, padding=2, dilation=2), nn.BatchNorm2d(48, affine=False), nn.ELU(),
        nn.AvgPool2d(3, stride=2, padding=1), nn.Hardsigmoid(),
        nn.BatchNorm2d(48), nn.GELU(),
        Join(torch.Tensor.__add__, nn.Identity(), nn.Conv2d(48, 48, 1)),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Dropout(0.2), nn.Linear(48 * 7 * 7, 10, bias=False), nn.Softmax(1),
    )


def adaptive():
    """13x13 to 7x7: the regions overlap."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(7), nn.PReLU(), nn.AdaptiveAvgPool2d((3, 1)),
        nn.Flatten(), nn.Linear(24, 5), nn.LogSoftmax(1),
    )


def tokens():
    return nn.Sequential(
        nn.Conv2d(3, 24, 4, stride=4), nn.Flatten(2), Permute(), nn.LayerNorm(24),
        nn.Linear(24, 96), nn.GELU(), nn.Linear(96, 24, bias=False), nn.LayerNorm(24, elementwise_affine=False),
        # Not the function itself: tools replace it.
        Join(lambda a, b: torch.matmul(a, b), nn.Identity(), Permute()), nn.Softmax(2),
    )


def response():
    return nn.Sequential(
        nn.Conv2d(3, 12, 5), nn.ReLU(), nn.LocalResponseNorm(5), nn.BatchNorm2d(12), nn.Conv2d(12, 6, 3), nn.BatchNorm2d(6),
        Join(torch.Tensor.__mul__, nn.Identity(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Sigmoid())),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(6, 4),
    )


MODELS = {
    **{name: (lambda name=name: getattr(torchvision.models, name)(weights=None), (3, 224, 224))
       for name in ["resnet18", "vgg11", "vgg16_bn", "squeezenet1_1", "densenet161"]},
    "decoder": (decoder, (3, 32, 32)),
    "mobile": (mobile, (3, 112, 112)),
    "adaptive": (adaptive, (3, 15, 15)),
    "tokens": (tokens, (3, 32, 32)),
    "response": (response, (3, 20, 20)),
}


def fvcore_figures(model, x):
    flops = FlopCountAnalysis(model, x).unsupported_ops_warnings(False)
    yield "flops", flops.total()
    for operator, count in sorted(flops.by_operator().items()):
        yield f"flops by operator: {operator}", count
    yield "activations", ActivationCountAnalysis(model, x).unsupported_ops_warnings(False).total()


def thop_figures(model, x):
    macs, params = thop.profile(model, (x,), verbose=False)
    yield "macs", macs
    yield "params", params


def ptflops_figures(model, x):
    for backend in ["pytorch", "aten"]:
        macs, params = ptflops.get_model_complexity_info(
            model, tuple(x.shape[1:]), print_per_layer_stat=False, as_strings=False, backend=backend)
        yield f"macs, backend {backend}", macs
        yield f"params, backend {backend}", params


def torchinfo_figures(model, x):
    summary = torchinfo.summary(model, input_data=x, verbose=0)
    yield "total_mult_adds", summary.total_mult_adds
    yield "total_params", summary.total_params
    yield "total_output_bytes", summary.total_output_bytes


def torch_figures(model, x):
    with FlopCounterMode(display=False) as counter:
        model(x)
    yield "total_flops", counter.get_total_flops()


def calflops_figures(model, x):
    flops, macs, params = calflops.calculate_flops(
        model, args=[x], output_as_string=False, print_results=False, print_detailed=False)
    yield "flops", flops
    yield "macs", macs


def onnx_figures(model, x):
    """By the exporter that traces, which is what folds batch norms."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(model, (x,), path, dynamo=False)
        graph = onnx_tool.loadmodel(path).graph
        graph.shape_infer(None)
        graph.profile()
        yield "Forward_MACs", round(graph.macs[0])
        yield "Params", graph.params


TOOLS = [
    ("fvcore", "0.1.5.post20221221", fvcore_figures),
    ("ptflops", "0.7.5", ptflops_figures),
    ("thop", "0.1.1-2209072238", thop_figures),
    ("torchinfo", "1.8.0", torchinfo_figures),
    ("torch.utils.flop_counter", torch.__version__.split("+")[0], torch_figures),
    ("calflops", "0.3.2", calflops_figures),
    ("onnx-tool", "1.0.1", onnx_figures),
]

rows = csv.writer(sys.stdout, lineterminator="\n")
rows.writerow(["network", "tool", "version", "figure", "value"])
for network, (make, size) in MODELS.items():
    if sys.argv[1:] and network not in sys.argv[1:]:
        continue
    for tool, version, figures in TOOLS:
        torch.manual_seed(0)
        model, x = make().eval(), torch.randn(1, *size)
        try:
            with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
                found = list(figures(model, x))
        except Exception as error:
            print(f"{network}, {tool}: {error!r}"[:300], file=sys.stderr)
            continue
        for figure, value in found:
            if value is not None:
                rows.writerow([network, tool, version, figure, int(value)])
