"""Connected sublevel sets: paths and pieces of one's own network, and what is not covered."""

from fractions import Fraction
from random import Random

from exactcnn.proofs.checks.connected import in_pieces, joined, joined_in_depth, two_units_to_swap
from tests.landscape.wide_networks import wide, with_less_loss


def test_by_default():
    for check in (joined, joined_in_depth, in_pieces):
        found = check()
        assert (found.status, found.scope, found.checked) == ("proved", "an instance", True)


def test_ones_own_network():
    random = Random(2)
    objective = wide(random, [4, 4], count=3, outputs=2)
    better = with_less_loss(random, objective)
    found = joined(objective.instance, better)
    assert found.checked
    assert found.details["widths"] == [2, 4, 4, 2]
    pieces = in_pieces(objective.instance, better, Fraction(1))
    assert pieces.status == "undecided"


def test_both_sides_of_the_threshold():
    assert joined(*two_units_to_swap(2)).status == "undecided"
    assert in_pieces(*two_units_to_swap(2)).checked
    assert joined(*two_units_to_swap(3)).checked
    assert in_pieces(*two_units_to_swap(3)).status == "undecided"
