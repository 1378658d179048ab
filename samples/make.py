"""Makes and trains the sample networks, and writes each with inputs and the answers that Keras gives.

usage: python make.py [NAME ...]        (all but cifar_cnn, which is made only when named: its weights are random and large)

NAME/ gets the model in one of the forms that people have, and io.safetensors: `input:0`, ... , `output:0`, ...
and, for classifiers, `labels`. When all are made, the table in README.md and embed/digits.h are rewritten. Needs requirements.txt.
"""

import os
import shutil
import sys

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", KERAS_BACKEND="tensorflow")

import keras
import numpy as np

import data
import forms
import networks

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 16
CLASSES = ("sparse_categorical_crossentropy", "accuracy")


class Sample:
    """What is said of one network, and how it is trained and stored."""

    def __init__(self, about, rows, loss, epochs, form, kind, rate=0.002, keep_optimizer=False):
        self.about, self.rows, (self.loss, self.metric), self.epochs = about, rows, loss, epochs
        self.form, self.kind, self.rate, self.keep_optimizer = form, kind, rate, keep_optimizer


TWO_SHARDS, HALF = "TF.js, two shards", "TF.js, half precision"
JSON_H5 = "Keras JSON + `.weights.h5`"
SQUARED = ("mse", "mse")
SAMPLES = {
    "xor_mlp": Sample("exclusive or", data.xor, ("binary_crossentropy", "accuracy"), 150, forms.tfjs(), "TF.js", rate=0.03),
    "regression_mlp": Sample("regression on the diabetes data", data.diabetes, SQUARED, 20, forms.json_and_h5, JSON_H5),
    "mnist_cnn": Sample("convolutional network of the Keras examples", data.large_digits, CLASSES, 12, forms.whole_keras, "`.keras`"),
    "lenet5": Sample("LeNet-5", data.large_digits, CLASSES, 12, forms.tfjs(shard=1 << 17), TWO_SHARDS),
    "simplernn_series": Sample("SimpleRNN on a series of open length", data.series, SQUARED, 25, forms.json_and_h5, JSON_H5),
    "lstm_digits": Sample(
        "LSTM over the rows of a digit", data.digits, CLASSES, 30, forms.whole_h5, "`.h5` with optimiser", keep_optimizer=True
    ),
    "gru_digits": Sample(
        "GRU over the rows of a digit", data.digits, CLASSES, 30, forms.json_and_safetensors, "Keras JSON + `.safetensors`"
    ),
    "bidirectional_digits": Sample(
        "bidirectional LSTM under a bidirectional GRU",
        data.digits,
        CLASSES,
        30,
        forms.whole_keras,
        "`.keras` with optimiser",
        keep_optimizer=True,
    ),
    "seq2seq_attention": Sample(
        "LSTM encoder-decoder with attention, reverses a sequence", data.reversals, CLASSES, 25, forms.whole_keras, "`.keras`"
    ),
    "selfattention_digits": Sample("self-attention block over the rows of a digit", data.digits, CLASSES, 30, forms.json_and_h5, JSON_H5),
    "autoencoder_digits": Sample("autoencoder", data.flat_digits, SQUARED, 50, forms.whole_h5, "`.h5`"),
    "variational_decoder": Sample("decoder of a variational autoencoder", data.flat_digits, SQUARED, 60, forms.tfjs(half=True), HALF),
    "blocks_digits": Sample("residual, inception, dense and depthwise blocks", data.large_digits, CLASSES, 20, forms.whole_h5, "`.h5`"),
}


def train(model, sample, rows):
    model.compile(keras.optimizers.Adam(sample.rate), sample.loss, metrics=[sample.metric])
    model.fit(rows.x, rows.y, epochs=sample.epochs, batch_size=32, verbose=0)
    return float(model.evaluate(rows.held_x, rows.held_y, verbose=0, return_dict=True)[sample.metric])


def bare(model):
    """The same model without what training left in it."""
    twin = type(model).from_config(model.get_config())
    twin.set_weights(model.get_weights())
    return twin


def halve(model):
    """Rounds the weights to half precision, so that the answers are those of the stored file."""
    model.set_weights([weight.astype("float16").astype("float32") for weight in model.get_weights()])


def save_io(folder, model, inputs, labels=None):
    inputs = [part[:ROWS] for part in (inputs if isinstance(inputs, list) else [inputs])]
    answers = keras.tree.flatten(model(inputs if len(inputs) > 1 else inputs[0], training=False))
    tensors = {f"input:{i}": value for i, value in enumerate(inputs)}
    tensors.update({f"output:{i}": keras.ops.convert_to_numpy(value) for i, value in enumerate(answers)})
    if labels is not None:
        tensors["labels"] = labels[:ROWS].astype("int32")
    forms.save_tensors(f"{folder}/io.safetensors", tensors)


def fresh_folder(name):
    folder = f"{HERE}/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def size_of(folder):
    return sum(os.path.getsize(f"{folder}/{name}") for name in os.listdir(folder) if name != "io.safetensors")


def make(name, sample):
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    rows, variational = sample.rows(), name == "variational_decoder"
    trained = networks.variational() if variational else getattr(networks, name)()
    score = train(trained, sample, rows)
    model = trained.get_layer("decoder") if variational else trained if sample.keep_optimizer else bare(trained)
    if variational:
        halve(model)
        rows.held_x = np.random.RandomState(5).normal(size=(ROWS, 2)).astype("float32")
    folder = fresh_folder(name)
    sample.form(folder, model)
    save_io(folder, model, rows.held_x, rows.held_y if sample.loss == CLASSES[0] else None)
    measure = f"{score:.1%} right" if sample.metric == "accuracy" else f"squared error {score:.4f}"
    row = f"| `{name}` | {sample.about} | {model.count_params():,} | {measure} | {sample.kind} | {size_of(folder) / 1000:.0f} kB |"
    print(row, flush=True)
    return row


def make_cifar():
    keras.utils.set_random_seed(7)
    folder, model = fresh_folder("cifar_cnn"), networks.cifar_cnn()
    forms.tfjs()(folder, model)
    save_io(folder, model, np.random.RandomState(1).uniform(size=(ROWS, 32, 32, 3)).astype("float32"))


def write_digits():
    """The first held-out image of each class, for the C programs."""
    split = data.digits()
    images = [split.held_x[np.argmax(split.held_y == kind)].reshape(-1) * 16 for kind in range(10)]
    rows = ["    " + ", ".join(f"{pixel:2.0f}" for pixel in row) + ",\n" for image in images for row in image.reshape(4, 16)]
    lines = ["  {\n" + "".join(rows[i : i + 4]) + "  },\n" for i in range(0, len(rows), 4)]
    with open(f"{HERE}/embed/digits.h", "w") as file:
        file.write("/* A held-out image of each digit, 8x8 pixels of 0 ... 16. Written by make.py. */\n")
        file.write("static const unsigned char digits[10][64] = {\n" + "".join(lines) + "};\n")


def write_table(rows):
    with open(f"{HERE}/README.md") as file:
        head, rest = file.read().split("<!-- table -->\n")[::2]
    title = "| folder | network | parameters | on held-out rows | form | size |\n|---|---|---|---|---|---|\n"
    with open(f"{HERE}/README.md", "w") as file:
        file.write("<!-- table -->\n".join([head, title + "\n".join(rows) + "\n", rest]))


def main():
    wanted = sys.argv[1:] or list(SAMPLES)
    rows = [make(name, SAMPLES[name]) for name in wanted if name != "cifar_cnn"]
    if "cifar_cnn" in wanted:
        make_cifar()
    if not sys.argv[1:]:
        write_table(rows)
        write_digits()


if __name__ == "__main__":
    main()
