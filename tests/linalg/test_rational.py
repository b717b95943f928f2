"""Matrices over Q: residues, relations and vanishing minors, each verified by other means."""

import math
from fractions import Fraction
from itertools import combinations, islice

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import Modulus, evaluation_points
from exactcnn.errors import UnluckyModulus
from exactcnn.linalg import rational
from exactcnn.linalg.evidence import ModularMinor, VanishingMinors
from exactcnn.linalg.lifting import Lifting
from exactcnn.linalg.modular import independent_minor
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix, hadamard_bits, squared_norms
from exactcnn.linalg.relations import LARGE_PRIME

POINT = next(evaluation_points(0))
P = POINT.modulus


def holds(matrix, axis, found):
    """Whether the integer combination of lines vanishes, over the fractions."""
    lines = matrix.entries.fractions() if axis == 0 else matrix.entries.fractions().T
    return not sum(c * lines[i] for i, c in found.coefficients).any()


def minor_of(matrix):
    image = matrix.residues(POINT)
    return independent_minor(np.asarray(image), P)


def bound_of(matrix, order):
    return min(hadamard_bits(squared_norms(side), order) for side in (matrix, matrix.T))


# -------------------------------------------------------------------- residues


@given(st.lists(st.integers(-(2**53), 2**53) | st.integers(2**52 - 2, 2**52 + 2), min_size=4, max_size=4))
def test_small_integers_stand_for_themselves_within_the_limit_of_elimination(values):
    for array in (np.array(values), np.array(values, dtype=np.float64), np.array(values, dtype=object)):
        image = RationalMatrix(ExactArray(array.reshape(2, 2))).residues(POINT)
        assert [int(x) % P for x in image.ravel()] == [x % P for x in values]
        limit = 2**53 - Modulus(P).bound
        assert all(abs(int(x)) <= limit for x in image.ravel())


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [np.int64, np.float64])
@pytest.mark.parametrize("base", [2**52, 2**53 - 2**21, 2**53, 2**54, 2**62])
def test_integers_on_both_sides_of_every_limit(base, dtype, sign):
    """2^52 is taken as it is; beyond it all are reduced first, odd ones above 2^53, which are no floats, too."""
    numbers = [sign * (base + k) for k in (-3, -1, 0, 1, 2, 3)]
    if dtype == np.float64:
        numbers = [int(float(n)) for n in numbers]
    for number in numbers:
        array = np.array([[number, 1]], dtype=dtype)
        [[found, one]] = RationalMatrix(ExactArray(array)).residues(POINT).tolist()
        assert int(found) % P == number % P
        assert (found, one) == (number, 1) or abs(number) > 2**52
        assert abs(int(found)) <= 2**52  # what elimination takes


@pytest.mark.parametrize("k", [2**52 + 3, 2**52 + 1, 2**51 + 1, 2**53 + 1, 2**60 + 1])
@pytest.mark.parametrize("seed", range(3))
def test_singular_matrices_of_integers_that_are_no_floats(k, seed):
    """[[3k, 3], [k, 1]] has rank 1; rounded to floats its determinant would be odd, and the rank 2."""
    singular = RationalMatrix(ExactArray(np.array([[3 * k, 3], [k, 1]])))
    bounds = certified_rank(singular, seed=seed)
    assert (bounds.lower, bounds.upper) == (1, 1)
    regular = RationalMatrix(ExactArray(np.array([[3 * k + 1, 3], [k, 1]])))
    assert certified_rank(regular, seed=seed).exact == 2
    if 3 * k > 2**53:
        assert int(float(3 * k)) != 3 * k


def test_the_largest_integers_that_elimination_takes():
    """Entries ±2^52 throughout: reduced modulo the prime before anything is added to them."""
    rng = np.random.default_rng(0)
    values = rng.choice([2**52, -(2**52), 2**52 - 1], (40, 40))
    values[20:] = values[:20][::-1]
    for array in (values, values.astype(np.float64)):
        assert certified_rank(RationalMatrix(ExactArray(array))).exact == flint.fmpz_mat(values.tolist()).rank() == 20


def test_a_denominator_divisible_by_the_prime_is_noticed():
    for entries in (ExactArray(np.array([[1, 2]]), P), ExactArray(np.array([[1, 2]]), np.array([[3, 5 * P]]))):
        with pytest.raises(UnluckyModulus):
            RationalMatrix(entries).residues(POINT)


def test_residues_of_lines():
    matrix = RationalMatrix(ExactArray.from_strings([["1/3", "2", "0.1"], ["5", "-1/7", "1e20"]]))
    whole = matrix.residues(POINT)
    rows, columns = np.array([1]), np.array([2, 0])
    assert (matrix.residues(POINT, rows) == whole[rows]).all()
    assert (matrix.residues(POINT, None, columns) == whole[:, columns]).all()


# -------------------------------------------------------------------- lines


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.sampled_from(["0", "-0.0", "1", "1/3", "2/6"]), min_size=3, max_size=3), min_size=1, max_size=6
    )
)
def test_distinct_lines(rows):
    matrix = RationalMatrix(ExactArray.from_strings(rows))
    exact = matrix.entries.fractions()
    for axis, lines in ((0, exact.tolist()), (1, exact.T.tolist())):
        found = matrix.distinct_lines(axis).tolist()
        assert sorted(map(tuple, {tuple(line) for line in lines if any(line)})) == sorted(
            tuple(lines[i]) for i in found
        )


@pytest.mark.parametrize("dtype", [np.int64, np.float64, object])
def test_distinct_lines_of_every_storage(dtype):
    values = np.array([[0, 0], [1, 2], [0, 0], [1, 2], [2, 1]]).astype(dtype)
    matrix = RationalMatrix(ExactArray(values))
    assert sorted(matrix.distinct_lines(0).tolist()) == [1, 4]
    assert sorted(matrix.distinct_lines(1).tolist()) == [0, 1]
    if dtype == np.float64:
        assert sorted(RationalMatrix(ExactArray(-values * -1)).distinct_lines(0).tolist()) == [1, 4]  # -0.0


# -------------------------------------------------------------------- relations


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    ("kind", "height"),
    [("sparse", 3), ("dense", 9), ("tall coefficients", 2**45), ("fractions", 99), ("zero lines", 3)],
)
def test_relations_of_every_kind(axis, kind, height):
    """Small heights by reconstruction, sparse tall ones by a small system, dense tall ones by lifting."""
    rng = np.random.default_rng(7)
    base = rng.integers(-(2**20), 2**20, (12, 15)).astype(object)
    combine = rng.integers(-height, height, (5, 12)).astype(object)
    if kind == "sparse":
        combine[:, 3:] = 0
    if kind == "zero lines":
        combine[:] = 0
    matrix = np.concatenate([base, combine.dot(base)])
    below = 1
    if kind == "fractions":
        below = np.array([[math.lcm(1, i + 1) for i in range(15)]], dtype=object)
    matrix, below = (matrix, below) if axis == 0 else (matrix.T, below if isinstance(below, int) else below.T)
    exact = RationalMatrix(ExactArray(matrix, below))
    rows, columns = minor_of(exact)
    assert len(rows) == 12
    found = exact.relations(axis, rows, columns, POINT)
    assert len(found) == 5
    assert all(holds(exact, axis, r) for r in found)
    leading = [r.leading for r in found]
    minor = set((rows if axis == 0 else columns).tolist())
    for r in found:
        own = dict(r.coefficients)
        assert own[r.leading] != 0
        assert set(own) - {r.leading} <= minor
    assert len(set(leading)) == 5
    assert not minor & set(leading)


def test_only_relations_that_hold_are_returned():
    """The minor is too small (as after an unlucky prime): most candidates fail in the columns beyond it."""
    base = np.random.default_rng(1).integers(-99, 99, (6, 8))
    matrix = RationalMatrix(ExactArray(np.concatenate([base, base[:1]])))
    found = matrix.relations(0, np.array([0, 1, 2]), np.array([0, 1, 2]), POINT)
    assert [r.leading for r in found] == [6]
    assert holds(matrix, 0, found[0])


def test_nothing_to_relate():
    matrix = RationalMatrix(ExactArray.from_array(np.eye(3)))
    everything, nothing = np.arange(3), np.arange(0)
    assert matrix.relations(0, everything, everything, POINT) == ()
    assert matrix.relations(0, nothing, nothing, POINT) == ()


# -------------------------------------------------------------------- vanishing minors


@given(
    st.lists(st.lists(st.integers(-(2**70), 2**70), min_size=4, max_size=4), min_size=4, max_size=4), st.integers(1, 4)
)
def test_the_hadamard_bound_holds_for_every_minor(rows, order):
    matrix = np.array(rows, dtype=object)
    bound = 2 ** bound_of(matrix, order)
    for i in combinations(range(4), order):
        for j in combinations(range(4), order):
            assert abs(int(flint.fmpz_mat([[rows[a][b] for b in j] for a in i]).det())) < bound


def test_the_hadamard_bound_where_it_is_attained():
    for sign in (1, -1):  # Hadamard matrices: |det| = 2^(n log2(n) / 2), no bit to spare
        h = np.array([[sign]], dtype=object)
        for _ in range(4):
            h = np.block([[h, h], [h, -h]])
        assert abs(int(flint.fmpz_mat(h.tolist()).det())) == 2**32 < 2 ** hadamard_bits(squared_norms(h), 16) == 2**33


def test_vanishing_minors_prove_the_rank():
    rng = np.random.default_rng(5)
    matrix = (
        rng.integers(-(2**40), 2**40, (9, 4)).astype(object).dot(rng.integers(-(2**40), 2**40, (4, 8)).astype(object))
    )
    exact = RationalMatrix(ExactArray(matrix, 3))
    rows, columns = minor_of(exact)
    assert len(rows) == 4
    evidence = exact.settled(rows, columns)
    primes = [int(p) for p in evidence.primes]
    assert len(set(primes)) == len(primes)
    assert all(flint.fmpz(p).is_prime() for p in primes)
    assert all(flint.nmod_mat(flint.fmpz_mat(matrix.tolist()), p).rank() < 5 for p in primes)
    assert math.prod(primes) > 2 ** bound_of(matrix, 5)
    larger = exact.settled(rows[:3], columns[:3])
    assert isinstance(larger, ModularMinor)
    assert_regular(matrix, larger, 4)


NOTHING = np.arange(0)


def assert_regular(matrix, minor, order):
    """Whether the minor has this order and is not zero modulo its prime."""
    assert len(minor.rows) == len(minor.columns) == order
    square = matrix[np.ix_(minor.rows, minor.columns)]
    assert flint.fmpz(int(minor.modulus)).is_prime()
    assert int(flint.fmpz_mat(square.tolist()).det()) % int(minor.modulus)


@pytest.mark.parametrize("factors", [1, 2, 9])
def test_vanishing_minors_are_not_believed_from_too_few_primes(factors):
    """The entry is divisible by the first primes that are tried: only the Hadamard bound saves the answer."""
    prime, primes = LARGE_PRIME, []
    while len(primes) < factors:
        if flint.fmpz(prime).is_prime():
            primes.append(prime)
        prime -= 2
    big = np.array([[math.prod(primes)]], dtype=object)
    found = RationalMatrix(ExactArray(big)).settled(NOTHING, NOTHING)
    assert_regular(big, found, 1)
    assert int(found.modulus) < min(primes)


def test_primes_that_divide_the_denominator_are_left_out():
    """The checker reduces the fractions themselves for a minor, so that their denominators have to be units."""
    found = RationalMatrix(ExactArray(np.array([[1]]), LARGE_PRIME)).settled(NOTHING, NOTHING)
    assert int(found.modulus) < LARGE_PRIME
    zero = RationalMatrix(ExactArray(np.array([[0]]), LARGE_PRIME)).settled(NOTHING, NOTHING)
    assert isinstance(zero, VanishingMinors)


def test_what_would_take_too_long_or_too_much_is_left(monkeypatch):
    matrix, first = RationalMatrix(ExactArray.from_array(np.ones((3, 3)))), np.arange(1)
    assert matrix.settled(first, first) is not None
    monkeypatch.setattr(rational, "EFFORT", 0.0)
    assert matrix.settled(first, first) is None
    monkeypatch.undo()
    monkeypatch.setattr(rational, "fits_memory", lambda _: False)
    assert matrix.settled(first, first) is None
    assert matrix.relations(0, first, first, POINT) == ()


# -------------------------------------------------------------------- dense deficiency


def dense(shape, rank, bits, seed=0):
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(-(2**bits), 2**bits, s).astype(object) for s in ((shape[0], rank), (rank, shape[1])))
    return left.dot(right)


@pytest.mark.parametrize("shape", [(60, 70), (70, 60), (60, 200)])
@pytest.mark.parametrize("bits", [10, 40])
def test_dense_deficiency_is_decided_by_one_lifting(shape, bits, monkeypatch):
    """Without a single rank modulo a prime but the first, where lifting is the cheaper way."""
    matrix = dense(shape, 30, bits)
    exact = RationalMatrix(ExactArray(matrix))
    rows, columns = minor_of(exact)
    monkeypatch.setattr(Lifting, "seconds", lambda *_: 0.0)
    asked = []
    larger = rational._larger_minor
    monkeypatch.setattr(rational, "_larger_minor", lambda *args: asked.append(args) or larger(*args))
    evidence = exact.settled(rows, columns)
    assert len(asked) == 1
    primes = [int(p) for p in evidence.primes]
    assert len(set(primes)) == len(primes)
    assert math.prod(primes) > 2 ** bound_of(matrix, 31)
    assert flint.fmpz_mat(matrix.tolist()).rank() == 30


def test_a_lifting_that_fails_leaves_it_to_the_primes(monkeypatch):
    """Rank 31, but 30 modulo the first prime of 62 bits: the residual is not divisible, and the next prime tells."""
    matrix = dense((40, 40), 31, 8)
    matrix = matrix[:30].tolist() + (LARGE_PRIME * matrix[30:31]).tolist() + matrix[:9].tolist()
    matrix = np.array(matrix, dtype=object)
    rows, columns = minor_of(RationalMatrix(ExactArray(matrix[:30])))
    monkeypatch.setattr(Lifting, "seconds", lambda *_: 0.0)
    found = RationalMatrix(ExactArray(matrix)).settled(rows, columns)
    assert_regular(matrix, found, 31)
    assert int(found.modulus) < LARGE_PRIME


@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_relations_are_verified_in_all_chunks_of_columns(step, monkeypatch):
    monkeypatch.setattr(rational, "COPIED", step)
    base = np.random.default_rng(1).integers(-99, 99, (3, 40))
    for wrong in (None, 0, 20, 39):
        values = np.concatenate([base, base[:1] + 2 * base[1:2], base[2:] - base[:1]])
        if wrong is not None:
            values[3, wrong] += 1
        matrix, first = RationalMatrix(ExactArray(values)), np.arange(3)
        found = matrix.relations(0, first, np.setdiff1d(np.arange(5), [wrong])[:3], POINT)
        assert [r.leading for r in found] == ([3, 4] if wrong is None else [4])


def test_relations_of_many_lines_share_a_lifting(monkeypatch):
    """Two groups of lines, each with tall coefficients on lines of its own."""
    rng = np.random.default_rng(2)
    base = rng.integers(-99, 99, (8, 12)).astype(object)
    tall = rng.integers(2**40, 2**41, (6, 4)).astype(object)
    values = np.concatenate([base, tall[:3].dot(base[:4]), tall[3:].dot(base[4:])])
    calls = []
    of = Lifting.of
    monkeypatch.setattr(Lifting, "of", lambda lines, crossing: calls.append(len(lines)) or of(lines, crossing))
    matrix = RationalMatrix(ExactArray(values))
    found = matrix.relations(0, np.arange(8), np.arange(8), POINT)
    assert calls == [4, 4]
    assert sorted(r.leading for r in found) == list(range(8, 14))
    assert all(holds(matrix, 0, r) for r in found)


def test_dear_relations_are_not_looked_for(monkeypatch):
    matrix = RationalMatrix(ExactArray(dense((40, 40), 20, 10)))
    rows, columns = minor_of(matrix)
    assert len(matrix.relations(0, rows, columns, POINT)) == 20
    monkeypatch.setattr(rational, "SMALL_EVIDENCE", 2**10)
    assert matrix.relations(0, rows, columns, POINT) == ()


@given(
    st.lists(st.lists(st.integers(-(2**60), 2**60), min_size=3, max_size=3), min_size=1, max_size=3),
    st.sampled_from([0, 380]),
)
def test_norms_are_bounds_and_close(rows, shift):
    matrix = np.array([[x << shift for x in row] for row in rows], dtype=object)
    truth = sorted((max(1, sum(x * x for x in row)) for row in matrix.tolist()), reverse=True)
    found = squared_norms(matrix)
    assert all(t <= f <= t + t // 2**19 for t, f in zip(truth, found, strict=True))


@pytest.mark.parametrize("point", list(islice(evaluation_points(1), 3)))
def test_solutions_with_tall_coefficients_are_found_at_every_point(point):
    base = np.random.default_rng(2).integers(-50, 50, (3, 6)).astype(object)
    tall = [2**200 + 1, Fraction(1, 3**90), -(7**60)]
    row = sum(c * r for c, r in zip(tall, base, strict=True)) * 3**90
    matrix = RationalMatrix(ExactArray(np.concatenate([base, [[int(v) for v in row]]])))
    rows, columns = independent_minor(np.asarray(matrix.residues(point)), point.modulus)
    [found] = matrix.relations(0, rows, columns, point)
    assert holds(matrix, 0, found)
