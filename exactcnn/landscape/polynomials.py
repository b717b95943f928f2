"""The loss along a line, for networks whose activations are polynomials: a polynomial in one variable, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Objects
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import evaluate
from exactcnn.landscape.objective import Objective


def along(objective: Objective, direction: ExactArray) -> list[Fraction]:
    """Coefficients of Φ(θ + t d) by powers of t, for polynomial activations."""
    from flint import fmpq_poly

    field, instance = Polynomials(), objective.instance
    assert instance.samples is not None
    assert instance.targets is not None
    theta = field.lift(objective.theta) + field.lift(direction) * _polynomials([fmpq_poly([0, 1])], (1,))
    samples, targets = field.lift(instance.samples), field.lift(instance.targets)
    twice = evaluate(field, objective.coordinates, theta, samples, targets).twice_the_loss.item()
    return [Fraction(int(c.p), int(c.q)) / 2 for c in twice.coeffs()]


class Polynomials(Objects):
    """The arithmetic of Q[t]; curves are polynomials, and there is nothing to choose.

    Examples
    --------
    >>> Polynomials().lift(ExactArray.from_strings(["1/2"])).tolist()
    [1/2]
    """

    def lift(self, x: ExactArray) -> NDArray[Any]:
        """Constants."""
        from flint import fmpq, fmpq_poly

        values = x.fractions().ravel().tolist()
        return _polynomials([fmpq_poly([fmpq(v.numerator, v.denominator)]) for v in values], x.shape)

    def total(self, x: NDArray[Any]) -> NDArray[Any]:
        """Sum over the first axis."""
        columns = x.reshape(len(x), -1).T.tolist()
        return _polynomials([sum(column[1:], column[0]) for column in columns], x.shape[1:])

    def pieces(self, curve: Curve, z: NDArray[Any]) -> Choice:
        """Refuse: a polynomial has no sign."""
        raise InputError("a polynomial has no sign; expected activations without kinks")

    def winners(self, x: NDArray[Any], slots: NDArray[np.int64]) -> Choice:
        """Refuse: polynomials have no order."""
        raise InputError("polynomials have no order; expected layers without maxima")

    def apply(self, curve: Curve, z: NDArray[Any], choice: Choice | None) -> NDArray[Any]:
        """Values, by composition."""
        from flint import fmpq, fmpq_poly

        terms = {i: fmpq(c.numerator, c.denominator) for i, _, c in curve.pieces[0].numerator}
        outer = fmpq_poly([terms.get(i, fmpq(0)) for i in range(max(terms, default=0) + 1)])
        return _polynomials([outer(value) for value in z.ravel().tolist()], z.shape)


def _polynomials(values: list[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of polynomials, which NumPy by itself takes for sequences."""
    result = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        result[i] = value
    return result.reshape(shape)
