"""Reduction modulo a prime, and what is not there modulo a prime."""

import math
import random

import pytest
from flint import arb, fmpq

from exactcnn.checker.document import ObligationError
from exactcnn.checker.numbers import BALLS, MOST_EXACT, RATIONALS, Reduction, common_bits


@pytest.mark.parametrize("p", [2, 3, 1019, 2**61 - 1])
def test_reduction_is_a_ring_homomorphism(p):
    modulo_p = Reduction(p)
    numbers = [fmpq(a, b) for a in (-7, -1, 0, 2, 10**30) for b in (1, 5, 7, 11 * 13) if b % p]
    for x in numbers:
        assert 0 <= modulo_p(x) < p
        assert modulo_p(x) * int(x.q) % p == int(x.p) % p
        for y in numbers:
            assert modulo_p(x + y) == (modulo_p(x) + modulo_p(y)) % p
            assert modulo_p(x * y) == modulo_p(x) * modulo_p(y) % p


def test_a_denominator_that_the_prime_divides():
    for _ in range(2):
        with pytest.raises(ObligationError, match=r"^7 divides a denominator$"):
            Reduction(7)(fmpq(3, 14))


def test_many_denominators():
    modulo_p = Reduction(1019)
    assert all(modulo_p(fmpq(1, q)) * q % 1019 == 1 for q in range(1, 110_000) if q % 1019)


def test_products():
    for numbers in (RATIONALS, BALLS):
        product = numbers.matrix(1, 2, [numbers.number(fmpq(1, 2)), fmpq(3)]) * numbers.matrix(
            2, 1, [fmpq(4), fmpq(-1)]
        )
        assert arb(product.tolist()[0][0]) == -1


@pytest.mark.parametrize("bits", [1, 3, 60, 400])
def test_bits_over_one_denominator(bits):
    generator = random.Random(bits)
    for count in (1, 2, 30):
        row = [
            fmpq(generator.getrandbits(bits) - 2 ** (bits - 1), generator.getrandbits(bits) + 1) for _ in range(count)
        ]
        common = math.lcm(*(int(x.q) for x in row))
        true = max(int(x.p).bit_length() for x in row) + common.bit_length()
        assert common_bits(row) >= true
        if true < MOST_EXACT:
            assert common_bits(row) == true
    assert common_bits([fmpq(n, 2**40) for n in range(1, 50, 2)]) == 6 + 41


@pytest.mark.parametrize("kept", [0, 3, 10**5])
def test_residues_column_by_column(monkeypatch, kept):
    """Entries that are one object, equal ones that are not, and more different ones than are kept."""
    monkeypatch.setattr("exactcnn.checker.numbers.MOST_KNOWN", kept)
    generator, shared = random.Random(kept), [fmpq(n, 7) for n in range(-3, 4)]
    rows = [
        [generator.choice([*shared, fmpq(1, 7), fmpq(generator.randrange(10**6), 3)]) for _ in range(9)]
        for _ in range(20)
    ]
    for modulus in (227, 227 * 113):
        reduction = Reduction(modulus)
        columns = reduction.columns(rows)
        assert [list(row) for row in zip(*columns, strict=True)] == [list(map(reduction, row)) for row in rows]
    with pytest.raises(ObligationError, match=r"^7 divides a denominator$"):
        Reduction(7 * 11).columns(rows)


def test_reduction_modulo_a_product_of_primes():
    modulo = Reduction(227 * 113)
    for x in (fmpq(5, 12), fmpq(-(10**30), 7), fmpq(0)):
        assert [modulo(x) % p for p in (227, 113)] == [Reduction(p)(x) for p in (227, 113)]
    for denominator in (227, 113):
        with pytest.raises(ObligationError, match=rf"^{denominator} divides a denominator$"):
            modulo(fmpq(1, 5 * denominator))
