"""Outputs of a network as it was given, exactly in Q or enclosed by balls, and what is decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.interop.properties import Comparison, Property, Truth, related
from exactcnn.network.as_given import AsGiven, Head, Normalization
from exactcnn.network.expressions import equal_outputs
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.walk import Step, forward, steps

if TYPE_CHECKING:
    from flint import arb

MOST_BALLS = 4_000_000  # gathered for one input; a layer of so many takes a gigabyte
LONGEST = 2**16  # bits of the exponent of a bound: what is smaller is enclosed by powers of two

Number: TypeAlias = "Fraction | arb"
Bounds: TypeAlias = tuple[Fraction, Fraction]


@dataclass(frozen=True, eq=False)
class Decided:
    """What is known of the outputs at one input; neurons by their numbers in the last layer.

    Attributes
    ----------
    bounds : tuple of (Fraction, Fraction), or None
        Of every output; equal ones where it is known exactly. None where an output has no finite bounds.
    precision : int or None
        Bits of the balls; None where all is rational.
    largest : tuple of int
        The neurons whose outputs are equal and larger than all others; empty where that is not decided.
    contenders : tuple of int
        Those that may be the largest.
    margin : Fraction or None
        By which the largest exceeds all others at least; None where there are no others, or it is not decided.
    equal : tuple of tuple of int
        Groups of outputs that are equal as expressions, where something leans on it.
    in_region, holds : bool or None
        Of the property; None also without one.
    """

    bounds: tuple[Bounds, ...] | None
    precision: int | None
    largest: tuple[int, ...]
    contenders: tuple[int, ...]
    margin: Fraction | None
    equal: tuple[tuple[int, ...], ...]
    in_region: Truth
    holds: Truth


@dataclass(frozen=True, eq=False)
class Outputs:
    """The outputs of a network at inputs.

    Attributes
    ----------
    given : AsGiven
    samples : ExactArray (N, n_0)
    wanted : Property or None
        With the neurons of the last layer as its outputs.
    digits : int
        That bounds should have.
    """

    given: AsGiven
    samples: ExactArray
    wanted: Property | None
    digits: int

    @cached_property
    def exact(self) -> NDArray[Any] | None:
        """F_L as fractions, where all layers are rational and none is normalized."""
        network = self.given.network
        curves = network.activations(len(network.layers))
        if self.given.normalizations or any(curve is not None and curve.domain != "rational" for curve in curves):
            return None
        features = FeatureMatrix(network, self.given.parameters, self.samples, len(network.layers))
        return features.exact().fractions()

    @property
    def rational(self) -> bool:
        """Whether the outputs themselves are rational."""
        return self.exact is not None and self.given.head is None

    def decide(self, sample: int, precision: int | None, symbolic: bool) -> Decided:
        """Decide what can be decided at one input with balls of a precision, which is the working precision.

        `symbolic` says whether to look for outputs that are equal as expressions.
        """
        x = self.samples[sample].fractions().tolist()
        groups: tuple[tuple[int, ...], ...] = ()
        if self.exact is not None:
            logits: list[Any] = self.exact[sample].tolist()
        else:
            logits = self._balls(sample)
            groups = equal_outputs(self.given, x) if symbolic else ()
        values = headed(logits, self.given.head)
        if self.exact is not None and not self.rational:
            groups = _groups(logits)
        first = {neuron: group[0] for group in groups for neuron in group}
        contenders = _contenders(logits)
        known = len(contenders) == 1 or self.exact is not None or len({first.get(j, j) for j in contenders}) == 1
        largest = contenders if known else ()
        margin = _margin(values, largest, self.digits) if largest else None

        def comparison(c: Comparison) -> Truth:
            return related(c.relation, sign(c, x, values, first))

        own = self.wanted
        return Decided(
            bounds=bounds_of(values, self.digits),
            precision=precision,
            largest=largest,
            contenders=contenders,
            margin=margin,
            equal=() if self.rational else groups,
            in_region=None if own is None else own.in_region(comparison),
            holds=None if own is None else own.holds(comparison),
        )

    def floats(self, dtype: str) -> NDArray[Any]:
        """The outputs as NumPy computes them in float32 or float64, from rounded inputs and parameters."""
        arithmetic = Floating(np.dtype(dtype))
        walk = tuple(self._step(step, arithmetic) for step in self._steps(arithmetic))
        with np.errstate(all="ignore"):
            rows = [
                forward(arithmetic, walk, arithmetic.lift(self.samples[i : i + 1])).features[-1]
                for i in range(len(self.samples))
            ]
            features = np.concatenate(rows)
            if self.given.head is None:
                return features
            shifted = features - features.max(axis=1, keepdims=True)
            powers = np.exp(shifted)
            total = powers.sum(axis=1, keepdims=True)
            return np.asarray(powers / total if self.given.head == "softmax" else shifted - np.log(total))

    # ---------------------------------------------------------------- inside

    def _steps(self, arithmetic: Any) -> tuple[Step[Any], ...]:
        network = self.given.network
        return steps(arithmetic, network, self.given.parameters, len(network.layers))

    def _balls(self, sample: int) -> list[arb]:
        arithmetic = Balls()
        layers = self.given.network.resolved
        needed = max(layer.patches.slots.size + layer.width for layer in layers)
        if needed > MOST_BALLS:
            raise InputError(f"a layer gathers {needed} balls for an input; expected at most {MOST_BALLS}")
        walk = tuple(self._step(step, arithmetic) for step in self._steps(arithmetic))
        row = forward(arithmetic, walk, arithmetic.lift(self.samples[sample : sample + 1])).features[-1]
        values: list[arb] = row[0].tolist()
        return values

    def _step(self, step: Step[Any], arithmetic: Any) -> Step[Any]:
        """A layer with its normalization in weights and biases, enclosed or rounded as the arithmetic has it."""
        normal = next((each for each in self.given.normalizations if each.layer == step.layer.number), None)
        if normal is None:
            return step
        factor, shift = factors(normal, arithmetic)
        biases = shift[np.arange(step.layer.width) % step.layer.filters]
        if step.biases is not None:
            biases = biases + step.biases * factor[np.arange(step.layer.width) % step.layer.filters]
        return replace(step, weights=step.weights * factor, biases=biases)


def factors(normal: Normalization, arithmetic: Any) -> tuple[Any, Any]:
    """(a, b) of a normalization z -> a z + b, for each filter: a = scale / sqrt(variance), b = shift - a mean.

    NumPy takes the square roots of balls, too, by their own method.
    """
    with np.errstate(all="ignore"):
        scale, shift, mean, variance = map(arithmetic.lift, normal.arrays.values())
        factor = scale / np.sqrt(variance)
        return factor, shift - factor * mean


def headed(logits: Sequence[Number], head: Head) -> list[Number]:
    """Softmax of the features, or its logarithm; powers are taken of differences to the largest.

    Examples
    --------
    >>> headed([Fraction(1), Fraction(2)], None)
    [Fraction(1, 1), Fraction(2, 1)]
    >>> [round(float(p.mid()), 6) for p in headed([Fraction(5), Fraction(5)], "softmax")]
    [0.5, 0.5]
    """
    if head is None:
        return list(logits)
    from flint import arb

    balls = [ball(z) if isinstance(z, Fraction) else z for z in logits]
    middles = [z.mid() for z in balls]
    top = middles[_highest(middles)]
    shifted = [z - top for z in balls]
    total = sum((z.exp() for z in shifted), arb(0))
    return [z.exp() / total for z in shifted] if head == "softmax" else [z - total.log() for z in shifted]


def sign(c: Comparison, x: Sequence[Fraction], values: Sequence[Number], first: dict[int, int]) -> int | None:
    """Sign of the left side of a comparison minus its bound; None where balls do not tell.

    `first` maps neurons to the first of a group of equal ones, whose coefficients add up.
    """
    total = sum((a * x[i] for i, a in c.inputs), -c.bound)
    terms: dict[int, Fraction] = {}
    for j, b in c.outputs:
        value = values[j]
        if isinstance(value, Fraction):
            total += b * value
        else:
            terms[first.get(j, j)] = terms.get(first.get(j, j), Fraction(0)) + b
    if not any(terms.values()):
        return (total > 0) - (total < 0)
    balls: Sequence[Any] = values
    enclosed: Any = sum((ball(b) * balls[j] for j, b in terms.items() if b), ball(total))
    return 1 if enclosed > 0 else -1 if enclosed < 0 else None


def _groups(logits: Sequence[Fraction]) -> tuple[tuple[int, ...], ...]:
    """Neurons with equal rational features."""
    found: dict[Fraction, list[int]] = {}
    for j, z in enumerate(logits):
        found.setdefault(z, []).append(j)
    return tuple(tuple(group) for group in found.values() if len(group) > 1)


def _contenders(logits: Sequence[Any]) -> tuple[int, ...]:
    """Neurons that are not certainly below the one with the largest midpoint."""
    if isinstance(logits[0], Fraction):
        top = max(logits)
        return tuple(j for j, z in enumerate(logits) if z == top)
    best = _highest([z.mid() for z in logits])
    return tuple(j for j, z in enumerate(logits) if j == best or not z < logits[best])


def _highest(middles: Sequence[arb]) -> int:
    """Index of the largest of exact balls."""
    best = 0
    for j, middle in enumerate(middles):
        if middle > middles[best]:
            best = j
    return best


def _margin(values: Sequence[Any], largest: tuple[int, ...], digits: int) -> Fraction | None:
    others = [value for j, value in enumerate(values) if j not in set(largest)]
    if not others:
        return None
    top = values[largest[0]]
    if isinstance(top, Fraction):
        return Fraction(top - max(others))
    ends = [ends_of(top - value) for value in others]
    lowest = min((Fraction(0) if each is None else each[0] for each in ends), default=Fraction(0))
    return rounded(lowest, digits, up=False) if lowest > 0 else None


def bounds_of(values: Sequence[Any], digits: int) -> tuple[Bounds, ...] | None:
    """Bounds of all values: the rational numbers themselves, or decimals outward of balls."""
    result = []
    for value in values:
        if isinstance(value, Fraction):
            result.append((value, value))
            continue
        ends = ends_of(value)
        if ends is None:
            return None
        spread = ends[1] - ends[0]  # room for another order of the same operations
        result.append((rounded(ends[0] - spread, digits, up=False), rounded(ends[1] + spread, digits, up=True)))
    return tuple(result)


def tight(bounds: Sequence[Bounds], digits: int) -> bool:
    """Whether bounds agree to so many digits, of outputs near zero by comparison with the largest."""
    sizes = [max(abs(lower), abs(upper)) for lower, upper in bounds]
    least = max(sizes, default=Fraction(0)) / 10**digits
    # two decimals next to each other differ by 10^(1 - digits) of their size at most, and the ball adds to it
    return all(
        upper - lower <= 20 * max(size, least) / 10**digits for (lower, upper), size in zip(bounds, sizes, strict=True)
    )


def ends_of(value: arb) -> Bounds | None:
    """Rational ends of a ball; None where it has none of moderate length."""
    if not value.is_finite():
        return None
    lower, upper = _dyadic(value.lower(), -1), _dyadic(value.upper(), 1)
    return None if lower is None or upper is None else (lower, upper)


def _dyadic(number: arb, side: int) -> Fraction | None:
    """A number m 2^e, moved to a side where it is too small to be written down."""
    mantissa, exponent = (int(part) for part in number.man_exp())
    if not mantissa:
        return Fraction(0)
    if mantissa.bit_length() + exponent > LONGEST:
        return None
    if exponent < -2 * LONGEST:
        tiny = Fraction(1, 1 << LONGEST)
        return Fraction(0) if (mantissa > 0) != (side > 0) else side * tiny
    return Fraction(mantissa) * Fraction(2) ** exponent


def rounded(value: Fraction, digits: int, *, up: bool) -> Fraction:
    """The nearest decimal fraction of so many significant digits that is not smaller (`up`), or not larger.

    Examples
    --------
    >>> rounded(Fraction(2, 3), 3, up=True), rounded(Fraction(-2, 3), 3, up=True), rounded(Fraction(1, 4), 5, up=False)
    (Fraction(667, 1000), Fraction(-333, 500), Fraction(1, 4))
    """
    if not value:
        return value
    bits = abs(value.numerator).bit_length() - value.denominator.bit_length()
    places = digits - int(bits * 0.30102999566) - (bits > 0)  # the power of ten of the last digit, or one more digit
    scaled = value * Fraction(10) ** places
    whole = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    return Fraction(whole) / Fraction(10) ** places
