"""The papers as a picture: one below the other, what became of their statements, and arcs where one uses another."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from exactcnn.display import INK, Markup, element, joined, label, picture, several
from exactcnn.report.statement_graph import LOOKS

if TYPE_CHECKING:
    import networkx as nx

WIDTH, HEIGHT, GAP = 310, 92, 18  # of a paper's box, and below it
CHIP = 50  # width of a count
ARC, ARC_STEP = 26, 22  # how far the first arc and each further one go out
END_STEP = 9  # between ends of arcs at one box
MARGIN = 6


def paper_graph_picture(
    graph: nx.DiGraph[Any], statuses: Mapping[str, str], titles: Mapping[str, str], links: Mapping[str, str]
) -> Markup:
    """Draw the papers, each in a box with the number of its statements of each status, and what they use of others.

    An arc leads from a paper to one whose statements it uses, with an arrow there and the number of uses. Uses that
    follow from others are left out.

    Parameters
    ----------
    graph : networkx.DiGraph
        Of statements, see `exactcnn.report.statement_graph`.
    statuses : mapping of str to str
        Of each statement.
    titles : mapping of str to str
        Of each paper, by the first part of the identifiers, in the order of the picture; papers without statements are
        left out.
    links : mapping of str to str
        Where each paper leads to.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph([("NH17.T", "NH18.S"), ("NH17.L", "NH18.S")])
    >>> statuses = dict.fromkeys(graph, "sketch only")
    >>> titles = {"NH18": "The paper of 2018", "NH17": "The paper of 2017"}
    >>> svg = paper_graph_picture(graph, statuses, titles, {"NH18": "#a", "NH17": "#b"})
    >>> "NH17 uses NH18: 2 times" in svg, svg.count("<a ")
    (True, 2)
    """
    counts = {paper: Counter(statuses[name] for name in graph if name.partition(".")[0] == paper) for paper in titles}
    papers = [paper for paper, own in counts.items() if own]
    tops = {paper: MARGIN + number * (HEIGHT + GAP) for number, paper in enumerate(papers)}
    boxes = [_box(paper, titles[paper], counts[paper], tops[paper], links[paper]) for paper in papers]
    arcs, width = _arcs(uses_across(graph), tops)
    return picture(
        width,
        2 * MARGIN + len(papers) * (HEIGHT + GAP) - GAP,
        f"Graph of {several(len(papers), 'paper')}",
        [element("g", *arcs, class_="edges"), element("g", *boxes, class_="nodes")],
        description="An arc leads from a paper to one whose statements it uses; a box leads to the paper's statements.",
        role="group",
    )


def uses_across(graph: nx.DiGraph[Any]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return, for each pair of different papers, which statement of the first uses which of the second.

    Examples
    --------
    >>> import networkx as nx
    >>> uses_across(nx.DiGraph([("NH17.T", "NH18.S"), ("NH18.T", "NH18.S")]))
    {('NH17', 'NH18'): [('NH17.T', 'NH18.S')]}
    """
    import networkx as nx

    found: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for user, used in sorted(nx.transitive_reduction(graph).edges):
        pair = user.partition(".")[0], used.partition(".")[0]
        if pair[0] != pair[1]:
            found[pair].append((user, used))
    return dict(found)


def _box(paper: str, title: str, counts: Counter[str], top: float, link: str) -> Markup:
    lines = textwrap.wrap(title, 44, max_lines=2, placeholder=" …")
    total = several(sum(counts.values()), "statement")
    texts = [label(MARGIN + 12, top + 19, f"{paper}, {total}", fill=INK, font_weight="bold", text_anchor="start")]
    texts += [
        label(MARGIN + 12, top + 37 + 15 * number, each, fill=INK, font_size=12, text_anchor="start")
        for number, each in enumerate(lines)
    ]
    chips = [
        joined(
            [
                element("rect", x=x, y=top + 64, width=CHIP - 6, height=20, rx=4, fill=LOOKS[status][0], stroke=INK),
                label(x + (CHIP - 6) / 2, top + 79, f"{LOOKS[status][1]} {counts[status]}", fill=INK, font_size=12),
            ]
        )
        for x, status in zip(
            range(MARGIN + 12, MARGIN + 12 + CHIP * len(counts), CHIP), filter(counts.get, LOOKS), strict=True
        )
    ]
    box = element("rect", x=MARGIN, y=top, width=WIDTH, height=HEIGHT, rx=8, fill="#f4f6f9", stroke=INK)
    about = element(
        "title", f"{paper}, {title}: " + ", ".join(f"{counts[status]} {status}" for status in LOOKS if counts[status])
    )
    return element("a", about, box, *texts, *chips, href=link, class_="statement paper")


def _arcs(
    pairs: Mapping[tuple[str, str], list[tuple[str, str]]], tops: Mapping[str, float]
) -> tuple[list[Markup], float]:
    """Arcs to the right of the boxes, short ones inside, and how wide the picture is with them."""
    order = sorted(pairs, key=lambda pair: (abs(tops[pair[0]] - tops[pair[1]]), tops[pair[0]], tops[pair[1]]))
    ends: Counter[str] = Counter(paper for pair in pairs for paper in pair)
    met: Counter[str] = Counter()
    right = MARGIN + WIDTH
    arcs, far = [], float(right)
    for number, (user, used) in enumerate(order):
        places = []
        for paper in (user, used):
            places.append(tops[paper] + HEIGHT / 2 + END_STEP * (met[paper] - (ends[paper] - 1) / 2))
            met[paper] += 1
        start, end = places
        out = right + ARC + ARC_STEP * number
        far = max(far, out)
        way = f"M{right} {start:.1f}H{out - 8}Q{out} {start:.1f} {out} {start + (8 if end > start else -8):.1f}"
        way += f"V{end - (8 if end > start else -8):.1f}Q{out} {end:.1f} {out - 8} {end:.1f}H{right + 7}"
        uses = pairs[user, used]
        about = f"{user} uses {used}: {several(len(uses), 'time')}, " + "; ".join(f"{a} uses {b}" for a, b in uses)
        arcs.append(
            element(
                "g",
                element("title", about),
                element("path", d=way, fill="none", stroke="currentColor", stroke_opacity=0.7, stroke_width=1.5),
                element("path", d=f"M{right} {end:.1f}l8 -4v8z", fill="currentColor"),
                label(out + 4, (start + end) / 2 + 4, str(len(uses)), text_anchor="start", font_size=12),
            )
        )
    return arcs, far + 26
