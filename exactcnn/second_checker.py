"""A second checker of certificates: plain integers and fractions, one file, Python's standard library only.

    python -I second_checker.py CERTIFICATE.json

It was written from ``docs/reference/certificates.md``, shares no line with the first checker or the engines, and knows
the kinds of evidence that need no more than exact arithmetic. Each claim gets one line: "accepted", "rejected", "too
large" (more work than this checker takes on, estimated before each step; numbers in NumPy files are), or "first checker
only".
Exit codes: 0 nothing is rejected, 1 a claim is rejected, 2 not a readable certificate.
"""

import hashlib
import json
import math
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from copy import copy
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

WORK = 10**8  # steps for one document, of about a microsecond each: one operation with short numbers
NUMERAL = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")
UNREADABLE, FAILS, ELSEWHERE, LARGE = "not a readable certificate", "rejected", "first checker only", "too large"

KEYS = {  # of every kind of object
    "convolution": "patches filters bias activation weights biases",
    "max-pooling": "patches",
    "average-pooling": "patches divisors",
    "elementwise": "activation",
    "rank": "layer lower upper lower_evidence upper_evidence",
    "weights-rank": "layer lower upper lower_evidence upper_evidence",
    "generic-rank": "layer lower upper lower_evidence upper_evidence",
    "none": "",
    "modular-minor": "modulus root precision rows columns",
    "triangular-minor": "rows columns",
    "shape": "",
    "distinct-lines": "axis representatives",
    "relations": "axis relations",
    "zero-block": "rows columns",
    "delta-filters": "slots",
    "modular-witness": "modulus weights rows columns",
    "cover": "neurons patches",
    "syzygies": "vectors modulus weights",
    "patch-structure": "layer holds violation",
    "uncovered": "neurons",
    "identical": "patches",
    "padding": "patches",
    "loss": "point lower upper precision",
    "critical-point": "point type strict index loss evidence",
    "zero": "",
    "entry": "coordinate precision",
    "hessian": "by slice precision congruence kernel",
    "negative-direction": "by direction positive precision",
    "inactive": "coordinates",
    "scaling": "layer unit coordinate",
    "shift": "layer neuron",
    "unseen": "unit kept combination scaled shift",
    "constant": "layer unit",
    "mixing": "layer units frozen pivots absorbed kept combination",
}


class Stop(Exception):
    """Why a document or a claim is not accepted: one of the four words, and what."""


# ---------------------------------------------------------------- reading


def readable(holds, what):
    """Go on only with a readable document."""
    if not holds:
        raise Stop(UNREADABLE, what)


def need(holds, what, word=FAILS):
    """Go on only if an obligation holds."""
    if not holds:
        raise Stop(word, what)


def keyed(value, names):
    """The values of exactly these keys."""
    found = sorted(value) if isinstance(value, dict) else type(value).__name__
    readable(found == sorted(names.split()), f"expected the keys {names!r}; found {str(found)[:200]}")
    return [value[name] for name in names.split()]


def plain(kind):
    """A kind as it may be printed: nothing that could be taken for a line of this program."""
    return kind if re.fullmatch("[a-z-]{1,40}", kind) else "?"


def record(value, *kinds):
    """An object of one of these kinds, with its keys as attributes."""
    kind = value.get("kind") if isinstance(value, dict) else None
    readable(isinstance(kind, str), "an object without a kind")
    need(kind in kinds, f"'{plain(kind)}'", ELSEWHERE)
    keyed(value, "kind " + KEYS[kind])
    return SimpleNamespace(**value)


def listed(value):
    """A list."""
    readable(isinstance(value, list), f"{str(value)[:40]} is no list")
    return value


def index(value, low, high=math.inf):
    """An integer from low up to, and without, high."""
    readable(type(value) is int and low <= value < high, f"{str(value)[:40]} is no integer from {low}, below {high}")
    return value


def indices(value, high, low=0):
    """Different indices; -1 may be repeated."""
    kept = [e for e in listed(value) if index(e, low, high) >= 0]
    readable(len(set(kept)) == len(kept), "an index is repeated")
    return value


def number(value):
    """A rational number from its numeral."""
    fit = isinstance(value, str) and len(value) <= 100_000 and NUMERAL.fullmatch(value)
    readable(fit, f"{str(value)[:40]!r} is no number")
    above, _, below = value.partition("/")
    return Fraction(int(above), int(below or 1))


def whole(value):
    """An integer from its numeral."""
    readable(isinstance(value, str) and "/" not in value, f"{str(value)[:40]!r} is no integer")
    return int(number(value))


def modulus(value):
    """An odd prime below 2^63."""
    p = whole(value)
    readable(2 < p < 2**63 and prime(p), f"{value[:40]} is no odd prime below 2^63")
    return p


def one_of(value, *options):
    """One of these values, of the same type."""
    readable(any(type(value) is type(x) and value == x for x in options), f"{str(value)[:40]!r}; expected {options}")
    return value


def maybe(value, read, *arguments):
    """What is read, or None for null."""
    return None if value is None else read(value, *arguments)


def array(value, *shape):
    """Entries of an ARRAY: a list for one axis, of rows for two; None in a shape is any number."""
    axes = listed(value.get("shape")) if isinstance(value, dict) else None
    readable(axes and len(axes) == len(shape), f"an array of {len(shape)} axes is expected")
    need("file" not in value, "arrays in files, as more than some 100 000 numbers are", LARGE)
    readable(
        all(index(n, 1) and m in {None, n} for n, m in zip(axes, shape, strict=True)), f"shape {axes}; expected {shape}"
    )
    flat = [number(x) for x in listed(keyed(value, "shape values")[1])]
    readable(len(flat) == math.prod(axes), f"{len(flat)} entries of an array of shape {axes}")
    return flat if len(axes) == 1 else [flat[i : i + axes[1]] for i in range(0, len(flat), axes[1])]


def canonical(value):
    """Bytes of the canonical form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def unnamed(value):
    """The same without the names of files."""
    if isinstance(value, list):
        return [unnamed(x) for x in value]
    if not isinstance(value, dict):
        return value
    return {k: unnamed(x) for k, x in value.items() if k not in {"file", "member"} or "file" not in value}


def document(path):
    """Instance, points and claims of a canonical document with the hashes that it names."""

    def once(pairs):
        readable(len(dict(pairs)) == len(pairs), "a key occurs twice")
        return dict(pairs)

    def no(text):
        raise Stop(UNREADABLE, f"{text[:20]} is no number of the format")

    try:
        with path.open("rb") as file:
            text = file.read(2**26)
        need(len(text) < 2**26, "a document of more than 64 MiB", LARGE)
        found = json.loads(text.decode("ascii"), object_pairs_hook=once, parse_float=no, parse_constant=no)
    except OSError as error:
        raise Stop(UNREADABLE, f"cannot read {path.name}: {error.strerror}") from None
    except ValueError:  # text that is not ASCII, too
        raise Stop(UNREADABLE, "no JSON document in ASCII") from None
    names = "format version instance points claims instance_sha256 sha256"
    kind, version, instance, points, claims, of_instance, digest = keyed(found, names)
    readable(canonical(found) + b"\n" == text, "the document is not in canonical form")
    one_of(kind, "exactcnn certificate")
    one_of(version, 2)
    readable(hashlib.sha256(canonical(unnamed(instance))).hexdigest() == of_instance, "wrong instance_sha256")
    del found["sha256"]
    readable(hashlib.sha256(canonical(found)).hexdigest() == digest, "wrong sha256")
    return instance, listed(points), listed(claims)


# ---------------------------------------------------------------- polynomials, coefficients ascending


def size(x):
    """Bits of a number, the measure of what an operation with it costs."""
    return x.numerator.bit_length() + x.denominator.bit_length() if isinstance(x, (int, Fraction)) else x.size()


def bits(numbers):
    """The largest size."""
    return max(map(size, numbers), default=0)


def trimmed(f):
    """The same without zeros at its end."""
    while f and f[-1] == 0:
        f = f[:-1]
    return f


def difference(f, g):
    """f - g."""
    n = max(len(f), len(g))
    return trimmed([a - b for a, b in zip(f + [0] * (n - len(f)), g + [0] * (n - len(g)), strict=True)])


def product(f, g, spend):
    """f·g."""
    spend(len(f) * len(g), bits(f) + bits(g))
    found = [Fraction(0)] * (len(f) + len(g))
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            found[i + j] += a * b
    return trimmed(found)


def divided(f, g, spend):
    """Quotient and remainder."""
    quotient = [Fraction(0)] * max(len(f) - len(g) + 1, 0)
    while len(f) >= len(g):
        spend(len(g), 2 * bits(f + g))
        c, shift = f[-1] / g[-1], len(f) - len(g)
        quotient[shift] = c
        f = trimmed([a - c * g[i - shift] if i >= shift else a for i, a in enumerate(f[:-1])])
    return quotient, f


def at(f, x, spend):
    """The value at x."""
    spend(len(f), len(f) * size(x) + bits(f))
    return reduce(lambda y, c: y * x + c, reversed(f), Fraction(0))


def no_root(f, low, high, spend):
    """Sturm: no zero in [low, high], where None is an infinite end."""
    if not f or any(end is not None and at(f, end, spend) == 0 for end in (low, high)):
        return False
    chain = [f, trimmed([i * c for i, c in enumerate(f)][1:])]
    while chain[-1]:
        rest = divided(chain[-2], chain[-1], spend)[1]
        chain.append([-c / abs(rest[-1]) for c in rest])

    def changes(end, side):
        values = [g[-1] * side ** (len(g) - 1) if end is None else at(g, end, spend) for g in chain[:-1]]
        return sum((a > 0) != (b > 0) for a, b in pairwise(filter(None, values)))

    return changes(low, -1) == changes(high, 1)


# ---------------------------------------------------------------- activations


def activation(value, spend):
    """An activation without poles and jumps."""
    if isinstance(value, dict) and "special" in value:
        name, given = keyed(value, "special parameters")
        one_of(name, "softplus", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid")
        parameters = [number(a) for a in listed(given)]
        readable(len(parameters) == (name == "softplus") and all(a > 0 for a in parameters), "parameters")
        return SimpleNamespace(special=name, kinks=[], pieces=[None], exponent=[], base=None)
    kinks, pieces, exponent, base = keyed(value, "kinks pieces exponent base")
    kinks, exponent = [number(x) for x in listed(kinks)], [number(x) for x in listed(exponent)]
    readable(all(a < b for a, b in pairwise(kinks)), "kinks ascend")
    readable(not exponent or (2 <= len(exponent) <= 1001 and exponent[-1] != 0), "coefficients of an exponent")
    pieces = [tuple(map(terms, keyed(piece, "numerator denominator"))) for piece in listed(pieces)]
    readable(len(pieces) == len(kinks) + 1, "one piece more than kinks")
    occurs = any(j for piece in pieces for side in piece for _, j in side)
    readable(occurs == bool(exponent) and base in (("e", "2") if occurs else ("e",)), "exponent and base")
    act = SimpleNamespace(special=None, kinks=kinks, pieces=pieces, exponent=exponent, base=base)
    for low, high, (_, d) in zip([None, *kinks], [*kinks, None], pieces, strict=True):
        readable(never_zero(d, low, high, spend), "a denominator may vanish")
    for kink, pair in zip(kinks, pairwise(pieces), strict=True):
        (n, d), (m, e) = ([in_E(side, kink, spend) for side in piece] for piece in pair)
        jump = difference(product(n, e, spend), product(m, d, spend))
        readable(vanishes(act, jump, kink, spend) is True, f"a jump at {kink}")
    return act


def terms(value):
    """TERMS as {(i, j): c}."""
    readable(all(isinstance(term, list) and len(term) == 3 for term in listed(value)), "a term is [i, j, c]")
    found = {(index(i, 0, 1001), index(j, 0, 1001)): number(c) for i, j, c in value}
    readable(all(found.values()) and [[*key] for key in sorted(found)] == [term[:2] for term in value], "terms")
    return found


def in_E(side, t, spend):
    """TERMS at t as a polynomial in E."""
    found = [Fraction(0)] * (1 + max((j for _, j in side), default=0))
    for (i, j), c in side.items():
        spend(1, i * size(t) + size(c))
        found[j] += c * t**i
    return trimmed(found)


def never_zero(d, low, high, spend):
    """Whether a denominator certainly has no zero on its closed piece."""
    if not any(j for _, j in d):
        return no_root(
            [d.get((i, 0), Fraction(0)) for i in range(1 + max(i for i, _ in d))] if d else [], low, high, spend
        )
    if not any(i for i, _ in d):
        powers = [j for _, j in d]
        return no_root(
            [d.get((0, j), Fraction(0)) for j in range(min(powers), max(powers) + 1)], Fraction(0), None, spend
        )
    right, left = low is not None and low >= 0, high is not None and high <= 0
    signs = {(c > 0) == (right or i % 2 == 0) for (i, _), c in d.items()}
    off_zero = (low is not None and low > 0) or (high is not None and high < 0)
    decided = right or left or all(i % 2 == 0 for i, _ in d)
    return decided and len(signs) == 1 and (off_zero or any(i == 0 for i, _ in d))


def power(act, t, spend):
    """E at t if it is rational, else None."""
    a = at(act.exponent, t, spend)
    if a == 0:
        return Fraction(1)
    if act.base == "e" or a.denominator != 1:
        return None
    need(abs(a) <= 2**16, f"a power 2^g with |g| > {2**16}")
    spend(1, abs(int(a)))
    return Fraction(2) ** int(a)


def vanishes(act, f, t, spend):
    """Whether a polynomial in E is 0 at E = base^g(t); None where that is not decided."""
    if not f:
        return True
    E = power(act, t, spend)
    return at(f, E, spend) == 0 if E is not None else False if act.base == "e" else None


def zero_at_zero(act, spend):
    """Whether the value at 0 is certainly 0."""
    if act.special:
        return act.special in {"gelu", "erf", "arctan", "sin"}
    return vanishes(act, in_E(piece_at(act, 0)[0], Fraction(0), spend), Fraction(0), spend) is True


def piece_at(act, t):
    """A piece that t lies on."""
    return act.pieces[bisect_left(act.kinks, t)]


def value_of(piece, t, spend, E=1):
    """A piece at t, any kind of number with +, *, / and **."""
    n = d = Fraction(0)
    powers = [
        (i * size(t) + j * size(E), i * len(t) ** 2 if isinstance(t, Sum) else 1) for side in piece for i, j in side
    ]
    spend(sum(steps for _, steps in powers), max(b for b, _ in powers))
    for (i, j), c in piece[0].items():
        n = c * (t**i if i else 1) * (E**j if j else 1) + n
    for (i, j), c in piece[1].items():
        d = c * (t**i if i else 1) * (E**j if j else 1) + d
    return n / d


def constant(piece):
    """The number that a piece without E is everywhere, or None."""
    n, d = piece
    c = next(iter(n.values()), Fraction(0)) / next(iter(d.values()))
    return c if n == {key: c * x for key, x in d.items() if c} else None


def line(piece):
    """(a, b) of a piece a·t + b, or None."""
    n, d = piece
    if set(d) != {(0, 0)} or not set(n) <= {(0, 0), (1, 0)}:
        return None
    return n.get((1, 0), 0) / d[0, 0], n.get((0, 0), 0) / d[0, 0]


# ---------------------------------------------------------------- the instance


def layer(value, below, spend):
    """One entry of `layers`."""
    try:
        x = record(value, "convolution", "max-pooling", "average-pooling", "elementwise")
    except Stop as stop:
        raise Stop(UNREADABLE, stop.args[1]) from None
    x.below, x.act = below, activation(x.activation, spend) if "activation" in KEYS[x.kind] else None
    if x.kind == "elementwise":
        spend(20 * below)
        x.patches = [[e] for e in range(below)]
    x.patches = [indices(patch, below, -1) for patch in listed(x.patches)]
    x.slots = len(x.patches[0]) if x.patches else 0
    readable(x.slots and all(len(patch) == x.slots for patch in x.patches), "patches of one length")
    if x.kind == "max-pooling":
        readable(all(max(patch) >= 0 for patch in x.patches), "a patch of padding only")
    if x.kind == "average-pooling":
        readable(len(listed(x.divisors)) == len(x.patches), "a divisor for each patch")
        x.divisors = [index(d, 1, x.slots + 1) for d in x.divisors]
    if x.kind == "convolution":
        one_of(x.bias, "neuron", "filter", "none")
        index(x.filters, 1)
        x.own = weights_and_biases(x, x.weights, x.biases)
    else:
        x.filters, x.bias, x.own = 1, "none", None
    x.width = len(x.patches) * x.filters
    return x


def weights_and_biases(x, weights, biases):
    """Rows of weights, and biases as they are stored; None for null."""
    count = {"neuron": len(x.patches) * x.filters, "filter": x.filters, "none": 0}[x.bias]
    readable(count or biases is None, "biases of a layer that has none")
    return maybe(weights, array, x.slots, x.filters), maybe(biases, array, count)


class Certificate:
    """Instance and points of a document, and the account of work."""

    def __init__(self, path, work):
        self.work, self.account = work, [0]
        instance, points, self.claims = document(path)
        table, count, targets, width, layers = keyed(instance, "samples sample_count targets input_width layers")
        self.widths, self.N = [index(width, 1)], maybe(count, index, 1)
        self.table, self.targets = maybe(table, array, self.N, width), maybe(targets, array, self.N, None)
        readable(self.N or (table is None and targets is None), "no sample_count")
        self.layers = [None]
        for k, value in enumerate(listed(layers), 1):
            try:
                self.layers.append(layer(value, self.widths[-1], self.spend))
            except Stop as stop:
                raise Stop(stop.args[0], f"layer {k}: {stop.args[1]}") from None
            self.widths.append(self.layers[-1].width)
        self.L, self.points = len(layers), []
        for i, point in enumerate(points):
            readable(isinstance(point, list) and len(point) == self.L, f"point {i} has an entry for each layer")
            self.points.append([None, *(self.entry(k, x, i) for k, x in enumerate(point, 1))])

    def entry(self, k, value, i):
        """(weights, biases) of layer k at point i."""
        if value is None:
            return None
        readable(self.layers[k].kind == "convolution", f"point {i}: layer {k} has no parameters")
        if type(value) is int:
            own = self.parameters(index(value, -1, i))[k]
        else:
            own = weights_and_biases(self.layers[k], *keyed(value, "weights biases"))
        readable(own and own[0], f"point {i}: layer {k} has no weights there")
        return own

    def parameters(self, point=-1):
        """(weights, biases) of every layer at a point."""
        return [None, *(x.own for x in self.layers[1:])] if point < 0 else self.points[point]

    def samples(self):
        """The samples, which must be given."""
        need(self.table is not None, "no samples")
        return self.table

    def spend(self, steps, bits=64):
        """Pay for so many operations with numbers of so many bits before they are done."""
        spent = self.account[0] + steps * (1 + (bits / 700) ** 2)
        need(spent <= self.work, f"{spent:.1e} steps or more; at most {self.work:.0e} are taken", LARGE)
        self.account[0] = spent


# ---------------------------------------------------------------- numbers that are carried through the layers


class Sum(dict[tuple[object, ...], Fraction]):
    """A combination of names, tuples, () for 1; names multiply by joining, and are 0 beyond two parts."""

    def size(self):
        """Bits of the longest coefficient."""
        return bits(self.values())

    def __add__(self, other):
        found = dict(self)
        for name, c in other.items() if isinstance(other, Sum) else [((), other)]:
            found[name] = found.get(name, 0) + c
        return Sum({name: c for name, c in found.items() if c})

    def __mul__(self, other):
        if not isinstance(other, Sum):
            return Sum({name: c * other for name, c in self.items() if other})
        found, short = {}, [[pair for pair in other.items() if len(pair[0]) <= n] for n in range(3)]
        for name, c in self.items():
            for more, d in short[2 - len(name)]:
                joined = tuple(sorted(name + more))
                found[joined] = found.get(joined, 0) + c * d
        return Sum({name: c for name, c in found.items() if c})

    def __truediv__(self, other):
        return self * (1 / other)

    def __rtruediv__(self, other):
        inverse = 1 / self[()]
        rest = (self + -self[()]) * -inverse
        return ((rest * rest) + rest + 1) * (inverse * other)

    def __pow__(self, n):
        return reduce(lambda x, _: x * self, range(n - 1), self)

    __radd__, __rmul__ = __add__, __mul__


class Interval:
    """The numbers from low to high, which have so many bits; every operation rounds outwards."""

    def __init__(self, ends, bits):
        self.low, self.high, self.bits = rounded(min(ends), bits, math.floor), rounded(max(ends), bits, math.ceil), bits

    def size(self):
        """Bits of both ends."""
        return size(self.low) + size(self.high)

    def like(self, x):
        """An interval around a number; an interval stays."""
        return x if isinstance(x, Interval) else Interval([x], self.bits)

    def __add__(self, other):
        other = self.like(other)
        return Interval([self.low + other.low, self.high + other.high], self.bits)

    def __mul__(self, other):
        other = self.like(other)
        return Interval([a * b for a in (self.low, self.high) for b in (other.low, other.high)], self.bits)

    def __truediv__(self, other):
        other = self.like(other)
        need(other.low > 0 or other.high < 0, "an enclosed denominator may be 0")
        return self * Interval([1 / other.low, 1 / other.high], self.bits)

    def __rtruediv__(self, other):
        return self.like(other) / self

    def __pow__(self, n):
        return reduce(lambda x, _: x * self, range(n - 1), self)

    __radd__, __rmul__ = __add__, __mul__


def rounded(x, bits, way):
    """A rational number with so many bits after its first one, rounded by floor or ceil."""
    unit = Fraction(2) ** (x.numerator.bit_length() - x.denominator.bit_length() - bits)
    return way(x / unit) * unit


def exponential(a, bits, spend):
    """An interval around e^a for a rational a."""
    need(a < 2**14, f"e^a is enclosed for a below {2**14} only", LARGE)
    if a < 0:
        return Interval([0, Fraction(1, 2**2**14)], bits) if a <= -(2**14) else 1 / exponential(-a, bits, spend)
    halvings = int(2 * a).bit_length()
    wide = bits + 2 * halvings + 16
    spend(wide + halvings, 8 * wide + size(a) + 4 * int(a))
    total = term = Interval([1], wide)
    step, n = Interval([a / 2**halvings], wide), 1
    while term.high > Fraction(1, 2**wide):
        term, n = term * step * Fraction(1, n), n + 1
        total = total + term
    total = total + Interval([0, 2 * term.high], wide)  # step < 1: each term is at most half of the one before
    for _ in range(halvings):
        total = total * total
    return Interval([total.low, total.high], bits)


# ---------------------------------------------------------------- features


def summed(weighted, start, spend):
    """start + Σ w·x, for any kinds of numbers."""
    for w, x in weighted:
        spend(sum(len(y) if isinstance(y, Sum) else 1 for y in (w, x, start)) / 3, size(w) + size(x) + size(start))
        start = w * x + start
    return start


def bias_of(x, biases, h):
    """The bias of neuron h."""
    return Fraction(0) if x.bias == "none" else biases[h if x.bias == "neuron" else h % x.filters]


def pre_activations(x, own, row, spend):
    """Sums or means of one sample; of an elementwise layer, what it reads."""
    spend(20 * x.width)  # also for the place that they take
    if x.kind == "elementwise":
        return [row[e] for (e,) in x.patches]  # of a part of a network, not all that is below
    if x.kind == "average-pooling":
        sums = [summed(((1, row[e]) for e in patch if e >= 0), Fraction(0), spend) for patch in x.patches]
        return [y * Fraction(1, d) for y, d in zip(sums, x.divisors, strict=True)]
    weights, biases = own
    return [
        summed(
            ((weights[s][t], row[e]) for s, e in enumerate(patch) if e >= 0),
            bias_of(x, biases, p * x.filters + t),
            spend,
        )
        for p, patch in enumerate(x.patches)
        for t in range(x.filters)
    ]


def given(cert, k, own):
    """Weights and biases of layer k, where it has some."""
    x = cert.layers[k]
    if x.kind != "convolution":
        return None
    need(own and own[0] and (own[1] or x.bias == "none"), f"layer {k} has no parameters here")
    return own


def evaluated(act, z, spend):
    """The activation at rational numbers, where it is rational."""
    found = []
    for t in z:
        E = power(act, t, spend) if act.exponent else 1
        need(E is not None, f"2^g at {str(t)[:40]} is not rational")
        found.append(value_of(piece_at(act, t), t, spend, E))
    return found


def exact(cert, row, k, parameters=None):
    """[(pre-activations, features)] of layers 0 to k of one sample, in Q."""
    parameters, found = parameters or cert.parameters(), [(None, row)]
    for i, x in enumerate(cert.layers[1 : k + 1], 1):
        below = found[-1][1]
        if x.kind == "max-pooling":
            cert.spend(len(x.patches) * x.slots)
            found.append((None, [max(below[e] for e in patch if e >= 0) for patch in x.patches]))
        else:
            z = pre_activations(x, given(cert, i, parameters[i]), below, cert.spend)
            found.append((z, evaluated(x.act, z, cert.spend) if x.act else z))
    return found


def entering(cert, row, j):
    """Pre-activations of layer j of one sample, in Q, and the features below it."""
    below = exact(cert, row, j - 1)[-1][1]
    return pre_activations(cert.layers[j], given(cert, j, cert.layers[j].own), below, cert.spend), below


def transcendental(cert, k):
    """Layers 1 to k that are exponential, or special."""
    return [
        i
        for i, x in enumerate(cert.layers[: k + 1])
        if i and x.act and (x.act.special or (x.act.base == "e" and x.act.exponent))
    ]


def place(cert, k):
    """Q, Q(t) or balls, where the features of layer k lie, and the first layer that is exponential or special."""
    strange = transcendental(cert, k)
    if not strange:
        return "Q", None
    j, *others = strange
    dyadic = any(x.act and x.act.base == "2" for x in cert.layers[j + 1 : k + 1])
    return "balls" if others or dyadic or cert.layers[j].act.special else "Q(t)", j


def features(cert, k, rows=None):
    """F_k over Q, or some rows of it."""
    need(place(cert, k)[0] == "Q", f"features of layer {k} are not in Q")
    return [exact(cert, cert.samples()[i], k)[-1][1] for i in (range(cert.N) if rows is None else rows)]


def residue(x, p):
    """A rational number modulo p."""
    need(x.denominator % p, f"{p} divides a denominator")
    return x.numerator * pow(x.denominator, -1, p) % p


def modulo(piece, t, E, p, spend):
    """A piece at the residues t and E."""
    spend(2 * sum(map(len, piece)))
    n, d = (sum(residue(c, p) * pow(t, i, p) * pow(E, j, p) for (i, j), c in side.items()) % p for side in piece)
    need(d, f"the denominator of a formula is 0 modulo {p}")
    return n * pow(d, -1, p) % p


def part(cert, k, rows, columns):
    """The part of the network that these rows and columns of F_k depend on, and where the columns are in it."""
    own, wanted, layers, places = copy(cert), columns, [], []
    for x in map(copy, cert.layers[k:0:-1]):
        kept, units = (sorted({f(h, x.filters) for h in wanted}) for f in (int.__floordiv__, int.__mod__))
        neurons = [p * x.filters + t for p in kept for t in units]
        if x.own and x.own[0]:
            biases = x.own[1] and [x.own[1][h] for h in (neurons if x.bias == "neuron" else units)]
            x.own = [[row[t] for t in units] for row in x.own[0]], biases
        if x.kind == "average-pooling":
            x.divisors = [x.divisors[p] for p in kept]
        x.patches, x.filters, x.width = [x.patches[p] for p in kept], len(units), len(neurons)
        layers.append(x)
        places.append({h: a for a, h in enumerate(neurons)})
        wanted = {e for patch in x.patches for e in patch if e >= 0} or {0}
    inputs = sorted(wanted)
    places.append({e: a for a, e in enumerate(inputs)})
    for x, below in zip(layers, places[1:], strict=True):
        x.patches, x.below = [[below.get(e, -1) for e in patch] for patch in x.patches], len(below)
    own.layers, own.N = [None, *reversed(layers)], len(rows)
    own.widths = [len(inputs), *(x.width for x in own.layers[1:])]
    own.table = [[cert.samples()[i][e] for e in inputs] for i in rows]
    return own, [places[0][h] for h in columns]


def homomorphic(cert, k, j, p, root, precision):
    """The image of F_k under the homomorphism that takes e^a to root^(a mod q), q = (p - 1)/2, from layer j on."""
    q, found, x = p // 2, [], cert.layers[j]
    weights, biases = given(cert, j, x.own) or ([], [])
    coefficients = [c for y in cert.layers[j:] if y.act for sides in y.act.pieces for d in sides for c in d.values()]
    uses_t = x.act.kinks or any(i for side in x.act.pieces[0] for i, _ in side)
    for row in cert.samples():
        z, below = entering(cert, row, j)
        numbers = [*below, *(c for slot in weights for c in slot), *(biases or [])]
        prime_to_p = [*coefficients, *(numbers if uses_t else [])]
        prime_to_q = [*numbers, *x.act.exponent] if x.act.exponent else []
        for modulus_there, there in ((p, prime_to_p), (q, prime_to_q)):
            need(all(c.denominator % modulus_there for c in there), f"{modulus_there} divides a denominator")
        now = []
        for t in z:
            piece, a, ball = piece_at(x.act, t), at(x.act.exponent, t, cert.spend), None
            if precision:
                E = exponential(a, precision + 8, cert.spend)
                ball = E.like(value_of(piece, t, cert.spend, E))
            E = pow(root, residue(a, q), p) if root else 1
            now.append((modulo(piece, residue(t, p) if uses_t else 0, E, p, cert.spend), ball))
        for above in range(j + 1, k + 1):
            now = lifted(cert, above, now, p)
        found.append([r for r, _ in now])
    return found


def lifted(cert, k, below, p):
    """Features of layer k above the exponential one: residues with intervals, or None where no sign is asked."""
    x, balls = cert.layers[k], [ball for _, ball in below]
    cert.spend(len(x.patches) * x.slots)
    if x.kind == "max-pooling":
        read = [[below[e] for e in patch if e >= 0] for patch in x.patches]
        tops = [(max(b.low for _, b in pairs), max(b.high for _, b in pairs)) for pairs in read]
        residues = [{r for r, b in pairs if b.high >= low} for pairs, (low, _) in zip(read, tops, strict=True)]
        need(all(len(one) == 1 for one in residues), f"layer {k}: which entry is the largest is not decided")
        return [(one.pop(), Interval(ends, balls[0].bits)) for one, ends in zip(residues, tops, strict=True)]
    weights, biases = own = given(cert, k, x.own) or ([], [])
    modular = [[residue(c, p) for c in row] for row in weights], [residue(c, p) for c in biases or []]
    z = [residue(r, p) for r in pre_activations(x, modular, [r for r, _ in below], cert.spend)]
    enclosed = pre_activations(x, own, balls, cert.spend) if balls[0] else []
    balls = [balls[0].like(b) for b in enclosed] or [None] * len(z)
    return (
        [activated(x.act, r, b, p, cert.spend) for r, b in zip(z, balls, strict=True)]
        if x.act
        else list(zip(z, balls, strict=True))
    )


def activated(act, r, ball, p, spend):
    """A rational activation of a residue and an interval: every piece that may be met has the same residue."""
    pieces = act.pieces
    if ball:
        pieces = pieces[bisect_left(act.kinks, ball.low) : bisect_right(act.kinks, ball.high) + 1]
    values = {modulo(piece, r, 1, p, spend) for piece in pieces}
    need(len(values) == 1, "which piece is met is not decided")
    if ball:
        hulls = [ball.like(value_of(piece, ball, spend)) for piece in pieces]
        ball = Interval([end for hull in hulls for end in (hull.low, hull.high)], ball.bits)
    return values.pop(), ball


def named(cert, k):
    """F_k by names of numbers, where it is not in Q: one layer with names, affine ones above it."""
    strange = transcendental(cert, k)
    need(strange, f"features of layer {k} are in Q")
    j, found = strange[0], []
    affine = [
        (1, 0)
        if x.kind == "average-pooling"
        else x.act and not x.act.special and len(x.act.pieces) == 1 and line(x.act.pieces[0])
        for x in cert.layers[j + 1 : k + 1]
    ]
    need(all(affine), f"a layer above layer {j} is not affine")
    for row in cert.samples():
        now = [name_of(cert.layers[j].act, t, cert.spend) for t in entering(cert, row, j)[0]]
        for i, (a, b) in enumerate(affine, j + 1):
            x = cert.layers[i]
            now = [Sum() + y * a + b for y in pre_activations(x, given(cert, i, x.own), now, cert.spend)]
        found.append(now)
    return found


def name_of(act, z, spend):
    """The activation at z as a combination of names."""
    if act.special:
        if z == 0 and zero_at_zero(act, spend):
            return Sum()
        odd, shifted = act.special in {"erf", "arctan", "sin"}, act.special in {"softplus", "gelu", "log-sigmoid"}
        return Sum({(abs(z),): Fraction(-1 if odd and z < 0 else 1)}) + (z if shifted and z < 0 else 0)
    n, d = (in_E(side, z, spend) for side in piece_at(act, z))
    a = at(act.exponent, z, spend)
    if a == 0:
        return Sum() + sum(n) / sum(d)
    n, d = ([c / d[-1] for c in side] for side in (n, d))
    quotient, rest = divided(n, d, spend)
    label = " ".join(map(str, d))
    found = Sum() + Sum({(i * a,) if i else (): c for i, c in enumerate(quotient)})
    if rest and d == [1, 1] and a < 0:
        return found + Sum({(): rest[0], (0, label, -a): -rest[0]})
    found.update({(i, label, a): c for i, c in enumerate(rest) if c})
    return found


def symbols(cert, k):
    """F_k if its layers are rational; else equal numbers for values made of equal parts, 0 for 0."""
    j = next((i for i, x in enumerate(cert.layers[: k + 1]) if i and x.act and (x.act.special or x.act.exponent)), None)
    if j is None:
        return features(cert, k)
    table, found = {}, []
    keeps_zero = [x and x.act and zero_at_zero(x.act, cert.spend) for x in cert.layers]

    def symbol(i, *parts, zero):
        return 0 if zero else table.setdefault((i, *parts), len(table) + 1)

    for row in cert.samples():
        now = [symbol(j, z, zero=z == 0 and keeps_zero[j]) for z in entering(cert, row, j)[0]]
        for i, x in enumerate(cert.layers[j + 1 : k + 1], j + 1):
            weights, biases = given(cert, i, x.own) or (None, None)
            cert.spend(20 * x.width * x.slots)
            below, now = now, []
            for h in range(x.width):
                p, t = divmod(h, x.filters)
                read = tuple(below[e] if e >= 0 else 0 for e in x.patches[p])
                if x.kind == "elementwise":
                    now.append(read[0])
                elif x.kind == "max-pooling":
                    values = frozenset(below[e] for e in x.patches[p] if e >= 0)
                    now.append(min(values) if len(values) == 1 else symbol(i, values, zero=False))
                elif x.kind == "average-pooling":
                    now.append(symbol(i, read, x.divisors[p], zero=not any(read)))
                else:
                    own, bias = tuple(w[t] for w in weights), bias_of(x, biases, h)
                    silent = not any(own) or not any(read)
                    now.append(symbol(i, *((), ()) if silent else (read, own), bias, zero=silent and bias == 0))
            if x.act:
                now = [symbol(i, "value", z, zero=z == 0 and keeps_zero[i]) for z in now]
        found.append(now)
    return found


# ---------------------------------------------------------------- evidence for ranks
# Generators read, yield, verify, and yield the number that is proved.


def prime(n):
    """Miller and Rabin; these bases decide every n below 3·10^24."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
    if n < 43 or any(n % b == 0 for b in bases):
        return n in bases
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    starts = (pow(b, (n - 1) >> twos, n) for b in bases)
    return all(x == 1 or any(pow(x, 2**i, n) == n - 1 for i in range(twos)) for x in starts)


def rank(rows, spend, p=None):
    """Rank of a matrix over Q, or of residues modulo p."""
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows, found = [row for row in rows if row is not pivot], found + 1
        spend(len(rows) * len(pivot) / 5, 64 if p else 3 * max(map(bits, [pivot, *rows])))
        inverse = pow(pivot[column], -1, p) if p else 1 / pivot[column]
        rows = [
            [x - row[column] * inverse * y for x, y in zip(row, pivot, strict=True)] if row[column] else row
            for row in rows
        ]
        rows = [[x % p for x in row] for row in rows] if p else rows
    return found


def begun(generator):
    """A generator whose reading is done."""
    next(generator)
    return generator


def minor(rows, columns, shape):
    """Verify the form of a square minor."""
    readable(
        len(indices(rows, shape[0])) == len(indices(columns, shape[1])) > 0, "as many rows as columns, and one at least"
    )


def lower_rank(cert, evidence, k, shape, matrix=None):
    """Evidence from below, for F_k or what `matrix` gives."""
    e = record(evidence, "none", "modular-minor", *(["triangular-minor"] if matrix is None else []))
    if e.kind == "none":
        yield
        yield 0
    minor(e.rows, e.columns, shape)
    if e.kind == "triangular-minor":
        readable(k and cert.layers[k].kind == "convolution", f"layer {k} is no convolution")
        yield
        yield triangular(cert, k, e.rows, e.columns)
    p, root, precision = modulus(e.modulus), maybe(e.root, whole), maybe(e.precision, index, 2, 2**20 + 1)
    if root is not None:
        readable(p % 4 == 3 and p > 5 and prime(p // 2), "the modulus is no safe prime")
        readable(1 < root < p and pow(root, p // 2, p) == 1, "the root has another order")
    yield
    where, j = ("Q", None) if matrix else place(cert, k)
    need(where != "balls", f"features of layer {k} are neither in Q nor in Q(t)")
    need((root is None) == (where == "Q"), "a root where features are in Q(t), and only there")
    signs = j and any(x.kind == "max-pooling" or (x.act and x.act.kinks) for x in cert.layers[j + 1 : k + 1])
    need((precision is None) == (not signs), "a precision where signs are decided by balls, and only there")
    if matrix:
        image = [[residue(row[h], p) for h in e.columns] for row in matrix(e.rows)]
    else:
        own, columns = part(cert, k, e.rows, e.columns)
        act = k and cert.layers[k].act
        if not j and (not act or act.exponent or all(map(line, act.pieces))):
            image = [[residue(x, p) for x in row] for row in features(own, k)]
        else:
            image = homomorphic(own, k, j or k, p, root, precision)
        image = [[row[h] for h in columns] for row in image]
    need(rank(image, cert.spend, p) == len(e.rows), "the minor is 0 modulo p")
    yield len(e.rows)


def triangular(cert, k, rows, columns):
    """Verify that own samples are on, and later ones off."""
    x, below = cert.layers[k], features(cert, k - 1, rows)
    off, on = half_line(x.act, cert.spend)
    weights, biases = given(cert, k, x.own)
    for a, h in enumerate(columns):
        p, t = divmod(h, x.filters)
        for b in range(a, len(rows)):
            weighted = ((weights[s][t], below[b][e]) for s, e in enumerate(x.patches[p]) if e >= 0)
            z = summed(weighted, bias_of(x, biases, h), cert.spend)
            need(off(z) if b > a else on(z), f"sample {rows[b]} at unit {h}")
    return len(rows)


def half_line(act, spend):
    """(off, on) for a pre-activation."""
    unfit = "an activation without triangular minors"
    need(act.special is None, unfit)
    if act.kinks and not (act.pieces[0][0] and act.pieces[-1][0]):
        on = lambda z: vanishes(act, in_E(piece_at(act, z)[0], z, spend), z, spend) is False  # noqa: E731
        return (lambda z: z <= act.kinks[0]) if not act.pieces[0][0] else (lambda z: z >= act.kinks[-1]), on
    need(not act.kinks and act.exponent and act.base == "e" and not any(act.exponent[:-1]), unfit)
    (n, d), m, c = act.pieces[0], len(act.exponent) - 1, act.exponent[-1]
    degree = max(j for _, j in d)
    need((0, 0) in d and not any(i for i, _ in d) and (m % 2 or c < 0), unfit)
    need(m % 2 == 0 or all(j <= degree for _, j in n), unfit)

    def limit(z):
        if z == 0:
            return sum(x for (i, _), x in n.items() if i == 0) / sum(d.values())
        j = degree if c * z**m > 0 else 0
        return {(i, 0): x / d[0, j] for (i, power_of_E), x in n.items() if power_of_E == j}

    side = 1 if limit(-1) else -1
    need(not limit(side), unfit)
    on = lambda z: (value_of((limit(z), {(0, 0): 1}), z, spend) if z else limit(0)) != 0  # noqa: E731
    return lambda z: z * side > 0 or (z == 0 and limit(0) == 0), on


def combinations(value, count):
    """[{line: c}], each with a leading line that no other one contains."""
    read = [keyed(one, "leading coefficients") for one in listed(value)]
    readable(
        all(isinstance(pair, list) and len(pair) == 2 for _, pairs in read for pair in listed(pairs)),
        "pairs of a line and c",
    )
    for leading, pairs in read:
        index(leading, 0, count)
        indices([i for i, _ in pairs], count)
    occurrences = Counter(i for _, pairs in read for i, _ in pairs)
    found = [{i: number(c) for i, c in pairs} for _, pairs in read]
    readable(all(one and all(one.values()) for one in found), "empty, or a coefficient is 0")
    readable(
        all(i in one and occurrences[i] == 1 for (i, _), one in zip(read, found, strict=True)),
        "a leading line is in another one",
    )
    return found


def combined(one, lines, spend):
    """Σ c_i·line_i, entry by entry."""
    return [summed(((c, lines[i][h]) for i, c in one.items()), Fraction(0), spend) for h in range(len(lines[0]))]


def transposed(rows):
    """Columns as rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def upper_rank(cert, evidence, k, shape, matrix=None):
    """Evidence from above, for F_k or what `matrix` gives."""
    e = record(evidence, "shape", "distinct-lines", "relations", *(["zero-block"] if matrix is None else []))
    if e.kind == "shape":
        yield
        yield min(shape)
    if e.kind == "zero-block":
        left, right = combinations(e.rows, shape[0]), combinations(e.columns, shape[1])
        readable(left and right, "a list of combinations is empty")
        yield
        F = named(cert, k)
        block = transposed([combined(one, F, cert.spend) for one in left])
        need(
            not any(x for one in right for x in combined(one, block, cert.spend)), "a combination of the block is not 0"
        )
        yield sum(shape) - len(left) - len(right)
    axis = index(e.axis, 0, 2)
    if e.kind == "relations":
        relations = combinations(e.relations, shape[axis])
        yield
        if not relations:
            yield shape[axis]
        F = matrix() if matrix else (features if place(cert, k)[0] == "Q" else named)(cert, k)
        lines = transposed(F) if axis else F
        need(not any(x for one in relations for x in combined(one, lines, cert.spend)), "a relation does not hold")
        yield shape[axis] - len(relations)
    indices(e.representatives, shape[axis])
    yield
    F = matrix() if matrix else symbols(cert, k)
    lines = [tuple(x) for x in (transposed(F) if axis else F)]
    kept = {lines[i] for i in e.representatives}
    need(all(x in kept or not any(x) for x in lines), "a line is neither 0 nor equal to a representative")
    yield len(e.representatives)


def both(claim, lower, upper):
    """Verify both bounds of a claim."""
    readable(index(claim.lower, 0) >= 0 and index(claim.upper, 0) >= 0, "bounds")
    lower, upper = begun(lower), begun(upper)
    yield
    for side, evidence in (("lower", lower), ("upper", upper)):
        found = next(evidence)
        need(found == getattr(claim, side), f"{side}: the evidence proves {found}")


def rank_claim(cert, claim):
    """lower ≤ rank F_k ≤ upper."""
    k = index(claim.layer, 0, cert.L + 1)
    readable(cert.N, "a rank without samples")
    shape = cert.N, cert.widths[k]
    yield from both(
        claim, lower_rank(cert, claim.lower_evidence, k, shape), upper_rank(cert, claim.upper_evidence, k, shape)
    )


def convolution(cert, k):
    """The convolution that a claim is about."""
    readable(cert.layers[index(k, 1, cert.L + 1)].kind == "convolution", f"layer {k} is no convolution")
    return cert.layers[k]


def full_weights(cert, x, weights):
    """U: a row for each neuron below, a column for each unit."""
    cert.spend(x.below * x.width / 10 + x.slots * x.width)
    U = [[0] * x.width for _ in range(x.below)]
    for p, patch in enumerate(x.patches):
        for s, e in enumerate(patch):
            if e >= 0:
                U[e][p * x.filters : (p + 1) * x.filters] = weights[s]
    return U


def weights_rank(cert, claim):
    """lower ≤ rank U_l ≤ upper at the instance's own parameters."""
    x, k = convolution(cert, claim.layer), claim.layer

    def matrix(rows=None):
        U = full_weights(cert, x, given(cert, k, x.own)[0])
        return U if rows is None else [U[e] for e in rows]

    shape = x.below, x.width
    low, high = (
        lower_rank(cert, claim.lower_evidence, k, shape, matrix),
        upper_rank(cert, claim.upper_evidence, k, shape, matrix),
    )
    yield from both(claim, low, high)


# ---------------------------------------------------------------- patches and generic ranks


def patch_structure(cert, claim):
    """Section 2: every neuron is covered, no two patches are equal as sets, no padding."""
    x, v = cert.layers[index(claim.layer, 1, cert.L + 1)], claim.violation
    readable(x.kind != "elementwise", "a layer without patches")
    readable(one_of(claim.holds, True, False) == (v is None), "a violation where it does not hold, and only there")
    if v is not None:
        v = record(v, "uncovered", "identical", "padding")
        places = indices(v.neurons, x.below) if v.kind == "uncovered" else indices(v.patches, len(x.patches))
        readable(len(places) == 2 if v.kind == "identical" else places, "how many are named")
    yield
    sets = [frozenset(patch) for patch in x.patches]
    covered = frozenset().union(*sets)
    if v is None:
        fine = -1 not in covered and len(covered) == x.below and len(set(sets)) == len(sets)
    elif v.kind == "uncovered":
        fine = not covered & set(places)
    else:
        fine = sets[places[0]] == sets[places[1]] if v.kind == "identical" else all(-1 in sets[p] for p in places)
    need(fine, "the patches are otherwise")


def generic_rank(cert, claim):
    """lower ≤ the largest rank of U_l over all weights ≤ upper."""
    x = convolution(cert, claim.layer)
    yield from both(claim, generic_lower(cert, claim.lower_evidence, x), generic_upper(cert, claim.upper_evidence, x))


def generic_lower(cert, evidence, x):
    """A lower bound for some weights."""
    e = record(evidence, "delta-filters", "modular-witness")
    if e.kind == "delta-filters":
        readable(
            len(listed(e.slots)) == x.filters and all(index(s, 0, x.slots) >= 0 for s in e.slots),
            "a slot for each filter",
        )
        yield
        yield len({patch[s] for patch in x.patches for s in e.slots} - {-1})
    p, weights = modulus(e.modulus), generic_weights(x, e.weights)
    minor(e.rows, e.columns, (x.below, x.width))
    yield
    U = full_weights(cert, x, [[residue(w, p) for w in row] for row in weights])
    need(rank([[U[i][h] for h in e.columns] for i in e.rows], cert.spend, p) == len(e.rows), "the minor is 0 modulo p")
    yield len(e.rows)


def generic_weights(x, weights):
    """Rows of weights that are given in C order."""
    readable(len(listed(weights)) == x.slots * x.filters, "how many weights")
    return [[number(w) for w in weights[i : i + x.filters]] for i in range(0, len(weights), x.filters)]


def generic_upper(cert, evidence, x):
    """An upper bound for all weights."""
    e = record(evidence, "shape", "cover", "syzygies")
    if e.kind == "shape":
        yield
        yield min(x.below, x.width)
    if e.kind == "cover":
        neurons, patches = set(indices(e.neurons, x.below)), set(indices(e.patches, len(x.patches)))
        yield
        rest = {n for p, patch in enumerate(x.patches) if p not in patches for n in patch} - {-1}
        need(rest <= neurons, "a neuron is not covered")
        yield len(neurons) + x.filters * len(patches)
    p, weights = modulus(e.modulus), [w for row in generic_weights(x, e.weights) for w in row]
    vectors = [[polynomial(entry, x) for entry in listed(vector)] for vector in listed(e.vectors)]
    for vector in vectors:
        readable(vector, "an empty vector")
        indices([h for h, _ in vector], x.width)
    yield
    matrix = [[0] * x.width for _ in vectors]
    for row, vector in zip(matrix, vectors, strict=True):
        image = Counter()
        for h, terms_of_h in vector:
            for exponents, c in terms_of_h:
                cert.spend((1 + len(exponents)) * (1 + x.slots), size(c))
                row[h] = reduce(lambda y, v: y * residue(weights[v], p) % p, exponents, residue(c, p)) + row[h]
                for s, n in enumerate(x.patches[h // x.filters]):
                    image[n, tuple(sorted((*exponents, s * x.filters + h % x.filters)))] += c if n >= 0 else 0
        need(not any(image.values()), "U·h is not 0")
    cert.spend(len(vectors) * x.width)
    reduced = [[y % p for y in row] for row in matrix]
    need(rank(reduced, cert.spend, p) == len(vectors), "the vectors are dependent modulo p")
    yield x.width - len(vectors)


def polynomial(entry, x):
    """[h, terms] of a vector, as (h, [(exponents, c)])."""
    readable(isinstance(entry, list) and len(entry) == 2, "an entry is [h, terms]")
    readable(all(isinstance(term, list) and len(term) == 2 for term in listed(entry[1])), "a term is [exponents, c]")
    found = [
        (tuple(index(v, 0, x.slots * x.filters) for v in listed(exponents)), number(c)) for exponents, c in entry[1]
    ]
    monomials = [exponents for exponents, _ in found]
    readable(
        len(set(monomials)) == len(monomials) and all(list(m) == sorted(m) for m in monomials),
        "exponents ascend, and are not repeated",
    )
    return index(entry[0], 0, x.width), found


# ---------------------------------------------------------------- the loss


class Point:
    """The loss at one point, where all layers are rational, with its derivatives."""

    def __init__(self, cert, point):
        need(all(x.kind != "average-pooling" for x in cert.layers[1:]), "a loss with average-pooling")
        need(cert.L and place(cert, cert.L)[0] == "Q", "a loss that is not in Q")
        need(cert.targets and len(cert.targets[0]) == cert.widths[-1], f"targets of width {cert.widths[-1]}")
        self.cert, self.theta, self.weights, self.biases = cert, [], {}, {}
        self.parameters = [None, *(given(cert, k, own) for k, own in enumerate(cert.parameters(point)[1:], 1))]
        for k in range(1, cert.L + 1):
            weights, biases = self.parameters[k] or ([], None)
            for table, values in ((self.weights, [w for row in weights for w in row]), (self.biases, biases or [])):
                table[k] = range(len(self.theta), len(self.theta) + len(values))
                self.theta += values
        self.traces = [exact(cert, row, cert.L, self.parameters) for row in cert.samples()]
        self.loss = self.half_square(trace[-1][1] for trace in self.traces)

    def half_square(self, outputs):
        """½ Σ (F - Y)²."""
        differences = [
            f + -y
            for row, target in zip(outputs, self.cert.targets, strict=True)
            for f, y in zip(row, target, strict=True)
        ]
        return summed(((r, r) for r in differences), Fraction(0), self.cert.spend) * Fraction(1, 2)

    def smooth(self):
        """Verify that no pre-activation is at a breakpoint, and that every maximum is attained once."""
        for trace in self.traces:
            for x, (z, _), (_, below) in zip(self.cert.layers[1:], trace[1:], trace[:-1], strict=True):
                if x.kind == "max-pooling":
                    read = [[below[e] for e in patch if e >= 0] for patch in x.patches]
                    need(all(values.count(max(values)) == 1 for values in read), "a maximum is attained twice")
                else:
                    need(not set(z) & set(x.act.kinks), "a pre-activation is at a breakpoint")

    def outputs(self, steps):
        """F_L at θ + steps to the second order; steps are linear in the names of small numbers."""
        cert, outputs = self.cert, []
        theta = [Sum() + value + step for value, step in zip(self.theta, steps, strict=True)]
        cert.spend(len(theta))
        for trace in self.traces:
            row = trace[0][1]
            for k, x in enumerate(cert.layers[1:], 1):
                if x.kind == "max-pooling":
                    tops = [max((e for e in patch if e >= 0), key=trace[k - 1][1].__getitem__) for patch in x.patches]
                    row = [row[e] for e in tops]
                    continue
                start, T = self.weights[k].start, x.filters
                own = (
                    [theta[i : i + T] for i in range(start, self.weights[k].stop, T)],
                    [theta[i] for i in self.biases[k]],
                )
                z = pre_activations(x, own, row, cert.spend)
                row = [value_of(piece_at(x.act, a), t, cert.spend) for a, t in zip(trace[k][0], z, strict=True)]
            outputs.append(row)
        return outputs

    def expanded(self, steps):
        """Φ(θ + steps) to the second order."""
        return Sum() + self.half_square(self.outputs(steps))

    def critical(self):
        """Verify that all derivatives are 0; the expansion by all coordinates."""
        self.smooth()
        found = self.expanded([Sum({(e,): Fraction(1)}) for e in range(len(self.theta))])
        need(not any(len(name) == 1 for name in found), "a derivative is not 0")
        return found

    def piece(self, k, i, h):
        """The piece that neuron h of layer k meets at sample i."""
        return piece_at(self.cert.layers[k].act, self.traces[i][k][0][h])

    def level(self, k, i, h):
        """The number that a neuron is near the point, or None if it is not known to be one."""
        if k == 0:
            return self.traces[i][0][1][h]
        return constant(self.piece(k, i, h)) if self.cert.layers[k].act else None


def loss_claim(cert, claim):
    """lower ≤ Φ ≤ upper at a point, for features in Q."""
    point, low, high = index(claim.point, -1, len(cert.points)), number(claim.lower), number(claim.upper)
    readable(low <= high, "an empty interval")
    need(maybe(claim.precision, index, 2, 2**20) is None, "a loss by balls", ELSEWHERE)
    yield
    need(low <= Point(cert, point).loss <= high, "the loss is outside")


EVIDENCE = {  # the types that it proves
    "zero": ("global minimum",),
    "entry": ("not critical",),
    "hessian": ("minimum", "saddle"),
    "negative-direction": ("not a minimum", "saddle"),
}


def critical_point(cert, claim):
    """What a point is, by derivatives in Q."""
    point, loss = index(claim.point, -1, len(cert.points)), [number(x) for x in listed(claim.loss)]
    one_of(claim.type, "minimum", "global minimum", "saddle", "not critical", "not a minimum")
    readable(len(loss) == 2 and loss[0] <= loss[1], "loss: two numbers, ascending")
    readable(one_of(claim.strict, True, False) is False or claim.type == "minimum", "strict for a minimum only")
    P = sum(count_of_parameters(x) for x in cert.layers[1:])
    if claim.index is not None:
        readable(
            len(listed(claim.index)) == 3 and all(index(n, 0, P + 1) >= 0 for n in claim.index), "index: three counts"
        )
    e = record(claim.evidence, *EVIDENCE)
    readable(claim.type in EVIDENCE[e.kind], f"this evidence proves {EVIDENCE[e.kind]}")
    if e.kind != "zero":
        need(getattr(e, "by", "rational") == "rational", "formal derivatives", ELSEWHERE)
        index(e.precision, 2, 2**20)
        need(
            all(not x.act or not (x.act.special or x.act.exponent) for x in cert.layers[1:]),
            "derivatives that are not rational",
            ELSEWHERE,
        )
    if e.kind == "entry":
        index(e.coordinate, 0, P)
    if e.kind == "negative-direction":
        readable(e.positive is not None or claim.type != "saddle", "a saddle needs a positive direction")
        directions = [(-1, array(e.direction, P)), (1, maybe(e.positive, array, P))]
    if e.kind == "hessian":
        readable(P <= 2000, "more than 2000 parameters")
        steps, C, K = (
            [step(cert, x, P) for x in listed(e.slice)],
            array(e.congruence, None, None),
            maybe(e.kernel, array, None, None),
        )
    yield
    at_point, found, strict = Point(cert, point), None, False
    need(loss[0] <= at_point.loss <= loss[1], "the loss is outside")
    if e.kind == "zero":
        need(at_point.loss == 0, "the residual is not 0")
    elif e.kind == "entry":
        at_point.smooth()
        expansion = at_point.expanded([Sum({("d",): Fraction(i == e.coordinate)}) for i in range(P)])
        need(("d",) in expansion, "the derivative is 0")
    elif e.kind == "negative-direction":
        at_point.critical()
        for sign, d in directions:
            expansion = at_point.expanded([Sum({("d",): c}) for c in d]) if d else {("d", "d"): sign}
            need(sign * expansion.get(("d", "d"), 0) > 0, "the sign of a second derivative")
    else:
        found, strict = hessian(at_point, claim.type, steps, C, K), claim.type == "minimum" and not steps
    need(claim.index in (None, found), f"the index is {found}")
    need(strict or not claim.strict, "that the minimum is strict is not proved")


def count_of_parameters(x):
    """Coordinates of a layer."""
    return (
        x.slots * x.filters + {"neuron": x.width, "filter": x.filters, "none": 0}[x.bias]
        if x.kind == "convolution"
        else 0
    )


def hessian(point, kind, steps, C, K):
    """Verify that CᵀHC is dominant, with signs as they are for this kind, and HK = 0; the index, where it is proved."""
    expansion, spend, frozen = point.critical(), point.cert.spend, set()
    for verify in steps:
        freezes, changes = verify(point)
        need(not frozen & (freezes | changes), "a step freezes or changes what an earlier one froze")
        frozen |= freezes
    free = [e for e in range(len(point.theta)) if e not in frozen]
    r, k, P = len(C[0]), len(K[0]) if K else 0, len(point.theta)
    need(len(C) == len(free) and (not K or len(K) == len(free)), f"matrices of {len(free)} rows")
    H = [
        {
            a: (1 + (e == f)) * expansion[tuple(sorted((e, f)))]
            for a, f in enumerate(free)
            if tuple(sorted((e, f))) in expansion
        }
        for e in free
    ]
    HC = [combined(row, C, spend) for row in H]
    G = [combined(dict(enumerate(column)), HC, spend) for column in transposed(C)]
    need(all(2 * abs(row[i]) > sum(map(abs, row)) for i, row in enumerate(G)), "CᵀHC is not dominant")
    positive = sum(row[i] > 0 for i, row in enumerate(G))
    need(positive == len(free) == r if kind == "minimum" else 0 < positive < r, f"{positive} of {r} signs are positive")
    if K:
        need(not any(x for row in H for x in combined(row, K, spend)), "HK is not 0")
        need(rank(K, spend) == k, "columns of K are dependent")
    return [positive, r - positive, k + P - len(free)] if r + k == len(free) else None


# ---------------------------------------------------------------- slices
# Steps verify, and return the coordinates that they freeze and those that they change.


def step(cert, value, P):
    """A function of the point that verifies a step."""
    s = record(value, *STEPS)
    for name, low, high in (
        ("layer", 1, cert.L + 1),
        ("unit", 0, math.inf),
        ("neuron", 0, math.inf),
        ("coordinate", 0, P),
    ):
        index(getattr(s, name, low), low, high)
    if s.kind == "inactive":
        indices(s.coordinates, P)
    if hasattr(s, "layer") or getattr(s, "scaled", None) is not None:
        x, _ = hidden(cert, getattr(s, "layer", 1), getattr(s, "unit", 0))
        index(getattr(s, "neuron", 0), 0, x.width)
    if s.kind == "mixing":
        x, *above = cert.layers[s.layer : s.layer + 2]
        fit = above and x.kind == above[0].kind == "convolution" and len(x.patches) == 1
        readable(fit and above[0].patches == [list(range(x.width))], "layers that are not fully connected")
        readable(not one_of(s.absorbed, True, False) or x.bias != "none" != above[0].bias, "absorbed without biases")
        readable(len(indices(s.units, x.filters)) > 1 and s.units == sorted(s.units), "two units or more, ascending")
        readable(indices(s.pivots, max(x.filters, x.slots + 1)), "no pivots")
        one_of(s.frozen, "minor", "outgoing", "incoming")
        readable((s.kept is None) == (s.combination is None) and (s.kept is None or s.layer == 1), "kept columns")
        readable(s.kept is None or not s.absorbed or x.slots in listed(s.kept), "the bias is not kept")
    if s.kind == "unseen" or getattr(s, "kept", None) is not None:
        x = cert.layers[1]
        columns = x.slots + {"none": 0, "filter": 1, "neuron": len(x.patches)}[x.bias]
        indices(s.kept, columns)
        s.combination = array(s.combination, len(s.kept), columns - len(s.kept))
    if s.kind == "unseen":
        s.shift = maybe(s.shift, array, len(s.kept))
        readable(s.shift is None if s.scaled is None else index(s.scaled, 0) in s.kept, "a kept column is scaled")
    return lambda point: STEPS[s.kind](cert, point, s)


def hidden(cert, k, unit=0):
    """Layer k, which must be a convolution with this unit below a convolution, and that one."""
    pair = cert.layers[k : k + 2]
    fit = len(pair) == 2 and all(x.kind == "convolution" for x in pair) and unit < pair[0].filters
    readable(fit, f"layer {k} is no hidden convolution with a unit {unit} below a convolution")
    return pair


def rows_above(cert, point, k, slots):
    """Coordinates of the weights of these slots of layer k + 1."""
    T = cert.layers[k + 1].filters
    return {point.weights[k + 1][s * T + t] for s in slots for t in range(T)}


def own_biases(cert, point, k, neurons):
    """Coordinates of the biases of these neurons of layer k, each with one of its own."""
    x = cert.layers[k]
    own = x.bias == "neuron" or (x.bias == "filter" and len(x.patches) == 1)
    need(own or not neurons, f"a neuron of layer {k} has no bias of its own")
    return {point.biases[k][h] for h in neurons}


def biases_above(cert, point, k, patches):
    """Coordinates of the biases of these patches of layer k + 1."""
    T = cert.layers[k + 1].filters
    return own_biases(cert, point, k + 1, [p * T + t for p in patches for t in range(T)])


def reading(cert, k, unit):
    """Slots of layer k + 1 that read the unit in some patch."""
    x, above = hidden(cert, k, unit)
    return {s for patch in above.patches for s, e in enumerate(patch) if e >= 0 and e % x.filters == unit}


def incoming(cert, point, k, unit):
    """Coordinates of a unit: its weights by slot, and its biases."""
    x = cert.layers[k]
    biases = {"none": [], "filter": [unit], "neuron": range(unit, x.width, x.filters)}[x.bias]
    return [point.weights[k][s * x.filters + unit] for s in range(x.slots)], [point.biases[k][h] for h in biases]


def lines_on(point, k, i, neurons):
    """The lines (a, b) that these neurons meet at sample i."""
    found = {line(point.piece(k, i, h)) for h in neurons}
    need(None not in found, "a piece that is no line")
    return found


def lines(cert, point, k, neurons):
    """Those that they meet at some sample."""
    return {found for i in range(cert.N) for found in lines_on(point, k, i, neurons)}


def inactive(cert, point, s):
    """Coordinates that change no output near the point."""
    for e in s.coordinates:
        cert.spend(sum(len(own) for own in point.weights.values()) + cert.N * max(cert.widths))
        k = next(k for k in point.weights if e in point.weights[k] or e in point.biases[k])
        x, slot = cert.layers[k], None
        if e in point.biases[k]:
            own = point.biases[k].index(e)
            neurons = [own] if x.bias == "neuron" else range(own, x.width, x.filters)
        else:
            slot, own = divmod(point.weights[k].index(e), x.filters)
            neurons = [h for h in range(own, x.width, x.filters) if x.patches[h // x.filters][slot] >= 0]
        for h in neurons:
            for i in range(cert.N):
                silent = slot is not None and point.level(k - 1, i, x.patches[h // x.filters][slot]) == 0
                need(silent or point.level(k, i, h) is not None, f"coordinate {e} acts on sample {i}")
    return set(s.coordinates), set()


def offset(cert, point, k, unit):
    """b/a for the one line that a unit meets, or 0 if all its pieces are a·z; no slot above reads it with others."""
    x, above = hidden(cert, k, unit)
    slots = reading(cert, k, unit)
    need(
        all(patch[s] < 0 or patch[s] % x.filters == unit for patch in above.patches for s in slots),
        "a slot reads other units, too",
    )
    met = lines(cert, point, k, range(unit, x.width, x.filters))
    if not any(b for _, b in met):
        return Fraction(0)
    need(len(met) == 1 and all(a for a, _ in met), "the unit meets several lines")
    return next(b / a for a, b in met)


def scaling(cert, point, s):
    """A unit times a factor, and what reads it divided by the factor."""
    ratio = offset(cert, point, s.layer, s.unit)
    need(ratio == 0 or cert.layers[s.layer].bias != "none", "a line with an offset, and no biases")
    weights, biases = incoming(cert, point, s.layer, s.unit)
    need(
        s.coordinate in weights + (biases if ratio == 0 else []) and point.theta[s.coordinate] != 0,
        "no coordinate that scales",
    )
    changes = {*weights, *biases} | rows_above(cert, point, s.layer, reading(cert, s.layer, s.unit))
    return {s.coordinate}, changes - {s.coordinate}


def shift(cert, point, s):
    """A bias that is moved to the layer above."""
    above, frozen = cert.layers[s.layer + 1], own_biases(cert, point, s.layer, [s.neuron])
    need(len({a for a, _ in lines(cert, point, s.layer, [s.neuron])}) == 1, "lines of several slopes")
    patches = [p for p, patch in enumerate(above.patches) if s.neuron in patch]
    return frozen, biases_above(cert, point, s.layer, patches)


def columns_seen(cert, point, unit, kept, combination):
    """Coordinates of a unit of layer 1; rows of what it reads; columns of these that are combinations of kept ones."""
    x, Z = cert.layers[1], []
    need(x.kind == "convolution" and unit < x.filters, "layer 1 has no such unit")
    cert.spend(cert.N * len(x.patches) * (x.slots + (len(x.patches) if x.bias == "neuron" else 1)))
    for i, row in enumerate(cert.samples()):
        for p, patch in enumerate(x.patches):
            if point.level(1, i, p * x.filters + unit) is None:
                own = [int(p == other) for other in range(len(x.patches))] if x.bias == "neuron" else [1]
                Z.append([row[e] if e >= 0 else Fraction(0) for e in patch] + (own if x.bias != "none" else []))
    coordinates = [e for own in incoming(cert, point, 1, unit) for e in own]
    others = [j for j in range(len(coordinates)) if j not in kept]
    for z in Z:
        read = combined({a: z[j] for a, j in enumerate(kept) if z[j]}, combination, cert.spend)
        need(read == [z[j] for j in others], "a column that is not kept is no such combination")
    return coordinates, Z, others


def unseen(cert, point, s):
    """What a unit of layer 1 reads has columns that are combinations of kept ones."""
    coordinates, Z, others = columns_seen(cert, point, s.unit, s.kept, s.combination)
    freezes, changes = {coordinates[j] for j in others}, {coordinates[j] for j in s.kept}
    if s.scaled is None:
        return freezes, changes
    ratio, a = offset(cert, point, 1, s.unit), s.kept.index(s.scaled)
    need(ratio == 0 or s.shift, "no shift, and the line has an offset")
    moved = point.theta[coordinates[s.scaled]] + sum(
        c * point.theta[coordinates[j]] for c, j in zip(s.combination[a], others, strict=True)
    )
    if ratio:
        need(all(sum(q * z[j] for q, j in zip(s.shift, s.kept, strict=True)) == 1 for z in Z), "the shift adds up to 1")
        moved += ratio * s.shift[a]
    need(moved != 0, "the scaled value is 0")
    changes |= rows_above(cert, point, 1, reading(cert, 1, s.unit))
    return freezes | {coordinates[s.scaled]}, changes - {coordinates[s.scaled]}


def level_unit(cert, point, s):
    """A unit that is a multiple of the vector of ones: its outgoing weights act as biases do."""
    _, above = hidden(cert, s.layer, s.unit)
    cert.spend(cert.N * sum(cert.widths) + sum(len(x.patches) * x.slots * x.filters for x in cert.layers[1:]))
    level = [len({row[e] for row in cert.samples()}) == 1 for e in range(cert.widths[0])]
    for k, x in enumerate(cert.layers[1 : s.layer + 1], 1):
        values = [{point.level(k, i, h) for i in range(cert.N)} for h in range(x.width)]
        reads = [all(level[e] for e in x.patches[h // x.filters] if e >= 0) for h in range(x.width)]
        level = [r or (len(v) == 1 and None not in v) for r, v in zip(reads, values, strict=True)]
    slots = [
        i for i in reading(cert, s.layer, s.unit) if all(patch[i] < 0 or level[patch[i]] for patch in above.patches)
    ]
    need(slots, "no slot reads level columns only")
    patches = [p for p, patch in enumerate(above.patches) if any(patch[i] >= 0 for i in slots)]
    return rows_above(cert, point, s.layer, slots), biases_above(cert, point, s.layer, patches)


def mixing(cert, point, s):
    """Units that meet equal lines: what they read is mixed, and unmixed by what reads them."""
    (x, above), k = hidden(cert, s.layer, s.units[-1]), s.layer
    met = [lines_on(point, k, i, s.units) for i in range(cert.N)]
    need(all(len(pieces) == 1 for pieces in met), "units that meet different lines")
    if s.absorbed:
        need(len(set().union(*met)) == 1, "units that meet several lines")
    else:
        need(not any(b for pieces in met for _, b in pieces), "a line with an offset")
    own = {t: [e for part_of_unit in incoming(cert, point, k, t) for e in part_of_unit] for t in s.units}
    kept, others = range(len(own[s.units[0]])), []
    if s.kept is not None:
        kept, others = s.kept, columns_seen(cert, point, s.units[0], s.kept, s.combination)[2]
    value = {
        (j, t): point.theta[own[t][j]] + sum(s.combination[a][b] * point.theta[own[t][f]] for b, f in enumerate(others))
        for a, j in enumerate(kept)
        for t in s.units
    }
    rows = [j for j in kept if not (s.absorbed and j == x.slots)]
    out = {t: [point.weights[k + 1][t * above.filters + c] for c in range(above.filters)] for t in s.units}
    V = [[point.theta[e] for e in out[t]] for t in s.pivots if t in out]
    need(set(s.pivots) <= set(rows if s.frozen == "minor" else s.units), "pivots")
    square, freezes = {
        "minor": (
            [[value[j, t] for t in s.units] for j in s.pivots if j in rows],
            [own[t][j] for t in s.units for j in s.pivots if j in rows],
        ),
        "outgoing": (
            V,
            [e for t in s.units for e in out[t]] + [own[t][j] for t in s.units for j in rows if t not in s.pivots],
        ),
        "incoming": (
            [[value[j, t] for t in s.pivots if t in out] for j in rows],
            [own[t][j] for t in s.units for j in rows] + [e for t in s.units for e in out[t] if t not in s.pivots],
        ),
    }[s.frozen]
    n = {"minor": len(s.units), "outgoing": above.filters, "incoming": len(rows)}[s.frozen]
    need(len(s.pivots) == n and rank(square, cert.spend) == n, "pivots of a regular square")
    freezes = {*freezes, *(own[t][f] for t in s.units for f in others)}
    changes = {own[t][j] for t in s.units for j in kept} | {e for t in s.units for e in out[t]}
    return freezes, (changes | (set(point.biases[k + 1]) if s.absorbed else set())) - freezes


STEPS = {"inactive": inactive, "scaling": scaling, "shift": shift, "unseen": unseen, "constant": level_unit}
STEPS["mixing"] = mixing


# ---------------------------------------------------------------- the command

CLAIMS = {
    "rank": rank_claim,
    "weights-rank": weights_rank,
    "patch-structure": patch_structure,
    "generic-rank": generic_rank,
    "loss": loss_claim,
    "critical-point": critical_point,
}


def trivial(cert, claim, reader):
    """Whether a claim follows from sizes alone."""
    if isinstance(reader, Stop) or claim["kind"] not in {"rank", "weights-rank", "generic-rank"}:
        return False
    k = claim["layer"]
    rows = cert.N if claim["kind"] == "rank" else cert.widths[k - 1]
    return claim["lower"] == 0 and claim["upper"] >= min(rows, cert.widths[k])


def check(path, work=WORK):
    """Return the exit code, and the lines: one for each claim, or one about the document."""
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)  # numerals may have 100 000 characters
    try:
        return checked(path, work)
    finally:
        sys.set_int_max_str_digits(digits)


def checked(path, work):
    """The same, whatever Python's limit for integers is."""
    readers, lines, code = [], [], 0
    try:
        cert = Certificate(Path(path), work)
        for i, claim in enumerate(cert.claims):
            try:
                given_claim = record(claim, *CLAIMS)
                readers.append(begun(CLAIMS[given_claim.kind](cert, given_claim)))
            except Stop as stop:
                readable(stop.args[0] != UNREADABLE, f"claim {i}: {stop.args[1]}")
                readers.append(stop)
        need(not all(map(trivial, [cert] * len(readers), cert.claims, readers)), "no claim says more than sizes do")
    except Stop as stop:
        return {UNREADABLE: 2, FAILS: 1, LARGE: 0}[stop.args[0]], [": ".join(stop.args)]
    except RecursionError:
        return 2, [f"{UNREADABLE}: it is nested too deeply"]
    for i, (claim, reader) in enumerate(zip(cert.claims, readers, strict=True)):
        said = "accepted"
        try:
            if isinstance(reader, Stop):
                raise reader
            next(reader, None)
        except Stop as stop:
            said, code = ": ".join(stop.args), max(code, int(stop.args[0] == FAILS))
        lines.append(f"claim {i} ({plain(claim['kind'])}): {said}")
    return code, lines


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -I second_checker.py CERTIFICATE.json")
    CODE, LINES = check(sys.argv[1])
    sys.stdout.write("".join(f"{text}\n" for text in LINES).encode("ascii", "backslashreplace").decode())
    sys.exit(CODE)
