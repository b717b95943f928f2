"""Assumption 3.2: what happens without it (polynomials), and at its edges (Cantor, tanh, mirror images)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.activations import activation
from exactcnn.network.assumption_3_2 import assumption_3_2
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.proofs.checks.activations import limits_or_growth
from exactcnn.proofs.checks.cantor import distinct_example, feasible_zones
from exactcnn.proofs.checks.independence import features_are_independent_somewhere
from exactcnn.proofs.checks.recorder import CheckResult, check


@check("NH18.G.polynomials")
def polynomial_units(name: str = "square", *, dimension: int = 1, width: int = 8) -> CheckResult:
    """The smallest N at which units of a polynomial fail, and a relation that holds for all their parameters."""
    import sympy

    coefficients = _coefficients(name)
    degree = len(coefficients) - 1
    bound = math.comb(dimension + degree, degree)
    assumption = limits_or_growth(name)
    points = list(itertools.islice(_points(dimension), bound + 1))
    exponents = [e for e in itertools.product(range(degree + 1), repeat=dimension) if sum(e) <= degree]
    table = [[math.prod(x**i for x, i in zip(point, e, strict=True)) for point in points] for e in exponents]
    relation = sympy.Matrix(table).nullspace()[0]
    w, b = sympy.symbols(f"w:{dimension}"), sympy.Symbol("b")
    units = [sum(wi * xi for wi, xi in zip(w, point, strict=True)) + b for point in points]
    total = sum(c * sum(a * z**j for j, a in enumerate(coefficients)) for c, z in zip(relation, units, strict=True))
    network = Network((dimension,), [FullyConnected(width)], activation=name)
    samples, parameters = ExactArray.from_array([list(p) for p in points]), random_parameters(network, seed=0)
    rank = FeatureMatrix(network, parameters, samples, 1).rank()
    shown = ", ".join(map(str, relation))
    if sympy.expand(total) != 0 or rank.upper > bound or assumption.status != "refuted":
        return CheckResult("undecided", "an instance", f"{name}: ({shown}) is no relation")
    what = (
        f"{name} on N = {bound + 1} samples in dimension {dimension}: ({shown}) F_1 = 0 identically in w and b, so "
        f"rank F_1 ≤ {bound} = C({dimension + degree}, {degree}) for every width"
    )
    certificate = Certificate(Instance(network, parameters, samples), (RankClaim(1, rank),), 1)
    details = {"bound": bound, "samples": [list(point) for point in points], "relation": list(map(str, relation))}
    return CheckResult("refuted", "architecture", what, details, (certificate,))


@check("NH18.G.polynomials")
def linear_units() -> CheckResult:
    """The paper's own example, deep linear networks: rank F_1 <= d + 1 for every width."""
    return polynomial_units("identity")


@check("NH18.G.assumption-3.2")
def cantor_units(samples: int = 8) -> CheckResult:
    """One unit with the Cantor function, continuous with limits 0 and 1, cannot tell equally spaced samples apart.

    Suppose all values differ. Zones: y ≤ 0, (0, 1/3), [1/3, 2/3], (2/3, 1), y ≥ 1; the closed ones hold one point at
    most, since the function is constant there. All placements of b, b + h, … in the zones are linear conditions on
    (b, h), decided exactly. Each that is possible leaves all points in y ≤ 2/3 or all in y ≥ 1/3, where the value
    at y is a one-to-one image of that at 3y or 3y - 2: those differ as well, with spacing 3h. But h is bounded.
    """
    placements = feasible_zones(samples)
    two_sided = [zones for zones in placements if min(zones) < 2 and max(zones) > 2]
    largest = {count: distinct_example(count) for count in range(2, samples)}
    bounded = all(max(zones.count(1), zones.count(3)) >= 2 for zones in placements)  # then h < 1/3
    if two_sided or not bounded or not placements or any(example is None for example in largest.values()):
        what = f"{samples} equally spaced samples: a placement with points in (0, 1/3) and in (2/3, 1) is possible"
        return CheckResult(
            "undecided", "an instance", what if two_sided else "an example with fewer samples is missing"
        )
    b, h = largest[samples - 1] or (Fraction(0), Fraction(0))
    what = (
        f"for every w and b some two of {samples} equally spaced samples get the same value (all {len(placements)} "
        f"possible placements repeat at spacing 3h), so that n_1 = 1 leaves rank F_2 ≤ {samples - 1} < N = {samples} "
        f"however wide layer 2; {samples - 1} samples can be told apart (b = {b}, h = {h})"
    )
    details = {"samples": samples, "placements": len(placements), "example": [str(b), str(h)]}
    return CheckResult("refuted", "architecture", what, details)


@check("NH18.G.assumption-3.2")
def excluded_yet_independent(
    names: Sequence[str] = ("tanh", "elu(1)", "leaky-relu(1/100)", "softsign", "exp", "arctan"),
) -> CheckResult:
    """Activations outside Assumption 3.2 with a witness for the conclusion of Theorem 3.4."""
    return _independent_without_the_assumption(names)


@check("NH18.G.assumption-3.2")
def mirror_image(name: str = "log-sigmoid") -> CheckResult:
    """σ fails, σ(-t) satisfies the assumption, and the networks are the same with weights and biases negated."""
    found = assumption_3_2(activation(name))
    if found.holds or not found.mirror_holds:
        return CheckResult("undecided", "an instance", f"{name}: {found.reason}")
    result = _independent_without_the_assumption((name,))
    what = f"σ = {name} fails, σ(-t) satisfies Assumption 3.2; {result.what}"
    return CheckResult(result.status, result.scope, what, result.details, result.certificates)


def _independent_without_the_assumption(names: Sequence[str]) -> CheckResult:
    samples = ExactArray.from_array([[0], [1], [2], [4]])
    certificates: list[Certificate] = []
    for name in names:
        assumption = limits_or_growth(name)
        network = Network((1,), [FullyConnected(4)], activation=name)
        biases = {"W1": [[1, -1, 2, "1/2"]], "b1": ["-1/2", "3/2", -3, -1]}
        found = features_are_independent_somewhere(
            network, samples, layer=1, parameters=Parameters.from_arrays(network, biases)
        )
        if assumption.status != "refuted" or found.status != "proved":
            what = f"{name}: Assumption 3.2 is {assumption.status}, the conclusion {found.status}"
            return CheckResult("undecided", "an instance", what)
        certificates += [*assumption.certificates, *found.certificates]
    what = f"outside Assumption 3.2, yet with rank F_1 = N = {len(samples)}: {', '.join(names)}"
    return CheckResult("proved", "an instance", what, {"names": list(names)}, tuple(certificates))


def _coefficients(name: str) -> list[Fraction]:
    """Coefficients of a polynomial activation, constant term first."""
    found = activation(name)
    if found.domain != "rational" or found.kinks or any(n for piece in found.pieces for _, n, _ in piece.terms):
        raise InputError(f"activation {name!r} is no polynomial; expected such as 'square' or 'polynomial(0,1,1/2)'")
    terms = {i: c for i, _, c in found.pieces[0].terms}
    return [Fraction(terms.get(i, 0)) for i in range(max(terms) + 1)]


def _points(dimension: int) -> Iterator[tuple[int, ...]]:
    """Points with entries 0, 1, 2, …, small sums first."""
    for total in itertools.count():
        yield from (p for p in itertools.product(range(total + 1), repeat=dimension) if sum(p) == total)
