"""The data of the samples, all of it shipped with scikit-learn or drawn from a fixed seed."""

import keras
import numpy as np
from sklearn.datasets import load_diabetes, load_digits


class Split:
    """Training rows, and held-out rows that the samples are judged by."""

    def __init__(self, x, y, train, seed=0):
        order = np.random.RandomState(seed).permutation(len(x))
        self.x, self.y = x[order[:train]], y[order[:train]]
        self.held_x, self.held_y = x[order[train:]], y[order[train:]]


def digits():
    """Images of 8x8 in 0...1, which the recurrent networks read row by row."""
    bunch = load_digits()
    return Split((bunch.images / 16).astype("float32"), bunch.target.astype("int32"), 1400)


def large_digits():
    """The same digits, in the same order, bilinearly enlarged to 28x28x1."""
    small = digits()
    for name in ("x", "held_x"):
        enlarged = keras.ops.image.resize(getattr(small, name)[..., None], (28, 28), interpolation="bilinear")
        setattr(small, name, keras.ops.convert_to_numpy(enlarged))
    return small


def flat_digits():
    """The same digits as vectors of 64, to be reproduced."""
    small = digits()
    small.x, small.held_x = small.x.reshape(-1, 64), small.held_x.reshape(-1, 64)
    small.y, small.held_y = small.x, small.held_x
    return small


def diabetes():
    bunch = load_diabetes()
    target = (bunch.target - bunch.target.mean()) / bunch.target.std()
    return Split(bunch.data.astype("float32") * 20, target.astype("float32")[:, None], 350)


def xor():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    answers = np.array([[0], [1], [1], [0]], "float32")
    split = Split(np.tile(corners, (51, 1)), np.tile(answers, (51, 1)), 200)
    split.held_x, split.held_y = corners, answers
    return split


def series():
    """A noisy sine; each step is to be answered with the next one."""
    wave = np.sin(np.arange(4000) * 0.07) + 0.1 * np.random.RandomState(2).randn(4000)
    windows = np.stack([wave[i : i + 33] for i in range(0, 3900, 7)]).astype("float32")[..., None]
    return Split(windows[:, :-1], windows[:, 1:], 400)


def reversals():
    """Sequences of eight symbols that are to be said backwards. The decoder sees the answer shifted by one, behind a 1."""
    source = np.random.RandomState(3).randint(2, 12, (4000, 8)).astype("int32")
    answer = source[:, ::-1]
    shifted = np.concatenate([np.ones((4000, 1), "int32"), answer[:, :-1]], axis=1)
    split = Split(source, answer, 3600)
    order = np.random.RandomState(0).permutation(4000)
    split.x, split.held_x = [split.x, shifted[order[:3600]]], [split.held_x, shifted[order[3600:]]]
    return split
