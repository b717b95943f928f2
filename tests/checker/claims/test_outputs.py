"""Outputs at samples: accepted where they are proved; every obligation is violated once."""

from fractions import Fraction

import mpmath
import pytest

from exactcnn.checker.budget import Budget

# F_1 = relu(x W + b): (3, 3, 1) and (0, 0, 5/2)
WEIGHTS = [["1", "1", "-1"], ["2", "2", "1/2"]]
BIASES = ["0", "0", "3/2"]
SAMPLES = [["1", "1"], ["-1", "0"]]
ROWS = [["3", "3", "1"], ["0", "0", "5/2"]]


def network(make, activation="relu", samples=SAMPLES):
    layer = make.convolution([[0, 1]], 3, activation, weights=WEIGHTS, biases=BIASES)
    return make.instance(samples, [layer])


def stated(row, **change):
    own = {"precision": None, "bounds": [[x, x] for x in row], "equal": [], "largest": None, "margin": None}
    return own | {"in_region": None, "holds": None} | change


def claim(*samples, head=None, normalizations=None, assertions=None):
    own = {"kind": "outputs", "head": head, "normalizations": normalizations or {}, "property": assertions}
    return own | {"samples": list(samples)}


def comparison(relation, bound, inputs=(), outputs=()):
    terms = {"inputs": [list(each) for each in inputs], "outputs": [list(each) for each in outputs]}
    return terms | {"relation": relation, "bound": bound}


FIRST, SECOND = stated(ROWS[0], largest=[0, 1], margin="2"), stated(ROWS[1], largest=[2], margin="5/2")
NOTHING = stated(ROWS[0], bounds=None)


def test_exact_outputs_are_accepted(make, run):
    outcome = run(network(make), claim(FIRST, SECOND))
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted == ("outputs at 2 samples; 2 with known largest ones",)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bounds": [["3", "3"], ["3", "3"], ["1", "1/2"]]}, "sample 0: output 2 is not certainly at most"),
        ({"bounds": [["3", "3"], ["7/2", "4"], ["1", "1"]]}, "sample 0: output 1 is not certainly at least"),
        ({"largest": [0]}, "output 0 is not certainly larger than output 1"),
        ({"largest": [1]}, "output 1 is not certainly larger than output 0"),
        ({"largest": [2]}, "output 2 is not certainly larger than output 0"),
        ({"largest": [0, 2]}, "outputs 0 and 2 are not known to be equal"),
        ({"largest": [0, 1, 2]}, "outputs 0 and 2 are not known to be equal"),
        ({"margin": "201/100"}, "output 0 does not certainly exceed output 2 by the margin"),
        ({"equal": [[0, 2]]}, "outputs 0 and 2 are not known to be equal"),
        ({"equal": [[0, 1], [1, 0]]}, "is in two groups"),
    ],
)
def test_each_statement_alone(make, run, change, says):
    outcome = run(network(make), claim(FIRST | change, SECOND))
    assert outcome.exit_code == 1
    assert says in outcome.message


def test_weaker_statements_are_accepted(make, run):
    for change in (
        {"bounds": [["-9", "3"], ["3", "100"], ["1", "1"]]},
        {"bounds": None},
        {"margin": "1"},
        {"margin": None},
        {"margin": "-1"},
        {"largest": [1, 0]},
        {"equal": [[0, 1]]},
        {"largest": None, "margin": None},
    ):
        assert run(network(make), claim(FIRST | change, SECOND)).exit_code == 0, change


@pytest.mark.parametrize(
    "change",
    [
        {"bounds": [["3", "3"], ["3", "3"]]},
        {"bounds": [["3"], ["3"], ["1"]]},
        {"bounds": [[3, 3], ["3", "3"], ["1", "1"]]},
        {"largest": []},
        {"largest": [0, 0]},
        {"largest": [3]},
        {"largest": None},  # beside a margin
        {"margin": 2},
        {"margin": "0.5"},
        {"precision": 1},
        {"precision": 2**20},
        {"precision": "64"},
        {"equal": None},
        {"equal": [[]]},
        {"equal": [[0, 3]]},
        {"in_region": True},  # without a property
        {"holds": False},
        {"further": 1},
    ],
)
def test_shapes_of_samples(make, run, change):
    assert run(network(make), claim(FIRST | change, SECOND)).exit_code == 2


@pytest.mark.parametrize(
    "change",
    [
        {"head": "sigmoid"},
        {"head": 1},
        {"head": ["softmax"]},
        {"normalizations": None},
        {"normalizations": {"2": {}}},
        {"normalizations": {"0": {}}},
        {"normalizations": {"1": {}}},
        {"property": []},
        {"property": {}},
        {"samples": [FIRST]},
        {"samples": [FIRST, SECOND, SECOND]},
        {"samples": None},
        {"further": 1},
    ],
)
def test_shapes_of_claims(make, run, change):
    assert run(network(make), claim(FIRST, SECOND) | change).exit_code == 2


def test_a_claim_says_something(make, run):
    outcome = run(network(make), claim(NOTHING, NOTHING))
    assert outcome.exit_code == 1
    assert "no claim says anything" in outcome.message
    assert run(network(make), claim(NOTHING, NOTHING | {"largest": [2]})).exit_code == 0


def test_samples_and_weights_are_needed(make, run):
    layer = make.convolution([[0, 1]], 3, "relu")
    outcome = run(make.instance(SAMPLES, [layer]), claim(FIRST, SECOND))
    assert outcome.exit_code == 1
    assert "needs weights" in outcome.message
    unknown = make.instance(None, [layer], count=None, width=2)
    assert run(unknown, claim(FIRST)).exit_code == 2
    assert "needs samples" in run(unknown, claim()).message
    outcome = run(make.instance(None, [layer], count=2, width=2), claim(FIRST, SECOND))
    assert outcome.exit_code == 1
    assert "needs samples" in outcome.message


# -------------------------------------------------------------------- balls


def close(value, width="1e-30"):
    exact = Fraction(mpmath.nstr(value, 50))
    return [str(exact - Fraction(width)), str(exact + Fraction(width))]


def sigmoid_rows(make):
    document = network(make, "sigmoid")
    return document, make.numeric_features(document, 1)


def test_irrational_outputs_are_enclosed(make, run):
    document, table = sigmoid_rows(make)
    bounds = [[close(y) for y in row] for row in table]
    good = [
        stated([], bounds=bounds[0], precision=192, equal=[[0, 1]], largest=[0, 1]),
        stated([], bounds=bounds[1], precision=192, largest=[2], margin="3/5"),
    ]
    assert run(document, claim(*good)).exit_code == 0
    margin = table[1][2] - table[1][0]
    assert mpmath.mpf(3) / 5 < margin < mpmath.mpf(7) / 10
    for change, says in (
        ({"precision": None}, "are not rational, and precision is null"),
        ({"precision": 20}, "is not certainly at"),
        ({"bounds": [bounds[1][0], bounds[1][1], close(table[1][2] + 1)]}, "output 2 is not certainly at least"),
        ({"bounds": [close(table[1][0] - 1), bounds[1][1], bounds[1][2]]}, "output 0 is not certainly at most"),
        ({"margin": "7/10"}, "does not certainly exceed"),
        ({"largest": [0], "margin": None}, "is not certainly larger"),
    ):
        outcome = run(document, claim(good[0], good[1] | change))
        assert outcome.exit_code == 1
        assert says in outcome.message, (change, outcome.message)
    untold = run(document, claim(good[0] | {"equal": []}, good[1]))  # balls never prove that two outputs are equal
    assert untold.exit_code == 1
    assert "outputs 0 and 1 are not known to be equal" in untold.message
    outcome = run(document, claim(good[0] | {"equal": [[0, 2]], "largest": None}, good[1]))
    assert outcome.exit_code == 1
    assert "outputs 0 and 2 are not known to be equal" in outcome.message


@pytest.mark.parametrize("head", ["softmax", "log-softmax"])
def test_heads(make, run, head):
    """Softmax of rational features: the largest are found before it, values and margins behind it."""
    document = network(make)
    powers = [[mpmath.exp(make.real(x)) for x in row] for row in ROWS]
    values = [[p / sum(row) for p in row] for row in powers]
    if head == "log-softmax":
        values = [[mpmath.log(p) for p in row] for row in values]
    bounds = [[close(y) for y in row] for row in values]
    margin = Fraction(mpmath.nstr(values[1][2] - values[1][0], 30)) - Fraction(1, 10**25)
    good = [
        stated([], bounds=bounds[0], precision=192, largest=[0, 1]),
        stated([], bounds=bounds[1], precision=192, largest=[2], margin=str(margin)),
    ]
    outcome = run(document, claim(*good, head=head))
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted[0].startswith(f"{head} outputs at 2 samples")
    assert run(document, claim(*good)).exit_code == 1  # not those before it
    assert run(document, claim(good[0] | {"precision": None}, good[1], head=head)).exit_code == 1
    more = good[1] | {"margin": str(margin + Fraction(1, 10**20))}
    assert "by the margin" in run(document, claim(good[0], more, head=head)).message
    other = {"softmax": "log-softmax", "log-softmax": "softmax"}[head]
    assert run(document, claim(*good, head=other)).exit_code == 1


def normal(make, **change):
    own = {
        "scale": ["1", "-2", "3"],
        "shift": ["0", "1", "1/2"],
        "mean": ["1", "0", "1/3"],
        "variance": ["2", "3", "5"],
    }
    return {name: make.array(values) for name, values in (own | change).items()}


def test_normalizations(make, run):
    """Every filter by its own numbers, before the activation."""
    document = network(make, "relu")
    raw = make.numeric_features(network(make, "identity"), 1)
    rows = []
    for row in raw:
        z = [
            (x - make.real(m)) * make.real(s) / mpmath.sqrt(make.real(v)) + make.real(b)
            for x, s, b, m, v in zip(
                row, ["1", "-2", "3"], ["0", "1", "1/2"], ["1", "0", "1/3"], ["2", "3", "5"], strict=True
            )
        ]
        rows.append([max(x, mpmath.mpf(0)) for x in z])
    good = [stated([], bounds=[close(y) for y in row], precision=192) for row in rows]
    outcome = run(document, claim(*good, normalizations={"1": normal(make)}))
    assert outcome.exit_code == 0, outcome.message
    assert "layers 1 normalized" in outcome.accepted[0]
    for name, values in (
        ("scale", ["1", "-2", "4"]),
        ("shift", ["0", "1", "1"]),
        ("mean", ["1", "0", "1/2"]),
        ("variance", ["2", "3", "6"]),
    ):
        assert run(document, claim(*good, normalizations={"1": normal(make, **{name: values})})).exit_code == 1
    assert run(document, claim(*good)).exit_code == 1
    for variance in (["2", "3", "0"], ["2", "-3", "5"]):
        assert run(document, claim(*good, normalizations={"1": normal(make, variance=variance)})).exit_code == 2
    assert run(document, claim(*good, normalizations={"1": normal(make, mean=["1", "0"])})).exit_code == 2
    without = [each | {"precision": None} for each in good]
    assert run(document, claim(*without, normalizations={"1": normal(make)})).exit_code == 1


def test_only_convolutions_are_normalized(make, run):
    pooled = make.instance([["1", "2"]], [make.pooling([[0, 1]])])
    assert run(pooled, claim(stated(["2"]))).exit_code == 0
    assert run(pooled, claim(stated(["2"]), normalizations={"1": normal(make)})).exit_code == 2


def test_deeper_networks(make, run):
    """Rational layers are exact, then balls: maxima and dense layers above a sigmoid."""
    layers = [
        make.convolution(
            [[0, 1], [1, 2]], 2, "relu", weights=[["1", "-1"], ["2", "1/3"]], biases=["1/2", "0"], bias="filter"
        ),
        make.elementwise("sigmoid"),
        make.pooling([[0, 2], [1, 3]]),
        make.convolution([[0, 1]], 2, "identity", weights=[["1", "2"], ["-1", "3"]], bias="none"),
    ]
    document = make.instance([["1", "-1/2", "3"], ["0", "0", "1"]], layers)
    rows = make.numeric_features(document, 4)
    good = [stated([], bounds=[close(y) for y in row], precision=192) for row in rows]
    assert run(document, claim(*good)).exit_code == 0
    wrong = good[1] | {"bounds": good[0]["bounds"]}
    assert run(document, claim(good[0], wrong)).exit_code == 1


# -------------------------------------------------------------------- properties

X0 = comparison("<=", "0", inputs=[[0, "1"]])  # false, true
Y2 = comparison("<=", "-2", outputs=[[2, "-1"]])  # Y_2 >= 2: false, true
BOTH = comparison("<", "4", inputs=[[1, "1"]], outputs=[[0, "1"]])  # x_1 + Y_0 < 4: false, true


def judged(sample, region, holds):
    return sample | {"in_region": region, "holds": holds}


@pytest.mark.parametrize(
    ("assertions", "truths"),
    [
        ([X0], [(False, True), (True, True)]),  # without assertions about outputs these hold
        ([Y2], [(True, False), (True, True)]),
        ([X0, Y2], [(False, False), (True, True)]),
        ([BOTH], [(True, False), (True, True)]),
        ([{"or": [X0, Y2]}], [(True, False), (True, True)]),
        ([{"and": [X0, Y2]}], [(False, False), (True, True)]),
        ([{"or": [{"and": [X0, Y2]}, comparison("=", "3", outputs=[[0, "1"]])]}], [(True, True), (True, True)]),
        ([comparison("!=", "3", outputs=[[0, "1"]])], [(True, False), (True, True)]),
        ([comparison("=", "0", outputs=[[0, "1"], [1, "-1"]])], [(True, True), (True, True)]),
        ([comparison("<", "0", outputs=[[0, "1"], [1, "-1"]])], [(True, False), (True, False)]),
    ],
)
def test_properties_in_q(make, run, assertions, truths):
    document = network(make)
    good = [judged(own, *own_truths) for own, own_truths in zip((FIRST, SECOND), truths, strict=True)]
    outcome = run(document, claim(*good, assertions=assertions))
    assert outcome.exit_code == 0, outcome.message
    for i in range(2):
        for key, says in (("in_region", "whether it is in the region"), ("holds", "whether the outputs satisfy")):
            wrong = [dict(own) for own in good]
            wrong[i][key] = not wrong[i][key]
            outcome = run(document, claim(*wrong, assertions=assertions))
            assert outcome.exit_code == 1
            assert f"sample {i}: {says}" in outcome.message


def test_the_line_counts_what_is_judged(make, run):
    """Samples of which both are true, and those of which one is false; open ones are neither."""
    document = network(make, samples=[*SAMPLES, *SAMPLES, ["-1", "0"]])
    own = [judged(FIRST, False, False), judged(SECOND, True, True), FIRST, judged(SECOND, True, None)]
    own.append(judged(SECOND, None, True))
    outcome = run(document, claim(*own, assertions=[X0, Y2]))
    assert outcome.accepted[0].endswith("; 1 satisfy the property, 1 do not")
    for region, holds in ((False, None), (None, False), (False, False)):
        outcome = run(network(make), claim(judged(FIRST, region, holds), SECOND, assertions=[X0, Y2]))
        assert outcome.accepted[0].endswith("; 0 satisfy the property, 1 do not")
    assert run(network(make), claim(FIRST, SECOND, assertions=[X0])).accepted[0].endswith("known largest ones")


def test_balls_decide_a_property_or_do_not(make, run):
    document, table = sigmoid_rows(make)
    middle = str(Fraction(mpmath.nstr(table[0][2], 30)))
    above = comparison("<=", middle, outputs=[[2, "1"]])
    truth = bool(table[0][2] <= make.real(middle))
    open_ = stated([], bounds=None)
    for bits, code in ((192, 0), (64, 1)):
        sample = open_ | {"precision": bits, "holds": truth}
        assert run(document, claim(sample, open_, assertions=[above])).exit_code == code
    assert (
        run(document, claim(open_ | {"precision": 192, "holds": not truth}, open_, assertions=[above])).exit_code == 1
    )
    # outputs 0 and 1 are the same expression: their difference is 0, which balls alone do not tell
    same = comparison("<=", "0", outputs=[[0, "1"], [1, "-1"]])
    for equal, code in (([[0, 1]], 0), ([], 1)):
        sample = open_ | {"precision": 192, "holds": True, "equal": equal}
        assert run(document, claim(sample, open_, assertions=[same])).exit_code == code
    # an "or" with a true part is true, an "and" with a false one false, whatever the open part is
    for word, part in (("or", X0 | {"bound": "5"}), ("and", Y2 | {"bound": "-7"})):
        sample = open_ | {"precision": 192, "holds": word == "or"}
        assert run(document, claim(sample, open_, assertions=[{word: [same, part]}])).exit_code == 0


@pytest.mark.parametrize(
    "assertions",
    [
        [comparison("<=", "0", inputs=[[2, "1"]])],
        [comparison("<=", "0", outputs=[[3, "1"]])],
        [comparison("<=", "0", outputs=[[-1, "1"]])],
        [comparison("<=", 0)],
        [comparison(">=", "0")],
        [comparison(None, "0")],
        [comparison("<=", "0", outputs=[[0, 1]])],
        [comparison("<=", "0", outputs=[[0]])],
        [X0 | {"further": 1}],
        [{"or": []}],
        [{"or": [X0], "and": [X0]}],
        [{"not": [X0]}],
        ["true"],
        [None],
    ],
)
def test_shapes_of_properties(make, run, assertions):
    assert run(network(make), claim(judged(FIRST, True, True), SECOND, assertions=assertions)).exit_code == 2


def test_depth_of_properties(make, run):
    for depth, code in ((50, 0), (60, 0), (61, 2), (100, 2)):
        nested = X0
        for _ in range(depth):
            nested = {"and": [nested]}
        outcome = run(network(make), claim(judged(FIRST, False, True), SECOND, assertions=[nested]))
        assert outcome.exit_code == code, outcome.message


# -------------------------------------------------------------------- work


def test_every_estimate_counts(make, run, monkeypatch):
    document, _ = sigmoid_rows(make)
    sample = stated([], bounds=None, precision=128, equal=[[0, 1]], largest=[0, 1], in_region=True)
    last = stated([], bounds=None)
    own = claim(sample, last, head="softmax", assertions=[X0 | {"bound": "5"}], normalizations={"1": same(make)})
    assert run(document, own).exit_code == 0
    spend = Budget.spend
    for part in ("features of layer 1", "expressions of layer 1", "Softmax", "the bounds", "the property"):

        def dear(self, nanoseconds, what, part=part):
            spend(self, nanoseconds * (10**9 if what == part else 1), what)

        monkeypatch.setattr(Budget, "spend", dear)
        outcome = run(document, own)
        assert outcome.exit_code == 2
        assert part in outcome.message


def same(make):
    """A normalization that treats the first two filters alike."""
    return normal(make, scale=["1"] * 3, shift=["0"] * 3, mean=["0"] * 3, variance=["2"] * 3)


def test_normalizations_that_differ_keep_outputs_apart(make, run):
    document, _ = sigmoid_rows(make)
    sample = stated([], bounds=None, precision=128, equal=[[0, 1]], largest=[0, 1])
    last = stated([], bounds=None)
    assert run(document, claim(sample, last, normalizations={"1": same(make)})).exit_code == 0
    for name in ("scale", "shift", "mean", "variance"):
        other = same(make) | {name: make.array(["3", "1", "1"])}
        assert run(document, claim(sample, last, normalizations={"1": other})).exit_code == 1


def test_a_long_margin_is_paid_for_at_every_output(make, run, monkeypatch):
    paid = []
    monkeypatch.setattr(Budget, "spend", lambda _, nanoseconds, what: paid.append(nanoseconds * (what == "the bounds")))
    totals = []
    for margin in ("1", "1/" + "3" * 9000):
        paid.clear()
        assert run(network(make), claim(FIRST | {"margin": margin}, SECOND)).exit_code == 0
        totals.append(sum(paid))
    assert totals[1] > totals[0] + 3 * 1000
