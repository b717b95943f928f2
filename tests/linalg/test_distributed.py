"""Elimination on a cluster: the minor of one process, with no worker holding much more than its share, or dying."""

import os
import signal
import threading
import time
from functools import partial

import pytest

from exactcnn.linalg.backends import OnNumpy
from exactcnn.linalg.distributed import minor_on_cluster
from exactcnn.linalg.modular import independent_minor
from tests.linalg.test_modular import planted

distributed = pytest.importorskip("distributed")
PANEL = 64


@pytest.fixture(scope="module")
def cluster():
    """Two workers, each a process."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        yield client


def lines(matrix):
    return matrix


def slowly(matrix):
    time.sleep(0.05)
    return matrix


def on_cluster(matrix, p, client, image=lines, **options):
    def rows(start, stop):
        return partial(image, matrix[start:stop])

    found = minor_on_cluster(rows, matrix.shape, p, client, panel=PANEL, **options)
    return [each.tolist() for each in found]


def in_one_process(matrix, p):
    return [each.tolist() for each in independent_minor(matrix, p, backend=OnNumpy(PANEL, 512))]


@pytest.mark.parametrize("p", [227, 1048573])
@pytest.mark.parametrize("kind", ["random", "half", "zero columns", "repeated", "nearly"])
def test_the_same_minor_as_in_one_process(kind, p, client):
    matrix, seen = planted(kind, (300, 260), p), []
    found = on_cluster(matrix, p, client, progress=lambda *event: seen.append(event))
    assert found == in_one_process(matrix, p)
    assert seen[-1] == (300, 300)


def test_a_worker_holds_its_half_and_the_panel_at_hand(client):
    """Tiles of one byte an entry, on two workers: never more than half of the matrix and two panels on one of them."""
    matrix, held, ended = planted("random", (1024, 1024), 227), [0], threading.Event()

    def watch():
        while not ended.is_set():
            sizes = client.nbytes(summary=False)
            places = client.has_what()
            held.extend(sum(sizes.get(key, 0) for key in keys) for keys in places.values())

    watching = threading.Thread(target=watch)
    watching.start()
    found = on_cluster(matrix, 227, client, image=slowly)
    ended.set()
    watching.join()
    assert found == in_one_process(matrix, 227)
    assert 0 < max(held) <= matrix.size // 2 + 2 * PANEL * matrix.shape[1] + 100_000  # and the little ones


def test_a_lost_worker_changes_nothing(cluster, client):
    matrix = planted("random", (900, 700), 227)
    found, expected = [], in_one_process(matrix, 227)

    def kill_one(done, total):
        if not found and done > 300:
            found.append(next(iter(client.run(os.getpid).values())))
            os.kill(found[0], signal.SIGKILL)

    assert on_cluster(matrix, 227, client, progress=kill_one) == expected
    assert found
    client.wait_for_workers(2, timeout=60)
