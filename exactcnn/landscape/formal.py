"""Zero in Q(t): exact zeros of the gradient of a network with one layer of exponentials (T12).

A ball refutes; then the gradient, as a polynomial in powers of t and symbols 1/d(t^a), may vanish formally, at any size
of the exponents; then, where the exponents are small, all denominators are cleared, which is complete.
"""

from __future__ import annotations

from typing import Any

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exponential_arithmetic import ExponentialSums, NoPolynomial
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import Evaluation, evaluate, steps_at
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.network.walk import Pattern, forward, pre_activations


def formally_zero(objective: Objective, *, bits: int = PRECISION, checkable: bool = False) -> bool | None:
    """Whether ∇Φ is exactly zero, for one layer of exponentials.

    Parameters
    ----------
    objective : Objective
        Of domain "Q(t)": all other layers are rational, those above polynomial on the pieces that they use.
    bits : int
        Precision of the ball that refutes, and of the signs above the exponentials.
    checkable : bool
        True only where the checker of certificates follows: the gradient vanishes formally, and the layers above are
        affine. None where it is zero for another reason.

    Returns
    -------
    bool or None
        None where it is not decided: a curve above that is no polynomial, a sign there that balls leave open, or
        exponents too large to clear the denominators of what does not vanish formally.

    Raises
    ------
    InputError
        In another domain, and at a kink or a tie of a maximum, which it names.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="tanh"), FullyConnected(1, activation="identity")])
    >>> at = lambda v: Parameters.from_arrays(network, {"W1": [["1/3"]], "b1": [0], "W2": [[v]], "b2": [0]})
    >>> [formally_zero(Objective(Instance(network, at(v), [[1], [-1]], [[0], [0]]))) for v in (0, 1)]
    [True, False]
    """
    _require_domain(objective)
    try:
        with working_precision(bits):
            balls = objective.in_balls()
            if any(not value.contains(0) for value in balls.gradient.tolist()):
                return False
    except Undecided:  # a sign that may be decided exactly
        pass
    found = in_exponentials(objective, bits=bits)
    if found is None:
        return None
    answers = [value.is_zero() for value in found.gradient.tolist()]
    if False in answers:
        return False
    if None in answers or (checkable and not _is_checkable(objective, found)):
        return None
    return True


def _is_checkable(objective: Objective, found: Evaluation[Any]) -> bool:
    """Whether nothing had to be cleared, and layers above are affine; above layer 1 nothing is pooled."""
    layer = [None if curve is None else curve.domain for curve in objective.curves].index("exponential")
    affine = all(curve is not None and curve.affine is not None for curve in objective.curves[layer + 1 :])
    pooled = any(curve is None for curve in objective.curves[1:])
    return affine and not pooled and not any(value.terms for value in found.gradient.tolist())


def in_exponentials(objective: Objective, *, bits: int = PRECISION) -> Evaluation[Any] | None:
    """Evaluate in Q(t), as polynomials; None where that is not possible. Raises as `formally_zero`."""
    _require_domain(objective)
    pattern = _pattern(objective, bits)
    if pattern is None:
        return None
    field, instance = ExponentialSums(), objective.instance
    assert instance.samples is not None
    assert instance.targets is not None
    theta, samples, targets = (field.lift(array) for array in (objective.theta, instance.samples, instance.targets))
    try:
        found = evaluate(field, objective.coordinates, theta, samples, targets, pattern)
        found.gradient  # noqa: B018 - derivatives may leave the polynomials, and are refused at kinks
    except NoPolynomial:
        return None
    return found


def _require_domain(objective: Objective) -> None:
    if objective.domain != "Q(t)":
        raise InputError(f"the loss lies in {objective.domain}; expected Q(t), one layer of exponentials")


def _pattern(objective: Objective, bits: int) -> Pattern | None:
    """Pieces and winners: in Q up to the exponentials, by balls above; None where these leave one open."""
    domains = [None if curve is None else curve.domain for curve in objective.curves]
    layer = domains.index("exponential")
    field, samples = Rationals(), objective.instance.samples
    assert samples is not None
    steps = steps_at(field, objective.coordinates, field.lift(objective.theta))
    inputs = field.lift(samples)
    below = forward(field, steps[:layer], inputs)
    curve = objective.curves[layer]
    assert curve is not None
    z = pre_activations(field, steps[: layer + 1], inputs)
    own = field.pieces(curve, z) if curve.kinks else None
    with working_precision(bits):
        above = objective.in_balls(pattern=None).trace.pattern[layer + 1 :]
    if any(choice is not None and choice.open is not None and choice.open.any() for choice in above):
        return None
    return (*below.pattern, own, *above)
