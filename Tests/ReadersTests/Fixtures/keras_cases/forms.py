"""Models that are stored in every form: NAME.keras, NAME.weights.h5 and the legacy whole-model NAME.h5."""

import warnings

import keras
from keras import layers as L

from . import fn, seq


def save_also(stem, model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(f"{stem}.keras")
        model.save_weights(f"{stem}.weights.h5")
        model.save(f"{stem}.h5")


def many_layers(x):
    """Class names repeat, and layers without weights stand between those with: the numbering of `.weights.h5` shows."""
    h = L.Dropout(0.2)(L.Dense(4, activation="relu", name="z")(x))
    h = L.Dense(4, name="a")(L.BatchNormalization(name="norm")(h)) + h
    return L.Dense(2, name="m")(L.Activation("relu")(h))


def attend(x):
    return L.Dense(2)(L.LayerNormalization()(L.MultiHeadAttention(2, 3, name="attend")(x, x)))


def cases():
    yield "forms_mlp", seq((5,), L.Dense(4, activation="relu"), L.Dense(3, activation="softmax"))
    yield "forms_cnn", seq(
        (8, 7, 1), L.Conv2D(3, 3), L.BatchNormalization(), L.ReLU(), L.MaxPooling2D(), L.DepthwiseConv2D(2), L.Flatten(), L.Dense(2)
    )
    yield "forms_recurrent", seq((4, 3), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.GRU(2, reset_after=False), L.Dense(2))
    yield "forms_functional", fn([(4,)], many_layers)
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3, activation="tanh"), L.Dense(3)], name="inner")
    yield "forms_nested", fn([(4,), (4,)], lambda a, b: L.Dense(2)(L.Concatenate()([inner(a), inner(b)])))
    yield "forms_attention", fn([(3, 4)], attend)
    yield "forms_cells", seq((4, 3), L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True), L.TimeDistributed(L.Dense(2)))
