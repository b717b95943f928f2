"""Reports on the terminal: readable at any width, coloured on terminals only, and never markup."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from exactcnn.constructions.triangular import TriangularMinor
from exactcnn.data.dataset import Dataset
from exactcnn.linalg.evidence import Evidence, ModularMinor, RankBounds, Relations
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.report import terminal
from exactcnn.report.terminal import FirstThatFits, Remaining, progress_bar, rank_table, verification_table
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.verify import verify

NETWORK = Network(
    (1, 3), [Convolution(2, 2), MaxPooling(1), FullyConnected(5, activation="softplus")], activation="sigmoid"
)


def shown(renderable, *, width, coloured=False):
    console = Console(
        file=io.StringIO(), width=width, force_terminal=coloured, color_system="standard" if coloured else None
    )
    console.print(renderable)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def found():
    data = Dataset.from_array([[1, 2, 3], [2, 3, 1], [7, 8, 8]], name="three [bold]samples[/]")
    return verify(NETWORK, random_parameters(NETWORK), data, layer=3)


@pytest.mark.parametrize("width", [40, 80, 119, 120, 160])
def test_every_verdict_is_complete_at_every_width(found, width):
    text = shown(verification_table(found), width=width)
    assert max(map(len, text.splitlines())) <= width
    words = text.split()
    assert "three [bold]samples[/]" in text or width == 40
    assert "\x1b" not in text
    for verdict in found.verdicts:
        assert verdict.status in words
        for word in (*verdict.reason.split(), *verdict.scope.split()):
            assert word in words or word + ":" in words or width == 40, word
    for status in ("proved", "refuted", "undecided"):
        assert words.count(status) >= [v.status for v in found.verdicts].count(status)
    assert ("scope" in words) == (width >= 120)


def test_long_vectors_are_cut_on_a_terminal_only():
    found = matrix_rank([[10**5000, 1]], null_space=True)
    text = shown(rank_table("m", found), width=160)
    assert "…(allwith--json)" in "".join(text.split())
    assert text.count("0") < 4100
    assert 5001 in map(len, found.document()["null_space"][0])


def test_colours_are_for_terminals(found):
    coloured = shown(verification_table(found), width=160, coloured=True)
    assert "\x1b[32mproved" in coloured
    assert "\x1b[31mrefuted" in coloured
    assert "\x1b[33mundecided" in coloured


def test_without_data():
    text = shown(verification_table(verify(NETWORK)), width=160)
    assert text.startswith("n_0 = 3, n_1 = 4, n_2 = 4, n_3 = 5\n")
    assert "N =" not in text
    assert "rank F" not in text


def test_every_statement_is_called_by_its_title(found):
    names = {verdict.statement for verdict in found.verdicts}
    assert names <= set(STATEMENTS)
    text = shown(verification_table(found), width=200)
    assert all(STATEMENTS[name].title in text for name in names)


def ranked(bounds, domain, float_ranks, seconds):
    """The report of a matrix (4, 5) with this rank; nobody has asked the checker."""
    found = matrix_rank([[1] * 5] * 4, check=False)
    return replace(found, domain=domain, rank=bounds, float_ranks=float_ranks, seconds=seconds)


@pytest.mark.parametrize(
    ("bounds", "float64", "exact", "compared"),
    [
        (RankBounds(3, 3), 3, "exactly 3", "NumPy float64  3"),
        (RankBounds(3, 3), 2, "exactly 3", "2  (too small by at least 1)"),
        (RankBounds(3, 3), 5, "exactly 3", "5  (too large by at least 2)"),
        (RankBounds(2, 4), 3, "between 2 and 4", "NumPy float64  3"),
        (RankBounds(2, 4), 5, "between 2 and 4", "5  (too large by at least 1)"),
        (RankBounds(2, 4), None, "between 2 and 4", "NumPy float64  skipped"),
    ],
)
def test_ranks_beside_each_other(bounds, float64, exact, compared):
    text = shown(rank_table("m[/].csv", ranked(bounds, "Q(t)", {"float64": float64}, 0.126)), width=160)
    first, second, third = text.splitlines()
    assert first.rstrip() == f"rank m[/].csv  {exact}  (4 x 5 over Q(t); proved by its shape, 0.13 s)"
    assert compared in second
    assert third.startswith("checked        not checked yet: --check, or exactcnn check FILE (about 1 s)")


def test_evidence_in_words():
    bounds = RankBounds(1, 1, ModularMinor("7", None, (0,), (0,)), Relations(0, ()))
    text = shown(rank_table("m", ranked(bounds, "Q", {}, 0.5)), width=160)
    exact = "exactly 1  (4 x 5 over Q; proved by a minor modulo a prime and by exact relations, 0.50 s)"
    assert text.splitlines()[0].rstrip() == f"rank m   {exact}"
    kinds = {kind.kind for kind in Evidence.__subclasses__() if kind.__module__ == Evidence.__module__}
    assert kinds | {TriangularMinor.kind} == set(terminal.EVIDENCE)


def test_a_bad_point_refutes_no_theorem():
    same = Dataset.from_array([[1, 2, 3], [1, 2, 3]])
    text = shown(verification_table(verify(NETWORK, random_parameters(NETWORK), same, layer=1)), width=160)
    (here,) = (line for line in text.splitlines() if "this point" in line)
    assert here.startswith("Independent features at these parameters  ")
    assert " refuted here " in here


def test_a_theorem_is_not_refuted_where_its_conclusion_is():
    for title in STATEMENTS.values():
        for name in (title.title, title.short):
            assert "Theorem" not in name or name.startswith("Conclusion of Theorem ")
    narrow = Network((1, 3), [Convolution(1, 2, activation="sigmoid")])
    samples = Dataset.from_array([[1, 2, 3], [4, 5, 6], [7, 8, 10]])
    found = verify(narrow, random_parameters(narrow), samples, layer=1)
    assert {each.status for each in found.verdicts if each.statement in ("NH18.T3.4", "NH18.T3.5")} == {"refuted"}
    for shown_as in (shown(verification_table(found), width=160), found._repr_html_()):
        plain = " ".join(re.sub(r"<[^>]*>", " ", shown_as).split())
        assert re.search(r"Conclusion of Theorem 3\.4: [a-z ]*1 refuted here ", plain)
        assert not re.search(r"(?<!Conclusion of )Theorem 3\.[45]", plain)


def test_progress_is_for_terminals(monkeypatch, capsys):
    with progress_bar() as report:
        assert report is None
    monkeypatch.setattr(terminal, "Console", lambda **options: Console(force_terminal=True, **options))
    with progress_bar() as report:
        report("features", 1, 2)
        report("eliminating", 0, 9)
        report("features", 2, 2)
        report("features", 0, 5)  # of another layer: from the start
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "features" in captured.err


def test_the_bar_says_how_long_it_still_takes():
    """From the rate so far: 10 of 100 in 10 seconds leave 90; nothing where there is no rate, or one step only."""
    clock = [0.0]
    console = Console(file=io.StringIO(), width=60, force_terminal=True)
    with Progress(Remaining(), console=console, get_time=lambda: clock[0], auto_refresh=False) as bars:
        task, single = bars.add_task("balls", total=100), bars.add_task("checking", total=1)
        assert Remaining().render(bars.tasks[0]).plain == ""
        for second in range(1, 11):
            clock[0] = second
            bars.update(task, completed=second)
        bars.update(single, completed=0)
        assert Remaining().render(bars.tasks[0]).plain == "about 2 min left"
        assert Remaining().render(bars.tasks[1]).plain == ""
        bars.update(task, completed=100)
        assert Remaining().render(bars.tasks[0]).plain == ""


def test_a_float_rank_that_is_skipped_says_why():
    found = matrix_rank(np.eye(3), float_ranks=False)
    assert "NumPy float64  skipped: not asked for" in shown(rank_table("m", found), width=160)
    found = matrix_rank([[10**400, 0], [0, 1]])
    assert "NumPy float32  skipped: not all entries are finite in float32" in shown(rank_table("m", found), width=160)


def test_singular_values_beside_a_tolerance():
    text = shown(rank_table("m", matrix_rank(np.diag([2.0, 1.0, 0.5]), tolerance=1, singular_values=True)), width=160)
    assert "beside 1: 1 proved above, 1 proved below; 1 undecided (equal to the tolerance" in text
    assert [f"σ_{i}" in text for i in (0, 1, 2, 3, 4)] == [False, True, True, True, False]
    text = shown(rank_table("m", matrix_rank(np.diag([2.0, 1.0, 0.5]), tolerance="2/3")), width=160)
    assert "beside 2/3: 2 proved above, 1 proved below;" in text
    assert "σ" not in text
    assert "beside" not in shown(rank_table("m", matrix_rank(np.eye(2))), width=160)


def test_the_first_layout_that_fits():
    layouts = FirstThatFits(("a" * 30, "b" * 20, "c" * 50))
    assert [shown(layouts, width=width)[0] for width in (30, 29, 20, 19)] == list("abbc")
