"""Activations: the list, and names in any case."""

import json

from tests.cli.given import DATA, NETWORK, SEED, spec


def test_names_of_activations_in_any_case(run, folder):
    path = spec(folder, DATA, NETWORK, SEED, old='"sigmoid"', new='"Sigmoid"')
    assert "sigmoid: the limits are 0 and 1" in " ".join(run("verify", path)[1].split())
    assert json.loads(run("rank", "samples.csv", "--activation", "ReLU", "--json")[1])["domain"] == "Q"


def test_activations_are_listed(run, folder):
    code, out, err = run("activations")
    assert (code, err) == (0, "")
    assert "1/(1 + exp(-t))" in out
    (found,) = json.loads(run("activations", "ReLU", "--json")[1])["activations"]
    assert (found["name"], found["formula"]) == ("relu", "0 for t < 0; t for t ≥ 0")
    code, _, err = run("activations", "rellu")
    assert (code, err) == (
        2,
        "exactcnn: activation 'rellu' is not known; the nearest name is 'relu'; `exactcnn activations` lists all\n",
    )
