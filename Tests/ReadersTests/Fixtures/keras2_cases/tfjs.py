"""TF.js layers models: model.json with a weight manifest, and shards. `write_model` knows the format, the rest are cases."""

import copy
import json
import os

import numpy as np
from tf_keras import backend

from . import keras2


def quantised(values, kind):
    """The stored bytes' array, what the manifest says of it, and the values that a reader gets back."""
    if kind is None or values.dtype != np.float32:
        return values, {}, values
    if kind == "float16":
        half = values.astype("float16")
        return half, {"quantization": {"dtype": "float16", "original_dtype": "float32"}}, half.astype("float32")
    low, high = float(values.min()), float(values.max())
    scale = (high - low) / np.iinfo(kind).max or 1.0
    codes = np.round((values - low) / scale).astype(kind)
    entry = {"dtype": kind, "min": low, "scale": scale, "original_dtype": "float32"}
    return codes, {"quantization": entry}, (codes * np.float64(scale) + low).astype("float32")


def weight_groups(weights, kind, groups):
    """Manifest entries and bytes per group. The weights are dealt out in the order of their names, as the converter does."""
    names = sorted(weights)
    for part in np.array_split(np.arange(len(names)), groups):
        entries, data = [], b""
        for name in (names[i] for i in part):
            codes, note, weights[name] = quantised(weights[name], kind)
            entries.append({"name": name, "shape": list(codes.shape), "dtype": str(weights[name].dtype), **note})
            data += np.ascontiguousarray(codes).tobytes()
        yield entries, data


def write_model(folder, topology, weights, kind=None, groups=1, shard=1 << 22, single=None, head=None):
    """Writes model.json and shards of `shard` bytes; returns the weights as a reader will see them."""
    os.makedirs(folder, exist_ok=True)
    weights, manifest = dict(weights), []
    for number, (entries, data) in enumerate(weight_groups(weights, kind, groups), 1):
        pieces = [data[at : at + shard] for at in range(0, len(data), shard)]
        paths = [single or f"group{number}-shard{i + 1}of{len(pieces)}.bin" for i in range(len(pieces))]
        for path, piece in zip(paths, pieces):
            with open(f"{folder}/{path}", "wb") as file:
                file.write(piece)
        manifest.append({"paths": paths, "weights": entries})
    head = (
        {"format": "layers-model", "generatedBy": "keras v2.15.0", "convertedBy": "TensorFlow.js Converter v4.22.0"}
        if head is None
        else head
    )
    with open(f"{folder}/model.json", "w") as file:
        json.dump({**head, "modelTopology": topology, "weightsManifest": manifest}, file)
    return weights


def topology(model):
    config = json.loads(model.to_json())
    version = config.pop("keras_version")
    return {"keras_version": version, "backend": config.pop("backend"), "model_config": config}


def camel(value):
    """The spelling that the browser's own serialiser leaves in enumerations."""
    words = {"hard_sigmoid": "hardSigmoid", "channels_last": "channelsLast", "relu6": "relu6", "log_softmax": "logSoftmax"}
    if isinstance(value, dict):
        return {key: camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [camel(item) for item in value]
    return words.get(value, value) if isinstance(value, str) else value


def named(model, prefix=""):
    return {prefix + weight.name.removesuffix(":0"): weight.numpy() for weight in model.weights}


def variants():
    """(name of the case, name of the Keras 2 case, options of `write_model`)."""
    yield "mlp", "mlp", {}
    yield "cnn", "cnn", {}
    yield "cnn_shards", "cnn", {"shard": 37}
    yield "cnn_groups", "cnn", {"groups": 3, "shard": 64}
    yield "cnn_uint8", "cnn", {"kind": "uint8"}
    yield "cnn_uint16", "cnn", {"kind": "uint16", "shard": 25}
    yield "cnn_float16", "cnn", {"kind": "float16"}
    yield "recurrent", "recurrent", {}
    yield "nested", "nested", {}
    yield "functional", "functional", {}
    yield "attention", "attention", {}
    yield "old_format", "mlp", {"head": {}, "single": "weights.bin"}


def keras3_topology(config):
    """What Keras 3 conversions look like: `batch_shape`, dtype policies, and a `sequential/` before the names."""
    changed = copy.deepcopy(config)
    for layer in changed["model_config"]["config"]["layers"]:
        if "batch_input_shape" in layer["config"]:
            layer["config"]["batch_shape"] = layer["config"].pop("batch_input_shape")
        if layer["class_name"] != "InputLayer":
            layer["config"]["dtype"] = {
                "module": "keras",
                "class_name": "DTypePolicy",
                "config": {"name": "float32"},
                "registered_name": None,
            }
    changed["keras_version"] = "3.5.0"
    return changed


def browser_case(folder, prepared, store):
    """A model trained in the browser: topology without a wrapper, camel case, one weights file, an optimiser's weights in between."""
    model = keras2.seq(
        (5, 3), keras2.L.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid"), keras2.L.Dense(2, activation="softmax")
    )
    io = prepared("tfjs_browser", model)
    config = camel(topology(model)["model_config"])
    head = {"format": "layers-model", "generatedBy": "TensorFlow.js tfjs-layers v4.22.0", "convertedBy": None}
    write_model(folder, config, named(model), single="model.weights.bin", head=head)
    with open(f"{folder}/model.json") as file:
        text = json.load(file)
    extra = np.arange(3, dtype="float32")
    text["weightsManifest"][0]["weights"].append({"name": "training/Adam/iter", "shape": [3], "dtype": "float32", "group": "optimizer"})
    with open(f"{folder}/model.json", "w") as file:
        json.dump(text, file)
    with open(f"{folder}/model.weights.bin", "ab") as file:
        file.write(extra.tobytes())
    store(io, f"{folder}/io.safetensors")


def write(folder, prepared, vectors, store):
    for name, source, options in variants():
        backend.clear_session()
        model = dict(keras2.forms())[source]
        io = prepared(f"tfjs_{name}", model)
        seen = write_model(f"{folder}/{name}", topology(model), named(model), **options)
        model.set_weights([seen[weight.name.removesuffix(":0")] for weight in model.weights])
        store(vectors(model, [io[key] for key in sorted(io) if key.startswith("input")]), f"{folder}/{name}/io.safetensors")
    backend.clear_session()
    browser_case(f"{folder}/browser", prepared, store)
    backend.clear_session()
    model = dict(keras2.forms())["mlp"]
    io = prepared("tfjs_keras3", model)
    write_model(f"{folder}/keras3_names", keras3_topology(topology(model)), named(model, "sequential/"))
    store(io, f"{folder}/keras3_names/io.safetensors")
