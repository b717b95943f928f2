"""Images in GF(p) of features above the first layer of exponentials: what is accepted is true, and what is needed."""

import random
from fractions import Fraction

import pytest

from exactcnn.checker import residues
from exactcnn.checker.document import read_document
from exactcnn.checker.instance import read_instance
from exactcnn.checker.residues import Point, modular_minor

P, ROOT = 1019, 4  # 1019 = 2 * 509 + 1; 4 is a square, so its order is 509
SAMPLES = [["1/2", "-1", "2"], ["3/4", "2", "-1/3"], ["-2", "1/7", "1"]]


def full(k, n, make, p=P, root=ROOT, precision=None):
    return make.rank(k, n, n, make.minor(p, root, list(range(n)), list(range(n)), precision), make.SHAPE)


def rotation(make, activation, bias=None):
    """A layer with an invertible matrix of small numbers."""
    weights = [["1", "2", "-1"], ["-1", "1", "1/2"], ["3", "-1", "1"]]
    kind = "none" if bias is None else "neuron"
    return make.convolution([[0, 1, 2]], 3, activation, weights=weights, biases=bias, bias=kind)


def test_a_sigmoid_layer_and_an_affine_one_of_rank_two(make, run):
    """sigma(W x) in four units, then columns 0, 1, 0 + 1, 0 - 2 * 1 + 0: proved from both sides."""
    first = make.convolution([[0]], 2, "sigmoid", weights=[["1", "-3"]], biases=["0", "1/2"])
    second = make.convolution(
        [[0, 1]], 4, "identity", weights=[["1", "0", "1", "1"], ["0", "1", "1", "-2"]], bias="none"
    )
    document = make.instance([["1"], ["2"], ["-1/3"]], [first, second])
    assert make.numeric_rank(make.numeric_features(document, 2)) == 2
    relations = [
        {"leading": 2, "coefficients": [[0, "1"], [1, "1"], [2, "-1"]]},
        {"leading": 3, "coefficients": [[0, "1"], [1, "-2"], [3, "-1"]]},
    ]
    upper = {"kind": "relations", "axis": 1, "relations": relations}
    below = make.minor(P, ROOT, [0, 1], [0, 1])
    outcome = run(document, make.rank(2, 2, 2, below, upper))
    assert (outcome.exit_code, outcome.accepted) == (0, ("2 <= rank F_2 <= 2",))
    wrong = {**upper, "relations": [relations[0], {"leading": 3, "coefficients": [[0, "1"], [1, "-3"], [3, "-1"]]}]}
    assert run(document, make.rank(2, 2, 2, below, wrong)).exit_code == 1
    assert run(document, make.rank(2, 2, 2, make.minor(P, None, [0, 1], [0, 1]), upper)).exit_code == 1
    assert run(document, make.rank(2, 2, 2, make.minor(P, ROOT, [0, 1], [0, 1], 64), upper)).exit_code == 1
    assert run(document, make.rank(2, 3, 3, make.minor(P, ROOT, [0, 1, 2], [0, 1, 2]), make.SHAPE)).exit_code == 1
    assert run(document, make.rank(2, 2, 2, make.minor(P, ROOT, [0, 1], [2, 3]), upper)).exit_code == 0


def test_a_denominator_that_cancels_is_none(make, run):
    """1/2 + 0/6 is 1/2, whose denominator is prime to 3, also where the row is written over 6."""
    document = make.instance([["0", "4"]], [make.elementwise("hard-sigmoid")])
    for column, value in ((0, "1/2"), (1, "1")):
        assert run(document, make.rank(1, 1, 1, make.minor(3, None, [0], [column]), make.SHAPE)).exit_code == 0, value
    document["samples"]["values"] = ["1", "4"]  # 1/2 + 1/6 is 2/3
    assert run(document, make.rank(1, 1, 1, make.minor(3, None, [0], [0]), make.SHAPE)).exit_code == 1


@pytest.mark.parametrize(("above", "precision"), [("identity", None), ("square", None), ("relu", 64), ("softsign", 64)])
@pytest.mark.parametrize("first", ["sigmoid", "elu(2)", "mish"])
def test_layers_above_keep_the_image(make, run, first, above, precision):
    layers = [
        rotation(make, first, ["1", "0", "1/2"]),
        rotation(make, above, ["1/3", "0", "-1"]),
        make.elementwise(above),
    ]
    document = make.instance(SAMPLES, layers)
    for k in (1, 2, 3):
        rank = make.numeric_rank(make.numeric_features(document, k))
        outcome = run(document, full(k, 3, make, precision=precision if k > 1 else None))
        assert outcome.exit_code == (0 if rank == 3 else 1), (k, rank, outcome.message)
    other = run(document, full(3, 3, make, precision=64 if precision is None else None))
    assert other.exit_code == 1
    assert "expected " in other.message
    assert "precision" in other.message


def test_precision_that_does_not_suffice(make, run):
    """relu(sigma(z) - c) with c within 2^-40 of sigma(z): the sign matters, and needs its bits."""
    sigma = Fraction(8807970779778824440597, 10**22)  # of z = 2, from below
    for offset, value in ((sigma, True), (sigma + Fraction(1, 10**12), False)):
        first = make.convolution([[0]], 1, "sigmoid", weights=[["1"]], bias="none")
        second = make.convolution([[0]], 1, "relu", weights=[["1"]], biases=[-offset])
        document = make.instance([["2"]], [first, second])
        assert (make.numeric_features(document, 2)[0][0] > 0) == value
        low = run(document, full(2, 1, make, precision=20))
        assert low.exit_code == 1
        assert "does not decide a sign or a maximum in layer 2" in low.message
        assert run(document, full(2, 1, make, precision=200)).exit_code == (0 if value else 1)


def test_a_sign_that_no_precision_decides_and_that_does_not_matter(make, run):
    """sigma(1) + sigma(-1) - 1 is 0, which balls never show; relu is 0 on either side, whichever it is."""
    first = make.convolution([[0]], 2, "sigmoid", weights=[["1", "-1"]], bias="none")
    zero = {"weights": [["1", "1"], ["1", "2"]], "biases": ["-1", "0"]}
    second = make.convolution([[0, 1]], 2, "relu", **zero)
    document = make.instance([["1"], ["3"]], [first, second])
    assert run(document, make.rank(2, 1, 2, make.minor(P, ROOT, [0], [1], 64), make.SHAPE)).exit_code == 0
    assert run(document, make.rank(2, 1, 2, make.minor(P, ROOT, [0], [0], 64), make.SHAPE)).exit_code == 1
    # and a function that is 1 at its kink is 1
    document["layers"][1]["activation"] = make.formula({(0, 0): 1}, {(0, 0): 1, (1, 0): 1}, kinks=[0])
    assert run(document, make.rank(2, 1, 2, make.minor(P, ROOT, [0], [0], 64), make.SHAPE)).exit_code == 0
    # the maximum of two values that are equal for a reason that balls do not see
    pool = make.pooling([[0, 1]])
    tie = make.convolution([[0, 1]], 2, "identity", weights=[["1", "0"], ["1", "0"]], biases=["0", "1"])
    for bias, code in (("1", 0), ("10000000000000000001/10000000000000000000", 1)):
        tied = {**tie, "biases": make.array(["0", bias])}
        document = make.instance([["1"]], [first, tied, pool])
        assert run(document, full(3, 1, make, precision=53)).exit_code == code
        assert run(document, full(3, 1, make, precision=200)).exit_code == 0


def test_midpoints_of_balls_decide_nothing(make, run):
    """0 = sigma(z) + sigma(-z) - 1 and a smaller number: where the ball of 0 lies lower, it is still the maximum."""
    pool = make.pooling([[0, 1]])
    for z in range(1, 40):
        first = make.convolution([[0]], 2, "sigmoid", weights=[["1", "-1"]], bias="none")
        for small, precision in ((Fraction(-1, 10**20), 53), (Fraction(-1, 10**20), 400), (Fraction(1, 10**20), 400)):
            layer = make.convolution([[0, 1]], 2, "identity", weights=[["1", "0"], ["1", "0"]], biases=[-1, small])
            document = make.instance([[Fraction(z, 7)]], [first, layer, pool])
            outcome = run(document, full(3, 1, make, precision=precision))
            assert outcome.exit_code == (0 if small > 0 else 1)


def test_maxima_above_exponentials(make, run):
    pool = make.pooling([[0, 1], [1, 2], [2, -1]])
    layers = [rotation(make, "sigmoid", ["1", "0", "1/2"]), pool, rotation(make, "identity", ["1/3", "0", "-1"])]
    document = make.instance(SAMPLES, layers)
    for k in (2, 3):
        rank = make.numeric_rank(make.numeric_features(document, k))
        assert run(document, full(k, 3, make, precision=64)).exit_code == (0 if rank == 3 else 1)
        assert run(document, full(k, 3, make)).exit_code == 1
    assert rank == 3


def test_a_denominator_that_vanishes_modulo_p(make, run):
    """t/(1 + |t|) at 3 e: e -> 2 modulo 7, and 1 + 6 = 7."""
    layers = [make.elementwise("exp"), make.convolution([[0]], 1, "softsign", weights=[["3"]], bias="none")]
    document = make.instance([["1"]], layers)
    outcome = run(document, full(2, 1, make, 7, 2, 53))
    assert outcome.exit_code == 1
    assert "a denominator of layer 2 vanishes modulo 7" in outcome.message
    assert run(document, full(2, 1, make, 11, 3, 53)).exit_code == 0
    layers[1]["weights"] = make.array([["1/7"]])
    assert run(document, full(2, 1, make, 7, 2, 53)).exit_code == 1
    assert run(document, full(2, 1, make, 11, 3, 53)).exit_code == 0


@pytest.mark.parametrize("second", ["sigmoid", "exp", "gelu", "base 2"])
def test_beyond_the_second_layer_of_exponentials_there_are_balls_only(make, run, second):
    if second == "base 2":
        second = make.formula({(0, 1): 1}, exponent=[0, 1], base="2")
    document = make.instance([["1", "2"], ["0", "1/2"]], [make.elementwise("sigmoid"), make.elementwise(second)])
    for precision in (None, 64):
        outcome = run(document, full(2, 2, make, precision=precision))
        assert outcome.exit_code == 1
        assert "layer 2 leaves Q(t)" in outcome.message
    ball = {"kind": "ball-minor", "precision": 64, "rows": [0, 1], "columns": [0, 1]}
    assert run(document, make.rank(2, 2, 2, ball, make.SHAPE)).exit_code == 0


@pytest.mark.parametrize("precision", [1, 0, -1, 2**21, "64", True, 64.0, [64]])
def test_misshapen_precision(make, run, precision):
    document = make.instance([["1"]], [make.elementwise("sigmoid"), make.elementwise("relu")])
    assert run(document, full(2, 1, make, precision=64)).exit_code == 0
    assert run(document, full(2, 1, make, precision=precision)).exit_code == 2


def test_random_networks_against_a_numeric_rank(make, run):
    """Dependent units planted in some, small primes: a minor that is accepted does not vanish."""
    generator = random.Random(7)
    accepted = rejected = 0
    for _ in range(250):
        n = generator.randrange(1, 4)

        def layer(activation, n=n):
            if generator.random() < 0.15:
                return make.pooling([[generator.randrange(n), -1] for _ in range(n)])
            weights = [
                [Fraction(generator.randrange(-2, 3), generator.choice([1, 2])) for _ in range(n)] for _ in range(n)
            ]
            if n > 1 and generator.random() < 0.3:
                for row in weights:
                    row[1] = row[0]
            biases = [generator.randrange(-1, 2)] * n
            return make.convolution([list(range(n))], n, activation, weights=weights, biases=biases, bias="filter")

        names = ["identity", "relu", "abs", "softsign", "hard-tanh", "square"]
        layers = [layer(generator.choice(["relu", "sigmoid"])), layer(generator.choice(["sigmoid", "elu(1)", "silu"]))]
        layers[0] = layer("square") if layers[0].get("activation", {}).get("exponent") else layers[0]
        layers += [layer(generator.choice(names)) for _ in range(generator.randrange(1, 3))]
        samples = [[Fraction(generator.randrange(-4, 5), 2) for _ in range(n)] for _ in range(n)]
        document, k = make.instance(samples, layers), len(layers)
        p, root = generator.choice([(11, 3), (23, 2), (1019, 4)])
        outcomes = [run(document, full(k, n, make, p, root, precision)) for precision in (None, 60)]
        outcomes += [run(document, full(k, n, make, p, None))]
        accepted += any(each.exit_code == 0 for each in outcomes)
        rejected += all(each.exit_code == 1 for each in outcomes)
        if any(each.exit_code == 0 for each in outcomes):
            assert make.numeric_rank(make.numeric_features(document, k)) == n
    assert accepted > 40
    assert rejected > 40


# ---------------------------------------------------------------- entry by entry, by another route


def residue(x, modulus):
    return x.numerator * pow(x.denominator, -1, modulus) % modulus


def image(activation, z, p, root):
    """Image of an activation of the format at a rational z, straight from its formulas."""
    piece = activation["pieces"][sum(z > Fraction(kink) for kink in activation["kinks"])]
    exponent = sum((Fraction(c) * z**i for i, c in enumerate(activation["exponent"])), Fraction(0))
    power = pow(root or 1, residue(exponent, (p - 1) // 2), p)
    above, below = (
        sum(residue(Fraction(c) * z**i, p) * power**j for i, j, c in piece[key]) for key in ("numerator", "denominator")
    )
    return above * pow(below, -1, p) % p


BIG = 2**61 - 1  # a prime
SAFE = 2305843009213699919  # so is (SAFE - 1)/2


@pytest.mark.parametrize("filters", [1, 3])
@pytest.mark.parametrize("bias", ["neuron", "filter", "none"])
@pytest.mark.parametrize(
    ("name", "primes"),
    [
        *(
            (name, [(101, None), (BIG, None)])
            for name in ("identity", "relu", "square", "softsign", "hard-tanh", "polynomial(0,2)", "polynomial(1,1)")
        ),
        *((name, [(1019, 4), (2098079, 4), (SAFE, 4)]) for name in ("sigmoid", "elu(1)", "silu", "gaussian", "mish")),
        ("clip(1,1)", [(101, None)]),
        ("1/t above 1", [(101, None), (BIG, None)]),
    ],
)
def test_images_entry_by_entry(make, tmp_path, name, primes, bias, filters):
    generator = random.Random(f"{name}{bias}{filters}")
    patches = [[0, 2, -1], [1, 0, 3], [3, 2, 1]]
    width = 3 * filters
    number = lambda: Fraction(generator.randrange(-9, 10), generator.choice([1, 2, 4, 3]))  # noqa: E731
    samples = [[number() for _ in range(4)] for _ in range(width)]
    weights = [[number() for _ in range(filters)] for _ in range(3)]
    biases = {"neuron": [number() for _ in range(width)], "filter": [number() for _ in range(filters)], "none": None}[
        bias
    ]
    inverse = make.formula({(0, 0): 1}, ({(0, 0): 1}, {(1, 0): 1}), kinks=[1])
    activation = inverse if name == "1/t above 1" else name
    layer = make.convolution(patches, filters, activation, weights=weights, biases=biases, bias=bias)
    (tmp_path / "c.json").write_bytes(
        make.seal({**make.HEAD, "instance": make.instance(samples, [layer]), "claims": []})
    )
    instance = read_instance(read_document(tmp_path / "c.json"), tmp_path)
    rows, columns = generator.sample(range(width), width), generator.sample(range(width), width)
    for p, root in primes:
        minor = modular_minor(instance, 1, rows, columns, Point(p, root, None))
        for i, row in enumerate(rows):
            for j, h in enumerate(columns):
                patch, t = divmod(h, filters)
                z = sum((samples[row][n] * weights[s][t] for s, n in enumerate(patches[patch]) if n >= 0), Fraction(0))
                z += 0 if biases is None else biases[h if bias == "neuron" else t]
                assert int(minor[i, j]) == image(layer["activation"], z, p, root)


def test_lanes_do_not_overflow(make, tmp_path):
    """All residues as large as they can be, for moduli about the sizes where the lanes get longer."""
    for p in (3, 5, 2**31 - 1, 4294967291, 4294967311, 3037000493, 2**61 - 1, 9223372036854775783):
        for slots in (1, 2, 3, 15, 16, 17):
            layer = make.convolution(
                [list(range(slots))], 2, "identity", weights=[[-1, -1]] * slots, biases=[-1, -1], bias="filter"
            )
            document = make.instance([[-1] * slots, [0] * slots], [layer])
            (tmp_path / "c.json").write_bytes(make.seal({**make.HEAD, "instance": document, "claims": []}))
            instance = read_instance(read_document(tmp_path / "c.json"), tmp_path)
            minor = modular_minor(instance, 1, [0, 1], [1, 0], Point(p, None, None))
            assert [int(x) for x in minor.entries()] == [(slots - 1) % p, (slots - 1) % p, p - 1, p - 1]


@pytest.mark.parametrize("part", ["samples", "weights", "biases"])
def test_denominators_that_the_modulus_divides(make, run, part):
    layer = make.convolution([[0]], 1, "sigmoid", weights=[["1"]], biases=["1"])
    document = make.instance([["1"]], [layer])
    place = document if part == "samples" else layer
    for text, code in (("1/509", 1), ("1/1019", 0), ("1/3", 0)):  # q and p: only q matters, for z itself is not used
        place[part] = place[part] | {"values": [text]}
        outcome = run(document, full(1, 1, make))
        assert outcome.exit_code == code
        assert code == 0 or "509 divides a denominator" in outcome.message
    layer["activation"] = make.activation("silu")
    place[part] = place[part] | {"values": ["1/1019"]}
    assert "1019 divides a denominator" in run(document, full(1, 1, make)).message


def test_no_prime_of_an_image_is_too_large_for_a_table(monkeypatch):
    for kept in (2**22, 4):
        monkeypatch.setattr(residues, "MOST_KEPT", kept)
        power = residues._powers(ROOT, P)
        assert [power(exponent) for exponent in range(P)] == [pow(ROOT, exponent, P) for exponent in range(P)]
