"""Rank claims, and minors that bound a rank from below: accepted where they prove it and rejected where they do not."""

import random

import pytest

from exactcnn.checker import regularity

P, Q, ROOT = 1019, 509, 4  # 1019 = 2 * 509 + 1; 4 is a square, so its order is 509
IDENTITY3 = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def matrix(make, rows, activation="identity"):
    return make.instance(rows, [make.elementwise(activation)])


@pytest.mark.parametrize(
    ("activation", "root"),
    [
        *((name, None) for name in ("identity", "relu", "leaky-relu(1/100)", "abs", "relu6", "clip(-1/2,3)")),
        *((name, None) for name in ("hard-sigmoid", "hard-tanh", "hard-swish", "softsign", "square", "squared-relu")),
        ("polynomial(1,1/2,0,3)", None),
        *((name, ROOT) for name in ("sigmoid", "tanh", "exp", "silu", "swish(2/3)", "elu(1/2)", "gaussian", "mish")),
    ],
)
def test_modular_minor_of_every_activation(make, run, activation, root):
    rows = [["1/2", "-1", "2"], ["3/4", "2", "-1/3"], ["-2", "1/7", "1"]]
    document = matrix(make, rows, activation)
    truth = make.numeric_rank(make.numeric_features(document, 1))
    claim = make.rank(1, 3, 3, make.minor(P, root, [0, 1, 2], [0, 1, 2]), make.SHAPE)
    outcome = run(document, claim)
    assert outcome.exit_code == (0 if truth == 3 else 1), outcome.message
    # the other kind of evaluation point is refused
    wrong = make.rank(1, 3, 3, make.minor(P, None if root else ROOT, [0, 1, 2], [0, 1, 2]), make.SHAPE)
    assert run(document, wrong).exit_code == 1


@pytest.mark.parametrize(
    "activation", ["softplus(2)", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid", "mish", "tanh", "relu"]
)
def test_ball_minor(make, run, activation):
    document = matrix(make, [["1/2", "1"], ["1/3", "2"]], activation)
    ball = {"kind": "ball-minor", "precision": 64, "rows": [0, 1], "columns": [1, 0]}
    assert run(document, make.rank(1, 2, 2, ball, make.SHAPE)).exit_code == 0
    singular = matrix(make, [["1/2", "1"], ["1/2", "1"]], activation)
    assert run(singular, make.rank(1, 2, 2, ball, make.SHAPE)).exit_code == 1
    if activation in ("softplus(2)", "gelu"):
        modular = make.minor(P, ROOT, [0, 1], [0, 1])
        assert run(document, make.rank(1, 2, 2, modular, make.SHAPE)).exit_code == 1


def test_balls_through_several_layers_contain_the_truth(make, run):
    layers = [
        make.convolution(
            [[0, 1], [1, 2]], 2, "sigmoid", weights=[["1", "-1/2"], ["1/3", "2"]], biases=["1", "0", "-1", "1/4"]
        ),
        make.pooling([[0, 1], [2, 3], [1, -1]]),
        make.convolution([[0, -1], [1, 2]], 2, "elu(2)", weights=[["2", "-5"], ["1", "-3"]], bias="none"),
        make.elementwise("hard-swish"),
    ]
    document = make.instance([["1", "2", "3"], ["-1", "1/2", "0"]], layers)
    ball = {"kind": "ball-minor", "precision": 100, "rows": [0, 1], "columns": [0, 2]}
    table = make.numeric_features(document, 4)
    determinant = table[0][0] * table[1][2] - table[0][2] * table[1][0]
    assert abs(determinant) > 1e-6
    assert run(document, make.rank(4, 2, 2, ball, make.SHAPE)).exit_code == 0


def test_ball_that_is_too_wide_or_not_a_number_rejects(make, run):
    ball = {"kind": "ball-minor", "precision": 10, "rows": [0, 1], "columns": [0, 1]}
    close = matrix(make, [["1", "1"], ["1", "1000000001/1000000000"]], "sin")
    assert run(close, make.rank(1, 2, 2, ball, make.SHAPE)).exit_code == 1
    assert run(close, make.rank(1, 2, 2, {**ball, "precision": 200}, make.SHAPE)).exit_code == 0
    huge = matrix(make, [[str(10**400)]], "exp")
    huge["samples"]["values"] = [str(10**4000)]
    assert run(huge, make.rank(1, 1, 1, {**ball, "rows": [0], "columns": [0]}, make.SHAPE)).exit_code == 1
    enormous = {**ball, "precision": 2**19, "rows": list(range(150)), "columns": list(range(150))}
    square = matrix(make, [[int(i == j) for i in range(150)] for j in range(150)], "sin")
    assert run(square, make.rank(1, 150, 150, enormous, make.SHAPE)).exit_code == 2


def test_rank_of_the_input_itself(make, run):
    document = make.instance(IDENTITY3, [])
    claim = make.rank(0, 3, 3, make.minor(P, None, [2, 1, 0], [0, 1, 2]), make.SHAPE)
    assert run(document, claim).exit_code == 0
    assert run(document, {**claim, "layer": 1}).exit_code == 2
    assert run(document, {**claim, "layer": -1}).exit_code == 2
    assert run(document, {**claim, "layer": True}).exit_code == 2


@pytest.mark.parametrize(
    ("modulus", "root", "code"),
    [
        (P, ROOT, 0),
        (P, pow(ROOT, 3), 0),
        (P, 1, 2),
        (P, 0, 2),
        (P, P - 1, 2),
        (P, 2, 2),  # of order 1018
        (P, ROOT + P, 2),
        (1021, 4, 2),  # a prime, but 510 is not
        (5, 4, 2),  # q = 2
        (7, 2, 0),
        (3, 2, 2),
        (1, 1, 2),
        (-7, 2, 2),
        (0, 2, 2),
        (1023, 4, 2),
        (2, 1, 2),
        (3215031751, 4, 2),  # a strong pseudoprime to bases 2, 3, 5, 7
        (2**64 - 59, 4, 2),  # a prime, too large
        (2**127 - 1, 4, 2),
    ],
)
def test_modulus_and_root(make, run, modulus, root, code):
    document = matrix(make, [["0", "1"], ["0", "3"]], "sigmoid")
    claim = make.rank(1, 2, 2, make.minor(modulus, root, [0, 1], [0, 1]), make.SHAPE)
    assert run(document, claim).exit_code == code


@pytest.mark.parametrize(
    "modulus", ["1018", "9", "2", "1", "0", "-1019", "1019/1", "2038/2", " 1019", "1_019", "1019.0", ""]
)
def test_modulus_of_a_rational_minor(make, run, modulus):
    code = run(matrix(make, IDENTITY3), make.rank(1, 3, 3, make.minor(modulus, None, [0, 1, 2], [0, 1, 2]), make.SHAPE))
    assert code.exit_code == 2


def test_denominators_that_the_modulus_divides(make, run):
    claim = make.rank(1, 1, 1, make.minor(P, None, [0], [0]), make.SHAPE)
    assert run(matrix(make, [[f"1/{P}"]]), claim).exit_code == 1
    exponential = make.rank(1, 1, 1, make.minor(P, ROOT, [0], [0]), make.SHAPE)
    assert run(matrix(make, [[f"1/{Q}"]], "sigmoid"), exponential).exit_code == 1
    assert run(matrix(make, [[f"1/{P}"]], "silu"), exponential).exit_code == 1
    assert run(matrix(make, [["1"]], f"elu(1/{P})"), exponential).exit_code == 1
    # 3 divides 1 + 2, the denominator of softsign(2)
    assert (
        run(matrix(make, [["2"]], "softsign"), make.rank(1, 1, 1, make.minor(3, None, [0], [0]), make.SHAPE)).exit_code
        == 1
    )


def test_a_vanishing_image_is_rejected(make, run):
    claim = make.rank(1, 1, 1, make.minor(P, None, [0], [0]), make.SHAPE)
    assert run(matrix(make, [[P]]), claim).exit_code == 1
    assert run(matrix(make, [[0]]), claim).exit_code == 1
    assert run(matrix(make, [[1]]), claim).exit_code == 0


@pytest.mark.parametrize(
    ("rows", "columns", "lower", "code"),
    [
        ([0, 1], [1, 0], 2, 0),
        ([0, 0], [0, 1], 2, 2),
        ([0, 1], [0, 3], 2, 2),
        ([0, -1], [0, 1], 2, 2),
        ([0, True], [0, 1], 2, 2),
        ([0, 1], [0, 1, 2], 2, 2),
        ([], [], 0, 2),
        ([0, "1"], [0, 1], 2, 2),
        ([0, 1.0], [0, 1], 2, 2),
        ([0, 1], [0, 1], 3, 1),
        ([0, 1], [0, 1], 1, 1),
        ([0, 1], [0, 10**30], 2, 2),
    ],
)
def test_indices_of_a_minor(make, run, rows, columns, lower, code):
    claim = make.rank(1, lower, 3, make.minor(P, None, rows, columns), make.SHAPE)
    assert run(matrix(make, IDENTITY3), claim).exit_code == code


def test_shape_and_none_prove_their_number_only(make, run):
    document = matrix(make, [["1", "2", "3"], ["0", "0", "0"]])
    for lower, bound, code in [(0, 2, 0), (0, 3, 1), (0, 1, 1), (1, 2, 1)]:
        said = {"kind": "activation", "layer": 1, "holds": False}
        assert run(document, make.rank(1, lower, bound, make.NONE, make.SHAPE), said).exit_code == code


def test_rank_needs_samples_and_parameters(make, run):
    layer = make.convolution([[0, 1]], 2, "relu")
    claim = make.rank(1, 0, 1, make.NONE, {"kind": "distinct-lines", "axis": 1, "representatives": [0]})
    assert run(make.instance([["1", "2"]], [layer]), claim).exit_code == 1
    assert run(make.instance(None, [layer], count=3, width=2), claim).exit_code == 1
    assert run(make.instance(None, [layer], count=3, width=2), make.rank(1, 0, 2, make.NONE, make.SHAPE)).exit_code == 1


@pytest.mark.parametrize("bias", ["neuron", "filter", "none"])
def test_deep_rational_network_with_padding_and_pooling(make, run, bias):
    biases = {"neuron": ["1", "-1", "1/2", "0"], "filter": ["1", "-1"], "none": None}[bias]
    layers = [
        make.convolution(
            [[0, 1], [-1, 2]], 2, "leaky-relu(1/3)", weights=[["1", "-2"], ["1/5", "1"]], biases=biases, bias=bias
        ),
        make.pooling([[0, 2], [1, -1], [3, 0]]),
        make.convolution(
            [[0, 1, 2]], 3, "sigmoid", weights=[["1", "-1/2", "3"], ["2", "1", "0"], ["-1", "1", "1"]], bias="none"
        ),
    ]
    document = make.instance([["1", "2", "3"], ["-1", "1/2", "0"], ["4", "-3", "2"]], layers)
    table = make.numeric_features(document, 3)
    assert make.numeric_rank(table) == 3
    claim = make.rank(3, 3, 3, make.minor(2879, 4, [0, 1, 2], [0, 1, 2]), make.SHAPE)
    assert run(document, claim).exit_code == 0
    # an affine layer above keeps the image; a second layer of exponentials has none
    document["layers"].append(make.elementwise("identity"))
    assert run(document, {**claim, "layer": 4}).exit_code == 0
    document["layers"][-1] = make.elementwise("sigmoid")
    assert run(document, {**claim, "layer": 4}).exit_code == 1


# ---------------------------------------------------------------- formulas that have no name

E, T, ONE = {(0, 1): 1}, {(1, 0): 1}, {(0, 0): 1}


@pytest.mark.parametrize("rows", [[["1/2", "1"], ["0", "1/2"]], [["1", "2"], ["0", "1"]]])
def test_powers_of_two_are_no_formal_variable(make, run, rows):
    """[[2^(1/2), 2], [1, 2^(1/2)]] has rank 1, though e^(1/2) in place of 2^(1/2) would make it 2."""
    half = ["0", "1/2"] if rows[0][0] == "1" else ["0", "1"]
    evidence = [make.minor(p, root, [0, 1], [0, 1]) for p in (7, 23, 1019) for root in (None, 2, 4)]
    evidence += [{"kind": "ball-minor", "precision": bits, "rows": [0, 1], "columns": [0, 1]} for bits in (53, 2000)]
    evidence += [{"kind": "triangular-minor", "rows": [0, 1], "columns": [a, 1 - a]} for a in (0, 1)]
    layer = make.convolution([[0], [1]], 1, make.formula(E, exponent=half, base="2"), weights=[["1"]], bias="none")
    document = make.instance(rows, [layer])
    assert make.numeric_rank(make.numeric_features(document, 1)) == 1
    for each in evidence:
        assert run(document, make.rank(1, 2, 2, each, make.SHAPE)).exit_code in (1, 2)
    one = {"kind": "ball-minor", "precision": 53, "rows": [0], "columns": [0]}
    assert run(document, make.rank(1, 1, 2, one, make.SHAPE)).exit_code == 0
    # to the base e the rank is 1 as well: exponents add up; with other exponents it is 2, and the minor proves it
    layer["activation"] = make.formula(E, exponent=half)
    assert run(document, make.rank(1, 2, 2, make.minor(1019, 4, [0, 1], [0, 1]), make.SHAPE)).exit_code == 1
    document["samples"]["values"][1] = "5"
    assert run(document, make.rank(1, 2, 2, make.minor(1019, 4, [0, 1], [0, 1]), make.SHAPE)).exit_code == 0


def test_powers_of_two_at_integers_are_rational(make, run):
    logistic = make.formula((E, ONE | E), exponent=[0, 1], base="2")
    document = make.instance([["1", "2"], ["-1", "3"], ["0", "5"]], [make.elementwise(logistic)])
    assert make.numeric_rank(make.numeric_features(document, 1)) == 2
    good = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    assert run(document, good).exit_code == 0
    assert run(document, make.rank(1, 2, 2, make.minor(P, ROOT, [0, 1], [0, 1]), make.SHAPE)).exit_code == 1
    primes = {"kind": "vanishing-minors", "primes": ["10007", "10009", str(2**61 - 1)]}
    twice = make.instance([["1", "1"], ["-1", "-1"]], [make.elementwise(logistic)])
    assert run(twice, make.rank(1, 0, 1, make.NONE, primes)).exit_code == 0
    assert run(document, make.rank(1, 0, 1, make.NONE, primes)).exit_code == 1
    document["samples"]["values"][0] = "1/2"
    outcome = run(document, good)
    assert outcome.exit_code == 1
    assert "2^(t) is not a rational number" in outcome.message


def test_the_form_of_a_formula_does_not_matter(make, run):
    rows = [["1/2", "-1", "2"], ["3/4", "2", "-1/3"], ["-2", "1/7", "1"]]
    forms = [
        ((ONE, ONE | E), [0, -1]),
        ((E, ONE | E), [0, 1]),
        (({(0, 1): 2, (0, 2): 2}, {(0, 0): 2, (0, 1): 4, (0, 2): 2}), [0, 1]),
    ]
    for piece, exponent in forms:
        document = matrix(make, rows, make.formula(piece, exponent=exponent))
        assert run(document, make.rank(1, 3, 3, make.minor(P, ROOT, [0, 1, 2], [0, 1, 2]), make.SHAPE)).exit_code == 0


def test_an_activation_whose_denominator_vanishes_modulo_p(make, run):
    """1/(1 + 2 E) at z = 0: 3 in the denominator."""
    document = matrix(make, [["0"]], make.formula((ONE, ONE | {(0, 1): 2}), exponent=[0, 1]))
    for modulus, root, code in [(7, 2, 0), (11, 3, 0)]:
        assert run(document, make.rank(1, 1, 1, make.minor(modulus, root, [0], [0]), make.SHAPE)).exit_code == code
    seven = matrix(make, [["0"]], make.formula((ONE, {(0, 0): 5, (0, 1): 2}), exponent=[0, 1]))
    outcome = run(seven, make.rank(1, 1, 1, make.minor(7, 2, [0], [0]), make.SHAPE))
    assert outcome.exit_code == 1
    assert "a denominator of layer 1 vanishes modulo 7" in outcome.message
    assert run(seven, make.rank(1, 1, 1, make.minor(11, 3, [0], [0]), make.SHAPE)).exit_code == 0


@pytest.mark.parametrize(("precision", "code"), [(1, 2), (2, 0), (2**20 - 1, 0), (2**20, 2)])
def test_bits_of_a_ball_minor(make, run, precision, code):
    document = make.instance([["1"]], [make.elementwise("relu")])
    evidence = {"kind": "ball-minor", "precision": precision, "rows": [0], "columns": [0]}
    assert run(document, make.rank(1, 1, 1, evidence, make.SHAPE)).exit_code == code


@pytest.mark.parametrize(("layer", "code"), [(-1, 2), (0, 0), (1, 0), (2, 2), (True, 2)])
def test_layers_of_a_rank(make, run, layer, code):
    document = make.instance([["1"]], [make.elementwise("relu")])
    assert run(document, make.rank(layer, 1, 1, make.minor(7, None, [0], [0]), make.SHAPE)).exit_code == code


@pytest.mark.parametrize(("p", "root"), [(227, 4), (263, 4), (1019, 4), (2098079, 4)])
@pytest.mark.parametrize("activation", ["sigmoid", "silu", "relu", "softsign"])
def test_forged_minors_are_refused_in_one_piece_and_by_tiles(make, run, monkeypatch, activation, p, root):
    """A minor of order 12; with a sample twice, with columns that are twice the same unit, and at another root."""
    generator = random.Random(p)
    root = root if activation in ("sigmoid", "silu") else None
    weights = [[generator.randrange(-9, 10) for _ in range(12)] for _ in range(5)]
    biases = [generator.randrange(-9, 10) for _ in range(12)]
    samples = [[generator.randrange(-9, 10) for _ in range(5)] for _ in range(12)]
    order = list(range(12))
    claim = make.rank(1, 12, 12, make.minor(p, root, order, generator.sample(order, 12)), make.SHAPE)

    def outcomes(samples, weights, biases):
        layer = make.convolution([order[:5]], 12, activation, weights=weights, biases=biases, bias="filter")
        for tile, whole in ((4096, 12_288), (3, 4), (5, 6), (1, 1)):
            monkeypatch.setattr(regularity, "TILE", tile)
            monkeypatch.setattr(regularity, "IN_ONE_PIECE", whole)
            yield run(make.instance(samples, [layer]), claim)

    assert [each.exit_code for each in outcomes(samples, weights, biases)] == [0] * 4
    for i in (0, 6, 10):
        doubled = [*samples[:i], samples[11], *samples[i + 1 :]]
        columns = [[*row[:i], row[11], *row[i + 1 :]] for row in weights]
        own = [*biases[:i], biases[11], *biases[i + 1 :]]
        for forged in ((doubled, weights, biases), (samples, columns, own)):
            found = list(outcomes(*forged))
            assert [each.exit_code for each in found] == [1] * 4
            assert all(f"the minor vanishes modulo {p}" in each.message for each in found)


def test_a_large_minor_is_paid_for_before_it_is_made(make, run):
    """Some kilobytes that ask for a minor of order 4000, which takes minutes, are refused at once."""
    order = list(range(4000))
    layer = make.convolution([[0]], 4000, "sigmoid", weights=[[1] * 4000], bias="none")
    claim = make.rank(1, 4000, 4000, make.minor(227, 4, order, order), make.SHAPE)
    outcome = run(make.instance([[1]] * 4000, [layer]), claim)
    assert outcome.exit_code == 2
    assert "a minor of order 4000: about " in outcome.message
