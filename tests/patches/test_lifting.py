import numpy as np
import pytest

from exactcnn.linalg.modular import independent_minor
from exactcnn.patches import lifting as module
from exactcnn.patches.builders import conv2d, convolution
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.lifting import lifting
from exactcnn.patches.weights import full_weight_matrix

PRIME = 1048573
STRIDED = {"stride": 2, "padding": 1}


def draw(graph, filters, seed=0):
    return np.random.default_rng(seed).integers(1, PRIME, (graph.patch_size, filters))


def nullity(graph, weights):
    matrix = full_weight_matrix(graph, weights)
    return matrix.shape[1] - len(independent_minor(matrix, PRIME)[0])


@pytest.mark.parametrize(
    ("shape", "kernel", "filters", "options"),
    [
        ((1, 5, 5), 3, 3, STRIDED),
        ((1, 15, 15), 3, 3, STRIDED),
        ((1, 5, 7), 3, 3, STRIDED),
        ((2, 4, 4), 2, 1, {"padding": 1}),
        ((3, 3, 3), 2, 2, {"padding": 1}),
        ((3, 3, 3), 2, 2, {"padding": 1, "layout": "channels-last"}),
        ((3, 2, 2, 2), 2, 1, {"padding": 1}),
        ((1, 5), 2, 1, {"padding": 1}),
    ],
)
def test_the_whole_kernel_lifts(check_upper_bound, shape, kernel, filters, options):
    graph = convolution(shape, kernel, **options).graph
    for seed in (0, 1):
        weights = draw(graph, filters, seed)
        found, rank = lifting(graph, weights, PRIME), nullity(graph, weights)
        if rank == 0:
            assert found is None
            continue
        assert len(found.polynomial) == rank + 1
        width = filters * graph.patch_count
        check_upper_bound(graph.slots.tolist(), graph.neurons, filters, width - rank, found.document())


def test_a_multiple_zero_does_not_lift():
    """Columns of squares: the kernel has three dimensions, but it comes from one zero of multiplicity three."""
    graph = conv2d((1, 5, 5), 3, **STRIDED).graph
    weights = np.arange(27).reshape(9, 3) ** 2
    assert nullity(graph, weights) == 3
    assert lifting(graph, weights, PRIME) is None


def test_a_kernel_at_one_point_only_is_no_reason():
    """At zero weights, or for equal filters, the kernel is larger than elsewhere."""
    graph = conv2d((2, 4, 4), 2, padding=1).graph
    assert lifting(graph, np.zeros((8, 1), dtype=np.int64), PRIME) is None
    graph = conv2d((1, 5, 5), 3, **STRIDED).graph
    weights = draw(graph, 3)
    weights[:, 2] = weights[:, 1]
    assert lifting(graph, weights, PRIME) is None


@pytest.mark.parametrize(
    ("graph", "filters"),
    [
        (conv2d((1, 5, 5), 3).graph, 2),  # a neuron at the border is not seen through all slots
        (conv2d((1, 5, 5), 3, **STRIDED).graph, 2),  # more equations than unknowns
        (conv2d((1, 5, 5), 3, **STRIDED).graph, 4),
        (conv2d((1, 6, 6), 3, **STRIDED).graph, 3),  # padding on one side only
        (PatchGraph.from_patches(5, [[0, 1, 2], [3, 1, 4], [2, 0, 3]]), 1),
        (PatchGraph.from_patches(1, [[0]]), 1),
        (PatchGraph.from_patches(1, [[-1]]), 1),
    ],
)
def test_none_without_the_structure(graph, filters):
    assert lifting(graph, draw(graph, filters), PRIME) is None


def test_size_limits(monkeypatch):
    graph = conv2d((1, 5, 5), 3, **STRIDED).graph
    weights = draw(graph, 3)
    for name, enough in (("MAX_ENTRIES", 25 * 27), ("MAX_RANK", 3)):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, enough)
            assert lifting(graph, weights, PRIME) is not None
            patch.setattr(module, name, enough - 1)
            assert lifting(graph, weights, PRIME) is None
