"""Truth of formulas with open parts, and what is the region."""

import itertools
from fractions import Fraction

import pytest

from exactcnn.interop.properties import Comparison, Joined, Property, conjunction, mentions_outputs, related, truth

X = Comparison(((0, Fraction(1)),), (), "<=", Fraction(1))
Y = Comparison((), ((0, Fraction(1)), (2, Fraction(-1, 3))), "<", Fraction(0))
XY = Comparison(((1, Fraction(1)),), ((1, Fraction(1)),), "=", Fraction(0))


@pytest.mark.parametrize("word", ["and", "or"])
def test_truth_is_what_all_completions_agree_on(word):
    together = all if word == "and" else any
    for values in itertools.product((True, False, None), repeat=3):
        table = dict(zip((X, Y, XY), values, strict=True))
        completions = itertools.product(*[(True, False) if v is None else (v,) for v in values])
        outcomes = {together(each) for each in completions}
        expected = outcomes.pop() if len(outcomes) == 1 else None
        assert truth(Joined(word, (X, Y, XY)), table.get) is expected
        if word == "and":
            assert conjunction(iter(values)) is expected


def test_the_region_is_what_is_said_of_inputs():
    """Comparisons with outputs count as true in the region; assertions without outputs are no part of the rest."""
    own = Property(2, 3, (X, Y, Joined("or", (XY, X))))
    for x, y, xy in itertools.product((True, False), repeat=3):
        table = {X: x, Y: y, XY: xy}
        assert own.in_region(table.get) is x
        assert own.holds(table.get) is (y and (xy or x))
        assert (own.in_region(table.get) and own.holds(table.get)) is (x and y and (xy or x))
    assert [mentions_outputs(each) for each in own.assertions] == [False, True, True]
    assert Property(1, 1, (X,)).holds({X: False}.get) is True


def test_other_numbers_of_outputs():
    swapped = Joined("or", (Y, Joined("and", (X, XY)))).renumbered([2, 1, 0].__getitem__)
    assert swapped.parts[0].outputs == ((0, Fraction(-1, 3)), (2, Fraction(1)))
    assert swapped.parts[1].parts == (X, XY)
    assert swapped.document()["or"][1]["and"][0] == X.document()


def test_relations():
    table = {"<=": (True, True, False), "<": (True, False, False), "=": (False, True, False), "!=": (True, False, True)}
    for relation, truths in table.items():
        assert tuple(related(relation, sign) for sign in (-1, 0, 1)) == truths
        assert related(relation, None) is None
