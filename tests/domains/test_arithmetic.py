"""What all arithmetics share: the same numbers from the same operations, adjoint pairs, and choices."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import (
    Choice,
    KinkMet,
    Undecided,
    gather,
    put,
    require_slopes,
    require_winners,
    scatter,
    take,
)
from exactcnn.domains.dual import Dual
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls, Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residue_arithmetic import Residues
from exactcnn.domains.residues import EvaluationPoint, Modulus
from exactcnn.network.activations import activation

POINT = EvaluationPoint(1048343, 4)
ARITHMETICS = [
    Rationals(),
    Residues(POINT, (Modulus(POINT.modulus),)),
    Residues(POINT, (Modulus(POINT.order), Modulus(POINT.modulus))),
    Balls(),
    Floating(np.dtype("float64")),
    Floating(np.dtype("float32")),
    Enclosed(),
    Symbols(),
    Dual(Rationals()),
    Dual(Dual(Balls())),
]
NAMES = ["Q", "GF(p)", "GF(q) x GF(p)", "balls", "float64", "float32", "enclosures", "SymPy", "dual", "dual of dual"]
POOL = [Fraction(n, d) for n, d in ((0, 1), (1, 1), (-1, 1), (2, 1), (1, 2), (-1, 3), (7, 5), (-9, 4), (11, 1))]


@pytest.fixture(params=ARITHMETICS, ids=NAMES)
def arithmetic(request):
    return request.param


def drawn(rng, *shape):
    """Fractions, as an object array and as an exact array."""
    values = np.empty(shape, dtype=object)
    values.ravel()[:] = [POOL[i] for i in rng.integers(0, len(POOL), int(np.prod(shape)))]
    return values, ExactArray.from_fractions(values.ravel().tolist(), shape)


def slots_of(rng, patches, size, neurons, padding=True):
    return rng.integers(-1 if padding else 0, neurons, (patches, size))


def slow_gather(x, slots):
    result = np.empty((len(x), *slots.shape), dtype=object)
    for i, p, s in np.ndindex(result.shape):
        result[i, p, s] = x[i, slots[p, s]] if slots[p, s] >= 0 else Fraction(0)
    return result


# -------------------------------------------------------------------- the operations


@pytest.mark.parametrize("seed", range(3))
def test_operations_give_the_same_numbers(arithmetic, agrees, seed):
    rng, a = np.random.default_rng(seed), arithmetic
    (x, X), (y, Y), (row, Row), (one, One) = (drawn(rng, *shape) for shape in ((3, 4), (3, 4), (4,), (1, 1)))
    lift = a.lift
    assert agrees(a, lift(X), x)
    assert agrees(a, a.add(lift(X), lift(Y)), x + y)
    assert agrees(a, a.add(lift(X), lift(Row)), x + row)
    assert agrees(a, a.multiply(lift(X), lift(Y)), x * y)
    assert agrees(a, a.multiply(lift(X), lift(One)), x * one)
    assert agrees(a, a.matmul(lift(X), a.transpose(lift(Y))), x @ y.T)
    assert agrees(a, a.total(lift(X)), x.sum(axis=0))
    assert agrees(a, a.reshape(lift(X), -1, 2), x.reshape(-1, 2))
    assert agrees(a, a.transpose(lift(X)), x.T)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("with_biases", [True, False])
def test_affine_maps_and_patches(arithmetic, agrees, seed, with_biases):
    rng, a = np.random.default_rng(seed), arithmetic
    slots = slots_of(rng, 3, 2, 5)
    (x, X), (w, W), (b, B) = (drawn(rng, *shape) for shape in ((2, 5), (2, 4), (12,)))
    patches = slow_gather(x, slots)
    expected = (patches.reshape(6, 2) @ w).reshape(2, 12) + (b if with_biases else 0)
    assert agrees(a, a.affine(a.lift(X), slots, a.lift(W), a.lift(B) if with_biases else None), expected)


def test_winners_and_their_features(arithmetic, agrees):
    if isinstance(arithmetic, (Residues, Symbols)):
        return  # residues and symbols have no order
    rng, a = np.random.default_rng(5), arithmetic
    x = np.array([[Fraction(v) for v in rng.permutation(6)] for _ in range(4)], dtype=object)
    slots = np.array([[0, 1, 2], [3, 3, 4], [5, 0, 5]])
    value = a.lift(ExactArray.from_fractions(x.ravel().tolist(), x.shape))
    choice = a.winners(value, slots)
    maxima = slow_gather(x, slots).max(axis=2)
    assert agrees(a, a.take(value, choice, slots), maxima)
    assert choice.open is None or not choice.open.any()
    assert x[np.arange(4)[:, None], choice.chosen].tolist() == maxima.tolist()


# -------------------------------------------------------------------- adjoint pairs


def inner(arithmetic, x, y, count):
    """Sum of the products of all entries."""
    a = arithmetic
    return a.total(a.reshape(a.multiply(x, y), count))


@pytest.mark.parametrize("seed", range(4))
def test_gather_and_scatter_are_adjoint(arithmetic, agrees, seed):
    """<gather x, y> = <x, scatter y>, both equal to the sum written out."""
    rng, a = np.random.default_rng(seed), arithmetic
    neurons = 6
    slots = slots_of(rng, 4, 3, neurons - 1)  # the last neuron is read by no slot
    (x, X), (y, Y) = drawn(rng, 2, neurons), drawn(rng, 2, 4, 3)
    lifted = a.reshape(a.lift(Y.reshape(8, 3)), 2, 4, 3)  # images are reduced as matrices
    expected = (slow_gather(x, slots) * y).sum()
    scattered = a.scatter(lifted, slots, neurons)
    table = np.zeros((2, neurons), dtype=object)
    for i, p, s in np.ndindex(y.shape):
        if slots[p, s] >= 0:
            table[i, slots[p, s]] += y[i, p, s]
    assert agrees(a, scattered, table)
    flat = a.reshape(lifted, 8, 3)
    left = inner(a, a.reshape(a.gather(a.lift(X), slots), 8, 3), flat, 24)
    assert agrees(a, left, expected)
    assert agrees(a, inner(a, a.lift(X), scattered, 12), expected)


@pytest.mark.parametrize("seed", range(4))
def test_take_and_put_are_adjoint(arithmetic, agrees, seed):
    """<take x, y> = <x, put y>; a neuron may win several patches, or none."""
    rng, a = np.random.default_rng(seed), arithmetic
    winners = rng.integers(0, 4, (3, 5))
    choice, slots = Choice(winners), np.zeros((5, 1), dtype=np.int64)
    (x, X), (y, Y) = drawn(rng, 3, 6), drawn(rng, 3, 5)
    taken = x[np.arange(3)[:, None], winners]
    table = np.zeros((3, 6), dtype=object)
    for i, p in np.ndindex(3, 5):
        table[i, winners[i, p]] += y[i, p]
    assert agrees(a, a.take(a.lift(X), choice, slots), taken)
    assert agrees(a, a.put(a.lift(Y), choice, 6), table)
    expected = (taken * y).sum()
    assert agrees(a, inner(a, a.take(a.lift(X), choice, slots), a.lift(Y), 15), expected)
    assert agrees(a, inner(a, a.lift(X), a.put(a.lift(Y), choice, 6), 18), expected)


@settings(max_examples=80)
@given(st.data(), st.integers(0, 3), st.integers(0, 4), st.integers(1, 3), st.integers(1, 5))
def test_moves_of_integers(data, samples, patches, size, neurons):
    """Any shapes, no samples and no patches included; int64 beyond 2^53 is kept."""
    slots = np.array(
        data.draw(st.lists(st.integers(-1, neurons - 1), min_size=patches * size, max_size=patches * size)),
        dtype=np.int64,
    ).reshape(patches, size)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    for dtype in (np.int64, object, np.float64):
        top = 2**60 if dtype == np.int64 else 2**50
        x = rng.integers(-top, top, (samples, neurons)).astype(dtype)
        y = rng.integers(-5, 5, (samples, patches, size)).astype(dtype)
        gathered, scattered = gather(x, slots), scatter(y, slots, neurons)
        assert (gathered.dtype, scattered.dtype) == (x.dtype, x.dtype)
        for i, p, s in np.ndindex(gathered.shape):
            assert gathered[i, p, s] == (x[i, slots[p, s]] if slots[p, s] >= 0 else 0)
        for i, j in np.ndindex(scattered.shape):
            assert scattered[i, j] == sum(y[i, p, s] for p, s in np.argwhere(slots == j))
        winners = rng.integers(0, neurons, (samples, patches))
        assert take(x, winners).tolist() == [[x[i, w] for w in winners[i]] for i in range(samples)]
        found = put(y[:, :, 0], winners, neurons)
        for i, j in np.ndindex(found.shape):
            assert found[i, j] == sum(y[i, p, 0] for p in range(patches) if winners[i, p] == j)


# -------------------------------------------------------------------- choices


def test_open_places():
    chosen = np.zeros((1, 2), dtype=np.int8)
    assert Choice(chosen).open is None
    assert Choice(chosen, last=np.array([[0, 1]])).open.tolist() == [[False, True]]
    contenders = np.array([[[True, True], [True, False], [False, False]]])
    assert Choice(np.zeros((1, 3), dtype=int), contenders=contenders).open.tolist() == [[True, False, False]]


def test_decisions_on_some_samples_replace_all_that_was_known_of_them():
    rows = np.array([2, 0])
    open_ = Choice(np.zeros((3, 1), dtype=np.int8), last=np.ones((3, 1), dtype=np.int8))
    exact = Choice(np.array([[1], [0]], dtype=np.int8), ties=np.array([[False], [True]]))
    both = open_.replaced(rows, exact)
    assert both.chosen.tolist() == [[0], [0], [1]]
    assert both.open.tolist() == [[False], [True], [False]]
    assert both.ties.tolist() == [[True], [False], [False]]
    assert open_.chosen.tolist() == [[0], [0], [0]]  # nothing is changed in place
    assert open_.last.tolist() == [[1], [1], [1]]

    pooled = Choice(np.array([[5], [6]]), contenders=np.ones((2, 1, 3), dtype=bool), ties=np.array([[True], [True]]))
    after = pooled.replaced(np.array([1]), Choice(np.array([[7]])))
    assert after.chosen.tolist() == [[5], [7]]
    assert after.open.tolist() == [[True], [False]]
    assert after.ties.tolist() == [[True], [False]]
    assert pooled.ties.tolist() == [[True], [True]]
    assert Choice(np.array([[5]])).replaced(np.array([0]), Choice(np.array([[4]]))).ties is None


def test_derivatives_ask_for_more_than_values():
    relu, smooth, relu6 = (activation(name) for name in ("relu", "squared-relu", "relu6"))
    certain = Choice(np.zeros((2, 2), dtype=np.int8))
    for curve in (relu, smooth):
        require_slopes(curve, None)
        require_slopes(curve, certain)
    open_ = Choice(certain.chosen, last=np.array([[0, 0], [0, 1]]))
    with pytest.raises(Undecided, match="a sign on sample 1 is not decided; expected exact values") as caught:
        require_slopes(smooth, open_)  # also where it would not matter: this choice says nothing of slopes
    assert caught.value.samples.tolist() == [1]
    tied = Choice(certain.chosen, ties=np.array([[False, True], [False, False]]))
    require_slopes(smooth, tied)
    with pytest.raises(KinkMet, match="neuron 1 is at a kink on sample 0; expected a point where derivatives exist"):
        require_slopes(relu, tied)
    second = Choice(np.array([[0, 1]], dtype=np.int8), ties=np.array([[False, True]]))
    with pytest.raises(KinkMet):
        require_slopes(relu6, second)  # at 6

    require_winners(Choice(np.array([[3]])))
    with pytest.raises(Undecided, match="a winner on sample 0"):
        require_winners(Choice(np.array([[3]]), contenders=np.ones((1, 1, 2), dtype=bool)))
    with pytest.raises(KinkMet) as met:
        require_winners(Choice(np.zeros((3, 2), dtype=int), ties=np.array([[0, 0], [0, 0], [0, 1]], dtype=bool)))
    assert (met.value.sample, met.value.neuron) == (2, 1)
    assert "sample ?" in str(Undecided(np.empty(0, dtype=np.intp), "a sign"))
