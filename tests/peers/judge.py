"""Judges networks by ONNX and ONNX Runtime.

A line of the standard input is a folder with `model.onnx` and `case.json`:

    {"inputs": {name: file}, "tensors": [{"name", "output", "expected": {"oracle": file, "engine": file}}], "parameters": {name: sum}}

whose files are .npy. For each, a line of JSON tells the largest difference of a tensor, relative to its largest magnitude, and what is wrong.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

# The largest difference of a tensor from the one expected, relative to the largest magnitude of that.
TOLERANCE = 1e-4


def run(model, names, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(names, inputs)


def differences(folder, tensors, results):
    """The largest difference, and what is wrong."""
    largest, wrong = 0.0, []
    for tensor, result in zip(tensors, results):
        for by, file in tensor["expected"].items():
            expected = numpy.load(folder / file)
            if expected.shape != result.shape:
                wrong.append(f"{tensor['name']}: {list(expected.shape)} by {by}, {list(result.shape)} by ONNX Runtime")
                continue
            scale = max(float(numpy.abs(expected).max()), 1e-30)
            difference = float(numpy.abs(expected - result).max()) / scale
            largest = max(largest, difference)
            if not difference <= TOLERANCE:
                wrong.append(f"{tensor['name']}: differs from {by} by {difference:.2e}")
    return largest, wrong


def judge(folder):
    path = str(folder / "model.onnx")
    case = json.loads((folder / "case.json").read_text())
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    versions = [(opset.domain, opset.version) for opset in model.opset_import]
    assert versions == [("", 17)], f"operator sets {versions}"
    outputs = [tensor for tensor in case["tensors"] if tensor["output"]]
    assert [value.name for value in model.graph.output] == [tensor["name"] for tensor in outputs], "other outputs"
    # An input that is called as an output is goes by another name.
    taken = [tensor["name"] for tensor in outputs]
    inputs = {}
    for (name, file), value in zip(case["inputs"].items(), model.graph.input, strict=True):
        assert value.name == name or name in taken, f"an input {value.name} for {name}"
        inputs[value.name] = numpy.load(folder / file)
    held = {tensor.name: numpy.abs(onnx.numpy_helper.to_array(tensor), dtype=numpy.float64).sum() for tensor in model.graph.initializer}
    for name, expected in case["parameters"].items():
        assert numpy.isclose(held[name], expected, rtol=1e-9), f"other values of {name}"
    largest, wrong = differences(folder, outputs, run(path, taken, inputs))
    inner = [tensor for tensor in case["tensors"] if not tensor["output"]]
    if inner:
        # What is asked for is not fused with what follows.
        known = {value.name: value for value in model.graph.value_info}
        model.graph.output.extend(known[tensor["name"]] for tensor in inner)
        onnx.save(model, path)
        del model
        further, more = differences(folder, inner, run(path, [tensor["name"] for tensor in inner], inputs))
        largest, wrong = max(largest, further), wrong + more
    return largest, wrong


for line in sys.stdin:
    try:
        largest, wrong = judge(pathlib.Path(line.rstrip("\n")))
    except Exception as error:  # Whatever refuses a model, the others are judged.
        largest, wrong = None, [f"{type(error).__name__}: {error}"]
    print(json.dumps({"largest": largest, "wrong": wrong}), flush=True)
