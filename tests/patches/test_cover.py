import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.patches import cover as module
from exactcnn.patches.builders import conv2d
from exactcnn.patches.cover import cover
from exactcnn.patches.evidence import Cover
from exactcnn.patches.graph import PatchGraph


@st.composite
def cases(draw):
    neurons = draw(st.integers(1, 8))
    size = draw(st.integers(1, min(neurons, 4)))
    patch = st.permutations([*range(neurons), *[-1] * draw(st.integers(0, 2))]).map(lambda order: order[:size])
    return neurons, draw(st.lists(patch, min_size=1, max_size=5)), draw(st.integers(1, 4))


@settings(max_examples=150)
@given(cases())
def test_fewest_lines_by_exhaustion(case):
    """For each set of patches the neurons of the others."""
    neurons, patches, filters = case
    found = cover(PatchGraph.from_patches(neurons, patches), filters)
    inside, columns = {-1, *found.neurons}, set(found.patches)
    assert all(inside.issuperset(patch) for p, patch in enumerate(patches) if p not in columns)
    fewest = min(
        len({j for p, patch in enumerate(patches) if p not in chosen for j in patch} - {-1}) + filters * len(chosen)
        for size in range(len(patches) + 1)
        for chosen in itertools.combinations(range(len(patches)), size)
    )
    assert len(found.neurons) + filters * len(found.patches) == fewest


def test_largest_rank_of_the_zero_pattern(modular_rank):
    """Koenig and Edmonds: the rank of a matrix with this pattern and random entries, all different variables."""
    draw, prime = random.Random(4), 2**61 - 1
    for _ in range(60):
        neurons, filters = draw.randrange(3, 10), draw.randrange(1, 4)
        patches = [draw.sample(range(neurons), 3) for _ in range(draw.randrange(1, 6))]
        columns = [
            [draw.randrange(1, prime) * (j in q) for j in range(neurons)] for q in patches for _ in range(filters)
        ]
        found = cover(PatchGraph.from_patches(neurons, patches), filters)
        assert modular_rank(columns, prime) == len(found.neurons) + filters * len(found.patches)


def test_padding_only():
    assert cover(PatchGraph.from_patches(2, [[-1, -1]]), 3) == Cover((), ())


def test_size_limit(monkeypatch):
    graph = conv2d((1, 4, 4), 2).graph
    monkeypatch.setattr(module, "MAX_EDGES", 36)
    assert cover(graph, 1) is not None
    monkeypatch.setattr(module, "MAX_EDGES", 35)
    assert cover(graph, 1) is None
