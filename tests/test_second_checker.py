"""The second checker: it says what the first one says; hostile files; and it needs nothing but Python.

Every certificate that the tests under `tests/checker` write, and with that one for every obligation that is violated
alone, goes through both checkers (`tests/checker/conftest.py`). Here are many more at random (`tests/twice.py`).
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from flint import arb, ctx, fmpq

from exactcnn import second_checker
from exactcnn.checker.document import FormatError
from exactcnn.second_checker import (
    REJECTED,
    Account,
    Certificate,
    Exact,
    Image,
    Number,
    Point,
    Stop,
    Sum,
    check,
    exponential,
    is_prime,
    no_root,
    rank,
    residue,
)
from tests import twice
from tests.checker import conftest as make
from tests.checker import test_slices as slices

PROGRAM = Path(second_checker.__file__)


@pytest.fixture(autouse=True)
def _an_account():
    Account.done, Account.most = 0.0, 10**9


def seal(instance, *claims):
    return make.seal({**make.HEAD, "instance": instance, "claims": list(claims)})


def said(folder, data, **options):
    path = folder / "c.json"
    path.write_bytes(data)
    return check(path, **options)


GOOD = (
    make.instance([["1", "2"], ["0", "5/2"]], [make.elementwise("sigmoid")]),
    make.rank(1, 2, 2, make.minor(23, 2, [0, 1], [0, 1]), make.SHAPE),
)


# ---------------------------------------------------------------- both checkers


def test_both_say_the_same_of_certificates_at_random():
    counts, disagreements = twice.run(0, 2000)
    assert not disagreements, disagreements[0][:2000]
    for kind in ("ranks", "written", "altered ranks", "altered critical", "altered written"):
        assert counts[f"{kind}: accepted"] > 10, counts
    for word in ("rejected", "not readable"):
        assert min(counts[f"altered {kind}: {word}"] for kind in ("ranks", "critical", "written")) > 10, counts
    assert counts["critical: accepted"] > 10, counts


def test_the_part_of_a_network_that_a_minor_depends_on(tmp_path):
    """An elementwise layer reads three of four neurons below; the entries are those of the whole network."""
    rows = [["-2", "2", "-1"], ["1", "-1", "-1"], ["-2", "2", "0"]]
    first = make.convolution(
        [[2, 1], [2, 0]], 2, "relu", weights=[["4/3", "0"], ["-4/3", "3"]], biases=["3", "4", "-2", "1"]
    )
    path = tmp_path / "c.json"
    path.write_bytes(seal(make.instance(rows, [first, make.elementwise("softsign")])))
    numbers = Exact(Certificate(path))
    whole = numbers.features(2)
    for chosen in ([1, 3, 0], [3], [2, 1]):
        assert numbers.features(2, [2, 0], chosen) == [[whole[i][h] for h in chosen] for i in (2, 0)]
    assert second_checker.depends(numbers.cert, 2, [3]) == [{0, 2}, [3], [3]]  # the second patch and filter


def test_a_disagreement_would_be_seen(monkeypatch):
    monkeypatch.setattr(second_checker, "is_prime", lambda _: False)
    assert twice.run(0, 300)[1]
    monkeypatch.undo()
    monkeypatch.setattr(second_checker, "rank", lambda rows, *_: len(rows))
    assert twice.run(0, 300)[1]


def test_steps_of_slices_freeze_the_same_coordinates(tmp_path):
    """One step, and several in a row, against the coordinates that the first checker leaves free."""
    seen = Counter()
    for document, generator in slices.documents(make, 25, seed=5):
        path = tmp_path / "c.json"
        path.write_bytes(seal(document))
        point = Point(Certificate(path))
        steps = list(slices.steps_of(document, generator))
        singles = [[one] for one in steps]
        for chosen in [*singles, *(generator.sample(steps, min(len(steps), 2)) for _ in range(10))]:
            try:
                expected = slices.accepted(document, *json.loads(json.dumps(chosen)))
            except FormatError:
                expected = None
            found = kept(point, json.loads(json.dumps(chosen)))
            expected = list(expected) if isinstance(expected, (list, tuple, range)) else expected
            assert found == expected, (document, chosen)
            seen[chosen[0]["kind"], found is None, len(chosen)] += 1
    for kind in ("inactive", "scaling", "shift", "constant", "unseen", "mixing"):
        assert seen[kind, False, 1] > 5, seen
    assert seen["inactive", True, 1] > 5, seen


def kept(point, steps):
    """Free coordinates after these steps; None if one of them does not hold."""
    P, frozen = len(point.theta), set()
    try:
        for freezes, changes in map(point.step, steps):
            if frozen & (freezes | changes):
                return None
            frozen |= freezes
    except Stop as stop:
        assert stop.args[0] == REJECTED  # noqa: PT017
        return None
    return [e for e in range(P) if e not in frozen]


# ---------------------------------------------------------------- the program


def run_program(*arguments, cwd):
    """Run it isolated, away from the package, with a Python that finds nothing else."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [sys.executable, "-I", "-S", str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def test_exit_codes_and_lines(tmp_path):
    instance, claim = GOOD
    (tmp_path / "good.json").write_bytes(seal(instance, claim, {"kind": "width", "layer": 1, "holds": True}))
    found = run_program("good.json", cwd=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "claim 0 (rank): accepted\nclaim 1 (width): first checker only: 'width'\n"
    (tmp_path / "bad.json").write_bytes(seal(instance, {**claim, "lower": 1, "upper": 1}))
    found = run_program("bad.json", cwd=tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout == "claim 0 (rank): rejected: the evidence proves 2\n"
    found = run_program("none.json", cwd=tmp_path)
    assert (found.returncode, found.stdout.count("\n"), found.stderr) == (2, 1, "")
    assert run_program(cwd=tmp_path).returncode == 1
    assert "usage" in run_program(cwd=tmp_path).stderr


def test_it_imports_the_standard_library_only():
    lines = [line.split()[1] for line in PROGRAM.read_text().splitlines() if line.startswith(("import ", "from "))]
    assert {name.split(".")[0] for name in lines} <= sys.stdlib_module_names
    assert "    import" not in PROGRAM.read_text()
    assert "__import__" not in PROGRAM.read_text()


# ---------------------------------------------------------------- hostile files

DATA = seal(*GOOD)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null\n",
        b"[]\n",
        b"{" * 10**5,
        b"[" * 10**6 + b"]" * 10**6,
        DATA.replace(b'"version":2', b'"version":2,"version":2'),
        DATA.replace(b'"version":2', b'"version":2.0'),
        DATA.replace(b'"version":2', b'"version":NaN'),
        DATA.replace(b'"version":2', b'"version":Infinity'),
        DATA.replace(b'"version":2', b'"version":1e400'),
        DATA.replace(b'"version":2', b'"version":true'),
        DATA[:-1],
        DATA + b"\n",
        b"\xef\xbb\xbf" + DATA,
        DATA.replace(b":", b": ", 1),
        DATA.replace(b"rank", b"r\\u0061nk", 1),
        DATA.replace(b'"23"', b'"29"'),
    ],
)
def test_what_is_no_certificate(tmp_path, data):
    code, lines = said(tmp_path, data)
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("not a readable certificate: ")
    assert len(lines[0]) < 400


def test_places_that_are_no_file(tmp_path):
    for place in (tmp_path, tmp_path / "none.json"):
        assert check(place)[0] == 2


def deep(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document[1].update(lower=deep(400)),
        lambda document: document[1]["lower_evidence"].update(modulus="9" * 3000),
        lambda document: document[0]["samples"]["values"].__setitem__(0, "9" * 100_001),
        lambda document: document[0]["samples"]["shape"].__setitem__(0, 10**18),
    ],
)
def test_huge_and_deep_values_are_not_accepted(tmp_path, change):
    document = json.loads(json.dumps(GOOD))
    change(document)
    code, lines = said(tmp_path, seal(*document))
    assert code > 0
    assert len(lines) == 1
    assert len(lines[0]) < 400


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document[1].update(lower=10**20),
        lambda document: document[0]["samples"]["values"].__setitem__(0, "9" * 4001),
        lambda document: document[0]["samples"]["shape"].__setitem__(0, 10**30),
        lambda document: document[0].update(sample_count=int("2" * 4000)),
    ],
)
def test_numbers_that_are_too_long(tmp_path, change):
    document = json.loads(json.dumps(GOOD))
    change(document)
    code, lines = said(tmp_path, seal(*document))
    assert (code, len(lines)) == (0, 1)
    assert lines[0].startswith("too large: ")


def test_integers_are_not_read_before_their_length_is_known(tmp_path):
    """A quadratic time for some millions of digits would be minutes."""
    assert said(tmp_path, DATA.replace(b'"version":2', b'"version":' + b"2" * 10**7))[1][0].startswith("too large: ")


def test_every_word_of_a_document_stays_in_its_line(tmp_path):
    instance, claim = json.loads(json.dumps(GOOD))
    claim["lower"] = "\nclaim 1 (rank): accepted\x1b"
    lines = said(tmp_path, seal(instance, claim))[1]
    assert len(lines) == 1
    assert "\n" not in lines[0]
    assert "\x1b" not in lines[0]


def dense(degree, digits):
    return make.formula({(i, 0): 10**digits + i for i in range(degree + 1)}, exponent=[])


@pytest.mark.parametrize(
    "document",
    [
        (make.instance(None, [make.elementwise("relu")], count=1, width=10**12), ()),
        (
            make.instance([["1/" + "3" * 3900] * 60] * 2, [make.elementwise(dense(900, 50))]),
            (make.rank(1, 0, 1, make.NONE, {"kind": "distinct-lines", "axis": 0, "representatives": [0]}),),
        ),
        (
            make.instance(
                [["1"]], [make.elementwise(make.formula(({(0, 0): 1}, {(i, 0): 1 + i**9 for i in range(0, 999, 2)})))]
            ),
            (make.rank(1, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE),),
        ),
        (
            make.instance([[Fraction(i * j % 97, 1 + i) for j in range(150)] for i in range(150)], []),
            (make.rank(0, 150, 150, make.minor(2**61 - 1, None, [*range(150)], [*range(150)]), make.SHAPE),),
        ),
    ],
)
def test_work_is_estimated_before_it_is_done(tmp_path, document):
    """With a small limit these end at once; nothing here could be done within it."""
    instance, claims = document
    code, lines = said(tmp_path, seal(instance, *claims), work=10**5)
    assert code == 0
    assert all("too large: " in line and "steps or more" in line for line in lines)


def test_many_claims_about_one_large_layer(tmp_path):
    """Each of them is paid for: a small document cannot have a large one's work done again and again."""
    pooling = make.pooling([[i, i + 1] for i in range(300)])
    convolution = make.convolution([[i, i + 1] for i in range(300)], 1, "relu", bias="none")
    broken = {"kind": "padding", "patches": [0]}
    cover = {"kind": "cover", "neurons": [], "patches": [*range(300)]}
    generic = make.rank(2, 1, 300, {"kind": "delta-filters", "slots": [0]}, cover) | {"kind": "generic-rank"}
    for claim in ({"kind": "patch-structure", "layer": 1, "holds": False, "violation": broken}, generic):
        network = make.instance(None, [pooling, {**convolution, "patches": convolution["patches"][:299]}], width=301)
        code, lines = said(tmp_path, seal(network, *[claim] * 400), work=10**5)
        assert code == 1
        assert "rejected" in lines[0]
        assert "too large: " in lines[-1]


def test_arrays_in_files_are_too_large(tmp_path):
    instance, claim = json.loads(json.dumps(GOOD))
    where = {"file": "x.npy", "member": None, "type": "<f8", "sha256": "0" * 64, "scale": "1"}
    instance["samples"] = {"shape": [2, 2], **where}
    code, lines = said(tmp_path, seal(instance, claim))
    assert (code, len(lines)) == (0, 1)
    assert lines[0].startswith("too large: ")


# ---------------------------------------------------------------- its numbers


def test_primes():
    sieve = [n for n in range(2, 3000) if all(n % d for d in range(2, int(n**0.5) + 1))]
    assert [n for n in range(-5, 3000) if is_prime(n)] == sieve
    pseudoprimes = [3215031751, 341550071728321, 3825123056546413051]  # to the first bases
    assert not any(map(is_prime, pseudoprimes))
    assert all(map(is_prime, [2**61 - 1, 2**63 - 25, 4611686018427394499]))


def test_every_operation_is_paid_for_before_it_is_done():
    a, b = Number(22, 7), Number(5, 3)
    operations = [
        lambda: a + b,
        lambda: 1 + b,
        lambda: Fraction(1, 2) + b,
        lambda: a - 1,
        lambda: 1 - a,
        lambda: a * b,
        lambda: 2 * a,
        lambda: a / b,
        lambda: 1 / a,
        lambda: a**3,
        lambda: -a,
        lambda: abs(a),
        lambda: a < b,
        lambda: a > 1,
        lambda: a <= b,
        lambda: a >= b,
        lambda: max(a, b),
    ]
    for operation in operations:
        Account.done, Account.most = 0.0, 100
        assert isinstance(operation(), (Number, bool))
        assert Account.done > 0
        Account.most = Account.done
        with pytest.raises(Stop, match="too large"):
            operation()
    Account.done, Account.most = 0.0, 10**6
    with pytest.raises(Stop, match="too large"):
        Number(3) ** (10**12)


@pytest.mark.parametrize("a", ["0", "1", "-1", "1/3", "-7/2", "40", "-300", "12345/1000", "-20000", "1/1000000007"])
@pytest.mark.parametrize("bits", [2, 30, 200])
def test_exponentials_are_enclosed(a, bits):
    low, high = exponential(Number(a), bits)
    with ctx.workprec(400 + bits):
        true = arb(fmpq(*Fraction(a).as_integer_ratio())).exp()
        assert arb(fmpq(*low.as_integer_ratio())) <= true <= arb(fmpq(*high.as_integer_ratio()))
    assert a == "-20000" or (high - low) * 2**bits <= high * 2**8


def test_images_and_the_intervals_around_them():
    """Residues are those of the value, and the interval contains it and is short."""
    generator, p = random.Random(0), 10007
    field = SimpleNamespace(p=p, bits=12)
    field.like = lambda x: x if isinstance(x, Image) else Image(field, residue(x, p), [x])

    def around(x, width):
        return Image(field, residue(x, p), [x, x + width])

    for _ in range(300):
        x, y = (Number(generator.randrange(-50, 51), generator.randrange(1, 9)) for _ in range(2))
        a, b = around(x, 0), around(y, Number(1, 1000))
        cases = [(a + b, x + y), (a * b, x * y), (a * y, x * y), (a + y, x + y), (y + a, x + y), (b**3, y**3)]
        if b.ends[0] > 0 or b.ends[1] < 0:
            cases += [(a / b, x / y), (2 / b, 2 / y)]
        for image, value in cases:
            assert image.residue == residue(value, p)
            assert image.ends[0] <= value <= image.ends[1]
            assert image.ends[1] - image.ends[0] < abs(value) / 100 + 1


def test_expansions_to_the_second_order():
    """Against the derivatives of (x^2 + 3 y)/(1 + x y) at (2, 5), by hand."""
    x, y = Sum({(): Number(2), ("x",): Number(1)}), Sum({(): Number(5), ("y",): Number(1)})
    found = (x**2 + y * 3) / (x * y + 1)
    step_size = Fraction(1, 10**6)

    def f(a, b):
        a, b = 2 + a * step_size, 5 + b * step_size
        return (a * a + 3 * b) / (1 + a * b)

    assert found[()] == f(0, 0)
    for name, value in (
        (("x",), (f(1, 0) - f(-1, 0)) / (2 * step_size)),
        (("y",), (f(0, 1) - f(0, -1)) / (2 * step_size)),
        (("x", "x"), (f(1, 0) - 2 * f(0, 0) + f(-1, 0)) / (2 * step_size**2)),
        (("x", "y"), (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / (4 * step_size**2)),
    ):
        assert abs(found[name] - value) < Fraction(1, 10**5)


def test_sturm_against_factors():
    generator = random.Random(1)
    for _ in range(200):
        roots = [Number(generator.randrange(-6, 7), 2) for _ in range(generator.randrange(4))]
        f = [Number(1), Number(1), Number(1)]  # no real root
        for root in roots:
            f = [a - root * b for a, b in zip([Number(0), *f], [*f, Number(0)], strict=True)]
        low, high = sorted(Number(generator.randrange(-8, 9), 2) for _ in range(2))
        for ends in ((low, high), (None, high), (low, None), (None, None)):
            inside = [r for r in roots if (ends[0] is None or r >= ends[0]) and (ends[1] is None or r <= ends[1])]
            assert no_root(f, *ends) == (not inside)


def test_ranks_of_planted_matrices():
    generator, p = random.Random(2), 101
    for planted in range(5):
        left = [[generator.randrange(-5, 6) for _ in range(planted)] for _ in range(5)]
        right = [[generator.randrange(-5, 6) for _ in range(6)] for _ in range(planted)]
        for i in range(planted):
            left[i] = [int(i == j) for j in range(planted)]
            right[i][:planted] = [int(i == j) for j in range(planted)]
        table = [[Fraction(sum(a * right[k][j] for k, a in enumerate(row))) for j in range(6)] for row in left]
        assert rank(table) == planted
        assert rank([[int(x) % p for x in row] for row in table], p) == planted
