"""The README and the pages of docs/ do what they say: commands print what stands below them, links lead somewhere.

A ``console`` block holds commands (``$ command``) and their output, errors included; ``...`` stands for any text, and
the amount of white space does not matter. The blocks of one page are one session of bash in a copy of the examples:
the README starts at the top of the copy, every other page in docs/examples. A block of any other kind whose first line
is ``# file: NAME`` is saved there under this name first. Python blocks are doctests, which pytest collects by itself.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

import exactcnn
from exactcnn.cli import app
from exactcnn.spec import read_spec
from exactcnn.sweeps.sweep import read_sweep

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^```(?P<kind>[\w{}-]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MARK = "-- end of command --"
# what differs between machines: times, and the rank that single precision happens to see
VOLATILE = [
    (r"\d+\.\d+ s\b", "0.00 s"),
    (r'"seconds": [\d.]+', '"seconds": 0.00'),
    (r"(float32\W+)\d+(\s+\(too (?:small|large) by at least )?\d*", r"\g<1>0\2"),
]


class Command(NamedTuple):
    """One command of a page with the output that the page shows."""

    line: int
    text: str
    expected: str


def blocks(page: Path) -> Iterator[tuple[int, str, str]]:
    """Line of the first line, kind and text of every fenced block."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield text.count("\n", 0, found.start("body")) + 1, found["kind"], found["body"]


def commands(page: Path) -> list[Command]:
    """Commands of the console blocks; text before the first `$` would never be compared, so there is none."""
    found = []
    for line, kind, body in blocks(page):
        if kind == "console":
            assert body.startswith("$ "), f"{page.name}:{line}: a console block starts with a command"
            for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE)[1:]:
                text, _, expected = part.partition("\n")
                found.append(Command(line, text.removeprefix("$ "), expected))
                line += part.count("\n")
    return found


def workspace(page: Path, folder: Path) -> Path:
    """Copy what the commands of a page need; return the folder where they start."""
    examples = folder / "docs" / "examples"
    shutil.copytree(ROOT / "docs" / "examples", examples)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for name in ("pyvenv.cfg", "lib"):  # from which isolated Python knows where its packages are
        if (Path(sys.prefix) / name).exists() and sys.prefix != sys.base_prefix:
            (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for stamp in (".run", ".installed"):  # in the order in which make builds them
        (folder / ".venv" / stamp).touch()
    start = folder if page.parent == ROOT else examples
    for _, _, body in blocks(page):
        named = re.match(r"# file: (\S+)\n", body)
        if named:
            (start / named[1]).write_text(body[named.end() :], encoding="utf-8")
    return start


def run(session: list[Command], folder: Path, root: Path) -> list[str]:
    """Output of every command of one bash session."""
    script = "".join(f"{each.text}\nstatus=$?; echo '{MARK}'; (exit $status)\n" for each in session)
    kept = {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS") or name == "HOME"}
    fixed = {"LC_ALL": "C.UTF-8", "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    path = {"PATH": f"{root / '.venv' / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=folder,
        env=kept | fixed | path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    outputs = done.stdout.split(f"{MARK}\n")
    assert len(outputs) == len(session) + 1, done.stdout
    return outputs[:-1]


def stable(text: str) -> str:
    for pattern, replacement in VOLATILE:
        text = re.sub(pattern, replacement, text)
    return text.strip() + "\n"


def agree(expected: str, printed: str) -> bool:
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(stable(expected), stable(printed), options)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_commands_print_what_the_page_shows(page, tmp_path):
    session = commands(page)
    outputs = run(session, workspace(page, tmp_path), tmp_path)
    wrong = [
        f"{page.relative_to(ROOT)}:{command.line}: $ {command.text}\n{printed}"
        for command, printed in zip(session, outputs, strict=True)
        if not agree(command.expected, printed)
    ]
    assert not wrong, "the commands print something else:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("rank  exactly 3, 0.51 s", "rank exactly 3, 12.03 s\n", True),
        ("rank exactly 3, 0.51 s", "rank exactly 4, 0.51 s", False),
        ("NumPy float64  6", "NumPy float64  5", False),
        ("NumPy float32  211  (too small by at least 1586)", "NumPy float32  207  (too small by at least 1590)", True),
        ("NumPy float32  3", "NumPy float32  2  (too small by at least 1)", False),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nb\nc", False),
        ("", "something", False),
    ],
)
def test_comparison_of_outputs(expected, printed, same):
    assert agree(expected, printed) == same


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    broken = [link for link in LINK.findall(prose) if not link.startswith("http") and not leads_somewhere(page, link)]
    assert not broken


def leads_somewhere(page: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = (page.parent / target).resolve() if target else page
    return path.exists() and (not anchor or anchor in anchors(path))


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub and MyST derive them."""
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_of_the_docs_is_in_a_table_of_contents():
    docs = [page for page in PAGES if ROOT / "docs" in page.parents]
    listed = {
        (page.parent / entry).resolve().with_suffix(".md")
        for page in docs
        for _, kind, body in blocks(page)
        if kind == "{toctree}"
        for entry in body.splitlines()
        if entry and not entry.startswith((":", "/"))  # options, and pages outside docs/
    }
    notebooks = {path.with_suffix(".md") for path in ROOT.glob("docs/**/*.ipynb")}
    assert listed == notebooks | set(docs) - {ROOT / "docs" / "index.md"}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "specification.md"], ids=lambda page: page.stem
)
def test_specifications_on_the_pages_can_be_read(page, tmp_path):
    for number, (_, kind, body) in enumerate(blocks(page)):
        if kind == "toml" and {"network", "table-2"} & tomllib.loads(body).keys():
            path = tmp_path / f"{number}.toml"
            path.write_text(body, encoding="utf-8")
            assert read_sweep(path).cases if page.stem == "sweeps" else read_spec(path).network.layers


def test_every_python_block_is_a_doctest_or_a_file():
    idle = [
        f"{page.relative_to(ROOT)}:{line}"
        for page in PAGES
        for line, kind, body in blocks(page)
        if kind == "python" and not body.startswith((">>> ", "# file: "))
    ]
    assert not idle


def test_the_way_without_make_is_what_make_does(tmp_path):
    """In a fresh clone, the commands that `make demo` would run are those of the README, line by line."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path)
    dry = subprocess.run(
        ["make", "--dry-run", "demo"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    ).stdout
    wanted = [line for line in dry.splitlines() if not line.startswith(("touch", "make"))]
    by_kind = {kind: body for _, kind, body in blocks(ROOT / "README.md") if kind in ("sh", "bat")}
    assert by_kind["sh"].splitlines() == wanted
    # on Windows the same, but for how folders and Python are called there
    words = (("py ", "python3 "), (".venv\\Scripts\\", ".venv/bin/"), ("\\", "/"), ("mkdir build", "mkdir -p build"))
    windows = by_kind["bat"]
    for there, here in words:
        windows = windows.replace(there, here)
    assert windows.splitlines() == [line.replace(" --disable-pip-version-check", "") for line in wanted]


def test_running_needs_no_package_of_the_tests():
    """`make demo` installs the dependencies alone, and each of them is imported by the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=\[]", each)[0] for each in project["dependencies"]}
    imported = {"python-flint": "flint"}
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "exactcnn").rglob("*.py"))
    for name in needed:
        assert re.search(rf"^\s*(import|from) {imported.get(name, name)}\b", sources, re.MULTILINE), name
    heavy = {"torch", "onnx", "onnxruntime", "h5py", "keras", "dask", "scipy", "hypothesis", "pytest", "sphinx"}
    assert not needed & heavy


def test_every_command_and_option_is_documented():
    page = (ROOT / "docs" / "reference" / "command.md").read_text(encoding="utf-8")
    sections = {section.partition("\n")[0]: section for section in page.split("\n## ")}
    commands = typer.main.get_command(app).commands
    assert set(commands) <= set(sections)
    for name, command in commands.items():
        usage = sections[name].partition("```text\n")[2].partition("```")[0]
        options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert set(re.findall(r"--[\w-]+", usage)) == {option for option in options if option.startswith("--")}


def test_every_public_name_is_documented():
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert not [name for name in exactcnn.__all__ if not re.search(rf"`ec\.{name}\b", page)]
