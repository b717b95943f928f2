"""The loss at a point, and a minimum that is not global: each obligation alone."""

from fractions import Fraction


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
