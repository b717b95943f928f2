"""Cases of every kind: what is found is what the command of the kind finds, with certificates that are accepted."""

import hashlib
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from exactcnn.checker import Outcome, check
from exactcnn.errors import InputError
from exactcnn.searches.cases import Search
from exactcnn.searches.engine import Done, Failed
from exactcnn.searches.runs import run_search
from exactcnn.spec import load, spec_from
from exactcnn.sweeps.cases import KINDS, SweepCase, decided, file_hash
from exactcnn.theorems.verify import verify

NETWORK = {"input": [4], "activation": "sigmoid", "layers": [{"kind": "fully-connected", "units": 5}]}


def instance(**others):
    return {"network": NETWORK, "data": {"source": "rows.csv"}, "parameters": {"seed": 3}} | others


@pytest.fixture
def folder(tmp_path):
    np.savetxt(tmp_path / "rows.csv", np.arange(12).reshape(3, 4) ** 2, fmt="%d", delimiter=",")
    return tmp_path


def case(kind, document, folder, **others):
    return SweepCase(kind, document, folder / "sweep.toml", **others)


def accepted(done, folder):
    """The certificates of a case, which the checker must accept, as its line names them."""
    for name, data in done.files.items():
        (folder / name).write_bytes(data)
    outcomes = [check(folder / name) for name in done.line["certificates"]]
    assert all(outcome.exit_code == 0 for outcome in outcomes)
    hashes = {name: hashlib.sha256(done.files[name]).hexdigest() for name in done.line["certificates"]}
    assert hashes == done.line["certificates"]
    return outcomes


def without_seconds(document):
    return json.loads(
        json.dumps(document), object_hook=lambda table: {k: v for k, v in table.items() if k != "seconds"}
    )


def test_an_instance(folder):
    own = case("verify", instance(), folder)
    done = decided(own)
    expected = verify(load(spec_from(own.path, dict(own.document))), check=True)
    assert done.line["found"] == without_seconds(expected.document())
    assert done.line["found"]["rank"]["lower"] == 3
    assert (done.line["kind"], done.line["of"], done.line["name"]) == ("case", "verify", own.name)
    [outcome] = accepted(done, folder)
    assert "3 <= rank F_1 <= 3" in outcome.accepted
    assert decided(pickle.loads(pickle.dumps(own))).line == done.line


def test_what_is_asked_of_an_instance(folder):
    two = [{"kind": "fully-connected", "units": units} for units in (5, 2)]
    both = instance(network=NETWORK | {"layers": two})
    ranks = {}
    for layer in (None, 1, 2, "all"):
        done = decided(case("verify", both | {"verify": {} if layer is None else {"layer": layer}}, folder))
        ranks[layer] = done.line["found"]["rank"]
        accepted(done, folder)
    assert ranks[None] == ranks[1]
    assert [each["lower"] for each in ranks["all"]] == [3, 2]
    assert ranks[2]["columns"] == 2


def test_an_architecture_alone(folder):
    done = decided(case("verify", {"network": NETWORK}, folder))
    assert done.line["found"]["rank"] is None
    accepted(done, folder)


def test_a_cell(tmp_path):
    done = decided(case("table-2", {"table-2": {"filters": 1, "samples": 12}}, tmp_path))
    found = done.line["found"]
    assert [(each["layer"], each["lower"]) for each in found["layers"]] == [(1, 12), (3, 12)]
    assert found["checked"] is True
    assert "seconds" not in json.dumps(done.line)
    first, second = accepted(done, tmp_path)
    assert ("12 <= rank F_1 <= 12" in first.accepted, "12 <= rank F_3 <= 12" in second.accepted) == (True, True)


def test_a_case_of_a_question(tmp_path):
    documents = list(KINDS["question"].cases({"question": {"name": "affine-units"}}, tmp_path))
    assert len(documents) == 11
    few, many = (decided(case("question", documents[i], tmp_path)) for i in (0, 4))
    assert (few.line["found"]["outcome"], few.files) == ("impossible", {})
    assert (many.line["found"]["outcome"], many.line["found"]["checked"]) == ("possible", True)
    assert accepted(many, tmp_path)
    assert many.line["found"]["certificate"] in many.files


def test_a_whole_search(tmp_path):
    done = decided(case("search", {"search": {"neurons": 4, "patch_size": 2}}, tmp_path))
    expected = run_search(Search(patch_size=2))
    assert done.line["found"]["claim"] == expected.claim
    assert done.line["found"]["summaries"] == [dict(line) for line in expected.summaries]
    assert len(accepted(done, tmp_path)) == len(expected.found) == 2


@pytest.mark.parametrize("kind", ["verify", "table-2"])
def test_certificates_by_their_hashes_alone(folder, kind):
    document = instance() if kind == "verify" else {"table-2": {"filters": 1, "samples": 12}}
    kept, hashed = (decided(case(kind, document, folder, certificates=way)) for way in ("keep", "hash"))
    assert hashed.files == {}
    assert kept.files
    assert len(hashed.line["certificates"]) == len(kept.line["certificates"])
    assert hashed.line["found"] == kept.line["found"]
    if kind == "verify":  # one certificate without arrays beside it: the same but for its name
        assert list(hashed.line["certificates"].values()) == list(kept.line["certificates"].values())


def test_a_name_is_all_that_a_case_depends_on(folder):
    own = case("verify", instance(), folder, files={"rows.csv": "0"})
    others = [
        case("search", instance(), folder, files={"rows.csv": "0"}),
        case("verify", instance(parameters={"seed": 4}), folder, files={"rows.csv": "0"}),
        case("verify", instance(), folder, files={"rows.csv": "1"}),
        case("verify", instance(), folder, files={"rows.csv": "0"}, certificates="hash"),
    ]
    assert len({each.name for each in (own, *others)}) == 5
    elsewhere = case("verify", instance(), folder / "there", files={"rows.csv": "0"}, axes={"parameters.seed": 3})
    assert elsewhere.name == own.name


def test_files_that_a_worker_does_not_have(folder):
    digest = file_hash(folder / "rows.csv")
    own = case("verify", instance(), folder, files={"rows.csv": digest})
    assert isinstance(decided(own), Done)
    with (folder / "rows.csv").open("a") as file:
        file.write("1,2,3,4\n")
    with pytest.raises(
        InputError, match=r"rows\.csv is another file for a worker; expected the one that the sweep has"
    ):
        decided(own)
    (folder / "rows.csv").unlink()
    with pytest.raises(InputError, match=r"rows\.csv is not there for a worker"):
        decided(own)
    assert file_hash(folder) == ""


def test_cases_that_cannot_be(folder, monkeypatch):
    wrong = decided(case("verify", instance(data={"source": "digits"}), folder))
    assert wrong == Failed("sweep.toml: data: samples of digits have 64 entries; expected 4, as in the input")

    def no_memory(_):
        raise MemoryError

    def no_room(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(KINDS, "verify", replace(KINDS["verify"], decide=no_memory))
    assert decided(case("verify", instance(), folder)) == Failed("not enough memory for this case")
    monkeypatch.setitem(KINDS, "verify", replace(KINDS["verify"], decide=no_room))
    assert decided(case("verify", instance(), folder)) == Failed("OSError: [Errno 28] No space left on device")


def test_what_the_checker_rejects_has_no_certificate(folder, monkeypatch):
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    done = decided(case("verify", instance(), folder))
    assert (done.files, done.line["certificates"], done.line["found"]["checked"]) == ({}, {}, False)
    assert {verdict["status"] for verdict in done.line["found"]["verdicts"]} == {"undecided"}
    cell = decided(case("table-2", {"table-2": {"filters": 1, "samples": 12}}, folder))
    assert (cell.files, cell.line["certificates"], cell.line["found"]["checked"]) == ({}, {}, False)
