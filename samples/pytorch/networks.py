#!/usr/bin/env python3
"""Networks from PyTorch to C: exported to ONNX, compiled, and held against PyTorch and ONNX Runtime.

    networks.py --compiler ../../.build/release/swiftdl-compile            all networks
    networks.py --compiler … --only resnet50 gru --exporter dynamo         two of them, by the newer exporter

Each network is exported with random weights into build/NAME/model.onnx, with its inputs and outputs beside it as ONNX keeps test data. Then
`swiftdl-compile check` compares every layer with the interpreter, and the C, compiled with --target native and gcc -O3, is run on the same
inputs. The worst error is a share of the largest magnitude. Needs the packages in requirements.txt and gcc.
"""
import argparse
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import torch
import torchvision.models as vision
from onnx import numpy_helper
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent


class HandWrittenLSTM(nn.Module):
    """An LSTM as people write it to understand it: one matrix for each side, a loop over time."""

    def __init__(self, inputs=16, units=32):
        super().__init__()
        self.units = units
        self.x, self.h = nn.Linear(inputs, 4 * units), nn.Linear(units, 4 * units, bias=False)

    def forward(self, sequence):
        h = sequence.new_zeros(sequence.shape[0], self.units)
        c = h
        for step in range(sequence.shape[1]):
            i, f, g, o = (self.x(sequence[:, step]) + self.h(h)).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h


class Recurrent(nn.Module):
    """A recurrent layer of PyTorch and a readout of every step."""

    def __init__(self, kind, inputs, units, outputs, **options):
        super().__init__()
        self.layer = getattr(nn, kind)(inputs, units, batch_first=True, **options)
        self.readout = nn.Linear(units * (2 if options.get("bidirectional") else 1), outputs)

    def forward(self, sequence):
        return self.readout(self.layer(sequence)[0])


class AttentiveTranslator(nn.Module):
    """An LSTM encoder and an LSTM decoder that attends to all of its states (Luong's dot attention)."""

    def __init__(self, words=50, width=32):
        super().__init__()
        self.source, self.target = nn.Embedding(words, width), nn.Embedding(words, width)
        self.encoder, self.decoder = nn.LSTM(width, width, batch_first=True), nn.LSTM(width, width, batch_first=True)
        self.combine, self.readout = nn.Linear(2 * width, width), nn.Linear(width, words)

    def forward(self, source, target):
        states, last = self.encoder(self.source(source))
        steps, _ = self.decoder(self.target(target), last)
        weights = torch.softmax(steps @ states.transpose(1, 2), dim=-1)
        return self.readout(torch.tanh(self.combine(torch.cat([weights @ states, steps], dim=-1))))


def transformer():
    # The fused path is an operator of PyTorch's own, which no exporter knows.
    torch.backends.mha.set_fastpath_enabled(False)
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def googlenet(keeps_classifiers):
    net = vision.googlenet(weights=None, init_weights=True, aux_logits=keeps_classifiers).eval()
    # The flag of the outermost module alone decides whether the auxiliary classifiers run; the layers stay as they are in use.
    net.training = keeps_classifiers
    return net


def image(size=224):
    return (torch.randn(1, 3, size, size),)


def words(count):
    return torch.randint(0, 50, (1, count))


# The module and its inputs.
NETWORKS = {
    "alexnet": lambda: (vision.alexnet(weights=None), image()),
    "googlenet": lambda: (googlenet(False), image()),
    # The older exporter wants the adaptive pooling of the classifiers, to 4x4, to divide what comes in.
    "googlenet_classifiers": lambda: (googlenet(True), image(256)),
    "resnet50": lambda: (vision.resnet50(weights=None), image()),
    "densenet121": lambda: (vision.densenet121(weights=None), image()),
    "mobilenet_v2": lambda: (vision.mobilenet_v2(weights=None), image()),
    "lstm_by_hand": lambda: (HandWrittenLSTM(), (torch.randn(1, 12, 16),)),
    "gru": lambda: (Recurrent("GRU", 16, 32, 5, num_layers=2, bidirectional=True), (torch.randn(1, 20, 16),)),
    "encoder_decoder": lambda: (AttentiveTranslator(), (words(9), words(7))),
    "transformer": lambda: (transformer(), (torch.randn(1, 24, 64),)),
}


def export(name, folder, exporter):
    """Writes the model and its test data. Returns the largest error of ONNX Runtime against PyTorch."""
    torch.manual_seed(7)
    net, inputs = NETWORKS[name]()
    if name != "googlenet_classifiers":
        net = net.eval()
    with torch.no_grad():
        outputs = net(*inputs)
        outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
        folder.mkdir(parents=True, exist_ok=True)
        names = [f"x{i}" for i in range(len(inputs))]
        options = {"dynamo": True} if exporter == "dynamo" else {"dynamo": False, "training": torch.onnx.TrainingMode.PRESERVE}
        if exporter == "dynamo":
            options["external_data"] = False
        torch.onnx.export(net, inputs, str(folder / "model.onnx"), input_names=names, **options)
    data = folder / "test_data_set_0"
    data.mkdir(exist_ok=True)
    for role, tensors in (("input", inputs), ("output", outputs)):
        for position, tensor in enumerate(tensors):
            (data / f"{role}_{position}.pb").write_bytes(numpy_helper.from_array(tensor.numpy()).SerializeToString())
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(None, dict(zip([i.name for i in session.get_inputs()], [t.numpy() for t in inputs])))
    return [t.numpy() for t in inputs], found, max(error(f, t.numpy()) for f, t in zip(found, outputs))


def error(found, expected):
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30))


# Run in a process of its own: a child's peak counts the memory of the process that it was forked from.
MEASURED = """
import resource, subprocess, sys, time
start = time.time()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(time.time() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.exit(code)
"""


def execute(command, folder):
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def build_and_run(folder, compiler, inputs, expected, cc):
    """The compiler's time and memory, the size of the C without weights, and the error of its outputs."""
    command = [compiler, "model.onnx", "-o", "model.c", "--harness", "--target", "native"]
    seconds, megabytes = map(float, execute([sys.executable, "-c", MEASURED, *command], folder).split())
    execute([*cc.split(), "model.c", "model_harness.c", "-o", "model", "-lm"], folder)
    for position, tensor in enumerate(inputs):
        tensor.tofile(folder / f"in{position}.bin")
    execute(["./model", *[f"in{i}.bin" for i in range(len(inputs))], "--out", "out"], folder)
    outputs = [np.fromfile(folder / f"out{i}.bin", tensor.dtype).reshape(tensor.shape) for i, tensor in enumerate(expected)]
    size = (folder / "model.c").stat().st_size / 2**20
    return seconds, megabytes, size, max(error(f, e) for f, e in zip(outputs, expected))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--exporter", choices=["torchscript", "dynamo"], default="torchscript")
    parser.add_argument("--cc", default="gcc -O3 -march=native")
    parser.add_argument("--skip-check", action="store_true", help="leave out the comparison of every layer")
    options = parser.parse_args()
    print(f"{'network':24} {'compile':>9} {'memory':>9} {'model.c':>9} {'vs ORT':>9} {'ORT vs PyTorch':>15}")
    for name in options.only:
        folder = HERE / "build" / f"{name}_{options.exporter}"
        inputs, expected, reference = export(name, folder, options.exporter)
        seconds, megabytes, size, worst = build_and_run(folder, options.compiler, inputs, expected, options.cc)
        print(f"{name:24} {seconds:7.2f} s {megabytes:6.0f} MB {size:6.2f} MB {worst:9.1e} {reference:15.1e}", flush=True)
        if not options.skip_check:
            execute([options.compiler, "check", "model.onnx", "--target", "native", "--jit", "cc"], folder)
        if worst > 1e-4:
            sys.exit(f"{name}: the C differs from ONNX Runtime by {worst:.1e} of the largest magnitude")


main()
