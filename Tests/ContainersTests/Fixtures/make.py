"""Writes the fixtures beside it: `python make.py` with numpy, h5py, safetensors and ml_dtypes installed.

The numbers follow from their position, so that the tests know them without a second copy.
"""

import json
import os
import zipfile

import h5py
import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

here = os.path.dirname(os.path.abspath(__file__))
os.chdir(here)


def ramp(*shape, dtype="float32"):
    """0, 1, 2, ... times 0.25, minus 1 for signed types."""
    values = np.arange(int(np.prod(shape))).reshape(shape)
    return (values * 0.25 - 1).astype(dtype) if np.dtype(dtype).kind == "f" else values.astype(dtype)


def legacy_h5():
    with h5py.File("legacy.h5", "w") as f:
        f.attrs["keras_version"] = "2.15.0"
        f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}})
        weights = f.create_group("model_weights")
        weights.attrs["layer_names"] = ["dense", "dense_1"]
        weights.attrs["fixed"] = np.array([b"one", b"three"])
        weights.attrs["none"] = []
        for i, layer in enumerate(["dense", "dense_1"]):
            group = weights.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/kernel:0", f"{layer}/bias:0"]
            group.create_dataset(f"{layer}/kernel:0", data=ramp(3 + i, 4))
            group.create_dataset(f"{layer}/bias:0", data=ramp(4))


def bfloat16(group, name):
    """As Keras keeps it: h5py has no such type."""
    group.create_dataset(name, data=ramp(2, 3).astype(ml_dtypes.bfloat16).view("V2")).attrs["dtype"] = "bfloat16"


def attributes(f):
    f.attrs["int"] = 42
    f.attrs["float"] = 1.5
    f.attrs["array"] = np.arange(5, dtype=np.int32)
    f.attrs["flag"] = True


def kinds_h5():
    with h5py.File("kinds.h5", "w") as f:
        for dtype in ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
            f.create_dataset(dtype, data=ramp(2, 3, dtype=dtype))
        bfloat16(f, "bfloat16")
        f.create_dataset("big", data=ramp(2, 3, dtype=">f4"))
        f.create_dataset("bool", data=np.array([True, False, True]))
        f.create_dataset("scalar", data=np.float32(2.5))
        f.create_dataset("empty", data=np.zeros((0, 4), np.float32))
        f.create_dataset("unwritten", shape=(2, 2), dtype="float32", fillvalue=7)
        f.create_dataset("texts", data=["a", "", "déjà"])
        f.create_dataset("chunked", data=ramp(7, 10), chunks=(3, 4))
        f.create_dataset("fine", data=ramp(7, 10), chunks=(1, 1))
        f.create_dataset("deflated", data=ramp(7, 10), chunks=(3, 4), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("opaque", data=np.zeros(2, "V2"))
        f.create_dataset("lzf", data=ramp(7, 10), chunks=(3, 4), compression="lzf")
        f.create_dataset("compound", data=np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
        attributes(f)
        many = f.create_group("many")
        for i in range(40):
            many.create_group(f"g{i}")
        f["soft"] = h5py.SoftLink("/float32")
        loop = f.create_group("loop")
        loop["again"] = loop


def latest_h5():
    """The newest headers; more than eight members and they lie in a heap that is not read."""
    with h5py.File("latest.h5", "w", libver="latest") as f:
        f.create_dataset("float32", data=ramp(2, 3))
        bfloat16(f, "bfloat16")
        f.create_dataset("texts", data=["a", "", "déjà"])
        f.create_group("group/in/group").create_dataset("int64", data=ramp(2, 3, dtype="int64"))
        f.create_dataset("chunked", data=ramp(7, 10), chunks=(3, 4))
        attributes(f)
        many = f.create_group("many")
        for i in range(9):
            many.create_group(f"g{i}")


def keras_zip(name, method):
    config = json.dumps({"class_name": "Sequential", "config": {"layers": []}})
    with zipfile.ZipFile(name, "w", method) as z:
        for member, data in [("metadata.json", "{}"), ("config.json", config), ("model.weights.h5", open("legacy.h5", "rb").read())]:
            info = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
            z.writestr(info, data, method)


def arrays():
    np.save("f4.npy", ramp(2, 3))
    np.save("fortran.npy", np.asfortranarray(ramp(2, 3, 4)))
    np.save("big.npy", ramp(2, 3, dtype=">i2"))
    np.save("bool.npy", np.array([True, False]))
    np.save("scalar.npy", np.float64(2.5))
    np.save("object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save("record.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
    np.savez("arrays.npz", x0=ramp(2, 3), y0=ramp(4, dtype="int64"))
    np.savez_compressed("deflated.npz", x0=ramp(20, 30))
    tensors = {"w": ramp(2, 3), "b": ramp(3, dtype="int64"), "h": ramp(4).astype(ml_dtypes.bfloat16), "flags": np.array([True, False])}
    save_file(tensors, "model.safetensors", metadata={"format": "np"})
    os.chmod("model.safetensors", 0o644)


legacy_h5()
kinds_h5()
latest_h5()
keras_zip("stored.keras", zipfile.ZIP_STORED)
keras_zip("deflated.keras", zipfile.ZIP_DEFLATED)
arrays()
