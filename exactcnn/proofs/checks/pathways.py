"""Affine units above each other: minima that are no worse than linear regression, and what that needs."""

from __future__ import annotations

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.affine_pathway import Pathway, affine_units, crossed, descent, pathway
from exactcnn.landscape.block_terms import least_squares
from exactcnn.landscape.classify import classify, loss_at
from exactcnn.landscape.evidence import OWN, LossClaim
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.fractions import to_flint
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.block_terms import MINIMA
from exactcnn.proofs.checks.points import piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.verdict import Status


def network_of(widths: tuple[int, ...], activation: str = "relu") -> Network:
    """Fully connected layers with biases, the last one without activation."""
    names = [*[activation] * (len(widths) - 2), "identity"]
    return Network((widths[0],), [FullyConnected(n, activation=a) for n, a in zip(widths[1:], names, strict=True)])


# -------------------------------------------------------------------- linear factors


@check("KHK19.linear")
def factors_go_down(instance: Instance | None = None) -> CheckResult:
    """At a critical point of a linear network, inner widths at least m: regression, or a curve down."""
    instance = instance or piece_of("kawaguchi-3").instance()
    objective = Objective(instance)
    if any(curve is None or curve.affine is None for curve in objective.curves):
        return undecided("not all layers are linear")
    found = pathway(objective)
    if found.start:
        return undecided(f"layer {found.start} has fewer units than outputs")
    return _regression_or_descent(objective, 0, found)


@check("KHK19.linear")
def factors_at_a_minimum() -> CheckResult:
    """Inner widths 2 = m, factors of rank 1: a line through three points of the plane, fitted by least squares."""
    network = network_of((1, 2, 2), "identity")
    arrays = {"W1": [["1/2", 0]], "b1": [0, 0], "W2": [[1, 0], [0, 0]], "b2": ["-1/6", 2]}
    parameters = Parameters.from_arrays(network, arrays)
    return factors_go_down(Instance(network, parameters, [[0], [1], [2]], [[0, 2], [0, 2], [1, 2]]))


@check("KHK19.linear")
def narrow_factors() -> CheckResult:
    """With an inner width below m the gradient of the loss by the product need not vanish, at a global minimum."""
    piece = piece_of("baldi-hornik")
    assert piece.better is not None
    instance = Instance(piece.network, piece.parameters(piece.better), piece.samples, piece.targets)
    objective = Objective(instance)
    point = classify(objective, search=False)
    if point.status not in MINIMA or not crossed(objective, 0).any():
        return undecided(f"the point is {point.status}: {point.reason}")
    what = f"{point.status} with Φ = {point.loss[0]}, inner width 1 < m = 2, and Xᵀ R is not 0"
    certificate = Certificate(instance, point.claims, 2, point.points)
    return CheckResult("proved", "an instance", what, {}, (certificate,))


# -------------------------------------------------------------------- affine units, isolated


@check("KHK19.pathway")
def no_worse_than_regression(instance: Instance | None = None) -> CheckResult:
    """With an isolated pathway from layer t: linear regression on F_t, ..., F_H, or no minimum, by a curve down."""
    objective = Objective(instance or line_by_two_layers())
    try:
        found = pathway(objective)
    except InputError as error:
        return undecided(str(error))
    if not found.units:
        return undecided("no layer below the outputs has m units that are affine on all samples")
    return _regression_or_descent(objective, found.start, found)


@check("KHK19.pathway")
def pathway_goes_down() -> CheckResult:
    """Two layers of a ReLU that is on, all weights 0: critical, no second derivative goes down, and no minimum."""
    network = network_of((1, 1, 1, 1))
    arrays = {"W1": [[0]], "b1": [1], "W2": [[0]], "b2": [1], "W3": [[0]], "b3": [0]}
    return no_worse_than_regression(
        Instance(network, Parameters.from_arrays(network, arrays), [[-1], [1]], [[-1], [1]])
    )


@check("KHK19.pathway")
def dead_units() -> CheckResult:
    """Slopes 0: a ReLU that is off on all samples, and a minimum above linear regression."""
    network = network_of((1, 1, 1))
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [-3], "W2": [[1]], "b2": ["1/3"]})
    return _worse(Instance(network, parameters, [[0], [1], [2]], [[0], [0], [1]]), "proved")


def line_by_two_layers() -> Instance:
    """Widths 1, 2, 2, 1: relu(x/2 + 5/6) and relu(a + 1) carry the line of least squares, all other units are off."""
    network = network_of((1, 2, 2, 1))
    arrays = {
        "W1": [["1/2", 0]],
        "b1": ["5/6", -1],
        "W2": [[1, 0], [0, 0]],
        "b2": [1, -1],
        "W3": [[1], [0]],
        "b3": [-2],
    }
    return Instance(network, Parameters.from_arrays(network, arrays), [[0], [1], [2]], [[0], [0], [1]])


# -------------------------------------------------------------------- not isolated


@check("KHK19.spanning")
def spanning_units(instance: Instance | None = None) -> CheckResult:
    """Affine units whose incoming weights span, m of them in layer H: regression as well, isolated or not."""
    instance = instance or line_that_feeds_a_dead_unit()
    objective = Objective(instance)
    below = no_worse_than_regression(instance)
    if below.status != "proved" or "curve" in below.details:
        return below
    known = affine_units(objective)
    start = top = len(known) - 1  # the layer that a pathway reads which is isolated in any case
    while start and _span(instance, start, sorted(known[start - 1])):
        start -= 1
    return _regression_or_descent(objective, start, pathway(objective).above(top))


def line_that_feeds_a_dead_unit() -> Instance:
    """The network of `line_by_two_layers`, where the affine unit of layer 1 also feeds a unit that is off."""
    network = network_of((1, 2, 2, 1))
    arrays = {
        "W1": [["1/2", 0]],
        "b1": ["5/6", -1],
        "W2": [[1, -1], [0, 0]],
        "b2": [1, 0],
        "W3": [[1], [0]],
        "b3": [-2],
    }
    return Instance(network, Parameters.from_arrays(network, arrays), [[0], [1], [2]], [[0], [0], [1]])


def _span(instance: Instance, layer: int, units: list[int]) -> bool:
    """Whether the incoming weights of these units of a layer span all of the layer below."""
    assert instance.parameters is not None
    weights = instance.parameters.layer(layer).weights.fractions()
    return bool(units) and int(to_flint(weights[:, units]).rank()) == len(weights)


@check("KHK19.affine-alone")
def worse_than_regression() -> CheckResult:
    """A ReLU that is on in each of two hidden layers, and a minimum above linear regression on the inputs."""
    instance = piece_of("affine-units").instance()
    isolated = no_worse_than_regression(instance)  # from layer 1 on
    if isolated.status != "proved" or not all(affine_units(Objective(instance))):
        return undecided(f"a hidden layer has no unit that is affine on all samples; {isolated.what}")
    return _worse(instance, "refuted")


# -------------------------------------------------------------------- what they share


def _regression_or_descent(objective: Objective, start: int, found: Pathway) -> CheckResult:
    """The loss is that of regression on F_start, ..., F_H; or one that the pathway reads has a curve down."""
    instance, hidden = objective.instance, len(objective.instance.network.layers) - 1
    assert instance.targets is not None
    if objective.breakpoints() or objective.gradient().numbers.any():
        return undecided("the point is not critical, or at a breakpoint")
    for layer in range(found.start, hidden):
        finding = descent(objective, found.above(layer))
        if isinstance(finding, Finding):
            what = f"F_{layer}ᵀ R is not 0, and a curve leads down from Φ = {finding.loss[0]}: no local minimum"
            down = Certificate(instance, (finding.claim(),), hidden + 1)
            return CheckResult("proved", "an instance", what, {"curve": True}, (down,))
    features = objective.in_rationals().trace.features[start:-1]
    joined = np.concatenate([each.fractions() for each in features], axis=1)
    regression = least_squares(ExactArray.from_fractions(joined.ravel().tolist(), joined.shape), instance.targets)
    loss = loss_at(objective, PRECISION)
    certificates = (Certificate(instance, (LossClaim(OWN, *loss),), hidden + 1), regression.certificate)
    names = ", ".join(f"F_{layer}" for layer in range(start, hidden + 1))
    what = f"Φ = {loss[0]}, that of linear regression on {names}"
    status: Status = "proved" if loss == (regression.left, regression.left) else "refuted"
    return CheckResult(status, "an instance", what, {}, certificates)


def _worse(instance: Instance, status: Status) -> CheckResult:
    """A minimum above linear regression on the inputs."""
    objective = Objective(instance)
    point = classify(objective, search=False)
    assert instance.samples is not None
    assert instance.targets is not None
    regression = least_squares(instance.samples, instance.targets)
    if point.status not in MINIMA or not regression.left < point.loss[0]:
        return undecided(f"the point is {point.status} with Φ = {point.loss[0]}; regression has {regression.left}")
    what = f"{point.status} with Φ = {point.loss[0]} > {regression.left}, linear regression on the inputs"
    own = Certificate(instance, point.claims, len(instance.network.layers), point.points)
    return CheckResult(status, "an instance", what, {}, (own, regression.certificate))
