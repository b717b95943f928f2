import numpy as np
import pytest

from exactcnn.linalg.modular import independent_minor
from exactcnn.patches.builders import conv2d, convolution
from exactcnn.patches.determinants import _minors, _values, determinantal
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.translation import Translation, translation
from exactcnn.patches.weights import full_weight_matrix

PRIME = 1048573


def draw(graph, filters):
    return np.random.default_rng(0).integers(1, PRIME, (graph.patch_size, filters))


@pytest.mark.parametrize(
    ("shape", "kernel", "filters", "options"),
    [
        ((1, 6, 6), 3, 2, {}),
        ((1, 7, 5), 2, 4, {}),
        ((2, 8, 8), 3, 3, {}),
        ((3, 7, 7), 2, 5, {"layout": "channels-last"}),
        ((1, 9, 9), 3, 5, {"stride": 2}),
        ((1, 9, 9), 3, 5, {"stride": 2, "padding": 1}),
        ((1, 9), 3, 2, {}),
        ((1, 5, 5, 5), 2, 3, {}),
    ],
)
def test_vectors_are_annihilated_and_independent(shape, kernel, filters, options):
    graph = convolution(shape, kernel, **options).graph
    weights = draw(graph, filters)
    found = determinantal(graph, weights, PRIME)
    structure = Translation(found.grid, found.rows, found.offsets)
    minors = _minors(structure, weights, PRIME)
    values = np.stack([_values(structure, minors, *vector, filters) for vector in found.vectors])
    assert not (full_weight_matrix(graph, weights).astype(object) @ values.T.astype(object) % PRIME).any()
    assert len(independent_minor(values, PRIME)[0]) == len(values) == len(set(found.vectors))


@pytest.mark.parametrize(("shape", "filters"), [((1, 28, 28), 2), ((3, 14, 14), 4), ((4, 12, 12), 5)])
def test_they_span_the_kernel(shape, filters):
    graph = conv2d(shape, 3).graph
    weights = draw(graph, filters)
    rank = len(independent_minor(full_weight_matrix(graph, weights), PRIME)[0])
    assert len(determinantal(graph, weights, PRIME).vectors) == filters * graph.patch_count - rank


def test_minors_against_numpy():
    graph = conv2d((3, 5, 5), 2).graph
    structure, weights = translation(graph), np.random.default_rng(1).integers(-5, 6, (12, 4))
    x = np.array([0.5, -1.25])

    def value(row, t):
        terms = zip(structure.rows, structure.offsets, weights[:, t], strict=True)
        return sum(w * np.prod(x**offset) for r, offset, w in terms if r == row)

    for chosen, minor in _minors(structure, weights, PRIME).items():
        centred = (minor + PRIME // 2) % PRIME - PRIME // 2
        got = sum(c * np.prod(x ** np.array(at)) for at, c in np.ndenumerate(centred))
        expected = np.linalg.det([[value(row, t) for t in chosen] for row in range(3)])
        assert got == pytest.approx(expected, rel=1e-9)


def test_none_without_room_or_filters():
    graph = conv2d((2, 9, 9), 3).graph
    assert determinantal(graph, draw(graph, 2), PRIME) is None
    small = conv2d((2, 5, 5), 3).graph
    assert determinantal(small, draw(small, 3), PRIME) is None
    irregular = PatchGraph.from_patches(5, [[0, 1, 2], [3, 1, 4], [2, 0, 3]])
    assert determinantal(irregular, draw(irregular, 2), PRIME) is None


def test_none_beyond_the_size_limits():
    graph = conv2d((1, 40, 40), 3).graph
    assert determinantal(graph, draw(graph, 8), PRIME) is None
