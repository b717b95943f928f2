"""Around Lederer (2020): paths under bounds of ℓ1 norms, and what widths the statements about paths need."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.norm_bounds import NormBounds
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.path_under_norms import path_under_norms
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.proofs.checks.escape_paths import (
    all_accepted,
    better_than,
    drawn,
    loss_of,
    relations,
    to_outputs,
    to_point,
    wide,
)
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check

POINTS = 8  # at random


def within(parameters: Parameters, bound: Fraction) -> Parameters:
    """The same hidden layer, with the weights into each output scaled to this ℓ1 norm, unless they are 0."""
    first, last = parameters.layers
    assert last is not None
    weights = last.weights.fractions()
    norms = abs(weights).sum(axis=0)
    scaled = weights * [bound / norm if norm else 1 for norm in norms.tolist()]
    array = ExactArray.from_fractions(scaled.ravel().tolist(), scaled.shape)
    return Parameters((first, LayerParameters(array, None)))


def sharp(random: Random, count: int, outputs: int, *, activation: str = "relu") -> Instance:
    """A random point at the width mn + 1, with weights into each output of ℓ1 norm 1."""
    instance = wide(random, (outputs * count + 1,), count, activation=activation, outputs=outputs)
    assert instance.parameters is not None
    return Instance(instance.network, within(instance.parameters, Fraction(1)), instance.samples, instance.targets)


def unread() -> Instance:
    """Three hard tanh units on two samples, all read by the output, with weights of l1 norm 1."""
    network = Network(
        (1,), [FullyConnected(3, activation="hard-tanh"), FullyConnected(1, activation="identity", bias="none")]
    )
    arrays = {"W1": [[1, 2, 1]], "b1": [0, 0, -1], "W2": [["1/2"], ["-1/4"], ["1/4"]]}
    samples, targets = exact_array([[-1], [2]], name="samples"), exact_array([[2], [1]], name="targets")
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


@check("L20.E3")
def a_step(
    instance: Instance | None = None, better: Parameters | None = None, bounds: NormBounds | None = None
) -> CheckResult:
    """Carathéodory's theorem in l1 form, a unit set free, and a step of Frank and Wolfe: never outside the bounds."""
    instance = instance or unread()
    path = path_under_norms(Objective(instance), bounds or NormBounds(Fraction(1)), better)
    return undecided(path) if isinstance(path, str) else relations(instance, path)


@check("L20.E3")
def random_points_at_width_mn_plus_1() -> CheckResult:
    """Random points within the bounds, half of them with a random better one, at width mn + 1: all paths accepted."""
    random = Random(23)
    found = []
    for i in range(POINTS):
        name = random.choice(("relu", "hard-tanh", "square"))
        instance = sharp(random, random.choice((2, 3)), random.choice((1, 2)), activation=name)
        better = _better(random, instance) if i % 2 else None
        found.append(a_step(instance, better))
    return all_accepted(found)


def _better(random: Random, instance: Instance) -> Parameters | None:
    for _ in range(100):
        found = within(drawn(random, instance.network), Fraction(1))
        if loss_of(replace_parameters(instance, found)) < loss_of(instance):
            return found
    return None


# -------------------------------------------------------------------- widths


def quoted(count: int, outputs: int, depth: int) -> int:
    """2m(n + 1)^l for l hidden layers, as it is quoted."""
    power: int = (count + 1) ** depth
    return 2 * outputs * power


def table_of_widths() -> list[tuple[int, int, int, int, int, int, int]]:
    """n, m, l, then the widths: quoted, of E1, of E2, and for l = 1 of E3 (else 0)."""
    rows = []
    for count, outputs, depth in ((2, 1, 1), (2, 1, 2), (10, 1, 1), (10, 10, 2), (100, 10, 1), (100, 10, 3)):
        bounded = outputs * count + 1 if depth == 1 else 0
        rows.append((count, outputs, depth, quoted(count, outputs, depth), count, 2 * count, bounded))
    return rows


@check("L20.widths")
def far_below_the_quoted_width() -> CheckResult:
    """Paths at the widths of E1, E2 and E3, and what the quoted width is for the same n, m and l."""
    random = Random(24)
    shapes = ((3, 2, 2), (3, 1, 3))
    found, widths = [], []
    for count, outputs, depth in shapes:
        narrow = wide(random, (count,) * depth, count, outputs=outputs)
        roomy = wide(random, (2 * count,) * depth, count, outputs=outputs)
        found += [to_outputs(narrow), to_point(roomy, better_than(random, roomy))]
        widths.append(f"{count} and {2 * count} in place of {quoted(count, outputs, depth)}")
    found.append(a_step(sharp(random, 3, 2)))
    widths.append(f"7 in place of {quoted(3, 2, 1)}")
    accepted = all_accepted(found)
    if accepted.status != "proved":
        return accepted
    what = f"hidden widths {', '.join(widths)}: {accepted.what}"
    return CheckResult(
        "proved", "an instance", what, {"table": list(map(list, table_of_widths()))}, accepted.certificates
    )
