"""Masked and missing entries: every entry point that takes arrays refuses each kind of them, and names the first."""

from decimal import Decimal

import numpy as np
import pytest

from exactcnn import (
    Convolution,
    Dataset,
    ExactArray,
    FeatureMatrix,
    FullyConnected,
    InputError,
    Network,
    Parameters,
    PatchGraph,
    construct,
    full_weight_matrix,
    interpolate,
    matrix_rank,
)
from exactcnn.certificates.certificate import Certificate
from exactcnn.data.collisions import patch_collisions
from exactcnn.domains.exact import exact_array
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import LayerParameters
from exactcnn.patches.weights import adjoint
from exactcnn.theorems.by_construction import theorem_3_4_by_construction


class NAType:
    """What pandas.NA does: it equals nothing, not even itself, and has no truth value."""

    def __eq__(self, other):
        return self

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = object.__hash__

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    def __repr__(self):
        return "<NA>"


MATRIX = [[1, 2, 0], [0, 1, 5]]
GRAPH = PatchGraph.from_patches(3, [[0, 1], [1, 2]])
NETWORK = Network((3,), [FullyConnected(2, activation="relu")])
EXACT = ExactArray.from_array(MATRIX)
PARAMETERS = Parameters.from_arrays(NETWORK, {"W1": [[1, 0], [0, 1], [1, 1]], "b1": [0, 0]})


def certificate(samples, folder):
    Certificate(Instance(NETWORK, PARAMETERS, samples), [], 1).write(folder / "c.json")
    return (folder / "c.json").read_text()


# name: good values, and what takes them
NUMBERS = {
    "ExactArray.from_array": (MATRIX, ExactArray.from_array),
    "ExactArray.from_strings": (MATRIX, ExactArray.from_strings),
    "ExactArray.from_fractions": ([1, 2, 5], ExactArray.from_fractions),
    "exact_array": (MATRIX, lambda v: exact_array(v, name="x")),
    "Dataset.from_array": (MATRIX, lambda v: Dataset.from_array(v).samples),
    "Dataset": (MATRIX, lambda v: Dataset(v, (3,)).samples),
    "Parameters.from_arrays, W1": (
        [[1, 2], [3, 4], [5, 6]],
        lambda v: Parameters.from_arrays(NETWORK, {"W1": v, "b1": [0, 0]}).layer(1).weights,
    ),
    "Parameters.from_arrays, b1": (
        [1, 2],
        lambda v: Parameters.from_arrays(NETWORK, {"W1": [[1, 1]] * 3, "b1": v}).layer(1).biases,
    ),
    "LayerParameters, weights": (MATRIX, lambda v: LayerParameters(v, None).weights),
    "LayerParameters, biases": ([1, 2], lambda v: LayerParameters(EXACT, v).biases),
    "FeatureMatrix": (MATRIX, lambda v: FeatureMatrix(NETWORK, PARAMETERS, v, 1).exact()),
    "matrix_rank": (MATRIX, lambda v: matrix_rank(v).rank.exact),
    "matrix_rank, relu": (MATRIX, lambda v: matrix_rank(v, "relu").rank.exact),
    "construct": (MATRIX, lambda v: construct(NETWORK, v, 1).samples),
    "theorem_3_4_by_construction": (MATRIX, lambda v: theorem_3_4_by_construction(NETWORK, v, 1).reason),
    "interpolate, features": (MATRIX, lambda v: interpolate(v, EXACT[:, 0])),
    "interpolate, labels": ([3, 4], lambda v: interpolate(EXACT, v)),
    "patch_collisions, samples": (MATRIX, lambda v: patch_collisions(v, [[0, 1], [1, 2]])),
    "write_certificate": (MATRIX, certificate),
    "full_weight_matrix": ([[1, 2], [3, 4]], lambda v: full_weight_matrix(GRAPH, v).tolist()),
    "adjoint": ([[1, 2], [3, 4], [5, 6]], lambda v: adjoint(GRAPH, v).tolist()),
}
INTEGERS = {
    "Dataset.from_array, labels": ([3, 4], lambda v: Dataset.from_array(MATRIX, labels=v).labels.tolist()),
    "Dataset, labels": ([3, 4], lambda v: Dataset(EXACT, (3,), v).labels.tolist()),
    "Dataset.subset": ([1, 0], lambda v: Dataset.from_array(MATRIX).subset(v).samples),
    "PatchGraph.from_patches": ([[0, 1], [1, 2]], lambda v: PatchGraph.from_patches(3, v).slots.tolist()),
    "PatchGraph": ([[0, 1], [1, 2]], lambda v: PatchGraph(3, v).slots.tolist()),
    "Convolution": (
        [[0, 1], [1, 2]],
        lambda v: Network((3,), [Convolution(1, patches=v, activation="relu")]).layer(1).patches.slots.tolist(),
    ),
    "patch_collisions, patches": ([[0, 1], [1, 2]], lambda v: patch_collisions(EXACT, v)),
    "interpolate, rows": ([0, 1], lambda v: interpolate(EXACT, [3, 4], minor=(v, [0, 1]))),
    "interpolate, columns": ([0, 1], lambda v: interpolate(EXACT, [3, 4], minor=([0, 1], v))),
}
STORED = {  # arrays of the types of the storage alone
    "ExactArray, numbers": (MATRIX, ExactArray),
    "ExactArray, denominators": ([[1, 2, 3], [4, 5, 6]], lambda v: ExactArray(np.array(MATRIX), v)),
}
ALL = NUMBERS | INTEGERS | STORED


def with_entry(good, index, value):
    array = np.array(good, dtype=object)
    array[index] = value
    return array


def masked(good, index, dtype):
    mask = np.zeros(np.shape(good), dtype=bool)
    mask[index] = True
    return np.ma.array(good, dtype=dtype, mask=mask)


def dates(good, index, dtype):
    array = np.array(good).astype(dtype)
    array[index] = "NaT"
    return array


MISSING = {
    "None": None,
    "NA": NAType(),
    "NaN": float("nan"),
    "NaN of NumPy": np.float32("nan"),
    "NaN of decimal": Decimal("NaN"),
    "signalling NaN": Decimal("sNaN"),
    "no date": np.datetime64("NaT"),
    "no duration": np.timedelta64("NaT"),
    "masked": np.ma.masked,
}
ARRAYS = {
    "masked integers": lambda good, index: masked(good, index, int),
    "masked floats": lambda good, index: masked(good, index, float),
    "masked objects": lambda good, index: masked(good, index, object),
    "half precision with NaN": lambda good, index: with_entry(good, index, np.nan).astype(np.float16),
    "floats with NaN": lambda good, index: with_entry(good, index, np.nan).astype(float),
    "dates": lambda good, index: dates(good, index, "datetime64[D]"),
    "durations": lambda good, index: dates(good, index, "timedelta64[D]"),
    **{
        f"objects: {name}": lambda good, index, value=value: with_entry(good, index, value)
        for name, value in MISSING.items()
    },
}
LISTS = {  # NumPy forgets the masks of arrays within a list
    "masked rows": lambda good, index: list(masked(good, index, int)),
    "masked rows of floats": lambda good, index: tuple(masked(good, index, float)),
    **{
        f"list: {name}": lambda good, index, value=value: with_entry(good, index, value).tolist()
        for name, value in MISSING.items()
    },
}
CASES = [(point, kind) for point in ALL for kind in ARRAYS | (LISTS if point not in STORED else {})]


def taken(point, values, folder):
    """What the entry point makes of the values, as plain Python values."""
    function = ALL[point][1]
    found = function(values, folder) if function is certificate else function(values)
    return found.fractions().tolist() if isinstance(found, ExactArray) else found


@pytest.mark.parametrize(("point", "kind"), CASES)
def test_refused_with_the_index(point, kind, tmp_path):
    good, _ = ALL[point]
    for index in [(0,) * np.ndim(good), (1,) * np.ndim(good)]:
        with pytest.raises(InputError, match=r"^[^\n]*; expected [^\n]*$") as caught:
            taken(point, (ARRAYS | LISTS)[kind](good, index), tmp_path)
        assert f"[{', '.join(map(str, index))}]" in str(caught.value).replace("][", ", ")


def test_of_several_the_first_is_named():
    mask = [[False, False, True], [True, True, False]]
    with pytest.raises(InputError, match=r"^x\[0, 2\] is masked"):
        ExactArray.from_array(np.ma.array(MATRIX, mask=mask), name="x")
    with pytest.raises(InputError, match=r"^x\[0, 2\] is masked"):
        ExactArray.from_array([np.ma.array(row, mask=m) for row, m in zip(MATRIX, mask, strict=True)], name="x")
    with pytest.raises(InputError, match=r"^x\[0, 1\] is None"):
        ExactArray.from_array([[1, None], [None, 2**70]], name="x")


@pytest.mark.parametrize("point", ALL)
def test_a_mask_without_true_is_no_mask(point, tmp_path):
    good, _ = ALL[point]
    plain = taken(point, np.array(good), tmp_path)
    unmasked = np.zeros(np.shape(good), dtype=bool)
    arrays = [np.ma.array(good), np.ma.array(good, mask=False), np.ma.array(good, mask=unmasked)]
    arrays.append(np.ma.array(good, mask=unmasked, dtype=object))
    if point not in STORED:
        arrays += [good, list(np.ma.array(good, mask=unmasked)), tuple(good)]
    for values in arrays:
        assert taken(point, values, tmp_path) == plain


@pytest.mark.parametrize("point", INTEGERS)
@pytest.mark.parametrize(
    "change",
    [lambda a: a.astype(float), lambda a: a.astype(str), lambda a: a.astype(bool), lambda a: a + 0.5, lambda a: a * 1j],
    ids=["whole floats", "texts", "booleans", "halves", "complex"],
)
def test_what_only_looks_like_integers(point, change, tmp_path):
    with pytest.raises(InputError, match=r"^[^\n]*expected [^\n]*$"):
        taken(point, change(np.array(ALL[point][0])), tmp_path)


@pytest.mark.parametrize("point", ALL)
def test_records_and_rows_of_unequal_length(point, tmp_path):
    records = np.zeros(2, dtype=[("a", int), ("b", float)])
    ragged = [[1, 2], [3]]
    for values in (records, np.ma.array(records, mask=[(False, True), (False, False)])) + (ragged,) * (
        point not in STORED
    ):
        with pytest.raises(InputError, match=r"^[^\n]*expected[^\n]*$"):
            taken(point, values, tmp_path)


@pytest.mark.parametrize("point", NUMBERS)
def test_durations_are_no_integers(point, tmp_path):
    good, _ = ALL[point]
    for values in (
        np.array(good).astype("timedelta64[s]"),
        with_entry(good, (0,) * np.ndim(good), np.timedelta64(1, "s")),
    ):
        with pytest.raises(InputError, match=r"expected"):
            taken(point, values, tmp_path)
