"""Elimination over GF(p) of a matrix that no machine holds: tiles of rows on the workers of a Dask cluster.

Each tile is a panel of rows on one worker, dealt out in turn. The first one is brought to echelon form, which travels
to the others, and clears the columns of its pivots there; then the next one is the first. A step is a function of its
tile and the echelon form alone: what a lost worker held is computed again, and nothing else. Between two steps a worker
holds its share of the rows and the echelon form at hand, and what is left of them grows narrower with every step.

Tile, panel and order of the columns are those of `Elimination`: the minor is the same, row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Modulus
from exactcnn.errors import InputError
from exactcnn.linalg.backends import OnNumpy
from exactcnn.linalg.echelon import Indices, cleared, echelon_form
from exactcnn.linalg.modular import residues

if TYPE_CHECKING:
    from distributed import Client

GLANCE = 2.0  # seconds between two looks at which workers are left
Image = Callable[[], NDArray[Any]]
Echelon = tuple[Indices, Indices, NDArray[Any]]  # rows with pivots, order of the columns, what stands beyond the pivots


def minor_on_cluster(
    rows: Callable[[int, int], Image],
    shape: tuple[int, int],
    modulus: int,
    client: Client,
    *,
    panel: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Indices, Indices]:
    """Rows and columns of a largest non-singular minor modulo a prime, found by all workers of a cluster.

    Parameters
    ----------
    rows : callable
        ``rows(start, stop)`` gives what a worker calls for these rows, integers of size <= 2**52: a picklable function.
    shape : (int, int)
        Of the matrix.
    modulus : int
        A prime, 2**5 < p < 2**20; below 2**8 an entry takes one byte.
    client : distributed.Client
        Of a cluster with at least one worker.
    panel : int
        Rows of a tile.
    progress : callable, optional
        Called with (rows done, rows in all).

    Raises
    ------
    InputError
        If all workers are lost that were there at the beginning.

    Returns
    -------
    rows, columns : ndarray of int
        As `exactcnn.linalg.modular.independent_minor` finds them, with panels of so many rows, in a matrix that it does
        not transpose.
    """
    (m, n), workers = shape, sorted(client.scheduler_info(n_workers=-1)["workers"])
    starts = list(range(0, m, panel))
    owners = [[workers[k % len(workers)]] for k in range(len(starts))]
    options = {"pure": False, "allow_other_workers": True}  # a lost worker's tiles go to the others
    tiles: list[Any] = [
        client.submit(_tile, rows(start, min(start + panel, m)), modulus, workers=owner, **options)
        for start, owner in zip(starts, owners, strict=True)
    ]
    found, order, done = list[Indices](), np.arange(n), 0
    for k, start in enumerate(starts):
        echelon = client.submit(_echelon, tiles[k], modulus, workers=owners[k], **options)
        pivots = client.submit(_pivots, echelon, workers=owners[k], **options)
        tiles[k] = None
        for j in range(k + 1, len(starts)):
            tiles[j] = client.submit(_cleared, tiles[j], echelon, modulus, workers=owners[j], **options)
        del echelon
        own, columns = _result(pivots, client, workers)
        order = np.concatenate([order[:done], order[done:][columns]])
        found.append(start + own)
        done += len(own)
        if progress is not None:
            progress(min(start + panel, m), m)
    return np.concatenate([np.empty(0, dtype=np.intp), *found]), order[:done]


def _result(future: Any, client: Client, workers: list[str]) -> Any:
    """What a task gives. Dask waits for ever if no worker is left of those that tasks were meant for."""
    while not future.done():
        try:
            return future.result(timeout=GLANCE)
        except TimeoutError:
            if not set(workers) & set(client.scheduler_info(n_workers=-1)["workers"]):
                raise InputError(
                    "all workers that had a share of the matrix are lost; expected workers with more memory"
                ) from None
    return future.result()


def _tile(image: Image, modulus: int) -> NDArray[Any]:
    """Residues of some rows, as they are stored."""
    return residues(image(), Modulus(modulus))


def _echelon(tile: NDArray[Any], modulus: int) -> Echelon:
    """Reduced echelon form of a tile, as it is stored."""
    field = Modulus(modulus)
    rows, order, rest = echelon_form(tile.astype(field.dtype), field, OnNumpy())
    return rows, order, rest.astype(field.stored)


def _pivots(echelon: Echelon) -> tuple[Indices, Indices]:
    return echelon[0], echelon[1]


def _cleared(tile: NDArray[Any], echelon: Echelon, modulus: int) -> NDArray[Any]:
    """Rows of a tile, cleared by an echelon form, as they are stored."""
    field, (_, order, rest) = Modulus(modulus), echelon
    result: NDArray[Any] = cleared(tile.astype(field.dtype), order, rest, field, OnNumpy()).astype(field.stored)
    return result
