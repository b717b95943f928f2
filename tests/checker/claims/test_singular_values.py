"""Bounds and counts of singular values: accepted where they are proved; every obligation is violated once."""

from fractions import Fraction

import pytest

from exactcnn.checker.budget import Budget

# A = U S V^T with the rotation U of (3/5, 4/5), V = I, S = diag(2, 1)
U = [["3/5", "-4/5"], ["4/5", "3/5"]]
EYE = [["1", "0"], ["0", "1"]]
A = [["6/5", "-4/5"], ["8/5", "3/5"]]
CLOSE = [["1999999/1000000", "2000001/1000000"], ["999999/1000000", "1000001/1000000"]]


def bounds_claim(make, bounds=CLOSE, *, left=U, right=EYE, values=("2", "1"), layer=0, precision=128):
    evidence = {
        "kind": "decomposition",
        "precision": precision,
        "left": make.array(left),
        "values": list(values),
        "right": make.array(right),
    }
    return {"kind": "singular-values", "layer": layer, "bounds": bounds, "evidence": evidence}


def norm_claim(bounds, layer=0, precision=64):
    evidence = {"kind": "norm", "precision": precision}
    return {"kind": "singular-values", "layer": layer, "bounds": bounds, "evidence": evidence}


def counts(tolerance, above, below, evidence=None, layer=0):
    evidence = evidence or {"kind": "enclosures"}
    claim = {"kind": "singular-value-counts", "layer": layer, "tolerance": tolerance}
    return claim | {"above": above, "below": below, "evidence": evidence}


def inertia(panels, precision=64):
    return {"kind": "inertia", "precision": precision, "panels": panels}


@pytest.fixture
def document(make):
    return make.instance(A, [])


def test_bounds_are_accepted(make, run, document):
    outcome = run(document, bounds_claim(make))
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted == ("bounds of all 2 singular values of F_0",)


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ([["2", "2000001/1000000"], CLOSE[1]], "bound 0 is not proved from below"),
        ([CLOSE[0], ["1", "1000001/1000000"]], "bound 1 is not proved from below"),
        ([["1999999/1000000", "2"], CLOSE[1]], "bound 0 is not proved from above"),
        ([CLOSE[0], ["-1", "-1"]], "bound 1 is not proved from above"),
        ([CLOSE[1], CLOSE[0]], "bound 0 is not proved from above"),
        (CLOSE[:1], "1 bounds for 2 singular values"),
        ([*CLOSE, CLOSE[1]], "3 bounds for 2 singular values"),
        ([], "0 bounds for 2 singular values"),
    ],
)
def test_bounds_that_are_not_proved(make, run, document, bounds, says):
    outcome = run(document, bounds_claim(make, bounds))
    assert outcome.exit_code == 1
    assert says in outcome.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"values": ("1", "2")}, "the values do not descend"),
        ({"values": ("2", "-1")}, "a value is negative"),
        (
            {"left": [["6/5", "-8/5"], ["8/5", "6/5"]], "values": ("1", "1/2")},
            "columns of U are not nearly orthonormal",
        ),
        ({"right": [["2", "0"], ["0", "2"]], "values": ("1", "1/2")}, "columns of V are not nearly orthonormal"),
        ({"left": [["3/5", "3/5"], ["4/5", "4/5"]]}, "columns of U are not nearly orthonormal"),
        ({"left": EYE}, "not proved"),
        ({"right": [["0", "1"], ["1", "0"]]}, "not proved"),
        ({"values": ("3", "1")}, "not proved"),
        ({"values": ("2", "0")}, "not proved"),
        ({"precision": 4}, "not proved"),
    ],
)
def test_decompositions_that_prove_nothing(make, run, document, change, says):
    outcome = run(document, bounds_claim(make, **change))
    assert outcome.exit_code == 1
    assert says in outcome.message


def test_losses_of_orthogonality_widen_the_bounds(make, run, document):
    """U off by a factor 1 + 1/100: I - U^T U has norm 201/10000, and the residual is that of the same factor."""
    off = [[str(Fraction(x) * Fraction(101, 100)) for x in row] for row in U]
    scaled = [str(Fraction(x) * Fraction(100, 101)) for x in (2, 1)]
    assert run(document, bounds_claim(make, left=off, values=scaled)).exit_code == 1
    wide = [["19/10", "21/10"], ["9/10", "11/10"]]
    assert run(document, bounds_claim(make, wide, left=off, values=scaled)).exit_code == 0
    # the theorem's own bounds: 2/1.01 sqrt(1 -+ 0.0201), to the last digit
    shrunk, stretched = Fraction(9799, 10000), Fraction(10201, 10000)
    low, high = Fraction("1.9601"), Fraction(2)
    assert low**2 <= Fraction(200, 101) ** 2 * shrunk < (low + Fraction(1, 10000)) ** 2
    assert high**2 == Fraction(200, 101) ** 2 * stretched
    exact = [[str(low), str(high + Fraction(1, 10**9))], wide[1]]
    assert run(document, bounds_claim(make, exact, left=off, values=scaled)).exit_code == 0
    for tight in ([str(low + Fraction(1, 10000)), exact[0][1]], [str(low), "2"]):
        assert run(document, bounds_claim(make, [tight, wide[1]], left=off, values=scaled)).exit_code == 1


def test_truncated_and_rectangular(make, run):
    """The rest of a truncated decomposition is in the residual, whose row and column sums count."""
    one = {"left": [["3/5"], ["4/5"]], "right": [["1"], ["0"]], "values": ("2",)}
    # the residual is the second column, (-4/5, 3/5): sqrt(4/5 * 7/5) < 1.06
    wide = [["47/50", "77/25"], ["0", "107/100"]]
    document = make.instance(A, [])
    assert run(document, bounds_claim(make, [[wide[0][0], "307/100"], wide[1]], **one)).exit_code == 0
    assert "bound 1" in run(document, bounds_claim(make, [wide[0], ["0", "105/100"]], **one)).message
    assert "bound 0" in run(document, bounds_claim(make, [["95/100", "77/25"], wide[1]], **one)).message
    assert "bound 1" in run(document, bounds_claim(make, [wide[0], ["1/1000", "2"]], **one)).message
    tall = make.instance([*A, ["0", "0"]], [])
    assert run(tall, bounds_claim(make, left=[*U, ["0", "0"]])).exit_code == 0
    wide_matrix = make.instance([[*row, "0"] for row in A], [])
    assert run(wide_matrix, bounds_claim(make, right=[*EYE, ["0", "0"]])).exit_code == 0
    three = {"left": [[*row, "0"] for row in U] + [["0", "0", "1"]], "right": [["1", "0", "0"], ["0", "1", "0"]]}
    outcome = run(tall, bounds_claim(make, values=("2", "1", "0"), **three))
    assert outcome.exit_code == 1
    assert "3 values for 2 singular values" in outcome.message


def test_norm_alone(make, run):
    document = make.instance([["0", "3"], ["4", "0"]], [])
    assert run(document, norm_claim([["0", "4"], ["0", "4"]])).exit_code == 0
    assert run(document, norm_claim([["0", "5"], ["-1", "5"]])).exit_code == 0
    assert "from below" in run(document, norm_claim([["1/100", "5"], ["0", "5"]])).message
    assert run(document, norm_claim([["0", "39/10"], ["0", "5"]])).exit_code == 1
    zero = make.instance([["0", "0"]], [])
    assert run(zero, norm_claim([["0", "0"]])).exit_code == 0


def test_features_of_layers(make, run):
    """Rational, exponential and special values: all are enclosed by balls."""
    for activation, tolerance in (("relu", "1/2"), ("sigmoid", "1/2"), ("softplus(1)", "1/2"), ("square", "1/2")):
        document = make.instance([["2", "-1"], ["1", "3"]], [make.elementwise(activation)])
        table = make.numeric_features(document, 1)
        norm = sum(x**2 for row in table for x in row)
        determinant = table[0][0] * table[1][1] - table[0][1] * table[1][0]
        small = abs(determinant) / norm**0.5  # a lower bound of the smaller one
        above = 2 if small > 0.5 else None
        claim = counts(tolerance, 1 if above is None else 2, 0, inertia([[[0, 1]]]), layer=1)
        alone = counts(tolerance, 2, 0, inertia([[[0], [1]]]), layer=1)
        accepted = run(document, claim).exit_code, run(document, alone).exit_code
        assert 0 in accepted
        assert run(document, counts(tolerance, 0, 2, inertia([[[0], [1]]]), layer=1)).exit_code == 1
    pooled = make.instance([["2", "-1"], ["1", "3"]], [make.elementwise("sigmoid"), make.pooling([[0, 1]])])
    assert run(pooled, counts("1", 1, 0, inertia([[[0]]]), layer=2)).exit_code == 0
    assert run(pooled, counts("2", 0, 1, inertia([[[0]]]), layer=2)).exit_code == 0
    assert run(pooled, norm_claim([["0", "2"]], layer=2)).exit_code == 0


# -------------------------------------------------------------------- counts


def test_counts_lean_on_bounds(make, run, document):
    outcome = run(document, bounds_claim(make), counts("3/2", 1, 1))
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted[1] == "of the singular values of F_0 at least 1 > '3/2', 1 < it"
    assert run(document, bounds_claim(make), counts("3/2", 1, 0)).exit_code == 0
    for tolerance, above, below in (("3/2", 2, 0), ("3/2", 0, 2), ("1", 2, 0), ("1000001/1000000", 1, 1), ("3", 1, 2)):
        outcome = run(document, bounds_claim(make), counts(tolerance, above, below))
        assert outcome.exit_code == 1
        assert "singular values are proved to be" in outcome.message
    assert "no claim before this one" in run(document, counts("3/2", 1, 1)).message
    assert "no claim before this one" in run(document, counts("3/2", 1, 1), bounds_claim(make)).message
    two = make.instance(A, [make.elementwise("identity")])
    assert "no claim before this one" in run(two, bounds_claim(make), counts("3/2", 1, 1, layer=1)).message


def test_counts_by_inertia(make, run, document):
    for panels in ([[[0], [1]]], [[[0]], [[1]]], [[[1]], [[0]]], [[[0, 1]]]):
        assert run(document, counts("3/2", 1, 1, inertia(panels))).exit_code == 0
        assert run(document, counts("1/2", 2, 0, inertia(panels))).exit_code == 0
        assert run(document, counts("5/2", 0, 2, inertia(panels))).exit_code == 0
        assert "not 2" in run(document, counts("3/2", 2, 0, inertia(panels))).message
        assert "not 2" in run(document, counts("3/2", 0, 2, inertia(panels))).message
    assert run(document, counts("3/2", 1, 1, inertia([[[0]]]))).exit_code == 1
    assert run(document, counts("3/2", 1, 1, inertia([]))).exit_code == 1


def test_a_singular_value_at_the_tolerance_is_neither(make, run):
    document = make.instance([["1", "0"], ["0", "2"]], [])
    assert run(document, counts("1", 1, 0, inertia([[[1]]]))).exit_code == 0
    for above, below in ((2, 0), (1, 1)):
        for panels in ([[[1]], [[0]]], [[[1], [0]]], [[[0, 1]]]):
            assert run(document, counts("1", above, below, inertia(panels))).exit_code == 1
    near = Fraction(1) + Fraction(1, 10**40)
    assert run(document, counts(str(near), 1, 1, inertia([[[1], [0]]], 256))).exit_code == 0
    assert run(document, counts(str(near), 1, 1, inertia([[[1], [0]]], 64))).exit_code == 1  # too few bits


def test_the_less_high_side_is_squared(make, run):
    """Of a 1 x 3 matrix there is one singular value; the zeros of the larger square are none."""
    for rows in ([["3", "0", "4"]], [["3"], ["0"], ["4"]]):
        document = make.instance(rows, [])
        assert run(document, counts("4", 1, 0, inertia([[[0]]]))).exit_code == 0
        assert run(document, counts("6", 0, 1, inertia([[[0]]]))).exit_code == 0
        assert run(document, counts("6", 0, 1, inertia([[[0], [1]]]))).exit_code == 2  # there is no second index


def test_empty_claims_say_nothing(run, document):
    outcome = run(document, counts("1", 0, 0, inertia([])))
    assert outcome.exit_code == 1
    assert "holds for every matrix" in outcome.message


def test_claims_need_samples(make, run):
    document = make.instance(None, [], count=2, width=2)
    for claim in (norm_claim([["0", "9"], ["0", "9"]]), counts("1", 1, 0, inertia([[[0]]]))):
        outcome = run(document, claim)
        assert outcome.exit_code == 1
        assert "needs samples" in outcome.message


@pytest.mark.parametrize(
    "change",
    [
        {"layer": 1},
        {"layer": -1},
        {"bounds": [["0"]]},
        {"bounds": [["0", 1], ["0", "1"]]},
        {"bounds": {}},
        {"evidence": {"kind": "none"}},
        {"evidence": {"kind": "norm"}},
        {"evidence": {"kind": "norm", "precision": 1}},
        {"extra": 1},
    ],
)
def test_misshapen_bounds(run, document, change):
    assert run(document, norm_claim([["0", "3"], ["0", "3"]])).exit_code == 0
    assert run(document, norm_claim([["0", "3"], ["0", "3"]]) | change).exit_code == 2


def test_misshapen_decompositions(make, run, document):
    good = bounds_claim(make)
    for key, value in (
        ("left", make.array([["1", "0", "0"], ["0", "1", "0"]])),
        ("right", make.array([["1", "0"]])),
        ("left", None),
        ("values", ["2"]),
        ("values", ["2", 1]),
        ("values", "21"),
        ("precision", True),
        ("precision", 2**20),
    ):
        assert run(document, good | {"evidence": good["evidence"] | {key: value}}).exit_code == 2


@pytest.mark.parametrize(
    "change",
    [
        {"tolerance": "0"},
        {"tolerance": "-1"},
        {"tolerance": "0.5"},
        {"tolerance": 1},
        {"above": -1},
        {"below": "1"},
        {"layer": 5},
        {"evidence": {"kind": "shape"}},
        {"evidence": {"kind": "inertia", "precision": 64}},
        {"evidence": {"kind": "inertia", "precision": 1, "panels": [[[0]]]}},
        {"evidence": {"kind": "inertia", "precision": 64, "panels": [[[0], [0]]]}},
        {"evidence": {"kind": "enclosures", "precision": 64}},
    ],
)
def test_misshapen_counts(run, document, change):
    good = counts("1/2", 1, 0, inertia([[[0]]]))
    assert run(document, good).exit_code == 0
    assert run(document, good | change).exit_code == 2


def test_work_is_estimated_first(make, run, document, monkeypatch):
    """Every estimate counts: the same claims pass as they are, and none passes when time is a billion times dearer."""
    claims = (bounds_claim(make), norm_claim([["0", "3"], ["0", "3"]]), counts("3/2", 1, 1, inertia([[[0], [1]]])))
    assert [run(document, claim).exit_code for claim in claims] == [0, 0, 0]
    spend = Budget.spend
    for part in ("V^T V", "the residual", "the bounds", "a square", "elimination"):

        def dear(self, nanoseconds, what, part=part):
            spend(self, nanoseconds * (10**9 if what == part else 1), what)

        monkeypatch.setattr(Budget, "spend", dear)
        outcomes = [run(document, claim) for claim in claims]
        assert any(outcome.exit_code == 2 and part in outcome.message for outcome in outcomes)
