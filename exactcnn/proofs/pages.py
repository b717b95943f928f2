"""The pages of statements: Markdown files with front matter, one a statement, read strictly.

The front matter is a subset of YAML: `key: text`, `key: [a, b]`, or `key:` followed by lines `  - text`.
"""

from __future__ import annotations

import doctest
import io
import re
from dataclasses import dataclass
from pathlib import Path

from exactcnn.display import nearest
from exactcnn.errors import InputError

TEXTS = ("id", "kind", "title", "paper")
READING = ("says", "holds")  # of what is not as stated: what the paper says, and what is true, in one line each
LISTS = ("hypotheses", "uses", "checks", "counterexamples")
OPTIONAL = ("counterexamples", *READING)
KINDS = (
    "definition",
    "map",
    "assumption",
    "condition",
    "remark",
    "lemma",
    "theorem",
    "corollary",
    "table",
    "figure",
    "gap",
    "piece",  # of the gallery
)


@dataclass(frozen=True)
class Page:
    """One page as it stands in its file, not yet compared with the package or other pages.

    Attributes
    ----------
    path : Path
    texts : mapping of str to str
        The keys `TEXTS`, and `READING` where they stand.
    lists : mapping of str to tuple of str
        The keys `LISTS`.
    lines : mapping of str to int
        Line of each key, from 1.
    text : str
        The whole file.
    """

    path: Path
    texts: dict[str, str]
    lists: dict[str, tuple[str, ...]]
    lines: dict[str, int]
    text: str

    def where(self, key: str) -> str:
        """Page and line of a key, as errors name it."""
        return f"{self.path.name}:{self.lines.get(key, 1)}"


def proofs_folder() -> Path:
    """Folder of the pages: beside the package in a checkout, inside it when installed from a wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_proofs", package.parent / "proofs"):
        if folder.is_dir():
            return folder
    raise InputError("the pages of statements are missing; expected them in the package or in the checkout's proofs/")


def read_pages(folder: Path | None = None) -> tuple[Page, ...]:
    """Read all pages of a folder and its subfolders, in the order of their paths.

    Raises
    ------
    InputError
        Naming page and line: no front matter, a line that is none of its three forms, an unknown, missing or repeated
        key, an unknown kind.
    """
    folder = proofs_folder() if folder is None else folder
    return tuple(read_page(path) for path in sorted(folder.rglob("*.md")))


def read_page(path: Path) -> Page:
    """Read one page; see `read_pages`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: cannot be read ({error})") from None
    lines = text.splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise InputError(f"{path.name}:1: no front matter; expected a first line '---' and a closing one")
    end = lines.index("---", 1)
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}
    open_list: str | None = None
    for number, line in enumerate(lines[1:end], 2):
        where = f"{path.name}:{number}"
        item = re.fullmatch(r"\s+- (\S.*)", line)
        if item and open_list is not None:
            lists[open_list] += (_plain(item[1], where),)
            continue
        entry = re.fullmatch(r"([a-z]+):\s*(.*)", line)
        if not entry:
            raise InputError(f"{where}: {line!r}; expected 'key: text', 'key: [a, b]', or '  - text' below a list key")
        key, value = entry[1], entry[2].strip()
        if key not in TEXTS + READING + LISTS:
            near = nearest(key, TEXTS + READING + LISTS)
            raise InputError(f"{where}: key {key!r} is not known; the nearest is {near!r}")
        if key in numbers:
            raise InputError(f"{where}: key {key!r} stands twice; expected it once")
        numbers[key], open_list = number, None
        if key in TEXTS + READING:
            if not value:
                raise InputError(f"{where}: {key} is empty; expected a text")
            texts[key] = _plain(value, where)
        elif not value:
            lists[key], open_list = (), key
        elif value.startswith("[") and value.endswith("]"):
            lists[key] = tuple(_plain(part.strip(), where) for part in value[1:-1].split(",") if part.strip())
        else:
            raise InputError(f"{where}: {key} = {value!r}; expected a list, [a, b] or lines '  - text'")
    for key in TEXTS + LISTS:
        if key not in numbers and key not in OPTIONAL:
            raise InputError(f"{path.name}:{end + 1}: key {key!r} is missing in the front matter")
    lists.setdefault("counterexamples", ())
    page = Page(path, texts, lists, numbers, text)
    if texts["kind"] not in KINDS:
        near = nearest(texts["kind"], KINDS)
        raise InputError(f"{page.where('kind')}: kind {texts['kind']!r} is not known; the nearest is {near!r}")
    return page


def run_blocks(path: Path) -> tuple[str, ...]:
    """Run the Python examples of a page, in one namespace, and return one line for each that fails.

    A line names page and line, what was found and what was expected.
    """
    text = path.read_text(encoding="utf-8")
    failures: list[str] = []
    for number, block in _fences(text):
        if ">>>" not in block:
            failures.append(f"{path.name}:{number}: a Python block without '>>>'; expected examples that run")
    # fences are blanked, so that they neither end up in the expected output nor shift the line numbers
    blanked = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    try:
        test = doctest.DocTestParser().get_doctest(blanked, {"__name__": "__main__"}, path.name, str(path), 0)
    except ValueError as error:  # a prompt without a blank after it, or inconsistent indentation
        line = re.match(r"line (\d+) of the docstring for \S+ ", str(error))
        what = str(error)[line.end() :] if line else str(error)
        return (*failures, f"{path.name}:{line[1] if line else 1}: the example {_line(what)}")
    runner = _Runner(path.name, failures)
    runner.run(test, out=io.StringIO().write)
    return tuple(failures)


class _Runner(doctest.DocTestRunner):
    """Collects failures as single lines instead of printing them."""

    def __init__(self, name: str, failures: list[str]) -> None:
        super().__init__(optionflags=doctest.NORMALIZE_WHITESPACE)
        self._page, self._failures = name, failures

    def report_failure(self, out: object, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        self._fail(test, example, f"gives {_line(got)}; expected {_line(example.want)}")

    def report_unexpected_exception(
        self, out: object, test: doctest.DocTest, example: doctest.Example, exc_info: object
    ) -> None:
        assert isinstance(exc_info, tuple)
        if isinstance(exc_info[1], SystemExit) and isinstance(exc_info[1].code, int) and exc_info[1].code > 128:
            raise exc_info[1]  # a signal ends the command; it says nothing about the page
        self._fail(test, example, f"raises {exc_info[0].__name__}: {_line(str(exc_info[1]))}")

    def _fail(self, test: doctest.DocTest, example: doctest.Example, what: str) -> None:
        line = (test.lineno or 0) + example.lineno + 1
        self._failures.append(f"{self._page}:{line}: {_line(example.source)} {what}")


def _fences(text: str) -> list[tuple[int, str]]:
    """Line number and contents of every fenced Python block."""
    found = re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, match.start()) + 1, match[1]) for match in found]


def _line(text: str) -> str:
    shortened = " ".join(text.split())
    return repr(shortened if len(shortened) <= 120 else shortened[:119] + "…")


def _plain(value: str, where: str) -> str:
    """Take a text as it is; refuse what YAML would read in another way, since MyST reads the same lines as YAML."""
    if value[0] in "&*!|>%@`{[#\"'" or ": " in value or " #" in value:
        raise InputError(
            f"{where}: {value!r} is no plain text in YAML; expected no quotes, ': ', ' #' or leading signs"
        )
    return value
