"""Tests mirror the package: every module has its own, under its name."""

from pathlib import Path

import pytest

import exactcnn

TESTS = Path(__file__).parent
PACKAGE = Path(exactcnn.__file__).parent
# what a package re-exports is tested where it is written
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_has_its_tests(module):
    assert (TESTS / module.with_name(f"test_{module.name}")).is_file()


def test_all_rooms_are_looked_at():
    assert len({module.parts[0] for module in MODULES}) > 10
