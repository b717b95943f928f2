"""Derivatives, inertia and certified minima against the same stack in floats, SymPy, mpmath and FLINT.

Its rows are part of `make bench`; `python tests/benchmarks/landscape.py` runs them alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mpmath
import numpy as np
import sympy
from flint import arb, fmpz_mat

import exactcnn as ec
from exactcnn.checker import check
from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Objects
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.evaluation import evaluate
from exactcnn.landscape.finding import Slice
from exactcnn.landscape.minimum import minimum_in_box
from exactcnn.linalg.inertia import congruent, floats, gershgorin, whitening

Row = tuple[str, str, str, float, float]
Alternating = Callable[..., list[float]]


def loss(activation: str, sizes: tuple[int, ...], samples: int, *, bits: int = 10, scale: float = 0.5) -> ec.Objective:
    """A fully connected network with a linear output, dyadic normal data and parameters."""
    layers = [
        ec.FullyConnected(size, activation=activation if i < len(sizes) - 2 else "identity")
        for i, size in enumerate(sizes[1:])
    ]
    network, rng = ec.Network((sizes[0],), layers), np.random.default_rng(0)

    def dyadics(*shape: int) -> ExactArray:
        return ExactArray.from_array(np.round(rng.standard_normal(shape) * 2**bits) / 2**bits)

    samples_, targets = dyadics(samples, sizes[0]), dyadics(samples, sizes[-1])
    coordinates = Coordinates(network)
    theta = ExactArray.from_array(np.round(rng.standard_normal(coordinates.count) * scale * 2**bits) / 2**bits)
    return ec.Objective(ec.Instance(network, coordinates.parameters(theta), samples_, targets))


def gradient_over_q(alternating: Alternating) -> list[Row]:
    """ReLU, 9880 parameters, 100 samples: in Q and in floats."""
    given = loss("relu", (20, 80, 90, 10), 100)
    ours, theirs = alternating(5, lambda: given.in_rationals().gradient, lambda: given.in_floats().gradient)
    return [("gradient in Q, ReLU, P = 9880", f"{ours:.3f} s", f"the same in float64 {theirs:.3f} s", ours / theirs, 6)]


def hessian_over_q(alternating: Alternating) -> list[Row]:
    """Softsign, 13 parameters, 10 samples: in Q, and by SymPy's differentiation and substitution."""
    given = loss("softsign", (2, 3, 1), 10)
    ours = alternating(5, lambda: given.in_rationals().hessian(range(13)))[0]
    rational = [sympy.Rational(*value.as_integer_ratio()) for value in given.theta.fractions().tolist()]
    symbols = sympy.symbols("t0:13")
    point = dict(zip(symbols, rational, strict=True))
    start, total = time.perf_counter(), sympy.Integer(0)
    rows = zip(given.instance.samples.fractions().tolist(), given.instance.targets.fractions().tolist(), strict=True)
    for x, y in rows:
        value = symbols[12] - sympy.Rational(*y[0].as_integer_ratio())
        for h in range(3):
            z = symbols[6 + h] + sum(sympy.Rational(*x[j].as_integer_ratio()) * symbols[3 * j + h] for j in range(2))
            value += symbols[9 + h] * z / ((1 + z) if z.subs(point) > 0 else (1 - z))
        total += value**2 / 2
    hessian = sympy.hessian(total, symbols).xreplace(point)
    theirs = time.perf_counter() - start
    own = given.in_rationals().hessian(range(13)).fractions()
    assert all(sympy.Rational(*own[i, j].as_integer_ratio()) == hessian[i, j] for i in range(13) for j in range(13))
    return [("Hessian in Q, P = 13", f"{ours:.4f} s", f"SymPy {theirs:.1f} s", ours / theirs, 1 / 300)]


class Mpmath(Objects):
    """mpmath's numbers in the walk, for tanh and the identity only: the operators of object arrays, as for balls."""

    def __init__(self, bits: int) -> None:
        self.mp = mpmath.mp.clone()
        self.mp.prec = bits
        tanh = ec.activation("tanh")
        slope = tanh.derivative()
        curves = (tanh, slope, slope.derivative(), ec.activation("identity").derivative())
        values = (self.mp.tanh, self._slope, self._bend, lambda _: self.mp.mpf(1))
        self.functions = {repr(curve.pieces): value for curve, value in zip(curves, values, strict=True)}

    def lift(self, x: ExactArray) -> np.ndarray:
        """Round every number."""
        return np.vectorize(lambda v: self.mp.mpf(v.numerator) / v.denominator, otypes=[object])(x.fractions())

    def apply(self, curve: Curve, z: np.ndarray, choice: object) -> np.ndarray:
        """Values of tanh, of one of its derivatives, or of the identity."""
        function = self.functions.get(repr(curve.pieces), lambda t: t)
        return np.vectorize(function, otypes=[object])(z)

    def _slope(self, t: object) -> object:
        return 1 - self.mp.tanh(t) ** 2

    def _bend(self, t: object) -> object:
        value = self.mp.tanh(t)
        return -2 * value * (1 - value**2)


def ball_hessian(alternating: Alternating) -> list[Row]:
    """Tanh, 215 parameters, 20 samples, 128 bits: balls, and mpmath in the same stack."""
    given, bits = loss("tanh", (6, 12, 8, 3), 20), 128
    field = Mpmath(bits)

    def balls() -> np.ndarray:
        with working_precision(bits):
            return given.in_balls().hessian(range(215))

    def theirs() -> np.ndarray:
        samples, targets = field.lift(given.instance.samples), field.lift(given.instance.targets)
        return evaluate(field, given.coordinates, field.lift(given.theta), samples, targets).hessian(range(215))

    assert np.allclose(floats(balls()), theirs().astype(float))
    ours, other = alternating(1, balls, theirs)
    return [("Hessian in balls, P = 215", f"{ours:.2f} s", f"mpmath {other:.1f} s", ours / other, 1 / 10)]


def inertia(alternating: Alternating) -> list[Row]:
    """An exact ReLU Hessian of 215 parameters: congruence, and FLINT's characteristic polynomial of its numerators."""
    given = loss("relu", (6, 12, 8, 3), 20)
    exact = given.in_rationals().hessian(range(215))
    numbers, _ = exact.integers()
    matrix = fmpz_mat(215, 215, numbers.ravel().tolist())

    def ours() -> None:
        with working_precision(128):
            balls = np.empty((215, 215), dtype=object)
            balls.ravel()[:] = [arb(value) for value in numbers.ravel().tolist()]
            found = whitening(floats(balls))
            assert found is not None
            assert gershgorin(congruent(balls, found.columns)) is not None

    mine, theirs = alternating(1, ours, matrix.charpoly)
    return [("inertia, P = 215", f"{mine:.2f} s", f"FLINT charpoly {theirs:.1f} s", mine / theirs, 1 / 3)]


def certified_minimum(_: Alternating) -> list[Row]:
    """A trained tanh network with 99 parameters: certify its minimum, and check the certificate."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(0)
    samples = np.round(rng.standard_normal((60, 4)) * 64) / 64
    network = ec.Network((4,), [ec.FullyConnected(12, activation="tanh"), ec.FullyConnected(3, activation="identity")])
    coordinates = Coordinates(network)
    teacher = ExactArray.from_array(rng.standard_normal(coordinates.count) * 0.8)
    parameters = coordinates.parameters(teacher)
    start = ec.Objective(ec.Instance(network, parameters, samples, np.zeros((60, 3), dtype=int)))
    outputs = start.in_floats().trace.features[-1]
    targets = np.round((outputs + 0.05 * rng.standard_normal((60, 3))) * 1024) / 1024
    given = ec.Objective(ec.Instance(network, parameters, samples, targets))

    def value(theta: np.ndarray) -> tuple[float, np.ndarray]:
        here = given.in_floats(theta)
        return float(here.twice_the_loss) / 2, here.gradient

    options = {"gtol": 1e-10, "maxiter": 8000}
    trained = ExactArray.from_array(minimize(value, teacher.floats()[0], jac=True, method="BFGS", options=options).x)
    begin = time.perf_counter()
    found = minimum_in_box(given, trained, Slice((), frozenset(), 99), 128)
    certifying = time.perf_counter() - begin
    assert not isinstance(found, str)
    certificate = ec.Certificate(given.instance, (found.claim(0),), 2, (coordinates.parameters(found.centre),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        certificate.write(path)
        begin = time.perf_counter()
        assert check(path).exit_code == 0
        checking = time.perf_counter() - begin
    return [
        ("certified minimum, P = 99", f"{certifying:.1f} s", "15 s", certifying / 15, 1),
        ("check of its certificate", f"{checking:.1f} s", "10 s", checking / 10, 1),
    ]


def rows(alternating: Alternating) -> list[Row]:
    """All comparisons."""
    parts = (gradient_over_q, hessian_over_q, ball_hessian, inertia, certified_minimum)
    return [row for part in parts for row in part(alternating)]


if __name__ == "__main__":
    from run import alternating

    for what, ours, theirs, ratio, target in rows(alternating):
        print(f"{what:32} {ours:>9}  {theirs:32} {ratio:.4f}  {'met' if ratio <= target else 'MISSED'}")
