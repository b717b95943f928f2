"""What small documents may ask for: they are refused before the work, in one line that says how to allow it."""

import hashlib
import io
import math
import random
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flint import fmpq

from exactcnn.checker import check
from exactcnn.checker.budget import (
    MOST_BITS,
    MOST_SECONDS,
    SECONDS,
    Budget,
    BudgetError,
    ball_function,
    elimination,
    fraction,
    multiplication,
    residue_polynomials,
    unbalanced,
)
from exactcnn.checker.claims import triangular
from exactcnn.checker.costs import product_cost
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution

P, ROOT = 2098079, 4


def full(n, activation, make, value="7/3"):
    weights = [[f"{i + j + 1}/7" for j in range(n)] for i in range(n)]
    return make.convolution([list(range(n))], n, activation, weights=weights, biases=[value] * n)


def power(n):
    return {(n, 0): 1}


def rank(make, k, order=1, below=None):
    lines = list(range(order))
    below = below or make.minor(P, None, lines, lines)
    return make.rank(k, order, order, below, make.SHAPE)


def ball(order, precision):
    return {"kind": "ball-minor", "precision": precision, "rows": list(range(order)), "columns": list(range(order))}


def squares(make):
    return make.instance([[3]], [make.elementwise("square")] * 45), [rank(make, 45)]


def high_powers(make):
    return make.instance([[3]], [make.elementwise(make.formula(power(1000)))] * 4), [rank(make, 4)]


def fractions_of_fractions(make):
    layers = [full(12, "softsign", make) for _ in range(12)]
    samples = [[f"{i + j}/{i * j + 3}" for j in range(12)] for i in range(4)]
    return make.instance(samples, layers), [rank(make, 12, 4)]


def powers_of_two(make):
    wave = make.formula({(0, 1000): 1}, exponent=[0, 1], base="2")
    samples = [[2**16 - i for i in range(20)]]
    return make.instance(samples, [make.elementwise(wave)]), [rank(make, 1)]


def kink_at_a_power_of_two(make):
    pieces = [({(0, 1000): 1}, {(0, 0): 1, (0, 999): 1}) for _ in range(30)]
    kinks = [2**16 - 50 + i for i in range(29)]
    wave = make.formula(*pieces, kinks=kinks, exponent=[0, 1], base="2")
    return make.instance([[1]], [make.elementwise(wave)]), [rank(make, 1)]


def kinks_of_high_degree(make):
    pieces = [({(1000, j): 1 for j in range(60)}, {(0, 0): 1, (1000, 59): 1}) for _ in range(2)]
    steep = make.formula(*pieces, kinks=[f"{7**80}/{3**90}"], exponent=[0, 1])
    return make.instance([[1]], [make.elementwise(steep)] * 10), [rank(make, 10)]


def sturm_sequences(make):
    generator = random.Random(0)
    denominator = {(i, 0): generator.randrange(1, 9) for i in range(0, 1001, 2)}
    return make.instance([[1]], [make.elementwise(make.formula(({(0, 0): 1}, denominator)))]), [rank(make, 1)]


def precisions(make):
    layer = make.elementwise("erf")
    return make.instance([["1/3"]], [layer]), [rank(make, 1, below=ball(1, 2**15))] * 300


def ball_determinants(make):
    samples = [[f"1/{i + j + 1}" for j in range(40)] for i in range(40)]
    return make.instance(samples, [make.elementwise("gelu")]), [rank(make, 1, 40, ball(40, 2**18))]


def wide_layers(make):
    layers = [make.convolution([[i % 9] for i in range(3000)], 900, "relu", weights=[[1] * 900], bias="none")]
    columns = [9003 * i for i in range(300)]  # each of another patch and of another filter
    claim = rank(make, 1, 300, make.minor(P, None, list(range(300)), columns))
    return make.instance([[i] * 9 for i in range(300)], layers), [claim]


def many_layers(make):
    """Of a few bytes each: hundreds of claims about the last two in turn, for features of one layer are kept."""
    samples = [[i] * 30 for i in range(30)]
    none = {"kind": "distinct-lines", "axis": 1, "representatives": [0]}
    claims = [make.rank(k, 0, 1, make.NONE, none) for k in (30, 29)]
    return make.instance(samples, [make.elementwise("identity")] * 30), claims * 150


def much_that_is_inherited(make):
    """The same evidence for two layers below the last one, which are computed anew for each claim."""
    instance, [claim, *_] = many_layers(make)
    below = {"kind": "inherited", "ones": False, "evidence": claim["upper_evidence"]}
    return instance, [{**claim, "upper_evidence": {**below, "layer": k}} for k in (29, 28)] * 150


def many_claims(make):
    samples = [[(i * j) % 97 for j in range(60)] for i in range(60)]
    lines = {"kind": "distinct-lines", "axis": 0, "representatives": list(range(60))}
    layers = [make.elementwise("softsign")] * 3
    return make.instance(samples, layers), [make.rank(3, 0, 60, make.NONE, lines)] * 300


def many_primes(make):
    samples = [[(i * i * j) % 97 for j in range(40)] for i in range(40)]
    primes = [p for p in range(3, 4000) if all(p % d for d in range(2, math.isqrt(p) + 1))]
    evidence = {"kind": "vanishing-minors", "primes": list(map(str, primes))}
    return make.instance(samples, []), [make.rank(0, 0, 39, make.NONE, evidence)] * 60


def expansions_of_high_degree(make):
    piece = ({(0, 700): 1}, {(0, j): 1 for j in range(701)})
    layers = [make.elementwise(make.formula(piece, exponent=[0, 1]))]
    relation = {"leading": 0, "coefficients": [[0, "1"], [1, "-1"]]}
    upper = {"kind": "relations", "axis": 1, "relations": [relation]}
    return make.instance([["1/3"] * 20] * 20, layers), [make.rank(1, 0, 19, make.NONE, upper)]


def generic(make, layer, width, upper, evidence):
    met = len({patch[0] for patch in layer["patches"]})
    claim = {"kind": "generic-rank", "layer": 1, "lower": met, "upper": upper, "upper_evidence": evidence}
    claim["lower_evidence"] = {"kind": "delta-filters", "slots": [0] * layer["filters"]}
    return make.instance(None, [layer], width=width), [claim]


def determinants(make):
    order, size, filters = 12, 60, 40
    patches = [[(size + 3) * r + p for r in range(order) for _ in (0,)] for p in range(size)]
    layer = make.convolution(patches, filters, "relu")
    generator = random.Random(1)
    vectors = [{"filters": sorted(generator.sample(range(filters), order + 1)), "shift": [i % 7]} for i in range(40)]
    evidence = {
        "kind": "determinantal",
        "grid": [size],
        "rows": list(range(order)),
        "offsets": [[4]] * order,
        "vectors": vectors,
        "modulus": "101",
        "weights": ["1"] * (order * filters),
    }
    return generic(make, layer, (size + 3) * order, size * filters - 40, evidence)


def algebras(make):
    degree, filters = 300, 6
    layer = make.convolution([[0, 1]], filters, "relu")
    element = ["1"] * degree
    evidence = {
        "kind": "lifting",
        "grid": [1],
        "rows": [0, 1],
        "offsets": [[0], [0]],
        "polynomial": ["1"] * (degree + 1),
        "shifts": [element],
        "filters": [element] * filters,
        "modulus": "101",
        "weights": ["1"] * (2 * filters),
    }
    instance, claims = generic(make, layer, 2, filters, evidence)
    return instance, claims * 20


def syzygies(make):
    """One vector of many terms: each is multiplied by every slot of its patch."""
    slots = 200
    layer = make.convolution([list(range(slots))], 2, "relu")
    pairs = [(i, j) for i in range(2 * slots) for j in range(i, 2 * slots)]
    vectors = [[[0, [[list(pair), "1/3"] for pair in pairs[:9000]]]]]
    evidence = {"kind": "syzygies", "vectors": vectors, "modulus": "101", "weights": ["1"] * (2 * slots)}
    claim = {"kind": "generic-rank", "layer": 1, "lower": 1, "upper": 1, "upper_evidence": evidence}
    claim["lower_evidence"] = {"kind": "delta-filters", "slots": [0, 0]}
    return make.instance(None, [layer], width=slots), [claim]


def exponents_of_many_denominators(make):
    """Each of eighty digits: their common denominator has eighty thousand."""
    exponent = [0, *(f"1/{10**80 + 2 * i + 1}" for i in range(1000))]
    layer = make.elementwise(make.formula(({(0, 1): 1}, {(0, 0): 1, (0, 1): 1}), exponent=exponent))
    return make.instance([["1"]], [layer]), [{"kind": "activation", "layer": 1, "holds": True}]


def tables_of_many_pieces(make):
    """One of a million values for each piece and claim, although one value is asked for."""
    pieces = [({(0, 1): 1}, {(0, 1): 1})] * 20
    layer = make.elementwise(make.formula(*pieces, kinks=range(19), exponent=[0, 1]))
    return make.instance([["1/2"]], [layer]), [rank(make, 1, 1, make.minor(P, ROOT, [0], [0]))] * 100


def many_filters(make):
    """Grouped again for each claim about one of them."""
    weights = [[i + j for j in range(100)] for i in range(100)]
    layer = make.convolution([list(range(100))], 100, "relu", weights=weights, bias="none")
    triangular = {"kind": "triangular-minor", "rows": [0], "columns": [0]}
    return make.instance([[1] * 100], [layer]), [make.rank(1, 1, 1, triangular, make.SHAPE)] * 400


def common_denominators(make):
    """Of 40 entries of each of 40 samples, all different."""
    samples = [[f"1/{10**300 + 7 * i + 400 * j + 1}" for j in range(40)] for i in range(40)]
    weights = [[f"1/{j + 2 + t}" for t in range(40)] for j in range(40)]
    layer = make.convolution([list(range(40))], 40, "relu", weights=weights, bias="none")
    triangular = {"kind": "triangular-minor", "rows": list(range(40)), "columns": list(range(40))}
    return make.instance(samples, [layer]), [make.rank(1, 40, 40, triangular, make.SHAPE)]


HOSTILE = [
    *(squares, high_powers, fractions_of_fractions, powers_of_two, kink_at_a_power_of_two, kinks_of_high_degree),
    *(sturm_sequences, ball_determinants, wide_layers, expansions_of_high_degree, determinants, common_denominators),
    *(syzygies, exponents_of_many_denominators),
]
REFUSAL = re.compile(
    r"refused: .+: about \S+ (s of work|GiB of numbers), the limit is \S+ (s|GiB); "
    r"--limit FACTOR raises it, here \S+ or more"
)
REPEATED = [  # too much only together
    *(precisions, many_layers, many_claims, many_primes, algebras, tables_of_many_pieces, many_filters),
    much_that_is_inherited,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.__name__)
def test_a_small_document_is_refused_in_one_line(make, run, hostile):
    instance, claims = hostile(make)
    outcome = run(instance, *claims)
    assert outcome.exit_code == 2
    assert REFUSAL.fullmatch(outcome.message)
    assert outcome.accepted == ()


def test_the_work_is_what_is_refused(make, run):
    """The last step is the one that the document is about."""
    for hostile, what in ((syzygies, "U times a vector: about"), (exponents_of_many_denominators, "exponent: about")):
        instance, claims = hostile(make)
        assert what in run(instance, *claims).message


def test_the_degree_of_an_exponent_is_limited(make, run):
    claim = {"kind": "activation", "layer": 1, "holds": False}
    for degree, code in ((1000, 0), (1001, 2)):
        steep = make.formula({(0, 1): 1}, exponent=[0] * degree + [1])
        outcome = run(make.instance([["1"]], [make.elementwise(steep)]), claim)
        assert outcome.exit_code == code
        assert code == 0 or "exponent has degree 1001; expected at most 1000" in outcome.message


@pytest.mark.parametrize("hostile", REPEATED, ids=lambda hostile: hostile.__name__)
def test_the_work_of_all_claims_is_added_up(make, run, tmp_path, hostile):
    instance, (claim, *more) = hostile(make)
    assert run(instance, claim).exit_code in (0, 1)
    assert not run(instance, claim).message.startswith("refused")
    path = tmp_path / "certificate.json"
    path.write_bytes(make.seal({**make.HEAD, "instance": instance, "claims": [claim, *more]}))
    outcome = check(path, limit=0.1)
    assert REFUSAL.fullmatch(outcome.message)
    assert not outcome.message.startswith("refused: claim 0")


SMALL = [
    lambda make: (make.instance([[3]], [make.elementwise("square")] * 12), [rank(make, 12)]),
    lambda make: (make.instance([["2/3"]], [make.elementwise(make.formula(power(1000)))]), [rank(make, 1)]),
    lambda make: (make.instance([["1/3"]], [make.elementwise("erf")]), [rank(make, 1, below=ball(1, 2**13))]),
    lambda make: (make.instance([[2**10]], [powers_of_two(make)[0]["layers"][0]]), [rank(make, 1)]),
    lambda make: (
        make.instance([[3, 4]], [make.elementwise("softsign")] * 300),
        [{"kind": "width", "layer": 300, "holds": True}],
    ),
]


@pytest.mark.parametrize("honest", SMALL)
def test_the_same_kinds_of_documents_where_they_are_small(make, run, honest):
    instance, claims = honest(make)
    assert run(instance, *claims).exit_code == 0


def test_the_limit_is_a_factor(make, run, tmp_path):
    instance, claims = make.instance([[3]], [make.elementwise("square")] * 12), None
    claims = [rank(make, 12)]
    assert run(instance, *claims).exit_code == 0
    path = tmp_path / "certificate.json"
    assert check(path, limit=1e-9).message.startswith("refused: ")
    assert check(path, limit=3).exit_code == 0
    assert run(*(lambda i, c: (i, *c))(*high_powers(make))).exit_code == 2
    low, high = (check(path, limit=factor).message for factor in (0.5, 1))
    assert "the limit is 2.5 s" in low
    assert "the limit is 5 s" in high


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("text", ["{}", "1/{}", "-{}/7"])
def test_numbers_of_very_many_digits(make, run, text):
    document = make.instance([["1"]], [make.elementwise("relu")])
    claim = {"kind": "width", "layer": 1, "holds": True}
    for count, code in ((10**5 - 5, 0), (10**5 + 1, 2), (10**6, 2)):
        document["samples"]["values"] = [text.format("3" * count)]
        assert run(document, claim).exit_code == code


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [900, 10**5])
def test_deep_nesting(run_bytes, opening, depth):
    closing = "]" if opening == "[" else "}"
    outcome = run_bytes((opening * depth + "1" + closing * depth + "\n").encode())
    assert outcome.exit_code == 2
    assert "could not finish" not in outcome.message


@pytest.mark.parametrize("number", ["1e999999999", "9" * 5000, "1E400", "0.1", "-" + "9" * 10**5])
def test_numbers_of_the_json_document(make, run_bytes, number):
    document = make.instance([["1"]], [make.elementwise("relu")])
    data = make.seal({**make.HEAD, "instance": document, "claims": []})
    outcome = run_bytes(data.replace(b'"sample_count":1', b'"sample_count":' + number.encode()))
    assert outcome.exit_code == 2
    assert "could not finish" not in outcome.message


def zeros(make, run, tmp_path, count, shape=None, compress=zipfile.ZIP_DEFLATED):
    """Check a certificate about a row of zeros that stand in a compressed file of a few kilobytes."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1, count)))
    with zipfile.ZipFile(tmp_path / "data.npz", "w", compress) as archive:
        archive.writestr("x.npy", buffer.getvalue())
    shape = shape or [1, count]
    document = make.instance(None, [make.elementwise("relu")], count=1, width=shape[1])
    digest = hashlib.sha256(bytes(8 * math.prod(shape))).hexdigest()
    array = {"shape": shape, "file": "data.npz", "member": "x", "type": "<f8", "scale": "1", "sha256": digest}
    return run({**document, "samples": array}, {"kind": "width", "layer": 1, "holds": True})


def test_a_compressed_file_of_very_many_zeros(make, run, tmp_path):
    assert zeros(make, run, tmp_path, 10**5).exit_code == 0
    outcome = zeros(make, run, tmp_path, 10**7)
    assert (tmp_path / "data.npz").stat().st_size < 10**5
    assert outcome.message.startswith("refused: samples: about ")


def test_no_more_is_decompressed_than_the_array_needs(make, run, tmp_path, monkeypatch):
    read = []
    original = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: read.append(n) or original(self, n))
    assert "missing or further bytes" in zeros(make, run, tmp_path, 10**6, [1, 3]).message
    assert all(0 <= n <= 24 + 10_001 for n in read)
    assert zeros(make, run, tmp_path, 3).exit_code == 0


@pytest.mark.parametrize("compress", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(make, run, tmp_path, compress):
    assert "compressed in another way" in zeros(make, run, tmp_path, 3, compress=compress).message
    assert zeros(make, run, tmp_path, 3, compress=zipfile.ZIP_STORED).exit_code == 0


# ---------------------------------------------------------------- what is honest, however large


def test_the_large_certificates_of_the_project_are_within_the_usual_limit():
    """By estimate only: 1797 digits, 10 000 images of 28 x 28, and a construction with 100 000 samples."""
    for samples, units, slots, pixels, size in ((1797, 1808, 25, 64, 700_000), (10_000, 10_816, 25, 784, 8_000_000)):
        budget = Budget()
        budget.read(size)
        budget.spend(100 * size + 1000 * samples * pixels, "reading")
        budget.spend(elimination(samples, samples), "the determinant")
        layer = Convolution(pixels, units, [list(range(slots))] * 16, units // 16, "neuron")
        budget.spend(product_cost(layer, samples, 1000, multiplication(64), 300) + 1200 * samples * units, "features")
        budget.hold(64 * samples**2, "the minor")
    layer = Convolution(32, 10**5, [list(range(8))] * 25, 4000)
    budget = Budget()
    budget.read(28_000_000)
    table = [[fmpq(1, 2**16)] * 32] * 10**5
    layer = replace(layer, weights=[fmpq(1, 2**30)] * (8 * 4000), biases=[fmpq(1)] * 10**5, bias="neuron")
    instance = Instance(table, 10**5, None, [layer], [], Path(), budget)
    triangular._spend(instance, layer, table, triangular._units(layer, list(range(10**5))))


def test_estimates_of_any_size_are_written_in_few_characters():
    budget = Budget()
    with pytest.raises(BudgetError, match=r"^what: about 1e\d+ s of work, the limit is 5 s; .* here 1e\d+ or more$"):
        budget.spend(10**5000, "what")
    with pytest.raises(BudgetError, match="the limit is 4 GiB"):
        budget.hold(2**40000, "what")
    assert Budget(2).hold(MOST_BITS + 1, "what") is None
    with pytest.raises(BudgetError):
        Budget().hold(MOST_BITS + 1, "what")


def test_the_budget_grows_with_what_is_read_up_to_some_minutes():
    for size, seconds in ((0, SECONDS), (15_000 * (SECONDS + 1) - 1, SECONDS), (10**6, 66), (10**12, MOST_SECONDS)):
        budget = Budget()
        budget.read(size)
        budget.spend(seconds * 10**9 + 999_999_999, "what")
        with pytest.raises(BudgetError):
            budget.spend(1, "what")


def test_an_unbalanced_product_is_cheaper_than_one_of_two_long_numbers_and_symmetric():
    for short, long in ((64, 64), (64, 10**6), (10**4, 10**6), (0, 10**5)):
        assert unbalanced(short, long) == unbalanced(long, short)
        assert multiplication(short) <= unbalanced(short, long) <= 4 * multiplication(long)
    assert 20 * unbalanced(64, 10**6) < multiplication(10**6)


@pytest.mark.parametrize("cost", [multiplication, fraction, ball_function, residue_polynomials])
def test_estimates_grow(cost):
    values = [cost(2**k) for k in range(40)]
    assert values == sorted(values)
    assert values[0] > 0
    assert values[-1] > 1000 * values[20]
