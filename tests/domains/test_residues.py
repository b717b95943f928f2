"""Arithmetic modulo p at the edge of every bound; evaluation points: order, and freedom from poles."""

from itertools import islice

import numpy as np
import pytest
import sympy

from exactcnn.domains.residues import (
    PRIME_LIMIT,
    SAFE_PRIME_FLOOR,
    SINGLE_LIMIT,
    EvaluationPoint,
    Modulus,
    evaluation_points,
    is_prime,
    single_points,
)

PRIMES = [8209, 9227, 65537, 524287, 1048343, 1048573, *(point.modulus for point in islice(evaluation_points(0), 5))]


@pytest.mark.parametrize("p", PRIMES)
def test_reduction_is_exact_up_to_its_limit(p):
    """Beyond it, odd multiples of p above 2^53 round: this fails if the limit were 2^53."""
    field = Modulus(p)
    limit = 2**53 - field.bound
    top = limit - np.arange(4 * p // 1000 + 5000)
    random = np.random.default_rng(p).integers(-limit, limit, 50_000, endpoint=True)
    near = np.arange(1, 2000) * p * (limit // p // 2000)  # multiples of p and their neighbours
    halves = near + p // 2
    integers = np.concatenate([top, -top, random, near, near + 1, near - 1, halves, halves + 1, -halves, [0]])
    integers = integers[np.abs(integers) <= limit]
    values = integers.astype(np.float64)
    field.reduce(values)
    residues = values.astype(np.int64)
    assert (residues == values).all()
    assert ((integers - residues) % p == 0).all()
    assert np.abs(residues).max() <= field.bound < p
    assert ((residues == 0) == (integers % p == 0)).all()


def test_the_limit_of_reduction_is_needed():
    """An integer below 2^53 whose nearest multiple of p is odd and beyond 2^53 is not reduced rightly."""
    field = Modulus(1019687)
    value = np.array([9007199254480163.0])
    assert 2**53 - field.bound < value[0] < 2**53
    wrong = value.copy()
    field.reduce(wrong)
    assert (int(value[0]) - int(wrong[0])) % 1019687 != 0


@pytest.mark.parametrize("p", PRIMES)
def test_the_number_of_products_is_the_largest(p):
    field = Modulus(p)
    worst = field.products * field.bound**2 + field.bound
    assert worst + field.bound <= 2**53 < worst + field.bound + field.bound**2


SINGLE = [37, 101, 113, 227, 251, 257, 359, 509]


@pytest.mark.parametrize("p", SINGLE)
def test_every_integer_that_float32_holds_is_reduced(p):
    field = Modulus(p)
    integers = np.arange(-(2**24) + field.bound, 2**24 - field.bound + 1)
    values = integers.astype(np.float32)
    field.reduce(values)
    residues = values.astype(np.int64)
    assert ((integers - residues) % p == 0).all()
    assert np.abs(residues).max() <= field.bound < p
    assert ((residues == 0) == (integers % p == 0)).all()
    assert np.iinfo(field.stored).max >= field.bound
    assert p >= SINGLE_LIMIT // 2 or field.stored == np.int8


@pytest.mark.parametrize("p", SINGLE)
@pytest.mark.parametrize("sign", [1, -1])
def test_products_in_float32(p, sign):
    """As many as are allowed beside a residue, all of one sign; and the number is the largest."""
    field = Modulus(p)
    worst = field.products * field.bound**2 + field.bound
    assert worst + field.bound <= 2**24 < worst + field.bound + field.bound**2
    assert field.products >= 254
    left = np.full((1, field.products), field.bound, dtype=np.float32)
    total = sign * left @ left.T + np.float32(sign * field.bound)
    assert total.dtype == np.float32
    assert int(total[0, 0]) == sign * worst
    field.reduce(total)
    assert (int(total[0, 0]) - sign * worst) % p == 0
    assert field.sums * field.bound + field.bound <= 2**24
    long = np.full((1, 10 * field.products + 3), float(field.bound), dtype=np.float32)
    assert (int(field.product(sign * long, long.T)[0, 0]) - sign * long.size * field.bound**2) % p == 0


@pytest.mark.parametrize("p", [37, 227, 509])
def test_small_primes_reduce_float64_too(p):
    """Integers up to 2^52 become residues of small primes by one reduction in float64."""
    field = Modulus(p)
    limit = 2**53 - field.bound
    integers = np.concatenate([limit - np.arange(5000), np.random.default_rng(p).integers(-limit, limit, 50_000)])
    values = integers.astype(np.float64)
    field.reduce(values)
    assert np.abs(values).max() <= field.bound
    assert ((integers - values.astype(np.int64)) % p == 0).all()


def test_single_points_are_safe_primes_with_a_root_of_prime_order():
    for seed in range(50):
        points = list(single_points(seed))
        assert points == list(single_points(seed))
        for point in points:
            assert sympy.isprime(point.modulus)
            assert sympy.isprime(point.order)
            assert point.modulus == 2 * point.order + 1 < SINGLE_LIMIT
            assert 1 < point.root < point.modulus
            assert pow(point.root, point.order, point.modulus) == 1
            assert Modulus(point.modulus).stored == np.int8
    assert len({next(single_points(seed)).root for seed in range(50)}) > 20


@pytest.mark.parametrize("p", [1048573, 524287])
def test_longest_product_of_extreme_residues(p):
    field = Modulus(p)
    row, column = np.full((1, field.products), float(p // 2)), np.full((field.products, 1), -float(p // 2))
    product = field.times(row, column)
    assert (int(product[0, 0]) + field.products * (p // 2) ** 2) % p == 0


@pytest.mark.parametrize("p", [2, 31, 2**20 + 7])
def test_moduli_outside_the_bounds_are_refused(p):
    with pytest.raises(AssertionError):
        Modulus(p)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (0,), (0, 3), (3, 0), (40_000, 1), (1, 40_000)])
def test_reduction_of_every_shape(shape):
    field = Modulus(1048343)
    values = np.full(shape, float(3 * field.p + 5))
    field.reduce(values)
    assert (values == 5).all()
    strided = np.full((6, 8), float(field.p + 2))[::2, ::3]
    field.reduce(strided)
    assert (strided == 2).all()


def worst(field, length):
    """Factors whose products sum to an odd number, as large as residues allow: beyond 2^53 no float is equal to it."""
    odd = field.bound - 1 + field.bound % 2
    left, right = np.full((1, length), float(odd)), np.full((length, 1), float(odd))
    if length % 2 == 0:
        left[0, 0] = odd - 1
    total = sum(int(a) * int(b) for a, b in zip(left[0].tolist(), right[:, 0].tolist(), strict=True))
    assert total % 2 == 1
    return left, right, total


@pytest.mark.parametrize("p", [1048573, 1048343, 1019687])  # half of p is even, odd, odd
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("extra", [0, 2, 3, 40_000])
def test_products_of_any_length(p, sign, extra):
    """Two products more than allowed are too much for a sum that is not reduced in between."""
    field = Modulus(p)
    left, right, total = worst(field, field.products + extra)
    assert (total <= 2**53) == (extra == 0)
    found = field.product(sign * left, right)
    assert (int(found[0, 0]) - sign * total) % p == 0
    assert abs(found[0, 0]) <= field.bound
    if extra:  # and this is what it would be without
        assert int((left @ right)[0, 0]) != total


def test_sums_of_reduced_products_stay_far_below_the_limit():
    """`Modulus.product` and `Residues.total` add residues: 2^33 of them are fewer than 2^53, whatever the prime."""
    field = Modulus(1048573)
    assert 2**33 * field.bound < 2**53 - field.bound


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
    assert is_prime(2**40 - 87)
    assert not is_prime(1048573**2)  # of two primes next to the limit of its divisors
    for beyond in (2**40, 2**40 + 15):
        with pytest.raises(AssertionError):
            is_prime(beyond)
