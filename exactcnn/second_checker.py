"""A second checker of certificates: plain integers and fractions, one file, Python's standard library only.

    python -I second_checker.py CERTIFICATE.json

It was written from ``docs/reference/certificates.md``, shares no line with the first checker or the engines, and knows
the kinds of evidence that need no more than exact arithmetic. Each claim gets one line: "accepted", "rejected" (also
where it cannot be read), "too large" (more work than this checker takes on, counted before each operation; so are
numbers of more than 4000 characters, and those in NumPy files), or "first checker only".
Exit codes: 0 nothing is rejected, 1 a claim is rejected, 2 not a readable certificate.
"""

import hashlib
import itertools
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


def paid(unpaid):
    """An operation of fractions that is paid for."""

    def operation(a, b):
        if not isinstance(b, (int, Fraction)):
            return NotImplemented
        pay(2, size(a) + size(b))
        found = unpaid(a, b)
        return Number(found) if isinstance(found, Fraction) else found

    return operation


for name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "lt", "gt", "le", "ge"):
    setattr(Number, f"__{name}__", paid(getattr(Fraction, f"__{name}__")))


# ---------------------------------------------------------------- reading


def shown(value):
    """What a message says of a value."""
    return repr(value)[:40] if isinstance(value, (str, int)) else type(value).__name__


def read(value, shape):
    """A value of this shape: a type, a reader, [one for all entries], (one for each entry) or {one for each key}."""
    if isinstance(shape, dict):
        need(isinstance(value, dict) and value.keys() == shape.keys(), f"expected the keys {[*shape]}")
        return SimpleNamespace(**{key: read(value[key], shape[key]) for key in shape})
    if isinstance(shape, (list, tuple)):
        fit = isinstance(value, list) and (isinstance(shape, list) or len(value) == len(shape))
        need(fit, f"{shown(value)} is no list of the right length")
        return [read(x, shape[0] if isinstance(shape, list) else shape[i]) for i, x in enumerate(value)]
    need(not isinstance(shape, type) or type(value) is shape, f"{shown(value)} is none of {shape}")
    return value if isinstance(shape, type) else shape(value)


def maybe(shape):
    """A reader of null, or a value of this shape."""
    return lambda value: None if value is None else read(value, shape)


def anything(value):
    """A value that is read later."""
    return value


def integer(low, high=2**62):
    """A reader of integers from low up to, and without, high."""

    def reader(value):
        need(type(value) is int and low <= value < high, f"{shown(value)} is no integer from {low}, below {high}")
        return value

    return reader


count, slot, bits, degree = integer(0), integer(-1), integer(2, 2**20), integer(0, 1001)


def indices(value, kind=count):
    """Different indices; -1 may be repeated."""
    kept = [e for e in read(value, [kind]) if e >= 0]
    need(len(set(kept)) == len(kept), "an index is repeated")
    return value


def below(high, *numbers):
    """Go on only if these indices are below a bound."""
    need(all(i < high for i in numbers), f"an index is not below {high}")


def number(value):
    """A rational number from its numeral."""
    need(len(read(value, str)) <= 100_000 and NUMERAL.fullmatch(value), f"{shown(value)} is no number")
    need(len(value) <= 4000, "a number of more than 4000 characters", LARGE)
    pay(1, 4 * len(value))
    above, _, under = value.partition("/")
    return Number(int(above), int(under or 1))


def whole(value):
    """An integer from its numeral."""
    need("/" not in read(value, str), f"{shown(value)} is no integer")
    return int(number(value))


def prime(value):
    """An odd prime below 2^63."""
    need(2 < whole(value) < 2**63 and is_prime(int(value)), f"{shown(value)} is no odd prime below 2^63")
    return int(value)


def matrix(value, axes=2):
    """Rows of an ARRAY."""
    need(not (isinstance(value, dict) and "file" in value), "arrays in files", LARGE)
    a = read(value, {"shape": [count], "values": [number]})
    need(len(a.shape) == axes and 0 < math.prod(a.shape) == len(a.values), f"an array of {axes} axes is expected")
    return [a.values[i : i + a.shape[-1]] for i in range(0, len(a.values), a.shape[-1])]


def vector(value):
    """Entries of an ARRAY of one axis."""
    return matrix(value, 1)[0]


def sized(table, rows, columns=None):
    """A table of this size; None is any number."""
    fit = rows in {None, len(table)} and (columns is None or columns == len(table[0]))
    need(fit, f"an array of {rows or 'any number of'} rows and {columns or 'any number of'} columns is expected")
    return table


def combinations(value):
    """[{line: c}], each with a leading line that no other one contains."""
    read_ = read(value, [{"leading": count, "coefficients": [(count, number)]}])
    times = Counter(i for one in read_ for i in indices([i for i, _ in one.coefficients]))
    for one in read_:
        need(all(c for _, c in one.coefficients), "a coefficient is 0")
        leads = times[one.leading] == 1 and any(i == one.leading for i, _ in one.coefficients)
        need(leads, "a leading line is not in its combination, or in several")
    return [dict(one.coefficients) for one in read_]


def terms(value):
    """TERMS as {(i, j): c}."""
    found = read(value, [(degree, degree, number)])
    need(all(c for _, _, c in found) and all(a[:2] < b[:2] for a, b in pairwise(found)), "terms ascend, without zeros")
    return {(i, j): c for i, j, c in found}


def is_prime(n):
    """Miller and Rabin; these bases decide every n below 3·10^24."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
    if n < 43 or any(n % b == 0 for b in bases):
        return n in bases
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    starts = (pow(b, (n - 1) >> twos, n) for b in bases)
    return all(x == 1 or any(pow(x, 2**i, n) == n - 1 for i in range(twos)) for x in starts)


patches = {"patches": [lambda value: indices(value, slot)]}
parameters = {"weights": maybe(matrix), "biases": maybe(vector)}
bounds = {"layer": count, "lower": count, "upper": count, "lower_evidence": anything, "upper_evidence": anything}
minor = {"rows": indices, "columns": indices}
SHAPES = {  # of every kind of object
    "convolution": {**patches, "filters": integer(1), "bias": str, "activation": anything, **parameters},
    "max-pooling": patches,
    "average-pooling": {**patches, "divisors": [integer(1)]},
    "elementwise": {"activation": anything},
    "rank": bounds,
    "weights-rank": bounds,
    "generic-rank": bounds,
    "none": {},
    "modular-minor": {"modulus": prime, "root": maybe(whole), "precision": maybe(bits), **minor},
    "triangular-minor": minor,
    "shape": {},
    "distinct-lines": {"axis": integer(0, 2), "representatives": indices},
    "relations": {"axis": integer(0, 2), "relations": combinations},
    "zero-block": {"rows": combinations, "columns": combinations},
    "delta-filters": {"slots": [count]},
    "modular-witness": {"modulus": prime, "weights": [number], **minor},
    "cover": {"neurons": indices, "patches": indices},
    "syzygies": {"vectors": [[(count, [([count], number)])]], "modulus": prime, "weights": [number]},
    "patch-structure": {"layer": integer(1), "holds": bool, "violation": anything},
    "uncovered": {"neurons": indices},
    "identical": {"patches": indices},
    "padding": {"patches": indices},
    "loss": {"point": slot, "lower": number, "upper": number, "precision": maybe(bits)},
    "critical-point": {"point": slot, "type": str, "strict": bool, "index": maybe((count, count, count))}
    | {"loss": (number, number), "evidence": anything},
    "zero": {},
    "mean-targets": {},
    "entry": {"coordinate": count, "precision": bits},
    "hessian": {"by": str, "slice": [anything], "precision": bits, "congruence": matrix, "kernel": maybe(matrix)},
    "negative-direction": {"by": str, "direction": vector, "positive": maybe(vector), "precision": bits},
    "inactive": {"coordinates": indices},
    "scaling": {"layer": count, "unit": count, "coordinate": count},
    "shift": {"layer": count, "neuron": count},
    "unseen": {"unit": count, "kept": indices, "combination": matrix, "scaled": maybe(count), "shift": maybe(vector)},
    "constant": {"layer": count, "unit": count},
    "mixing": {"layer": count, "units": indices, "frozen": str, "pivots": indices, "absorbed": bool}
    | {"kept": maybe(indices), "combination": maybe(matrix)},
}
DOCUMENT = {"format": str, "version": count, "instance": anything, "points": [[anything]], "claims": [anything]}
DOCUMENT |= {"instance_sha256": str, "sha256": str}
INSTANCE = {"samples": maybe(matrix), "sample_count": maybe(integer(1)), "targets": maybe(matrix)}
INSTANCE |= {"input_width": integer(1), "layers": [anything]}


def record(value, *kinds, other=ELSEWHERE):
    """An object of one of these kinds."""
    need(isinstance(value, dict) and isinstance(value.get("kind"), str), "an object without a kind")
    need(value["kind"] in kinds, f"'{plain(value)}'", other)
    return read(value, {"kind": str, **SHAPES[value["kind"]]})


def plain(value):
    """The kind of an object as it may be printed: nothing that could be taken for a line of this program."""
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and re.fullmatch("[a-z-]{1,40}", kind) else "?"


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
        readers = {"object_pairs_hook": once, "parse_int": short, "parse_float": no, "parse_constant": no}
        found = json.loads(data.decode("ascii"), **readers)
    except OSError as error:
        raise Stop(REJECTED, f"cannot read {path.name}: {error.strerror}") from None
    except ValueError:  # text that is not ASCII, too
        raise Stop(REJECTED, "no JSON document in ASCII") from None
    head = read(found, DOCUMENT)
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
        act = read(value, {"special": str, "parameters": [number]})
        need(act.special in {"softplus", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid"}, shown(act.special))
        need(len(act.parameters) == (act.special == "softplus") and all(a > 0 for a in act.parameters), "parameters")
        act.kinks, act.pieces, act.exponent = [], [], []
        return act
    piece = {"numerator": terms, "denominator": terms}
    act = read(value, {"kinks": [number], "pieces": [piece], "exponent": [number], "base": str})
    act.special, act.pieces = None, [(piece.numerator, piece.denominator) for piece in act.pieces]
    need(all(a < b for a, b in pairwise(act.kinks)), "kinks ascend")
    need(not act.exponent or (2 <= len(act.exponent) <= 1001 and act.exponent[-1] != 0), "coefficients of an exponent")
    need(len(act.pieces) == len(act.kinks) + 1, "one piece more than kinks")
    occurs = any(j for piece in act.pieces for side in piece for _, j in side)
    need(occurs == bool(act.exponent) and act.base in (("e", "2") if occurs else ("e",)), "exponent and base")
    for low, high, (_, d) in zip([None, *act.kinks], [*act.kinks, None], act.pieces, strict=True):
        need(never_zero(d, low, high), "a denominator may vanish")
    for kink, pair in zip(act.kinks, pairwise(act.pieces), strict=True):
        (n, d), (m, e) = ([in_E(act, side, kink) for side in piece] for piece in pair)
        need(product(n, e) == product(m, d), "a jump at a kink")
    return act


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
    if a == 0 or act.base == "e" or a.denominator != 1:
        return None if a else Number(1)
    need(-(2**16) <= a <= 2**16, "a power 2^g with |g| above 2^16")
    return Number(2) ** int(a)


def in_E(act, side, t):
    """TERMS at t as a polynomial in E, of degree 0 where E is rational; with base e it is 0 only where E is a zero."""
    found, E = [Number(0)] * (1 + max((j for _, j in side), default=0)), power(act, t)
    for (i, j), c in side.items():
        found[j] += c * t**i
    return trimmed(found if E is None else [at(found, E)])


def zero_at_zero(act):
    """Whether the value at 0 is certainly 0."""
    return act.special in {"gelu", "erf", "arctan", "sin"} or not (
        act.special or in_E(act, piece_at(act, 0)[0], Number(0))
    )


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
    below(width, *(e for patch in x.patches for e in patch))
    x.slots = len(x.patches[0]) if x.patches else 0
    need(x.slots and all(len(patch) == x.slots for patch in x.patches), "patches of one length")
    if x.kind == "max-pooling":
        need(all(max(patch) >= 0 for patch in x.patches), "a patch of padding only")
    if x.kind == "average-pooling":
        need(len(x.divisors) == len(x.patches) and max(x.divisors) <= x.slots, "a divisor for each patch")
    if x.kind == "convolution":
        need(x.bias in {"neuron", "filter", "none"}, "bias")
    else:
        x.filters, x.bias, x.weights, x.biases = 1, "none", None, None
    x.width = len(x.patches) * x.filters
    x.own = fitting(x, x)
    return x


def fitting(x, own):
    """(rows of weights, biases as they are stored) of the right size for a layer; None for null."""
    biases = {"neuron": x.width, "filter": x.filters, "none": 0}[x.bias]
    need(own.weights is None or sized(own.weights, x.slots, x.filters), "weights")
    need(own.biases is None or len(own.biases) == biases, "how many biases")
    return own.weights, own.biases


class Certificate:
    """Instance, points and claims of a document; its work begins."""

    def __init__(self, path, work=WORK):
        Account.done, Account.most = 0.0, work
        head = document(Path(path))
        instance = read(head.instance, INSTANCE)
        self.claims, self.layers, self.points = head.claims, [None], []
        self.N, self.widths, self.L = instance.sample_count, [instance.input_width], len(instance.layers)
        self.table, self.targets = instance.samples, instance.targets
        need(self.N or (self.table is None and self.targets is None), "no sample_count")
        need(self.table is None or sized(self.table, self.N, self.widths[0]), "samples")
        need(self.targets is None or sized(self.targets, self.N), "targets")
        for value in instance.layers:
            self.layers.append(layer(value, self.widths[-1]))
            self.widths.append(self.layers[-1].width)
        for point in head.points:
            need(len(point) == self.L, "a point has an entry for each layer")
            self.points.append([None, *(self.entry(k, value) for k, value in enumerate(point, 1))])

    def entry(self, k, value):
        """(weights, biases) of layer k at the next point."""
        x, own = self.layers[k], None
        if value is not None:
            own = self.parameters(value)[k] if type(value) is int else fitting(x, read(value, parameters))
            need(x.kind == "convolution" and own and own[0], f"layer {k} has no weights at a point")
        return own

    def parameters(self, point=-1):
        """(weights, biases) of every layer at a point."""
        need(-1 <= point < len(self.points), "there is no such point")
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
    need(1 <= k <= cert.L and cert.layers[k].kind == "convolution", f"layer {k} is no convolution")
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


class Sum(Ring, dict[tuple[object, ...], Fraction]):
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
        self.field, self.residue, self.ends = field, residue % field.p, []
        if ends:
            self.ends = [rounded(min(ends), field.bits, math.floor), rounded(max(ends), field.bits, math.ceil)]

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


def rounded(x, bits, way):
    """A rational number with so many bits after its first one, rounded by floor or ceil."""
    unit = Number(2) ** (x.numerator.bit_length() - x.denominator.bit_length() - bits)
    return way(x / unit) * unit


def exponential(a, bits):
    """Numbers below and above e^a, of which so many bits agree."""
    need(a < 2**14, f"e^a is enclosed for a below {2**14} only", LARGE)
    if a < 0:
        far = a <= -(2**14)
        return [Number(0), 1 / Number(2**2**14)] if far else [1 / end for end in reversed(exponential(-a, bits))]
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
    """Rational numbers. Other kinds change what layers do to their values, from layer j on."""

    j = math.inf

    def __init__(self, cert, parameters=None):
        self.cert, self.layers, self.parameters = cert, cert.layers, parameters or cert.parameters()

    def value(self, k, z):
        """The activation of layer k at z."""
        E = power(self.layers[k].act, z)
        need(E is not None, "a power 2^g is not rational")
        return value_of(piece_at(self.layers[k].act, z), z, E)

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
        found, exact = [(None, dict(enumerate(row)))], Exact(self.cert, self.parameters)
        for i, x in enumerate(self.layers[1 : k + 1], 1):
            numbers = self if i >= self.j else exact
            z = numbers.sums(i, found[-1][1], wanted and wanted[i])
            found.append((z, {h: numbers.value(i, t) for h, t in z.items()} if x.act else z))
        return found

    def features(self, k, rows=None, columns=None):
        """F_k, or some rows and columns of it, for which only what they depend on is computed."""
        samples, wanted = self.cert.samples(), None if columns is None else depends(self.cert, k, columns)
        found = [self.trace(row, k, wanted)[-1][1] for row in (samples if rows is None else [samples[i] for i in rows])]
        return [[row[h] for h in columns or range(self.cert.widths[k])] for row in found]


def depends(cert, k, columns):
    """The neurons of each layer that columns of F_k depend on: products of patches and filters."""
    found = [columns]
    for x in cert.layers[k:0:-1]:
        read, units = ({f(h, x.filters) for h in found[0]} for f in (int.__floordiv__, int.__mod__))
        found[0] = [p * x.filters + t for p in read for t in units]
        found.insert(0, {e for p in read for e in x.patches[p]} - {-1})
    return found


def place(cert, k):
    """Q, Q(t) or balls, where the features of layer k lie, and the first layer that is exponential or special."""
    acts = [(i, x.act) for i, x in enumerate(cert.layers[: k + 1]) if i and x.act and (x.act.special or x.act.exponent)]
    strange = [i for i, act in acts if act.special or act.base == "e"]
    if not strange:
        return "Q", None
    only = acts[-1][0] == strange[0] and not acts[-1][1].special
    return "Q(t)" if only else "balls", strange[0]


class Images(Exact):
    """Images under the homomorphism that takes e^a to root^(a mod q), q = (p - 1)/2."""

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
        x, units = self.layers[k], {h % self.layers[k].filters for h in wanted}
        weights, biases = given(x, self.parameters[k])
        numbers = [w[t] for w in weights or [] for t in units]
        numbers += [biases[h] for h in (wanted if x.bias == "neuron" else units)] if biases else []
        if k == self.j:
            numbers += row.values()
            self.prime_to(self.p // 2, [*numbers, *x.act.exponent] if x.act.exponent else [])
        self.prime_to(self.p, numbers if k > self.j or self.uses_t else [])
        return super().sums(k, row, wanted)

    def value(self, k, z):
        """The activation of layer k; above layer j, every piece that may be met has the same residue."""
        act, E = self.layers[k].act, 1
        if k == self.j:
            if act.exponent:
                a = at(act.exponent, z)
                ends = exponential(a, self.bits) if self.precision else []
                E = Image(self, pow(self.root, residue(a, self.p // 2), self.p), ends)
            return self.like(value_of(piece_at(act, z), self.like(z) if self.uses_t else None, E))
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
        values = [self.like(v) for v in values]
        low = max(v.ends[0] for v in values)
        return self.only([v for v in values if v.ends[1] >= low], "which entry is the largest is not decided")


class Names(Exact):
    """Rational combinations of numbers that have names; layers above are affine."""

    def __init__(self, cert, k):
        super().__init__(cert)
        self.j = place(cert, k)[1]
        need(self.j, f"features of layer {k} are in Q")

    def value(self, k, z):
        """A combination of names of layer j, or a line at one."""
        act = self.layers[k].act
        if k == self.j:
            return special_name(act, z) if act.special else names_of(act, z)
        need(not act.special and len(act.pieces) == 1 and line(act.pieces[0]), f"layer {k} is not affine")
        return value_of(act.pieces[0], z)

    def largest(self, k, values):
        """Names are not compared."""
        raise Stop(REJECTED, f"layer {k} is not affine")


def special_name(act, z):
    """A special function at z by its value at |z|."""
    if z == 0 and zero_at_zero(act):
        return Sum()
    odd, shifted = act.special in {"erf", "arctan", "sin"}, act.special in {"softplus", "gelu", "log-sigmoid"}
    return Sum({(abs(z),): Number(-1 if odd and z < 0 else 1)}) + (z if shifted and z < 0 else 0)


def names_of(act, z):
    """1, E^i = e^(i·a), and E^i/d(E) below the degree of d; there 1/(1 + e^a) = 1 - 1/(1 + e^-a)."""
    a, (n, d) = at(act.exponent, z), (in_E(act, side, z) for side in piece_at(act, z))
    n, d = ([c / d[-1] for c in side] for side in (n, d))
    quotient, rest = divided(n, d)
    found = Sum() + Sum({(i * a,) if i else (): c for i, c in enumerate(quotient)})
    if rest and d == [1, 1] and a < 0:
        return found + Sum({(): rest[0], (0, (1, 1), -a): -rest[0]})
    return found + Sum({(i, tuple(d), a): c for i, c in enumerate(rest) if c})


class Symbols(Exact):
    """From the first layer on that is not rational, equal integers for values made of equal parts, 0 for 0."""

    def __init__(self, cert, k):
        super().__init__(cert)
        acts = ((i, x.act) for i, x in enumerate(cert.layers[: k + 1]) if i and x.act)
        self.j, self.symbols = next((i for i, act in acts if act.special or act.exponent), k + 1), {}

    def symbol(self, zero, *parts):
        """The number of these parts."""
        return 0 if zero else self.symbols.setdefault(parts, len(self.symbols) + 1)

    def value(self, k, z):
        """An integer for the argument."""
        return self.symbol(z == 0 and zero_at_zero(self.layers[k].act), k, "value", z)

    def total(self, k, weights, values, bias):
        """An integer for the patch, the filter and the bias; filters and patches of zeros give the bias."""
        if k == self.j:
            return super().total(k, weights, values, bias)
        silent = not any(weights) or not any(values)
        return self.symbol(silent and bias == 0, k, () if silent else (*weights, *values), bias)

    def largest(self, k, values):
        """An integer for the set."""
        return values[0] if len(set(values)) == 1 else self.symbol(False, k, frozenset(values))


class Expansion(Exact):
    """Numbers to the second order in small steps; no pre-activation is at a kink, every maximum is attained once."""

    j = 1

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
        need(place(m.cert, m.k)[0] == "Q", f"features of layer {m.k} are not in Q")
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
        need(p % 4 == 3 and p > 5 and is_prime(p // 2), "the modulus is no safe prime")
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
    need(act.special is None, "a special function")
    first, last = act.pieces[0], act.pieces[-1]
    if act.kinks and not (first[0] and last[0]):
        decided = lambda z: act.base == "e" or power(act, z) is not None  # noqa: E731
        on = lambda z: in_E(act, piece_at(act, z)[0], z) and decided(z)  # noqa: E731
        return (lambda z: z <= act.kinks[0]) if not first[0] else (lambda z: z >= act.kinks[-1]), on
    fit = not act.kinks and act.exponent and act.base == "e" and not any(act.exponent[:-1])
    need(fit, "an activation without triangular minors")
    (n, d), m, c = first, len(act.exponent) - 1, act.exponent[-1]
    top = max(j for _, j in d)
    need((0, 0) in d and not any(i for i, _ in d) and (m % 2 or c < 0), "an exponent without triangular minors")
    need(m % 2 == 0 or all(j <= top for _, j in n), "an activation that grows too fast")

    def limit(z):
        """What the activation tends to as E does, a polynomial in t, at z; none for a polynomial 0."""
        if z == 0:
            return sum(x for (i, _), x in n.items() if i == 0)
        j = top if c * z**m > 0 else 0
        numerator = {(i, 0): x for (i, power_of_E), x in n.items() if power_of_E == j}
        return value_of((numerator, {(0, 0): Number(1)}), z) if numerator else None

    side = 1 if limit(Number(-1)) is not None else -1
    need(limit(Number(side)) is None, "an activation without a side where it tends to 0")
    return lambda z: z * side > 0 or (z == 0 and limit(z) == 0), limit


def combined(one, lines):
    """Σ c_i·line_i, entry by entry."""
    return [sum((c * lines[i][h] for i, c in one.items()), Number(0)) for h in range(len(lines[0]))]


def transposed(rows):
    """Columns as rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def lines_of(m, axis, numbers):
    """Rows or columns of the matrix."""
    table = entries(m) if m.weights or place(m.cert, m.k)[0] == "Q" else numbers(m.cert, m.k).features(m.k)
    return transposed(table) if axis else table


def distinct_lines(m, e):
    """Every line is 0 or equal to a representative."""
    below(m.shape[e.axis], *e.representatives)
    lines = list(map(tuple, lines_of(m, e.axis, Symbols)))
    kept = {lines[i] for i in e.representatives}
    need(all(x in kept or not any(x) for x in lines), "a line is neither 0 nor equal to a representative")
    return len(e.representatives)


def relations(m, e):
    """Independent relations between lines."""
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
        below(x.width, *indices([h for h, _ in vector]))
        for h, polynomial in vector:
            monomials = {tuple(exponents) for exponents, _ in polynomial}
            need(len(monomials) == len(polynomial), "a monomial is repeated")
            for exponents, c in polynomial:
                below(x.slots * x.filters, *exponents)
                need(sorted(exponents) == exponents, "exponents ascend")
                pay((1 + len(exponents)) * (1 + x.slots))
                row[h] = (row[h] + reduce(lambda y, v: y * weights[v] % p, exponents, residue(c, p))) % p
                for s, n in enumerate(x.patches[h // x.filters]):
                    image[n, tuple(sorted((*exponents, s * x.filters + h % x.filters)))] += c if n >= 0 else 0
        need(vector and not any(image.values()), "an empty vector, or U·h is not 0")
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
    need(claim.layer <= cert.L and cert.layers[claim.layer].kind != "elementwise", "a layer without patches")
    x, v = cert.layers[claim.layer], claim.violation
    need(claim.holds == (v is None), "a violation where it does not hold, and only there")
    sets = [frozenset(patch) for patch in x.patches]
    covered = frozenset().union(*sets)
    if v is None:
        fine = -1 not in covered and len(covered) == x.below and len(set(sets)) == len(sets)
    else:
        v = record(v, "uncovered", "identical", "padding")
        places = v.neurons if v.kind == "uncovered" else v.patches
        below(x.below if v.kind == "uncovered" else len(sets), *places)
        need(len(places) == 2 if v.kind == "identical" else places, "how many are named")
        named = [] if v.kind == "uncovered" else [sets[p] for p in places]
        fine = not covered & {*places} if v.kind == "uncovered" else all(-1 in patch for patch in named)
        fine = named[0] == named[1] if v.kind == "identical" else fine
    need(fine, "the patches are otherwise")


# ---------------------------------------------------------------- the loss


class Point:
    """The loss at one point, where all layers are rational, with its derivatives."""

    def __init__(self, cert, point=-1):
        need(all(x.kind != "average-pooling" for x in cert.layers[1:]), "a loss with average-pooling")
        need(cert.L and place(cert, cert.L)[0] == "Q", "a loss that is not in Q")
        need(cert.targets and len(cert.targets[0]) == cert.widths[-1], f"targets of width {cert.widths[-1]}")
        self.cert, self.theta, self.W, self.B = cert, [], [], []  # values of coordinates, and where these belong
        parameters, places = [(None, None), *cert.parameters(point)[1:]], itertools.count()
        for x, own in zip([None, *cert.layers[1:]], parameters, strict=True):
            weights, biases = given(x, own) if x else own
            self.W.append([[next(places) for _ in row] for row in weights or []])
            self.B.append([next(places) for _ in biases or []])
            self.theta += [w for row in weights or [] for w in row] + (biases or [])
        self.traces = [Exact(cert, parameters).trace(row, cert.L) for row in cert.samples()]
        self.residual, self.loss = self.losses([*trace[-1][1].values()] for trace in self.traces)

    def losses(self, outputs):
        """F - Y, and half of the sum of its squares."""
        pairs = zip(outputs, self.cert.targets, strict=True)
        rows = [[f + -y for f, y in zip(row, targets, strict=True)] for row, targets in pairs]
        return rows, sum((r * r for row in rows for r in row), Number(0)) * Number(1, 2)

    def outputs(self, steps):
        """F_L at θ + steps to the second order, where it is smooth; steps are linear in the names of small numbers."""
        theta = [Sum() + value + step for value, step in zip(self.theta, steps, strict=True)]
        own = [
            ([[theta[e] for e in row] for row in W], [theta[e] for e in B]) for W, B in zip(self.W, self.B, strict=True)
        ]
        numbers = Expansion(self.cert, own)
        return [[*numbers.trace(row, self.cert.L)[-1][1].values()] for row in self.cert.samples()]

    def expanded(self, steps):
        """Φ(θ + steps) to the second order."""
        return Sum() + self.losses(self.outputs(steps))[1]

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


def loss_claim(cert, claim):
    """lower ≤ Φ ≤ upper at a point, for features in Q."""
    need(claim.lower <= claim.upper, "an empty interval")
    need(claim.precision is None, "a loss by balls", ELSEWHERE)
    need(claim.lower <= Point(cert, claim.point).loss <= claim.upper, "the loss is outside")


def critical_point(cert, claim):
    """What a point is, by derivatives in Q."""
    e = record(claim.evidence, *EVIDENCE)
    types, verify = EVIDENCE[e.kind]
    need(claim.type in types and claim.loss[0] <= claim.loss[1], f"this evidence proves {types}, or an empty interval")
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


def zero(point, *_):
    """All residuals are 0."""
    need(point.loss == 0, "the residual is not 0")


def mean_targets(point, *_):
    """The outputs of equal samples are the mean of their targets."""
    sums = {}
    for sample, row in zip(point.cert.samples(), point.residual, strict=True):
        pay(len(sample), max(map(size, sample)))
        sums[tuple(sample)] = [a + b for a, b in zip(row, sums.get(tuple(sample), [0] * len(row)), strict=True)]
    need(not any(x for row in sums.values() for x in row), "the residuals of equal samples do not add up to 0")


def entry(point, e, _):
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


def incoming(point, k, t):
    """Coordinates of unit t of layer k: its weights by slot, then its biases."""
    x = convolution(point.cert, k)
    below(x.filters, t)
    return [row[t] for row in point.W[k]] + point.B[k][t :: x.filters]  # of as many biases as there are filters, one


def hidden(point, k, t=0):
    """Unit t of layer k below a convolution, the slots that read it, and coordinates of what goes in and out."""
    u = SimpleNamespace(own=incoming(point, k, t), x=point.cert.layers[k], above=convolution(point.cert, k + 1))
    u.slots = {s for patch in u.above.patches for s, e in enumerate(patch) if e >= 0 and e % u.x.filters == t}
    u.out = {e for s in u.slots for e in point.W[k + 1][s]}
    u.alone = all(patch[s] < 0 or patch[s] % u.x.filters == t for patch in u.above.patches for s in u.slots)
    u.lines = lambda: point.lines(k, range(t, u.x.width, u.x.filters))
    return u


def own_biases(point, k, neurons):
    """Coordinates of the biases of these neurons of layer k, each with one of its own."""
    x = point.cert.layers[k]
    own = x.bias == "neuron" or (x.bias == "filter" and len(x.patches) == 1)
    need(own or not neurons, f"a neuron of layer {k} has no bias of its own")
    return {point.B[k][h] for h in neurons}


def biases_above(point, k, reads):
    """The same for all neurons above of patches that read something."""
    x = point.cert.layers[k + 1]
    return own_biases(point, k + 1, [h for h in range(x.width) if reads(x.patches[h // x.filters])])


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


def offset(u):
    """b/a for the one line that a unit meets, or 0 if all its pieces are a·z; no slot above reads it with others."""
    need(u.alone, "a slot reads other units, too")
    met = u.lines()
    if not any(b for _, b in met):
        return Number(0)
    need(len(met) == 1 and all(a for a, _ in met), "the unit meets several lines")
    return next(b / a for a, b in met)


def scaling(point, s):
    """A unit times a factor, and what reads it divided by the factor."""
    u = hidden(point, s.layer, s.unit)
    ratio = offset(u)
    need(ratio == 0 or u.x.bias != "none", "a line with an offset, and no biases")
    scales = s.coordinate in (u.own if ratio == 0 else u.own[: u.x.slots]) and point.theta[s.coordinate] != 0
    need(scales, "no coordinate that scales")
    return {s.coordinate}, {*u.own, *u.out} - {s.coordinate}


def shift(point, s):
    """A bias that is moved to the layer above."""
    below(hidden(point, s.layer).x.width, s.neuron)
    need(len({a for a, _ in point.lines(s.layer, [s.neuron])}) == 1, "lines of several slopes")
    return own_biases(point, s.layer, [s.neuron]), biases_above(point, s.layer, lambda patch: s.neuron in patch)


def columns_seen(point, unit, s):
    """Coordinates of a unit of layer 1; rows of what it reads; columns of these that are combinations of kept ones."""
    x, Z, own = point.cert.layers[1], [], incoming(point, 1, unit)
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
    u, a = hidden(point, 1, s.unit), s.kept.index(s.scaled)
    ratio, moved = offset(u), moved_value(point, own, s, a, others)
    if ratio:
        need(s.shift, "no shift, and the line has an offset")
        need(all(sum(q * z[j] for q, j in zip(s.shift, s.kept, strict=True)) == 1 for z in Z), "the shift adds up to 1")
        moved += ratio * s.shift[a]
    need(moved != 0, "the scaled value is 0")
    return freezes | {own[s.scaled]}, (changes | u.out) - {own[s.scaled]}


def moved_value(point, own, s, a, others):
    """The value of a kept coordinate when the others are moved into the kept ones."""
    pairs = zip(s.combination[a], others, strict=True) if others else []
    return point.theta[own[s.kept[a]]] + sum(c * point.theta[own[f]] for c, f in pairs)


def level(point, s):
    """A unit that is a multiple of the vector of ones: its outgoing weights act as biases do."""
    cert, u = point.cert, hidden(point, s.layer, s.unit)
    flat = [len({row[e] for row in cert.samples()}) == 1 for e in range(cert.widths[0])]
    for k, x in enumerate(cert.layers[1 : s.layer + 1], 1):
        pay(x.width * (cert.N + x.slots))
        values = [{point.level(k, i, h) for i in range(cert.N)} for h in range(x.width)]
        reads = [all(flat[e] for e in x.patches[h // x.filters] if e >= 0) for h in range(x.width)]
        flat = [r or (len(v) == 1 and None not in v) for r, v in zip(reads, values, strict=True)]
    slots = [i for i in u.slots if all(patch[i] < 0 or flat[patch[i]] for patch in u.above.patches)]
    need(slots, "no slot reads level columns only")
    reads = lambda patch: any(patch[i] >= 0 for i in slots)  # noqa: E731
    return {e for i in slots for e in point.W[s.layer + 1][i]}, biases_above(point, s.layer, reads)


def mixing(point, s):
    """Units that meet equal lines: what they read is mixed, and unmixed by what reads them."""
    k, units, theta = s.layer, s.units, point.theta
    need(len(units) > 1 and units == sorted(units), "two units or more, ascending")
    u = hidden(point, k, units[-1])
    x, above = u.x, u.above
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


STEPS = {
    "inactive": inactive,
    "scaling": scaling,
    "shift": shift,
    "unseen": unseen,
    "constant": level,
    "mixing": mixing,
}


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
    lines, code, trivial = [], 0, True
    try:
        cert = Certificate(path, work)
    except RecursionError:
        return 2, [f"{UNREADABLE}: it is nested too deeply"]
    except Stop as stop:
        word, what = stop.args
        return (0, [f"{LARGE}: {what}"]) if word == LARGE else (2, [escaped(f"{UNREADABLE}: {what}")])
    for i, value in enumerate(cert.claims):
        said, kind = "accepted", plain(value)
        try:
            claim = record(value, *CLAIMS)
            CLAIMS[kind](cert, claim)
            trivial &= "rank" in kind and claim.lower == 0 and claim.upper >= min(shape_of(cert, claim))
        except Stop as stop:
            said, code, trivial = ": ".join(stop.args), max(code, int(stop.args[0] == REJECTED)), False
        lines.append(escaped(f"claim {i} ({kind}): {said}"))
    return (1, [f"{REJECTED}: no claim says more than sizes do"]) if trivial else (code, lines)


def escaped(text):
    """ASCII in one line."""
    return text.encode("unicode_escape").decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -I second_checker.py CERTIFICATE.json")
    CODE, LINES = check(sys.argv[1])
    sys.stdout.write("".join(f"{line_}\n" for line_ in LINES))
    sys.exit(CODE)
