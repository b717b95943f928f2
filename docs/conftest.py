"""The examples of a page may save files: they run beside a copy of `docs/examples`, not in the checkout."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    shutil.copytree(Path(__file__).with_name("examples"), tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
