"""The loss at a point, and a minimum that is not global: each obligation alone."""

from fractions import Fraction

import pytest

from exactcnn.checker.claim import Accepted
from exactcnn.checker.claims.losses import interval_text, point_text, read_suboptimal, short
from tests.checker.slow import flint


def test_loss_and_a_minimum_that_is_not_global(make, land, run_bytes):
    minimum = land.lds()
    claim = land.critical("minimum", land.on_slice(minimum, [0, 1]), Fraction(49, 50), strict=True)
    better = [{"weights": make.array([[x]]), "biases": None} for x in (-8, -257)]  # outputs -1, and nearly 0
    exact = (1 + Fraction(257, 1 + 2**24)) ** 2 / 2
    tiny = Fraction(1, 10**9)

    def check(*claims):
        document = {**make.HEAD, "points": [better], "instance": minimum, "claims": list(claims)}
        return run_bytes(make.seal(document))

    def loss(lower, upper, precision=None):
        return {"kind": "loss", "point": 0, "lower": str(lower), "upper": str(upper), "precision": precision}

    outcome = check(loss(exact, exact))
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted[0].startswith("loss at points[0]: ")
    assert check(loss(exact, exact + tiny)).exit_code == 0
    assert check(loss(exact + tiny, 1)).exit_code == 1
    assert check(loss(0, exact - tiny)).exit_code == 1
    assert check(loss(1, 0)).exit_code == 2
    assert check({**loss(exact, exact), "point": -1}).exit_code == 1
    assert check(loss(exact - tiny, exact + tiny, 53)).exit_code == 0
    assert check(loss(exact, exact, 53)).exit_code == 1

    worse = {"kind": "suboptimal", "claim": 0, "loss": 1}
    outcome = check(claim, loss(exact, exact), worse)
    assert outcome.exit_code == 0, outcome.message
    assert check(claim, loss(exact, Fraction(49, 50)), worse).exit_code == 1
    assert (
        check({**claim, "loss": ["1/2", "1"]}, loss(exact, exact), worse).exit_code == 1
    )  # it says less than it could
    assert check(claim, worse, loss(exact, exact)).exit_code == 2  # only what stands before it
    assert check(loss(exact, exact), loss(exact, exact), worse).exit_code == 2
    assert check(claim, claim, worse).exit_code == 2
    entry = land.critical("not critical", {"kind": "entry", "coordinate": 0, "precision": 53}, (0, 1))
    entry = {**entry, "point": 0, "loss": ["1/3", "1"]}
    outcome = check(entry, loss(exact, exact), worse)
    assert outcome.exit_code == 1, outcome.message


def test_only_minima_are_not_global(make, land, run_bytes):
    """A point that is not critical has a larger loss than another: that says nothing."""
    better = [{"weights": make.array([[x]]), "biases": None} for x in (-8, -257)]
    entry = land.critical("not critical", {"kind": "entry", "coordinate": 1, "precision": 53}, (1, 2))
    loss = {"kind": "loss", "point": 0, "lower": "0", "upper": "3/5", "precision": None}
    claims = [entry, loss, {"kind": "suboptimal", "claim": 0, "loss": 1}]

    def outcome(claims):
        document = {**make.HEAD, "points": [better], "instance": land.lds(v=1), "claims": claims}
        return run_bytes(make.seal(document))

    assert outcome(claims[:2]).exit_code == 0
    assert "is not about a minimum" in outcome(claims).message


# ---------------------------------------------------------------- shapes and words


def loss_claim(lower, upper, **changes):
    return {"kind": "loss", "point": -1, "lower": str(lower), "upper": str(upper), "precision": None} | changes


def test_shapes(make, land, run):
    document = land.chain(1)  # loss 1/2
    good = loss_claim("1/2", "1/2")
    assert run(document, good).accepted == ("loss at the parameters: 1/2",)
    assert run(document, {**good, "lower": "-3"}).accepted == ("loss at the parameters: [-3, 1/2]",)
    for precision, code in ((2, 0), (53, 0), (2**20 - 1, 0), (1, 2), (2**20, 2), (-5, 2), ("53", 2), (True, 2)):
        outcome = run(document, {**good, "lower": "0", "upper": "4", "precision": precision})
        assert outcome.exit_code == code, (precision, outcome.message)
    for changes in (
        {"lower": "1", "upper": "1/2"},
        {"lower": 0},
        {"upper": "0.5"},
        {"lower": None},
        {"point": 0},
        {"point": -2},
        {"point": None},
        {"index": None},
    ):
        assert run(document, {**good, **changes}).exit_code == 2, changes
    without = {key: value for key, value in good.items() if key != "precision"}
    assert run(document, without).exit_code == 2


def test_both_ends(land, run):
    tiny = Fraction(1, 10**40)
    document = land.chain(1)
    half = Fraction(1, 2)
    for lower, upper, message in (
        (half, half, None),
        (half - tiny, half, None),
        (half, half + tiny, None),
        (half + tiny, 1, "the loss is not certainly at least the stated lower bound"),
        (0, half - tiny, "the loss is not certainly at most the stated upper bound"),
    ):
        outcome = run(document, loss_claim(lower, upper))
        assert outcome.exit_code == (message is not None)
        assert message is None or message in outcome.message


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(-22, 7), "-22/7"),
        (Fraction(10**29), "1" + "0" * 29),
        (Fraction(10**30 + 1, 3 * 10**30), "0.333333..."),
        (Fraction(-(10**31) - 1, 3 * 10**31), "-0.333333..."),
        (Fraction(10**40 + 1, 10**35), "100000..."),
        (Fraction(1, 10**40), "0..."),
        (Fraction(10**60), "1" + "0" * 26 + "..."),
    ],
)
def test_numbers_in_few_characters(number, text):
    assert short(flint(number)) == text
    assert len(text) <= 30
    assert interval_text((flint(number), flint(number))) == text
    assert interval_text((flint(number), flint(number + 1))).startswith(f"[{text}, ")


def test_points_in_words():
    assert [point_text(point) for point in (-1, 0, 12)] == ["the parameters", "points[0]", "points[12]"]


# ---------------------------------------------------------------- not global


def test_strictly_below(land, run):
    """The loss of the other point must be below the floor of the minimum: to be equal is not enough."""
    document = land.lds()
    minimum = land.critical("minimum", land.on_slice(document, [0, 1]), Fraction(49, 50))
    worse = {"kind": "suboptimal", "claim": 0, "loss": 1}
    same = loss_claim("49/50", "49/50")
    outcome = run(document, minimum, same, worse)
    assert outcome.exit_code == 1
    assert "the loss of claim 1 is not certainly below that of claim 0" in outcome.message


def test_what_a_suboptimal_minimum_refers_to(make, land, run):
    document = land.lds()
    minimum = land.critical("minimum", land.on_slice(document, [0, 1]), Fraction(49, 50))
    loss, worse = loss_claim(0, 1), {"kind": "suboptimal", "claim": 0, "loss": 1}
    assert run(document, minimum, loss, worse).exit_code == 1  # well formed, and not proved
    for changes in (
        {"claim": 1},
        {"loss": 0},
        {"claim": 2},
        {"loss": 2},
        {"claim": -1},
        {"loss": True},
        {"claim": None},
    ):
        assert run(document, minimum, loss, {**worse, **changes}).exit_code == 2, changes
    saddle = land.bottleneck()
    claim = land.critical("saddle", land.hessian(land.whitening(land.numeric(saddle)[1])), 2)
    outcome = run(saddle, claim, loss_claim(0, 2), worse)
    assert outcome.exit_code == 1
    assert "claim 0 is not about a minimum" in outcome.message
    width = {"kind": "width", "layer": 1, "holds": False}
    assert "expected a critical-point or a basin" in run(document, width, loss, worse).message


def test_long_bounds_are_paid_for(land, make):
    """Every claim that a minimum is suboptimal reads the bounds anew."""
    spent = []
    for digits in (1, 50_000):
        instance = land.read(land.ramp())
        basin = {"kind": "basin", "floor": "1" + "0" * digits}
        loss = {"kind": "loss", "upper": "0"}
        claim = {"kind": "suboptimal", "claim": 0, "loss": 1}
        read_suboptimal(instance, claim, Accepted([basin, loss, claim], 2)).verify()
        spent.append(instance.budget.spent)
    assert spent[1] > spent[0] + 500_000
