"""Equal, zero and constant lines: by entries, and by images modulo primes, against comparing entry by entry."""

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import distinct_primes, evaluation_points
from exactcnn.errors import UnluckyModulus
from exactcnn.linalg.line_classes import by_entries, by_images


def slowly(table):
    """The classes of a list of rows, by comparing them."""
    columns = [list(column) for column in zip(*table, strict=True)]
    first = [[lines.index(line) for line in lines] for lines in (table, columns)]
    zero = [[not any(line) for line in lines] for lines in (table, columns)]
    return *first, *zero, [len(set(column)) == 1 for column in columns]


def parts(found):
    return tuple(
        each.tolist()
        for each in (found.rows, found.columns, found.zero_rows, found.zero_columns, found.constant_columns)
    )


def images_of(table, denominator=1, seen=None):
    """Images of the numbers n / denominator; the primes that were asked for are noted."""

    def image(point):
        if seen is not None:
            seen.append(point.modulus)
        if denominator % point.modulus == 0:
            raise UnluckyModulus
        inverse = pow(denominator, -1, point.modulus)
        return np.array([[float(n * inverse % point.modulus) for n in row] for row in table])

    return image


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_against_comparing(seed):
    generator = np.random.default_rng(seed)
    rows, columns = generator.integers(1, 9, 2).tolist()
    small = generator.integers(-1, 2, (rows, columns)).tolist()
    large = [[value * 3**60 + (1 if value else 0) for value in row] for row in small]
    for table in (small, large):
        bound = Fraction(max(abs(n) for row in table for n in row), 5)
        assert parts(by_entries(ExactArray(np.array(table, dtype=object)))) == slowly(table)
        assert parts(by_images(images_of(table, 5), (rows, columns), 5, bound)) == slowly(table)


def test_numbers_that_many_primes_do_not_tell_apart():
    """Differences, and an entry, divisible by the first eight primes: the ninth tells."""
    primes = [point.modulus for point in islice(distinct_primes(evaluation_points(1)), 8)]
    product = int(np.prod([int(p) for p in primes], dtype=object))
    table = [[1, 1 + product, product, 7], [1, 1, product, 7]]
    seen = []
    found = by_images(images_of(table, 1, seen), (2, 4), 1, Fraction(1 + product))
    assert parts(found) == slowly(table)
    assert found.columns.tolist() == [0, 1, 2, 3]
    assert not found.zero_columns.any()
    assert len(seen) == 9


def test_as_few_primes_as_the_bound_allows():
    """Lines are equal when the primes exceed twice the bound; different ones without zeros need one prime."""
    seen = []
    by_images(images_of([[1, 1]], 1, seen), (1, 2), 1, Fraction(2**60))
    assert np.prod([int(p) for p in seen], dtype=object) > 2**61 >= np.prod([int(p) for p in seen[:-1]], dtype=object)
    seen = []
    found = by_images(images_of([[1, 2], [3, 4]], 1, seen), (2, 2), 1, Fraction(2**60))
    assert (len(seen), found.columns.tolist()) == (1, [0, 1])


def test_unlucky_primes_are_left_out_and_huge_bounds_refused():
    first = next(evaluation_points(1)).modulus
    found = by_images(images_of([[1, 1], [0, 0]], first), (2, 2), first, Fraction(1, first))
    assert parts(found) == slowly([[1, 1], [0, 0]])
    assert by_images(images_of([[1]]), (1, 1), 1, Fraction(2**9000)) is None


def test_representatives():
    found = by_entries(ExactArray.from_array([[0, 1, 2, 1], [0, 1, 3, 1], [0, 1, 2, 1], [0, 0, 0, 0]]))
    assert (found.representatives(0).tolist(), found.representatives(1).tolist()) == ([0, 1], [1, 2])
    empty = by_entries(ExactArray(np.zeros((2, 0), dtype=np.int64)))
    assert (empty.representatives(0).tolist(), empty.representatives(1).tolist()) == ([], [])
