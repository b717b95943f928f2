"""What the steps of a slice share: rows of Z against pre-activations by loops, and combinations of its columns."""

import collections
from dataclasses import replace
from fractions import Fraction

import pytest
from flint import fmpq

from exactcnn.checker.budget import BudgetError
from exactcnn.checker.derivatives import EXACT, Objective
from exactcnn.checker.document import ObligationError
from exactcnn.checker.inertia import Matrix
from exactcnn.checker.pieces import pieces_of
from exactcnn.checker.points import coordinates, theta
from exactcnn.checker.steps import Near, require_combination, seen_rows
from tests.checker.slow import flint, pre_activations, read, rows
from tests.checker.test_slices import documents


def near_of(document):
    instance = read(document)
    return Near(instance, theta(instance), pieces_of(Objective(instance, theta(instance), EXACT)))


def test_rows_times_parameters_are_pre_activations(make):
    """A row of Z times incoming weights and biases: what the neuron sees there, where it is not constant."""
    seen = collections.Counter()
    for document, _ in documents(make, 30, seed=4):
        near, entry = near_of(document), document["layers"][0]
        layer, places = near.instance.layers[1], coordinates(near.instance.layers)
        samples = rows(document["samples"])
        for unit in range(layer.filters):
            weights, biases = places.incoming(1, unit)
            found = seen_rows(near, layer, unit, len(biases))
            expected = []
            for i, sample in enumerate(samples):
                for p, z in enumerate(pre_activations(entry, sample)[unit :: layer.filters]):
                    if near.pieces.constants[1][i][p * layer.filters + unit] is None:
                        expected.append(flint(z))
            own = [near.theta[e] for e in weights + biases]
            assert [sum((x * v for x, v in zip(row, own, strict=True)), fmpq(0)) for row in found] == expected
            assert all(len(row) == len(own) for row in found)
            seen[entry["bias"], len(layer.patches) > 1] += bool(found)
            seen["left out"] += len(samples) * len(layer.patches) - len(found)
    assert all(seen[bias, many] > 1 for bias in ("neuron", "filter", "none") for many in (True, False)), seen
    assert seen["left out"] > 10


def test_rows_by_hand(make):
    """Two patches: a column for each bias, or one that they share; a sample on which a neuron is off is left out."""
    for bias, values, tail in (
        ("neuron", [1, -99], [[1, 0], [1, 0]]),
        ("filter", [1], [[1], [1], [1], [1]]),
        ("none", None, [[], [], [], []]),
    ):
        layer = make.convolution([[0, -1], [1, 0]], 1, "relu", weights=[[1], [1]], biases=values, bias=bias)
        document = {**make.instance([[1, 2], [3, 5]], [layer]), "targets": make.array([[0, 0]] * 2)}
        near = near_of(document)
        own = near.instance.layers[1]
        heads = [[1, 0], [2, 1], [3, 0], [5, 3]]
        heads = heads[::2] if bias == "neuron" else heads
        count = len(tail[0])
        assert seen_rows(near, own, 0, count) == [[*a, *b] for a, b in zip(heads, tail, strict=True)]


def plain(make):
    layer = make.convolution([[0, 1, 2]], 1, "identity", weights=[[1], [1], [1]], bias="none")
    document = {**make.instance([[1, 2, 3], [1, 0, 1], [0, 1, 1]], [layer]), "targets": make.array([[0]] * 3)}
    near = near_of(document)
    return near, seen_rows(near, near.instance.layers[1], 0, 0)


def combination(*rows_of_it):
    return Matrix(len(rows_of_it), len(rows_of_it[0]), [flint(x) for row in rows_of_it for x in row])


def test_combinations(make):
    """The third column is the sum of the others; each entry, each row and each column is looked at."""
    near, table = plain(make)
    require_combination(near, table, [0, 1], [2], combination([1], [1]), "here")
    require_combination(near, table, [2, 0], [1], combination([1], [-1]), "here")
    tiny = Fraction(1, 10**30)
    for wrong in (combination([1 + tiny], [1]), combination([1], [1 - tiny]), combination([0], [0])):
        with pytest.raises(ObligationError, match="here: column 2 of Z is not the stated combination"):
            require_combination(near, table, [0, 1], [2], wrong, "here")
    with pytest.raises(ObligationError, match="column 1 of Z"):  # the order of the kept columns is that of the rows
        require_combination(near, table, [0, 2], [1], combination([1], [-1]), "here")
    for i in range(3):  # one row alone that does not fit
        changed = [list(row) for row in table]
        changed[i][2] += 1
        with pytest.raises(ObligationError, match="column 2"):
            require_combination(near, changed, [0, 1], [2], combination([1], [1]), "here")
    wide = [[*row, 2 * row[0]] for row in table]
    require_combination(near, wide, [0, 1], [2, 3], combination([1, 2], [1, 0]), "here")
    with pytest.raises(ObligationError, match="column 3"):
        require_combination(near, wide, [0, 1], [2, 3], combination([1, 2], [1, 1]), "here")
    with pytest.raises(ObligationError, match="column 2"):
        require_combination(near, wide, [0, 1], [2, 3], combination([2, 1], [0, 1]), "here")


def test_no_rows_ask_nothing(make):
    """A unit that is off on all samples: every column is every combination of the others."""
    near, table = plain(make)
    require_combination(near, [], [0], [1, 2], combination([5, "7/3"]), "here")
    with pytest.raises(ObligationError):
        require_combination(near, table, [0], [1, 2], combination([5, "7/3"]), "here")


def test_work_is_paid_for(make):
    near, table = plain(make)
    poor = replace(near.instance)
    poor.budget.spent = 10**13
    for work in (
        lambda: seen_rows(near, near.instance.layers[1], 0, 0),
        lambda: require_combination(near, table, [0, 1], [2], combination([1], [1]), "here"),
    ):
        with pytest.raises(BudgetError):
            work()
