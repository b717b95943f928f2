"""Outputs of small random networks: all that is claimed of them is accepted, and no decision contradicts 800 bits."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.interop.properties import Comparison, Joined, Property
from exactcnn.network.as_given import AsGiven, Normalization
from exactcnn.network.network import Convolved
from exactcnn.theorems.enclosed_outputs import Outputs
from exactcnn.theorems.outputs import evaluate
from tests.properties.test_certificates import instances

BOUNDED = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
FEW = st.sampled_from([Fraction(n, d) for n in (-2, -1, 0, 1, 3) for d in (1, 2, 3)])


@st.composite
def comparisons(draw, widths):
    def terms(count):
        indices = draw(st.lists(st.integers(0, count - 1), max_size=2, unique=True))
        return tuple((index, value) for index in sorted(indices) if (value := draw(FEW)))

    relation = draw(st.sampled_from(["<=", "<", "=", "!="]))
    return Comparison(terms(widths[0]), terms(widths[1]), relation, draw(FEW))


@st.composite
def questions(draw):
    """A network as it is given, inputs, and a property."""
    network, parameters, dataset, _ = draw(instances())
    if parameters is None or dataset is None:
        reject()
    normalizations = []
    for layer in network.resolved:
        if isinstance(layer, Convolved) and draw(st.integers(0, 3)) == 0:
            rows = [draw(st.lists(FEW, min_size=layer.filters, max_size=layer.filters)) for _ in range(4)]
            rows[3] = [abs(value) + Fraction(1, 7) for value in rows[3]]
            normalizations.append(Normalization(layer.number, *map(ExactArray.from_fractions, rows)))
    head = draw(st.sampled_from([None, None, "softmax", "log-softmax"]))
    widths = network.widths[0], network.widths[-1]
    parts = draw(st.lists(comparisons(widths), min_size=2, max_size=3))
    joined = Joined(draw(st.sampled_from(["and", "or"])), tuple(parts))
    asserted = Property(*widths, (draw(comparisons(widths)), joined))
    return AsGiven(network, parameters, tuple(normalizations), head), dataset, asserted


@BOUNDED
@given(questions())
def test_everything_is_accepted_and_true(question):
    given_, dataset, asserted = question
    found = evaluate(given_, dataset, property=asserted, check=True)
    assert found.checked is not False, found.rejection
    order = given_.order.tolist()
    renumbered = replace(asserted, assertions=tuple(each.renumbered(order.__getitem__) for each in asserted.assertions))
    finer = Outputs(given_, dataset.samples, renumbered, 17)
    for sample, answer in enumerate(found.answers):
        with working_precision(800):
            own = finer.decide(sample, 800, symbolic=True)
        for mine, other in ((answer.in_region, own.in_region), (answer.holds, own.holds)):
            assert mine is None or other is None or mine is other
        largest = sorted(order.index(neuron) for neuron in own.largest)
        if answer.argmax is not None and largest:
            assert (answer.argmax, list(answer.ties)) == (largest[0], largest if len(largest) > 1 else [])
        if answer.bounds is not None and own.bounds is not None:
            for place, neuron in enumerate(order):
                assert answer.bounds[place][0] <= own.bounds[neuron][1]
                assert own.bounds[neuron][0] <= answer.bounds[place][1]


@pytest.mark.parametrize("head", [None, "softmax"])
def test_a_fault_of_the_engine_is_found(head, monkeypatch):
    """The bounds of one output, moved up by a thousandth of their size: no certificate with them is accepted."""
    from exactcnn.network.layers import FullyConnected
    from exactcnn.network.network import Network
    from exactcnn.network.parameters import random_parameters

    honest = Outputs.decide

    def moved(self, *arguments, **options):
        decided = honest(self, *arguments, **options)
        (low, high), *rest = decided.bounds
        shift = Fraction(1, 1000) * max(abs(low), abs(high))
        return replace(decided, bounds=((low + shift, high + shift), *rest))

    monkeypatch.setattr(Outputs, "decide", moved)
    network = Network((2,), [FullyConnected(2, activation="sigmoid")])
    found = evaluate(AsGiven(network, random_parameters(network), (), head), [[1, 2]], check=True)
    assert found.checked is False
    assert found.answers[0].bounds is None
