"""Convolutions: 1D to 3D, transposed, depthwise, separable; strides, dilation, groups, padding, channel order."""

from keras import layers as L

from . import seq

FIRST = {"data_format": "channels_first"}


def plain():
    yield "conv1d_valid", seq((9, 3), L.Conv1D(4, 3))
    yield "conv1d_same_stride2", seq((9, 3), L.Conv1D(4, 4, strides=2, padding="same", activation="relu"))
    yield "conv1d_causal", seq((9, 3), L.Conv1D(4, 3, padding="causal"))
    yield "conv1d_causal_dilated", seq((9, 3), L.Conv1D(4, 3, padding="causal", dilation_rate=2, use_bias=False))
    yield "conv1d_causal_stride2", seq((9, 3), L.Conv1D(2, 3, padding="causal", strides=2))
    yield "conv1d_dilated_valid", seq((11, 2), L.Conv1D(3, 3, dilation_rate=3))
    yield "conv1d_groups", seq((7, 4), L.Conv1D(6, 3, groups=2, padding="same"))
    yield "conv1d_open_time", seq((None, 3), L.Conv1D(4, 3, padding="same"))
    yield "conv1d_channels_first", seq((3, 9), L.Conv1D(4, 3, padding="same", **FIRST))
    yield "conv2d_valid", seq((6, 7, 3), L.Conv2D(4, (3, 2)))
    yield "conv2d_same", seq((5, 7, 3), L.Conv2D(4, 3, padding="same", activation="tanh"))
    yield "conv2d_same_stride2_odd", seq((7, 5, 2), L.Conv2D(3, 3, strides=2, padding="same"))
    yield "conv2d_same_stride2_even", seq((8, 6, 2), L.Conv2D(3, 3, strides=2, padding="same"))
    yield "conv2d_stride_3_1", seq((8, 7, 2), L.Conv2D(3, (2, 3), strides=(3, 1)))
    yield "conv2d_stride_over_kernel", seq((9, 9, 2), L.Conv2D(3, 2, strides=3, padding="same"))
    yield "conv2d_dilated_same", seq((9, 8, 2), L.Conv2D(3, 3, dilation_rate=(2, 3), padding="same", use_bias=False))
    yield "conv2d_dilated_valid", seq((9, 8, 2), L.Conv2D(3, (3, 2), dilation_rate=(3, 2)))
    yield "conv2d_groups", seq((5, 5, 6), L.Conv2D(9, 3, groups=3, padding="same"))
    yield "conv2d_pointwise", seq((5, 4, 5), L.Conv2D(7, 1, activation="relu"))
    yield "conv2d_kernel_over_image", seq((3, 4, 2), L.Conv2D(3, 5, padding="same"))
    yield "conv2d_channels_first", seq((3, 6, 7), L.Conv2D(4, 3, strides=2, padding="same", **FIRST))
    yield "conv2d_open_image", seq((None, None, 2), L.Conv2D(3, 3, padding="same"), L.GlobalMaxPooling2D())
    yield "conv3d_valid", seq((4, 5, 4, 2), L.Conv3D(3, (2, 3, 2)))
    yield "conv3d_same_stride", seq((4, 5, 3, 2), L.Conv3D(3, 3, strides=(2, 1, 2), padding="same", activation="relu"))
    yield "conv3d_dilated", seq((5, 5, 5, 2), L.Conv3D(2, 2, dilation_rate=(2, 3, 1)))
    yield "conv3d_groups", seq((3, 3, 4, 4), L.Conv3D(2, 2, groups=2, padding="same"))
    yield "conv3d_channels_first", seq((2, 4, 3, 4), L.Conv3D(3, 2, **FIRST))


def transposed():
    yield "conv1d_transpose_valid", seq((4, 3), L.Conv1DTranspose(2, 3, strides=2))
    yield "conv1d_transpose_same", seq((5, 3), L.Conv1DTranspose(2, 4, strides=3, padding="same", activation="relu"))
    yield "conv1d_transpose_output_padding", seq((4, 3), L.Conv1DTranspose(2, 3, strides=2, output_padding=1))
    yield "conv1d_transpose_dilated", seq((5, 2), L.Conv1DTranspose(3, 3, dilation_rate=2))
    yield "conv2d_transpose_valid", seq((3, 4, 3), L.Conv2DTranspose(2, 3, strides=2))
    yield "conv2d_transpose_same", seq((3, 4, 3), L.Conv2DTranspose(2, 3, strides=2, padding="same"))
    yield "conv2d_transpose_same_even_kernel", seq((3, 4, 2), L.Conv2DTranspose(3, (4, 2), strides=2, padding="same", use_bias=False))
    yield "conv2d_transpose_stride1", seq((4, 5, 2), L.Conv2DTranspose(3, 3, padding="same"))
    yield "conv2d_transpose_stride_over_kernel", seq((3, 4, 2), L.Conv2DTranspose(3, 2, strides=3, padding="valid"))
    yield "conv2d_transpose_stride_over_kernel_same", seq((3, 4, 2), L.Conv2DTranspose(3, 2, strides=3, padding="same"))
    yield "conv2d_transpose_output_padding", seq((3, 4, 2), L.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=(1, 0)))
    yield "conv2d_transpose_output_padding_valid", seq((3, 4, 2), L.Conv2DTranspose(2, 3, strides=(2, 3), output_padding=(0, 1)))
    yield "conv2d_transpose_dilated", seq((4, 4, 2), L.Conv2DTranspose(2, 3, dilation_rate=2))
    yield "conv2d_transpose_channels_first", seq((3, 3, 4), L.Conv2DTranspose(2, 3, strides=2, padding="same", **FIRST))
    yield "conv3d_transpose_valid", seq((2, 3, 2, 2), L.Conv3DTranspose(2, 2, strides=(2, 1, 2)))
    yield "conv3d_transpose_same", seq((2, 3, 2, 2), L.Conv3DTranspose(2, 3, strides=2, padding="same"))


def depthwise():
    yield "depthwise_conv1d", seq((8, 3), L.DepthwiseConv1D(3, depth_multiplier=2))
    yield "depthwise_conv1d_same_stride2", seq((8, 3), L.DepthwiseConv1D(3, strides=2, padding="same", use_bias=False))
    yield "depthwise_conv1d_dilated", seq((9, 2), L.DepthwiseConv1D(3, dilation_rate=2, activation="relu"))
    yield "depthwise_conv2d", seq((5, 6, 3), L.DepthwiseConv2D((3, 2), depth_multiplier=2))
    yield "depthwise_conv2d_same_stride2", seq((7, 7, 3), L.DepthwiseConv2D(3, strides=2, padding="same", activation="relu6"))
    yield "depthwise_conv2d_dilated", seq((8, 7, 2), L.DepthwiseConv2D(3, dilation_rate=2, padding="same"))
    yield "depthwise_conv2d_channels_first", seq((3, 5, 6), L.DepthwiseConv2D(3, depth_multiplier=2, **FIRST))
    yield "separable_conv1d", seq((8, 3), L.SeparableConv1D(4, 3, depth_multiplier=2, padding="same"))
    yield "separable_conv1d_stride2", seq((9, 3), L.SeparableConv1D(4, 3, strides=2, use_bias=False))
    yield "separable_conv1d_dilated", seq((8, 3), L.SeparableConv1D(4, 3, padding="same", dilation_rate=2))
    yield "separable_conv2d", seq((6, 5, 3), L.SeparableConv2D(4, 3, depth_multiplier=2, activation="relu"))
    yield "separable_conv2d_same_stride2", seq((7, 6, 3), L.SeparableConv2D(4, 3, strides=2, padding="same"))
    yield "separable_conv2d_dilated", seq((7, 7, 2), L.SeparableConv2D(3, 2, dilation_rate=2))


def cases():
    yield from plain()
    yield from transposed()
    yield from depthwise()
