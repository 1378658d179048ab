"""Makes the fixtures of older worlds: Keras 2 (keras2/), Keras 1 (keras1/) and TF.js (tfjs/).

usage: python make_keras2.py        (needs the packages tf_keras, which is Keras 2 on top of TensorFlow, and safetensors)

keras2/NAME.json with NAME.safetensors as in keras/; the cases named in FORMS also as NAME.h5 (whole
model), NAME.only_weights.h5 (the old layout), NAME.weights.h5 (the layout of Keras 2.12 and later) and NAME.keras.
keras1/NAME.json, NAME.h5 (weights) and NAME.whole.h5 are written by hand from the rules of Keras 1.2.
tfjs/NAME/model.json with its shards and io.safetensors. README.md beside this script says what is in them.
"""

import os
import sys
import warnings
import zlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
warnings.simplefilter("ignore")

import numpy as np
import tensorflow as tf
import tf_keras as keras
from safetensors.numpy import save_file

from keras2_cases import keras1, keras2, tfjs

HERE = os.path.dirname(os.path.abspath(__file__))


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def randomise(rng, model):
    for weight in model.weights:
        kind = weight.name.split("/")[-1]
        if not weight.dtype.is_floating:
            continue
        low_high = (0.5, 2.0) if "variance" in kind else (0.5, 1.5)
        positive = "variance" in kind or "gamma" in kind
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 4
        weight.assign(rng.uniform(*low_high, weight.shape) if positive else rng.normal(0, 1 / np.sqrt(fan_in), weight.shape))


def draw(rng, tensor, limit=5):
    shape = [2 if axis == 0 and extent is None else extent or 5 for axis, extent in enumerate(tensor.shape)]
    if tensor.dtype.is_integer:
        return rng.integers(0, limit, shape).astype("int32")
    values = rng.normal(size=shape).astype("float32")
    values.reshape(-1)[:: max(2, values.size // 5)] = 0
    values.reshape(-1)[1 :: max(3, values.size // 2)] = -9.5
    return values


def vectors(model, inputs):
    answer = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    result = {f"input:{i}": value for i, value in enumerate(inputs)}
    for i, value in enumerate(tf.nest.flatten(answer)):
        result[f"output:{i}"] = np.ascontiguousarray(value.numpy().astype("int32" if value.dtype.is_integer else value.numpy().dtype))
    return result


def prepared(name, model):
    """The model with drawn weights, and its test vectors."""
    rng = generator(name)
    randomise(rng, model)
    return vectors(model, [draw(rng, tensor) for tensor in model.inputs])


def store(tensors, path):
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, path)
    os.chmod(path, 0o644)


def check(name, model, io):
    """The stored topology must be enough: a model made from it has to agree."""
    twin = keras.models.model_from_json(model.to_json())
    twin.set_weights(model.get_weights())
    again = vectors(twin, [io[f"input:{i}"] for i in range(len(model.inputs))])
    for key, value in io.items():
        np.testing.assert_allclose(again[key], value, rtol=1e-4, atol=1e-5, err_msg=f"{name} {key}")


def write_keras2(folder):
    os.makedirs(folder, exist_ok=True)
    for name, model in keras2.cases():
        io = prepared(name, model)
        weights = {weight.name.removesuffix(":0"): weight.numpy() for weight in model.weights}
        assert len(weights) == len(model.weights), f"{name}: two weights of one name"
        with open(f"{folder}/{name}.json", "w") as file:
            file.write(model.to_json(separators=(",", ":")))
        store({**weights, **io}, f"{folder}/{name}.safetensors")
        check(name, model, io)
        if name in keras2.FORMS:
            model.save(f"{folder}/{name}.h5")
            model.save_weights(f"{folder}/{name}.weights.h5")
            model.save_weights(f"{folder}/{name}.only_weights.h5")
            model.save(f"{folder}/{name}.keras")
        keras.backend.clear_session()
    keras2.write_lambda(folder)
    keras2.write_bare_list(folder)


def main():
    write_keras2(f"{HERE}/keras2")
    keras1.write(f"{HERE}/keras1", prepared, store)
    tfjs.write(f"{HERE}/tfjs", prepared, vectors, store)


if __name__ == "__main__":
    sys.exit(main())
