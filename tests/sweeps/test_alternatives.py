"""Lists in place of values: which lists are, and the documents that one document stands for."""

import itertools

import pytest

from exactcnn.errors import InputError
from exactcnn.spec import DataSpec, ParametersSpec
from exactcnn.sweeps.alternatives import documents
from exactcnn.sweeps.cases import SearchTable, VerifyTable
from exactcnn.sweeps.sweep import TABLES


def meant(document):
    found = documents(document, TABLES)
    both = list(found.each())
    assert found.count == len(both)
    return [chosen for chosen, _ in both], [axes for _, axes in both]


def network(*layers, **others):
    return {"network": {"input": [1, 8, 8], **others, "layers": list(layers)}}


def test_a_document_without_lists_is_itself():
    plain = network({"kind": "convolution", "filters": 3, "kernel": [3, 5]}) | {"data": {"source": "digits"}}
    assert meant(plain) == ([plain], [{}])


@pytest.mark.parametrize(
    "layer",
    [
        {"kind": "convolution", "filters": 3, "kernel": [3, 5], "stride": [1, 2], "padding": [0, 1, 0, 1]},
        {"kind": "convolution", "filters": 3, "patches": [[0, 1], [2, 3]]},
        {"kind": "max-pooling", "size": [2, 2]},
        {"kind": "unknown", "filters": [1, 2]},
        {"filters": [1, 2]},
        3,
    ],
)
def test_lists_that_are_values(layer):
    """And what is wrong is left for the reader of specifications to refuse."""
    assert meant(network(layer)) == ([network(layer)], [{}])


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("filters", [1, 2, 4]),
        ("kernel", [[3, 5], [5, 3]]),
        ("kernel", [3, [5, 3]]),
        ("padding", ["same", "valid"]),
        ("bias", ["neuron", "filter"]),
        ("activation", ["relu", "tanh"]),
        ("patches", [[[0, 1]], [[1, 2], [3, 4]]]),
        ("filters", [1, "two"]),
    ],
)
def test_lists_in_place_of_values(key, values):
    layer = {"kind": "convolution", "filters": 3, key: values}
    chosen, axes = meant(network({"kind": "max-pooling", "size": 2}, layer))
    assert [each["network"]["layers"][1][key] for each in chosen] == values
    assert [list(each) for each in axes] == [[f"network.layers[1].{key}"]] * len(values)


def test_all_choices_in_the_order_of_the_file():
    given = network({"kind": "convolution", "filters": [1, 2], "kernel": 3}, activation=["relu", "tanh"])
    given |= {"data": {"source": "digits", "samples": [5, 7, 9]}, "parameters": {"seed": [0]}}
    chosen, axes = meant(given)
    keys = ("network.activation", "network.layers[0].filters", "data.samples", "parameters.seed")
    expected = itertools.product(["relu", "tanh"], [1, 2], [5, 7, 9], [0])
    assert [tuple(each[key] for key in keys) for each in axes] == list(expected)
    read = [
        (
            each["network"]["activation"],
            each["network"]["layers"][0]["filters"],
            each["data"]["samples"],
            each["parameters"]["seed"],
        )
        for each in chosen
    ]
    assert read == [tuple(each.values()) for each in axes]


def test_several_tables_and_architectures():
    """The choices of one are not those of the other."""
    given = {
        "network": {
            "input": [4],
            "layers": [
                [{"kind": "fully-connected", "units": [2, 3]}],
                [{"kind": "fully-connected", "units": 5}, {"kind": "fully-connected", "units": 6}],
            ],
        },
        "data": [{"source": "a.npy"}, {"source": "b.npy", "samples": [1, 2]}],
    }
    chosen, axes = meant(given)
    assert len(chosen) == 3 * 3
    widths = [[layer["units"] for layer in each["network"]["layers"]] for each in chosen]
    assert widths == [[2]] * 3 + [[3]] * 3 + [[5, 6]] * 3
    assert [each.get("data.samples") for each in axes] == [None, 1, 2] * 3
    assert axes[0] == {
        "network.layers": "fully-connected 2, 3",
        "network.layers[0].units": 2,
        "data": "a.npy",
    }
    assert axes[-1]["data"] == "b.npy 1, 2"


def test_values_that_look_alike_are_told_apart():
    long = [[{"kind": "fully-connected", "units": 1}] * 9 + [{"kind": "fully-connected", "units": n}] for n in (1, 2)]
    _, axes = meant({"network": {"input": [4], "layers": long}})
    assert [each["network.layers"][:3] for each in axes] == ["0: ", "1: "]
    _, axes = meant({"parameters": {"seed": [3, 3]}})
    assert [each["parameters.seed"] for each in axes] == ["0: 3", "1: 3"]


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"data": {"source": []}}, "data.source"),
        ({"data": []}, "data"),
        (
            {"network": {"input": [3], "layers": [{"kind": "convolution", "filters": []}]}},
            r"network.layers\[0\].filters",
        ),
    ],
)
def test_empty_lists(document, key):
    with pytest.raises(InputError, match=f"^{key} = \\[\\]; expected at least one value$"):
        documents(document, TABLES)


def test_huge_numbers_of_cases_are_counted_and_not_written_out():
    given = {"data": {"source": "digits", "samples": list(range(10**4))}, "parameters": {"seed": list(range(10**4))}}
    found = documents(given | {"verify": {"seed": list(range(10**4))}}, TABLES)
    assert found.count == 10**12


def test_lists_that_other_tables_take_themselves():
    types = {"search": SearchTable, "verify": VerifyTable, "parameters": ParametersSpec, "data": DataSpec}
    one = {"search": {"grid": [0, "1/2"]}, "parameters": {"values": {"W1": [[1, 2]]}}}
    assert [value for value, _ in documents(one, types).each()] == [one]
    assert documents({"search": {"grid": [[0, 1], [0, 2]], "neurons": [2, 3]}}, types).count == 4
    assert documents({"verify": {"layer": [1, "conv"]}}, types).count == 2
