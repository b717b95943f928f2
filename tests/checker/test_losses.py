"""The loss in Q and in balls, against loops on fractions and 60 digits; residuals of 0 in balls among them."""

import random
from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx

from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.document import ObligationError
from exactcnn.checker.losses import enclosed_loss, enclosed_residual, exact_loss, exact_residual, loss_interval
from exactcnn.checker.points import theta
from tests.checker.slow import all_features, drawn, flint, fraction, loss, parameters, read, rows, with_parameters
from tests.checker.test_derivatives import network, numeric_loss

POWERS = ({(0, 1): 1, (1, 0): 1}, {(0, 0): 1, (0, 1): 1})  # (t + 2^t)/(1 + 2^t)


@pytest.mark.parametrize("seed", range(12))
def test_exact_against_loops(make, seed):
    first = make.formula(POWERS, exponent=[0, 1], base="2") if seed % 3 == 0 else "clip(-1,2)"
    document = drawn(make, seed, names=(first, "softsign"), pooled=seed % 2 == 0)
    instance = read(document)
    aims = rows(document["targets"])
    residual = [[fraction(x) for x in row] for row in exact_residual(instance)]
    outputs = all_features(document)[-1]
    assert residual == [[a - b for a, b in zip(own, row, strict=True)] for own, row in zip(outputs, aims, strict=True)]
    value = loss(document)
    assert fraction(exact_loss(instance)) == value
    assert loss_interval(instance, None) == (flint(value), flint(value))
    balls = enclosed_residual(instance)  # with its sign
    with ctx.workprec(1000):
        for own, row in zip(residual, balls, strict=True):
            assert all(ball.overlaps(arb(flint(x))) for ball, x in zip(row, own, strict=True))
    widths = []
    for precision in (2, 10, 30, 53, 200):  # at any precision the number is inside, if anything is said of it
        try:
            low, high = map(fraction, loss_interval(instance, precision))
        except ObligationError:
            assert precision <= 10  # the ball of a denominator 1 + |t| contains 0
            continue
        assert low <= value <= high
        widths.append(high - low)
    assert widths[-1] <= Fraction(1, 2**150) * (1 + value)
    assert widths[-1] <= widths[-3]


@pytest.mark.parametrize(("first", "second"), [("tanh", "gelu"), ("elu(1)", "silu"), ("relu", "softplus(2)")])
def test_enclosed_against_sixty_digits(make, first, second):
    document = network(make, first, second, seed=3)
    instance = read(document)
    value = numeric_loss(make, document)
    low, high = (make.real(str(end)) for end in loss_interval(instance, 150))
    assert low - mpmath.mpf(10) ** -50 <= value <= high + mpmath.mpf(10) ** -50
    assert high - low < mpmath.mpf(10) ** -35
    with pytest.raises(ObligationError, match="not rational by construction"):
        exact_loss(instance)
    with pytest.raises(ObligationError, match="not rational by construction"):
        loss_interval(instance, None)


def cancelling(make, *, target=0):
    """tanh(x) - tanh(x): 0, and in balls a ball around 0."""
    layers = [
        make.convolution([[0]], 2, "tanh", weights=[[1, 1]], bias="none"),
        make.convolution([[0, 1]], 1, "identity", weights=[[1], [-1]], bias="none"),
    ]
    return {**make.instance([[Fraction(1, 3)], [Fraction(5, 7)]], layers), "targets": make.array([[target]] * 2)}


@pytest.mark.parametrize("precision", [2, 53, 300])
def test_residual_balls_around_zero(make, claim_of, run, precision):
    """A square of such a ball is a product: the power of one is not finite."""
    instance = read(cancelling(make))
    with ctx.workprec(precision):
        residual = [x for row in enclosed_residual(instance) for x in row]
        assert all(x.contains(0) for x in residual)
        assert any(x.rad() > 0 for x in residual)
        whole = enclosed_loss(instance, list(map(arb, theta(instance))))
        assert whole.is_finite()
        assert whole.contains(0)
    low, high = map(fraction, loss_interval(instance, precision))
    assert low <= 0 <= high <= Fraction(2**10, 4**precision)
    wide = 70
    assert run(cancelling(make), claim_of(-wide, wide, precision)).exit_code == 0
    off = cancelling(make, target=9)
    assert run(off, claim_of(-wide, wide, precision)).exit_code == 1
    assert run(off, claim_of(-(10**4), 10**4, precision)).exit_code == 0


@pytest.fixture
def claim_of():
    def claim(lower, upper, precision):
        ends = {"lower": str(Fraction(lower)), "upper": str(Fraction(upper))}
        return {"kind": "loss", "point": -1, **ends, "precision": precision}

    return claim


def test_an_exact_residual_of_zero_in_balls(make):
    """relu(1) = 1 = the target: the ball is the number 0."""
    layers = [make.convolution([[0]], 1, "relu", weights=[[1]], bias="none")]
    document = {**make.instance([[1]], layers), "targets": make.array([[1]])}
    assert loss_interval(read(document), 53) == (0, 0)
    assert loss_interval(read(document), None) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("radius", [Fraction(0), Fraction(1, 64), Fraction(2)])
def test_boxes_contain_the_losses_of_their_points(make, seed, radius):
    """Kinks and ties inside the box, too; and a larger box has no smaller enclosure."""
    document = drawn(make, seed, pooled=seed % 2 == 0)
    instance = read(document)
    centre = parameters(document)

    def box(rho):
        return enclosed_loss(instance, [arb(flint(x)) + arb(0, rho) for x in centre])

    whole = box(float(radius))
    assert whole.is_finite()
    generator = random.Random(seed)
    for _ in range(6):
        point = [x + radius * Fraction(generator.randrange(-8, 9), 8) for x in centre]
        value = loss(with_parameters(document, point))
        assert whole.contains(arb(flint(value)))
    assert box(float(2 * radius)).contains(whole)


def test_what_is_needed(make):
    document = drawn(make, 1, biases=("neuron", "neuron", "neuron"))
    values = list(map(arb, theta(read(document))))
    for function in (exact_loss, lambda own: loss_interval(own, 53), lambda own: enclosed_loss(own, values)):
        function(read(document))
        with pytest.raises(ObligationError, match="needs targets"):
            function(read({**document, "targets": None}))
        with pytest.raises(ObligationError, match="needs samples"):
            function(read({**document, "samples": None}))
        with pytest.raises(ObligationError, match="the targets have width 1"):
            function(read({**document, "targets": make.array([[1]] * 3)}))


def test_work_is_paid_for(make):
    document = drawn(make, 1)
    instance = read(document)
    for function in (exact_loss, lambda own: loss_interval(own, 10**6)):
        spent = instance.budget.spent
        function(instance)
        assert instance.budget.spent > spent
        small = read(document)
        small.budget.factor = 0
        small.budget.spent = 10**10
        with pytest.raises(BudgetError):
            function(small)
    assert Budget(1).spent == 0
