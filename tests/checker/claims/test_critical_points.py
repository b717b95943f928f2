"""Claims about critical points, whatever the evidence: what is read, what is needed, and what it may cost."""

import copy
from fractions import Fraction

from tests.checker.claims.outcomes import accepted, rejected

LOOSE = (0, 100)


def test_targets_and_parameters_are_needed(make, land, run):
    document = land.lds()
    good = land.critical("minimum", land.on_slice(document, [0, 1]), Fraction(49, 50))
    rejected(run, "needs targets", {**document, "targets": None}, good)
    rejected(run, "targets have width 2", {**document, "targets": make.array([[1, 0], [0, 0]])}, good)
    bare = copy.deepcopy(document)
    bare["layers"][1]["weights"] = None
    rejected(run, "needs weights", bare, good)


def test_the_point_is_one_of_the_points(make, land, run_bytes):
    """Evidence is about the point that is named, with the parameters of that point alone."""
    good = land.lds()
    own = [{"weights": layer["weights"], "biases": None} for layer in good["layers"]]
    elsewhere = land.lds(w=2)
    claim = land.critical("minimum", land.on_slice(good, [0, 1]), Fraction(49, 50), point=0)

    def code(points, claim):
        document = {**make.HEAD, "points": points, "instance": elsewhere, "claims": [claim]}
        return run_bytes(make.seal(document)).exit_code

    assert code([own], claim) == 0
    assert code([own], {**claim, "point": -1}) == 1
    assert code([[own[0], None]], claim) == 1
    assert code([own], {**claim, "point": 1}) == 2
    assert code([[own[0], {**own[1], "weights": make.array([[Fraction(19, 100)]])}]], claim) == 1


# ---------------------------------------------------------------- work is estimated before it is done


def wide(make, land, units, name="tanh"):
    first = land.layer([[Fraction(i + 1, 7) for i in range(units)]], [Fraction(i, 9) for i in range(units)], name)
    return land.with_targets(make, [[1], [2]], [[1], [0]], [first, land.layer([[1]] * units, [0])])


def refused(run, document, claim):
    outcome = run(document, claim)
    assert outcome.exit_code == 2, outcome.message
    assert outcome.message.startswith("refused: claim 0"), outcome.message
    assert "s of work" in outcome.message or "GiB" in outcome.message


def test_what_a_few_bytes_may_ask_for(make, land, run):
    document = wide(make, land, 40)
    eye = [[int(i == j) for j in range(121)] for i in range(121)]
    refused(run, document, land.critical("minimum", land.box(eye, 1, precision=10**6), LOOSE))
    entry = {"kind": "entry", "coordinate": 0, "precision": 10**6}
    refused(run, document, land.critical("not critical", entry, LOOSE))
    accepted(run, document, land.critical("not critical", {**entry, "precision": 64}, (0, 10**9)))
    powers = make.formula({(30, 0): 1})
    chain = [land.layer([[1]], None, powers)] * 6 + [land.layer([[1]])]
    steep = land.with_targets(make, [[3]], [[1]], chain)
    curve = {"kind": "curve", "direction": make.array([1] * 7)}
    outcome = run(steep, land.critical("not a minimum", curve, LOOSE))
    assert outcome.exit_code == 1
    assert "polynomials of degree" in outcome.message
    deep = [land.layer([[Fraction(i + j, 97 + i) for j in range(12)] for i in range(12)], None, "softsign")] * 6
    first, last = land.layer([[Fraction(1, i + 2) for i in range(12)]], None, "softsign"), land.layer([[1]] * 12)
    fractions = land.with_targets(make, [[1], [2]], [[1], [0]], [first, *deep, last])
    direction = make.array([1] * (12 + 6 * 144 + 12))
    refused(
        run,
        fractions,
        land.critical("not a minimum", {"kind": "descent", "direction": direction, "precision": None}, LOOSE),
    )
    refused(run, fractions, land.critical("minimum", land.hessian([[1]]), LOOSE))
