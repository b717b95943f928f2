"""Shared set-up: versions in the header, precision reset around every test, one hypothesis profile."""

import os
import signal
import sys
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
