"""The cases of make_keras.py. A family is a module with `cases()`, which yields (name, model, kind of input 0, kind of input 1, ...)."""

import keras


def seq(shape, *layers, dtype="float32", batch=None):
    """A Sequential model over one input."""
    first = keras.Input(shape, dtype=dtype) if batch is None else keras.Input(batch_shape=(batch, *shape), dtype=dtype)
    return keras.Sequential([first, *layers])


def fn(shapes, build, dtype="float32"):
    """A functional model: `build` gets one tensor per shape."""
    dtypes = dtype if isinstance(dtype, list) else [dtype] * len(shapes)
    inputs = [keras.Input(shape, dtype=kind) for shape, kind in zip(shapes, dtypes)]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], build(*inputs))
