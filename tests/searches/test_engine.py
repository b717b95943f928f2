"""Cases in this process, and the choice of a place."""

import sys

import pytest

from exactcnn.checker import check
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.searches.engine import HERE, Done, Failed, certificate_files, chosen_place, processors, required
from exactcnn.searches.processes import Processes
from exactcnn.theorems.matrix import matrix_rank
from tests.searches.toys import halved, refusing, squared, squares


def test_cases_here_in_their_order():
    found = list(HERE.results(squared, [3, 1, 2]))
    assert [(case, done.line["square"]) for case, done in found] == [(3, 9), (1, 1), (2, 4)]
    assert found[0][1].files == {"3.txt": b"3"}
    assert list(HERE.results(squared, [])) == []


def test_cases_are_taken_as_there_is_room():
    taken = []

    def cases():
        for n in range(1000):
            taken.append(n)
            yield n

    results = HERE.results(squared, cases())
    next(results)
    next(results)
    assert taken == [0, 1]


def test_cases_that_follow_others():
    assert [case for case, _ in HERE.results(squared, [12, 5], halved)] == [12, 6, 3, 5]
    assert squares(HERE.results(squared, [8], halved)) == [(1, 1), (2, 4), (4, 16), (8, 64)]


def test_nothing_follows_what_has_failed():
    assert list(HERE.results(lambda _: Failed("no"), [4], halved)) == [(4, Failed("no"))]


def test_what_is_refused_is_refused_here():
    with pytest.raises(InputError, match="3; expected another number"):
        list(HERE.results(refusing, [1, 3]))


def test_what_is_required():
    done = Done({"n": 1})
    assert required(done) is done
    with pytest.raises(InputError, match="a case could not be carried out: too large"):
        required(Failed("too large"))


def test_places(monkeypatch):
    assert chosen_place() is chosen_place(1) is HERE
    assert chosen_place(3) == Processes(3)
    for workers in (0, -1):
        with pytest.raises(InputError, match=f"workers = {workers}; expected a positive integer"):
            chosen_place(workers)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"needs Dask; expected `pip install 'exactcnn\[dask\]'`"):
        chosen_place(scheduler="tcp://host:8786")
    assert processors() >= 1


def test_a_scheduler_has_its_own_workers():
    pytest.importorskip("distributed")
    assert chosen_place(scheduler="tcp://host:8786").address == "tcp://host:8786"
    with pytest.raises(InputError, match="workers = 2 beside the scheduler tcp://host:8786"):
        chosen_place(2, "tcp://host:8786")


@pytest.mark.parametrize("size", [2, 500])
def test_the_files_of_a_certificate(tmp_path, size):
    """A small one is one file, a large one has its arrays beside it."""
    rows = [[int(i == j) for j in range(size)] for i in range(size)]
    files = certificate_files(matrix_rank(ExactArray.from_array(rows)).certificate, "a.certificate.json")
    assert set(files) == {"a.certificate.json"} | ({"a.certificate.json.npz"} if size == 500 else set())
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    outcome = check(tmp_path / "a.certificate.json")
    assert outcome.accepted == (f"{size} <= rank F_0 <= {size}",)
