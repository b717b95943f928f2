"""The small instances of the checks are what their descriptions say."""

import itertools

import pytest

from exactcnn.proofs.checks import teaching
from exactcnn.theorems.hypotheses import assumption_3_1
from exactcnn.theorems.structure import standing_conditions


def test_widths():
    assert teaching.one_dimensional().widths == (5, 6)
    assert teaching.deep().widths == (6, 8, 6, 6)
    assert teaching.two_convolutions().widths == (6, 8, 6, 1)


@pytest.mark.parametrize("network", [teaching.one_dimensional(), teaching.deep(), teaching.two_convolutions()], ids=str)
def test_patches_cover_and_differ(network):
    assert {standing_conditions(layer).status for layer in network.resolved} == {"proved"}


@pytest.mark.parametrize(("count", "width"), [*itertools.product((1, 2, 6, 9), (5, 6))])
def test_samples_share_no_patch(count, width):
    network = teaching.one_dimensional() if width == 5 else teaching.deep()
    samples = teaching.samples(count, width)
    assert samples.shape == (count, width)
    assert assumption_3_1(network, samples).status == "proved"
    rows = samples.fractions()
    for i, j in itertools.combinations(range(count), 2):
        assert not set(rows[i]) & set(rows[j])  # not even an entry: entries of sample i lie in [31 i, 31 i + 30]
