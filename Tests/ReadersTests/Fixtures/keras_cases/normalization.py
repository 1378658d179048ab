"""Normalisation layers, and the layers that do nothing at inference."""

import numpy as np
from keras import layers as L

from . import fn, seq

# What trains only: each must come out as the identity.
PASSIVE = [
    L.Dropout,
    L.GaussianDropout,
    L.GaussianNoise,
    L.AlphaDropout,
    L.SpatialDropout2D,
]


def batch():
    yield "batch_normalization", seq((3, 4), L.BatchNormalization())
    yield "batch_normalization_axis1", seq((3, 4, 5), L.BatchNormalization(axis=1, epsilon=1e-5))
    yield "batch_normalization_no_scale", seq((4,), L.BatchNormalization(scale=False))
    yield "batch_normalization_no_center", seq((4,), L.BatchNormalization(center=False))
    yield "batch_normalization_bare", seq((5, 4, 3), L.BatchNormalization(center=False, scale=False))
    yield "batch_normalization_after_conv", seq((6, 5, 2), L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(), L.ReLU())
    yield "batch_normalization_after_depthwise", seq((6, 5, 2), L.DepthwiseConv2D(3), L.BatchNormalization(), L.ReLU(6.0))
    yield "batch_normalization_before_dense", seq((5,), L.BatchNormalization(), L.Dense(3, activation="relu"))
    yield "batch_normalization_renorm", seq((4,), L.BatchNormalization(renorm=True))


def layer():
    yield "layer_normalization", seq((3, 5), L.LayerNormalization())
    yield "layer_normalization_axes", seq((3, 4, 5), L.LayerNormalization(axis=[2, 3]))
    yield "layer_normalization_first_axis", seq((3, 4), L.LayerNormalization(axis=1, epsilon=1e-6))
    yield "layer_normalization_outer_axes", seq((3, 4, 5), L.LayerNormalization(axis=[1, 3]))
    yield "layer_normalization_no_scale", seq((3, 5), L.LayerNormalization(scale=False))
    yield "layer_normalization_no_center", seq((3, 5), L.LayerNormalization(center=False))
    yield "group_normalization", seq((4, 3, 6), L.GroupNormalization(groups=3))
    yield "group_normalization_instance", seq((4, 3, 4), L.GroupNormalization(groups=-1, epsilon=1e-5))
    yield "group_normalization_axis1", seq((6, 4, 3), L.GroupNormalization(groups=2, axis=1, center=False))
    yield "group_normalization_one_group", seq((5, 4), L.GroupNormalization(groups=1, scale=False))
    yield "rms_normalization", seq((3, 5), L.RMSNormalization())
    yield "rms_normalization_axes", seq((3, 4, 5), L.RMSNormalization(axis=[2, 3], epsilon=1e-4))
    yield "unit_normalization", seq((3, 5), L.UnitNormalization())
    yield "unit_normalization_axes", seq((3, 4, 5), L.UnitNormalization(axis=[1, 2]))
    yield "spectral_normalization", seq(
        (5, 5, 3), L.SpectralNormalization(L.Conv2D(4, 3)), L.Flatten(), L.SpectralNormalization(L.Dense(3))
    )


def statistics():
    yield "normalization_given", seq((3, 4), L.Normalization(mean=[1.0, 2.0, -1.0, 0.0], variance=[1.0, 4.0, 0.25, 2.0]))
    yield "normalization_scalar", seq((3, 4), L.Normalization(axis=None, mean=0.5, variance=2.25))
    yield "normalization_invert", seq((4,), L.Normalization(mean=[1.0, 2.0, -1.0, 0.0], variance=[1.0, 4.0, 0.25, 2.0], invert=True))
    adapted = L.Normalization()
    adapted.adapt(np.random.default_rng(3).normal(2, 3, (50, 4)).astype("float32"))
    yield "normalization_adapted", seq((4,), adapted, L.Dense(2))
    by_two = L.Normalization(axis=(1, 2))
    by_two.adapt(np.random.default_rng(4).normal(2, 3, (50, 3, 4)).astype("float32"))
    yield "normalization_adapted_axes", seq((3, 4), by_two)


def cases():
    yield from batch()
    yield from layer()
    yield from statistics()
    yield "passive", fn(
        [(4, 3, 2)],
        lambda x: [kind(0.3)(x) for kind in PASSIVE]
        + [L.Identity()(x), L.ActivityRegularization(l1=0.1, l2=0.2)(x), L.Activation("linear")(x)],
    )
    yield "passive_other_ranks", fn([(4, 3), (2, 3, 2, 2)], lambda x, y: [L.SpatialDropout1D(0.2)(x), L.SpatialDropout3D(0.2)(y)])
