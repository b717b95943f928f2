"""The one promise at run time: whatever engine lies, and wherever it is asked, nobody repeats what it says.

Every lie is told to every entry point that would believe it. Without the checker the lie gets through, and the
certificate is rejected afterwards: so it is a lie, and it is the checker that catches it.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from exactcnn.checker import check
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg import modular
from exactcnn.linalg.evidence import Relation
from exactcnn.network import assumption_3_2
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.patches import generic_rank
from exactcnn.searches.cases import Search
from exactcnn.searches.runs import run_search
from exactcnn.theorems.by_construction import theorem_3_4_by_construction, theorem_3_5_by_construction
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.verify import verify

MATRIX = [[1, 2, 3], [2, 4, 6], [1, 0, 1]]  # rank 2
RELU = Network((4,), [Convolution(1, patches=((0, 1), (0, 2), (1, 3), (2, 3)), activation="relu")])
SAMPLES = [[1, 2, 3, 4], [2, 4, 6, 8], [5, 5, 5, 5], [6, 7, 8, 9]]  # F_1 has rank 2, for the weights below
WEIGHTS = {"W1": np.array([[1], [1]]), "b1": np.zeros(4, dtype=int)}

SPECIFICATION = """
[data]
source = "samples.csv"
[network]
input = [4]
[[network.layers]]
kind = "convolution"
filters = 1
patches = [[0, 1], [0, 2], [1, 3], [2, 3]]
activation = "relu"
[parameters]
file = "weights.npz"
"""


def elimination(monkeypatch):
    """Every image has full rank."""

    def lie(image, modulus, **_):
        full = np.arange(min(image.shape))
        return full, full

    monkeypatch.setattr("exactcnn.linalg.engine.independent_minor", lie)


def relations(monkeypatch):
    """The last lines are zero, as many as it takes; the elimination misses a row, which is no lie."""
    honest = modular.independent_minor

    def weak(*arguments, **options):
        rows, columns = honest(*arguments, **options)
        return rows[:-1], columns[:-1]

    def lie(self, axis, rows, columns, point):
        return tuple(Relation(line, ((line, 1),)) for line in range(len(rows), self.shape[axis]))

    monkeypatch.setattr("exactcnn.linalg.engine.independent_minor", weak)
    monkeypatch.setattr("exactcnn.linalg.rational.RationalMatrix.relations", lie)


def patches_of_full_rank(monkeypatch):
    """Some filters give every U_k full rank."""

    def lie(graph, filters, **options):
        full = min(graph.neurons, graph.patch_count * filters)
        return replace(generic_rank(graph, filters, **options), lower=full, upper=full, full=True)

    monkeypatch.setattr("exactcnn.theorems.structure.generic_rank", lie)


def collisions(monkeypatch):
    """Samples share a patch if they do not, and the other way round."""
    from exactcnn.data.collisions import patch_collisions

    def lie(*arguments, **options):
        found = patch_collisions(*arguments, **options)
        return replace(found, first_pair=(0, 0, 1, 0) if found.holds else None)

    monkeypatch.setattr("exactcnn.theorems.hypotheses.patch_collisions", lie)


def activations(monkeypatch):
    """Assumption 3.2 holds where it does not, and the other way round."""

    def lie(activation):
        found = assumption_3_2.assumption_3_2(activation)
        return replace(found, holds=not found.holds)

    monkeypatch.setattr("exactcnn.theorems.hypotheses.activation_witness", lie)


LIES = [elimination, relations, patches_of_full_rank, collisions, activations]
LIES_ABOUT_RANKS = [elimination, relations]


def verified(**options):
    parameters = Parameters.from_arrays(RELU, WEIGHTS)
    return verify(RELU, parameters, ExactArray.from_array(SAMPLES), float_ranks=False, **options)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt("samples.csv", np.array(SAMPLES), fmt="%d", delimiter=",")
    np.savetxt("matrix.csv", np.array(MATRIX), fmt="%d", delimiter=",")
    np.savez("weights.npz", **WEIGHTS)
    (tmp_path / "spec.toml").write_text(SPECIFICATION)
    return tmp_path


@pytest.fixture
def refused(run, folder):
    """Run a command whose findings the checker rejects: exit code 3, one line, no file; return the JSON."""

    def refused(*arguments):
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        code, out, err = run(*arguments)
        assert code == 3, err
        assert err.startswith("exactcnn: a defect: the independent checker does not accept the evidence; ")
        assert err.count("\n") == 1
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
        return json.loads(out) if "--json" in arguments else out

    return refused


# ---------------------------------------------------------------- verify


def test_honest_engines_are_believed():
    found = verified()
    assert (found.rank.exact, found.checked, found.rejection) == (2, True, "")
    assert {verdict.checked for verdict in found.verdicts if verdict.claims} == {True}
    assert {verdict.checked for verdict in found.verdicts if not verdict.claims} <= {None}
    assert {"proved", "refuted"} <= {verdict.status for verdict in found.verdicts}
    assert (verified(check=True).checked, verified(check=False).checked) == (True, None)


@pytest.mark.parametrize("tell", LIES)
def test_verify_repeats_no_lie(tell, monkeypatch, tmp_path):
    honest = [(verdict.statement, verdict.layer, verdict.scope) for verdict in verified().verdicts]
    tell(monkeypatch)
    for wanted in (None, True):
        found = verified(check=wanted)
        assert found.checked is False
        assert found.rejection.startswith("rejected: claim ")
        assert {verdict.status for verdict in found.verdicts} == {"undecided"}
        assert {verdict.checked for verdict in found.verdicts} == {False}
        assert all(found.rejection in verdict.reason for verdict in found.verdicts)
        assert not any(verdict.details or verdict.claims for verdict in found.verdicts)
        assert {(verdict.statement, verdict.layer) for verdict in found.verdicts} >= {each[:2] for each in honest[:3]}
        assert (found.rank, found.claims) == (None, ())
        document = found.document()
        assert document["checked"] is False
        assert {(each["status"], each["checked"]) for each in document["verdicts"]} == {("undecided", False)}
    unchecked = verified(check=False)  # the lie itself
    assert unchecked.checked is unchecked.document()["checked"] is None
    assert {each["checked"] for each in unchecked.document()["verdicts"]} == {None}
    unchecked.certificate.write(tmp_path / "lie.json")
    assert check(tmp_path / "lie.json").message == found.rejection


@pytest.mark.parametrize("tell", LIES)
def test_the_command_verify_repeats_no_lie(tell, monkeypatch, run, refused):
    assert run("verify", "spec.toml")[0] == 0
    tell(monkeypatch)
    found = refused("verify", "spec.toml", "--json", "--certificate", "c.json")
    assert (found["checked"], found["rank"]) == (False, None)
    assert {(each["status"], each["checked"]) for each in found["verdicts"]} == {("undecided", False)}
    out = refused("verify", "spec.toml", "--certificate", "c.json")
    assert "the independent checker does not accept the evidence: nothing is claimed" in out
    verdicts = out.partition("\n\n")[2].partition("\n\n")[0]
    assert not {"proved", "refuted"} & set(verdicts.split())
    assert "rank F_1  " not in out
    code, out, err = run("verify", "spec.toml", "--no-check", "--certificate", "c.json")
    assert (code, err) == (0, "")
    assert "\nnot checked yet: --check, or exactcnn check FILE (about 1 s)\n" in out
    assert run("check", "c.json")[0] == 1


# ---------------------------------------------------------------- rank


@pytest.mark.parametrize("tell", LIES_ABOUT_RANKS)
def test_rank_repeats_no_lie(tell, monkeypatch):
    honest = matrix_rank(MATRIX)
    assert (honest.rank.exact, honest.checked) == (2, True)
    tell(monkeypatch)
    found = matrix_rank(MATRIX)
    assert (found.rank.lower, found.rank.upper, found.checked) == (0, 3, False)
    assert found.rejection in found.rank.reason
    assert found.certificate.silent
    unchecked = matrix_rank(MATRIX, check=False)
    assert (unchecked.rank.exact is not None, unchecked.checked) == (True, None)
    assert unchecked.rank.exact != 2
    assert unchecked.certificate.outcome.message == found.rejection


@pytest.mark.parametrize("tell", LIES_ABOUT_RANKS)
def test_the_command_rank_repeats_no_lie(tell, monkeypatch, run, refused):
    assert json.loads(run("rank", "matrix.csv", "--json")[1])["checked"] is True
    tell(monkeypatch)
    found = refused("rank", "matrix.csv", "--json", "--certificate", "c.json")
    assert (found["lower"], found["upper"], found["checked"]) == (0, 3, False)
    assert "exactly" not in refused("rank", "matrix.csv", "--certificate", "c.json")
    code, out, _ = run("rank", "matrix.csv", "--no-check", "--json", "--certificate", "c.json")
    assert (code, json.loads(out)["checked"]) == (0, None)
    assert run("check", "c.json")[0] == 1
    assert (
        "checked          not checked yet: --check, or exactcnn check FILE"
        in run("rank", "matrix.csv", "--no-check")[1]
    )


def test_a_rank_without_any_evidence_is_not_silent(monkeypatch):
    """What a claim says is in its bounds: a number without evidence is no lesser lie than one with false evidence."""
    from exactcnn.linalg.evidence import RankBounds

    monkeypatch.setattr("exactcnn.theorems.layer_rank.certified_rank", lambda *_, **__: RankBounds(3, 3))
    found = matrix_rank(MATRIX)
    assert (found.rank.lower, found.rank.upper, found.checked) == (0, 3, False)
    monkeypatch.setattr("exactcnn.theorems.layer_rank.certified_rank", lambda *_, **__: RankBounds(0, 1))
    assert matrix_rank(MATRIX).checked is False
    monkeypatch.setattr("exactcnn.theorems.layer_rank.certified_rank", lambda *_, **__: RankBounds(0, 3))
    assert matrix_rank(MATRIX).checked is None  # which says nothing


def test_a_verdict_on_assumption_2_4_follows_from_the_bounds(monkeypatch):
    """Bounds that are right, and a word that is not: the certificate would be accepted."""
    monkeypatch.setattr(
        "exactcnn.theorems.structure.generic_rank", lambda *given, **_: replace(generic_rank(*given), full=True)
    )
    [verdict] = [each for each in verified().verdicts if each.statement == "NH18.A2.4"]
    assert (verdict.status, verdict.checked) == ("refuted", True)


# ---------------------------------------------------------------- search


@pytest.mark.parametrize(
    ("tell", "options"),
    [
        (patches_of_full_rank, ("--neurons", "4", "--patch-size", "2")),
        (collisions, ("--conclusion", "tied-biases", "--neurons", "2")),
        (activations, ("--conclusion", "tied-biases", "--neurons", "2")),
        (elimination, ("--conclusion=no-biases", "--neurons=1", "--filters=3", "--samples=3", "--grid=-1,0,1")),
    ],
)
def test_search_repeats_no_lie(tell, options, monkeypatch, run, refused):
    honest = json.loads(run("search", *options, "--json")[1])
    assert honest["checked"] is True
    assert {line["checked"] for line in honest["found"] if line["outcome"] == "fails"} <= {True}
    assert {line["checked"] for line in honest["found"] if line["outcome"] == "undecided"} <= {None}
    tell(monkeypatch)
    found = refused("search", *options, "--json")
    assert found["checked"] is False
    lies = [line for line in found["found"] if line["checked"] is False]
    assert lies
    for line in lies:
        assert (line["outcome"], line["certificate"]) == ("undecided", None)
        assert line["reason"].startswith("the independent checker does not accept the evidence (rejected: ")
    assert sum(line["undecided"] for line in found["summaries"]) >= len(lies)


def test_a_search_that_is_continued_remembers_the_defect(monkeypatch, tmp_path):
    search = Search(neurons=4, patch_size=2)
    patches_of_full_rank(monkeypatch)
    first = run_search(search, tmp_path)
    monkeypatch.undo()
    assert first.checked is False
    assert run_search(search, tmp_path) == first
    assert not list(tmp_path.glob("*.certificate.json"))


# ---------------------------------------------------------------- prove


@pytest.mark.parametrize(
    ("tell", "statement"),
    [
        (patches_of_full_rank, "NH18.R2.4"),
        (collisions, "NH18.A3.1"),
        (activations, "NH18.A3.2"),
        (elimination, "NH18.G.relu"),
        (relations, "NH18.G.polynomials"),
    ],
)
def test_prove_repeats_no_lie(tell, statement, monkeypatch, run, refused):
    honest = json.loads(run("prove", statement, "--json")[1])
    assert honest["checked"] is honest["statements"][0]["checked"] is True
    assert {check["checked"] for check in honest["statements"][0]["checks"]} <= {True, None}
    tell(monkeypatch)
    found = refused("prove", statement, "--json")
    assert found["checked"] is found["statements"][0]["checked"] is False
    assert found["statements"][0]["status"] == "broken"
    rejected = [check for check in found["statements"][0]["checks"] if check["checked"] is False]
    assert rejected
    assert {check["status"] for check in rejected} == {"undecided"}


# ---------------------------------------------------------------- constructions


def test_constructions_that_are_wrong_prove_nothing(monkeypatch):
    network = Network((1,), [FullyConnected(3, activation="sigmoid")])
    samples = ExactArray.from_array([[0], [1], [2]])
    for theorem in (theorem_3_4_by_construction, theorem_3_5_by_construction):
        assert (theorem(network, samples, 1).status, theorem(network, samples, 1).checked) == ("proved", True)
    from exactcnn.constructions import triangular

    def lie(projections, **options):
        found = triangular.place(projections, **options)
        return replace(found, rows=found.rows[::-1].copy())  # no longer triangular

    monkeypatch.setattr("exactcnn.constructions.independent_features.place", lie)
    for theorem in (theorem_3_4_by_construction, theorem_3_5_by_construction):
        unchecked = theorem(network, samples, 1, check=False)
        assert (unchecked.status, unchecked.checked) == ("proved", None)
        verdict = theorem(network, samples, 1)
        assert (verdict.status, verdict.checked, verdict.claims, verdict.details) == ("undecided", False, (), {})
        assert verdict.reason.startswith("the independent checker does not accept the evidence (rejected: claim 0, ")
