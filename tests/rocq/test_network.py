"""The instance of a certificate as definitions in Rocq."""

import copy
from fractions import Fraction

import pytest

from exactcnn.rocq.network import RocqInstance, activation, parameters
from exactcnn.rocq.text import NoRocqForm
from tests.rocq.examples import document


def test_every_number_of_the_instance_is_in_the_text():
    given = document("gaps_relu.live_units")
    own = RocqInstance(given)
    text = own.text()
    assert text.count("Definition F_") == len(own.layers) + 1
    assert "Convolution" in text
    layer = given["instance"]["layers"][0]
    flat = " ".join(text.split())
    for number in layer["weights"]["values"]:
        value = Fraction(number)
        assert str(abs(value.numerator)) in flat


def test_activations_by_their_formulas():
    relu = {
        "kinks": ["0"],
        "exponent": [],
        "pieces": [
            {"numerator": [], "denominator": [[0, 0, "1"]]},
            {"numerator": [[1, 0, "1"]], "denominator": [[0, 0, "1"]]},
        ],
    }
    assert activation(relu) == "Activation [0]%Q [([], []); ([(1, 0, 1%Q)%nat], [])] []%Q"
    assert parameters({"kind": "max-pooling"}) == "@Parameters rationals [] []"


def test_layers_that_are_not_rational_are_named():
    own = RocqInstance(document("gaps_biases.more_filters_repair"))
    with pytest.raises(NoRocqForm, match="layer 1 is not rational"):
        own.features(1)


def test_coordinates_and_points():
    own = RocqInstance(document("gallery.linear_cnn_3"))
    assert own.parameter_count() == 4
    assert own.point(-1) == "point"
    assert own.point(0) == "point_0"
    assert "Definition point_0" in own.text()


def test_coordinates_of_biases():
    own = RocqInstance(document("gaps_relu.live_units"))
    layer = own.layers[0]
    weights = len(layer["weights"]["values"])
    assert own.bias_coordinate(1, 0) == weights
    assert own.bias_coordinate(1, 1) == weights + (1 if layer["bias"] == "neuron" or layer["filters"] > 1 else 0)


def test_a_point_at_a_kink_has_no_polynomial_around_it():
    given = copy.deepcopy(document("nondegenerate.one_unit_fewer", 2))
    own = RocqInstance(given)
    own.polynomial_at(-1)
    z = own.features(1)  # smooth there; now move a kink onto a pre-activation of the first sample
    assert z
    layer = given["instance"]["layers"][0]
    from exactcnn.rocq.values import pre_activations

    layer["activation"]["kinks"][0] = str(pre_activations(layer, own.samples[0], Fraction)[0])
    with pytest.raises(NoRocqForm, match="at a kink"):
        RocqInstance(given).polynomial_at(-1)
    with pytest.raises(NoRocqForm, match="not the instance's own"):
        RocqInstance(document("gallery.linear_cnn_3")).polynomial_at(0)


def test_a_point_may_have_layers_of_the_instance_and_of_earlier_points():
    given = copy.deepcopy(document("gallery.linear_cnn_3"))
    weights = given["points"][0][0]
    given["points"] = [[weights, -1], [0, given["points"][0][1]], [1, 1]]
    flat = " ".join(RocqInstance(given).text().split())
    kind = "list (layer * parameters rationals) :="
    assert f"point_0 : {kind} [(layer_1, parameters_1_0); (layer_2, parameters_2)]" in flat
    assert f"point_1 : {kind} [(layer_1, parameters_1_0); (layer_2, parameters_2_1)]" in flat
    assert f"point_2 : {kind} [(layer_1, parameters_1_0); (layer_2, parameters_2_1)]" in flat
    assert flat.count("Definition parameters_") == 4


def test_what_is_not_given_is_not_defined():
    given = copy.deepcopy(document("gallery.linear_cnn_3"))
    given["instance"]["layers"][1]["weights"] = None
    text = RocqInstance(given).text()
    assert "Definition F_1" in text
    assert "Definition F_2" not in text
    assert "Definition point :" not in text
    assert "Definition point_0 :" in text  # which has weights of its own


def test_points_may_lack_layers_that_no_claim_needs():
    given = copy.deepcopy(document("gallery.linear_cnn_3"))
    whole = given["points"][0]
    given["points"] = [[None, whole[1]], [whole[0], 0]]
    own = RocqInstance(given)
    with pytest.raises(NoRocqForm, match="point 0 has no parameters of layer 1"):
        own.point(0)
    assert own.point(1) == "point_1"
    flat = " ".join(own.text().split())
    assert "Definition point_0" not in flat
    assert flat.index("Definition parameters_2_0") < flat.index("(layer_1, parameters_1_1); (layer_2, parameters_2_0)")


def test_what_stands_in_a_file_is_refused_wherever_a_theorem_would_name_it():
    beside = {"shape": [1, 1], "file": "a.npy"}
    given = copy.deepcopy(document("gallery.linear_cnn_3"))
    given["points"][0][0]["weights"] = beside
    with pytest.raises(NoRocqForm, match="weights stand in a file"):
        RocqInstance(given).point(0)
    given["instance"]["targets"] = beside
    with pytest.raises(NoRocqForm, match="targets stand in a file"):
        RocqInstance(given).loss_work()


def test_numbers_that_are_long_in_between_only_take_time():
    power = {"kinks": [], "exponent": [], "pieces": [{"numerator": [[1000, 0, "1"]], "denominator": [[0, 0, "1"]]}]}
    none = {"kind": "convolution", "patches": [[0]], "filters": 1, "bias": "none", "biases": None}
    none |= {"activation": power, "weights": {"shape": [1, 1], "values": ["0"]}}
    layers = [{"kind": "elementwise", "activation": power}, none]
    instance = {"input_width": 1, "layers": layers, "samples": {"shape": [1, 1], "values": ["3/7"]}}
    seconds, bits = RocqInstance({"instance": instance, "points": []}).evaluation(2)
    assert bits >= 2800  # of 7^1000
    assert seconds > 10


def test_outputs_are_polynomials_in_the_parameters():
    own = RocqInstance(copy.deepcopy(document("gallery.linear_cnn_3")))
    assert own.degree() == 2
    own.layers[0]["activation"]["pieces"][0]["numerator"] = [[3, 0, "1"]]
    assert own.degree() == 4
