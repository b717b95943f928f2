"""Conclusions: accepted only from claims that stand before them, for layers that the reason allows."""

import pytest

T34, T35 = "NH18.T3.4", "NH18.T3.5"
SCOPES = {T34: "architecture", T35: "almost all parameters"}
ALL = "all parameters"


def conclusion(by, statement=T35, layer=1, status="proved", scope=None):
    return {
        "kind": "conclusion",
        "statement": statement,
        "layer": layer,
        "status": status,
        "scope": SCOPES.get(statement) if scope is None else scope,
        "by": by,
    }


def width(layer, holds):
    return {"kind": "width", "layer": layer, "holds": holds}


def different(cross, holds=True, pair=None):
    return {"kind": "distinct-patches", "layer": 1, "cross_position": cross, "holds": holds, "pair": pair}


def activation(layer, holds=True):
    return {"kind": "activation", "layer": layer, "holds": holds}


def structure(layer):
    return {"kind": "patch-structure", "layer": layer, "holds": True, "violation": None}


# ---------------------------------------------------------------- by witness


def witness(make, activations, pool=False):
    """Three samples through layers with distinct pre-activations, and a minor of order 3 in the last one."""
    layers = [make.convolution([[0], [1]], 2, activations[0], weights=[["1", "-1/2"]], biases=["1/2"] * 4)]
    if pool:
        layers.append(make.pooling([[0], [1], [2], [3]]))
    layers += [make.elementwise(name) for name in activations[1:]]
    document = make.instance([["1", "3/2"], ["1/3", "1/5"], ["2/3", "3/7"]], layers)
    k = len(layers)
    ball = {"kind": "ball-minor", "precision": 300, "rows": [0, 1, 2], "columns": [0, 1, 2]}
    return document, make.rank(k, 3, 3, ball, make.SHAPE), k


@pytest.mark.parametrize(
    "name",
    [
        "sigmoid",
        "tanh",
        "exp",
        "silu",
        "swish(2)",
        "gaussian",
        "mish",
        "softplus(1)",
        "gelu",
        "erf",
        "arctan",
        "sin",
        "cos",
        "log-sigmoid",
        "square",
    ],
)
def test_witness_of_an_analytic_activation(make, run, name):
    document, rank, _k = witness(make, [name])
    assert run(document, rank, conclusion("witness"), conclusion("witness", T34)).exit_code == 0


@pytest.mark.parametrize("name", ["leaky-relu(1/2)", "abs", "hard-swish", "softsign", "squared-relu", "elu(1)"])
def test_witness_of_another_activation(make, run, name):
    for activations in ([name], [name, "sigmoid"], ["sigmoid", name]):
        document, rank, k = witness(make, activations)
        table = make.numeric_features(document, k)
        if make.numeric_rank([row[:3] for row in table]) < 3:
            continue
        assert run(document, rank, conclusion("witness", layer=k)).exit_code == 1
        assert run(document, rank, conclusion("witness", T34, layer=k)).exit_code == 0


def test_witness_through_max_pooling(make, run):
    document, rank, k = witness(make, ["sigmoid", "sigmoid"], pool=True)
    assert run(document, rank, conclusion("witness", T34, layer=k)).exit_code == 0
    assert run(document, rank, conclusion("witness", T35, layer=k)).exit_code == 1


def test_max_pooling_above_the_layer_does_not_matter(make, run):
    document, rank, _k = witness(make, ["sigmoid"])
    document["layers"] += [make.pooling([[0]]), make.elementwise("relu")]
    assert run(document, rank, conclusion("witness")).exit_code == 0


def test_witness_must_stand_before_and_be_about_this_layer(make, run):
    document, rank, _k = witness(make, ["sigmoid", "tanh"])
    assert run(document, rank, conclusion("witness", layer=2)).exit_code == 0
    assert run(document, conclusion("witness", layer=2), rank).exit_code == 1
    assert run(document, rank, conclusion("witness", layer=1)).exit_code == 1
    assert run(document, conclusion("witness", layer=2)).exit_code == 1
    ball = {**rank["lower_evidence"], "rows": [0, 1], "columns": [0, 1]}
    assert run(document, {**rank, "lower": 2, "lower_evidence": ball}, conclusion("witness", layer=2)).exit_code == 1
    # a rank claim about the input does not speak of any layer
    square = make.instance([["1"]], [make.elementwise("sigmoid")])
    minor = make.rank(0, 1, 1, make.minor(7, None, [0], [0]), make.SHAPE)
    assert run(square, minor, conclusion("witness", T34, layer=1)).exit_code == 1
    assert run(square, minor, conclusion("witness", T34, layer=0)).exit_code == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": "all parameters"}, 1),
        ({"scope": "this point"}, 1),
        ({"scope": "architecture"}, 1),
        ({"scope": "Almost all parameters"}, 1),
        ({"scope": None}, 2),
        ({"scope": ["almost all parameters"]}, 2),
        ({"status": "refuted"}, 1),
        ({"status": "undecided"}, 2),
        ({"status": True}, 2),
        ({"statement": "NH18.T4.5"}, 1),
        ({"statement": "NH18.T4.6"}, 2),
        ({"statement": ["NH18.T3.5"]}, 2),
        ({"by": "magic"}, 2),
        ({"by": None}, 2),
        ({"by": "theorem"}, 1),
        ({"by": "width"}, 1),
        ({"layer": 2}, 2),
        ({"layer": True}, 2),
        ({"note": "trust me"}, 2),
    ],
)
def test_misshapen_conclusions(make, run, changes, code):
    document, rank, _ = witness(make, ["sigmoid"])
    assert run(document, rank, conclusion("witness") | changes).exit_code == code


# ---------------------------------------------------------------- by theorem


def deep(make, activations=("sigmoid", "softplus(1)"), bias="neuron", pool=False, samples=((1, 2), (3, 4), (5, 6))):
    layers = [make.convolution([[0], [1]], 1, activations[0], bias=bias)]
    if pool:
        layers.append(make.pooling([[0], [1]]))
    layers.append(make.convolution([[0, 1]], 3, activations[1], bias=bias))
    return make.instance([list(s) for s in samples], layers), len(layers)


def support(k, cross=True):
    claims = [different(cross), width(k, True)]
    for layer in range(1, k + 1):
        claims.append(structure(layer))
        if layer in (1, k):
            claims.append(activation(layer))
    return claims


def test_theorem(make, run):
    document, k = deep(make)
    claims = support(k)
    for statement in (T34, T35):
        last = conclusion("theorem", statement, k)
        assert run(document, *claims, last).exit_code == 0
        assert run(document, last, *claims).exit_code == 1
        for missing in range(len(claims)):
            fewer = claims[:missing] + claims[missing + 1 :]
            assert run(document, *fewer, last).exit_code == 1
            assert run(document, *fewer, last, claims[missing]).exit_code == 1


def test_theorem_through_max_pooling_holds_for_some_parameters_only(make, run):
    document, k = deep(make, pool=True)
    assert run(document, *support(k), conclusion("theorem", T34, k)).exit_code == 0
    assert run(document, *support(k), conclusion("theorem", T35, k)).exit_code == 1


def test_theorem_and_activations_that_are_not_analytic(make, run):
    for activations in [("relu", "sigmoid"), ("sigmoid", "relu")]:
        document, k = deep(make, activations)
        assert run(document, *support(k), conclusion("theorem", T34, k)).exit_code == 0
        assert run(document, *support(k), conclusion("theorem", T35, k)).exit_code == 1


def test_theorem_needs_activations_that_satisfy_the_assumption(make, run):
    document, k = deep(make, ("tanh", "sigmoid"))
    claims = [{**c, "holds": c["layer"] != 1} if c["kind"] == "activation" else c for c in support(k)]
    assert run(document, *claims).exit_code == 0
    assert run(document, *claims, conclusion("theorem", T34, k)).exit_code == 1


@pytest.mark.parametrize("bias", ["filter", "none"])
def test_theorem_needs_one_bias_per_neuron(make, run, bias):
    document, k = deep(make, bias=bias)
    assert run(document, *support(k)).exit_code == 0
    for statement in (T34, T35):
        assert run(document, *support(k), conclusion("theorem", statement, k)).exit_code == 1


def test_same_position_suffices_in_layer_one_only(make, run):
    document, k = deep(make, samples=[(1, 2), (2, 3), (3, 1)])
    assert run(document, different(True)).exit_code == 1
    assert run(document, *support(k, cross=False), conclusion("theorem", T34, k)).exit_code == 1
    wide = make.instance([["1", "2"], ["2", "1"]], [make.convolution([[0], [1]], 1, "relu")])
    claims = support(1, cross=False)
    assert run(wide, *claims, conclusion("theorem", T34, 1)).exit_code == 0
    refuted = [different(True, False, [0, 0, 1, 1]), *claims[1:]]
    assert run(wide, *refuted, conclusion("theorem", T34, 1)).exit_code == 1


def test_the_first_layer_of_the_theorem_is_no_max_pooling(make, run):
    """All that the theorem asks is claimed and accepted, for max-pooling as for the convolution in its place."""
    top = make.convolution([[0, 1]], 3, "sigmoid")
    claims = [different(True), width(2, True), structure(1), structure(2), activation(2)]
    for statement in (T34, T35):
        pooled = make.instance([["1", "2"], ["3", "4"]], [make.pooling([[0], [1]]), top])
        assert run(pooled, *claims).exit_code == 0
        outcome = run(pooled, *claims, conclusion("theorem", statement, 2))
        assert (outcome.exit_code, "layer 1 is max-pooling" in outcome.message) == (1, True)
        first = make.convolution([[0], [1]], 1, "sigmoid")
        convolved = make.instance([["1", "2"], ["3", "4"]], [first, top])
        assert run(convolved, *claims, activation(1), conclusion("theorem", statement, 2)).exit_code == 0


def test_theorem_needs_convolutions_at_both_ends(make, run):
    first = make.instance([["1", "2"]], [make.pooling([[0], [1]]), make.convolution([[0, 1]], 3, "sigmoid")])
    assert (
        run(first, width(2, True), structure(1), structure(2), activation(2), conclusion("theorem", T34, 2)).exit_code
        == 1
    )
    last = make.instance([["1", "2"]], [make.convolution([[0], [1]], 1, "relu"), make.pooling([[0], [1]])])
    claims = [different(True), width(2, True), structure(1), structure(2), activation(1)]
    assert run(last, *claims).exit_code == 0
    assert run(last, *claims, conclusion("theorem", T34, 2)).exit_code == 1
    unit = make.instance([["1", "2"]], [make.convolution([[0], [1]], 1, "relu"), make.elementwise("relu")])
    claims = [different(True), width(2, True), structure(1), activation(1), activation(2)]
    assert run(unit, *claims).exit_code == 0
    assert run(unit, *claims, conclusion("theorem", T34, 2)).exit_code == 1


def test_a_refuted_width_does_not_prove(make, run):
    document, k = deep(make, samples=[(1, 2), (3, 4), (5, 6), (7, 8)])
    claims = [width(k, False) if c["kind"] == "width" else c for c in support(k)]
    assert run(document, *claims).exit_code == 0
    assert run(document, *claims, conclusion("theorem", T34, k)).exit_code == 1


# ---------------------------------------------------------------- refutations


def test_width(make, run):
    document = make.instance(None, [make.convolution([[0, 1]], 2, "relu"), make.elementwise("relu")], count=3, width=2)
    for statement in (T34, T35):
        refuted = conclusion("width", statement, 1, "refuted", ALL)
        assert run(document, width(1, False), refuted).exit_code == 0
        assert run(document, refuted, width(1, False)).exit_code == 1
        assert run(document, width(2, False), refuted).exit_code == 1
        assert run(document, width(1, False), {**refuted, "status": "proved"}).exit_code == 1
        assert run(document, width(1, False), {**refuted, "scope": SCOPES[statement]}).exit_code == 1
    wide = make.instance(None, [make.convolution([[0, 1]], 2, "relu")], count=2, width=2)
    assert run(wide, width(1, True), conclusion("width", T35, 1, "refuted", ALL)).exit_code == 1


@pytest.mark.parametrize(
    ("name", "bias", "code"),
    [
        *(
            (name, "neuron", 0)
            for name in ["relu", "leaky-relu(0)", "relu6", "squared-relu", "hard-sigmoid", "hard-swish"]
        ),
        *((name, "filter", 0) for name in ["relu", "clip(0,1)", "clip(-1,0)"]),
        *(
            (name, "neuron", 1)
            for name in [
                "leaky-relu(1/9)",
                "abs",
                "sigmoid",
                "hard-tanh",
                "elu(1)",
                "clip(1,2)",
                "identity",
                "polynomial(0)",
            ]
        ),
        ("relu", "none", 1),
    ],
)
def test_dead_units(make, run, name, bias, code):
    document = make.instance(None, [make.convolution([[0, 1]], 2, name, bias=bias)], count=1, width=2)
    refuted = conclusion("dead-units", T35, 1, "refuted", "architecture")
    assert run(document, refuted).exit_code == code
    assert run(document, {**refuted, "statement": T34}).exit_code == 1
    assert run(document, {**refuted, "scope": ALL}).exit_code == 1
    unknown = make.instance(None, [make.convolution([[0, 1]], 2, name, bias=bias)], width=2)
    assert run(unknown, refuted).exit_code == 1


def test_dead_units_need_biases_in_this_very_layer(make, run):
    layers = [make.convolution([[0, 1]], 2, "identity"), make.elementwise("relu")]
    document = make.instance(None, layers, count=1, width=2)
    assert run(document, conclusion("dead-units", T35, 2, "refuted", "architecture")).exit_code == 1


def test_rank_bound(make, run):
    samples = [["1", "1"], ["2", "2"], ["3", "3"]]
    document = make.instance(samples, [make.convolution([[0], [1]], 2, "sigmoid", bias="filter")])
    evidence = {"kind": "equal-patches", "classes": [[0, 1]]}
    bound = {"kind": "rank-for-all-parameters", "layer": 1, "upper": 2, "evidence": evidence}
    for statement in (T34, T35):
        refuted = conclusion("rank-bound", statement, 1, "refuted", ALL)
        assert run(document, bound, refuted).exit_code == 0
        assert run(document, refuted, bound).exit_code == 1
        assert run(document, width(1, True), refuted).exit_code == 1
    enough = make.instance(samples[:2], [make.convolution([[0], [1]], 2, "sigmoid", bias="filter")])
    assert run(enough, bound, conclusion("rank-bound", T34, 1, "refuted", ALL)).exit_code == 1
    # a bound at one parameter point is none for all
    layer = make.convolution([[0], [1]], 2, "sigmoid", bias="filter", weights=[["1", "1"]], biases=["0", "0"])
    point = make.rank(1, 0, 1, make.NONE, {"kind": "distinct-lines", "axis": 1, "representatives": [0]})
    document = make.instance(samples, [layer])
    assert run(document, point).exit_code == 0
    assert run(document, point, conclusion("rank-bound", T34, 1, "refuted", ALL)).exit_code == 1
