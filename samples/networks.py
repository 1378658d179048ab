"""The networks of the field's textbooks, small. Each function returns an untrained Keras model."""

import keras
from keras import layers as L


def xor_mlp():
    return keras.Sequential([keras.Input((2,)), L.Dense(4, activation="tanh"), L.Dense(1, activation="sigmoid")])


def regression_mlp():
    return keras.Sequential([keras.Input((10,)), L.Dense(32, activation="relu"), L.Dense(32, activation="relu"), L.Dense(1)])


def mnist_cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            L.Conv2D(16, 3, activation="relu"),
            L.MaxPooling2D(),
            L.Conv2D(24, 3, activation="relu"),
            L.MaxPooling2D(),
            L.Flatten(),
            L.Dropout(0.5),
            L.Dense(48, activation="relu"),
            L.Dense(10, activation="softmax"),
        ]
    )


def lenet5():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            L.Conv2D(6, 5, padding="same", activation="tanh"),
            L.AveragePooling2D(2),
            L.Conv2D(16, 5, activation="tanh"),
            L.AveragePooling2D(2),
            L.Flatten(),
            L.Dense(120, activation="tanh"),
            L.Dense(84, activation="tanh"),
            L.Dense(10, activation="softmax"),
        ]
    )


def cifar_cnn():
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(),
            L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(),
            L.Conv2D(64, 3, activation="relu"),
            L.Flatten(),
            L.Dense(64, activation="relu"),
            L.Dense(10),
        ]
    )


def simplernn_series():
    return keras.Sequential([keras.Input((None, 1)), L.SimpleRNN(32, return_sequences=True), L.Dense(1)])


def lstm_digits():
    return keras.Sequential([keras.Input((8, 8)), L.LSTM(48), L.Dense(10, activation="softmax")])


def gru_digits():
    return keras.Sequential([keras.Input((8, 8)), L.GRU(48), L.Dense(10, activation="softmax")])


def bidirectional_digits():
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            L.Bidirectional(L.LSTM(24, return_sequences=True)),
            L.Bidirectional(L.GRU(16, reset_after=False), merge_mode="sum"),
            L.Dense(10, activation="softmax"),
        ]
    )


def seq2seq_attention():
    """Encoder and decoder are LSTMs; the decoder starts from the encoder's state and attends to all its steps."""
    source, shifted = keras.Input((8,), dtype="int32", name="source"), keras.Input((8,), dtype="int32", name="shifted")
    steps, *state = L.LSTM(32, return_sequences=True, return_state=True)(L.Embedding(12, 16)(source))
    said = L.LSTM(32, return_sequences=True)(L.Embedding(12, 16)(shifted), initial_state=state)
    attended = L.Concatenate()([said, L.Attention()([said, steps])])
    return keras.Model([source, shifted], L.Dense(12, activation="softmax")(attended))


def selfattention_digits():
    """The encoder layer of a transformer over the rows of a digit."""
    rows = keras.Input((8, 8))
    h = L.Dense(32)(rows)
    h = L.LayerNormalization()(h + L.MultiHeadAttention(4, 8)(h, h))
    h = L.LayerNormalization()(h + L.Dense(32)(L.Dense(64, activation="gelu")(h)))
    return keras.Model(rows, L.Dense(10, activation="softmax")(L.Flatten()(h)))


def autoencoder_digits():
    return keras.Sequential(
        [
            keras.Input((64,)),
            L.Dense(32, activation="elu"),
            L.Dense(8, activation="tanh"),
            L.Dense(32, activation="elu"),
            L.Dense(64, activation="sigmoid"),
        ]
    )


class Sampling(L.Layer):
    """Draws from the normal distribution that the encoder describes, and charges its distance from the standard one."""

    def call(self, mean, log_variance):
        distance = -0.5 * keras.ops.sum(1 + log_variance - keras.ops.square(mean) - keras.ops.exp(log_variance), axis=-1)
        self.add_loss(0.002 * keras.ops.mean(distance))
        return mean + keras.ops.exp(0.5 * log_variance) * keras.random.normal(keras.ops.shape(mean), seed=1)


def variational():
    """The network that is trained; `variational_decoder` is the layer of it that makes images from points of the plane."""
    image = keras.Input((64,))
    h = L.Dense(64, activation="relu")(image)
    return keras.Model(image, variational_decoder()(Sampling()(L.Dense(2)(h), L.Dense(2)(h))))


def variational_decoder():
    return keras.Sequential(
        [
            keras.Input((2,)),
            L.Dense(4 * 4 * 8, activation="relu"),
            L.Reshape((4, 4, 8)),
            L.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"),
            L.Conv2D(1, 3, padding="same", activation="sigmoid"),
            L.Flatten(),
        ],
        name="decoder",
    )


def normed(x, layer, activation=True):
    x = L.BatchNormalization()(layer(x))
    return L.ReLU()(x) if activation else x


def blocks_digits():
    """One residual, one inception, one dense and one depthwise block."""
    image = keras.Input((28, 28, 1))
    h = normed(image, L.Conv2D(16, 3, strides=2, padding="same", use_bias=False))
    inner = normed(
        normed(h, L.Conv2D(16, 3, padding="same", use_bias=False)), L.Conv2D(16, 3, padding="same", use_bias=False), activation=False
    )
    h = L.ReLU()(L.Add()([h, inner]))
    three = L.Conv2D(8, 3, padding="same", activation="relu")(L.Conv2D(8, 1, activation="relu")(h))
    pooled = L.Conv2D(8, 1, activation="relu")(L.MaxPooling2D(3, 1, padding="same")(h))
    h = L.Concatenate()([L.Conv2D(8, 1, activation="relu")(h), three, pooled])
    h = L.Concatenate()([h, L.Conv2D(12, 3, padding="same")(L.ReLU()(L.BatchNormalization()(h)))])
    h = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)(h)))
    return keras.Model(image, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(h)))
