"""Paths under bounds on the page: accepted, and refused where a hypothesis fails; the table of widths by hand."""

from fractions import Fraction
from random import Random

import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.norm_bounds import NormBounds, norms
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_under_norms import path_under_norms
from exactcnn.proofs.checks.constrained_paths import (
    a_step,
    far_below_the_quoted_width,
    quoted,
    random_points_at_width_mn_plus_1,
    sharp,
    table_of_widths,
    unread,
    within,
)
from exactcnn.proofs.checks.escape_paths import wide
from tests.landscape.wide_networks import follows


@pytest.mark.parametrize("check", [a_step, random_points_at_width_mn_plus_1, far_below_the_quoted_width])
def test_all_are_proved_and_certified(check):
    found = check()
    assert (found.status, found.checked) == ("proved", True), found.what


def test_the_instance_by_loops():
    path = path_under_norms(Objective(unread()), NormBounds(Fraction(1)))
    assert follows(Objective(unread()), path)
    assert path.after < path.before
    assert all(norms(point.layer(2))[0] <= 1 for point in path.points)


def test_scaled_rows():
    instance = sharp(Random(3), 2, 2)
    assert instance.network.widths == (2, 5, 2)
    assert norms(instance.parameters.layer(2)) == [1, 1]
    zero = wide(Random(1), (3,), 2)
    assert norms(within(zero.parameters, Fraction(1, 3)).layer(2)) == [Fraction(1, 3)]


def test_bounds_that_do_not_hold_and_widths_that_do_not_suffice():
    with pytest.raises(InputError, match="the l1 norm 1; expected at most 1/2"):
        a_step(unread(), None, NormBounds(Fraction(1, 2)))
    deep = wide(Random(1), (3, 3), 2)
    assert (
        a_step(deep, None, NormBounds(Fraction(100))).what == "there are 2 hidden layers; expected 1 under a constraint"
    )


def test_widths():
    assert [quoted(2, 1, 1), quoted(2, 1, 2), quoted(3, 2, 2), quoted(1, 1, 1)] == [6, 18, 64, 4]
    for count, outputs, depth, wanted, first, second, third in table_of_widths():
        assert wanted == 2 * outputs * (count + 1) ** depth
        assert (first, second) == (count, 2 * count)
        assert third == (outputs * count + 1 if depth == 1 else 0)
        assert max(second, third) < wanted
