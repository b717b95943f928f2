"""Theorem 3.5 for ReLU, which the paper leaves open: it fails on open sets, with dead units and with live ones."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.independence import (
    features_are_independent_almost_everywhere,
    features_are_independent_somewhere,
)
from exactcnn.proofs.checks.recorder import CheckResult, check

Box = tuple[Fraction, Fraction]  # centre and radius, the same for all weights or all biases


@check("NH18.G.relu")
def dead_units(samples: ExactArray | None = None, *, units: int = 1) -> CheckResult:
    """All units off on all samples: a box of parameters around w = 0 with negative biases, where F_1 = 0."""
    samples = ExactArray.from_array([[1]]) if samples is None else samples
    network = Network((samples.shape[1],), [FullyConnected(units)], activation="relu")
    found = features_are_independent_almost_everywhere(network, samples, parameters=_constant(network, 0, -1))
    reach = max(sum(map(abs, row)) for row in samples.fractions().tolist())
    weights, biases = (Fraction(0), 1 / (4 * max(Fraction(1), reach))), (Fraction(-1), Fraction(1, 4))
    largest = _extreme(samples, weights, biases, 1)
    if found.status != "refuted" or largest >= 0:
        return CheckResult("undecided", "an instance", found.what)
    what = f"{found.what}, such as |w| ≤ {weights[1]}, |b + 1| ≤ 1/4, where every pre-activation is at most {largest}"
    return CheckResult("refuted", "an instance", what, {"largest_pre_activation": str(largest)}, found.certificates)


@check("NH18.G.relu")
def live_units(samples: ExactArray | None = None) -> CheckResult:
    """All units on for all samples: there F_1 = X W + 1 b' has rank at most d + 1."""
    import sympy

    samples = ExactArray.from_array([[1], [2], [3]]) if samples is None else samples
    count, dimension = samples.shape
    network = Network((dimension,), [FullyConnected(count)], activation="relu")
    rows = samples.fractions()
    weights, biases = (Fraction(1), Fraction(1, 2)), (Fraction(1), Fraction(1, 2))
    smallest = _extreme(samples, weights, biases, -1)
    affine = sympy.Matrix([[*map(sympy.Rational, map(str, row)), 1] for row in rows.tolist()])
    null = affine.T.nullspace()
    parameters = _constant(network, 1, 1)
    rank = FeatureMatrix(network, parameters, samples, 1).rank()
    if smallest <= 0 or not null:
        what = f"smallest pre-activation {smallest} on the box, rank [X, 1] = {affine.rank()}: nothing to show"
        return CheckResult("undecided", "an instance", what)
    relation = [str(c) for c in null[0]]
    what = (
        f"for all weights and biases in [1/2, 3/2] every pre-activation is at least {smallest}, F_1 = [X, 1][W; b'] "
        f"and ({', '.join(relation)}) F_1 = 0: rank F_1 ≤ {affine.rank()} < N = {count} on an open set"
    )
    certificate = Certificate(Instance(network, parameters, samples), (RankClaim(1, rank),), 1)
    details = {"relation": relation, "smallest_pre_activation": str(smallest)}
    return CheckResult("refuted", "an instance", what, details, (certificate,))


@check("NH18.G.relu")
def full_rank_on_an_open_set(samples: Sequence[int] = (1, 2, 3)) -> CheckResult:
    """No pre-activation is zero at this point with rank N, so the rank is N near it as well."""
    data = ExactArray.from_array([[x] for x in samples])
    network = Network((1,), [FullyConnected(len(samples))], activation="relu")
    biases = [f"{1 - 2 * x}/2" for x in samples]  # unit j is on for the samples from the j-th one on
    parameters = Parameters.from_arrays(network, {"W1": [["1"] * len(samples)], "b1": biases})
    found = features_are_independent_somewhere(network, data, layer=1, parameters=parameters)
    distance = min(abs(x - y + Fraction(1, 2)) for x in samples for y in samples)
    if found.status != "proved" or distance == 0:
        return CheckResult("undecided", "an instance", found.what)
    what = f"rank F_1 = N = {len(samples)} at one point where every |pre-activation| ≥ {distance}: on an open set"
    return CheckResult("proved", "an instance", what, {"distance": str(distance)}, found.certificates)


def _constant(network: Network, weight: int, bias: int) -> Parameters:
    size, units = network.convolved(1).weights_shape
    return Parameters.from_arrays(network, {"W1": [[weight] * units] * size, "b1": [bias] * units})


def _extreme(samples: ExactArray, weights: Box, biases: Box, sign: int) -> Fraction:
    """Largest (sign 1) or smallest (-1) pre-activation over a box of parameters and all samples."""
    rows = samples.fractions().tolist()
    values = [weights[0] * sum(row) + biases[0] + sign * (weights[1] * sum(map(abs, row)) + biases[1]) for row in rows]
    return Fraction(max(values) if sign > 0 else min(values))
