"""Operator nodes: Python operators on Keras tensors and `keras.ops` as they occur in saved functional models."""

import keras
import numpy as np
from keras import ops

from . import fn

TABLE = np.arange(12, dtype="float32").reshape(3, 4) / 7

POINTWISE = (
    """abs negative exp expm1 exp2 sin cos tan tanh sinh cosh arctan arcsinh sigmoid erf erfc floor ceil round trunc sign square relu relu6
silu softplus softsign gelu elu selu celu leaky_relu log_sigmoid hard_sigmoid hard_silu hard_tanh hard_shrink soft_shrink
tanh_shrink squareplus sparse_plus sparse_sigmoid softmax log_softmax sparsemax deg2rad rad2deg cbrt sinc isnan isfinite
isinf logical_not stop_gradient""".split()
)
POSITIVE = "sqrt rsqrt log log2 log10 log1p reciprocal".split()
UNIT = "arcsin arccos arctanh".split()
BINARY = """add subtract multiply maximum minimum arctan2 logaddexp hypot equal not_equal
less less_equal greater greater_equal logical_and logical_or logical_xor divide_no_nan fmax fmin heaviside""".split()
REDUCTIONS = "sum mean max min prod var std all any count_nonzero logsumexp amax amin median".split()


def each(names, *tensors):
    return [getattr(ops, name)(*tensors) for name in names]


def python_operators():
    yield "ops_scalar", fn(
        [(3, 4)],
        lambda x: [x * 2.0, 2.0 * x, x + 1, 1 - x, x - 1, x / 2, 3 / (x * x + 1), x**2, 2.0**x, -x, abs(x), x // 2, x % 3, 7 % (x * x + 1)],
    )
    yield "ops_pairs", fn(
        [(3, 4), (3, 4)], lambda x, y: [x + y, x - y, x * y, x / (y * y + 1), x < y, x <= y, x > y, x >= y, ops.equal(x, y), x != y]
    )
    yield "ops_logic", fn([(3, 4), (3, 4)], lambda x, y: [(x > 0) & (y > 0), (x > 0) | (y > 0), (x > 0) ^ (y > 0), ~(x > 0)])
    yield "ops_matmul_sign", fn([(3, 4), (4, 2)], lambda x, y: x @ y)
    yield "ops_broadcast", fn([(3, 4), (4,), (3, 1)], lambda x, y, z: [x * z, y * x[:, 0], z + x])
    yield "ops_constants", fn([(3, 4)], lambda x: [x + TABLE, ops.multiply(TABLE, x), ops.matmul(x, TABLE.T), ops.maximum(x, TABLE[0])])
    yield "ops_integers", fn(
        [(5,)], lambda x: [x + 1, x * 2, x // 2, x % 3, -x, x / 2, x + 0.5, ops.cast(x, "float32") * 0.5], dtype="int32"
    )
    yield "ops_slices", fn(
        [(5, 6)],
        lambda x: [
            x[:, 1:, ::2],
            x[..., 0],
            x[:, -1],
            x[:, 1:3],
            x[:, ::-1],
            x[:, None],
            x[:, :, 2:-1],
            x[:, 4:1:-2, 3],
            x[0],
            x[..., None, 1:],
        ],
    )


def pointwise():
    yield "ops_pointwise", fn([(3, 4)], lambda x: each(POINTWISE, x))
    yield "ops_pointwise_positive", fn([(3, 4)], lambda x: each(POSITIVE, x)), "positive"
    yield "ops_pointwise_unit", fn([(3, 4)], lambda x: each(UNIT, x)), "unit"
    yield "ops_binary", fn([(3, 4), (3, 4)], lambda x, y: each(BINARY, x, y))
    yield "ops_quotients", fn([(3, 4), (3, 4)], lambda x, y: each(["divide", "true_divide", "floor_divide", "mod"], x, y)), None, "positive"
    yield "ops_power", fn([(3, 4), (3, 4)], lambda x, y: [ops.power(x, y), ops.power(x, 0.5), ops.power(2.0, y)]), "unit"
    yield "ops_parameters", fn(
        [(3, 4)],
        lambda x: [
            ops.leaky_relu(x, negative_slope=0.1),
            ops.elu(x, alpha=0.5),
            ops.celu(x, alpha=0.5),
            ops.gelu(x, approximate=False),
            ops.gelu(x, approximate=True),
            ops.hard_shrink(x, threshold=0.7),
            ops.soft_shrink(x, threshold=0.7),
            ops.threshold(x, 0.5, -2.0),
            ops.squareplus(x, b=2),
            ops.glu(x),
            ops.glu(x, axis=-1),
            ops.softmax(x, axis=1),
            ops.log_softmax(x, axis=1),
            ops.clip(x, -1, 1.5),
            ops.nan_to_num(x),
            ops.round(x, decimals=1),
        ],
    )
    yield "ops_cast", fn(
        [(3, 4)],
        lambda x: [
            ops.cast(x, "int32"),
            ops.cast(x > 0, "float32"),
            ops.cast(ops.cast(x, "int32"), "float32"),
            ops.cast(x, "bool"),
            ops.cast(ops.cast(x, "float16"), "float32"),
        ],
    )
    yield "ops_where", fn([(3, 4), (3, 4)], lambda x, y: [ops.where(x > y, x, y), ops.where(x > 0, x, 0.0), ops.where(x > 0, 1.0, y)])


def reductions():
    yield "ops_reduce_last", fn([(3, 4)], lambda x: [getattr(ops, n)(x, axis=-1) for n in REDUCTIONS])
    yield "ops_reduce_keepdims", fn(
        [(3, 4)], lambda x: [getattr(ops, n)(x, axis=1, keepdims=True) for n in REDUCTIONS if n != "count_nonzero"]
    )
    yield "ops_reduce_axes", fn(
        [(3, 4, 2)], lambda x: [f(x, axis=(1, 2)) for f in (ops.sum, ops.mean, ops.max, ops.min, ops.var, ops.std, ops.logsumexp)]
    )
    yield "ops_reduce_all", fn([(3, 4)], lambda x: [ops.sum(x), ops.mean(x), ops.max(x, keepdims=True), ops.argmax(x)])
    yield "ops_arg", fn(
        [(3, 4)],
        lambda x: [
            ops.argmax(x, axis=-1),
            ops.argmin(x, axis=1),
            ops.argmax(x, axis=1, keepdims=True),
            ops.argsort(x, axis=-1),
            ops.sort(x, axis=1),
        ],
    )
    yield "ops_top_k", fn([(3, 6)], lambda x: list(ops.top_k(x, 2)))
    yield "ops_norms", fn(
        [(3, 4)],
        lambda x: [
            ops.norm(x, axis=-1),
            ops.norm(x, ord=1, axis=-1),
            ops.norm(x, ord=3, axis=1),
            ops.normalize(x),
            ops.normalize(x, axis=1, order=1),
            ops.norm(x, axis=(1, 2)),
            ops.norm(x, axis=-1, keepdims=True),
            *ops.moments(x, axes=[1]),
        ],
    )
    yield "ops_cumulative", fn(
        [(3, 4)],
        lambda x: [ops.cumsum(x, axis=1), ops.cumsum(x, axis=-1), ops.cumprod(x, axis=2), ops.diff(x, axis=-1), ops.average(x, axis=1)],
    )


def shapes():
    yield "ops_axes", fn(
        [(3, 4)],
        lambda x: [
            ops.expand_dims(x, 1),
            ops.expand_dims(x, -1),
            ops.squeeze(ops.expand_dims(x, 2), 2),
            ops.transpose(x, (0, 2, 1)),
            ops.transpose(x),
            ops.swapaxes(x, 1, 2),
            ops.moveaxis(x, 1, 2),
            ops.moveaxis(x, -1, 1),
            ops.reshape(x, (-1, 12)),
            ops.reshape(x, (-1, 2, 6)),
            ops.ravel(x),
            ops.flip(x, axis=1),
            ops.flip(x, axis=-1),
            ops.roll(x, 1, axis=1),
            ops.roll(x, -2, axis=2),
            ops.rot90(x, axes=(1, 2)),
        ],
    )
    yield "ops_join", fn(
        [(3, 4), (3, 4)],
        lambda x, y: [
            ops.concatenate([x, y], axis=1),
            ops.concatenate([x, y], axis=-1),
            ops.stack([x, y], axis=1),
            ops.stack([x, y], axis=-1),
            ops.append(x, y, axis=2),
            ops.hstack([x, y]),
            ops.vstack([x, y]),
            ops.dstack([x, y]),
        ],
    )
    yield "ops_split", fn(
        [(4, 6)],
        lambda x: [*ops.split(x, 2, axis=1), *ops.split(x, [1, 4], axis=-1), *ops.unstack(x, axis=1), *ops.array_split(x, 4, axis=2)],
    )
    yield "ops_repeat", fn(
        [(3, 2)], lambda x: [ops.tile(x, (1, 2, 3)), ops.repeat(x, 3, axis=1), ops.repeat(x, 2, axis=-1), ops.broadcast_to(x[0], (4, 3, 2))]
    )
    yield "ops_pad", fn(
        [(3, 4)],
        lambda x: [
            ops.pad(x, [[0, 0], [1, 2], [0, 1]]),
            ops.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=-1.5),
            ops.pad(x, [[0, 0], [1, 2], [2, 1]], mode="reflect"),
            ops.pad(x, [[0, 0], [1, 2], [2, 1]], mode="symmetric"),
        ],
    )
    yield "ops_like", fn(
        [(3, 4)],
        lambda x: [
            ops.zeros_like(x),
            ops.ones_like(x),
            ops.full_like(x, 2.5),
            x + ops.arange(4, dtype="float32"),
            ops.full_like(x, 3, dtype="int32"),
        ],
    )
    yield "ops_take", fn(
        [(4, 5)],
        lambda x: [
            ops.take(x, 2, axis=1),
            ops.take(x, [3, 0, 0], axis=1),
            ops.take(x, np.array([[1, 2], [0, 4]]), axis=2),
            ops.take(x, -1, axis=-1),
        ],
    )
    yield "ops_gather", fn(
        [(5,), (4, 3)],
        lambda i, x: [
            ops.take_along_axis(x, ops.expand_dims(i, -1) % 4, axis=1),
            ops.one_hot(i, 6),
            ops.one_hot(i, 6, axis=1),
            ops.multi_hot(i, 6),
        ],
        dtype=["int32", "float32"],
    ), ("index", 6)
    yield "ops_slice", fn([(4, 5)], lambda x: [ops.slice(x, (0, 1, 2), (1, 2, 3)), ops.slice(x, [0, 0, 1], [2, 4, 1])])
    yield "ops_triangles", fn(
        [(4, 4)],
        lambda x: [
            ops.tril(x),
            ops.triu(x),
            ops.tril(x, k=1),
            ops.triu(x, k=-1),
            ops.diagonal(x, axis1=1, axis2=2),
            ops.trace(x, axis1=1, axis2=2),
        ],
    )
    yield "ops_space_to_depth", fn([(4, 6, 4)], lambda x: [ops.space_to_depth(x, 2), ops.depth_to_space(x, 2)])
    yield "ops_unfold", fn([(2, 4, 5)], lambda x: ops.unfold(x, kernel_size=2, stride=2))


def products():
    yield "ops_matmul", fn([(3, 4), (4, 2)], lambda x, y: [ops.matmul(x, y), ops.matmul(x, TABLE.T)])
    yield "ops_matmul_batched", fn([(2, 3, 4), (2, 4, 5)], lambda x, y: ops.matmul(x, y))
    yield "ops_matmul_vector", fn([(3, 4), (4,)], lambda x, y: ops.matmul(x, ops.expand_dims(y, -1)))
    yield "ops_einsum", fn(
        [(3, 4), (5, 4)],
        lambda x, y: [
            ops.einsum("bij,bkj->bik", x, y),
            ops.einsum("bij,bkj->bki", x, y),
            ops.einsum("bij->bji", x),
            ops.einsum("bij->bi", x),
            ops.einsum("...ij,...kj->...ik", x, y),
            ops.einsum("bij,bkj->b", x, y),
        ],
    )
    yield "ops_dot", fn(
        [(3, 4)],
        lambda x: [ops.dot(x, TABLE.T), ops.tensordot(x, TABLE.T, axes=1), ops.tensordot(x, TABLE, axes=[[2], [1]]), ops.inner(x, TABLE)],
    )
    yield "ops_outer", fn([(3,), (3,)], lambda x, y: [ops.outer(x, y), ops.cross(x, y), ops.vdot(x, y)])


def networks():
    yield "ops_conv", convolutions()
    yield "ops_pool", fn(
        [(7, 6, 2)],
        lambda x: [
            ops.max_pool(x, 2),
            ops.max_pool(x, 3, strides=2, padding="same"),
            ops.average_pool(x, 2),
            ops.average_pool(x, 3, strides=2, padding="same"),
        ],
    )
    ones = np.array([1.0, 2.0, 0.5, 1.5], "float32")
    yield "ops_normalization", fn(
        [(3, 4)],
        lambda x: [
            ops.batch_normalization(x, ones - 1, ones, axis=-1, offset=ones, scale=ones * 2, epsilon=1e-3),
            ops.batch_normalization(x, ones - 1, ones, axis=-1),
            ops.layer_normalization(x, ones, ones - 1),
            ops.layer_normalization(x),
            ops.rms_normalization(x, ones),
            ops.rms_normalization(x, axis=-1),
        ],
    )
    yield "ops_attention", fn(
        [(3, 2, 4), (5, 2, 4), (5, 2, 4)],
        lambda q, k, v: [
            ops.dot_product_attention(q, k, v),
            ops.dot_product_attention(q, k, v, scale=0.3),
            ops.dot_product_attention(q, q, q, is_causal=True),
        ],
    )
    yield "ops_image", fn(
        [(6, 5, 2)],
        lambda x: [
            ops.image.resize(x, (3, 4)),
            ops.image.resize(x, (9, 8), interpolation="nearest"),
            ops.image.crop_images(x, 1, 2, 0, 1),
            ops.image.pad_images(x, 1, 2, 0, 1),
        ],
    ), "unit"
    yield "ops_rgb", fn([(4, 3, 3)], lambda x: [ops.image.rgb_to_grayscale(x), ops.image.rgb_to_hsv(x), ops.image.hsv_to_rgb(x)]), "unit"
    yield "ops_segment", fn(
        [(4,)],
        lambda x: [ops.searchsorted(np.array([-1.0, 0.0, 2.0], "float32"), x[0]), ops.digitize(x, np.array([-1.0, 0.0, 2.0], "float32"))],
    )
    yield "ops_in_a_net", fn([(4, 3)], in_a_net)


def convolutions():
    """Keras cannot read back a constant kernel, so the kernels are inputs here; `conv_transpose` as a node it cannot run at all."""
    x = keras.Input((6, 5, 2))
    kernel, depth, point = [keras.Input(batch_shape=shape) for shape in [(3, 3, 2, 4), (3, 2, 2, 2), (1, 1, 4, 3)]]
    return keras.Model(
        [x, kernel, depth, point],
        [
            ops.conv(x, kernel),
            ops.conv(x, kernel, strides=2, padding="same"),
            ops.conv(x, kernel, padding="same", dilation_rate=2),
            ops.depthwise_conv(x, depth, padding="same"),
            ops.separable_conv(x, depth, point, padding="same"),
        ],
    )


def in_a_net(x):
    """What people write by hand: a swish, a standardisation and a gate between layers."""
    h = keras.layers.Dense(6)(x)
    h = h * ops.sigmoid(h)
    h = (h - ops.mean(h, axis=-1, keepdims=True)) / (ops.std(h, axis=-1, keepdims=True) + 1e-6)
    a, b = ops.split(h, 2, axis=-1)
    return keras.layers.Dense(2)(ops.mean(a * ops.tanh(b), axis=1)) * 0.5 + 1


def cases():
    for group in (python_operators, pointwise, reductions, shapes, products, networks):
        yield from group()
