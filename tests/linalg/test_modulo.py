"""Ranks modulo a prime, against elimination by hand; what is no prime, and denominators that it divides."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.modulo import prime_below_a_word, rank_modulo


def slow_rank(rows, p):
    rows, rank = [[x.numerator * pow(x.denominator, -1, p) % p for x in row] for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] * pow(pivot[column], -1, p)
            rows[i] = [(x - factor * y) % p for x, y in zip(rows[i], pivot, strict=True)]
        rank += 1
    return rank


@given(
    st.lists(st.lists(st.tuples(st.integers(-9, 9), st.sampled_from([1, 4, 11])), min_size=3, max_size=3), min_size=1),
    st.sampled_from([3, 5, 7, 2**61 - 1, 2**64 - 59]),
)
def test_it_is_that_of_plain_elimination(rows, p):
    fractions = [[Fraction(a, b) for a, b in row] for row in rows]
    assert rank_modulo(ExactArray.from_fractions(np.array(fractions, dtype=object)), p) == slow_rank(fractions, p)


def test_a_prime_may_lower_the_rank():
    entries = ExactArray.from_array([[1, 1], [1, 8]])
    assert [rank_modulo(entries, p) for p in (2, 3, 7)] == [2, 2, 1]
    assert rank_modulo(ExactArray.from_array([[0.5, 0.25], [1.0, 3.0]]), 5) == 1  # 1/2 · 3 - 1/4 = 5/4


def test_denominators_that_are_no_units():
    with pytest.raises(InputError, match=r"entry \(1, 0\) is 2/21, which has no residue modulo 7"):
        rank_modulo(ExactArray.from_strings([["1/3", "1"], ["2/21", "0"]]), 7)
    with pytest.raises(InputError, match=r"entry \(0, 1\) is 1/2"):
        rank_modulo(ExactArray.from_array([[1.0, 0.5]]), 2)
    # a common denominator that the prime divides is none of the entries'
    assert rank_modulo(ExactArray(np.array([[14, 7], [7, 21]]), 7), 7) == 2
    assert rank_modulo(ExactArray(np.array([[14, 7], [28, 14]]), 7), 7) == 1


@pytest.mark.parametrize(
    ("number", "says"),
    [(1, "is 1;"), (0, "is 0;"), (-7, "is -7;"), (9, "= 3 · 3"), (2**64 + 13, "of 65 bits"), (10**400, "of 1329 bits")],
)
def test_what_is_no_prime_below_a_word(number, says):
    with pytest.raises(InputError, match="expected a prime below 2\\^64") as error:
        prime_below_a_word(number, name="--modulo")
    assert says in str(error.value)
    assert str(error.value).startswith("--modulo is ")


def test_composite_without_small_divisors():
    """Strong pseudoprimes to the first bases are no primes."""
    for number in (3215031751, 3825123056546413051, 4294967291 * 4294967279):
        with pytest.raises(InputError, match=f"P is {number}[ ;]"):
            prime_below_a_word(number, name="P")
    assert prime_below_a_word(2**64 - 59, name="P") == 2**64 - 59
