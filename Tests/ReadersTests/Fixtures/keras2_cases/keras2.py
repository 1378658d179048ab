"""Keras 2 topologies: what Keras 3 can no longer read, and the same layers under their older parameters."""

import json

import tensorflow as tf
from tf_keras import Input, Model, Sequential
from tf_keras import layers as L

FORMS = ["mlp", "cnn", "recurrent", "functional", "nested", "attention"]
NAMES = """elu exponential gelu hard_sigmoid
leaky_relu linear mish relu selu sigmoid softmax softplus softsign swish tanh log_softmax relu6""".split()


def seq(shape, *layers, dtype="float32"):
    return Sequential([Input(shape, dtype=dtype), *layers])


def fn(shapes, build, dtype="float32"):
    inputs = [Input(shape, dtype=dtype) for shape in shapes]
    return Model(inputs if len(inputs) > 1 else inputs[0], build(*inputs))


def forms():
    yield "mlp", Sequential([L.Dense(4, activation="relu", input_shape=(5,)), L.Dropout(0.5), L.Dense(3, activation="softmax")])
    yield "cnn", seq(
        (8, 7, 1), L.Conv2D(3, 3), L.BatchNormalization(), L.ReLU(6.0), L.MaxPooling2D(), L.DepthwiseConv2D(2), L.Flatten(), L.Dense(2)
    )
    yield "recurrent", seq((4, 3), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.GRU(2, reset_after=False), L.Dense(2))
    yield "functional", fn([(4,), (3,)], two_ends)
    inner = Sequential([L.Dense(3, activation="tanh", input_shape=(4,)), L.Dense(3)], name="inner")
    yield "nested", fn([(4,), (4,)], lambda a, b: L.Dense(2)(L.Concatenate()([inner(a), inner(b)])))
    yield "attention", fn([(3, 4)], lambda x: L.Dense(2)(L.LayerNormalization()(x + L.MultiHeadAttention(2, 3)(x, x))))


def two_ends(a, b):
    shared = L.Dense(4, activation="relu", name="z_shared")
    h = L.Add()([shared(a), shared(shared(a)), L.Dense(4, name="a_first")(b)])
    return [L.Dense(2, name="m")(h), L.Activation("softmax")(h)]


def recurrent():
    yield "lstm_time_major", fn([(3, 5)], lambda x: L.LSTM(4, time_major=True, return_sequences=True)(tf.transpose(x, (1, 0, 2))))
    yield "lstm_hard_sigmoid", seq((5, 3), L.LSTM(4, recurrent_activation="hard_sigmoid"))
    yield "gru_reset_before", seq((5, 3), L.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True))
    yield "gru_reset_after", seq((5, 3), L.GRU(4))
    yield "lstm_initial_state", fn([(5, 3), (4,), (4,)], lambda x, h, c: L.LSTM(4, return_sequences=True)(x, initial_state=[h, c]))
    yield "lstm_encoder_decoder", fn([(5, 3), (4, 2)], encoder_decoder)
    yield "lstm_masked", seq((5,), L.Embedding(5, 3, mask_zero=True), L.LSTM(4), dtype="int32")
    yield "gru_bidirectional_masked", seq(
        (5,), L.Embedding(5, 3, mask_zero=True), L.Bidirectional(L.GRU(3, return_sequences=True)), L.GRU(2), dtype="int32"
    )
    yield "rnn_cells", seq(
        (5, 3), L.RNN([L.LSTMCell(4), L.GRUCell(3, reset_after=False)], return_sequences=True), L.TimeDistributed(L.Dense(2))
    )
    yield "conv_lstm2d", seq((3, 5, 4, 2), L.ConvLSTM2D(2, 3, padding="same"))


def encoder_decoder(x, y):
    _, h, c = L.LSTM(4, return_state=True)(x)
    sequence, *state = L.LSTM(4, return_sequences=True, return_state=True)(y, initial_state=[h, c])
    return [L.TimeDistributed(L.Dense(2))(sequence), *state]


def operators(x, y):
    return [
        x * 2.0 + y,
        1.0 - x,
        x / 255.0,
        -x,
        x**2,
        abs(x),
        x @ tf.transpose(y, (0, 2, 1)),
        x[:, 1:, ::2],
        x[..., 0],
        x[:, tf.newaxis, -1],
        tf.nn.relu(x),
        tf.nn.softmax(x, axis=1),
        tf.nn.sigmoid(x),
        tf.tanh(x),
        tf.nn.leaky_relu(x, alpha=0.1),
        tf.nn.silu(x),
        tf.reduce_mean(x, axis=1),
        tf.reduce_sum(x, axis=[1, 2]),
        tf.reduce_max(x, axis=-1, keepdims=True),
        tf.math.reduce_std(x, axis=-1),
        tf.concat([x, y], axis=-1),
        tf.stack([x, y], axis=1),
        tf.reshape(x, (-1, 12)),
        tf.expand_dims(x, 1),
        tf.squeeze(tf.expand_dims(x, 1), 1),
        tf.clip_by_value(x, -1.0, 1.0),
        tf.maximum(x, y),
        tf.minimum(x, 0.5),
        tf.exp(y),
        tf.sqrt(tf.abs(x)),
        tf.square(x),
        tf.math.log(tf.abs(x) + 1.0),
        tf.where(x > 0.0, x, y),
        tf.cast(x > y, tf.float32),
        tf.pad(x, [[0, 0], [1, 0], [0, 2]]),
        tf.tile(x, [1, 2, 1]),
        tf.argmax(x, axis=-1),
        tf.math.l2_normalize(x, axis=-1),
        tf.math.erf(x),
        tf.image.resize(tf.expand_dims(x, -1), (5, 6)),
        tf.linalg.matmul(x, y, transpose_b=True),
        tf.identity(x),
        tf.math.subtract(x, y),
        tf.math.multiply(x, y),
        tf.split(x, 2, axis=-1)[1],
        tf.round(x),
    ]


def others():
    yield "activations", fn([(3, 4)], lambda x: [L.Activation(name)(x) for name in NAMES])
    yield "activation_layers", fn(
        [(4, 5)],
        lambda x: [
            L.ThresholdedReLU(0.7)(x),
            L.LeakyReLU()(x),
            L.LeakyReLU(alpha=0.1)(x),
            L.PReLU(shared_axes=[1])(x),
            L.ELU(0.5)(x),
            L.ReLU(2.0, 0.1, 0.3)(x),
            L.Softmax(1)(x),
        ],
    )
    yield "operators", fn([(3, 4), (3, 4)], operators)
    yield "lambda_net", fn([(4, 3)], lambda x: tf.nn.relu(L.Dense(2)(tf.reduce_mean(L.Dense(6)(x / 255.0) * 0.5, axis=1)) + 1.0))
    yield "locally_connected1d", seq((7, 2), L.LocallyConnected1D(3, 3, strides=2))
    yield "locally_connected2d", seq((5, 4, 2), L.LocallyConnected2D(3, (2, 3)))
    yield "convolutions", fn(
        [(7, 6, 2)],
        lambda x: [
            L.Conv2D(3, 3, strides=2, padding="same")(x),
            L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1)(x),
            L.SeparableConv2D(3, 3, depth_multiplier=2)(x),
            L.Conv2D(2, 2, dilation_rate=2, use_bias=False)(x),
        ],
    )
    yield "conv1d_causal", seq((None, 3), L.Conv1D(4, 3, padding="causal", dilation_rate=2), L.GlobalMaxPooling1D())
    yield "normalizations", fn(
        [(4, 3, 6)],
        lambda x: [
            L.BatchNormalization(scale=False)(x),
            L.experimental.SyncBatchNormalization()(x),
            L.LayerNormalization(axis=[2, 3])(x),
            L.GroupNormalization(3)(x),
            L.UnitNormalization()(x),
        ],
    )
    yield "multi_head_attention", fn([(3, 6), (5, 4)], lambda q, v: L.MultiHeadAttention(2, 3, value_dim=5)(q, v))
    yield "attention_layers", fn([(3, 6), (5, 6)], lambda q, v: [L.Attention(use_scale=True)([q, v]), L.AdditiveAttention()([q, v])])
    yield "preprocessing", fn(
        [(7, 6, 3)],
        lambda x: [
            L.Rescaling(1 / 127.5, offset=-1)(x),
            L.Resizing(4, 5)(x),
            L.CenterCrop(4, 4)(x),
            L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(x),
        ],
    )
    yield "up_sampling", fn(
        [(3, 4, 2)],
        lambda x: [L.UpSampling2D(2)(x), L.UpSampling2D((2, 3), interpolation="bilinear")(x), L.ZeroPadding2D(((0, 1), (2, 0)))(x)],
    )


def cases():
    yield from forms()
    yield from recurrent()
    yield from others()


def write_lambda(folder):
    """A `Lambda` layer, whose Python bytecode must be refused."""
    model = seq((3,), L.Lambda(lambda x: x / 255 - 0.5), L.Dense(2))
    with open(f"{folder}/refused_lambda.json", "w") as file:
        file.write(model.to_json())


def write_bare_list(folder):
    """The form of Keras 2.0: the config is a bare list, the first layer holds the shape. Belongs to mlp.safetensors."""
    with open(f"{folder}/mlp.json") as file:
        topology = json.load(file)
    layers = [layer for layer in topology["config"]["layers"] if layer["class_name"] != "InputLayer"]
    for layer in layers:
        layer.pop("module", None), layer.pop("registered_name", None), layer.pop("build_config", None)
    layers[0]["config"]["batch_input_shape"] = [None, 5]
    with open(f"{folder}/mlp.bare_list.json", "w") as file:
        json.dump({"class_name": "Sequential", "config": layers, "keras_version": "2.0.6", "backend": "tensorflow"}, file)
