"""How a trained model is written down: one function per form. All take the folder and the model."""

import json
import os
import tempfile

import h5py
import keras
import numpy as np
from safetensors.numpy import save_file


def save_tensors(path, tensors):
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, path)
    os.chmod(path, 0o644)


def topology(folder, model):
    with open(f"{folder}/model.json", "w") as file:
        file.write(model.to_json())


def whole_keras(folder, model):
    model.save(f"{folder}/model.keras")


def whole_h5(folder, model):
    model.save(f"{folder}/model.h5")


def json_and_h5(folder, model):
    topology(folder, model)
    model.save_weights(f"{folder}/model.weights.h5")


def json_and_safetensors(folder, model):
    topology(folder, model)
    save_tensors(f"{folder}/model.safetensors", {weight.path: weight.numpy() for weight in model.weights})


def legacy(model):
    """Topology and weights by name as Keras puts them into its `.h5`, which is where TF.js' converter takes them from."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.h5", include_optimizer=False)
        with h5py.File(f"{folder}/model.h5") as file:
            config = json.loads(file.attrs["model_config"])
            weights = {}
            for layer in file["model_weights"].values():
                weights.update({name: layer[name][()] for name in layer.attrs["weight_names"]})
    return {"keras_version": keras.__version__, "backend": "tensorflow", "model_config": config}, weights


def tfjs(shard=1 << 22, half=False):
    """TF.js: `model.json` and binary shards of at most `shard` bytes, in half precision if asked."""

    def write(folder, model):
        config, weights = legacy(model)
        note = {"quantization": {"dtype": "float16", "original_dtype": "float32"}} if half else {}
        entries = [{"name": name, "shape": list(value.shape), "dtype": "float32", **note} for name, value in weights.items()]
        data = b"".join(value.astype("float16" if half else "float32").tobytes() for value in weights.values())
        pieces = [data[at : at + shard] for at in range(0, len(data), shard)]
        paths = [f"group1-shard{i + 1}of{len(pieces)}.bin" for i in range(len(pieces))]
        for path, piece in zip(paths, pieces):
            with open(f"{folder}/{path}", "wb") as file:
                file.write(piece)
        text = {"format": "layers-model", "generatedBy": f"keras v{keras.__version__}", "convertedBy": None, "modelTopology": config}
        with open(f"{folder}/model.json", "w") as file:
            json.dump({**text, "weightsManifest": [{"paths": paths, "weights": entries}]}, file)

    return write
