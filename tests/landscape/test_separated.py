"""Two units that change places: the same outputs, and features whose determinant has the other sign."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.objective import replace_parameters
from exactcnn.landscape.separated import SeparatedClaim, with_units_swapped
from tests.constructions.test_zero_loss import outputs
from tests.landscape.wide_networks import wide


@pytest.mark.parametrize("widths", [[3], [2, 3]])
def test_no_output_changes(widths):
    objective = wide(Random(3), widths, count=3, outputs=2)
    instance = objective.instance
    swapped = with_units_swapped(instance, 0, 2)
    samples = instance.samples.fractions().tolist()
    assert outputs(instance.network, swapped, samples) == outputs(instance.network, instance.parameters, samples)
    before, after = (
        objective.at(objective.coordinates.flat(each)).in_rationals().trace.features[-2].fractions()
        for each in (instance.parameters, swapped)
    )
    assert (after == before[:, [2, 1, 0]]).all()
    twice = with_units_swapped(replace_parameters(instance, swapped), 0, 2)
    assert (objective.coordinates.flat(twice).fractions() == objective.theta.fractions()).all()


def test_what_the_claim_says():
    claim = SeparatedClaim((OWN, 0), Fraction(1, 3))
    assert claim.document() == {"kind": "separated", "points": [-1, 0], "level": "1/3"}


def test_a_point_is_not_separated_from_itself():
    objective = wide(Random(3), [3], count=3, outputs=3, last="none")
    instance = objective.instance
    certificate = Certificate(instance, (SeparatedClaim((OWN, 0), Fraction(10**6)),), 2, (instance.parameters,))
    assert certificate.checked(True) is False
    assert np.size(instance.targets.numbers) == 9
