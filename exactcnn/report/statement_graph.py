"""The graph of statements as a picture: a node is coloured by its computed status and leads to its page.

The picture of one paper has the statements of other papers beside which its own stand, with dashed borders.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from exactcnn.display import INK, Markup, element, joined, label, picture

if TYPE_CHECKING:
    import networkx as nx

# fill and sign of each status: readable without colours too
LOOKS = {
    "proved on its instances": ("#bfe8c4", "✓"),
    "certified for almost all parameters": ("#a9dcef", "∀"),
    "refuted with counterexample": ("#ffd591", "✗"),
    "sketch only": ("#dfe3e8", "…"),
    "broken": ("#ff9c94", "!"),
}
MEANINGS = {
    "proved on its instances": "what the checks claim for these instances is proved",
    "certified for almost all parameters": "one exact certificate at one point proves it for almost all",
    "refuted with counterexample": "not as stated: an exact counterexample",
    "sketch only": "a proof sketch, or samples; nothing is certified",
    "broken": "a check failed",
}
NODE_WIDTH, NODE_HEIGHT = 172, 62
LONG_NAME = 18  # letters; longer ones are smaller
BEND_WIDTH = 14  # where an edge passes a layer
GAP, LAYER_GAP = 12, 52
PER_LAYER = 3  # of a paper's own picture: as wide as a column of text
MOST_ROWS = 16  # of a picture of many statements, about; then its layers are wider
MARGIN = 8

Node = Hashable


def of_one_paper(graph: nx.DiGraph[Any], paper: str) -> nx.DiGraph[Any]:
    """Return the statements of a paper, those of others that they use or that use them, and the edges in question.

    Edges that follow from others are left out, also where the others lead through other papers.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph([("NH17.T", "NH18.S"), ("NH18.T", "NH18.S"), ("NH18.S", "NH18.A"), ("NH17.T", "NH18.A")])
    >>> sorted(of_one_paper(graph, "NH17").edges)
    [('NH17.T', 'NH18.S')]
    """
    import networkx as nx

    own = {name for name in graph if is_of(name, paper)}
    edges = [edge for edge in nx.transitive_reduction(graph).edges if own & set(edge)]
    result: nx.DiGraph[Any] = nx.DiGraph()
    result.add_nodes_from((name, graph.nodes[name]) for name in graph if name in own.union(*edges))
    result.add_edges_from(edges)
    return result


def is_of(name: str, paper: str) -> bool:
    """Whether a statement is one of this paper."""
    return name.startswith(f"{paper}.")


def statement_graph_picture(
    graph: nx.DiGraph[Any], statuses: Mapping[str, str], links: Mapping[str, str], *, paper: str | None = None
) -> Markup:
    """Draw the statements in layers: each stands below those that it uses.

    Edges that follow from others are left out: what uses a statement also uses what that one uses.

    Parameters
    ----------
    graph : networkx.DiGraph
        From each statement to those that it uses, without cycles; nodes have a title, see
        `exactcnn.proofs.registry.graph`.
    statuses : mapping of str to str
        Computed status of each node, one of `LOOKS`.
    links : mapping of str to str
        Address of each node's page.
    paper : str, optional
        The first part of its identifiers, left out of the labels; statements of others have dashed borders, and the
        picture has no legend.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph([("L2.5", "A2.4")])
    >>> statuses = dict.fromkeys(graph, "proved on its instances")
    >>> svg = statement_graph_picture(graph, statuses, {"L2.5": "lemma.html", "A2.4": "assumption.html"})
    >>> svg.count("<a "), 'href="lemma.html"' in svg
    (2, True)
    """
    import networkx as nx

    per_layer = PER_LAYER if paper else max(PER_LAYER + 1, len(graph) // MOST_ROWS)
    layers, paths = _layers(nx.transitive_reduction(graph), per_layer)
    places, width = _places(layers)
    width = width if paper else max(width, 560)  # of the legend
    places = {node: (x + width / 2, y) for node, (x, y) in places.items()}
    height = MARGIN + len(layers) * (NODE_HEIGHT + LAYER_GAP) - LAYER_GAP
    used = [] if paper else [status for status in LOOKS if status in statuses.values()]
    edges = [_edge([places[node] for node in path], path[0], path[-1]) for path in paths]
    nodes = [_node(name, graph.nodes[name], places[name], statuses[name], links[name], paper) for name in graph]
    legend = [
        joined(
            [
                element("rect", x=MARGIN, y=y, width=22, height=18, rx=4, fill=LOOKS[status][0], stroke=INK),
                label(MARGIN + 11, y + 14, LOOKS[status][1], fill=INK),
                label(MARGIN + 30, y + 14, f"{status}: {MEANINGS[status]}", text_anchor="start"),
            ]
        )
        for y, status in zip(range(height + 28, height + 28 + 26 * len(used), 26), used, strict=True)
    ]
    return picture(
        width,
        height + (36 + 26 * len(used) if used else MARGIN),
        f"Graph of {len(graph)} statements" if paper is None else f"Graph of the statements of {paper}",
        [element("g", *edges, class_="edges"), element("g", *nodes, class_="nodes"), element("g", *legend)],
        description="A line leads from each statement down to those that use it; each node leads to its page.",
        role="group",
    )


def _layers(graph: nx.DiGraph[Any], per_layer: int) -> tuple[list[list[Node]], list[list[Node]]]:
    """Statements in layers below those that they use, and the path of every edge through the layers between."""
    import networkx as nx

    depth: dict[Node, int] = {}
    filled: defaultdict[int, int] = defaultdict(int)
    for name in nx.lexicographical_topological_sort(graph.reverse(copy=False)):
        level = max((depth[used] + 1 for used in graph.successors(name)), default=0)
        while filled[level] >= per_layer:
            level += 1
        depth[name] = level
        filled[level] += 1
    layers: list[list[Node]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, level in depth.items():
        layers[level].append(name)
    paths = []
    for user, used in graph.edges:
        bends: list[Node] = [(user, used, level) for level in range(depth[used] + 1, depth[user])]
        for bend, level in zip(bends, range(depth[used] + 1, depth[user]), strict=True):
            layers[level].append(bend)
        paths.append([used, *bends, user])
    _untangle(layers, paths)
    return layers, paths


def _untangle(layers: list[list[Node]], paths: list[list[Node]]) -> None:
    """Sort each layer, in place, by the mean place of its neighbours, from both ends in turn."""
    neighbours: dict[Node, list[Node]] = defaultdict(list)
    for path in paths:
        for above, below in pairwise(path):
            neighbours[above].append(below)
            neighbours[below].append(above)
    for sweep in range(12):
        order = list(range(len(layers)))[:: 1 if sweep % 2 == 0 else -1]
        for previous, current in pairwise(order):
            centres = {node: x for node, (x, _) in _places([layers[previous]])[0].items()}
            own = {node: x for node, (x, _) in _places([layers[current]])[0].items()}

            def mean(node: Node, centres: dict[Node, float] = centres, own: dict[Node, float] = own) -> float:
                found = [centres[other] for other in neighbours[node] if other in centres]
                return sum(found) / len(found) if found else own[node]

            layers[current].sort(key=mean)


def _places(layers: list[list[Node]]) -> tuple[dict[Node, tuple[float, float]], float]:
    """Centre of every node and bend, each layer in the middle at x = 0, and the width of all."""
    sizes = [[BEND_WIDTH if isinstance(node, tuple) else NODE_WIDTH for node in layer] for layer in layers]
    widths = [sum(layer) + GAP * (len(layer) - 1) for layer in sizes]
    places: dict[Node, tuple[float, float]] = {}
    for level, (layer, own) in enumerate(zip(layers, widths, strict=True)):
        left = -own / 2
        for node, size in zip(layer, sizes[level], strict=True):
            places[node] = left + size / 2, MARGIN + NODE_HEIGHT / 2 + level * (NODE_HEIGHT + LAYER_GAP)
            left += size + GAP
    return places, max(widths, default=0) + 2 * MARGIN


def _edge(points: list[tuple[float, float]], used: Node, user: Node) -> Markup:
    """A smooth line from the bottom of one node to the top of another, upright where it passes a layer."""
    half = NODE_HEIGHT / 2
    x, y = points[0]
    commands = [f"M{x:.1f} {y + half:.1f}"]
    for place, (x1, y1) in enumerate(points[1:], 1):
        x0, y0 = points[place - 1]
        top, bottom = y0 + half, y1 - half
        bend = (bottom - top) / 2
        commands.append(f"C{x0:.1f} {top + bend:.1f} {x1:.1f} {bottom - bend:.1f} {x1:.1f} {bottom:.1f}")
        if place < len(points) - 1:
            commands.append(f"V{y1 + half:.1f}")
    name = element("title", f"{user} uses {used}")
    return element(
        "path", name, d="".join(commands), fill="none", stroke="currentColor", stroke_opacity=0.55, stroke_width=1.5
    )


def _node(
    name: str, data: Mapping[str, Any], place: tuple[float, float], status: str, link: str, paper: str | None
) -> Markup:
    x, y = place
    fill, sign = LOOKS[status]
    own = paper is None or is_of(name, paper)
    lines = textwrap.wrap(str(data.get("title", "")), 24, max_lines=2, placeholder=" …")
    box = element(
        "rect",
        x=x - NODE_WIDTH / 2,
        y=y - NODE_HEIGHT / 2,
        width=NODE_WIDTH,
        height=NODE_HEIGHT,
        rx=8,
        fill=fill,
        stroke=INK,
        stroke_width=None if own else 3,
        stroke_dasharray=None if own else "6 4",
    )
    shown = name.partition(".")[2] if paper and own else name
    size = 11 if len(shown) > LONG_NAME else None
    texts = [label(x, y - 13, f"{sign} {shown}", fill=INK, font_weight="bold", font_size=size)]
    texts += [label(x, y + 6 + 15 * number, each, fill=INK, font_size=12) for number, each in enumerate(lines)]
    about = element("title", f"{name}, {data.get('title', '')}: {status}")
    return element("a", about, box, *texts, href=link, class_="statement", data_status=status)
