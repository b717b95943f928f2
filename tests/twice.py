"""Certificates at random, honest, altered and forged, for both checkers at once.

    python -m tests.twice --count 50000 --seed 0 [--jobs 2]

prints how many certificates both checkers accept, reject and cannot read, by kind of evidence, and every one on which
they disagree. The figures of a run are in the pages on trust.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from exactcnn import second_checker as second
from exactcnn.certificates.second_opinion import compared
from exactcnn.checker import check as first
from tests.checker import conftest as make
from tests.checker.test_mixing import random_document as fully_connected
from tests.checker.test_mutations import documents, places
from tests.checker.test_slices import random_document, steps_of

Claims = list[dict[str, Any]]
Document = tuple[dict[str, Any], Claims]  # instance and claims

SAFE_PRIMES = [7, 11, 23, 47, 59, 83, 1019, 2879, 4611686018427394499]
ROOTS = dict.fromkeys(SAFE_PRIMES, 4)  # a square, so of order q
PRIMES = [3, 5, 7, 13, 101, 2**31 - 1, 2**61 - 1]
RATIONAL = [
    "identity",
    "relu",
    "leaky-relu(1/2)",
    "abs",
    "relu6",
    "clip(-1,1)",
    "hard-sigmoid",
    "softsign",
    "hard-swish",
]
EXPONENTIAL = ["sigmoid", "tanh", "silu", "elu(1)", "softsign"]
SPECIAL = ["softplus(1)", "gelu", "erf", "arctan", "sin", "cos"]


# ---------------------------------------------------------------- networks


def numbers(generator: random.Random, rows: int, columns: int) -> list[list[Fraction]]:
    """A small table, with equal entries now and then."""
    return [
        [Fraction(generator.randrange(-4, 5), generator.choice([1, 1, 1, 2, 3])) for _ in range(columns)]
        for _ in range(rows)
    ]


def layer(generator: random.Random, below: int, activations: list[Any]) -> dict[str, Any]:
    """A layer of any kind."""
    kind = generator.choice(
        ["convolution", "convolution", "convolution", "elementwise", "max-pooling", "average-pooling"]
    )
    activation = generator.choice(activations)
    if kind == "elementwise":
        return make.elementwise(activation)
    slots, count = generator.randrange(1, min(below, 3) + 1), generator.choice([1, 2, 3])
    patches = [generator.sample(range(below), slots) for _ in range(count)]
    if slots > 1 and generator.random() < 0.3:
        generator.choice(patches)[generator.randrange(slots)] = -1
    if kind == "max-pooling":
        return make.pooling(patches)
    if kind == "average-pooling":
        return {"kind": kind, "patches": patches, "divisors": [generator.randrange(1, slots + 1) for _ in patches]}
    filters, bias = generator.choice([1, 2, 2, 3]), generator.choice(["neuron", "filter", "none"])
    length = {"neuron": count * filters, "filter": filters, "none": 0}[bias]
    weights = numbers(generator, slots, filters)
    if filters > 1 and generator.random() < 0.3:
        for row in weights:
            row[1] = row[0]
    biases = numbers(generator, 1, length)[0] if length else None
    return make.convolution(patches, filters, activation, weights=weights, biases=biases, bias=bias)


def network(generator: random.Random) -> dict[str, Any]:
    """Samples and one to three layers; at most one of them exponential or special, mostly."""
    count, width = generator.choice([1, 2, 3, 3, 4, 5]), generator.choice([1, 2, 3, 4])
    rows = numbers(generator, count, width)
    if generator.random() < 0.3:
        rows[-1] = list(rows[0])
    if generator.random() < 0.3:
        for row in rows:
            row[-1] = rows[0][-1] if generator.random() < 0.8 else row[0]
    wave = make.formula(({(0, 1): 1}, {(0, 0): 1, (0, 1): 1}), exponent=[0, 1], base="2")
    bell = make.formula({(0, 1): 1}, exponent=[0, 0, -1])
    layers, below, strange = [], width, generator.choice([0, 1, 1, 2, 3])
    for k in range(1, generator.choice([1, 1, 2, 2, 3]) + 1):
        activations = [*RATIONAL, make.formula({(0, 0): 1, (1, 0): 2})]
        if k == strange:
            activations = generator.choice([EXPONENTIAL, EXPONENTIAL, SPECIAL, [wave, bell]])
        if k > strange > 0 and generator.random() < 0.5:
            activations = ["identity"]
        layers.append(layer(generator, below, activations))
        patches = layers[-1].get("patches")
        below = len(patches) * layers[-1].get("filters", 1) if patches else below
    return make.instance(rows, layers)


# ---------------------------------------------------------------- claims that may hold


def read(instance: dict[str, Any], folder: Path) -> second.Certificate:
    """An instance as the second checker reads it."""
    path = folder / "instance.json"
    path.write_bytes(make.seal({**make.HEAD, "instance": instance, "claims": []}))
    return second.Certificate(path, math.inf)


def dependences(rows: list[list[Fraction]]) -> Claims:
    """Relations Σ c_i·row_i = 0 with leading rows, by elimination."""
    work = [[*row, *(Fraction(int(i == j)) for j in range(len(rows)))] for i, row in enumerate(rows)]
    width, used = len(rows[0]) if rows else 0, []
    for column in range(width):
        pivot = next((i for i in range(len(work)) if i not in used and work[i][column]), None)
        if pivot is None:
            continue
        used.append(pivot)
        for i in range(len(work)):
            if i not in used and work[i][column]:
                c = work[i][column] / work[pivot][column]
                work[i] = [x - c * y for x, y in zip(work[i], work[pivot], strict=True)]
    free = [i for i in range(len(work)) if i not in used]
    return [{"leading": i, "coefficients": [[j, str(c)] for j, c in enumerate(work[i][width:]) if c]} for i in free]


def flat(table: list[list[Any]]) -> list[list[Fraction]]:
    """Rows of numbers, or of combinations of names written out by the names that occur."""
    names = sorted({name for row in table for x in row if isinstance(x, second.Sum) for name in x}, key=repr)
    if not names:
        return [[Fraction(0) if isinstance(x, second.Sum) else x for x in row] for row in table]
    return [[x.get(name, Fraction(0)) for x in row for name in names] for row in table]


def lower(generator: random.Random, cert: second.Certificate, k: int, shape: tuple[int, int], *, weights: bool) -> Any:
    """(number, evidence) from below, with indices at random."""
    kind = generator.choice(["none", "modular", "modular", "modular", "triangular"])
    order = generator.randrange(1, min(shape) + 1)
    rows, columns = generator.sample(range(shape[0]), order), generator.sample(range(shape[1]), order)
    if kind == "none":
        return 0, make.NONE
    if kind == "triangular" and not weights and k:
        return order, {"kind": "triangular-minor", "rows": rows, "columns": columns}
    where, j = ("Q", None) if weights else second.place(cert, k)
    p = generator.choice(SAFE_PRIMES if where == "Q(t)" or generator.random() < 0.2 else PRIMES)
    signs = j and any(x.kind == "max-pooling" or (x.act and x.act.kinks) for x in cert.layers[j + 1 : k + 1])
    root, precision = ROOTS.get(p) if where == "Q(t)" else None, generator.choice([53, 64, 200]) if signs else None
    if generator.random() < 0.05:
        root, precision = ROOTS.get(p), generator.choice([None, 64])
    return order, make.minor(p, root, rows, columns, precision)


def upper(generator: random.Random, cert: second.Certificate, k: int, table: Any, shape: tuple[int, int]) -> Any:
    """(number, evidence) from above; relations, representatives and blocks are those that there are."""
    kind, axis = generator.choice(["shape", "relations", "distinct-lines", "zero-block"]), generator.choice([0, 1])
    try:
        if kind == "distinct-lines":
            lines = [tuple(x) for x in (table or second.Symbols(cert, k).features(k))]
            lines = list(map(tuple, zip(*lines, strict=True))) if axis else lines
            kept = [i for i, x in enumerate(lines) if any(x) and x not in lines[:i]]
            return len(kept), {"kind": kind, "axis": axis, "representatives": kept}
        rational = table or second.place(cert, k)[0] == "Q"
        values = table or (second.Exact(cert) if rational else second.Names(cert, k)).features(k)
        if kind == "relations":
            found = dependences(flat(second.transposed(values) if axis else values))
            return shape[axis] - len(found), {"kind": kind, "axis": axis, "relations": found}
        if kind == "zero-block" and not table:
            kept = generator.sample(range(shape[1]), generator.randrange(1, shape[1] + 1))
            rows = dependences(flat([[row[h] for h in kept] for row in values]))
            columns = [{"leading": h, "coefficients": [[h, "1"]]} for h in kept]
            return sum(shape) - len(rows) - len(columns), {"kind": kind, "rows": rows, "columns": columns}
    except second.Stop:
        pass
    return min(shape), make.SHAPE


def rank_document(generator: random.Random, folder: Path) -> Document:
    """A network with claims on ranks, and on its structure."""
    instance = network(generator)
    cert, claims = read(instance, folder), []
    for _ in range(generator.choice([1, 1, 1, 2])):
        k = generator.randrange(len(instance["layers"]) + 1)
        entry = instance["layers"][k - 1] if k else None
        kind = generator.choice(["rank", "rank", "rank", "weights-rank", "generic-rank", "patch-structure"])
        if kind == "rank" or entry is None or entry["kind"] == "elementwise":
            kind, shape, table = "rank", (cert.N, cert.widths[k]), None
        elif kind == "patch-structure" or entry["kind"] != "convolution":
            claims.append(structure(generator, cert, k))
            continue
        elif kind == "generic-rank":
            claims.append(generic(generator, cert, k))
            continue
        else:
            x = cert.layers[k]
            shape, table = (x.below, x.width), full_weights(x)
        low, below = lower(generator, cert, k, shape, weights=kind == "weights-rank")
        high, above = upper(generator, cert, k, table, shape)
        claims.append({**make.rank(k, low, high, below, above), "kind": kind})
    return instance, claims


def full_weights(x: Any) -> list[list[Fraction]]:
    """U: a row for each neuron below, a column for each unit."""
    table = [[Fraction(0)] * x.width for _ in range(x.below)]
    for h in range(x.width):
        for s, e in enumerate(x.patches[h // x.filters]):
            if e >= 0:
                table[e][h] = x.own[0][s][h % x.filters]
    return table


def structure(generator: random.Random, cert: second.Certificate, k: int) -> dict[str, Any]:
    """A claim on patches."""
    x = cert.layers[k]
    holds, violation = generator.random() < 0.4, None
    if not holds:
        kind, p = generator.choice(["uncovered", "identical", "padding"]), len(x.patches)
        places_of = {
            "uncovered": [e for e in range(x.below) if not any(e in patch for patch in x.patches)] or [0],
            "padding": [i for i, patch in enumerate(x.patches) if -1 in patch] or [0],
            "identical": generator.sample(range(p), min(p, 2)),
        }
        violation = {"kind": kind, "neurons" if kind == "uncovered" else "patches": places_of[kind]}
    return {"kind": "patch-structure", "layer": k, "holds": holds, "violation": violation}


def generic(generator: random.Random, cert: second.Certificate, k: int) -> dict[str, Any]:
    """A claim on the largest rank of the weights; the cover is what is left of some patches."""
    x = cert.layers[k]
    if generator.random() < 0.5:
        slots = [generator.randrange(x.slots) for _ in range(x.filters)]
        low, below = len({p[s] for p in x.patches for s in slots} - {-1}), {"kind": "delta-filters", "slots": slots}
    else:
        low = generator.randrange(1, min(x.below, x.width) + 1)
        rows, columns = generator.sample(range(x.below), low), generator.sample(range(x.width), low)
        weights = [str(generator.randrange(-9, 10)) for _ in range(x.slots * x.filters)]
        below = {"kind": "modular-witness", "modulus": str(generator.choice(PRIMES)), "weights": weights}
        below |= {"rows": rows, "columns": columns}
    patches = generator.sample(range(len(x.patches)), generator.randrange(len(x.patches) + 1))
    neurons = sorted({e for p, patch in enumerate(x.patches) if p not in patches for e in patch} - {-1})
    high, above = len(neurons) + x.filters * len(patches), {"kind": "cover", "neurons": neurons, "patches": patches}
    if generator.random() < 0.3:
        high, above = min(x.below, x.width), make.SHAPE
    claim = {"kind": "generic-rank", "layer": k, "lower": low, "upper": high}
    return {**claim, "lower_evidence": below, "upper_evidence": above}


def critical_document(generator: random.Random, folder: Path) -> Document:
    """A network whose parameters are a critical point, with a residual in the kernel of Jᵀ, and claims about it."""
    if generator.random() < 0.05:
        return mean_document(generator, folder)
    instance = random_document(make, generator)
    if generator.random() < 0.3:
        instance = fully_connected(make, generator)[0]
        outputs = instance["layers"][-1]["filters"]
        instance["targets"] = make.array(numbers(generator, instance["sample_count"], outputs))
    point = second.Point(read(instance, folder))
    directions = [second.Sum({(e,): Fraction(1)}) for e in range(len(point.theta))]
    try:
        rows = [f for row in point.outputs(directions) for f in row]
    except second.Stop:
        return (instance, [loss(point)]) if generator.random() < 0.2 else critical_document(generator, folder)
    if generator.random() < 0.1:  # not critical, mostly
        e, interval = generator.randrange(len(point.theta)), [str(point.loss - 1), str(point.loss + 1)]  # for balls
        evidence = {"kind": "entry", "coordinate": e, "precision": 64}
        claim = {"kind": "critical-point", "point": -1, "type": "not critical", "strict": False, "index": None}
        return instance, [{**claim, "loss": interval, "evidence": evidence}]
    outputs = [f for trace in point.traces for f in trace[-1][1].values()]
    rows = [f if isinstance(f, second.Sum) else second.Sum() for f in rows]
    jacobian = [[f.get((e,), Fraction(0)) for e in range(len(point.theta))] for f in rows]
    kernel = dependences(jacobian)
    if not kernel and generator.random() < 0.9:  # the only critical points of this network fit exactly
        return critical_document(generator, folder)
    residual, size = [Fraction(0)] * len(outputs), generator.choice([1, 10, 100])
    for relation in kernel if generator.random() < 0.9 else []:
        factor = Fraction(size * generator.randrange(-6, 7))
        for i, c in relation["coefficients"]:
            residual[i] += factor * Fraction(c)
    width = len(point.traces[0][-1][1])
    targets = [f - r for f, r in zip(outputs, residual, strict=True)]
    instance["targets"] = make.array([targets[i : i + width] for i in range(0, len(targets), width)])
    point = second.Point(read(instance, folder))
    P = len(point.theta)
    expansion = point.expanded(directions)
    hessian = [[(1 + (e == f)) * expansion.get(tuple(sorted((e, f))), Fraction(0)) for f in range(P)] for e in range(P)]
    steps = list(steps_of(instance, generator))
    if generator.random() < 0.7:
        steps = [step for step in steps if freezes(point, step)]
    chosen = generator.sample(steps, min(len(steps), generator.choice([0, 1, 1, 2])))
    claim = critical(generator, point, hessian, chosen)
    if claim["type"] == "saddle" and not claim["evidence"].pop("signs", True) and generator.random() < 0.9:
        return critical_document(generator, folder)
    return instance, [claim]


def mean_document(generator: random.Random, folder: Path) -> Document:
    """Samples that occur twice, or nearly, with targets on both sides of their output."""
    instance = random_document(make, generator)
    cert = read(instance, folder)
    rows, zeros = cert.samples(), [[0] * cert.widths[-1]] * cert.N
    instance["samples"], instance["sample_count"] = make.array(rows + rows), 2 * len(rows)
    instance["targets"] = make.array(zeros + zeros)
    traces = second.Point(read(instance, folder)).traces
    outputs, near = [list(trace[-1][1].values()) for trace in traces], generator.choice([1, 1, 0])
    moves = numbers(generator, len(rows), len(outputs[0]))
    moves += [[near * -x for x in row] for row in moves]
    targets = [[f + x for f, x in zip(*pair, strict=True)] for pair in zip(outputs, moves, strict=True)]
    instance["targets"] = make.array(targets)
    value = str(second.Point(read(instance, folder)).loss)
    claim = {"kind": "critical-point", "point": -1, "type": "global minimum", "strict": False, "index": None}
    return instance, [{**claim, "loss": [value, value], "evidence": {"kind": "mean-targets"}}]


def loss(point: second.Point) -> dict[str, Any]:
    """The loss at the instance's own point."""
    return {"kind": "loss", "point": -1, "lower": str(point.loss), "upper": str(point.loss), "precision": None}


def critical(
    generator: random.Random, point: second.Point, hessian: list[list[Fraction]], steps: Claims
) -> dict[str, Any]:
    """A claim about a critical point, with signs that floats suggest."""
    frozen: set[int] = set()
    for step in steps:
        frozen |= freezes(point, step) or set(step.get("coordinates", [step.get("coordinate", 0)]))
    free = [e for e in range(len(point.theta)) if e not in frozen] or [0]
    floats = np.array([[float(hessian[e][f]) for f in free] for e in free])
    values, vectors = np.linalg.eigh(floats)
    chosen = [j for j, v in enumerate(values) if abs(v) > 1e-9 * max(1, abs(values).max())]
    columns = [[Fraction(round(x * 2**20), 2**20) for x in vectors[:, j] / np.sqrt(abs(values[j]))] for j in chosen]
    positive = sum(values[j] > 0 for j in chosen)
    kind = "minimum" if positive == len(free) else "saddle"
    text, P = str(point.loss), len(point.theta)
    claim = {"kind": "critical-point", "point": -1, "type": kind, "strict": False, "index": None, "loss": [text, text]}
    if not columns or generator.random() < 0.15:
        e = generator.randrange(P)
        if generator.random() < 0.3:
            return {**claim, "type": "global minimum", "evidence": {"kind": "zero"}}
        if generator.random() < 0.3:
            evidence = {"kind": "entry", "coordinate": e, "precision": 64}
            return {**claim, "type": "not critical", "evidence": evidence}
        down = [Fraction(round(x * 2**20), 2**20) for x in np.linalg.eigh(floats)[1][:, 0]]
        direction = make.array([down[free.index(e)] if e in free else 0 for e in range(P)])
        up = make.array([int(f == e) for f in range(P)]) if generator.random() < 0.5 else None
        evidence = {
            "kind": "negative-direction",
            "by": "rational",
            "direction": direction,
            "positive": up,
            "precision": 64,
        }
        return {**claim, "type": "saddle" if up else "not a minimum", "evidence": evidence}
    kernel = null_space([[hessian[e][f] for f in free] for e in free]) if generator.random() < 0.5 else []
    evidence = {"kind": "hessian", "by": "rational", "slice": steps, "precision": 128}
    evidence["congruence"] = make.array([list(row) for row in zip(*columns, strict=True)])
    evidence["kernel"] = make.array([list(row) for row in zip(*kernel, strict=True)]) if kernel else None
    if len(kernel) + len(columns) == len(free):
        claim["index"] = [int(positive), len(columns) - int(positive), len(kernel) + P - len(free)]
    claim["strict"] = kind == "minimum" and not steps
    if kind == "saddle":
        evidence["signs"] = 0 < positive < len(chosen)
    return {**claim, "evidence": evidence}


def freezes(point: second.Point, step: dict[str, Any]) -> set[int]:
    """What a step freezes; nothing if it does not hold."""
    try:
        return point.step(copy.deepcopy(step))[0]
    except second.Stop:
        return set()


def null_space(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """A basis of the kernel of a symmetric matrix."""
    basis = [[Fraction(0)] * len(rows) for _ in dependences(rows)]
    for vector, relation in zip(basis, dependences(rows), strict=True):
        for i, c in relation["coefficients"]:
            vector[i] = Fraction(c)
    return basis


# ---------------------------------------------------------------- altered certificates

SCALARS = [
    None,
    True,
    False,
    0,
    1,
    2,
    3,
    -1,
    7,
    10**18,
    "0",
    "1",
    "-1",
    "1/2",
    "1/0",
    "7",
    "23",
    "-0",
    "2/4",
    "none",
    "shape",
    "relu",
]
SCALARS += ["e", "2", "filter", "neuron", "minimum", "saddle", "elementwise", [], {}, [0], [[0]], "01", "\ud800"]


def altered(generator: random.Random, document: Document) -> Document:
    """One to three changes anywhere: a digit, an entry that is replaced, left out, repeated or moved."""
    document = copy.deepcopy(document)
    for _ in range(generator.choice([1, 1, 1, 2, 3])):
        kind = generator.choice(["digit", "digit", "number", "number", "replace", "remove", "repeat", "swap"])
        if kind == "digit":
            text = json.dumps(document)
            spots = [i for i, sign in enumerate(text) if sign.isdigit()]
            i = generator.choice(spots)
            try:
                document = tuple(json.loads(text[:i] + generator.choice("0123456789") + text[i + 1 :]))
            except ValueError:
                continue
            continue
        paths = [path for path in places(list(document)) if len(path) > 1]
        if not paths:
            break
        path = generator.choice(paths)
        parent: Any = document
        for key in path[:-1]:
            parent = parent[key]
        own = parent[path[-1]]
        if kind == "number":
            if isinstance(own, bool) or not isinstance(own, (int, str)):
                continue
            near = str(generator.choice([-3, -2, -1, 0, 1, 2, 3, 5, "1/2", "1/3", "-3/2", *PRIMES, *SAFE_PRIMES]))
            parent[path[-1]] = near if isinstance(own, str) else own + generator.choice([-2, -1, 1, 2])
        elif kind == "replace":
            parent[path[-1]] = copy.deepcopy(generator.choice(SCALARS))
        elif kind == "remove":
            del parent[path[-1]]
        elif isinstance(parent, list):
            if kind == "repeat":
                parent.insert(path[-1], copy.deepcopy(own))
            else:
                other = generator.randrange(len(parent))
                parent[path[-1]], parent[other] = parent[other], own
    return document


def certificates(seed: int, folder: Path) -> Iterator[tuple[str, Document]]:
    """Without end: a document, and altered ones of it."""
    generator = random.Random(seed)
    written = [(instance, claims) for instance, claims in documents(make)]
    while True:
        kind = generator.choice(["ranks", "ranks", "ranks", "critical", "written"])
        if kind == "written":
            document = copy.deepcopy(generator.choice(written))
        else:
            document = (rank_document if kind == "ranks" else critical_document)(generator, folder)
            for _ in range(3):  # most of them shall hold
                path = folder / "tried.json"
                path.write_bytes(make.seal({**make.HEAD, "instance": document[0], "claims": document[1]}))
                if second.check(path)[0] == 0:
                    break
                document = (rank_document if kind == "ranks" else critical_document)(generator, folder)
        yield kind, document
        for _ in range(12 if kind == "critical" else 6):
            yield f"altered {kind}", altered(generator, document)


# ---------------------------------------------------------------- both checkers


def both(document: Document, path: Path) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What came out, the lines of the second checker, and the disagreements."""
    instance, claims = document
    path.write_bytes(make.seal({**make.HEAD, "instance": instance, "claims": claims}))
    outcome = first(path)
    code, lines = second.check(path)
    opinion = compared(outcome, code, tuple(lines))
    return ("accepted", "rejected", "not readable")[outcome.exit_code], opinion.lines, opinion.disagreements


def run(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """Outcomes of so many certificates, and the disagreements."""
    counts: Counter[str] = Counter()
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        for (kind, document), _ in zip(certificates(seed, Path(folder)), range(count), strict=False):
            word, lines, disagreements = both(document, path)
            counts[f"{kind}: {word}"] += 1
            for line in lines:
                counts[" ".join(line.partition("): ")[2].partition(":")[0].split()[:3]) or "one line"] += 1
            found += [f"{each}\n{path.read_text()}" for each in disagreements]
    return counts, found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    each, total, found = math.ceil(options.count / options.jobs), Counter[str](), 0
    with ProcessPoolExecutor(options.jobs) as pool:
        seeds = range(options.seed, options.seed + options.jobs)
        for counts, disagreements in pool.map(run, seeds, [each] * options.jobs):
            total += counts
            found += len(disagreements)
            for line in disagreements:
                print(line)
    for name, number in sorted(total.items()):
        print(f"{number:8} {name}")
    print(f"{found} disagreements")


if __name__ == "__main__":
    main()
