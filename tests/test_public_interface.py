"""Every public function and constructor with every kind of argument: a value, or one line that says what is wrong."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import exactcnn as ec

RESULTS = {  # made by functions, not by users
    "BlockTerms",
    "Construction",
    "Crosscheck",
    "CriticalReport",
    "CurvedEscape",
    "Escape",
    "Evaluation",
    "GenericRank",
    "LayerRank",
    "MatrixRank",
    "Membership",
    "PageResult",
    "PageResults",
    "LeastLoss",
    "ParameterCounts",
    "Summary",
    "SymbolicFeatures",
    "Verification",
}


class Frame:
    """Stands for a data frame of pandas: converts itself, and has no more in common with an array."""

    def __init__(self, rows):
        self.rows = np.array(rows)

    def __array__(self, dtype=None, copy=None):
        return self.rows if dtype is None else self.rows.astype(dtype)


class Anything:
    """Called with whatever there is."""

    def __init__(self, *given, **options):
        pass


NETWORK = ec.Network((2,), [ec.FullyConnected(3, activation="relu"), ec.FullyConnected(1, activation="identity")])
ARRAYS = {"W1": [[1, 0, 1], [0, 1, 1]], "b1": [0, 0, "1/2"], "W2": [[1], [2], [0]], "b2": [0]}
PARAMETERS = ec.Parameters.from_arrays(NETWORK, ARRAYS)
SAMPLES = [[1, 2], [3, 5], [0, 1]]
TARGETS = [[5], [13], ["2"]]
INSTANCE = ec.Instance(NETWORK, PARAMETERS, SAMPLES, TARGETS)
MODEL = ec.Model(NETWORK, PARAMETERS)
GRAPH = ec.PatchGraph.from_patches(None, [[0, 1], [1, 2]])
CLAIM = ec.matrix_rank([[1, 2], [2, 4]]).claims


def kinds() -> dict[str, Any]:
    """Everything that people hold in their hands, by name."""
    import scipy.sparse
    import sympy

    return {
        "integers": np.array(SAMPLES),
        "floats": np.array(SAMPLES, dtype=float),
        "float32": np.array(SAMPLES, dtype=np.float32),
        "objects": np.array([[Fraction(1, 2), 2], [3, 4], [0, 1]], dtype=object),
        "lists": SAMPLES,
        "tuples": tuple(map(tuple, SAMPLES)),
        "fractions": [[Fraction(1, 3), Fraction(2)], [Fraction(1), Fraction(5)], [Fraction(0), Fraction(1)]],
        "strings": [["1/3", "2"], ["0.5", "1e3"], ["0", "1"]],
        "sympy": sympy.Matrix([[sympy.Rational(1, 2), 1], [2, 3], [0, 1]]),
        "symbols": sympy.Matrix([[sympy.Symbol("x"), 1], [2, 3], [0, 1]]),
        "sparse": scipy.sparse.csr_array(np.array(SAMPLES)),
        "frame": Frame(SAMPLES),
        "masked": np.ma.masked_less(np.array(SAMPLES), 1),
        "complex": np.array(SAMPLES) * 1j,
        "nan": [[float("nan"), 1], [2, 3], [4, 5]],
        "ragged": [[1, 2], [3]],
        "empty": [],
        "vector": [1, 2, 3],
        "cube": np.zeros((3, 1, 2), dtype=int),
        "dates": np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
        "Dataset": ec.Dataset.from_array(SAMPLES),
        "ExactArray": ec.ExactArray.from_array(SAMPLES),
        "FeatureMatrix": ec.FeatureMatrix(NETWORK, PARAMETERS, SAMPLES, 1),
        "Network": NETWORK,
        "Parameters": PARAMETERS,
        "Instance": INSTANCE,
        "Model": MODEL,
        "PatchGraph": GRAPH,
        "layer": ec.FullyConnected(2),
        "Activation": ec.activation("relu"),
        "mapping": ARRAYS,
        "None": None,
        "True": True,
        "text": "relu",
        "empty text": "",
        "bytes": b"relu",
        "path": Path("no such file"),
        "folder": Path(),
        "int": 1,
        "negative": -1,
        "numpy int": np.int64(1),
        "huge": 10**30,
        "float": 0.5,
        "infinity": float("inf"),
        "Fraction": Fraction(1, 2),
        "class": Anything,
        "iterator": iter([1, 2]),
        "object": object(),
        "namespace": SimpleNamespace(network=NETWORK, layers=(), samples=SAMPLES),
    }


def calls() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Every public callable with arguments that are right, the optional ones among them."""
    network, features = {"network": NETWORK}, ec.FeatureMatrix(NETWORK, PARAMETERS, SAMPLES, 1)
    at = network | {"parameters": PARAMETERS}
    point = at | {"samples": SAMPLES}
    asked = {"seed": 0, "check": False, "progress": None}
    numerics = asked | {"tolerance": "1/2", "singular_values": False, "float_ranks": False}
    ladder = {"better": (), "bits": (64,), "freeze": (), "search": False, "seed": 0}
    objective = {"objective": ec.Objective(INSTANCE)}
    window = {"stride": 1, "padding": 0, "dilation": 1, "patches": None, "name": "a"}
    own = {"bias": "neuron", "activation": "relu", "name": "a"}
    found = ec.verify(NETWORK, PARAMETERS, SAMPLES, check=False)
    return {
        "Network": (ec.Network, {"input_shape": (2,), "layers": [ec.FullyConnected(3)], "activation": "relu"}),
        "Convolution": (resolved(ec.Convolution), {"filters": 2, "kernel": 2} | window | own),
        "FullyConnected": (resolved(ec.FullyConnected), {"units": 2} | own),
        "MaxPooling": (resolved(ec.MaxPooling), {"kernel": 2, "ceil_mode": False} | window),
        "AveragePooling": (
            resolved(ec.AveragePooling),
            {"kernel": 2, "ceil_mode": False, "count_padding": False} | window,
        ),
        "Activation": (ec.Activation, {"pieces": ec.activation("relu").pieces, "kinks": (Fraction(0),), "name": "a"}),
        "activation": (ec.activation, {"text": "relu"}),
        "define_activation": (ec.define_activation, {"name": "bent", "pieces": ["0", "t"], "kinks": [0]}),
        "Parameters": (ec.Parameters, {"layers": PARAMETERS.layers}),
        "Parameters.from_arrays": (
            ec.Parameters.from_arrays,
            network | {"arrays": ARRAYS, "upto": 1, "layout": "paper"},
        ),
        "Parameters.check": (PARAMETERS.check, network | {"upto": 2}),
        "Parameters.layer": (PARAMETERS.layer, {"number": 1}),
        "random_parameters": (ec.random_parameters, network | {"seed": 0, "scale": 1.0, "upto": 1}),
        "Network.layer": (NETWORK.layer, {"number": 1}),
        "Network.wide_layers": (NETWORK.wide_layers, {"samples": 3}),
        "Network.is_pyramidal_from": (NETWORK.is_pyramidal_from, {"number": 1}),
        "LayerParameters": (ec.LayerParameters, {"weights": [[1]], "biases": [0]}),
        "prove": (lambda first: ec.prove("NH18.D2.1", first), {"first": "NH18.D2.2"}),
        "Model": (ec.Model, at | {"notes": ()}),
        "Instance": (ec.Instance, point | {"targets": TARGETS}),
        "Dataset": (
            ec.Dataset,
            {
                "samples": SAMPLES,
                "shape": (2,),
                "labels": [0, 1, 2],
                "name": "a",
                "provenance": "b",
                "layout": "channels-first",
            },
        ),
        "Dataset.from_array": (
            ec.Dataset.from_array,
            {
                "values": SAMPLES,
                "labels": [0, 1, 2],
                "name": "a",
                "provenance": "b",
                "layout": "channels-first",
                "input_shape": (2,),
            },
        ),
        "Dataset.prefix": (ec.Dataset.from_array(SAMPLES).prefix, {"count": 1}),
        "Dataset.subset": (ec.Dataset.from_array(SAMPLES).subset, {"indices": [0]}),
        "Dataset.scaled": (ec.Dataset.from_array(SAMPLES).scaled, {"factor": Fraction(1, 2)}),
        "Dataset.perturbed": (ec.Dataset.from_array(SAMPLES).perturbed, {"size": Fraction(1, 2), "seed": 0}),
        "Dataset.check_input": (ec.Dataset.from_array(SAMPLES).check_input, {"input_shape": (2,)}),
        "ExactArray": (ec.ExactArray, {"numbers": np.array([1, 2]), "denominators": 3}),
        "ExactArray.from_array": (ec.ExactArray.from_array, {"values": SAMPLES, "name": "a"}),
        "ExactArray.from_strings": (ec.ExactArray.from_strings, {"values": SAMPLES, "name": "a"}),
        "ExactArray.from_fractions": (
            ec.ExactArray.from_fractions,
            {"values": [Fraction(1), Fraction(2)], "shape": (2,)},
        ),
        "ExactArray.scaled": (ec.ExactArray.from_array(SAMPLES).scaled, {"factor": Fraction(1, 2)}),
        "FeatureMatrix": (ec.FeatureMatrix, point | {"layer": 1}),
        "FeatureMatrix.rank": (features.rank, {"seed": 0, "progress": None}),
        "FeatureMatrix.floats": (features.floats, {"dtype": "float32"}),
        "PatchGraph": (ec.PatchGraph, {"neurons": 3, "slots": [[0, 1], [1, 2]]}),
        "PatchGraph.from_patches": (ec.PatchGraph.from_patches, {"neurons": 3, "patches": [[0, 1], [1, 2]]}),
        "full_weight_matrix": (ec.full_weight_matrix, {"graph": GRAPH, "weights": [[1, 3], [2, 4]]}),
        "symbolic_full_weight_matrix": (ec.symbolic_full_weight_matrix, {"graph": GRAPH, "filters": 2}),
        "FullWeightMatrix": (ec.FullWeightMatrix, {"graph": GRAPH, "filters": 2}),
        "generic_rank": (ec.generic_rank, {"graph": GRAPH, "filters": 2, "seed": 0, "max_entries": 100}),
        "RankBounds": (ec.RankBounds, {"lower": 1, "upper": 2, "reason": "a"}),
        "matrix_rank": (
            ec.matrix_rank,
            {"entries": SAMPLES, "activation": "relu", "minor": True, "null_space": True, "modulo": 7} | numerics,
        ),
        "verify": (ec.verify, point | {"layer": 1} | numerics),
        "summary": (
            ec.summary,
            point | asked | {"pre_activations": False, "ones": False, "singular_values": False, "float_ranks": False},
        ),
        "crosscheck": (ec.crosscheck, point | asked),
        "crosscheck_matrix": (ec.crosscheck_matrix, {"entries": SAMPLES} | asked),
        "evaluate": (
            ec.evaluate,
            {"model": MODEL, "inputs": SAMPLES, "property": None, "stated": None, "digits": 5, "others": None}
            | {"check": False, "progress": None},
        ),
        "Objective": (ec.Objective, {"instance": INSTANCE}),
        "Objective.at": (objective["objective"].at, {"theta": [0] * 13}),
        "classify": (ec.classify, objective | ladder),
        "refine": (ec.refine, objective | ladder),
        "CriticalPoint": (
            ec.CriticalPoint,
            objective | {"finding": None, "reason": "a", "loss": (Fraction(0), Fraction(0)), "gradient_norm": 0.0},
        ),
        "critical": (
            ec.critical,
            point
            | {"targets": TARGETS, "refined": False, "layer": 1, "better": (), "bits": (64,), "freeze": ()}
            | asked,
        ),
        "membership": (ec.membership, {"instance": INSTANCE, "layer": 1, "seed": 0, "progress": None}),
        "escape": (ec.escape, {"instance": INSTANCE, "better": None, "along": (), "bounds": None} | asked),
        "block_terms": (ec.block_terms, objective | {"blocks": "layer", "check": False, "progress": None}),
        "Engine": (ec.Engine, {"device": "cpu", "checkpoint": None}),
        "NormBounds": (ec.NormBounds, {"outputs": Fraction(1), "hidden": None}),
        "NormBounds.parsed": (ec.NormBounds.parsed, {"texts": ["l1=1/2"]}),
        "construct": (ec.construct, network | {"samples": SAMPLES, "layer": 1, "scale": 1, "seed": 0}),
        "interpolate": (ec.interpolate, {"features": [[1, 2], [0, 1]], "labels": [1, 2], "minor": None}),
        "parameter_counts": (ec.parameter_counts, network | {"layer": 1}),
        "Certificate": (ec.Certificate, {"instance": INSTANCE, "claims": CLAIM, "layers": 0, "points": ()}),
        "Verdict": (
            ec.Verdict,
            {
                "statement": "NH18.T3.5",
                "status": "proved",
                "scope": "this point",
                "reason": "so",
                "layer": 1,
                "details": {},
                "claims": (),
                "checked": None,
            },
        ),
        "Outcome": (ec.Outcome, {"exit_code": 0, "message": "a", "accepted": (), "instance": "b"}),
        "Verdict.judged": (found.verdicts[0].judged, {"checked": None, "message": ""}),
        "check": (ec.check, {"path": "no such file", "against": None, "limit": 1, "progress": None}),
        "from_onnx": (ec.from_onnx, {"path": "no such file", "input_shape": (1,)}),
        "from_torch": (ec.from_torch, {"module": None, "input_shape": (1,)}),
        "data.PatchCollisions": (
            ec.data.PatchCollisions,
            {
                "cross_position": True,
                "sample_count": 1,
                "samples_involved": 0,
                "coinciding_values": 0,
                "first_pair": None,
                "maximal_subsample": (0,),
            },
        ),
        "data.patch_collisions": (
            ec.data.patch_collisions,
            {"samples": SAMPLES, "patches": [[0], [1]], "cross_position": True},
        ),
        "data.read_arrays": (ec.data.read_arrays, {"path": "no such file"}),
        "data.read_matrix": (ec.data.read_matrix, {"path": "no such file"}),
        "data.read_samples": (
            ec.data.read_samples,
            {"path": "no such file", "layout": "channels-first", "input_shape": (1,)},
        ),
        "data.digits": (ec.data.digits, {}),
        "data.mnist5k": (ec.data.mnist5k, {}),
        "data.fashion_mnist": (ec.data.fashion_mnist, {"part": "train", "folder": "no such folder"}),
    }


def resolved(description: Callable[..., Any]) -> Callable[..., Any]:
    """A layer is examined where it meets its input."""
    return lambda **given: ec.Network((1, 4), [description(**given)], activation="relu")


CALLS, KINDS = calls(), kinds()


def outcome(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """The value; None for one line of the family of errors. Anything else that is raised fails the test."""
    try:
        return function(**given)
    except ec.ExactCNNError as error:
        text = str(error)
        assert text, "an empty message"
        assert "\n" not in text
        assert len(text) < 600
        return None


def variants(given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each argument replaced by each kind, and each two of them swapped."""
    for name in given:
        for kind, value in kinds().items():
            yield f"{name}={kind}", {**given, name: value}
    names = list(given)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            yield f"{first}<->{second}", {**given, first: given[second], second: given[first]}


def test_every_public_name_is_in_the_table():
    callables = {name for name in ec.__all__ if callable(getattr(ec, name))}
    callables |= {f"data.{name}" for name in vars(ec.data) if callable(getattr(ec.data, name)) and name != "Dataset"}
    errors = {"ExactCNNError", "InputError"}
    assert callables - errors - RESULTS - set(CALLS) == set()


@pytest.mark.parametrize("name", CALLS)
def test_a_value_or_one_line(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    function, given = CALLS[name]
    outcome(function, given)
    failures = {}
    for variant, arguments in variants(given):
        try:
            outcome(function, arguments)
        except Exception as error:  # noqa: BLE001 - that is the question
            failures[variant] = f"{type(error).__name__}: {str(error)[:100]}"
    assert failures == {}


MATRICES = ("integers", "floats", "float32", "lists", "tuples", "sparse", "frame", "Dataset", "ExactArray")


@pytest.mark.parametrize("kind", [*MATRICES, "objects", "fractions", "strings", "sympy"])
def test_matrices_that_people_have(kind):
    """Each as the numbers that it holds, wherever a matrix is asked for."""
    given, square = KINDS[kind], ec.PatchGraph.from_patches(None, [[0, 1, 2], [1, 2, 3]])
    exact = ec.ExactArray.from_given(given, name="given").fractions()
    assert (kind in MATRICES) == (exact.tolist() == SAMPLES)
    assert ec.matrix_rank(given).rank.exact == 2
    assert ec.crosscheck_matrix(given, check=False).layers[0].layer.found.rank.exact == 2
    assert (ec.Dataset.from_array(given).samples.fractions() == exact).all()
    assert (ec.Instance(NETWORK, ARRAYS, given).samples.fractions() == exact).all()
    assert (ec.verify(NETWORK, PARAMETERS, given).instance.samples.fractions() == exact).all()
    assert ec.FeatureMatrix(NETWORK, PARAMETERS, given, 1).shape == (3, 3)
    assert ec.evaluate(MODEL, given).answers[0].exact is not None
    assert (ec.interpolate([[1, 0, 0], [0, 1, 0], [0, 0, 1]], given).fractions() == exact).all()
    if kind != "strings":  # entries of any type that computes, taken as they are
        full = ec.full_weight_matrix(square, given)
        assert full.shape == (4, 4)
        assert (full[:3, :2] == exact).all()


def test_features_are_a_matrix():
    features = ec.FeatureMatrix(NETWORK, PARAMETERS, SAMPLES, 1)
    assert ec.matrix_rank(features).rank.exact == features.rank().exact
    network = ec.Network((2,), [ec.FullyConnected(1, activation="exp")])
    irrational = ec.FeatureMatrix(network, ec.random_parameters(network), SAMPLES, 1)
    with pytest.raises(ec.InputError, match="only those in Q are exact fractions"):
        ec.matrix_rank(irrational)
