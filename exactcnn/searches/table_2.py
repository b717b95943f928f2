"""The paper's experiment (Figure 1, Table 2) at the size of a machine: ranks of features as T_1 grows through n_1 = N.

A cell is a network with T_1 filters in layer 1, its weights drawn or trained: the certified ranks of F_1 and F_3,
certified singular values, what floats say of both ranks, loss and errors. Cells are written down as they are done.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.data.dataset import Dataset
from exactcnn.errors import InputError
from exactcnn.interop.training import require_torch
from exactcnn.linalg.decomposition import Bounds
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.resources import Progress
from exactcnn.searches.engine import Done, certificate_files
from exactcnn.searches.figure_1 import CLASSES, Experiment, Weights
from exactcnn.searches.ledger import Ledger, Line
from exactcnn.theorems.float_answers import PRECISIONS, Library, answers_of
from exactcnn.theorems.layer_rank import FLOAT_RANK_LIMIT, Asked, rank_or_reason
from exactcnn.theorems.numerical_rank import NumericalRank, decimal_text, numerical_rank
from exactcnn.theorems.verdict import together

LAYERS = (1, 3)  # the two convolutions
STORED = "NumPy, stored in float32"
PATIENCE = 60.0  # seconds that the checker may take for a rank without being asked


@dataclass(frozen=True)
class Table2:
    """The cells of an experiment, as they are written down.

    Attributes
    ----------
    experiment : Experiment
    cells : tuple of mapping
        `weights`, `filters`, `widths`, `layers` (of F_1 and F_3: `rows`, `columns`, `domain`, `lower`, `upper`,
        `sigma_min` and `sigma_max` with bounds, `floats` with a `sigma_min` each, `reason`, `checked`), `loss`,
        `training_errors`, `test_errors`, `test_samples`, `seconds`.
    """

    experiment: Experiment
    cells: tuple[Line, ...] = field(repr=False)

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted what it was asked about."""
        return together(layer["checked"] for cell in self.cells for layer in cell["layers"])

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {"experiment": self.experiment.document(), "checked": self.checked, "cells": list(self.cells)}


def table_2(
    experiment: Experiment,
    folder: str | Path | None = None,
    *,
    train: bool = False,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Table2:
    """Carry out the experiment, or go on with it.

    Parameters
    ----------
    experiment : Experiment
    folder : str or Path, optional
        Where cells are written down, and trained weights (`trained-T.npz`, in the paper's layout), and a former run is
        continued; made if missing.
    train : bool
        Whether to train each network too, with torch.
    check : bool, optional
        Whether to ask the independent checker; by default for ranks, where that takes less than a minute.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        For data that are not there; for training without torch; if the folder cannot be used or holds another
        experiment.

    Examples
    --------
    >>> found = table_2(Experiment(samples=20, filters=(1,)))
    >>> [(layer["layer"], layer["lower"], layer["columns"]) for layer in found.cells[0]["layers"]]
    [(1, 20, 36), (3, 20, 80)]
    """
    *_, ledger = table_2_in_steps(experiment, folder, train=train, check=check, progress=progress)
    return cells_so_far(experiment, ledger)


def table_2_in_steps(
    experiment: Experiment,
    folder: str | Path | None = None,
    *,
    train: bool = False,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Iterator[Ledger]:
    """Do as `table_2`, and yield the record after each cell that it has: where it ends, that is finished."""
    if train:
        require_torch()
    _ = experiment.sets  # what is wrong with the data is said before a folder is made
    kinds: Sequence[Weights] = ("random", "trained") if train else ("random",)
    wanted = [(weights, filters) for weights in kinds for filters in experiment.filters or ()]
    header = {"kind": "experiment", **experiment.document()}
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as scratch:
        ledger = Ledger.opened(Path(scratch if folder is None else folder), header, _whole)
        done = {(cell["weights"], cell["filters"]) for cell in ledger.of("cell")}
        for number, (weights, filters) in enumerate(wanted):
            if progress is not None:
                progress("cells", number, len(wanted))
            if (weights, filters) not in done:
                ledger.keep(cell(experiment, weights, filters, check, progress))
            yield ledger


def cells_so_far(experiment: Experiment, ledger: Ledger) -> Table2:
    """Return what a record says."""
    order = {"random": 0, "trained": 1}
    cells = sorted(ledger.of("cell"), key=lambda cell: (order[cell["weights"]], cell["filters"]))
    return Table2(experiment, tuple({key: value for key, value in cell.items() if key != "kind"} for cell in cells))


def cell(
    experiment: Experiment,
    weights: Weights,
    filters: int,
    check: bool | None = None,
    progress: Progress | None = None,
    *,
    name: str | None = None,
) -> Done:
    """One cell: its line, weights that cannot be drawn again, and certificates of both ranks if they have a name."""
    instance = experiment.instance(weights, filters, progress=progress)
    files = {f"trained-{filters}.npz": _weights(instance)} if weights == "trained" else {}
    own = {"kind": "cell", "weights": weights, "filters": filters}
    found, certificates = examined(experiment, instance, check, progress)
    for layer, rank, said in zip(LAYERS, certificates, found["layers"], strict=True):
        if name is not None and said["checked"]:
            files |= certificate_files(rank, f"{name}.F_{layer}.certificate.json")
    return Done(own | found, files)


def examined(
    experiment: Experiment, instance: Instance, check: bool | None = None, progress: Progress | None = None
) -> tuple[dict[str, Any], list[Certificate]]:
    """What is found of one network, and the certificates of the ranks of F_1 and F_3."""
    start = time.perf_counter()
    both = [_layer(instance, layer, experiment.seed, check, progress) for layer in LAYERS]
    training, test = experiment.sets
    loss, wrong = _loss(instance, training)
    found = {
        "widths": list(instance.network.widths),
        "layers": [line for line, _ in both],
        "loss": loss,
        "training_errors": wrong,
        "test_errors": None if test is None else _loss(instance, test)[1],
        "test_samples": 0 if test is None else len(test),
        "seconds": round(time.perf_counter() - start, 1),
    }
    return found, [rank for _, rank in both]


def _weights(instance: Instance) -> bytes:
    """The weights as a file of float32."""
    assert instance.parameters is not None
    arrays: dict[str, Any] = {}
    for number, own in enumerate(instance.parameters.layers, 1):
        for letter, array in () if own is None else (("W", own.weights), ("b", own.biases)):
            if array is not None:
                arrays[f"{letter}{number}"] = array.floats()[0].astype(np.float32)
    content = BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _layer(
    instance: Instance, layer: int, seed: int, check: bool | None, progress: Progress | None
) -> tuple[dict[str, Any], Certificate]:
    """Certified rank and singular values of F_k, and what floats say; what the checker has rejected is not claimed."""
    assert instance.parameters is not None
    assert instance.samples is not None
    features = FeatureMatrix(instance.network, instance.parameters, instance.samples, layer)
    found = rank_or_reason(features, Asked(seed=seed, float_ranks=False, progress=progress))
    rank = Certificate(instance, found.claims, layer)
    verdicts = [rank.checked(True if check is None and rank.seconds <= PATIENCE else check, progress=progress)]
    numerical = _singular_values(features, progress)
    values = Certificate(instance, () if numerical is None else numerical.claims, layer)
    if check and values.claims:
        verdicts.append(values.checked(True, progress=progress))
    bounds = None if numerical is None else numerical.bounds
    checked = together(verdicts)
    if checked is False:
        messages = [each.outcome.message for each, said in zip((rank, values), verdicts, strict=False) if said is False]
        found, bounds = found.nothing(not_accepted("; ".join(messages))), None
    if progress is not None:
        progress("float ranks", layer, max(LAYERS))
    line = {
        "layer": layer,
        "rows": found.shape[0],
        "columns": found.shape[1],
        "domain": found.domain,
        "lower": found.rank.lower,
        "upper": found.rank.upper,
        "reason": found.rank.reason,
        "sigma_max": None if not bounds else [decimal_text(end) for end in bounds[0]],
        "sigma_min": None if not bounds else [decimal_text(end) for end in bounds[-1]],
        "floats": [] if checked is False else _floats(features, found.rank, bounds),
        "checked": checked,
    }
    return line, rank


def _singular_values(features: FeatureMatrix, progress: Progress | None) -> NumericalRank | None:
    try:
        return numerical_rank(features.entries, features.layer, singular_values=True, progress=progress)
    except InputError:  # more than memory holds
        return None


def _floats(features: FeatureMatrix, rank: RankBounds, bounds: Bounds | None) -> list[dict[str, Any]]:
    """What NumPy says by both rules: in each precision, and in double precision of features stored in single."""
    if min(features.shape) > FLOAT_RANK_LIMIT:
        return []

    def computed(_: int, precision: str) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            return features.floats(np.dtype(precision))

    def stored(layer: int, precision: str) -> NDArray[Any]:
        return computed(layer, "float32").astype(precision)

    answers: list[dict[str, Any]] = []
    for name, matrix in (("NumPy", computed), (STORED, stored)):
        library = Library(name, matrix, lambda a: int(np.linalg.matrix_rank(a)), _singular)
        for precision in PRECISIONS if matrix is computed else ("float64",):
            own = matrix(features.layer, precision)
            said, values = answers_of(rank, bounds, library, precision, own)
            least = float(values[-1]) if len(values) else None
            answers += [each.document() | {"sigma_min": least} for each in said]
    return answers


def _singular(matrix: NDArray[Any]) -> NDArray[Any]:
    values: NDArray[Any] = np.linalg.svd(matrix, compute_uv=False)
    return values


def _loss(instance: Instance, data: Dataset) -> tuple[float, int]:
    """½ ‖F_L − Y‖², and how many samples have another class as their largest output; in float64."""
    assert instance.parameters is not None
    assert data.labels is not None
    last = len(instance.network.layers)
    outputs = FeatureMatrix(instance.network, instance.parameters, data.samples, last).floats()
    return float(((outputs - np.eye(CLASSES)[data.labels]) ** 2).sum() / 2), int(
        (outputs.argmax(axis=1) != data.labels).sum()
    )


def _whole(line: Line) -> bool:
    """Whether a line is a cell with all that is shown of it."""
    errors = (line["training_errors"], line["test_samples"], 0 if line["test_errors"] is None else line["test_errors"])
    return (
        line["kind"] == "cell"
        and line["weights"] in get_args(Weights)
        and all(type(number) is int for number in (line["filters"], *line["widths"], *errors))
        and type(line["loss"]) is float
        and type(line["seconds"]) is float
        and [layer["layer"] for layer in line["layers"]] == list(LAYERS)
        and all(_whole_layer(layer) for layer in line["layers"])
    )


def _whole_layer(layer: Line) -> bool:
    ends = [*(layer["sigma_min"] or ()), *(layer["sigma_max"] or ())]
    ranks = [layer[part] for part in ("rows", "columns", "lower", "upper")]
    ranks += [0 if each["rank"] is None else each["rank"] for each in layer["floats"]]
    said = [each[part] for each in layer["floats"] for part in ("library", "precision", "rule", "verdict")]
    return (
        len(ends) in (0, 4)
        and all(isinstance(text, str) for text in (layer["domain"], layer["reason"], *ends, *said))
        and all(type(rank) is int for rank in ranks)
        and layer["checked"] in (True, False, None)
        and all(float(end) >= 0 for end in ends)
    )
