"""Points of wide fully connected networks, and a walk along a path by loops over fractions."""

from fractions import Fraction
from itertools import pairwise

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.constructions.test_zero_loss import outputs


def drawn(random, network, *, least=-2, most=2):
    """Small integers, many of them 0."""
    arrays = {}
    for layer in network.resolved:
        for name, shape in layer.parameter_shapes.items():
            size = shape[0] if len(shape) == 1 else shape
            rows = (
                [random.randint(least, most) for _ in range(size)]
                if len(shape) == 1
                else [[random.randint(least, most) for _ in range(shape[1])] for _ in range(shape[0])]
            )
            arrays[f"{name}{layer.number}"] = rows
    return Parameters.from_arrays(network, arrays)


def wide(random, widths, *, count, outputs=1, activation="relu", bias="neuron", last="neuron", equal=()):
    """An objective at a random point; samples named in `equal` repeat the first one."""
    layers = [FullyConnected(width, activation=activation, bias=bias) for width in widths]
    network = Network((2,), [*layers, FullyConnected(outputs, activation="identity", bias=last)])
    samples = [[random.randint(-3, 3), i] for i in range(count)]
    for i in equal:
        samples[i] = samples[0]
    targets = [[random.randint(-9, 9) for _ in range(outputs)] for _ in range(count)]
    return Objective(Instance(network, drawn(random, network), samples, targets))


def with_less_loss(random, objective, *, tries=200):
    """Random parameters with a smaller loss."""
    for _ in range(tries):
        found = drawn(random, objective.instance.network)
        if objective.at(objective.coordinates.flat(found)).loss() < objective.loss():
            return found
    raise AssertionError("no better point was drawn")


def follows(objective, path):
    """Whether the outputs stay, or move straight, as the kinds of the segments say; and all losses are as stated."""
    coordinates = objective.coordinates
    thetas = [coordinates.flat(each).fractions() for each in (objective.instance.parameters, *path.points)]
    samples, targets = (each.fractions().tolist() for each in (objective.instance.samples, objective.instance.targets))

    def at(theta):
        parameters = coordinates.parameters(ExactArray.from_fractions(theta.tolist(), theta.shape))
        return [value for row in outputs(objective.instance.network, parameters, samples) for value in row]

    aims = [value for row in targets for value in row]

    def loss(values):
        return sum((a - b) ** 2 for a, b in zip(values, aims, strict=True)) / 2

    losses = [loss(at(thetas[0]))]
    for kind, first, second in zip(path.kinds, thetas, thetas[1:], strict=False):
        start, end = at(first), at(second)
        for t in (Fraction(1, 3), Fraction(3, 4), Fraction(1)):
            values = at(first + (second - first) * t)
            if values != [a + (b - a) * t * (kind == "last-layer") for a, b in zip(start, end, strict=True)]:
                return False
            losses.append(loss(values))
    falling = all(a >= b for a, b in pairwise(losses))
    ends = (losses[0], losses[-1]) == (path.before, path.after)
    return ends and max(losses) == losses[0] and (falling or not path.falls)
