"""Mixtures of units: what is accepted keeps all outputs, by ranks; one condition at a time is violated."""

import collections
import itertools
import random
from fractions import Fraction

import pytest

from exactcnn.checker.document import FormatError, ObligationError
from tests.checker.test_slices import accepted, free, fully, keeps_the_outputs

X = [["11/10", "21/10"], ["31/10", "-13/10"], [2, "51/10"], ["-41/10", "7/10"], ["3/10", 3]]
TOP = [[1, 2], [3, 1]]


def document_of(make, samples, *layers):
    outputs = layers[-1]["weights"]["shape"][1]
    return {**make.instance(samples, list(layers)), "targets": make.array([[0] * outputs] * len(samples))}


def mixing(units, frozen, pivots, *, absorbed=False, layer=1, kept=None, combination=None):
    return {
        "kind": "mixing",
        "layer": layer,
        "units": units,
        "frozen": frozen,
        "pivots": pivots,
        "absorbed": absorbed,
        "kept": kept,
        "combination": combination,
    }


def refused(document, message, *steps):
    with pytest.raises(ObligationError, match=message):
        free(document, *steps)


def unreadable(document, message, *steps):
    with pytest.raises(FormatError, match=message):
        free(document, *steps)


# ---------------------------------------------------------------- known counts


def test_minor_freezes_a_square_of_incoming_weights(make):
    document = document_of(
        make, X, fully(make, [[1, 2], [3, 1]], [1, 1], "identity"), fully(make, TOP, [1, 1], "identity")
    )
    assert free(document, mixing([0, 1], "minor", [0, 1])) == list(range(4, 12))
    assert free(document, mixing([0, 1], "minor", [0, 2])) == [2, 3, *range(6, 12)]  # with the biases as a row
    kept = free(document, mixing([0, 1], "minor", [0, 1], absorbed=True))
    assert kept == list(range(4, 12))
    assert keeps_the_outputs(document, kept)


def test_outgoing_and_incoming(make):
    first, top = (
        fully(make, [[1, 2, 1], [3, 1, 1]], [1, 1, 0], "identity"),
        fully(make, [[1], [2], [0]], [1], "identity"),
    )
    document = document_of(make, X, first, top)
    kept = free(document, mixing([0, 1, 2], "outgoing", [1], absorbed=True))
    assert kept == [1, 4, 6, 7, 8, 12]
    assert keeps_the_outputs(document, kept)
    refused(document, "singular", mixing([0, 1, 2], "outgoing", [2], absorbed=True))
    kept = free(document, mixing([0, 1, 2], "incoming", [0, 2], absorbed=True))
    assert kept == [6, 7, 8, 9, 11, 12]
    assert keeps_the_outputs(document, kept)


def test_unseen_columns_are_brought_back(make):
    samples = [[1, 2], [2, 4], [-1, -2]]
    combination = {"shape": [1, 1], "values": ["2"]}
    plain, top = fully(make, [[1, 2], [3, 1]], None, "identity"), fully(make, [[1], [1]], None, "identity")
    document = document_of(make, samples, plain, top)
    step = mixing([0, 1], "incoming", [0], kept=[0], combination=combination)
    kept = free(document, step)
    assert kept == [4]
    assert keeps_the_outputs(document, kept)
    refused(document, "not the stated combination", {**step, "combination": {"shape": [1, 1], "values": ["3"]}})
    # effective 1 + 2 (-1/2) = 0
    silent = document_of(make, samples, fully(make, [[1, 2], ["-1/2", 1]], None, "identity"), top)
    refused(silent, "singular", step)
    assert free(silent, {**step, "pivots": [1]}) == [5]


# ---------------------------------------------------------------- one condition at a time


def test_units_must_have_the_same_slopes(make):
    top = fully(make, [[1], [2]], [1], "identity")
    both = document_of(make, X, fully(make, [[1, 2], [3, 5]], [1, 1]), top)
    step = mixing([0, 1], "outgoing", [0])
    assert free(both, step)
    refused(both, "more than one line", {**step, "absorbed": True})
    other = document_of(make, X, fully(make, [[1, -2], [3, 5]], [1, 1]), top)
    refused(other, "different slopes on sample 1", step)
    refused(document_of(make, X, fully(make, [[1, 2], [3, 5]], [1, 1], "softsign"), top), "no single line", step)
    line = make.formula({(0, 0): 1, (1, 0): 2})
    affine = document_of(make, X, fully(make, [[1, 2], [3, 5]], [1, 1], line), top)
    refused(affine, "no single line through 0", step)
    assert keeps_the_outputs(affine, free(affine, {**step, "absorbed": True}))


def test_absorbing_needs_biases(make):
    step = mixing([0, 1], "outgoing", [0], absorbed=True)
    first, top = fully(make, [[1, 2], [3, 5]], [1, 1], "identity"), fully(make, [[1], [2]], [1], "identity")
    assert free(document_of(make, X, first, top), step)
    bare, bare_top = fully(make, [[1, 2], [3, 5]], None, "identity"), fully(make, [[1], [2]], None, "identity")
    refused(document_of(make, X, bare, top), "layer 1 has no biases", step)
    refused(document_of(make, X, first, bare_top), "layer 2 has no biases", step)
    with pytest.raises(ObligationError, match="bias is none of the columns"):
        free(
            document_of(make, [[1, 1], [2, 1]], first, top),
            {**step, "kept": [0, 1], "combination": {"shape": [2, 1], "values": ["0", "1"]}},
        )


def test_pivots_make_a_regular_square(make):
    first, top = fully(make, [[1, 2], [2, 4]], None, "identity"), fully(make, TOP, None, "identity")
    document = document_of(make, X, first, top)
    refused(document, "singular", mixing([0, 1], "minor", [0, 1]))
    refused(document, "no square", mixing([0, 1], "minor", [0]))
    refused(document, "no square", mixing([0, 1], "outgoing", [0]))
    refused(document, "no square", mixing([0, 1], "incoming", [0]))
    assert free(document, mixing([0, 1], "outgoing", [0, 1])) == [0, 1, 2, 3]
    unreadable(document, "pivots", mixing([0, 1], "minor", [0, 7]))
    unreadable(document, "repeated", mixing([0, 1], "minor", [0, 0]))


def test_what_cannot_be_read(make):
    first, top = (
        fully(make, [[1, 2, 1], [3, 1, 1]], [1, 1, 1], "identity"),
        fully(make, [[1], [2], [3]], [1], "identity"),
    )
    document = document_of(make, X, first, top)
    step = mixing([0, 1], "outgoing", [0])
    assert free(document, step)
    unreadable(document, "at least 2", {**step, "units": [0]})
    unreadable(document, "repeated", {**step, "units": [0, 0]})
    unreadable(document, "none of the units", {**step, "pivots": [2]})
    unreadable(document, "frozen", {**step, "frozen": "all"})
    unreadable(document, "absorbed", {**step, "absorbed": 1})
    unreadable(document, "layer", {**step, "layer": 2})
    unreadable(document, "expected both", {**step, "kept": [0]})
    unreadable(
        document, "no matrix of order", {**step, "kept": [0, 1], "combination": {"shape": [1, 1], "values": ["1"]}}
    )
    unreadable(document, "none of the rows", mixing([0, 1], "minor", [0, 2], absorbed=True))
    deep = document_of(
        make, X, first, fully(make, [[1, 2], [2, 1], [3, 1]], [1, 1], "identity"), fully(make, [[1], [2]])
    )
    combination = {"shape": [3, 1], "values": ["1", "1", "1"]}
    unreadable(
        deep, "expected null above", mixing([0, 1], "outgoing", [0], layer=2, kept=[0, 1, 2], combination=combination)
    )


def test_only_fully_connected_layers(make):
    shared = make.convolution([[0], [1]], 2, "identity", weights=[[1, 2]], biases=[1, 3], bias="filter")
    document = document_of(make, X, shared, fully(make, [[1], [2], [3], [4]], [1], "identity"))
    refused(document, "not fully connected", mixing([0, 1], "outgoing", [0]))
    first = fully(make, [[1, 2], [3, 1]], [1, 1], "identity")
    crossed = make.convolution([[1, 0]], 1, "identity", weights=[[1], [2]], biases=[1])
    refused(document_of(make, X, first, crossed), "not fully connected", mixing([0, 1], "outgoing", [0]))


def test_no_coordinate_is_frozen_twice_or_changed_after(make):
    first, top = fully(make, [[1, 2], [3, 1]], [1, 1], "identity"), fully(make, [[1], [2]], [1], "identity")
    document = document_of(make, X, first, top)
    scaling = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}
    refused(document, "frozen before", scaling, mixing([0, 1], "outgoing", [0]))
    refused(document, "frozen before", mixing([0, 1], "outgoing", [0]), scaling)


# ---------------------------------------------------------------- at random


def random_document(make, generator):
    width, units, outputs = (generator.choice([1, 2, 3]) for _ in range(3))
    units += 1

    def numbers(rows, columns):
        return [
            [Fraction(generator.randrange(-4, 5), generator.choice([1, 3])) for _ in range(columns)]
            for _ in range(rows)
        ]

    count = generator.choice([2, 4, 9])
    name = generator.choice(["identity", "relu", "leaky-relu(1/2)", make.formula({(0, 0): 1, (1, 0): 2})])
    biases = numbers(1, units)[0] if generator.random() < 0.6 else None
    above = numbers(1, outputs)[0] if generator.random() < 0.6 else None
    document = document_of(
        make,
        numbers(count, width),
        fully(make, numbers(width, units), biases, name),
        fully(make, numbers(units, outputs), above, "identity"),
    )
    return document, width + (biases is not None), units


def test_whatever_is_accepted_keeps_the_outputs(make):
    seen, generator = collections.Counter(), random.Random(0)
    for _ in range(60):
        document, columns, units = random_document(make, generator)
        subsets = [list(s) for size in (2, 3) for s in itertools.combinations(range(units), size)]
        for chosen, frozen, absorbed in itertools.product(subsets, ("minor", "outgoing", "incoming"), (False, True)):
            pool = list(range(columns)) if frozen == "minor" else chosen
            for size in range(1, len(pool) + 1):
                step = mixing(chosen, frozen, sorted(generator.sample(pool, size)), absorbed=absorbed)
                try:
                    kept = accepted(document, step)
                except FormatError:
                    continue
                if kept is not None:
                    seen[frozen, absorbed] += 1
                    assert keeps_the_outputs(document, kept), step
    assert len(seen) == 6
    assert min(seen.values()) > 3, seen


def test_the_oracle_sees_a_coordinate_too_many(make):
    first, top = fully(make, [[1, 2], [3, 1]], [1, 1], "identity"), fully(make, TOP, [1, 1], "identity")
    document = document_of(make, X, first, top)
    kept = free(document, mixing([0, 1], "minor", [0, 1], absorbed=True))
    assert keeps_the_outputs(document, kept)
    assert not keeps_the_outputs(document, [e for e in kept if e not in (4, 5, 6, 7)])
