"""The table of outputs: every number, every verdict, and no more than fits."""

import io
from fractions import Fraction

from rich.console import Console

from exactcnn.interop.properties import Comparison, Property
from exactcnn.network.as_given import AsGiven
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.report.outputs import evaluation_table
from exactcnn.theorems.numerical_rank import decimal_text
from exactcnn.theorems.outputs import evaluate


def shown(found, width=200):
    console = Console(file=io.StringIO(), width=width)
    console.print(evaluation_table(found))
    return console.file.getvalue()


def dense(*weights, activation="identity", notes=()):
    network = Network((1,), [FullyConnected(len(weights), bias="none", activation=activation)])
    return AsGiven(network, Parameters.from_arrays(network, {"W1": [weights]}), notes=notes)


def test_exact_numbers_and_errors():
    text = shown(evaluate(dense("1/3", 2, notes=("[bold]a note[/]",)), [["1/7"]], stated={0: Fraction(1)}))
    assert "note: [bold]a note[/]" in text
    assert "input 0: argmax 1, margin 5/21" in text
    assert "1/21" in text
    assert "error of float32  error of float64  error of stated" in text
    assert "accepted by the independent checker: 1 claim" in text
    assert "onnxruntime" not in text


def test_verdicts():
    wanted = Property(1, 2, (Comparison(((0, Fraction(1)),), (), "<=", Fraction(1, 10)),))
    text = shown(evaluate(dense(1, 1), [["0.1"], ["0.5"]], property=wanted))
    assert (
        "input 0: counterexample confirmed (in the region, outputs satisfy the property; rounded to float32: refuted); "
        "argmax 0, a tie of outputs 0, 1" in text
    )
    assert "input 1: counterexample refuted (outside the region" in text


def test_what_is_undecided():
    layers = [FullyConnected(2, bias="none", activation="sigmoid"), FullyConnected(2, activation="identity")]
    network = Network((1,), layers)
    arrays = {"W1": [[2, -2]], "W2": [[1, 0], [0, -1]], "b2": [0, 1]}
    text = shown(evaluate(AsGiven(network, Parameters.from_arrays(network, arrays)), [["1"]]))
    assert "input 0: argmax undecided between outputs 0, 1" in text
    assert "0.8807970779778824" in text


def test_many_inputs_and_outputs():
    text = shown(evaluate(dense(1, 2), [[i] for i in range(1, 6)]))
    assert text.count("argmax 1, margin") == 5
    assert "error of" not in text
    text = shown(evaluate(dense(*range(30)), [["1"]]))
    assert "10 further outputs" in text


def test_tiny_margins_and_single_outputs():
    text = shown(evaluate(dense(1, "1.000000000000000000000000000000000000000000000001"), [["1"]]))
    assert "margin 1e-48" in text
    assert "input 0: argmax 0\n" in shown(evaluate(dense(1), [["1"]]))


def test_80_columns_keep_every_digit_and_exponent():
    found = evaluate(dense(30, activation="sigmoid"), [["-5"]])
    lower, upper = (decimal_text(bound) for bound in found.answers[0].bounds[0])
    assert lower.endswith("e-66")
    assert f"{lower} to {upper}" in shown(found)
    narrow = shown(found, 60)
    assert lower in narrow
    assert f"to {upper}" in narrow
    assert "…" not in narrow
