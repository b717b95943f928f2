"""Two ladders: what is exactly true at a point, and what lies near a point that floats have found.

Every rung either decides, with evidence, or says why it does not; no tolerance decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.given import shown
from exactcnn.errors import InputError
from exactcnn.landscape import affine_pathway, descent, equal_outputs, reachable, units
from exactcnn.landscape.better import better_point
from exactcnn.landscape.critical_point import Better, CriticalPoint
from exactcnn.landscape.evidence import By
from exactcnn.landscape.finding import Finding, enclosure
from exactcnn.landscape.formal import formally_zero
from exactcnn.landscape.gauge import find_slice
from exactcnn.landscape.isolated import saddle_in_box, zero_in_box
from exactcnn.landscape.kink_descent import at_kinks
from exactcnn.landscape.kinks import decide_on_kinks
from exactcnn.landscape.least_possible import least_possible
from exactcnn.landscape.minimum import minimum_at, minimum_in_box
from exactcnn.landscape.near_kinks import minimum_near_kinks
from exactcnn.landscape.objective import MOST_PARAMETERS, Objective
from exactcnn.network.parameters import Parameters

PRECISIONS = (128, 256, 512)  # bits, tried in this order
NEWTON_STEPS = 50
SMALL_LOSS = 1e-8  # below it zero loss is tried first; nothing is decided by it
MOST_BITS = 2**20
SINGULAR = 1e-12  # of singular values of a Hessian in floats, relative to the largest: no steps along these
LARGEST_GRADIENT = 1e-2  # of a start, after Newton's steps, relative to the size of the loss


@typed
def classify(
    objective: Objective,
    *,
    better: Iterable[Parameters] = (),
    bits: tuple[int, ...] = PRECISIONS,
    freeze: Iterable[str] = (),
    search: bool = True,
    seed: Seed = 0,
) -> CriticalPoint:
    """Decide what a point is, at exactly these parameters.

    Parameters
    ----------
    objective : Objective
    better : iterable of Parameters
        Points that are claimed to have a smaller loss.
    bits : tuple of int
        Working precisions of balls, tried in this order.
    freeze : iterable of str
        Coordinates such as "W1[0,1]" that symmetries are to freeze.
    search : bool
        Whether to look for a better point, by floats, where the point is a minimum with a positive loss.
    seed : int
        Of this search.

    Returns
    -------
    CriticalPoint

    Raises
    ------
    InputError
        For a point in `better` that is not better, and a coordinate that does not exist or that no symmetry freezes.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Section 4.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [["3/2"]], "b1": [0]})
    >>> point = classify(Objective(Instance(network, parameters, [[0], [1], [2]], [[0], ["3/2"], [3]])))
    >>> point.status, point.loss
    ('global minimum', (Fraction(0, 1), Fraction(0, 1)))
    """
    wanted = _checked(objective, freeze, bits)
    reasons: list[str] = []
    finding = _respecting(wanted, objective, _first(_at_the_point(objective, wanted, bits), reasons))
    return _answer(objective, finding, reasons, better, bits, search, seed)


@typed
def refine(
    objective: Objective,
    *,
    better: Iterable[Parameters] = (),
    bits: tuple[int, ...] = PRECISIONS,
    freeze: Iterable[str] = (),
    search: bool = True,
    seed: Seed = 0,
) -> CriticalPoint:
    """Find and decide a critical point near given parameters, which are only a start, as training leaves them.

    Parameters and errors are those of `classify`; also InputError for a start that is far from any critical point.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0.3333]], "b1": [0.001]})
    >>> point = refine(Objective(Instance(network, parameters, [[0], [1], [3]], [[0], [1], [1]])))
    >>> point.status, float(point.loss[0])
    ('strict minimum', 0.14285714285714285)
    """
    wanted = _checked(objective, freeze, bits)
    reasons: list[str] = []
    finding = _respecting(wanted, objective, _first(_near_the_point(objective, wanted, bits), reasons))
    return _answer(objective, finding, reasons, better, bits, search, seed)


Rung = Callable[[], Any]  # a Finding, or the reason why there is none


def _reported(what: str, bits: tuple[int, ...], objective: Objective) -> Iterable[int]:
    """The precisions; before each it is said how many were not enough."""
    for done, precision in enumerate(bits):
        if objective.progress is not None:
            objective.progress(what, done, len(bits))
        yield precision


def _first(rungs: Iterable[Rung], reasons: list[str]) -> Finding | None:
    """The first finding; reasons of those before it are collected."""
    for rung in rungs:
        found = rung()
        if isinstance(found, Finding):
            return found
        if found:
            reasons.append(found)
    return None


def _respecting(wanted: frozenset[int], objective: Objective, finding: Finding | None) -> Finding | None:
    """Refuse a wish for a frozen coordinate that no symmetry grants."""
    if finding is not None and finding.slice is not None and wanted - finding.slice.frozen:
        frozen, names = finding.slice.frozen, objective.coordinates.names
        refused, here = (", ".join(names(sorted(each))) for each in (wanted - frozen, frozen))
        raise InputError(f"freeze: no symmetry of the loss freezes {refused}; here {here or 'none'}")
    return finding


def _at_the_point(objective: Objective, wanted: frozenset[int], bits: tuple[int, ...]) -> Iterable[Rung]:
    """The rungs of `classify`, evaluated one after another."""
    yield partial(least_possible, objective)
    if objective.breakpoints():
        yield partial(reachable.find, objective)
        yield partial(decide_on_kinks, objective, prefer=wanted, bits=bits)
        yield partial(at_kinks, objective)
        return
    for precision in _reported("gradient by balls", bits, objective):
        yield partial(descent.entry, objective, precision)
    yield partial(reachable.find, objective)
    by = _criticality(objective)
    if by is None:
        yield lambda: "the gradient is zero as far as balls can tell, which is no proof"
        yield partial(equal_outputs.find, objective)
        return
    if objective.coordinates.count > MOST_PARAMETERS:
        yield lambda: f"more than {MOST_PARAMETERS} parameters: no Hessian"
        yield partial(equal_outputs.find, objective)
        return
    slice_ = find_slice(objective, prefer=wanted)
    for precision in _reported("curvatures by balls", bits, objective):
        yield partial(minimum_at, objective, slice_, by, precision)
    for precision in _reported("negative curvature by balls", bits, objective):
        yield partial(descent.negative_curvature, objective, by, precision)
    yield lambda: units.find(objective, lambda small: _minimum(small, bits[0]), bits=bits[0])
    yield partial(equal_outputs.find, objective)
    yield partial(descent.curve, objective)
    yield partial(affine_pathway.find, objective)


def _minimum(objective: Objective, bits: int) -> Finding | str:
    """A minimum at these parameters, or near them."""
    slice_, by = find_slice(objective), _criticality(objective)
    if by is not None and not objective.breakpoints():
        return minimum_at(objective, slice_, by, bits)
    return minimum_in_box(objective, objective.theta, slice_, bits)


def _near_the_point(objective: Objective, wanted: frozenset[int], bits: tuple[int, ...]) -> Iterable[Rung]:
    """The rungs of `refine`."""
    start, loss, gradient = _float_newton(objective)
    if loss < SMALL_LOSS:
        for precision in _reported("zero loss by balls", bits, objective):
            yield partial(zero_in_box, objective, start, precision)
    if objective.coordinates.count > MOST_PARAMETERS:
        yield lambda: f"more than {MOST_PARAMETERS} parameters: no Hessian"
        return
    here = objective.at(start)
    if not here.breakpoints():
        slice_ = find_slice(here, prefer=wanted)
        for precision in _reported("a box by balls", bits, objective):
            yield partial(minimum_in_box, objective, start, slice_, precision)
        yield partial(saddle_in_box, objective, start, slice_, bits[0])
    first = objective.curves[0]
    for theta in (objective.theta, start) if first is not None and first.kinks else ():
        yield partial(minimum_near_kinks, objective, theta, prefer=wanted, bits=bits[0])
    largest = float(np.abs(start.floats()[0]).max(initial=0))
    yield lambda: f"in floats |∇Φ| = {gradient:.2g} where Newton's method stops, the largest parameter is {largest:.2g}"
    smooth = all(curve is not None and curve.analytic for curve in objective.curves)
    if smooth and gradient > LARGEST_GRADIENT * (1 + loss):  # on kinks gradients are large at minima too
        raise InputError(
            f"|∇Φ| = {gradient:.2g} after {NEWTON_STEPS} Newton steps; expected a start near a critical point"
        )


def _criticality(objective: Objective) -> By | None:
    """How the gradient is proved to be zero; None if it is not."""
    if objective.domain == "Q":
        return "rational"  # not zero would have been seen by a ball
    return "formal" if objective.domain == "Q(t)" and formally_zero(objective, checkable=True) else None


def _float_newton(objective: Objective) -> tuple[ExactArray, float, float]:
    """Newton's method in floats, with steps halved where the gradient grows: the point, its loss and gradient."""
    theta = objective.theta.floats()[0].copy()
    best = objective.in_floats(theta)
    size = _length(best.gradient)
    start = objective.theta
    for number in range(NEWTON_STEPS if len(theta) <= MOST_PARAMETERS else 0):
        if objective.progress is not None:
            objective.progress("Newton's method", number, NEWTON_STEPS)
        hessian = best.hessian(range(len(theta)))
        if not np.isfinite(hessian).all() or size == 0:
            break
        step = np.linalg.lstsq(hessian, best.gradient, rcond=SINGULAR)[0]  # the shortest, across flat directions
        for halving in range(8):
            moved = theta - step / 2**halving
            there = objective.in_floats(moved)
            length = _length(there.gradient)
            if length < size:
                break
        else:
            break
        theta, best, size = moved, there, length
        start = ExactArray.from_array(theta)
    return start, float(best.twice_the_loss) / 2, size


def _answer(
    objective: Objective,
    finding: Finding | None,
    reasons: list[str],
    better: Iterable[Parameters],
    bits: tuple[int, ...],
    search: bool,
    seed: int,
) -> CriticalPoint:
    """Everything that is known, with a better point if there is one."""
    loss = loss_at(objective, bits[0]) if finding is None or finding.centre is None else finding.loss
    reason = _because(finding) if finding is not None else "; ".join(dict.fromkeys(reasons)) or "nothing applies"
    found = CriticalPoint(objective, finding, reason, loss, _gradient_norm(objective))
    best = None
    for index, parameters in enumerate(better):
        candidate = better_of(objective, parameters, bits[0])
        if not candidate.loss[1] < loss[0]:
            difference = float(candidate.loss[0] - loss[1])
            raise InputError(
                f"better[{index}]: its loss is larger by {difference:.3g}; expected a point with a smaller loss"
                if difference > 0
                else f"better[{index}]: its loss is not smaller for certain; expected a point with a smaller loss"
            )
        if best is None or candidate.loss[1] < best.loss[1]:
            best = candidate
    if best is None and search and finding is not None and finding.type == "minimum" and finding.loss[0] > 0:
        found_better = better_point(objective, finding, seed=seed)
        best = None if found_better is None else better_of(objective, found_better, bits[0])
    return found.with_better(best)


def better_of(objective: Objective, parameters: Parameters, bits: int) -> Better:
    """A further point with bounds of its loss."""
    there = objective.at(objective.coordinates.flat(parameters))
    return Better(parameters, loss_at(there, bits), None if there.domain == "Q" else bits)


def loss_at(objective: Objective, bits: int) -> tuple[Fraction, Fraction]:
    """Bounds of the loss; equal where it is rational by construction."""
    loss = objective.loss(bits=bits)
    if isinstance(loss, Fraction):
        return loss, loss
    with working_precision(bits):
        return enclosure(loss)


def _length(vector: Any) -> float:
    """The Euclidean norm; infinite or NaN, without a warning, where floats overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(vector))


def _gradient_norm(objective: Objective) -> float:
    if objective.kinks():
        return float("nan")  # floats take the left slope and do not say so
    try:
        return _length(objective.in_floats().gradient)
    except (InputError, Undecided):
        return float("nan")


def _because(finding: Finding) -> str:
    """One sentence on what the evidence shows."""
    return {
        "zero": "the residual is zero, exactly",
        "mean-targets": "outputs of equal samples are equal at all parameters, and here the mean of their targets",
        "entry": "a partial derivative is not zero",
        "hessian": "the gradient is zero exactly, and the signs of the Hessian's eigenvalues are certain",
        "box": "the loss is strongly convex on a box around the point, and its gradient there small",
        "krawczyk": "the gradient has exactly one zero in a box, on which the Hessian has both signs",
        "zero-box": "the outputs are the targets at exactly one point of a box, in as many coordinates",
        "kinks": "the loss grows in every direction: linearly across the kinks, quadratically along them",
        "reachable": "every change of the outputs that is possible nearby is orthogonal to the residual",
        "constant-units": "all hidden units are constant, and each one curves the loss upwards",
        "duplicated-units": "copies of a unit of a smaller network, whose point is a minimum",
        "descent": "a direction with a negative one-sided derivative",
        "negative-direction": "the gradient is zero exactly, and a second derivative is negative",
        "curve": "along a curve the loss is a polynomial that first decreases",
        "equal-outputs": "on a line of equal outputs, by a relation between features, a derivative is not zero",
    }[finding.evidence.kind]


def _checked(objective: Objective, freeze: Iterable[str], bits: tuple[int, ...]) -> frozenset[int]:
    """Places of the named coordinates; precisions that balls do not have are refused."""
    if not bits or not 2 <= min(bits) <= max(bits) <= MOST_BITS:
        raise InputError(f"bits = {shown(bits)}; expected precisions from 2 to {MOST_BITS} bits")
    return frozenset(objective.coordinates.index(name) for name in freeze)
