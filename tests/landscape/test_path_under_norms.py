"""Paths under bounds at the width mn + 1: accepted, followed by loops, norms between the points, one unit below."""

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import OWN, BoundedPathClaim, LossClaim
from exactcnn.landscape.norm_bounds import NormBounds
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.path_under_norms import path_under_norms
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.test_path_to_point import accepted
from tests.landscape.wide_networks import follows


def scaled(rows, bound):
    """Integers whose columns get this l1 norm."""
    sums = [sum(abs(row[c]) for row in rows) or 1 for c in range(len(rows[0]))]
    return [[str(Fraction(value) * bound / total) for value, total in zip(row, sums, strict=True)] for row in rows]


def drawn(random, network, bound, hidden):
    below, width, outputs = network.widths
    first = [[random.randint(-4, 4) for _ in range(width)] for _ in range(below + 1)]  # the biases last
    rows = scaled(first, hidden) if hidden is not None else [list(map(str, row)) for row in first]
    last = scaled([[random.randint(-9, 9) for _ in range(outputs)] for _ in range(width)], bound)
    return Parameters.from_arrays(network, {"W1": rows[:-1], "b1": rows[-1], "W2": last})


def point(random, *, count, outputs, width, activation, bounds, equal=False):
    last = FullyConnected(outputs, activation="identity", bias="none")
    network = Network((2,), [FullyConnected(width, activation=activation), last])
    samples = [[random.randint(-4, 4), i] for i in range(count)]
    targets = [[random.randint(-3, 3) for _ in range(outputs)] for _ in range(count + equal)]
    samples += [samples[0]] * equal
    parameters = drawn(random, network, bounds.outputs, bounds.hidden)
    return Objective(Instance(network, parameters, samples, targets))


def inside(path, objective, bounds):
    """Norms a third of the way along each segment."""
    layers = [(p.layer(1), p.layer(2)) for p in (objective.instance.parameters, *path.points)]
    for (first, last), (other, end) in pairwise(layers):
        rows = [each.weights.fractions() for each in (last, end)]
        assert (abs(rows[0] * 2 + rows[1]).sum(axis=0) <= 3 * bounds.outputs).all()
        if bounds.hidden is not None:
            weights = first.weights.fractions() * 2 + other.weights.fractions()
            biases = first.biases.fractions() * 2 + other.biases.fractions()
            assert (abs(weights).sum(axis=0) + abs(biases) <= 3 * bounds.hidden).all()


@pytest.mark.parametrize("activation", ["relu", "hard-tanh", "square", "softsign"])
@pytest.mark.parametrize("seed", range(6))
def test_random_points_at_the_width_mn_plus_1(activation, seed):
    random = Random(f"{activation} {seed}")
    count, outputs = random.choice([2, 3]), random.choice([1, 2])
    bounds = NormBounds(random.choice([Fraction(1), Fraction(5, 2)]), random.choice([None, Fraction(2)]))
    width = count * outputs + 1
    start = point(
        random, count=count, outputs=outputs, width=width, activation=activation, bounds=bounds, equal=seed % 2 == 1
    )
    others = [drawn(random, start.instance.network, bounds.outputs, bounds.hidden) for _ in range(30)]
    better = [each for each in others if Objective(replace_parameters(start.instance, each)).loss() < start.loss()]
    for to in (None, *better[:2]):
        path = path_under_norms(start, bounds, to, seed=seed)
        assert isinstance(path, WidePath), path
        assert path.kinds == ("constant", "constant", "last-layer")
        assert path.falls
        assert path.after < path.before
        assert follows(start, path)
        inside(path, start, bounds)
        outcome = accepted(start, path)
        assert outcome.exit_code == 0, outcome.message
        assert outcome.accepted[0].startswith("a path of 3 segments")


def test_one_unit_less_is_not_covered():
    """With mn units, all of them needed."""
    random, bounds, messages = Random(3), NormBounds(Fraction(1)), set()
    for _ in range(20):
        start = point(random, count=2, outputs=2, width=4, activation="softsign", bounds=bounds)
        found = path_under_norms(start, bounds)
        messages.add(found if isinstance(found, str) else "a path")
    wanted = "layer 1 has 4 neurons, all of them needed; expected at least 5 for 2 different samples, 1 more"
    assert wanted in messages


def test_points_outside_the_bounds():
    random, bounds = Random(4), NormBounds(Fraction(1))
    start = point(random, count=2, outputs=1, width=3, activation="relu", bounds=NormBounds(Fraction(2)))
    with pytest.raises(InputError, match=r"the start: the weights into output 0 have the l1 norm 2; .* at most 1"):
        path_under_norms(start, bounds)
    start = point(random, count=2, outputs=1, width=3, activation="hard-tanh", bounds=bounds)
    exact = {"W1": [[0] * 3] * 2, "b1": [1] * 3, "W2": [["5"], [0], [0]]}
    for value in range(-30, 31):
        exact["W2"][0] = [f"{value}/9"]
        other = Parameters.from_arrays(start.instance.network, exact)
        if abs(value) > 9 and Objective(replace_parameters(start.instance, other)).loss() < start.loss():
            with pytest.raises(InputError, match="better: the weights into output 0 have the l1 norm"):
                path_under_norms(start, bounds, other)
            return
    raise AssertionError("no point with a smaller loss outside the bounds")


def test_other_networks():
    bounds = NormBounds(Fraction(9))

    def reason(layers, arrays):
        network = Network((1,), layers)
        return path_under_norms(
            Objective(Instance(network, Parameters.from_arrays(network, arrays), [[1]], [[1]])), bounds
        )

    relu, last = FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")
    one = {"W1": [[1]], "b1": [0], "W2": [[0]], "b2": [0]}
    assert reason([relu, last], one) == 'layer 2 has biases; expected bias = "none" under a constraint'
    two = {**one, "W3": [[1]], "b3": [0]}
    assert reason([relu, relu, last], two) == "there are 2 hidden layers; expected 1 under a constraint"
    assert reason([last], {"W1": [[1]], "b1": [0]}) == "there is no hidden layer"


def test_where_no_unit_helps():
    """The loss is 0 already."""
    last = FullyConnected(1, activation="identity", bias="none")
    network = Network((1,), [FullyConnected(2, activation="relu"), last])
    parameters = Parameters.from_arrays(network, {"W1": [[1, 0]], "b1": [0, 0], "W2": [[1], [0]]})
    found = path_under_norms(Objective(Instance(network, parameters, [[1]], [[1]])), NormBounds(Fraction(1)))
    assert found == "the loss does not fall towards any of the units that were tried, with weights up to 1"


def test_lies_are_rejected():
    """A smaller bound than that of the start, a point outside, and no bound at all where there is one."""
    random, bounds = Random(8), NormBounds(Fraction(1))
    start = point(random, count=2, outputs=1, width=3, activation="hard-tanh", bounds=bounds)
    path = path_under_norms(start, bounds)
    numbers = (OWN, *range(len(path.points)))

    def outcome(claim):
        return Certificate(start.instance, (claim,), 2, path.points).outcome

    assert outcome(path.claim(numbers)).exit_code == 0
    assert outcome(BoundedPathClaim(numbers, (None, Fraction(99, 100)))).exit_code == 1
    assert outcome(BoundedPathClaim(numbers, (Fraction(1, 1000), Fraction(1)))).exit_code == 1
    assert outcome(LossClaim(len(path.points) - 1, path.after, path.after)).exit_code == 0
