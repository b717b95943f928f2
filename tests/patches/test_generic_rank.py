import itertools
import random

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.polys.matrices import DomainMatrix

from exactcnn.errors import InputError
from exactcnn.linalg.evidence import Shape
from exactcnn.patches.builders import conv1d, conv2d, conv3d, convolution, fully_connected
from exactcnn.patches.evidence import Cover, DeltaFilters, Determinantal, Lifting, ModularWitness, Syzygies
from exactcnn.patches.generic_rank import generic_rank
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.syzygies import Limits
from exactcnn.patches.weights import symbolic_full_weight_matrix


@pytest.fixture
def decide(check_rank):
    """Generic rank of patches with both bounds verified from their documents."""

    def decide(graph, filters, **options):
        rank = generic_rank(graph, filters, **options)
        check_rank(graph.slots.tolist(), graph.neurons, filters, rank)
        return rank

    return decide


def structures(neurons, size, *, ordered=False):
    """All sets of distinct patches of one size that cover the neurons; with every internal order if asked."""
    subsets = list(itertools.combinations(range(neurons), size))
    for count in range(1, len(subsets) + 1):
        for chosen in itertools.combinations(subsets, count):
            if set().union(*chosen) == set(range(neurons)):
                yield from itertools.product(*map(itertools.permutations, chosen)) if ordered else [chosen]


def symbolic_rank(graph, filters):
    return DomainMatrix.from_Matrix(sympy.Matrix(symbolic_full_weight_matrix(graph, filters))).to_field().rank()


# ------------------------------------------------------------- what is known from theory

EXAMPLES = [  # patches numbered from 1, neurons, filters, generic rank, full
    ([(1, 3), (1, 4), (2, 3), (2, 4)], 4, 1, 3, 4),
    ([(1, 2), (1, 3), (2, 4), (3, 4)], 4, 1, 3, 4),
    ([(1, 2, 3), (1, 2, 4)], 4, 2, 3, 4),
    ([(1, 2, 4), (1, 3, 4)], 4, 2, 3, 4),
    ([(1, 3, 4), (2, 3, 4)], 4, 2, 3, 4),
]


@pytest.mark.parametrize(("patches", "neurons", "filters", "rank", "full"), EXAMPLES)
def test_smallest_deficient_structures(decide, patches, neurons, filters, rank, full):
    graph = PatchGraph.from_patches(neurons, [[j - 1 for j in patch] for patch in patches])
    found = decide(graph, filters)
    assert (found.lower, found.upper, found.full) == (rank, rank, False)
    assert isinstance(found.upper_evidence, Syzygies | Determinantal)
    assert symbolic_rank(graph, filters) == rank < full


@pytest.mark.parametrize(
    ("shape", "kernel", "filters", "rank", "full"),
    [
        ((1, 3, 3), 2, 2, 7, 8),
        ((1, 4, 4), 2, 2, 14, 16),
        ((1, 5, 5), 3, 2, 17, 18),
        ((1, 5, 5), 3, 3, 24, 25),
    ],
)
def test_small_convolutions_that_violate_assumption_2_4(decide, shape, kernel, filters, rank, full):
    found = decide(conv2d(shape, kernel).graph, filters)
    assert (found.lower, found.upper, found.full) == (rank, rank, False)
    assert isinstance(found.upper_evidence, Determinantal)


@pytest.mark.parametrize(
    ("shape", "filters", "rank"),
    [((1, 28, 28), 2, 776), ((3, 14, 14), 4, 540)],
)
@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_large_convolutions_that_violate_assumption_2_4(shape, filters, rank, layout):
    found = generic_rank(conv2d(shape, 3, layout=layout).graph, filters)
    assert (found.lower, found.upper, found.full) == (rank, rank, False)
    assert isinstance(found.upper_evidence, Determinantal)


@pytest.mark.parametrize(
    ("graph", "filters"),
    [
        (conv2d((1, 32, 32), 5).graph, 6),  # LeNet
        (conv2d((6, 14, 14), 5, layout="channels-last").graph, 16),
        (conv2d((1, 28, 28), 3).graph, 100),  # Figure 1 of the paper
        (conv2d((100, 13, 13), 3, stride=2, layout="channels-last").graph, 80),
        (fully_connected(720).graph, 100),
        (fully_connected(100).graph, 10),
        (conv2d((16, 16, 16), 3, padding=1).graph, 16),
        (conv3d((1, 5, 5, 5), 3).graph, 30),
    ],
)
def test_usual_layers_have_full_rank(graph, filters):
    found = generic_rank(graph, filters)
    assert found.lower == found.upper == min(graph.neurons, filters * graph.patch_count)
    assert found.full is True


def test_formula_for_one_filter_more_than_channels(decide):
    """(C+1) P1 P2 - (P1 - C(k-1))_+ (P2 - C(k-1))_+ by Hilbert-Burch."""
    for channels, kernel, height, width in [(1, 2, 4, 6), (1, 3, 6, 7), (2, 2, 5, 4), (2, 2, 6, 6), (1, 4, 7, 5)]:
        p1, p2 = height - kernel + 1, width - kernel + 1
        room = max(0, p1 - channels * (kernel - 1)) * max(0, p2 - channels * (kernel - 1))
        found = decide(conv2d((channels, height, width), kernel).graph, channels + 1)
        expected = min((channels + 1) * p1 * p2 - room, channels * height * width)
        assert (found.lower, found.upper) == (expected, expected)


def test_formula_for_three_filters_and_one_channel(decide):
    for kernel, size in itertools.product((2, 3), range(3, 9)):
        p1, p2, p3 = (max(0, size - i * (kernel - 1)) ** 2 for i in (1, 2, 3))
        found = decide(conv2d((1, size, size), kernel).graph, 3)
        assert found.lower == found.upper == min(size**2, 3 * p1 - 3 * p2 + p3)


def test_convolutions_in_one_dimension_never_fail(decide):
    for size in range(1, 9):
        for kernel in range(1, size + 1):
            for filters in range(1, kernel + 2):
                assert decide(conv1d((1, size), kernel).graph, filters).full is True


def test_other_geometries_are_decided(decide):
    for shape, kernel, filters, options, rank in [
        ((1, 7, 7), 3, 5, {"stride": 2}, 44),
        ((1, 10, 10), 3, 2, {"dilation": 2}, 68),
        ((1, 4, 4, 4), 2, 2, {}, 46),
        ((2, 6, 6), 3, 3, {}, 48),
        ((1, 5, 6), (1, 2), 3, {}, 30),
    ]:
        found = decide(convolution(shape, kernel, **options).graph, filters)
        assert (found.lower, found.upper) == (rank, rank)


# ------------------------------------------------------------- exhaustive and random, against other algorithms


def test_no_structure_on_three_neurons_fails(decide):
    for neurons in (1, 2, 3):
        for size in range(1, neurons + 1):
            for patches in structures(neurons, size, ordered=True):
                for filters in range(1, size + 2):
                    assert decide(PatchGraph.from_patches(neurons, patches), filters).full is True


def test_exactly_five_sorted_structures_on_four_neurons_fail(decide):
    failing = []
    for size in range(1, 5):
        for patches in structures(4, size):
            for filters in range(1, size + 1):
                found = decide(PatchGraph.from_patches(4, patches), filters)
                assert found.lower == found.upper
                if not found.full:
                    failing.append(([tuple(j + 1 for j in patch) for patch in patches], filters))
    assert sorted(failing) == sorted((patches, filters) for patches, _, filters, _, _ in EXAMPLES)


def test_rank_over_the_function_field(decide):
    """SymPy's elimination over Q(w) as the slow twin."""
    draw = random.Random(1)
    for _ in range(60):
        neurons = draw.randrange(2, 6)
        size = draw.randrange(1, min(neurons, 3) + 1)
        patches = [draw.sample([*range(neurons), -1], size) for _ in range(draw.randrange(1, 5))]
        graph, filters = PatchGraph.from_patches(neurons, patches), draw.randrange(1, 3)
        found = decide(graph, filters)
        assert found.lower <= symbolic_rank(graph, filters) <= found.upper
        assert found.lower == found.upper


def test_pairs_and_one_filter_have_the_potential_criterion(decide):
    """l = 2, T = 1: rank = n - number of components that admit h with h(b) - h(a) = 1 on every patch (a, b)."""
    draw = random.Random(2)
    for _ in range(300):
        neurons = draw.randrange(2, 9)
        pairs = list(itertools.permutations(range(neurons), 2))
        patches = draw.sample(pairs, min(len(pairs), draw.randrange(1, 13)))
        found = decide(PatchGraph.from_patches(neurons, patches), 1)
        assert found.lower == found.upper == neurons - balanced_components(neurons, patches)


def balanced_components(neurons, patches):
    links = {
        j: [(b, 1) for a, b in patches if a == j] + [(a, -1) for a, b in patches if b == j] for j in range(neurons)
    }
    potential, balanced = {}, 0
    for start in range(neurons):
        if start in potential:
            continue
        potential[start], stack, consistent = 0, [start], True
        while stack:
            here = stack.pop()
            for there, step in links[here]:
                if there not in potential:
                    potential[there] = potential[here] + step
                    stack.append(there)
                consistent &= potential[there] == potential[here] + step
        balanced += consistent
    return balanced


@st.composite
def random_structures(draw):
    neurons = draw(st.integers(1, 7))
    size = draw(st.integers(1, min(neurons, 4)))
    patch = st.permutations([*range(neurons), *[-1] * draw(st.integers(0, 1))]).map(lambda order: order[:size])
    patches = draw(st.lists(patch, min_size=1, max_size=6))
    return PatchGraph.from_patches(neurons, patches), draw(st.integers(1, size + 1))


@settings(max_examples=150)
@given(random_structures())
def test_bounds_are_never_wrong(check_rank, true_rank, case):
    """Identical patches, uncovered neurons and padding included."""
    graph, filters = case
    found = generic_rank(graph, filters, limits=Limits(entries=50_000, unknowns=200))
    check_rank(graph.slots.tolist(), graph.neurons, filters, found)
    assert found.lower <= true_rank(graph.slots.tolist(), graph.neurons, filters) <= found.upper


# ------------------------------------------------------------- the kinds of evidence, and honesty


def test_enough_filters_are_unit_vectors(decide):
    found = decide(PatchGraph.from_patches(4, [[0, 1], [1, 2], [2, 3]]), 2)
    assert isinstance(found.lower_evidence, DeltaFilters)
    assert isinstance(found.upper_evidence, Shape)
    assert decide(PatchGraph.from_patches(4, [[0, 1], [2, 3]]), 5).lower == 4


def test_same_padding_is_the_centre_of_the_kernel(decide):
    found = decide(conv2d((1, 5, 5), 3, padding=1).graph, 1)
    assert found.lower_evidence == DeltaFilters((4,))
    assert found.full is True


def test_modular_witness(decide):
    """A triangle: a unit vector as filter meets two neurons only, a general filter has full rank."""
    found = decide(PatchGraph.from_patches(3, [[0, 1], [0, 2], [1, 2]]), 1, seed=5)
    assert isinstance(found.lower_evidence, ModularWitness)
    assert found.full is True


def test_uncovered_neurons_bound_the_rank(decide):
    found = decide(PatchGraph.from_patches(5, [[0, 1], [1, 0], [3, 1]]), 2)
    assert found.upper_evidence == Cover((0, 1, 3), ())
    assert (found.lower, found.upper, found.full) == (3, 3, False)


def test_uncovered_neurons_do_not_matter_for_few_columns(decide):
    assert decide(PatchGraph.from_patches(5, [[0, 1], [2, 3]]), 1).full is True


def test_lines_that_contain_all_entries_bound_the_rank(decide):
    """Six columns on five neurons, beside a patch with neurons to spare."""
    found = decide(PatchGraph.from_patches(9, [[1, 8, 3, 0, 2], [5, 4, 6, 3, 7], [7, 4, 3, 5, 6]]), 3)
    assert found.upper_evidence == Cover((3, 4, 5, 6, 7), (0,))
    assert (found.lower, found.upper, found.full) == (8, 8, False)


def test_equal_patches_are_relations_of_degree_zero(decide):
    found = decide(PatchGraph.from_patches(6, [[0, 1, 2], [0, 1, 2], [3, 4, 5]]), 1)
    assert (found.lower, found.upper) == (2, 2)
    assert found.upper_evidence.document()["vectors"] == [[[0, [[[], "-1"]]], [1, [[[], "1"]]]]]


def test_patches_of_padding_only(decide):
    found = decide(PatchGraph.from_patches(2, [[-1, -1], [-1, -1]]), 1)
    assert (found.lower, found.upper, found.full) == (0, 0, False)


@pytest.mark.parametrize(
    ("shape", "kernel", "filters", "options", "rank"),
    [
        ((1, 5, 5), 3, 3, {"stride": 2, "padding": 1}, 24),
        ((1, 7, 7), 3, 3, {"stride": 2, "padding": 1}, 45),
        ((2, 4, 4), 2, 1, {"padding": 1}, 23),
        ((3, 3, 3), 2, 2, {"padding": 1}, 26),
    ],
)
def test_kernel_vectors_with_algebraic_coefficients(decide, shape, kernel, filters, options, rank):
    found = decide(conv2d(shape, kernel, **options).graph, filters)
    assert isinstance(found.upper_evidence, Lifting)
    assert (found.lower, found.upper, found.full) == (rank, rank, False)


def test_undecided_without_a_found_reason(decide):
    """Shuffled patches hide the geometry: rank 24 is true, 25 is all that is proved."""
    slots = conv2d((1, 5, 5), 3, padding=1, stride=2).graph.slots.tolist()
    random.Random(0).shuffle(slots)
    found = decide(PatchGraph.from_patches(25, slots), 3, limits=Limits(entries=20_000))
    assert (found.lower, found.upper, found.full) == (24, 25, None)


def test_size_limit_leaves_cheap_bounds(decide):
    graph = conv2d((1, 3, 3), 2).graph
    found = decide(graph, 2, max_entries=71)
    assert isinstance(found.lower_evidence, DeltaFilters)
    assert (found.upper, found.full) == (8, None)
    assert decide(graph, 2, max_entries=72).full is False


def test_large_layers_cost_no_elimination():
    assert generic_rank(conv2d((64, 56, 56), 3, padding=1, stride=2).graph, 128).full is True
    assert generic_rank(conv2d((1, 28, 28), 3).graph, 89).full is True


def test_the_seed_decides_the_draw():
    graph = conv2d((2, 5, 5), 3).graph
    one, same, other = (generic_rank(graph, 3, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert (one.lower, one.upper) == (other.lower, other.upper)


@pytest.mark.parametrize("filters", [0, -3])
def test_number_of_filters_is_positive(filters):
    with pytest.raises(InputError, match="filters = "):
        generic_rank(conv1d((1, 5), 3).graph, filters)
