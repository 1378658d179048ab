#!/usr/bin/env python3
"""The generated C against ONNX Runtime and OpenVINO on the same networks: times, build costs, errors.

    compare.py                                                          all networks, batch 1, the best target of this machine
    compare.py --networks lenet5 resnet18 --rounds 9                    two of them, measured longer
    compare.py --networks my.onnx                                       a network of your own, with float32 inputs of fixed extents
    compare.py --batch 1 8 --target x86-64-v4 x86-64-v3 --write ../docs/performance.md
    compare.py --networks vgg16 --peers ncnn                            against another one
    compare.py --int8 --write ../docs/performance-int8.md               all on int8: the runtimes run what ONNX Runtime's quantiser makes

All are pinned to one core and take turns, so that whatever else the machine does slows all of them: only the ratios of one round count, and
what is printed is the median of all rounds. ONNX Runtime runs with bound inputs and outputs, OpenVINO with shared ones, so that copies by
Python do not count; the C runs in its harness. The error is the largest difference from ONNX Runtime as a share of the largest
magnitude; the run fails where it is more than 2e-4, on floats. With --int8 both sides are calibrated on the same random rows, with weights
per channel, and their errors are against ONNX Runtime on floats. Needs gcc and the packages of requirements.txt.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import openvino
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

HERE = pathlib.Path(__file__).resolve().parent
# In the order of their times.
NAMES = [
    "lenet5", "mnist_cnn", "rnn64", "lstm64", "gru64", "lstm256x2", "transformer", "mobilenet_v2", "resnet18", "googlenet", "alexnet",
    "densenet121", "resnet50", "vgg16",
]
# Those that ONNX Runtime's quantiser can do something with.
INT8_NAMES = ["lenet5", "mnist_cnn", "mobilenet_v2", "resnet18", "googlenet", "alexnet", "densenet121", "resnet50", "vgg16"]
LARGEST_ERROR = 2e-4
CALIBRATION_ROWS = 8
# Run in a process of its own: a child's peak counts the memory of the process that it was forked from.
MEASURED = """
import resource, subprocess, sys, time
start = time.time()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(time.time() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.exit(code)
"""


def execute(command, folder=None, **variables):
    environment = {**os.environ, **variables}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{pathlib.Path(command[0]).name} exits with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def model_file(network, batch, folder):
    """The network as ONNX, made where it is not there yet."""
    if network.endswith(".onnx"):
        return pathlib.Path(network).resolve()
    path = folder / f"{network}.batch{batch}.onnx"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        # PyTorch in a process of its own: its threads and memory are gone when time is taken.
        execute([sys.executable, HERE / "networks.py", network, batch, part])
        part.rename(path)
    return path


class RandomRows(CalibrationDataReader):
    """Rows as inputs of a network have them."""

    def __init__(self, path):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        generator = np.random.default_rng(1)
        self.rows = [
            {port.name: generator.standard_normal(port.shape).astype(np.float32) for port in session.get_inputs()}
            for _ in range(CALIBRATION_ROWS)]
        self.remaining = iter(self.rows)

    def get_next(self):
        return next(self.remaining, None)

    def write(self, path):
        np.savez(path, **{name: np.concatenate([row[name] for row in self.rows]) for name in self.rows[0]})


def quantised_file(path, rows):
    """The network on int8 as ONNX Runtime quantises it best for processors: uint8 values, and int8 weights for each channel."""
    quantised = path.with_suffix(".int8.onnx")
    if not quantised.exists():
        with tempfile.TemporaryDirectory() as folder:
            prepared = pathlib.Path(folder) / "prepared.onnx"
            quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared), str(quantised), rows, quant_format=QuantFormat.QDQ, per_channel=True,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return quantised


class ONNXRuntime:
    """The session, with memory for its inputs and outputs."""

    name = "ONNX Runtime"

    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        generator = np.random.default_rng(0)
        self.inputs = {port.name: generator.standard_normal(port.shape).astype(np.float32) for port in session.get_inputs()}
        self.outputs = session.run(None, self.inputs)
        binding = session.io_binding()
        self.values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in [*self.inputs.values(), *self.outputs]]
        for name, value in zip(self.inputs, self.values):
            binding.bind_ortvalue_input(name, value)
        for port, value in zip(session.get_outputs(), self.values[len(self.inputs):]):
            binding.bind_ortvalue_output(port.name, value)
        self.run = lambda: session.run_with_iobinding(binding)


class OpenVINO:
    name = "OpenVINO"

    def __init__(self, path, threads, inputs):
        core = openvino.Core()
        core.set_property(
            "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        request = core.compile_model(str(path), "CPU").create_infer_request()
        given = dict(enumerate(inputs.values()))
        self.run = lambda: request.infer(given, share_inputs=True, share_outputs=True)


class NCNN:
    """Images only, one at a time. Its own converter makes its files."""

    name = "ncnn"

    def __init__(self, path, threads, inputs):
        import ncnn  # Only where it is asked for.

        array, = inputs.values()
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "net.onnx"
            place.symlink_to(path)
            shape = ",".join(map(str, array.shape))
            execute([pathlib.Path(sys.executable).parent / "pnnx", place, f"inputshape=[{shape}]f32", "fp16=0"], folder)
            self.net = ncnn.Net()
            self.net.opt.num_threads = threads
            self.net.opt.use_fp16_packed = self.net.opt.use_fp16_storage = self.net.opt.use_fp16_arithmetic = False
            self.net.opt.use_bf16_storage = False
            self.net.load_param(str(place.with_suffix(".ncnn.param")))
            self.net.load_model(str(place.with_suffix(".ncnn.bin")))
        self.image = ncnn.Mat(array[0])

    def run(self):
        with self.net.create_extractor() as extractor:
            extractor.input("in0", self.image)
            return np.array(extractor.extract("out0")[1])


PEERS = {"openvino": OpenVINO, "ncnn": NCNN}


def median_time(run, seconds):
    """Of as many runs as fit into the time, and of five at least."""
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return statistics.median(times)


class Generated:
    """The C of a network for one target, built, and what building it cost. Weights stay apart from the C, so that its size says something."""

    def __init__(self, path, target, folder, options):
        self.folder, self.target, self.threads = folder, target, options.threads
        flags = [*shlex.split(options.flags), *(["--threads", "openmp"] if options.threads > 1 else [])]
        if options.int8:
            flags += ["--quantize", "int8", "--calibrate", "../rows.npz"]
        command = [options.compiler, path, "-o", "net.c", "--harness", "--manifest", "net.json", "--weights", "incbin", "--target", target]
        self.compile_seconds, self.compile_megabytes = map(
            float, execute([sys.executable, "-c", MEASURED, *command, *flags], folder).split())
        start = time.perf_counter()
        cc = shlex.split(options.cc) + (["-fopenmp"] if options.threads > 1 else [])
        execute([*cc, "net.c", "net_harness.c", "-o", "net", "-lm"], folder)
        self.cc_seconds = time.perf_counter() - start
        self.source_bytes = (folder / "net.c").stat().st_size
        manifest = json.loads((folder / "net.json").read_text())
        self.arena_bytes, self.weights_bytes = manifest["arena_bytes"], manifest["weights_bytes"]

    def error(self, inputs, expected):
        for position, array in enumerate(inputs.values()):
            array.tofile(self.folder / f"in{position}.bin")
        self.files = [f"in{position}.bin" for position in range(len(inputs))]
        execute(["./net", *self.files, "--out", "out"], self.folder)
        found = [np.fromfile(self.folder / f"out{i}.bin", e.dtype).reshape(e.shape) for i, e in enumerate(expected)]
        return max(float(np.abs(f - e).max() / max(np.abs(e).max(), 1e-30)) for f, e in zip(found, expected))

    def median_time(self, repeat):
        output = execute(["./net", *self.files, "--repeat", repeat], self.folder, OMP_NUM_THREADS=str(self.threads))
        return json.loads(output.splitlines()[-1])["median_ns"] * 1e-9


def measure(network, batch, options):
    """One result for each target."""
    path = peers_path = model_file(network, batch, options.models)
    with tempfile.TemporaryDirectory() as folder:
        if options.int8:
            rows = RandomRows(path)
            rows.write(pathlib.Path(folder) / "rows.npz")
            peers_path = quantised_file(path, rows)
        programs = []
        for target in options.target:
            place = pathlib.Path(folder) / target
            place.mkdir()
            programs.append(Generated(path, target, place, options))
        # Only now: what compilers need and leave behind is not in the way.
        first = ONNXRuntime(peers_path, options.threads)
        peers = [PEERS[name](peers_path, options.threads, first.inputs) for name in options.peers if name in PEERS]
        if "onnxruntime" in options.peers:
            peers.insert(0, first)
        expected = ONNXRuntime(path, options.threads).outputs if options.int8 else first.outputs
        errors = [program.error(first.inputs, expected) for program in programs]
        times = {contestant: [] for contestant in [*peers, *programs]}
        for peer in peers:
            median_time(peer.run, options.seconds / 2)
        for _ in range(options.rounds):
            for peer in peers:
                times[peer].append(median_time(peer.run, options.seconds))
            for program in programs:
                expected = times[program][-1] if times[program] else min(times[peer][-1] for peer in peers)
                times[program].append(program.median_time(min(max(int(options.seconds / expected), 5), 200_000)))
        return [result(network, batch, program, error, peers, times) for program, error in zip(programs, errors)]


def result(network, batch, program, error, peers, times):
    ratios = [min(times[peer][i] for peer in peers) / own for i, own in enumerate(times[program])]
    return {
        "network": pathlib.Path(network).stem, "batch": batch, "target": program.target, "error": error,
        "peers": {peer.name: statistics.median(times[peer]) for peer in peers}, "own": statistics.median(times[program]),
        "ratio": statistics.median(ratios), "compile_seconds": program.compile_seconds, "compile_megabytes": program.compile_megabytes,
        "cc_seconds": program.cc_seconds, "source_bytes": program.source_bytes, "arena_bytes": program.arena_bytes,
        "weights_bytes": program.weights_bytes,
    }


def milliseconds(seconds):
    return f"{seconds * 1e3:.{max(0, 2 - math.floor(math.log10(max(seconds * 1e3, 1e-9))))}f}"


COST_HEADER = ["network", "swiftdl-compile s", "its memory MB", "cc s", "C kB", "arena kB", "weights MB"]


def time_header(results):
    return ["network", *(f"{name} ms" for name in results[0]["peers"]), "swiftdl ms", "times as fast", "largest error"]


def time_row(r):
    return [r["network"], *map(milliseconds, r["peers"].values()), milliseconds(r["own"]), f"{r['ratio']:.2f}", f"{r['error']:.1e}"]


def cost_row(r):
    return [
        r["network"], f"{r['compile_seconds']:.2f}", f"{r['compile_megabytes']:.0f}", f"{r['cc_seconds']:.1f}",
        f"{r['source_bytes'] / 1e3:.0f}", f"{r['arena_bytes'] / 1e3:.0f}", f"{r['weights_bytes'] / 1e6:.1f}",
    ]


def summary(results):
    ratios = [r["ratio"] for r in results]
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    least = min(results, key=lambda r: r["ratio"])
    return f"geometric mean {mean:.2f}, least {least['ratio']:.2f} ({least['network']}), {len(ratios)} networks"


def print_line(r):
    times = "  ".join(f"{name} {milliseconds(seconds):>6}" for name, seconds in [*r["peers"].items(), ("swiftdl", r["own"])])
    compiling, memory, cc, source, arena, weights = cost_row(r)[1:]
    costs = f"compile {compiling} s {memory} MB, cc {cc} s, C {source} kB, arena {arena} kB, weights {weights} MB"
    print(f"{r['network']:13} x{r['batch']} {r['target']:10} {times}  {r['ratio']:5.2f}x  error {r['error']:.1e}  {costs}", flush=True)


def groups(results):
    """Results by target and batch."""
    found = {}
    for r in results:
        found.setdefault((r["target"], r["batch"]), []).append(r)
    return found


def machine():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def markdown(header, rows):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def document(results, failures, options):
    """The page of the docs."""
    cc = execute([shlex.split(options.cc)[0], "--version"]).splitlines()[0]
    threads = "one thread" if options.threads == 1 else f"{options.threads} threads"
    text = [
        "# Speed\n",
        f"`Benchmarks/compare.py{' --int8' if options.int8 else ''}` wrote this page: random weights, "
        f"{'int8 (the runtimes: QDQ, per channel)' if options.int8 else 'float32'}, all interleaved in one run, "
        f"{threads}, medians of {options.rounds} rounds. *Times as fast* is the median of the rounds' ratios to the best of the "
        f"runtimes; the error is the largest difference from ONNX Runtime{' on floats' if options.int8 else ''} as a share of the largest "
        "magnitude.\n",
        f"{machine()}; `{options.cc}` ({cc}); ONNX Runtime {onnxruntime.__version__}, OpenVINO {openvino.__version__.split('-')[0]}.\n",
    ]
    for (target, batch), group in groups(results).items():
        text.append(f"## `--target {target}`, batch {batch}\n")
        text.append(markdown(time_header(group), map(time_row, group)))
        text.append(f"{summary(group)[0].upper()}{summary(group)[1:]}.\n")
    for (target, batch), group in groups(results).items():
        text.append(f"## What compiling costs: `--target {target}`, batch {batch}\n")
        text.append(markdown(COST_HEADER, map(cost_row, group)))
    if failures:
        text.append("Not measured: " + "; ".join(failures) + ".\n")
    return "\n".join(text)


def parsed_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--int8", action="store_true", help="compare networks that compute with integers")
    parser.add_argument("--networks", nargs="+", metavar="NAME", help=f"{', '.join(NAMES)}, or files that end in .onnx")
    parser.add_argument(
        "--peers", nargs="+", choices=["onnxruntime", *PEERS], default=["onnxruntime", "openvino"],
        help="ratios are to the best of them; ncnn, which needs the packages ncnn and pnnx, takes batch 1 of networks with one input")
    parser.add_argument("--batch", nargs="+", type=int, default=[1])
    parser.add_argument("--target", nargs="+", default=["native"], help="each is built and timed in the same rounds")
    parser.add_argument("--cc", default="gcc -O3")
    parser.add_argument("--flags", default="", help="further flags for swiftdl-compile")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.7, help="for each contestant in each round")
    parser.add_argument("--threads", type=int, default=1, help="more than one: --threads openmp, and as many cores")
    parser.add_argument("--core", type=int, default=os.cpu_count() - 1, help="the last core that is used")
    parser.add_argument("--compiler", type=lambda text: pathlib.Path(text).resolve(), default=HERE.parent / ".build/release/swiftdl-compile")
    parser.add_argument("--models", type=pathlib.Path, default=HERE.parent / ".build/benchmarks", help="where networks are written once")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE.md", help="write the tables of the docs")
    options = parser.parse_args()
    options.networks = options.networks or (INT8_NAMES if options.int8 else NAMES)
    unknown = [name for name in options.networks if name not in NAMES and not name.endswith(".onnx")]
    if unknown:
        parser.error(f"there is no network {unknown[0]}")
    if min([options.rounds, options.threads, *options.batch]) < 1 or options.core + 1 < options.threads:
        parser.error("--rounds, --threads and --batch must be positive, and there must be a core for each thread")
    return options


def main():
    options = parsed_options()
    os.sched_setaffinity(0, set(range(options.core + 1 - options.threads, options.core + 1)))
    results, failures = [], []
    for batch in options.batch:
        for network in options.networks:
            try:
                found = measure(network, batch, options)
            except RuntimeError as error:
                failures.append(f"{pathlib.Path(network).stem}, batch {batch}: {error}")
                print(failures[-1], flush=True)
                continue
            results += found
            for r in found:
                print_line(r)
            if options.write:
                options.write.write_text(document(results, failures, options))
    for (target, batch), group in groups(results).items():
        print(f"{target}, batch {batch}: {summary(group)}")
    wrong = [f"{r['network']} ({r['target']}, batch {r['batch']})" for r in results if r["error"] > LARGEST_ERROR and not options.int8]
    if wrong:
        print(f"the error is more than {LARGEST_ERROR:.0e}: {', '.join(wrong)}")
    sys.exit(1 if wrong or failures else 0)


main()
