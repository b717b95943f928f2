"""Minima below a convolution: the polynomial of the cell is the loss, the identities hold, and so do the bounds."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks import gaps_convolutional
from exactcnn.proofs.checks.gaps_convolutional import (
    all_sigmoids,
    and_of_two_bits,
    cell,
    saddle_of_two_samples,
    six_samples,
    three_samples,
    three_samples_of_two_classes,
)
from exactcnn.proofs.checks.points import piece_of

PIECES = ("convolutional-regression", "convolutional-one-hot", "convolutional-and", "convolutional-six")


def perturbed(piece, generator):
    """Layers 2 and 3 moved a little; layer 1 too, whose features do not change."""
    step = lambda: Fraction(int(generator.integers(-50, 51)), 1000)  # noqa: E731
    moved = {}
    for name, array in piece.arrays.items():
        rows = [[Fraction(str(x)) + step() for x in (row if isinstance(row, list) else [row])] for row in array]
        moved[name] = [[str(x) for x in row] for row in rows] if name.startswith("W") else [str(row[0]) for row in rows]
    return moved


@pytest.mark.parametrize("name", PIECES)
def test_the_polynomial_is_the_loss(name):
    """At random points of the cell: never above the loss, and equal to it with the best output biases."""
    piece = piece_of(name)
    found = cell(piece)
    generator = np.random.default_rng(5)
    for _ in range(5):
        arrays = perturbed(piece, generator)
        instance = Instance(piece.network, piece.parameters(arrays), piece.samples, piece.targets)
        outputs = np.array([[float(x) for x in row] for row in Objective(instance).outputs().tolist()])
        residual = outputs - np.array([[float(Fraction(str(y))) for y in row] for row in piece.targets])
        centred = residual - residual.mean(axis=0)
        values = {f"q{s}": Fraction(row[0]) for s, row in enumerate(arrays["W2"])}
        values |= {f"b{h}": Fraction(x) for h, x in enumerate(arrays["b2"])}
        values |= {f"p{h}{c}": Fraction(x) for h, row in enumerate(arrays["W3"]) for c, x in enumerate(row)}
        symbols = {sympy.Symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in values.items()}
        value = float(found.loss.subs(symbols))
        assert value == pytest.approx((centred**2).sum() / 2, abs=1e-9)
        assert value <= (residual**2).sum() / 2 + 1e-9
        if name in PIECES[:2]:
            assert value >= float(found.at_the_point()) - 1e-12  # a perturbation this small stays in the region


def test_bounds_far_inside_the_regions():
    """Random points of the whole region, not only near the minimum; outside it the bound fails somewhere."""
    generator = np.random.default_rng(1)
    near = cell(piece_of("convolutional-regression"))
    f = sympy.lambdify(sympy.symbols("q0 q1 p00 p10"), near.loss)
    inside = outside = 0
    for q0, q1, p0, p1 in generator.uniform(-2, 2, size=(4000, 4)):
        if 4 * p0 * q0 >= 3 + abs(p0 * q1 + p1 * q0):
            inside += 1
            assert f(q0, q1, p0, p1) >= 1 - 1e-12
        outside += f(q0, q1, p0, p1) < 1
    assert inside > 100
    assert outside > 100


@pytest.mark.parametrize(
    "check",
    [three_samples, three_samples_of_two_classes, saddle_of_two_samples, and_of_two_bits, six_samples, all_sigmoids],
)
def test_accepted_by_the_checker(check):
    found = check()
    assert (found.status, found.checked) == ("refuted", True)
    kinds = {claim.document()["kind"] for certificate in found.certificates for claim in certificate.claims}
    assert kinds >= ({"critical-point"} if check in (saddle_of_two_samples, all_sigmoids) else {"rank", "loss"})


def test_another_point_is_undecided(monkeypatch):
    """At the better point the loss is 0: none of the three proofs goes through."""
    pieces = {name: piece_of(name) for name in PIECES}
    moved = {name: replace(piece, arrays=piece.better) for name, piece in pieces.items()}
    monkeypatch.setattr(gaps_convolutional, "piece_of", moved.__getitem__)
    for check in (three_samples, three_samples_of_two_classes, and_of_two_bits, six_samples):
        assert check().status == "undecided"


def test_other_targets_are_undecided(monkeypatch):
    changed = replace(piece_of("convolutional-regression"), targets=[[0], [1], [3]])
    monkeypatch.setattr(gaps_convolutional, "piece_of", lambda _: changed)
    assert "not the polynomial" in three_samples().what


def test_cells_need_constant_and_affine_pieces():
    piece = piece_of("convolutional-regression")
    assert "not locally constant" in cell(replace(piece, arrays={**piece.arrays, "b1": [2, -1, "-5/2"]}))
    assert "not affine" in cell(replace(piece, arrays={**piece.arrays, "b2": [-1, 1]}))
