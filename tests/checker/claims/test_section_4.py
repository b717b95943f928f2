"""Conclusions on Section 4 at one point: each premise is violated alone, beside what is accepted."""

import copy
from fractions import Fraction

import pytest

from exactcnn.checker.claim import Accepted
from exactcnn.checker.claims.critical_points import EVIDENCE
from exactcnn.checker.claims.section_4 import AT_THE_POINT, SECTION_4
from exactcnn.checker.document import ObligationError
from tests.checker.claims.test_weights import gradient, weights_rank


def conclusion(statement, by, status, layer=1):
    own = {"kind": "conclusion", "statement": statement, "layer": layer, "status": status}
    return {**own, "scope": "this point", "by": by}


def deep(make, land, *, targets=((1,), (2,)), w2=((1, 0), (0, 1)), w3=((1,), (1,))):
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "relu"),
        land.layer([list(row) for row in w2], [0, 0], "softsign"),
        land.layer([list(row) for row in w3], [0]),
    ]
    return land.with_targets(make, [[1], [2]], [list(row) for row in targets], layers)


LOSS = {"kind": "loss", "point": -1, "lower": "0", "upper": "100", "precision": None}


def test_conclusions_at_a_point(make, land, run):
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    # F_1 = [[1, 0], [2, 1/2]], at which the pre-activations of unit 1 of layer 2 are 0 on sample 0: a breakpoint
    document = deep(make, land, w2=((1, 1), (1, 2)))
    not_zero = gradient(2, False, [0, 0], 53)
    good = conclusion("NH18.T4.4", "gradient", "proved")
    outcome = run(document, full, top, not_zero, good)
    assert outcome.exit_code == 0, outcome.message
    assert "no claim rank F_1" in run(document, top, not_zero, good).message
    assert "U_3 has full rank" in run(document, full, not_zero, good).message
    assert "no claim that the gradient" in run(document, full, top, good, not_zero).message
    assert "no claim that the gradient" in run(document, full, top, gradient(3, False, [0, 0], 53), good).message
    other = make.rank(1, 1, 2, make.minor(101, None, [0], [0]), make.SHAPE)
    assert "no claim rank F_1" in run(document, other, top, not_zero, good).message
    assert "makes a statement proved" in run(document, full, top, not_zero, {**good, "status": "refuted"}).message
    assert "the scope is" in run(document, full, top, not_zero, {**good, "scope": "architecture"}).message
    assert "is not hidden" in run(document, full, top, not_zero, {**good, "layer": 3}).message
    curved = copy.deepcopy(document)
    curved["layers"][2]["activation"] = make.activation("softsign")
    assert "is not the identity" in run(curved, full, top, not_zero, good).message


def test_all_layers_are_convolutions(make, land, run):
    document = deep(make, land, w2=((1, 1), (1, 2)))
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    document["layers"].insert(2, make.elementwise("identity"))
    top = weights_rank(4, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    claims = full, top, gradient(2, False, [0, 0], 53)
    assert run(document, *claims).exit_code == 0
    message = run(document, *claims, conclusion("NH18.T4.4", "gradient", "proved")).message
    assert "layer 3 is elementwise" in message


def test_conclusions_at_loss_zero(make, land, run):
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    outputs = [Fraction(1, 2) + Fraction(1, 2), Fraction(5, 7) + Fraction(3, 4)]
    document = deep(make, land, w2=((1, 1), (1, 2)), targets=[[x] for x in outputs])
    zero = {**LOSS, "upper": "0"}
    for statement in ("NH18.T4.4", "NH18.T4.5"):
        good = conclusion(statement, "zero-loss", "proved")
        outcome = run(document, full, top, zero, good)
        assert outcome.exit_code == 0, outcome.message
        assert run(document, full, top, land.critical("global minimum", {"kind": "zero"}, 0), good).exit_code == 0
        assert "no claim that the loss is 0" in run(document, full, top, LOSS, good).message
        assert "no claim that the loss is 0" in run(document, full, top, good).message
    windows = copy.deepcopy(document)
    windows["layers"][1] = make.convolution([[0], [1]], 1, "softsign", weights=[[1]], biases=[0], bias="filter")
    windows["targets"] = make.array([[Fraction(1, 2)], [1]])
    good = conclusion("NH18.T4.5", "zero-loss", "proved")
    message = run(windows, full, top, {**LOSS, "upper": "100"}, good).message
    assert "layer 2 is not fully connected" in message


def test_a_counterexample_where_a_slope_vanishes(make, land, run):
    """A function with slope 0 at 0, W_2 = 0: the gradient is 0, the rank full, and the loss is not 0."""
    bend = make.formula({(3, 0): 1})
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "leaky-relu(1/2)"),
        land.layer([[0, 0], [0, 0]], [0, 0], bend),
        land.layer([[1, 0], [0, 1]], [Fraction(1, 2), Fraction(1, 2)]),
    ]
    document = land.with_targets(make, [[1], [2]], [[1, 0], [0, 1]], layers)
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    zero, loss = gradient(2, True), {**LOSS, "lower": "1/2", "upper": "1/2"}
    good = conclusion("NH18.T4.4", "zero-gradient", "refuted")
    outcome = run(document, full, top, zero, loss, good)
    assert outcome.exit_code == 0, outcome.message
    assert "no claim that the loss is positive" in run(document, full, top, zero, {**loss, "lower": "0"}, good).message
    elsewhere = {**loss, "point": 0}
    assert run(document, full, top, zero, elsewhere, good).exit_code == 2
    negative = {"kind": "negative-direction", "by": "rational", "precision": 53, "positive": None}
    negative["direction"] = make.array([0] * len(range(4 + 6 + 6)))
    critical = conclusion("NH18.T4.5", "critical", "refuted")
    assert "no claim that the point is critical" in run(document, full, top, zero, loss, critical).message


@pytest.mark.parametrize("slope", [1, 0])
def test_refuted_at_a_critical_point(make, land, run, slope):
    """W_2 = 0 below a fully connected layer of a square: critical, and no minimum, of positive loss."""
    square = make.formula({(2, 0): 1, (1, 0): slope} if slope else {(2, 0): 1})
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "leaky-relu(1/2)"),
        land.layer([[0], [0]], [0], square),
        land.layer([[1]], [0]),
    ]
    document = land.with_targets(make, [[1], [2]], [[1], [-1]], layers)
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    # z = 1 w_1 - 1/4 w_2 + b and 2 w_1 + 1/2 w_2 + b, residuals -1 and 1: the curvature is 2 (z_2^2 - z_1^2)
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 53, "positive": None}
    evidence["direction"] = make.array([0, 0, 0, 0, 1, 4, -4, 0, 0])
    claim = land.critical("not a minimum", evidence, 1)
    loss = {**LOSS, "lower": "1", "upper": "1"}
    good = conclusion("NH18.T4.5", "critical", "refuted")
    outcome = run(document, full, top, claim, loss, good)
    if slope:
        assert "is not 0" in outcome.message
        return
    assert outcome.exit_code == 0, outcome.message
    assert run(document, full, top, claim, good).exit_code == 0  # the claim states the loss, too
    for missing, message in (
        ((top, claim, loss), "no claim rank F_1 >= N"),
        ((full, claim, loss), "U_3 has full rank"),
        ((full, top, loss), "no claim that the point is critical"),
    ):
        assert message in run(document, *missing, good).message
    # all that the claim says of the loss may be too little
    unclear = {**claim, "loss": ["0", "2"]}
    assert "no claim that the loss is positive" in run(document, full, top, unclear, good).message
    assert run(document, full, top, unclear, loss, good).exit_code == 0
    # a filter that is shared: the theorem is about a fully connected layer
    windows = copy.deepcopy(document)
    windows["layers"][1] = make.convolution([[0], [1]], 1, square, weights=[[0]], biases=[0], bias="filter")
    windows["layers"][2] = land.layer([[1], [0]], [0])
    # residuals -1, 1; of window 0 only: z = w F_1[0] + b
    own = {**claim, "evidence": {**evidence, "direction": make.array([0, 0, 0, 0, 1, -2, 0, 0, 0])}}
    wide = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    assert run(windows, full, wide, own, loss).exit_code == 0
    assert "layer 2 is not fully connected" in run(windows, full, wide, own, loss, good).message


# ---------------------------------------------------------------- premises alone

WHOLE = {(rule.statement, rule.by): rule for rule in SECTION_4}


def premise(instance, statement, by, claims, k=1):
    """What the first premise that fails says; None if none does."""
    for each in WHOLE[statement, by].premises:
        try:
            each(instance, k, Accepted(claims, len(claims)))
        except ObligationError as error:
            return str(error)
    return None


def stated(kind, loss, *, point=-1):
    """A claim that has been accepted, as far as conclusions read it."""
    return {"kind": "critical-point", "point": point, "loss": list(loss), "evidence": {"kind": kind}}


@pytest.fixture
def ranks():
    return [
        {"kind": "rank", "layer": 1, "lower": 2, "upper": 2},
        {"kind": "weights-rank", "layer": 3, "lower": 1, "upper": 1},
    ]


@pytest.mark.parametrize("kind", sorted(EVIDENCE))
def test_what_is_said_of_a_box_is_not_said_of_the_point(make, land, ranks, kind):
    """Evidence on a box knows of a point nearby: it decides neither the loss here nor that the point is critical."""
    instance = land.read(deep(make, land))
    here = kind in AT_THE_POINT
    assert here == (kind not in ("box", "krawczyk", "zero-box", "kinks", "duplicated-units"))
    zero = premise(instance, "NH18.T4.4", "zero-loss", [*ranks, stated(kind, ("0", "0"))])
    assert (zero is None) == here
    positive = [*ranks, {"kind": "gradient", "layer": 2, "zero": True}, stated(kind, ("1/9", "1"))]
    assert (premise(instance, "NH18.T4.4", "zero-gradient", positive) is None) == here
    loss = {"kind": "loss", "point": -1, "lower": "1/9", "upper": "1"}
    critical = premise(instance, "NH18.T4.5", "critical", [*ranks, loss, stated(kind, ("1/9", "1"))])
    assert (critical is None) == (kind in ("hessian", "negative-direction"))


def test_what_is_said_of_another_point(make, land, ranks):
    instance = land.read(deep(make, land))
    for point, message in ((-1, None), (0, "no claim that the loss is 0 before it")):
        for claim in (
            stated("zero", ("0", "0"), point=point),
            {"kind": "loss", "point": point, "lower": "0", "upper": "0"},
        ):
            assert premise(instance, "NH18.T4.4", "zero-loss", [*ranks, claim]) == message
    for point in (-1, 0):
        loss = {"kind": "loss", "point": -1, "lower": "1", "upper": "1"}
        found = premise(instance, "NH18.T4.5", "critical", [*ranks, loss, stated("hessian", ("1", "1"), point=point)])
        assert found == (None if point < 0 else "no claim that the point is critical before it")


def test_bounds_of_the_loss(make, land, ranks):
    """0 is 0 exactly, and positive is above 0: bounds that say less are not enough."""
    instance = land.read(deep(make, land))
    gradient_zero = {"kind": "gradient", "layer": 2, "zero": True}
    for lower, upper, zero, positive in (
        ("0", "0", True, False),
        ("-1", "0", True, False),
        ("0", "1/1000000000000", False, False),
        ("1/1000000000000", "1", False, True),
        ("-1", "1", False, False),
    ):
        loss = {"kind": "loss", "point": -1, "lower": lower, "upper": upper}
        assert (premise(instance, "NH18.T4.4", "zero-loss", [*ranks, loss]) is None) == zero
        assert (premise(instance, "NH18.T4.4", "zero-gradient", [*ranks, gradient_zero, loss]) is None) == positive


def test_ranks_of_all_layers_above(make, land):
    """U_l for every l >= k + 2, each of full rank; neither U_(k+1) nor those below."""
    layers = [land.layer([[1, 1]], [0, 0], "softsign"), *[land.layer([[1, 2], [3, 4]], [1, 1], "softsign")] * 3]
    document = land.with_targets(make, [[1], [2]], [[1], [2]], [*layers, land.layer([[1], [1]])])
    instance = land.read(document)
    features = {"kind": "rank", "layer": 1, "lower": 2, "upper": 2}
    weights = [
        {"kind": "weights-rank", "layer": k, "lower": full, "upper": full} for k, full in ((3, 2), (4, 2), (5, 1))
    ]
    loss = {"kind": "loss", "point": -1, "lower": "0", "upper": "0"}

    def found(*claims, k=1):
        return premise(instance, "NH18.T4.4", "zero-loss", [*claims, loss], k)

    assert found(features, *weights) is None
    for k in (3, 4, 5):
        fewer = [claim for claim in weights if claim["layer"] != k]
        assert found(features, *fewer) == f"no claim that U_{k} has full rank before it"
        if k < 5:
            low = {**weights[k - 3], "lower": 1}
            assert found(features, *fewer, low) == f"no claim that U_{k} has full rank before it"
    assert found(*weights) == "no claim rank F_1 >= N before it"
    assert found({**features, "lower": 1}, *weights) == "no claim rank F_1 >= N before it"
    assert found({**features, "layer": 2}, *weights[1:], k=2) is None
    assert found({**features, "layer": 4}, k=4) is None  # nothing is above the last layer
    assert found({**features, "layer": 5}, k=5) == "layer 5 is not hidden"


@pytest.mark.parametrize(
    ("windows", "full"),
    [
        ([[0, 1]], True),
        ([[1, 0]], True),
        ([[0, 1], [1, 0]], False),
        ([[0, -1]], False),
        ([[0], [1]], False),
        ([[0]], False),
    ],
)
def test_fully_connected_layers(make, land, windows, full):
    """One patch that reads each neuron below once, in any order."""
    size = len(windows[0])
    second = make.convolution(windows, 2, "softsign", weights=[[1, 2]] * size, bias="none")
    layers = [land.layer([[1, 1]], [0, 0], "softsign"), second, land.layer([[1]] * (2 * len(windows)))]
    instance = land.read(land.with_targets(make, [[1], [2]], [[1], [2]], layers))
    claims = [
        {"kind": "rank", "layer": 1, "lower": 2, "upper": 2},
        {"kind": "weights-rank", "layer": 3, "lower": 1, "upper": 1},
        {"kind": "loss", "point": -1, "lower": "0", "upper": "0"},
    ]
    assert premise(instance, "NH18.T4.4", "zero-loss", claims) is None
    message = premise(instance, "NH18.T4.5", "zero-loss", claims)
    assert message == (None if full else "layer 2 is not fully connected")


def test_long_bounds_are_paid_for(make, land, ranks):
    """Whoever leans on a loss reads its bounds anew."""
    spent = []
    for digits in (1, 50_000):
        instance = land.read(deep(make, land))
        loss = {"kind": "loss", "point": -1, "lower": "-" + "7" * digits, "upper": "0"}
        assert premise(instance, "NH18.T4.4", "zero-loss", [*ranks, loss]) is None
        spent.append(instance.budget.spent)
    assert spent[1] > spent[0] + 500_000
