"""A kind that the checker does not have, to see that nothing but its module and the table is needed."""

from itertools import product

import pytest
from flint import arb, fmpq

from exactcnn.checker import instance as instances
from exactcnn.checker.activations import read_activation
from exactcnn.checker.document import FormatError, fields
from exactcnn.checker.kinds.elementwise import Elementwise
from exactcnn.checker.kinds.layer import PADDING, Layer, entries_of, read_patches
from exactcnn.checker.numbers import RATIONALS, Reduction

P, ROOT = 1019, 4
SAMPLES = [["1/2", "-1", "2"], ["3/4", "2", "-1/3"], ["-2", "1/7", "1"]]
PATCHES = [[0, 1], [1, 2], [2, PADDING]]


class SumPooling(Layer):
    """The sum of each patch."""

    kind, linear, has_activation = "sum-pooling", True, False

    @classmethod
    def read(cls, value, where, folder, below, budget):
        patches = read_patches(fields(value, where, "kind", "patches")[1], where, below)
        return cls(below, len(patches), patches)

    def pre_activations(self, below, numbers=RATIONALS):
        for p, patch in enumerate(self.patches):
            yield p, [[sum(entries_of(row, patch, numbers.number(fmpq(0))))] for row in below]


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setitem(instances.KINDS, "sum-pooling", SumPooling)


def rank(make, k, n, root, precision=None):
    return make.rank(k, n, 3, make.minor(P, root, list(range(n)), list(range(n)), precision), make.SHAPE)


@pytest.mark.parametrize(
    ("first", "last"), [*product(["identity", "relu", "sigmoid", "elu(1)"], ["identity", "relu", "square"])]
)
def test_ranks_are_those_of_a_filter_of_ones(make, run, first, last):
    """Above and below other layers, in Q and in Q(t), by residues, fractions and balls."""
    weights = [["1", "2", "-1"], ["-1", "1", "1/2"], ["3", "-1", "1"]]
    below = make.convolution([[0, 1, 2]], 3, first, weights=weights, biases=["1", "0", "1/2"])
    above = make.convolution([[0, 1, 2]], 3, last, weights=weights, bias="none")
    ones = make.convolution(PATCHES, 1, "identity", weights=[["1"], ["1"]], bias="none")
    root = ROOT if first in ("sigmoid", "elu(1)") else None
    for k, n in product((1, 2, 3), (1, 2, 3)):
        codes = []
        for middle in ({"kind": "sum-pooling", "patches": PATCHES}, ones):
            document = make.instance(SAMPLES, [below, middle, above])
            signs = root is not None and k == 3 and last == "relu"
            claim = rank(make, k, n, root, 64 if signs else None)
            balls = make.rank(k, n, 3, ball(n), make.SHAPE)
            vanishing = make.rank(k, 0, n, make.NONE, {"kind": "vanishing-minors", "primes": [str(2**61 - 1)]})
            codes.append([run(document, each).exit_code for each in (claim, balls, vanishing)])
        assert codes[0] == codes[1]
        assert n > 1 or codes[0][:2] == [0, 0]


def ball(n):
    return {"kind": "ball-minor", "precision": 64, "rows": list(range(n)), "columns": list(range(n))}


def test_what_is_said_of_it(make, run, run_bytes):
    document = make.instance(SAMPLES, [{"kind": "sum-pooling", "patches": PATCHES}])
    structure = {
        "kind": "patch-structure",
        "layer": 1,
        "holds": False,
        "violation": {"kind": "padding", "patches": [2]},
    }
    assert run(document, structure).exit_code == 0
    outcome = run(document, {"kind": "activation", "layer": 1, "holds": True})
    assert outcome.message.endswith("layer 1 is sum-pooling; it has no activation")
    outcome = run(document, {"kind": "conclusion", "statement": "NH18.T3.4", "layer": 1, "status": "proved"}
                  | {"scope": "architecture", "by": "theorem"})  # fmt: skip
    assert outcome.exit_code == 1
    point = {"weights": make.array([[1]]), "biases": None}
    said = {**make.HEAD, "instance": document, "claims": [structure]}
    assert run_bytes(make.seal({**said, "points": [[None]]})).exit_code == 0
    assert run_bytes(make.seal({**said, "points": [[point]]})).exit_code == 2


def test_a_layer_of_another_kind(make, run):
    outcome = run(make.instance(SAMPLES, [{"kind": "mean-pooling", "patches": PATCHES}]))
    assert outcome.message == "unreadable: layer 1: unknown kind 'mean-pooling'"


def test_what_follows_from_linearity(make):
    layer = SumPooling(3, 3, PATCHES)
    assert (layer.slots, layer.adds, layer.analytic, layer.text) == (2, True, True, "t")
    relu = read_activation(make.activation("relu"), "relu")
    plain = Elementwise(3, 3, activation=relu)
    assert (plain.adds, plain.analytic, plain.text) == (False, False, relu.text)
    assert Elementwise(3, 3).analytic


def test_residues_are_those_of_the_sums():
    layer, reduction = SumPooling(3, 3, PATCHES), Reduction(P)
    table = [[fmpq(x) if isinstance(x, int) else fmpq(*x) for x in row] for row in ([5, (1, 2), -7], [1018, 1018, 1])]
    expected = [zip(*block, strict=True) for _, block in layer.pre_activations(table)]
    found = layer.residues(reduction.columns(table), reduction)
    assert list(found) == [list(map(reduction, column)) for block in expected for column in block]


def test_candidates_are_the_images_on_all_pieces_met(make):
    activation = read_activation(make.formula({(0, 0): 5}, {(1, 0): 1}, {(0, 0): 9}, kinks=[5, 9]), "staircase")
    choose = Elementwise(1, 1, activation=activation).candidates(Reduction(P))
    assert choose(7, arb(7)) == [7]
    assert choose(7 + P, arb(7)) == [7]
    assert choose(3, arb(3)) == [5]
    assert choose(3, arb(12)) == [9]
    assert choose(6, arb(6, 2)) == [5, 6]
    assert choose(6, arb(6, 9)) == [5, 6, 9]
    assert Elementwise(1, 1).candidates(Reduction(P))(P + 3, None) == [3]


def test_entries_and_padding():
    assert entries_of([5, 6, 7], [2, PADDING, 0], 0) == (7, 0, 5)


@pytest.mark.parametrize(
    "patches", [[], [[]], None, [[0], [0, 1]], [[3]], [[-2]], [[0, 0]], [[True]], ["01"], [[0], None], [[1.0]]]
)
def test_patches_that_are_none(patches):
    with pytest.raises(FormatError, match=r"^layer 1: "):
        read_patches(patches, "layer 1", 3)
    good = [[0, -1], [2, 1], [-1, -1]]
    assert read_patches(good, "layer 1", 3) == good
