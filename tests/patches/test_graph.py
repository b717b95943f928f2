import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.errors import InputError
from exactcnn.patches.graph import PatchGraph


@st.composite
def patch_lists(draw):
    neurons = draw(st.integers(1, 8))
    size = draw(st.integers(1, neurons))
    patch = st.permutations(range(neurons)).map(lambda order: order[:size])
    return neurons, draw(st.lists(patch, min_size=1, max_size=6))


@given(patch_lists())
def test_graph_holds_the_patches(case):
    neurons, patches = case
    graph = PatchGraph.from_patches(neurons, patches)
    assert (graph.neurons, graph.patch_count, graph.patch_size) == (neurons, len(patches), len(patches[0]))
    bipartite = graph.graph()
    assert bipartite.number_of_nodes() == neurons + len(patches)
    for p, patch in enumerate(patches):
        seen = {data["slot"]: j for _, (_, j), data in bipartite.edges(("patch", p), data=True)}
        assert [seen[s] for s in range(len(patch))] == patch
    assert {bipartite.nodes["neuron", 0]["bipartite"], bipartite.nodes["patch", 0]["bipartite"]} == {0, 1}


def test_padding_has_no_edge():
    graph = PatchGraph.from_patches(2, [[-1, 0], [-1, -1]])
    assert graph.padded
    assert graph.graph().number_of_edges() == 1


def test_neurons_are_counted_when_not_given():
    assert PatchGraph.from_patches(None, [[0, 4]]).neurons == 5
    assert PatchGraph.from_patches(None, [[-1]]).neurons == 1


@pytest.mark.parametrize(
    ("neurons", "patches", "message"),
    [
        (3, [], "patches is empty"),
        (3, [[]], "patches is empty"),
        (3, [[0, 1], [0, 1], [2]], r"patches\[2\] has 1 neuron; expected 2"),
        (3, [[0, 1], [1, 3]], r"patches\[1\]\[1\] = 3; expected a neuron from 0 to 2"),
        (3, [[-2, 1]], r"patches\[0\]\[0\] = -2"),
        (3, [[0, 1], [2, 2]], r"patches\[1\] has neuron 2 twice"),
        (3, [[0, 1.5]], r"patches\[0, 1\] is 1.5; expected integers"),
        (3, [["a", "b"]], r"patches\[0, 0\] is 'a'; expected integers"),
        (0, [[0]], r"patches\[0\]\[0\] = 0"),
        (10, [[0, 2**70]], r"patches\[0, 1\] is 11805\d+; expected integers of 64 bits"),
        (3, None, "patches is None; expected a list of patches"),
        (3, [[0, 1], 2], r"patches\[1\] is 2; expected a list of neurons"),
    ],
)
def test_refuses(neurons, patches, message):
    with pytest.raises(InputError, match=message) as caught:
        PatchGraph.from_patches(neurons, patches)
    assert "\n" not in str(caught.value)


def test_identical_patches_uncovered_neurons_and_repeated_padding_are_legal():
    assert PatchGraph.from_patches(9, [[0, 1], [0, 1], [-1, -1]]).patch_count == 3


def test_value_is_frozen_and_its_own():
    slots = np.array([[0, 1]])
    graph = PatchGraph(2, slots)
    slots[0, 0] = 1
    assert graph.slots.tolist() == [[0, 1]]
    with pytest.raises(ValueError, match="read-only"):
        graph.slots[0, 0] = 1


def test_a_large_graph():
    slots = np.arange(50_000)[:, None] + np.arange(27)
    assert PatchGraph(50_026, slots).patch_count == 50_000
