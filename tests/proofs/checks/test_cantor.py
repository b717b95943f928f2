"""The Cantor function and the placements of equally spaced points, against their definitions."""

from fractions import Fraction

import pytest

from exactcnn.proofs.checks.cantor import ZONES, cantor, feasible_zones


def test_cantor_function_satisfies_its_equation():
    for n in range(-20, 110):
        y = Fraction(n, 81)
        if y <= Fraction(2, 3):
            assert cantor(y) == cantor(3 * y) / 2
        if y >= Fraction(1, 3):
            assert cantor(y) == Fraction(1, 2) + cantor(3 * y - 2) / 2
    values = [cantor(Fraction(n, 243)) for n in range(244)]
    assert values == sorted(values)


@pytest.mark.parametrize("points", [2, 5, 7, 8])
def test_placements_that_are_possible_are_those_that_occur(points):
    grid, occur = 24, set()
    for step in range(1, 4 * grid):
        for start in range(-step, 4 * grid):
            ys = [Fraction(start + i * step, 3 * grid) for i in range(points)]
            zones = tuple(zone(y) for y in ys)
            if all(zones.count(closed) <= 1 for closed in (0, 2, 4)):
                occur.add(zones)
    assert occur <= set(feasible_zones(points))
    assert set(feasible_zones(points)) == occur


def zone(y):
    return next(
        index
        for index, (low, high, closed) in enumerate(ZONES)
        if (low is None or low < y or (closed and low == y)) and (high is None or y < high or (closed and y == high))
    )
