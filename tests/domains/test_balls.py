"""Balls enclose what they stand for, and the global precision never leaks."""

from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.balls import ball, working_precision
from exactcnn.errors import InputError


def contains(enclosure: flint.arb, value: Fraction) -> bool:
    # exactly, in fractions: arb.contains would first round the fraction to a ball of its own
    middle, radius = (int(m) * Fraction(2) ** int(e) for m, e in (enclosure.mid().man_exp(), enclosure.rad().man_exp()))
    return abs(middle - value) <= radius


@given(value=st.fractions(), bits=st.integers(min_value=2, max_value=300))
def test_ball_encloses_the_fraction(value: Fraction, bits: int) -> None:
    with working_precision(bits):
        enclosure = ball(value)
    assert contains(enclosure, value)
    if value:
        assert enclosure.rel_accuracy_bits() >= bits - 4


def test_precision_is_set_inside_and_restored_after_errors() -> None:
    before = flint.ctx.prec
    with pytest.raises(RuntimeError), working_precision(777):  # noqa: PT012
        assert flint.ctx.prec == 777
        with working_precision(99):
            assert flint.ctx.prec == 99
        assert flint.ctx.prec == 777
        raise RuntimeError
    assert flint.ctx.prec == before


@pytest.mark.parametrize("bits", [0, 1, -5, 2**25, 64.0, True, None])
def test_refused_precision_changes_nothing(bits: object) -> None:
    before = flint.ctx.prec
    with pytest.raises(InputError, match="precision"), working_precision(bits):  # type: ignore[arg-type]
        pass
    assert flint.ctx.prec == before


def test_floats_are_exact_and_thirds_are_not() -> None:
    assert ball(0.1).is_exact()
    assert ball(0.1) == flint.arb(0.1)
    assert not ball(Fraction(1, 3)).is_exact()
