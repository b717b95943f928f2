"""Strict minima in the sense of sets, barriers around them, and wide layers, which leave room for neither."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.barrier import basin
from exactcnn.landscape.classify import PRECISIONS, better_of, classify
from exactcnn.landscape.evidence import OWN, LossClaim, SuboptimalClaim
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.fractions import from_flint, to_flint
from exactcnn.network.instance import Instance
from exactcnn.network.layers import AveragePooling, Bias, Convolution, FullyConnected, Layer
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.proofs.checks.nondegenerate import null_vector
from exactcnn.proofs.checks.points import piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check, from_verdict
from exactcnn.theorems.basins import no_basins

RADII = ("1/4", "1/20")
FAR = (1, 10, 100)


def one_hidden_layer(width: int, *, bias: Bias = "none", activation: str = "logistic(2)") -> Network:
    """One input, hidden units without biases, and one output, with or without."""
    hidden = FullyConnected(width, activation=activation, bias="none")
    return Network((1,), [hidden, FullyConnected(1, activation="identity", bias=bias)])


def line_samples(count: int) -> ExactArray:
    """The numbers 1, ..., N."""
    return exact_array([[x] for x in range(1, count + 1)], name="samples")


# -------------------------------------------------------------------- basins and barriers


@check("LDS18.basin")
def a_strict_minimum(instance: Instance | None = None) -> CheckResult:
    """A strict local minimum θ: the set {θ} is one in the sense of sets."""
    instance = instance or piece_of("li-ding-sun-2").instance()
    point = classify(Objective(instance))
    if point.status != "strict minimum" or point.finding is None or point.finding.centre is not None:
        return undecided(f"the point is {point.status}: {point.reason}")
    certificate = Certificate(instance, point.claims, len(instance.network.layers), point.points)
    return CheckResult("proved", "an instance", f"a strict minimum, Φ = {point.loss[0]}", {}, (certificate,))


@check("LDS18.barrier")
def a_barrier(
    instance: Instance | None = None, better: Parameters | None = None, *, radii: Sequence[Any] | None = None
) -> CheckResult:
    """A box, a point inside that lies below its boundary, and a point outside that lies below the whole box."""
    piece = piece_of("li-ding-sun-2")
    if instance is None:
        assert piece.better is not None
        instance, better, radii = piece.instance(), piece.parameters(piece.better), RADII
        if a_strict_minimum(instance).status != "proved":
            return undecided("the point is not a strict minimum")
    if better is None:
        return undecided("a point with a smaller loss is needed")
    objective = Objective(instance)
    found = basin(objective, radii=radii)
    if isinstance(found, str):
        return undecided(found)
    there = better_of(objective, better, PRECISIONS[0])
    if not there.loss[1] < found.floor:
        return undecided(f"the loss is at least {found.floor} on the box, {float(there.loss[1]):.6g} elsewhere")
    claims = (found, there.claim(0), SuboptimalClaim(0, 1))
    certificate = Certificate(instance, claims, len(instance.network.layers), (better,))
    what = f"on the boundary of the box Φ is above its value at the point, on the box above {found.floor}; "
    what += f"elsewhere Φ = {there.loss[1]}" if there.loss[0] == there.loss[1] else "elsewhere it is smaller"
    return CheckResult("proved", "an instance", what, {"floor": str(found.floor)}, (certificate,))


# -------------------------------------------------------------------- wide layers


@check("LDS18.wide")
def no_basins_at_width_n(network: Network | None = None, samples: ExactArray | None = None) -> CheckResult:
    """From shapes and samples alone: no compact set is a strict local minimum of any continuous loss."""
    network = one_hidden_layer(2) if network is None else network
    samples = line_samples(2) if samples is None else samples
    found = no_basins(network, samples)
    certificate = Certificate(Instance(network, None, samples), found.claims, (found.layer or 0) + 1)
    return from_verdict(found, "architecture", certificate)


@check("LDS18.wide")
def one_unit_fewer_with_output_biases() -> CheckResult:
    """The biases of layer k + 1 count as a unit: n_k = N' - 1 suffices."""
    return no_basins_at_width_n(one_hidden_layer(1, bias="neuron"))


@check("LDS18.wide")
def equal_samples_count_once() -> CheckResult:
    """Four samples, two different ones, two units."""
    return no_basins_at_width_n(one_hidden_layer(2), exact_array([[1], [3], [1], [3]], name="samples"))


@check("LDS18.wide")
def any_layers_below_and_above() -> CheckResult:
    """A convolution with a shared bias and padding below, a mean between, and a convolution of two patches above."""
    below = Convolution(4, 3, padding=1, bias="filter", activation="relu")
    layers: list[Layer] = [below, AveragePooling(1), Convolution(1, 3, bias="none"), FullyConnected(1)]
    network = Network((1, 4), layers, activation="softplus")
    # patches of 3 slots in 4 channels: 12 columns for 2 patches of up to 6 samples
    return no_basins_at_width_n(network, ExactArray(np.arange(24).reshape(6, 4)))


def width_two() -> Instance:
    """Two samples and two units, F_1 invertible, at a point that is not critical."""
    network = one_hidden_layer(2)
    parameters = Parameters.from_arrays(network, {"W1": [[1, -1]], "W2": [[1], [2]]})
    return Instance(network, parameters, [[1], [3]], [[-1], [1]])


@check("LDS18.wide")
def equal_losses_far_away(instance: Instance | None = None, *, distances: Sequence[int] = FAR) -> CheckResult:
    """The proof at one point: the same loss along a line of layer k + 1, or at F(s)⁻¹ F V for a weight s below."""
    instance = instance or width_two()
    network, parameters, samples = instance.network, instance.parameters, instance.samples
    assert parameters is not None
    assert samples is not None
    found = no_basins(network, samples)
    layer = found.layer
    if found.status != "proved" or layer is None or not isinstance(network.layers[layer], FullyConnected):
        return undecided(f"{found.reason}; expected a fully connected layer above")
    objective = Objective(instance)
    start = objective.loss()
    if not isinstance(start, Fraction):
        return undecided("the loss is not rational")
    points = []
    for distance in distances:
        moved = _moved(objective, layer, distance)
        if moved is None:
            return undecided(f"the features are singular at {distance}: from there a line leads on")
        points.append(moved)
    objectives = [Objective(Instance(network, point, instance.data, instance.targets)) for point in points]
    if any(each.loss() != start for each in objectives):
        return CheckResult("refuted", "an instance", "the loss changes")
    claims = [LossClaim(point, start, start) for point in (OWN, *range(len(points)))]
    certificate = Certificate(instance, claims, len(network.layers), points)
    far = max(abs(x) for each in objectives for x in each.theta.fractions().tolist())
    what = f"Φ = {start} at {len(points)} further points, up to a parameter of size {float(far):.3g}"
    return CheckResult("proved", "an instance", what, {"loss": str(start)}, (certificate,))


def _moved(objective: Objective, layer: int, distance: int) -> Parameters | None:
    """Parameters with the same outputs, layer k + 1 or the first weight of layer k changed; None where F is singular.

    Equal samples have equal rows, of which one stays.
    """
    instance = objective.instance
    assert instance.parameters is not None
    layers = list(instance.parameters.layers)
    below, above = layers[layer - 1], layers[layer]
    assert above is not None
    rows = np.concatenate(
        [above.weights.fractions(), *([] if above.biases is None else [above.biases.fractions()[None, :]])]
    )
    features, keep = _features(objective, layer, rows.shape[0])
    if features.shape[0] < features.shape[1] or to_flint(features).rank() < features.shape[1]:
        rows[:, 0] += distance * np.array(null_vector(features), dtype=object)
    else:
        if below is None:
            return None
        weights = below.weights.fractions()
        weights[0, 0] += distance
        layers[layer - 1] = LayerParameters(_exact(weights), below.biases)
        there = Objective(Instance(instance.network, Parameters(tuple(layers)), instance.data, instance.targets))
        changed = _features(there, layer, rows.shape[0])[0]
        if to_flint(changed).rank() < len(keep):
            return None
        rows = from_flint(to_flint(changed).solve(to_flint(features @ rows)))
    biases = None if above.biases is None else _exact(rows[-1])
    layers[layer] = LayerParameters(_exact(rows if biases is None else rows[:-1]), biases)
    return Parameters(tuple(layers))


def _features(objective: Objective, layer: int, columns: int) -> tuple[np.ndarray, list[int]]:
    """[F_k, 1], or F_k, with one row for each different sample, and which these are."""
    samples, features = objective.instance.samples, objective.in_rationals().trace.features[layer].fractions()
    assert samples is not None
    first = {tuple(row): i for i, row in reversed(list(enumerate(samples.fractions().tolist())))}
    keep = sorted(first.values())
    ones = np.full((len(keep), columns - features.shape[1]), Fraction(1), dtype=object)
    return np.concatenate([features[keep], ones], axis=1), keep


def _exact(values: np.ndarray) -> ExactArray:
    return ExactArray.from_fractions(values.ravel().tolist(), values.shape)


@check("LDS18.wide")
def without_parameters_below() -> CheckResult:
    """Linear regression on two independent samples: [X] has two columns, and the fit is a strict minimum."""
    network = Network((2,), [FullyConnected(1, activation="identity", bias="none")])
    parameters = Parameters.from_arrays(network, {"W1": [[1], [-1]]})
    samples = exact_array([[1, 0], [0, 1]], name="samples")
    instance = Instance(network, parameters, samples, [[1], [-1]])
    found = basin(Objective(instance), radii=["1/2", "1/2"])
    if isinstance(found, str) or no_basins(network, samples).status == "proved":
        return undecided("no barrier was found")
    what = "no parameters below: a barrier around a strict global minimum, with N' columns"
    return CheckResult("proved", "an instance", what, {}, (Certificate(instance, (found,), 1),))
