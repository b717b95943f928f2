"""The population loss of ReLU students under Gaussian inputs, in closed form, with its derivatives.

F(W) = ½ E (Σ_i relu(w_i·x) − Σ_j relu(e_j·x))², x ~ N(0, I_n): n units learn the n unit vectors, output weights are 1.
With a = |w|², b = |v|², c = w·v, D = ab − c² and A = π − θ = π/2 + arctan(c/√D), θ the angle between w and v,

    2π E relu(w·x) relu(v·x) = √D + cA,    E relu(w·x)² = |w|²/2    (Cho and Saul),

where D > 0, that is, where no two vectors are parallel. There, with P = v − (c/a)w and Q = w − (c/b)v, and since
∂A/∂w = P/√D and ∂√D/∂w = (bw − cv)/√D, the derivatives of the left side are

    ∂_w: (√D/a) w + A v,    ∂_w²: (√D/a)(I − wwᵀ/a) + PPᵀ/√D,    ∂_w∂_v: A I + (wPᵀ + vQᵀ)/√D.

The gradient: c ∂A/∂w and the part of ∂√D/∂w along P cancel, as P ⟂ w and bw − cv = (D/a)w − cP. F ≥ 0, and F = 0 where
the students are the unit vectors: every other minimum is spurious.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.objective import MOST_PARAMETERS
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

Values = NDArray[Any]


# -------------------------------------------------------------------- the closed form


@dataclass(frozen=True)
class Numbers:
    """Floats, or balls at the working precision."""

    number: Callable[[int], Any]
    sqrt: Callable[[Any], Any]
    arctan: Callable[[Any], Any]
    pi: Any


def floats() -> Numbers:
    """Return the arithmetic of floats."""
    return Numbers(float, math.sqrt, math.atan, math.pi)


def balls() -> Numbers:
    """Return the arithmetic of balls."""
    from flint import arb

    return Numbers(arb, arb.sqrt, arb.atan, arb.pi())


@dataclass(frozen=True, eq=False)
class Pair:
    """Two vectors that are not parallel, and what all formulas need of them: see the head of the module."""

    w: Values
    v: Values
    a: Any
    b: Any
    c: Any
    root: Any
    angle: Any

    @property
    def value(self) -> Any:
        """2π E relu(w·x) relu(v·x)."""
        return self.root + self.c * self.angle

    @property
    def slope(self) -> Values:
        """Its gradient by w."""
        slope: Values = self.w * (self.root / self.a) + self.v * self.angle
        return slope

    @property
    def own_bend(self) -> Values:
        """Its Hessian by w."""
        across = self.v - self.w * (self.c / self.a)
        unit = np.eye(len(self.w), dtype=int) - np.outer(self.w, self.w) / self.a
        bend: Values = unit * (self.root / self.a) + np.outer(across, across) / self.root
        return bend

    @property
    def mixed_bend(self) -> Values:
        """Its derivatives by w (rows) and v (columns)."""
        across, back = self.v - self.w * (self.c / self.a), self.w - self.v * (self.c / self.b)
        outer = np.outer(self.w, across) + np.outer(self.v, back)
        bend: Values = np.eye(len(self.w), dtype=int) * self.angle + outer / self.root
        return bend


@dataclass(frozen=True, eq=False)
class PopulationEvaluation:
    """The loss at one W, or on a box, with its derivatives by the coordinates W1[slot, unit] in C order.

    Attributes
    ----------
    numbers : Numbers
    students : ndarray (n, n)
        A row for each unit.

    Raises
    ------
    InputError
        Where two vectors may be parallel.
    """

    numbers: Numbers
    students: Values

    @cached_property
    def _pairs(self) -> dict[tuple[int, int], Pair]:
        """Of students, and of a student and a unit vector, which has the number n + j."""
        n = len(self.students)
        units = np.array([[self.numbers.number(int(i == j)) for j in range(n)] for i in range(n)], dtype=object)
        rows = [*self.students, *units]
        return {(i, q): self._pair(i, q, rows) for i in range(n) for q in range(2 * n) if q != i}

    def _pair(self, i: int, q: int, rows: list[Values]) -> Pair:
        w, v = rows[i], rows[q]
        a, b, c = (w * w).sum(), (v * v).sum(), (w * v).sum()
        determinant = a * b - c * c
        if not determinant > 0:
            n = len(self.students)
            other = f"unit {q}" if q < n else f"the unit vector {q - n}"
            raise InputError(f"unit {i} may be parallel to {other}; expected weights in other directions")
        root = self.numbers.sqrt(determinant)
        return Pair(w, v, a, b, c, root, self.numbers.pi / 2 + self.numbers.arctan(c / root))

    @cached_property
    def twice_the_loss(self) -> Values:
        """2F, without axes."""
        n, pi = len(self.students), self.numbers.pi
        pairs = sum(
            (pair.value if q < n else -pair.value for (i, q), pair in self._pairs.items() if i < q),
            self.numbers.number(n * (n - 1) // 2),  # of two unit vectors each
        )
        squares = (self.students * self.students).sum() + self.numbers.number(n)
        return np.array(squares / 2 + pairs / pi, dtype=object)

    @cached_property
    def gradient(self) -> Values:
        """∇F, (n²,)."""
        n, pi = len(self.students), self.numbers.pi
        slopes = self.students / 2
        for (i, q), pair in self._pairs.items():
            slopes[i] = slopes[i] + (pair.slope if q < n else -pair.slope) / (2 * pi)
        return slopes.T.ravel()

    @cached_property
    def _hessian(self) -> Values:
        n, pi = len(self.students), self.numbers.pi
        half = np.eye(n, dtype=int) * (self.numbers.number(1) / 2)
        bends = np.empty((n, n, n, n), dtype=object)  # unit, slot, unit, slot
        for i in range(n):
            bends[i, :, i, :] = half
        for (i, q), pair in self._pairs.items():
            bends[i, :, i, :] += (pair.own_bend if q < n else -pair.own_bend) / (2 * pi)
            if q < n:
                bends[i, :, q, :] = pair.mixed_bend / (2 * pi)
        return bends.transpose(1, 0, 3, 2).reshape(n * n, n * n)

    def hessian(self, free: NDArray[np.intp]) -> Values:
        """Second derivatives by some coordinates."""
        return self._hessian[np.ix_(free, free)]


# -------------------------------------------------------------------- the loss


def student_network(units: int) -> Network:
    """Return the network of n inputs, n ReLUs without biases, and their sum."""
    hidden = FullyConnected(units, activation="relu", bias="none")
    return Network((units,), [hidden, FullyConnected(1, activation="identity", bias="none")])


@dataclass(frozen=True, eq=False)
class PopulationLoss:
    """F at the weights of n students.

    Parameters
    ----------
    weights : ExactArray or array_like (n, n)
        W_1, a column for each unit.

    Raises
    ------
    InputError
        If the weights are not square, or too many for a Hessian.

    References
    ----------
    .. [1] Safran and Shamir, "Spurious local minima are common in two-layer ReLU neural networks", ICML 2018.
    .. [2] Cho and Saul, "Kernel methods for deep learning", NIPS 2009.

    Examples
    --------
    >>> loss = PopulationLoss([[1, 1], [0, 1]])
    >>> round(float(loss.in_floats().twice_the_loss) / 2, 6)
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: unit 0 may be parallel to the unit vector 0; expected weights in other directions
    >>> loss = PopulationLoss([[2, 1], [1, 2]])
    >>> round(float(loss.in_floats().twice_the_loss) / 2, 6)
    1.919608
    """

    weights: ExactArray

    def __post_init__(self) -> None:
        weights = exact_array(self.weights, name="weights")
        shape = weights.shape
        if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
            raise InputError(f"weights have shape {shape}; expected (n, n), as many units as inputs")
        if shape[0] ** 2 > MOST_PARAMETERS:
            raise InputError(f"weights have {shape[0] ** 2} entries; expected at most {MOST_PARAMETERS}")
        object.__setattr__(self, "weights", weights)

    @property
    def units(self) -> int:
        """n."""
        return len(self.weights)

    @cached_property
    def coordinates(self) -> Coordinates:
        """Names of the parameters of the network; those of layer 1 come first, and are the variables here."""
        return Coordinates(student_network(self.units))

    @property
    def theta(self) -> ExactArray:
        """The weights as one vector, (n²,)."""
        return self.weights.reshape(-1)

    def at(self, theta: Any) -> PopulationLoss:
        """Return the loss at other weights, (n²,)."""
        return PopulationLoss(exact_array(theta, name="theta").reshape(self.units, self.units))

    def teacher(self) -> PopulationLoss:
        """The loss at the unit vectors, which is 0."""
        return PopulationLoss(ExactArray.from_array(np.eye(self.units, dtype=int)))

    def parameters(self) -> Parameters:
        """All parameters of the network, with output weights 1."""
        ones = exact_array([[1]] * self.units, name="ones")
        return Parameters.from_arrays(student_network(self.units), {"W1": self.weights, "W2": ones})

    def in_balls(self, theta: Values | None = None) -> PopulationEvaluation:
        """Evaluate in balls, at the working precision; weights with radii stand for all that they contain."""
        values = Balls().lift(self.theta) if theta is None else theta
        return PopulationEvaluation(balls(), values.reshape(self.units, self.units).T)

    def in_floats(self, theta: NDArray[np.float64] | None = None) -> PopulationEvaluation:
        """Evaluate in float64."""
        values = self.theta.floats()[0] if theta is None else theta
        return PopulationEvaluation(floats(), values.reshape(self.units, self.units).T.astype(object))
