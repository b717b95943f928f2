"""Terms of blocks where the derivatives lie in Q(t), with one layer of exponentials: projections over Q(s).

s is a root of t such that J is s^l / q(s) times a matrix M of integer polynomials. Normal equations with M are solved
by elimination without fractions; x follows as a quotient of sums of powers of s. What is left is a number of Q(t), and
is enclosed. For small networks: degrees grow with the number of columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exponential_sums import ExponentialSum, Symbol, lifted, multiplied_out
from exactcnn.domains.formulas import evaluate, polynomial
from exactcnn.domains.numerals import rational_text
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import steps_at
from exactcnn.landscape.finding import enclosure
from exactcnn.landscape.formal import formally_zero, in_exponentials
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.fractions import independent_columns
from exactcnn.network.walk import pre_activations

if TYPE_CHECKING:
    from flint import arb

Bounds = tuple[Fraction, Fraction]
Powers = tuple[tuple[Fraction, Fraction], ...]  # (a, c) of a sum of c e^a
LARGEST = 2_000_000  # degree times the cube of the number of columns
PLACES = 1_000_003  # numbers at which ranks are taken are below it


@dataclass(frozen=True)
class FormalCombination:
    """x = coefficients / denominator, each a sum of c e^a, such that J x is the nearest to the targets on a prefix."""

    denominator: Powers
    coefficients: tuple[tuple[int, Powers], ...]

    def document(self) -> dict[str, Any]:
        """Return the combination as the certificate states it."""
        pairs = [[i, _stated(own)] for i, own in self.coefficients]
        return {"denominator": _stated(self.denominator), "coefficients": pairs}


@dataclass(frozen=True)
class FormalBlockTermsClaim:
    """Bounds of what is left of ½ ‖Y‖² after each block and of the loss, and whether the point is critical.

    `identity`: whether it is, and the last layer has no activation; then the loss is what is left.
    """

    blocks: tuple[tuple[int, ...], ...]
    norm: Fraction
    left: tuple[Bounds, ...]
    loss: Bounds
    critical: bool
    identity: bool
    precision: int
    combinations: tuple[FormalCombination | None, ...]

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {
            "kind": "formal-block-terms",
            "blocks": [list(block) for block in self.blocks],
            "left": [list(map(rational_text, bounds)) for bounds in self.left],
            "loss": list(map(rational_text, self.loss)),
            "critical": self.critical,
            "precision": self.precision,
            "combinations": [None if each is None else each.document() for each in self.combinations],
        }


def formal_claim(
    objective: Objective, blocks: tuple[tuple[int, ...], ...], *, bits: int = PRECISION
) -> FormalBlockTermsClaim:
    """Solve prefix after prefix.

    Parameters
    ----------
    objective : Objective
        Of domain "Q(t)".
    blocks : tuple of tuple of int
        All coordinates, each once.
    bits : int
        Precision of the bounds.

    Raises
    ------
    InputError
        Where the derivatives are no polynomials in exponentials, whether the point is critical is not decided, or the
        polynomials are too large.

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> objective = select(["convolutional-and"])[0].objective()
    >>> found = formal_claim(objective, (tuple(range(objective.coordinates.count)),))
    >>> found.critical, float(found.left[0][0]), round(float(found.left[1][0]), 6)
    (True, 2.0, 0.25)
    """
    zero = formally_zero(objective, bits=bits, checkable=True)
    if zero is None:
        raise InputError("whether the point is critical is not decided; terms in Q(t) need that")
    last = objective.curves[-1]
    linear = last is not None and last.affine == IDENTITY
    matrix = _Matrix(objective, bits)
    order = [i for block in blocks for i in block]
    pivots = [order[j] for j in independent_columns(matrix.sample()[:, order])]
    own = _last_layer(objective)
    loss = _enclosed(objective.loss(bits=bits), bits)
    left, combinations, size, ends, finished = [_exactly(matrix.norm)], list[FormalCombination | None](), 0, 0, False
    for block in blocks:
        ends += len(block)
        inside = set(order[:ends])
        columns = [i for i in pivots if i in inside]
        if len(columns) == size or finished:
            combinations.append(None)
            left.append(left[-1])
        elif zero and linear and inside.issuperset(i for i, _ in own.coefficients):
            finished = True  # the outputs are the nearest to the targets on all columns
            combinations.append(own)
            left.append(loss)
        else:
            found, value = matrix.nearest(columns)
            combinations.append(found)
            left.append(value)
        size = len(columns)
    return FormalBlockTermsClaim(
        blocks, matrix.norm, tuple(left), loss, zero, zero and linear, 2 * matrix.bits, tuple(combinations)
    )


class _Matrix:
    """J = s^least / (common q) M, with s = e^step, and the targets as integers."""

    def __init__(self, objective: Objective, bits: int) -> None:
        found = in_exponentials(objective, bits=bits)
        if found is None:
            raise InputError("the derivatives are no polynomials in exponentials; expected affine layers above them")
        jacobian = found.jacobian()
        entries = [lifted(value) for value in jacobian.ravel().tolist()]
        monomials = [monomial for entry in entries for monomial in entry.terms]
        least = min((c for c, _ in monomials), default=0)
        powers: dict[Symbol, int] = {}
        for _, symbols in monomials:
            for symbol in set(symbols):
                powers[symbol] = max(powers.get(symbol, 0), symbols.count(symbol))
        unit = math.gcd(*(c - least for c, _ in monomials), *(a for _, a in powers)) or 1
        degree = (max((c for c, _ in monomials), default=0) - least) // unit
        degree += sum(power * (len(d) - 1) * (a // unit) for (d, a), power in powers.items())
        rows, columns = jacobian.shape
        if degree * min(rows, columns) ** 3 > LARGEST:
            raise InputError(
                f"polynomials of degree {degree} for {min(rows, columns)} columns: too large; expected parameters with "
                "small denominators, such as 3/8"
            )
        self.common = math.lcm(*(int(value.q) for entry in entries for value in entry.terms.values()))
        factors = sorted(powers.items())
        self.factor = multiplied_out([(0, (), 1)], factors, unit)
        self.matrix = np.empty(jacobian.shape, dtype=object)
        self.matrix.ravel()[:] = [self._polynomial(entry, factors, least, unit) for entry in entries]
        scale = _root(objective)
        self.step, self.shift, self.bits = Fraction(unit, scale), Fraction(least, scale), bits
        assert objective.instance.targets is not None
        targets, self.unit = objective.instance.targets.integers()
        self.targets = targets.ravel().tolist()
        self.norm = Fraction(sum(y * y for y in self.targets), 2 * self.unit**2)

    def _polynomial(self, entry: ExponentialSum, factors: list[tuple[Symbol, int]], least: int, unit: int) -> Any:
        terms = [((c - least) // unit, symbols, int(v * self.common)) for (c, symbols), v in entry.terms.items()]
        return multiplied_out(terms, factors, unit)

    def sample(self) -> NDArray[Any]:
        """M at an integer: columns that are independent there are independent."""
        place = int(np.random.default_rng(0).integers(PLACES // 2, PLACES))
        result = np.empty(self.matrix.shape, dtype=object)
        result.ravel()[:] = [int(value(place)) for value in self.matrix.ravel().tolist()]
        return result

    def nearest(self, columns: list[int]) -> tuple[FormalCombination, Bounds]:
        """The combination of independent columns that is nearest to the targets, and half its squared distance."""
        from flint import fmpz_poly

        chosen = self.matrix[:, columns].T.tolist()
        zero = fmpz_poly([])
        normal = [[sum((a * b for a, b in zip(u, v, strict=True)), zero) for v in chosen] for u in chosen]
        right = [sum((a * y for a, y in zip(u, self.targets, strict=True)), zero) for u in chosen]
        denominator, values = solved(normal, right)
        common = denominator
        for value in values:
            common = common.gcd(value)
        denominator, values = denominator // common, [value // common for value in values]
        inner = sum((a * b for a, b in zip(values, right, strict=True)), zero)
        over = self._powers(denominator * self.unit, Fraction(0))
        pairs = tuple(
            (i, self._powers(value * self.factor * self.common, self.shift))
            for i, value in zip(columns, values, strict=True)
        )
        return FormalCombination(over, pairs), self._left(inner, denominator)

    def _left(self, inner: Any, denominator: Any) -> Bounds:
        """Bounds of ½ (|y|² − inner / denominator / unit²) at s, with as many bits as that takes."""
        from flint import arb

        while True:
            with working_precision(self.bits):
                s = (arb(self.step.numerator) / self.step.denominator).exp()
                ball = _at(inner, s) / _at(denominator, s) / (2 * self.unit**2)
                value = arb(self.norm.numerator) / self.norm.denominator - ball
                if value.is_finite() and float(value.rad()) * 2**40 < float(self.norm) + 1:
                    return enclosure(value)
            self.bits *= 2
            if self.bits > 2**16:
                raise InputError("what is left is not enclosed with 65536 bits")

    def _powers(self, value: Any, shift: Fraction) -> Powers:
        return tuple((self.step * k - shift, Fraction(int(c))) for k, c in enumerate(value.coeffs()) if c)


def solved(matrix: list[list[Any]], right: list[Any]) -> tuple[Any, list[Any]]:
    """Determinant d and numerators n with M n = d b, by elimination without fractions; all leading minors are regular.

    Examples
    --------
    >>> from flint import fmpz_poly
    >>> one, x = fmpz_poly([1]), fmpz_poly([0, 1])
    >>> solved([[2 * one, x], [x, one]], [one, 0 * one])
    ((-1)*x^2 + 2, [1, (-1)*x])
    """
    from flint import fmpz_poly

    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    before = fmpz_poly([1])
    for k, pivot in enumerate(rows):
        for i, row in enumerate(rows):
            if i != k:
                factor = row[k]
                rows[i] = [(pivot[k] * a - factor * b) // before for a, b in zip(row, pivot, strict=True)]
        before = pivot[k]
    return before, [row[-1] for row in rows]


def _root(objective: Objective) -> int:
    """D with t = e^(1/D): that of the sums of `in_exponentials`."""
    domains = [None if curve is None else curve.domain for curve in objective.curves]
    layer = domains.index("exponential")
    field, samples, curve = Rationals(), objective.instance.samples, objective.curves[layer]
    assert samples is not None
    assert curve is not None
    steps = steps_at(field, objective.coordinates, field.lift(objective.theta))
    z = pre_activations(field, steps[: layer + 1], field.lift(samples)).fractions().ravel().tolist()
    exponents = [evaluate(polynomial(*curve.exponent), value, None, Fraction) for value in z]
    return math.lcm(*(exponent.denominator for exponent in exponents))


def _last_layer(objective: Objective) -> FormalCombination:
    """The weights and biases of the last layer."""
    block = objective.coordinates.blocks[-1]
    values = objective.theta[block.start : block.stop].fractions().tolist()
    one: Powers = ((Fraction(0), Fraction(1)),)
    return FormalCombination(one, tuple((block.start + i, ((Fraction(0), v),)) for i, v in enumerate(values) if v))


def _at(value: Any, s: arb) -> arb:
    from flint import arb

    result = arb(0)
    for c in reversed(value.coeffs()):
        result = result * s + arb(c)
    return result


def _enclosed(loss: Any, bits: int) -> Bounds:
    with working_precision(bits):
        return enclosure(loss)


def _exactly(value: Fraction) -> Bounds:
    slack = (abs(value) + 1) / 2**80  # a ball of the checker contains it
    return value - slack, value + slack


def _stated(powers: Powers) -> list[list[str]]:
    return [[rational_text(a), rational_text(c)] for a, c in powers]
