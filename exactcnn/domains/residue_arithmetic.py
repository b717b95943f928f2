"""Evaluation modulo a prime: one homomorphic image of all numbers of a network, on BLAS.

Values are centred residues as floats, one array for each modulus that is carried: p for the numbers themselves, q for
the arguments of the exponential layer above, since e^z goes to root^(z mod q) (see `exactcnn.domains.residues`).

A residue has no sign. Pieces and winners come from elsewhere, and where several are left the choice does not matter
for this image if all candidates have equal residues, in every modulus that is carried; later layers see equal numbers
too. That is asked again at every prime, and it is no decision for anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Arrays, Choice, Undecided, gather, put, scatter, take
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import EvaluationPoint, Floats, Modulus
from exactcnn.errors import InputError, UnluckyModulus

Image = dict[Modulus, Floats]


@dataclass(frozen=True)
class Residues(Arrays):
    """The arithmetic of images at an evaluation point.

    Parameters
    ----------
    point : EvaluationPoint
    moduli : tuple of Modulus
        Which of p and q are carried from layer 1 on; an exponential curve turns q into p. Derivatives need both, as
        those above the curve, known modulo p, meet the numbers below it.

    Examples
    --------
    >>> point = EvaluationPoint(1048343, 4)
    >>> image = Residues(point, (Modulus(point.modulus),)).lift(ExactArray.from_strings([["1/2", "-3"]]))
    >>> [values.tolist() for values in image.values()]
    [[[-524171.0, -3.0]]]
    """

    point: EvaluationPoint
    moduli: tuple[Modulus, ...]

    @classmethod
    def of(cls, point: EvaluationPoint, curves: tuple[Curve | None, ...]) -> Residues:
        """Carry what the curves need: q up to an exponential one, p unless nothing but its exponential is used."""
        p, q = Modulus(point.modulus), Modulus(point.order)
        exponential = [curve for curve in curves if curve is not None and curve.domain == "exponential"]
        if not exponential:
            return cls(point, (p,))
        return cls(point, (q, p) if exponential[0].uses_value else (q,))

    def map(self, x: Image, function: Callable[[Floats], Any]) -> Image:
        """Move the residues, modulus by modulus."""
        return {field: function(values) for field, values in x.items()}

    def inputs(self, x: ExactArray) -> Image:
        """Take what enters layer 1, in the moduli that are carried from there."""
        return {field: centred(x, field) for field in self.moduli}

    def lift(self, x: ExactArray) -> Image:
        """Centred residues in every modulus that a layer may carry."""
        return {field: centred(x, field) for field in dict.fromkeys((*self.moduli, Modulus(self.point.modulus)))}

    def affine(self, x: Image, slots: NDArray[np.int64], weights: Image, biases: Image | None) -> Image:
        """Patches times filters plus biases; inner products that are too long are reduced in between."""
        result = {}
        for field, features in x.items():
            samples, (positions, size) = len(features), slots.shape
            flat = gather(features, slots).reshape(samples * positions, size)
            # `products` leave room for one more residue: the bias
            short = size <= field.products
            product = flat @ weights[field] if short else field.product(flat, weights[field])
            values = product.reshape(samples, positions * weights[field].shape[1])
            if biases is not None:
                values += biases[field]
            field.reduce(values)
            result[field] = values
        return result

    def matmul(self, x: Image, y: Image) -> Image:
        """Matrix product, in the moduli that both carry."""
        return {field: field.product(x[field], y[field]) for field in _common(x, y)}

    def add(self, x: Image, y: Image) -> Image:
        """Sum, in the moduli that both carry."""
        return self._reduced({field: x[field] + y[field] for field in _common(x, y)})

    def multiply(self, x: Image, y: Image) -> Image:
        """Product, in the moduli that both carry: an exact float, like a sum of `Modulus.products` of them."""
        return self._reduced({field: x[field] * y[field] for field in _common(x, y)})

    def total(self, x: Image) -> Image:
        """Sum over the first axis, in parts that are exact."""
        return {field: _total(a, field) for field, a in x.items()}

    def scatter(self, x: Image, slots: NDArray[np.int64], width: int) -> Image:
        """Sums of what the slots of a neuron hold."""
        return self._reduced(self.map(x, lambda a: scatter(a, slots, width)))

    def put(self, x: Image, choice: Choice, width: int) -> Image:
        """Sums of what the patches that a neuron wins hold."""
        return self._reduced(self.map(x, lambda a: put(a, choice.chosen, width)))

    def take(self, x: Image, choice: Choice, slots: NDArray[np.int64]) -> Image:
        """Residues of the winners.

        Raises
        ------
        Undecided
            Where contenders have different residues in a modulus.
        """
        result = self.map(x, lambda a: take(a, choice.chosen))
        if choice.contenders is not None:
            places = np.argwhere(choice.contenders)
            sample, patch, slot = places.T
            wrong = np.zeros(len(places), dtype=bool)
            for field, values in x.items():
                wrong |= values[sample, slots[patch, slot]] != result[field][sample, patch]
            if wrong.any():
                raise Undecided(np.unique(sample[wrong]), "a winner")
        return result

    def pieces(self, curve: Curve, z: Image) -> Choice:
        """Refuse: a residue has no sign."""
        raise InputError("a residue has no sign; expected a pattern from exact values or enclosures")

    def winners(self, x: Image, slots: NDArray[np.int64]) -> Choice:
        """Refuse: residues have no order."""
        raise InputError("residues have no order; expected a pattern from exact values or enclosures")

    def apply(self, curve: Curve, z: Image, choice: Choice | None) -> Image:
        """Images of the values of a rational or exponential curve.

        Raises
        ------
        UnluckyModulus
            If a denominator is not a unit.
        Undecided
            Where candidate pieces have different images in a modulus, or one of them has none.
        InputError
            For a second exponential layer, and for functions without images.
        """
        if curve.domain == "exponential" and Modulus(self.point.order) not in z:
            raise InputError("an exponential of exponentials has no image; expected one exponential layer")
        if choice is None or choice.last is None:
            return self._images(curve, z, None if choice is None else choice.chosen)
        sample, neuron = np.nonzero(choice.last != choice.chosen)
        try:
            result = self._images(curve, z, choice.chosen)
        except UnluckyModulus:
            certain = choice.last == choice.chosen
            self._images(curve, self.map(z, lambda a: a[certain]), choice.chosen[certain])  # unlucky by itself?
            raise Undecided(np.unique(sample), "a sign") from None
        first, last = (side[sample, neuron] for side in (choice.chosen, choice.last))
        wrong = np.zeros(len(sample), dtype=bool)
        for index in range(len(curve.pieces)):
            candidate = np.flatnonzero((index > first) & (index <= last))
            if not candidate.size:
                continue
            places = sample[candidate], neuron[candidate]
            try:
                others = self._images(
                    curve, {field: a[places] for field, a in z.items()}, np.full(candidate.size, index)
                )
            except UnluckyModulus:  # a piece may have a pole where it does not hold
                wrong[candidate] = True
                continue
            for field, values in result.items():
                wrong[candidate] |= others[field] != values[places]
        if wrong.any():
            raise Undecided(np.unique(sample[wrong]), "a sign")
        return result

    def _images(self, curve: Curve, z: Image, chosen: NDArray[Any] | None) -> Image:
        p, q = Modulus(self.point.modulus), Modulus(self.point.order)
        pieces = chosen if curve.kinks else None
        if curve.domain != "exponential":
            return self._reduced(
                {f: curve.residues(_whole(a, f.p), f.p, pieces=pieces).astype(f.dtype) for f, a in z.items()}
            )
        if not curve.uses_value and not curve.kinks:
            # the value depends on z mod q only: one table of q field elements, centred index (negative ones wrap)
            return {p: _table(curve, self.point)[z[q].astype(np.int32)]}
        exponents = curve.exponents(_whole(z[q], q.p), q.p)
        values = _whole(z[p], p.p) if curve.uses_value else None
        image = curve.residues(values, p.p, pieces=pieces, exponents=exponents, powers=self.point.powers())
        return self._reduced({p: image.astype(p.dtype)})

    def _reduced(self, x: Image) -> Image:
        arrays = {field: np.asarray(values) for field, values in x.items()}  # NumPy gives numbers for no axes
        for field, values in arrays.items():
            field.reduce(values)
        return arrays


@lru_cache(maxsize=2)
def _table(curve: Curve, point: EvaluationPoint) -> Floats:
    q, p = point.order, Modulus(point.modulus)
    every = curve.exponents(np.arange(q), q)
    table = curve.residues(None, p.p, exponents=every, powers=point.powers()).astype(p.dtype)
    p.reduce(table)
    return table


def _total(values: Floats, field: Modulus) -> Floats:
    while len(values) > field.sums:
        starts = range(0, len(values), field.sums)
        values = np.stack([_total(values[start : start + field.sums], field) for start in starts])
    total = np.asarray(values.sum(axis=0))
    field.reduce(total)
    return total


def _common(x: Image, y: Image) -> list[Modulus]:
    common = [field for field in x if field in y]
    if not common:
        raise InputError("images in no common modulus; expected both p and q to be carried for derivatives")
    return common


def centred(values: ExactArray, field: Modulus) -> Floats:
    """Centred residues."""
    residues = values.residues(field.p).astype(field.dtype)
    field.reduce(residues)
    return residues


def _whole(image: Floats, modulus: int) -> NDArray[np.int64]:
    """Centred residues as integers in [0, modulus)."""
    return image.astype(np.int64) % modulus
