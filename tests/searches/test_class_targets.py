"""Class targets on the digits: certificates read as JSON, and what dependent features give."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.data.sources import digits
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.answers import kept_answers
from exactcnn.searches.class_targets import (
    QUESTION,
    cases,
    decide,
    independent_columns,
    network_of,
    small_parameters,
)
from exactcnn.searches.questions import label

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "class-targets"


def test_certificates_are_about_their_cells():
    """n_2 + 1 columns of rank n_2 + 1; the last one is that of a unit with weights 0 and bias 1; the first digits."""
    images = digits().samples.fractions()
    found = kept_answers(QUESTION, RESULTS)
    assert found.counts == {"possible": 0, "impossible": len(list(cases())), "open": 0}
    for line in found.lines:
        document = json.loads((RESULTS / line["certificate"]).read_text())
        first, second = document["instance"]["layers"]
        (claim,) = document["claims"]
        width, count = line["case"]["width"], document["instance"]["samples"]["shape"][0]
        assert (claim["kind"], claim["layer"], claim["lower"]) == ("rank", 2, width + 1)
        below, units = second["weights"]["shape"]
        assert units == width + 1
        assert below == first["weights"]["shape"][1] * len(first["patches"]) >= line["case"]["samples"]
        values = np.array(second["weights"]["values"], dtype=object).reshape(below, units)
        assert set(values[:, -1]) <= {"0", 0}
        assert second["biases"]["values"][-1] in ("1", 1)
        samples = np.array([Fraction(x) for x in document["instance"]["samples"]["values"]]).reshape(count, 64)
        assert count <= line["case"]["samples"]
        assert (samples == images[:count]).all()


@pytest.mark.parametrize(
    "case", [{"samples": 100, "activation": name, "width": 10} for name in ("sigmoid", "softplus")]
)
def test_cheap_cells_are_decided_again(case):
    found = decide(case, range(1), 0)
    assert (found.outcome, found.proof) == ("impossible", "FOUND.digits")
    assert found.certificate.checked(True)
    assert label(case) in {label(each) for each in cases()}


def test_dependent_columns_prove_nothing():
    """Two equal units; and all weights zero."""
    network = Network((2,), [FullyConnected(3, activation="sigmoid"), FullyConnected(2, activation="sigmoid")])
    data = Dataset.from_array([[0, 1], [1, 0], [2, 5], [3, 1]])
    arrays = {"W1": [[1, 2, 3], [1, 0, 1]], "b1": [0, 1, 0], "W2": [[1, 1], [2, 2], [0, 0]], "b2": [1, 1]}
    assert independent_columns(network, Parameters.from_arrays(network, arrays), data) is None
    arrays["W2"] = [[1, 1], [2, -2], [0, 1]]
    assert independent_columns(network, Parameters.from_arrays(network, arrays), data).checked(True)
    arrays["W2"] = [[1, 0], [2, 0], [0, 0]]  # a constant unit depends on the ones
    assert independent_columns(network, Parameters.from_arrays(network, arrays), data) is None


def test_a_convolution_below_the_output():
    """The ones are those of one more filter."""
    network = Network((4,), [Convolution(1, patches=((0, 1), (2, 3)), activation="softplus")])
    data = Dataset.from_array([[0, 1, 1, 4], [1, 0, 2, 2], [2, 5, 0, 1]])
    arrays = {"W1": [[1], [2]], "b1": [0, 1]}
    certificate = independent_columns(network, Parameters.from_arrays(network, arrays), data)
    assert certificate.checked(True)
    assert certificate.claims[0].document()["lower"] == 3
    assert independent_columns(network, Parameters.from_arrays(network, arrays), data.prefix(2)) is None


def test_networks_and_parameters():
    network = network_of({"samples": 300, "activation": "sigmoid", "width": 20})
    assert network.widths == (64, 304, 20)
    parameters, again = small_parameters(network, 3), small_parameters(network, 3)
    assert (parameters.layer(2).weights.fractions() == again.layer(2).weights.fractions()).all()
    assert 0 < np.count_nonzero(parameters.layer(2).weights.fractions()) < 304 * 20 / 4
