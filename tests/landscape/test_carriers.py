"""Carriers: different values, short arguments, features of rank n; each is evaluated again by hand."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from exactcnn.landscape.carriers import Carrier, completed, different, feature, injective, separating_sum
from exactcnn.linalg.fractions import to_flint
from exactcnn.network.activations import activation


def fractions(rows):
    return np.array([[Fraction(x) for x in row] for row in rows], dtype=object)


def test_different():
    assert different(fractions([[1, 2], [2, 1]]))
    assert not different(fractions([[1, 2], [3, 3], [1, 2]]))


@pytest.mark.parametrize("seed", range(6))
def test_sums_that_separate_without_a_neuron(seed):
    random = Random(seed)
    rows = fractions({(random.randint(-2, 2), random.randint(-2, 2), 0) for _ in range(9)})
    rows[:, 2] = [Fraction(random.randint(0, 1)) for _ in rows]
    found = separating_sum(rows, np.random.default_rng(seed), without=2)
    assert 2 not in found.weights
    values = [sum(row[i] * weight for i, weight in found.weights.items()) for row in rows.tolist()]
    assert values == found.values
    assert len(set(values)) == len(rows)
    assert found.incoming(Fraction(1, 2)) == {i: weight / 2 for i, weight in found.weights.items()}


def test_a_carrier_is_a_value():
    assert Carrier({0: Fraction(1)}, []).incoming(Fraction(3)) == {0: 3}


@pytest.mark.parametrize(
    "name", ["relu", "leaky-relu", "hard-tanh", "hard-sigmoid", "softsign", "logistic(2)", "square"]
)
@pytest.mark.parametrize("values", [[-3, 5, 6], [10**9, 10**9 + 1], [Fraction(1, 7**40), 0, 1], [4]])
def test_injective(name, values):
    values = [Fraction(value) for value in values]
    found = injective(activation(name), values)
    if name == "logistic(2)" and any(value.denominator > 1 for value in values):
        assert found is None  # rational at integers only
        return
    (scale, shift), own = found
    assert own == [activation(name).exact(scale * value + shift) for value in values]
    assert len(set(own)) == len(values)
    # a power of two, and a shift of few bits, unless only integers have rational values
    assert name == "logistic(2)" or (scale.numerator & (scale.numerator - 1) == 0 and shift.denominator <= 2**12)


@pytest.mark.parametrize("name", ["relu", "leaky-relu", "hard-tanh", "softsign"])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_features_of_rank_n(name, biased, count):
    random = Random(count)
    values = [Fraction(value, 3) for value in random.sample(range(-20, 20), count)]
    columns = np.full((count, int(biased)), Fraction(1), dtype=object)
    found, rank = completed(activation(name), values, columns, count)
    assert rank == count
    assert len(found) == count - biased
    for argument, own in found:
        assert own == feature(activation(name), argument, values)
    matrix = np.concatenate([columns, np.array([own for _, own in found], dtype=object).T.reshape(count, -1)], axis=1)
    assert to_flint(matrix).det() != 0


def test_polynomials_have_a_small_rank():
    values = [Fraction(value) for value in range(6)]
    found, rank = completed(activation("square"), values, np.empty((6, 0), dtype=object), 6)
    assert (rank, len(found)) == (3, 3)


def test_weights_on_relus_at_the_samples_are_differences_of_slopes():
    """With kinks at the samples 60 weights have few digits; on kinks between them they would have hundreds."""
    values = [Fraction(k * k, 7) for k in range(60)]
    found, _ = completed(activation("relu"), values, np.empty((60, 0), dtype=object), 60)
    matrix = to_flint(np.array([own for _, own in found], dtype=object).T)
    targets = to_flint(np.array([[Fraction((-1) ** k)] for k in range(60)], dtype=object))
    weights = matrix.solve(targets).entries()
    assert max(int(weight.q).bit_length() + int(weight.p).bit_length() for weight in weights) < 60


def test_what_is_not_rational():
    assert feature(activation("logistic(2)"), (Fraction(1, 2), Fraction(0)), [Fraction(1)]) is None
    assert feature(activation("tanh"), (Fraction(1), Fraction(0)), [Fraction(1)]) is None
