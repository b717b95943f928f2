"""Cases in other processes, which are killed for real."""

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from exactcnn.errors import InputError
from exactcnn.searches.engine import DEATHS, Done, Failed
from exactcnn.searches.processes import Processes
from tests.searches.toys import deadly, failing, halved, refusing, squared, squares, surroundings

ROOT = Path(__file__).parents[2]


def test_the_same_results_as_here():
    assert squares(Processes(2).results(squared, range(20))) == [(n, n * n) for n in range(20)]
    assert multiprocessing.active_children() == []
    assert list(Processes(2).results(squared, [])) == []


def test_cases_that_follow_others():
    assert squares(Processes(3).results(squared, [12, 5], halved)) == [(3, 9), (5, 25), (6, 36), (12, 144)]


@pytest.mark.parametrize("killed", [{0: 1}, {3: 2}, {0: 1, 2: 1, 5: 2}, dict.fromkeys(range(6), 1)])
def test_a_process_that_is_killed_loses_nothing_and_repeats_nothing(tmp_path, killed):
    cases = [(n, str(tmp_path), killed.get(n, 0)) for n in range(6)]
    assert squares(Processes(2).results(deadly, cases)) == [(n, n * n) for n in range(6)]
    assert len(list(tmp_path.iterdir())) == sum(killed.values())


def test_a_case_that_kills_every_process_is_given_up(tmp_path):
    cases = [(n, str(tmp_path), 100 * (n == 1)) for n in range(5)]
    found = dict(Processes(2).results(deadly, cases, halved_of_case))
    failed = found.pop(cases[1])
    assert failed == Failed(f"{DEATHS} processes have died under it, perhaps for want of memory")
    assert squares(found.items()) == [(n, n * n) for n in (0, 2, 3, 4)]
    assert len(list(tmp_path.iterdir())) == DEATHS


def halved_of_case(_, done):
    assert isinstance(done, Done)  # nothing follows what has failed


def test_processes_that_die_at_rest_are_replaced():
    results = Processes(2).results(squared, range(12))
    found = [next(results), next(results)]
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert squares([*found, *results]) == [(n, n * n) for n in range(12)]


def test_cases_are_taken_as_there_is_room():
    results = Processes(2).results(squared, itertools.count())
    assert len(list(itertools.islice(results, 7))) == 7
    results.close()
    assert multiprocessing.active_children() == []


def test_what_is_refused_there_is_refused_here():
    with pytest.raises(InputError, match="3; expected another number"):
        list(Processes(2).results(refusing, range(6)))
    assert multiprocessing.active_children() == []


def test_a_defect_there_is_shown_with_its_place():
    with pytest.raises(IndexError, match="out of range") as error:
        list(Processes(2).results(failing, [1]))
    assert "toys.py" in "".join(error.value.__notes__)


def test_processes_share_the_processors(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr("exactcnn.searches.processes.processors", lambda: 6)
    found = [done.line for _, done in Processes(2).results(surroundings, range(8))]
    assert {line["threads"] for line in found} == {"3"}
    assert os.getpid() not in {line["process"] for line in found}


KILLED = """
    import time
    from exactcnn.searches.processes import Processes
    from tests.searches.toys import surroundings

    if __name__ == "__main__":
        for _, done in Processes(2).results(surroundings, range(1000)):
            print(done.line["process"], flush=True)
            time.sleep(0.05)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_processes_end_with_the_one_that_began_them(tmp_path, number):
    (tmp_path / "killed.py").write_text(textwrap.dedent(KILLED))
    command = [sys.executable, "killed.py"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment) as process:
        children = {int(process.stdout.readline()) for _ in range(6)}
        process.send_signal(number)
    for _ in range(400):
        if not any(map(alive, children)):
            return
        time.sleep(0.05)
    pytest.fail("a process goes on without the one that began it")


def alive(process):
    """Whether a process runs; a dead one whose parent is gone may stay as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
