"""Reshaping, padding, cropping and up-sampling."""

from keras import layers as L

from . import fn, seq

FIRST = {"data_format": "channels_first"}


def shapes():
    yield "reshape", seq((3, 4), L.Reshape((2, 6)))
    yield "reshape_unknown", seq((3, 4), L.Reshape((-1, 2, 2)))
    yield "reshape_open", seq((None, 4), L.Reshape((-1, 2)))
    yield "flatten", seq((2, 3, 4), L.Flatten())
    yield "flatten_vector", seq((4,), L.Flatten())
    yield "flatten_scalar", seq((), L.Flatten())
    yield "flatten_channels_first", seq((2, 3, 4), L.Flatten(**FIRST))
    yield "flatten_open", seq((None, 3), L.Flatten())
    yield "permute", seq((2, 3, 4), L.Permute((3, 1, 2)))
    yield "repeat_vector", seq((3,), L.RepeatVector(4))
    yield "repeat_vector_lstm", seq((3,), L.Dense(4), L.RepeatVector(3), L.LSTM(2, return_sequences=True), L.TimeDistributed(L.Dense(1)))


def padding():
    yield "zero_padding1d", fn([(4, 3)], lambda x: [L.ZeroPadding1D()(x), L.ZeroPadding1D((0, 2))(x), L.ZeroPadding1D((1, 3), **FIRST)(x)])
    yield "zero_padding2d", fn(
        [(4, 3, 2)],
        lambda x: [
            L.ZeroPadding2D()(x),
            L.ZeroPadding2D((2, 1))(x),
            L.ZeroPadding2D(((0, 1), (2, 0)))(x),
            L.ZeroPadding2D(((0, 1), (2, 0)), **FIRST)(x),
        ],
    )
    yield "zero_padding3d", fn(
        [(2, 3, 2, 2)],
        lambda x: [L.ZeroPadding3D()(x), L.ZeroPadding3D(((0, 1), (2, 0), (1, 1)))(x), L.ZeroPadding3D((1, 0, 2), **FIRST)(x)],
    )
    yield "zero_padding_conv", seq((6, 6, 2), L.ZeroPadding2D(((0, 1), (0, 1))), L.DepthwiseConv2D(3, strides=2, use_bias=False))
    yield "cropping1d", fn([(6, 3)], lambda x: [L.Cropping1D()(x), L.Cropping1D((0, 2))(x), L.Cropping1D((3, 1))(x)])
    yield "cropping2d", fn(
        [(5, 6, 4)],
        lambda x: [
            L.Cropping2D(1)(x),
            L.Cropping2D((2, 1))(x),
            L.Cropping2D(((0, 1), (2, 0)))(x),
            L.Cropping2D(((1, 1), (0, 2)), **FIRST)(x),
        ],
    )
    yield "cropping3d", fn(
        [(4, 5, 4, 3)],
        lambda x: [L.Cropping3D()(x), L.Cropping3D(((0, 1), (2, 0), (1, 1)))(x), L.Cropping3D(((1, 0), (1, 2), (0, 1)), **FIRST)(x)],
    )


def sampling():
    yield "up_sampling1d", fn([(4, 3)], lambda x: [L.UpSampling1D()(x), L.UpSampling1D(3)(x)])
    yield "up_sampling2d", fn([(3, 4, 2)], lambda x: [L.UpSampling2D()(x), L.UpSampling2D((3, 1))(x), L.UpSampling2D((2, 3), **FIRST)(x)])
    for kind in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        yield f"up_sampling2d_{kind}", fn(
            [(4, 5, 2)], lambda x: [L.UpSampling2D((2, 3), interpolation=kind)(x), L.UpSampling2D(2, interpolation=kind, **FIRST)(x)]
        )
    yield "up_sampling3d", fn(
        [(2, 3, 2, 2)], lambda x: [L.UpSampling3D()(x), L.UpSampling3D((1, 2, 3))(x), L.UpSampling3D((2, 1, 1), **FIRST)(x)]
    )


def cases():
    yield from shapes()
    yield from padding()
    yield from sampling()
