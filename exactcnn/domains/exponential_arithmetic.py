"""Evaluation in Q(t) with one layer of exponentials, on the polynomials of `exactcnn.domains.exponential_sums`."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Array, Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.exponential_sums import ExponentialSum, lifted, summed, values_at
from exactcnn.domains.formulas import ONE, Formula, evaluate, polynomial
from exactcnn.domains.object_arithmetic import Objects
from exactcnn.errors import ExactCNNError, InputError


class NoPolynomial(ExactCNNError):
    """A value outside these polynomials: a quotient of numbers that are not rational."""


class ExponentialSums(Objects):
    """The arithmetic of Q(t) as polynomials; pieces and winners come from elsewhere.

    One layer may hold exponentials, of rational arguments; above it curves are polynomials.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> field = ExponentialSums()
    >>> z = field.lift(ExactArray.from_array([[1, -1]]))
    >>> sums = field.total(field.transpose(field.apply(activation("sigmoid"), z, None)))
    >>> sums[0].rational
    Fraction(1, 1)
    """

    def lift(self, x: ExactArray) -> Array:
        """Take rational numbers."""
        result = np.empty(x.shape, dtype=object)
        result.ravel()[:] = [ExponentialSum.number(value) for value in x.fractions().ravel().tolist()]
        return result

    def matmul(self, x: Array, y: Array) -> Array:
        """Matrix product, each entry collected in one table."""
        result = np.empty((len(x), y.shape[1]), dtype=object)
        columns = [[lifted(value) for value in column] for column in y.T.tolist()]
        for i, row in enumerate(x.tolist()):
            values = [lifted(value) for value in row]
            for j, column in enumerate(columns):
                result[i, j] = summed(zip(values, column, strict=True))
        return result

    def total(self, x: Array) -> Array:
        """Sum over the first axis."""
        result = np.empty(x.shape[1:], dtype=object)
        flat = [summed((lifted(value), None) for value in values) for values in x.reshape(len(x), -1).T.tolist()]
        result[...] = flat[0] if not x.shape[1:] else np.array([*flat, None], dtype=object)[:-1].reshape(x.shape[1:])
        return result

    def pieces(self, curve: Curve, z: Array) -> Choice:
        """Refuse: signs are decided elsewhere."""
        raise InputError("polynomials in exponentials have no sign; expected a pattern from rationals and balls")

    def winners(self, x: Array, slots: NDArray[np.int64]) -> Choice:
        """Refuse: maxima are decided elsewhere."""
        raise InputError("polynomials in exponentials have no order; expected a pattern from rationals and balls")

    def apply(self, curve: Curve, z: Array, choice: Choice | None) -> Array:
        """Values of a curve.

        Raises
        ------
        NoPolynomial
            For what is neither an exponential at a rational number nor a polynomial, on its piece.
        """
        entries = [lifted(value) for value in z.ravel().tolist()]
        indices = [0] * len(entries) if choice is None else choice.chosen.ravel().tolist()
        known = [entry.rational for entry in entries]
        exponents = [evaluate(polynomial(*curve.exponent), v, None, Fraction) for v in known if v is not None]
        scale = math.lcm(*(exponent.denominator for exponent in exponents))
        cache: dict[tuple[int, Fraction], ExponentialSum] = {}
        values = []
        for index, entry, number in zip(indices, entries, known, strict=True):
            if number is None:
                values.append(_polynomial_at(curve.pieces[index] if curve.pieces else None, entry))
                continue
            if (index, number) not in cache:
                cache[index, number] = values_at(curve, index, number, scale)
            values.append(cache[index, number])
        result = np.empty(z.shape, dtype=object)
        result.ravel()[:] = values
        return result


def _polynomial_at(formula: Formula | None, entry: ExponentialSum) -> ExponentialSum:
    if formula is None or formula.denominator != ONE or formula.has_power:
        raise NoPolynomial("an activation above the exponentials is no polynomial")
    return evaluate(formula.numerator, entry, None, ExponentialSum.number)  # type: ignore[no-any-return]
