"""What is not as stated: complete, in the order of its weight, each entry with a command that runs."""

import json
import random

import pytest
from typer.testing import CliRunner

from exactcnn.cli import app
from exactcnn.proofs.errata import WEIGHT, command, errata
from exactcnn.proofs.registry import SOURCES, statements

ALL = statements()
FOUND = errata(ALL)


def test_every_gap_is_there_once():
    listed = [each.id for each in FOUND]
    assert sorted(listed) == sorted(each.id for each in ALL if each.reading is not None)
    assert {each.id for each in ALL if each.kind == "gap"} <= set(listed)
    assert all(each.counterexamples for each in FOUND)


def test_papers_come_in_their_order_and_in_each_the_heaviest_first():
    assert set(WEIGHT) <= {each.id for each in FOUND}
    sources = [list(SOURCES).index(each.source) for each in FOUND]
    assert sources == sorted(sources)
    assert [each.id for each in FOUND if each.id in WEIGHT] == list(WEIGHT)
    shuffled = [*ALL]
    random.Random(0).shuffle(shuffled)
    assert [each.id for each in errata(shuffled) if each.id in WEIGHT] == list(WEIGHT)


def test_one_line_each_without_blame():
    for each in FOUND:
        for line in each.reading:
            assert line.endswith(".")
            assert 10 < len(line) < 240, each.id
            assert not {"wrong", "error", "mistake", "fails to", "false"} & set(line.lower().split()), each.id


@pytest.mark.parametrize("each", FOUND, ids=lambda each: each.id)
def test_the_command_shows_it(each):
    program, *arguments = command(each).split()
    assert program == "exactcnn"
    done = CliRunner().invoke(app, [*arguments, "--json"])
    (shown,) = json.loads(done.stdout)["statements"]
    assert (done.exit_code, shown["status"]) == (0, "refuted with counterexample")
    assert (shown["says"], shown["holds"]) == each.reading
    assert any(found["status"] == "refuted" for found in shown["checks"])
