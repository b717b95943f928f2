"""Isolated zeros by Krawczyk's operator: saddles near a float point, and parameters with zero loss.

For a C¹ function g on the box c + [−r, r], J ⊇ all of its Jacobians there, and any matrix A: if
−A g(c) + (I − A J)[−r, r] lies in the interior of [−r, r], then the box contains exactly one zero of g.

Proof. The mean value form puts x − A g(x) − c into that set for all x of the box: Brouwer gives a fixed point,
so A g = 0. The inclusion gives |I − A J| r < r for each J, so the spectral radius is below 1 (Perron–Frobenius),
and A and J are regular; the difference of two zeros would be in the kernel of some A J. ∎

With g = ∇Φ on a slice and the signs of the Hessian on the whole box, the zero is a saddle of exact index. With
g = F_L − Y as a function of as many coordinates, all others fixed, zero loss is attained.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import Krawczyk, ZeroBox
from exactcnn.landscape.finding import Finding, Slice, enclosure, midpoints
from exactcnn.landscape.minimum import (
    MARGIN,
    Degenerate,
    Values,
    around,
    exact_balls,
    exact_integers,
    newton,
    require_pieces,
)
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.inertia import congruent, floats, gershgorin, product, whitening

MOST_OUTPUTS = 2000  # N m: the Jacobian is a square of this size
RADII = tuple(range(8, 61, 4))
STEPS = 12


def saddle_in_box(objective: Objective, theta: ExactArray, slice_: Slice, bits: int) -> Finding | str:
    """Certify a saddle near a float point.

    Parameters
    ----------
    objective : Objective
    theta : ExactArray (P,)
    slice_ : Slice
    bits : int

    Returns
    -------
    Finding or str
        Or the reason why not.
    """
    free = slice_.free
    try:
        centre = newton(objective, theta, free, bits)
        with working_precision(bits):
            values = Balls().lift(centre)
            here = objective.in_balls(values)
            require_pieces(objective, theta, here)
            hessian = floats(here.hessian(free))
            found = whitening(hessian, kernel=0.0)
            inverse = _dyadic_inverse(hessian)
            if found is None or inverse is None:
                return "the Hessian is singular up to rounding"
            spread = np.ldexp(np.abs(found.columns.astype(np.float64)).sum(axis=1), found.exponent)
            defect = product(exact_balls(inverse), here.gradient[free][:, None])[:, 0]
            for k in RADII:
                radii = np.ldexp(spread, -k)
                box = around(values, dict(zip(free.tolist(), map(Fraction, radii.tolist()), strict=True)))
                try:
                    whole = objective.in_balls(box).hessian(free)
                except (Undecided, InputError):
                    continue
                if not maps_into_itself(inverse, whole, defect, radii):
                    continue
                signs = gershgorin(congruent(whole, exact_integers(found.columns)))
                if signs is None:
                    continue
                if not (signs[0] and signs[1]):
                    return "no saddle: all curvatures have the same sign"
                loss = enclosure(objective.in_balls(box).twice_the_loss.item() / 2)
                index = (signs[0], signs[1], objective.coordinates.count - len(free))
                radii = radii * float(MARGIN)
                if not maps_into_itself(inverse, whole, defect, radii):
                    continue
                arrays = (ExactArray.from_array(radii), ExactArray.from_array(inverse), ExactArray(found.columns))
                evidence = Krawczyk(slice_.steps, bits, *arrays)
                return Finding("saddle", evidence, loss, index, slice_, centre, float(radii.max(initial=0)))
            return "no box around the critical point is mapped into itself"
    except Degenerate as degenerate:
        return str(degenerate)
    except Undecided:
        return "pre-activations cannot be told from kinks"
    except InputError as error:
        return str(error)


def zero_in_box(objective: Objective, theta: ExactArray, bits: int) -> Finding | str:
    """Prove that zero loss is attained near a float point, by moving as many coordinates as there are outputs.

    Parameters
    ----------
    objective : Objective
    theta : ExactArray (P,)
    bits : int

    Returns
    -------
    Finding or str
        Of type "global minimum"; or the reason why not.
    """
    assert objective.instance.count is not None
    outputs = objective.instance.count * objective.instance.network.widths[-1]
    if outputs > min(objective.coordinates.count, MOST_OUTPUTS):
        return f"{outputs} equations for {objective.coordinates.count} parameters"
    first = objective.coordinates.blocks[0].layer.number
    if any(number < first for number, _, _ in objective.breakpoints()):  # nothing depends on it: but evidence has none
        return "a maximum of inputs is tied"
    try:
        with working_precision(bits):
            values = Balls().lift(theta)
            columns = independent_columns(floats(objective.in_balls(values).jacobian()), outputs)
            if columns is None:
                return "the Jacobian of the outputs does not have full rank in floats"
            for _ in range(STEPS):
                here = objective.in_balls(values)
                inverse = _dyadic_inverse(floats(here.jacobian()[:, columns]))
                if inverse is None:
                    return "the Jacobian of the outputs is singular up to rounding"
                defect = product(exact_balls(inverse), here.residual.reshape(-1, 1))[:, 0]
                for i, change in zip(columns.tolist(), defect.tolist(), strict=True):
                    values[i] = (values[i] - change).mid()
                if max(abs(float(change.mid())) for change in defect.tolist()) < 2.0 ** (16 - bits):
                    break
            assert inverse is not None
            here = objective.in_balls(values)
            defect = product(exact_balls(inverse), here.residual.reshape(-1, 1))[:, 0]
            for k in RADII:
                radii = np.full(len(columns), 2.0**-k) * float(MARGIN)
                box = around(values, dict.fromkeys(columns.tolist(), Fraction(1, 2**k)))
                try:
                    whole = objective.in_balls(box).jacobian()[:, columns]
                except (Undecided, InputError):
                    continue
                if maps_into_itself(inverse, whole, defect, radii):
                    arrays = ExactArray.from_array(radii), ExactArray.from_array(inverse)
                    evidence = ZeroBox(bits, tuple(columns.tolist()), *arrays)
                    zero = Fraction(0), Fraction(0)
                    return Finding("global minimum", evidence, zero, centre=midpoints(values), radius=float(radii[0]))
            return "no box is mapped into itself"
    except Undecided:
        return "pre-activations cannot be told from kinks"
    except InputError as error:
        return str(error)


def maps_into_itself(
    inverse: NDArray[np.float64], jacobian: Values, defect: Values, radii: NDArray[np.float64]
) -> bool:
    """Whether −A g(c) + (I − A J)[−r, r] lies in the interior of [−r, r]; `defect` is A g(c)."""
    image = product(exact_balls(inverse), jacobian)
    rows = zip(image.tolist(), defect.tolist(), radii.tolist(), strict=True)
    bounds = [ball(radius) for radius in radii.tolist()]
    for i, (row, own, radius) in enumerate(rows):
        total = abs(own)
        for j, value in enumerate(row):
            total += abs(value - 1 if i == j else value) * bounds[j]
        if not total < radius:
            return False
    return True


def independent_columns(matrix: NDArray[np.float64], count: int) -> NDArray[np.intp] | None:
    """Well-conditioned columns, by Gram–Schmidt with pivots; ascending, or None if there are not so many.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0]]), 2).tolist()
    [1, 2]
    """
    if not np.isfinite(matrix).all():
        return None
    rest, chosen = matrix.copy(), []
    largest = np.abs(matrix).max(initial=0.0)
    for _ in range(count):
        sizes = np.einsum("ij,ij->j", rest, rest)
        best = int(np.argmax(sizes))
        if not np.sqrt(sizes[best]) > 1e-12 * largest:
            return None
        chosen.append(best)
        direction = rest[:, best] / np.sqrt(sizes[best])
        rest -= np.outer(direction, direction @ rest)
        rest[:, chosen] = 0
    return np.array(sorted(chosen))


def _dyadic_inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The inverse in floats, which are taken as they are."""
    try:
        inverse = np.linalg.inv(matrix).astype(np.float64)
    except np.linalg.LinAlgError:
        return None
    return inverse if np.isfinite(inverse).all() else None
