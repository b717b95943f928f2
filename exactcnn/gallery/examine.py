"""Decide a piece again, and compare what comes out with what is promised."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.claim import Claim
from exactcnn.gallery.piece import Piece, promised
from exactcnn.landscape.barrier import basin
from exactcnn.landscape.classify import PRECISIONS, better_of
from exactcnn.landscape.critical_point import CriticalPoint, loss_document, loss_text
from exactcnn.landscape.escape import escape_at_width
from exactcnn.landscape.evidence import OWN, BasinClaim, LossClaim, PathClaim, SuboptimalClaim
from exactcnn.landscape.population import PopulationLoss
from exactcnn.landscape.population_minimum import PopulationPoint, population_minimum
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.landscape import CriticalReport, critical
from exactcnn.theorems.verdict import Verdict

TIGHT = Fraction(1, 10**20)  # bounds of a loss that is a rational number, where only balls were computed


@dataclass(frozen=True, eq=False)
class Examined:
    """A piece, and what was found.

    Attributes
    ----------
    piece : Piece
    point : CriticalPoint or PopulationPoint
        What the point is.
    verdicts : tuple of Verdict
        On statements of Section 4.
    certificate : Certificate
        All that is claimed: the point, basins, the path, verdicts.
    checked : bool or None
        Whether the independent checker has accepted it; None where nothing is claimed.
    failures : tuple of str
        What is not as promised, one line each.
    seconds : float
    """

    piece: Piece
    point: CriticalPoint | PopulationPoint
    verdicts: tuple[Verdict, ...]
    certificate: Certificate
    checked: bool | None
    failures: tuple[str, ...]
    seconds: float

    @property
    def evidence(self) -> tuple[str, ...]:
        """Kinds of everything that is claimed beside losses and ranks, each once."""
        kinds = [] if self.point.finding is None else [self.point.finding.evidence.kind]
        kinds += [claim.kind for claim in self.certificate.claims if isinstance(claim, (BasinClaim, PathClaim))]
        kinds += [verdict.statement for verdict in self.verdicts if verdict.status == "refuted"]
        return tuple(dict.fromkeys(kinds))

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn gallery --json`."""
        piece, point = self.piece, self.point
        basins = [claim for claim in self.certificate.claims if isinstance(claim, BasinClaim)]
        return {
            "id": piece.id,
            "title": piece.title,
            "source": piece.source,
            "page": piece.page,
            "status": point.status,
            "loss": loss_document(point.loss),
            "better": None if point.better is None else loss_document(point.better.loss),
            "suboptimal": point.suboptimal,
            "refined": piece.refined,
            "evidence": list(self.evidence),
            "basins": len(basins),
            "path": any(isinstance(claim, PathClaim) for claim in self.certificate.claims),
            "verdicts": {verdict.statement: verdict.status for verdict in self.verdicts},
            "reason": point.reason,
            "checked": self.checked,
            "failures": list(self.failures),
            "seconds": self.seconds,
        }


def examine(piece: Piece, *, check: bool = True, progress: Progress | None = None) -> Examined:
    """Decide what the point of a piece is, with everything else that is promised of it.

    Parameters
    ----------
    piece : Piece
    check : bool
        Whether to ask the independent checker.
    progress : callable, optional
        Called with (what, done, total).

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> found = examine(*select(["linear-cnn-3"]))
    >>> found.point.status, found.evidence, found.checked, found.failures
    ('minimum', ('hessian',), True, ())
    """
    start = time.perf_counter()
    verdicts: tuple[Verdict, ...] = ()
    if piece.population:
        found = population_minimum(PopulationLoss(piece.arrays["W1"]))
        point: CriticalPoint | PopulationPoint = found
        certificate, failures = found.certificate, _differences(piece, found)
    else:
        better = [] if piece.better is None else [piece.parameters(piece.better)]
        report = critical(piece.instance(), refined=piece.refined, better=better, check=False)
        point, verdicts = report.point, report.verdicts
        failures = _differences(piece, point) + _missing(piece, report)
        certificate = _certificate(piece, report, failures)
    checked = certificate.checked(True, progress=progress) if check and certificate.claims else None
    if checked is False:
        failures.append(f"the independent checker does not accept the evidence: {certificate.outcome.message}")
    return Examined(
        piece, point, verdicts, certificate, checked, tuple(failures), round(time.perf_counter() - start, 3)
    )


def examine_all(chosen: Sequence[Piece], *, progress: Progress | None = None) -> Iterator[Examined]:
    """Examine several pieces, one after the other, and report ("pieces", done, total)."""
    for done, piece in enumerate(chosen):
        if progress is not None:
            progress("pieces", done, len(chosen))
        yield examine(piece)


def _differences(piece: Piece, point: CriticalPoint | PopulationPoint) -> list[str]:
    """What is not as promised of the point itself."""
    lines = []
    kind = "" if point.finding is None else point.finding.evidence.kind
    for name, found, expected in (("status", point.status, piece.status), ("evidence", kind, piece.evidence)):
        if found != expected:
            lines.append(f"{name} is {found or 'none'}; expected {expected or 'none'}: {point.reason}")
    if not _within(point.loss, piece.loss):
        lines.append(f"loss is {loss_text(point.loss)}; expected {piece.loss}")
    if point.better is not None and not _within(point.better.loss, piece.better_loss):
        lines.append(f"better loss is {loss_text(point.better.loss)}; expected {piece.better_loss}")
    return lines


def _missing(piece: Piece, report: CriticalReport) -> list[str]:
    """What is not as promised of Section 4 at the point."""
    lines = []
    for statement, expected in piece.verdicts.items():
        statuses = {verdict.status for verdict in report.verdicts if verdict.statement == statement}
        if expected not in statuses:
            lines.append(f"{statement} is {', '.join(sorted(statuses)) or 'not decided'}; expected {expected}")
    if piece.inside is not None and (piece.inside, True) not in [
        (each.layer, each.holds) for each in report.memberships
    ]:
        lines.append(f"the point is not proved to be in S_{piece.inside}")
    return lines


def _within(loss: tuple[Fraction, Fraction], text: str) -> bool:
    """Whether bounds of a loss agree with a promise: tightly around a rational number, or within given digits."""
    low, high = promised(text)
    if low == high:
        return loss[0] <= low <= loss[1] and loss[1] - loss[0] <= (1 + low) * TIGHT
    return low <= loss[0] <= loss[1] <= high


def _certificate(piece: Piece, report: CriticalReport, failures: list[str]) -> Certificate:
    """All claims; what is promised and not found is added to the failures."""
    claims, points = list(report.claims), list(report.point.points)
    _add_losses(report, claims, points)
    _add_basins(piece, report, claims, points, failures)
    if piece.path:
        _add_path(piece, claims, points, failures)
    instance = report.point.objective.instance
    return Certificate(instance, tuple(claims), len(instance.network.layers), tuple(points))


def _add_losses(report: CriticalReport, claims: list[Claim], points: list[Parameters]) -> None:
    """Where nothing is decided about the point, its loss and that of the better one are still certain."""
    point = report.point
    if point.finding is None and point.better is not None:
        own = point.objective.instance.parameters
        assert own is not None
        claims.append(better_of(point.objective, own, PRECISIONS[0]).claim(OWN))
        claims.append(point.better.claim(len(points) - 1))


def _add_basins(
    piece: Piece, report: CriticalReport, claims: list[Claim], points: list[Parameters], failures: list[str]
) -> None:
    objective, better = report.point.objective, report.point.better
    for number, promise in enumerate(piece.basins):
        here, place = objective, OWN
        if promise.arrays is not None:
            parameters = piece.parameters(promise.arrays)
            here, place = objective.at(objective.coordinates.flat(parameters)), len(points)
            points.append(parameters)
        claim = basin(here, radii=promise.radii, point=place)
        if isinstance(claim, str):
            failures.append(f"basin {number}: {claim}")
            continue
        claims.append(claim)
        if better is not None and better.loss[1] < claim.floor:
            losses = [i for i, each in enumerate(claims) if isinstance(each, LossClaim)]
            claims.append(SuboptimalClaim(len(claims) - 1, losses[0]))


def _add_path(piece: Piece, claims: list[Claim], points: list[Parameters], failures: list[str]) -> None:
    objective = piece.objective()
    path = escape_at_width(objective)
    if isinstance(path, str):
        failures.append(f"path: {path}")
        return
    first = len(points)
    points += [objective.coordinates.parameters(theta) for theta in path.points]
    claims.append(path.claim((OWN, *range(first, len(points)))))
