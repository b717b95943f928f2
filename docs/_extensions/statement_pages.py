"""The pages of statements get their status by running, and the graph of statements its colours.

A page that fails is shown as broken and is an error of the build, so that `make docs` fails.
"""

import hashlib
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from exactcnn.display import Markup, element, joined, standalone
from exactcnn.errors import InputError
from exactcnn.proofs import registry
from exactcnn.report.statement_graph import LOOKS, statement_graph_picture

logger = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]
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


class Statements:
    """The statements and what running their pages gave, in this build."""

    def __init__(self, app: Sphinx) -> None:
        try:
            known = registry.statements()
        except InputError as error:
            raise SystemExit(f"statements: {error}") from error  # one line; Sphinx would add forty to its own errors
        self.graph = registry.graph(known)
        self.docnames = {each.id: str(each.page.relative_to(ROOT).with_suffix("")) for each in known}
        self.by_docname = {docname: name for name, docname in self.docnames.items()}
        cache = Path(app.doctreedir) / "statements.json"
        digest = fingerprint()
        stored = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
        if stored.get("fingerprint") != digest:
            documents = {}
            for each in known:
                logger.info("proving %s", each.id, color="green")
                documents[each.id] = registry.run(each).document()
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
        document = self.documents[name]
        lines = [
            element("p", badge(document["status"]), f" Scope of the checks: {document['scope'] or 'none'}."),
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
            lines.append(element("details", summary, element("ul", *checks)))
        if document["failures"]:
            lines.append(
                element("ul", *(element("li", failure) for failure in document["failures"]), class_="failures")
            )
        return element("div", *lines, class_="statement-header")

    def overview(self, app: Sphinx, docname: str) -> Markup:
        """The graph, and the same in a table."""
        links = {name: app.builder.get_relative_uri(docname, page) for name, page in self.docnames.items()}
        bodies = []
        for source, title in registry.SOURCES.items():
            rows = [
                element(
                    "tr",
                    element("td", link(app, docname, self.docnames[name], name)),
                    element("td", document["title"]),
                    element("td", badge(document["status"])),
                    element("td", document["scope"]),
                )
                for name, document in self.documents.items()
                if registry.source_of(name) == source
            ]
            if rows:
                heading = element("tr", element("th", title, colspan=4, scope="rowgroup", class_="source"))
                bodies.append(element("tbody", heading, *rows))
        head = element("tr", *(element("th", each, scope="col") for each in ("statement", "title", "status", "scope")))
        table = element("table", element("thead", head), *bodies, class_="statements docutils")
        alone = f"{app.builder.get_relative_uri(docname, 'statements').removesuffix('.html')}.svg"
        return joined(
            [
                element("div", self.picture(links), class_="scroll graph"),
                element("p", "The graph is also ", element("a", "a file of its own", href=alone), "."),
                element("div", table, class_="scroll"),
            ]
        )

    def picture(self, links: dict[str, str]) -> Markup:
        """The graph with the colours of this build."""
        statuses = {name: document["status"] for name, document in self.documents.items()}
        theory = [name for name, document in self.documents.items() if document["kind"] != "piece"]
        return statement_graph_picture(self.graph.subgraph(theory), statuses, links)

    def _links(self, app: Sphinx, docname: str, names: Iterator[str]) -> Markup:
        found = [link(app, docname, self.docnames[name], name) for name in names]
        return Markup(", ".join(found) or "none")


def fingerprint() -> str:
    """Hash of all that a status depends on: the package, the pages, Python and the libraries."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in ("mpmath", "networkx", "numpy", "python-flint", "sympy"):
        digest.update(f"{name} {version(name)}\n".encode())
    files = [*ROOT.glob("exactcnn/**/*.*"), *ROOT.glob("proofs/**/*.md")]
    for path in sorted(file for file in files if file.is_file() and file.suffix != ".pyc"):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def badge(status: str) -> Markup:
    """Status in its colour, with its sign."""
    fill, sign = LOOKS[status]
    return element("span", f"{sign} {status}", class_="badge", data_status=status, style=f"background: {fill}")


def link(app: Sphinx, docname: str, target: str, text: str, place: str = "") -> Markup:
    """Return a link from one page to another."""
    return element("a", text, href=app.builder.get_relative_uri(docname, target) + place)


def prove(app: Sphinx) -> None:
    """Run all pages before any is read."""
    vars(app)["statements"] = Statements(app)


def decorate(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the computed parts into a page."""
    found: Statements = vars(app)["statements"]
    for node in list(doctree.findall(GraphNode)):
        node.replace_self(nodes.raw("", found.overview(app, docname), format="html"))
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
        (app.outdir / "index.html").write_text(INDEX, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the steps of the build."""
    app.add_node(GraphNode)
    app.add_directive("statement-graph", StatementGraph)
    app.connect("builder-inited", prove)
    app.connect("doctree-resolved", decorate)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
