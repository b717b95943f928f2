"""Small certificates, written by hand, and slow oracles for what they claim."""

import hashlib
import json
import random
from fractions import Fraction
from types import SimpleNamespace

import mpmath
import pytest

from exactcnn.checker import check

HEAD = {"format": "exactcnn certificate", "version": 1}


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def seal(document):
    """Return the bytes of a document with the hashes that belong to it."""
    document = {key: value for key, value in document.items() if key != "sha256"}
    document["instance_sha256"] = hashlib.sha256(canonical(document.get("instance"))).hexdigest()
    document["sha256"] = hashlib.sha256(canonical(document)).hexdigest()
    return canonical(document) + b"\n"


def array(rows):
    """Return a two- or one-dimensional array of numbers as the format writes it."""
    nested = isinstance(rows[0], (list, tuple))
    flat = [x for row in rows for x in row] if nested else list(rows)
    shape = [len(rows), len(rows[0])] if nested else [len(rows)]
    return {"shape": shape, "values": [str(Fraction(x)) for x in flat]}


def convolution(patches, filters, activation, *, weights=None, biases=None, bias="neuron"):
    return {
        "kind": "convolution",
        "patches": patches,
        "filters": filters,
        "bias": bias,
        "activation": activation,
        "weights": None if weights is None else array(weights),
        "biases": None if biases is None else array(biases),
    }


def elementwise(activation):
    return {"kind": "elementwise", "activation": activation}


def pooling(patches):
    return {"kind": "max-pooling", "patches": patches}


def instance(samples, layers, *, count=None, width=None):
    return {
        "samples": None if samples is None else array(samples),
        "sample_count": count if samples is None else len(samples),
        "input_width": width if samples is None else len(samples[0]),
        "layers": layers,
    }


def rank(layer, lower, upper, below, above):
    return {
        "kind": "rank",
        "layer": layer,
        "lower": lower,
        "upper": upper,
        "lower_evidence": below,
        "upper_evidence": above,
    }


def minor(modulus, root, rows, columns):
    root = None if root is None else str(root)
    return {"kind": "modular-minor", "modulus": str(modulus), "root": root, "rows": rows, "columns": columns}


NONE, SHAPE = {"kind": "none"}, {"kind": "shape"}

# ---------------------------------------------------------------- oracles


def numeric_activation(text, t):
    """Value of an activation in high precision, written without the checker's formulas."""
    name, _, rest = text.partition("(")
    a = [mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator for x in rest.rstrip(")").split(",") if x]
    logistic = lambda z: 1 / (1 + mpmath.exp(-z))  # noqa: E731
    clamp = lambda z, low, high: min(max(z, low), high)  # noqa: E731
    table = {
        "identity": lambda: t,
        "relu": lambda: t if t > 0 else mpmath.mpf(0),
        "leaky-relu": lambda: t if t > 0 else a[0] * t,
        "abs": lambda: abs(t),
        "relu6": lambda: clamp(t, 0, 6),
        "clip": lambda: clamp(t, a[0], a[1]),
        "hard-sigmoid": lambda: clamp(t / 6 + mpmath.mpf(1) / 2, 0, 1),
        "hard-tanh": lambda: clamp(t, -1, 1),
        "hard-swish": lambda: 0 * t if t <= -3 else t if t >= 3 else t * (t + 3) / 6,
        "softsign": lambda: t / (1 + abs(t)),
        "square": lambda: t**2,
        "squared-relu": lambda: t**2 if t > 0 else 0 * t,
        "polynomial": lambda: sum(c * t**i for i, c in enumerate(a)),
        "sigmoid": lambda: logistic(t),
        "tanh": lambda: mpmath.tanh(t),
        "exp": lambda: mpmath.exp(t),
        "silu": lambda: t * logistic(t),
        "swish": lambda: t * logistic(a[0] * t),
        "elu": lambda: t if t > 0 else a[0] * mpmath.expm1(t),
        "gaussian": lambda: mpmath.exp(-(t**2)),
        "mish": lambda: t * mpmath.tanh(mpmath.log(1 + mpmath.exp(t))),
        "softplus": lambda: mpmath.log(1 + mpmath.exp(a[0] * t)) / a[0],
        "gelu": lambda: t * mpmath.ncdf(t),
        "erf": lambda: mpmath.erf(t),
        "arctan": lambda: mpmath.atan(t),
        "sin": lambda: mpmath.sin(t),
        "cos": lambda: mpmath.cos(t),
        "log-sigmoid": lambda: -mpmath.log(1 + mpmath.exp(-t)),
    }
    return table[name]()


def numbers(entry):
    return [mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator for x in entry["values"]]


def numeric_features(document, layer):
    """Return F_k in 60 digits, unit by unit, straight from the definition."""
    count, width = document["sample_count"], document["input_width"]
    flat = numbers(document["samples"])
    table = [flat[i * width : (i + 1) * width] for i in range(count)]
    for entry in document["layers"][:layer]:
        new = []
        for row in table:
            if entry["kind"] == "elementwise":
                new.append([numeric_activation(entry["activation"], x) for x in row])
            elif entry["kind"] == "max-pooling":
                new.append([max(row[j] for j in patch if j >= 0) for patch in entry["patches"]])
            else:
                filters, weights = entry["filters"], numbers(entry["weights"])
                biases = numbers(entry["biases"]) if entry["biases"] else [mpmath.mpf(0)] * filters
                units = []
                for p, patch in enumerate(entry["patches"]):
                    for t in range(filters):
                        z = biases[p * filters + t if entry["bias"] == "neuron" else t]
                        z += sum(row[j] * weights[s * filters + t] for s, j in enumerate(patch) if j >= 0)
                        units.append(numeric_activation(entry["activation"], z))
                new.append(units)
        table = new
    return table


def numeric_rank(table):
    """Return the number of pivots above 1e-25, by elimination with full pivoting in 60 digits."""
    rows, result = [list(row) for row in table], 0
    while rows:
        size, i, j = max((abs(x), i, j) for i, row in enumerate(rows) for j, x in enumerate(row))
        if size < mpmath.mpf(10) ** -25:
            break
        pivot = rows.pop(i)
        rows = [[x - row[j] / pivot[j] * y for x, y in zip(row, pivot, strict=True)] for row in rows]
        result += 1
    return result


def generic_rank(layer, below, prime=2**61 - 1):
    """Return the rank of U at random weights modulo a large prime, by elimination."""
    generator = random.Random(0)
    filters, patches = layer["filters"], layer["patches"]
    weights = [[generator.randrange(prime) for _ in range(filters)] for _ in patches[0]]
    rows = [[0] * below for _ in range(len(patches) * filters)]
    for p, patch in enumerate(patches):
        for s, neuron in enumerate(patch):
            if neuron >= 0:
                for t in range(filters):
                    rows[p * filters + t][neuron] = weights[s][t]
    result = 0
    for column in range(below):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        inverse = pow(pivot[column], -1, prime)
        rows = [[(x - row[column] * inverse * y) % prime for x, y in zip(row, pivot, strict=True)] for row in rows]
        result += 1
    return result


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(60):
        yield


@pytest.fixture(scope="session")
def make():
    """Builders of documents, and oracles."""
    return SimpleNamespace(**{key: value for key, value in globals().items() if not key.startswith("_")})


@pytest.fixture
def run(tmp_path):
    """Write a certificate of an instance and claims, with right hashes, and check it."""

    def run(instance_document, *claims):
        path = tmp_path / "certificate.json"
        path.write_bytes(seal({**HEAD, "instance": instance_document, "claims": list(claims)}))
        outcome = check(path)
        assert "could not finish" not in outcome.message
        assert outcome.message.isascii()
        assert "\n" not in outcome.message
        return outcome

    return run


@pytest.fixture
def run_bytes(tmp_path):
    """Write bytes and check them."""

    def run_bytes(data):
        path = tmp_path / "certificate.json"
        path.write_bytes(data)
        return check(path)

    return run_bytes
