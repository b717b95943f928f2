"""Regular blocks of 2017: second derivatives computed again by sympy, and where hypotheses fail."""

import random
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import sympy

from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.proofs.checks.features_and_ones import fully_connected
from exactcnn.proofs.checks.nondegenerate import (
    block_rank,
    no_regular_block,
    null_directions,
    null_vector,
    one_unit_fewer,
    outside_zero_loss,
    regular,
    regular_block_at_zero_loss,
    singular_at_width_n,
    singular_at_zero_loss,
    two_samples,
    wide,
)


def ramp(t, at):
    """The smooth ramp's formula on the piece that holds at a number."""
    return 1 / (1 - t) if at < 0 else t + 1 if at < 20 else 22 - 1 / (t - 19)


def slow_hessian(instance, layers):
    """Second implementation: the loss as a rational function of the parameters of some layers, differentiated."""
    variables, point, tables = [], [], {}
    for number, own in enumerate(instance.parameters.layers, 1):
        for kind, array in (("W", own.weights), ("b", own.biases)):
            values = array.fractions()
            table = np.empty(values.shape, dtype=object)
            for place in np.ndindex(values.shape):
                value = sympy.Rational(str(values[place]))
                if number in layers:
                    symbol = sympy.Symbol(f"{kind}{number}_{'_'.join(map(str, place))}")
                    variables.append(symbol)
                    point.append(value)
                    table[place] = (symbol, value)
                else:
                    table[place] = (value, value)
            tables[kind, number] = table
    loss = sympy.Integer(0)
    targets = instance.targets.fractions()
    for sample, wanted in zip(instance.samples.fractions(), targets, strict=True):
        values = [(sympy.Rational(str(x)),) * 2 for x in sample]
        for number in range(1, len(instance.parameters.layers) + 1):
            weights, biases, above = tables["W", number], tables["b", number], []
            for unit in range(len(biases)):
                z, at = biases[unit]
                for (x, x_at), (w, w_at) in zip(values, weights[:, unit], strict=True):
                    z, at = z + w * x, at + w_at * x_at
                above.append((ramp(z, at), ramp(at, at)))
            values = above
        loss += sum((x - sympy.Rational(str(y))) ** 2 for (x, _), y in zip(values, wanted, strict=True)) / 2
    return sympy.hessian(loss, variables).subs(dict(zip(variables, point, strict=True)))


def test_blocks_by_sympy():
    assert slow_hessian(regular(), (2,)).det() > 0
    assert slow_hessian(regular(), (1, 2)).det() == 0
    assert slow_hessian(wide(), (2,)).det() == 0
    for instance, layers in ((regular(), (2,)), (regular(), (1, 2)), (wide(), (2,))):
        assert slow_hessian(instance, layers).rank() == block_rank(instance, layers).rank.exact


def test_kernel_vectors_by_sympy():
    hessian = slow_hessian(outside_zero_loss(), (2, 3))
    u = [sympy.Rational(text) for text in null_directions().details["u"]]
    for unit in range(2):
        direction = sympy.zeros(hessian.shape[0], 1)
        for slot in range(2):
            direction[2 * slot + unit] = u[slot]
        direction[4 + unit] = u[2]
        assert hessian * direction == sympy.zeros(hessian.shape[0], 1)


def test_blocks_of_random_wide_networks_are_singular():
    """As the oracle does: whatever the parameters, n_1 = N = 2 and I = {2} or {2, 3}."""
    draw = random.Random(1)
    for widths, layers in [((1, 2, 1), (2,))] * 5 + [((1, 2, 1, 1), (2, 3))] * 5:
        arrays = {}
        for number, (below, above) in enumerate(pairwise(widths), 1):
            arrays[f"W{number}"] = [[f"{draw.randint(-9, 9)}/7" for _ in range(above)] for _ in range(below)]
            arrays[f"b{number}"] = [f"{draw.randint(-9, 9)}/5" for _ in range(above)]
        start = two_samples(widths, arrays)
        instance = Instance(start.network, start.parameters, start.samples, [[draw.randint(-2, 2)], [1]])
        if Objective(instance).breakpoints():
            continue
        order = sum((widths[k - 1] + 1) * widths[k] for k in layers)
        assert block_rank(instance, layers).rank.upper < order
        assert null_directions(instance).status == "proved"


def test_theorem_needs_zero_loss_and_the_rank():
    assert regular_block_at_zero_loss().checked is True
    assert regular_block_at_zero_loss(wide()).status == "undecided"  # n_1 = N: no regular block
    start = regular()
    moved = Instance(start.network, start.parameters, start.samples, [[0], [1]])
    assert regular_block_at_zero_loss(moved).status == "undecided"
    assert singular_at_zero_loss(moved).status == "undecided"
    assert singular_at_width_n().details["rank"] == "2"


def test_architectures():
    found = no_regular_block()
    assert (found.status, found.scope, found.checked) == ("refuted", "architecture", True)
    assert no_regular_block(fully_connected((1, 1, 1), "sigmoid")).status == "undecided"
    without = Network((1,), [FullyConnected(2), FullyConnected(1, bias="none")], activation="sigmoid")
    assert no_regular_block(without).what == "layer 2 is not fully connected with biases"
    above = Network((1, 2), [Convolution(1, 1), Convolution(1, 2)], activation="sigmoid")
    assert no_regular_block(above).what == "layer 2 is not fully connected with biases"
    assert no_regular_block(wide().network, layer=2).status == "undecided"


def test_no_null_vector_where_the_rank_is_full():
    assert null_directions(regular()).status == "undecided"


def test_one_unit_fewer():
    found = one_unit_fewer()
    assert (found.status, found.checked) == ("proved", True)
    arrays = {"W1": [[1]], "b1": ["1/2"], "W2": [[1, 2]], "b2": ["1/2", -1], "W3": [[1], [2]], "b3": ["1/2"]}
    assert slow_hessian(two_samples((1, 1, 2, 1), arrays), (2,)).rank() == 2


@pytest.mark.parametrize("seed", range(5))
def test_null_vectors(seed):
    draw = np.random.default_rng(seed)
    entries = draw.integers(-4, 5, (3, 4))
    matrix = np.vectorize(lambda x: Fraction(int(x)), otypes=[object])(entries)
    u = null_vector(matrix)
    assert any(u)
    assert not (matrix @ np.array(u, dtype=object)).any()
