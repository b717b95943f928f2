"""How eliminations run: on which device, and where they leave what is finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError
from exactcnn.linalg.backends import backend_of
from exactcnn.linalg.distributed import Image, minor_on_cluster
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.modular import independent_minor
from exactcnn.resources import Progress
from exactcnn.scheduler import check_workers, connected, require_dask


@typed
@dataclass(frozen=True)
class Engine(Shown):
    """The means of an elimination; they change neither its result nor its evidence.

    Parameters
    ----------
    device : str
        "cpu", or "cuda" with PyTorch.
    checkpoint : Path, optional
        A folder: what is finished is kept there, and a later run goes on from it.
    scheduler : str, optional
        The address of a Dask scheduler, whose workers share the work; instead of the other two.

    Raises
    ------
    InputError
        For a device that is not there, a scheduler without Dask, or one beside a device or a checkpoint.

    Examples
    --------
    >>> Engine().device
    'cpu'
    """

    device: str = "cpu"
    checkpoint: Path | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        backend_of(self.device)
        if self.scheduler is not None:
            require_dask(self.scheduler)
            if self.device != "cpu" or self.checkpoint is not None:
                raise InputError(
                    f"the scheduler {self.scheduler} beside a device or a checkpoint; expected it alone, as its"
                    " workers hold what is finished"
                )

    def within(self, name: str) -> Engine:
        """Return the same means with a folder of its own for one of several matrices."""
        return self if self.checkpoint is None else replace(self, checkpoint=self.checkpoint / name)

    def independent_minor(
        self, image: NDArray[Any], modulus: int, progress: Progress | None = None
    ) -> tuple[Indices, Indices]:
        """Rows and columns of a largest non-singular minor of an image, which may be overwritten.

        Progress counts operations, in n parts: row k of n takes about k (2 n - k).
        """
        report = (
            None
            if progress is None
            else lambda done, n: progress("eliminating", done**2 * (3 * n - done) // (2 * n**2), n)
        )
        return independent_minor(
            image,
            modulus,
            overwrite=True,
            backend=backend_of(self.device),
            checkpoint=self.checkpoint,
            progress=report,
        )

    def minor_of_rows(
        self, rows: Callable[[int, int], Image], shape: tuple[int, int], modulus: int, progress: Progress | None = None
    ) -> tuple[Indices, Indices]:
        """Rows and columns of a largest non-singular minor, found by the workers of the scheduler.

        Progress counts operations, in n parts: a step at row k of n takes about (n - k)**2.

        Raises
        ------
        InputError
            For a scheduler that cannot be reached or is lost, and workers with another version of the package.
        """
        assert self.scheduler is not None
        report = None if progress is None else lambda done, n: progress("eliminating", n - (n - done) ** 3 // n**2, n)
        with connected(self.scheduler, "its workers had what was finished: run again") as client:
            check_workers(client)
            return minor_on_cluster(rows, shape, modulus, client, progress=report)


HERE = Engine()
"""In this process, on NumPy; nothing is kept."""
