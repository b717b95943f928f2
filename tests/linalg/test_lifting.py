"""Liftings against FLINT's exact solutions: every solution there is, and nothing else."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.residues import Modulus
from exactcnn.linalg import lifting as module
from exactcnn.linalg.lifting import Lifting, common_denominator, solved


def integers(rng, shape, size):
    """Random integers of up to `size` bits and either sign."""
    values = [
        int(rng.integers(-1, 2)) * int.from_bytes(rng.bytes(size // 8 + 1)) % 2**size for _ in range(math.prod(shape))
    ]
    signs = rng.integers(0, 2, len(values)).tolist()
    return np.array([v * (-1) ** s for v, s in zip(values, signs, strict=True)], dtype=object).reshape(shape)


def exactly(square, right):
    """Rows x with x . square = right, by FLINT."""
    found = flint.fmpz_mat(square.T.tolist()).solve(flint.fmpz_mat(right.T.tolist()))
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in found.transpose().tolist()]


def enough(lines):
    """A bound on the bits of numerators and denominators."""
    return len(lines) * (max(abs(int(x)) for x in lines.flat).bit_length() + 8) + 64


@pytest.mark.parametrize("size", [1, 7, 24, 25, 26, 53, 61, 62, 63, 64, 200])
@pytest.mark.parametrize(("order", "others"), [(1, 1), (2, 5), (6, 3), (30, 40)])
def test_solutions_are_those_of_flint(order, others, size):
    rng = np.random.default_rng(order * size)
    lines = integers(rng, (order, order), size) + (1 << size) * np.diag([1] * order).astype(object)
    right = integers(rng, (others, order), size + 3)
    lifting = Lifting.of(lines, np.arange(order))
    found = solved(lifting, right, enough(np.concatenate([lines, right])) + size)
    assert found.rows.tolist() == list(range(others))
    assert found.fractions() == exactly(lines, right)


@settings(max_examples=80)
@given(st.data())
def test_small_systems(data):
    order, others, beyond = (data.draw(st.integers(1, 3)) for _ in range(3))
    entries = (
        st.integers(-3, 3) | st.integers(-(2**70), 2**70) | st.sampled_from([2**24, -(2**24), 2**25, 2**62, -(2**63)])
    )
    draw = lambda rows, columns: np.array(  # noqa: E731
        data.draw(st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)),
        dtype=object,
    )
    lines = draw(order, order + beyond)
    right = np.concatenate([draw(others, order + beyond), draw(1, order).dot(lines)])
    lifting = Lifting.of(lines, np.arange(order + beyond))
    if lifting is None:
        assert flint.fmpz_mat(lines.tolist()).rank() < order
        return
    square = lines[:, lifting.columns]
    answers = exactly(square, right[:, lifting.columns])
    holds = [(np.array(x, dtype=object).dot(lines) == r).all() for x, r in zip(answers, right, strict=True)]
    found = solved(lifting, right, enough(np.concatenate([lines, right])))
    assert ([] if found is None else found.fractions()) == [x for x, h in zip(answers, holds, strict=True) if h]
    assert (found is None) == (not any(holds))
    assert found is None or found.rows.tolist() == np.flatnonzero(holds).tolist()


def test_limbs_at_their_limits():
    """All sums of a step as large as they can be: half a limb throughout, of one sign or of alternating ones."""
    for order in (3, 100):
        field = Modulus(2**20 - 3)
        width = module._limb_width(order, field)
        assert (order + 4) * (field.bound + 1) * 2 ** (width - 1) <= 2**52 < (order + 4) * (field.bound + 1) * 2**width
        half = 2 ** (width - 1)
        for value in (half - 1, half, half + 1, -half, -half - 1, half * 2**width, -(half << (3 * width)) - half):
            limbs = module._split(np.array([[value]], dtype=object), width)
            assert all(abs(limb).max() <= half for limb in limbs)
            assert sum(int(limb[0, 0]) << (width * s) for s, limb in enumerate(limbs)) == value
        lines = np.full((order, order), half, dtype=object)
        lines[np.tril_indices(order, -1)] *= -1  # determinant half^order 2^(order - 1)
        right = np.array([[half] * order, [-half] * order, [(-1) ** j * half for j in range(order)]], dtype=object)
        found = solved(Lifting.of(lines, np.arange(order)), right, order * (width + 2))
        assert found.fractions() == exactly(lines, right)


def test_rows_without_a_solution_are_left_out():
    rng = np.random.default_rng(3)
    lines = integers(rng, (5, 9), 20)
    right = np.concatenate([integers(rng, (4, 5), 90).dot(lines), lines[:2]])
    right[1, -1] += 1
    right[4, 0] -= 1
    lifting = Lifting.of(lines, np.arange(8))
    found = solved(lifting, right, 400)
    assert found.rows.tolist() == [0, 2, 3, 5]
    for x, row in zip(found.fractions(), right[found.rows], strict=True):
        assert (np.array(x, dtype=object).dot(lines) == row).all()
    assert solved(lifting, right[[1, 4]], 400) is None


def test_an_answer_modulo_powers_of_the_prime_only():
    """The residual in the further column is divisible by p many times, not always."""
    lines = np.array([[1, 0, 5], [0, 1, 7]], dtype=object)
    lifting = Lifting.of(lines, np.arange(2))
    for power in (1, 2, 9):
        right = np.array([[3, 4, 43 + lifting.field.p**power]], dtype=object)
        assert solved(lifting, right, 300) is None
    assert solved(lifting, np.array([[3, 4, 43]], dtype=object), 300).fractions() == [[3, 4]]


def test_heights_that_differ():
    rng = np.random.default_rng(4)
    base = integers(rng, (6, 8), 30)
    factors = [
        [1, 0, 0, 0, 0, 0],
        [0, 2**400, 1, 0, 0, 0],
        [Fraction(1, 2), 0, 0, 0, 0, 0],
        [0, 0, 0, Fraction(5, 3**90), 0, 0],
    ]
    scaled = base * 2 * 3**90
    right = np.array(factors, dtype=object).dot(scaled)
    right = np.array([[int(x) for x in row] for row in right], dtype=object)
    found = solved(Lifting.of(scaled, np.arange(8)), right, 700)
    assert found.fractions() == factors
    assert found.denominator % (2 * 3**90) == 0


def test_more_bits_than_are_allowed():
    lines, right = np.array([[2**50 + 1, 3], [5, 2**50 - 7]], dtype=object), np.array([[1, 1]], dtype=object)
    lifting = Lifting.of(lines, np.arange(2))
    assert solved(lifting, right, 30) is None
    assert solved(lifting, right, 120).fractions() == exactly(lines, right)


def test_lines_that_are_dependent_modulo_every_prime_that_is_tried():
    fields = module._fields(1, 1, 300)
    primes = [next(fields).p for _ in range(module.TRIES + 1)]
    for count, expected in ((module.TRIES - 1, primes[module.TRIES - 1]), (module.TRIES, None)):
        lines = np.array([[math.prod(primes[:count]) * 2 ** (300 - 20 * count)]], dtype=object)
        found = Lifting.of(lines, np.arange(1))
        assert (None if found is None else found.field.p) == expected
    assert Lifting.of(np.array([[1, 2], [2, 4]], dtype=object), np.arange(2)) is None


def test_without_digits_only_the_rows_are_told():
    lines = np.array([[2, 1, 3], [0, 5, 5]], dtype=object)
    lifting = Lifting.of(lines, np.arange(3))
    found = solved(lifting, np.array([[1, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=object), 60, keep=False)
    assert (found.rows.tolist(), found.digits) == ([0, 2], ())


@pytest.mark.parametrize("others", [1, module.COMBINATIONS, module.COMBINATIONS + 1, 60])
def test_the_denominator_of_combinations(others):
    """One row alone has a denominator, and one entry."""
    order = 40
    lines = np.diag([1] * (order - 1) + [2**70 * 3]).astype(object)
    right = np.zeros((others, order), dtype=object)
    right[:, 0] = range(others)
    right[-1, -1] = 1
    found = solved(Lifting.of(lines, np.arange(order)), right, 200)
    assert found.fractions() == exactly(lines, right)


M = 1048343**8


@given(st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(1, 2**6)), min_size=1, max_size=4))
def test_common_denominators(pairs):
    values = [Fraction(n, d) for n, d in pairs]
    residues = [v.numerator * pow(v.denominator, -1, M) % M for v in values]
    assert common_denominator(residues, M) == math.lcm(*(v.denominator for v in values))


def test_random_residues_have_no_common_denominator():
    rng = np.random.default_rng(0)
    for _ in range(200):
        assert common_denominator([int.from_bytes(rng.bytes(20)) % M for _ in range(2)], M) is None
