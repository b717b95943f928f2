"""The experiment of Table 2: cells with planted ranks, singular values in other digits, runs that are cut and go on."""

import json
import sys

import mpmath
import numpy as np
import pytest

import exactcnn.searches.table_2 as module
from exactcnn.checker import Outcome
from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import LayerParameters, Parameters, random_parameters
from exactcnn.searches.figure_1 import Experiment
from exactcnn.searches.ledger import RESULTS
from exactcnn.searches.table_2 import LAYERS, STORED, examined, table_2

SMALL = Experiment(samples=12, filters=(1, 2))


def timeless(found):
    return [{key: value for key, value in cell.items() if key != "seconds"} for cell in found.cells]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table-2") / "new"
    return folder, table_2(SMALL, folder)


def planted(monkeypatch, change):
    """Cells whose filters of layer 1 are changed."""

    def instance(self, _, filters, *, progress=None):
        network, (training, _) = self.network(filters), self.sets
        drawn = random_parameters(network)
        first = drawn.layers[0]
        weights, biases = change(first.weights.floats()[0].copy(), first.biases.floats()[0].copy())
        first = LayerParameters(ExactArray.from_array(weights), ExactArray.from_array(biases))
        return Instance(network, Parameters((first, *drawn.layers[1:])), training)

    monkeypatch.setattr(Experiment, "instance", instance)


def test_singular_values_contain_those_of_many_digits(whole):
    """A second forward pass and a second decomposition, in 60 digits."""
    _, found = whole
    instance = SMALL.instance("random", 1)
    own = instance.parameters.layers[0]
    rows = instance.samples.fractions().reshape(12, 8, 8)
    kernel, bias = own.weights.fractions().reshape(3, 3), own.biases.fractions()[0]
    with mpmath.workdps(60):
        features = mpmath.matrix(12, 36)
        for i in range(12):
            for p, (a, b) in enumerate(np.ndindex(6, 6)):
                z = (rows[i, a : a + 3, b : b + 3] * kernel).sum() + bias
                features[i, p] = 1 / (1 + mpmath.exp(-mpmath.mpf(z.numerator) / z.denominator))
        squares = mpmath.eigsy(features * features.T, eigvals_only=True)
        expected = [mpmath.sqrt(squares[11]), mpmath.sqrt(squares[0])]
        layer = found.cells[0]["layers"][0]
        for value, name in zip(expected, ("sigma_max", "sigma_min"), strict=True):
            low, high = map(mpmath.mpf, layer[name])
            assert low < value < high < low + mpmath.mpf(10) ** -9
        assert [layer["lower"], layer["upper"], layer["checked"]] == [12, 12, True]


def test_what_a_cell_says(whole):
    _, found = whole
    assert [(cell["weights"], cell["filters"]) for cell in found.cells] == [("random", 1), ("random", 2)]
    assert found.checked is True
    for cell in found.cells:
        assert [layer["layer"] for layer in cell["layers"]] == list(LAYERS)
        for layer in cell["layers"]:
            keys = [(each["library"], each["precision"], each["rule"]) for each in layer["floats"]]
            assert keys == [
                ("NumPy", "float64", "default"),
                ("NumPy", "float64", "Table 2"),
                ("NumPy", "float32", "default"),
                ("NumPy", "float32", "Table 2"),
                (STORED, "float64", "default"),
                (STORED, "float64", "Table 2"),
            ]
            low, high = map(float, layer["sigma_min"])
            assert low * 0.99 < layer["floats"][0]["sigma_min"] < high * 1.01
        assert cell["training_errors"] == 0  # 100 random features of 12 samples, and a least-squares fit
        assert 0 < cell["loss"] < 1e-6
        assert cell["test_samples"] == 1785
        assert 0 < cell["test_errors"] < 1785
    assert json.loads(json.dumps(found.document()))["experiment"]["filters"] == [1, 2]


@pytest.mark.parametrize("filters", [2, 3])
def test_a_filter_that_is_there_twice(monkeypatch, filters):
    def change(weights, biases):
        weights[:, -1], biases[-1] = weights[:, 0], biases[0]
        return weights, biases

    planted(monkeypatch, change)
    first, _ = table_2(Experiment(samples=120, filters=(filters,))).cells[0]["layers"]
    rank = 36 * (filters - 1)
    assert [first["lower"], first["upper"], first["checked"]] == [rank, rank, True]
    assert float(first["sigma_min"][0]) == 0
    assert float(first["sigma_min"][1]) < 1e-9


def test_a_filter_of_zeros_is_one_constant(monkeypatch):
    def change(weights, biases):
        weights[:, 0] = 0
        return weights, biases

    planted(monkeypatch, change)
    first, _ = table_2(Experiment(samples=120, filters=(2,))).cells[0]["layers"]
    assert [first["lower"], first["upper"], first["columns"]] == [37, 37, 72]


def test_a_finished_run_is_not_repeated(whole, monkeypatch):
    folder, result = whole
    before = (folder / RESULTS).read_bytes()
    monkeypatch.setattr(module, "examined", None)
    assert table_2(SMALL, folder) == result
    assert (folder / RESULTS).read_bytes() == before


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.51, 0.8, 0.999])
def test_going_on_after_any_cut(whole, tmp_path, part):
    folder, result = whole
    data = (folder / RESULTS).read_bytes()
    (tmp_path / RESULTS).write_bytes(data[: int(part * len(data))])
    assert timeless(table_2(SMALL, tmp_path)) == timeless(result)


def test_an_interruption_keeps_the_cells_that_are_done(whole, tmp_path, monkeypatch):
    _, result = whole
    done = []

    def interrupted(*given):
        if done:
            raise KeyboardInterrupt
        return noted(*given)

    def noted(experiment, instance, *others):
        done.append(instance.network.layers[0].filters)
        return examined(experiment, instance, *others)

    monkeypatch.setattr(module, "examined", interrupted)
    with pytest.raises(KeyboardInterrupt):
        table_2(SMALL, tmp_path)
    monkeypatch.setattr(module, "examined", noted)
    assert timeless(table_2(SMALL, tmp_path)) == timeless(result)
    assert done == [1, 2]


def test_cells_of_another_experiment_are_refused(whole):
    folder, _ = whole
    for other in (Experiment(samples=13, filters=(1, 2)), Experiment(samples=12, filters=(1, 2), seed=1)):
        with pytest.raises(InputError, match="holds another experiment"):
            table_2(other, folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"filters": 1,', '"filters": "1",'),
        ('"lower": 12', '"lower": "12"'),
        ('"loss"', '"los"'),
        ("random", "drawn"),
        ('"checked": true', '"checked": "yes"'),
        ('"sigma_min": ["', '"sigma_min": ["about '),
        ('"floats": [{', '"floats": [7, {'),
        ('"rank": 12', '"rank": 12.5'),
        ('"layer": 3', '"layer": 2'),
    ],
)
def test_damaged_cells(whole, tmp_path, old, new):
    header, cell, _ = (whole[0] / RESULTS).read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in cell
    (tmp_path / RESULTS).write_text(header + cell.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match="line 2 is no line of a former experiment"):
        table_2(SMALL, tmp_path)


def test_what_the_checker_rejects_is_not_claimed(monkeypatch):
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    found = table_2(Experiment(samples=12, filters=(1,)), check=True)
    assert found.checked is False
    for layer in found.cells[0]["layers"]:
        assert (layer["lower"], layer["upper"], layer["checked"]) == (0, 12, False)
        assert "does not accept the evidence (no; no)" in layer["reason"]
        assert layer["sigma_min"] is layer["sigma_max"] is None
        assert layer["floats"] == []


def test_bounds_of_singular_values_are_checked_on_request(monkeypatch):
    asked = []
    checked = module.Certificate.checked

    def noted(self, wanted=None, *, progress=None):
        asked.append((self.claims[0].document()["kind"], wanted))
        return checked(self, wanted, progress=progress)

    monkeypatch.setattr(module.Certificate, "checked", noted)
    for check, expected in (
        (True, [("rank", True), ("singular-values", True)]),
        (None, [("rank", True)]),
        (False, [("rank", False)]),
    ):
        asked.clear()
        found = table_2(Experiment(samples=12, filters=(1,)), check=check)
        assert asked == 2 * expected
        assert found.checked is (None if check is False else True)


def test_training_learns_and_goes_on_beside_random_cells(tmp_path):
    pytest.importorskip("torch")
    short = Experiment(samples=60, filters=(2,), epochs=150)
    random = table_2(short, tmp_path)
    both = table_2(short, tmp_path, train=True)
    assert both.cells[0] == random.cells[0]
    cell = both.cells[1]
    assert cell["weights"] == "trained"
    assert cell["training_errors"] < 20  # of 60; guessing leaves 54
    assert cell["layers"][0]["lower"] == 60
    with np.load(tmp_path / "trained-2.npz") as kept:
        own = Parameters.from_arrays(short.network(2), dict(kept))
    training, _ = short.sets
    assert FeatureMatrix(short.network(2), own, training.samples, 1).rank().exact == 60
    outputs = FeatureMatrix(short.network(2), own, training.samples, 5).floats()
    assert int((outputs.argmax(axis=1) != training.labels).sum()) == cell["training_errors"]


def test_bad_input(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="samples = 1798; expected an integer from 1 to 1797"):
        table_2(Experiment(samples=1798, filters=(1,)), tmp_path / "new")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="training needs the package torch"):
        table_2(SMALL, tmp_path / "new", train=True)
    monkeypatch.setattr("exactcnn.data.sources.FASHION_MNIST_FOLDER", tmp_path)
    with pytest.raises(InputError, match=r"fashion-mnist: .* not found"):
        table_2(Experiment("fashion-mnist"), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_fashion_mnist_where_it_is(monkeypatch):
    """Images of the right shape in its place: the whole of Figure 1."""
    draw = np.random.default_rng(0)

    def images(part="train"):
        count = 12 if part == "train" else 2000
        labels = draw.integers(0, 10, count)
        return Dataset.from_array(draw.integers(0, 256, (count, 1, 28, 28)), labels=labels, name="images")

    monkeypatch.setattr("exactcnn.searches.figure_1.fashion_mnist", images)
    found = table_2(Experiment("fashion-mnist", samples=12, filters=(1,)))
    first, third = found.cells[0]["layers"]
    assert (first["columns"], third["columns"], first["lower"], third["lower"]) == (676, 2880, 12, 12)
    assert found.cells[0]["test_samples"] == 2000
