"""Claims about the outputs of the network at the samples: bounds, the largest ones, and a property.

The network of the claim is that of the instance, with a normalization of the pre-activations of some layers (filter t
takes z to (z - mean_t) scale_t / sqrt(variance_t) + shift_t before the activation) and Softmax, or its logarithm, of
the features of the last layer, where the claim says so. As long as layers are rational and not normalized, features
are exact; the rest are balls. The largest outputs are found before Softmax, which keeps the order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.budget import NUMBER, ball_function, fraction
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.document import (
    FormatError,
    boolean,
    fields,
    indices,
    integer,
    quote,
    rational,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.expressions import expressions
from exactcnn.checker.features import exact_layer, joined, spend_enclosures
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import BALLS, RATIONALS, Numbers, Table
from exactcnn.checker.properties import Comparison, all_hold, mentions_outputs, read_assertions, spend_comparisons

HEADS = (None, "softmax", "log-softmax")
ARRAYS = ("scale", "shift", "mean", "variance")


@dataclass(frozen=True)
class Network:
    """The network of a claim: an instance, the arrays of normalizations by layer, and what is done at the end."""

    instance: Instance
    normalizations: dict[int, list[list[fmpq]]]
    head: str | None

    @cached_property
    def last(self) -> int:
        """L."""
        return len(self.instance.layers) - 1

    def constants(self, k: int) -> Callable[[int], tuple[fmpq, ...] | None]:
        """Return the function from a filter of layer k to the numbers of its normalization."""
        own = self.normalizations.get(k)
        return lambda t: None if own is None else tuple(array[t] for array in own)

    @property
    def rational(self) -> bool:
        """Whether F_L is rational."""
        domains = {layer.activation.domain for layer in self.instance.layers}
        return domains == {"rational"} and not self.normalizations

    def features(self, row: list[fmpq], precision: int | None) -> list[Any]:
        """Return F_L of one sample, as fractions or as balls at the working precision."""
        table: Table = [row]
        numbers, budget = RATIONALS, self.instance.budget
        for k, layer in enumerate(self.instance.layers[1:], start=1):
            what = f"features of layer {k}"
            own = self.normalizations.get(k)
            if numbers is RATIONALS and layer.activation.domain == "rational" and own is None:
                table = exact_layer(budget, layer, table, what)
                continue
            require(precision is not None, f"the features of layer {k} are not rational, and precision is null")
            assert precision is not None
            spend_enclosures(budget, layer, table, numbers, precision, what)
            if own is None:
                table = joined(layer, table, layer.ball_value(), numbers)
            else:
                budget.spend(4 * layer.filters * ball_function(precision) + 1000 * layer.width, what)
                table = normalized(layer, table, own, numbers)
            numbers = BALLS
        return table[0]

    def outputs(self, features: list[Any], precision: int | None) -> list[Any]:
        """Return the outputs, from F_L."""
        if self.head is None:
            return features
        require(precision is not None, "Softmax is not rational, and precision is null")
        assert precision is not None
        self.instance.budget.spend(3 * len(features) * ball_function(precision), "Softmax")
        balls = list(map(arb, features))
        top = balls[0].mid()
        for ball in balls:
            top = max(top, ball.mid())
        shifted = [ball - top for ball in balls]
        total = sum((ball.exp() for ball in shifted), arb(0))
        return [ball.exp() / total if self.head == "softmax" else ball - total.log() for ball in shifted]


def normalized(layer: Layer, below: Table, arrays: list[list[fmpq]], numbers: Numbers) -> Table:
    """Return a layer whose pre-activations are normalized, each filter by its own numbers."""
    value = layer.ball_value()
    table: Table = [[] for _ in below]
    constants = [
        (arb(scale) / arb(variance).sqrt(), arb(shift), mean)
        for scale, shift, mean, variance in zip(*arrays, strict=True)
    ]
    for _, block in layer.pre_activations(below, numbers):
        for row, entries in zip(table, block, strict=True):
            row.extend(
                value((arb(z) - mean) * factor + shift)
                for z, (factor, shift, mean) in zip(entries, constants, strict=True)
            )
    return table


@dataclass(frozen=True)
class Stated:
    """What is claimed of one sample."""

    precision: int | None
    bounds: list[tuple[fmpq, fmpq]] | None
    equal: list[list[int]]
    largest: list[int] | None
    margin: fmpq | None
    in_region: bool | None
    holds: bool | None

    @property
    def says_something(self) -> bool:
        """Whether anything is claimed."""
        return any(each is not None for each in (self.bounds, self.largest, self.in_region, self.holds))


def read_outputs(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return a claim about the outputs at all samples."""
    _, head, normalizations, assertions, samples = fields(
        claim, "claim", "kind", "head", "normalizations", "property", "samples"
    )
    if head is not None and (type(head) is not str or head not in HEADS):
        raise unknown("head", head)
    network = Network(instance, read_normalizations(instance, normalizations), head)
    width = instance.layers[-1].width
    formulas = None if assertions is None else read_assertions(assertions, instance.layers[0].width, width)
    stated = [
        read_sample(each, f"samples[{i}]", width, formulas is not None)
        for i, each in enumerate(sequence(samples, "samples", instance.count or 0))
    ]

    def verify() -> None:
        for i, (row, own) in enumerate(zip(instance.known_samples(), stated, strict=True)):
            if own.says_something:
                with ctx.workprec(own.precision or 64):
                    verify_sample(network, formulas, row, own, f"sample {i}")
            instance.budget.report("outputs", i + 1, len(stated))

    return Read(line(network, stated), verify, any(own.says_something for own in stated))


def line(network: Network, stated: list[Stated]) -> str:
    """Return the claim in words."""
    parts = [f"outputs at {len(stated)} sample{'' if len(stated) == 1 else 's'}"]
    if network.head is not None:
        parts[0] = f"{network.head} {parts[0]}"
    if network.normalizations:
        parts.append(f"layers {', '.join(map(str, sorted(network.normalizations)))} normalized")
    parts.append(f"{sum(own.largest is not None for own in stated)} with known largest ones")
    confirmed = sum(own.in_region is True and own.holds is True for own in stated)
    refuted = sum(own.in_region is False or own.holds is False for own in stated)
    if confirmed or refuted:
        parts.append(f"{confirmed} satisfy the property, {refuted} do not")
    return "; ".join(parts)


def read_normalizations(instance: Instance, value: Any) -> dict[int, list[list[fmpq]]]:
    """Return the arrays scale, shift, mean and variance of convolutions, by layer."""
    if type(value) is not dict:
        raise FormatError(f"normalizations is {quote(value)}; expected an object")
    numbers = {str(k): k for k in range(1, len(instance.layers))}
    result = {}
    for key, arrays in value.items():
        where = f"normalizations of layer {quote(key)}"
        if key not in numbers:
            raise FormatError(f"{where}: there is no such layer")
        layer: Convolution = instance.convolution(numbers[key])
        shape = (layer.filters,)
        own = fields(arrays, where, *ARRAYS)
        result[numbers[key]] = [
            instance.array(array, f"{where}: {name}", shape) for name, array in zip(ARRAYS, own, strict=True)
        ]
        if any(variance <= 0 for variance in result[numbers[key]][3]):
            raise FormatError(f"{where}: a variance is not positive")
    return result


def read_sample(value: Any, where: str, width: int, judged: bool) -> Stated:
    """Return what is claimed of one sample."""
    names = ("precision", "bounds", "equal", "largest", "margin", "in_region", "holds")
    precision, bounds, equal, largest, margin, in_region, holds = fields(value, where, *names)
    if not judged and (in_region is not None or holds is not None):
        raise FormatError(f"{where}: in_region and holds without a property; expected null")
    pairs = None
    if bounds is not None:
        pairs = []
        for pair in sequence(bounds, f"{where}: bounds", width):
            lower, upper = (rational(end, f"{where}: bounds") for end in sequence(pair, f"{where}: bounds", 2))
            pairs.append((lower, upper))
    if margin is not None and largest is None:
        raise FormatError(f"{where}: a margin without the largest outputs")
    return Stated(
        None if precision is None else integer(precision, f"{where}: precision", 2, 2**20),
        pairs,
        [indices(group, f"{where}: equal", width) for group in sequence(equal, f"{where}: equal")],
        None if largest is None else indices(largest, f"{where}: largest", width),
        None if margin is None else rational(margin, f"{where}: margin"),
        None if in_region is None else boolean(in_region, f"{where}: in_region"),
        None if holds is None else boolean(holds, f"{where}: holds"),
    )


def verify_sample(network: Network, formulas: list[Any] | None, row: list[fmpq], own: Stated, where: str) -> None:
    """Reject the claim unless all that is stated of a sample is so."""
    budget, precision = network.instance.budget, own.precision
    features = network.features(row, precision)
    outputs = network.outputs(features, precision)
    bits = sum(int(y.p).bit_length() + int(y.q).bit_length() for y in outputs if isinstance(y, fmpq))
    margin = 0 if own.margin is None else int(own.margin.p).bit_length() + int(own.margin.q).bit_length()
    each = 1000 + margin // 16 + 4 * fraction(bits // len(outputs) + (precision or 0))
    budget.spend(len(outputs) * each, "the bounds")
    budget.hold(len(outputs) * NUMBER, "outputs")
    for j, (lower, upper) in enumerate(own.bounds or ()):
        below, above = (lower, upper) if isinstance(outputs[j], fmpq) else (arb(lower), arb(upper))
        require(bool(below <= outputs[j]), f"{where}: output {j} is not certainly at least its lower bound")
        require(bool(outputs[j] <= above), f"{where}: output {j} is not certainly at most its upper bound")
    first = verified_groups(network, features, row, own.equal, where)
    if own.largest is not None:
        verify_largest(features, outputs, own, first, where)
    if formulas is None:
        return
    spend_comparisons(budget, formulas, row, outputs, precision or 0)

    def decide(comparison: Comparison) -> bool | None:
        return comparison.related(comparison.sign(row, outputs, first))

    if own.in_region is not None:
        found = all_hold(formulas, lambda c: True if c.outputs else decide(c))
        require(found is own.in_region, f"{where}: whether it is in the region is not as stated")
    if own.holds is not None:
        found = all_hold([each for each in formulas if mentions_outputs(each)], decide)
        require(found is own.holds, f"{where}: whether the outputs satisfy the property is not certainly as stated")


def verified_groups(
    network: Network, features: list[Any], row: list[fmpq], groups: list[list[int]], where: str
) -> list[int]:
    """Return for each output the first of its group, whose members must have equal features."""
    first = list(range(len(features)))
    if not groups:
        return first
    keys: list[Any] = features if network.rational else expressions(network.instance, row, network.constants)
    for group in groups:
        for j in group:
            require(keys[j] == keys[group[0]], f"{where}: outputs {group[0]} and {j} are not known to be equal")
            require(first[j] == j, f"{where}: output {j} is in two groups")
            first[j] = group[0]
    return first


def verify_largest(features: list[Any], outputs: list[Any], own: Stated, first: list[int], where: str) -> None:
    """Reject the claim unless the largest outputs are equal, and exceed all others by the margin."""
    assert own.largest is not None
    top, known = own.largest[0], set(own.largest)
    for j in own.largest:
        same = first[j] == first[top] or (isinstance(features[j], fmpq) and features[j] == features[top])
        require(same, f"{where}: outputs {top} and {j} are not known to be equal")
    for j in range(len(outputs)):
        if j in known:
            continue
        require(bool(features[top] > features[j]), f"{where}: output {top} is not certainly larger than output {j}")
        if own.margin is not None:
            margin = own.margin if isinstance(outputs[j], fmpq) else arb(own.margin)
            exceeds = bool(outputs[top] - outputs[j] >= margin)
            require(exceeds, f"{where}: output {top} does not certainly exceed output {j} by the margin")
