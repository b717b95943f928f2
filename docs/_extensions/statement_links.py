"""What a page of a statement mentions becomes a link with a title: checks, with what they found, and statements."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from exactcnn.display import Markup, element
from exactcnn.proofs.registry import Statement
from exactcnn.proofs.steps import steps_of
from exactcnn.report.statement_graph import LOOKS

Document = dict[str, Any]
Address = Callable[[str], str]
NUMBERED = re.compile(r"\b(Theorem|Lemma|Corollary|Assumption|Definition|Table|Figure) (\d+(?:\.\d+)?)\b")
PREFIXES = {"Theorem": "T", "Lemma": "L", "Corollary": "C", "Assumption": "A", "Definition": "D"}
MARKS = {  # of what a check found
    "proved": "proved on its instances",
    "almost all": "certified for almost all parameters",
    "refuted": "refuted with counterexample",
    "undecided": "broken",
}


def link_checks(
    doctree: nodes.document, checks: Mapping[str, Document], titles: Mapping[str, str], to: Address
) -> None:
    """Turn every check of any page that is named in the text into a link, with a mark of what it found."""
    for literal in list(doctree.findall(nodes.literal)):
        name = literal.astext()
        if name not in titles or _inside(literal, nodes.reference):
            continue
        link = nodes.reference("", "", literal.deepcopy(), refuri=to(name), internal=True, reftitle=titles[name])
        found = [link] if name not in checks else [link, nodes.raw("", mark(checks[name]), format="html")]
        literal.parent.replace(literal, found)


def mark(found: Document) -> Markup:
    """A sign in its colour: what a check found, on what, and whether a certificate was accepted."""
    almost_all = found["status"] == "proved" and found["scope"] == "almost all parameters"
    fill, sign = LOOKS[MARKS["almost all" if almost_all else found["status"]]]
    about = f"{found['status']}, {found['scope']}{', certified' if found['checked'] else ''}: {found['what']}"
    return element("span", sign, class_="mark", title=about, style=f"background: {fill}", role="img", aria_label=about)


def label_steps(doctree: nodes.document, statement: Statement, checks: Mapping[str, Document]) -> None:
    """Say behind every numbered step what the checks that it names found; ValueError if the page has other steps."""
    lists = [each for each in doctree.findall(nodes.enumerated_list) if not _inside(each, nodes.list_item)]
    items = [item for each in lists for item in each.findall(nodes.list_item) if item.parent is each]
    for item, step in zip(items, steps_of(statement), strict=True):
        expected = {name: "refuted" if name in statement.counterexamples else "proved" for name in step.checks}
        as_promised = all(name in checks and checks[name]["status"] == expected[name] for name in step.checks)
        status, shown = status_of_step([checks[name] for name in step.checks]) if as_promised else ("broken", "broken")
        last = item.children[-1]
        if not isinstance(last, nodes.paragraph):
            last = nodes.paragraph()
            item += last
        fill, sign = LOOKS[status]
        label = element("span", f"{sign} {shown}", class_="step", data_status=status, style=f"background: {fill}")
        last.extend([nodes.Text(" "), nodes.raw("", label, format="html")])


def status_of_step(found: Sequence[Document]) -> tuple[str, str]:
    """Status of a step whose checks found what its page promises, by the rule for pages, and how it is said.

    Examples
    --------
    >>> status_of_step([])
    ('sketch only', 'argued')
    >>> status_of_step([{"status": "proved", "scope": "an instance", "checked": True}])
    ('proved on its instances', 'proved on its examples, certified')
    >>> status_of_step([{"status": "proved", "scope": "a sample", "checked": None}])
    ('sketch only', 'argued, and tried on a sample')
    """
    decided = [each for each in found if each["scope"] != "a sample"]
    if not decided:
        return "sketch only", "argued, and tried on a sample" if found else "argued"
    if any(each["status"] == "refuted" for each in decided):
        return "refuted with counterexample", "refuted with counterexample"
    if any(each["checked"] and each["scope"] == "almost all parameters" for each in decided):
        return "certified for almost all parameters", "certified for almost all parameters of its examples"
    certified = ", certified" if any(each["checked"] for each in decided) else ""
    return "proved on its instances", f"proved on its examples{certified}"


def link_statements(doctree: nodes.document, own: str, titles: Mapping[str, str], to: Address) -> None:
    """Turn statements of the same paper, as the text numbers them, into links, and identifiers of any paper."""
    paper = own.partition(".")[0]
    for literal in list(doctree.findall(nodes.literal)):
        name = literal.astext()
        if name in titles and not _inside(literal, nodes.reference):
            literal.parent.replace(literal, _reference(literal.deepcopy(), name, titles, to))
    for text in list(doctree.findall(nodes.Text)):
        if _inside(text, nodes.reference, nodes.FixedTextElement, nodes.literal, nodes.title, nodes.math):
            continue
        parts = list(_parts(str(text), paper, own, titles, to))
        if len(parts) > 1:
            text.parent.replace(text, parts)


def decorate(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put links into a page of a statement."""
    found: Any = vars(app)["statements"]
    if docname not in found.by_docname:
        return
    own = found.by_docname[docname]

    def to_check(name: str) -> str:
        return app.builder.get_relative_uri(docname, "docs/reference/checks") + f"#exactcnn.proofs.checks.{name}"

    def to_statement(name: str) -> str:
        return app.builder.get_relative_uri(docname, found.docnames[name])

    results = {each["name"]: each for each in found.documents[own]["checks"]}
    label_steps(doctree, found.known[own], results)
    link_checks(doctree, results, found.checks, to_check)
    link_statements(doctree, own, found.titles, to_statement)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the step; `statement_pages` has the statements."""
    app.connect("doctree-resolved", decorate)
    return {"parallel_read_safe": True}


def _parts(text: str, paper: str, own: str, titles: Mapping[str, str], to: Address) -> Iterator[nodes.Node]:
    end = 0
    for match in NUMBERED.finditer(text):
        name = f"{paper}.{PREFIXES.get(match[1], match[1])}{match[2]}"
        if name in titles and name != own:
            yield nodes.Text(text[end : match.start()])
            yield _reference(nodes.Text(match[0]), name, titles, to)
            end = match.end()
    yield nodes.Text(text[end:])


def _reference(shown: nodes.Node, name: str, titles: Mapping[str, str], to: Address) -> nodes.reference:
    return nodes.reference("", "", shown, refuri=to(name), internal=True, reftitle=titles[name])


def _inside(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, kinds):
            return True
        parent = parent.parent
    return False
