"""The registry: what pages declare is compared with what checks do, and a status is never taken on trust."""

import json
import shutil
import tomllib
from dataclasses import replace

import networkx as nx
import pytest

from exactcnn.errors import InputError
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.proofs.checks import gaps_patches, structure
from exactcnn.proofs.checks.recorder import CheckResult
from exactcnn.proofs.pages import proofs_folder
from exactcnn.proofs.registry import SOURCES, check_names, find_check, graph, run, run_all, select, statements

ALL = statements()
BY_ID = {statement.id: statement for statement in ALL}


@pytest.fixture
def pages(tmp_path):
    """A copy of all pages, to be changed."""
    folder = tmp_path / "proofs"
    shutil.copytree(proofs_folder(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def change(folder, statement, old, new):
    path = next(folder.rglob(BY_ID[statement].page.name))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def the_one(folder, statement):
    return next(found for found in statements(folder) if found.id == statement)


def without_blocks(statement, tmp_path):
    """The statement with an empty page, so that only its checks run."""
    page = tmp_path / "empty.md"
    page.write_text("", encoding="utf-8")
    return replace(statement, page=page)


def test_every_numbered_statement_and_every_gap_has_a_page():
    expected = {"D2.1", "D2.2", "D2.3", "M", "A2.4", "R2.4", "L2.5", "A3.1", "R3.1", "A3.2", "L3.3", "E5", "T3.4"}
    expected |= {"T3.4.2", "T3.5", "C3.6", "Table1", "Figure1", "G.shared-biases", "G.no-biases", "G.relu"}
    expected |= {"G.assumption-3.2", "G.polynomials", "G.xception"}
    assert {f"NH18.{name}" for name in expected} <= set(BY_ID)


def test_every_source_has_a_folder_that_the_wheel_and_the_site_contain():
    root = proofs_folder().parent
    wheel = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    included = wheel["wheel"]["force-include"]
    site = "".join(path.read_text(encoding="utf-8") for path in (root / "docs").rglob("*.md"))
    folders: dict[str, set[str]] = {}
    for each in ALL:
        folders.setdefault(each.source, set()).add(str(each.page.parent.relative_to(root)))
    assert list(folders) == list(SOURCES)
    for source, found in folders.items():
        (folder,) = found  # one source, one folder
        assert included[folder] == folder.replace("proofs/", "exactcnn/_proofs/"), source
        assert f"\n/{folder}/*\n" in site, source
    pages = {str(path.parent.relative_to(root)) for path in proofs_folder().rglob("*.md")}
    assert pages | {"proofs/rocq"} == set(included)  # the lemmas of `exactcnn export`


def test_statements_of_one_paper_use_those_of_another():
    assert "NH18.T3.4.2" in BY_ID["NH17.G.regular"].uses
    assert graph().has_edge("NH17.G.regular", "NH18.T3.4.2")


def test_every_check_of_the_package_stands_on_the_page_of_its_statement():
    declared = [name for each in ALL for name in (*each.checks, *each.counterexamples)]
    assert sorted(declared) == sorted(check_names())


def test_every_page_names_its_checks_in_its_text():
    for statement in ALL:
        text = statement.page.read_text(encoding="utf-8").split("---", 2)[2]
        for name in (*statement.checks, *statement.counterexamples):
            assert f"`{name}`" in text, (statement.id, name)


def test_graph_has_no_cycle_and_one_node_a_statement():
    found = graph()
    assert nx.is_directed_acyclic_graph(found)
    assert set(found) == set(BY_ID)
    assert found.nodes["NH18.T3.4"]["kind"] == "theorem"
    assert set(found.successors("NH18.C3.6")) == {"NH18.T3.4"}


@pytest.mark.parametrize(
    ("statement", "old", "new", "message"),
    [
        ("NH18.L2.5", "[NH18.A2.4]", "[NH18.A2.5]", "uses 'NH18.A2.5', which no page states; the nearest is"),
        ("NH18.L2.5", "id: NH18.L2.5", "id: NH18.A2.4", "id NH18.A2.4 is also that of"),
        ("NH17.L3.5", "id: NH17.L3.5", "id: NH16.L3.5", "expected one that begins with one of NH18., NH17., "),
        ("NH17.L3.5", "id: NH17.L3.5", "id: NH17", "a check of NH17.L3.5; expected one of NH17"),
        ("NH17.G.regular", "NH18.T3.4.2]", "NH18.T3.4.3]", "which no page states; the nearest is 'NH18.T3.4.2'"),
        ("NH18.L2.5", "almost_all_filters]", "almost_all_filter]", "the nearest is 'structure.almost_all_filters'"),
        ("NH18.L2.5", "almost_all_filters]", "map_is_linear]", "is a check of NH18.M; expected one of NH18.L2.5"),
        ("NH18.D2.1", "uses: []", "uses: [NH18.L2.5]", "`uses` goes round in a circle, NH18.D2.1"),
        ("NH18.D2.1", "uses: []", "uses: [NH18.D2.1]", "`uses` goes round in a circle"),
        ("NH18.G.xception", "counterexamples: [tables.corrected_rows]\n", "", "a gap without counterexamples"),
        ("NH18.G.xception", "says:", "holds:", "key 'holds' stands twice"),
        ("NH18.L2.5", "title:", "says: Something.\ntitle:", "no 'holds'; expected 'says' and 'holds', a line each"),
        ("NH18.L2.5", "title:", "name:", "key 'name' is not known"),
    ],
)
def test_wrong_declaration_is_one_line_with_page_and_line(pages, statement, old, new, message):
    path = change(pages, statement, old, new)
    with pytest.raises(InputError) as caught:
        statements(pages)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    name, line = str(caught.value).split(":")[:2]
    assert line.isdigit()
    assert name.endswith(".md")
    if "circle" not in message:
        assert name == path.name


@pytest.mark.parametrize("key", ["says", "holds"])
def test_a_gap_says_what_the_paper_says_and_what_is_true(pages, key):
    path = next(each.page for each in statements(pages) if each.id == "NH18.G.xception")
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(f"{key}:")]
    path.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(InputError, match=f"no '{key}'; expected 'says' and 'holds'"):
        statements(pages)


def test_a_paper_stands_for_all_its_statements():
    known = statements()
    assert select(["NH17"], known) == tuple(each for each in known if each.source == "NH17")
    mixed = select(["NH18.L2.5", "GALLERY"], known)
    assert mixed[0].id == "NH18.L2.5"
    assert len(mixed) == 1 + sum(each.source == "GALLERY" for each in known)


def test_what_follows_the_paper_stands_for_the_statements_of_all_papers():
    known = statements()
    for given in ("T3.4", "t3.4"):
        assert [each.id for each in select([given], known)] == ["NH18.T3.4", "NH17.T3.4"]
    assert [each.id for each in select(["nh17.t3.4", "T3.4"], known)] == ["NH17.T3.4", "NH18.T3.4"]  # each once


def test_unknown_statement_names_the_nearest():
    with pytest.raises(InputError, match=r"statement 'NH18.T34' is not known; the nearest is 'NH18.T3.4'"):
        select(["NH18.T34"], ALL)
    assert select([], ALL) == ALL
    assert [found.id for found in select(["NH18.T3.5", "NH18.M"], ALL)] == ["NH18.T3.5", "NH18.M"]


def test_unknown_check_names_the_nearest():
    with pytest.raises(InputError, match=r"the nearest is 'structure.map_is_linear'"):
        find_check("structure.map_is_liner")


# ------------------------------------------------------------------------ running


@pytest.mark.parametrize("statement", ["NH18.L2.5", "NH18.D2.2", "NH18.C3.6", "NH18.R3.1"])
def test_deleting_a_uses_edge_breaks_the_page(pages, statement):
    (used,) = BY_ID[statement].uses
    change(pages, statement, f"uses: [{used}]", "uses: []")
    found = run(the_one(pages, statement))
    assert found.status == "broken"
    assert found.failures == (f"the checks call {used}, which `uses` does not name",)


def test_a_uses_edge_that_nothing_calls_breaks_the_page(pages):
    change(pages, "NH18.E5", "uses: []", "uses: [NH18.D2.1]")
    assert run(the_one(pages, "NH18.E5")).failures == ("`uses` names NH18.D2.1, which no check calls",)


def test_failing_block_breaks_the_page(pages):
    change(pages, "NH18.L3.3", "satisfy Assumption 3.2'", "satisfy nothing'")
    found = run(the_one(pages, "NH18.L3.3"))
    assert found.status == "broken"
    assert len(found.failures) == 1
    assert found.failures[0].startswith("304-standard-activations.md:")


@pytest.mark.parametrize(
    ("statement", "status", "scope"),
    [
        ("NH18.A3.2", "proved on its instances", "an instance, a sample"),
        ("NH18.L2.5", "certified for almost all parameters", "almost all parameters"),
        ("NH18.G.polynomials", "refuted with counterexample", "architecture"),
    ],
)
def test_status_and_scope_are_computed(tmp_path, statement, status, scope):
    found = run(without_blocks(BY_ID[statement], tmp_path))
    assert (found.status, found.scope, found.failures) == (status, scope, ())


def test_samples_alone_leave_a_sketch(tmp_path):
    statement = without_blocks(BY_ID["NH18.A3.2"], tmp_path)
    found = run(replace(statement, checks=("activations.growth_constants_on_a_grid",)))
    assert found.status == "sketch only"
    assert run(replace(statement, checks=())).status == "sketch only"


def test_broken_definition_turns_its_page_red(tmp_path, monkeypatch):
    right = structure.triplets
    monkeypatch.setattr(structure, "triplets", lambda *args: (right(*args)[0][::-1], *right(*args)[1:]))
    found = run(without_blocks(BY_ID["NH18.M"], tmp_path))
    assert found.status == "broken"
    assert any("structure.map_is_linear is refuted; expected proved" in line for line in found.failures)


def test_check_that_raises_turns_its_page_red(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("lost\nits way")

    monkeypatch.setattr(structure, "assumption_2_4", fail)
    found = run(without_blocks(BY_ID["NH18.A2.4"], tmp_path))
    assert found.status == "broken"
    assert found.failures[0] == "structure.full_rank_is_attained raises RuntimeError: lost its way"


def test_engine_that_lies_is_not_believed(tmp_path, monkeypatch):
    right = structure.assumption_2_4

    def lie(layer, *, seed=0):
        verdict = right(layer, seed=seed)
        (claim,) = verdict.claims
        rank = replace(claim.rank, lower=claim.rank.lower + 1, upper=claim.rank.upper + 1)
        return replace(verdict, status="proved", claims=(replace(claim, rank=rank),))

    monkeypatch.setattr(structure, "assumption_2_4", lie)
    found = run(without_blocks(BY_ID["NH18.A2.4"], tmp_path))
    assert found.status == "broken"
    assert found.results["structure.full_rank_is_attained"].status == "undecided"
    assert "the independent checker does not accept" in found.failures[0]
    assert found.checked is False
    assert found.document()["checked"] is False


def test_counterexample_that_no_longer_refutes_turns_its_page_red(tmp_path, monkeypatch):
    monkeypatch.setattr(gaps_patches, "_network", fully_connected)
    found = run(without_blocks(BY_ID["NH18.R2.4"], tmp_path))
    assert found.status == "broken"
    assert any("smallest_deficient_structures is proved; expected refuted" in line for line in found.failures)


def fully_connected(case):
    return Network((case.structure.neurons,), [FullyConnected(1)], activation="sigmoid")


def test_result_has_a_json_form(tmp_path):
    document = run(without_blocks(BY_ID["NH18.A3.1"], tmp_path)).document()
    assert json.loads(json.dumps(document)) == document
    assert document["status"] == "proved on its instances"
    assert [(each["name"], each["checked"]) for each in document["checks"]] == [
        ("data.patches_differ_between_samples", True)
    ]
    assert document["checked"] is True


def test_several_pages_report_progress(tmp_path):
    seen = []
    chosen = [without_blocks(BY_ID[name], tmp_path) for name in ("NH18.D2.3", "NH18.E5")]
    results = list(run_all(chosen, progress=lambda *report: seen.append(report)))
    assert [found.statement.id for found in results] == ["NH18.D2.3", "NH18.E5"]
    assert seen == [("statements", 0, 2), ("statements", 1, 2)]


def test_a_project_without_pages_has_no_statements(tmp_path):
    assert statements(tmp_path) == ()


def test_almost_all_without_a_certificate_is_not_called_certified(tmp_path, monkeypatch):
    bare = CheckResult("proved", "an instance", "so it is said", {"full": 5})
    monkeypatch.setattr(structure, "full_rank_is_attained", lambda *_, **__: bare)
    statement = replace(without_blocks(BY_ID["NH18.L2.5"], tmp_path), uses=())
    assert run(statement).status == "proved on its instances"
