"""Altered certificates: never accepted unless what they say is still true; never an exception."""

import copy
import json
import random
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DIAMOND = [[0, 1], [0, 2], [1, 3], [2, 3]]


def documents(make):
    """Small accepted documents that hold every kind of claim and evidence."""
    sigmoid = make.convolution([[0, 1], [1, 2]], 1, "sigmoid", weights=[["1"], ["-1/2"]], biases=["1", "2"])
    yield (
        make.instance([["1", "2", "3"], ["0", "5/2", "1"]], [sigmoid]),
        [
            make.rank(1, 2, 2, make.minor(23, 2, [0, 1], [1, 0]), make.SHAPE),
            {"kind": "distinct-patches", "layer": 1, "cross_position": True, "holds": True, "pair": None},
            {"kind": "activation", "layer": 1, "holds": True},
            {"kind": "width", "layer": 1, "holds": True},
            {"kind": "patch-structure", "layer": 1, "holds": True, "violation": None},
            conclusion("NH18.T3.5", "proved", "almost all parameters", "witness"),
            conclusion("NH18.T3.4", "proved", "architecture", "theorem"),
        ],
    )
    rows = [["1", "2", "3"], ["0", "1", "1"], ["2", "5", "7"]]
    ball = {"kind": "ball-minor", "precision": 53, "rows": [0, 1], "columns": [0, 2]}
    by_columns = {"kind": "relations", "axis": 1, "relations": [relation(2, (0, "1"), (1, "1"), (2, "-1"))]}
    by_rows = {"kind": "relations", "axis": 0, "relations": [relation(2, (0, "2"), (1, "1"), (2, "-1"))]}
    vanishing = {"kind": "vanishing-minors", "primes": ["101", "103"]}
    yield (
        make.instance(rows, [make.elementwise("relu")]),
        [
            make.rank(1, 2, 2, make.minor(5, None, [0, 1], [0, 1]), by_columns),
            make.rank(1, 2, 2, ball, by_rows),
            make.rank(0, 0, 2, make.NONE, vanishing),
        ],
    )
    below = {"kind": "inherited", "layer": 0, "ones": False, "evidence": by_rows}
    mixed = make.convolution(
        [[0, 1, 2]], 3, "identity", weights=[["1", "0", "1"], ["0", "1", "1"], ["2", "1", "0"]], bias="none"
    )
    yield make.instance(rows, [mixed]), [make.rank(1, 0, 2, make.NONE, below)]
    both = {"kind": "distinct-lines", "axis": 1, "representatives": [0, 2]}
    half = {"kind": "relations", "axis": 1, "relations": [relation(2, (0, "1"), (1, "1"), (2, "-2"))]}
    yield (
        make.instance([["1", "-1", "0"], ["3", "-3", "0"]], [make.elementwise("sigmoid")]),
        [make.rank(1, 1, 2, make.minor(11, 3, [1], [0]), half)],
    )
    yield (
        make.instance([["1", "1", "2", "0"], ["3", "3", "1", "0"]], [make.elementwise("tanh")]),
        [make.rank(1, 2, 2, make.minor(23, 2, [0, 1], [0, 2]), both)],
    )
    block = {  # columns 0 and 1 are constant, and depend over Q(t) only
        "kind": "zero-block",
        "rows": [relation(1, (0, "1"), (1, "-1")), relation(2, (0, "1"), (2, "-1"))],
        "columns": [relation(0, (0, "1")), relation(1, (1, "1"))],
    }
    yield (
        make.instance([["1", "2", "3"], ["1", "2", "0"], ["1", "2", "-3"]], [make.elementwise("sigmoid")]),
        [make.rank(1, 2, 2, make.minor(1019, 4, [0, 1], [0, 2]), block)],
    )
    mirrored = {"kind": "relations", "axis": 1, "relations": [relation(2, (0, "2"), (1, "-2"), (2, "-1"), (3, "1"))]}
    multiples = [[str(factor * z) for factor in (1, -1, 2, -2)] for z in (1, 4, 0, 3)]
    yield make.instance(multiples, [make.elementwise("gelu")]), [make.rank(1, 0, 3, make.NONE, mirrored)]
    deep = [  # a sign above exponentials, and powers of two
        make.convolution([[0, 1]], 2, "sigmoid", weights=[["1", "-1"], ["2", "1"]], bias="none"),
        make.convolution([[0, 1]], 2, "relu", weights=[["1", "-2"], ["3", "1"]], biases=["-1/2", "1"]),
    ]
    yield (
        make.instance([["1", "2"], ["0", "1/2"]], deep),
        [make.rank(2, 2, 2, make.minor(1019, 4, [0, 1], [0, 1], 64), make.SHAPE)],
    )
    same = {"kind": "relations", "axis": 1, "relations": [relation(1, (0, "1"), (1, "1"), (2, "-2"))]}
    wave = make.formula(({(0, 1): 1}, {(0, 0): 1, (0, 1): 1}), exponent=[0, 1], base="2")
    yield (
        make.instance([["2", "-2", "0"], ["3", "-3", "0"]], [make.elementwise(wave)]),
        [make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), same)],
    )
    linear = make.convolution([[0, 1]], 3, "identity", weights=[["1", "0", "1"], ["0", "1", "2"]], bias="none")
    sums = {"kind": "relations", "axis": 1, "relations": [relation(2, (0, "1"), (1, "2"), (2, "-1"))]}
    yield (
        make.instance([["1", "2"], ["0", "1/2"]], [make.elementwise("sigmoid"), linear]),
        [make.rank(2, 2, 2, make.minor(1019, 4, [0, 1], [0, 1]), sums)],
    )
    terms = [[0, [[[0], "1"]]], [1, [[[0], "-1"]]], [2, [[[1], "-1"]]], [3, [[[1], "1"]]]]
    syzygies = {"kind": "syzygies", "vectors": [terms], "modulus": "7", "weights": ["2", "3"]}
    witness = {
        "kind": "modular-witness",
        "modulus": "7",
        "weights": ["2", "3"],
        "rows": [0, 1, 2],
        "columns": [0, 1, 2],
    }
    yield (
        make.instance(None, [make.convolution(DIAMOND, 1, "relu")], count=5, width=4),
        [
            generic(3, 3, witness, syzygies),
            generic(3, 4, {"kind": "delta-filters", "slots": [0]}, make.SHAPE),
            generic(3, 5, witness, {"kind": "cover", "neurons": [0, 1, 2], "patches": [2, 3]}),
            {"kind": "width", "layer": 1, "holds": False},
            conclusion("NH18.T3.4", "refuted", "all parameters", "width"),
            conclusion("NH18.T3.5", "refuted", "architecture", "dead-units"),
        ],
    )
    window = [[3 * (r + i) + s + j for i in range(2) for j in range(2)] for r in range(2) for s in range(2)]
    determinantal = {
        "kind": "determinantal",
        "grid": [2, 2],
        "rows": [0, 0, 0, 0],
        "offsets": [[0, 0], [0, 1], [1, 0], [1, 1]],
        "vectors": [{"filters": [0, 1], "shift": [0, 0]}],
        "modulus": "11",
        "weights": ["1", "2", "3", "4", "5", "6", "7", "8"],
    }
    yield (
        make.instance(None, [make.convolution(window, 2, "relu")], width=9),
        [generic(6, 7, {"kind": "delta-filters", "slots": [0, 1]}, determinantal)],
    )
    lifting = {  # f_0 = z v_0 + v_1, f_1 = v_0 - 2 v_1: z = 5, v = (2, 1)
        "kind": "lifting",
        "grid": [3],
        "rows": [0, 0, 1],
        "offsets": [[0], [1], [0]],
        "polynomial": ["6", "1"],
        "shifts": [["5"]],
        "filters": [["2"], ["1"]],
        "modulus": "11",
        "weights": ["1", "0", "0", "1", "1", "9"],
    }
    yield (
        make.instance(None, [make.convolution([[-1, 0, 2], [0, 1, 3], [1, -1, 4]], 2, "relu")], width=5),
        [generic(3, 5, {"kind": "delta-filters", "slots": [2, 2]}, lifting)],
    )
    yield (
        make.instance(
            [["1", "1", "2"], ["2", "2", "1"], ["0", "0", "5"]],
            [make.convolution([[0, 2], [1, 2]], 2, "sin", bias="filter")],
        ),
        [
            {
                "kind": "rank-for-all-parameters",
                "layer": 1,
                "upper": 2,
                "evidence": {"kind": "equal-patches", "classes": [[0, 1]]},
            },
            {"kind": "patch-structure", "layer": 1, "holds": True, "violation": None},
            conclusion("NH18.T3.5", "refuted", "all parameters", "rank-bound"),
        ],
    )
    relations = [{"leading": 1, "coefficients": [[0, "2"], [1, "-1"]]}]
    yield (
        make.instance(
            [["1", "2"], ["2", "4"], ["3", "6"], ["5", "10"]],
            [make.convolution([[0, 1]], 4, "polynomial(1,3)", bias="filter")],
        ),
        [
            {
                "kind": "rank-for-all-parameters",
                "layer": 1,
                "upper": 2,
                "evidence": {
                    "kind": "inherited",
                    "layer": 0,
                    "ones": True,
                    "evidence": {"kind": "relations", "axis": 1, "relations": relations},
                },
            },
            conclusion("NH18.T3.4", "refuted", "all parameters", "rank-bound"),
        ],
    )


def conclusion(statement, status, scope, by):
    return {"kind": "conclusion", "statement": statement, "layer": 1, "status": status, "scope": scope, "by": by}


def relation(leading, *pairs):
    return {"leading": leading, "coefficients": [list(pair) for pair in pairs]}


def generic(lower, upper, below, above):
    claim = {"kind": "generic-rank", "layer": 1, "lower": lower, "upper": upper}
    return {**claim, "lower_evidence": below, "upper_evidence": above}


# ---------------------------------------------------------------- what is true, by other means


def true(make, instance, claim):
    """Decide a claim of these small documents numerically or by brute force."""
    kind, layer = claim["kind"], instance["layers"][claim["layer"] - 1]
    widths = [instance["input_width"]]
    for entry in instance["layers"]:
        per_patch = entry.get("filters", 1)
        widths.append(len(entry["patches"]) * per_patch if "patches" in entry else widths[-1])
    count = instance["sample_count"]
    if kind == "rank":
        return claim["lower"] <= make.numeric_rank(make.numeric_features(instance, claim["layer"])) <= claim["upper"]
    if kind == "generic-rank":
        return claim["lower"] <= make.generic_rank(layer, instance["input_width"]) <= claim["upper"]
    if kind == "width":
        return claim["holds"] == (widths[claim["layer"]] >= count)
    if kind == "activation":
        return claim["holds"] == make.numeric_assumption_3_2(layer["activation"])
    if kind == "patch-structure":
        sets = [frozenset(patch) for patch in layer["patches"]]
        good = len(set(sets)) == len(sets) and frozenset().union(*sets) == frozenset(range(instance["input_width"]))
        return claim["holds"] == good
    if kind == "distinct-patches":
        values = [Fraction(x) for x in instance["samples"]["values"]]
        n = instance["input_width"]
        seen = {(i, tuple(values[i * n + j] for j in patch)) for i in range(count) for patch in layer["patches"]}
        return claim["holds"] == (len({patch for _, patch in seen}) == len(seen))
    if kind == "rank-for-all-parameters":
        generator = random.Random(2)
        filled = copy.deepcopy(instance)
        slots = len(layer["patches"][0])
        filled["layers"][0]["weights"] = {
            "values": [str(generator.randrange(-9, 9)) for _ in range(slots * layer["filters"])]
        }
        filled["layers"][0]["biases"] = {"values": [str(generator.randrange(-9, 9)) for _ in range(layer["filters"])]}
        return make.numeric_rank(make.numeric_features(filled, 1)) <= claim["upper"]
    assert kind == "conclusion"
    return None  # their truth is that of the claims that they lean on, see test_conclusions


def digits_changed(data):
    """Every document that differs in one digit, hashes left aside."""
    for position in range(len(data)):
        if chr(data[position]).isdigit():
            for digit in b"0123456789":
                if digit != data[position]:
                    yield data[:position] + bytes([digit]) + data[position + 1 :]


def test_every_kind_of_claim_is_accepted(make, run):
    kinds = set()
    for instance, claims in documents(make):
        outcome = run(instance, *claims)
        assert outcome.exit_code == 0, outcome.message
        for claim in claims:
            assert true(make, instance, claim) is not False
            kinds |= {claim["kind"], claim.get("by"), *(claim[k]["kind"] for k in claim if k.endswith("evidence"))}
    assert kinds - {None} == {
        *("rank", "none", "modular-minor", "ball-minor", "shape", "distinct-lines", "relations", "vanishing-minors"),
        *("zero-block", "inherited"),
        *("generic-rank", "delta-filters", "modular-witness", "syzygies", "determinantal", "cover", "lifting"),
        *("patch-structure", "distinct-patches", "activation", "width", "rank-for-all-parameters", "equal-patches"),
        *("conclusion", "witness", "theorem", "dead-units", "rank-bound"),
    }


def test_a_changed_digit_without_new_hashes(make, run_bytes):
    for instance, claims in documents(make):
        data = make.seal({**make.HEAD, "instance": instance, "claims": claims})
        assert run_bytes(data).exit_code == 0
        for altered in digits_changed(data):
            assert run_bytes(altered).exit_code == 2


def test_a_changed_digit_with_new_hashes(make, run):
    still_true = 0
    for instance, claims in documents(make):
        for claim in claims:
            if claim["kind"] == "conclusion":
                continue
            for altered in digits_changed(make.canonical([instance, claim])):
                try:
                    new_instance, new_claim = json.loads(altered)
                except ValueError:
                    continue
                if run(new_instance, new_claim).exit_code == 0:
                    still_true += 1
                    assert true(make, new_instance, new_claim) is True, new_claim
    assert still_true > 50  # the oracle was asked


def test_numbers_of_claims_are_the_proved_ones(make, run):
    """Any bound other than the proved one is rejected."""
    for instance, claims in documents(make):
        for position, claim in enumerate(claims):
            for key in ("lower", "upper", "holds"):
                if key in claim:
                    values = (True, False) if key == "holds" else range(-1, 9)
                    for value in values:
                        if value != claim[key]:
                            altered = [*claims[:position], {**claim, key: value}, *claims[position + 1 :]]
                            outcome = run(instance, *altered)
                            allowed = (
                                key == "upper" and claim.get("upper_evidence", {}).get("kind") == "vanishing-minors"
                            )
                            assert outcome.exit_code != 0 or (allowed and value > claim[key])


# ---------------------------------------------------------------- fuzz

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 30),
    st.sampled_from([10**18, -(10**30), 0.5, float("nan"), float("inf")]),
    st.sampled_from(
        [
            *("", "1", "0", "-1", "1/2", "1/0", "7", "23", "none", "shape", "relu", "sigmoid", "rank", "syzygies"),
            *("hessian", "scaling", "\ud800"),
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["kind", "shape", "values", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_changes_never_raise(make, run, data):
    instance, claims = data.draw(st.sampled_from(list(documents(make))))
    document = copy.deepcopy([instance, claims])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(document) if path]))
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        change = data.draw(st.sampled_from(["replace", "remove", "repeat"]))
        if change == "replace" or len(path) == 1:
            parent[path[-1]] = data.draw(VALUES)
        elif change == "remove":
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.insert(path[-1], copy.deepcopy(parent[path[-1]]))
    instance, claims = document
    if not isinstance(claims, list):
        claims = [claims]
    outcome = run(instance, *claims)
    assert outcome.exit_code in (0, 1, 2)
    if outcome.exit_code == 0:
        for claim in claims:
            assert true(make, instance, claim) is not False


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_anything_at_all(make, run_bytes, value):
    outcome = run_bytes(make.canonical(value) + b"\n")
    assert outcome.exit_code == 2
    assert "could not finish" not in outcome.message


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "exp", "softsign", "elu(1)", "silu", "square"])
def test_random_minors_against_a_numeric_rank(make, run, activation):
    """Planted dependent columns and small primes: a minor that is accepted is one."""
    generator = random.Random(activation)
    accepted = 0
    for _ in range(60):
        size = generator.randrange(1, 4)
        rows = [
            [Fraction(generator.randrange(-6, 7), generator.choice([1, 2, 3])) for _ in range(size)]
            for _ in range(size)
        ]
        if generator.random() < 0.5 and size > 1:
            for row in rows:
                row[1] = row[0]
        document = make.instance(rows, [make.elementwise(activation)])
        exponential = activation in ("sigmoid", "tanh", "exp", "elu(1)", "silu")
        prime, root = (
            generator.choice([(7, 2), (11, 3), (23, 2), (1019, 4)])
            if exponential
            else (generator.choice([3, 5, 7, 101]), None)
        )
        lines = list(range(size))
        outcome = run(document, make.rank(1, size, size, make.minor(prime, root, lines, lines), make.SHAPE))
        if outcome.exit_code == 0:
            accepted += 1
            assert make.numeric_rank(make.numeric_features(document, 1)) == size
    assert accepted > 5
