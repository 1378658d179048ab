#!/usr/bin/env python3
"""The networks of the benchmark, from PyTorch to ONNX: random weights of a fixed seed, fixed shapes.

    networks.py NAME BATCH FILE.onnx
"""
import sys

import torch
import torchvision.models as vision
from torch import nn


def small_cnn(channels, pool, hidden):
    """Two convolutions of 3x3 on an image of 28x28, each with a pool, and dense layers: digits to ten classes."""
    first, second = channels
    layers = [nn.Conv2d(1, first, 3), nn.ReLU(), pool(2), nn.Conv2d(first, second, 3), nn.ReLU(), pool(2), nn.Flatten()]
    width = second * 5 * 5
    for units in hidden:
        layers += [nn.Linear(width, units), nn.ReLU()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, 10), nn.Softmax(-1))


class Recurrent(nn.Module):
    """A recurrent layer, or several, and a readout of every step."""

    def __init__(self, kind, inputs, units, outputs, layers=1):
        super().__init__()
        self.recurrent = getattr(nn, kind)(inputs, units, layers, batch_first=True)
        self.readout = nn.Linear(units, outputs)

    def forward(self, sequence):
        return self.readout(self.recurrent(sequence)[0])


def transformer():
    # The fused path is an operator of PyTorch's own, which no exporter knows.
    torch.backends.mha.set_fastpath_enabled(False)
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(256, 4, 1024, batch_first=True, activation="gelu"), 4, enable_nested_tensor=False)
    # The layers start as copies of one, which exporters store once: weights of trained networks differ.
    for parameter in encoder.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
    return encoder


IMAGE = (3, 224, 224)
# The module, and the shape of an input without the batch.
NETWORKS = {
    "lenet5": (lambda: small_cnn((6, 16), nn.AvgPool2d, (120, 84)), (1, 28, 28)),
    "mnist_cnn": (lambda: small_cnn((32, 64), nn.MaxPool2d, (128,)), (1, 28, 28)),
    "rnn64": (lambda: Recurrent("RNN", 1, 64, 1), (100, 1)),
    "lstm64": (lambda: Recurrent("LSTM", 40, 64, 10), (100, 40)),
    "gru64": (lambda: Recurrent("GRU", 40, 64, 10), (100, 40)),
    "lstm256x2": (lambda: Recurrent("LSTM", 80, 256, 30, layers=2), (100, 80)),
    "transformer": (transformer, (64, 256)),
    "mobilenet_v2": (lambda: vision.mobilenet_v2(weights=None), IMAGE),
    "resnet18": (lambda: vision.resnet18(weights=None), IMAGE),
    "googlenet": (lambda: vision.googlenet(weights=None, init_weights=True, aux_logits=False), IMAGE),
    "alexnet": (lambda: vision.alexnet(weights=None), IMAGE),
    "densenet121": (lambda: vision.densenet121(weights=None), IMAGE),
    "resnet50": (lambda: vision.resnet50(weights=None), IMAGE),
    "vgg16": (lambda: vision.vgg16(weights=None), IMAGE),
}


def export(name, batch, path):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    with torch.no_grad():
        torch.onnx.export(
            make().eval(), (torch.randn(batch, *shape),), path, opset_version=17, dynamo=False, input_names=["x"], output_names=["y"])


if __name__ == "__main__":
    export(sys.argv[1], int(sys.argv[2]), sys.argv[3])
