"""The pages of statements get their status by running, and the graph of statements its colours.

A page that fails is shown as broken and is an error of the build, so that `make docs` fails.
"""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from mathml import with_formulas
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from exactcnn.display import Markup, element, joined, standalone
from exactcnn.errors import InputError
from exactcnn.proofs import registry
from exactcnn.proofs.errata import command, errata
from exactcnn.proofs.identifiers import source_of
from exactcnn.proofs.replayed import accepted_files
from exactcnn.proofs.steps import steps_of
from exactcnn.report.paper_graph import paper_graph_picture
from exactcnn.report.statement_graph import LOOKS, MEANINGS, of_one_paper, statement_graph_picture
from exactcnn.rocq.record import read_record

logger = logging.getLogger(__name__)
ROCQ = "rocq"  # folder of the site with the files for Rocq
ROOT = Path(__file__).parents[2]
NO_CLAIMS = ("definition", "map", "assumption", "condition", "remark", "table", "figure")
GRAPH_PAGE = "docs/statements"
INDEX = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>exactcnn</title>
<meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">exactcnn</a></html>
"""
Document = dict[str, Any]


class GraphNode(nodes.General, nodes.Element):
    """Where the graph goes, once the statuses of this build are known."""


class StatementGraph(SphinxDirective):
    """The directive `{statement-graph}`."""

    def run(self) -> list[nodes.Node]:
        """Mark the place."""
        return [GraphNode()]


class ErrataNode(nodes.General, nodes.Element):
    """Where the list of what is not as stated goes."""


class Errata(SphinxDirective):
    """The directive `{errata}`."""

    def run(self) -> list[nodes.Node]:
        """Mark the place."""
        return [ErrataNode()]


class Statements:
    """The statements and what running their pages gave, in this build."""

    def __init__(self, app: Sphinx) -> None:
        try:
            known = registry.statements()
        except InputError as error:
            raise SystemExit(f"statements: {error}") from error  # one line; Sphinx would add forty to its own errors
        self.known = {each.id: each for each in known}
        self.titles = {each.id: f"{each.id}, {each.title}" for each in known}
        names = registry.check_names()
        self.checks = {name: (registry.find_check(name).__doc__ or name).partition("\n")[0] for name in names}
        self.graph = registry.graph(known)
        self.errata = errata(known)
        self.docnames = {each.id: str(each.page.relative_to(ROOT).with_suffix("")) for each in known}
        self.by_docname = {docname: name for name, docname in self.docnames.items()}
        cache = Path(app.doctreedir) / "statements.json"
        digest, record = fingerprint(), read_record()
        stored = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
        if stored.get("fingerprint") != digest:
            documents = {}
            for each in known:
                logger.info("proving %s", each.id, color="green")
                found = registry.run(each)
                documents[each.id] = found.document() | {
                    "rocq": [file.document() for file in accepted_files(found, record)]
                }
            if not any(document["failures"] for document in documents.values()):
                cache.parent.mkdir(parents=True, exist_ok=True)
                cache.write_text(json.dumps({"fingerprint": digest, "statements": documents}), encoding="utf-8")
        else:
            documents = stored["statements"]
        self.documents: dict[str, Document] = documents
        for name, document in documents.items():
            for failure in document["failures"]:
                logger.error("%s is broken: %s", name, failure, location=self.docnames[name])

    def header(self, app: Sphinx, docname: str) -> Markup:
        """Status, scope, neighbours in the graph and checks of one page."""
        name = self.by_docname[docname]
        document, hypotheses = self.documents[name], self.known[name].hypotheses
        shown = label_of(document["status"], document["kind"], certified=document["checked"] is True)
        lines = [
            element("p", badge(document["status"], shown), f" Scope of the checks: {document['scope'] or 'none'}."),
            element("p", element("strong", "Source. "), f"{document['paper']}."),
        ]
        if hypotheses:
            parts = [element("li", with_formulas(each)) for each in hypotheses]
            lines += [element("p", element("strong", "Hypotheses.")), element("ul", *parts, class_="hypotheses")]
        lines += [
            element(
                "p",
                "Uses: ",
                self._links(app, docname, self.graph.successors(name)),
                ". Used by: ",
                self._links(app, docname, self.graph.predecessors(name)),
                ". ",
                link(app, docname, GRAPH_PAGE, "All statements"),
                ".",
            ),
        ]
        checks = [
            element(
                "li",
                link(app, docname, "docs/reference/checks", each["name"], f"#exactcnn.proofs.checks.{each['name']}"),
                f" – {each['status']}, {each['scope']}{', certified' if each['checked'] else ''}: {each['what']}",
            )
            for each in document["checks"]
        ]
        if checks:
            summary = element("summary", f"What the checks found ({len(checks)}, {document['seconds']:.1f} s)")
            named = {each for step in steps_of(self.known[name]) for each in step.checks}
            rest = ", ".join(each["name"] for each in document["checks"] if each["name"] not in named)
            marks = (
                "In the text a mark behind a check says what it found, and a label behind a step what its checks did."
            )
            marks += f" For all steps together: {rest}." if rest and named else ""
            lines.append(element("details", summary, element("ul", *checks), element("p", marks)))
        if document["rocq"]:
            lines.append(rocq_line(app, docname, document["rocq"]))
        if document["failures"]:
            lines.append(
                element("ul", *(element("li", failure) for failure in document["failures"]), class_="failures")
            )
        return element("div", *lines, class_="statement-header")

    def overview(self, app: Sphinx, docname: str) -> Markup:
        """The papers, and for each one, folded, its graph and the same in a table."""
        links = {name: app.builder.get_relative_uri(docname, page) for name, page in self.docnames.items()}
        theory, statuses = self.theory(), self.statuses()
        folds: list[Markup] = []
        places: dict[str, str] = {}
        for source, title in registry.SOURCES.items():
            own = [name for name in self.documents if source_of(name) == source]
            if not own:
                continue
            places[source] = f"#{source.lower()}"
            parts = [self._table(app, docname, own)]
            if theory.subgraph(own):
                graph = statement_graph_picture(of_one_paper(theory, source), statuses, links, paper=source)
                parts.insert(0, element("div", graph, class_="scroll graph"))
            inner = element("div", *parts, id=places[source][1:])
            counts = tally(statuses[name] for name in own)
            summary = element("summary", element("strong", source), f" {title}. ", *counts)
            folds.append(element("details", summary, inner, class_="paper", open="open" if not folds else None))
        papers = paper_graph_picture(theory, statuses, registry.SOURCES, places)
        alone = f"{app.builder.get_relative_uri(docname, 'statements').removesuffix('.html')}.svg"
        file = element("p", "All statements in one picture: ", element("a", "a file of its own", href=alone), ".")
        used = [status for status in LOOKS if status in statuses.values()]
        legend = element("ul", *(element("li", badge(each), f" {MEANINGS[each]}") for each in used), class_="legend")
        return joined([element("div", papers, class_="scroll papers"), legend, *folds, file])

    def _table(self, app: Sphinx, docname: str, names: list[str]) -> Markup:
        rows = [
            element(
                "tr",
                element("td", link(app, docname, self.docnames[name], name)),
                element("td", self.documents[name]["title"]),
                element("td", badge(self.documents[name]["status"])),
                element("td", self.documents[name]["scope"]),
            )
            for name in names
        ]
        head = element("tr", *(element("th", each, scope="col") for each in ("statement", "title", "status", "scope")))
        table = element("table", element("thead", head), element("tbody", *rows), class_="statements docutils")
        return element("div", table, class_="scroll")

    def theory(self) -> Any:
        """The graph without pieces, which use nothing and which nothing uses."""
        return self.graph.subgraph([name for name, document in self.documents.items() if document["kind"] != "piece"])

    def statuses(self) -> dict[str, str]:
        """The statuses of this build."""
        return {name: document["status"] for name, document in self.documents.items()}

    def errata_list(self, app: Sphinx, docname: str) -> Markup:
        """What each paper says, what is true, and a command that shows it."""
        parts = []
        for source, group in groupby(self.errata, key=lambda each: each.source):
            parts.append(element("h2", registry.SOURCES[source], id=source.lower()))
            for each in group:
                assert each.reading is not None
                lines = zip(("The paper", "What is true"), each.reading, strict=True)
                parts += [
                    element("h3", link(app, docname, self.docnames[each.id], each.title), id=each.id.lower()),
                    element("p", badge(self.documents[each.id]["status"]), f" {each.paper}"),
                    *(element("p", element("strong", f"{name}. "), with_formulas(text)) for name, text in lines),
                    element("div", element("pre", command(each)), class_="highlight"),
                ]
        return element("div", *parts, class_="errata")

    def picture(self, links: dict[str, str]) -> Markup:
        """All papers in one graph, with the colours of this build."""
        return statement_graph_picture(self.theory(), self.statuses(), links)

    def _links(self, app: Sphinx, docname: str, names: Iterator[str]) -> Markup:
        found = [link(app, docname, self.docnames[name], name, title=self.titles[name]) for name in names]
        return Markup(", ".join(found) or "none")


def fingerprint() -> str:
    """Hash of all that a status depends on: the package, the pages, Python and the libraries."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in ("mpmath", "networkx", "numpy", "python-flint", "sympy"):
        digest.update(f"{name} {version(name)}\n".encode())
    files = [*ROOT.glob("exactcnn/**/*.*"), *ROOT.glob("proofs/**/*.md"), *ROOT.glob("proofs/rocq/*.*")]
    for path in sorted(file for file in files if file.is_file() and file.suffix != ".pyc"):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def rocq_line(app: Sphinx, docname: str, files: list[Document]) -> Markup:
    """Say which claims Rocq has proved, by its record, with the files."""
    claims, total = (sum(each[key] for each in files) for key in ("claims", "of"))
    guide = link(app, docname, "docs/howto/replay-in-rocq", "how to read and compile them")
    root = app.builder.get_relative_uri(docname, "index").removesuffix("index.html")
    links = [
        element("li", element("a", each["name"], href=f"{root}{ROCQ}/{each['name']}"), f" – {each['check']}")
        for each in files
    ]
    summary = element("summary", f"Also checked by Rocq: {claims} of {total} claims, without axioms")
    return element("details", summary, element("p", "The files, ", guide, ":"), element("ul", *links), class_="rocq")


def badge(status: str, shown: str = "") -> Markup:
    """Status in its colour, with its sign, in its own words or in others."""
    fill, sign = LOOKS[status]
    return element("span", f"{sign} {shown or status}", class_="badge", data_status=status, style=f"background: {fill}")


def label_of(status: str, kind: str, *, certified: bool) -> str:
    """Say what was proved of what: a status in the words for a page of this kind.

    Examples
    --------
    >>> label_of("proved on its instances", "definition", certified=True)
    'checked on its examples'
    >>> label_of("proved on its instances", "theorem", certified=True)
    'proved on its examples, certified'
    >>> label_of("certified for almost all parameters", "theorem", certified=True)
    'certified for almost all parameters of its examples'
    """
    if status == "certified for almost all parameters":
        return f"{status} of its examples"
    if status != "proved on its instances":
        return status
    if kind in NO_CLAIMS:
        return "checked on its examples"
    return "proved on its examples" + (", certified" if certified else "")


def tally(statuses: Iterable[str]) -> list[Markup]:
    """How many there are of each status."""
    counts = Counter(statuses)
    return [
        element("span", f"{sign} {counts[each]}", class_="badge", title=each, style=f"background: {fill}")
        for each, (fill, sign) in LOOKS.items()
        if counts[each]
    ]


def link(app: Sphinx, docname: str, target: str, text: str, place: str = "", title: str | None = None) -> Markup:
    """Return a link from one page to another."""
    return element("a", text, href=app.builder.get_relative_uri(docname, target) + place, title=title)


def prove(app: Sphinx) -> None:
    """Run all pages before any is read."""
    vars(app)["statements"] = Statements(app)


def decorate(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the computed parts into a page."""
    found: Statements = vars(app)["statements"]
    for node in list(doctree.findall(GraphNode)):
        node.replace_self(nodes.raw("", found.overview(app, docname), format="html"))
    for place in list(doctree.findall(ErrataNode)):
        place.replace_self(nodes.raw("", found.errata_list(app, docname), format="html"))
    if docname in found.by_docname:
        title = next(doctree.findall(nodes.title))
        header = nodes.raw("", found.header(app, docname), format="html")
        title.parent.insert(title.parent.index(title) + 1, header)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the graph as a file of its own, and an index that leads to the first page."""
    if exception is None:
        found: Statements = vars(app)["statements"]
        links = {name: f"{docname}.html" for name, docname in found.docnames.items()}
        svg = standalone(found.picture(links))
        (app.outdir / "statements.svg").write_text(svg, encoding="utf-8")
        write_rocq_files(app.outdir / ROCQ, found.documents.values())
        (app.outdir / "index.html").write_text(INDEX, encoding="utf-8")


def write_rocq_files(folder: Path, documents: Iterable[Document]) -> None:
    """Write the files for Rocq, and beside them the lemmas that they require."""
    folder.mkdir(exist_ok=True)
    for source in ROOT.glob("proofs/rocq/*.v"):
        (folder / source.name).write_bytes(source.read_bytes())
    for document in documents:
        for each in document["rocq"]:
            (folder / each["name"]).write_text(each["text"], encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the steps of the build."""
    app.add_node(GraphNode)
    app.add_node(ErrataNode)
    app.add_directive("statement-graph", StatementGraph)
    app.add_directive("errata", Errata)
    app.connect("builder-inited", prove)
    app.connect("doctree-resolved", decorate)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
