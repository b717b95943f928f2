"""Straight to any outputs: hypotheses one by one, and the path itself, followed exactly by a second implementation."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import exact_array
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.theorems.any_outputs import any_outputs
from exactcnn.theorems.landscape import critical


def drawn(seed, *, widths=None, name="softsign"):
    """N = 3 distinct samples of the line, layer 1 of three relus of rank 3, further layers of drawn weights."""
    draw = random.Random(seed)
    widths = widths or draw.choice([(3, 2, 1), (3, 3, 2), (4, 2), (3, 3, 2, 1)])
    names = ["relu", *[name] * (len(widths) - 2), "identity"]
    network = Network((1,), [FullyConnected(w, activation=a) for w, a in zip(widths, names, strict=True)])
    arrays = {"W1": [[1] * widths[0]], "b1": [0, -1, -2, *[1] * (widths[0] - 3)]}
    for number, (below, above) in enumerate(pairwise(widths), 2):
        arrays[f"W{number}"] = [[f"{draw.randint(-6, 6)}/2" for _ in range(above)] for _ in range(below)]
        arrays[f"b{number}"] = [f"{draw.randint(-4, 4)}/3" for _ in range(above)]
    targets = [[draw.randint(-20, 20) for _ in range(widths[-1])] for _ in range(3)]
    return Instance(network, Parameters.from_arrays(network, arrays), [[1], [2], [3]], targets)


def softsign(t):
    return t / (1 + abs(t))


def inverse(u):
    return u / (1 - abs(u))


def slow_path(instance, t):
    """The proof of the page, in sympy: outputs at time t on the path to the targets, layer 1 the wide one."""
    parameters, last = instance.parameters, len(instance.network.layers)

    def matrix(array):
        return sympy.Matrix([[sympy.Rational(str(x)) for x in row] for row in array.fractions().tolist()])

    ones = sympy.ones(3, 1)
    weights = {k: matrix(parameters.layer(k).weights) for k in range(1, last + 1)}
    biases = {
        k: sympy.Matrix([[sympy.Rational(str(x)) for x in parameters.layer(k).biases.fractions().tolist()]])
        for k in range(1, last + 1)
    }
    features = {0: matrix(instance.samples)}
    pre = {}
    for k in range(1, last + 1):
        pre[k] = features[k - 1] * weights[k] + ones * biases[k]
        curve = (lambda z: max(z, 0)) if k == 1 else softsign if k < last else (lambda z: z)
        features[k] = pre[k].applyfunc(curve)
    goal = (1 - t) * features[last] + t * matrix(instance.targets)
    for k in range(last - 1, 1, -1):  # F_k from G_{k+1}, with c = 0
        above = weights[k + 1]
        left = (above.T * above).inv() * above.T
        moved = features[k] + (goal - pre[k + 1]) * left
        scale = 1
        while max(abs(x) for x in moved) >= scale:
            scale *= 2
        weights[k + 1] = scale * above
        goal = (moved / scale).applyfunc(inverse)
    first = features[1]
    weights[2] = weights[2] + first.T * (first * first.T).inv() * (goal - pre[2])
    values = first
    for k in range(2, last + 1):
        z = values * weights[k] + ones * biases[k]
        values = z.applyfunc(softsign) if k < last else z
    return features[last], values


@pytest.mark.parametrize("seed", range(12))
def test_outputs_move_straight_where_it_holds(seed):
    instance = drawn(seed)
    found = any_outputs(instance, 1)
    if not found.holds:
        assert found.problem.startswith("rank U_")
        return
    assert Certificate(instance, found.claims, len(instance.network.layers)).outcome.exit_code == 0
    start, _ = slow_path(instance, 0)
    goal = sympy.Matrix(instance.targets.fractions().astype(int).tolist())
    for t in (sympy.Rational(0), sympy.Rational(1, 7), sympy.Rational(1)):
        assert slow_path(instance, t)[1] == (1 - t) * start + t * goal


def test_ranks_and_claims():
    found = any_outputs(drawn(1, widths=(3, 2, 1)), 1)
    assert found.holds
    assert (found.count, found.member.features.exact) == (3, 3)
    assert [(number, bounds.exact) for number, bounds, _ in found.member.weights] == [(3, 1)]
    assert [claim.document()["kind"] for claim in found.claims] == ["rank", "weights-rank", "conclusion"]


def changed(instance, layers=None, samples=None, targets=None, **arrays):
    network = Network(instance.network.input_shape, layers or instance.network.layers)
    own = {}
    for number, each in enumerate(instance.parameters.layers, 1):
        own[f"W{number}"] = each.weights
        if each.biases is not None:
            own[f"b{number}"] = each.biases
    own = {name: value for name, value in (own | arrays).items() if value is not None}
    return Instance(network, Parameters.from_arrays(network, own), samples or instance.samples, targets)


def test_what_is_missing():
    start = drawn(1, widths=(3, 2, 1))

    def layers(second="softsign", last="identity", **options):
        third = FullyConnected(1, activation=last, **options)
        return [FullyConnected(3, activation="relu"), FullyConnected(2, activation=second), third]

    assert any_outputs(start, 3).problem == "layer 3 is not hidden"
    assert any_outputs(changed(start, layers("relu")), 1).problem.endswith("is not proved to be strictly monotone")
    assert any_outputs(changed(start, layers(last="softsign")), 1).problem == (
        "the activation of layer 3 is not the identity"
    )
    assert any_outputs(changed(start, layers(bias="none"), b3=None), 1).holds  # the range contains 0
    open_range = changed(start, layers("sigmoid", bias="none"), b3=None)
    assert any_outputs(open_range, 1).problem == "the biases of layer 3 cannot follow when its weights are scaled"
    assert any_outputs(changed(start, W3=[[0], [0]]), 1).problem == "rank U_3 is 0, below its number 1 of columns"
    same = changed(start, W1=[[1, 1, 1]], b1=[0, 0, 0])
    assert any_outputs(same, 1).problem == "rank F_1 is 1, below the number 3 of different samples"
    assert any_outputs(Instance(start.network, start.parameters), 1).problem == "there are no samples"
    for found in (any_outputs(open_range, 1), any_outputs(same, 1)):
        assert found.claims == ()
    wide_outputs = drawn(1, widths=(3, 2, 3))
    assert any_outputs(wide_outputs, 1).problem == "rank U_3 is 2, below its number 3 of columns"


def test_other_layers():
    pooled = Network((2,), [FullyConnected(2), MaxPooling(patches=((0, 1),)), FullyConnected(1)], activation="identity")
    arrays = {"W1": [[1, 0], [0, 1]], "b1": [0, 0], "W3": [[1]], "b3": [0]}
    instance = Instance(pooled, Parameters.from_arrays(pooled, arrays), [[1, 2]])
    assert any_outputs(instance, 1).problem == "layer 2 is max-pooling"
    assert any_outputs(instance, 2).holds  # pooling below the wide layer
    conv = Network((1, 2), [Convolution(1, 1), Convolution(1, 1), FullyConnected(1)], activation="identity")
    more = {"W1": [[1]], "b1": [0, 0], "W2": [[1]], "b2": [0, 0], "W3": [[1], [1]], "b3": [0]}
    above = Instance(conv, Parameters.from_arrays(conv, more), [[1, 0], [0, 1]])
    assert any_outputs(above, 1).problem == "layer 2 is not fully connected"
    assert any_outputs(above, 2).holds


def minima(instance, **options):
    found = critical(instance, **options)
    return next(each for each in found.verdicts if each.statement == "LDS18.minima"), found


def test_the_verdict():
    start = drawn(1, widths=(3, 2, 1))
    verdict, found = minima(start)
    assert (verdict.status, verdict.scope, verdict.checked) == ("proved", "this point", True)
    assert "cross-entropy" in verdict.reason
    assert "equal samples" not in verdict.reason
    assert found.point.status in ("not critical", "not a minimum", "saddle")
    solved = changed(start, targets=Objective(start).outputs())
    verdict, found = minima(solved)
    assert (verdict.status, found.checked) == ("proved", True)
    assert verdict.reason == "the loss is 0, the least that outputs have"
    outside, _ = minima(changed(start, targets=[[1], [2], [3]], W3=[[0], [0]]), layer=1)
    assert outside.status == "undecided"
    assert outside.reason.endswith("the theorem says nothing about this point")


def test_equal_samples():
    """Rank N' = 2 of three samples: decided where equal samples have equal targets."""
    start = drawn(1, widths=(3, 2, 1))
    samples = [[1], [2], [1]]
    agreeing = changed(start, samples=samples, targets=[[5], [7], [5]])
    verdict, found = minima(agreeing, layer=1)
    assert (verdict.status, verdict.checked, found.memberships[0].holds) == ("proved", True, False)
    assert "do not minimise among those that are equal on equal samples: " in verdict.reason
    assert verdict.reason.endswith("straight to any others that are equal on equal samples")
    other, found = minima(changed(start, samples=samples, targets=[[5], [7], [6]]), layer=1)
    assert (other.status, found.checked) == ("undecided", True)
    assert other.reason.startswith("equal samples have different targets")


@pytest.mark.parametrize("seed", range(12))
def test_no_contradiction_with_what_the_point_is(seed):
    """Where the verdict says that a point is no local minimum, nothing else calls it one."""
    instance = drawn(seed, name=("softsign", "leaky-relu(1/2)", "sigmoid")[seed % 3])
    verdict, found = minima(instance, layer=1)
    if verdict.status == "proved":
        assert "minimum" not in found.point.status or found.point.status == "not a minimum"
    assert found.checked is True


def test_loss_that_is_not_known_to_be_positive():
    """Sigmoids whose outputs are the targets up to what balls see."""
    network = Network((1,), [FullyConnected(1, activation="sigmoid"), FullyConnected(1, activation="identity")])
    arrays = {"W1": [[0]], "b1": [1], "W2": [[1]], "b2": [0]}
    value = Fraction(7310585786300049, 10**16)
    instance = Instance(network, Parameters.from_arrays(network, arrays), exact_array([[3]], name="x"), [[value]])
    verdict, found = minima(instance, layer=1)
    assert verdict.status in ("proved", "undecided")
    assert found.checked is True
