"""Shared set-up: versions in the header, precision reset around every test, one hypothesis profile."""

import os
from collections.abc import Iterator
from importlib.metadata import version

import flint
import hypothesis
import mpmath
import numpy as np
import pytest

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
