"""Gradient and Hessian of the loss against numeric derivatives of the loss in its definition."""

import copy
import itertools
import random
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.derivatives import ENCLOSED, EXACT, Objective
from exactcnn.checker.document import Document, ObligationError
from exactcnn.checker.instance import read_instance
from exactcnn.checker.points import at_point, coordinates, theta

PADDED = [[-1, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, -1]]


def numbers(generator, *shape):
    if len(shape) == 1:
        return [Fraction(generator.randrange(-40, 41), 16) for _ in range(shape[0])]
    return [numbers(generator, *shape[1:]) for _ in range(shape[0])]


def network(make, first, second, *, bias="filter", seed=0, pooled=True):
    """A padded convolution with two filters, an activation, maxima, a convolution, a fully connected layer."""
    generator = random.Random(seed)
    own = {"filter": 2, "neuron": 8, "none": None}[bias]
    layers = [
        make.convolution(
            PADDED, 2, first, weights=numbers(generator, 3, 2), biases=own and numbers(generator, own), bias=bias
        ),
        make.elementwise("identity"),
        make.pooling([[0, 2, -1], [-1, 1, 3], [4, 6, -1], [5, -1, 7]]) if pooled else make.elementwise("softsign"),
        make.convolution(
            [[0, 1], [2, 3]],
            2,
            second,
            weights=numbers(generator, 2, 2),
            biases=numbers(generator, 2),
            bias="filter",
        ),
    ]
    layers.append(
        make.convolution([[0, 1, 2, 3]], 2, "identity", weights=numbers(generator, 4, 2), biases=numbers(generator, 2))
    )
    document = make.instance(numbers(generator, 3, 4), layers)
    return {**document, "targets": make.array(numbers(generator, 3, 2))}


def shifted(document, moves):
    """Return the document with parameters moved: {coordinate: step}."""
    result, place = copy.deepcopy(document), 0
    for layer in result["layers"]:
        for name in ("weights", "biases"):
            if layer.get(name):
                for index in range(len(layer[name]["values"])):
                    if place in moves:
                        layer[name]["values"][index] = str(Fraction(layer[name]["values"][index]) + moves[place])
                    place += 1
    return result


def numeric_loss(make, document):
    outputs = make.numeric_features(document, len(document["layers"]))
    aims = make.numbers(document["targets"])
    return sum((x - y) ** 2 for x, y in zip((x for row in outputs for x in row), aims, strict=True)) / 2


def read(document):
    return at_point(read_instance(Document(document, [], [], ""), Path(), Budget(100)), -1)


def objective(document, arithmetic=ENCLOSED):
    instance = read(document)
    values = theta(instance)
    return Objective(instance, values if arithmetic is EXACT else list(map(arb, values)), arithmetic)


H = Fraction(1, 10**12)


def value(ball):
    return mpmath.mpf(ball.mid().str(50, radius=False))


@pytest.mark.parametrize("bias", ["filter", "neuron", "none"])
@pytest.mark.parametrize(("first", "second"), [("leaky-relu(1/3)", "softsign"), ("tanh", "gelu"), ("elu(1)", "silu")])
def test_against_differences(make, first, second, bias):
    document = network(make, first, second, bias=bias)
    with ctx.workprec(150):
        found = objective(document)
        gradient, loss = found.gradient(), found.loss()
        assert abs(value(loss) - numeric_loss(make, document)) < mpmath.mpf(10) ** -30
        generator = random.Random(5)
        size = len(gradient)
        assert size == coordinates(found.layers).count
        for e in range(size):
            up, down = (numeric_loss(make, shifted(document, {e: s * H})) for s in (1, -1))
            assert abs((up - down) / (2 * make.real(H)) - value(gradient[e])) < mpmath.mpf(10) ** -18
        for _ in range(12):
            e, f = generator.randrange(size), generator.randrange(size)
            corners = [
                numeric_loss(make, shifted(document, {e: a * H, f: b * H} if e != f else {e: (a + b) * H}))
                for a in (1, -1)
                for b in (1, -1)
            ]
            second_derivative = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * make.real(H) ** 2)
            column = found.hessian_times(found.unit(e))
            assert abs(second_derivative - value(column[f])) < mpmath.mpf(10) ** -16
            assert column[f].overlaps(found.hessian_times(found.unit(f))[e])
        for e in range(0, size, 5):
            up, down = (make.numeric_features(shifted(document, {e: s * H}), len(document["layers"])) for s in (1, -1))
            along = zip(itertools.chain(*up), itertools.chain(*down), found.outputs_along(found.unit(e)), strict=True)
            assert all(abs((a - b) / (2 * make.real(H)) - value(c)) < mpmath.mpf(10) ** -18 for a, b, c in along)


@pytest.mark.parametrize("pooled", [True, False])
def test_rational_and_enclosed_agree(make, pooled):
    document = network(make, "leaky-relu(1/4)", "softsign", pooled=pooled)
    exact, enclosed = objective(document, EXACT), objective(document)
    pairs = [(exact.loss(), enclosed.loss()), *zip(exact.gradient(), enclosed.gradient(), strict=True)]
    for e in range(0, len(exact.gradient()), 3):
        columns = (each.hessian_times(each.unit(e)) for each in (exact, enclosed))
        pairs += zip(*columns, strict=True)
        pairs += zip(*(each.outputs_along(each.unit(e)) for each in (exact, enclosed)), strict=True)
    for number, ball in pairs:
        assert ball.overlaps(arb(number))


def test_a_box_contains_what_its_points_have(make):
    document = network(make, "tanh", "gelu")
    instance = read(document)
    with ctx.workprec(100):
        box = Objective(instance, [arb(x) + arb(0, 2.0**-12) for x in theta(instance)], ENCLOSED)
        inside = objective(shifted(document, {e: Fraction((-1) ** e, 2**12) for e in range(12)}))
        for e in (0, 7, 9):
            for a, b in zip(box.hessian_times(box.unit(e)), inside.hessian_times(inside.unit(e)), strict=True):
                assert a.overlaps(b)
                assert a.rad() > b.rad()


def test_breakpoints_and_ties_are_refused(make):
    weights = [[1], [1]]
    kink = make.convolution([[0, 1]], 1, "relu", weights=weights, bias="none")
    for last, message in ((0, "neuron 0 of layer 1 is at a breakpoint on sample 1"), (1, None)):
        document = {**make.instance([[1, 1], [1, last - 1]], [kink]), "targets": make.array([[0], [0]])}
        for arithmetic in (ENCLOSED, EXACT):
            if message is None:
                assert objective(document, arithmetic).loss() == fmpq(5, 2)
                continue
            with pytest.raises(ObligationError, match=message):
                objective(document, arithmetic)
    for last in (1, 2):
        document = {**make.instance([[1, last]], [make.pooling([[0, 1]])]), "targets": make.array([[0]])}
        if last == 2:
            assert objective(document, EXACT).loss() == 2
            continue
        with pytest.raises(ObligationError, match="maximum of patch 0 of layer 1 on sample 0"):
            objective(document, EXACT)


def test_powers_of_two_above_layer_1(make):
    wave = make.formula(({(0, 1): 1}, {(0, 0): 1, (0, 1): 1}), exponent=[0, 1], base="2")
    layers = [
        make.convolution([[0]], 1, "identity", weights=[[1]], bias="none"),
        make.convolution([[0]], 1, wave, weights=[[1]], bias="none"),
    ]
    document = {**make.instance([[1]], layers), "targets": make.array([[0]])}
    with pytest.raises(ObligationError, match="above layer 1"):
        objective(document, EXACT)
    objective({**document, "layers": layers[1:]}, EXACT)
