"""The registry of statements: read from the pages under proofs/, their status computed by running.

No page declares its status. `run` runs a page's Python blocks and checks, compares the edges between statements that
the checks really call with the page's `uses`, and computes the status from what came out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Literal

from exactcnn.display import Shown, nearest, selected
from exactcnn.errors import InputError
from exactcnn.proofs.checks.recorder import CheckResult, Edge, recorded_edges, statement_of
from exactcnn.proofs.identifiers import source_of, spelled_out
from exactcnn.proofs.pages import READING, Page, read_pages, run_blocks
from exactcnn.resources import Progress
from exactcnn.theorems.verdict import together

if TYPE_CHECKING:
    import networkx as nx

CHECKS = "exactcnn.proofs.checks"
SOURCES = {  # by the first part of an identifier, in the order of the tables
    "NH18": "Nguyen and Hein, Optimization landscape and expressivity of deep CNNs, ICML 2018",
    "NH17": "Nguyen and Hein, The loss surface of deep and wide neural networks, ICML 2017",
    "LDS18": "Around Li, Ding and Sun, On the benefit of width for neural networks: disappearance of basins, 2018",
    "KHK19": "Around Kawaguchi, Huang and Kaelbling, Effect of depth and width on local minima, 2019",
    "L20": "Around Lederer, Optimization landscapes of wide deep neural networks are benign, 2020",
    "FOUND": "Found with this package",
    "GALLERY": "Pieces of the gallery",
}
PageStatus = Literal[
    "proved on its instances",
    "certified for almost all parameters",
    "refuted with counterexample",
    "sketch only",
    "broken",
]


@dataclass(frozen=True)
class Statement:
    """One statement of a paper, or one gap, and the page that explains it.

    Attributes
    ----------
    id : str
        Such as "NH18.T3.4"; its first part is one of `SOURCES`.
    kind : str
        One of `exactcnn.proofs.pages.KINDS`; "gap" for what is not as stated.
    paper, title : str
    hypotheses : tuple of str
        In words.
    uses : tuple of str
        Identifiers of the statements that its checks call.
    checks : tuple of str
        Functions of `exactcnn.proofs.checks`, "module.function", each of which must prove.
    counterexamples : tuple of str
        Such functions, each of which must refute.
    page : Path
    reading : tuple of str or None
        What the paper says and what is true, where the two differ: one line each.
    """

    id: str
    kind: str
    paper: str
    title: str
    hypotheses: tuple[str, ...]
    uses: tuple[str, ...]
    checks: tuple[str, ...]
    counterexamples: tuple[str, ...]
    page: Path
    reading: tuple[str, str] | None = None

    @property
    def source(self) -> str:
        """First part of the identifier."""
        return source_of(self.id)


@dataclass(frozen=True, eq=False)
class PageResult(Shown):
    """What running a page gave.

    Attributes
    ----------
    statement : Statement
    status : str
        Computed; "broken" if anything failed.
    scope : str
        Scopes of the checks' verdicts, the widest first.
    results : mapping of str to CheckResult
        By name of the check.
    failures : tuple of str
        One line each.
    seconds : float
    """

    statement: Statement
    status: PageStatus
    scope: str
    results: dict[str, CheckResult]
    failures: tuple[str, ...]
    seconds: float

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted the certificates of all checks; None if there are none."""
        return together(found.checked for found in self.results.values())

    @property
    def rejected(self) -> tuple[str, ...]:
        """Checks whose certificates the independent checker does not accept."""
        return tuple(name for name, each in self.results.items() if each.checked is False)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn prove --json`."""
        own = self.statement
        return {
            "statement": own.id,
            "kind": own.kind,
            "title": own.title,
            "paper": own.paper,
            "page": own.page.name,
            "uses": list(own.uses),
            **({} if own.reading is None else dict(zip(READING, own.reading, strict=True))),
            "status": self.status,
            "scope": self.scope,
            "checked": self.checked,
            "checks": [{"name": name, **result.document()} for name, result in self.results.items()],
            "failures": list(self.failures),
            "seconds": self.seconds,
        }


def statements(folder: Path | None = None) -> tuple[Statement, ...]:
    """Read the registry from the pages of a folder, by default those of the project: by source, in the paper's order.

    Raises
    ------
    InputError
        Naming page and line: front matter that cannot be read, an identifier twice or of no source, an unknown check
        or one that belongs to another statement, an unknown statement in `uses`, a cycle, a gap without a
        counterexample or without a line each on what the paper says and what holds.

    Examples
    --------
    >>> [each.id for each in statements()][:3]
    ['NH18.D2.1', 'NH18.D2.2', 'NH18.D2.3']
    """
    pages = read_pages(folder)
    by_id: dict[str, Page] = {}
    for page in pages:
        name = page.texts["id"]
        if source_of(name) not in SOURCES:
            expected = ", ".join(f"{source}." for source in SOURCES)
            raise InputError(f"{page.where('id')}: id {name!r}; expected one that begins with one of {expected}")
        if name in by_id:
            raise InputError(f"{page.where('id')}: id {name} is also that of {by_id[name].path.name}")
        by_id[name] = page
    for page in pages:
        for used in page.lists["uses"]:
            if used not in by_id:
                near = nearest(used, tuple(by_id))
                raise InputError(f"{page.where('uses')}: uses {used!r}, which no page states; the nearest is {near!r}")
        for key in ("checks", "counterexamples"):
            for name in page.lists[key]:
                _belongs(page, key, name)
        if page.texts["kind"] == "gap" and not page.lists["counterexamples"]:
            raise InputError(f"{page.where('kind')}: a gap without counterexamples; expected at least one check there")
        missing = [key for key in READING if key not in page.texts]
        if missing and (page.texts["kind"] == "gap" or len(missing) == 1):
            raise InputError(f"{page.where('kind')}: no {missing[0]!r}; expected 'says' and 'holds', a line each")
    found = [
        Statement(
            page.texts["id"],
            page.texts["kind"],
            page.texts["paper"],
            page.texts["title"],
            page.lists["hypotheses"],
            page.lists["uses"],
            page.lists["checks"],
            page.lists["counterexamples"],
            page.path,
            (page.texts["says"], page.texts["holds"]) if "says" in page.texts else None,
        )
        for page in pages
    ]
    _refuse_cycles(found, by_id)
    order = list(SOURCES)
    return tuple(sorted(found, key=lambda each: order.index(each.source)))


def select(ids: Iterable[str], known: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return the statements with these identifiers, all of a paper for its first part, all of them for none.

    Without its first part an identifier means the statements of all papers that have it, and so do its words, such as
    "Theorem 3.4"; a number alone is enough where one kind of statement has it.

    Raises
    ------
    InputError
        For an unknown identifier, with the nearest one, and for the number of several kinds of statements, with these.

    Examples
    --------
    >>> [each.id for each in select(["NH17"], statements())][:2]
    ['NH17.L3.5', 'NH17.T3.4']
    >>> [each.id for each in select(["t3.4"], statements())]
    ['NH18.T3.4', 'NH17.T3.4']
    >>> [each.id for each in select(["theorem 3.4", "lemma", "2.5", "NH17 3.8"], statements())]
    ['NH18.T3.4', 'NH17.T3.4', 'NH18.L2.5', 'NH17.T3.8']
    >>> select(["NH18.T3.6"], statements())
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: statement 'NH18.T3.6' is not known; the nearest is 'NH18.T3.5'
    """
    by_id = {each.id: each for each in known}
    return tuple(dict.fromkeys(selected(spelled_out(ids, list(by_id)), by_id, "statement")))


def graph(known: Sequence[Statement] | None = None) -> nx.DiGraph[Any]:
    """Graph of the statements: an edge from each to those that it uses; nodes carry `title` and `kind`.

    Examples
    --------
    >>> sorted(graph().successors("NH18.L2.5"))
    ['NH18.A2.4']
    """
    import networkx as nx

    result: nx.DiGraph[Any] = nx.DiGraph()
    for each in statements() if known is None else known:
        result.add_node(each.id, title=each.title, kind=each.kind)
        result.add_edges_from((each.id, used) for used in each.uses)
    return result


def find_check(name: str) -> Callable[..., CheckResult]:
    """Return the check with a dotted name, such as "structure.full_rank_is_attained".

    Raises
    ------
    InputError
        For an unknown name, with the nearest one.
    """
    module, _, function = name.rpartition(".")
    known = check_names()
    if name not in known:
        raise InputError(f"check {name!r} is not known; the nearest is {nearest(name, known)!r}")
    found: Callable[..., CheckResult] = getattr(import_module(f"{CHECKS}.{module}"), function)
    return found


def check_names() -> tuple[str, ...]:
    """Names of all checks of the package, "module.function"."""
    package = import_module(CHECKS)
    names = []
    for module in sorted(info.name for info in iter_modules(package.__path__)):
        for name, value in vars(import_module(f"{CHECKS}.{module}")).items():
            if statement_of(value) is not None and value.__module__ == f"{CHECKS}.{module}":
                names.append(f"{module}.{name}")
    return tuple(names)


def run(statement: Statement) -> PageResult:
    """Run a page: its Python blocks, its checks, and the comparison of its `uses` with what the checks call.

    Examples
    --------
    >>> found = run(*select(["NH18.L2.5"], statements()))
    >>> found.status, found.failures
    ('certified for almost all parameters', ())
    """
    start = time.perf_counter()
    failures = list(run_blocks(statement.page))
    results: dict[str, CheckResult] = {}
    with recorded_edges() as edges:
        for name in (*statement.checks, *statement.counterexamples):
            expected = "proved" if name in statement.checks else "refuted"
            try:
                results[name] = found = find_check(name)()
            except Exception as error:  # noqa: BLE001  # whatever breaks a check, its page must turn red
                failures.append(f"{name} raises {type(error).__name__}: {' '.join(str(error).split())}")
                continue
            if found.status != expected:
                failures.append(f"{name} is {found.status}; expected {expected}: {found.what}")
    failures += _edges_differ(statement, edges)
    scopes = list(dict.fromkeys(found.scope for found in results.values()))
    return PageResult(
        statement,
        "broken" if failures else _status(statement, results),
        ", ".join(sorted(scopes, key=_SCOPES.index)),
        results,
        tuple(failures),
        round(time.perf_counter() - start, 3),
    )


def run_all(chosen: Sequence[Statement], *, progress: Progress | None = None) -> Iterator[PageResult]:
    """Run several pages, one after the other, and report ("statements", done, total)."""
    for done, statement in enumerate(chosen):
        if progress is not None:
            progress("statements", done, len(chosen))
        yield run(statement)


_SCOPES = ["architecture", "almost all parameters", "an instance", "a sample"]


def _status(statement: Statement, results: dict[str, CheckResult]) -> PageStatus:
    decided = [found for found in results.values() if found.scope != "a sample"]
    if not decided:
        return "sketch only"
    if statement.counterexamples:
        return "refuted with counterexample"
    if any(found.checked and found.scope == "almost all parameters" for found in decided):
        return "certified for almost all parameters"
    return "proved on its instances"


def _edges_differ(statement: Statement, edges: set[Edge]) -> list[str]:
    """Compare the edges that leave this statement with its `uses`."""
    called = {used for user, used in edges if user == statement.id}
    lines = [f"the checks call {used}, which `uses` does not name" for used in sorted(called - set(statement.uses))]
    lines += [f"`uses` names {used}, which no check calls" for used in sorted(set(statement.uses) - called)]
    return lines


def _belongs(page: Page, key: str, name: str) -> None:
    try:
        statement = statement_of(find_check(name))
    except InputError as error:
        raise InputError(f"{page.where(key)}: {error}") from None
    if statement != page.texts["id"]:
        raise InputError(f"{page.where(key)}: {name} is a check of {statement}; expected one of {page.texts['id']}")


def _refuse_cycles(found: Sequence[Statement], pages: dict[str, Page]) -> None:
    import networkx as nx

    try:
        cycle = nx.find_cycle(graph(found))
    except nx.NetworkXNoCycle:
        return
    path = " → ".join([*(user for user, _ in cycle), cycle[0][0]])
    raise InputError(f"{pages[cycle[0][0]].where('uses')}: `uses` goes round in a circle, {path}; expected no cycle")
