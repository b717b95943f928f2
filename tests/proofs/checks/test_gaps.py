"""Gap pages: the counterexamples against brute force, and the numbers of the tables."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.proofs.checks import gaps_activations, gaps_biases, gaps_patches, tables
from exactcnn.proofs.checks.cantor import ZONES, cantor, distinct_example, feasible_zones
from exactcnn.proofs.checks.structure import full_rank_is_attained

# ------------------------------------------------------------------------ Assumption 2.4


def test_the_five_smallest_structures():
    found = gaps_patches.smallest_deficient_structures()
    assert found.checked
    assert found.details["neurons"] == 4
    bad = found.details["deficient"]
    assert sum(case["increasing"] for case in bad) == 5
    assert [case["filters"] for case in bad] == [1, 1, 2]
    increasing = {(1, 2): 2, (2, 3): 3}  # (filters, patch size): structures, by going through all of them
    for (filters, size), count in increasing.items():
        assert count == sum(
            full_rank_is_attained(Network((4,), [Convolution(filters, patches=patches)], activation="sigmoid")).status
            == "refuted"
            for number in range(1, 7)
            for patches in itertools.combinations(itertools.combinations(range(4), size), number)
            if set(itertools.chain(*patches)) == set(range(4))
        )


def test_three_neurons_are_too_few():
    assert gaps_patches.smallest_deficient_structures(3).status == "proved"
    assert gaps_patches.nothing_fails_below(3).checked
    assert gaps_patches.nothing_fails_below(4).status == "refuted"


IMAGES = [  # side, kernel, filters, channels, rank, full
    (3, 2, 2, 1, 7, 8),
    (4, 2, 2, 1, 14, 16),
    (5, 3, 2, 1, 17, 18),
    (5, 3, 3, 1, 24, 25),
    (28, 3, 2, 1, 776, 784),
    (14, 3, 4, 3, 540, 576),
]


@pytest.mark.parametrize(("side", "kernel", "filters", "channels", "rank", "full"), IMAGES)
def test_images_that_fail(side, kernel, filters, channels, rank, full):
    found = gaps_patches.deficient_image(side, kernel, filters, channels=channels)
    assert (found.status, found.details["rank"], found.details["full"]) == ("refuted", rank, full)
    assert found.checked


def test_padding_with_stride_can_fail():
    found = full_rank_is_attained(Network((1, 5, 5), [Convolution(3, 3, stride=2, padding=1)], activation="sigmoid"))
    assert (found.status, found.details["rank"], found.details["full"]) == ("refuted", 24, 25)


@pytest.mark.parametrize("stride", [1, 2])
def test_second_layer_of_lenet_is_fine(stride):
    assert (
        full_rank_is_attained(Network((6, 8, 8), [Convolution(16, 5, stride=stride)], activation="sigmoid")).status
        == "proved"
    )


def test_one_dimensional_convolutions_never_fail():
    for size, kernel in itertools.product(range(1, 8), repeat=2):
        for filters in range(1, kernel + 1) if kernel <= size else ():
            assert (
                full_rank_is_attained(Network((1, size), [Convolution(filters, kernel)], activation="sigmoid")).status
                == "proved"
            )


def test_rank_formula_on_other_cases():
    cases = [(1, 4, 5, 6), (2, 3, 5, 5), (3, 2, 4, 5), (1, 2, 6, 6), (2, 1, 3, 2)]
    assert gaps_patches.rank_formula(cases).status == "proved"


def test_rank_formula_is_compared_case_by_case(monkeypatch):
    monkeypatch.setattr(gaps_patches, "max", min, raising=False)
    assert gaps_patches.rank_formula([(1, 2, 3, 3)]).status == "refuted"


def test_two_slots_and_one_filter_by_potentials():
    """Rank n minus the number of components with a potential that rises by 1 along every patch."""
    for patches in itertools.combinations(itertools.permutations(range(4), 2), 3):
        if len({frozenset(patch) for patch in patches}) < 3 or set(itertools.chain(*patches)) != set(range(4)):
            continue
        found = full_rank_is_attained(Network((4,), [Convolution(1, patches=patches)], activation="sigmoid"))
        assert found.details["rank"] == 4 - components_with_potential(4, patches)


def components_with_potential(neurons, patches):
    height, count = {}, 0
    for start in range(neurons):
        if start in height:
            continue
        height[start], consistent, queue = 0, True, [start]
        while queue:
            j = queue.pop()
            for a, b in patches:
                for here, there, step in ((a, b, 1), (b, a, -1)):
                    if here == j and there not in height:
                        height[there] = height[j] + step
                        queue.append(there)
                    elif here == j:
                        consistent &= height[there] == height[j] + step
        count += consistent
    return count


def test_enough_filters_need_covering_patches():
    assert gaps_patches.enough_filters_suffice(Network((2, 3, 3), [Convolution(8, 2)], activation="sigmoid")).checked
    assert (
        gaps_patches.enough_filters_suffice(Network((1, 3, 3), [Convolution(3, 2)], activation="sigmoid")).status
        == "undecided"
    )
    assert (
        gaps_patches.enough_filters_suffice(Network((1, 4), [Convolution(1, 1, stride=2)], activation="sigmoid")).status
        == "undecided"
    )


# ------------------------------------------------------------------------ biases


def test_shared_biases_bound_every_draw():
    found = gaps_biases.shared_biases_fail()
    samples = ExactArray.from_array(found.details["samples"])
    network = Network((2,), [Convolution(1, patches=((0,), (1,)), bias="filter")], activation="sigmoid")
    for seed in range(5):
        features = FeatureMatrix(network, random_parameters(network, seed=seed), samples, 1)
        assert features.rank().exact == 1


@pytest.mark.parametrize(("activation", "samples"), [("sigmoid", [-1, 0, 1]), ("relu", [1, 2])])
def test_relations_without_biases_hold_at_any_width(activation, samples):
    check = gaps_biases.sigmoid_without_biases if activation == "sigmoid" else gaps_biases.relu_without_biases
    found = check()
    assert found.details["samples"] == samples
    assert found.checked
    for width in (3, 20):
        network = Network((1,), [FullyConnected(width, bias="none")], activation=activation)
        features = FeatureMatrix(
            network, random_parameters(network, seed=width), ExactArray.from_array([[x] for x in samples]), 1
        )
        assert features.rank().exact == len(samples) - 1


def test_without_biases_nothing_fails_on_few_positive_samples_with_sigmoid():
    assert gaps_biases.sigmoid_without_biases((1, 2, 3)).status == "undecided"


# ------------------------------------------------------------------------ activations


@pytest.mark.parametrize(
    ("name", "dimension", "bound"),
    [("identity", 1, 2), ("identity", 3, 4), ("square", 1, 3), ("square", 2, 6), ("polynomial(1,0,0,2)", 2, 10)],
)
def test_polynomials_are_bounded_by_their_monomials(name, dimension, bound):
    found = gaps_activations.polynomial_units(name, dimension=dimension, width=bound + 3)
    assert (found.status, found.details["bound"], found.checked) == ("refuted", bound, True)


def test_only_polynomials_are_taken():
    from exactcnn.errors import InputError

    for name in ("relu", "sigmoid", "softsign", "gelu"):
        with pytest.raises(InputError, match="is no polynomial"):
            gaps_activations.polynomial_units(name)


def test_cantor_function_satisfies_its_equation():
    for n in range(-20, 110):
        y = Fraction(n, 81)
        if y <= Fraction(2, 3):
            assert cantor(y) == cantor(3 * y) / 2
        if y >= Fraction(1, 3):
            assert cantor(y) == Fraction(1, 2) + cantor(3 * y - 2) / 2
    values = [cantor(Fraction(n, 243)) for n in range(244)]
    assert values == sorted(values)


@pytest.mark.parametrize("points", [2, 5, 7, 8])
def test_placements_that_are_possible_are_those_that_occur(points):
    grid, occur = 24, set()
    for step in range(1, 4 * grid):
        for start in range(-step, 4 * grid):
            ys = [Fraction(start + i * step, 3 * grid) for i in range(points)]
            zones = tuple(zone(y) for y in ys)
            if all(zones.count(closed) <= 1 for closed in (0, 2, 4)):
                occur.add(zones)
    assert occur <= set(feasible_zones(points))
    assert set(feasible_zones(points)) == occur


def zone(y):
    return next(
        index
        for index, (low, high, closed) in enumerate(ZONES)
        if (low is None or low < y or (closed and low == y)) and (high is None or y < high or (closed and y == high))
    )


def test_eight_is_the_smallest_number_of_samples():
    assert gaps_activations.cantor_units().status == "refuted"
    assert gaps_activations.cantor_units(7).status == "undecided"
    start, step = distinct_example(7)
    assert len({cantor(start + i * step) for i in range(7)}) == 7
    assert distinct_example(8, parts=12) is None


def test_more_samples_fail_as_well():
    assert gaps_activations.cantor_units(9).status == "undecided"  # no example with eight: not the smallest number


def test_mirror_image_needs_an_activation_that_fails():
    assert gaps_activations.mirror_image("relu").status == "undecided"
    assert gaps_activations.mirror_image("tanh").status == "undecided"
    assert gaps_activations.mirror_image("swish(-1)").status == "proved"


def test_polynomials_have_no_witness_beyond_their_bound():
    found = gaps_activations.excluded_yet_independent(("square",))
    assert (found.status, "square" in found.what) == ("undecided", True)


# ------------------------------------------------------------------------ tables


def test_table_1():
    rows = tables.printed_verdicts().details
    wide = {name: facts["verdict"] for name, facts in rows.items()}
    assert wide["VGG (A-E)"] == wide["InceptionV3"] == wide["InceptionV4"] == wide["Xception"] == "YES"
    assert wide["SqueezeNet"] == wide["ENet"] == wide["GoogLeNet"] == wide["ResNet"] == "NO"
    assert list(tables.corrected_rows().details) == ["Xception"]


def test_figure_1():
    found = tables.widths_of_figure_1()
    assert found.details["widths"] == [784, 67600, 16900, 2880, 720, 100, 10]
    assert found.details["enough"] == 89
    assert np.prod((26, 26, 89)) >= 60000 > np.prod((26, 26, 88))
