"""Confined points: the instances of the page, and others that are none."""

from fractions import Fraction

from exactcnn.proofs.checks.width_under_norms import (
    confined_at_width_n,
    confined_at_width_three,
    confined_with_two_outputs,
)
from exactcnn.searches.width_under_norms import confined


def test_by_default():
    for check, loss in (
        (confined_at_width_n, "1/16"),
        (confined_at_width_three, "3/8"),
        (confined_with_two_outputs, "5"),
    ):
        found = check()
        assert (found.status, found.checked, found.details["loss"]) == ("proved", True, loss)


def test_ones_own_instance():
    assert confined_at_width_n(*confined(4)).checked
    wider = confined_at_width_n(*confined(2), norms=(Fraction(2), Fraction(1)))
    assert wider.status == "undecided"
    assert "is not on its bound" in wider.what
