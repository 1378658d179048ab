"""Preprocessing layers that compute on numbers, and the random ones, which pass their input on at inference."""

import numpy as np
from keras import layers as L

from . import fn, seq

IMAGE = (7, 9, 3)
RANDOM = {
    "RandomBrightness": 0.2,
    "RandomContrast": 0.2,
    "RandomFlip": "horizontal",
    "RandomRotation": 0.1,
    "RandomZoom": 0.2,
    "RandomSharpness": 0.3,
    "RandomHue": 0.2,
    "RandomSaturation": 0.3,
    "RandomGrayscale": 0.4,
    "RandomColorDegeneration": 0.3,
    "RandomPosterization": 4,
    "RandomErasing": 0.3,
    "RandomInvert": 0.2,
    "RandomGaussianBlur": 0.3,
    "RandomPerspective": 0.3,
    "RandomElasticTransform": 0.3,
    "MixUp": 0.2,
    "CutMix": 0.5,
    "AugMix": (0, 255),
    "RandAugment": (0, 255),
    "RandomColorJitter": (0, 255),
    "RandomShear": 0.0,
}


def numbers():
    yield "rescaling", fn([(4, 3)], lambda x: [L.Rescaling(1 / 255.0)(x), L.Rescaling(0.5, offset=-1.0)(x)]), "image"
    yield "rescaling_per_channel", seq((4, 3), L.Rescaling([0.5, 2.0, -1.0], offset=[1.0, 0.0, -3.0])), "image"
    yield "rescaling_integers", seq((4, 3), L.Rescaling(0.5), dtype="int32")
    edges = [-1.0, 0.0, 0.5, 2.0]
    values = np.array([[-9.5, -1, -0.5, 0], [0.25, 0.5, 1.99, 2]], "float32")
    yield "discretization", seq((4,), L.Discretization(edges)), values
    for mode in ("one_hot", "multi_hot", "count"):
        yield f"discretization_{mode}", seq((4,), L.Discretization(edges, output_mode=mode)), values
        if mode == "one_hot":
            yield "category_encoding_one_hot_scalar", seq((1,), L.CategoryEncoding(5, output_mode=mode), dtype="int32"), ("index", 5)
        yield f"category_encoding_{mode}", seq((3,), L.CategoryEncoding(5, output_mode=mode), dtype="int32"), ("index", 5)
    yield "category_encoding_weights", fn(
        [(3,), (3,)], lambda x, w: L.CategoryEncoding(5, output_mode="count")(x, count_weights=w), dtype=["int32", "float32"]
    ), ("index", 5)
    yield "integer_lookup", seq((4,), L.IntegerLookup(vocabulary=[7, 2, 9, -3]), dtype="int32"), np.array(
        [[7, 2, 1, -3], [9, 9, 0, -1]], "int32"
    )
    yield "integer_lookup_mask", seq((4,), L.IntegerLookup(vocabulary=[7, 2, 9], mask_token=0, num_oov_indices=2), dtype="int32"), np.array(
        [[7, 2, 1, 0], [9, 9, 0, 4]], "int32"
    )
    yield "integer_lookup_multi_hot", seq((4,), L.IntegerLookup(vocabulary=[7, 2, 9], output_mode="multi_hot"), dtype="int32"), np.array(
        [[7, 2, 1, 0], [9, 9, 2, 4]], "int32"
    )


def hashed():
    yield "hashing", seq((3,), L.Hashing(num_bins=7), dtype="int32"), ("index", 1000)
    yield "hashing_salt", seq((3,), L.Hashing(num_bins=7, salt=[133, 137], mask_value=0), dtype="int32"), ("index", 1000)
    yield "hashed_crossing", fn([(1,), (1,)], lambda a, b: L.HashedCrossing(num_bins=11)([a, b]), dtype="int32"), ("index", 99), (
        "index",
        99,
    )


def images():
    yield "center_crop", fn([IMAGE], lambda x: [L.CenterCrop(4, 5)(x), L.CenterCrop(5, 4)(x)])
    yield "center_crop_larger", seq((4, 5, 2), L.CenterCrop(6, 7)), "unit"
    for kind in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        yield f"resizing_{kind}", fn(
            [IMAGE],
            lambda x: [
                L.Resizing(5, 4, interpolation=kind)(x),
                L.Resizing(10, 13, interpolation=kind)(x),
                L.Resizing(7, 9, interpolation=kind)(x),
            ],
        )
    yield "resizing_antialias", fn(
        [IMAGE],
        lambda x: [L.Resizing(3, 4, interpolation=kind, antialias=True)(x) for kind in ("nearest", "bilinear", "bicubic", "lanczos3")],
    )
    yield "resizing_crop", fn(
        [IMAGE], lambda x: [L.Resizing(5, 5, crop_to_aspect_ratio=True)(x), L.Resizing(3, 8, crop_to_aspect_ratio=True)(x)]
    )
    yield "resizing_pad", fn(
        [IMAGE], lambda x: [L.Resizing(5, 5, pad_to_aspect_ratio=True)(x), L.Resizing(3, 8, pad_to_aspect_ratio=True, fill_value=0.5)(x)]
    )
    yield "resizing_channels_first", seq((3, 7, 9), L.Resizing(5, 4, data_format="channels_first"))
    yield "solarization", fn([IMAGE], lambda x: [L.Solarization(0, 0)(x), L.Solarization(0.25, 0.5)(x)]), "image"
    yield "random_layers", fn([(4, 5, 3)], lambda x: [getattr(L, name)(value)(x) for name, value in RANDOM.items()]), "image"
    yield "auto_contrast", seq((5, 4, 3), L.AutoContrast()), "image"
    yield "histogram_equalization_adaptive", seq((8, 8, 3), L.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))), "image"
    yield "pipeline", seq((5, 4, 3), L.Pipeline([L.Rescaling(1 / 255), L.CenterCrop(3, 3)])), "image"
    yield "random_crop", fn([IMAGE], lambda x: [L.RandomCrop(4, 5)(x), L.RandomCrop(9, 12)(x)]), "unit"
    yield "random_translation", seq((4, 5, 2), L.RandomTranslation(0.2, 0.1)), "unit"


def spectra():
    yield "stft_spectrogram", seq((60, 1), L.STFTSpectrogram("magnitude", 16, 8, 32))
    for mode in ("log", "psd", "angle", "real", "imag", "stft"):
        yield f"stft_spectrogram_{mode}", seq((40, 1), L.STFTSpectrogram(mode, 12, 5, 16, padding="same" if mode == "psd" else "valid"))
    yield "stft_spectrogram_window", seq(
        (40, 2), L.STFTSpectrogram("magnitude", 12, 5, 16, window="hamming", periodic=True, scaling="spectrum", expand_dims=True)
    )
    yield "mel_spectrogram", seq((120,), L.MelSpectrogram(32, 16, num_mel_bins=6, sampling_rate=800))
    yield "mel_spectrogram_amplitude", seq(
        (90,), L.MelSpectrogram(32, 10, 24, num_mel_bins=5, sampling_rate=800, power_to_db=False, mag_exp=1.0, window="hamming")
    )


def cases():
    yield from numbers()
    yield from hashed()
    yield from images()
    yield from spectra()
