"""Biases: Definition 2.1 has one per neuron. With one per filter, or none, Theorems 3.4 and 3.5 can fail."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.proofs.checks.independence import Setting, features_are_independent_almost_everywhere
from exactcnn.proofs.checks.recorder import CheckResult, check


@check("NH18.G.shared-biases")
def shared_biases_fail(*, largest: int = 3) -> CheckResult:
    """Smallest data, patches of one neuron and one bias per filter, on which rank F_1 < N for all parameters."""
    found = _smallest_with_shared_biases(largest)
    if found is None:
        return CheckResult("undecided", "an instance", f"nothing fails up to {largest} samples and neurons")
    hypotheses, conclusion = found.hypotheses(), found.conclusion("NH18.T3.4")
    if set(hypotheses.values()) != {"proved"}:
        return CheckResult("undecided", "an instance", "a hypothesis of Theorem 3.4 does not hold", hypotheses)
    rows = found.samples.fractions().astype(int).tolist()
    what = f"samples {rows}, patches of one neuron, one filter: {conclusion.what}; all other hypotheses hold"
    details = {"samples": rows, "widths": list(found.network.widths), "hypotheses": hypotheses}
    return CheckResult(conclusion.status, conclusion.scope, what, details, conclusion.certificates)


@check("NH18.G.shared-biases")
def one_bias_per_neuron_repairs() -> CheckResult:
    """On the same data one bias per neuron gives independent features for almost all parameters."""
    found = _smallest_with_shared_biases(3)
    assert found is not None
    network = Network(found.network.input_shape, [_single(found.network.widths[0], 1, "neuron")], activation="sigmoid")
    return features_are_independent_almost_everywhere(network, found.samples)


@check("NH18.G.shared-biases")
def more_filters_repair() -> CheckResult:
    """N - ρ + 1 filters with shared biases are enough, ρ the generic rank that one filter reaches."""
    found = _smallest_with_shared_biases(3)
    assert found is not None
    count = len(found.samples)
    one = FeatureMatrix(found.network, found.parameters, found.samples, 1).rank()
    filters = count - one.lower + 1
    network = Network(
        found.network.input_shape, [_single(found.network.widths[0], filters, "filter")], activation="sigmoid"
    )
    result = features_are_independent_almost_everywhere(network, found.samples)
    what = f"one filter reaches rank {one.lower} (ρ); {filters} = N - ρ + 1 filters with shared biases: {result.what}"
    return CheckResult(result.status, result.scope, what, result.details, result.certificates)


@check("NH18.G.no-biases")
def sigmoid_without_biases(grid: Sequence[int] = (-1, 0, 1), *, width: int = 8) -> CheckResult:
    """Smallest samples from a grid on which sigmoid units without biases have rank below N, for every width."""
    return _without_biases("sigmoid", grid, width)


@check("NH18.G.no-biases")
def relu_without_biases(grid: Sequence[int] = (1, 2), *, width: int = 8) -> CheckResult:
    """The same for ReLU, which is positively homogeneous: proportional samples give proportional features."""
    return _without_biases("relu", grid, width)


def _single(neurons: int, filters: int, bias: str) -> Convolution:
    patches = tuple((j,) for j in range(neurons))
    return Convolution(filters, patches=patches, bias="filter" if bias == "filter" else "neuron")


def _smallest_with_shared_biases(largest: int) -> Setting | None:
    """By samples, then neurons, then entries 0, 1, ...: the first where the width suffices and the rank does not."""
    for count, neurons in itertools.product(range(1, largest + 1), repeat=2):
        if neurons < count:
            continue  # one filter: n_1 is the number of neurons
        network = Network((neurons,), [_single(neurons, 1, "filter")], activation="sigmoid")
        for entries in itertools.product(range(count), repeat=count * neurons):
            rows = np.array(entries).reshape(count, neurons)
            if any(set(a) & set(b) for a, b in itertools.combinations(rows.tolist(), 2)):
                continue  # Assumption 3.1
            found = Setting.of(network, ExactArray(rows), layer=1)
            if found.conclusion("NH18.T3.4").status == "refuted":
                return found
    return None


def _without_biases(activation: str, grid: Sequence[int], width: int) -> CheckResult:
    network = Network((1,), [FullyConnected(width, bias="none")], activation=activation)
    for count in range(1, len(grid) + 1):
        for chosen in itertools.combinations(grid, count):
            samples = ExactArray.from_array([[x] for x in chosen])
            found = Setting.of(network, samples, layer=1, parameters=random_parameters(network, seed=0))
            features = FeatureMatrix(network, found.parameters, samples, 1)
            rank = features.rank()
            if rank.upper >= count:
                continue
            relation = _row_relation(activation, chosen)
            if relation is None:
                return CheckResult(
                    "undecided", "an instance", f"samples {chosen}: rank {rank.upper}, no relation found"
                )
            hypotheses = found.hypotheses()
            certificate = Certificate(Instance(network, found.parameters, samples), (RankClaim(1, rank),), 1)
            shown = ", ".join(map(str, relation))
            what = (
                f"samples {', '.join(map(str, chosen))}, {activation} without biases: ({shown}) F_1 = 0 for all "
                f"weights and every width, rank F_1 ≤ {rank.upper} < N = {count}"
            )
            details = {"samples": list(chosen), "relation": list(map(str, relation)), "hypotheses": hypotheses}
            return CheckResult("refuted", "architecture", what, details, (certificate,))
    return CheckResult("undecided", "an instance", f"no samples from {list(grid)} fail")


def _row_relation(activation: str, samples: Sequence[int]) -> list[Fraction] | None:
    """Find c with sum_i c_i σ(w x_i) = 0 for every w: for sigmoid an identity in E = e^w, for ReLU one on each side."""
    import sympy

    if activation == "relu":  # σ(w x) = |w| σ(±x): w = 1 and w = -1 decide
        columns = [[max(0, sign * x) for x in samples] for sign in (1, -1)]
    else:  # over the common denominator the coefficients of powers of E are linear in c
        E = sympy.Symbol("E")
        values = [E**x / (1 + E**x) for x in samples]
        common = sympy.prod([1 + E ** abs(x) for x in samples])
        numerators = [sympy.Poly(sympy.cancel(value * common), E) for value in values]
        degree = max(int(numerator.degree()) for numerator in numerators)
        columns = [[numerator.coeff_monomial(E**j) for numerator in numerators] for j in range(degree + 1)]
    null = sympy.Matrix(columns).nullspace()
    return [Fraction(int(c.p), int(c.q)) for c in null[0]] if null else None
