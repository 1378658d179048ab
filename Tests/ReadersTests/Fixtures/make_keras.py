"""Makes the Keras 3 fixtures: every inference-time layer, with the flags that change what it computes.

usage: python make_keras.py [OUTPUT_FOLDER [SUBSTRING_OF_CASE]]       (default: the folder `keras` beside this script)

Each case is one small model: NAME.json (what `to_json()` says) and NAME.safetensors (weights by `variable.path`, and the test
vectors `input:0`, `output:0`, ...; `again:0` is a second call of a stateful model). README.md beside this script lists
what a reader of these files has to know. The cases live in keras_cases/, one file per family.
"""

import glob
import inspect
import os
import re
import sys
import zlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file

from keras_cases import attention, convolution, dense, forms, merging, normalization, operations, pooling
from keras_cases import policies, preprocessing, recurrent, reshaping, topology

FAMILIES = [
    dense,
    convolution,
    pooling,
    normalization,
    recurrent,
    attention,
    merging,
    reshaping,
    preprocessing,
    operations,
    topology,
    policies,
    forms,
]
# What keras.layers offers beyond these cases, and why it has none.
LEFT_OUT = {
    "InputSpec": "not a layer",
    "Layer": "base class",
    "Wrapper": "base class",
    "GroupedQueryAttention": "saved as GroupQueryAttention",
    "Lambda": "Python bytecode, never run",
    "FlaxLayer": "foreign code",
    "JaxLayer": "foreign code",
    "TFSMLayer": "foreign code",
    "TorchModuleWrapper": "foreign code",
    "StringLookup": "strings",
    "TextVectorization": "strings",
    "MaxNumBoundingBoxes": "ragged boxes, not tensors",
    "Equalization": "Keras cannot build a functional model with it",
}
ROWS = 2
OPEN_EXTENT = 5  # what a dimension (other than the batch) that the model leaves open is given in the test vectors


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def random_weight(rng, variable):
    """Values that no initialiser would leave: biases, gammas and moving averages all differ from 0 and 1."""
    shape, kind = variable.shape, variable.path.split("/")[-1]
    if "variance" in kind:
        return rng.uniform(0.5, 2.0, shape)
    if kind.endswith("_scale"):
        return variable.numpy()  # belongs to integers that are kept
    if kind in ("gamma", "scale"):
        return rng.uniform(0.5, 1.5, shape)
    fan_in = np.prod(shape[:-1]) if len(shape) > 1 else 4
    return rng.normal(0, 1 / np.sqrt(fan_in), shape)


def settle(model):
    """What loading weights does in Keras: layers that derive constants from their weights compute them again."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def randomise(rng, model):
    for variable in model.weights:
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(random_weight(rng, variable).astype("float32"))
    settle(model)


def draw(rng, tensor, kind):
    """Test values for one input. `kind`: None (any real), "positive", "unit", "image", ("index", n) or an array."""
    if isinstance(kind, np.ndarray):
        return kind
    shape = [ROWS] + [OPEN_EXTENT if extent is None else extent for extent in tensor.shape[1:]]
    if tensor.shape[0] is not None:
        shape[0] = tensor.shape[0]
    if isinstance(kind, tuple):
        return rng.integers(0, kind[1], shape).astype("int32" if keras.backend.is_int_dtype(tensor.dtype) else "float32")
    if tensor.dtype == "bool":
        return rng.uniform(size=shape) < 0.6
    if keras.backend.is_int_dtype(tensor.dtype):
        return rng.integers(-5, 6, shape).astype("int32")
    if kind in ("unit", "image"):
        return (rng.uniform(size=shape) * (255 if kind == "image" else 1)).astype("float32")
    values = rng.normal(size=shape).astype("float32")
    flat = values.reshape(-1)
    special = rng.permutation(flat.size)[: max(3, flat.size // 12)] if flat.size > 4 else []
    for place, value in zip(special, np.tile([0.0, 9.5, -9.5], len(special))):
        flat[place] = value
    return np.abs(values) + np.float32(0.01) if kind == "positive" else values


def with_channels_last(layer, x):
    """What a convolution with channels first gives: XLA would run it, but adds the bias along the wrong axis."""
    twin = type(layer).from_config({**layer.get_config(), "data_format": "channels_last"})
    x = np.moveaxis(x, 1, -1)
    twin.build(x.shape)
    twin.set_weights(layer.get_weights())
    return np.moveaxis(keras.ops.convert_to_numpy(twin(x)), -1, 1)


def answers(model, inputs):
    structure = getattr(model, "_inputs_struct", model.inputs[0])  # a Sequential model takes one tensor
    arguments = keras.tree.pack_sequence_as(structure, inputs)
    try:
        result = model(arguments, training=False)
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError):  # channels first and some dilations: not on a CPU
        if len(model.layers) == 1 and type(model.layers[0]) is keras.layers.Conv2D:
            result = with_channels_last(model.layers[0], arguments)
        else:
            result = tf.function(model, jit_compile=True)(arguments, training=False)
    return [keras.ops.convert_to_numpy(value) for value in keras.tree.flatten(result)]


def stored(array):
    array = np.asarray(array, order="C")  # keeps a scalar a scalar
    return array.astype("int32") if array.dtype in (np.int64, np.uint8, np.int8, np.int16) else array


def test_vectors(rng, model, kinds):
    inputs = [draw(rng, tensor, kind) for tensor, kind in zip(model.inputs, kinds + [None] * len(model.inputs))]
    vectors = {f"input:{i}": stored(value) for i, value in enumerate(inputs)}
    vectors.update({f"output:{i}": stored(value) for i, value in enumerate(answers(model, inputs))})
    if any(getattr(layer, "stateful", False) for layer in model.layers):
        vectors.update({f"again:{i}": stored(value) for i, value in enumerate(answers(model, inputs))})
    return inputs, vectors


def check(name, model, inputs, vectors):
    """The stored topology must be enough: Keras itself, given only NAME.json and the weights, has to agree."""
    twin = keras.models.model_from_json(model.to_json())
    twin.set_weights(model.get_weights())
    settle(twin)
    for i, value in enumerate(answers(twin, inputs)):
        np.testing.assert_allclose(value, vectors[f"output:{i}"], rtol=1e-4, atol=1e-5, err_msg=name)
        assert np.isfinite(value).all() or name.startswith("ops_special"), f"{name}: output {i} is not finite"


def write(folder, name, model, kinds, save_also=None):
    rng = generator(name)
    randomise(rng, model)
    weights = {variable.path: variable.numpy() for variable in model.weights if "seed_generator" not in variable.path}
    assert len(weights) == len(model.weights), f"{name}: two weights of one path"
    inputs, vectors = test_vectors(rng, model, kinds)
    check(name, model, inputs, vectors)
    with open(f"{folder}/{name}.json", "w") as file:
        file.write(model.to_json(separators=(",", ":")))
    save_file({**{path: np.ascontiguousarray(value) for path, value in weights.items()}, **vectors}, f"{folder}/{name}.safetensors")
    os.chmod(f"{folder}/{name}.safetensors", 0o644)
    if save_also:
        save_also(f"{folder}/{name}", model)


def uncovered(folder):
    """The layers Keras offers that no case uses, for a comparison with LEFT_OUT."""
    offered = {kind.__name__ for kind in vars(keras.layers).values() if inspect.isclass(kind)}
    texts = [open(path).read() for path in glob.glob(f"{folder}/*.json") if "refused" not in path]
    return offered - {name for text in texts for name in re.findall(r'"class_name":"(\w+)"', text)}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras")
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    os.makedirs(folder, exist_ok=True)
    count = 0
    keras.utils.set_random_seed(7)
    for family in FAMILIES:
        keras.backend.clear_session()
        for name, model, *kinds in family.cases():
            if wanted in name:
                write(folder, name, model, kinds, getattr(family, "save_also", None))
                count += 1
            keras.backend.clear_session()
    print(count, "cases written with Keras", keras.__version__)
    policies.write_refused(folder)
    difference = uncovered(folder) ^ LEFT_OUT.keys()
    if not wanted and difference:
        sys.exit(f"neither covered nor left out for a reason, or both: {sorted(difference)}")


if __name__ == "__main__":
    main()
