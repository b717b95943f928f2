"""Below width N: strict minima that are not global, built from any inputs; and networks too small for them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.classify import PRECISIONS, better_of, classify, refine
from exactcnn.landscape.critical_point import CriticalPoint
from exactcnn.landscape.evidence import OWN, LossClaim
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.fractions import Matrix, from_flint, to_flint
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.nondegenerate import block_rank
from exactcnn.proofs.checks.points import decided, piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.proofs.checks.wide_layers import line_samples, no_basins_at_width_n, one_hidden_layer
from exactcnn.theorems.verdict import Scope

SLOPES = (-4, -3, -2, -1, 2, 3, 4)  # of units among which a better one is looked for


def _strict(point: CriticalPoint, certificate: Certificate, what: str) -> CheckResult:
    """Proved where the point is a strict minimum and a better one is known."""
    if point.status != "strict minimum" or not point.suboptimal or point.better is None:
        return undecided(f"the point is {point.status}: {point.reason}")
    low, high = (float(bounds[0]) for bounds in (point.better.loss, point.loss))
    text = f"{what}: a strict minimum with Φ = {high:.7g}; elsewhere Φ = {low:.7g}"
    return CheckResult("proved", "an instance", text, {"approximately": high}, (certificate,))


def _piece(name: str, what: str) -> CheckResult:
    point, certificate = decided(piece_of(name))
    return _strict(point, certificate, what)


# -------------------------------------------------------------------- strict minima below width N


def planted(samples: ExactArray, size: Fraction) -> tuple[Instance, Parameters] | str:
    """Targets for which one unit at w = 1, of outgoing weight ε, is a strict minimum; and a better point.

    r is orthogonal to σ(x) and x σ'(x), and Σ r x² σ''(x) = 1; the targets are ε σ(x) - r. The activation is the
    logistic function to the base 2, whose derivatives at integers are rational up to powers of ln 2.

    Examples
    --------
    >>> planted(exact_array([[1], [2]], name="samples"), Fraction(1, 10))
    'three different inputs are needed, at which σ, x σ′ and x² σ″ are independent'
    """
    x = samples.fractions()[:, 0]
    sigma = _logistic(x)
    slopes = x * sigma * (1 - sigma)
    conditions = np.stack([sigma, slopes, x * slopes * (1 - 2 * sigma)])
    gram = to_flint(conditions @ conditions.T)
    if gram.rank() < 3:
        return "three different inputs are needed, at which σ, x σ′ and x² σ″ are independent"
    unit = np.array([[Fraction(0)], [Fraction(0)], [Fraction(1)]], dtype=object)
    residual = (conditions.T @ from_flint(gram.solve(to_flint(unit))))[:, 0]
    targets = size * sigma - residual
    network = one_hidden_layer(1)
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "W2": [[size]]})
    wanted = exact_array([[y] for y in targets.tolist()], name="targets")
    fits = []
    for w in SLOPES:  # the least loss of a unit of slope w is ½|y|² - ½(y·σ)²/|σ|²
        other = _logistic(w * x)
        fits.append(((targets @ other) ** 2 / (other @ other), w, (targets @ other) / (other @ other)))
    _, w, v = max(fits)
    better = Parameters.from_arrays(network, {"W1": [[w]], "W2": [[v]]})
    return Instance(network, parameters, samples, wanted), better


def _logistic(x: Matrix) -> Matrix:
    """1/(1 + 2^-x) at integers."""
    result: Matrix = np.array([1 / (1 + Fraction(2) ** int(-t)) for t in x.tolist()], dtype=object)
    return result


@check("LDS18.narrow")
def any_three_inputs(samples: ExactArray | None = None, *, size: Fraction = Fraction(1, 10)) -> CheckResult:
    """For integer inputs of your own: targets that make one unit a strict minimum which is not global."""
    samples = exact_array([[-1], [1], [4]], name="samples") if samples is None else samples
    if samples.shape[1] != 1 or any(x.denominator != 1 for x in samples.fractions()[:, 0].tolist()):
        return undecided("inputs are not single integers")
    found = planted(samples, size)
    if isinstance(found, str):
        return undecided(found)
    instance, better = found
    point = classify(Objective(instance), better=[better])
    certificate = Certificate(instance, point.claims, 2, point.points)
    inputs = ", ".join(map(str, samples.fractions()[:, 0].tolist()))
    return _strict(point, certificate, f"N = {len(samples)}, width 1, x = {inputs}")


@check("LDS18.narrow")
def two_samples() -> CheckResult:
    """N = 2, width 1: exact."""
    return _piece("li-ding-sun-2", "N = 2, width 1")


@check("LDS18.narrow")
def three_samples() -> CheckResult:
    """N = 3, width 1: exact."""
    return _piece("li-ding-sun-3", "N = 3, width 1")


@check("LDS18.narrow")
def three_samples_two_units() -> CheckResult:
    """N = 3, width 2: in a box around floats."""
    return _piece("li-ding-sun-3-wide", "N = 3, width 2")


@check("LDS18.narrow")
def with_an_output_bias() -> CheckResult:
    """N = 3, one unit and a bias of the output: in a box around floats."""
    network = one_hidden_layer(1, bias="neuron", activation="sigmoid")
    start = {"W1": [["1.000900"]], "W2": [["-0.112546"]], "b2": ["0.005712"]}
    better = Parameters.from_arrays(network, {"W1": [[-40]], "W2": [["-19/64"]], "b2": ["3/64"]})
    samples, targets = [[-5], ["1/2"], ["149/64"]], [["-1/4"], ["47/64"], ["-41/64"]]
    point = refine(
        Objective(Instance(network, Parameters.from_arrays(network, start), samples, targets)), better=[better]
    )
    certificate = Certificate(point.objective.instance, point.claims, 2, point.points)
    return _strict(point, certificate, "N = 3, width 1 and an output bias")


# -------------------------------------------------------------------- one unit with biases


def one_unit(w: object, b: object, v: object, c: object, *, fitted: bool = False) -> Instance:
    """f(x) = c + v σ(w x + b) on three samples, σ logistic to the base 2; fitted: the outputs are the targets."""
    hidden = FullyConnected(1, activation="logistic(2)")
    network = Network((1,), [hidden, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[w]], "b1": [b], "W2": [[v]], "b2": [c]}
    start = Instance(network, Parameters.from_arrays(network, arrays), [[-1], [0], [2]], [[1], [-1], [0]])
    return Instance(network, start.parameters, start.data, Objective(start).outputs()) if fitted else start


@check("LDS18.one-unit")
def a_unit_that_moves(instance: Instance | None = None) -> CheckResult:
    """Neither w nor v is 0 and the loss is positive: the point is not critical."""
    instance = instance or one_unit(1, 0, 2, -1)
    problem = _not_one_unit(instance)
    if problem:
        return undecided(problem)
    point = classify(Objective(instance))
    if point.status != "not critical":
        return undecided(f"the point is {point.status}: {point.reason}")
    return CheckResult("proved", "an instance", "not critical", {}, (Certificate(instance, point.claims, 2),))


@check("LDS18.one-unit")
def an_exact_fit(instance: Instance | None = None) -> CheckResult:
    """The loss is 0: the Jacobian has rank N, below the four parameters, so exact fits are not isolated."""
    instance = instance or one_unit(1, 0, 2, -1, fitted=True)
    problem, objective = _not_one_unit(instance), Objective(instance)
    if problem or objective.loss() != 0:
        return undecided(problem or "the loss is not 0")
    found = block_rank(instance, (1, 2))
    if found.rank.lower != instance.count or _slope(instance) == 0:
        return undecided(f"the Hessian has rank {found.rank}")
    claims = Certificate(instance, (LossClaim(OWN, Fraction(0), Fraction(0)),), 2)
    free = 4 - found.rank.lower
    what = f"Φ = 0, and rank ∇²Φ = rank J = {found.rank} = N: the exact fits near the point have dimension {free}"
    return CheckResult("proved", "an instance", what, {}, (found.certificate, claims))


@check("LDS18.one-unit")
def a_unit_that_does_not(instance: Instance | None = None) -> CheckResult:
    """v = 0, so that w and b are free, or w = 0, so that b and c are: the loss is constant along a line or curve."""
    instance = instance or one_unit(1, 0, 0, -1)
    problem, objective = _not_one_unit(instance), Objective(instance)
    if problem or _slope(instance) != 0:
        return undecided(problem or "neither w nor v is 0")
    assert instance.parameters is not None
    arrays = {f"{name}{k}": values for k in (1, 2) for name, values in _arrays(instance, k)}
    (v,) = arrays["W2"].fractions().ravel().tolist()
    if v == 0:
        arrays["W1"] = exact_array([[arrays["W1"].fractions().item() + 1]], name="W1")
    else:  # w = 0: the outputs are c + v σ(b)
        (b,), (c,) = arrays["b1"].fractions().tolist(), arrays["b2"].fractions().tolist()
        sigma = instance.network.convolved(1).activation
        if b.denominator != 1 or objective.domain != "Q":
            return undecided("σ(b) is not rational")
        arrays["b1"] = exact_array([b + 1], name="b1")
        arrays["b2"] = exact_array([c + v * (sigma.exact(b) - sigma.exact(b + 1))], name="b2")
    moved = Parameters.from_arrays(instance.network, arrays)
    here, there = (better_of(objective, each, PRECISIONS[0]) for each in (instance.parameters, moved))
    if here.loss != there.loss:
        return undecided("the losses are not equal")
    certificate = Certificate(instance, (here.claim(OWN), there.claim(0)), 2, (moved,))
    what = f"Φ = {here.loss[0]} along a {'line' if v == 0 else 'curve'}: not a strict minimum"
    return CheckResult("proved", "an instance", what, {}, (certificate,))


@check("LDS18.one-unit")
def a_constant_unit() -> CheckResult:
    """The case w = 0."""
    return a_unit_that_does_not(one_unit(0, 1, 2, -1))


def _arrays(instance: Instance, number: int) -> list[tuple[str, ExactArray]]:
    assert instance.parameters is not None
    own = instance.parameters.layer(number)
    assert own.biases is not None
    return [("W", own.weights), ("b", own.biases)]


def _slope(instance: Instance) -> Fraction:
    """v w."""
    assert instance.parameters is not None
    first, second = (instance.parameters.layer(k).weights.fractions().item() for k in (1, 2))
    product: Fraction = first * second
    return product


def _not_one_unit(instance: Instance) -> str:
    """Why the instance is none of the statement's; empty if it is one."""
    network, count = instance.network, instance.count
    sigma = network.convolved(1).activation.text
    known = sigma in ("sigmoid", "tanh") or sigma.startswith("logistic(")
    biases = all(isinstance(each, FullyConnected) and each.bias != "none" for each in network.layers)
    if network.widths != (1, 1, 1) or not biases or not known:
        return "expected one input, one logistic unit or tanh, and one output, with biases"
    assert instance.samples is not None
    different = len(set(instance.samples.fractions()[:, 0].tolist())) == count
    return "" if count is not None and count <= 3 and different else "expected up to three different samples"


# -------------------------------------------------------------------- the transition


@check("LDS18.transition")
def below_width_n() -> CheckResult:
    """N = 2 at width 1 and N = 3 at widths 1 and 2: strict minima that are not global."""
    return _all([two_samples(), three_samples(), three_samples_two_units()], "an instance")


@check("LDS18.transition")
def from_width_n_on() -> CheckResult:
    """N = 2 from width 2 on and N = 3 from width 3 on: none, and no basin."""
    cases = [(2, 2), (2, 3), (3, 3), (3, 4)]
    return _all(
        [no_basins_at_width_n(one_hidden_layer(width), line_samples(count)) for count, width in cases], "architecture"
    )


@check("LDS18.transition")
def with_output_biases() -> CheckResult:
    """With a bias of the output one unit fewer: N = 3 at width 1 has strict minima, N = 3 at 2 and N = 2 at 1 none."""
    wide = [no_basins_at_width_n(one_hidden_layer(width, bias="neuron"), line_samples(width + 1)) for width in (1, 2)]
    return _all([with_an_output_bias(), *wide], "an instance")


def _all(results: Sequence[CheckResult], scope: Scope) -> CheckResult:
    failing = [found.what for found in results if found.status != "proved"]
    if failing:
        return undecided(failing[0])
    certificates = tuple(certificate for found in results for certificate in found.certificates)
    what = "; ".join(found.what for found in results)
    return CheckResult("proved", scope, what, {}, certificates)
