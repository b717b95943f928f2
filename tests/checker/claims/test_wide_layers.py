"""Conclusions about wide layers: each premise is violated alone, beside what is accepted."""

import copy
from fractions import Fraction

import pytest

from tests.checker.claims.test_section_4 import LOSS, conclusion
from tests.checker.claims.test_weights import weights_rank

# ---------------------------------------------------------------- no basins


def no_basins(layer=1):
    return {**conclusion("LDS18.wide", "wide-layer", "proved", layer), "scope": "architecture"}


def same(classes, layer=1):
    """The samples of a class are equal."""
    evidence = {"kind": "equal-samples", "classes": classes}
    return {"kind": "rank-for-all-parameters", "layer": layer, "upper": len(classes), "evidence": evidence}


def one_hidden_layer(make, samples, width, *, bias="none"):
    first = make.convolution([[0]], width, "sigmoid", weights=[[1] * width], biases=[0] * width)
    own = {} if bias == "none" else {"biases": [0]}
    top = make.convolution([list(range(width))], 1, "identity", weights=[[1]] * width, bias=bias, **own)
    return make.instance([[x] for x in samples], [first, top])


@pytest.mark.parametrize(("bias", "extra"), [("none", 0), ("neuron", 1), ("filter", 1)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_width_is_sharp(make, run, bias, extra, count):
    for width in (1, 2, 3, 4):
        outcome = run(one_hidden_layer(make, range(count), width, bias=bias), no_basins())
        wide = width + extra >= count
        assert outcome.exit_code == (0 if wide else 1), outcome.message
        if not wide:
            assert f"has {width + extra} parameters, fewer than the {count} rows" in outcome.message
        else:
            assert outcome.accepted == (
                "conclusion of LDS18.wide at layer 1: proved here (architecture), by wide-layer",
            )


def test_equal_samples_count_once(make, run):
    document = one_hidden_layer(make, [1, 2, 1, 2], 2)
    assert run(document, no_basins()).exit_code == 1
    assert run(document, same([[0, 2], [1, 3]]), no_basins()).exit_code == 0
    assert run(document, same([[0, 2], [1, 3]], layer=2), no_basins()).exit_code == 0  # whatever layer it names
    assert run(document, no_basins(), same([[0, 2], [1, 3]])).exit_code == 1  # it stands after
    assert "are not equal" in run(document, same([[0, 1], [2, 3]]), no_basins()).message
    assert run(document, same([[0, 2], [1], [3]]), no_basins()).exit_code == 1
    units = {"kind": "rank-for-all-parameters", "layer": 1, "upper": 2}
    units["evidence"] = {"kind": "equal-patches", "classes": [[0]]}  # says nothing of samples
    shared = copy.deepcopy(document)
    shared["layers"][0] = make.convolution([[0]], 2, "sigmoid", weights=[[1, 1]], biases=[0, 0], bias="filter")
    assert "fewer than the 4 rows" in run(shared, units, no_basins()).message


def test_the_layer_above_is_a_convolution_and_one_below_has_parameters(make, run):
    document = one_hidden_layer(make, [1, 2], 2)
    assert run(document, no_basins()).exit_code == 0
    assert "there is no layer 3" in run(document, no_basins(2)).message
    pooled = copy.deepcopy(document)
    pooled["layers"].insert(1, make.elementwise("relu"))
    assert "layer 2 is elementwise" in run(pooled, no_basins(1)).message
    assert run(pooled, no_basins(2)).exit_code == 0
    bare = copy.deepcopy(document)
    bare["layers"][0] = make.elementwise("sigmoid")
    bare["layers"][1]["patches"] = [[0]]
    bare["layers"][1]["weights"] = make.array([[1]])
    lonely = {**bare, "samples": make.array([[1]]), "sample_count": 1}  # c = 1 = N', a strict minimum exists
    assert "no layer up to 1 has parameters" in run(lonely, no_basins()).message


@pytest.mark.parametrize(("bias", "extra"), [("none", 0), ("neuron", 2), ("filter", 1)])
def test_a_convolution_above(make, run, bias, extra):
    """Two patches of l neurons on one sample: two rows, l columns, and the biases' ones."""
    for slots in (1, 2):
        first = make.convolution([[0]], 3, "sigmoid", weights=[[1, 1, 1]], biases=[0, 0, 0])
        own = {} if bias == "none" else {"biases": [0] * (2 if bias == "neuron" else 1)}
        patches = [list(range(slots)), list(range(1, slots + 1))]
        top = make.convolution(patches, 1, "identity", weights=[[1]] * slots, bias=bias, **own)
        document = make.instance([[1]], [first, top])
        assert run(document, no_basins()).exit_code == (0 if slots + extra >= 2 else 1)
        twice = make.instance([[1], [2]], [first, top])
        assert run(twice, no_basins()).exit_code == (0 if slots + extra >= 4 else 1)


def test_the_number_of_samples_suffices_without_them(make, run):
    document = {**one_hidden_layer(make, [1, 2], 2), "samples": None}
    assert run(document, no_basins()).exit_code == 0
    assert "number of samples" in run({**document, "sample_count": None}, no_basins()).message


# ---------------------------------------------------------------- any outputs, and local minima


def path(layer=1):
    return conclusion("LDS18.path", "ranks", "proved", layer)


def minima(by="path", layer=1):
    return conclusion("LDS18.minima", by, "proved", layer)


def deep(make, land, *, name="softsign", targets=((1,), (2,)), biases=(True, True), samples=((1,), (2,))):
    """F_1 = [[1, 0], [2, 1/2]], then two units and one output."""
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "relu"),
        land.layer([[1, 1], [1, 2]], [0, 0] if biases[0] else None, name),
        land.layer([[1], [1]], [0] if biases[1] else None),
    ]
    return land.with_targets(make, [list(row) for row in samples], [list(row) for row in targets], layers)


@pytest.fixture
def full(make):
    return make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)


@pytest.fixture
def top(make):
    return weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)


def test_any_outputs(make, land, run, full, top):
    document = deep(make, land)
    outcome = run(document, full, top, path())
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted[-1] == "conclusion of LDS18.path at layer 1: proved here (this point), by ranks"
    assert "no claim rank F_1 >= 2" in run(document, top, path()).message
    assert "no claim rank U_3 >= 1" in run(document, full, path()).message
    assert "no claim rank F_1 >= 2" in run(document, top, path(), full).message
    less = make.rank(1, 1, 2, make.minor(101, None, [0], [0]), make.SHAPE)
    assert "no claim rank F_1 >= 2" in run(document, less, top, path()).message
    assert "is not hidden" in run(document, full, top, path(3)).message
    curved = copy.deepcopy(document)
    curved["layers"][2]["activation"] = make.activation("softsign")
    assert "layer 3 is not the identity" in run(curved, full, top, path()).message


def test_full_column_rank_is_needed(make, land, run, full):
    """Three outputs of two units: rank 2 is full, and not that of the columns."""
    layers = [*deep(make, land)["layers"][:2], land.layer([[1, 0, 1], [0, 1, 1]], [0, 0, 0])]
    document = land.with_targets(make, [[1], [2]], [[1, 0, 0], [0, 1, 0]], layers)
    two = weights_rank(3, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    assert "no claim rank U_3 >= 3" in run(document, full, two, path()).message


@pytest.mark.parametrize(("name", "accepted"), [("relu", False), ("leaky-relu(1/2)", True), ("square", False)])
def test_strictly_monotone(make, land, run, full, top, name, accepted):
    outcome = run(deep(make, land, name=name), full, top, path())
    assert (outcome.exit_code == 0) == accepted
    assert accepted or "in layer 2 is not proved to be strictly monotone" in outcome.message


def test_slopes_may_vanish(make, land, run, full, top):
    bend = make.formula({(3, 0): 1})
    assert run(deep(make, land, name=bend), full, top, path()).exit_code == 0


def test_biases_follow(make, land, run, full, top):
    """Of layer k + 1 none are needed; above it the range of the activation must contain 0, or biases are there."""
    ramp = make.formula({(1, 0): 1, (0, 0): 1})
    for own, biases, accepted in (
        ("softsign", (False, True), True),
        ("softsign", (False, False), True),
        (ramp, (True, True), True),
        (ramp, (True, False), False),
    ):
        outcome = run(deep(make, land, name=own, biases=biases), full, top, path())
        assert (outcome.exit_code == 0) == accepted, outcome.message
        assert accepted or "the biases of layer 3 cannot follow" in outcome.message


@pytest.mark.parametrize(("padded", "accepted"), [(False, True), (True, False)])
def test_shared_biases_follow_without_padding(make, land, run, full, padded, accepted):
    ramp = make.formula({(1, 0): 1, (0, 0): 1})
    windows = [[0, -1], [1, 0]] if padded else [[0, 1], [1, 0]]
    shared = make.convolution(windows, 1, ramp, weights=[[1], [2]], biases=[0], bias="filter")
    layers = [*deep(make, land, name=ramp)["layers"][:2], shared, land.layer([[1], [1]], [0])]
    document = land.with_targets(make, [[1], [2]], [[1], [2]], layers)
    third = weights_rank(3, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    fourth = weights_rank(4, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    outcome = run(document, full, third, fourth, path())
    assert (outcome.exit_code == 0) == accepted, outcome.message
    assert accepted or "the biases of layer 3 cannot follow" in outcome.message


def test_kinds_of_layers(make, land, run, full, top):
    document = deep(make, land)
    document["layers"].insert(2, make.elementwise("softsign"))
    own = {**top, "layer": 4}
    assert "layer 3 is elementwise" in run(document, full, own, path()).message
    windows = copy.deepcopy(deep(make, land))
    windows["layers"][1] = make.convolution([[0], [1]], 1, "softsign", weights=[[1]], biases=[0], bias="filter")
    assert "layer 2 is not fully connected" in run(windows, full, top, path()).message
    pooled = deep(make, land)  # below layer k anything may stand
    pooled["layers"].insert(0, make.elementwise("identity"))
    claims = {**full, "layer": 2}, {**top, "layer": 4}
    assert run(pooled, *claims, path(2)).exit_code == 0


def test_no_local_minimum(make, land, run, full, top):
    document, positive = deep(make, land), {**LOSS, "lower": "1/100"}
    claims = full, top, path()
    outcome = run(document, *claims, positive, minima())
    assert outcome.exit_code == 0, outcome.message
    assert "no conclusion LDS18.path" in run(document, full, top, positive, minima(), path()).message
    assert "no claim that the loss is positive" in run(document, *claims, LOSS, minima()).message
    assert "no conclusion LDS18.path at layer 2" in run(document, *claims, positive, minima(layer=2)).message
    assert "no claim that the loss is 0" in run(document, *claims, positive, minima("zero-loss")).message
    assert "no conclusion LDS18.path" in run(document, {**LOSS, "upper": "100"}, minima("zero-loss")).message
    outputs = [Fraction(1, 2) + Fraction(1, 2), Fraction(5, 7) + Fraction(3, 4)]
    best = deep(make, land, targets=[[x] for x in outputs])
    assert run(best, *claims, {**LOSS, "upper": "0"}, minima("zero-loss")).exit_code == 0


def test_equal_samples_with_equal_targets(make, land, run, full, top):
    """Three samples, two of them equal: rank 2 = N', and the targets must agree."""
    three = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    positive, groups = {**LOSS, "lower": "1/100"}, same([[0, 2], [1]])
    agreeing = deep(make, land, samples=((1,), (2,), (1,)), targets=((1,), (2,), (1,)))
    outcome = run(agreeing, groups, three, top, path(), positive, minima())
    assert outcome.exit_code == 0, outcome.message
    assert "no claim rank F_1 >= 3" in run(agreeing, three, top, path(), groups).message
    other = deep(make, land, samples=((1,), (2,), (1,)), targets=((1,), (2,), (4,)))
    assert run(other, groups, three, top, path()).exit_code == 0
    message = run(other, groups, three, top, path(), positive, minima()).message
    assert "equal samples have different targets" in message


def test_targets_are_not_needed_for_a_path(make, land, run, full, top):
    document = {**deep(make, land), "targets": None}
    assert run(document, full, top, path()).exit_code == 0
    assert "no claim that the loss is positive" in run(document, full, top, path(), minima()).message
