"""Upper bounds of ranks: every kind of evidence, accepted where it proves and rejected where it does not."""

import mpmath
import pytest

RANK_TWO = [["1", "2", "3", "0"], ["0", "1/2", "1/2", "0"], ["1", "2", "3", "0"], ["2", "5", "7", "0"]]


def matrix(make, rows, activation="identity"):
    return make.instance(rows, [make.elementwise(activation)])


def relation(leading, *pairs):
    return {"leading": leading, "coefficients": [[i, str(c)] for i, c in pairs]}


def above(kind, **values):
    return {"kind": kind, **values}


def upper(make, bound, evidence):
    return make.rank(1, 0, bound, make.NONE, evidence)


@pytest.mark.parametrize(
    ("axis", "relations", "bound", "code"),
    [
        (1, [relation(2, (0, 1), (1, 1), (2, -1)), relation(3, (3, 5))], 2, 0),
        (1, [relation(2, (0, "1/3"), (1, "1/3"), (2, "-1/3")), relation(3, (3, 5))], 2, 0),
        (1, [relation(2, (0, 1), (1, 1), (2, -1)), relation(3, (3, 5))], 1, 1),
        (1, [relation(2, (0, 1), (1, 1), (2, 1)), relation(3, (3, 5))], 2, 1),
        (0, [relation(2, (0, 1), (2, -1)), relation(3, (0, 2), (1, 2), (3, -1))], 2, 0),
        (0, [relation(2, (0, 1), (2, -1)), relation(3, (2, 2), (1, 2), (3, -1))], 2, 2),  # leads and occurs
        (0, [relation(2, (0, 1), (2, -1)), relation(2, (0, 2), (2, -2))], 2, 2),  # the same leading line
        (0, [relation(2, (0, 1), (2, 0))], 3, 2),  # a zero coefficient
        (0, [relation(2, (0, 0), (1, 0))], 3, 2),
        (0, [relation(1, (0, 1), (2, -1))], 3, 2),  # does not occur
        (0, [relation(2, (0, 1), (2, -1), (2, 0))], 3, 2),
        (0, [relation(2, (0, 1), (0, 1), (2, -2))], 3, 2),
        (0, [relation(4, (0, 1), (4, -1))], 3, 2),
        (0, [relation(-2, (0, 1), (-2, -1))], 3, 2),
        (0, [relation(2)], 3, 2),
        (0, [], 4, 0),
        (2, [], 4, 2),
        (True, [], 4, 2),
    ],
)
def test_relations_over_the_rationals(make, run, axis, relations, bound, code):
    document = matrix(make, RANK_TWO)
    said = {"kind": "activation", "layer": 1, "holds": False}
    evidence = above("relations", axis=axis, relations=relations)
    assert run(document, upper(make, bound, evidence), said).exit_code == code


@pytest.mark.parametrize(
    ("activation", "columns", "coefficients", "code"),
    [
        ("sigmoid", ["z", "-z", "0"], [1, 1, -2], 0),  # s(z) + s(-z) = 1 = 2 s(0)
        ("sigmoid", ["z", "-z", "0"], [1, 1, -1], 1),
        ("sigmoid", ["z", "z", "0"], [1, 1, -2], 1),
        ("tanh", ["z", "-z"], [1, 1], 0),
        ("tanh", ["z", "-z"], [1, -1], 1),
        ("tanh", ["0"], [3], 0),
        ("silu", ["z", "-z"], [1, -1], 1),  # the difference is z
        ("silu", ["0"], [1], 0),
        ("swish(-2)", ["0"], [1], 0),
        ("swish(0)", ["z", "2z"], [2, -1], 0),
        ("exp", ["z", "z"], [1, -1], 0),
        ("exp", ["z", "2z"], [1, -1], 1),
        ("gaussian", ["z", "-z"], [1, -1], 0),
        ("elu(1/2)", ["z", "2z"], [2, -1], None),
        ("mish", ["z", "z"], [1, -1], 0),
        ("mish", ["z", "z"], [1, -2], 1),
        ("mish", ["z", "-z"], [1, -1], 1),
        ("sin", ["z", "z"], [1, -1], 0),
        ("sin", ["z", "-z"], [1, 1], 0),
        ("sin", ["z", "-z"], [1, -1], 1),
        ("arctan", ["z", "-z", "0"], [1, 1, 3], 0),
        ("erf", ["z", "-z"], [1, 1], 0),
        ("erf", ["z", "2z"], [2, -1], 1),
        ("cos", ["z", "-z"], [1, -1], 0),
        ("cos", ["z", "-z"], [1, 1], 1),
        ("cos", ["0"], [1], 1),
        ("gelu", ["0"], [1], 0),
        ("softplus(1)", ["0"], [1], 1),
        *(
            (name, ["z", "-z", "2z", "-2z"], [2, -2, -1, 1], 0)
            for name in ("gelu", "softplus(2)", "log-sigmoid", "silu")
        ),
        *(
            (name, ["z", "-z", "2z", "-2z"], [2, 2, -1, 1], 1)
            for name in ("gelu", "softplus(2)", "log-sigmoid", "silu")
        ),
        *((name, ["z", "-z"], [1, -1], 1) for name in ("gelu", "softplus(2)", "log-sigmoid")),
    ],
)
def test_relations_over_exponentials(make, run, activation, columns, coefficients, code):
    factors = {"z": 1, "-z": -1, "2z": 2, "-2z": -2, "0": 0}
    for zs in ([1, 2, "1/3", 5], [1, -2, "1/3", 5]):
        rows = [[factors[c] * make.Fraction(z) for c in columns] for z in zs]
        document = matrix(make, rows, activation)
        evidence = above("relations", axis=1, relations=[relation(0, *enumerate(coefficients))])
        outcome = run(document, upper(make, len(columns) - 1, evidence))
        table = make.numeric_features(document, 1)
        holds = all(
            abs(sum(c * x for c, x in zip(coefficients, row, strict=True))) < mpmath.mpf(10) ** -40 for row in table
        )
        assert outcome.exit_code == (code if code is not None else 0 if holds else 1)
        assert holds or outcome.exit_code == 1


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "sin", "gaussian"])
def test_distinct_lines(make, run, activation):
    rows = [["1", "1", "2", "0"], ["3", "3", "1", "0"], ["1", "1", "2", "0"]]
    document = matrix(make, rows, activation)
    zero = activation in ("relu", "sin")
    columns = [0, 2] if zero else [1, 2, 3]
    good = above("distinct-lines", axis=1, representatives=columns)
    said = {"kind": "activation", "layer": 1, "holds": activation != "sin"}
    assert run(document, upper(make, len(columns), good), said).exit_code == 0
    assert (
        run(
            document, upper(make, len(columns) - 1, above("distinct-lines", axis=1, representatives=columns[1:]))
        ).exit_code
        == 1
    )
    assert run(document, upper(make, len(columns) - 1, good)).exit_code == 1
    assert run(document, upper(make, 2, above("distinct-lines", axis=0, representatives=[1, 2]))).exit_code == 0
    assert run(document, upper(make, 2, above("distinct-lines", axis=0, representatives=[0, 2]))).exit_code == 1
    assert run(document, upper(make, 2, above("distinct-lines", axis=0, representatives=[1, 1]))).exit_code == 2
    assert run(document, upper(make, 1, above("distinct-lines", axis=0, representatives=[3]))).exit_code == 2


def test_all_lines_zero(make, run):
    none = above("distinct-lines", axis=1, representatives=[])
    assert run(matrix(make, [["-1", "0"], ["-5", "-1/2"]], "relu"), upper(make, 0, none)).exit_code == 0
    assert run(matrix(make, [["-1", "0"], ["-5", "1/2"]], "relu"), upper(make, 0, none)).exit_code == 1
    assert run(matrix(make, [["0", "0"]], "cos"), upper(make, 0, none)).exit_code == 1
    assert run(matrix(make, [["0", "0"]], "tanh"), upper(make, 0, none)).exit_code == 0


def test_vanishing_minors(make, run):
    document = matrix(make, RANK_TWO)
    primes = [str(p) for p in (10007, 10009, 2**61 - 1)]
    assert run(document, upper(make, 2, above("vanishing-minors", primes=primes))).exit_code == 0
    assert run(document, upper(make, 1, above("vanishing-minors", primes=primes))).exit_code == 1
    assert run(document, upper(make, 2, above("vanishing-minors", primes=["3", "5"]))).exit_code == 1
    assert run(document, upper(make, 2, above("vanishing-minors", primes=[]))).exit_code == 1
    assert run(document, upper(make, 2, above("vanishing-minors", primes=["10007"] * 3))).exit_code == 2
    assert run(document, upper(make, 2, above("vanishing-minors", primes=["10008"]))).exit_code == 2
    # full rank, but a minor that is divisible by the only prime: the product must exceed the bound
    assert run(matrix(make, [[10007]]), upper(make, 0, above("vanishing-minors", primes=["10007"]))).exit_code == 1
    assert run(matrix(make, [[10006]]), upper(make, 0, above("vanishing-minors", primes=["10007"]))).exit_code == 1
    assert run(matrix(make, [[0]]), upper(make, 0, above("vanishing-minors", primes=[]))).exit_code == 0
    # every prime is asked: 3 vanishes modulo the first one only
    for entry, code in (("3", 1), ("0", 0)):
        both = upper(make, 0, above("vanishing-minors", primes=["3", "5"]))
        assert run(matrix(make, [[entry]]), both).exit_code == code
    exponential = matrix(make, [["1", "1"], ["1", "1"]], "exp")
    assert run(exponential, upper(make, 1, above("vanishing-minors", primes=primes))).exit_code == 1


@pytest.mark.parametrize("transposed", [False, True])
def test_lines_of_one_denominator_are_scaled_by_it(make, run, transposed):
    """1/p and 1/q, each along a line: ones after scaling, but p and q along the other axis.

    Two lines of three ones bound a minor by 3 and three lines of two by 2, so that only the latter bound lets 3 do.
    """
    p, q = 10**9 + 7, 10**9 + 9
    lines = [[f"1/{p}"] * 3, [f"1/{q}"] * 3]
    document = matrix(make, list(zip(*lines, strict=True)) if transposed else lines)
    assert run(document, upper(make, 1, above("vanishing-minors", primes=["3"]))).exit_code == 0
    assert run(document, upper(make, 0, above("vanishing-minors", primes=["3"]))).exit_code == 1


@pytest.mark.parametrize("axis", [-1, 2, True, None])
@pytest.mark.parametrize("kind", ["distinct-lines", "relations"])
def test_axes(make, run, axis, kind):
    document = matrix(make, [["0", "0"], ["0", "0"]])
    more = (
        {"representatives": [0]}
        if kind == "distinct-lines"
        else {"relations": [{"leading": 0, "coefficients": [[0, "1"]]}]}
    )
    for good in (0, 1):
        assert run(document, upper(make, 1, above(kind, axis=good, **more))).exit_code == 0
    assert run(document, upper(make, 1, above(kind, axis=axis, **more))).exit_code == 2


@pytest.mark.parametrize("transposed", [False, True])
def test_hadamards_bound_by_rows_or_by_columns(make, run, transposed):
    """Ones, 2 x 100: two rows of norm 10 bound minors by 100, two columns of norm sqrt(2) by 2."""
    ones = [["1"] * 2] * 100 if transposed else [["1"] * 100] * 2
    assert run(matrix(make, ones), upper(make, 1, above("vanishing-minors", primes=["3"]))).exit_code == 0
    larger = [["9"] * 2] * 100 if transposed else [["9"] * 100] * 2
    assert run(matrix(make, larger), upper(make, 1, above("vanishing-minors", primes=["11"]))).exit_code == 1
    assert run(matrix(make, larger), upper(make, 1, above("vanishing-minors", primes=["1009"]))).exit_code == 0


# -------------------------------------------------------------------- inherited


def inherited(layer, ones, evidence):
    return above("inherited", layer=layer, ones=ones, evidence=evidence)


SAMPLES = [["1", "2"], ["0", "1/2"], ["1", "5/2"], ["2", "5"]]  # x_3 = x_1 + x_2, x_4 = 2 x_3: rank 2, and 3 with ones
ALL = [[0, 1]]
ONE = [["1", "0", "-2", "1"], ["1/3", "1", "5", "1"]]


@pytest.mark.parametrize(
    ("activation", "bias", "ones", "relations", "bound", "code"),
    [
        ("identity", "none", False, [relation(2, (0, 1), (1, 1), (2, -1)), relation(3, (0, 2), (1, 2), (3, -1))], 2, 0),
        ("identity", "none", False, [relation(2, (0, 1), (1, 1), (2, -1)), relation(3, (0, 2), (1, 2), (3, -1))], 1, 1),
        ("identity", "none", False, [relation(2, (0, 1), (1, 2), (2, -1))], 3, 1),  # does not hold
        ("identity", "none", True, [relation(2, (0, 1), (1, 1), (2, -1))], 3, 1),  # nor for the column of ones
        ("identity", "none", True, [relation(3, (1, 2), (2, -4), (3, 1), (0, 1))], 3, 1),
        ("identity", "none", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 0),
        ("identity", "filter", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 0),
        ("identity", "neuron", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 0),
        ("identity", "filter", False, [relation(2, (0, 1), (1, 1), (2, -1))], 3, 1),  # biases are constants
        ("line", "none", False, [relation(2, (0, 1), (1, 1), (2, -1))], 3, 1),  # as is a
        ("line", "none", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 0),
        ("relu", "none", False, [relation(2, (0, 1), (1, 1), (2, -1))], 3, 1),  # not affine
        ("relu", "none", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 1),
        ("square", "none", False, [relation(2, (0, 1), (1, 1), (2, -1))], 3, 1),
        ("sigmoid", "none", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 1),
        ("sin", "none", True, [relation(3, (0, -1), (1, -1), (2, 3), (3, -1))], 3, 1),
    ],
)
def test_relations_that_are_inherited(make, run, activation, bias, ones, relations, bound, code):
    line = make.formula({(0, 0): make.Fraction(1, 2), (1, 0): 3})
    own = {"none": None, "filter": ["1", "2", "0", "3"], "neuron": ["1", "2", "0", "3"]}[bias]
    layer = make.convolution(ALL, 4, line if activation == "line" else activation, weights=ONE, biases=own, bias=bias)
    evidence = inherited(0, ones, above("relations", axis=0, relations=relations))
    assert run(make.instance(SAMPLES, [layer]), upper(make, bound, evidence)).exit_code == code


def test_the_layer_from_which_bounds_are_inherited(make, run):
    """F_1 = relu(x), and two affine layers above: of F_0 they are no affine function."""
    rows = [["1", "-1"], ["-1", "1"], ["2", "-2"], ["3", "-1"]]
    weights = [["1", "2", "1"], ["0", "1", "3"], ["1", "1", "1"]]
    layers = [
        make.elementwise("relu"),
        make.convolution(ALL, 3, "identity", weights=weights[:2], bias="none"),
        make.convolution([[0, 1, 2]], 3, "identity", weights=weights, bias="none"),
    ]
    instance = make.instance(rows, layers)
    related = above("relations", axis=0, relations=[relation(2, (0, 2), (2, -1)), relation(3, (0, 3), (3, -1))])
    for j, code in ((1, 0), (2, 0), (0, 1), (3, 2), (4, 2), (-1, 2), (True, 2), (None, 2)):
        assert run(instance, make.rank(3, 0, 2, make.NONE, inherited(j, False, related))).exit_code == code
    sample = above("relations", axis=0, relations=[relation(1, (0, 1), (1, 1)), relation(2, (0, 2), (2, -1))])
    assert run(instance, make.rank(3, 0, 2, make.NONE, inherited(0, False, sample))).exit_code == 1  # it holds for X
    pooled = [make.pooling(ALL), make.convolution([[0]], 3, "identity", weights=[["1", "2", "3"]], bias="none")]
    maxima = make.instance(rows, pooled)
    assert run(maxima, make.rank(2, 0, 1, make.NONE, inherited(1, False, make.SHAPE))).exit_code == 0
    assert run(maxima, make.rank(2, 0, 2, make.NONE, inherited(0, False, make.SHAPE))).exit_code == 1


@pytest.mark.parametrize(
    ("ones", "evidence", "bound", "code"),
    [
        (False, above("shape"), 2, 0),
        (True, above("shape"), 3, 0),
        (True, above("shape"), 2, 1),
        (False, above("shape"), 3, 1),
        (True, above("distinct-lines", axis=1, representatives=[0, 1, 2]), 3, 0),
        (False, above("distinct-lines", axis=1, representatives=[0, 1, 2]), 3, 2),  # there is no third column
        (False, above("vanishing-minors", primes=[]), 1, 1),
        (False, above("relations", axis=1, relations=[relation(1, (0, 5), (1, -2))]), 1, 1),
        (False, inherited(0, False, above("shape")), 2, 2),
        (False, above("something"), 2, 2),
        (False, None, 2, 2),
        (1, above("shape"), 3, 2),
        (None, above("shape"), 2, 2),
    ],
)
def test_kinds_of_evidence_that_are_inherited(make, run, ones, evidence, bound, code):
    instance = make.instance(SAMPLES, [make.convolution(ALL, 4, "identity", weights=ONE, bias="none")])
    assert run(instance, upper(make, bound, inherited(0, ones, evidence))).exit_code == code


def test_fields_of_inherited_evidence(make, run):
    instance = make.instance(SAMPLES, [make.convolution(ALL, 4, "identity", weights=ONE, bias="none")])
    good = inherited(0, False, above("shape"))
    assert run(instance, upper(make, 2, good)).exit_code == 0
    for key in good:
        assert run(instance, upper(make, 2, {k: v for k, v in good.items() if k != key})).exit_code == 2
    assert run(instance, upper(make, 2, {**good, "more": 1})).exit_code == 2
    assert run(instance, make.rank(0, 0, 2, make.NONE, good)).exit_code == 2  # there is nothing below the samples
