"""Certified ranks: unlucky primes, samples of lines, and intervals that are never wrong."""

import math
from itertools import islice

import flint
import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import SINGLE_PRIMES, evaluation_points
from exactcnn.linalg.echelon import BASE, LEAF
from exactcnn.linalg.evidence import DistinctLines, Evidence, Inherited, ModularMinor, Relations, Shape, VanishingMinors
from exactcnn.linalg.rank import MANY_POINTS, POINTS, SMALL, certified_rank, spread
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.theorems.matrix import matrix_rank


def matrix(values, denominators=1):
    return RationalMatrix(ExactArray(np.asarray(values), denominators))


def primes(seed, count):
    return [point.modulus for point in islice(evaluation_points(seed), count)]


# -------------------------------------------------------------------- unlucky primes


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 10])
def test_entries_divisible_by_the_first_primes(seed, count):
    product = 1
    for p in primes(seed, count):
        product *= p
    diagonal = np.diag([product] * 5 + [1] * 3).astype(object)
    rotation = np.array([[1 if i >= j else 0 for j in range(8)] for i in range(8)], dtype=object)
    mixed = rotation.dot(diagonal).dot(rotation.T)
    for values in (diagonal, mixed, mixed[:7]):
        bounds = certified_rank(matrix(values), seed=seed)
        assert bounds.lower == bounds.upper == len(values)
        assert int(bounds.lower_evidence.modulus) not in primes(seed, count)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_minor_too_small_by_a_little_is_not_taken_for_the_rank(size, missing, monkeypatch):
    """The first prime misses one or two of the rank; nothing but the vanishing minors speaks of the upper end."""
    monkeypatch.setattr(RationalMatrix, "relations", lambda *_: ())
    [p] = primes(0, 1)
    regular = np.diag([1] * size + [p] * missing)
    shear = np.tri(size + missing, dtype=np.int64)
    deficient = np.vstack([regular, regular[::-1].cumsum(axis=0)])[:, [*range(size + missing), 0]]
    for values in (regular, shear @ regular, deficient, deficient.T):
        bounds = certified_rank(matrix(values))
        assert bounds.lower == bounds.upper == size + missing


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_deficient_and_unlucky_at_once(seed):
    p, q, r = primes(seed, 3)
    values = np.array([[p, 0, p, 5], [0, q * r, q * r, 7], [p, q * r, p + q * r, 12], [1, 1, 2, 3]], dtype=np.int64)
    bounds = certified_rank(matrix(values), seed=seed)
    assert bounds.lower == bounds.upper == 3


@pytest.mark.parametrize("seed", [0, 1])
def test_int64_matrices_too_large_for_many_points(seed):
    """At most three primes near 2^20 divide an int64 entry; four points are tried at any size."""
    p, q, r = primes(seed, 3)
    values = np.zeros((210, 200), dtype=np.int64)
    assert values.size > SMALL
    np.fill_diagonal(values, p * q * r)
    bounds = certified_rank(matrix(values), seed=seed)
    assert bounds.lower == bounds.upper == 200
    assert POINTS > 3


def test_denominators_divisible_by_the_first_primes():
    values = np.array([[1, 2], [3, 4]])
    below = np.array([[primes(0, 1)[0], 1], [primes(0, 2)[1], 5]])
    bounds = certified_rank(matrix(values, below))
    assert bounds.exact == 2
    assert bounds.lower_evidence.modulus == str(primes(0, 3)[2])


def test_every_prime_divides_a_denominator():
    below = 1
    for p in primes(0, 60):
        below *= p
    bounds = certified_rank(matrix([[1, 0], [0, 1]], below))
    assert (bounds.lower, bounds.upper) == (0, 2)
    assert bounds.reason == "every prime divided a denominator"


class Unprovable(RationalMatrix):
    """A matrix without evidence from above."""

    def relations(self, axis, rows, columns, point):
        return ()

    def settled(self, rows, columns, progress=None):
        return None


def test_an_interval_says_why():
    bounds = certified_rank(Unprovable(ExactArray(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))))
    assert (bounds.lower, bounds.upper) == (2, 3)
    assert bounds.exact is None
    assert bounds.reason == "no larger minor and no further relation was found"
    assert bounds.upper_evidence == Shape()


def test_a_later_point_improves_the_lower_end():
    product = 1
    for p in primes(0, MANY_POINTS - 1):
        product *= p
    bounds = certified_rank(Unprovable(ExactArray(np.array([[1, 0], [0, product]], dtype=object))))
    assert bounds.exact == 2
    assert bounds.lower_evidence.modulus == str(primes(0, MANY_POINTS)[-1])


@pytest.mark.parametrize("rows", [SMALL // 200, SMALL // 200 + 1])
def test_small_matrices_can_afford_more_points(rows):
    product = math.prod(SINGLE_PRIMES)
    for p in primes(0, POINTS):
        product *= p
    values = np.zeros((rows, 200), dtype=object)
    np.fill_diagonal(values, product)
    bounds = certified_rank(Unprovable(ExactArray(values)))
    assert bounds.lower == (200 if values.size <= SMALL else 0)


# -------------------------------------------------------------------- kinds of evidence


def test_the_cheapest_evidence_is_taken():
    full = certified_rank(matrix(np.eye(3, 5, dtype=np.int64)))
    assert (full.exact, full.upper_evidence) == (3, Shape())
    zero = certified_rank(matrix(np.zeros((3, 2))))
    assert (zero.exact, zero.lower_evidence, zero.upper_evidence) == (0, Evidence(), DistinctLines(0, ()))
    repeated = certified_rank(matrix([[1, 2, 1], [3, 4, 3], [0, 5, 0]]))
    assert (repeated.exact, repeated.upper_evidence) == (2, DistinctLines(1, (0, 1)))
    related = certified_rank(matrix([[1, 2, 3], [4, 5, 6], [5, 7, 9]]))
    assert related.exact == 2
    assert isinstance(related.upper_evidence, Relations)
    assert isinstance(related.lower_evidence, ModularMinor)
    assert related.lower_evidence.root is None


@pytest.mark.parametrize("shape", [(5, 5), (4, 7), (7, 4), (6, 6)])
@pytest.mark.parametrize("planted", [1, 2, 3])
def test_relations_hold_between_the_lines_that_they_name(shape, planted):
    """Of the axis with fewer lines, each solvable for a line of its own, and as many as the rank falls short."""
    rng = np.random.default_rng(planted)
    values = rng.integers(-9, 9, (shape[0], planted)) @ rng.integers(-9, 9, (planted, shape[1]))
    evidence = certified_rank(matrix(values)).upper_evidence
    assert isinstance(evidence, Relations)
    assert evidence.axis == int(shape[1] < shape[0])
    lines = (values if evidence.axis == 0 else values.T).astype(object)
    for relation in evidence.relations:
        assert not sum(c * lines[i] for i, c in relation.coefficients).any()
        assert dict(relation.coefficients)[relation.leading] != 0
        assert not any(relation.leading in dict(r.coefficients) for r in evidence.relations if r != relation)
    assert len({relation.leading for relation in evidence.relations}) == min(shape) - planted


def test_vanishing_minors_come_last(monkeypatch):
    monkeypatch.setattr(RationalMatrix, "relations", lambda *_: ())
    bounds = certified_rank(matrix([[1, 2, 3], [4, 5, 6], [5, 7, 9]]))
    assert bounds.exact == 2
    assert isinstance(bounds.upper_evidence, VanishingMinors)


class Chain(RationalMatrix):
    """A matrix that lets minors grow by one at a time."""

    def relations(self, axis, rows, columns, point):
        return ()

    def settled(self, rows, columns, progress=None):
        order = len(rows) + 1
        return ModularMinor("11", None, tuple(range(order)), tuple(range(order))) if order <= 3 else None


def test_larger_minors_raise_the_lower_end_until_there_is_none():
    [p] = primes(0, 1)
    bounds = certified_rank(Chain(ExactArray(p * np.diag([1, 1, 1, 1, 0]))), seed=0)
    assert bounds.lower == 4  # the second prime
    unlucky = np.array(
        [[math.prod(primes(0, MANY_POINTS)) * (i == j < 4) for j in range(5)] for i in range(5)], dtype=object
    )
    bounds = certified_rank(Chain(ExactArray(unlucky)), seed=0)
    assert (bounds.lower, bounds.upper) == (3, 4)
    assert bounds.lower_evidence == ModularMinor("11", None, (0, 1, 2), (0, 1, 2))
    assert bounds.reason


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 2), (3, 3)])
@pytest.mark.parametrize("sign", [1, -1])
def test_entries_divisible_by_all_primes_near_2_to_the_20_that_are_tried(shape, seed, sign):
    """The primes of 62 bits, which are to prove that all minors vanish, show a larger minor instead."""
    product = sign * math.prod(primes(seed, MANY_POINTS))
    ones = np.ones(shape, dtype=object)
    for values, rank in ((product * ones, 1), (product * np.tri(*shape, dtype=int).astype(object), min(shape))):
        found = matrix_rank(ExactArray(values), seed=seed)
        assert found.rank.exact == rank
        assert found.checked is True
        evidence = found.rank.lower_evidence
        assert int(evidence.modulus) > 2**61
        assert (len(evidence.rows), len(evidence.columns)) == (rank, rank)


def test_a_larger_minor_starts_all_again():
    """Rank 3 of 5 x 6, and 1 modulo all primes that are tried first: relations are found for the larger minor."""
    product = math.prod(primes(0, MANY_POINTS))
    left = np.array([[1, 0, 0], [0, product, 0], [0, 0, product], [1, product, 0], [2, 0, 3 * product]], dtype=object)
    right = np.array([[1, 2, 3, 4, 5, 6], [0, 1, 1, 0, 2, 7], [0, 0, 1, 1, 3, 1]], dtype=object)
    for values in (left.dot(right), left.dot(right).T):
        found = matrix_rank(ExactArray(values))
        assert (found.rank.exact, found.checked) == (3, True)
        assert isinstance(found.rank.upper_evidence, Relations)


def test_a_simpler_matrix_comes_first():
    class Made(Unprovable):
        def inherited(self):
            return self.bound

        def distinct_lines(self, axis):
            raise NotImplementedError

    made = Made(ExactArray(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])))
    object.__setattr__(made, "bound", (2, Inherited(0, True, Shape())))
    bounds = certified_rank(made)
    assert (bounds.exact, bounds.upper_evidence) == (2, Inherited(0, True, Shape()))
    object.__setattr__(made, "bound", (3, Inherited(0, True, Shape())))
    with pytest.raises(NotImplementedError):
        certified_rank(made)


def test_the_axis_with_fewer_lines_to_relate_comes_first(monkeypatch):
    asked = []
    monkeypatch.setattr(RationalMatrix, "relations", lambda _, axis, *__: asked.append(axis) or ())
    values = np.array([[1, 2, 3, 0, 0, 1], [4, 5, 6, 0, 0, 4], [5, 7, 9, 0, 0, 5], [7, 5, 3, 0, 0, 7]])
    certified_rank(matrix(values))  # rank 2, 4 rows and 3 different columns
    assert asked == [1, 0]
    asked.clear()
    certified_rank(matrix(values.T))
    assert asked == [0, 1]


class Unreadable(RationalMatrix):
    """A matrix that gives nothing but its shape."""

    def residues(self, *_):
        raise NotImplementedError


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (0, 500), (500, 0)])
def test_empty(shape):
    bounds = certified_rank(Unreadable(ExactArray(np.zeros(shape))))
    assert (bounds.exact, bounds.lower_evidence, bounds.upper_evidence) == (0, Evidence(), Shape())
    with pytest.raises(NotImplementedError):
        certified_rank(Unreadable(ExactArray(np.zeros((1, 1)))))


# -------------------------------------------------------------------- samples


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("lines", [45, 46, 60, 500])
def test_long_matrices_by_a_sample_or_in_full(lines, transposed):
    """All but the last lines are zero or equal, so that an even sample may miss what matters."""
    values = np.zeros((lines, 12), dtype=np.int64)
    values[-12:] = np.random.default_rng(lines).integers(-5, 5, (12, 12)) + 20 * np.eye(12, dtype=np.int64)
    values[:5] = 1
    values = values.T if transposed else values
    bounds = certified_rank(matrix(values))
    assert bounds.lower == bounds.upper == 12
    check_minor(values, bounds.lower_evidence)


class Seen(RationalMatrix):
    """A matrix that keeps the shapes of the images it gave."""

    def residues(self, *arguments):
        image = super().residues(*arguments)
        vars(self).setdefault("shapes", []).append(image.shape)
        return image


@pytest.mark.parametrize(
    ("shape", "rows", "images"),
    [
        ((1000, 16), 1000, [(48, 16)]),
        ((51, 16), 51, [(48, 16)]),
        ((50, 16), 50, [(50, 16)]),  # hardly longer than a sample: the sample would save nothing
        ((16, 16), 16, [(16, 16)]),
        ((1000, 16), 15, [(48, 16), (1000, 16)]),
    ],
)
def test_a_sample_is_eliminated_first_where_it_is_much_shorter(shape, rows, images):
    values = np.random.default_rng(1).integers(-99, 99, shape)
    values[rows:] = 0
    for given, expected in ((values, images), (values.T, [image[::-1] for image in images])):
        seen = Seen(ExactArray(np.ascontiguousarray(given)))
        assert certified_rank(seen).exact == min(16, rows)
        assert seen.shapes[: len(images)] == expected


def check_minor(values, evidence):
    assert list(evidence.rows) == sorted(set(evidence.rows))
    assert list(evidence.columns) == sorted(set(evidence.columns))
    minor = [[int(values[i, j]) for j in evidence.columns] for i in evidence.rows]
    assert int(flint.fmpz_mat(minor).det()) % int(evidence.modulus) != 0


def test_a_sample_that_suffices_is_a_minor_of_the_whole():
    values = np.random.default_rng(0).integers(-9, 9, (1000, 20))
    for given in (values, values.T):
        bounds = certified_rank(matrix(given))
        assert bounds.exact == 20
        check_minor(given, bounds.lower_evidence)


@pytest.mark.parametrize("lines", [1, 2, 7, 100, 1001])
def test_spread_indices_are_different_and_in_range(lines):
    for count in {1, 2, 3, lines // 2 + 1, lines - 1 or 1, lines, lines + 5}:
        found = spread(count, lines)
        assert len(set(found.tolist())) == min(count, lines)
        assert found.min() >= 0
        assert found.max() < lines


def test_progress_and_seed():
    seen = []
    values = np.random.default_rng(3).integers(-9, 9, (150, 150))
    first = certified_rank(matrix(values), seed=5, progress=lambda *event: seen.append(event))
    assert seen == [("eliminating", 150, 150)]
    assert first == certified_rank(matrix(values), seed=5)
    assert first.lower_evidence.modulus == str(primes(5, 1)[0])


def test_a_minor_stands_in_the_order_of_elimination():
    """Leading minors of whole blocks are non-zero, so that the checker can eliminate by tiles on the diagonal."""
    matrix = np.random.default_rng(5).integers(-9, 9, (230, 210))
    matrix[:, 40:100] = 0
    evidence = certified_rank(RationalMatrix(ExactArray.from_array(matrix))).lower_evidence
    minor = matrix[np.ix_(evidence.rows, evidence.columns)].tolist()
    assert len(minor) == 150
    for order in range(BASE, LEAF + 1, BASE):
        leading = [row[:order] for row in minor[:order]]
        assert int(flint.nmod_mat(leading, int(evidence.modulus)).det()) != 0


# -------------------------------------------------------------------- a small prime first


@pytest.mark.parametrize("seed", [0, 1])
def test_a_large_matrix_of_full_rank_takes_the_small_prime_alone(seed, monkeypatch):
    values = np.random.default_rng(seed).integers(-9, 9, (210, 230))
    asked = []
    monkeypatch.setattr(RationalMatrix, "residues", watched(asked))
    bounds = certified_rank(matrix(values), seed=seed)
    assert (bounds.exact, bounds.lower_evidence.modulus, set(asked)) == (210, "227", {227})


def test_equal_lines_meet_the_small_prime_and_relations_start_from_a_large_one(monkeypatch):
    rng, asked = np.random.default_rng(0), []
    monkeypatch.setattr(RationalMatrix, "residues", watched(asked))
    values = rng.integers(-9, 9, (210, 210))
    values[200:] = values[:10]
    bounds = certified_rank(matrix(values))
    assert (bounds.exact, bounds.upper_evidence.kind, set(asked)) == (200, "distinct-lines", {227})
    asked.clear()
    values[200:] = values[:10] + values[10:20]
    bounds = certified_rank(matrix(values))
    assert (bounds.exact, bounds.upper_evidence.kind) == (200, "relations")
    assert asked[0] == 227
    assert len(set(asked)) == 2


def test_what_lines_say_is_asked_once(monkeypatch):
    """The simpler matrix behind one may be large itself: another prime does not ask for its rank again."""
    asked = []
    monkeypatch.setattr(RationalMatrix, "inherited", lambda self: asked.append(self.shape))
    values = np.random.default_rng(0).integers(-9, 9, (210, 210))
    values[200:] = values[:10] + values[10:20]
    assert certified_rank(matrix(values)).exact == 200
    assert asked == [(210, 210)]


def watched(asked):
    residues = RationalMatrix.residues
    return lambda self, point, *rest: asked.append(point.modulus) or residues(self, point, *rest)


TRAPS = [p for p in range(2, 1024) if all(p % d for d in range(2, p))]


@pytest.mark.parametrize("size", [12, 201])
def test_traps_for_small_primes(size):
    """Entries, and minors, that every prime below 1024 divides: never a smaller rank than modulo a large prime."""
    product = math.prod(TRAPS)
    diagonal = np.diag([product if i % 3 else 1 for i in range(size)]).astype(object)
    shear = np.tri(size, dtype=np.int64).astype(object)
    for values in (diagonal, shear @ diagonal if size < 100 else diagonal[::-1]):
        bounds = certified_rank(matrix(values))
        assert bounds.exact == size
        assert int(bounds.lower_evidence.modulus) > 1024
    one = np.random.default_rng(0).integers(-9, 9, (size, size)).astype(object)
    one[-1] = one[:-1].sum(axis=0)
    one[-1, -1] += product  # the determinant is a multiple of all of them
    assert certified_rank(matrix(one)).exact == size
    for p in (227, 179, 167):
        small = np.random.default_rng(p).integers(-9, 9, (size, size))
        small[-1] = small[:-1].sum(axis=0)
        small[-1, -1] += p
        assert certified_rank(matrix(small)).exact == size


def test_without_memory_for_a_large_prime(monkeypatch):
    monkeypatch.setattr("exactcnn.linalg.rank.fits_memory", lambda _: False)
    values = np.random.default_rng(0).integers(-9, 9, (210, 210))
    assert certified_rank(matrix(values)).exact == 210
    unlucky = values.copy()
    unlucky[-1] = 227 * unlucky[-1]
    bounds = certified_rank(matrix(unlucky))
    assert (bounds.exact, bounds.lower_evidence.modulus) == (210, "179")
    values[-1] = values[:-1].sum(axis=0)
    bounds = certified_rank(matrix(values))
    assert (bounds.lower, bounds.upper) == (209, 210)
    assert bounds.reason == "a large prime needs more memory than there is"
