"""Terms in Q(t), against projections in 60 digits; what is decided, and what is too large."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import mpmath
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.errors import InputError
from exactcnn.gallery.registry import select
from exactcnn.landscape.formal_terms import formal_claim, solved
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def drawn(activation, widths, seed, count, denominator=1):
    generator = random.Random(seed)

    def number():
        return str(Fraction(generator.randrange(-2, 3), denominator))

    names = [activation] * (len(widths) - 2) + ["identity"]
    network = Network((widths[0],), [FullyConnected(n, activation=a) for n, a in zip(widths[1:], names, strict=True)])
    arrays = {}
    for k, (below, above) in enumerate(pairwise(widths), start=1):
        arrays[f"W{k}"] = [[number() for _ in range(above)] for _ in range(below)]
        arrays[f"b{k}"] = [number() for _ in range(above)]
    samples = [[generator.randrange(-2, 3) for _ in range(widths[0])] for _ in range(count)]
    targets = [[generator.randrange(-3, 4) for _ in range(widths[-1])] for _ in range(count)]
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def in_digits(objective, blocks):
    """Gram-Schmidt in 60 digits on the midpoints of J; lengths below 1e-25 are taken for 0."""
    with mpmath.workdps(60):
        rows = [[mpmath.mpf(x.mid().str(60, radius=False)) for x in row] for row in objective.jacobian(bits=256)]
        rest = [
            mpmath.mpf(y.numerator) / y.denominator for y in objective.instance.targets.fractions().ravel().tolist()
        ]
        basis, left = [], [sum(y * y for y in rest) / 2]
        for block in blocks:
            for e in block:
                vector = [row[e] for row in rows]
                for other in basis + basis:  # twice is enough
                    factor = sum(a * b for a, b in zip(vector, other, strict=True))
                    vector = [a - factor * b for a, b in zip(vector, other, strict=True)]
                length = mpmath.sqrt(sum(a * a for a in vector))
                if length > mpmath.mpf(10) ** -25:
                    basis.append([a / length for a in vector])
                    factor = sum(a * b for a, b in zip(rest, basis[-1], strict=True))
                    rest = [a - factor * b for a, b in zip(rest, basis[-1], strict=True)]
            left.append(sum(y * y for y in rest) / 2)
        return left


@pytest.mark.parametrize(
    ("activation", "widths", "count", "denominator"),
    [
        ("sigmoid", (1, 2, 1), 4, 1),
        ("tanh", (2, 2, 2), 3, 1),
        ("exp", (1, 2, 1), 4, 2),
        ("silu", (1, 2, 1), 5, 1),
        ("gaussian", (1, 2, 1), 4, 1),
    ],
)
def test_against_digits(activation, widths, count, denominator):
    for seed in range(3):
        objective = drawn(activation, widths, seed, count, denominator)
        places = list(range(objective.coordinates.count))
        random.Random(seed).shuffle(places)
        blocks = (tuple(places[:1]), tuple(places[1:3]), tuple(places[3:]))
        found = formal_claim(objective, blocks)
        expected = in_digits(objective, blocks)
        for (lower, upper), value in zip(found.left, expected, strict=True):
            assert upper - lower < Fraction(1, 10**9)
            assert abs(float(lower) - float(value)) < 1e-9
        certificate = Certificate(objective.instance, (found,), len(objective.instance.network.layers))
        assert certificate.outcome.exit_code == 0, certificate.outcome.message


def test_a_critical_point():
    """Of the gallery: the loss is 1/4, and taken over by the last layer's own weights."""
    objective = select(["convolutional-and"])[0].objective()
    blocks = tuple(tuple(range(block.start, block.stop)) for block in objective.coordinates.blocks)
    found = formal_claim(objective, blocks)
    assert (found.critical, found.identity, found.norm) == (True, True, 2)
    assert found.left[2] == found.left[3] == found.loss
    assert found.loss[0] < Fraction(1, 4) < found.loss[1]
    assert found.combinations[0] is None
    assert found.combinations[2] is None or found.combinations[1] is not None


def test_wrong_claims_are_not_accepted():
    objective = drawn("sigmoid", (1, 2, 1), 1, 4)
    found = formal_claim(objective, (tuple(range(7)),))
    (lower, upper), step = found.left[1], Fraction(1, 1000)
    for changed in (
        replace(found, left=(found.left[0], (lower + step, upper + step))),
        replace(found, critical=True),
        replace(found, combinations=(None,)),
        replace(found, loss=(found.loss[0] - 2 * step, found.loss[0] - step)),
    ):
        assert Certificate(objective.instance, (changed,), 2).outcome.exit_code == 1


def test_elimination_without_fractions():
    from flint import fmpz_poly

    x = fmpz_poly([0, 1])
    matrix = [[x * x + 1, x, 2 * x], [x, 3 + x, 1 + 0 * x], [2 * x, 1 + 0 * x, x * x + 5]]
    right = [x, 1 + 0 * x, x * x]
    determinant, values = solved([list(row) for row in matrix], right)
    for row, b in zip(matrix, right, strict=True):
        assert sum((a * v for a, v in zip(row, values, strict=True)), 0 * x) == b * determinant


def test_what_is_refused():
    with pytest.raises(InputError, match="columns: too large"):
        formal_claim(select(["trained-tanh"])[0].objective(), (tuple(range(13)),))
    network = Network((1,), [FullyConnected(1, activation=name) for name in ("tanh", "softsign", "identity")])
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0], "W3": [[1]], "b3": [0]}
    objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), [[1]], [[1]]))
    with pytest.raises(InputError, match="no polynomials in exponentials"):
        formal_claim(objective, (tuple(range(6)),))
