"""Evaluation with verdicts: planted margins, ties and counterexamples, checked; and what the checker would reject."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.errors import InputError
from exactcnn.interop.properties import Comparison, Joined, Property
from exactcnn.network.as_given import AsGiven
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems import outputs
from exactcnn.theorems.outputs import evaluate

TINY = Fraction(1, 10**9)


def dense(weights, biases=None, activation="identity", head=None):
    bias = "none" if biases is None else "neuron"
    network = Network((len(weights),), [FullyConnected(len(weights[0]), bias=bias, activation=activation)])
    arrays = {"W1": weights} | ({} if biases is None else {"b1": biases})
    return AsGiven(network, Parameters.from_arrays(network, arrays), (), head)


def below(index, bound, relation="<="):
    return Comparison(((index, Fraction(1)),), (), relation, Fraction(bound))


def output(coefficients, bound, relation="<="):
    return Comparison((), tuple((j, Fraction(c)) for j, c in coefficients.items()), relation, Fraction(bound))


def test_exact_outputs_and_margin():
    found = evaluate(dense([["1/3", 1, 2]]), [["1/7"], ["-1"]], check=True)
    assert found.checked is True
    first, second = found.answers
    assert first.exact == (Fraction(1, 21), Fraction(1, 7), Fraction(2, 7))
    assert (first.argmax, first.margin, first.ties, first.undecided) == (2, Fraction(1, 7), (), ())
    assert (second.argmax, second.margin) == (0, Fraction(2, 3))
    assert first.counterexample is None
    document = json.loads(json.dumps(found.document()))
    assert set(document) == {"inputs", "checked", "notes"}
    entry = document["inputs"][0]
    assert {"outputs", "argmax", "ties", "margin", "in_region", "holds", "counterexample"} <= set(entry)
    assert {"exact", "lower", "upper", "float32", "float64", "onnxruntime", "torch"} <= set(entry["outputs"][0])
    assert entry["outputs"][0]["exact"] == "1/21"
    assert Fraction(entry["outputs"][0]["lower"]) < Fraction(1, 21) < Fraction(entry["outputs"][0]["upper"])
    assert entry["margin"] == "1/7"


def test_a_margin_below_the_rounding_of_floats():
    """Outputs x and x + 1e-20: float64 sees a tie, and takes the first."""
    given = dense([[1, 1]], [0, "1e-20"])
    answer = evaluate(given, [["1"]]).answers[0]
    assert (answer.argmax, answer.margin) == (1, Fraction(1, 10**20))
    assert int(np.argmax(answer.floats["float64"])) == 0
    assert answer.error("float64", 0) == 0
    assert answer.error("float64", 1) == Fraction(1, 10**20)


def test_errors_are_upper_bounds():
    answer = evaluate(dense([["1/3", 1]]), [["1/10"]]).answers[0]
    for name in ("float32", "float64"):
        for index, exact in enumerate(answer.exact):
            true = abs(Fraction(answer.floats[name][index]) - exact)
            assert true <= answer.error(name, index) <= true * Fraction(101, 100)
    assert answer.error("torch", 0) is None


def test_irrational_outputs_with_as_many_digits_as_asked_for():
    given = dense([[1, 2]], activation="sigmoid")
    for digits in (5, 17, 100):
        found = evaluate(given, [["1"]], digits=digits, check=True)
        (answer,) = found.answers
        assert found.checked is True
        assert answer.exact is None
        for lower, upper in answer.bounds:
            assert 0 < upper - lower < 20 * upper / 10**digits
        assert (answer.argmax, answer.ties) == (1, ())
        gap = Fraction("0.14973849934787756")
        assert abs(answer.margin - gap) < Fraction(1, 10 ** min(digits - 2, 16))


def test_ties_and_what_is_undecided():
    same = evaluate(dense([[1, 1, 0]], activation="sigmoid"), [["1"]], check=True)
    assert (same.answers[0].argmax, same.answers[0].ties, same.answers[0].margin) == (0, (0, 1), 0)
    assert same.checked is True
    # sigmoid(2) = 1 - sigmoid(-2): equal, and no expression that shows it
    layers = [
        FullyConnected(2, bias="none", activation="sigmoid"),
        FullyConnected(2, activation="identity"),
    ]
    network = Network((1,), layers)
    arrays = {"W1": [[2, -2]], "W2": [[1, 0], [0, -1]], "b2": [0, 1]}
    hidden = evaluate(AsGiven(network, Parameters.from_arrays(network, arrays)), [["1"]], check=True)
    answer = hidden.answers[0]
    assert (answer.argmax, answer.ties, answer.undecided, answer.margin) == (None, (), (0, 1), None)
    assert hidden.checked is True
    assert hidden.document()["inputs"][0]["undecided"] == [0, 1]


def test_close_outputs_are_separated_by_more_bits():
    """sigmoid(1) against sigmoid(1 + 1e-60): the second precision tells them apart."""
    given = dense([[1, 1]], [0, "1e-60"], activation="sigmoid")
    found = evaluate(given, [["1"]], check=True)
    answer = found.answers[0]
    assert answer.argmax == 1
    assert Fraction(19, 10**62) < answer.margin < Fraction(20, 10**62)
    assert found.checked is True
    far = evaluate(dense([[1, 1]], [0, "1e-900"], activation="sigmoid"), [["1"]], check=True).answers[0]
    assert (far.argmax, far.undecided) == (None, (0, 1))


@pytest.mark.parametrize(
    ("x", "assertions", "region", "holds", "says"),
    [
        ("1/10", [below(0, "0.1"), output({0: 1}, "0.2")], True, True, "confirmed"),
        (Fraction(1, 10) + TINY, [below(0, "0.1"), output({0: 1}, "0.3")], False, True, "refuted"),
        ("1/10", [below(0, "0.1"), output({0: 1}, Fraction(1, 5) - TINY)], True, False, "refuted"),
        ("1/10", [below(0, "0.1", "<"), output({0: 1}, "0.2")], False, True, "refuted"),
        ("1/10", [below(0, "0.1"), output({0: 1}, "0.2", "<")], True, False, "refuted"),
        ("1/10", [Joined("or", (output({0: 1}, 0), output({1: -1}, "-0.3")))], True, True, "confirmed"),
        (
            "1/10",
            [Joined("or", (Joined("and", (below(0, 0), output({0: 1}, 1))), output({1: 1}, 0)))],
            True,
            False,
            "refuted",
        ),
    ],
)
def test_counterexamples_in_q(x, assertions, region, holds, says):
    """Outputs 2 x and 3 x; boxes that are missed by 1e-9 are missed."""
    found = evaluate(dense([[2, 3]]), [[str(x)]], property=Property(1, 2, tuple(assertions)), check=True)
    answer = found.answers[0]
    assert (answer.in_region, answer.holds, answer.counterexample) == (region, holds, says)
    assert found.checked is True


def test_balls_decide_and_leave_open():
    given = dense([[1, 2]], activation="sigmoid")
    half = Fraction("0.7310585786300048792511592418218362743651446401650565")  # sigmoid(1), 52 places, rounded down
    for bound, says in ((half, "refuted"), (half + Fraction(1, 10**50), "confirmed")):
        wanted = Property(1, 2, (output({0: 1}, bound),))
        found = evaluate(given, [["1"]], property=wanted, check=True)
        assert (found.answers[0].counterexample, found.checked) == (says, True)
    # sigmoid(1) + sigmoid(-1) = 1, which balls do not tell
    mirrored = dense([[1, -1]], activation="sigmoid")
    wanted = Property(1, 2, (output({0: 1, 1: 1}, 1),))
    found = evaluate(mirrored, [["1"]], property=wanted, check=True)
    answer = found.answers[0]
    assert (answer.in_region, answer.holds, answer.counterexample) == (True, None, "undecided")
    outside = replace(wanted, assertions=(*wanted.assertions, below(0, 0)))
    assert evaluate(mirrored, [["1"]], property=outside).answers[0].counterexample == "refuted"


def test_an_input_rounded_to_float32():
    """0.1 is in the box, its float32 is not; 0.5 is a float32 itself."""
    wanted = Property(1, 2, (below(0, "0.1"), output({0: 1}, 1)))
    found = evaluate(dense([[2, 3]]), [["0.1"], ["-0.5"]], property=wanted, check=True)
    first, second = found.answers
    assert (first.counterexample, first.rounded.counterexample) == ("confirmed", "refuted")
    assert second.rounded is None
    assert found.checked is True
    assert found.document()["inputs"][0]["as_float32"]["in_region"] is False
    assert "as_float32" not in found.document()["inputs"][1]
    huge = evaluate(dense([[2, 3]]), [["1e60"]], property=wanted).answers[0]  # beyond float32
    assert huge.rounded is None


def test_outputs_of_feature_maps_are_numbered_channels_first():
    """Filters x and 2 x on two positions: outputs x_0, x_1, 2 x_0, 2 x_1, and so in the property."""
    network = Network((1, 2), [Convolution(2, 1, bias="none", activation="identity")])
    given = AsGiven(network, Parameters.from_arrays(network, {"W1": [[1, 2]]}))
    wanted = Property(2, 4, (output({1: 1}, 3, "="), output({2: 1}, 10, "=")))
    found = evaluate(given, [[5, 3]], property=wanted, check=True)
    answer = found.answers[0]
    assert answer.exact == (5, 3, 10, 6)
    assert (answer.argmax, answer.margin, answer.counterexample) == (2, 4, "confirmed")
    assert list(answer.floats["float64"]) == [5, 3, 10, 6]
    assert found.checked is True


def test_stated_outputs_and_other_systems():
    found = evaluate(dense([[2, 3]]), [[1]], stated={1: Fraction("3.5")}, others={"torch": np.array([[2.0, 3.25]])})
    (answer,) = found.answers
    assert (answer.error("stated", 1), answer.error("torch", 1), answer.error("stated", 0)) == (
        Fraction(1, 2),
        Fraction(1, 4),
        None,
    )
    shown = found.document()["inputs"][0]["outputs"]
    assert (shown[1]["stated"], shown[1]["errors"]["stated"], shown[1]["torch"]) == ("3.5", "0.5", 3.25)
    assert "stated" not in shown[0]


def test_floats_that_are_not_finite():
    found = evaluate(dense([["1e300", 1]]), [["1e100"]])
    shown = found.document()["inputs"][0]["outputs"][0]
    assert (shown["float32"], shown["errors"]["float32"]) == ("inf", None)
    json.dumps(found.document(), allow_nan=False)


def test_models_and_instances():
    network = Network((1,), [FullyConnected(2, activation="relu")])
    parameters = random_parameters(network)
    model = Model(network, parameters, ("BatchNormalization is folded",))
    instance = Instance(network, parameters, [[1], [2]])
    assert evaluate(Instance(model, [[1]])).notes == model.notes
    by_model = evaluate(model, [[1], [2]])
    assert by_model.notes == ("BatchNormalization is folded",)
    for other in (evaluate(instance), evaluate(AsGiven(network, parameters), Dataset.from_array([[1], [2]]))):
        assert [a.exact for a in other.answers] == [a.exact for a in by_model.answers]


def test_bad_input():
    given = dense([[1, 2]])
    network, parameters = given.network, given.parameters
    wanted = Property(2, 2, (below(0, 1),))
    for call, says in (
        (lambda: evaluate(given, [[1, 2]]), "2 entries; expected 1"),
        (lambda: evaluate(given), "inputs: missing"),
        (lambda: evaluate(given, [[float("nan")]]), "nan"),
        (
            lambda: evaluate(given, [[1]], property=wanted),
            "a property of 2 inputs and 2 outputs; the network has 1 and 2",
        ),
        (lambda: evaluate(given, [[1]], digits=0), "digits = 0; expected 1 to 1000"),
        (lambda: evaluate(given, [[1]], digits=True), "digits = True"),
        (lambda: evaluate(given, [[1]], stated={2: Fraction(1)}), "Y_2 is stated"),
        (lambda: evaluate(given, [[1], [2]], stated={0: Fraction(1)}), "Y_0 is stated for 2 inputs"),
        (lambda: evaluate(Instance(network, None, [[1]])), "no parameters"),
        (lambda: evaluate(AsGiven(network, Parameters(())), [[1]]), "W1 is missing"),
    ):
        with pytest.raises(InputError, match=says) as error:
            call()
        assert "\n" not in str(error.value)
    assert parameters.layers


def test_nothing_is_claimed_of_what_the_checker_rejects(monkeypatch):
    """A fault in the engine, planted: the checker finds it, and nothing is left."""
    honest = outputs.Outputs.decide

    def faulty(self, *arguments, **options):
        found = honest(self, *arguments, **options)
        return replace(found, holds=not found.holds)

    monkeypatch.setattr(outputs.Outputs, "decide", faulty)
    wanted = Property(1, 2, (output({0: 1}, 5),))
    found = evaluate(dense([[2, 3]]), [["0.5"]], property=wanted, check=True)
    assert found.checked is False
    assert "whether the outputs satisfy the property" in found.rejection
    answer = found.answers[0]
    assert (answer.exact, answer.bounds, answer.argmax, answer.margin) == (None, None, None, None)
    assert (answer.in_region, answer.holds, answer.counterexample) == (None, None, "undecided")
    shown = found.document()["inputs"][0]["outputs"]
    assert [each["lower"] for each in shown] == [None, None]
    assert "does not accept" in found.notes[-1]
