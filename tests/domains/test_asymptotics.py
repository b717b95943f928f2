"""Behaviour at infinity from the leading terms, against values far out at many digits."""

from fractions import Fraction

import pytest

from exactcnn.domains.asymptotics import End, end
from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import ONE, Formula, polynomial
from exactcnn.errors import InputError
from exactcnn.network.activations import activation

E = ((0, 1, Fraction(1)),)


@pytest.mark.parametrize("side", [-1, 1])
def test_ends_of_every_activation(text, oracles, side, sixty_digits) -> None:
    """Beside a constant c > 0 in the exponent, σ(t) / (c t^d) tends to 1 where no exponential is left."""
    curve, mp = activation(text), sixty_digits
    if curve.special is not None:
        with pytest.raises(InputError, match="has no formula; expected a function given by pieces"):
            end(curve, side)
        return
    found = end(curve, side)
    values = [oracles[text](mp.mpf(side * 10**k)) for k in (2, 3, 4)]
    if found.decays_exponentially:
        assert found.limit == 0
        assert all(abs(value) < mp.exp(-(mp.mpf(10) ** k) / 2) for k, value in zip((2, 3, 4), values, strict=True))
    elif found.growth > 0:
        assert found.limit is None
        assert not found.at_most_linear
        assert abs(values[1]) > mp.exp(500)
    else:
        leading = [mp.mpf(found.coefficient.numerator) / found.coefficient.denominator] * 3
        leading = [c * mp.mpf(side * 10**k) ** found.degree for k, c in zip((2, 3, 4), leading, strict=True)]
        assert all(abs(v / a - 1) < mp.mpf(20) / 10**k for k, v, a in zip((2, 3, 4), values, leading, strict=True))
        assert found.at_most_linear == (found.degree <= 1)
        if found.limit is not None:
            assert abs(values[2] - mp.mpf(found.limit.numerator) / found.limit.denominator) < 1e-3


@pytest.mark.parametrize(
    ("formula", "exponent", "left", "right"),
    [
        (Formula(ONE, ONE + E), (0, 0, 0, -1), End(Fraction(1), 0, -1), End(Fraction(1), 0, 0)),  # 1/(1 + e^(-t^3))
        (Formula(E), (0, 0, -1), End(Fraction(1), 0, -1), End(Fraction(1), 0, -1)),
        (
            Formula(((2, 1, Fraction(3)), *polynomial(0, 0, 0, 5))),
            (0, 1),
            End(Fraction(5), 3, 0),
            End(Fraction(3), 2, 1),
        ),
        (Formula(((0, 2, Fraction(1)),), ((1, 1, Fraction(2)), *ONE)), (0, 1), End(Fraction(1), 0, -1), None),
        (Formula(polynomial(0, 1), polynomial(1, 0, 2)), (), End(Fraction(1, 2), -1, 0), End(Fraction(1, 2), -1, 0)),
        (Formula(()), (), End(Fraction(0), 0, 0), End(Fraction(0), 0, 0)),
    ],
)
def test_ends_of_formulas(formula, exponent, left, right) -> None:
    curve = Curve((formula,), (), tuple(map(Fraction, exponent)))
    assert end(curve, -1) == left
    assert end(curve, 1) == (right or End(Fraction(1, 2), -1, 1))


def test_ends_are_those_of_the_outer_pieces() -> None:
    curve = Curve((Formula(polynomial(7)), Formula(polynomial(0, 0, 0, 1)), Formula(())), (Fraction(0), Fraction(1)))
    assert end(curve, -1).limit == 7
    assert end(curve, 1) == End(Fraction(0), 0, 0)
    assert end(curve, 1).decays_exponentially
    assert end(Curve((Formula(E),), (), (Fraction(0), Fraction(1)), "2"), -1).growth == -1
    assert End(Fraction(2), -1, 0).limit == 0
    assert not End(Fraction(2), -1, 0).decays_exponentially
