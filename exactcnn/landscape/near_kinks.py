"""Minima on kinks of layer 1 near a float point: kinks are guessed by thresholds, everything after that is proved.

The point is moved onto the guessed kinks exactly; from there Newton's method stays on the stratum, which is a rational
affine space. The theorem stands in `exactcnn.landscape.kinks`.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import Evaluation
from exactcnn.landscape.finding import Finding, dyadic, enclosure
from exactcnn.landscape.gauge import NONE
from exactcnn.landscape.kinks import (
    NotDecided,
    Stratum,
    chosen_multipliers,
    decide_on_kinks,
    evidence_of,
    stratum_at,
    worst,
)
from exactcnn.landscape.minimum import (
    CONVERGED,
    MARGIN,
    NEWTON_STEPS,
    RADII,
    Degenerate,
    Values,
    around,
    exact_integers,
    norm,
    regular_inverse,
    whitened,
)
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.landscape.stratum import Pair, differentials, fractions, onto
from exactcnn.linalg.inertia import floats, gershgorin, product

TOLERANCES = (1e-12, 1e-7, 1e-5, 1e-4, 1e-3, 1e-2)  # of |z − kink|, relative to the unit's parameters: what is tried
NO_KINK = "no pre-activation of layer 1 is near a kink"


def minimum_near_kinks(
    objective: Objective,
    theta: ExactArray | None = None,
    *,
    prefer: frozenset[int] = NONE,
    bits: int = PRECISION,
) -> Finding | str:
    """Certify a minimum on kinks near a float point.

    Parameters
    ----------
    objective : Objective
    theta : ExactArray (P,), optional
        Where to start; by default at the point of the objective.
    prefer : frozenset of int
        Coordinates to be frozen where the slice can choose.
    bits : int
        Working precision.

    Returns
    -------
    Finding or str
        With the centre of the box, a rational point on the kinks; or the reason of the attempt that came closest.
    """
    here = objective if theta is None else objective.at(theta)
    reason, tried = NO_KINK, {frozenset[Pair]()}
    for tolerance in TOLERANCES:
        pairs = guessed(here, tolerance)
        if frozenset(pairs) in tried:
            continue
        tried.add(frozenset(pairs))
        moved = _onto_kinks(here, pairs)
        if moved is None:
            reason = f"{len(pairs)} pre-activations are near kinks that cannot be met together"
            continue
        try:
            with working_precision(bits):
                stratum = stratum_at(here.at(moved), prefer)
                if stratum.kernel.dimension:
                    return _on_stratum(stratum, bits)
            # the point itself, no other is near
            found = decide_on_kinks(stratum.objective, prefer=prefer, bits=(bits,))
            if isinstance(found, Finding) and found.type == "minimum":
                return replace(found, centre=moved)
            reason = f"with {len(pairs)} kinks, no direction is left; " + (
                found if isinstance(found, str) else found.type
            )
        except (NotDecided, Degenerate, Undecided, InputError) as error:
            reason = f"with {len(pairs)} kinks, {error}"
    return reason


def guessed(objective: Objective, tolerance: float) -> dict[Pair, Fraction]:
    """Pairs (sample, neuron) of layer 1 that are near a kink, and the kink.

    The distance is measured by the largest weight plus the size of the bias.
    """
    block = objective.coordinates.blocks[0]
    kinks = [] if block.layer.number != 1 else list(block.layer.activation.kinks)
    if not kinks:
        return {}
    z = objective.in_floats().trace.pre_activations[0]
    theta = objective.theta.floats()[0]
    neurons = range(block.layer.width)
    weights = np.abs(theta[block.weights].reshape(block.layer.weights_shape)).max(axis=0)
    scale = np.array([weights[h % block.layer.filters] for h in neurons])
    if block.layer.bias != "none":
        scale = scale + np.array([abs(theta[block.bias(h)]) for h in neurons])
    found: dict[Pair, Fraction] = {}
    for kink in kinks:
        close = np.abs(z - float(kink)) <= tolerance * scale
        found |= dict.fromkeys(((i, h) for i, h in np.argwhere(close).tolist()), kink)
    return found


def _onto_kinks(objective: Objective, pairs: dict[Pair, Fraction]) -> ExactArray | None:
    """A point close by with these pre-activations on their kinks, exactly; None if that is contradictory."""
    block, samples = objective.coordinates.blocks[0], objective.instance.samples
    assert samples is not None
    places = list(range(block.stop))
    matrix = differentials(objective.coordinates, samples, list(pairs), places)
    theta = objective.theta.fractions()
    order = sorted(places, key=lambda e: e < block.biases.start)  # biases have coefficients 1
    moved = onto(theta[: block.stop], matrix, list(pairs.values()), order)
    return None if moved is None else ExactArray.from_fractions([*moved, *theta[block.stop :].tolist()])


def _on_stratum(stratum: Stratum, bits: int) -> Finding:
    """Newton's method on the stratum, then convexity and multipliers on boxes."""
    basis = fractions(stratum.kernel.basis)
    flat = Balls().lift(ExactArray.from_fractions(basis.ravel().tolist(), basis.shape))
    centre = _newton(stratum, basis, flat, bits)
    values, free = Balls().lift(centre), stratum.slice.free
    here = stratum.objective.in_balls(values, stratum.pattern)
    found = whitened(product(product(flat.T, here.hessian(free)), flat))
    scale = Fraction(2) ** found.exponent
    columns = product(flat, exact_integers(found.columns)) * ball(scale)
    gradient = here.gradient[free]
    size = norm(product(columns.T, gradient[:, None])[:, 0])
    spread = [sum(map(abs, row), Fraction(0)) for row in (basis @ found.columns).tolist()]
    chosen = chosen_multipliers(stratum, floats(gradient), floats(np.array(stratum.kappa(here), dtype=object)))
    if chosen is None:
        raise NotDecided("multipliers at kinks that depend on each other are not found inside")
    reason = "no box on which the curvatures along the kinks are positive"
    for k in RADII:
        radius = Fraction(1, 2**k)
        radii = {i: radius * scale * s for i, s in zip(free.tolist(), spread, strict=True)}
        try:
            box = stratum.objective.in_balls(around(values, radii), stratum.pattern)
            _require_pieces(stratum, box)
            hessian = box.hessian(free)
        except (Undecided, InputError, NotDecided):
            reason = "pre-activations change sign in every box"
            continue
        signs = gershgorin(product(product(columns.T, hessian), columns))
        if signs is None or signs[1] or not 4 * size < signs[2] * ball(radius * MARGIN):
            continue
        kappa = stratum.kappa(box)
        multipliers = stratum.multipliers(box.gradient[free].tolist(), chosen)
        if not all(x > 0 and x < limit for x, limit in zip(multipliers, kappa, strict=True)):
            reason = f"a multiplier at a kink is not inside: {worst(stratum, multipliers, kappa)}"
            continue
        value = here.twice_the_loss.item() / 2
        loss = enclosure(value - size**2 / signs[2], value)
        evidence = evidence_of(stratum, bits, ExactArray(found.columns), radius * scale * MARGIN, chosen)
        largest = float(max(radii.values(), default=Fraction(0)) * MARGIN)
        return Finding("minimum", evidence, loss, None, stratum.slice, centre, largest)
    raise NotDecided(reason)


def _newton(stratum: Stratum, basis: NDArray[np.object_], flat: Values, bits: int) -> ExactArray:
    """Move along the stratum to a critical point of Φ on it, as far as the precision goes."""
    free, theta = stratum.slice.free, stratum.objective.theta.fractions()
    inverse: Values | None = None
    last, size = np.inf, 0.0
    for number in range(NEWTON_STEPS):
        values = Balls().lift(ExactArray.from_fractions(theta.tolist()))
        here = stratum.objective.in_balls(values, stratum.pattern)
        if number < 3:  # then it hardly changes any more
            inverse = regular_inverse(floats(product(product(flat.T, here.hessian(free)), flat)))
        assert inverse is not None
        step = product(inverse, product(flat.T, here.gradient[free][:, None]))[:, 0]
        move = basis @ np.array([dyadic(x) for x in step.tolist()], dtype=object)
        theta = theta.copy()
        theta[free] -= move
        size = max((abs(float(x)) for x in move.tolist()), default=0.0)
        scale = 1 + max(abs(float(x)) for x in theta.tolist())
        if number > 3 and size > max(last, CONVERGED * scale):
            break
        last = size
        if size < scale * 2.0 ** (16 - bits):
            break
    if size > CONVERGED * scale:
        raise Degenerate(f"Newton's method does not converge (a step of {size:.2g})")
    return ExactArray.from_fractions(theta.tolist())


def _require_pieces(stratum: Stratum, box: Evaluation[Any]) -> None:
    """Refuse a box on which another pre-activation of layer 1 may leave its piece."""
    curve, chosen = stratum.objective.curves[0], stratum.pattern[0]
    assert curve is not None
    assert chosen is not None
    met = Balls().pieces(curve, box.trace.pre_activations[0])
    same = (
        (met.chosen == chosen.chosen) if met.last is None else (met.chosen == chosen.chosen) & (met.last == met.chosen)
    )
    for pair in stratum.pairs:
        same[pair] = True
    if not same.all():
        raise NotDecided("a pre-activation leaves its piece")
