"""Certified minima: at an exact point by the signs of its Hessian, near a float point by convexity on a box.

At a point with ∇Φ = 0 on a slice with a definite Hessian (T1, `exactcnn.linalg.inertia`) there is a minimum. Near one
that is critical up to rounding only: let B = {c + Cy : |y|∞ ≤ ρ}, μ > 0 a lower bound of all eigenvalues of CᵀH(x)C on
B, and g = Cᵀ∇Φ(c). If 2|g| < μρ, then B contains a strict local minimum of Φ on the slice, the only critical point with
|y| ≤ ρ, and its loss lies between Φ(c) − |g|²/(2μ) and Φ(c).

Proof. y ↦ Φ(c + Cy) is μ-strongly convex on the ball |y|₂ ≤ ρ inside the box: Φ(c + Cy) ≥ Φ(c) − |g||y| + μ|y|²/2,
which exceeds Φ(c) on |y| = ρ. So the minimum over the ball is interior and by convexity the only critical point;
minimise the right side over |y|. C is regular, as CᵀHC is. ∎

Whitening by C makes the test independent of the condition of the Hessian.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import Box, By, HessianSigns
from exactcnn.landscape.finding import Finding, Slice, enclosure, midpoints
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.inertia import Congruence, congruent, floats, gershgorin, product, whitening

if TYPE_CHECKING:
    from flint import arb

    from exactcnn.landscape.evaluation import Evaluation

Values = NDArray[Any]

NEWTON_STEPS = 12  # in balls; each gains the digits of a float
RADII = tuple(range(6, 61, 6))  # ρ = 2^-k: large boxes first, they need the least exact centre
SMALLEST = 1e-13  # curvatures below this part of the largest one cannot be told from zero by floats
MARGIN = Fraction(1, 4)  # a box is claimed so much smaller than it was proved: others may enclose it less tightly
CONVERGED = 2.0**-40  # of the step, relative to the parameters: half of the digits of a float, and some


class Derivatives(Protocol):
    """A loss and its derivatives on a box of parameters."""

    @property
    def twice_the_loss(self) -> Values:
        """2Φ, without axes."""
        ...

    @property
    def gradient(self) -> Values:
        """∇Φ, (P,)."""
        ...

    def hessian(self, free: NDArray[np.intp]) -> Values:
        """Second derivatives by some coordinates."""
        ...


class Loss(Protocol):
    """What can be evaluated in balls: an `Objective`, or the population loss."""

    def in_balls(self, theta: Values | None = None) -> Derivatives:
        """Evaluate on a box; at the point without one."""
        ...


class Degenerate(Exception):
    """A Hessian that is not definite, or whose signs floats cannot tell, or a start that does not lead to a point.

    The message says which.
    """


def curvatures(hessian: Values) -> tuple[float, float]:
    """Smallest and largest eigenvalue of the midpoints."""
    matrix = floats(hessian)
    if not matrix.size:
        return 0.0, 0.0
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    return float(values[0]), float(values[-1])


def newton(objective: Loss, theta: ExactArray, free: NDArray[np.intp], bits: int) -> ExactArray:
    """Move the free coordinates to a critical point of the slice, as far as the precision goes.

    Parameters
    ----------
    objective : Loss
    theta : ExactArray (P,)
        A start near a critical point.
    free : ndarray of int
    bits : int
        Working precision.

    Returns
    -------
    ExactArray (P,)
        Dyadic; the frozen coordinates are those of the start.

    Raises
    ------
    Degenerate
        If the Hessian is singular in floats, or the steps do not shrink.
    InputError, Undecided
        At kinks and ties.
    """
    with working_precision(bits):
        values = Balls().lift(theta)
        inverse: Values | None = None
        last = np.inf
        for number in range(NEWTON_STEPS):
            here = objective.in_balls(values)
            if number < 3:  # then it hardly changes any more
                inverse = regular_inverse(floats(here.hessian(free)))
            assert inverse is not None
            step = product(inverse, here.gradient[free][:, None])[:, 0]
            size = float(max((abs(x).mid() for x in step.tolist()), default=ball(0)))
            scale = 1 + max((abs(float(x.mid())) for x in values.tolist()), default=0.0)
            if number > 3 and size > max(last, CONVERGED * scale):
                raise Degenerate(f"Newton's method does not converge (a step of {size:.2g})")
            for i, change in zip(free.tolist(), step.tolist(), strict=True):
                values[i] = (values[i] - change).mid()
            last = size
            if size < scale * 2.0 ** (16 - bits):
                break
        if last > CONVERGED * scale:
            raise Degenerate(f"Newton's method does not converge (a step of {last:.2g})")
        return midpoints(values)


def require_pieces(objective: Objective, theta: ExactArray, there: Evaluation[Any]) -> None:
    """Refuse other pieces or winners than those at θ, where a slice was found: its conditions may fail there."""
    patterns = objective.in_balls(Balls().lift(theta)).trace.pattern, there.trace.pattern
    before, now = ([choice.chosen for choice in pattern if choice is not None] for pattern in patterns)
    if not all(map(np.array_equal, before, now)):
        raise Degenerate("Newton's method leaves the pieces that it starts from")


def regular_inverse(matrix: NDArray[np.float64]) -> Values:
    """Float inverse of a symmetric matrix, as balls."""
    if not np.isfinite(matrix).all():
        raise Degenerate("the Hessian is not finite")
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if not np.abs(values).min(initial=1.0) > SMALLEST * np.abs(values).max(initial=0.0):
        raise Degenerate(
            f"the Hessian is singular up to rounding (eigenvalues from {values[0]:.2g} to {values[-1]:.2g})"
        )
    return exact_balls((vectors / values) @ vectors.T)


def exact_balls(array: NDArray[np.float64]) -> Values:
    """Floats as the numbers that they are."""
    return Balls().lift(ExactArray.from_array(array))


def whitened(hessian: Values) -> Congruence:
    """Columns that whiten a positive definite Hessian.

    Raises
    ------
    Degenerate
        If it does not look definite.
    """
    found = whitening(floats(hessian), kernel=SMALLEST)
    if found is None:
        raise Degenerate("the Hessian is not finite")
    low, high = curvatures(hessian)
    if found.columns.shape[1] < len(hessian) or low <= 0:
        raise Degenerate(
            f"the Hessian on the free parameters is not definite (eigenvalues from {low:.2g} to {high:.2g})"
        )
    return found


def minimum_at(objective: Objective, slice_: Slice, by: By, bits: int) -> Finding | str:
    """Decide by its Hessian that an exact critical point is a minimum (T1); the caller knows that ∇Φ = 0.

    Returns
    -------
    Finding or str
        Or the reason why not.
    """
    with working_precision(bits):
        here = objective.in_balls()
        hessian = here.hessian(slice_.free)
        try:
            found = whitened(hessian)
        except Degenerate as reason:
            return str(reason)
        signs = gershgorin(congruent(hessian, found.columns))
        if signs is None or signs[1]:
            return f"the signs of the curvatures are not decided at {bits} bits"
        loss = exact_loss(objective) or enclosure(here.twice_the_loss.item() / 2)
    count, n = objective.coordinates.count, len(slice_.free)
    index = (n, 0, count - n)
    return Finding("minimum", HessianSigns(by, slice_.steps, bits, ExactArray(found.columns)), loss, index, slice_)


def exact_loss(objective: Objective) -> tuple[Fraction, Fraction] | None:
    """The loss as both of its bounds, where it is rational."""
    if objective.domain != "Q":
        return None
    loss = Fraction(str(objective.loss()))
    return loss, loss


def minimum_in_box(objective: Loss, theta: ExactArray, slice_: Slice, bits: int) -> Finding | str:
    """Certify a minimum near a float point (T2).

    Parameters
    ----------
    objective : Loss
    theta : ExactArray (P,)
        A point near a minimum.
    slice_ : Slice
        What is frozen; its conditions must hold near θ.
    bits : int

    Returns
    -------
    Finding or str
        With the centre of the box; or the reason why not.
    """
    free = slice_.free
    try:
        centre = newton(objective, theta, free, bits)
        with working_precision(bits):
            values = Balls().lift(centre)
            here = objective.in_balls(values)
            if isinstance(objective, Objective):
                require_pieces(objective, theta, objective.in_balls(values))
            found = whitened(here.hessian(free))
            columns, scale = found.columns, ball(Fraction(2) ** found.exponent)
            scaled = exact_integers(columns) * scale
            gradient = product(scaled.T, here.gradient[free][:, None])[:, 0]
            size = norm(gradient)
            spread = [sum(map(abs, row)) for row in columns.tolist()]
            reason = "no box on which the Hessian is definite"
            for k in RADII:
                radius = Fraction(1, 2**k)
                radii = {
                    i: radius * s * Fraction(2) ** found.exponent for i, s in zip(free.tolist(), spread, strict=True)
                }
                try:
                    hessian = objective.in_balls(around(values, radii)).hessian(free)
                except (Undecided, InputError):
                    reason = "the loss is not certainly smooth in any box"
                    continue
                signs = gershgorin(product(product(scaled.T, hessian), scaled))
                if signs is None or signs[1] or not 4 * size < signs[2] * ball(radius * MARGIN):
                    continue
                value = here.twice_the_loss.item() / 2
                loss = enclosure(value - size**2 / signs[2], value)
                claimed = radius * Fraction(2) ** found.exponent * MARGIN
                evidence = Box(slice_.steps, bits, ExactArray(columns), claimed)
                index = (len(free), 0, slice_.count - len(free))
                largest = float(max(radii.values(), default=Fraction(0)) * MARGIN)
                return Finding("minimum", evidence, loss, index, slice_, centre, largest)
            return reason
    except Degenerate as degenerate:
        return str(degenerate)
    except Undecided:
        return "pre-activations cannot be told from kinks"
    except InputError as error:
        return str(error)


def around(values: Values, radii: dict[int, Fraction]) -> Values:
    """Balls around values, radii rounded up."""
    from flint import arb

    result = values.copy()
    for i, radius in radii.items():
        result[i] = values[i] + arb(0, 1) * ball(radius).upper()
    return result


def exact_integers(columns: Values) -> Values:
    """Integers as balls; exact as far as they fit the working precision."""
    return Balls().lift(ExactArray(columns))


def norm(vector: Values) -> arb:
    """Euclidean norm, rounded up."""
    from flint import arb

    return sum((abs(x).upper() ** 2 for x in vector.tolist()), arb(0)).upper().sqrt().upper()
