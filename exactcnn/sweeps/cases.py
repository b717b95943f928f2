"""The kinds of cases of a sweep: what each is called in SWEEP.toml, what its cases are, and how one is decided.

A case is pure: its document, the files that it names and the version of the package say what is true of it.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from exactcnn.certificates.write import canonical
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.searches.engine import Done, Failed, Result, certificate_files
from exactcnn.spec import decode

Certificates = Literal["keep", "hash"]


@dataclass(frozen=True, kw_only=True)
class VerifyTable:
    """The table ``[verify]``: what is asked of the instances of a specification.

    Attributes
    ----------
    layer : int or str, optional
        As `--layer` of `exactcnn verify`.
    seed : int
        Of primes and evaluation points.
    """

    layer: int | str | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Table2Table:
    """The table ``[table-2]``: cells of the paper's Table 2, as `exactcnn table2` has them.

    Attributes
    ----------
    filters : int
        T_1.
    data : {"digits", "fashion-mnist"}
    samples : int, optional
    weights : {"random", "trained"}
    seed, epochs : int
    """

    filters: int
    data: Literal["digits", "fashion-mnist"] = "digits"
    samples: int | None = None
    weights: Literal["random", "trained"] = "random"
    seed: int = 0
    epochs: int = 100


@dataclass(frozen=True, kw_only=True)
class QuestionTable:
    """The table ``[question]``: each case of a question of `exactcnn search`.

    Attributes
    ----------
    name : str
    trials : int, optional
    seed : int
    """

    name: str
    trials: int | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class SearchTable:
    """The table ``[search]``: whole searches of patches; see `exactcnn.searches.cases.Search`."""

    conclusion: str = "full-weight-matrix"
    neurons: int = 4
    patch_size: int | None = None
    most_patches: int | None = None
    most_filters: int | None = None
    most_samples: int | None = None
    grid: tuple[int | str, ...] | None = None
    increasing: bool = False
    seed: int = 0


@dataclass(frozen=True)
class SweepCase:
    """One case.

    Attributes
    ----------
    kind : {"verify", "table-2", "question", "search"}
    document : mapping
        Ready for JSON: all that the case depends on but its files.
    path : Path
        The file of the sweep, whose folder other files are relative to.
    files : mapping
        The files that the case names, with the SHA-256 of each.
    certificates : {"keep", "hash"}
    axes : mapping
        The values chosen where the sweep has lists.
    """

    kind: str
    document: Mapping[str, Any]
    path: Path
    files: Mapping[str, str] = field(default_factory=dict)
    certificates: Certificates = "keep"
    axes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the case is called in the record, and its certificates: a hash of all that it depends on."""
        parts = {"kind": self.kind, "case": self.document, "files": self.files, "certificates": self.certificates}
        try:
            return hashlib.sha256(canonical(parts)).hexdigest()[:16]
        except (TypeError, ValueError):  # dates, infinity
            raise InputError(f"{self.kind}: a value is no finite number, text, list or table; expected these") from None


def decided(case: SweepCase) -> Result:
    """Decide a case, have its certificates checked, and write its line.

    Raises
    ------
    InputError
        Where the files that the sweep has read are not there.
    """
    for name, digest in case.files.items():
        found = file_hash(case.path.parent / name)
        if found != digest:
            what = "is another file" if found else "is not there"
            raise InputError(f"{case.path.parent / name} {what} for a worker; expected the one that the sweep has read")
    try:
        done = KINDS[case.kind].decide(case)
    except InputError as error:
        return Failed(" ".join(str(error).split()))
    except OSError as error:  # no room in a temporary folder
        return Failed(f"{type(error).__name__}: {error}")
    except MemoryError:
        return Failed("not enough memory for this case")
    certificates = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in sorted(done.files.items())
        if name.endswith(".certificate.json")
    }
    about = {"kind": "case", "name": case.name, "of": case.kind, "case": case.document, "certificates": certificates}
    return Done(about | {"found": _timeless(done.line)}, done.files if case.certificates == "keep" else {})


def file_hash(path: Path) -> str:
    """SHA-256 of a file, nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _timeless(value: Any) -> Any:
    """What was found, without how long it took."""
    if isinstance(value, Mapping):
        return {key: _timeless(item) for key, item in value.items() if key not in ("kind", "seconds")}
    return [_timeless(item) for item in value] if isinstance(value, list | tuple) else value


def _verified(case: SweepCase) -> Done:
    from exactcnn.spec import load, spec_from
    from exactcnn.theorems.verify import last_layer, verify

    own = decode(case.document.get("verify", {}), VerifyTable, "verify")
    spec = spec_from(case.path, {name: case.document[name] for name in case.document if name != "verify"})
    upto = None if own.layer is None else last_layer(spec.network, own.layer)
    found = verify(load(spec, upto=upto), layer=own.layer, seed=own.seed, check=True)
    kept = found.checked is True
    files = certificate_files(found.certificate, f"{case.name}.certificate.json") if kept else {}
    return Done(found.document(), files)


def _cell(case: SweepCase) -> Done:
    from exactcnn.searches.figure_1 import Experiment
    from exactcnn.searches.table_2 import cell

    own = decode(case.document["table-2"], Table2Table, "table-2")
    experiment = Experiment(own.data, own.samples, (own.filters,), own.seed, own.epochs)
    done = cell(experiment, own.weights, own.filters, True, name=case.name)
    checked = all(layer["checked"] for layer in done.line["layers"])
    files = {name if name.startswith(case.name) else f"{case.name}.{name}": done.files[name] for name in done.files}
    return Done({**done.line, "samples": experiment.samples, "checked": checked}, files)


def _answered(case: SweepCase) -> Done:
    from exactcnn.searches.answers import settled
    from exactcnn.searches.questions import question

    own = decode(case.document["question"], QuestionTable, "question")
    chosen, one = question(own.name), case.document["case"]
    trials = chosen.trials if own.trials is None else own.trials
    decision = chosen.decide(one, range(trials), own.seed)
    return settled(one, decision, trials, name=f"{case.name}.certificate.json")


def _searched(case: SweepCase) -> Done:
    from exactcnn.searches.ledger import RESULTS
    from exactcnn.searches.runs import run_search

    with tempfile.TemporaryDirectory(prefix="exactcnn.") as folder:
        found = run_search(_search(case.document["search"]), folder).document()
        files = {f"{case.name}.{path.name}": path.read_bytes() for path in Path(folder).iterdir()}
    own = [line | {"certificate": None} for line in found.pop("found")]
    return Done({**found, "found": own}, {name: files[name] for name in files if not name.endswith(RESULTS)})


def _search(table: Mapping[str, Any]) -> Any:
    from exactcnn.searches.cases import Search

    own = decode(dict(table), SearchTable, "search")
    grid = None if own.grid is None else tuple(parse_rational(value, name="search.grid") for value in own.grid)
    return Search(**{**vars(own), "grid": grid})


def _verify_cases(document: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    from exactcnn.spec import spec_from

    own = decode(document.get("verify", {}), VerifyTable, "verify")
    spec = spec_from(path, {name: document[name] for name in document if name != "verify"})
    if own.layer not in (None, "all"):
        spec.network.layer(own.layer)  # refuses what is none
    yield document


def _cells(document: dict[str, Any], _: Path) -> Iterator[dict[str, Any]]:
    from exactcnn.interop.training import require_torch
    from exactcnn.searches.figure_1 import Experiment

    own = decode(document["table-2"], Table2Table, "table-2")
    Experiment(own.data, own.samples, (own.filters,), own.seed, own.epochs)
    if own.weights == "trained":
        require_torch()
    yield document


def _question_cases(document: dict[str, Any], _: Path) -> Iterator[dict[str, Any]]:
    from exactcnn.searches.questions import question

    own = decode(document["question"], QuestionTable, "question")
    if own.trials is not None and own.trials < 0:
        raise InputError(f"question.trials = {own.trials}; expected an integer of at least 0")
    for one in question(own.name).cases():
        yield document | {"case": dict(one)}


def _searches(document: dict[str, Any], _: Path) -> Iterator[dict[str, Any]]:
    _search(document["search"])
    yield document


@dataclass(frozen=True)
class Kind:
    """A kind of cases: its tables, which cases one document stands for, and how one is decided."""

    tables: tuple[str, ...]
    cases: Callable[[dict[str, Any], Path], Iterator[dict[str, Any]]]
    decide: Callable[[SweepCase], Done]


KINDS = {
    "verify": Kind(("network", "data", "parameters", "activations", "verify"), _verify_cases, _verified),
    "table-2": Kind(("table-2",), _cells, _cell),
    "question": Kind(("question",), _question_cases, _answered),
    "search": Kind(("search",), _searches, _searched),
}
