"""The loss of an instance, its derivatives and kinks, in the best domain that the instance allows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.evaluation import Evaluation, evaluate, steps_at
from exactcnn.network.instance import Instance
from exactcnn.network.network import Convolved, Pooled
from exactcnn.network.walk import Kink, Pattern, Trace, forward, pre_activations
from exactcnn.resources import Progress, check_memory

if TYPE_CHECKING:
    from flint import arb

PRECISION = 128  # bits, where none is asked for
MOST_PARAMETERS = 2000  # of a Hessian
BYTES = 128  # of a ball of 128 bits, or of a rational number of moderate size

Domain = Literal["Q", "Q(t)", "balls"]


class BinaryRationals(Rationals):
    """The rationals, where powers of two in layer 1 are differentiated by (1/ln 2) d/dt.

    Under this derivation the logistic function to the base 2 and all its derivatives are rational at integers. Its
    arguments are affine in the parameters of layer 1, so each derivative by one of these is ln 2 times what comes out,
    and all others are as they are: zeros and signs of quadratic forms are those of the true derivatives, up to a
    positive diagonal congruence. With such a layer above, powers of ln 2 would mix.
    """

    def apply(self, curve: Curve, z: ExactArray, choice: Choice | None) -> ExactArray:
        """Values of a curve without its factors ln 2."""
        return super().apply(replace(curve, logarithms=0) if curve.logarithms else curve, z, choice)


@typed
@dataclass(frozen=True, eq=False)
class Objective(Shown):
    """Φ(θ) = ½ ‖F_L(θ) − Y‖², the sum over all samples and outputs.

    Parameters
    ----------
    instance : Instance
        With parameters of all layers, samples, and targets (N, n_L).
    progress : callable, optional
        Called with (what, done, total) by second derivatives.

    Raises
    ------
    InputError
        If a part is missing, or targets do not have n_L columns.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Section 4.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[2]], "b1": [0], "W2": [["1/2"]], "b2": [0]})
    >>> objective = Objective(Instance(network, parameters, [[1], [-1]], [[3], [1]]))
    >>> objective.domain, objective.loss(), objective.gradient().fractions().tolist()[0]
    ('Q', Fraction(5, 2), Fraction(-1, 1))
    """

    instance: Instance
    progress: Progress | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        instance, network = self.instance, self.instance.network
        for name in ("parameters", "samples", "targets"):
            if getattr(instance, name) is None:
                where = "" if name != "targets" else ": data.targets of a specification, --targets beside a model"
                raise InputError(f"{name}: missing; a loss needs parameters of all layers, samples and targets{where}")
        assert instance.targets is not None
        if not any(isinstance(layer, Convolved) for layer in network.resolved):
            raise InputError("the network has no convolutional or fully connected layer; expected at least one")
        for layer in network.resolved:
            if not isinstance(layer, Convolved | Pooled):
                raise InputError(f"layer {layer.number} is {layer.kind}; losses are not decided there")
        expected = (instance.count, network.widths[-1])
        if instance.targets.shape != expected:
            raise InputError(f"targets have shape {instance.targets.shape}; expected {expected}, a column per output")
        self.theta  # noqa: B018 - refuses parameters that are missing
        check_memory(BYTES * self.numbers, what=f"the derivatives of a loss of {instance.count} samples")

    # ---------------------------------------------------------------- parts

    @property
    def numbers(self) -> int:
        """How many numbers a gradient takes: for each sample patches, and three for each neuron."""
        layers = self.instance.network.resolved
        return (self.instance.count or 0) * sum(layer.patches.slots.size + 3 * layer.width for layer in layers)

    @cached_property
    def coordinates(self) -> Coordinates:
        """The names and places of all parameters."""
        return Coordinates(self.instance.network)

    @cached_property
    def theta(self) -> ExactArray:
        """All parameters, (P,)."""
        assert self.instance.parameters is not None
        return self.coordinates.flat(self.instance.parameters)

    @cached_property
    def curves(self) -> tuple[Curve | None, ...]:
        """Activations of all layers; None for max-pooling."""
        network = self.instance.network
        return network.activations(len(network.layers))

    def at(self, theta: Any) -> Objective:
        """Return the same loss at other parameters, (P,) exact numbers or floats."""
        point = exact_array(theta, name="theta")
        if point.shape != self.theta.shape:
            raise InputError(f"theta has shape {point.shape}; expected {self.theta.shape}, all parameters")
        parameters = self.coordinates.parameters(point)
        return Objective(replace_parameters(self.instance, parameters), self.progress)

    @cached_property
    def domain(self) -> Domain:
        """Where outputs and derivatives lie.

        "Q" also with the base 2 in layer 1 (and only there) as long as its arguments are integers, in units of ln 2:
        see `BinaryRationals`. "Q(t)" with one layer of exponentials.
        """
        domains = [curve.domain for curve in self.curves if curve is not None]
        if set(domains) <= {"rational"}:
            return "Q"
        if set(domains[1:]) <= {"rational"} and domains[0] == "binary" and self._rational_binary:
            return "Q"
        exponential = domains.count("exponential") == 1 and set(domains) <= {"rational", "exponential"}
        return "Q(t)" if exponential else "balls"

    @property
    def uses_base_two(self) -> bool:
        """Whether derivatives by parameters of layer 1 are in units of ln 2."""
        return self.domain == "Q" and any(curve is not None and curve.domain == "binary" for curve in self.curves)

    @property
    def _rational_binary(self) -> bool:
        try:
            return self._rational is not None
        except InputError:  # an exponent that is no integer, or too large
            return False

    # ---------------------------------------------------------------- evaluations

    @cached_property
    def _given(self) -> tuple[ExactArray, ExactArray]:
        samples, targets = self.instance.samples, self.instance.targets
        assert samples is not None
        assert targets is not None
        return samples, targets

    def in_rationals(self, theta: ExactArray | None = None, pattern: Pattern | None = None) -> Evaluation[ExactArray]:
        """Evaluate in Q, at these parameters or at θ; derivatives in the base 2 without their factors ln 2."""
        rationals = BinaryRationals()
        samples, targets = (rationals.lift(array) for array in self._given)
        chosen = rationals.lift(self.theta if theta is None else theta)
        return evaluate(rationals, self.coordinates, chosen, samples, targets, pattern, self.progress)

    @cached_property
    def _rational(self) -> Evaluation[ExactArray]:
        return self.in_rationals()

    def in_balls(self, theta: NDArray[Any] | None = None, pattern: Pattern | None = None) -> Evaluation[NDArray[Any]]:
        """Evaluate in balls, at the working precision; parameters with radii stand for all that they contain."""
        from flint import ctx

        balls = Balls()
        bits = int(ctx.prec)
        own = theta is None and pattern is None
        if own and bits in self._known:
            return self._known[bits]
        samples, targets = (balls.lift(array) for array in self._given)
        if theta is None:
            theta, pattern = balls.lift(self.theta), self.pattern if pattern is None else pattern
        found = evaluate(balls, self.coordinates, theta, samples, targets, pattern, self.progress)
        if own:
            self._known[bits] = found
        return found

    @cached_property
    def _known(self) -> dict[int, Evaluation[NDArray[Any]]]:
        """Evaluations in balls at the point itself, by precision: losses, gradients and Hessians share them."""
        return {}

    def in_floats(self, theta: NDArray[np.float64] | None = None) -> Evaluation[NDArray[Any]]:
        """Evaluate in float64."""
        floating = Floating(np.dtype(np.float64))
        samples, targets = (floating.lift(array) for array in self._given)
        chosen = floating.lift(self.theta) if theta is None else theta
        return evaluate(floating, self.coordinates, chosen, samples, targets, progress=self.progress)

    # ---------------------------------------------------------------- what users ask for

    def _best(self, bits: int) -> Evaluation[Any]:
        if self.domain == "Q":
            return self._rational
        with working_precision(bits):
            return self.in_balls()

    def loss(self, *, bits: int = PRECISION) -> Fraction | arb:
        """Φ(θ): a fraction where it is rational by construction, else a ball."""
        with working_precision(bits):
            twice = self._best(bits).twice_the_loss
            if isinstance(twice, ExactArray):
                return Fraction(twice.fractions().item()) / 2
            half: arb = twice.item() / 2
            return half

    def outputs(self, *, bits: int = PRECISION) -> Any:
        """F_L, (N, m): exact, or balls."""
        return self._best(bits).trace.features[-1]

    def residual(self, *, bits: int = PRECISION) -> Any:
        """F_L − Y, (N, m): exact, or balls."""
        return self._best(bits).residual

    def gradient(self, *, bits: int = PRECISION) -> Any:
        """∇Φ by all coordinates, (P,): exact, or balls.

        Raises
        ------
        InputError
            At a kink or a tie of a maximum, which it names.
        """
        with working_precision(bits):
            return self._best(bits).gradient

    def hessian(self, free: Any = None, *, bits: int = PRECISION) -> Any:
        """Second derivatives by all coordinates, or by some (ascending), exact or balls; raises as `gradient`."""
        chosen = np.arange(self.coordinates.count) if free is None else np.asarray(free)
        if len(chosen) > MOST_PARAMETERS:
            size = 8 * 16 * len(chosen) ** 2 / 2**30
            raise InputError(
                f"a Hessian by {len(chosen)} parameters takes about {size:.1f} GiB; expected at most {MOST_PARAMETERS}"
            )
        with working_precision(bits):
            return self._best(bits).hessian(chosen)

    def full_gradient(self, layer: int, *, bits: int = PRECISION) -> Any:
        """∇Φ by U_k, (n_{k-1}, n_k): F_{k-1}ᵀ times the derivative by G_k; raises as `gradient`."""
        with working_precision(bits):
            here = self._best(bits)
            below, sums = here.trace.features[layer - 1], here.layers[layer - 1].pre_activations
            return here.arithmetic.matmul(here.arithmetic.transpose(below), sums)

    def directional(self, direction: Any, *, bits: int = PRECISION) -> Fraction | arb:
        """One-sided derivative along a direction, also at kinks: `exactcnn.landscape.one_sided.directional`."""
        from exactcnn.landscape.one_sided import directional

        return directional(self, direction, bits=bits)

    def jacobian(self, *, bits: int = PRECISION) -> Any:
        """Derivatives of the outputs by all coordinates, (N m, P), rows in C order; raises as `gradient`."""
        with working_precision(bits):
            return self._best(bits).jacobian()

    def times(self, direction: Any, *, bits: int = PRECISION) -> Any:
        """Hessian times a vector, by dual numbers, (P,); raises as `gradient`."""
        vector = exact_array(direction, name="direction")
        samples, targets = self._given
        inner: Any = BinaryRationals() if self.domain == "Q" else Balls()
        dual = Dual(inner)
        with working_precision(bits):
            theta = Pair(inner.lift(self.theta), inner.lift(vector))
            found = evaluate(dual, self.coordinates, theta, dual.lift(samples), dual.lift(targets))
            return found.gradient.slope

    @cached_property
    def pattern(self) -> Pattern:
        """Pieces and winners where they are decided exactly, in Q: up to the first irrational layer; None above."""
        if self.domain == "Q":
            return self._rational.trace.pattern
        field = BinaryRationals()
        first = next(i for i, curve in enumerate(self.curves) if curve is not None and curve.domain != "rational")
        own = steps_at(field, self.coordinates, field.lift(self.theta))[: first + 1]
        inputs = field.lift(self._given[0])
        below = forward(field, own[:-1], inputs)
        curve = own[-1].curve
        assert curve is not None
        last = field.pieces(curve, pre_activations(field, own, inputs, (*below.pattern, None))) if curve.kinks else None
        return (*below.pattern, last, *[None] * (len(self.curves) - first - 1))

    def breakpoints(self) -> tuple[tuple[int, int, int], ...]:
        """Places where an activation's formula changes, or a maximum is tied: (layer, neuron, sample), if in Q."""
        found: list[tuple[int, int, int]] = []
        for number, choice in enumerate(self.pattern, start=1):
            if choice is not None and choice.ties is not None:
                found += [(number, neuron, sample) for sample, neuron in np.argwhere(choice.ties).tolist()]
        return tuple(found)

    def kinks(self) -> tuple[Kink, ...]:
        """Pre-activations on a kink with two slopes, and tied maxima, as far as they are decided in Q."""
        decided = [i for i, choice in enumerate(self.pattern) if choice is not None]
        steps = steps_at(Rationals(), self.coordinates, self.theta)
        return Trace(steps, (), (), self.pattern).kinks() if decided else ()


def replace_parameters(instance: Instance, parameters: Any) -> Instance:
    """The same network, samples and targets with other parameters."""
    return Instance(instance.network, parameters, instance.data, instance.targets)
