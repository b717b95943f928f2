"""Pictures of a layer against the matrices that they show, and bounded in size."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.patches.builders import conv1d, conv2d
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.pictures import CELL, FullWeightMatrix, patch_graph_picture, sharing_picture
from exactcnn.patches.weights import full_weight_matrix

SVG = "{http://www.w3.org/2000/svg}"
GRAPHS = {
    "line": conv1d((1, 5), 3).graph,
    "image": conv2d((1, 3, 3), 2).graph,
    "channels": conv2d((2, 3, 3), 2).graph,
    "padded": conv1d((1, 4), 3, padding=1).graph,
    "four neurons": PatchGraph.from_patches(4, [[0, 1], [0, 2], [1, 3], [2, 3]]),
    "one": PatchGraph.from_patches(1, [[0]]),
    "uncovered": PatchGraph.from_patches(9, [[3, 1]]),
}


def cells(svg: str) -> dict[tuple[int, int], tuple[str, str]]:
    """Colour and letter of every filled cell, by row and column."""
    root = ET.fromstring(svg)
    letters = [text.text for text in root.iter(f"{SVG}text")][1:]
    filled = [rect for rect in root.iter(f"{SVG}rect") if rect.get("fill") != "none"]
    places = [((int(rect.get("y")) - 30) // CELL, (int(rect.get("x")) - 10) // CELL) for rect in filled]
    letters = letters or [""] * len(filled)
    return {place: (rect.get("fill"), letter) for place, rect, letter in zip(places, filled, letters, strict=True)}


@pytest.mark.parametrize("filters", [1, 3])
@pytest.mark.parametrize("name", GRAPHS)
def test_sharing_pattern_is_that_of_the_matrix(name, filters):
    graph = GRAPHS[name]
    count = graph.patch_size * filters
    matrix = full_weight_matrix(graph, np.arange(1, count + 1).reshape(graph.patch_size, filters))
    shown = cells(sharing_picture(graph, filters))
    assert set(shown) == {(int(i), int(j)) for i, j in np.argwhere(matrix)}
    colours = {matrix[place]: look for place, look in shown.items()}
    assert all(colours[matrix[place]] == look for place, look in shown.items())
    assert len({colour for colour, _ in colours.values()}) == len(colours)
    if count <= 26:
        assert sorted(letter for _, letter in colours.values()) == sorted(map(chr, range(97, 97 + len(colours))))


@pytest.mark.parametrize("name", GRAPHS)
def test_patch_graph_shows_every_slot(name):
    graph = GRAPHS[name]
    root = ET.fromstring(patch_graph_picture(graph))
    assert len(list(root.iter(f"{SVG}circle"))) == min(graph.neurons, 16)
    titles = [each.text for each in root.iter(f"{SVG}title")]
    assert sum(text.startswith("patch ") for text in titles) == min(graph.patch_count, 16)
    edges = len(list(root.iter(f"{SVG}line"))) - graph.patch_size
    assert edges == graph.graph().number_of_edges() - int((graph.slots >= 16).sum())


def test_large_layers_are_cut():
    graph = conv2d((64, 30, 30), 3).graph
    svgs = [patch_graph_picture(graph), sharing_picture(graph, 512), graph._repr_svg_()]
    latex = FullWeightMatrix(graph, 512)._repr_latex_()
    assert all(len(svg) < 600_000 for svg in svgs)
    assert "first 16 of 57600 neurons" in svgs[0]
    assert "first 40 of 57600 rows, first 60 of 401408 columns" in svgs[1]
    assert len(latex) < 10_000
    assert r"\ddots" in latex


def test_notebook_latex_is_balanced_and_lists_the_letters():
    latex = FullWeightMatrix(GRAPHS["line"], 2)._repr_latex_()
    assert latex.startswith("$$\\begin{pmatrix}")
    assert latex.endswith("\\end{pmatrix}$$")
    assert set(re.findall(r"\b[a-z]\b", latex)) == set("abcdef")
    assert FullWeightMatrix(GRAPHS["line"], 2).picture() == sharing_picture(GRAPHS["line"], 2)


@pytest.mark.parametrize("draw", [sharing_picture, FullWeightMatrix])
def test_filters_must_be_positive(draw):
    with pytest.raises(InputError, match="filters = 0"):
        draw(GRAPHS["line"], 0)
