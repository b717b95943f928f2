"""How eliminations run changes nothing about what they find."""

import os
from functools import partial

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from tests.searches.clusters import a_cluster


def test_a_folder_changes_nothing(tmp_path):
    for rank in (250, 120):
        rng = np.random.default_rng(rank)
        values = rng.integers(-9, 9, (250, rank)) @ rng.integers(-9, 9, (rank, 250))
        matrix = RationalMatrix(ExactArray(values))
        kept = Engine(checkpoint=tmp_path / str(rank))
        expected = certified_rank(matrix)
        assert expected.exact == rank
        assert certified_rank(matrix, engine=kept) == expected
        assert certified_rank(matrix, engine=kept) == expected
        assert list((tmp_path / str(rank)).iterdir())


def test_folders_of_several_matrices(tmp_path):
    assert HERE.within("a") is HERE
    assert Engine(checkpoint=tmp_path).within("a").checkpoint == tmp_path / "a"


def test_a_scheduler_that_is_lost_is_one_line(tmp_path):
    pytest.importorskip("distributed")
    values = np.random.default_rng(0).integers(-9, 9, (2000, 2000))
    with a_cluster(tmp_path / "cluster") as cluster, pytest.raises(InputError, match="is lost; its workers had what"):
        certified_rank(
            RationalMatrix(ExactArray(values)),
            engine=Engine(scheduler=cluster.address),
            progress=lambda *_: cluster.processes[0].kill(),
        )


@pytest.mark.parametrize(
    ("workers", "again", "says"),
    [
        (5, False, "4 workers have died under one task; expected workers with more memory"),
        (2, False, "all workers that had a share of the matrix are lost; expected workers with more memory"),
        (1, True, "all workers that had a share of the matrix are lost; expected workers with more memory"),
    ],
)
def test_rows_that_kill_workers_are_one_line(tmp_path, workers, again, says):
    """Of several workers, of all, or of one that is begun again by another process."""
    pytest.importorskip("distributed")
    with a_cluster(tmp_path / "cluster", workers=0) as cluster:
        for _ in range(workers):
            cluster.add(nanny=again)
        engine = Engine(scheduler=cluster.address)
        with pytest.raises(InputError, match=says):
            engine.minor_of_rows(lambda *_: partial(os._exit, 1), (100, 100), 227)


def test_a_device_that_is_not_there():
    with pytest.raises(InputError, match="device 'gpu'; expected cpu or cuda"):
        Engine("gpu")


def test_progress_counts_operations():
    """Of row k about k (2 n - k): the first quarter of 2048 rows takes a twelfth of the work, not a quarter."""
    seen = []
    rng = np.random.default_rng(0)
    HERE.independent_minor(rng.integers(-9, 9, (2048, 2048)), 227, lambda *event: seen.append(event))
    assert seen == [("eliminating", done, 2048) for done in (176, 640, 1296, 2048)]
