"""ReLU on open sets of parameters: dead units, live units, and full rank."""

from fractions import Fraction

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.proofs.checks.gaps_relu import dead_units, full_rank_on_an_open_set, live_units


def test_dead_units_on_any_samples():
    found = dead_units(ExactArray.from_array([[100, -3], [0, 7]]), units=4)
    assert (found.status, found.checked) == ("refuted", True)
    assert Fraction(found.details["largest_pre_activation"]) < 0


def test_live_units_need_more_samples_than_dimensions():
    assert live_units(ExactArray.from_array([[1], [2]])).status == "undecided"
    assert live_units(ExactArray.from_array([[-9], [1], [2]])).status == "undecided"  # not on in the whole box
    found = live_units(ExactArray.from_array([[1, 0], [0, 1], [1, 1], [2, 1]]))
    assert (found.status, found.checked) == ("refuted", True)


def test_relation_of_live_units_holds_all_over_the_box():
    relation = [Fraction(c) for c in live_units().details["relation"]]
    draw = np.random.default_rng(0)
    for _ in range(50):
        w, b = (Fraction(int(n), 1000) for n in draw.integers(500, 1501, size=2))
        values = [max(Fraction(0), w * x + b) for x in (1, 2, 3)]
        assert min(values) >= 1
        assert sum(c * v for c, v in zip(relation, values, strict=True)) == 0


def test_full_rank_on_an_open_set_of_more_samples():
    assert full_rank_on_an_open_set((1, 2, 3, 4, 5)).status == "proved"
