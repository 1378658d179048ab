"""Precisions other than float32, and models that must be refused."""

import keras
from keras import layers as L

from . import seq


def quantised():
    model = seq((5,), L.Dense(4, activation="relu"), L.Dense(3))
    model.quantize("int8")
    return model


def cases():
    for name in ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16"):
        policy = keras.DTypePolicy(name)
        yield f"policy_{name}", seq((5,), L.Dense(4, activation="tanh", dtype=policy), L.Dense(3, dtype=policy))
    yield "policy_int8", quantised()


class Doubled(L.Layer):
    def call(self, x):
        return x + x


def write_refused(folder):
    """A `Lambda`, whose bytecode is never run, and a layer that only its author's code knows."""
    refused = {"lambda": L.Lambda(lambda x: x / 255 - 0.5, output_shape=(3,)), "custom_layer": Doubled()}
    for name, layer in refused.items():
        with open(f"{folder}/refused_{name}.json", "w") as file:
            file.write(seq((3,), layer, L.Dense(2)).to_json())
