"""Recurrent layers: each kind with each flag, masks, states, wrappers, cells, convolutional recurrence."""

import keras
import numpy as np
from keras import layers as L

from . import fn, seq

KINDS = {"simple_rnn": L.SimpleRNN, "lstm": L.LSTM, "gru": L.GRU}
SHAPE = (5, 3)


def flags(name, kind):
    yield f"{name}", seq(SHAPE, kind(4))
    yield f"{name}_sequences", seq(SHAPE, kind(4, return_sequences=True))
    yield f"{name}_open_time", seq((None, 3), kind(4, return_sequences=True), L.Dense(2))
    yield f"{name}_backwards", seq(SHAPE, kind(4, go_backwards=True))
    yield f"{name}_backwards_sequences", seq(SHAPE, kind(4, go_backwards=True, return_sequences=True))
    yield f"{name}_no_bias", seq(SHAPE, kind(4, use_bias=False))
    yield f"{name}_unroll", seq(SHAPE, kind(4, unroll=True))
    yield f"{name}_one_step", seq((1, 3), kind(4, return_sequences=True))
    yield f"{name}_one_unit", seq((3, 1), kind(1))
    yield f"{name}_activation", seq(SHAPE, kind(4, activation="relu"))
    yield f"{name}_dropout", seq(SHAPE, kind(4, dropout=0.3, recurrent_dropout=0.2))
    yield f"{name}_state", fn([SHAPE], kind(4, return_state=True))
    yield f"{name}_state_sequences", fn([SHAPE], kind(4, return_state=True, return_sequences=True))
    yield f"{name}_stateful", seq(SHAPE, kind(4, stateful=True), batch=2)
    yield f"{name}_stateful_sequences", seq((3, 3), kind(4, stateful=True, return_sequences=True), kind(2, stateful=True), batch=1)
    yield f"{name}_stack", seq(SHAPE, kind(4, return_sequences=True), kind(3, return_sequences=True), kind(2))


def states(name, kind):
    count = 2 if name == "lstm" else 1

    def from_inputs(x, *state):
        return kind(4, return_sequences=True)(x, initial_state=list(state) if count > 1 else state[0])

    def from_encoder(x, y):
        _, *state = kind(4, return_state=True)(x)
        return kind(4, return_sequences=True)(y, initial_state=state)

    yield f"{name}_initial_state", fn([SHAPE] + [(4,)] * count, from_inputs)
    yield f"{name}_encoder_decoder", fn([SHAPE, (3, 2)], from_encoder)


def padded():
    """Three rows whose masked steps lie at the end, in the middle and at the start."""
    x = np.random.default_rng(11).normal(size=(3, *SHAPE)).astype("float32")
    x[0, 3:] = x[1, 1:3] = x[2, :2] = 0
    return x


def masks(name, kind):
    words = np.array([[3, 1, 4, 0, 0], [2, 0, 5, 0, 1], [0, 0, 0, 0, 0]], "int32")
    yield f"{name}_masking", seq(SHAPE, L.Masking(), kind(4)), padded()
    yield f"{name}_masking_sequences", seq(SHAPE, L.Masking(), kind(4, return_sequences=True)), padded()
    yield f"{name}_masking_backwards", seq(SHAPE, L.Masking(), kind(4, go_backwards=True, return_sequences=True)), padded()
    yield f"{name}_masking_stack", seq(SHAPE, L.Masking(), kind(4, return_sequences=True), kind(3)), padded()
    yield f"{name}_masking_unroll", seq(SHAPE, L.Masking(), kind(4, unroll=True)), padded()
    yield f"{name}_masking_state", fn([SHAPE], lambda x: kind(4, return_state=True)(L.Masking()(x))), padded()
    yield f"{name}_mask_zero", seq((5,), L.Embedding(6, 3, mask_zero=True), kind(4), L.Dense(2), dtype="int32"), words
    yield f"{name}_mask_input", fn([SHAPE, (5,)], lambda x, m: kind(4)(x, mask=m), dtype=["float32", "bool"])


def bidirectional():
    for mode in ("concat", "sum", "mul", "ave"):
        yield f"bidirectional_{mode}", seq(SHAPE, L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=mode))
        yield f"bidirectional_{mode}_last", seq(SHAPE, L.Bidirectional(L.GRU(3), merge_mode=mode))
    yield "bidirectional_none", fn([SHAPE], L.Bidirectional(L.SimpleRNN(3, return_sequences=True), merge_mode=None))
    yield "bidirectional_none_last", fn([SHAPE], L.Bidirectional(L.LSTM(3), merge_mode=None))
    yield "bidirectional_state_lstm", fn([SHAPE], L.Bidirectional(L.LSTM(3, return_state=True)))
    yield "bidirectional_state_gru", fn([SHAPE], L.Bidirectional(L.GRU(3, return_state=True, return_sequences=True)))
    different = L.Bidirectional(L.LSTM(3, return_sequences=True), backward_layer=L.GRU(2, return_sequences=True, go_backwards=True))
    yield "bidirectional_two_kinds", seq(SHAPE, different)
    yield "bidirectional_of_backwards", seq(
        SHAPE, L.Bidirectional(L.GRU(3, go_backwards=True, return_sequences=True), backward_layer=L.GRU(3, return_sequences=True))
    )
    yield "bidirectional_masking", seq(SHAPE, L.Masking(), L.Bidirectional(L.LSTM(3, return_sequences=True))), padded()
    yield "bidirectional_masking_last", seq(SHAPE, L.Masking(), L.Bidirectional(L.GRU(3))), padded()
    yield "bidirectional_stack", seq(SHAPE, L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Bidirectional(L.GRU(2)), L.Dense(2))
    yield "bidirectional_open_time", seq((None, 3), L.Bidirectional(L.GRU(3, return_sequences=True)))
    yield "bidirectional_stateful", seq(SHAPE, L.Bidirectional(L.LSTM(3, stateful=True)), batch=2)
    yield "bidirectional_initial_state", fn([SHAPE] + [(3,)] * 4, lambda x, *s: L.Bidirectional(L.LSTM(3))(x, initial_state=list(s)))


def wrapped():
    yield "time_distributed_dense", seq(SHAPE, L.TimeDistributed(L.Dense(4, activation="relu")))
    yield "time_distributed_conv2d", seq((3, 5, 4, 2), L.TimeDistributed(L.Conv2D(3, 3, padding="same")))
    yield "time_distributed_masked", seq(SHAPE, L.Masking(), L.TimeDistributed(L.Dense(4)), L.LSTM(3)), padded()
    inner = keras.Sequential([keras.Input((4, 2)), L.Flatten(), L.Dense(3)], name="inner")
    yield "time_distributed_model", seq((3, 4, 2), L.TimeDistributed(inner), L.GRU(2))
    yield "time_distributed_lstm", seq((3, 5, 2), L.TimeDistributed(L.LSTM(4)))
    yield "rnn_of_lstm_cell", seq(SHAPE, L.RNN(L.LSTMCell(4), return_sequences=True))
    yield "rnn_of_gru_cell", seq(SHAPE, L.RNN(L.GRUCell(4, reset_after=False), go_backwards=True))
    yield "rnn_of_simple_cell", fn([SHAPE], L.RNN(L.SimpleRNNCell(4, activation="sigmoid"), return_state=True))
    yield "rnn_of_list", fn([SHAPE], L.RNN([L.LSTMCell(4), L.GRUCell(3), L.SimpleRNNCell(2)], return_sequences=True, return_state=True))
    yield "rnn_of_stacked_cells", seq(SHAPE, L.RNN(L.StackedRNNCells([L.LSTMCell(4), L.LSTMCell(3)])))
    yield "rnn_zero_output_for_mask", seq(
        SHAPE, L.Masking(), L.RNN(L.LSTMCell(4), return_sequences=True, zero_output_for_mask=True)
    ), padded()
    yield "bidirectional_rnn_of_cell", seq(SHAPE, L.Bidirectional(L.RNN(L.GRUCell(3), return_sequences=True)))


def convolutional():
    yield "conv_lstm1d", seq((3, 6, 2), L.ConvLSTM1D(3, 3, padding="same"))
    yield "conv_lstm2d", seq((3, 5, 4, 2), L.ConvLSTM2D(3, 3, padding="same", return_sequences=True))
    yield "conv_lstm2d_valid_stride", seq((3, 7, 6, 2), L.ConvLSTM2D(2, 3, strides=2, recurrent_activation="hard_sigmoid"))
    yield "conv_lstm2d_dilated", seq((2, 6, 6, 1), L.ConvLSTM2D(2, 2, dilation_rate=2, use_bias=False, go_backwards=True))
    yield "conv_lstm2d_state", fn([(3, 4, 4, 2)], L.ConvLSTM2D(2, 2, return_state=True, unit_forget_bias=False))
    yield "conv_lstm1d_backwards", seq((4, 6, 2), L.ConvLSTM1D(3, 2, go_backwards=True, return_sequences=True))
    yield "conv_lstm1d_stateful", seq((3, 6, 2), L.ConvLSTM1D(2, 3, stateful=True, activation="relu"), batch=2)
    yield "conv_lstm1d_initial", fn(
        [(3, 6, 2), (4, 2), (4, 2)], lambda x, h, c: L.ConvLSTM1D(2, 3, return_sequences=True)(x, initial_state=[h, c])
    )
    for suffix, flags in {"": {}, "_sequences": {"return_sequences": True}, "_backwards": {"go_backwards": True}}.items():
        yield f"conv_lstm1d_masked{suffix}", fn(
            [(5, 6, 2), (5,)], lambda x, m: L.ConvLSTM1D(2, 3, **flags)(x, mask=m), dtype=["float32", "bool"]
        )
    yield "conv_lstm1d_bidirectional", seq((3, 5, 2), L.Bidirectional(L.ConvLSTM1D(2, 2, return_sequences=True)))
    yield "conv_lstm3d", seq((2, 3, 4, 3, 1), L.ConvLSTM3D(2, 2, padding="same"))


def travelling_masks():
    """Which layers pass a mask on: an LSTM at the end tells whether it still had one."""
    words = np.array([[3, 1, 4, 0, 0], [2, 0, 5, 0, 1]], "int32")
    between = {
        "elementwise": [L.Dropout(0.2), L.Dense(3), L.Activation("relu"), L.LayerNormalization(), L.BatchNormalization()],
        "conv1d": [L.Conv1D(3, 3, padding="same")],
        "max_pooling": [L.MaxPooling1D(2, strides=1, padding="same")],
        "reshape": [L.Reshape((5, 3))],
        "zero_padding": [L.ZeroPadding1D(1)],
        "spatial_dropout": [L.SpatialDropout1D(0.2)],
        "wrappers": [L.TimeDistributed(L.Dense(3)), L.Bidirectional(L.GRU(2, return_sequences=True))],
        "rescaling": [L.Rescaling(2.0)],
        "prelu": [L.PReLU(), L.LeakyReLU()],
        "embedding_chain": [L.Masking(mask_value=0.5)],
        "attention_free": [L.RMSNormalization(), L.UnitNormalization(), L.GroupNormalization(1)],
    }
    for name, layers in between.items():
        yield f"mask_through_{name}", seq((5,), L.Embedding(6, 3, mask_zero=True), *layers, L.LSTM(2), dtype="int32"), words
    yield "mask_through_operator", fn([(5,)], lambda w: L.LSTM(2)(L.Embedding(6, 3, mask_zero=True)(w) * 2.0), dtype="int32"), words
    merges = {"add": L.Add, "concatenate": L.Concatenate, "multiply": L.Multiply, "maximum": L.Maximum}
    for name, merge in merges.items():
        yield f"mask_through_{name}", fn([(5,), (5,)], lambda a, b: L.LSTM(2)(merge()(both_embedded(a, b))), dtype="int32"), words, words[
            ::-1
        ].copy()
    steps = fn([(5,), (5,)], lambda a, b: L.LSTM(2)(L.Concatenate(axis=1)(both_embedded(a, b))), dtype="int32")
    yield "mask_through_concatenated_steps", steps, words, words[::-1].copy()
    yield "mask_through_one_of_two", fn(
        [(5,), (5,)], lambda a, b: L.LSTM(2)(L.Concatenate()(both_embedded(a, b, False))), dtype="int32"
    ), words, words[::-1].copy()


def both_embedded(a, b, second=True):
    return [L.Embedding(6, 3, mask_zero=True)(a), L.Embedding(6, 3, mask_zero=second)(b)]


def cases():
    for name, kind in KINDS.items():
        yield from flags(name, kind)
        yield from states(name, kind)
        yield from masks(name, kind)
    yield "lstm_recurrent_activation", seq(SHAPE, L.LSTM(4, recurrent_activation="hard_sigmoid", activation="softsign"))
    yield "lstm_forget_bias_off", seq(SHAPE, L.LSTM(4, unit_forget_bias=False))
    yield "gru_reset_before", seq(SHAPE, L.GRU(4, reset_after=False, return_sequences=True))
    yield "gru_reset_before_no_bias", seq(SHAPE, L.GRU(4, reset_after=False, use_bias=False))
    yield "gru_reset_before_activation", seq(SHAPE, L.GRU(4, reset_after=False, activation="relu", recurrent_activation="hard_sigmoid"))
    yield from travelling_masks()
    yield from bidirectional()
    yield from wrapped()
    yield from convolutional()
