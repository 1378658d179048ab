"""Maximum, average, global and adaptive pooling."""

from keras import layers as L

from . import fn, seq

FIRST = {"data_format": "channels_first"}
SHAPES = {1: (9, 3), 2: (7, 6, 3), 3: (5, 4, 5, 2)}


def windows(rank):
    shape = SHAPES[rank]
    for kind in ("Max", "Average"):
        pool, name = getattr(L, f"{kind}Pooling{rank}D"), f"{kind.lower()}_pooling{rank}d"
        yield f"{name}_default", seq(shape, pool(2))
        yield f"{name}_valid", seq(shape, pool(3, strides=2))
        yield f"{name}_same", seq(shape, pool(3, strides=2, padding="same"))
        yield f"{name}_same_stride1", seq(shape, pool(2, strides=1, padding="same"))
    first = (shape[-1], *shape[:-1])
    yield f"pooling{rank}d_channels_first", fn(
        [first],
        lambda x: [
            getattr(L, f"MaxPooling{rank}D")(2, padding="same", **FIRST)(x),
            getattr(L, f"AveragePooling{rank}D")(2, padding="same", **FIRST)(x),
        ],
    )


def whole(rank):
    shape = SHAPES[rank]
    kinds = [getattr(L, f"Global{kind}Pooling{rank}D") for kind in ("Max", "Average")]
    flags = [{}, {"keepdims": True}, FIRST, {"keepdims": True, **FIRST}]
    yield f"global_pooling{rank}d", fn([shape], lambda x: [kind(**flag)(x) for kind in kinds for flag in flags])


def adaptive(rank):
    shape, sizes = SHAPES[rank], {1: 4, 2: (3, 4), 3: (2, 3, 2)}[rank]
    kinds = [getattr(L, f"Adaptive{kind}Pooling{rank}D") for kind in ("Max", "Average")]
    yield f"adaptive_pooling{rank}d", fn([shape], lambda x: [kind(sizes)(x) for kind in kinds] + [kind(1)(x) for kind in kinds])


def cases():
    for rank in (1, 2, 3):
        yield from windows(rank)
        yield from whole(rank)
        yield from adaptive(rank)
    yield "max_pooling2d_uneven", seq((7, 8, 2), L.MaxPooling2D((2, 3), strides=(3, 2), padding="same"))
    yield "average_pooling2d_uneven", seq((7, 8, 2), L.AveragePooling2D((3, 2), strides=(1, 3), padding="same"))
    yield "pooling1d_open_time", fn([(None, 3)], lambda x: [L.MaxPooling1D(2)(x), L.AveragePooling1D(2, padding="same")(x)])
    yield "adaptive_pooling2d_channels_first", fn(
        [(3, 7, 5)], lambda x: [L.AdaptiveAveragePooling2D((2, 4), **FIRST)(x), L.AdaptiveMaxPooling2D((2, 4), **FIRST)(x)]
    )
