"""The loss along a curve where activations are polynomials near the point: a polynomial in one variable, exactly."""

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


def along(objective: Objective, directions: ExactArray) -> list[Fraction]:
    """Coefficients of Φ(θ + t d_1 + t² d_2 + …) by powers of t near 0, for directions (r, P).

    Raises
    ------
    InputError
        Where a pre-activation that varies is on a breakpoint, and at maxima.
    """
    from flint import fmpq_poly

    field, instance = Polynomials(), objective.instance
    assert instance.samples is not None
    assert instance.targets is not None
    powers = _polynomials([fmpq_poly([*[0] * i, 1]) for i in range(1, len(directions) + 1)], (len(directions), 1))
    theta = field.lift(objective.theta) + (field.lift(directions) * powers).sum(axis=0)
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
        """Pieces near 0; refuse a polynomial that varies and is on a breakpoint there."""
        kinks = [_number(kink) for kink in curve.kinks]
        chosen = np.empty(z.shape, dtype=np.int8)
        for place, value in np.ndenumerate(z):
            if value[0] in kinks and value.degree() > 0:
                raise InputError("a pre-activation is on a breakpoint; expected a point off them")
            chosen[place] = sum(bool(kink < value[0]) for kink in kinks)
        return Choice(chosen)

    def winners(self, x: NDArray[Any], slots: NDArray[np.int64]) -> Choice:
        """Refuse: polynomials have no order."""
        raise InputError("polynomials have no order; expected layers without maxima")

    def apply(self, curve: Curve, z: NDArray[Any], choice: Choice | None) -> NDArray[Any]:
        """Values, by composition."""
        from flint import fmpq_poly

        outer = []
        for piece in curve.pieces:
            if any(i or j for i, j, _ in piece.denominator) or any(j for _, j, _ in piece.numerator):
                raise InputError("an activation is not a polynomial between its breakpoints")
            terms = {i: _number(c) for i, _, c in piece.numerator}
            outer.append(fmpq_poly([terms.get(i, 0) for i in range(max(terms, default=0) + 1)]))
        numbers = [0] * z.size if choice is None else choice.chosen.ravel().tolist()
        values = zip(z.ravel().tolist(), numbers, strict=True)
        return _polynomials([outer[number](value) for value, number in values], z.shape)


def _number(value: Fraction) -> Any:
    from flint import fmpq

    return fmpq(value.numerator, value.denominator)


def _polynomials(values: list[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of polynomials, which NumPy by itself takes for sequences."""
    result = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        result[i] = value
    return result.reshape(shape)
