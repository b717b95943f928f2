"""What a network is evaluated in: one interface for rationals, residues, balls, floats, enclosures, symbols and duals.

A layer is an affine map on gathered patches, then a curve of every entry or the largest entry of every patch. So an
arithmetic adds, multiplies, gathers and applies curves, and knows how far it can tell which piece of a curve holds and
which entry is the largest: a `Choice`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import ExactCNNError

A = TypeVar("A")
Array = NDArray[Any]


class Undecided(ExactCNNError):
    """A sign or a winner that this arithmetic cannot tell, and that matters here.

    Parameters
    ----------
    samples : ndarray of int
        The samples where one is open.
    what : str
        A sign or a winner.
    """

    def __init__(self, samples: NDArray[np.intp], what: str) -> None:
        super().__init__(
            f"{what} on sample {samples[0] if samples.size else '?'} is not decided; expected exact values"
        )
        self.samples = samples


class KinkMet(ExactCNNError):
    """A derivative was asked for where the slopes from the left and from the right differ."""

    def __init__(self, sample: int, neuron: int) -> None:
        super().__init__(f"neuron {neuron} is at a kink on sample {sample}; expected a point where derivatives exist")
        self.sample, self.neuron = sample, neuron


@dataclass(frozen=True, eq=False)
class Choice:
    """Which piece of a curve holds at every entry, or which entry of every patch is the largest.

    Parameters
    ----------
    chosen : ndarray of int (N, n) or (N, P)
        Index of a piece, or number of the neuron that wins.
    last : ndarray of int (N, n), optional
        The largest index of a piece that may hold, where it is not certain; None where all are. The candidates are
        `chosen` to `last`.
    contenders : ndarray of bool (N, P, l), optional
        Which entries of a patch may be the largest; None where all winners are certain.
    ties : ndarray of bool (N, n) or (N, P), optional
        Where the value lies on a kink (its left piece is chosen), or several entries are the largest, exactly. Where
        one candidate is left, there are no others; None where there are none at all.
    """

    chosen: NDArray[Any]
    last: NDArray[Any] | None = None
    contenders: NDArray[np.bool_] | None = None
    ties: NDArray[np.bool_] | None = None

    @property
    def open(self) -> NDArray[np.bool_] | None:
        """Where more than one candidate is left, of the shape of `chosen`; None where nowhere."""
        if self.last is not None:
            return np.asarray(self.last != self.chosen)
        return None if self.contenders is None else np.asarray(self.contenders.sum(axis=2) > 1)

    def replaced(self, samples: NDArray[np.intp], other: Choice) -> Choice:
        """Return this choice with some samples' rows from another one, which is certain there."""
        chosen = self.chosen.copy()
        chosen[samples] = other.chosen
        last, contenders, ties = self.last, self.contenders, self.ties
        if last is not None:
            last = last.copy()
            last[samples] = other.chosen
        if contenders is not None:
            contenders = contenders.copy()
            contenders[samples] = False
        if ties is not None or other.ties is not None:
            ties = np.zeros(chosen.shape, dtype=bool) if ties is None else ties.copy()
            ties[samples] = False if other.ties is None else other.ties
        return Choice(chosen, last, contenders, ties)


class Arithmetic(Protocol[A]):
    """The operations of a walk through a network, on values of one kind.

    Values are arrays, or tuples of arrays, with the shapes of NumPy: features (N, n), patches (N, P, l).
    """

    def lift(self, x: ExactArray) -> A:
        """Take exact numbers."""
        ...

    def affine(self, x: A, slots: NDArray[np.int64], weights: A, biases: A | None) -> A:
        """Pre-activations: gathered patches @ weights + biases; (N, n), (P, l), (l, T) and (P T,) give (N, P T)."""
        ...

    def matmul(self, x: A, y: A) -> A:
        """Matrix product."""
        ...

    def add(self, x: A, y: A) -> A:
        """Add, entry by entry."""
        ...

    def multiply(self, x: A, y: A) -> A:
        """Multiply, entry by entry."""
        ...

    def total(self, x: A) -> A:
        """Sum over the first axis."""
        ...

    def map(self, x: A, function: Callable[[Array], Array]) -> A:
        """Move entries: what a function does to an array of any dtype, index, repeat, fill with zeros."""
        ...

    def concatenate(self, parts: Sequence[A], axis: int = 0) -> A:
        """Join along an axis."""
        ...

    def reshape(self, x: A, *shape: int) -> A:
        """Give another shape, in C order."""
        ...

    def transpose(self, x: A) -> A:
        """Transpose a matrix."""
        ...

    def gather(self, x: A, slots: NDArray[np.int64]) -> A:
        """Patches (N, P, l) of features (N, n); a slot -1 reads 0."""
        ...

    def scatter(self, x: A, slots: NDArray[np.int64], width: int) -> A:
        """Transpose of `gather`: every neuron collects what its slots hold, (N, P, l) to (N, width)."""
        ...

    def take(self, x: A, choice: Choice, slots: NDArray[np.int64]) -> A:
        """Features of the winning neurons, (N, n) to (N, P)."""
        ...

    def put(self, x: A, choice: Choice, width: int) -> A:
        """Transpose of `take`: (N, P) to (N, width)."""
        ...

    def pieces(self, curve: Curve, z: A) -> Choice:
        """Tell which pieces hold, as far as this arithmetic can."""
        ...

    def winners(self, x: A, slots: NDArray[np.int64]) -> Choice:
        """Tell which neurons win, as far as this arithmetic can; slots without padding."""
        ...

    def apply(self, curve: Curve, z: A, choice: Choice | None) -> A:
        """Values of a curve; the choice is that of its pieces, None for a curve without kinks."""
        ...


# -------------------------------------------------------------------- arrays of any dtype


def gather(x: Array, slots: NDArray[np.int64]) -> Array:
    """Patches (N, P, l): a column of zeros behind the features serves the slots -1.

    Examples
    --------
    >>> gather(np.array([[5, 7]]), np.array([[0, 1], [1, -1]])).tolist()
    [[[5, 7], [7, 0]]]
    """
    zero = np.zeros((len(x), 1), dtype=x.dtype)
    # unlike an index, `take` leaves the patches of a sample side by side in memory
    return np.concatenate([x, zero], axis=1).take(slots, axis=1)


def patch_products(x: Array, slots: NDArray[np.int64], weights: Array) -> Array:
    """Inner products of all patches with all filters: (N, n), (P, l) and (l, T) give (N, P T), as `@` computes them.

    Examples
    --------
    >>> patch_products(np.array([[5, 7]]), np.array([[0, 1], [1, -1]]), np.array([[1, 0], [1, 2]])).tolist()
    [[12, 14, 7, 0]]
    """
    samples, (positions, size) = len(x), slots.shape
    product: Array = gather(x, slots).reshape(samples * positions, size) @ weights
    return product.reshape(samples, positions * weights.shape[1])


def scatter(x: Array, slots: NDArray[np.int64], width: int) -> Array:
    """Sum of the entries (N, P, l) whose slot reads a neuron, for each of `width` neurons.

    Examples
    --------
    >>> scatter(np.array([[[1, 2], [3, 4]]]), np.array([[0, 1], [1, -1]]), 3).tolist()
    [[1, 5, 0]]
    """
    flat = slots.ravel()
    order = np.argsort(flat, kind="stable")[int((flat < 0).sum()) :]
    neurons, starts = np.unique(flat[order], return_index=True)
    result = np.zeros((len(x), width), dtype=x.dtype)
    if len(neurons) and len(x):
        result[:, neurons] = np.add.reduceat(x.reshape(len(x), -1)[:, order], starts, axis=1)
    return result


def take(x: Array, winners: NDArray[Any]) -> Array:
    """Entries of the winners, sample by sample."""
    return np.take_along_axis(x, winners.astype(np.intp), 1)


def put(x: Array, winners: NDArray[Any], width: int) -> Array:
    """Transpose of `take`."""
    result = np.zeros((len(x), width), dtype=x.dtype)
    rows = np.broadcast_to(np.arange(len(x))[:, None], winners.shape)
    np.add.at(result, (rows, winners), x)
    return result


class Arrays:
    """The operations that only move entries, for an arithmetic that says how to map a function over its arrays."""

    def map(self, x: Any, function: Callable[[Array], Array]) -> Any:
        """Apply a function to the array, or to each array, of a value."""
        return function(x)

    def concatenate(self, parts: Sequence[Any], axis: int = 0) -> Any:
        """Join along an axis."""
        if isinstance(parts[0], tuple):
            return tuple(np.concatenate(arrays, axis) for arrays in zip(*parts, strict=True))
        return np.concatenate(parts, axis)

    def reshape(self, x: Any, *shape: int) -> Any:
        """Give another shape, in C order."""
        return self.map(x, lambda a: a.reshape(shape))

    def transpose(self, x: Any) -> Any:
        """Transpose a matrix."""
        return self.map(x, lambda a: a.T)

    def gather(self, x: Any, slots: NDArray[np.int64]) -> Any:
        """Patches of features."""
        return self.map(x, lambda a: gather(a, slots))

    def scatter(self, x: Any, slots: NDArray[np.int64], width: int) -> Any:
        """Transpose of `gather`."""
        return self.map(x, lambda a: scatter(a, slots, width))

    def take(self, x: Any, choice: Choice, slots: NDArray[np.int64]) -> Any:
        """Features of the winning neurons."""
        return self.map(x, lambda a: take(a, choice.chosen))

    def put(self, x: Any, choice: Choice, width: int) -> Any:
        """Transpose of `take`."""
        return self.map(x, lambda a: put(a, choice.chosen, width))


def require_slopes(curve: Curve, choice: Choice | None) -> None:
    """Refuse a derivative where a piece is not certain, or where the left and the right slope differ.

    Raises
    ------
    Undecided
        Where a piece is open: a choice that does not matter for a value does matter for a slope.
    KinkMet
        Where an argument is known to lie on a kink with two slopes.
    """
    if choice is None:
        return
    open_ = choice.open
    if open_ is not None and open_.any():
        raise Undecided(np.flatnonzero(open_.any(axis=1)), "a sign")
    if choice.ties is not None and choice.ties.any():
        sharp = np.array([not curve.smooth_at(index) for index in range(len(curve.kinks))])
        for sample, neuron in np.argwhere(choice.ties).tolist():
            # at a kink the left piece is chosen, which has the number of the kink
            if sharp[int(choice.chosen[sample, neuron])]:
                raise KinkMet(sample, neuron)


def require_winners(choice: Choice) -> None:
    """Refuse a derivative of a maximum whose winner is open or tied; raises as `require_slopes` does."""
    open_ = choice.open
    if open_ is not None and open_.any():
        raise Undecided(np.flatnonzero(open_.any(axis=1)), "a winner")
    if choice.ties is not None and choice.ties.any():
        raise KinkMet(*np.argwhere(choice.ties)[0].tolist())
