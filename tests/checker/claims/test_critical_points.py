"""Claims about critical points, whatever the evidence: what is read, what is needed, and what it may cost."""

import copy
from fractions import Fraction

import pytest

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
    curve = {"kind": "curve", "directions": make.array([[1] * 7])}
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


# ---------------------------------------------------------------- what is read


def test_what_is_read(make, land, run):
    document = land.lds()
    good = land.critical("minimum", land.on_slice(document, [0, 1]), Fraction(49, 50), strict=True, index=[2, 0, 0])
    accepted(run, document, good)
    for message, changes in (
        ("unknown type 'maximum'", {"type": "maximum"}),
        ("unknown type", {"type": ["minimum"]}),
        ("unknown type", {"type": None}),
        ("strict is 1", {"strict": 1}),
        ("strict is true for the type 'saddle'", {"type": "saddle"}),
        ("index has 2 entries", {"index": [2, 0]}),
        ("index is 3", {"index": [3, 0, 0]}),
        ("index is -1", {"index": [2, 0, -1]}),
        ("index is True", {"index": [True, 0, 0]}),
        ("loss has 1 entry", {"loss": ["1"]}),
        ("loss is an empty interval", {"loss": ["1", "1/2"]}),
        ("loss is 1", {"loss": [1, "1"]}),
        ("evidence has no kind", {"evidence": None}),
        ("evidence has no kind", {"evidence": {}}),
        ("unknown evidence 'trust'", {"evidence": {"kind": "trust"}}),
        ("point is 0", {"point": 0}),
        ("has an unknown key", {"radius": "1"}),
    ):
        rejected(run, message, document, {**good, **changes}, code=2)
    for missing in good:
        if missing != "kind":
            own = {key: value for key, value in good.items() if key != missing}
            rejected(run, f"has no '{missing}'", document, own, code=2)


def test_how_a_claim_is_called(make, land, run):
    document = land.lds()
    own = land.on_slice(document, [0, 1])
    for claim, line in (
        (land.critical("minimum", own, Fraction(49, 50)), "the parameters: minimum, loss 49/50, by hessian"),
        (
            land.critical("minimum", own, (0, 1), strict=True, index=[2, 0, 0]),
            "the parameters: strict minimum, index [2, 0, 0], loss [0, 1], by hessian",
        ),
    ):
        assert accepted(run, document, claim).accepted == (line,)


@pytest.mark.parametrize(("stated", "message"), [((0, 0), "at most"), ((1, 2), "at least")])
@pytest.mark.parametrize("kind", ["hessian", "entry", "descent", "curve", "negative-direction"])
def test_the_loss_is_stated_for_any_evidence(make, land, run, kind, stated, message):
    """What is proved of the point does not matter where its loss is not the stated one."""
    chain, bottleneck = land.chain(3), land.bottleneck()
    direction = make.array([1, 0, 1, 0])
    document, claim = {
        "hessian": (land.lds(), land.critical("minimum", land.on_slice(land.lds(), [0, 1]), (0, 3))),
        "entry": (
            land.chain(1),
            land.critical("not critical", {"kind": kind, "coordinate": 0, "precision": 53}, (0, 3)),
        ),
        "descent": (
            land.chain(1),
            land.critical("not a minimum", {"kind": kind, "direction": make.array([1]), "precision": None}, (0, 3)),
        ),
        "curve": (chain, land.critical("not a minimum", {"kind": kind, "directions": make.array([[1, 1, 1]])}, (0, 3))),
        "negative-direction": (
            bottleneck,
            land.critical(
                "not a minimum",
                {"kind": kind, "by": "rational", "precision": 53, "direction": direction, "positive": None},
                (0, 3),
            ),
        ),
    }[kind]
    accepted(run, document, claim)
    wrong = {**claim, "loss": [str(Fraction(x)) for x in stated]}
    if kind == "negative-direction" and message == "at least":
        wrong["loss"] = ["5/2", "3"]  # its loss is 2
    rejected(run, f"the loss is not certainly {message} the stated", document, wrong)
