"""Cases on a Dask cluster, whose workers and scheduler are killed for real."""

import itertools
import shutil
import socket
import sys
import threading

import pytest

from exactcnn.errors import InputError
from exactcnn.scheduler import build
from exactcnn.searches.cluster import Cluster
from exactcnn.searches.engine import Failed
from tests.searches.clusters import ROOT, a_cluster
from tests.searches.toys import alone, deadly, failing, halved, killing, refusing, squared, squares

pytest.importorskip("distributed")
OTHER = r"the worker tcp://.* has exactcnn .*; expected 0\.1\.0.*, as here"


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A cluster whose processes are left alone."""
    with a_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def fresh(tmp_path):
    with a_cluster(tmp_path / "cluster") as cluster:
        yield cluster


def test_the_same_results_as_here(standing):
    place = Cluster(standing.address)
    assert squares(place.results(squared, range(30))) == [(n, n * n) for n in range(30)]
    assert squares(place.results(squared, [12, 5], halved)) == [(3, 9), (5, 25), (6, 36), (12, 144)]
    assert list(place.results(squared, [])) == []
    (_, done), *_ = place.results(squared, [7])
    assert done.files == {"7.txt": b"7"}


def test_cases_are_taken_as_there_is_room(standing, monkeypatch):
    monkeypatch.setattr("exactcnn.searches.cluster.MOST_WAITING", 5)
    results = Cluster(standing.address).results(squared, itertools.count())
    assert len(list(itertools.islice(results, 12))) == 12
    results.close()


def test_what_is_refused_there_is_refused_here(standing):
    with pytest.raises(InputError, match="3; expected another number"):
        list(Cluster(standing.address).results(refusing, range(6)))
    with pytest.raises(IndexError, match="out of range"):
        list(Cluster(standing.address).results(failing, [1]))


@pytest.mark.parametrize("killed", [{0: 1}, {3: 1}, {5: 1}])
def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing(fresh, tmp_path, killed):
    marks = tmp_path / "marks"
    marks.mkdir()
    cases = [(n, str(marks), killed.get(n, 0)) for n in range(8)]
    assert squares(Cluster(fresh.address).results(deadly, cases)) == [(n, n * n) for n in range(8)]
    assert len(list(marks.iterdir())) == 1


def test_a_case_that_kills_every_worker_is_given_up(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    with a_cluster(tmp_path / "cluster", workers=0) as cluster:
        cluster.add(nanny=True)  # which begins it again
        cases = [(n, str(marks), 100 * (n == 1)) for n in range(4)]
        found = dict(Cluster(cluster.address).results(deadly, cases))
    failed = found.pop(cases[1])
    assert failed == Failed("4 workers have died under it, perhaps for want of memory")
    assert squares(found.items()) == [(n, n * n) for n in (0, 2, 3)]


@pytest.mark.parametrize("moment", [0, 4])
def test_a_scheduler_that_is_killed_ends_the_run_in_one_line(fresh, moment):
    cases = [(n, fresh.scheduler.pid if n == moment else None) for n in range(9)]
    found = []
    with pytest.raises(InputError, match="is lost; what was finished is kept: run again to go on") as error:
        found.extend(Cluster(fresh.address).results(killing, cases))
    assert "\n" not in str(error.value)
    assert len(set(squares(found))) == len(found) < 9


@pytest.mark.parametrize(
    ("address", "reason"),
    [("nonsense://x", "unknown address scheme"), ("", "missing port"), ("127.0.0.1:x", "")],
)
def test_addresses_that_are_none(address, reason):
    with pytest.raises(InputError, match="cannot be reached") as error:
        list(Cluster(address).results(squared, [1]))
    assert reason in str(error.value)
    assert "expected an address such as tcp://host:8786" in str(error.value)


@pytest.mark.parametrize("listening", [False, True])
def test_no_scheduler_there(monkeypatch, listening):
    """Nobody listens, or somebody who is no scheduler and says nothing."""
    monkeypatch.setattr("exactcnn.scheduler.REACHED", 1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        if listening:
            other.listen()
        with pytest.raises(InputError, match="cannot be reached"):
            list(Cluster(f"tcp://127.0.0.1:{other.getsockname()[1]}").results(squared, [1]))


@pytest.fixture(params=["changed", "older"])
def other_package(request, tmp_path):
    """A folder with the package changed in one line, or with one that knows nothing of clusters."""
    place = tmp_path / "other" / "exactcnn"
    if request.param == "changed":
        shutil.copytree(ROOT / "exactcnn", place, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "tests" / "searches", tmp_path / "other" / "tests" / "searches")
        with (place / "display.py").open("a") as file:
            file.write("\nOTHER = 1\n")
    else:
        place.mkdir(parents=True)
        (place / "__init__.py").write_text("__version__ = '0.0.9'\n")
    return place.parent


def test_a_worker_with_another_version_is_refused(tmp_path, other_package):
    with a_cluster(tmp_path / "cluster", workers=1) as cluster:
        cluster.add(path=other_package)
        with pytest.raises(
            InputError, match=r"the worker tcp://.* has exactcnn .*; expected 0\.1\.0.*, as here"
        ) as error:
            list(Cluster(cluster.address).results(squared, range(5)))
    assert "\n" not in str(error.value)
    assert build() in str(error.value)


def test_a_worker_with_another_version_that_comes_later_is_refused(tmp_path, other_package):
    with a_cluster(tmp_path / "cluster", workers=0) as cluster:
        later = threading.Timer(1.0, lambda: cluster.add(path=other_package))
        later.start()
        with pytest.raises(InputError, match=OTHER):
            list(Cluster(cluster.address).results(squared, range(5)))
        later.join()


def test_one_case_at_a_time_in_a_process(tmp_path):
    """Precision is a setting of the process: threads of a worker would change it under each other."""
    marks = tmp_path / "marks"
    marks.mkdir()
    with a_cluster(tmp_path / "cluster", workers=0) as cluster:
        cluster.add("--nthreads", "4")
        found = [done.line["together"] for _, done in Cluster(cluster.address).results(alone, [str(marks)] * 8)]
    assert found == [1] * 8


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"needs Dask; expected `pip install 'exactcnn\[dask\]'`"):
        Cluster("tcp://host:8786")


def test_a_run_that_is_left_leaves_the_cluster(standing):
    results = Cluster(standing.address).results(squared, itertools.count())
    next(results)
    results.close()
    assert squares(Cluster(standing.address).results(squared, [3])) == [(3, 9)]
    assert all(process.poll() is None for process in standing.processes)
