"""The checker imports the standard library and python-flint, and no other part of the package."""

import ast
import sys
from pathlib import Path

import exactcnn.checker

FOLDER = Path(exactcnn.checker.__file__).parent


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


def test_imports():
    modules = sorted(FOLDER.rglob("*.py"))
    assert {path.parent.name for path in modules} == {"checker", "claims", "kinds"}
    for path in modules:
        for name in imported(path):
            own = name == "exactcnn.checker" or name.startswith("exactcnn.checker.")
            assert own or name.split(".")[0] in {"flint"} | sys.stdlib_module_names, (path.name, name)
            assert name.split(".")[0] not in ("pickle", "marshal", "subprocess", "importlib")
