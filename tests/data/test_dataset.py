"""Datasets: shapes, sub-samples, exact scaling, exact seeded perturbation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.data.collisions import patch_collisions
from exactcnn.data.dataset import PERTURBATION_GRID, Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError


@pytest.fixture
def numbered():
    return Dataset.from_array(np.arange(24).reshape(4, 2, 1, 3), labels=[3, 2, 1, 0], name="numbered")


def test_flattened_in_c_order(numbered):
    assert numbered.shape == (2, 1, 3)
    np.testing.assert_array_equal(numbered.samples.numbers, np.arange(24).reshape(4, 6))
    fortran = Dataset.from_array(np.asfortranarray(np.arange(24).reshape(4, 2, 3)))
    np.testing.assert_array_equal(fortran.samples.numbers, np.arange(24).reshape(4, 6))


def test_prefix_and_subset(numbered):
    first = numbered.prefix(3)
    assert len(first) == 3
    assert first.labels.tolist() == [3, 2, 1]
    chosen = numbered.subset([3, 0])
    assert chosen.labels.tolist() == [0, 3]
    np.testing.assert_array_equal(chosen.samples.numbers[:, 0], [18, 0])
    assert chosen.provenance == "given array; 2 chosen samples"
    np.testing.assert_array_equal(numbered.subset(np.arange(4)).samples.numbers, numbered.samples.numbers)


@pytest.mark.parametrize("count", [0, -1, 5, True, 2.0, None])
def test_bad_prefix(numbered, count):
    name = "samples" if type(count) is int else "count"
    with pytest.raises(InputError, match=f"{name} = {count}; expected an integer"):
        numbered.prefix(count)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([], "expected a list of integers"),
        ([[0, 1]], r"shape \(1, 2\)"),
        ([True, False, True, False], r"indices\[0\] is True; expected integers"),
        ([0.0], r"indices\[0\] is 0.0; expected integers"),
        ([0, 4], "contain 4; expected 0 to 3"),
        ([-1], "contain -1"),
        ([2, 0, 2], "contain 2 more than once"),
    ],
)
def test_bad_subset(numbered, indices, message):
    with pytest.raises(InputError, match=message):
        numbered.subset(indices)


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000))
def test_scaled_is_exact(factor):
    values = np.array([[0.1, 3.0], [-2.5, 1e-3]])
    scaled = Dataset.from_array(values).scaled(factor)
    assert (scaled.samples.fractions() == ExactArray.from_array(values).fractions() * factor).all()


@given(
    st.sampled_from(
        [
            ExactArray(np.array([[0, 0], [0, 0]])),
            ExactArray(np.array([[0, 16], [3, 16]])),
            ExactArray(np.array([[0, 16], [2**62, 1 - 2**62]])),
            ExactArray(np.array([[0, 2**80], [3, 16]], dtype=object), 5),
            ExactArray.from_array([[0.1, -0.5], [1e-30, 3.0]]),
            ExactArray.from_strings([["1/3", "2/7"], ["0", "5"]]),
        ]
    ),
    st.fractions(min_value=Fraction(1, 10**6), max_value=10**6)
    | st.sampled_from([Fraction(1, 10**30), Fraction(10**30)]),
    st.integers(0, 2**70),
)
def test_perturbation_is_exact_and_on_the_grid(samples, size, seed):
    moved = Dataset.from_array(samples).perturbed(size, seed=seed)
    steps = (moved.samples.fractions() - samples.fractions()) / size * PERTURBATION_GRID
    words = np.random.PCG64(seed).random_raw(4).tolist()
    assert steps.ravel().tolist() == [word // 2**31 - 2**32 for word in words]


def test_perturbation_is_the_same_everywhere():
    """Golden values: the raw PCG64 stream is guaranteed by NumPy; seed 0 begins 0xa30febcfd9c2825f."""
    moved = Dataset.from_array([[1, 1, 1]]).perturbed(Fraction(1, 8), seed=0)
    assert (moved.samples.numbers.dtype, moved.samples.denominators) == (np.int64, 2**35)
    assert moved.samples.numbers.tolist() == [[35536230303, 32382221297, 30416730962]]


def test_perturbation_repairs_assumption_31():
    flat = Dataset.from_array(np.zeros((50, 9), dtype=int))
    patches = np.array([[0, 1, 3, 4], [4, 5, 7, 8]])
    assert not patch_collisions(flat.samples, patches).holds
    moved = flat.perturbed(Fraction(1, 10**9), seed=3)
    assert patch_collisions(moved.samples, patches).holds
    assert moved.provenance == "given array; perturbed by at most 1/1000000000 (seed 3)"
    steps = moved.samples.fractions().ravel()
    assert min(steps) < -Fraction(9, 10**10)
    assert max(steps) > Fraction(9, 10**10)


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), None, Fraction(0), Fraction(-1)])
def test_bad_scale(numbered, factor):
    with pytest.raises(InputError, match=r"^scale.*expected"):
        numbered.scaled(factor)


@pytest.mark.parametrize(
    ("size", "seed", "message"),
    [
        (Fraction(0), 0, "perturbation = 0"),
        (Fraction(-1, 2), 0, "perturbation = -1/2; expected a positive"),
        (float("nan"), 0, "perturbation is nan; expected a finite number"),
        (None, 0, "size = None; expected a fraction, an integer"),
        (Fraction(1), -1, "seed = -1; expected a non-negative integer"),
        (Fraction(1), True, "seed = True"),
        (Fraction(1), 1.0, "seed = 1.0"),
    ],
)
def test_bad_perturbation(numbered, size, seed, message):
    with pytest.raises(InputError, match=message):
        numbered.perturbed(size, seed=seed)


@pytest.mark.parametrize(
    ("values", "labels", "message"),
    [
        (np.zeros((0, 3)), None, "0 samples of 3 numbers"),
        (np.zeros((3, 0)), None, "3 samples of 0 numbers"),
        ([1, 2], None, r"shape \(2,\); expected \(N, ...\)"),
        ([[1, float("nan")]], None, r"data\[0, 1\] is nan"),
        ([[1], [2, 3]], None, "unequal length"),
        ([[1], [2]], [1], r"labels of shape \(1,\)"),
        ([[1], [2]], [0.5, 1], r"labels\[0\] is 0.5; expected integers"),
        ([[1], [2]], [[1], [2]], r"labels of shape \(2, 1\)"),
        (np.array([["a"]]), None, r"data\[0, 0\]: 'a' is not a number"),
    ],
)
def test_bad_arrays(values, labels, message):
    with pytest.raises(InputError, match=message):
        Dataset.from_array(values, labels=labels)


def test_shape_must_fit():
    with pytest.raises(InputError, match=r"samples of shape \(2, 6\); expected \(N, 8\) for shape = \(2, 4\)"):
        Dataset(ExactArray(np.zeros((2, 6), dtype=np.int64)), (2, 4))


@pytest.mark.parametrize(
    ("shape", "fitting", "others"),
    [
        ((1, 2, 2), [(1, 2, 2), (4,)], [(2, 2), (2, 1, 2), (1, 4), (4, 1)]),
        ((2, 2), [(2, 2), (4,), (1, 2, 2)], [(4, 1), (2, 2, 1), (1, 4)]),
        ((4,), [(4,), (1, 4), (2, 2), (1, 2, 2), (2, 1, 2)], [(5,), (2, 3)]),
    ],
)
def test_inputs_that_read_the_samples_as_they_are(shape, fitting, others):
    data = Dataset.from_array(np.arange(8).reshape(2, *shape))
    for input_shape in fitting:
        data.check_input(input_shape)
    for input_shape in others:
        with pytest.raises(InputError, match="expected"):
            data.check_input(input_shape)
