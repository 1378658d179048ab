"""Dense layers, embeddings and activations by name."""

from keras import layers as L

from . import fn, seq

# Every name in keras.activations but `threshold`, which cannot be called without parameters. `glu` halves its last axis.
ACTIVATIONS = """celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid log_softmax
mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink
hard_swish swish glu""".split()


def activations(x):
    return [L.Activation(name)(x) for name in ACTIVATIONS]


def cases():
    yield "dense", seq((5,), L.Dense(3))
    yield "dense_rank3", seq((3, 5), L.Dense(4, activation="tanh"))
    yield "dense_rank4_no_bias", seq((2, 3, 5), L.Dense(4, use_bias=False))
    yield "dense_open_axis", seq((None, 5), L.Dense(3, activation="relu"))
    yield "dense_stack", seq((7,), L.Dense(9, activation="relu"), L.Dense(5, activation="gelu"), L.Dense(3, activation="softmax"))
    yield "dense_one_unit", seq((1,), L.Dense(1, activation="sigmoid"))
    for name in ("softmax", "glu", "leaky_relu", "hard_sigmoid", "celu", "log_softmax"):
        yield f"dense_{name}", seq((5,), L.Dense(4, activation=name))
    yield "dense_lora", seq((5,), L.Dense(4, lora_rank=2))
    yield "activations", fn([(3, 6)], activations)
    yield "activation_softmax_rank4", seq((2, 3, 4), L.Activation("softmax"))
    yield "einsum_dense", seq((5,), L.EinsumDense("ab,bc->ac", output_shape=4, bias_axes="c"))
    yield "einsum_dense_heads", seq((3, 6), L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 5), bias_axes="de"))
    yield "einsum_dense_merge", seq((3, 2, 5), L.EinsumDense("abcd,cde->abe", output_shape=(None, 4), activation="relu"))
    yield "einsum_dense_ellipsis", seq((3, 2, 5), L.EinsumDense("...x,xy->...y", output_shape=4, bias_axes="y"))
    yield "einsum_dense_mixing_axes", seq((4, 3), L.EinsumDense("abc,bd->adc", output_shape=(5, None), bias_axes="d"))
    yield "embedding", seq((4,), L.Embedding(11, 3), dtype="int32"), ("index", 11)
    yield "embedding_float_indices", seq((4,), L.Embedding(11, 3)), ("index", 11)
    yield "embedding_rank2", seq((2, 3), L.Embedding(7, 2), dtype="int32"), ("index", 7)
    yield "embedding_flatten_dense", seq((4,), L.Embedding(9, 3), L.Flatten(), L.Dense(2), dtype="int32"), ("index", 9)
    yield "embedding_mask_average", seq((6,), L.Embedding(5, 3, mask_zero=True), L.GlobalAveragePooling1D(), dtype="int32"), ("index", 3)
    tied = L.ReversibleEmbedding(7, 4)
    yield "reversible_embedding", fn([(5,)], lambda x: tied(tied(x), reverse=True), dtype="int32"), ("index", 7)
    untied = L.ReversibleEmbedding(7, 4, tie_weights=False, logit_soft_cap=3.0)
    yield "reversible_embedding_untied", fn([(5,)], lambda x: untied(untied(x), reverse=True), dtype="int32"), ("index", 7)
    yield "prelu_and_relatives", seq((4, 5), L.PReLU(), L.LeakyReLU(), L.ELU(0.7), L.Softmax())
    yield "prelu_shared_axes", seq((3, 4, 5), L.PReLU(shared_axes=[1, 2]))
    yield "leaky_relu_slope", seq((5,), L.LeakyReLU(negative_slope=0.05))
    yield "relu_all_parameters", seq((9,), L.ReLU(max_value=6.0, negative_slope=0.1, threshold=0.5))
    yield "relu_threshold", seq((9,), L.ReLU(threshold=0.5))
    yield "relu_slope", seq((9,), L.ReLU(negative_slope=0.2))
    yield "relu_max", seq((9,), L.ReLU(max_value=2.5))
    yield "softmax_axis", seq((3, 4), L.Softmax(axis=1))
    yield "softmax_axes", seq((3, 4), L.Softmax(axis=(1, 2)))
    yield "softmax_mask", fn([(3, 4), (3, 4)], lambda x, m: L.Softmax()(x, mask=m), dtype=["float32", "bool"])
