"""Evaluation points: order, freedom from poles, and the ring homomorphism that they stand for."""

from itertools import islice

import numpy as np
import pytest
import sympy

from exactcnn.domains.residues import (
    PRIME_LIMIT,
    SAFE_PRIME_FLOOR,
    EvaluationPoint,
    Modulus,
    evaluation_points,
    is_prime,
)


@pytest.mark.parametrize("seed", [0, 1, 2, 12345])
def test_points_are_safe_primes_with_a_root_of_prime_order(seed):
    points = list(islice(evaluation_points(seed), 12))
    assert points == list(islice(evaluation_points(seed), 12))
    assert len({point.modulus for point in points}) > 6
    for point in points:
        p, q, r = point.modulus, point.order, point.root
        assert p == 2 * q + 1
        assert SAFE_PRIME_FLOOR < p < PRIME_LIMIT
        assert sympy.isprime(p)
        assert sympy.isprime(q)
        assert q % 2
        assert 1 < r < p
        assert pow(r, q, p) == 1
        assert Modulus(p).products > 30_000  # both fields serve elimination and inner products
        assert Modulus(q).products > 30_000


def test_no_exponential_is_minus_one():
    point = next(evaluation_points(5))
    powers = point.powers()
    assert powers.shape == (point.order,)
    assert powers[0] == 1
    assert len(np.unique(powers)) == point.order
    assert ((powers[:-1] * point.root - powers[1:]) % point.modulus == 0).all()
    assert not ((1 + powers) % point.modulus == 0).any()
    assert not (((1 + powers) ** 2 + 1) % point.modulus == 0).any()  # the denominator of Mish
    with pytest.raises(ValueError, match="read-only"):
        powers[0] = 2


def test_small_table():
    assert EvaluationPoint(23, 2).powers().tolist() == [1, 2, 4, 8, 16, 9, 18, 13, 3, 6, 12]


def test_is_prime_agrees_with_sympy():
    assert all(is_prime(n) == sympy.isprime(n) for n in [*range(3000), 1048343, 1009 * 1013, 1013**2, 2**31 - 1])
