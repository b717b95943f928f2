"""Sublevel sets are connected with one unit more than the features have ranks, and may be in pieces without it."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.landscape.separated import with_units_swapped
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.searches.connectivity import LEVEL, one_hot, pieces
from exactcnn.theorems.escape import Escape


def two_units_to_swap(width: int) -> tuple[Instance, Parameters]:
    """Two samples, one-hot targets, ReLUs: half of the right outputs, and all of them with two units swapped."""
    start = one_hot(2, width, biases=False, scale=Fraction(1, 2))
    return start, with_units_swapped(one_hot(2, width, biases=False), 0, 1)


def deep_network() -> tuple[Instance, Parameters]:
    """Two hidden layers of n + 1 = 3 units, two samples: outputs of 0, and a point of zero loss with other units."""
    layers = [FullyConnected(3, activation="relu") for _ in range(2)]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    start = {"W1": [[1, -1, 1]], "b1": [0, 2, 1], "W2": [[1, 1, 0], [1, 0, 1], [0, 0, 1]], "b2": [0, 0, 0]}
    end = {"W1": [[-1, 1, 0]], "b1": [2, -1, 1], "W2": [[0, 1, 0], [1, 0, 0], [0, 1, 1]], "b2": [0, -1, 0]}
    outer = {"W3": [[1], [1], [-1]], "b3": [-1]}, {"W3": [[2], [1], [0]], "b3": [0]}
    own, better = (Parameters.from_arrays(network, {**a, **b}) for a, b in zip((start, end), outer, strict=True))
    return Instance(network, own, [[1], [2]], [[1], [2]]), better


@check("FOUND.connected")
def joined(instance: Instance | None = None, better: Parameters | None = None) -> CheckResult:
    """A path from a point to a better one, on which the loss never rises above that of the start; each segment exact.

    By default from half of the right outputs of two samples to the right ones, with two of three units swapped.
    """
    if instance is None or better is None:
        instance, better = two_units_to_swap(3)
    path = path_to_point(Objective(instance), better)
    if not isinstance(path, WidePath):
        return undecided(path)
    constant = path.kinds.count("constant")
    what = f"a path of {len(path.kinds)} segments, on {constant} of which no output changes, from Φ = {path.before} to "
    details = {"widths": list(instance.network.widths), "segments": list(path.kinds)}
    return CheckResult("proved", "an instance", f"{what}{path.after}", details, (Escape(instance, path).certificate,))


@check("FOUND.connected")
def joined_in_depth() -> CheckResult:
    """The same with two hidden layers of n + 1 units, which share no unit at both points."""
    return joined(*deep_network())


@check("FOUND.connected")
def in_pieces(
    instance: Instance | None = None, other: Parameters | None = None, level: Fraction = LEVEL
) -> CheckResult:
    """Without the unit more: no path joins two points on which the loss is at most a level, where that of both is.

    By default two samples with one-hot targets, and two units that are swapped.
    """
    if instance is None or other is None:
        instance, other = two_units_to_swap(2)
    certificate = pieces(instance, other, level)
    if not certificate.checked(True):
        return undecided(certificate.outcome.message)
    what = f"no path joins the two points on which the loss is at most {level}"
    return CheckResult("proved", "an instance", what, {"widths": list(instance.network.widths)}, (certificate,))
