"""What all kinds of layers share: an affine map on patches, then an activation; other kinds say what is otherwise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from flint import arb, fmpq, fmpz, fmpz_mat, nmod

from exactcnn.checker.activations import IDENTITY, Activation, Piecewise
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, ObligationError, distinct, integer, sequence
from exactcnn.checker.integers import Values, over_one_denominator, values_on_integers
from exactcnn.checker.numbers import RATIONALS, Numbers, Reduction, Table, common_bits

PADDING = -1
Number = TypeVar("Number")
Columns = Sequence[Sequence[int]]  # residues, those of a neuron in one
Blocks = Iterator[tuple[int, Iterable[list[Any]]]]  # of pre-activations: a first neuron, and rows to be read once


@dataclass(frozen=True)
class Layer(ABC):
    """One layer; it has the identity as activation where its kind has none.

    Slot s of patch p reads neuron patches[p][s] of the layer below, or zero padding;
    weights[s * filters + t] is W[s, t]; biases has one entry per neuron h = p * filters + t, or one per filter.
    A kind is linear if its pre-activations are affine in the features below.
    """

    kind: ClassVar[str]
    linear: ClassVar[bool]
    has_activation: ClassVar[bool]

    below: int
    width: int
    patches: list[list[int]] = field(default_factory=list)
    filters: int = 1
    bias: str = "none"
    activation: Activation = IDENTITY
    weights: list[fmpq] | None = None
    biases: list[fmpq] | None = None

    @classmethod
    @abstractmethod
    def read(cls, value: Any, where: str, folder: Path, below: int, budget: Budget) -> Layer:
        """Return a layer from its document, on a layer of so many neurons."""

    @property
    def slots(self) -> int:
        """Patch size l."""
        return len(self.patches[0])

    @property
    def adds(self) -> bool:
        """Whether a pre-activation is a sum over the slots of a patch, not an entry of the layer below."""
        return self.linear and bool(self.patches)

    @property
    def analytic(self) -> bool:
        """Whether features are real analytic functions of the features below and of the parameters."""
        return self.linear and self.activation.analytic

    @property
    def text(self) -> str:
        """What its values are."""
        return self.activation.text

    def known_weights(self) -> list[fmpq]:
        """Return the weights, or reject the claim that needs them, and the biases."""
        if self.weights is None or (self.bias != "none" and self.biases is None):
            raise ObligationError("the claim needs weights and biases; the instance has none")
        return self.weights

    def coefficients(self) -> list[fmpq]:
        """Return all numbers of which pre-activations are made, besides features."""
        return [*(self.weights or []), *(self.biases or [])]

    @cached_property
    def coefficient_bits(self) -> int:
        """How many bits they have over their common denominator."""
        return common_bits(self.coefficients())

    @cached_property
    def denominator(self) -> fmpz:
        """Their common denominator."""
        return over_one_denominator(self.coefficients())[1]

    def part(self, neurons: list[int]) -> tuple[Layer, list[int]]:
        """Return a layer of these neurons, and of others of their patches and filters; and which it has, ascending.

        A kind that has more for each patch takes its part of that, too.
        """
        if not self.patches:
            own = sorted(set(neurons))
            return replace(self, width=len(own)), own
        patches, filters = sorted({h // self.filters for h in neurons}), sorted({h % self.filters for h in neurons})
        own = [p * self.filters + t for p in patches for t in filters]
        weights = self.weights
        if weights is not None and len(filters) < self.filters:
            weights = [weights[s * self.filters + t] for s in range(self.slots) for t in filters]
        biases = self.biases and [self.biases[h] for h in (own if self.bias == "neuron" else filters)]
        kept = [self.patches[p] for p in patches]
        part = replace(self, width=len(own), patches=kept, filters=len(filters), weights=weights, biases=biases)
        return part, own

    @abstractmethod
    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Blocks:
        """Yield the pre-activations block by block."""

    def units(self) -> list[tuple[Any, Any]]:
        """Return what each neuron does with what its patch reads, and what it adds: 0 for nothing, else equal if so."""
        return [(1, 0)] * self.width

    def residues(self, below: Columns, reduction: Reduction) -> Iterator[Sequence[int]]:
        """Yield the pre-activations of a linear layer modulo a number, neuron by neuron, from residues below."""
        rows = list(map(list, zip(*below, strict=True)))
        for _, block in self.pre_activations(rows, Numbers(fmpz_mat, reduction)):
            for column in zip(*block, strict=True):
                yield [int(z) % reduction.modulus for z in column]

    def integer_values(self, budget: Budget) -> Values:
        """Return the function from blocks of integers to values, where these are rational."""
        assert isinstance(self.activation, Piecewise)
        return values_on_integers(self.activation, budget)

    def ball_value(self) -> Callable[[Any], arb]:
        """Return the function from enclosures of pre-activations to those of values."""
        return lambda z: self.activation.ball(arb(z))

    def candidates(self, modulo_p: Reduction) -> Callable[[Any, Any], list[int]]:
        """Return the function from a pre-activation and its ball, if needed, to its images on all pieces met."""
        activation, p = self.activation, modulo_p.modulus
        assert isinstance(activation, Piecewise)
        pieces = [formula.over_field(modulo_p, p) for formula in activation.pieces]

        def value(z: Any, ball: arb | None) -> list[int]:
            met = range(1) if ball is None else [i for i, _, _ in activation.met(arb(ball))]
            return [int(pieces[i](nmod(int(z) % p, p), nmod(0, p))) for i in met]

        return value


def entries_of(sample: list[Number], patch: list[int], zero: Number) -> tuple[Number, ...]:
    """Return what a patch reads of a sample; padding reads zero."""
    return tuple(zero if neuron == PADDING else sample[neuron] for neuron in patch)


def inputs_of(below: Table, numbers: Numbers) -> Callable[[list[int]], Any]:
    """Return the function from a patch to the matrix of what it reads, a row a sample; one slot more reads 1."""
    rows = [[*row, numbers.one(i), 0] for i, row in enumerate(below)]  # padding is -1 and reads the last entry

    def inputs(patch: list[int]) -> Any:
        read = itemgetter(*patch, -2)
        return numbers.matrix(len(rows), len(patch) + 1, list(chain.from_iterable(map(read, rows))))

    return inputs


def read_patches(value: Any, where: str, below: int) -> list[list[int]]:
    """Return patches of equally many neurons of the layer below, each neuron once, or padding."""
    patches = sequence(value, f"{where}: patches")
    if not patches or not sequence(patches[0], f"{where}: patches"):
        raise FormatError(f"{where}: no patches, or an empty one")
    size = len(patches[0])
    for patch in patches:
        for neuron in sequence(patch, f"{where}: a patch", size):
            integer(neuron, f"{where}: a neuron of a patch", PADDING, below)
        distinct((neuron for neuron in patch if neuron != PADDING), f"{where}: a patch")
    return patches
