"""Comparisons and formulas, against truth tables and sums in fractions."""

import itertools
from fractions import Fraction

import pytest
from flint import arb, fmpq

from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.document import FormatError
from exactcnn.checker.properties import (
    MOST_DEPTH,
    Comparison,
    Joined,
    all_hold,
    comparisons,
    mentions_outputs,
    read_assertions,
    spend_comparisons,
    truth,
)

ATOM = {"inputs": [[0, "1/2"]], "outputs": [[1, "-3"]], "relation": "<=", "bound": "7/3"}
LEAVES = [Comparison([], [], "<=", fmpq(i)) for i in range(3)]


@pytest.mark.parametrize("relation", ["<=", "<", "=", "!="])
def test_signs_and_relations(relation):
    own = Comparison([(0, fmpq(1, 2)), (1, fmpq(-1))], [(0, fmpq(2))], relation, fmpq(3))
    for x0, x1, y0 in itertools.product((-2, 0, 6), (0, 1), (Fraction(0), Fraction(1, 2), Fraction(3, 2), 2)):
        total = Fraction(x0, 2) - x1 + 2 * y0 - 3
        sign = own.sign([fmpq(x0), fmpq(x1)], [fmpq(*y0.as_integer_ratio())], [0])
        assert sign == (total > 0) - (total < 0)
        truths = {"<=": total <= 0, "<": total < 0, "=": total == 0, "!=": total != 0}
        assert own.related(sign) is truths[relation]
    assert own.related(None) is None


def test_balls_have_a_sign_where_they_exclude_zero():
    own = Comparison([], [(0, fmpq(1)), (1, fmpq(-1))], "<=", fmpq(0))
    near = [arb(1, 1e-3), arb(1, 1e-3)]
    assert own.sign([], near, [0, 1]) is None
    assert own.sign([], near, [0, 0]) == 0  # both are the same number
    assert own.sign([], [arb(2, 1e-3), arb(1)], [0, 1]) == 1
    assert own.sign([], [arb(0), arb(1)], [0, 1]) == -1
    assert own.sign([], [fmpq(0), arb(1)], [0, 1]) == -1
    alone = Comparison([], [(0, fmpq(1))], "<=", fmpq(0))
    for touching in (arb(0), arb(-1, 1), arb(1, 1)):  # zero is not excluded
        assert alone.sign([], [touching], [0]) is None
    twice = Comparison([], [(0, fmpq(1)), (0, fmpq(1))], "<=", fmpq(3))
    assert twice.sign([], [arb(2)], [0]) == 1


def three_valued(formula, values):
    """Truth for all completions of the open values."""
    results = set()
    for completed in itertools.product(*[(True, False) if v is None else (v,) for v in values]):
        table = dict(zip(map(id, LEAVES), completed, strict=True))

        def decide(leaf, table=table):
            if isinstance(leaf, Comparison):
                return table[id(leaf)]
            return (all if leaf.word == "and" else any)([decide(part) for part in leaf.parts])

        results.add(decide(formula))
    return results.pop() if len(results) == 1 else None


def test_three_values():
    """Each leaf once: then what is decided is what all completions agree on."""
    a, b, c = LEAVES
    formulas = [a, *(Joined(w, [a, Joined(v, [b, c])]) for w in ("and", "or") for v in ("and", "or"))]
    for formula, values in itertools.product(formulas, itertools.product((True, False, None), repeat=3)):
        known = dict(zip(map(id, LEAVES), values, strict=True))
        assert truth(formula, lambda leaf, known=known: known[id(leaf)]) is three_valued(formula, values)
    for values in itertools.product((True, False, None), repeat=3):
        known = dict(zip(map(id, LEAVES), values, strict=True))
        assert all_hold(LEAVES, lambda leaf, known=known: known[id(leaf)]) is three_valued(
            Joined("and", LEAVES), values
        )
    assert all_hold([], lambda _: None) is True


def test_reading():
    (own,) = read_assertions([{"or": [ATOM, {"and": [ATOM]}]}], 1, 2)
    assert len(list(comparisons([own]))) == 2
    assert mentions_outputs(own)
    of_inputs = Comparison([(0, fmpq(1))], [], "<", fmpq(0))
    assert not mentions_outputs(of_inputs)
    assert mentions_outputs(Joined("and", [of_inputs, own]))
    first = next(iter(comparisons([own])))
    assert (first.inputs, first.outputs, first.bound) == ([(0, fmpq(1, 2))], [(1, fmpq(-3))], fmpq(7, 3))

    def nested(depth):
        return ATOM if not depth else {"and": [nested(depth - 1)]}

    assert read_assertions([nested(MOST_DEPTH)], 1, 2)
    with pytest.raises(FormatError, match="nested deeper than"):
        read_assertions([nested(MOST_DEPTH + 1)], 1, 2)
    below_zero = {**ATOM, "outputs": [[-1, "1"]]}
    for wrong in (
        [below_zero],
        [],
        [{"or": []}],
        [{**ATOM, "relation": ">"}],
        [{**ATOM, "inputs": [[1, "1"]]}],
        {"or": [ATOM]},
    ):
        with pytest.raises(FormatError):
            read_assertions(wrong, 1, 2)


def test_long_numbers_are_paid_for():
    def paid(value, count):
        budget = Budget()
        own = [Comparison([(0, value)] * count, [], "<=", fmpq(1))]
        spend_comparisons(budget, own, [fmpq(1, 3)], [], 0)
        return budget.spent

    assert paid(fmpq(1), 8) > 4 * paid(fmpq(1), 1)
    assert paid(fmpq(3) ** 10**5, 1) > 100 * paid(fmpq(3), 1)
    assert paid(fmpq(1) / fmpq(3) ** 10**5, 1) > 100 * paid(fmpq(3), 1)
    with pytest.raises(BudgetError):
        paid(fmpq(3) ** 10**7, 1000)


def test_what_joins_comparisons_is_paid_for_at_every_depth():
    def paid(depth, count):
        budget, formula = Budget(), LEAVES[0]
        for _ in range(depth):
            formula = Joined("and", [formula])
        spend_comparisons(budget, [formula] * count, [], [], 0)
        return budget.spent

    assert paid(MOST_DEPTH, 1) > 10 * paid(1, 1) > 10 * paid(0, 1)
    assert paid(MOST_DEPTH, 7) == 7 * paid(MOST_DEPTH, 1)
