"""How eliminations run: on which device, and where they leave what is finished."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.linalg.backends import backend_of
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.modular import independent_minor
from exactcnn.resources import Progress


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

    Raises
    ------
    InputError
        For a device that is not there.

    Examples
    --------
    >>> Engine().device
    'cpu'
    """

    device: str = "cpu"
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        backend_of(self.device)

    def within(self, name: str) -> Engine:
        """Return the same means with a folder of its own for one of several matrices."""
        return self if self.checkpoint is None else Engine(self.device, self.checkpoint / name)

    def independent_minor(
        self, image: NDArray[Any], modulus: int, progress: Progress | None = None
    ) -> tuple[Indices, Indices]:
        """Rows and columns of a largest non-singular minor of an image, which may be overwritten."""
        report = None if progress is None else lambda done, total: progress("eliminating", done, total)
        return independent_minor(
            image,
            modulus,
            overwrite=True,
            backend=backend_of(self.device),
            checkpoint=self.checkpoint,
            progress=report,
        )


HERE = Engine()
"""In this process, on NumPy; nothing is kept."""
