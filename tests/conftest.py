"""Shared set-up: versions in the header, precision reset around every test, one hypothesis profile, oracles."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib.metadata import version
from typing import Any

import flint
import hypothesis
import mpmath
import numpy as np
import pytest
import sympy

# Times vary on shared machines; in continuous integration a failure must be the change's, not the draw's.
hypothesis.settings.register_profile("exactcnn", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("exactcnn")


def pytest_report_header() -> str:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    packages = ("numpy", "sympy", "mpmath", "networkx", "python-flint")
    return ", ".join([*(f"{name} {version(name)}" for name in packages), f"BLAS {blas['name']} {blas['version']}"])


@pytest.fixture(autouse=True)
def _default_precision() -> Iterator[None]:
    """Let no test see the precision that another one set."""
    flint.ctx.default()
    mpmath.mp.prec = 53
    yield
    flint.ctx.default()
    mpmath.mp.prec = 53


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, output, errors."""
    from exactcnn import cli

    def run(*arguments):
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        monkeypatch.setattr(sys, "argv", ["exactcnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        captured = capsys.readouterr()
        return exit_.value.code or 0, captured.out, captured.err

    return run


# -------------------------------------------------------------------- every activation, once more

mp = mpmath.mp.clone()
mp.dps = 60

# from the textbooks, on mpmath numbers or fractions; the parameters are written into the formulas
ORACLES: dict[str, Callable[[Any], Any]] = {
    "identity": lambda t: t,
    "relu": lambda t: max(t, t * 0),
    "leaky-relu(1/100)": lambda t: t if t > 0 else t / 100,
    "leaky-relu(-3/7)": lambda t: t if t > 0 else -3 * t / 7,
    "leaky-relu(1)": lambda t: t,
    "abs": abs,
    "relu6": lambda t: min(max(t, t * 0), t * 0 + 6),
    "clip(-1/3,5/2)": lambda t: -1 / (t * 0 + 3) if 3 * t < -1 else t * 0 + 5 / (t * 0 + 2) if 2 * t > 5 else t,
    "hard-sigmoid": lambda t: min(max(t + 3, t * 0), t * 0 + 6) / 6,
    "hard-tanh": lambda t: max(min(t, t * 0 + 1), t * 0 - 1),
    "hard-swish": lambda t: t * min(max(t + 3, t * 0), t * 0 + 6) / 6,
    "softsign": lambda t: t / (1 + abs(t)),
    "square": lambda t: t * t,
    "squared-relu": lambda t: max(t, t * 0) ** 2,
    "polynomial(1/3,0,-2,1/7)": lambda t: t**3 / 7 - 2 * t**2 + 1 / (t * 0 + 3),
    "polynomial(5)": lambda t: t * 0 + 5,
    "sigmoid": lambda t: 1 / (1 + mp.exp(-t)),
    "tanh": mp.tanh,
    "exp": mp.exp,
    "silu": lambda t: t / (1 + mp.exp(-t)),
    "swish(3/2)": lambda t: t / (1 + mp.exp(-3 * t / 2)),
    "swish(-2)": lambda t: t / (1 + mp.exp(2 * t)),
    "swish(0)": lambda t: t / 2,
    "elu(1)": lambda t: t if t > 0 else mp.expm1(t),
    "elu(2/3)": lambda t: t if t > 0 else 2 * mp.expm1(t) / 3,
    "elu-plus-one": lambda t: 1 + t if t > 0 else mp.exp(t),
    "gaussian": lambda t: mp.exp(-(t**2)),
    "mish": lambda t: t * mp.tanh(mp.log1p(mp.exp(t))),
    "logistic(2)": lambda t: mp.power(2, t) / (1 + mp.power(2, t)),
    "softplus(1)": lambda t: mp.log1p(mp.exp(t)),
    "softplus(5/2)": lambda t: 2 * mp.log1p(mp.exp(5 * t / 2)) / 5,
    "gelu": lambda t: t * mp.ncdf(t),
    "erf": mp.erf,
    "arctan": mp.atan,
    "sin": mp.sin,
    "cos": mp.cos,
    "log-sigmoid": lambda t: -mp.log1p(mp.exp(-t)),
}


@pytest.fixture(params=ORACLES)
def text(request) -> str:
    """The text of every activation in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def oracles() -> dict[str, Callable[[Any], Any]]:
    return ORACLES


@pytest.fixture(scope="session")
def sixty_digits() -> Any:
    """The context of mpmath that the oracles compute in."""
    return mp


# ruff: noqa: ARG005 - the images share one signature: z, z mod p, s -> image of e^(s z), p
ONE, THREE_HALVES = Fraction(1), Fraction(3, 2)
IMAGES: dict[str, tuple[Callable[..., int], Callable[..., int]]] = {  # of the value and of the slope
    "sigmoid": (
        lambda z, t, e, p: e(ONE) * pow(1 + e(ONE), -1, p),
        lambda z, t, e, p: e(ONE) * pow(1 + e(ONE), -2, p),
    ),
    "tanh": (
        lambda z, t, e, p: (e(ONE) - e(-ONE)) * pow(e(ONE) + e(-ONE), -1, p),
        lambda z, t, e, p: 4 * pow(e(ONE) + e(-ONE), -2, p),
    ),
    "exp": (lambda z, t, e, p: e(ONE), lambda z, t, e, p: e(ONE)),
    "silu": (
        lambda z, t, e, p: t * e(ONE) * pow(1 + e(ONE), -1, p),
        lambda z, t, e, p: (1 + e(-ONE) + t * e(-ONE)) * pow(1 + e(-ONE), -2, p),
    ),
    "swish(3/2)": (
        lambda z, t, e, p: t * e(THREE_HALVES) * pow(1 + e(THREE_HALVES), -1, p),
        lambda z, t, e, p: (
            (2 + 2 * e(-THREE_HALVES) + 3 * t * e(-THREE_HALVES)) * pow(1 + e(-THREE_HALVES), -2, p) * pow(2, -1, p)
        ),
    ),
    "elu(1)": (lambda z, t, e, p: t if z > 0 else e(ONE) - 1, lambda z, t, e, p: 1 if z > 0 else e(ONE)),
    "elu(2/3)": (
        lambda z, t, e, p: t if z > 0 else 2 * (e(ONE) - 1) * pow(3, -1, p),
        lambda z, t, e, p: 1 if z > 0 else 2 * e(ONE) * pow(3, -1, p),
    ),
    "elu-plus-one": (
        lambda z, t, e, p: t + 1 if z > 0 else e(ONE),
        lambda z, t, e, p: 1 if z > 0 else e(ONE),
    ),
    "gaussian": (lambda z, t, e, p: e(-z), lambda z, t, e, p: -2 * t * e(-z)),
    "mish": (
        lambda z, t, e, p: t * ((1 + e(ONE)) ** 2 - 1) * pow((1 + e(ONE)) ** 2 + 1, -1, p),
        lambda z, t, e, p: ((1 + e(ONE)) ** 4 - 1 + 4 * t * e(ONE) * (1 + e(ONE))) * pow((1 + e(ONE)) ** 2 + 1, -2, p),
    ),
}
IMAGES["swish(-2)"] = (
    lambda z, t, e, p: t * pow(1 + e(Fraction(2)), -1, p),
    lambda z, t, e, p: (1 + e(Fraction(2)) - 2 * t * e(Fraction(2))) * pow(1 + e(Fraction(2)), -2, p),
)


@pytest.fixture(scope="session")
def exponential_images() -> dict[str, tuple[Callable[..., int], Callable[..., int]]]:
    return IMAGES


# -------------------------------------------------------------------- values of any arithmetic


def agrees(arithmetic: Any, value: Any, exact: Any, *, tolerance: float = 1e-12) -> bool:
    """Whether a value of an arithmetic is the image, enclosure or approximation of exact numbers, entry by entry."""
    from exactcnn.domains.dual import Dual
    from exactcnn.domains.enclosed import Enclosed
    from exactcnn.domains.float_arithmetic import Floating
    from exactcnn.domains.object_arithmetic import Balls, Symbols
    from exactcnn.domains.rationals import Rationals
    from exactcnn.domains.residue_arithmetic import Residues

    exact = np.asarray(exact, dtype=object)
    numbers = [Fraction(number) for number in exact.ravel().tolist()]
    match arithmetic:
        case Rationals():
            return value.shape == exact.shape and value.fractions().ravel().tolist() == numbers
        case Residues():
            return bool(value) and all(
                image.shape == exact.shape
                and np.abs(image).max(initial=0) <= field.bound
                and [int(r) % field.p for r in image.ravel().tolist()]
                == [n.numerator * pow(n.denominator, -1, field.p) % field.p for n in numbers]
                for field, image in value.items()
            )
        case Enclosed():
            values, errors = value
            return values.shape == errors.shape == exact.shape and all(
                e == np.inf or abs(Fraction(v) - n) <= Fraction(e)
                for v, e, n in zip(values.ravel().tolist(), errors.ravel().tolist(), numbers, strict=True)
            )
        case Balls():
            return value.shape == exact.shape and all(
                contains(flint.arb(b), n) for b, n in zip(value.ravel().tolist(), numbers, strict=True)
            )
        case Floating():
            scale = 1e9 * tolerance if arithmetic.dtype == np.float32 else tolerance
            return (value.dtype, value.shape) == (arithmetic.dtype, exact.shape) and all(
                abs(v - n) <= scale * (1 + abs(n)) for v, n in zip(value.ravel().tolist(), numbers, strict=True)
            )
        case Symbols():
            return value.shape == exact.shape and all(
                Fraction(int(s.p), int(s.q)) == n
                for s, n in zip(map(sympy.sympify, value.ravel().tolist()), numbers, strict=True)
            )
        case Dual():
            return value.slope is None and agrees(arithmetic.inner, value.value, exact)
    raise TypeError(arithmetic)


def contains(enclosure: flint.arb, number: Fraction) -> bool:
    """Inclusion in fractions: arb.contains would first round the number to a ball of its own."""
    if not enclosure.is_finite():
        return True
    middle, radius = (int(m) * Fraction(2) ** int(e) for m, e in (enclosure.mid().man_exp(), enclosure.rad().man_exp()))
    return bool(abs(middle - number) <= radius)


@pytest.fixture(scope="session", name="agrees")
def _agrees() -> Callable[..., bool]:
    return agrees
