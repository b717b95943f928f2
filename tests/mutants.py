"""Put one deliberate fault at a time into a module, and see whether the tests of that module notice.

    python tests/mutants.py exactcnn/checker --sample 300 --seed 0 [--module NAME] [--jobs 1] [--seconds 300]

The tests of package/room/name.py are tests/room/test_name.py; test_mutations.py of the room comes last, for it is
slow. Each mutant is run in a copy of the tree. Results are appended to build/mutants/<seed>.jsonl, and a mutant that
stands there as noticed, with the same text of the module, is not run again.

Faults that change nothing that a claim depends on are named in tests/equivalent_mutants.toml, each with its reason: one
fault as `[[mutant]]` with module, code and fault, or all of a function as `[[function]]` with module and function
("name" or "Class.name"). Only a function that chooses between ways which lead to right results, perhaps later, or
perhaps to weaker bounds, is named as a whole. A fault named so counts as noticed where a test notices it.

Left aside are messages, annotations, and estimates of work, which decide no claim: the modules `budget` and `costs`
(but for --module), and functions and calls of a budget elsewhere.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import threading
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import flint  # noqa: F401 - this and the next ones: once, not for each mutant
import mpmath  # noqa: F401
import numpy  # noqa: F401, ICN001
import pytest

ROOT = Path(__file__).parents[1]
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.toml"

COMPARISONS = {
    **dict(zip((ast.Lt, ast.LtE, ast.Gt, ast.GtE), (ast.LtE, ast.Lt, ast.GtE, ast.Gt), strict=True)),
    **dict(zip((ast.Eq, ast.NotEq, ast.In, ast.NotIn), (ast.NotEq, ast.Eq, ast.NotIn, ast.In), strict=True)),
    **dict(zip((ast.Is, ast.IsNot), (ast.IsNot, ast.Is), strict=True)),
}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
ARITHMETIC |= {ast.Mod: ast.Mult, ast.Pow: ast.Mult}
NAMES = {"all": "any", "any": "all", "min": "max", "max": "min"}
OF_BUDGETS = ("spend", "hold", "report")
OF_WORK = ("budget", "costs")


class Mutant(NamedTuple):
    """A fault: where it is, the line of code there, what it is, and the module with it."""

    module: str
    function: str
    line: int
    code: str
    what: str
    source: str

    @property
    def key(self) -> str:
        """The module's text, and the fault."""
        return hashlib.sha256(f"{self.module}\n{self.source}".encode()).hexdigest()[:16]


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every fault of a module."""
    lines = path.read_text().splitlines()
    tree = ast.parse("\n".join(lines))
    module, places = str(path.relative_to(ROOT)), list(functions(tree.body))
    for node, replacement in faults(tree):
        memo: dict[int, object] = {}
        altered = copy.deepcopy(tree, memo)
        target = memo[id(node)]
        for field, value in replacement.items():
            setattr(target, field, value)
        what = f"{shown(node)} -> {shown(target)}"
        for field, value in replacement.items():
            if isinstance(value, list) and any(isinstance(item, ast.Pass) for item in value):
                kept = {id(item) for item in value}
                what = f"without {next(shown(old) for old in getattr(node, field) if id(old) not in kept)}"
        line = next(part.lineno for part in ast.walk(node) if hasattr(part, "lineno"))  # a case and a module have none
        yield Mutant(
            module,
            next((name for name, span in places if line in span), ""),
            line,
            lines[line - 1].strip(),
            what,
            ast.unparse(ast.fix_missing_locations(altered)),
        )


def functions(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, range]]:
    """Yield names and lines of the functions of a module, and of the methods of its classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from functions(node.body, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield within + node.name, range(node.lineno, (node.end_lineno or node.lineno) + 1)


def shown(node: object) -> str:
    """Return the first line of code."""
    assert isinstance(node, ast.AST)
    return ast.unparse(node).splitlines()[0][:90]


def faults(tree: ast.AST) -> Iterator[tuple[ast.AST, dict[str, object]]]:
    """Yield nodes with the fields that make them wrong."""
    for node in relevant(tree):
        if isinstance(node, ast.Compare):
            for i, op in enumerate(node.ops):
                if type(op) in COMPARISONS:
                    yield node, {"ops": [*node.ops[:i], COMPARISONS[type(op)](), *node.ops[i + 1 :]]}
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC:
            yield node, {"op": ARITHMETIC[type(node.op)]()}
        elif isinstance(node, ast.BoolOp):
            yield node, {"op": ast.Or() if isinstance(node.op, ast.And) else ast.And()}
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            yield (
                node,
                {"op": ast.UAdd()}
                if isinstance(node.op, ast.USub)
                else {"op": ast.Not(), "operand": ast.UnaryOp(ast.Not(), node.operand)},
            )
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            yield node, {"value": not node.value}
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield node, {"value": node.value + 1}
            yield node, {"value": node.value - 1}
        elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
            yield node, {"id": NAMES[node.id]}
        elif isinstance(node, ast.Call) and len(node.args) > 1 and not starred(node):
            yield node, {"args": [node.args[1], node.args[0], *node.args[2:]]}
        elif isinstance(node, ast.Slice):
            one = ast.Constant(1)
            if node.lower is not None:
                yield node, {"lower": ast.BinOp(node.lower, ast.Add(), one)}
            if node.upper is not None:
                yield node, {"upper": ast.BinOp(node.upper, ast.Sub(), one)}
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            for i, statement in enumerate(block if isinstance(block, list) else ()):
                if removable(statement):
                    yield node, {field: [*block[:i], ast.Pass(), *block[i + 1 :]]}


def relevant(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that decide something: no annotations, no messages, no estimates."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "keywords") and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
                continue
            if isinstance(child, ast.Raise) or estimates(child):
                continue
            yield from relevant(child)


def estimates(node: ast.AST) -> bool:
    """Whether this is the work of a budget."""
    if isinstance(node, ast.FunctionDef):
        return node.name.endswith(("_cost", "_bits")) or node.name.strip("_").startswith("spend") or node.name == "cost"
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    called = node.value.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name.strip("_").startswith(OF_BUDGETS)


def removable(statement: ast.stmt) -> bool:
    """Whether a statement can be left out: a call, a raise, a change of a value, a branch without another."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call) and not estimates(statement)
    return isinstance(statement, (ast.Raise, ast.AugAssign, ast.Continue, ast.Break))


def starred(call: ast.Call) -> bool:
    """Whether an argument is a starred one."""
    return any(isinstance(argument, ast.Starred) for argument in call.args[:2])


# -------------------------------------------------------------------- running


def tests_of(module: str) -> list[str]:
    """Return the tests of a module, the quickest first."""
    parts = Path(module).parts[1:]
    own = Path("tests", *parts[:-1], f"test_{parts[-1]}")
    last = Path("tests", parts[0], "test_mutations.py")
    return [str(path) for path in (own, last) if (ROOT / path).exists()]


def copied(folder: Path) -> Path:
    """Return a copy of the tree in a folder."""
    for name in ("exactcnn", "tests", "proofs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def killed(mutant: Mutant, tree: Path, seconds: float) -> str:
    """Run the tests of a mutant in a copy of the tree: "killed", "timeout" or "survived"."""
    place = tree / mutant.module
    original = place.read_text()
    try:
        place.write_text(mutant.source)
        ends = (outcome(tree, test, seconds) for test in tests_of(mutant.module))
        return next((end for end in ends if end), "survived")
    finally:
        place.write_text(original)


def outcome(tree: Path, test: str, seconds: float) -> str:
    """Run a module of tests: "killed" or "timeout", or nothing if they pass."""
    process = multiprocessing.get_context("fork").Process(target=tested, args=(tree, test))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        return "timeout"
    return "killed" if process.exitcode else ""


def tested(tree: Path, test: str) -> None:
    """Run a module of tests in this process, a copy of one in which the slow imports are done."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    vars(sys)["dont_write_bytecode"] = True  # mutants of one second would be taken for each other
    os.environ |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", test]))


def main() -> None:
    """Run a sample of all mutants and print a line for each module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("room", type=Path)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=300, help="whose tests take longer counts as noticed")
    options = parser.parse_args()
    paths = [path for path in sorted((ROOT / options.room).rglob("*.py")) if options.module in str(path)]
    every = [mutant for path in paths if options.module or path.stem not in OF_WORK for mutant in mutants(path)]
    chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    record = ROOT / "build" / "mutants" / f"{options.seed}.jsonl"
    record.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    # those that survived are run again, for there may be new tests
    known = {line["key"]: line["outcome"] for line in lines if line["outcome"] != "survived"}
    named = tomllib.loads(EQUIVALENT.read_text())
    equivalent = {(e["module"], e["code"], e["fault"]) for e in named.get("mutant", [])}
    equivalent |= {(e["module"], e["function"]) for e in named.get("function", [])}
    local = threading.local()
    print(f"{len(every)} mutants, {len(chosen)} chosen, {sum(m.key in known for m in chosen)} known", flush=True)
    sound: set[str] = set()  # tests that pass without a fault

    with tempfile.TemporaryDirectory() as folder:

        def run(mutant: Mutant) -> None:
            if mutant.key in known:
                return
            if not hasattr(local, "tree"):
                local.tree = copied(Path(tempfile.mkdtemp(dir=folder)))
            for test in set(tests_of(mutant.module)) - sound:
                if outcome(local.tree, test, options.seconds):
                    sys.exit(f"{test} fails without a fault")
                sound.add(test)
            known[mutant.key] = killed(mutant, local.tree, options.seconds)
            with record.open("a") as file:
                entry = {"key": mutant.key, "outcome": known[mutant.key], **mutant._asdict()}
                file.write(json.dumps({k: v for k, v in entry.items() if k != "source"}) + "\n")
            if known[mutant.key] == "survived":
                print(f"survived: {mutant.module}:{mutant.line}: {mutant.code}: {mutant.what}", flush=True)

        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(run, chosen))

    table: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in chosen:
        end = known[mutant.key]
        names = {(mutant.module, mutant.code, mutant.what), (mutant.module, mutant.function)}
        if end == "survived" and names & equivalent:
            end = "equivalent"
        for row in (mutant.module, "all"):
            table[row][end] += 1
    for module, counts in sorted(table.items(), key=lambda item: (item[0] == "all", item[0])):
        noticed, missed = counts["killed"] + counts["timeout"], counts["survived"]
        score = f"{100 * noticed / (noticed + missed):.1f} %" if noticed + missed else "-"
        print(f"{module:44} killed {noticed:4}  survived {missed:3}  equivalent {counts['equivalent']:3}  {score}")


if __name__ == "__main__":
    main()
