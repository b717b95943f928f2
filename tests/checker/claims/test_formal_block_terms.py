"""What blocks take off half the squared norm of the targets, in Q(t): each obligation alone."""

import copy
from fractions import Fraction

import pytest
from flint import ctx

from exactcnn.checker.budget import BudgetError
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point
from exactcnn.checker.formal_gradients import Formal
from tests.checker.claims.outcomes import accepted, altered, rejected

WIDE = ["1/1000000", "1000000"]


def one_exponential(land, make, targets=(1, 3)):
    """y = v e^x at v = 1 on x = 0, 1, without biases: the derivatives by (w, v) are (0, e) and (1, e)."""
    layers = [land.layer([[1]], None, "exp"), land.layer([[1]])]
    return land.with_targets(make, [[0], [1]], [[y] for y in targets], layers)


def good():
    """v first: (1 + 3 e) / (1 + e^2); then w = 2 - ..., so that both targets are met."""
    first = {"denominator": [["0", "1"], ["2", "1"]], "coefficients": [[1, [["0", "1"], ["1", "3"]]]]}
    # v = 1 and w e + e = 3: w = (3 - e) / e
    both = {"denominator": [["1", "1"]], "coefficients": [[1, [["1", "1"]]], [0, [["0", "3"], ["1", "-1"]]]]}
    # 1/2 (10 - (1 + 3 e)^2 / (1 + e^2)) = 0.0044...
    return {
        "kind": "formal-block-terms",
        "blocks": [[1], [0]],
        "left": [["4", "6"], ["1/1000", "1/100"], ["-1/1000000", "1/1000000"]],
        "loss": ["1/100", "1/10"],
        "critical": False,
        "precision": 128,
        "combinations": [first, both],
    }


def test_both_targets_are_met(make, land, run):
    outcome = accepted(run, one_exponential(land, make), good())
    assert outcome.accepted[0].startswith("2 blocks leave [")
    assert outcome.accepted[0].endswith("the parameters are not critical")


def changed(**changes):
    return altered(good(), **changes)


def with_combination(b, **changes):
    combinations = copy.deepcopy(good()["combinations"])
    combinations[b] |= changes
    return changed(combinations=combinations)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (changed(left=[["5", "5"], *good()["left"][1:]]), "left[0]"),
        (changed(left=[["6", "7"], *good()["left"][1:]]), "left[0] is not certainly at least"),
        (changed(left=[["4", "6"], ["1/100", "1"], ["-1", "1"]]), "left[1] is not certainly at least"),
        (changed(left=[["4", "6"], ["0", "1/1000"], ["-1", "1"]]), "left[1] is not certainly at most"),
        (changed(left=[["4", "6"], ["0", "1"], ["1/1000000", "1"]]), "left[2] is not certainly at least"),
        (changed(loss=["1/10", "1"]), "the loss is not certainly at least"),
        (changed(critical=True), "the derivative by W_1[0, 0] is not 0 formally"),
        (changed(combinations=[None, good()["combinations"][1]]), "after block 0 is not orthogonal to column 1 of J"),
        (changed(combinations=[good()["combinations"][0], None]), "after block 1 is not orthogonal to column 0 of J"),
        (with_combination(0, coefficients=[[1, [["0", "1"], ["1", "2"]]]]), "after block 0 is not orthogonal"),
        (with_combination(1, denominator=[]), "a denominator is not certainly other than 0"),
        (with_combination(1, coefficients=[[0, [["0", "3"], ["1", "-1"]]]]), "after block 1 is not orthogonal"),
    ],
)
def test_each_obligation(make, land, run, claim, message):
    document = one_exponential(land, make)
    if message == "left[0]":  # the norm is 5: bounds of no width hold for a ball that is exact
        assert run(document, claim).exit_code in (0, 1)
        return
    rejected(run, message, document, claim)


def test_a_critical_point(make, land, run):
    """Targets that are met: everything is 0, and no ball says that a derivative is not."""
    layers = [land.layer([[0]], None, "exp"), land.layer([[1]])]
    document = land.with_targets(make, [[1], [-1]], [[1], [1]], layers)
    own = {"denominator": [["0", "1"]], "coefficients": [[1, [["0", "1"]]]]}
    stated = changed(
        critical=True, left=[["0", "2"], ["0", "2"], ["-1", "1"]], loss=["0", "1"], combinations=[None, own]
    )
    stated["blocks"] = [[0], [1]]
    accepted(run, document, stated)
    rejected(run, "no ball of a derivative excludes 0", document, altered(stated, critical=False))


def test_shapes(make, land, run):
    document = one_exponential(land, make)
    for claim in (
        changed(blocks=[[0], [0]]),
        changed(left=good()["left"][:2]),
        changed(left=["4", "5", "6"]),
        changed(left=[["2", "1"], *good()["left"][1:]]),
        changed(loss="1"),
        changed(critical=None),
        changed(precision=1),
        changed(precision=None),
        changed(combinations=[None]),
        changed(extra=1),
        with_combination(0, coefficients=[[0, [["0", "1"]]]]),
        with_combination(0, coefficients=[[1, [["0", "1"]]], [1, [["0", "1"]]]]),
        with_combination(0, coefficients=[[1, [["0"]]]]),
        with_combination(0, coefficients=[[1, [["0", "1"], ["0", "2"]]]]),
        with_combination(0, coefficients=[[2, [["0", "1"]]]]),
        with_combination(0, denominator="1"),
        with_combination(0, denominator=[[0, 1]]),
    ):
        assert run(document, claim).exit_code == 2, claim


def test_other_fields(make, land, run):
    """In Q there is the other claim; and nothing is decided formally with two layers of exponentials."""
    rational = [land.layer([[1]], None, "square"), land.layer([[1]])]
    document = land.with_targets(make, [[0], [1]], [[1], [3]], rational)
    rejected(run, "are decided for features in Q(t)", document, changed(loss=WIDE))
    twice = [land.layer([[1]], None, "exp"), land.layer([[1]], None, "exp")]
    document = land.with_targets(make, [[0], [1]], [[1], [3]], twice)
    outcome = run(document, changed(loss=["0", "1000000"]))
    assert outcome.exit_code == 1


def test_many_powers_are_paid_for(make, land, run):
    document = one_exponential(land, make)
    powers = [[str(Fraction(k, 7)), "1"] for k in range(40_000)]
    outcome = run(document, with_combination(0, coefficients=[[1, powers]]))
    assert outcome.exit_code in (1, 2)


def test_tables_of_polynomials_are_limited(make, land):
    """The derivatives of all outputs are held: so many lists of terms, one for each of them."""
    instance = land.read(one_exponential(land, make))
    with ctx.workprec(64):
        formal = Formal(enclosed_objective(instance, exact_point(instance)))
    formal.hold(formal.features[-1], 1000)
    with pytest.raises(BudgetError, match="formal features"):
        formal.hold(formal.features[-1], 10**11)
