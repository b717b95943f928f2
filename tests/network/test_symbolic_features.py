"""Features in symbols: expressions in t whose values are the features, for every kind of layer above."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
import sympy

from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters

SAMPLES = [[1, -2, 3, 0], [0, 1, 1, 2], [5, 0, -1, 1]]


def small(network: Network) -> Parameters:
    """Weights that are read: halves."""
    drawn, arrays = np.random.default_rng(3), {}
    for layer in network.resolved:
        for letter, shape in layer.parameter_shapes.items():
            arrays[f"{letter}{layer.number}"] = drawn.integers(-2, 3, shape) / 2
    return Parameters.from_arrays(network, arrays)


ABOVE = {
    "none": [],
    "dense": [FullyConnected(2, activation="identity")],
    "square": [FullyConnected(2, activation="square")],
    "softsign": [FullyConnected(2, activation="softsign")],
    "relu": [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")],
    "max": [MaxPooling(2)],
    "average": [AveragePooling(2)],
}


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "elu", "gaussian", "relu"])
@pytest.mark.parametrize("above", ABOVE)
def test_values_of_the_expressions_are_the_features(activation, above):
    network = Network((1, 4), [Convolution(2, 2, activation=activation), *ABOVE[above]])
    features = FeatureMatrix(network, small(network), SAMPLES, len(network.layers))
    found = features.symbols()
    assert found.matrix.shape == features.shape
    t = sympy.Symbol("t", positive=True)
    assert found.matrix.free_symbols <= {t}
    assert not found.matrix.has(sympy.exp, sympy.E, sympy.Float, sympy.Piecewise)
    value = sympy.exp(sympy.Rational(1, found.denominator))
    floats = np.array(found.matrix.subs(t, value).evalf(25).tolist(), dtype=float)
    assert floats == pytest.approx(features.floats(), rel=1e-9, abs=1e-9)
    if features.domain == "Q":
        assert found.denominator == 1
        exact = [[sympy.Rational(x.numerator, x.denominator) for x in row] for row in features.exact().fractions()]
        assert found.matrix.tolist() == exact


def test_rational_layers_below():
    network = Network((4,), [FullyConnected(3, activation="relu"), FullyConnected(2, activation="sigmoid")])
    features = FeatureMatrix(network, small(network), SAMPLES, 2)
    t = sympy.Symbol("t", positive=True)
    found = features.symbols()
    assert found.denominator > 1
    value = sympy.exp(sympy.Rational(1, found.denominator))
    assert np.array(found.matrix.subs(t, value).evalf().tolist(), dtype=float) == pytest.approx(features.floats())


def test_the_rank_of_the_symbols_is_the_rank():
    network = Network((1,), [FullyConnected(3, activation="sigmoid")])
    parameters = Parameters.from_arrays(network, {"W1": [[1, 1, 2]], "b1": [0, 0, 1]})
    features = FeatureMatrix(network, parameters, [[0], [1], [2]], 1)
    assert features.symbols().matrix.rank(simplify=True) == features.rank().exact == 2


def test_what_they_look_like():
    network = Network((1,), [FullyConnected(1, activation="sigmoid", bias="none")])
    halves = FeatureMatrix(network, Parameters.from_arrays(network, {"W1": [["1/2"]]}), [[1], [0]], 1).symbols()
    assert "e^{1/2}" in halves._repr_latex_()
    assert r"\frac{t}{t + 1}" in halves._repr_latex_()
    assert str(halves).split("\n")[0] == "F_1 with t = e^(1/2)"
    assert str(halves).split("\n")[2].split() == ["0", "t/(t", "+", "1)"]
    whole = FeatureMatrix(network, Parameters.from_arrays(network, {"W1": [[1]]}), [[1]], 1).symbols()
    assert "t = e$$" in whole._repr_latex_()


def test_what_is_not_written_out():
    network = Network((4,), [FullyConnected(3, activation="softplus")])
    features = FeatureMatrix(network, random_parameters(network), SAMPLES, 1)
    with pytest.raises(InputError, match="lie in no field of rational functions"):
        features.symbols()
    wide = Network((4,), [FullyConnected(100, activation="sigmoid")])
    features = FeatureMatrix(wide, random_parameters(wide), SAMPLES, 1)
    with pytest.raises(InputError, match="features of 3 × 100 in symbols; expected at most 144 entries"):
        features.symbols()
    # a sum that is zero, so that no ball tells its sign
    parts = [FullyConnected(2, activation="sigmoid"), FullyConnected(1, activation="relu")]
    tied = Network((1,), parts)
    parameters = Parameters.from_arrays(tied, {"W1": [[1, 1]], "b1": [0, 0], "W2": [[1], [-1]], "b2": [0]})
    with pytest.raises(InputError, match="not decided by balls"):
        FeatureMatrix(tied, parameters, [[1]], 2).symbols()


def test_notebooks_and_pages_show_it_as_a_formula():
    network = Network((1, 4), [Convolution(2, 2, activation="sigmoid")])
    found = FeatureMatrix(network, small(network), SAMPLES, 1).symbols()
    shown = ET.fromstring(found._repr_html_()).find("math")
    rows = list(shown.iter("mtr"))
    assert [len(row) for row in rows] == [found.matrix.cols] * found.matrix.rows
    entries = [entry for row in found.matrix.tolist() for entry in row]
    quotients = [len(list(cell.iter("mfrac"))) for cell in shown.iter("mtd")]
    assert quotients == [int(sympy.fraction(entry)[1] != 1) for entry in entries]
    assert "".join(shown.itertext()).startswith("F1=[")
    assert "".join(shown.itertext()).endswith("t=e" if found.denominator == 1 else f"t=e1/{found.denominator}")
