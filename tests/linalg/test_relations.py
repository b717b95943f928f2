"""Candidates for relations: reconstruction is unique where it exists, solutions solve."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.linalg.evidence import Relation
from exactcnn.linalg.relations import (
    LARGE_PRIME,
    rational_reconstruction,
    rationals,
    relation,
    solve_modulo,
)

HEIGHT = math.isqrt(LARGE_PRIME // 2)


def test_the_large_prime_is_one():
    assert flint.fmpz(LARGE_PRIME).is_prime()
    assert 2**61 < LARGE_PRIME < 2**62  # vanishing minors count on 61 bits of each prime below it


@given(st.integers(-HEIGHT, HEIGHT), st.integers(1, HEIGHT))
def test_every_rational_of_small_height_comes_back(numerator, denominator):
    value = Fraction(numerator, denominator)
    residue = value.numerator * pow(value.denominator, -1, LARGE_PRIME) % LARGE_PRIME
    assert rational_reconstruction(residue, LARGE_PRIME) == value
    assert rationals([residue, 0], LARGE_PRIME) == [value, 0]


@pytest.mark.parametrize("modulus", [3, 7, 9, 101, 30, 64])
def test_reconstruction_by_exhaustion(modulus):
    bound = math.isqrt(modulus // 2)
    for residue in range(modulus):
        solutions = {
            Fraction(n, d)
            for d in range(1, bound + 1)
            for n in range(-bound, bound + 1)
            if math.gcd(d, modulus) == math.gcd(n, d) == 1 and (n - residue * d) % modulus == 0
        }
        found = rational_reconstruction(residue, modulus)
        assert found is None or (found.numerator - residue * found.denominator) % modulus == 0
        assert {found} - {None} == solutions
        if not solutions:
            assert rationals([0, residue], modulus) is None


@pytest.mark.parametrize("seed", range(5))
def test_solutions_solve(seed):
    rng = np.random.default_rng(seed)
    minor = rng.integers(-9, 9, (6, 6))
    minor += 20 * np.eye(6, dtype=np.int64)  # diagonally dominant: regular
    others = rng.integers(-(2**40), 2**40, (4, 6))
    for row, x in zip(others.tolist(), solve_modulo(minor.tolist(), others.tolist(), LARGE_PRIME), strict=True):
        assert [v % LARGE_PRIME for v in (np.array(x, dtype=object) @ minor).tolist()] == [v % LARGE_PRIME for v in row]


def test_a_singular_minor_has_no_solution_modulo_the_prime():
    assert solve_modulo([[LARGE_PRIME, 0], [0, 1]], [[1, 1]], LARGE_PRIME) == []


def test_relations_are_integral_and_solvable_for_the_leading_line():
    found = relation(7, [1, 3, 4], [Fraction(1, 6), Fraction(0), Fraction(-3, 4)])
    assert found == Relation(7, ((1, 2), (4, -9), (7, -12)))
    assert found.document() == {"leading": 7, "coefficients": [[1, "2"], [4, "-9"], [7, "-12"]]}
    assert relation(2, [], []) == Relation(2, ((2, -1),))
