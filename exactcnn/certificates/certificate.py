"""A certificate: an instance, claims about it, and how they are written and checked."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from exactcnn.certificates.claim import Claim
from exactcnn.certificates.estimate import estimated_seconds
from exactcnn.certificates.outcome import Outcome, check
from exactcnn.certificates.write import write
from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress

A_FEW_SECONDS = 5.0


def not_accepted(message: str) -> str:
    """Say that the independent checker has rejected what was found, and why.

    Examples
    --------
    >>> not_accepted("digits differ")
    'the independent checker does not accept the evidence (digits differ)'
    """
    return f"the independent checker does not accept the evidence ({message})"


@typed
@dataclass(frozen=True, eq=False)
class Certificate(Shown):
    """An instance and claims about it, for the independent checker.

    Parameters
    ----------
    instance : Instance
    claims : sequence of Claim
        In the order in which they lean on each other.
    layers : int
        How many layers the certificate comprises; 0 for claims about the samples themselves.
    points : sequence of Parameters
        Further parameters of the same network.

    Examples
    --------
    >>> from exactcnn.theorems.matrix import matrix_rank
    >>> from exactcnn.domains.exact import ExactArray
    >>> certificate = matrix_rank(ExactArray.from_array([[1, 2], [2, 4]])).certificate
    >>> certificate.outcome.accepted
    ('1 <= rank F_0 <= 1',)
    """

    instance: Instance = field(repr=False)
    claims: Sequence[Claim]
    layers: int
    points: Sequence[Parameters] = ()

    def write(self, path: str | Path) -> None:
        """Write the JSON document; large arrays go to the file of this name with ".npz" appended.

        Raises
        ------
        InputError
            If the files cannot be written; see `exactcnn.certificates.write.check_destination`.
        """
        write(Path(path), self.instance, [claim.document() for claim in self.claims], self.layers, self.points)

    @cached_property
    def outcome(self) -> Outcome:
        """What the independent checker says, found once.

        Raises
        ------
        InputError
            If the temporary folder has no room for the certificate.
        """
        return self._asked(None)

    def _asked(self, progress: Progress | None) -> Outcome:
        try:
            with tempfile.TemporaryDirectory(prefix="exactcnn.") as folder:
                path = Path(folder) / "certificate.json"
                self.write(path)
                # limits are for documents that others wrote
                return check(path, limit=math.inf, progress=progress)
        except OSError as error:
            problem = f"the temporary folder for the checker: {error.strerror or error}"
            raise InputError(f"{problem}; expected room there, or no check") from None

    @property
    def silent(self) -> bool:
        """Whether the claims say nothing beyond the sizes of the matrices; the checker rejects such a certificate."""
        return all(self._says_nothing(claim.document()) for claim in self.claims)

    @property
    def seconds(self) -> float:
        """Estimate how long the checker takes, within a factor of a few; see `exactcnn.certificates.estimate`."""
        return estimated_seconds(self.instance, self.claims, self.layers)

    def checked(self, wanted: bool | None = None, *, progress: Progress | None = None) -> bool | None:
        """Whether the independent checker accepts the certificate; None if it was not asked.

        Parameters
        ----------
        wanted : bool, optional
            Whether to ask; by default where it takes a few seconds.
        """
        if wanted is False or self.silent or (wanted is None and self.seconds > A_FEW_SECONDS):
            return None
        if progress is not None and "outcome" not in vars(self):
            # in one of its steps the checker is silent: then the estimate is all that there is to say
            progress(f"checking, about {math.ceil(self.seconds)} s", 0, 1)
            vars(self)["outcome"] = self._asked(progress)
        return self.outcome.exit_code == 0

    def _says_nothing(self, document: dict[str, Any]) -> bool:
        """Whether a claim about a rank only says that it is at least 0 and at most what its sizes allow.

        By its bounds, whatever the evidence is called: what states more is for the checker to judge.
        """
        kind, layer, widths = document["kind"], document.get("layer"), self.instance.network.widths
        if kind not in ("rank", "generic-rank") or layer is None:
            return False
        rows = self.instance.count if kind == "rank" else widths[layer - 1]
        sizes = [size for size in (rows, widths[layer]) if size is not None]
        return bool(document["lower"] == 0 and document["upper"] >= min(sizes))
