"""Which patches allow a bad minimum? N = 3, L = k + 2, layer k + 1 convolutional on an affine piece, one output.

By the page `FOUND.patches` there is one exactly if T = 1 and there are vectors α, b ∈ R^P and λ, a ∈ R^l, a no multiple
of λ, b none of α, such that α λᵀ ≠ 0 and α aᵀ + b λᵀ have equal entries wherever two patches see the same neuron; and
then there are some with α and λ of zeros and ones. So finitely many linear systems decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.evidence import OWN, LossClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.activations import Activation
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.questions import Case, Decision, Question
from exactcnn.searches.structures import patch_structures
from exactcnn.theorems.membership import membership

PROOF = "FOUND.patches"
NEURONS = (3, 4)
FILTERS = (1, 2)
RESIDUAL, OTHER = (0, 1, -1), (2, -1, -1)  # r and e: with the ones they are orthogonal
SIZE = 2  # a · q and b · p: their product is above e · e / 2 = 3
# strictly increasing and continuously differentiable, bounded, with the limit 0: Assumption 3.2 (i)
RAMP = define_activation("long-ramp", ["1/(1 - t)", "t + 1", "1002 - 1/(t - 999)"], [0, 1000])
Patches = tuple[tuple[int, ...], ...]
Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Tangent:
    """Vectors α, b (of length P) and λ, a (of length l) as the criterion asks for."""

    alpha: Vector
    b: Vector
    lam: Vector
    a: Vector


def cases() -> Iterator[Case]:
    """All structures of three and four neurons, up to isomorphism, whose patches cover; one filter, and two."""
    for neurons in NEURONS:
        for size in range(1, neurons + 1):
            for structure in patch_structures(neurons, size):
                if structure.covers:
                    written = " ".join("".join(map(str, patch)) for patch in structure.patches)
                    for filters in FILTERS:
                        yield {"neurons": neurons, "patches": written.replace(" ", "."), "filters": filters}


def patches_of(case: Case) -> Patches:
    """Patches of a case.

    Examples
    --------
    >>> patches_of({"neurons": 3, "patches": "01.12", "filters": 1})
    ((0, 1), (1, 2))
    """
    return tuple(tuple(map(int, patch)) for patch in str(case["patches"]).split("."))


def decide(case: Case, trials: range, seed: int) -> Decision:
    """Decide by the criterion, with an instance where there is one.

    Examples
    --------
    >>> decide({"neurons": 3, "patches": "01.12", "filters": 1}, range(0), 0).outcome
    'possible'
    """
    del trials, seed  # there is nothing to try
    if case["filters"] != 1:
        return Decision("impossible", "two filters: the Hessian has a negative eigenvalue", proof=PROOF)
    tangent = find_tangent(patches_of(case))
    if tangent is None:
        return Decision("impossible", "no matrix of rank one with such a tangent", proof=PROOF)
    instance, better = example(patches_of(case), tangent)
    own = Objective(instance)
    there = own.at(own.coordinates.flat(better))
    first, second = own.loss(), there.loss()
    assert isinstance(first, Fraction)
    assert isinstance(second, Fraction)
    losses = LossClaim(OWN, first, first), LossClaim(0, second, second)
    certificate = Certificate(instance, (*membership(instance, 1).claims, *losses), 3, (better,))
    return Decision("possible", f"a local minimum with Φ = {first}; another point has Φ = {second}", certificate, PROOF)


def find_tangent(patches: Patches) -> Tangent | None:
    """Solve the linear systems of the criterion; None if no choice of zeros and ones works.

    Examples
    --------
    >>> find_tangent(((0,), (1,), (2,))) is None
    True
    """
    rows, slots = len(patches), len(patches[0])
    for alpha in itertools.product((0, 1), repeat=rows):
        for lam in itertools.product((0, 1), repeat=slots):
            if not any(alpha) or not any(lam):
                continue
            places: dict[int, list[tuple[int, int]]] = {}
            for p, patch in enumerate(patches):
                for slot, neuron in enumerate(patch):
                    places.setdefault(neuron, []).append((p, slot))
            if any(len({alpha[p] * lam[s] for p, s in own}) > 1 for own in places.values()):
                continue
            equations = []
            for (p, s), *others in places.values():
                for p2, s2 in others:
                    row = [0] * (slots + rows)
                    row[s] += alpha[p]
                    row[slots + p] += lam[s]
                    row[s2] -= alpha[p2]
                    row[slots + p2] -= lam[s2]
                    equations.append(row)
            kernel = _kernel(equations, slots + rows)
            first = [v for v in kernel if not _parallel(v[:slots], lam)]
            second = [v for v in kernel if not _parallel(v[slots:], alpha)]
            for u, v in itertools.product(first, second):
                for scale in (0, 1, 2):  # one of u, v, u + v, u + 2v, v + 2u has both
                    for x, y in ((u, v), (v, u)):
                        both = [s + scale * t for s, t in zip(x, y, strict=True)]
                        if not _parallel(both[:slots], lam) and not _parallel(both[slots:], alpha):
                            return Tangent(_exact(alpha), _exact(both[slots:]), _exact(lam), _exact(both[:slots]))
    return None


def example(patches: Patches, tangent: Tangent) -> tuple[Instance, Parameters]:
    """The instance that the sufficiency part of the proof builds, and parameters with zero loss.

    Examples
    --------
    >>> patches = ((0, 1), (1, 2))
    >>> instance, better = example(patches, find_tangent(patches))
    >>> objective = Objective(instance)
    >>> objective.loss(), objective.at(objective.coordinates.flat(better)).loss()
    (Fraction(1, 1), Fraction(0, 1))
    """
    features = _features(patches, tangent)
    values = sorted(set(features.ravel().tolist()))
    steps = np.array([[Fraction(4 * values.index(entry) + 1, 2) for entry in row] for row in features])
    layers = (
        FullyConnected(features.shape[1], activation=_staircase(values)),
        Convolution(1, patches=patches, activation=RAMP),
        FullyConnected(1, activation="identity"),
    )
    network = Network((2,), layers)

    def instance(filters: Vector, weights: Vector, last: Fraction, targets: list[Fraction]) -> Instance:
        seen = features[:, np.array(patches)] @ np.array(filters)  # (3, P)
        arrays = {"W1": _text(steps[1:] - steps[0]), "b1": _text(steps[0]), "W2": _text(np.array(filters)[:, None])}
        arrays |= {"b2": _text(1 - seen.min(axis=0)), "W3": _text(np.array(weights)[:, None]), "b3": [str(last)]}
        parameters = Parameters.from_arrays(network, arrays)
        return Instance(network, parameters, [[0, 0], [1, 0], [0, 1]], [[str(each)] for each in targets])

    def outputs(filters: Vector, weights: Vector) -> list[Fraction]:
        there = Objective(instance(filters, weights, Fraction(0), [Fraction(0)] * 3))
        return [row[0] for row in there.in_rationals().trace.features[3].fractions().tolist()]

    q, p = _solved(tangent.lam, tangent.a, 0, SIZE), _solved(tangent.alpha, tangent.b, 0, SIZE)
    targets = [value + r for value, r in zip(outputs(q, p), RESIDUAL, strict=True)]
    square = sum(r * r for r in RESIDUAL)
    other_q, other_p = _solved(tangent.lam, tangent.a, 1, 0), _solved(tangent.alpha, tangent.b, square, 0)
    last = targets[0] - outputs(other_q, other_p)[0]
    better = instance(other_q, other_p, last, targets).parameters
    assert better is not None
    return instance(q, p, Fraction(0), targets), better


def _features(patches: Patches, tangent: Tangent) -> NDArray[Any]:
    """F = 1 dᵀ/3 + r gᵀ/(r · r) + e hᵀ/(e · e), of rank 3, not negative; αλᵀ, αaᵀ + bλᵀ are the patches of g, h."""
    neurons = 1 + max(max(patch) for patch in patches)
    g, h = (np.full(neurons, Fraction(0)) for _ in range(2))
    for p, patch in enumerate(patches):
        for slot, neuron in enumerate(patch):
            g[neuron] = tangent.alpha[p] * tangent.lam[slot]
            h[neuron] = tangent.alpha[p] * tangent.a[slot] + tangent.b[p] * tangent.lam[slot]
    right = ((np.array(RESIDUAL), g), (np.array(OTHER), h))
    fixed: NDArray[Any] = np.asarray(sum(np.outer(left, own) / Fraction(int(left @ left)) for left, own in right))
    for place in range(neurons):
        features: NDArray[Any] = fixed + np.array([Fraction(int(place == j)) for j in range(neurons)])
        features = features - features.min()  # the same for all samples: a part of d; Assumption 3.2 wants the limit 0
        if _rank(features.tolist()) == 3:
            return features
    raise AssertionError("no such d among unit vectors")


def _staircase(values: list[Fraction]) -> Activation:
    """Constant around 1/2, 5/2, 9/2, ... with these values, linear between."""
    pieces, kinks = [str(values[0])], []
    for i, (low, high) in enumerate(itertools.pairwise(values)):
        pieces += [f"({high - low})*(t - {2 * i + 1}) + ({low})", str(high)]
        kinks += [2 * i + 1, 2 * i + 2]
    return define_activation("staircase", pieces, kinks)


def _solved(first: Vector, second: Vector, one: int, two: int) -> Vector:
    """A vector x with first · x = one and second · x = two, in two coordinates where they are independent."""
    for i, j in itertools.combinations(range(len(first)), 2):
        determinant = first[i] * second[j] - first[j] * second[i]
        if determinant:
            x = [Fraction(0)] * len(first)
            x[i] = (one * second[j] - two * first[j]) / determinant
            x[j] = (two * first[i] - one * second[i]) / determinant
            return tuple(x)
    raise AssertionError("parallel vectors")


def _kernel(equations: list[list[int]], columns: int) -> list[Vector]:
    """A basis of the solutions."""
    matrix, rank = fmpq_mat(max(len(equations), 1), columns, list(itertools.chain(*equations)) or [0] * columns).rref()
    rows = [[Fraction(int(x.p), int(x.q)) for x in row] for row in matrix.tolist()[:rank]]
    pivots = [next(c for c, x in enumerate(row) if x) for row in rows]
    basis = []
    for free in set(range(columns)) - set(pivots):
        vector = [Fraction(int(c == free)) for c in range(columns)]
        for row, pivot in zip(rows, pivots, strict=True):
            vector[pivot] = -row[free]
        basis.append(tuple(vector))
    return basis


def _parallel(x: Sequence[Fraction], y: Sequence[int]) -> bool:
    """Whether x is a multiple of y, which is not zero."""
    return _rank([x, y]) < 2


def _rank(rows: Sequence[Sequence[Fraction | int] | NDArray[Any]]) -> int:
    entries = [fmpq(Fraction(x).numerator, Fraction(x).denominator) for row in rows for x in row]
    return int(fmpq_mat(len(rows), len(entries) // len(rows), entries).rank())


def _exact(values: Iterable[Fraction | int]) -> Vector:
    return tuple(map(Fraction, values))


def _text(values: NDArray[Any]) -> Any:
    return np.vectorize(str, otypes=[object])(values).tolist()


QUESTION = Question(
    "convolutional-minima",
    "Three samples: is there a bad minimum below these patches?",
    PROOF,
    cases,
    decide,
    across="filters",
    trials=0,
)
