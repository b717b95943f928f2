"""Widths from n to 2n: where sublevel sets are in pieces, and what the examples are."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from exactcnn.landscape.objective import Objective
from exactcnn.landscape.separated import with_units_swapped
from exactcnn.searches.answers import answer
from exactcnn.searches.connectivity import LEVEL, QUESTION, one_hot, pieces
from tests.constructions.test_zero_loss import outputs


@pytest.mark.parametrize(("count", "biases"), list(product((2, 3, 4), (False, True))))
def test_the_outputs_are_multiples_of_the_targets(count, biases):
    instance = one_hot(count, count + 1, biases=biases, scale=Fraction(1, 3))
    found = np.array(outputs(instance.network, instance.parameters, instance.samples.fractions().tolist()))
    assert (3 * found == np.eye(count, dtype=int)).all()


def test_in_pieces_at_width_n_alone():
    found = answer(QUESTION)
    assert found.checked
    assert found.counts == {"possible": 4, "impossible": 10, "open": 0}
    for line in found.lines:
        possible = line["case"]["width"] == line["case"]["samples"]
        assert line["outcome"] == ("possible" if possible else "impossible")
        assert line["checked"]
        assert line["proof"] == QUESTION.page


def test_the_level_is_as_high_as_it_may_be():
    instance = one_hot(2, 2, biases=False)
    other = with_units_swapped(instance, 0, 1)
    assert pieces(instance, other).checked(True)
    assert not pieces(instance, other, Fraction(1, 2)).checked(True)
    # at the level 1/2 one of the outputs may be lost, and the units change places while it is
    assert Objective(one_hot(2, 2, biases=False, scale=Fraction(0))).loss() == 1
    assert Fraction(1, 2) > LEVEL
