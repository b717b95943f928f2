"""Placement: strict dominance over what remains, as many as a slow greedy pass places; thresholds as the proof says."""

import random
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.constructions.triangular import Threshold, place, threshold
from exactcnn.network.activations import activation, activation_names


def slow_place(table, filters):
    """One unit at a time, patch by patch, from the definition; the count only."""
    remaining, used = set(range(len(table[0]))), [0] * len(table)
    progress = True
    while progress:
        progress = False
        for p, values in enumerate(table):
            while used[p] < filters and remaining:
                top = max(values[i] for i in remaining)
                best = [i for i in remaining if values[i] == top]
                if len(best) > 1:
                    break
                remaining.remove(best[0])
                used[p] += 1
                progress = True
    return len(table[0]) - len(remaining)


@pytest.mark.parametrize("kind", ["int64", "object"])
def test_placement_against_a_slow_pass(kind):
    generator, complete = random.Random(kind), 0
    for _ in range(300):
        patches, count, filters = generator.randrange(1, 4), generator.randrange(1, 9), generator.randrange(1, 5)
        top = generator.choice([2, 5, 1000])
        table = np.array([[generator.randrange(top) for _ in range(count)] for _ in range(patches)], dtype=kind)
        if kind == "object":
            table *= 10**30
        found = place(lambda p, i, table=table: table[p, i], samples=np.arange(count), patches=patches, filters=filters)
        assert len(found.rows) == slow_place(table.tolist(), filters)
        assert sorted([*found.rows, *found.remaining]) == list(range(count))
        assert len(set(found.columns.tolist())) == len(found.columns)
        for a, (row, column, level) in enumerate(zip(found.rows, found.columns, found.levels, strict=True)):
            values = table[column // filters]
            assert 0 <= column < patches * filters
            assert values[row] == level
            assert all(values[i] < level for i in (*found.rows[a + 1 :], *found.remaining))
        complete += not len(found.remaining)
    assert 50 < complete < 250


def test_thresholds_of_rational_activations_are_those_of_the_functions():
    """Off is zero all the way; one step above is not zero."""
    for name in (
        "relu",
        "relu6",
        "squared-relu",
        "hard-sigmoid",
        "hard-swish",
        "clip(0,2)",
        "clip(-2,0)",
        "leaky-relu(0)",
    ):
        sigma = activation(name)
        step = threshold(sigma)
        for distance in (Fraction(0), Fraction(1, 100), 1, 10, 10**6):
            assert sigma.exact(step.side * (step.off - distance)) == 0
        assert step.lift == 1
        assert sigma.exact(step.side * (step.off + 1)) != 0


def test_thresholds_of_exponential_activations_are_their_limits():
    """Pre-activations scaled up: off goes to 0 next to on, which does not."""
    for name in ("sigmoid", "gaussian", "silu", "mish", "swish(2)", "swish(-1/3)"):
        sigma = activation(name)
        step = threshold(sigma)
        scale = 600.0
        on, off = (float(sigma.floats(np.array([step.side * scale * z]))[0]) for z in (step.lift, step.lift - 1))
        assert abs(off) < 1e-50 < 0.4 < abs(on)


def test_which_activations_are_reached():
    parameters = {"clip": "(0,1)", "polynomial": "(0,1)", "leaky-relu": "(0)", "logistic": "(2)"}
    reached = {name for name in activation_names() if threshold(activation(name + parameters.get(name, "")))}
    assert reached == {
        *("relu", "relu6", "squared-relu", "leaky-relu", "clip", "hard-sigmoid", "hard-swish"),
        *("sigmoid", "gaussian", "silu", "swish", "mish"),
    }
    assert threshold(activation("leaky-relu")) is None
    assert threshold(activation("clip(-1,1)")) is None
    assert threshold(activation("swish(0)")) is None
    assert threshold(activation("swish(-3)")) == Threshold(-1, 0, 1)
