"""What blocks take off half the squared norm of the targets: each obligation alone, and hostile numbers."""

import random
from fractions import Fraction

import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected
from tests.checker.slow import drawn, loss, moved, parameters


def line(land, make, targets=(1, 2, 4)):
    """y = w x + b at w = 1, b = 0 on x = 0, 1, 2: J = [x, 1]."""
    layers = [land.layer([[1]], [0])]
    return land.with_targets(make, [[0], [1], [2]], [[y] for y in targets], layers)


def claim(blocks, left, value, critical, combinations):
    pairs = [None if c is None else {"denominator": str(c[0]), "coefficients": c[1]} for c in combinations]
    left = [str(Fraction(x)) for x in left]
    return {
        "kind": "block-terms",
        "blocks": blocks,
        "left": left,
        "loss": str(Fraction(value)),
        "critical": critical,
        "combinations": pairs,
    }


def good():
    """The slope first: x . y / x . x = 2; then slope 3/2, bias 5/6."""
    left = (Fraction(21, 2), Fraction(1, 2), Fraction(1, 12))
    return claim([[0], [1]], left, 3, False, [(1, [[0, "2"]]), (6, [[0, "9"], [1, "5"]])])


def test_a_line(make, land, run):
    document = line(land, make)
    outcome = accepted(run, document, good())
    words = "2 blocks leave 1/12 of 21/2, loss 3; the parameters are not critical"
    assert outcome.accepted == (words,)
    accepted(run, document, altered(good(), combinations=[good()["combinations"][0], scaled(good(), 1, 7)]))


def scaled(claim, index, factor):
    """The same combination over another denominator."""
    own = claim["combinations"][index]
    pairs = [[i, str(factor * int(n))] for i, n in own["coefficients"]]
    return {"denominator": str(factor * int(own["denominator"])), "coefficients": pairs}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"left": ["11", "1/2", "1/12"]}, "left[0] is not half the squared norm of the targets"),
        ({"left": ["21/2", "1/3", "1/12"]}, "left[1] is not half the squared distance after block 0"),
        ({"left": ["21/2", "1/2", "1/13"]}, "left[2] is not half the squared distance after block 1"),
        ({"loss": "2"}, "the loss is not the stated one"),
        ({"critical": True}, "the derivative by coordinate 0 is not 0"),
        ({"combinations": [None, good()["combinations"][1]]}, "after block 0 is not orthogonal to column 0 of J"),
        ({"combinations": [good()["combinations"][0], None]}, "after block 1 is not orthogonal to column 1 of J"),
    ],
)
def test_each_obligation(make, land, run, changes, message):
    rejected(run, message, line(land, make), altered(good(), **changes))


def test_a_combination_that_is_not_the_nearest(make, land, run):
    """Orthogonal to its own block, but no longer to the one before: both are asked for."""
    own = {"denominator": "1", "coefficients": [[0, "2"], [1, "1/3"]]}
    wrong = altered(good(), combinations=[good()["combinations"][0], own])
    rejected(run, "expected an integer", line(land, make), wrong, code=2)
    # b alone: the mean of y - 2 x is 1/3, so what is left is orthogonal to 1, and not to x
    own = {"denominator": "3", "coefficients": [[0, "6"], [1, "1"]]}
    wrong = altered(good(), combinations=[good()["combinations"][0], own])
    rejected(run, "after block 1 is not orthogonal to column 0 of J", line(land, make), wrong)


def test_a_critical_point(make, land, run):
    """The least-squares line: the loss is what is left, and no combination is needed where nothing changes."""
    document = line(land, make, (1, 0, 1))
    document["layers"][0] = land.layer([[0]], [Fraction(2, 3)])
    slope = (5, [[0, "2"]])
    mean = (3, [[1, "2"]])
    stated = claim([[0], [1]], (1, Fraction(3, 5), Fraction(1, 3)), Fraction(1, 3), True, [slope, mean])
    outcome = accepted(run, document, stated)
    assert outcome.accepted == ("2 blocks leave 1/3 of 1, which is the loss; the parameters are critical",)
    rejected(run, "all derivatives are 0: the point is critical", document, altered(stated, critical=False))
    other = claim([[1], [0]], (1, Fraction(1, 3), Fraction(1, 3)), Fraction(1, 3), True, [mean, None])
    accepted(run, document, other)


def test_shapes(make, land, run):
    document, stated = line(land, make), good()
    cases = [
        {"blocks": [[0]]},
        {"blocks": [[0], [0]]},
        {"blocks": [[0, 1], []]},
        {"blocks": [[0], [2]]},
        {"blocks": [[0], [1], [1]]},
        {"left": stated["left"][:2]},
        {"left": [*stated["left"], "0"]},
        {"left": [1, 2, 3]},
        {"loss": None},
        {"critical": 0},
        {"combinations": stated["combinations"][:1]},
        {"combinations": [{"denominator": "0", "coefficients": []}, None]},
        {"combinations": [{"denominator": "-1", "coefficients": [[0, "-2"]]}, None]},
        {"combinations": [{"denominator": "1", "coefficients": [[1, "2"]]}, None]},
        {"combinations": [{"denominator": "1", "coefficients": [[0, "1"], [0, "1"]]}, None]},
        {"combinations": [{"denominator": "1", "coefficients": [[0]]}, None]},
        {"combinations": [{"denominator": "1", "coefficients": [[5, "1"]]}, None]},
        {"combinations": [{"denominator": "1"}, None]},
        {"more": 1},
    ]
    for changes in cases:
        assert run(document, altered(stated, **changes)).exit_code == 2, changes


def test_what_the_instance_lacks(make, land, run):
    document = line(land, make)
    rejected(run, "needs targets", {**document, "targets": None}, good())
    layers = [{**document["layers"][0], "weights": None}]
    rejected(run, "needs weights and biases", {**document, "layers": layers}, good())
    tanh = [land.layer([[1]], [0], "tanh")]
    rejected(run, "rational by construction", {**document, "layers": tanh}, good())
    kink = [land.layer([[1]], [0], "relu")]
    rejected(run, "is at a breakpoint", {**document, "layers": kink}, good())


def test_long_numbers_are_paid_for(make, land, run):
    """A million digits in a few kilobytes would need long products: numbers are limited, and products estimated."""
    wide = land.with_targets(
        make,
        [[Fraction(i * j % 7, 1) for j in range(40)] for i in range(60)],
        [[i % 3] for i in range(60)],
        [land.layer([[1] * 40 for _ in range(40)], [1] * 40), land.layer([[1]] * 40, [0])],
    )
    count = len(parameters(wide))
    digits = "9" * 60_000
    own = {"denominator": digits, "coefficients": [[i, digits] for i in range(0, count, 9)]}
    stated = claim([list(range(count))], (0, 0), 0, False, [None])
    stated["combinations"] = [own]
    stated["loss"] = str(loss(wide))
    stated["left"] = [str(Fraction(sum((i % 3) ** 2 for i in range(60)), 2)), "0"]
    outcome = run(wide, stated)
    assert outcome.exit_code in (1, 2)


@pytest.mark.parametrize("seed", range(8))
def test_directions_and_gradients_against_quotients(make, run, seed):
    """No term is accepted but the one that central differences of the outputs give, for a block of one coordinate."""
    document = drawn(make, seed, names=("identity", "square"), pooled=False)
    generator = random.Random(seed)
    count = len(parameters(document))
    e = generator.randrange(count)
    step = Fraction(1, 10**6)
    unit = [Fraction(int(i == e)) for i in range(count)]
    aims = [Fraction(x) for x in document["targets"]["values"]]

    def outputs(there):
        """From losses with shifted targets: |F - Y|^2 - |F - Y - s e_i|^2 = 2 s (F - Y)_i - s^2."""
        result = []
        for i, y in enumerate(aims):
            values = [*map(str, aims)]
            values[i] = str(y + 1)
            shifted = {**there, "targets": {**there["targets"], "values": values}}
            result.append(loss(there) - loss(shifted) + Fraction(1, 2) + y)
        return result

    up, down = (outputs(moved(document, unit, s * step)) for s in (1, -1))
    # polynomials of degree 3 at most by each coordinate: the error is of order step^2
    quotients = [(a - b) / (2 * step) for a, b in zip(up, down, strict=True)]
    column = [Fraction(round(x)) for x in quotients]  # of integers
    assert max(abs(a - x) for a, x in zip(column, quotients, strict=True)) < Fraction(1, 10**6)
    inner, squared = sum(a * y for a, y in zip(column, aims, strict=True)), sum(a * a for a in column)
    x = inner / squared if squared else Fraction(0)
    norm = sum(y * y for y in aims) / 2
    rest = norm - inner * x / 2
    blocks = [[e], [i for i in range(count) if i != e]]
    own = (x.denominator, [[e, str(x.numerator)]])
    stated = claim(blocks, (norm, rest, 0), loss(document), False, [own, None])
    outcome = run(document, stated)
    assert outcome.exit_code == 1
    assert "after block 0" not in outcome.message
    assert "left[1]" not in outcome.message
    wrong = altered(stated, left=[str(norm), str(rest + 1), "0"])
    assert "left[1] is not" in run(document, wrong).message


def test_the_loss_is_paid_for(make, land, run):
    """Targets over 400 denominators of 3000 bits: that of their squares' sum is long."""
    targets = [[Fraction(1, 3**1900 + 2**i)] for i in range(400)]
    document = land.with_targets(make, [[1]] * 400, targets, [land.layer([[1]])])
    outcome = run(document, claim([[0]], (0, 0), 1, False, [None]))
    assert outcome.message.startswith("refused"), outcome.message
    assert ": the loss: about" in outcome.message
