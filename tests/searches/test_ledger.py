"""The file of results: what is kept, cut, and refused."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from exactcnn.errors import InputError
from exactcnn.searches.engine import Done
from exactcnn.searches.ledger import RESULTS, Ledger

HEADER = {"kind": "count", "upto": 9}


def opened(folder, header=HEADER):
    return Ledger.opened(folder, header, lambda line: line["kind"] == "number" and line["value"] + 1 > 0)


def test_lines_are_kept_and_a_part_of_one_is_cut(tmp_path):
    folder = tmp_path / "a" / "b"
    ledger = opened(folder)
    for value in (3, 5):
        ledger.append({"kind": "number", "value": value, "text": "≥"})
    whole = (folder / RESULTS).read_bytes()
    assert [json.loads(line) for line in whole.splitlines()] == ledger.lines
    (folder / RESULTS).write_bytes(whole + b'{"kind": "number", "val')
    again = opened(folder)
    assert again.lines == ledger.lines
    assert [line["value"] for line in again.of("number")] == [3, 5]
    assert (folder / RESULTS).read_bytes() == whole
    again.append({"kind": "number", "value": 7})
    assert [line["value"] for line in opened(folder).of("number")] == [3, 5, 7]


@pytest.mark.parametrize("cut", [0, 1, 10, 27])
def test_a_header_that_was_not_finished_is_written_again(tmp_path, cut):
    opened(tmp_path)
    whole = (tmp_path / RESULTS).read_bytes()
    (tmp_path / RESULTS).write_bytes(whole[:cut])
    assert opened(tmp_path).lines == [HEADER]
    assert (tmp_path / RESULTS).read_bytes() == whole


def test_other_work_is_refused_and_left_as_it_is(tmp_path):
    opened(tmp_path)
    before = (tmp_path / RESULTS).read_bytes()
    with pytest.raises(InputError, match="holds another count; expected one with the same options, or a new folder"):
        opened(tmp_path, {"kind": "count", "upto": 8})
    with pytest.raises(InputError, match="line 1 is no line of a former sum; expected the file of a former run"):
        opened(tmp_path, {"kind": "sum"})
    assert (tmp_path / RESULTS).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["words", "[]", "", "\x00", "9" * 5000, "[" * 100_000, '{"kind": "number"}', '{"kind": "number", "value": "3"}'],
)
def test_lines_that_are_none(tmp_path, text):
    opened(tmp_path)
    good = (tmp_path / RESULTS).read_text()
    (tmp_path / RESULTS).write_text(good + text + "\n")
    with pytest.raises(InputError, match="line 2 is no line of a former count") as error:
        opened(tmp_path)
    assert "\n" not in str(error.value)


def test_places_that_are_none(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="expected a folder for the results"):
            opened(place)


def test_what_another_run_has_written_is_not_written_over(tmp_path):
    ledger = opened(tmp_path)
    opened(tmp_path).append({"kind": "number", "value": 1})
    with pytest.raises(InputError, match="has changed; expected one run at a time in a folder"):
        ledger.append({"kind": "number", "value": 2})
    (tmp_path / RESULTS).unlink()
    (tmp_path / RESULTS).mkdir()
    with pytest.raises(InputError, match=r"results\.jsonl: cannot be written \(Is a directory\)"):
        ledger.append({"kind": "number", "value": 2})


def test_files_are_there_before_the_line_that_says_so(tmp_path, monkeypatch):
    ledger = opened(tmp_path)
    done = Done({"kind": "number", "value": 1}, {"1.txt": b"one", "2.txt": b"two"})
    monkeypatch.setattr(Ledger, "append", lambda *_: (tmp_path / "2.txt").read_bytes())
    assert ledger.keep(done) == done.line
    monkeypatch.undo()
    assert opened(tmp_path).of("number") == []
    (tmp_path / "1.txt").write_bytes(b"what was left of a former run")
    assert ledger.keep(done) == done.line
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.txt")} == dict(done.files)
    assert opened(tmp_path).of("number") == [done.line]
    assert not list(tmp_path.glob(".*"))


def test_files_that_cannot_be_written(tmp_path):
    ledger = opened(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").touch()
    with pytest.raises(InputError, match=r"a: cannot be written \((Is a directory|Directory not empty|File exists)\)"):
        ledger.keep(Done({"kind": "number", "value": 1}, {"a": b"1"}))
    assert ledger.of("number") == opened(tmp_path).of("number") == []
    assert not list(tmp_path.glob(".*"))


FULL = """
    import resource, signal, sys
    from pathlib import Path
    from exactcnn.errors import InputError
    from exactcnn.searches.ledger import RESULTS, Ledger

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
    ledger = Ledger.opened(Path("folder"), {"kind": "count"}, lambda line: True)
    for value in range(100):
        before = (Path("folder") / RESULTS).read_bytes()
        try:
            ledger.append({"kind": "number", "value": value})
        except InputError as error:
            print(value, error)
            assert (Path("folder") / RESULTS).read_bytes() == before
            break
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    ledger.append({"kind": "number", "value": value})  # there is room again
"""


@pytest.mark.parametrize("size", [60, 100, 101, 130])
def test_no_room_for_a_whole_line_leaves_the_file_as_it_was(tmp_path, size):
    """A limit on the size of the file takes a part of a line, as a full disk does."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", textwrap.dedent(FULL), str(size)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=True)
    written = done.stdout.split()[0]
    assert "results.jsonl: cannot be written (" in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "folder" / RESULTS).read_text().splitlines()]
    assert [line["value"] for line in lines[1:]] == list(range(int(written) + 1))
