"""Steps of a slice: what one freezes must be made up for by what is left, to first order and in a neighbourhood.

Every map of `slices` keeps all outputs. So near the point the derivatives of the outputs by all parameters span no more
than those by the free ones: an exact rank, at the point and at points nearby that have the same pieces.
"""

import collections
import itertools
import random
from fractions import Fraction
from pathlib import Path

import pytest
from flint import fmpq, fmpq_mat

from exactcnn.checker.budget import Budget
from exactcnn.checker.derivatives import EXACT, Objective
from exactcnn.checker.document import Document, FormatError, ObligationError
from exactcnn.checker.instance import read_instance
from exactcnn.checker.pieces import pieces_of
from exactcnn.checker.points import at_point, coordinates, theta
from exactcnn.checker.slices import free_coordinates, read_slice
from exactcnn.checker.steps import Near


def read(document):
    return at_point(read_instance(Document(document, [], [], ""), Path(), Budget(1000)), -1)


def free(document, *steps):
    instance = read(document)
    own = read_slice(instance, list(steps))
    return free_coordinates(own, Near(instance, theta(instance), pieces_of(objective(instance))))


def objective(instance, values=None):
    return Objective(instance, values or theta(instance), EXACT)


def span(found, columns):
    table = [found.outputs_along(found.unit(e)) for e in columns]
    return fmpq_mat(len(table), len(table[0]), [x for row in table for x in row]).rank() if table else 0


def keeps_the_outputs(document, kept):
    """Whether the derivatives by the kept coordinates span all, at the point and at points nearby."""
    instance = read(document)
    generator = random.Random(1)
    centre = theta(instance)
    here = objective(instance)
    everything = range(len(centre))
    if span(here, everything) != span(here, kept):
        return False
    for _ in range(3):
        moved = [x + fmpq(generator.randrange(-9, 10), 10**4) for x in centre]
        there = objective(instance, moved)
        if [known.pieces for known in there.known] != [known.pieces for known in here.known]:
            continue
        if span(there, everything) != span(there, kept):
            return False
    return True


def accepted(document, *steps):
    try:
        return free(document, *steps)
    except ObligationError:
        return None


# ---------------------------------------------------------------- at random


def random_document(make, generator):
    """A small network with shared filters, padding, biases of all kinds, now and then maxima or equal columns."""

    def numbers(rows, columns, low=-3, high=4):
        return [
            [Fraction(generator.randrange(low, high), generator.choice([1, 1, 2])) for _ in range(columns)]
            for _ in range(rows)
        ]

    width = generator.choice([2, 3, 4])
    count = generator.choice([3, 7, 11])  # where many samples leave directions that no parameter reaches
    samples = numbers(count, width)
    if generator.random() < 0.4:
        column = generator.randrange(width)
        for row in samples:
            row[column] = generator.choice([Fraction(0), samples[0][column]])
    layers, below = [], width
    depth = generator.choice([1, 2])
    for _ in range(depth):
        size = generator.randrange(1, below + 1)
        count_of_patches = generator.choice([1, 1, 2, 3])
        patches = [generator.sample(range(below), size) for _ in range(count_of_patches)]
        if generator.random() < 0.4:
            for patch in patches:
                patch[generator.randrange(size)] = -1
        filters = generator.choice([1, 2, 2, 3])
        bias = generator.choice(["neuron", "neuron", "filter", "none"])
        length = {"neuron": count_of_patches * filters, "filter": filters, "none": 0}[bias]
        name = generator.choice(["relu", "relu", "identity", "leaky-relu(1/2)", "clip(-1,1)", "affine", "softsign"])
        layers.append(
            make.convolution(
                patches,
                filters,
                make.formula({(0, 0): 1, (1, 0): 2}) if name == "affine" else name,
                weights=numbers(size, filters),
                biases=numbers(1, length, -5, 6)[0] if length else None,
                bias=bias,
            )
        )
        below = count_of_patches * filters
        if generator.random() < 0.15:
            patches = [[j, (j + 1) % below] for j in range(below)] if below > 1 else [[0]]
            layers.append(make.pooling(patches))
            below = len(patches)
    outputs = generator.choice([1, 2])
    bias = generator.choice(["neuron", "none"])
    layers.append(
        make.convolution(
            [list(range(below))],
            outputs,
            "identity",
            weights=numbers(below, outputs),
            biases=numbers(1, outputs)[0] if bias == "neuron" else None,
            bias=bias,
        )
    )
    document = make.instance(samples, layers)
    return {**document, "targets": make.array(numbers(count, outputs))}


def steps_of(document, generator):
    """Every step that can be written down for a document, without regard to its conditions."""
    places = coordinates(read(document).layers)
    for e in range(places.count):
        yield {"kind": "inactive", "coordinates": [e]}
    for k, layer in enumerate(places.layers[:-1]):
        if layer.kind != "convolution" or places.layers[k + 1].kind != "convolution":
            continue
        for t in range(layer.filters):
            weights, biases = places.incoming(k, t)
            for e in weights + biases:
                yield {"kind": "scaling", "layer": k, "unit": t, "coordinate": e}
            yield {"kind": "constant", "layer": k, "unit": t}
        for h in range(layer.width):
            yield {"kind": "shift", "layer": k, "neuron": h}
    yield from unseen_steps(document, places, generator)
    yield from mixing_steps(document, places, generator)


def unseen_steps(document, places, generator):
    """Steps for unseen directions, M and the shift by elimination on rows that are guessed."""
    layer = places.layers[1]
    instance = read(document)
    pieces = pieces_of(objective(instance))
    for t in range(layer.filters):
        weights, biases = places.incoming(1, t)
        rows = []
        for i, sample in enumerate(instance.samples):
            for p, patch in enumerate(layer.patches):
                if pieces.constants[1][i][p * layer.filters + t] is None:
                    ones = [fmpq(int(len(biases) == 1 or q == p)) for q in range(len(biases))]
                    rows.append([*(fmpq(0) if j < 0 else sample[j] for j in patch), *ones])
        size = len(weights) + len(biases)
        if not rows or size == 1:
            continue
        reduced, rank = fmpq_mat(len(rows), size + 1, [x for row in rows for x in (*row, fmpq(1))]).rref()
        table = reduced.tolist()
        kept = [next(j for j, x in enumerate(row) if x != 0) for row in table[:rank]]
        ones_reached = size not in kept
        kept = [j for j in kept if j < size]
        others = [j for j in range(size) if j not in kept]
        if not others or not kept:
            continue
        matrix = [[str(table[i][j]) for j in others] for i in range(len(kept))]
        shift = [str(table[i][size]) for i in range(len(kept))]
        for scaled in (None, *kept):
            yield {
                "kind": "unseen",
                "unit": t,
                "kept": kept,
                "combination": {"shape": [len(kept), len(others)], "values": [x for row in matrix for x in row]},
                "scaled": scaled,
                "shift": {"shape": [len(kept)], "values": shift} if scaled is not None and ones_reached else None,
            }


def mixing_steps(document, places, generator):
    """Mixtures of all units of a layer, or of two; the combination in layer 1 is that of an unseen direction."""
    for k, layer in enumerate(places.layers[:-1]):
        if layer.kind != "convolution" or layer.filters < 2:
            continue
        units = sorted(generator.sample(range(layer.filters), generator.choice([2, layer.filters])))
        dependent = [step for step in unseen_steps(document, places, generator) if step["unit"] in units]
        for kind, absorbed, own in itertools.product(
            ("minor", "outgoing", "incoming"), (False, True), (None, *dependent[:1])
        ):
            kept = None if own is None else own["kept"]
            width = layer.slots + (layer.bias != "none")
            rows = [j for j in (range(width) if kept is None else kept) if not (absorbed and j == layer.slots)]
            sizes = {"minor": len(units), "outgoing": places.layers[k + 1].filters, "incoming": len(rows)}
            candidates = rows if kind == "minor" else units
            if sizes[kind] > len(candidates):
                continue
            yield {
                "kind": "mixing",
                "layer": k,
                "units": units,
                "frozen": kind,
                "pivots": generator.sample(candidates, sizes[kind]),
                "absorbed": absorbed,
                "kept": kept,
                "combination": None if own is None else own["combination"],
            }


def documents(make, number, seed=0):
    generator = random.Random(seed)
    while number:
        document = random_document(make, generator)
        try:
            objective(read(document))
        except ObligationError:  # at a breakpoint
            continue
        number -= 1
        yield document, generator


def test_whatever_is_accepted_keeps_the_outputs(make):
    seen, refused = collections.Counter(), collections.Counter()
    for document, generator in documents(make, 45):
        good = []
        for step in steps_of(document, generator):
            try:
                kept = accepted(document, step)
            except FormatError:
                continue
            if kept is None:
                refused[step["kind"]] += 1
                continue
            seen[step["kind"], step.get("scaled") is not None] += 1
            assert keeps_the_outputs(document, kept), (document, step)
            good.append(step)
        for _ in range(6):  # several steps, in an order at random
            steps = generator.sample(good, min(len(good), 5))
            kept = accepted(document, *steps)
            if kept is not None:
                seen["several", len(steps) > 2] += 1
                assert keeps_the_outputs(document, kept), (document, steps)
    for kind in ("inactive", "scaling", "shift", "constant", "unseen"):
        assert seen[kind, False] > 15, seen
        assert refused[kind] > 15 or kind == "unseen", refused
    assert seen["unseen", True] > 15, seen
    assert seen["several", True] > 4, seen
    assert seen["mixing", False] > 15, seen
    assert refused["mixing"] > 15, refused


# ---------------------------------------------------------------- one condition at a time


def fully(make, weights, biases=None, name="relu"):
    own = {} if biases is not None else {"bias": "none"}
    return make.convolution([list(range(len(weights)))], len(weights[0]), name, weights=weights, biases=biases, **own)


def document_of(make, samples, *layers):
    return {**make.instance(samples, list(layers)), "targets": make.array([[0]] * len(samples))}


def refused(document, message, *steps):
    with pytest.raises(ObligationError, match=message):
        free(document, *steps)


def scaling(coordinate, layer=1, unit=0):
    return {"kind": "scaling", "layer": layer, "unit": unit, "coordinate": coordinate}


X = [["11/10", "21/10"], ["31/10", "-13/10"], [2, "51/10"], ["-41/10", "7/10"], ["3/10", 3]]


def test_scaling_conditions(make):
    top = fully(make, [[1], [2]], [1], "identity")
    good = document_of(make, X, fully(make, [[1, 2], [3, 1]], [1, 1]), top)
    assert free(good, scaling(0)) == [1, *range(2, 9)]
    assert free(good, scaling(4)) == [0, 1, 2, 3, 5, 6, 7, 8]  # a bias, for the pieces are multiples of z
    refused(good, "not an incoming weight", scaling(1))  # of the other filter
    refused(good, "not an incoming weight", scaling(6))
    # pieces that are multiples of no line
    clipped = document_of(make, X, fully(make, [[1, 2], [3, 1]], [1, 1], "clip(-3/7,7/3)"), top)
    refused(clipped, "multiples of one line", scaling(0))
    refused(document_of(make, X, fully(make, [[1, 2], [3, 1]], [1, 1], "softsign"), top), "multiples", scaling(0))
    # one line a z + b: with a bias, and then no bias may be the one that is frozen
    line = make.formula({(0, 0): 1, (1, 0): 2})
    affine = document_of(make, X, fully(make, [[1, 2], [3, 1]], [1, 1], line), top)
    assert 0 not in free(affine, scaling(0))
    refused(affine, "not an incoming weight", scaling(4))
    refused(document_of(make, X, fully(make, [[1, 2], [3, 1]], None, line), top), "has no biases", scaling(0))
    with pytest.raises(FormatError, match="layer"):
        free(good, scaling(6, layer=2))
    pooled = document_of(make, X, fully(make, [[1, 2], [3, 1]], [1, 1], "identity"), make.pooling([[0, 1]]))
    with pytest.raises(FormatError, match="expected a convolution"):
        free(pooled, scaling(0))


@pytest.mark.parametrize(
    ("windows", "mixed"), [([[0, 2], [2, 0]], False), ([[0, 1], [2, 3]], False), ([[0, 1], [1, 2]], True)]
)
def test_slots_that_read_several_filters(make, windows, mixed):
    """Two filters, two patches; neurons 0 and 2 are of filter 0. A slot above may read one filter only."""
    first = make.convolution([[0], [1]], 2, "identity", weights=[[1, 2]], biases=[1, 3], bias="filter")
    second = make.convolution(windows, 1, "identity", weights=[[1], [2]], biases=[1], bias="filter")
    document = document_of(make, X, first, second, fully(make, [[1], [5]], [1], "identity"))
    if mixed:
        refused(document, "reads another filter", scaling(0))
    else:
        assert keeps_the_outputs(document, free(document, scaling(0)))


def test_shift_conditions(make):
    def step(neuron):
        return {"kind": "shift", "layer": 1, "neuron": neuron}

    top = fully(make, [[1], [2]], [1], "identity")
    good = document_of(make, X, fully(make, [[1, 2], [0, 1]], [9, 1]), top)
    assert free(good, step(0)) == [0, 1, 2, 3, 5, 6, 7, 8]
    refused(good, "more than one slope", step(1))
    refused(
        document_of(make, X, fully(make, [[1, 2], [0, 1]], [9, 1]), fully(make, [[1], [2]])),
        "no bias of its own",
        step(0),
    )
    refused(document_of(make, X, fully(make, [[1, 2], [0, 1]]), top), "no bias of its own", step(1))
    refused(
        document_of(make, X, fully(make, [[1, 2], [0, 1]], [1, 1], "softsign"), top), "more than one slope", step(0)
    )
    for bias, own in (("filter", 1), ("neuron", 2)):
        shared = make.convolution([[0], [1]], 1, "identity", weights=[[1]], biases=[1] * own, bias=bias)
        document = document_of(make, X, shared, top)
        if bias == "filter":
            refused(document, "no bias of its own", step(0))
        else:
            assert 1 not in free(document, step(0))


def test_inactive_conditions(make):
    def step(*coordinates):
        return {"kind": "inactive", "coordinates": list(coordinates)}

    dead = document_of(make, X, fully(make, [[1, 2], [1, 1]], [-99, 1]), fully(make, [[1], [2]], [1], "identity"))
    assert free(dead, step(0, 2, 4, 6)) == [1, 3, 5, 7, 8]  # weights, bias, and the weight above
    for e, message in ((1, "weight"), (5, "bias"), (7, "weight"), (8, "bias")):
        refused(dead, f"depends on its {message}", step(e))
    # constant, but not 0: its outgoing weight matters
    flat = document_of(
        make, X, fully(make, [[1, 2], [1, 1]], [-99, 1], "clip(1,5)"), fully(make, [[1], [2]], [1], "identity")
    )
    assert free(flat, step(0, 2, 4)) == [1, 3, 5, 6, 7, 8]
    refused(flat, "depends on its weight", step(6))
    # a slot of a shared filter that reads a dead neuron in one patch only
    first = make.convolution([[0], [1]], 1, "relu", weights=[[1]], biases=[-99, 9], bias="neuron")
    for windows, fails in (([[0, -1], [0, 1]], False), ([[0, -1], [1, 0]], True), ([[-1, 1], [0, 1]], False)):
        second = make.convolution(windows, 1, "identity", weights=[[1], [1]], bias="none")
        document = document_of(make, X, first, second, fully(make, [[1], [5]], [1], "identity"))
        if fails:
            refused(document, "depends on its weight of slot 0", step(3))
        else:
            assert keeps_the_outputs(document, free(document, step(3)))
    # padding, and an input that is 0 on all samples
    padded = make.convolution([[-1, 0], [-1, 1]], 1, "identity", weights=[[1], [1]], bias="none")
    assert free(document_of(make, X, padded, fully(make, [[1], [5]], None, "identity")), step(0)) == [1, 2, 3]
    silent = [[0, b] for _, b in X]
    assert free(document_of(make, silent, fully(make, [[1], [1]], None, "softsign")), step(0)) == [1]
    refused(document_of(make, [*silent, [1, 1]], fully(make, [[1], [1]], None, "softsign")), "slot 0", step(0))


def unseen(make, kept, combination, *, scaled=None, shift=None, unit=0):
    own = {"kind": "unseen", "unit": unit, "kept": kept, "combination": make.array(combination)}
    return {**own, "scaled": scaled, "shift": None if shift is None else make.array(shift)}


def test_unseen_conditions(make):
    """Samples on a line x_2 = 2 x_1 where the unit is on; elsewhere it is off."""
    samples = [[1, 2], [2, 4], [3, 6], [-1, 4], [-2, 0]]
    top = fully(make, [[1]], [1], "identity")
    good = document_of(make, samples, fully(make, [[1], [Fraction(1, 2)]], [-Fraction(3, 2)]), top)
    assert free(good, unseen(make, [0, 2], [[2], [0]])) == [0, 2, 3, 4]
    assert free(good, unseen(make, [1, 2], [["1/2"], [0]], scaled=1)) == [2, 3, 4]
    assert free(good, unseen(make, [1, 2], [["1/2"], [0]], scaled=2)) == [1, 3, 4]
    refused(good, "not the stated combination", unseen(make, [0, 2], [["2000001/1000000"], [0]]))
    refused(good, "not the stated combination", unseen(make, [0, 1], [[0], [0]]))
    # a sample off the line on which the unit is not constant
    seen = [*samples[:4], [2, 0]]
    refused(document_of(make, seen, good["layers"][0], top), "stated combination", unseen(make, [0, 2], [[2], [0]]))
    # the effective coordinate is 0: w_1 + 2 w_2
    flat = document_of(make, samples[:3], fully(make, [[2], [-1]], [3]), top)
    assert free(flat, unseen(make, [0, 2], [[2], [0]])) == [0, 2, 3, 4]
    refused(flat, "effective coordinate of column 0 is 0", unseen(make, [0, 2], [[2], [0]], scaled=0))
    assert free(flat, unseen(make, [0, 2], [[2], [0]], scaled=2)) == [0, 3, 4]
    smooth = document_of(make, samples[:3], fully(make, [[1], [1]], [3], "softsign"), top)
    assert free(smooth, unseen(make, [0, 2], [[2], [0]])) == [0, 2, 3, 4]
    refused(smooth, "multiples of one line", unseen(make, [0, 2], [[2], [0]], scaled=0))
    # one line with an offset: the combination that gives ones is needed
    line = make.formula({(0, 0): 1, (1, 0): 2})
    offset = document_of(make, samples[:3], fully(make, [[1], [1]], [3], line), top)
    with_shift = unseen(make, [0, 2], [[2], [0]], scaled=0, shift=[0, 1])
    assert keeps_the_outputs(offset, free(offset, with_shift))
    refused(offset, "shift is null", unseen(make, [0, 2], [[2], [0]], scaled=0))
    refused(offset, "to ones", unseen(make, [0, 2], [[2], [0]], scaled=0, shift=[1, 1]))
    # (b + c) is multiplied by s: it is b = -1/2 that must not be frozen
    zero = document_of(make, samples[:3], fully(make, [[1], [1]], ["-1/2"], line), top)
    refused(zero, "column 2 is 0", unseen(make, [0, 2], [[2], [0]], scaled=2, shift=[0, 1]))
    for wrong in (
        unseen(make, [0, 1, 2], [[1]]),
        unseen(make, [0, 2], [[2, 0]]),
        unseen(make, [0, 2], [[2], [0]], scaled=1),
        unseen(make, [0, 2], [[2], [0]], shift=[0, 1]),
        unseen(make, [0, 2], [[2], [0]], scaled=0, shift=[0, 1, 1]),
        unseen(make, [0, 0], [[2], [0]]),
        unseen(make, [0, 2], [[2], [0]], unit=1),
    ):
        with pytest.raises(FormatError):
            free(good, wrong)


def test_constant_conditions(make):
    step = {"kind": "constant", "layer": 1, "unit": 0}
    top = fully(make, [[1], [2]], [1], "identity")
    flat = document_of(make, X, fully(make, [[1, 2], [1, 1]], [-99, 1], "clip(1,5)"), top)
    assert free(flat, step) == [0, 1, 2, 3, 4, 5, 7, 8]
    refused(flat, "constant columns of filter 1 only", {**step, "unit": 1})
    bare = fully(make, [[1], [2]], None, "identity")
    refused(document_of(make, X, flat["layers"][0], bare), "no bias of its own", step)
    # equal samples there: any function of them is constant
    first = make.convolution([[0], [1]], 1, "softsign", weights=[[1]], biases=[1, "3/7"], bias="neuron")
    for samples, fails in ((X, True), ([["1/2", b] for _, b in X], False)):
        document = document_of(make, samples, first, top)
        if fails:
            refused(document, "constant columns", step)
        else:
            assert free(document, step) == [0, 1, 2, 4, 5]
            assert keeps_the_outputs(document, free(document, step))
    # constant on every sample, with two values: no multiple of ones
    two = document_of(make, [[9, 0], [-9, 0], [8, 1]], fully(make, [[1, 1], [0, 1]], [0, 0], "clip(1,5)"), top)
    refused(two, "constant columns of filter 0 only", step)
    shared = make.convolution([[0], [1]], 1, "clip(1,5)", weights=[[1]], biases=[-99, 1], bias="neuron")
    for windows, fails in (([[0, 1]], False), ([[0, 1], [1, 0]], True), ([[0, 1], [-1, 0]], False)):
        second = make.convolution(windows, 1, "identity", weights=[[1], [1]], biases=[1] * len(windows), bias="neuron")
        document = document_of(make, X, shared, second, fully(make, [[1]] * len(windows), [1], "identity"))
        if fails:
            refused(document, "constant columns", step)
        else:
            assert keeps_the_outputs(document, free(document, step))


def test_the_order_of_steps(make):
    deep = document_of(
        make,
        X,
        fully(make, [[1, 2], [3, 1]], [1, 1]),
        fully(make, [[1, 1], [2, 1]], [1, 2]),
        fully(make, [[1], [1]], [0], "identity"),
    )
    low, high = scaling(0), scaling(6, layer=2)
    assert free(deep, low, high) == [e for e in range(coordinates(read(deep).layers).count) if e not in (0, 6)]
    refused(deep, "changes a coordinate that is frozen before", high, low)
    refused(deep, "freezes a coordinate that is frozen before", low, low)
    everything = {"kind": "inactive", "coordinates": [0]}
    refused(document_of(make, [[0]], fully(make, [[1]], None, "identity")), "no coordinate is free", everything)


def mixing(units=(0, 1), frozen="minor", pivots=(0, 1), *, absorbed=False, kept=None, combination=None, layer=1):
    own = {"kind": "mixing", "layer": layer, "units": list(units), "frozen": frozen, "pivots": list(pivots)}
    return {**own, "absorbed": absorbed, "kept": kept, "combination": combination}


def test_mixing_conditions(make):
    """Three units that are on for the same samples, a fourth that is not; two outputs."""
    samples = [["1", "2"], ["3", "1"], ["-2", "-3"], ["-1", "-5"], ["2", "7"], ["1/3", "1/5"]]
    first = [[1, 2, 1, 1], [1, 1, 3, -2]]
    low = fully(make, first, ["1/9", "1/8", "1/7", "1/6"])
    high = fully(make, [[1, 0], [1, 1], [0, 1], [2, 1]], [0, 1], "identity")
    document = document_of(make, samples, low, high)
    document["targets"] = make.array([[0, 0]] * len(samples))
    for step, frozen in (
        (mixing(), {0, 1, 4, 5}),
        (mixing(pivots=(0, 2)), {0, 1, 8, 9}),
        (mixing((0, 1, 2), pivots=(0, 1, 2)), {0, 1, 2, 4, 5, 6, 8, 9, 10}),
        (mixing((0, 1, 2), "outgoing", (0, 2)), {1, 5, 9, *range(12, 18)}),
        (mixing((0, 1, 2), "incoming", (0, 1, 2)), {0, 1, 2, 4, 5, 6, 8, 9, 10}),
    ):
        kept = free(document, step)
        assert kept == [e for e in range(22) if e not in frozen]
        assert keeps_the_outputs(document, kept)
    refused(document, "on one line through 0 on sample", mixing((0, 3)))
    refused(document, "not all on one line", mixing(absorbed=True))
    equal = document_of(make, samples, fully(make, [[1, 1, 1, 1], [1, 1, 3, -2]], [0, 0, 0, 0]), high)
    equal["targets"] = document["targets"]
    refused(equal, "determinant of the pivots is 0", mixing())
    soft = {**document, "layers": [fully(make, first, [1, 1, 1, 1], "softsign"), high]}
    refused(soft, "no line", mixing())
    line = make.formula({(0, 0): 1, (1, 0): 2})
    affine = {**document, "layers": [fully(make, first, [1, 1, 1, 1], line), high]}
    refused(affine, "through 0", mixing())
    assert keeps_the_outputs(affine, free(affine, mixing(absorbed=True)))
    bare = {**affine, "layers": [affine["layers"][0], fully(make, [[1, 0], [1, 1], [0, 1], [2, 1]], None, "identity")]}
    windows = make.convolution([[0], [1]], 2, "relu", weights=[[1, 2]], biases=[1, 1], bias="filter")
    shared = document_of(make, samples, windows, fully(make, [[1]] * 4, [0], "identity"))
    turned = make.convolution([[1, 0, 2, 3]], 2, "identity", weights=[[1, 1]] * 4, biases=[0, 0])
    for wrong, own in (
        (bare, mixing(absorbed=True)),
        (shared, mixing()),
        ({**document, "layers": [low, turned]}, mixing()),
        (document, mixing((0,), pivots=(0,))),
        (document, mixing((1, 0))),
        (document, mixing(frozen="rows")),
        (document, mixing(pivots=(0,))),
        (document, mixing(pivots=(0, 3))),
        (document, mixing(frozen="outgoing", pivots=(0, 2))),
        (document, mixing(absorbed=True, pivots=(0, 2))),
        (document, mixing(kept=[0, 1, 2])),
        (document, mixing(kept=[0, 1], combination=make.array([[0], [0], [0]]))),
        (document, mixing(layer=2)),
    ):
        with pytest.raises(FormatError):
            free(wrong, own)


def test_mixing_with_unseen_columns(make):
    """On x_2 = 2 x_1 the effective weights w_1 + 2 w_2 are mixed with the biases."""
    samples = [["1", "2"], ["2", "4"], ["5", "10"], ["-3", "-6"]]
    document = document_of(
        make, samples, fully(make, [[1, 2], [1, 3]], [1, 5]), fully(make, [[1], [2]], [1], "identity")
    )
    good = mixing(pivots=(0, 2), kept=[0, 2], combination=make.array([[2], [0]]))
    kept = free(document, good)
    assert kept == [6, 7, 8]
    assert keeps_the_outputs(document, kept)
    refused(document, "not the stated combination", {**good, "combination": make.array([[3], [0]])})
    singular = document_of(
        make, samples, fully(make, [[3, 8], [0, 0]], [3, 8]), fully(make, [[1], [2]], [1], "identity")
    )
    refused(singular, "determinant of the pivots is 0", good)
    hidden = fully(make, [[3, 12], [0, "-1/2"]], [3, 12])  # regular without the effective part: 3 * 12 - 12 * 3 is not
    assert free(document_of(make, samples, hidden, fully(make, [[1], [2]], [1], "identity")), good) == [6, 7, 8]
