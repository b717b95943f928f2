"""Small certificates, written by hand, and slow oracles for what they claim."""

import hashlib
import json
import random
from fractions import Fraction
from types import SimpleNamespace

import mpmath
import pytest

from exactcnn import second_checker
from exactcnn.certificates.second_opinion import compared
from exactcnn.checker import check

HEAD = {"format": "exactcnn certificate", "version": 2, "points": []}


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def placeless(value):
    """Return a document without the places of the arrays that stand in files."""
    if isinstance(value, list):
        return [placeless(item) for item in value]
    if isinstance(value, dict):
        return {k: placeless(v) for k, v in value.items() if k not in ("file", "member") or "file" not in value}
    return value


def seal(document):
    """Return the bytes of a document with the hashes that belong to it."""
    document = {key: value for key, value in document.items() if key != "sha256"}
    document["instance_sha256"] = hashlib.sha256(canonical(placeless(document.get("instance")))).hexdigest()
    document["sha256"] = hashlib.sha256(canonical(document)).hexdigest()
    return canonical(document) + b"\n"


def array(rows):
    """Return a two- or one-dimensional array of numbers as the format writes it."""
    nested = isinstance(rows[0], (list, tuple))
    flat = [x for row in rows for x in row] if nested else list(rows)
    shape = [len(rows), len(rows[0])] if nested else [len(rows)]
    return {"shape": shape, "values": [str(Fraction(x)) for x in flat]}


def formula(*pieces, kinks=(), exponent=(), base="e"):
    """Return an activation of the format; a piece is its numerator or (numerator, denominator), {(i, j): c} each."""
    pairs = [piece if isinstance(piece, tuple) else (piece, {(0, 0): 1}) for piece in pieces]
    texts = [[[[i, j, str(c)] for (i, j), c in sorted(side.items())] for side in pair] for pair in pairs]
    return {
        "kinks": list(map(str, kinks)),
        "pieces": [{"numerator": above, "denominator": below} for above, below in texts],
        "exponent": list(map(str, exponent)),
        "base": base,
    }


def activation(text):
    """Return the formulas of an activation from its usual name, as anyone would write them down."""
    name, _, rest = text.partition("(")
    a = [Fraction(x) for x in rest.rstrip(")").split(",") if x]
    zero, one, t, E = {}, {(0, 0): 1}, {(1, 0): 1}, {(0, 1): 1}
    half, sixth = Fraction(1, 2), Fraction(1, 6)

    def line(c, slope):
        return {key: value for key, value in (((0, 0), c), ((1, 0), slope)) if value}

    def power(*coefficients):
        return {(i, 0): c for i, c in enumerate(coefficients) if c}

    table = {
        "identity": lambda: formula(t),
        "relu": lambda: formula(zero, t, kinks=[0]),
        "leaky-relu": lambda: formula(line(0, a[0]), t, kinks=[0]) if a[0] != 1 else formula(t),
        "abs": lambda: formula(line(0, -1), t, kinks=[0]),
        "relu6": lambda: formula(zero, t, power(6), kinks=[0, 6]),
        "clip": lambda: formula(power(a[0]), t, power(a[1]), kinks=a) if a[0] < a[1] else formula(power(a[0])),
        "hard-sigmoid": lambda: formula(zero, line(half, sixth), one, kinks=[-3, 3]),
        "hard-tanh": lambda: formula(power(-1), t, one, kinks=[-1, 1]),
        "hard-swish": lambda: formula(zero, power(0, half, sixth), t, kinks=[-3, 3]),
        "softsign": lambda: formula((t, line(1, -1)), (t, line(1, 1)), kinks=[0]),
        "square": lambda: formula(power(0, 0, 1)),
        "squared-relu": lambda: formula(zero, power(0, 0, 1), kinks=[0]),
        "polynomial": lambda: formula(power(*a)),
        "sigmoid": lambda: formula((one, one | E), exponent=[0, -1]),
        "tanh": lambda: formula((E | {(0, 0): -1}, one | E), exponent=[0, 2]),
        "exp": lambda: formula(E, exponent=[0, 1]),
        "silu": lambda: formula(({(1, 1): 1}, one | E), exponent=[0, 1]),
        "swish": lambda: formula((t, one | E), exponent=[0, -a[0]]) if a[0] else formula(line(0, half)),
        "elu": lambda: formula({(0, 0): -a[0], (0, 1): a[0]}, t, kinks=[0], exponent=[0, 1]),
        "gaussian": lambda: formula(E, exponent=[0, 0, -1]),
        "mish": lambda: formula(({(1, 1): 2, (1, 2): 1}, {(0, 0): 2, (0, 1): 2, (0, 2): 1}), exponent=[0, 1]),
    }
    if name in table:
        return table[name]()
    return {"special": name, "parameters": list(map(str, a))}


def named(value):
    """Return the formulas of a name; what is none stays as it is."""
    return activation(value) if isinstance(value, str) else value


def convolution(patches, filters, activation, *, weights=None, biases=None, bias="neuron"):
    return {
        "kind": "convolution",
        "patches": patches,
        "filters": filters,
        "bias": bias,
        "activation": named(activation),
        "weights": None if weights is None else array(weights),
        "biases": None if biases is None else array(biases),
    }


def elementwise(activation):
    return {"kind": "elementwise", "activation": named(activation)}


def pooling(patches):
    return {"kind": "max-pooling", "patches": patches}


def instance(samples, layers, *, count=None, width=None):
    return {
        "samples": None if samples is None else array(samples),
        "sample_count": count if samples is None else len(samples),
        "targets": None,
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


def minor(modulus, root, rows, columns, precision=None):
    root = None if root is None else str(root)
    point = {"modulus": str(modulus), "root": root, "precision": precision}
    return {"kind": "modular-minor", **point, "rows": rows, "columns": columns}


NONE, SHAPE = {"kind": "none"}, {"kind": "shape"}

# ---------------------------------------------------------------- oracles


def numeric_activation(text, t):
    """Value of an activation in high precision, written without the checker's formulas."""
    name, _, rest = text.partition("(")
    a = [real(x) for x in rest.rstrip(")").split(",") if x]
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


def real(text):
    return mpmath.mpf(Fraction(text).numerator) / Fraction(text).denominator


def numeric_value(activation, t):
    """Value of an activation of the format at a real t, in high precision."""
    if "special" in activation:
        parameters = ",".join(activation["parameters"])
        return numeric_activation(f"{activation['special']}({parameters})", t)
    piece = activation["pieces"][sum(t > real(kink) for kink in activation["kinks"])]
    base = mpmath.e if activation["base"] == "e" else mpmath.mpf(2)
    power = base ** sum(real(c) * t**i for i, c in enumerate(activation["exponent"]))
    above, below = (sum(real(c) * t**i * power**j for i, j, c in piece[key]) for key in ("numerator", "denominator"))
    return above / below


def numeric_assumption_3_2(activation, far=10**6):
    """Decide Assumption 3.2 from values far out: |f(2T)/f(T)| is 2^I for t^I, and beyond that for powers of e."""

    def at(end):
        near, further = (abs(numeric_value(activation, mpmath.mpf(end * far * n))) for n in (1, 2))
        if not near or not further:
            return mpmath.mpf(-(10**4)) if not further else mpmath.mpf(10**4)
        return mpmath.log(further / near) / mpmath.log(2)

    constant = len({mpmath.nstr(numeric_value(activation, mpmath.mpf(n) / 7), 40) for n in range(-900, 900, 7)}) == 1
    left, right = at(-1), at(1)
    limits = all(rate < 0.5 for rate in (left, right)) and any(rate < -0.5 for rate in (left, right))
    growth = left < -1000 and right < 1.5
    return not constant and (limits or growth)


def numbers(entry):
    return [real(x) for x in entry["values"]]


def numeric_features(document, layer):
    """Return F_k in 60 digits, unit by unit, straight from the definition."""
    count, width = document["sample_count"], document["input_width"]
    flat = numbers(document["samples"])
    table = [flat[i * width : (i + 1) * width] for i in range(count)]
    for entry in document["layers"][:layer]:
        new = []
        for row in table:
            if entry["kind"] == "elementwise":
                new.append([numeric_value(entry["activation"], x) for x in row])
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
                        units.append(numeric_value(entry["activation"], z))
                new.append(units)
        table = new
    return table


def numeric_rank(table):
    """Return the number of pivots above 1e-40, by elimination with full pivoting in 60 digits."""
    rows, result = [list(row) for row in table], 0
    while rows:
        size, i, j = max((abs(x), i, j) for i, row in enumerate(rows) for j, x in enumerate(row))
        if size < mpmath.mpf(10) ** -40:
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


def agree(path, outcome):
    """Verify that the second checker does not contradict; what it leaves to the first one is no contradiction."""
    if b'"sum-pooling"' in path.read_bytes():  # a kind that a test gives to the first checker alone
        return
    assert not compared(outcome, *second_checker.check(path, work=10**6)).disagreements


@pytest.fixture
def run(tmp_path):
    """Write a certificate of an instance and claims, with right hashes, and check it."""

    def run(instance_document, *claims):
        path = tmp_path / "certificate.json"
        path.write_bytes(seal({**HEAD, "instance": instance_document, "claims": list(claims)}))
        outcome = check(path)
        agree(path, outcome)
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
        outcome = check(path)
        agree(path, outcome)
        return outcome

    return run_bytes
