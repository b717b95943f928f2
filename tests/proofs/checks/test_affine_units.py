"""Affine units: the instance of the page, one that `critical` decides, and what is missing elsewhere."""

from exactcnn.landscape.classify import classify
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.affine_units import affine_units, no_minimum_on_four, worse_than_regression
from exactcnn.searches.affine_units import worse_minimum


def six():
    """A sample between those with s = 0 and the kink: now the curve is no longer critical, and the minimum isolated."""
    five = worse_minimum()
    samples = [[0, 1], [0, -1], [1, 3], [1, -3], [2, 0], ["1/10", 0]]
    return Instance(five.network, five.parameters, samples, [[0], [0], [0], [2], [1], ["6/10"]])


def test_by_default():
    found = worse_than_regression()
    assert (found.status, found.checked, found.details) == ("proved", True, {"samples": 5, "units": [0, 0]})
    fewer = no_minimum_on_four()
    assert (fewer.status, fewer.checked) == ("proved", True)


def test_what_critical_decides():
    assert classify(Objective(worse_minimum())).status == "undecided"
    found = worse_than_regression(six())
    assert (found.status, found.checked) == ("proved", True)
    assert found.details["samples"] == 6


def test_no_minimum_and_no_affine_unit():
    five = worse_minimum()
    four = Instance(five.network, five.parameters, five.samples[:4], five.targets[:4])
    assert worse_than_regression(four).what.startswith("the point is saddle")
    own = {"W1": [[1], [0]], "b1": ["-1/2"], "W2": [[1, 1]], "b2": [0, "-7/6"], "W3": [[6], [-6]], "b3": [-6]}
    off = Instance(five.network, Parameters.from_arrays(five.network, own), five.samples, five.targets)
    assert affine_units(off) == "no unit of layer 1 is active on all samples, and not constant"
    assert worse_than_regression(off).status == "undecided"


def test_a_minimum_that_is_not_worse():
    """Zero loss at the same parameters."""
    five = worse_minimum()
    exact = Objective(five).outputs().fractions()
    fitted = Instance(five.network, five.parameters, five.samples, exact.tolist())
    assert worse_than_regression(fitted).status == "undecided"
