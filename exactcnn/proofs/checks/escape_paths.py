"""Around Lederer (2020): paths of wide fully connected networks, to outputs, to points and to few units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from random import Random

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import exact_array
from exactcnn.gallery.examine import examine
from exactcnn.landscape.evidence import OWN, LossClaim
from exactcnn.landscape.neuron_tables import NeuronPoint, basis
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.path_by_carriers import path_by_carriers
from exactcnn.landscape.path_to_outputs import path_to_outputs
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.points import piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check

PAIRS = 8  # of random points, of each kind
TRIES = 200  # to draw a better point


def wide(random: Random, widths: Sequence[int], count: int, *, activation: str = "relu", outputs: int = 1) -> Instance:
    """Small random integers: samples, targets, and parameters of hidden layers with biases; outputs have none."""
    layers = [FullyConnected(width, activation=activation) for width in widths]
    network = Network((2,), [*layers, FullyConnected(outputs, activation="identity", bias="none")])
    samples = exact_array([[random.randint(-3, 3), i] for i in range(count)], name="samples")
    targets = exact_array([[random.randint(-9, 9) for _ in range(outputs)] for _ in range(count)], name="targets")
    return Instance(network, drawn(random, network), samples, targets)


def drawn(random: Random, network: Network) -> Parameters:
    """Parameters from -2 to 2."""
    arrays: dict[str, object] = {}
    for layer in network.resolved:
        for name, (rows, *columns) in layer.parameter_shapes.items():
            width = columns[0] if columns else 1
            values = [[random.randint(-2, 2) for _ in range(width)] for _ in range(rows)]
            arrays[f"{name}{layer.number}"] = values if columns else [value for (value,) in values]
    return Parameters.from_arrays(network, arrays)


def better_than(random: Random, instance: Instance) -> Parameters | None:
    """Random parameters with a smaller loss; None if none were found."""
    loss = loss_of(instance)
    for _ in range(TRIES):
        found = drawn(random, instance.network)
        if loss_of(replace_parameters(instance, found)) < loss:
            return found
    return None


def loss_of(instance: Instance) -> Fraction:
    """The loss, in Q."""
    found = Objective(instance).loss()
    assert isinstance(found, Fraction)
    return found


def dead() -> Instance:
    """Widths 1, 3, 3, 1 on three samples, and no ReLU of layer 1 active on any."""
    layers = [FullyConnected(3, activation="relu"), FullyConnected(3, activation="relu")]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity", bias="none")])
    arrays = {"W1": [[0] * 3], "b1": [-1] * 3, "W2": [[1] * 3] * 3, "b2": [0] * 3, "W3": [[1]] * 3}
    samples, targets = exact_array([[0], [1], [2]], name="samples"), exact_array([[1], [2], [5]], name="targets")
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


def roomy() -> tuple[Instance, Parameters]:
    """Widths 2, 6, 6, 1 on three samples, and a better point."""
    random = Random(1)
    instance = wide(random, (6, 6), 3)
    better = better_than(random, instance)
    assert better is not None
    return instance, better


# -------------------------------------------------------------------- relations, blocks


@check("L20.D.paths")
def relations(instance: Instance | None = None, path: WidePath | None = None) -> CheckResult:
    """A path whose segments are constant, convex or falling, each verified; ends below its start."""
    instance = instance or dead()
    found = path or path_to_outputs(Objective(instance))
    if isinstance(found, str):
        return undecided(found)
    claim = found.claim((OWN, *range(len(found.points))))
    certificate = Certificate(instance, (claim,), len(instance.network.layers), found.points)
    constant, moves = found.kinds.count("constant"), found.kinds.count("last-layer")
    how = "never grows" if found.falls else "is convex on each segment, and never above its start"
    what = (
        f"{constant} constant segments and {moves} of the last layer: the loss {how}, {found.before} to {found.after}"
    )
    return CheckResult("proved", "an instance", what, {"segments": list(found.kinds)}, (certificate,))


@check("L20.D.blocks")
def few_units(instance: Instance | None = None, better: Parameters | None = None) -> CheckResult:
    """One constant segment to a point at which layers read at most n units of each layer below."""
    if instance is None:
        instance, better = roomy()
    if better is None:
        return undecided("a better point is needed; none is given")
    here = NeuronPoint.of(Objective(instance))
    blocks = {number: basis(features) for number, features in enumerate(here.features[1:], start=1)}
    tables = here.gather(blocks)
    path = path_to_point(Objective(instance), better)
    if isinstance(path, str):
        return undecided(path)
    whole = relations(instance, path)
    units = [sum(any(row) for row in weights.tolist()) for weights in tables.weights[1:]]
    if whole.status != "proved" or max(units) > here.count:
        return undecided(f"{whole.what}; {units} units are read")
    what = f"the layers above read {', '.join(map(str, units))} units, at most n = {here.count}; {whole.what}"
    return CheckResult("proved", "an instance", what, {"read": units}, whole.certificates)


# -------------------------------------------------------------------- E1


@check("L20.E1")
def to_outputs(instance: Instance | None = None, better: Parameters | None = None) -> CheckResult:
    """A path to the outputs of a better point, or to the least loss that any outputs have."""
    instance = instance or dead()
    path = path_to_outputs(Objective(instance), better)
    return undecided(path) if isinstance(path, str) else relations(instance, path)


@check("L20.E1")
def random_points_at_width_n() -> CheckResult:
    """Random points and random better points at hidden widths n: all paths accepted."""
    random = Random(20)
    return all_accepted(
        to_outputs(instance, better_than(random, instance))
        for instance in (
            wide(random, (count,) * depth, count, activation=name, outputs=outputs)
            for count, depth, outputs, name in _kinds(random)
        )
    )


@check("L20.E1")
def one_unit_fewer() -> CheckResult:
    """Width n - 1: strict minima that are not global, for two and three samples; at width n a path leaves the first."""
    certificates, losses = [], []
    for name in ("li-ding-sun-2", "li-ding-sun-3-wide"):
        piece = piece_of(name)
        found = examine(piece, check=False)
        if found.failures or "strict" not in found.point.status or not found.point.suboptimal:
            return undecided(f"{name} is {found.point.status}: {', '.join(found.failures)}")
        certificates.append(found.certificate)
        losses.append(f"{float(found.point.loss[0]):.4g}")
    narrow = piece_of("li-ding-sun-2").instance()
    layers = [FullyConnected(2, activation="logistic(2)", bias="none"), narrow.network.layers[-1]]
    network = Network((1,), layers)
    added = Parameters.from_arrays(network, {"W1": [[1, 2]], "W2": [["9/50"], [0]]})
    path = to_outputs(Instance(network, added, narrow.samples, narrow.targets))
    if path.status != "proved":
        return undecided(path.what)
    what = f"strict minima with Φ = {' and '.join(losses)} that are not global, at n = 2 and 3 and width n - 1"
    what += f"; with one unit more a path leaves the first: {path.what}"
    return CheckResult("proved", "an instance", what, {}, (*certificates, *path.certificates))


# -------------------------------------------------------------------- E2


@check("L20.E2")
def to_point(instance: Instance | None = None, better: Parameters | None = None) -> CheckResult:
    """A path to a better point itself."""
    if instance is None:
        instance, better = roomy()
    if better is None:
        return undecided("a better point is needed; none is given")
    blocks, path = few_units(instance, better), path_to_point(Objective(instance), better)
    if blocks.status != "proved" or isinstance(path, str):
        return undecided(path if isinstance(path, str) else blocks.what)
    return relations(instance, path)


@check("L20.E2")
def random_points_at_width_2n() -> CheckResult:
    """Random points and better ones at hidden widths 2n, also for activations that are polynomials: all accepted."""
    random = Random(21)
    pairs = []
    for count, depth, outputs, name in _kinds(random, ("relu", "square", "hard-tanh")):
        instance = wide(random, (2 * count,) * depth, count, activation=name, outputs=outputs)
        pairs.append((instance, better_than(random, instance)))
    return all_accepted(to_point(*pair) for pair in pairs if pair[1] is not None)


@check("L20.E2")
def not_connected_at_width_n() -> CheckResult:
    """n = 1 and width 1, outputs v σ(w), y = 1: {Φ < 1/2} has two parts, with v > 0 and with v < 0."""
    layers = [FullyConnected(1, activation="leaky-relu", bias="none")]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity", bias="none")])
    one = exact_array([[1]], name="samples")
    low, other = (Parameters.from_arrays(network, {"W1": [[w]], "W2": [[v]]}) for w, v in ((1, "1/2"), (-1, -50)))
    instance = Instance(network, low, one, one)
    losses = loss_of(instance), loss_of(replace_parameters(instance, other))
    if max(losses) >= Fraction(1, 2):
        return undecided(f"the losses are {losses}")
    claims = [LossClaim(point, loss, loss) for point, loss in zip((OWN, 0), losses, strict=True)]
    what = f"Φ = {losses[0]} at v > 0 and {losses[1]} at v < 0; every path between them has v = 0, where Φ = 1/2"
    return CheckResult("proved", "an instance", what, {}, (Certificate(instance, claims, 2, (other,)),))


@check("L20.E2.carriers")
def by_carriers(instance: Instance | None = None, better: Parameters | None = None) -> CheckResult:
    """A path to a better point that moves all but output weights without solving for them."""
    if instance is None:
        random = Random(5)
        instance = wide(random, (3, 6), 3, activation="leaky-relu")
        better = better_than(random, instance)
    if better is None:
        return undecided("a better point is needed; none is given")
    path = path_by_carriers(Objective(instance), better)
    return undecided(path) if isinstance(path, str) else relations(instance, path)


@check("L20.E2.carriers")
def random_points_with_one_wide_layer() -> CheckResult:
    """Random points and better ones at widths n, ..., n, 2n: all paths accepted."""
    random = Random(22)
    found = []
    for count, depth, outputs, name in _kinds(random):
        instance = wide(random, (*[count] * (depth - 1), 2 * count), count, activation=name, outputs=outputs)
        better = better_than(random, instance)
        if better is not None:
            found.append(by_carriers(instance, better))
    return all_accepted(found)


# -------------------------------------------------------------------- many at once


def _kinds(
    random: Random, names: Sequence[str] = ("relu", "leaky-relu", "hard-tanh", "softsign")
) -> Iterable[tuple[int, int, int, str]]:
    """Numbers of samples, hidden layers and outputs, and an activation."""
    for i in range(PAIRS):
        yield random.choice((2, 3)), 1 + i % 3, random.choice((1, 2)), random.choice(names)


def all_accepted(results: Iterable[CheckResult]) -> CheckResult:
    """One result for several paths at random."""
    found = list(results)
    bad = [each.what for each in found if each.status != "proved"]
    if bad or not found:
        return undecided(bad[0] if bad else "no better point was drawn")
    most = max(len(each.details["segments"]) for each in found)
    what = f"{len(found)} paths at random, of at most {most} segments"
    return CheckResult(
        "proved", "a sample", what, {"paths": len(found)}, tuple(c for each in found for c in each.certificates)
    )
