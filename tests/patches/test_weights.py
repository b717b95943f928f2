from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.errors import InputError
from exactcnn.patches.builders import conv2d
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.weights import (
    adjoint,
    full_weight_matrix,
    latex_full_weight_matrix,
    symbolic_full_weight_matrix,
    text_full_weight_matrix,
    triplets,
)

PAPER = PatchGraph.from_patches(None, [[0, 1, 2], [1, 2, 3], [2, 3, 4]])


@st.composite
def graphs_with_filters(draw):
    neurons = draw(st.integers(1, 6))
    size = draw(st.integers(1, neurons))
    patch = st.permutations([*range(neurons), -1, -1]).map(lambda order: order[:size])
    patches = draw(st.lists(patch, min_size=1, max_size=5))
    return PatchGraph.from_patches(neurons, patches), draw(st.integers(1, 4)), draw(st.integers(0, 2**32))


def test_the_example_of_the_paper():
    rows = ["".join(map(str, row)) for row in symbolic_full_weight_matrix(PAPER, 2).T.tolist()]
    assert rows == ["abc00", "def00", "0abc0", "0def0", "00abc", "00def"]


@given(graphs_with_filters())
def test_matrix_follows_the_definition(full_matrix, case):
    graph, filters, seed = case
    weights = np.random.default_rng(seed).integers(-9, 10, (graph.patch_size, filters))
    matrix = full_weight_matrix(graph, weights)
    assert matrix.tolist() == full_matrix(graph.slots.tolist(), graph.neurons, weights.tolist())
    assert matrix.dtype == weights.dtype
    fractions = weights.astype(object) + Fraction(1, 3)
    assert (full_weight_matrix(graph, fractions) - full_weight_matrix(graph, weights.astype(object))).sum() == Fraction(
        int((graph.slots >= 0).sum()) * filters, 3
    )


@given(graphs_with_filters())
def test_adjoint(case):
    graph, filters, seed = case
    draw = np.random.default_rng(seed)
    weights = draw.integers(-9, 10, (graph.patch_size, filters))
    other = draw.integers(-9, 10, (graph.neurons, graph.patch_count * filters))
    image = adjoint(graph, other)
    assert image.shape == weights.shape
    assert (full_weight_matrix(graph, weights) * other).sum() == (weights * image).sum()
    assert adjoint(graph, other.astype(object)).tolist() == image.tolist()


@given(graphs_with_filters())
def test_adjoint_is_the_transpose_of_the_triplets(case):
    graph, filters, seed = case
    other = np.random.default_rng(seed).integers(-9, 10, (graph.neurons, graph.patch_count * filters))
    rows, columns, which = triplets(graph, filters)
    expected = np.zeros(graph.patch_size * filters, dtype=int)
    for i, j, w in zip(rows, columns, which, strict=True):
        expected[w] += other[i, j]
    assert adjoint(graph, other).ravel().tolist() == expected.tolist()


@given(graphs_with_filters())
def test_symbols_evaluate_to_the_dense_matrix(case):
    graph, filters, seed = case
    matrix = symbolic_full_weight_matrix(graph, filters)
    weights = np.random.default_rng(seed).integers(-9, 10, (graph.patch_size, filters))
    letters = [chr(ord("a") + t * graph.patch_size + s) for s in range(graph.patch_size) for t in range(filters)]
    values = dict(zip(letters, weights.ravel().tolist(), strict=True))
    assert [[values.get(str(x), 0) for x in row] for row in matrix.tolist()] == full_weight_matrix(
        graph, weights
    ).tolist()


def test_many_weights_have_indexed_names():
    matrix = symbolic_full_weight_matrix(conv2d((1, 4, 4), 3).graph, 3)
    assert matrix[0, 0] == sympy.Symbol("w_{1,1}")
    assert matrix[1, 2] == sympy.Symbol("w_{2,3}")


def test_latex_of_the_example():
    lines = latex_full_weight_matrix(PAPER, 2).splitlines()
    assert lines[1] == r"a & d & 0 & 0 & 0 & 0 \\"
    assert lines[-2] == "0 & 0 & 0 & 0 & c & f"


def test_latex_agrees_with_the_symbolic_matrix():
    graph = PatchGraph.from_patches(4, [[3, 0], [-1, 2]])
    body = latex_full_weight_matrix(graph, 2).splitlines()[1:-1]
    cells = [line.removesuffix(r" \\").split(" & ") for line in body]
    assert cells == [list(map(str, row)) for row in symbolic_full_weight_matrix(graph, 2).tolist()]


def test_large_latex_is_elided():
    text = latex_full_weight_matrix(conv2d((1, 64, 64), 3).graph, 50, max_entries=49)
    lines = text.splitlines()[1:-1]
    assert len(lines) == 8
    assert all(line.count("&") == 7 for line in lines)
    assert r"\ddots" in lines[4]
    assert "w_{1,1}" in lines[0]
    assert lines[-1].endswith("w_{9,50}")


@pytest.mark.parametrize("graph", [PAPER, conv2d((1, 9, 9), 3).graph, PatchGraph.from_patches(2, [[-1, 0]])])
@pytest.mark.parametrize("filters", [1, 2])
@pytest.mark.parametrize("max_entries", [9, 400])
def test_text_and_latex_show_the_same_entries(graph, filters, max_entries):
    dots = {r"\cdots": "⋯", r"\vdots": "⋮", r"\ddots": "⋱"}
    latex = latex_full_weight_matrix(graph, filters, max_entries=max_entries).splitlines()[1:-1]
    expected = [[dots.get(cell, cell) for cell in line.removesuffix(r" \\").split(" & ")] for line in latex]
    lines = text_full_weight_matrix(graph, filters, max_entries=max_entries).splitlines()
    assert [line[1:-1].split() for line in lines] == expected
    assert len(set(map(len, lines))) == 1


def test_text_of_a_single_row():
    assert text_full_weight_matrix(PatchGraph.from_patches(1, [[0]]), 2) == "[a  b]"


@pytest.mark.parametrize("shape", [(2, 1), (3, 0), (3,), (3, 1, 1)])
def test_weights_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"expected \(3, number of filters\)"):
        full_weight_matrix(PAPER, np.zeros(shape))


@pytest.mark.parametrize("shape", [(4, 3), (5, 4), (5, 0), (15,)])
def test_matrices_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match="a multiple of 3 patches"):
        adjoint(PAPER, np.zeros(shape))


def test_absurd_sizes_are_refused_before_allocation():
    graph = conv2d((1, 512, 512), 3).graph
    with pytest.raises(InputError, match="GiB"):
        full_weight_matrix(graph, np.zeros((9, 64)))


@pytest.mark.parametrize("filters", [0, -1])
def test_number_of_filters_is_positive(filters):
    for call in (triplets, symbolic_full_weight_matrix, latex_full_weight_matrix, text_full_weight_matrix):
        with pytest.raises(InputError, match="filters = "):
            call(PAPER, filters)
