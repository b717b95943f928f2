"""A second checker of certificates: plain integers and fractions, one file, Python's standard library only.

    python -I second_checker.py CERTIFICATE.json

It was written from ``docs/reference/certificates.md``, shares no line with the first checker or the engines, and knows
the kinds of evidence that need no more than exact arithmetic. Each claim gets one line: "accepted", "rejected" (also
where it cannot be read), "too large" (more work than this checker takes on, counted before each operation; numbers in
NumPy files are), or "first checker only".
Exit codes: 0 nothing is rejected, 1 a claim is rejected, 2 not a readable certificate.
"""

import hashlib
import json
import math
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

WORK = 10**8  # steps for one document, of about a microsecond each
NUMERAL = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")
UNREADABLE, REJECTED, ELSEWHERE, LARGE = "not a readable certificate", "rejected", "first checker only", "too large"

HEAD = "format=text version=count instance points=list claims=list instance_sha256=text sha256=text"
INSTANCE = "samples=matrix? sample_count=count? targets=matrix? input_width=count layers=list"
BOUNDS = "layer=count lower=count upper=count lower_evidence upper_evidence"
KINDS = {  # the keys of every kind of object, and how their values are read
    "convolution": "patches=list filters=count bias=text activation weights=matrix? biases=vector?",
    "max-pooling": "patches=list",
    "average-pooling": "patches=list divisors=counts",
    "elementwise": "activation",
    "rank": BOUNDS,
    "weights-rank": BOUNDS,
    "generic-rank": BOUNDS,
    "none": "",
    "modular-minor": "modulus=prime root=whole? precision=bits? rows=indices columns=indices",
    "triangular-minor": "rows=indices columns=indices",
    "shape": "",
    "distinct-lines": "axis=count representatives=indices",
    "relations": "axis=count relations=combinations",
    "zero-block": "rows=combinations columns=combinations",
    "delta-filters": "slots=counts",
    "modular-witness": "modulus=prime weights=numbers rows=indices columns=indices",
    "cover": "neurons=indices patches=indices",
    "syzygies": "vectors=list modulus=prime weights=numbers",
    "patch-structure": "layer=count holds=flag violation",
    "uncovered": "neurons=indices",
    "identical": "patches=indices",
    "padding": "patches=indices",
    "loss": "point lower=number upper=number precision=bits?",
    "critical-point": "point type=text strict=flag index=counts? loss=numbers evidence",
    "zero": "",
    "mean-targets": "",
    "entry": "coordinate=count precision=bits",
    "hessian": "by=text slice=list precision=bits congruence=matrix kernel=matrix?",
    "negative-direction": "by=text direction=vector positive=vector? precision=bits",
    "inactive": "coordinates=indices",
    "scaling": "layer=count unit=count coordinate=count",
    "shift": "layer=count neuron=count",
    "unseen": "unit=count kept=indices combination=matrix scaled=count? shift=vector?",
    "constant": "layer=count unit=count",
    "mixing": "layer=count units=indices frozen=text pivots=indices absorbed=flag kept=indices? combination=matrix?",
}


class Stop(Exception):
    """Why a document or a claim is not accepted: one of the words above, and what."""


def need(holds, what, word=REJECTED):
    """Go on only if this holds."""
    if not holds:
        raise Stop(word, what)


# ---------------------------------------------------------------- numbers, which are paid for


class Account:
    """The work on the document at hand."""

    done, most = 0.0, WORK


def pay(steps, bits=0):
    """Pay for operations with numbers of so many bits before they are done."""
    Account.done += steps * (1 + (bits / 700) ** 2)
    need(Account.done <= Account.most, f"{Account.done:.1e} steps or more; at most {Account.most:.0e} are taken", LARGE)


def size(x):
    """Bits of a rational number."""
    return x.numerator.bit_length() + x.denominator.bit_length()


class Number(Fraction):
    """A rational number; every operation and comparison is paid for."""

    __slots__ = ()

    def __neg__(self):
        return self * -1

    def __abs__(self):
        return self * -1 if self.numerator < 0 else self

    def __pow__(self, n):
        pay(1, n * size(self))
        return Number(super().__pow__(n))

    __hash__ = Fraction.__hash__


def paid(name):
    """An operation of fractions that is paid for."""
    unpaid = getattr(Fraction, name)

    def operation(a, b):
        if not isinstance(b, (int, Fraction)):
            return NotImplemented
        pay(2, size(a) + size(b))
        found = unpaid(a, b)
        return Number(found) if isinstance(found, Fraction) else found

    return operation


for operator in ["add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "lt", "gt", "le", "ge"]:
    setattr(Number, f"__{operator}__", paid(f"__{operator}__"))


# ---------------------------------------------------------------- reading


def shown(value):
    """What a message says of a value."""
    return repr(value)[:40] if isinstance(value, (str, int)) else type(value).__name__


def fields(value, names):
    """The values of exactly these keys, read as said behind =, null where there is a question mark."""
    readers = dict(name.partition("=")[::2] for name in names.split())
    fit = isinstance(value, dict) and value.keys() == readers.keys()
    need(
        fit, f"expected the keys {[*readers]}; found {str(sorted(value))[:200] if isinstance(value, dict) else 'none'}"
    )
    found = SimpleNamespace(**value)
    for name, reader in readers.items():
        if reader and not (reader[-1] == "?" and value[name] is None):
            setattr(found, name, READERS[reader.rstrip("?")](value[name]))
    return found


def record(value, *kinds, other=ELSEWHERE):
    """An object of one of these kinds."""
    kind = value.get("kind") if isinstance(value, dict) else None
    need(isinstance(kind, str), "an object without a kind")
    need(kind in kinds, shown(kind), other)
    return fields(value, "kind " + KINDS[kind])


def listed(value):
    """A list."""
    need(isinstance(value, list), f"{shown(value)} is no list")
    return value


def count(value, low=0, high=2**62):
    """An integer from low up to, and without, high."""
    need(type(value) is int and low <= value < high, f"{shown(value)} is no integer from {low}, below {high}")
    return value


def indices(value, low=0):
    """Different indices; -1 may be repeated."""
    kept = [e for e in listed(value) if count(e, low) >= 0]
    need(len(set(kept)) == len(kept), "an index is repeated")
    return value


def below(high, *numbers):
    """Go on only if these indices are below a bound."""
    need(all(i < high for i in numbers), f"an index is not below {high}")


def text(value):
    """A string."""
    need(isinstance(value, str), f"{shown(value)} is no word")
    return value


def flag(value):
    """A truth value."""
    need(isinstance(value, bool), f"{shown(value)} is not true or false")
    return value


def number(value):
    """A rational number from its numeral."""
    need(len(text(value)) <= 100_000 and NUMERAL.fullmatch(value), f"{shown(value)} is no number")
    need(len(value) <= 4000, "a number of more than 4000 characters", LARGE)
    pay(1, 4 * len(value))
    above, _, under = value.partition("/")
    return Number(int(above), int(under or 1))


def whole(value):
    """An integer from its numeral."""
    need("/" not in text(value), f"{shown(value)} is no integer")
    return int(number(value))


def modulus(value):
    """An odd prime below 2^63."""
    p = whole(value)
    need(2 < p < 2**63 and prime(p), f"{shown(value)} is no odd prime below 2^63")
    return p


def array(value, axes):
    """Entries of an ARRAY: a list for one axis, of rows for two."""
    need(isinstance(value, dict) and "file" not in value, "an array is expected; in files they are too large", LARGE)
    a = fields(value, "shape=counts values=numbers")
    need(len(a.shape) == axes and 0 < math.prod(a.shape) == len(a.values), f"an array of {axes} axes is expected")
    return a.values if axes == 1 else [a.values[i : i + a.shape[1]] for i in range(0, len(a.values), a.shape[1])]


def sized(table, rows, columns=None):
    """A table of this size; None is any number."""
    fit = rows in {None, len(table)} and (columns is None or columns == len(table[0]))
    need(fit, f"an array of {rows or 'any number of'} rows and {columns or 'any number of'} columns is expected")
    return table


def combinations(value):
    """[{line: c}], each with a leading line that no other one contains."""
    read, found = [fields(one, "leading=count coefficients=list") for one in listed(value)], []
    for one in read:
        need(all(isinstance(pair, list) and len(pair) == 2 for pair in one.coefficients), "pairs of a line and c")
        indices([i for i, _ in one.coefficients])
        found.append({i: number(c) for i, c in one.coefficients})
    times = Counter(i for one in found for i in one)
    fit = all(all(c.values()) and times[one.leading] == 1 and one.leading in c for one, c in zip(read, found, strict=True))
    need(fit, "a coefficient is 0, or a leading line is in no combination or several")
    return found


def terms(value):
    """TERMS as {(i, j): c}."""
    need(all(isinstance(term, list) and len(term) == 3 for term in listed(value)), "a term is [i, j, c]")
    found = {(count(i, 0, 1001), count(j, 0, 1001)): number(c) for i, j, c in value}
    need(all(found.values()) and [[*key] for key in sorted(found)] == [term[:2] for term in value], "terms")
    return found


READERS = {
    "list": listed,
    "count": count,
    "counts": lambda value: [count(n) for n in listed(value)],
    "bits": lambda value: count(value, 2, 2**20),
    "indices": indices,
    "text": text,
    "flag": flag,
    "number": number,
    "numbers": lambda value: [number(x) for x in listed(value)],
    "whole": whole,
    "prime": modulus,
    "vector": lambda value: array(value, 1),
    "matrix": lambda value: array(value, 2),
    "combinations": combinations,
    "terms": terms,
}


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
    """A canonical document with the hashes that it names."""

    def once(pairs):
        need(len(dict(pairs)) == len(pairs), "a key occurs twice")
        return dict(pairs)

    def no(numeral):
        raise Stop(REJECTED, f"{numeral[:20]} is no number of the format")

    def short(numeral):
        need(len(numeral) < 20, "an integer of 20 digits", LARGE)
        return int(numeral)

    try:
        with path.open("rb") as file:
            data = file.read(2**24)
        need(len(data) < 2**24, "a document of 16 MiB", LARGE)
        found = json.loads(
            data.decode("ascii"), object_pairs_hook=once, parse_int=short, parse_float=no, parse_constant=no
        )
    except OSError as error:
        raise Stop(REJECTED, f"cannot read {path.name}: {error.strerror}") from None
    except ValueError:  # text that is not ASCII, too
        raise Stop(REJECTED, "no JSON document in ASCII") from None
    head = fields(found, HEAD)
    need((head.format, head.version) == ("exactcnn certificate", 2), "another format or version")
    need(canonical(found) + b"\n" == data, "the document is not in canonical form")
    need(hashlib.sha256(canonical(unnamed(head.instance))).hexdigest() == head.instance_sha256, "wrong instance_sha256")
    del found["sha256"]
    need(hashlib.sha256(canonical(found)).hexdigest() == head.sha256, "wrong sha256")
    return head


# ---------------------------------------------------------------- polynomials, coefficients ascending


def trimmed(f):
    """The same without zeros at its end."""
    while f and f[-1] == 0:
        f = f[:-1]
    return f


def difference(f, g):
    """f - g."""
    n = max(len(f), len(g))
    return trimmed([a - b for a, b in zip(f + [0] * (n - len(f)), g + [0] * (n - len(g)), strict=True)])


def product(f, g):
    """f·g."""
    found = [Number(0)] * (len(f) + len(g))
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            found[i + j] += a * b
    return trimmed(found)


def divided(f, g):
    """Quotient and remainder."""
    quotient = [Number(0)] * max(len(f) - len(g) + 1, 0)
    while len(f) >= len(g):
        c, shift = f[-1] / g[-1], len(f) - len(g)
        quotient[shift] = c
        f = trimmed([a - c * g[i - shift] if i >= shift else a for i, a in enumerate(f[:-1])])
    return quotient, f


def at(f, x):
    """The value at x."""
    return reduce(lambda y, c: y * x + c, reversed(f), Number(0))


def no_root(f, low, high):
    """Sturm: no zero in [low, high], where None is an infinite end."""
    if not f or any(end is not None and at(f, end) == 0 for end in (low, high)):
        return False
    chain = [f, trimmed([i * c for i, c in enumerate(f)][1:])]
    while chain[-1]:
        rest = divided(chain[-2], chain[-1])[1]
        chain.append([c / -abs(rest[-1]) for c in rest])

    def changes(end, side):
        values = [g[-1] * side ** (len(g) - 1) if end is None else at(g, end) for g in chain[:-1]]
        return sum((a > 0) != (b > 0) for a, b in pairwise(filter(None, values)))

    return changes(low, -1) == changes(high, 1)


# ---------------------------------------------------------------- activations


def activation(value):
    """An activation without poles and jumps."""
    if isinstance(value, dict) and "special" in value:
        act = fields(value, "special=text parameters=numbers")
        need(act.special in {"softplus", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid"}, shown(act.special))
        need(len(act.parameters) == (act.special == "softplus") and all(a > 0 for a in act.parameters), "parameters")
        act.kinks, act.pieces, act.exponent = [], [], []
        return act
    act = fields(value, "kinks=numbers pieces=list exponent=numbers base=text")
    act.special = None
    need(all(a < b for a, b in pairwise(act.kinks)), "kinks ascend")
    need(not act.exponent or (2 <= len(act.exponent) <= 1001 and act.exponent[-1] != 0), "coefficients of an exponent")
    pieces = [fields(piece, "numerator=terms denominator=terms") for piece in act.pieces]
    act.pieces = [(piece.numerator, piece.denominator) for piece in pieces]
    need(len(pieces) == len(act.kinks) + 1, "one piece more than kinks")
    occurs = any(j for piece in act.pieces for side in piece for _, j in side)
    need(occurs == bool(act.exponent) and act.base in (("e", "2") if occurs else ("e",)), "exponent and base")
    for low, high, (_, d) in zip([None, *act.kinks], [*act.kinks, None], act.pieces, strict=True):
        need(never_zero(d, low, high), "a denominator may vanish")
    for kink, pair in zip(act.kinks, pairwise(act.pieces), strict=True):
        (n, d), (m, e) = ([in_E(side, kink) for side in piece] for piece in pair)
        need(vanishes(act, difference(product(n, e), product(m, d)), kink) is True, "a jump at a kink")
    return act


def in_E(side, t):
    """TERMS at t as a polynomial in E."""
    found = [Number(0)] * (1 + max((j for _, j in side), default=0))
    for (i, j), c in side.items():
        found[j] += c * t**i
    return trimmed(found)


def never_zero(d, low, high):
    """Whether a denominator certainly has no zero on its closed piece."""
    if not any(j for _, j in d):
        return no_root([d.get((i, 0), Number(0)) for i in range(1 + max(d, default=(-1,))[0])], low, high)
    if not any(i for i, _ in d):
        return no_root([d.get((0, j), Number(0)) for j in range(min(d)[1], max(d)[1] + 1)], Number(0), None)
    right, left = low is not None and low >= 0, high is not None and high <= 0
    signs = {(c > 0) == (right or i % 2 == 0) for (i, _), c in d.items()}
    off_zero = (right and low != 0) or (left and high != 0)
    decided = right or left or all(i % 2 == 0 for i, _ in d)
    return decided and len(signs) == 1 and (off_zero or any(i == 0 for i, _ in d))


def power(act, t):
    """E at t if it is rational, else None."""
    a = at(act.exponent, t)
    if a == 0:
        return Number(1)
    if act.base == "e" or a.denominator != 1:
        return None
    need(-(2**16) <= a <= 2**16, "a power 2^g with |g| above 2^16")
    return Number(2) ** int(a)


def vanishes(act, f, t):
    """Whether a polynomial in E is 0 at E = base^g(t); None where that is not decided."""
    E = power(act, t) if f else None
    return not f or (at(f, E) == 0 if E is not None else False if act.base == "e" else None)


def zero_at_zero(act):
    """Whether the value at 0 is certainly 0."""
    if act.special:
        return act.special in {"gelu", "erf", "arctan", "sin"}
    return vanishes(act, in_E(piece_at(act, 0)[0], Number(0)), Number(0)) is True


def piece_at(act, t):
    """A piece that t lies on."""
    return act.pieces[bisect_left(act.kinks, t)]


def value_of(piece, t, E=1):
    """A piece at t, any kind of number with +, *, / and **."""
    n, d = (
        sum((c * (t**i if i else 1) * (E**j if j else 1) for (i, j), c in side.items()), Number(0)) for side in piece
    )
    return n / d


def constant(piece):
    """The number that a piece without E is everywhere, or None."""
    n, d = piece
    c = next(iter(n.values()), Number(0)) / next(iter(d.values()))
    return c if n == {key: c * x for key, x in d.items() if c} else None


def line(piece):
    """(a, b) of a piece a·t + b, or None."""
    n, d = piece
    if set(d) != {(0, 0)} or not set(n) <= {(0, 0), (1, 0)}:
        return None
    return n.get((1, 0), 0) / d[0, 0], n.get((0, 0), 0) / d[0, 0]


# ---------------------------------------------------------------- the instance


def layer(value, width):
    """One entry of `layers`, above so many neurons."""
    x = record(value, "convolution", "max-pooling", "average-pooling", "elementwise", other=REJECTED)
    x.below, x.act = width, activation(x.activation) if hasattr(x, "activation") else None
    if x.kind == "elementwise":
        pay(20 * width)
        x.patches = [[e] for e in range(width)]
    for patch in x.patches:
        below(width, *indices(patch, -1))
    x.slots = len(x.patches[0]) if x.patches else 0
    need(x.slots and all(len(patch) == x.slots for patch in x.patches), "patches of one length")
    if x.kind == "max-pooling":
        need(all(max(patch) >= 0 for patch in x.patches), "a patch of padding only")
    if x.kind == "average-pooling":
        need(len(x.divisors) == len(x.patches), "a divisor for each patch")
        need(all(1 <= d <= x.slots for d in x.divisors), "a divisor is one of 1, ..., slots")
    if x.kind == "convolution":
        need(x.bias in {"neuron", "filter", "none"} and x.filters, "bias or filters")
    else:
        x.filters, x.bias, x.weights, x.biases = 1, "none", None, None
    x.width = len(x.patches) * x.filters
    x.own = parameters_of(x, x.weights, x.biases)
    return x


def number_of_biases(x):
    """How many biases a layer has."""
    return {"neuron": x.width, "filter": x.filters, "none": 0}[x.bias]


def parameters_of(x, weights, biases):
    """(rows of weights, biases as they are stored) of the right size; None for null."""
    need(weights is None or sized(weights, x.slots, x.filters), "weights")
    need(biases is None or len(biases) == number_of_biases(x), "how many biases")
    return weights, biases


class Certificate:
    """Instance, points and claims of a document; its work begins."""

    def __init__(self, path, work=WORK):
        Account.done, Account.most = 0.0, work
        head = document(Path(path))
        instance = fields(head.instance, INSTANCE)
        self.claims, self.layers, self.points = head.claims, [None], []
        self.N, self.widths = instance.sample_count, [instance.input_width]
        self.table, self.targets = instance.samples, instance.targets
        need(self.widths[0] and self.N != 0, "a size is 0")
        need(self.N or (self.table is None and self.targets is None), "no sample_count")
        need(self.table is None or sized(self.table, self.N, self.widths[0]), "samples")
        need(self.targets is None or sized(self.targets, self.N), "targets")
        for k, value in enumerate(instance.layers, 1):
            try:
                self.layers.append(layer(value, self.widths[-1]))
            except Stop as stop:
                raise Stop(stop.args[0], f"layer {k}: {stop.args[1]}") from None
            self.widths.append(self.layers[-1].width)
        self.L = len(instance.layers)
        for point in head.points:
            need(len(listed(point)) == self.L, "a point has an entry for each layer")
            self.points.append([None, *(self.entry(k, value) for k, value in enumerate(point, 1))])

    def entry(self, k, value):
        """(weights, biases) of layer k at the next point."""
        if value is None:
            return None
        x = self.layers[k]
        need(x.kind == "convolution", f"layer {k} has no parameters")
        if type(value) is int:
            own = self.parameters(value)[k]
        else:
            entry = fields(value, "weights=matrix? biases=vector?")
            own = parameters_of(x, entry.weights, entry.biases)
        need(own and own[0], f"layer {k} has no weights at a point")
        return own

    def parameters(self, point=-1):
        """(weights, biases) of every layer at a point."""
        count(point, -1, len(self.points))
        return [None, *(x.own for x in self.layers[1:])] if point < 0 else self.points[point]

    def samples(self):
        """The samples, which must be given."""
        need(self.table is not None, "no samples")
        return self.table


def given(x, own):
    """Weights and biases of a layer, where it has some."""
    need(x.kind != "convolution" or (own and own[0] and (own[1] or x.bias == "none")), "a layer has no parameters here")
    return own or (None, None)


def convolution(cert, k):
    """Layer k, which is a convolution."""
    need(count(k, 1) <= cert.L and cert.layers[k].kind == "convolution", f"layer {k} is no convolution")
    return cert.layers[k]


# ---------------------------------------------------------------- kinds of numbers that are carried through the layers


class Ring:
    """What + and * give."""

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __pow__(self, n):
        return reduce(lambda x, _: x * self, range(n - 1), self)


class Sum(Ring, dict):
    """A combination of names, tuples, () for 1; names multiply by joining, and are 0 beyond two parts."""

    def __add__(self, other):
        pay(len(self))
        found = Counter(self)
        for name, c in other.items() if isinstance(other, Sum) else [((), other)]:
            found[name] += c
        return Sum({name: c for name, c in found.items() if c})

    def __mul__(self, other):
        if not isinstance(other, Sum):
            return Sum({name: c * other for name, c in self.items() if other})
        found, short = Counter(), [[pair for pair in other.items() if len(pair[0]) <= n] for n in range(3)]
        for name, c in self.items():
            for more, d in short[2 - len(name)]:
                found[tuple(sorted(name + more))] += c * d
        return Sum({name: c for name, c in found.items() if c})

    def __truediv__(self, other):
        return self * (1 / other)

    def __rtruediv__(self, other):
        inverse = 1 / self[()]
        rest = (self + -self[()]) * -inverse
        return (rest * rest + rest + 1) * (inverse * other)


class Image(Ring):
    """A number by its residue modulo p and, where signs are asked, by the ends of an interval that holds it."""

    def __init__(self, field, residue, ends):
        self.field, self.residue = field, residue % field.p
        self.ends = [rounded(way(ends), field.bits, round_) for way, round_ in OUTWARDS] if ends else []

    def __add__(self, other):
        other = self.field.like(other)
        ends = [a + b for a, b in zip(self.ends, other.ends, strict=True)]
        return Image(self.field, self.residue + other.residue, ends)

    def __mul__(self, other):
        other = self.field.like(other)
        return Image(self.field, self.residue * other.residue, [a * b for a in self.ends for b in other.ends])

    def __truediv__(self, other):
        other = self.field.like(other)
        need(other.residue, f"the denominator of a formula is 0 modulo {self.field.p}")
        need(not other.ends or other.ends[0] > 0 or other.ends[1] < 0, "an enclosed denominator may be 0")
        return self * Image(self.field, pow(other.residue, -1, self.field.p), [1 / end for end in other.ends])

    def __rtruediv__(self, other):
        return self.field.like(other) / self


OUTWARDS = (min, math.floor), (max, math.ceil)


def rounded(x, bits, way):
    """A rational number with so many bits after its first one, rounded by floor or ceil."""
    unit = Number(2) ** (x.numerator.bit_length() - x.denominator.bit_length() - bits)
    return way(x / unit) * unit


def exponential(a, bits):
    """Numbers below and above e^a, of which so many bits agree."""
    need(a < 2**14, f"e^a is enclosed for a below {2**14} only", LARGE)
    if a < 0:
        return (
            [1 / end for end in reversed(exponential(-a, bits))] if a > -(2**14) else [Number(0), 1 / Number(2**2**14)]
        )
    halvings = int(2 * a).bit_length()
    wide = bits + 2 * halvings + 16
    pay(halvings, wide + 2 * int(a))
    x, n, low, high = a / 2**halvings, 0, 2**wide, 2**wide  # e^x with x < 1/2, in units of 2^-wide
    smaller, larger = low, high
    while larger > 1:
        n += 1
        smaller, larger = math.floor(smaller * x / n), math.ceil(larger * x / n)
        low, high = low + smaller, high + larger
    high += 1  # each term is less than half of the one before: all that follow are at most the last one
    for _ in range(halvings):
        low, high = low * low >> wide, (high * high >> wide) + 1
    return [Number(end, 2**wide) for end in (low, high)]


def residue(x, p):
    """A rational number modulo p."""
    need(x.denominator % p, f"{p} divides a denominator")
    return x.numerator * pow(x.denominator, -1, p) % p


# ---------------------------------------------------------------- features: one evaluation, in five kinds of numbers


class Exact:
    """Rational numbers; other kinds change what a layer does to its values."""

    def __init__(self, cert, parameters=None):
        self.cert, self.layers, self.parameters = cert, cert.layers, parameters or cert.parameters()

    def value(self, k, z):
        """The activation of layer k at z."""
        act = self.layers[k].act
        E = power(act, z) if act.exponent else 1
        need(E is not None, "a power 2^g is not rational")
        return value_of(piece_at(act, z), z, E)

    def largest(self, k, values):
        """The largest of values that layer k reads."""
        return max(values)

    def total(self, k, weights, values, bias):
        """A sum in layer k."""
        return sum((w * v for w, v in zip(weights, values, strict=True)), bias)

    def sums(self, k, row, wanted=None):
        """Pre-activations of layer k, or what pooling gives, from the features below; by neuron."""
        x, found = self.layers[k], {}
        weights, biases = given(x, self.parameters[k])
        for h in range(x.width) if wanted is None else wanted:
            pay(20 + x.slots)  # also for the place that is taken
            p, t = divmod(h, x.filters)
            if x.kind == "elementwise":
                found[h] = row[h]
            elif x.kind == "max-pooling":
                found[h] = self.largest(k, [row[e] for e in x.patches[p] if e >= 0])
            else:
                own = [w[t] for w in weights] if weights else [Number(1, x.divisors[p])] * x.slots
                bias = biases[h if x.bias == "neuron" else t] if biases else Number(0)
                found[h] = self.total(k, own, [row[e] if e >= 0 else Number(0) for e in x.patches[p]], bias)
        return found

    def trace(self, row, k, wanted=None):
        """[(pre-activations, features)] of layers 0 to k of one sample, by neuron."""
        found = [(None, dict(enumerate(row)))]
        for i, x in enumerate(self.layers[1 : k + 1], 1):
            z = self.sums(i, found[-1][1], wanted and wanted[i])
            found.append((z, {h: self.value(i, t) for h, t in z.items()} if x.act else z))
        return found

    def features(self, k, rows=None, columns=None):
        """F_k, or some rows and columns of it, for which only what they depend on is computed."""
        need(type(self) is not Exact or place(self.cert, k)[0] == "Q", f"features of layer {k} are not in Q")
        samples, wanted = self.cert.samples(), None if columns is None else depends(self.cert, k, columns)
        found = [self.trace(row, k, wanted)[-1][1] for row in (samples if rows is None else [samples[i] for i in rows])]
        return [[row[h] for h in columns or range(self.cert.widths[k])] for row in found]


def depends(cert, k, columns):
    """The neurons of each layer that columns of F_k depend on: products of patches and filters."""
    found = [columns]
    for x in cert.layers[k:0:-1]:
        patches, units = ({f(h, x.filters) for h in found[0]} for f in (int.__floordiv__, int.__mod__))
        found[0] = [p * x.filters + t for p in patches for t in units]
        found.insert(0, {e for p in patches for e in x.patches[p]} - {-1})
    return found


def transcendental(cert, k):
    """Layers 1 to k that are exponential, or special."""
    layers = enumerate(cert.layers[: k + 1])
    return [i for i, x in layers if i and x.act and (x.act.special or (x.act.base == "e" and x.act.exponent))]


def place(cert, k):
    """Q, Q(t) or balls, where the features of layer k lie, and the first layer that is exponential or special."""
    strange = transcendental(cert, k)
    if not strange:
        return "Q", None
    j, *others = strange
    dyadic = any(x.act and x.act.exponent for x in cert.layers[j + 1 : k + 1])
    return "balls" if others or dyadic or cert.layers[j].act.special else "Q(t)", j


class Images(Exact):
    """From layer j on, images under the homomorphism that takes e^a to root^(a mod q), q = (p - 1)/2."""

    def __init__(self, cert, k, j, evidence):
        super().__init__(cert)
        self.j, self.p, self.root, self.precision = j, evidence.modulus, evidence.root, evidence.precision
        self.bits, act = (self.precision or 0) + 8, cert.layers[j].act
        self.uses_t = act.kinks or any(i for side in act.pieces[0] for i, _ in side)
        acts = [x.act for x in cert.layers[j : k + 1] if x.act]
        self.prime_to(self.p, [c for y in acts for sides in y.pieces for d in sides for c in d.values()])

    def prime_to(self, n, numbers):
        """Verify that denominators are prime to n."""
        pay(len(numbers) / 5)
        need(all(c.denominator % n for c in numbers), f"{n} divides a denominator")

    def like(self, x):
        """The image of a rational number; an image stays."""
        pay(2)
        return x if isinstance(x, Image) else Image(self, residue(x, self.p), [x] if self.precision else [])

    def sums(self, k, row, wanted=None):
        """Pre-activations; all that goes into layer j, and parameters above it, have images."""
        x = self.layers[k]
        weights, biases = given(x, self.parameters[k])
        if k >= self.j:
            units = {h % x.filters for h in wanted}
            numbers = [w[t] for w in weights or [] for t in units]
            numbers += [biases[h] for h in (wanted if x.bias == "neuron" else units)] if biases else []
        if k > self.j:
            self.prime_to(self.p, numbers)
        if k == self.j:
            numbers += row.values()
            self.prime_to(self.p, numbers if self.uses_t else [])
            self.prime_to(self.p // 2, [*numbers, *x.act.exponent] if x.act.exponent else [])
        return super().sums(k, row, wanted)

    def value(self, k, z):
        """The activation of layer k; above layer j, every piece that may be met has the same residue."""
        act = self.layers[k].act
        if k < self.j:
            return super().value(k, z)
        if k == self.j:
            E, t = 1, self.like(z) if self.uses_t else None
            if act.exponent:
                a = at(act.exponent, z)
                ends = exponential(a, self.bits) if self.precision else []
                E = Image(self, pow(self.root, residue(a, self.p // 2), self.p), ends)
            return self.like(value_of(piece_at(act, z), t, E))
        z, pieces = self.like(z), act.pieces
        if z.ends:
            pieces = pieces[bisect_left(act.kinks, z.ends[0]) : bisect_right(act.kinks, z.ends[1]) + 1]
        return self.only([self.like(value_of(piece, z)) for piece in pieces], "which piece is met is not decided")

    def only(self, images, what):
        """The one image that several are, with an interval that holds all of theirs."""
        need(len({image.residue for image in images}) == 1, what)
        return Image(self, images[0].residue, [end for image in images for end in image.ends])

    def largest(self, k, values):
        """All entries that no other one certainly exceeds have the same residue."""
        if k < self.j:
            return max(values)
        values = [self.like(v) for v in values]
        low = max(v.ends[0] for v in values)
        return self.only([v for v in values if v.ends[1] >= low], "which entry is the largest is not decided")


class Names(Exact):
    """From layer j on, rational combinations of numbers that have names; layers above it are affine."""

    def __init__(self, cert, k):
        super().__init__(cert)
        need(transcendental(cert, k), f"features of layer {k} are in Q")
        self.j = transcendental(cert, k)[0]

    def value(self, k, z):
        """A name, or a line at a combination of names."""
        act = self.layers[k].act
        if k < self.j:
            return super().value(k, z)
        if k == self.j:
            return name_of(act, z)
        need(not act.special and len(act.pieces) == 1 and line(act.pieces[0]), f"layer {k} is not affine")
        return value_of(act.pieces[0], z)

    def largest(self, k, values):
        """Names are not compared."""
        need(k < self.j, f"layer {k} is not affine")
        return max(values)


def name_of(act, z):
    """The activation at z as a combination of names."""
    if act.special:
        if z == 0 and zero_at_zero(act):
            return Sum()
        odd, shifted = act.special in {"erf", "arctan", "sin"}, act.special in {"softplus", "gelu", "log-sigmoid"}
        return Sum({(abs(z),): Number(-1 if odd and z < 0 else 1)}) + (z if shifted and z < 0 else 0)
    n, d = (in_E(side, z) for side in piece_at(act, z))
    a = at(act.exponent, z)
    if a == 0:
        return Sum() + sum(n) / sum(d)
    n, d = ([c / d[-1] for c in side] for side in (n, d))
    quotient, rest = divided(n, d)
    found = Sum() + Sum({(i * a,) if i else (): c for i, c in enumerate(quotient)})
    if rest and d == [1, 1] and a < 0:
        return found + Sum({(): rest[0], (0, (1, 1), -a): -rest[0]})
    return found + Sum({(i, tuple(d), a): c for i, c in enumerate(rest) if c})


class Symbols(Exact):
    """From the first layer on that is not rational, equal numbers for values made of equal parts, 0 for 0."""

    def __init__(self, cert, k):
        super().__init__(cert)
        acts = ((i, x.act) for i, x in enumerate(cert.layers[: k + 1]) if i and x.act)
        self.j, self.symbols = next((i for i, act in acts if act.special or act.exponent), k + 1), {}

    def symbol(self, zero, *parts):
        """The number of these parts."""
        return 0 if zero else self.symbols.setdefault(parts, len(self.symbols) + 1)

    def value(self, k, z):
        """A number for the argument."""
        if k < self.j:
            return super().value(k, z)
        return self.symbol(z == 0 and zero_at_zero(self.layers[k].act), k, "value", z)

    def total(self, k, weights, values, bias):
        """A number for the patch, the filter and the bias; filters and patches of zeros give the bias."""
        if k <= self.j:
            return super().total(k, weights, values, bias)
        silent = not any(weights) or not any(values)
        return self.symbol(silent and bias == 0, k, () if silent else (*weights, *values), bias)

    def largest(self, k, values):
        """A number for the set."""
        if k <= self.j:
            return max(values)
        return values[0] if len(set(values)) == 1 else self.symbol(False, k, frozenset(values))


class Expansion(Exact):
    """Numbers to the second order in small steps; no pre-activation is at a kink, every maximum is attained once."""

    def value(self, k, z):
        """The piece that is met, at z."""
        act, start = self.layers[k].act, level_of(z)
        need(start not in act.kinks, "a pre-activation is at a breakpoint")
        return value_of(piece_at(act, start), z)

    def largest(self, k, values):
        """The one that is the largest."""
        starts = list(map(level_of, values))
        need(starts.count(max(starts)) == 1, "a maximum is attained twice")
        return values[starts.index(max(starts))]


def level_of(x):
    """The number that a sum is without its names."""
    return x.get((), Number(0)) if isinstance(x, Sum) else x


# ---------------------------------------------------------------- evidence for ranks: each returns the number it proves


def prime(n):
    """Miller and Rabin; these bases decide every n below 3·10^24."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
    if n < 43 or any(n % b == 0 for b in bases):
        return n in bases
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    starts = (pow(b, (n - 1) >> twos, n) for b in bases)
    return all(x == 1 or any(pow(x, 2**i, n) == n - 1 for i in range(twos)) for x in starts)


def rank(rows, p=None):
    """Rank of a matrix over Q, or of residues modulo p."""
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows, found = [row for row in rows if row is not pivot], found + 1
        inverse = pow(pivot[column], -1, p) if p else 1 / pivot[column]
        pay(len(rows) * len(pivot) / 5)
        for i, row in enumerate(rows):
            if row[column]:
                c = row[column] * inverse
                rows[i] = [x - c * y for x, y in zip(row, pivot, strict=True)]
                rows[i] = [x % p for x in rows[i]] if p else rows[i]
    return found


def square(e, shape):
    """Rows and columns of a minor."""
    need(len(e.rows) == len(e.columns) > 0, "as many rows as columns, and one at least")
    below(shape[0], *e.rows)
    below(shape[1], *e.columns)
    return e.rows, e.columns


def entries(m, rows=None, columns=None):
    """F_k or U_k over Q, or some rows and columns of it."""
    if m.weights is None:
        return Exact(m.cert).features(m.k, rows, columns)
    rows, columns = (range(n) if chosen is None else chosen for n, chosen in zip(m.shape, (rows, columns), strict=True))
    pay(len(rows) * len(columns) * (1 + m.x.slots / 20))
    ways = [(m.x.patches[h // m.x.filters], h % m.x.filters) for h in columns]
    weights = m.weights()
    return [[weights[patch.index(e)][t] if e in patch else Number(0) for patch, t in ways] for e in rows]


def modular_minor(m, e):
    """A minor that is not 0 modulo p."""
    p, (rows, columns) = e.modulus, square(e, m.shape)
    if e.root is not None:
        need(p % 4 == 3 and p > 5 and prime(p // 2), "the modulus is no safe prime")
        need(1 < e.root < p and pow(e.root, p // 2, p) == 1, "the root has another order")
    where, j = place(m.cert, m.k) if m.weights is None else ("Q", None)
    above = m.cert.layers[j + 1 : m.k + 1] if j else []
    signs = any(x.kind == "max-pooling" or (x.act and x.act.kinks) for x in above)
    need(where != "balls", f"features of layer {m.k} are neither in Q nor in Q(t)")
    need((e.root is None) == (where == "Q"), "a root where features are in Q(t), and only there")
    need((e.precision is None) == (not signs), "a precision where signs are decided by balls, and only there")
    act = m.x.act if m.x and m.weights is None else None
    if where == "Q" and (not act or act.exponent or all(map(line, act.pieces))):
        image = [[residue(x, p) for x in row] for row in entries(m, rows, columns)]
    else:
        numbers = Images(m.cert, m.k, j or m.k, e)
        image = [[numbers.like(x).residue for x in row] for row in numbers.features(m.k, rows, columns)]
    need(rank(image, p) == len(rows), "the minor is 0 modulo p")
    return len(rows)


def triangular_minor(m, e):
    """Own samples are on, and later ones off."""
    rows, columns = square(e, m.shape)
    convolution(m.cert, m.k)
    need(place(m.cert, m.k - 1)[0] == "Q", "features below are not in Q")
    (off, on), numbers, table = half_line(m.x.act), Exact(m.cert), m.cert.samples()
    for b, i in enumerate(rows):
        z = numbers.sums(m.k, numbers.trace(table[i], m.k - 1)[-1][1], columns[: b + 1])
        need(on(z[columns[b]]) and all(off(z[h]) for h in columns[:b]), f"sample {i}")
    return len(rows)


def half_line(act):
    """(off, on) for a pre-activation."""
    unfit = "an activation without triangular minors"
    need(act.special is None, unfit)
    if act.kinks and not (act.pieces[0][0] and act.pieces[-1][0]):
        on = lambda z: vanishes(act, in_E(piece_at(act, z)[0], z), z) is False  # noqa: E731
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
    on = lambda z: (value_of((limit(z), {(0, 0): Number(1)}), z) if z else limit(0)) != 0  # noqa: E731
    return lambda z: z * side > 0 or (z == 0 and limit(0) == 0), on


def combined(one, lines):
    """Σ c_i·line_i, entry by entry."""
    return [sum((c * lines[i][h] for i, c in one.items()), Number(0)) for h in range(len(lines[0]))]


def transposed(rows):
    """Columns as rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def lines_of(m, axis, numbers):
    """Rows or columns of the matrix."""
    below(2, axis)
    table = entries(m) if m.weights or place(m.cert, m.k)[0] == "Q" else numbers(m.cert, m.k).features(m.k)
    return transposed(table) if axis else table


def distinct_lines(m, e):
    """Every line is 0 or equal to a representative."""
    below(m.shape[e.axis % 2], *e.representatives)
    lines = list(map(tuple, lines_of(m, e.axis, Symbols)))
    kept = {lines[i] for i in e.representatives}
    need(all(x in kept or not any(x) for x in lines), "a line is neither 0 nor equal to a representative")
    return len(e.representatives)


def relations(m, e):
    """Independent relations between lines."""
    below(2, e.axis)
    below(m.shape[e.axis], *(i for one in e.relations for i in one))
    lines = lines_of(m, e.axis, Names) if e.relations else []
    need(not any(x for one in e.relations for x in combined(one, lines)), "a relation does not hold")
    return m.shape[e.axis] - len(e.relations)


def zero_block(m, e):
    """Independent combinations of rows and of columns that give 0."""
    need(e.rows and e.columns, "a list of combinations is empty")
    for high, side in zip(m.shape, (e.rows, e.columns), strict=True):
        below(high, *(i for one in side for i in one))
    F = Names(m.cert, m.k).features(m.k)
    block = transposed([combined(one, F) for one in e.rows])
    need(not any(x for one in e.columns for x in combined(one, block)), "a combination of the block is not 0")
    return sum(m.shape) - len(e.rows) - len(e.columns)


def delta_filters(m, e):
    """Filters that are unit vectors."""
    need(len(e.slots) == m.x.filters, "a slot for each filter")
    below(m.x.slots, *e.slots)
    return len({patch[s] for patch in m.x.patches for s in e.slots} - {-1})


def rows_of_weights(x, weights):
    """Weights in C order, by rows."""
    need(len(weights) == x.slots * x.filters, "how many weights")
    return [weights[i : i + x.filters] for i in range(0, len(weights), x.filters)]


def modular_witness(m, e):
    """A minor at these weights."""
    m.weights, e.root, e.precision = lambda: rows_of_weights(m.x, e.weights), None, None
    return modular_minor(m, e)


def cover(m, e):
    """Rows and columns that contain all entries other than 0."""
    below(m.x.below, *e.neurons)
    below(len(m.x.patches), *e.patches)
    rest = {n for p, patch in enumerate(m.x.patches) if p not in set(e.patches) for n in patch} - {-1}
    need(rest <= set(e.neurons), "a neuron is not covered")
    return len(e.neurons) + m.x.filters * len(e.patches)


def syzygies(m, e):
    """Polynomial vectors h with U·h = 0 that are independent at these weights modulo p."""
    x, p, matrix = m.x, e.modulus, []
    weights = [residue(w, p) for row in rows_of_weights(x, e.weights) for w in row]
    for vector in e.vectors:
        pay(x.width)
        image, row = Counter(), [0] * x.width
        need(listed(vector) and all(isinstance(pair, list) and len(pair) == 2 for pair in vector), "a vector")
        below(x.width, *indices([h for h, _ in vector]))
        for h, polynomial in vector:
            need(all(isinstance(term, list) and len(term) == 2 for term in listed(polynomial)), "[exponents, c]")
            monomials = [tuple(count(v) for v in listed(exponents)) for exponents, _ in polynomial]
            need(len(set(monomials)) == len(monomials), "a monomial is repeated")
            for exponents, (_, numeral) in zip(monomials, polynomial, strict=True):
                below(x.slots * x.filters, *exponents)
                need(sorted(exponents) == list(exponents), "exponents ascend")
                pay((1 + len(exponents)) * (1 + x.slots))
                c = number(numeral)
                row[h] = (row[h] + reduce(lambda y, v: y * weights[v] % p, exponents, residue(c, p))) % p
                for s, n in enumerate(x.patches[h // x.filters]):
                    image[n, tuple(sorted((*exponents, s * x.filters + h % x.filters)))] += c if n >= 0 else 0
        need(not any(image.values()), "U·h is not 0")
        matrix.append(row)
    need(rank(matrix, p) == len(e.vectors), "the vectors are dependent modulo p")
    return x.width - len(e.vectors)


LOWER = {
    "rank": {"none": lambda *_: 0, "modular-minor": modular_minor, "triangular-minor": triangular_minor},
    "weights-rank": {"none": lambda *_: 0, "modular-minor": modular_minor},
    "generic-rank": {"delta-filters": delta_filters, "modular-witness": modular_witness},
}
LINES = {"shape": lambda m, _: min(m.shape), "distinct-lines": distinct_lines, "relations": relations}
UPPER = {
    "rank": LINES | {"zero-block": zero_block},
    "weights-rank": LINES,
    "generic-rank": {"shape": LINES["shape"], "cover": cover, "syzygies": syzygies},
}


def shape_of(cert, claim):
    """Rows and columns of F_k or U_k."""
    return cert.N if claim.kind == "rank" else cert.widths[claim.layer - 1], cert.widths[claim.layer]


def rank_claim(cert, claim):
    """lower ≤ rank ≤ upper: of F_k, of U_k at the instance's own parameters, or the largest of U_k over all."""
    k = claim.layer
    if claim.kind == "rank":
        below(cert.L + 1, k)
        need(cert.N, "a rank without samples")
    else:
        convolution(cert, k)
    own = (lambda: given(cert.layers[k], cert.layers[k].own)[0]) if claim.kind == "weights-rank" else None
    for bound, kinds in (("lower", LOWER[claim.kind]), ("upper", UPPER[claim.kind])):
        e = record(getattr(claim, f"{bound}_evidence"), *kinds)
        m = SimpleNamespace(cert=cert, k=k, x=cert.layers[k], shape=shape_of(cert, claim), weights=own)
        found = kinds[e.kind](m, e)
        need(found == getattr(claim, bound), f"{bound}: the evidence proves {found}")


def patch_structure(cert, claim):
    """Section 2: every neuron is covered, no two patches are equal as sets, no padding."""
    need(1 <= claim.layer <= cert.L and cert.layers[claim.layer].kind != "elementwise", "a layer without patches")
    x, v = cert.layers[claim.layer], claim.violation
    need(claim.holds == (v is None), "a violation where it does not hold, and only there")
    sets = [frozenset(patch) for patch in x.patches]
    covered = frozenset().union(*sets)
    if v is None:
        fine = -1 not in covered and len(covered) == x.below and len(set(sets)) == len(sets)
    else:
        v = record(v, "uncovered", "identical", "padding")
        places = v.neurons if v.kind == "uncovered" else v.patches
        below(x.below if v.kind == "uncovered" else len(x.patches), *places)
        need(len(places) == 2 if v.kind == "identical" else places, "how many are named")
        fine = {
            "uncovered": lambda: not covered & set(places),
            "identical": lambda: sets[places[0]] == sets[places[1]],
            "padding": lambda: all(-1 in sets[p] for p in places),
        }[v.kind]()
    need(fine, "the patches are otherwise")


# ---------------------------------------------------------------- the loss


class Point:
    """The loss at one point, where all layers are rational, with its derivatives."""

    def __init__(self, cert, point=-1):
        need(all(x.kind != "average-pooling" for x in cert.layers[1:]), "a loss with average-pooling")
        need(cert.L and place(cert, cert.L)[0] == "Q", "a loss that is not in Q")
        need(cert.targets and len(cert.targets[0]) == cert.widths[-1], f"targets of width {cert.widths[-1]}")
        self.cert, self.theta, self.W, self.B = cert, [], [None], [None]  # values of coordinates; where they belong
        parameters = cert.parameters(point)
        for x, own in zip(cert.layers[1:], parameters[1:], strict=True):
            weights, biases = given(x, own)
            self.W.append([[self.coordinate(w) for w in row] for row in weights or []])
            self.B.append([self.coordinate(b) for b in biases or []])
        self.traces = [Exact(cert, parameters).trace(row, cert.L) for row in cert.samples()]
        self.residual = self.residuals([*trace[-1][1].values()] for trace in self.traces)
        self.loss = half_square(self.residual)

    def coordinate(self, value):
        """The next coordinate."""
        self.theta.append(value)
        return len(self.theta) - 1

    def residuals(self, outputs):
        """F - Y."""
        pairs = zip(outputs, self.cert.targets, strict=True)
        return [[f + -y for f, y in zip(row, targets, strict=True)] for row, targets in pairs]

    def outputs(self, steps):
        """F_L at θ + steps to the second order, where it is smooth; steps are linear in the names of small numbers."""
        theta = [Sum() + value + step for value, step in zip(self.theta, steps, strict=True)]
        W = [[[theta[e] for e in row] for row in rows or []] for rows in self.W]
        B = [[theta[e] for e in own or []] for own in self.B]
        numbers = Expansion(self.cert, list(zip(W, B, strict=True)))
        return [[*numbers.trace(row, self.cert.L)[-1][1].values()] for row in self.cert.samples()]

    def expanded(self, steps):
        """Φ(θ + steps) to the second order."""
        return Sum() + half_square(self.residuals(self.outputs(steps)))

    def critical(self):
        """Verify that all derivatives are 0; the expansion by all coordinates."""
        found = self.expanded([Sum({(e,): Number(1)}) for e in range(len(self.theta))])
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

    def lines(self, k, neurons, samples=None):
        """The lines (a, b) that these neurons meet, at all samples or some."""
        found = {line(self.piece(k, i, h)) for i in samples or range(self.cert.N) for h in neurons}
        need(None not in found, "a piece that is no line")
        return found


def half_square(rows):
    """½ Σ r²."""
    return sum((r * r for row in rows for r in row), Number(0)) * Number(1, 2)


def loss_claim(cert, claim):
    """lower ≤ Φ ≤ upper at a point, for features in Q."""
    need(claim.lower <= claim.upper, "an empty interval")
    need(claim.precision is None, "a loss by balls", ELSEWHERE)
    need(claim.lower <= Point(cert, claim.point).loss <= claim.upper, "the loss is outside")


def critical_point(cert, claim):
    """What a point is, by derivatives in Q."""
    e = record(claim.evidence, *EVIDENCE)
    types, verify = EVIDENCE[e.kind]
    need(claim.type in types, f"this evidence proves {types}")
    need(len(claim.loss) == 2 and claim.loss[0] <= claim.loss[1], "loss: two numbers, ascending")
    need(claim.type == "minimum" or not claim.strict, "strict for a minimum only")
    need(getattr(e, "by", "rational") == "rational", "formal derivatives", ELSEWHERE)
    if hasattr(e, "precision"):
        acts = [x.act for x in cert.layers[1:] if x.act]
        need(not any(act.special or act.exponent for act in acts), "derivatives that are not rational", ELSEWHERE)
    point = Point(cert, claim.point)
    need(claim.loss[0] <= point.loss <= claim.loss[1], "the loss is outside")
    found = verify(point, e, claim.type)
    need(claim.index in (None, found), f"the index is {found}")
    need(not claim.strict or not e.slice, "that the minimum is strict is not proved")


def zero(point, e, kind):  # noqa: ARG001
    """All residuals are 0."""
    need(point.loss == 0, "the residual is not 0")


def mean_targets(point, e, kind):  # noqa: ARG001
    """The outputs of equal samples are the mean of their targets."""
    sums = {}
    for sample, row in zip(point.cert.samples(), point.residual, strict=True):
        pay(len(sample), max(map(size, sample)))
        sums[tuple(sample)] = [a + b for a, b in zip(row, sums.get(tuple(sample), [0] * len(row)), strict=True)]
    need(not any(x for row in sums.values() for x in row), "the residuals of equal samples do not add up to 0")


def entry(point, e, kind):  # noqa: ARG001
    """A derivative that is not 0."""
    below(len(point.theta), e.coordinate)
    steps = [Sum({("d",): Number(1)}) if i == e.coordinate else 0 for i in range(len(point.theta))]
    need(("d",) in point.expanded(steps), "the derivative is 0")


def negative_direction(point, e, kind):
    """The second derivative is negative in one direction, and positive in another."""
    need(e.positive is not None or kind != "saddle", "a saddle needs a positive direction")
    point.critical()
    for sign, direction in ((-1, e.direction), (1, e.positive)):
        if direction is not None:
            expansion = point.expanded([Sum({("d",): c}) for c in sized(direction, len(point.theta))])
            need(sign * expansion.get(("d", "d"), 0) > 0, "the sign of a second derivative")


def hessian(point, e, kind):
    """CᵀHC is dominant, with signs as they are for this kind, and HK = 0; the index, where it is proved."""
    P, frozen = len(point.theta), set()
    need(P <= 2000, "more than 2000 parameters")
    steps = [record(step, *STEPS) for step in e.slice]
    expansion = point.critical()
    for step in steps:
        freezes, changes = STEPS[step.kind](point, step)
        need(not frozen & (freezes | changes), "a step freezes or changes what an earlier one froze")
        frozen |= freezes
    free = {f: a for a, f in enumerate(f for f in range(P) if f not in frozen)}
    n, C, K = len(free), sized(e.congruence, len(free)), sized(e.kernel or [[]] * len(free), len(free))
    H = [{} for _ in free]
    for name, c in expansion.items():
        if len(name) == 2 and free.keys() >= set(name):
            a, b = (free[f] for f in name)
            H[a][b] = H[b][a] = c * (1 + (a == b))
    HC = [combined(row, C) for row in H]
    G = [combined(dict(enumerate(column)), HC) for column in transposed(C)]
    need(all(2 * abs(row[i]) > sum(map(abs, row)) for i, row in enumerate(G)), "the congruence is not dominant")
    positive, r, k = sum(row[i] > 0 for i, row in enumerate(G)), len(G), len(K[0]) if K else 0
    need(positive == n == r if kind == "minimum" else 0 < positive < r, f"{positive} of {r} signs are positive")
    need(not any(x for row in H for x in combined(row, K)), "HK is not 0")
    need(rank(K) == k, "columns of K are dependent")
    return [positive, r - positive, k + P - n] if r + k == n else None


EVIDENCE = {  # the types that it proves, and how it is verified
    "zero": (("global minimum",), zero),
    "mean-targets": (("global minimum",), mean_targets),
    "entry": (("not critical",), entry),
    "hessian": (("minimum", "saddle"), hessian),
    "negative-direction": (("not a minimum", "saddle"), negative_direction),
}


# ---------------------------------------------------------------- slices
# Steps verify, and return the coordinates that they freeze and those that they change.


def hidden(point, k, unit):
    """Layer k, which must be a convolution with this unit below a convolution, and that one."""
    x, above = convolution(point.cert, k), convolution(point.cert, k + 1)
    below(x.filters, unit)
    return x, above


def rows_above(point, k, slots):
    """Coordinates of the weights of these slots of layer k + 1."""
    return {e for s in slots for e in point.W[k + 1][s]}


def own_biases(point, k, neurons):
    """Coordinates of the biases of these neurons of layer k, each with one of its own."""
    x = point.cert.layers[k]
    own = x.bias == "neuron" or (x.bias == "filter" and len(x.patches) == 1)
    need(own or not neurons, f"a neuron of layer {k} has no bias of its own")
    return {point.B[k][h] for h in neurons}


def biases_above(point, k, patches):
    """Coordinates of the biases of these patches of layer k + 1."""
    T = point.cert.layers[k + 1].filters
    return own_biases(point, k + 1, [p * T + t for p in patches for t in range(T)])


def reading(point, k, unit):
    """Slots of layer k + 1 that read the unit in some patch."""
    x, above = hidden(point, k, unit)
    return {s for patch in above.patches for s, e in enumerate(patch) if e >= 0 and e % x.filters == unit}


def incoming(point, k, unit):
    """Coordinates of a unit: its weights by slot, then its biases."""
    x, biases = point.cert.layers[k], point.B[k]
    own = biases[unit :: x.filters]  # for the bias of a filter, one of as many as there are filters
    return [row[unit] for row in point.W[k]] + own


def inactive(point, s):
    """Coordinates that change no output near the point."""
    cert, acting = point.cert, set()
    below(len(point.theta), *s.coordinates)
    for k, x in enumerate(cert.layers):
        for h in range(x.width if k and x.kind == "convolution" else 0):
            p, t = divmod(h, x.filters)
            pay(cert.N * x.slots)
            for i in range(cert.N):
                if point.level(k, i, h) is None:
                    read = [a for a, e in enumerate(x.patches[p]) if e >= 0 and point.level(k - 1, i, e) != 0]
                    acting |= {point.W[k][a][t] for a in read}
                    acting |= {point.B[k][h if x.bias == "neuron" else t]} if point.B[k] else set()
    need(not acting & set(s.coordinates), "a coordinate acts on a sample")
    return set(s.coordinates), set()


def offset(point, k, unit):
    """b/a for the one line that a unit meets, or 0 if all its pieces are a·z; no slot above reads it with others."""
    (x, above), slots = hidden(point, k, unit), reading(point, k, unit)
    alone = all(patch[s] < 0 or patch[s] % x.filters == unit for patch in above.patches for s in slots)
    need(alone, "a slot reads other units, too")
    met = point.lines(k, range(unit, x.width, x.filters))
    if not any(b for _, b in met):
        return Number(0)
    need(len(met) == 1 and all(a for a, _ in met), "the unit meets several lines")
    return next(b / a for a, b in met)


def scaling(point, s):
    """A unit times a factor, and what reads it divided by the factor."""
    ratio, slots = offset(point, s.layer, s.unit), reading(point, s.layer, s.unit)
    x, own = point.cert.layers[s.layer], incoming(point, s.layer, s.unit)
    need(ratio == 0 or x.bias != "none", "a line with an offset, and no biases")
    scales = s.coordinate in (own if ratio == 0 else own[: x.slots]) and point.theta[s.coordinate] != 0
    need(scales, "no coordinate that scales")
    return {s.coordinate}, {*own, *rows_above(point, s.layer, slots)} - {s.coordinate}


def shift(point, s):
    """A bias that is moved to the layer above."""
    x, above = hidden(point, s.layer, 0)
    below(x.width, s.neuron)
    frozen = own_biases(point, s.layer, [s.neuron])
    need(len({a for a, _ in point.lines(s.layer, [s.neuron])}) == 1, "lines of several slopes")
    return frozen, biases_above(point, s.layer, [p for p, patch in enumerate(above.patches) if s.neuron in patch])


def columns_seen(point, unit, s):
    """Coordinates of a unit of layer 1; rows of what it reads; columns of these that are combinations of kept ones."""
    x, Z = convolution(point.cert, 1), []
    below(x.filters, unit)
    own = incoming(point, 1, unit)
    below(len(own), *s.kept)
    others = [j for j in range(len(own)) if j not in s.kept]
    sized(s.combination, len(s.kept), len(others))
    pay(point.cert.N * len(x.patches) * len(own))
    for i, row in enumerate(point.cert.samples()):
        for p, patch in enumerate(x.patches):
            if point.level(1, i, p * x.filters + unit) is None:
                ones = [int(len(own) == x.slots + 1 or p == other) for other in range(len(own) - x.slots)]
                Z.append([row[e] if e >= 0 else Number(0) for e in patch] + ones)
    for z in Z:
        read = combined({a: z[j] for a, j in enumerate(s.kept)}, s.combination)
        need(read == [z[j] for j in others], "a column that is not kept is no such combination")
    return own, Z, others


def unseen(point, s):
    """What a unit of layer 1 reads has columns that are combinations of kept ones."""
    own, Z, others = columns_seen(point, s.unit, s)
    freezes, changes = {own[j] for j in others}, {own[j] for j in s.kept}
    need(s.shift is None or len(s.shift) == len(s.kept), "a shift of the kept columns")
    need(s.shift is None if s.scaled is None else s.scaled in s.kept, "a kept column is scaled")
    if s.scaled is None:
        return freezes, changes
    ratio, a = offset(point, 1, s.unit), s.kept.index(s.scaled)
    need(ratio == 0 or s.shift, "no shift, and the line has an offset")
    moved = moved_value(point, own, s, a, others)
    if ratio:
        need(all(sum(q * z[j] for q, j in zip(s.shift, s.kept, strict=True)) == 1 for z in Z), "the shift adds up to 1")
        moved += ratio * s.shift[a]
    need(moved != 0, "the scaled value is 0")
    changes |= rows_above(point, 1, reading(point, 1, s.unit))
    return freezes | {own[s.scaled]}, changes - {own[s.scaled]}


def moved_value(point, own, s, a, others):
    """The value of a kept coordinate when the others are moved into the kept ones."""
    pairs = zip(s.combination[a], others, strict=True) if others else []
    return point.theta[own[s.kept[a]]] + sum(c * point.theta[own[f]] for c, f in pairs)


def level_unit(point, s):
    """A unit that is a multiple of the vector of ones: its outgoing weights act as biases do."""
    cert, (_, above) = point.cert, hidden(point, s.layer, s.unit)
    level = [len({row[e] for row in cert.samples()}) == 1 for e in range(cert.widths[0])]
    for k, x in enumerate(cert.layers[1 : s.layer + 1], 1):
        pay(x.width * (cert.N + x.slots))
        values = [{point.level(k, i, h) for i in range(cert.N)} for h in range(x.width)]
        reads = [all(level[e] for e in x.patches[h // x.filters] if e >= 0) for h in range(x.width)]
        level = [r or (len(v) == 1 and None not in v) for r, v in zip(reads, values, strict=True)]
    read = reading(point, s.layer, s.unit)
    slots = [i for i in read if all(patch[i] < 0 or level[patch[i]] for patch in above.patches)]
    need(slots, "no slot reads level columns only")
    patches = [p for p, patch in enumerate(above.patches) if any(patch[i] >= 0 for i in slots)]
    return rows_above(point, s.layer, slots), biases_above(point, s.layer, patches)


def mixing(point, s):
    """Units that meet equal lines: what they read is mixed, and unmixed by what reads them."""
    k, units, theta = s.layer, s.units, point.theta
    need(len(units) > 1 and units == sorted(units), "two units or more, ascending")
    x, above = hidden(point, k, units[-1])
    need(len(x.patches) == 1 and above.patches == [list(range(x.width))], "layers that are not fully connected")
    met = [point.lines(k, units, [i]) for i in range(point.cert.N)]
    need(all(len(pieces) == 1 for pieces in met), "units that meet different lines")
    if s.absorbed:
        need(x.bias != "none" != above.bias, "absorbed without biases")
        need(len(set().union(*met)) == 1, "units that meet several lines")
    else:
        need(not any(b for pieces in met for _, b in pieces), "a line with an offset")
    own = {t: incoming(point, k, t) for t in units}
    need((s.kept is None) == (s.combination is None) and (s.kept is None or k == 1), "kept columns")
    others = []
    if s.kept is None:
        s.kept = range(len(own[units[0]]))
    else:
        need(not s.absorbed or x.slots in s.kept, "the bias is not kept")
        others = columns_seen(point, units[0], s)[2]
    kept = [(a, j) for a, j in enumerate(s.kept) if not (s.absorbed and j == x.slots)]
    rows, out = [j for _, j in kept], {t: point.W[k + 1][t] for t in units}
    E = {(j, t): moved_value(point, own[t], s, a, others) for a, j in kept for t in units}
    need(s.frozen in {"minor", "outgoing", "incoming"}, "what is frozen")
    need(s.pivots and set(s.pivots) <= set(rows if s.frozen == "minor" else units), "pivots")
    freezes = {own[t][f] for t in units for f in others}
    rest = [t for t in units if t not in s.pivots]
    if s.frozen == "minor":
        n, square_ = len(units), [[E[j, t] for t in units] for j in s.pivots]
        freezes |= {own[t][j] for t in units for j in s.pivots}
    elif s.frozen == "outgoing":
        n, square_ = above.filters, [[theta[e] for e in out[t]] for t in s.pivots]
        freezes |= {e for t in units for e in out[t]} | {own[t][j] for t in rest for j in rows}
    else:
        n, square_ = len(rows), [[E[j, t] for t in s.pivots] for j in rows]
        freezes |= {own[t][j] for t in units for j in rows} | {e for t in rest for e in out[t]}
    need(len(s.pivots) == n == rank(square_), "pivots of a regular square")
    changes = {own[t][j] for t in units for j in s.kept} | {e for t in units for e in out[t]}
    return freezes, (changes | set(point.B[k + 1] if s.absorbed else [])) - freezes


STEPS = {"inactive": inactive, "scaling": scaling, "shift": shift, "unseen": unseen, "constant": level_unit}
STEPS["mixing"] = mixing


# ---------------------------------------------------------------- the command

CLAIMS = {
    "rank": rank_claim,
    "weights-rank": rank_claim,
    "generic-rank": rank_claim,
    "patch-structure": patch_structure,
    "loss": loss_claim,
    "critical-point": critical_point,
}


def check(path, work=WORK):
    """Return the exit code, and the lines: one for each claim, or one about the document."""
    try:
        cert = Certificate(path, work)
    except RecursionError:
        return 2, [f"{UNREADABLE}: it is nested too deeply"]
    except Stop as stop:
        word, what = stop.args
        return (0, [f"{LARGE}: {what}"]) if word == LARGE else (2, [escaped(f"{UNREADABLE}: {what}")])
    lines, code, trivial = [], 0, True
    for i, value in enumerate(cert.claims):
        kind = str(value.get("kind")) if isinstance(value, dict) else ""
        kind, said = kind if re.fullmatch("[a-z-]{1,40}", kind) else "?", "accepted"
        try:
            claim = record(value, *CLAIMS)
            CLAIMS[kind](cert, claim)
            trivial &= "rank" in kind and claim.lower == 0 and claim.upper >= min(shape_of(cert, claim))
        except Stop as stop:
            said, code, trivial = ": ".join(stop.args), max(code, int(stop.args[0] == REJECTED)), False
        lines.append(escaped(f"claim {i} ({kind}): {said}"))
    return (1, [f"{REJECTED}: no claim says more than sizes do"]) if trivial else (code, lines)


def escaped(line_of_text):
    """ASCII in one line."""
    return line_of_text.encode("unicode_escape").decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -I second_checker.py CERTIFICATE.json")
    CODE, LINES = check(sys.argv[1])
    sys.stdout.write("".join(f"{one}\n" for one in LINES))
    sys.exit(CODE)
