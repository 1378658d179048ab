"""Keras 1.2 topologies and weights, written by hand: the parameters are those of Keras 1, the answers those of the equal Keras 2 model."""

import json
import os

import h5py
import numpy as np
from tf_keras import Input, Sequential, backend
from tf_keras import layers as L

UNUSED = ["W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint"]


def layer(kind, name, **config):
    return {"class_name": kind, "config": {"name": name, "trainable": True, **config}}


def dense(name, output_dim, activation, **more):
    return layer(
        "Dense",
        name,
        output_dim=output_dim,
        init="glorot_uniform",
        activation=activation,
        bias=True,
        input_dim=None,
        **dict.fromkeys(UNUSED),
        **more,
    )


def first(*shape):
    return {"batch_input_shape": [None, *shape], "input_dtype": "float32"}


def convolutional():
    """Convolution2D, BatchNormalization, pooling; `tf` order of dimensions."""
    model = Sequential(
        [
            L.Conv2D(3, (3, 2), activation="relu", padding="same", strides=(2, 1), input_shape=(8, 7, 2)),
            L.BatchNormalization(),
            L.MaxPooling2D(),
            L.ZeroPadding2D((1, 1)),
            L.Conv2D(2, 2),
            L.AveragePooling2D((2, 2), strides=(1, 1)),
            L.Dropout(0.5),
            L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )
    conv = {"init": "glorot_uniform", "dim_ordering": "tf", "bias": True, **dict.fromkeys(UNUSED)}
    topology = [
        layer(
            "Convolution2D",
            "convolution2d_1",
            nb_filter=3,
            nb_row=3,
            nb_col=2,
            activation="relu",
            border_mode="same",
            subsample=[2, 1],
            **conv,
            **first(8, 7, 2),
        ),
        layer(
            "BatchNormalization",
            "batchnormalization_1",
            epsilon=0.001,
            mode=0,
            axis=-1,
            momentum=0.99,
            gamma_regularizer=None,
            beta_regularizer=None,
        ),
        layer("MaxPooling2D", "maxpooling2d_1", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering="tf"),
        layer("ZeroPadding2D", "zeropadding2d_1", padding=[1, 1], dim_ordering="tf"),
        layer(
            "Convolution2D",
            "convolution2d_2",
            nb_filter=2,
            nb_row=2,
            nb_col=2,
            activation="linear",
            border_mode="valid",
            subsample=[1, 1],
            **conv,
        ),
        layer("AveragePooling2D", "averagepooling2d_1", pool_size=[2, 2], strides=[1, 1], border_mode="valid", dim_ordering="tf"),
        layer("Dropout", "dropout_1", p=0.5),
        layer("Flatten", "flatten_1"),
        dense("dense_1", 3, "softmax"),
    ]
    return model, topology


def recurrent():
    """LSTM and GRU with one matrix per gate, the inner activation being the old hard sigmoid; an Embedding in front."""
    model = Sequential(
        [
            Input((5,), dtype="int32"),
            L.Embedding(7, 4),
            L.Conv1D(3, 2, activation="tanh"),
            L.LSTM(3, recurrent_activation="hard_sigmoid", return_sequences=True),
            L.GRU(4, recurrent_activation="hard_sigmoid", reset_after=False),
            L.Dense(2),
        ]
    )
    gates = {
        "init": "glorot_uniform",
        "inner_init": "orthogonal",
        "activation": "tanh",
        "inner_activation": "hard_sigmoid",
        "go_backwards": False,
        "stateful": False,
        "unroll": False,
        "consume_less": "cpu",
        "W_regularizer": None,
        "U_regularizer": None,
        "b_regularizer": None,
        "dropout_W": 0.0,
        "dropout_U": 0.0,
    }
    topology = [
        layer(
            "Embedding",
            "embedding_1",
            input_dim=7,
            output_dim=4,
            input_length=5,
            init="uniform",
            mask_zero=False,
            dropout=0.0,
            W_regularizer=None,
            W_constraint=None,
            activity_regularizer=None,
            batch_input_shape=[None, 5],
            input_dtype="int32",
        ),
        layer(
            "Convolution1D",
            "convolution1d_1",
            nb_filter=3,
            filter_length=2,
            init="glorot_uniform",
            activation="tanh",
            border_mode="valid",
            subsample_length=1,
            bias=True,
            input_dim=None,
            input_length=None,
            **dict.fromkeys(UNUSED),
        ),
        layer("LSTM", "lstm_1", output_dim=3, return_sequences=True, forget_bias_init="one", **gates),
        layer("GRU", "gru_1", output_dim=4, return_sequences=False, **gates),
        dense("dense_1", 2, "linear"),
    ]
    return model, topology


def gate_weights(name, weights, gates):
    """Keras 1 keeps a triple W, U, b per gate; its LSTM stores the gates in the order i, c, f, o."""
    split = [np.split(weight, len(gates["packed"]), axis=-1) for weight in weights]
    return {f"{name}_{part}_{gate}": split[k][gates["packed"].index(gate)] for gate in gates["stored"] for k, part in enumerate("WUb")}


def old_weights(kind, name, weights):
    if kind == "LSTM":
        return gate_weights(name, weights, {"packed": "ifco", "stored": "icfo"})
    if kind == "GRU":
        return gate_weights(name, weights, {"packed": "zrh", "stored": "zrh"})
    if kind == "Convolution1D":
        weights = [weights[0][:, None], weights[1]]  # (length, 1, input, filter)
    suffixes = ["gamma", "beta", "running_mean", "running_std"] if kind == "BatchNormalization" else ["W", "b"]
    return {f"{name}_{suffix}": weight for suffix, weight in zip(suffixes, weights)}  # running_std holds the variance


def write_h5(group, model, topology):
    group.attrs["layer_names"] = np.array([part["config"]["name"].encode() for part in topology])
    group.attrs["backend"], group.attrs["keras_version"] = np.bytes_(b"tensorflow"), np.bytes_(b"1.2.2")
    for part, own in zip(topology, model.layers):
        name = part["config"]["name"]
        inner = group.create_group(name)
        named = old_weights(part["class_name"], name, own.get_weights()) if own.weights else {}
        inner.attrs["weight_names"] = np.array([key.encode() for key in named])
        for key, value in named.items():
            inner.create_dataset(key, data=value)


def write(folder, prepared, store):
    os.makedirs(folder, exist_ok=True)
    for name, build in {"convolutional": convolutional, "recurrent": recurrent}.items():
        model, topology = build()
        io = prepared(f"keras1_{name}", model)
        text = json.dumps({"class_name": "Sequential", "keras_version": "1.2.2", "config": topology})
        with open(f"{folder}/{name}.json", "w") as file:
            file.write(text)
        store(io, f"{folder}/{name}.safetensors")
        with h5py.File(f"{folder}/{name}.h5", "w") as file:
            write_h5(file, model, topology)
        with h5py.File(f"{folder}/{name}.whole.h5", "w") as file:
            file.attrs["model_config"], file.attrs["keras_version"] = np.bytes_(text.encode()), np.bytes_(b"1.2.2")
            write_h5(file.create_group("model_weights"), model, topology)
        backend.clear_session()
