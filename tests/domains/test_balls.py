"""Balls enclose what they stand for, and the global precision never leaks."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.balls import affine_rows, ball, ball_rows, map_rows, working_precision
from exactcnn.domains.exact import ExactArray
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


def test_rows_of_exact_arrays_and_of_object_arrays() -> None:
    exact = ExactArray.from_strings([["1/3", "2"], ["-1/7", "0"]])
    for rows in (ball_rows(exact), ball_rows(exact.fractions())):
        assert [len(row) for row in rows] == [2, 2]
        for row, fractions in zip(rows, exact.fractions().tolist(), strict=True):
            assert all(contains(b, f) for b, f in zip(row, fractions, strict=True))
    with pytest.raises(InputError, match="matrix"):
        ball_rows(ExactArray.from_array([1, 2]))


def test_affine_rows_enclose_the_exact_result() -> None:
    generator = np.random.default_rng(3)
    x, w, b = (generator.integers(-50, 50, size) for size in ((4, 3), (3, 5), (1, 5)))
    third = Fraction(1, 3)
    rows = affine_rows(
        *(ball_rows(ExactArray.from_array(a).scaled(third)) for a in (x, w)), ball_rows(ExactArray(b))[0]
    )
    for i in range(4):
        for j in range(5):
            assert contains(rows[i][j], Fraction(int(x[i] @ w[:, j]), 9) + int(b[0, j]))
    assert affine_rows([[ball(1)]] * 2, [[]], []) == [[], []]
    assert affine_rows([], [[ball(1)]], [ball(1)]) == []


def test_map_rows_keeps_the_shape() -> None:
    assert [[float(v.mid()) for v in row] for row in map_rows(lambda z: z * z, [[ball(2), ball(3)], []])] == [
        [4, 9],
        [],
    ]
