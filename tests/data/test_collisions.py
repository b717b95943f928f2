"""Assumption 3.1: planted violations, and a brute-force twin over fractions."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.data import collisions
from exactcnn.data.collisions import patch_collisions
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError


def brute_force(samples, patches, cross_position):
    """The definition, pair by pair, over fractions."""
    rows = samples.fractions().tolist()
    value = {
        (i, p): tuple(row[n] if n >= 0 else Fraction(0) for n in patch)
        for i, row in enumerate(rows)
        for p, patch in enumerate(patches.tolist())
    }
    pairs = [
        (i, p, j, q)
        for (i, p), (j, q) in product(value, value)
        if i < j and (cross_position or p == q) and value[i, p] == value[j, q]
    ]
    shares = {(i, j) for i, _, j, _ in pairs}
    kept = []
    for j in range(len(rows)):
        if all((i, j) not in shares for i in kept):
            kept.append(j)
    return {
        "holds": not pairs,
        "samples_involved": len({n for pair in shares for n in pair}),
        "coinciding_values": len({(value[i, p], None if cross_position else p) for i, p, _, _ in pairs}),
        "first_pair": min(pairs, key=lambda pair: (pair[2], pair[3], pair[0], pair[1]), default=None),
        "largest_prefix": min((j for _, j in shares), default=len(rows)),
        "maximal_subsample": tuple(kept),
    }


def agrees(samples, patches, cross_position):
    found = patch_collisions(samples, patches, cross_position=cross_position)
    expected = brute_force(samples, patches, cross_position)
    assert {key: getattr(found, key) for key in expected} == expected


@st.composite
def instances(draw):
    count, width = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    positions, size = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    numbers = draw(
        st.sampled_from(
            [
                st.integers(-1, 1),
                st.integers(0, 30),
                st.sampled_from([2**63 - 1, -(2**63) + 1, 2**70, 2**70 + 1, 0]),
                st.sampled_from([0.0, -0.0, 0.5, 1e-300, 5e-324]),
                st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(2, 7), Fraction(2**64, 3)]),
            ]
        )
    )
    values = draw(st.lists(numbers, min_size=count * width, max_size=count * width))
    if isinstance(values[0], float):
        samples = ExactArray.from_array(np.array(values).reshape(count, width))
    else:
        samples = ExactArray.from_fractions(values, (count, width))
    neurons = st.integers(-1, width - 1)
    slots = draw(st.lists(neurons, min_size=positions * size, max_size=positions * size))
    return samples, np.array(slots).reshape(positions, size)


@given(instances(), st.booleans())
def test_agrees_with_brute_force(instance, cross_position):
    agrees(*instance, cross_position)


@pytest.mark.parametrize("bits", [0, 1, 3])
@settings(max_examples=60)
@given(instance=instances(), cross_position=st.booleans())
def test_the_hash_only_costs_time(bits, instance, cross_position):
    """With nearly all hashes equal, the entry by entry comparison still separates all values."""
    strong = collisions._hashes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collisions, "_hashes", lambda *arguments: strong(*arguments) & np.uint64(2**bits - 1))
        agrees(*instance, cross_position)


@settings(max_examples=60)
@given(instance=instances(), cross_position=st.booleans())
def test_small_chunks(instance, cross_position):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collisions, "CHUNK", 1)
        agrees(*instance, cross_position)


@pytest.mark.parametrize("cross_position", [True, False])
def test_constant_images(cross_position):
    """All patches of a sample are equal, samples differ: the assumption holds (one value per sample)."""
    samples = ExactArray.from_array(np.arange(6)[:, None] * np.ones((1, 9), dtype=np.int64))
    found = patch_collisions(samples, np.array([[0, 1, 3, 4], [1, 2, 4, 5]]), cross_position=cross_position)
    assert found.holds
    assert (found.largest_prefix, found.maximal_subsample) == (6, tuple(range(6)))


def test_only_cross_position():
    samples = ExactArray.from_array([[1, 2, 3, 4], [5, 1, 2, 6]])
    patches = np.array([[0, 1], [1, 2], [2, 3]])
    assert patch_collisions(samples, patches).first_pair == (0, 0, 1, 1)
    assert patch_collisions(samples, patches, cross_position=False).holds


def test_padding_is_the_constant_zero():
    samples = ExactArray.from_array([[0, 7], [7, 9]])
    assert patch_collisions(samples, np.array([[-1, 0], [0, 1]])).first_pair == (0, 1, 1, 0)
    nowhere_zero = ExactArray.from_array([[1, 7], [7, 9]])
    assert patch_collisions(nowhere_zero, np.array([[-1, 0], [0, 1]])).holds
    assert patch_collisions(nowhere_zero, np.array([[-1, -1]])).first_pair == (0, 0, 1, 0)


def test_equal_numbers_in_different_storage():
    """2/4 and 1/2, and 0.0 and -0.0, are the same numbers."""
    halves = ExactArray(np.array([[2, 0], [1, 5]]), np.array([[4, 3], [2, 3]]))
    assert patch_collisions(halves, np.array([[0]])).first_pair == (0, 0, 1, 0)
    assert patch_collisions(ExactArray.from_array([[0.0], [-0.0]]), np.array([[0]])).first_pair == (0, 0, 1, 0)


def test_planted_pair_in_many_samples():
    """3000 samples of short floats (whose bit patterns end in zeros), one planted pair of equal patches."""
    values = np.random.default_rng(1).integers(1, 2**30, (3000, 40)) / 2**20
    values[2500, 30:34] = values[77, 3:7]
    patches = np.arange(37)[:, None] + np.arange(4)
    found = patch_collisions(ExactArray.from_array(values), patches)
    assert found.first_pair == (77, 3, 2500, 30)
    assert (found.samples_involved, found.coinciding_values, found.largest_prefix) == (2, 1, 2500)
    assert found.maximal_subsample == (*range(2500), *range(2501, 3000))
    assert patch_collisions(ExactArray.from_array(values), patches, cross_position=False).holds


def test_hashes_separate_short_floats():
    """Codes of 1, 5/4, 3/2, 7/4 end in 50 zero bits: sums of their multiples would share 2**14 hashes."""
    codes = ExactArray.from_array(1 + np.argwhere(np.ones([4] * 6)) / 4).codes()
    assert len(np.unique(collisions._hashes(codes, np.arange(6)[None], True))) == 4**6


def test_mixing_is_a_bijection():
    """Inverse by undoing each step with Python integers."""
    words = np.random.default_rng(5).integers(-(2**63), 2**63, 200, dtype=np.int64)

    def unshift(x, bits):
        y = x
        for _ in range(64 // bits + 1):
            y = x ^ (y >> bits)
        return y

    for word, mixed in zip(words.tolist(), collisions._mixed(words).tolist(), strict=True):
        x = unshift(mixed, 31) * pow(0x94D049BB133111EB, -1, 2**64) % 2**64
        x = unshift(x, 27) * pow(0xBF58476D1CE4E5B9, -1, 2**64) % 2**64
        assert unshift(x, 30) == word % 2**64


def test_input_is_not_changed():
    values = np.array([[1, 2], [2, 1]])
    patches = np.array([[0, -1], [1, 0]])
    before = values.copy(), patches.copy()
    patch_collisions(ExactArray(values), patches)
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(patches, before[1])


def test_too_large_for_memory():
    samples = ExactArray(np.broadcast_to(np.int64(1), (10**9, 10**3)))
    with pytest.raises(InputError, match="comparing 1000000000 samples of 1 patches would take 14945 GiB"):
        patch_collisions(samples, np.array([[0, 1]]))


@pytest.mark.parametrize(
    ("samples", "patches", "message"),
    [
        (np.zeros((2, 3), dtype=int), [[0, 3]], r"patches\[0, 1\] is 3; expected -1"),
        (np.zeros((2, 3), dtype=int), [[0, 1], [-2, 1]], r"patches\[1, 0\] is -2"),
        (np.zeros((2, 3), dtype=int), np.zeros((0, 2), dtype=int), r"patches has shape \(0, 2\)"),
        (np.zeros((2, 3), dtype=int), [0, 1], r"patches has shape \(2,\)"),
        (np.zeros((2, 3), dtype=int), [[0.0]], r"patches\[0, 0\] is 0.0; expected integers"),
        (np.zeros((0, 3), dtype=int), [[0]], "at least one sample"),
        (np.zeros(3, dtype=int), [[0]], "samples has shape"),
    ],
)
def test_bad_input(samples, patches, message):
    with pytest.raises(InputError, match=message):
        patch_collisions(ExactArray(samples), np.array(patches))
