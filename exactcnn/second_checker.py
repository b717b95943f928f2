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
from functools import partial, reduce
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

WORK = 10**8  # steps for one document, of about a microsecond each
NUMERAL = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")
UNREADABLE, REJECTED, ELSEWHERE, LARGE = "not a readable certificate", "rejected", "first checker only", "too large"


class Stop(Exception):
    """Why a document or a claim is not accepted: one of the words above, and what."""


def need(holds, what, word=REJECTED):
    """Go on only if this holds; what is said else stays in one line of ASCII."""
    if not holds:
        raise Stop(word, what.encode("unicode_escape").decode())


# ---------------------------------------------------------------- numbers, which are paid for


class Account:
    """The work on the document at hand."""

    done, most = 0.0, WORK


def afford(steps):
    """Stop before work that will cost so much, if that is too much."""
    done = Account.done + steps
    need(done <= Account.most, f"{done:.1e} steps or more; at most {Account.most:.0e} are taken", LARGE)


def pay(steps, bits=0):
    """Pay for operations with numbers of so many bits before they are done."""
    steps *= 1 + (bits / 700) ** 2
    afford(steps)
    Account.done += steps


def size(x):
    """Bits of a rational number."""
    return x.numerator.bit_length() + x.denominator.bit_length()


class Number(Fraction):
    """A rational number; every operation and comparison is paid for."""

    __slots__ = ()


OPERATIONS = "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ __neg__ __abs__ "
OPERATIONS += "__lt__ __gt__ __le__ __ge__"


def paid(name):
    """An operation of fractions that is paid for."""
    unpaid = getattr(Fraction, name)

    def operation(a, b=1):
        if not isinstance(b, (int, Fraction)):
            return NotImplemented
        pay(2, size(a) * b if name == "__pow__" else size(a) + size(b))
        found = unpaid(a) if name in {"__neg__", "__abs__"} else unpaid(a, b)
        return found if isinstance(found, bool) else Number(found)

    return operation


for word in OPERATIONS.split():
    setattr(Number, word, paid(word))


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
    need(not isinstance(shape, type) or isinstance(value, shape), f"{shown(value)} is no {shape}")
    return value if isinstance(shape, type) else shape(value)


def maybe(shape):
    """A reader of null, or a value of this shape."""
    return lambda value: None if value is None else read(value, shape)


def integer(low, high, value):
    """An integer from low up to, and without, high."""
    need(type(value) is int and low <= value < high, f"{shown(value)} is no integer from {low}, below {high}")
    return value


count, positive, slot = (partial(integer, low, 2**62) for low in (0, 1, -1))
bits, degree, axis = partial(integer, 2, 2**20), partial(integer, 0, 1001), partial(integer, 0, 2)


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


def array(axes, value):
    """Entries of an ARRAY: a list for one axis, of rows for two."""
    need(not (isinstance(value, dict) and "file" in value), "arrays in files", LARGE)
    a = read(value, {"shape": [count], "values": [number]})
    need(len(a.shape) == axes and 0 < math.prod(a.shape) == len(a.values), f"an array of {axes} axes is expected")
    return a.values if axes == 1 else [a.values[i : i + a.shape[1]] for i in range(0, len(a.values), a.shape[1])]


vector, matrix = partial(array, 1), partial(array, 2)


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
bounds = {"layer": count, "lower": count, "upper": count, "lower_evidence": object, "upper_evidence": object}
minor = {"rows": indices, "columns": indices}
SHAPES = {  # of every kind of object
    "convolution": {**patches, "filters": positive, "bias": str, "activation": object, **parameters},
    "max-pooling": patches,
    "average-pooling": {**patches, "divisors": [positive]},
    "elementwise": {"activation": object},
    "rank": bounds,
    "weights-rank": bounds,
    "generic-rank": bounds,
    "none": {},
    "modular-minor": {"modulus": prime, "root": maybe(whole), "precision": maybe(bits), **minor},
    "triangular-minor": minor,
    "shape": {},
    "distinct-lines": {"axis": axis, "representatives": indices},
    "relations": {"axis": axis, "relations": combinations},
    "zero-block": {"rows": combinations, "columns": combinations},
    "delta-filters": {"slots": [count]},
    "modular-witness": {"modulus": prime, "weights": [number], **minor},
    "cover": {"neurons": indices, "patches": indices},
    "syzygies": {"vectors": [[(count, [([count], number)])]], "modulus": prime, "weights": [number]},
    "patch-structure": {"layer": positive, "holds": bool, "violation": object},
    "uncovered": {"neurons": indices},
    "identical": {"patches": indices},
    "padding": {"patches": indices},
    "loss": {"point": slot, "lower": number, "upper": number, "precision": maybe(bits)},
    "critical-point": {"point": slot, "type": str, "strict": bool, "index": maybe((count, count, count))}
    | {"loss": (number, number), "evidence": object},
    "zero": {},
    "mean-targets": {},
    "entry": {"coordinate": count, "precision": bits},
    "hessian": {"by": str, "slice": [object], "precision": bits, "congruence": matrix, "kernel": maybe(matrix)},
    "negative-direction": {"by": str, "direction": vector, "positive": maybe(vector), "precision": bits},
    "inactive": {"coordinates": indices},
    "scaling": {"layer": count, "unit": count, "coordinate": count},
    "shift": {"layer": count, "neuron": count},
    "unseen": {"unit": count, "kept": indices, "combination": matrix, "scaled": maybe(count), "shift": maybe(vector)},
    "constant": {"layer": count, "unit": count},
    "mixing": {"layer": count, "units": indices, "frozen": str, "pivots": indices, "absorbed": bool}
    | {"kept": maybe(indices), "combination": maybe(matrix)},
}
DOCUMENT = {"format": str, "version": count, "instance": object, "points": [[object]], "claims": [object]}
DOCUMENT |= {"instance_sha256": str, "sha256": str}
INSTANCE = {"samples": maybe(matrix), "sample_count": maybe(positive), "targets": maybe(matrix)}
INSTANCE |= {"input_width": positive, "layers": [object]}


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


def document(path):
    """A canonical document with the hashes that it names."""

    def numeral(text):
        need(text.lstrip("-").isdigit(), f"{text[:20]} is no number of the format")
        need(len(text) < 20, "an integer of 20 digits", LARGE)
        return int(text)

    try:
        with path.open("rb") as file:
            data = file.read(2**24)
        need(len(data) < 2**24, "a document of 16 MiB", LARGE)
        found = json.loads(data.decode("ascii"), parse_int=numeral, parse_float=numeral, parse_constant=numeral)
    except OSError as error:
        need(False, f"cannot read {path.name}: {error.strerror}")
    except ValueError:  # text that is not ASCII, too
        need(False, "no JSON document in ASCII")
    head = read(found, DOCUMENT)
    need((head.format, head.version) == ("exactcnn certificate", 2), "another format or version")
    need(canonical(found) + b"\n" == data, "the document is not in canonical form")  # no key occurs twice
    instance = read(head.instance, INSTANCE)  # without arrays in files, so that nothing is left out of its hash
    need(hashlib.sha256(canonical(head.instance)).hexdigest() == head.instance_sha256, "wrong instance_sha256")
    del found["sha256"]
    need(hashlib.sha256(canonical(found)).hexdigest() == head.sha256, "wrong sha256")
    return instance, head.points, head.claims


# ---------------------------------------------------------------- activations


def trimmed(f):
    """The same without zeros at its end."""
    while f and f[-1] == 0:
        f = f[:-1]
    return f


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
        points = range(len(n) + len(d) + len(m) + len(e))  # more than the degree of n·e and of m·d
        need(all(at(n, E) * at(e, E) == at(m, E) * at(d, E) for E in points), "a jump at a kink")
    return act


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
    if act.special:
        return act.special in {"gelu", "erf", "arctan", "sin"}
    return not in_E(act, piece_at(act, 0)[0], Number(0))


def piece_at(act, t):
    """A piece that t lies on."""
    return act.pieces[bisect_left(act.kinks, t)]


def value_of(piece, t, E=1):
    """A piece at t, any kind of number with +, *, / and **."""
    power_of = lambda x, i: x**i if i else 1  # noqa: E731
    n, d = (sum((c * power_of(t, i) * power_of(E, j) for (i, j), c in side.items()), Number(0)) for side in piece)
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
        instance, points, self.claims = document(Path(path))
        self.layers = [None]
        self.N, self.widths, self.L = instance.sample_count, [instance.input_width], len(instance.layers)
        self.table, self.targets = instance.samples, instance.targets
        need(self.N or (self.table is None and self.targets is None), "no sample_count")
        need(self.table is None or sized(self.table, self.N, self.widths[0]), "samples")
        need(self.targets is None or sized(self.targets, self.N), "targets")
        for value in instance.layers:
            self.layers.append(layer(value, self.widths[-1]))
            self.widths.append(self.layers[-1].width)
        self.parameters = {-1: [None, *(x.own for x in self.layers[1:])]}  # (weights, biases) of every layer, by points
        for i, point in enumerate(points):
            need(len(point) == self.L, "a point has an entry for each layer")
            self.parameters[i] = [None, *(self.entry(k, value) for k, value in enumerate(point, 1))]

    def entry(self, k, value):
        """(weights, biases) of layer k at the next point."""
        x, own = self.layers[k], None
        if type(value) is int:
            need(value in self.parameters, "no earlier point")
            own = self.parameters[value][k]
        elif value is not None:
            own = fitting(x, read(value, parameters))
        need(value is None or (x.kind == "convolution" and own and own[0]), f"layer {k} has no weights at a point")
        return own

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
            pay(10 * len(short[2 - len(name)]))  # also for the place that is taken
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
        self.cert, self.layers, self.parameters = cert, cert.layers, parameters or cert.parameters[-1]

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
        samples = samples if rows is None else [samples[i] for i in rows]
        widths = map(len, wanted) if wanted else self.cert.widths
        afford(len(samples) * sum(n * (20 + x.slots) for n, x in zip(widths, self.layers[: k + 1], strict=False) if x))
        found = [self.trace(row, k, wanted)[-1][1] for row in samples]
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
    pay(k)
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
            return self.special(act, z) if act.special else self.exponential(act, z)
        need(not act.special and len(act.pieces) == 1 and line(act.pieces[0]), f"layer {k} is not affine")
        return value_of(act.pieces[0], z)

    def largest(self, k, values):
        """Names are not compared."""
        need(False, f"layer {k} is not affine")

    def special(self, act, z):
        """A special function at z by its value at |z|."""
        if z == 0 and zero_at_zero(act):
            return Sum()
        odd, shifted = act.special in {"erf", "arctan", "sin"}, act.special in {"softplus", "gelu", "log-sigmoid"}
        return Sum({(abs(z),): Number(-1 if odd and z < 0 else 1)}) + (z if shifted and z < 0 else 0)

    def exponential(self, act, z):
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
        need(bisect_left(act.kinks, start) == bisect_right(act.kinks, start), "a pre-activation is at a breakpoint")
        return value_of(piece_at(act, start), z)

    def largest(self, k, values):
        """The one that is the largest."""
        starts = list(map(level_of, values))
        need(starts.count(max(starts)) == 1, "a maximum is attained twice")
        return values[starts.index(max(starts))]


def level_of(x):
    """The number that a sum is without its names."""
    return x.get((), Number(0)) if isinstance(x, Sum) else x


# ---------------------------------------------------------------- evidence for ranks


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


def combined(one, lines):
    """Σ c_i·line_i, entry by entry."""
    return [sum((c * lines[i][h] for i, c in one.items()), Number(0)) for h in range(len(lines[0]))]


def transposed(rows):
    """Columns as rows."""
    return [list(column) for column in zip(*rows, strict=True)]


class Matrix:
    """F_k or U_k, and evidence about its rank: each kind is a method, and returns the number that it proves."""

    def __init__(self, cert, claim):
        self.cert, self.k, self.of_features, self.weights = cert, claim.layer, claim.kind == "rank", None
        need(self.k <= cert.L and cert.N if self.of_features else convolution(cert, self.k), "no layer, or no samples")
        self.x, rows = cert.layers[self.k], cert.N if self.of_features else cert.widths[self.k - 1]
        self.shape = rows, cert.widths[self.k]

    def entries(self, rows=None, columns=None):
        """The matrix over Q, or some rows and columns of it."""
        if self.of_features:
            need(place(self.cert, self.k)[0] == "Q", f"features of layer {self.k} are not in Q")
            return Exact(self.cert).features(self.k, rows, columns)
        x, weights = self.x, self.weights or given(self.x, self.x.own)[0]
        rows, columns = (range(n) if own is None else own for n, own in zip(self.shape, (rows, columns), strict=True))
        pay(len(rows) * len(columns) * (5 + x.slots / 20))
        reads = [(x.patches[h // x.filters], h % x.filters) for h in columns]
        return [[weights[patch.index(e)][t] if e in patch else Number(0) for patch, t in reads] for e in rows]

    def lines(self, axis, numbers):
        """Rows or columns of the matrix, by symbols of features, or by names of those that are not in Q."""
        exact = not self.of_features or (numbers is Names and place(self.cert, self.k)[0] == "Q")
        table = self.entries() if exact else numbers(self.cert, self.k).features(self.k)
        return transposed(table) if axis else table

    def within(self, rows, columns):
        """Verify that indices are those of rows and columns."""
        below(self.shape[0], *rows)
        below(self.shape[1], *columns)

    def modular_minor(self, e):
        """A minor that is not 0 modulo p."""
        p, k, act = e.modulus, self.k, self.x.act if self.x and self.of_features else None
        need(len(e.rows) == len(e.columns) > 0, "as many rows as columns, and one at least")
        self.within(e.rows, e.columns)
        afford(len(e.rows) ** 3 / 15)
        if e.root is not None:
            need(p % 4 == 3 and p > 5 and is_prime(p // 2), "the modulus is no safe prime")
            need(1 < e.root < p and pow(e.root, p // 2, p) == 1, "the root has another order")
        where, j = place(self.cert, k) if self.of_features else ("Q", None)
        above = self.cert.layers[j + 1 : k + 1] if j else []
        signs = any(x.kind == "max-pooling" or (x.act and x.act.kinks) for x in above)
        need(where != "balls", f"features of layer {k} are neither in Q nor in Q(t)")
        need((e.root is None) == (where == "Q"), "a root where features are in Q(t), and only there")
        need((e.precision is None) == (not signs), "a precision where signs are decided by balls, and only there")
        if where == "Q" and (not act or act.exponent or all(map(line, act.pieces))):
            image = [[residue(x, p) for x in row] for row in self.entries(e.rows, e.columns)]
        else:
            numbers = Images(self.cert, k, j or k, e)
            image = [[numbers.like(x).residue for x in row] for row in numbers.features(k, e.rows, e.columns)]
        need(rank(image, p) == len(e.rows), "the minor is 0 modulo p")
        return len(e.rows)

    def triangular_minor(self, e):
        """Own samples are on, and later ones off."""
        need(len(e.rows) == len(e.columns) > 0, "as many rows as columns, and one at least")
        self.within(e.rows, e.columns)
        convolution(self.cert, self.k)
        need(place(self.cert, self.k - 1)[0] == "Q", "features below are not in Q")
        (off, on), numbers, table = half_line(self.x.act), Exact(self.cert), self.cert.samples()
        for b, i in enumerate(e.rows):
            z = numbers.sums(self.k, numbers.trace(table[i], self.k - 1)[-1][1], e.columns[: b + 1])
            need(on(z[e.columns[b]]) and all(off(z[h]) for h in e.columns[:b]), f"sample {i}")
        return len(e.rows)

    def distinct_lines(self, e):
        """Every line is 0 or equal to a representative."""
        below(self.shape[e.axis], *e.representatives)
        lines = list(map(tuple, self.lines(e.axis, Symbols)))
        kept = {lines[i] for i in e.representatives}
        need(all(x in kept or not any(x) for x in lines), "a line is neither 0 nor equal to a representative")
        return len(e.representatives)

    def relations(self, e):
        """Independent relations between lines."""
        below(self.shape[e.axis], *itertools.chain(*e.relations))
        lines = self.lines(e.axis, Names) if e.relations else []
        need(not any(x for one in e.relations for x in combined(one, lines)), "a relation does not hold")
        return self.shape[e.axis] - len(e.relations)

    def zero_block(self, e):
        """Independent combinations of rows and of columns that give 0."""
        need(e.rows and e.columns, "a list of combinations is empty")
        self.within(itertools.chain(*e.rows), itertools.chain(*e.columns))
        F = Names(self.cert, self.k).features(self.k)
        block = transposed([combined(one, F) for one in e.rows])
        need(not any(x for one in e.columns for x in combined(one, block)), "a combination of the block is not 0")
        return sum(self.shape) - len(e.rows) - len(e.columns)

    def delta_filters(self, e):
        """Filters that are unit vectors."""
        need(len(e.slots) == self.x.filters, "a slot for each filter")
        below(self.x.slots, *e.slots)
        pay(len(self.x.patches) * len(e.slots))
        return len({patch[s] for patch in self.x.patches for s in e.slots} - {-1})

    def modular_witness(self, e):
        """A minor at these weights."""
        self.weights = self.by_rows(e.weights)
        return self.modular_minor(SimpleNamespace(**vars(e) | {"root": None, "precision": None}))

    def by_rows(self, weights):
        """Weights that are given in C order."""
        need(len(weights) == self.x.slots * self.x.filters, "how many weights")
        return [weights[i : i + self.x.filters] for i in range(0, len(weights), self.x.filters)]

    def cover(self, e):
        """Rows and columns that contain all entries other than 0."""
        below(self.x.below, *e.neurons)
        below(len(self.x.patches), *e.patches)
        pay(len(self.x.patches) * self.x.slots)
        chosen, neurons = set(e.patches), {-1, *e.neurons}
        covered = all(p in chosen or neurons.issuperset(patch) for p, patch in enumerate(self.x.patches))
        need(covered, "a neuron is not covered")
        return len(e.neurons) + self.x.filters * len(e.patches)

    def syzygies(self, e):
        """Polynomial vectors h with U·h = 0 that are independent at these weights modulo p."""
        x, p, matrix = self.x, e.modulus, []
        weights = [residue(w, p) for row in self.by_rows(e.weights) for w in row]
        for vector in e.vectors:
            pay(5 * x.width)
            image, row = Counter(), [0] * x.width
            below(x.width, *indices([h for h, _ in vector]))
            for h, polynomial in vector:
                need(len({tuple(one) for one, _ in polynomial}) == len(polynomial), "a monomial is repeated")
                for exponents, c in polynomial:
                    below(len(weights), *exponents)
                    need(sorted(exponents) == exponents, "exponents ascend")
                    pay(10 * (1 + len(exponents)) * (1 + x.slots))  # also for the place that is taken
                    row[h] = (row[h] + reduce(lambda y, v: y * weights[v] % p, exponents, residue(c, p))) % p
                    for s, n in enumerate(x.patches[h // x.filters]):
                        image[n, tuple(sorted((*exponents, s * x.filters + h % x.filters)))] += c if n >= 0 else 0
            need(vector and not any(image.values()), "an empty vector, or U·h is not 0")
            matrix.append(row)
        need(rank(matrix, p) == len(e.vectors), "the vectors are dependent modulo p")
        return x.width - len(e.vectors)


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
        """A number that is 0 where the limit is; None where it is the polynomial 0."""
        j = top if c * z**m > 0 else 0
        numerator = [(i, x) for (i, power_of_E), x in n.items() if power_of_E == j or z == 0]
        return sum(x * z**i if i else x for i, x in numerator) if numerator else None

    side = 1 if limit(Number(-1)) is not None else -1
    need(limit(Number(side)) is None, "an activation without a side where it tends to 0")
    return lambda z: z * side > 0 or (z == 0 and limit(z) == 0), limit


MINORS = {"none": lambda *_: 0, "modular-minor": Matrix.modular_minor}
LINES = {"shape": lambda m, _: min(m.shape), "distinct-lines": Matrix.distinct_lines, "relations": Matrix.relations}
LOWER = {
    "rank": MINORS | {"triangular-minor": Matrix.triangular_minor},
    "weights-rank": MINORS,
    "generic-rank": {"delta-filters": Matrix.delta_filters, "modular-witness": Matrix.modular_witness},
}
UPPER = {
    "rank": LINES | {"zero-block": Matrix.zero_block},
    "weights-rank": LINES,
    "generic-rank": {"shape": LINES["shape"], "cover": Matrix.cover, "syzygies": Matrix.syzygies},
}


def rank_claim(cert, claim):
    """lower ≤ rank ≤ upper: of F_k, of U_k at the instance's own parameters, or the largest of U_k over all."""
    for stated, evidence, kinds in (
        (claim.lower, claim.lower_evidence, LOWER[claim.kind]),
        (claim.upper, claim.upper_evidence, UPPER[claim.kind]),
    ):
        e, matrix = record(evidence, *kinds), Matrix(cert, claim)
        found = kinds[e.kind](matrix, e)
        need(found == stated, f"the evidence proves {found}")
    return claim.lower > 0 or claim.upper < min(matrix.shape)


def patch_structure(cert, claim):
    """Section 2: every neuron is covered, no two patches are equal as sets, no padding."""
    need(claim.layer <= cert.L and cert.layers[claim.layer].kind != "elementwise", "a layer without patches")
    x, v = cert.layers[claim.layer], claim.violation
    need(claim.holds == (v is None), "a violation where it does not hold, and only there")
    pay(x.below + len(x.patches) * x.slots)
    sets = [frozenset(patch) for patch in x.patches]
    covered = frozenset().union(*sets)
    if v is None:
        fine = -1 not in covered and len(covered) == x.below and len(set(sets)) == len(sets)
    elif record(v, "uncovered", "identical", "padding").kind == "uncovered":
        below(x.below, *v["neurons"])
        fine = v["neurons"] and not covered & {*v["neurons"]}
    else:
        below(len(sets), *v["patches"])
        named = [sets[p] for p in v["patches"]]
        alike = v["kind"] == "identical"
        fine = len(named) == 2 and named[0] == named[1] if alike else named and all(-1 in patch for patch in named)
    need(fine, "the patches are otherwise")
    return True


# ---------------------------------------------------------------- the loss


def half_square(rows):
    """Half of the sum of the squares."""
    return sum((r * r for row in rows for r in row), Number(0)) * Number(1, 2)


class Point:
    """The loss at one point, where all layers are rational, with its derivatives, and evidence about it."""

    def __init__(self, cert, point=-1):
        need(all(x.kind != "average-pooling" for x in cert.layers[1:]), "a loss with average-pooling")
        need(cert.L and place(cert, cert.L)[0] == "Q", "a loss that is not in Q")
        need(cert.targets and len(cert.targets[0]) == cert.widths[-1], f"targets of width {cert.widths[-1]}")
        self.cert, self.theta, self.W, self.B = cert, [], [[]], [[]]  # values of coordinates, and where these belong
        need(point in cert.parameters, "there is no such point")
        parameters, places = cert.parameters[point], itertools.count()
        for x, own in zip(cert.layers[1:], parameters[1:], strict=True):
            weights, biases = (values or [] for values in given(x, own))
            self.W.append([[next(places) for _ in row] for row in weights])
            self.B.append([next(places) for _ in biases])
            self.theta += [*itertools.chain(*weights), *biases]
        self.traces = [Exact(cert, parameters).trace(row, cert.L) for row in cert.samples()]
        self.residual = list(self.residuals([*trace[-1][1].values()] for trace in self.traces))
        self.loss = half_square(self.residual)

    def residuals(self, outputs):
        """F - Y, sample by sample."""
        for row, targets in zip(outputs, self.cert.targets, strict=True):
            yield [f + -y for f, y in zip(row, targets, strict=True)]

    def outputs(self, steps):
        """F_L at θ + steps to the second order, where it is smooth; steps are linear in the names of small numbers."""
        theta = [Sum() + value + step for value, step in zip(self.theta, steps, strict=True)]
        pairs = zip(self.W, self.B, strict=True)
        own = [([[theta[e] for e in row] for row in W], [theta[e] for e in B]) for W, B in pairs]
        numbers = Expansion(self.cert, own)
        for row in self.cert.samples():
            yield [*numbers.trace(row, self.cert.L)[-1][1].values()]

    def expanded(self, steps):
        """Φ(θ + steps) to the second order."""
        return Sum() + half_square(self.residuals(self.outputs(steps)))

    def critical(self):
        """Verify that all derivatives are 0; the expansion by all coordinates."""
        found = self.expanded([Sum({(e,): Number(1)}) for e in range(len(self.theta))])
        need(not any(len(name) == 1 for name in found), "a derivative is not 0")
        return found

    def mean_targets(self, *_):
        """The outputs of equal samples are the mean of their targets."""
        sums = {}
        for sample, row in zip(self.cert.samples(), self.residual, strict=True):
            pay(len(sample), max(map(size, sample)))
            sums[tuple(sample)] = [a + b for a, b in zip(row, sums.get(tuple(sample), [0] * len(row)), strict=True)]
        need(not any(map(any, sums.values())), "the residuals of equal samples do not add up to 0")

    def entry(self, e, _):
        """A derivative that is not 0."""
        below(len(self.theta), e.coordinate)
        steps = [Sum({("d",): Number(1)}) if i == e.coordinate else 0 for i in range(len(self.theta))]
        need(("d",) in self.expanded(steps), "the derivative is 0")

    def negative_direction(self, e, kind):
        """The second derivative is negative in one direction, and positive in another."""
        need(e.positive is not None or kind != "saddle", "a saddle needs a positive direction")
        self.critical()
        for sign, direction in ((-1, e.direction), (1, e.positive)):
            if direction is not None:
                expansion = self.expanded([Sum({("d",): c}) for c in sized(direction, len(self.theta))])
                need(sign * expansion.get(("d", "d"), 0) > 0, "the sign of a second derivative")

    def hessian(self, e, kind):
        """CᵀHC is dominant, with signs as they are for this kind, and HK = 0; the index, where it is proved."""
        P, frozen = len(self.theta), set()
        need(P <= 2000, "more than 2000 parameters")
        expansion = self.critical()
        for value in e.slice:
            freezes, changes = self.step(value)
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

    # ------------------------------------------------------------ slices: steps return what they freeze and change

    def step(self, value):
        """Verify a step of a slice; the coordinates that it freezes and those that it changes."""
        s = record(value, *STEPS)
        return STEPS[s.kind](self, s)

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

    def incoming(self, k, t):
        """Coordinates of unit t of layer k: its weights by slot, then its biases."""
        x = convolution(self.cert, k)
        below(x.filters, t)
        return [row[t] for row in self.W[k]] + self.B[k][t :: x.filters]  # one of the biases of filters

    def hidden(self, k, t=0):
        """Unit t of layer k below a convolution, the slots that read it, and coordinates of what goes in and out."""
        u = SimpleNamespace(own=self.incoming(k, t), x=self.cert.layers[k], above=convolution(self.cert, k + 1))
        pay(u.above.width * u.above.slots)
        u.slots = {s for patch in u.above.patches for s, e in enumerate(patch) if e >= 0 and e % u.x.filters == t}
        u.out = {e for s in u.slots for e in self.W[k + 1][s]}
        return u

    def own_biases(self, k, neurons):
        """Coordinates of the biases of these neurons of layer k, each with one of its own."""
        x = self.cert.layers[k]
        own = x.bias == "neuron" or (x.bias == "filter" and len(x.patches) == 1)
        need(own or not neurons, f"a neuron of layer {k} has no bias of its own")
        return {self.B[k][h] for h in neurons}

    def offset(self, k, t):
        """b/a for the one line that a unit meets, or 0 if all its pieces are a·z; slots above read nothing else."""
        u = self.hidden(k, t)
        alone = all(patch[s] < 0 or patch[s] % u.x.filters == t for patch in u.above.patches for s in u.slots)
        need(alone, "a slot reads other units, too")
        met = self.lines(k, range(t, u.x.width, u.x.filters))
        if not any(b for _, b in met):
            return Number(0)
        need(len(met) == 1 and all(a for a, _ in met), "the unit meets several lines")
        return next(b / a for a, b in met)

    def inactive(self, s):
        """Coordinates that change no output near the point."""
        cert, acting = self.cert, set()
        below(len(self.theta), *s.coordinates)
        for k, x in enumerate(cert.layers):
            for h in range(x.width if k and x.kind == "convolution" else 0):
                pay(cert.N * x.slots)
                (p, t), biases = divmod(h, x.filters), self.B[k]
                for i in range(cert.N):
                    if self.level(k, i, h) is None:
                        read = (a for a, e in enumerate(x.patches[p]) if e >= 0 and self.level(k - 1, i, e) != 0)
                        acting.update(self.W[k][a][t] for a in read)
                        acting.update([biases[h if x.bias == "neuron" else t]] if biases else [])
        need(not acting & {*s.coordinates}, "a coordinate acts on a sample")
        return {*s.coordinates}, set()

    def scaling(self, s):
        """A unit times a factor, and what reads it divided by the factor."""
        u, ratio = self.hidden(s.layer, s.unit), self.offset(s.layer, s.unit)
        need(ratio == 0 or u.x.bias != "none", "a line with an offset, and no biases")
        scales = s.coordinate in (u.own if ratio == 0 else u.own[: u.x.slots]) and self.theta[s.coordinate] != 0
        need(scales, "no coordinate that scales")
        return {s.coordinate}, {*u.own, *u.out} - {s.coordinate}

    def shift(self, s):
        """A bias that is moved to the layer above."""
        u = self.hidden(s.layer)
        below(u.x.width, s.neuron)
        need(len({a for a, _ in self.lines(s.layer, [s.neuron])}) == 1, "lines of several slopes")
        above = [h for h in range(u.above.width) if s.neuron in u.above.patches[h // u.above.filters]]
        return self.own_biases(s.layer, [s.neuron]), self.own_biases(s.layer + 1, above)

    def seen(self, t, s):
        """Coordinates of a unit of layer 1; what it reads, where it is not constant; columns that are combinations."""
        x, Z, own = self.cert.layers[1], [], self.incoming(1, t)
        below(len(own), *s.kept)
        others = sorted({*range(len(own))} - {*s.kept})
        sized(s.combination, len(s.kept), len(others))
        pay(self.cert.N * len(x.patches) * len(own))
        for i, row in enumerate(self.cert.samples()):
            for p, patch in enumerate(x.patches):
                if self.level(1, i, p * x.filters + t) is None:
                    ones = [int(len(own) == x.slots + 1 or p == other) for other in range(len(own) - x.slots)]
                    Z.append([row[e] if e >= 0 else Number(0) for e in patch] + ones)
        for z in Z:
            read = combined({a: z[j] for a, j in enumerate(s.kept)}, s.combination)
            need(read == [z[j] for j in others], "a column that is not kept is no such combination")
        return own, Z, others

    def moved(self, own, s, others):
        """Values of kept coordinates when the others are moved into the kept ones."""
        moves = [sum(c * self.theta[own[f]] for c, f in zip(row, others, strict=True)) for row in s.combination or []]
        return {j: self.theta[own[j]] + (moves[a] if moves else 0) for a, j in enumerate(s.kept)}

    def unseen(self, s):
        """What a unit of layer 1 reads has columns that are combinations of kept ones."""
        own, Z, others = self.seen(s.unit, s)
        freezes, changes = {own[j] for j in others}, {own[j] for j in s.kept}
        need(s.shift is None or len(s.shift) == len(s.kept), "a shift of the kept columns")
        need(s.shift is None if s.scaled is None else s.scaled in s.kept, "a kept column is scaled")
        if s.scaled is None:
            return freezes, changes
        ratio, value = self.offset(1, s.unit), self.moved(own, s, others)[s.scaled]
        if ratio:
            shift = dict(zip(s.kept, s.shift or [], strict=False))
            need(shift and all(sum(q * z[j] for j, q in shift.items()) == 1 for z in Z), "a shift that adds up to 1")
            value += ratio * shift[s.scaled]
        need(value != 0, "the scaled value is 0")
        return freezes | {own[s.scaled]}, (changes | self.hidden(1, s.unit).out) - {own[s.scaled]}

    def constant(self, s):
        """A unit that is a multiple of the vector of ones: its outgoing weights act as biases do."""
        cert, u = self.cert, self.hidden(s.layer, s.unit)
        flat = [len({row[e] for row in cert.samples()}) == 1 for e in range(cert.widths[0])]
        for k, x in enumerate(cert.layers[1 : s.layer + 1], 1):
            pay(x.width * (cert.N + x.slots))
            values = [{self.level(k, i, h) for i in range(cert.N)} for h in range(x.width)]
            reads = [all(flat[e] for e in x.patches[h // x.filters] if e >= 0) for h in range(x.width)]
            flat = [r or (len(v) == 1 and None not in v) for r, v in zip(reads, values, strict=True)]
        slots = [i for i in u.slots if all(patch[i] < 0 or flat[patch[i]] for patch in u.above.patches)]
        need(slots, "no slot reads level columns only")
        patches = [p for p, patch in enumerate(u.above.patches) if any(patch[i] >= 0 for i in slots)]
        above = [p * u.above.filters + t for p in patches for t in range(u.above.filters)]
        return {e for i in slots for e in self.W[s.layer + 1][i]}, self.own_biases(s.layer + 1, above)

    def mixing(self, s):
        """Units that meet equal lines: what they read is mixed, and unmixed by what reads them."""
        k, units, theta, others = s.layer, s.units, self.theta, []
        need(len(units) > 1 and units == sorted(units), "two units or more, ascending")
        u = self.hidden(k, units[-1])
        full = len(u.x.patches) == 1 and u.above.patches == [list(range(u.x.width))]
        need(full, "layers that are not fully connected")
        met = [self.lines(k, units, [i]) for i in range(self.cert.N)]
        need(all(len(pieces) == 1 for pieces in met), "units that meet different lines")
        if s.absorbed:
            need(u.x.bias != "none" != u.above.bias, "absorbed without biases")
            need(len(set().union(*met)) == 1, "units that meet several lines")
        else:
            need(not any(b for pieces in met for _, b in pieces), "a line with an offset")
        need((s.kept is None) == (s.combination is None) and (s.kept is None or k == 1), "kept columns")
        if s.kept is None:
            s.kept = range(len(u.own))
        else:
            need(not s.absorbed or u.x.slots in s.kept, "the bias is not kept")
            others = self.seen(units[0], s)[2]
        rows = [j for j in s.kept if not (s.absorbed and j == u.x.slots)]
        own = {t: self.incoming(k, t) for t in units}
        into, out = {t: [own[t][j] for j in rows] for t in units}, {t: self.W[k + 1][t] for t in units}
        moved = {t: self.moved(own[t], s, others) for t in units}
        E, V = {t: [moved[t][j] for j in rows] for t in units}, {t: [theta[e] for e in out[t]] for t in units}
        freezes, pivots = {own[t][f] for t in units for f in others}, {*s.pivots}
        need(pivots and pivots <= {*(rows if s.frozen == "minor" else units)}, "pivots")
        if s.frozen == "minor":
            n, square = len(units), [[moved[t][j] for t in units] for j in s.pivots]
            freezes.update(own[t][j] for t in units for j in s.pivots)
        else:
            need(s.frozen in {"outgoing", "incoming"}, "what is frozen")
            values, fixed, mixed = (V, out, into) if s.frozen == "outgoing" else (E, into, out)
            n, square = len(fixed[units[0]]), [values[t] for t in s.pivots]
            freezes.update(e for t in units for e in fixed[t] + (mixed[t] if t not in pivots else []))
        need(len(s.pivots) == n == rank(square), "pivots of a regular square")
        changes = {own[t][j] for t in units for j in s.kept} | {e for t in units for e in out[t]}
        return freezes, (changes | {*(self.B[k + 1] if s.absorbed else [])}) - freezes


STEPS = {"inactive": Point.inactive, "scaling": Point.scaling, "shift": Point.shift, "unseen": Point.unseen}
STEPS |= {"constant": Point.constant, "mixing": Point.mixing}
EVIDENCE = {  # the types that it proves, and how it is verified
    "zero": (("global minimum",), lambda point, *_: need(point.loss == 0, "the residual is not 0")),
    "mean-targets": (("global minimum",), Point.mean_targets),
    "entry": (("not critical",), Point.entry),
    "hessian": (("minimum", "saddle"), Point.hessian),
    "negative-direction": (("not a minimum", "saddle"), Point.negative_direction),
}


def loss_claim(cert, claim):
    """lower ≤ Φ ≤ upper at a point, for features in Q."""
    need(claim.lower <= claim.upper, "an empty interval")
    need(claim.precision is None, "a loss by balls", ELSEWHERE)
    need(claim.lower <= Point(cert, claim.point).loss <= claim.upper, "the loss is outside")
    return True


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
    return True


# ---------------------------------------------------------------- the command

CLAIMS = dict.fromkeys(LOWER, rank_claim)  # each returns whether it says more than sizes do
CLAIMS |= {"patch-structure": patch_structure, "loss": loss_claim, "critical-point": critical_point}


def check(path, work=WORK):
    """Return the exit code, and the lines: one for each claim, or one about the document."""
    lines, code, nothing = [], 0, True
    try:
        cert = Certificate(path, work)
    except RecursionError:
        return 2, [f"{UNREADABLE}: it is nested too deeply"]
    except Stop as stop:
        word, what = stop.args
        return (2, [f"{UNREADABLE}: {what}"]) if word == REJECTED else (0, [f"{word}: {what}"])
    for i, value in enumerate(cert.claims):
        said = "accepted"
        try:
            claim = record(value, *CLAIMS)
            nothing &= not CLAIMS[claim.kind](cert, claim)
        except Stop as stop:
            said, code, nothing = ": ".join(stop.args), max(code, int(stop.args[0] == REJECTED)), False
        lines.append(f"claim {i} ({plain(value)}): {said}")
    return (1, [f"{REJECTED}: no claim says more than sizes do"]) if nothing else (code, lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -I second_checker.py CERTIFICATE.json")
    CODE, LINES = check(sys.argv[1])
    sys.stdout.write("".join(f"{one}\n" for one in LINES))
    sys.exit(CODE)
