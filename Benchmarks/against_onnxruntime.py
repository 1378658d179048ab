#!/usr/bin/env python3
"""Time the generated C against ONNX Runtime on the same network: one thread, interleaved rounds, medians and their ratio.

    against_onnxruntime.py MODEL.json [--compiler PATH] [--target native] [--cc 'gcc -O3 -march=native'] [--rounds 7]

MODEL.json is a TensorFlow.js layers model of a chain of Conv2D, BatchNormalization, LeakyReLU, ReLU, pooling, Flatten and Dense layers.
The script writes the same network as ONNX in the layout that ONNX Runtime prefers (NCHW, batch norms for its optimiser to fold), checks that
both agree, and prints one line for each way of compiling: the tiled C, and with --schedule none its own untiled loops.
Needs numpy, onnx and onnxruntime (pip install -r requirements.txt).
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def read_tfjs(path):
    """The layers and the weights of a model without quantised weights."""
    document = json.loads(path.read_text())
    topology = document["modelTopology"]
    topology = topology.get("model_config", topology)
    config = topology["config"]
    layers = config["layers"] if isinstance(config, dict) else config
    weights = {}
    for group in document["weightsManifest"]:
        data = b"".join((path.parent / p).read_bytes() for p in group["paths"])
        offset = 0
        for entry in group["weights"]:
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data, "<f4", count, offset)
            weights[entry["name"]] = values.reshape(entry["shape"])
            offset += 4 * count
    return layers, weights


class Exporter:
    """Builds the ONNX graph of a chain of layers."""

    def __init__(self, layers, weights):
        self.weights = weights
        self.nodes = []
        self.initialisers = []
        self.value = "x"
        first = layers[0]["config"]
        self.input_shape = (first.get("batch_input_shape") or first["batch_shape"])[1:]
        self.image = len(self.input_shape) == 3
        if self.image:
            self.add("Transpose", [], perm=[0, 3, 1, 2])
        for layer in layers:
            method = getattr(self, "layer_" + layer["class_name"], None)
            if method is None:
                raise SystemExit(f"no translation of {layer['class_name']} layers: this benchmark is for plain convolutional networks")
            method(layer["config"])

    def add(self, operator, inputs, **attributes):
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.value, *inputs], [output], **attributes))
        self.value = output

    def constant(self, array):
        name = f"c{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name))
        return name

    def activation(self, config):
        function = config.get("activation", "linear")
        if function == "softmax":
            self.add("Softmax", [], axis=1 if not self.image else -3)
        elif function != "linear":
            self.add({"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu"}[function], [])

    def layer_InputLayer(self, config):
        pass

    def layer_Dropout(self, config):
        pass

    def layer_Conv2D(self, config):
        inputs = [self.constant(self.weights[config["name"] + "/kernel"].transpose(3, 2, 0, 1))]
        if config["use_bias"]:
            inputs.append(self.constant(self.weights[config["name"] + "/bias"]))
        padding = {"same": "SAME_UPPER", "valid": "VALID"}[config["padding"]]
        self.add("Conv", inputs, strides=config["strides"], dilations=config["dilation_rate"], auto_pad=padding)
        self.activation(config)

    def layer_BatchNormalization(self, config):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        self.add("BatchNormalization", [self.constant(self.weights[f"{config['name']}/{n}"]) for n in names], epsilon=config["epsilon"])

    def layer_LeakyReLU(self, config):
        self.add("LeakyRelu", [], alpha=float(config.get("alpha", config.get("negative_slope", 0.3))))

    def layer_ReLU(self, config):
        self.add("Relu", [])

    def pool(self, operator, config):
        padding = {"same": "SAME_UPPER", "valid": "VALID"}[config["padding"]]
        self.add(operator, [], kernel_shape=config["pool_size"], strides=config["strides"], auto_pad=padding)

    def layer_MaxPooling2D(self, config):
        self.pool("MaxPool", config)

    def layer_AveragePooling2D(self, config):
        self.pool("AveragePool", config)

    def layer_GlobalAveragePooling2D(self, config):
        self.add("GlobalAveragePool", [])
        self.layer_Flatten(config)

    def layer_Flatten(self, config):
        if self.image:
            self.add("Transpose", [], perm=[0, 2, 3, 1])
        self.image = False
        self.add("Flatten", [], axis=1)

    def layer_Dense(self, config):
        inputs = [self.constant(self.weights[config["name"] + "/kernel"])]
        if config["use_bias"]:
            inputs.append(self.constant(self.weights[config["name"] + "/bias"]))
        self.add("Gemm", inputs)
        self.activation(config)

    def model(self):
        ports = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *self.input_shape])]
        results = [helper.make_tensor_value_info(self.value, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "network", ports, results, self.initialisers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def build(arguments, folder, schedule):
    """The harness of the C, and how long swiftdl-compile took."""
    name = f"net_{schedule}"
    start = time.perf_counter()
    command = [arguments.compiler, str(arguments.model), "-o", f"{folder}/{name}.c", "--harness", "--target", arguments.target]
    subprocess.run([*command, "--schedule", schedule], check=True)
    seconds = time.perf_counter() - start
    subprocess.run([*arguments.cc.split(), f"{name}.c", f"{name}_harness.c", "-o", name, "-lm"], cwd=folder, check=True)
    return f"{folder}/{name}", seconds


def harness_median(program, input_file, repeat):
    out = subprocess.run([program, input_file, "--repeat", str(repeat)], check=True, capture_output=True, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])["median_ns"] * 1e-6


def session_median(session, x, repeat):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        session.run(None, {"x": x})
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--compiler", default=str(pathlib.Path(__file__).parents[1] / ".build/release/swiftdl-compile"))
    parser.add_argument("--target", default="native")
    parser.add_argument("--cc", default="gcc -O3 -march=native")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--core", type=int, default=1)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(arguments.core, os.cpu_count() - 1)})

    exporter = Exporter(*read_tfjs(arguments.model))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(exporter.model().SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).random((1, *exporter.input_shape), dtype=np.float32)
    expected = session.run(None, {"x": x})[0]

    with tempfile.TemporaryDirectory() as folder:
        x.tofile(f"{folder}/x.bin")
        programs = {schedule: build(arguments, folder, schedule) for schedule in ("auto", "none")}
        for program, _ in programs.values():
            subprocess.run([program, f"{folder}/x.bin", "--out", f"{folder}/y"], check=True, capture_output=True)
            y = np.fromfile(f"{folder}/y0.bin", np.float32)
            error = np.abs(y - expected.ravel()).max() / np.abs(expected).max()
            print(f"{pathlib.Path(program).name}: largest difference {error:.1e} of the largest magnitude")
        times = {"ONNX Runtime": [], "auto": [], "none": []}
        session_median(session, x, 5)
        for _ in range(arguments.rounds):
            times["ONNX Runtime"].append(session_median(session, x, 15))
            for schedule, (program, _) in programs.items():
                times[schedule].append(harness_median(program, f"{folder}/x.bin", 15 if schedule == "auto" else 3))
        print(f"ONNX Runtime       {statistics.median(times['ONNX Runtime']):9.3f} ms")
        for schedule, (_, seconds) in programs.items():
            ratio = statistics.median(a / b for a, b in zip(times["ONNX Runtime"], times[schedule]))
            print(f"--schedule {schedule:6s}  {statistics.median(times[schedule]):9.3f} ms  {ratio:5.2f}x of ONNX Runtime's speed  (compiled in {seconds:.2f} s)")
        gain = statistics.median(a / b for a, b in zip(times["none"], times["auto"]))
        print(f"tiling and vectors: {gain:.1f}x over the untiled loops")


if __name__ == "__main__":
    main()
