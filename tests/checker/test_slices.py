"""Steps of a slice: what one freezes must be made up for by what is left, to first order and in a neighbourhood.

Every map of `slices` keeps all outputs. So near the point the derivatives of the outputs by all parameters span no more
than those by the free ones: an exact rank, at the point and at points nearby that have the same pieces.
"""

import collections
import copy
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
from exactcnn.checker.slices import Near, free_coordinates, read_slice


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
        return [[Fraction(generator.randrange(low, high), generator.choice([1, 1, 2])) for _ in range(columns)] for _ in range(rows)]

    width = generator.choice([2, 3, 4])
    count = generator.choice([2, 3, 4, 6])
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
        filters = generator.choice([1, 2])
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
    for document, generator in documents(make, 60):
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
    assert seen["several", True] > 15, seen
