#!/usr/bin/env python3
"""Trains three small networks in PyTorch on the digits of scikit-learn and writes each as ONNX, with answers to be held against.

    trained.py [NAME ...]

../NAME/ gets model.onnx and io.safetensors: 16 held-out images (`input:0`), what PyTorch answered (`output:0`) and the right classes
(`labels`). Seeds are fixed. Needs the packages in requirements.txt.
"""
import pathlib
import shutil
import sys

import numpy as np
import onnx
import torch
from safetensors.numpy import save_file
from sklearn.datasets import load_digits
from torch import nn

SAMPLES = pathlib.Path(__file__).resolve().parent.parent
ROWS, TRAINED, EPOCHS = 16, 1400, 30


class Convolutional(nn.Module):
    """A residual block between two convolutions, all with batch normalisation."""

    def __init__(self, channels=12):
        super().__init__()

        def convolution(inputs, outputs, stride=1):
            return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))

        self.stem, self.inner = convolution(1, channels), convolution(channels, channels)
        self.down = convolution(channels, 2 * channels, 2)
        self.readout = nn.Linear(2 * channels, 10)

    def forward(self, images):
        x = torch.relu(self.stem(images.unsqueeze(1)))
        x = torch.relu(x + self.inner(x))
        return self.readout(torch.relu(self.down(x)).mean(dim=(2, 3)))


class Recurrent(nn.Module):
    """A GRU over the rows of an image, in both directions."""

    def __init__(self, units=24):
        super().__init__()
        self.layer = nn.GRU(8, units, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * units, 10)

    def forward(self, images):
        states, _ = self.layer(images)
        return self.readout(states.mean(dim=1))


class Attentive(nn.Module):
    """An encoder layer of a Transformer over the rows of an image."""

    def __init__(self, width=32):
        super().__init__()
        self.rise, self.places = nn.Linear(8, width), nn.Parameter(torch.randn(8, width) / 10)
        self.layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.1, activation="gelu", batch_first=True)
        self.readout = nn.Linear(width, 10)

    def forward(self, images):
        return self.readout(self.layer(self.rise(images) + self.places).mean(dim=1))


# The network and whether the newer exporter writes it.
NETWORKS = {"pytorch_cnn": (Convolutional, True), "pytorch_gru": (Recurrent, False), "pytorch_transformer": (Attentive, True)}


def digits():
    """Images in 0...1 and their classes: those to learn from, then those held out."""
    bunch = load_digits()
    order = np.random.RandomState(0).permutation(len(bunch.target))
    images = torch.tensor(bunch.images[order] / 16, dtype=torch.float32)
    classes = torch.tensor(bunch.target[order])
    return (images[:TRAINED], classes[:TRAINED]), (images[TRAINED:], classes[TRAINED:])


def train(net, images, classes):
    optimiser = torch.optim.Adam(net.parameters(), 0.003)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(images)).split(32):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(images[rows]), classes[rows]).backward()
            optimiser.step()


def bare(model):
    """The model without what the exporter notes about the machine and the source text."""
    for message in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del message.metadata_props[:]
        message.ClearField("doc_string")
    return model


def make(name):
    torch.manual_seed(7)
    # The fused path is an operator of PyTorch's own, which no exporter knows.
    torch.backends.mha.set_fastpath_enabled(False)
    kind, is_newer = NETWORKS[name]
    net, (learned, held) = kind(), digits()
    train(net, *learned)
    net.eval()
    folder = SAMPLES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    images, classes = held[0][:ROWS], held[1][:ROWS]
    options = {"dynamo": True, "external_data": False} if is_newer else {"dynamo": False}
    path = folder / "model.onnx"
    torch.onnx.export(net, (images[:1],), str(path), input_names=["images"], output_names=["scores"], **options)
    onnx.save(bare(onnx.load(path)), path)
    with torch.no_grad():
        right = (net(held[0]).argmax(dim=1) == held[1]).float().mean()
        answers = net(images)
    tensors = {"input:0": images, "output:0": answers, "labels": classes.int()}
    save_file({key: np.ascontiguousarray(value.numpy()) for key, value in tensors.items()}, folder / "io.safetensors")
    (folder / "io.safetensors").chmod(0o644)
    count, size = sum(p.numel() for p in net.parameters()), path.stat().st_size
    print(f"| `{name}` | {count:,} | {right:.1%} right | {size / 1000:.0f} kB |", flush=True)


for name in sys.argv[1:] or NETWORKS:
    make(name)
