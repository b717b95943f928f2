"""The list of activations on the terminal."""

import io

from rich.console import Console

from exactcnn.network.activations import activation_names
from exactcnn.network.described_activations import described_activations
from exactcnn.report.activations import activations_table


def shown(*names):
    console = Console(file=io.StringIO(), width=200)
    console.print(activations_table(described_activations(names)))
    return console.file.getvalue()


def test_one_line_an_activation():
    lines = shown().splitlines()
    assert len(lines) == 1 + len(activation_names())
    assert next(line for line in lines if line.startswith("sigmoid ")).split() == (
        ["sigmoid", "1/(1", "+", "exp(-t))", "exponentials", "yes", "(i)", "0", "and", "1"]
    )


def test_reasons_of_a_single_one():
    assert "Assumption 3.2 fails: the limits -1 and 1 are finite" in shown("tanh")
    assert "σ(−t) satisfies it" in shown("log-sigmoid")
    text = shown("softplus(2)")
    assert "written softplus(a) with a rational a > 0" in text
    assert "ρ1 = 1/2, ρ2 = 2, ρ3 = 1, ρ4 = 7/20" in text
