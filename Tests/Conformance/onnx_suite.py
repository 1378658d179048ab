#!/usr/bin/env python3
"""The backend suite of ONNX against swiftdl-compile.

    onnx_suite.py COMPILER                        every model to C, gcc with warnings as errors, run, compare
    onnx_suite.py COMPILER --engine check         the compiler's own check: libtcc in memory, against the interpreter and the suite
    onnx_suite.py COMPILER --flags '--target aarch64-neon' --cc 'aarch64-linux-gnu-gcc -static' --run qemu-aarch64      another machine

The models come from the onnx package (pip install -r requirements.txt) and are written to a folder once. Outputs are compared as ONNX's own
runner does: shapes and integers exactly, floats within the tolerances of the case. A model passes, is refused (exit code 1 and a message),
or fails in one of the ways that must not be: wrong, no C that compiles, a crash, a time-out. refused.txt lists every model that is refused,
with the reason; the run fails where a model fails, where one that is not in the list is refused, and where one in the list is not.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "light")
TYPE = {number: name for name, number in TensorProto.DataType.items()}
# How an element lies in the files of a harness: floats of 16 bits and fewer as their bits, integers of fewer than 8 bits a byte each.
STORED = {
    "FLOAT": "<f4", "DOUBLE": "<f8", "FLOAT16": "<f2", "BFLOAT16": ml_dtypes.bfloat16, "BOOL": "u1", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT4": "i1", "INT2": "i1",
    "UINT4": "u1", "UINT2": "u1", "FLOAT8E4M3FN": ml_dtypes.float8_e4m3fn, "FLOAT8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "FLOAT8E5M2": ml_dtypes.float8_e5m2, "FLOAT8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz, "FLOAT8E8M0": ml_dtypes.float8_e8m0fnu,
    "FLOAT4E2M1": ml_dtypes.float4_e2m1fn,
}
# Their outputs are drawn, and every generator draws others.
DRAWN = re.compile(r"test_(bernoulli|training_dropout(?!.*zero_ratio))")


def write_suite(folder):
    """The models and their data, a folder each, as ONNX lays out test cases."""
    from onnx.backend.test.loader import load_model_tests

    def serialised(value, info):
        kind = info.type.WhichOneof("value")
        if kind == "sequence_type":
            return numpy_helper.from_list(value, info.name).SerializeToString()
        if kind == "optional_type":
            return numpy_helper.from_optional(value, info.name).SerializeToString()
        tensor = value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), info.name)
        return tensor.SerializeToString()

    for kind in KINDS[:-1]:
        for case in load_model_tests(kind=kind):
            place = folder / kind / case.name
            place.mkdir(parents=True)
            (place / "tolerance.json").write_text(json.dumps({"rtol": case.rtol, "atol": case.atol}))
            if case.model_dir:
                shutil.copytree(case.model_dir, place, dirs_exist_ok=True)
                continue
            (place / "model.onnx").write_bytes(case.model.SerializeToString())
            for number, (inputs, outputs) in enumerate(case.data_sets):
                data = place / f"test_data_set_{number}"
                data.mkdir()
                for role, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
                    for position, value in enumerate(values):
                        (data / f"{role}_{position}.pb").write_bytes(serialised(value, infos[position]))
    light = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"
    for path in sorted(light.glob("*.onnx")):
        place = folder / "light" / f"test_{path.stem}"
        (place / "test_data_set_0").mkdir(parents=True)
        shutil.copy(path, place / "model.onnx")
        shutil.copy(light / f"{path.stem}_output_0.pb", place / "test_data_set_0/output_0.pb")
        (place / "tolerance.json").write_text(json.dumps({"rtol": 1e-3, "atol": 1e-7}))
        model = onnx.load(place / "model.onnx")
        weights = {tensor.name for tensor in model.graph.initializer}
        given = [info for info in model.graph.input if info.name not in weights]
        for position, info in enumerate(given):
            # These networks come without inputs: the runner counts up to 1.
            dims = [dim.dim_value or 1 for dim in info.type.tensor_type.shape.dim]
            values = (np.arange(np.prod(dims)) / np.prod(dims)).reshape(dims).astype(np.float32)
            (place / f"test_data_set_0/input_{position}.pb").write_bytes(numpy_helper.from_array(values, info.name).SerializeToString())


def element_type(proto):
    kind = proto.WhichOneof("value")
    if kind == "tensor_type":
        return TYPE[proto.tensor_type.elem_type]
    return element_type(getattr(proto, kind).elem_type)


def load(info, path):
    """The value in a file and the name of its element type; lists stand for sequences, `None` for an absent optional."""
    raw, kind = path.read_bytes(), info.type.WhichOneof("value")
    if kind == "optional_type":
        message = onnx.OptionalProto()
        message.ParseFromString(raw)
        return numpy_helper.to_optional(message), element_type(info.type)
    if kind == "sequence_type":
        message = onnx.SequenceProto()
        message.ParseFromString(raw)
        return numpy_helper.to_list(message), element_type(info.type)
    message = TensorProto()
    message.ParseFromString(raw)
    return numpy_helper.to_array(message), TYPE[message.data_type]


def tensor_bytes(array, dtype):
    if dtype == "STRING":
        texts = [t if isinstance(t, bytes) else str(t).encode() for t in np.asarray(array).reshape(-1)]
        return b"".join(np.int64(len(t)).tobytes() + t for t in texts)
    array = np.ascontiguousarray(array)
    return array.tobytes() if array.dtype == STORED[dtype] else array.astype(STORED[dtype]).tobytes()


def file_bytes(value, dtype):
    if value is None:
        return b""
    if isinstance(value, list):
        parts = [np.array([np.ndim(x), *np.shape(x)], "<i8").tobytes() + tensor_bytes(x, dtype) for x in value]
        return np.int64(len(value)).tobytes() + b"".join(parts)
    return tensor_bytes(value, dtype)


def difference(found, value, dtype, tolerance):
    """What is wrong with an output's bytes, or nothing."""
    if value is None or isinstance(value, list):
        return sequence_difference(found, value, dtype, tolerance)
    expected = np.asarray(value)
    if dtype == "STRING":
        return None if found == tensor_bytes(expected, dtype) else "strings differ"
    kind = np.dtype(STORED[dtype])
    if len(found) != expected.size * kind.itemsize:
        return f"{len(found)} bytes, expected {expected.size * kind.itemsize}"
    if expected.size == 0:
        return None
    actual, expected = np.frombuffer(found, kind), expected.reshape(-1)
    if dtype in ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"):
        rtol = max(tolerance["rtol"], {"BFLOAT16": 2**-6, "FLOAT16": 2e-3}.get(dtype, 0))
        atol = max(tolerance["atol"], 1e-3 if dtype == "FLOAT16" else 1e-5)
        with np.errstate(all="ignore"):
            bad = ~np.isclose(actual.astype("f8"), expected.astype("f8"), rtol=rtol, atol=atol, equal_nan=True)
    else:
        bad = actual.view(np.uint8).reshape(expected.size, -1) != np.frombuffer(tensor_bytes(expected, dtype), np.uint8).reshape(expected.size, -1)
        bad = bad.any(axis=1)
    if not bad.any():
        return None
    first = int(np.argmax(bad))
    return f"{int(bad.sum())} of {bad.size} differ, first [{first}]: {actual[first]!r}, expected {expected[first]!r}"


def sequence_difference(found, values, dtype, tolerance):
    if values is None:
        return "something, expected an absent optional" if found else None
    if len(found) < 8 or int(np.frombuffer(found[:8], "<i8")[0]) != len(values):
        return f"a sequence of another length than {len(values)}"
    place = 8
    for position, value in enumerate(values):
        head, body = np.array([np.ndim(value), *np.shape(value)], "<i8").tobytes(), len(tensor_bytes(value, dtype))
        if found[place:place + len(head)] != head:
            return f"element {position} has another shape than {np.shape(value)}"
        place += len(head)
        problem = difference(found[place:place + body], np.asarray(value), dtype, tolerance)
        if problem:
            return f"element {position}: {problem}"
        place += body
    return None if place == len(found) else "more than was expected"


class Case:
    """One model of the suite."""

    def __init__(self, folder, name):
        self.folder, self.name = folder / name, name
        self.model = onnx.load(self.folder / "model.onnx", load_external_data=False)
        self.tolerance = json.loads((self.folder / "tolerance.json").read_text())
        weights = {tensor.name for tensor in self.model.graph.initializer}
        self.inputs = {}
        given = [info for info in self.model.graph.input if not ("light/" in name and info.name in weights)]
        for position, info in enumerate(given):
            path = self.folder / f"test_data_set_0/input_{position}.pb"
            if path.exists():
                self.inputs[info.name] = (*load(info, path), info)

    @property
    def operators(self):
        found = set()

        def visit(nodes):
            for node in nodes:
                found.add(f"{node.domain}.{node.op_type}" if node.domain else node.op_type)
                for attribute in node.attribute:
                    visit(attribute.g.node)

        visit(self.model.graph.node)
        for function in self.model.functions:
            visit(function.node)
        return found

    @property
    def dims(self):
        """The open dimensions as the data has them."""
        found = {}
        for value, _, info in self.inputs.values():
            if info.type.WhichOneof("value") != "tensor_type":
                continue
            for axis, dim in enumerate(info.type.tensor_type.shape.dim):
                if not dim.HasField("dim_value"):
                    found[dim.dim_param or f"{info.name}.{axis}"] = np.shape(value)[axis]
        return [text for name, extent in found.items() for text in ("--dim", f"{name}={extent}")]

    @property
    def limit(self):
        """Seconds, with room for a machine that others use too."""
        return 600 if "light/" in self.name else 120

    @property
    def has_data(self):
        """The suite says what the outputs must be."""
        return not DRAWN.search(self.name)

    def run(self, options):
        try:
            return self.check(options) if options.engine == "check" else self.build_and_run(options)
        except subprocess.TimeoutExpired as error:
            return "timeout", " ".join(map(str, error.cmd))[:200]

    def check(self, options):
        """Through libtcc, inside of the compiler."""
        path = self.folder / "model.onnx"
        with tempfile.TemporaryDirectory() as folder:
            if not self.has_data:
                path = shutil.copy(path, folder)
            done = execute([options.compiler, "check", path, "--runs", "0" if self.has_data else "1", *self.dims, *shlex.split(options.flags)], self.limit)
        return judged(done, "wrong" if done.returncode == 2 else "crash", (done.stdout[-300:] + done.stderr)[-300:])

    def build_and_run(self, options):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            command = [options.compiler, self.folder / "model.onnx", "-o", place / "m.c", "--harness", "--manifest", place / "m.json"]
            done = execute([*command, *self.dims, *shlex.split(options.flags)], self.limit)
            if done.returncode:
                return judged(done, "crash", done.stderr[-300:])
            done = execute([*shlex.split(options.cc), "m.c", "m_harness.c", "-o", "m", "-lm"], self.limit, place)
            if done.returncode:
                return "no C", done.stderr[:300]
            files = []
            for port in json.loads((place / "m.json").read_text())["inputs"]:
                if port["name"] not in self.inputs:
                    return "wrong", f"the manifest has an input \"{port['name']}\", the suite does not"
                value, dtype, _ = self.inputs[port["name"]]
                files.append(f"input{len(files)}.bin")
                (place / files[-1]).write_bytes(file_bytes(value, dtype))
            done = execute([*shlex.split(options.run), "./m", *files, "--out", "out"], self.limit, place)
            if done.returncode:
                return "run crash", f"exit {done.returncode} {done.stderr[-300:]}"
            return self.compared(place)

    def compared(self, place):
        for position, info in enumerate(self.model.graph.output):
            value, dtype = load(info, self.folder / f"test_data_set_0/output_{position}.pb")
            found = (place / f"out{position}.bin").read_bytes()
            if not self.has_data:
                continue
            problem = difference(found, value, dtype, self.tolerance)
            if problem:
                return "wrong", f"output {info.name}: {problem}"
        return "pass", ""


def execute(command, limit, folder=None):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=limit, cwd=folder)


def judged(done, failure, detail):
    if done.returncode == 0:
        return "pass", ""
    if done.returncode == 1 and "error:" in done.stderr:
        return "refused", reason(done.stderr)
    return failure, f"exit {done.returncode}: {detail}"


def reason(text):
    """The first diagnostic without the file's name."""
    return re.sub(r"^.*?error: ", "", next(line for line in text.splitlines() if "error:" in line))


def tabulate(results):
    by_kind, by_operator = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    for case, status, _ in results:
        by_kind[case.name.split("/")[0]][status] += 1
        by_kind["total"][status] += 1
        for operator in case.operators:
            by_operator[operator]["pass" if status == "pass" else "refused" if status == "refused" else "failed"] += 1
    print(f"{'operator':34} {'pass':>6} {'refused':>8} {'failed':>7}")
    for operator, counts in sorted(by_operator.items()):
        print(f"{operator:34} {counts['pass']:6} {counts['refused']:8} {counts['failed']:7}")
    print()
    for kind in (*KINDS, "total"):
        print(f"{kind:18}", "  ".join(f"{status} {count}" for status, count in by_kind[kind].most_common()))


def verdict(results, known):
    """What makes the run fail, a line each."""
    problems = [f"{status}: {case.name}: {detail}" for case, status, detail in results if status not in ("pass", "refused")]
    for case, status, detail in results:
        if status == "refused" and case.name not in known:
            problems.append(f"newly refused: {case.name}: {detail}")
        if status == "pass" and case.name in known:
            problems.append(f"listed as refused, and passes: {case.name}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("compiler", type=lambda text: str(pathlib.Path(text).resolve()))
    parser.add_argument("--engine", choices=["gcc", "check"], default="gcc")
    parser.add_argument("--suite", type=pathlib.Path, default=HERE.parent.parent / ".build/onnx-suite", help="where the models are written")
    parser.add_argument("--filter", default="", help="a regular expression on names such as node/test_relu")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth model")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--cc", default="gcc -O1 -std=c99 -Wall -Wextra -Werror")
    parser.add_argument("--run", default="", help="what starts the compiled programs: an emulator")
    parser.add_argument("--flags", default="", help="further flags for swiftdl-compile")
    parser.add_argument("--rewrite", action="store_true", help="write refused.txt as this run finds it")
    options = parser.parse_args()
    if not options.suite.is_dir():
        part = options.suite.with_name(options.suite.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        write_suite(part)
        part.rename(options.suite)
    names = [f"{kind}/{path.name}" for kind in KINDS for path in sorted((options.suite / kind).iterdir())]
    names = [name for name in names if re.search(options.filter, name)][::options.every]

    def work(name):
        case = Case(options.suite, name)
        return (case, *case.run(options))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = []
        # The large networks first, so that no worker waits for them at the end.
        for result in pool.map(work, sorted(names, key=lambda name: "light/" not in name)):
            results.append(result)
            if sys.stderr.isatty():
                print(f"\r{len(results)} of {len(names)}", end="", file=sys.stderr)
    results.sort(key=lambda result: names.index(result[0].name))
    tabulate(results)
    listing = HERE / "refused.txt"
    if options.rewrite:
        listing.write_text("".join(f"{case.name}: {detail}\n" for case, status, detail in results if status == "refused"))
    known = {line.split(":")[0] for line in listing.read_text().splitlines() if line} if listing.exists() else set()
    problems = verdict(results, known)
    print("\n" + "\n".join(problems) if problems else "\nall as expected")
    sys.exit(1 if problems else 0)


main()
