"""Pictures of a layer: its patch graph, and the sparsity and sharing pattern of U_k."""

from __future__ import annotations

from dataclasses import dataclass

from exactcnn.display import INK, Picture, Shown, counted, element, hue, joined, label, line, picture, several
from exactcnn.domains.arguments import typed
from exactcnn.patches.graph import PADDING, PatchGraph
from exactcnn.patches.weights import check_filters, latex_full_weight_matrix, triplets, weight_name

SHOWN = 16  # neurons, and patches: more do not fit beside each other
ROWS, COLUMNS = 40, 60
CELL = 18


def patch_graph_picture(graph: PatchGraph) -> Picture:
    """Draw neurons above, patches below, and an edge for each slot in the slot's colour.

    Only the first 16 neurons and patches are drawn; edges to others are left out.

    Examples
    --------
    >>> svg = patch_graph_picture(PatchGraph.from_patches(None, [[0, 1], [1, 2]]))
    >>> svg.count("<circle"), svg.count("<rect"), svg.count("<line")
    (3, 2, 6)
    """
    neurons, patches = min(graph.neurons, SHOWN), min(graph.patch_count, SHOWN)
    listed = graph.patch_size <= 4
    step = 44 if not listed or graph.patch_size < 3 else 18 + 14 * graph.patch_size
    width = max(step * max(neurons, patches) + 90, 420)
    top, bottom, height = 46, 166, 224
    places = [(width - 70) * (j + 0.5) / neurons + 70 for j in range(neurons)]
    centres = [(width - 70) * (p + 0.5) / patches + 70 for p in range(patches)]
    edges, marks = [], []
    for p, centre in enumerate(centres):
        slots = graph.slots[p].tolist()
        for s, j in enumerate(slots):
            if j != PADDING and j < neurons:
                colour = hue(s, graph.patch_size)
                edges.append(line(places[j], top, centre, bottom, stroke=colour, stroke_width=2))
        seen = "(" + ", ".join("·" if j == PADDING else str(j) for j in slots) + ")"
        marks.append(
            element(
                "g",
                element("title", f"patch {p}: neurons {seen}"),
                element("rect", x=centre - 14, y=bottom - 12, width=28, height=24, rx=4, fill="#d9e2ec", stroke=INK),
                label(centre, bottom + 5, str(p), fill=INK),
                *([label(centre, bottom + 29, seen, font_size=11)] if listed else []),
            )
        )
    for j, place in enumerate(places):
        circle = element("circle", cx=place, cy=top, r=14, fill="#fdf3d0", stroke=INK)
        marks.append(
            element("g", element("title", f"neuron {j}"), circle, label(place, top + 5, str(j), fill=INK, font_size=12))
        )
    names = [label(4, top + 5, "neurons", text_anchor="start"), label(4, bottom + 5, "patches", text_anchor="start")]
    keys = [label(4, height - 8, "slot", text_anchor="start")]
    for s in range(min(graph.patch_size, 12)):
        keys.append(
            line(44 + 30 * s, height - 12, 56 + 30 * s, height - 12, stroke=hue(s, graph.patch_size), stroke_width=3)
        )
        keys.append(label(59 + 30 * s, height - 8, str(s), text_anchor="start", font_size=11))
    seen = counted(patches, graph.patch_count, "patch", "patches")
    title = f"Patch graph: {counted(neurons, graph.neurons, 'neuron')}, {seen}"
    heading = label(4, 16, f"{title} of {several(graph.patch_size, 'slot')}", text_anchor="start", font_size=12)
    return picture(width, height, title, [heading, *names, *edges, *marks, *keys])


def sharing_picture(graph: PatchGraph, filters: int) -> Picture:
    """Draw U_k as a grid: an empty cell is 0, a colour is one entry of W_k, the same wherever it is shared.

    The hue tells the slot, the lightness the filter; letters are those of `symbolic_full_weight_matrix`. Only the
    first 40 rows and 60 columns are drawn.

    Examples
    --------
    >>> svg = sharing_picture(PatchGraph.from_patches(None, [[0, 1], [1, 2]]), 1)
    >>> svg.count("<rect"), svg.count(">a<")
    (5, 2)
    """
    check_filters(filters)
    rows, columns = min(graph.neurons, ROWS), min(graph.patch_count * filters, COLUMNS)
    weights = graph.patch_size * filters
    cells = []
    shown = PatchGraph(graph.neurons, graph.slots[: -(-columns // filters)])
    entries = triplets(shown, filters)
    drawn = (entries[0] < rows) & (entries[1] < columns)
    for i, j, w in zip(*(part[drawn].tolist() for part in entries), strict=True):
        slot, t = divmod(w, filters)
        fill = hue(slot, graph.patch_size, lightness=round(84 - 24 * t / filters))
        x, y = 10 + CELL * j, 30 + CELL * i
        cells.append(element("rect", x=x, y=y, width=CELL - 1, height=CELL - 1, fill=fill))
        if weights <= 26:
            name = weight_name(w, graph.patch_size, filters)
            cells.append(label(x + CELL / 2, y + 13, name, fill=INK, font_size=12))
    size = f"{counted(rows, graph.neurons, 'row')}, {counted(columns, graph.patch_count * filters, 'column')}"
    title = f"U: {size}; {several(weights, 'weight')}, each in its colour"
    frame = element(
        "rect", x=9, y=29, width=CELL * columns + 1, height=CELL * rows + 1, fill="none", stroke="currentColor"
    )
    heading = label(10, 18, title, text_anchor="start", font_size=12)
    return picture(max(CELL * columns + 20, 400), CELL * rows + 42, title, [heading, frame, joined(cells)])


@typed
@dataclass(frozen=True, eq=False)
class FullWeightMatrix(Shown):
    r"""U_k with letters for its weights, as a notebook shows it: LaTeX, the middle elided where it is large.

    Parameters
    ----------
    graph : PatchGraph
    filters : int
        T.

    References
    ----------
    Nguyen and Hein, ICML 2018, Section 2: the linear maps M_k.

    Examples
    --------
    >>> FullWeightMatrix(PatchGraph.from_patches(None, [[0, 1], [1, 2]]), 1)._repr_latex_().split()[:4]
    ['$$\\begin{pmatrix}', 'a', '&', '0']
    """

    graph: PatchGraph
    filters: int

    def __post_init__(self) -> None:
        check_filters(self.filters)

    def picture(self) -> Picture:
        """Sparsity and sharing as a picture; see `sharing_picture`."""
        return sharing_picture(self.graph, self.filters)

    def _repr_latex_(self) -> str:
        return f"$${latex_full_weight_matrix(self.graph, self.filters)}$$"
