"""Kernel vectors that lift from one point to all weights; proof in docs/reference/certificates.md.

Elements of the algebra A = GF(p)[y]/polynomial are polynomials in y of degree below k.
"""

from __future__ import annotations

from typing import Any

from flint import nmod_mat, nmod_poly

from exactcnn.checker.budget import elimination, residue_polynomials
from exactcnn.checker.claims.translation import Place, Translation
from exactcnn.checker.document import FormatError, numeral, require, sequence
from exactcnn.checker.kinds.layer import PADDING


class Lifting:
    """One common zero (z, v) in A of the polynomials of a translation-invariant layer."""

    def __init__(self, structure: Translation, polynomial: Any, shifts: Any, filters: Any, p: int) -> None:
        self.structure, self.p = structure, p
        self.degree = len(sequence(polynomial, "polynomial")) - 1
        if self.degree < 1 or polynomial[-1] != "1":
            raise FormatError("polynomial is not monic of degree at least 1")
        layer = structure.layer
        self._spend()
        self.polynomial = self._element(polynomial, "polynomial", self.degree + 1)
        z = [self._element(e, "shifts", self.degree) for e in sequence(shifts, "shifts", len(structure.grid))]
        self.v = [self._element(e, "filters", self.degree) for e in sequence(filters, "filters", layer.filters)]
        self.powers = []
        for element, size in zip(z, structure.grid, strict=True):
            powers = [nmod_poly([1], p)]
            for _ in range(size - 1):
                powers.append(powers[-1] * element % self.polynomial)
            self.powers.append(powers)

    def _spend(self) -> None:
        """Pay for the powers, the equations, the Jacobian and the kernel vectors."""
        structure, layer, budget = self.structure, self.structure.layer, self.structure.budget
        axes, k, what = len(structure.grid), self.degree, f"an algebra of degree {self.degree}"
        unknowns = axes + layer.filters
        product = residue_polynomials(k)
        budget.hold(64 * k * (layer.width + k * structure.order * unknowns + 2 * sum(structure.grid)), what)
        products = sum(structure.grid) + layer.slots * (axes**2 + 2 * axes + 2 * layer.filters)
        products += layer.width * (axes + 1) + k * structure.order * unknowns
        budget.spend(products * product, what)
        budget.spend(elimination(k * structure.order, k * unknowns) + elimination(layer.width, k), what)

    def _element(self, value: Any, name: str, length: int) -> nmod_poly:
        coefficients = [int(numeral(c, name)) for c in sequence(value, name, length)]
        if not all(0 <= c < self.p for c in coefficients):
            raise FormatError(f"{name}: expected residues from 0 to {self.p - 1}")
        return nmod_poly(coefficients, self.p)

    def _monomial(self, exponents: Place) -> nmod_poly:
        """Return z^exponents; the exponents are a position on the grid."""
        product = nmod_poly([1], self.p)
        for powers, exponent in zip(self.powers, exponents, strict=True):
            product = product * powers[exponent] % self.polynomial
        return product

    def verify(self, residues: list[int]) -> None:
        """Verify all obligations at these weights modulo p."""
        structure = self.structure
        read = {key: neurons for key, neurons in structure.verify().items() if neurons[0] != PADDING}
        for (row, _), neurons in read.items():
            # then the difference of two offsets of this row is one of two positions
            require(len(neurons) == structure.rows.count(row), "a neuron is not read through all slots of its row")
        equations = [self._equation(row, residues) for row in sorted({row for row, _ in read})]
        require(all(value.degree() < 0 for value, _ in equations), "the equations do not hold in the algebra")
        k = self.degree
        jacobian = nmod_mat(k * len(equations), k * (len(structure.grid) + len(self.v)), self.p)
        for i, (_, derivatives) in enumerate(equations):
            for j, derivative in enumerate(derivatives):
                for column in range(k):  # the image of y^column
                    for row, entry in enumerate(self._coefficients(derivative)):
                        jacobian[i * k + row, j * k + column] = entry
                    derivative = nmod_poly([0, 1], self.p) * derivative % self.polynomial
        require(jacobian.rank() == jacobian.nrows(), "the Jacobian is not surjective")
        vectors = nmod_mat(structure.layer.width, k, self.p)
        for p, position in enumerate(structure.positions()):
            monomial = self._monomial(position)
            for t, v in enumerate(self.v):
                for j, entry in enumerate(self._coefficients(monomial * v % self.polynomial)):
                    vectors[p * len(self.v) + t, j] = entry
        require(vectors.rank() == k, f"the vectors are not independent modulo {self.p}")

    def _equation(self, row: int, residues: list[int]) -> tuple[nmod_poly, list[nmod_poly]]:
        """Return f = sum of W[s, t] z^(M - offset of s) v_t over the slots of the row, and its d + T derivatives."""
        structure, filters, axes = self.structure, len(self.v), len(self.structure.grid)
        slots = [s for s, r in enumerate(structure.rows) if r == row]
        largest = [max(structure.offsets[s][axis] for s in slots) for axis in range(axes)]
        value = nmod_poly([0], self.p)
        by_shifts, by_filters = [value] * axes, [value] * filters
        for s in slots:
            exponents = tuple(m - o for m, o in zip(largest, structure.offsets[s], strict=True))
            monomial = self._monomial(exponents)
            weights = residues[s * filters : (s + 1) * filters]
            mixed = sum((w * v for w, v in zip(weights, self.v, strict=True)), nmod_poly([0], self.p))
            value += monomial * mixed
            by_filters = [d + w * monomial for d, w in zip(by_filters, weights, strict=True)]
            for axis, exponent in enumerate(exponents):
                if exponent:
                    lowered = self._monomial((*exponents[:axis], exponent - 1, *exponents[axis + 1 :]))
                    by_shifts[axis] += exponent * lowered * mixed
        return value % self.polynomial, [d % self.polynomial for d in by_shifts + by_filters]

    def _coefficients(self, element: nmod_poly) -> list[int]:
        return [int(c) for c in element.coeffs()]
