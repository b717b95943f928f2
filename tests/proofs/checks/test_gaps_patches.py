"""Assumption 2.4 fails on small structures and on images: the counterexamples against brute force."""

import itertools

import pytest

from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.proofs.checks import gaps_patches
from exactcnn.proofs.checks.structure import full_rank_is_attained


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
