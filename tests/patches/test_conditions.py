import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.patches.builders import conv2d
from exactcnn.patches.conditions import patch_conditions
from exactcnn.patches.graph import PatchGraph


@st.composite
def padded_patches(draw):
    neurons = draw(st.integers(1, 5))
    size = draw(st.integers(1, neurons))
    entry = st.permutations([*range(neurons), *[-1] * draw(st.integers(0, 2))]).map(lambda order: order[:size])
    return neurons, draw(st.lists(entry, min_size=1, max_size=6))


@given(padded_patches())
def test_agrees_with_the_quadratic_definition(case):
    neurons, patches = case
    found = patch_conditions(PatchGraph.from_patches(neurons, patches))
    sets = [set(patch) - {-1} for patch in patches]
    assert set(found.uncovered) == set(range(neurons)) - set().union(*sets)
    repeated = [q for q in range(len(sets)) if sets[q] in sets[:q]]
    assert found.identical == tuple((sets.index(sets[q]), q) for q in repeated)
    assert found.padding == tuple(p for p, patch in enumerate(patches) if -1 in patch)
    assert found.hold is (not found.violations())


def test_planted_violations_have_the_certificate_form():
    graph = PatchGraph.from_patches(5, [[0, 1], [2, -1], [1, 0]])
    assert patch_conditions(graph).violations() == [
        {"kind": "uncovered", "neurons": [3, 4]},
        {"kind": "identical", "patches": [0, 2]},
        {"kind": "padding", "patches": [1]},
    ]


def test_regular_convolutions():
    assert patch_conditions(conv2d((1, 28, 28), 3).graph).hold
    assert patch_conditions(conv2d((1, 5, 5), 3, padding=1).graph).padding
    assert patch_conditions(conv2d((1, 6, 6), 2, stride=3).graph).uncovered[:2] == (2, 5)


def test_many_patches():
    slots = np.arange(50_000)[:, None] + np.arange(27)
    slots[-1] = slots[7][::-1]
    assert patch_conditions(PatchGraph(50_026, slots)).identical == ((7, 49_999),)
