"""Claims about points of the gallery, as several checks need them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.gallery.piece import Piece
from exactcnn.gallery.registry import select
from exactcnn.landscape.classify import PRECISIONS, better_of
from exactcnn.landscape.critical_point import CriticalPoint
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.critical_points import architecture, point_in_s
from exactcnn.proofs.checks.recorder import CheckResult
from exactcnn.theorems.landscape import critical


def piece_of(name: str) -> Piece:
    """The piece of the gallery with this identifier.

    Examples
    --------
    >>> piece_of("convolutional-and").instance().count
    4
    """
    return select([name])[0]


@dataclass(frozen=True, eq=False)
class InS:
    """A point of S_1 that satisfies Assumption 4.1, with the certificates of both; `problem` says what fails."""

    instance: Instance
    certificates: tuple[Certificate, ...]
    slopes: bool
    problem: str = ""


def in_s(instance: Instance, layer: int = 1) -> InS:
    """Decide Assumption 4.1 and membership in S_k by the checks of their own pages."""
    assert instance.count is not None
    assumption = architecture(instance.network, instance.count, layer=layer)
    member = point_in_s(instance, layer=layer)
    problems = [found.what for found in (assumption, member) if found.status != "proved"]
    certificates = (*assumption.certificates, *member.certificates)
    return InS(instance, certificates, assumption.details["slopes"] is True, "; ".join(problems))


def losses(piece: Piece) -> tuple[tuple[Fraction, Fraction], Certificate]:
    """Upper bounds of the loss at a piece's point and at its better point, certified."""
    objective, better = piece.objective(), piece.better
    assert better is not None
    assert objective.instance.parameters is not None
    here = better_of(objective, objective.instance.parameters, PRECISIONS[0])
    there = better_of(objective, piece.parameters(better), PRECISIONS[0])
    claims = (here.claim(OWN), there.claim(0))
    layers = len(piece.network.layers)
    return (here.loss[0], there.loss[1]), Certificate(objective.instance, claims, layers, (there.parameters,))


def at_better(piece: Piece) -> Instance:
    """The piece's instance at its better point."""
    assert piece.better is not None
    return Instance(piece.network, piece.parameters(piece.better), piece.samples, piece.targets)


def decided(piece: Piece) -> tuple[CriticalPoint, Certificate]:
    """What a piece's point is, with the claims about it and its better point."""
    better = () if piece.better is None else (piece.parameters(piece.better),)
    found = critical(piece.instance(), refined=piece.refined, layer=1, better=better, check=False)
    return found.point, Certificate(
        found.point.objective.instance, found.point.claims, len(piece.network.layers), found.point.points
    )


def undecided(what: str) -> CheckResult:
    """The result of a check that does not come to an end."""
    return CheckResult("undecided", "an instance", what)


def objective_at(piece: Piece, **arrays: object) -> Objective:
    """The piece's loss with some of its arrays replaced."""
    parameters = piece.parameters({**piece.arrays, **arrays})
    return Objective(Instance(piece.network, parameters, piece.samples, piece.targets))
