"""All of a document: read everything, then verify one claim after another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exactcnn.checker.conclusions import read_conclusion
from exactcnn.checker.document import FormatError, ObligationError, kind_of, read_document, unknown
from exactcnn.checker.generic_rank import read_generic_rank
from exactcnn.checker.instance import Instance, read_instance
from exactcnn.checker.patches import (
    Obligation,
    read_activation_claim,
    read_distinct_patches,
    read_patch_structure,
    read_rank_for_all_parameters,
    read_width,
)
from exactcnn.checker.ranks import read_rank

READERS = {
    "rank": read_rank,
    "generic-rank": read_generic_rank,
    "patch-structure": read_patch_structure,
    "distinct-patches": read_distinct_patches,
    "activation": read_activation_claim,
    "width": read_width,
    "rank-for-all-parameters": read_rank_for_all_parameters,
}


def verdict(path: Path) -> tuple[int, str, list[str]]:
    """Return the exit code, the message, and the accepted claims."""
    try:
        claims = _claims(path)
        for _, verify in claims:
            verify()
    except ObligationError as error:
        return 1, f"rejected: {error}", []
    except FormatError as error:
        return 2, f"unreadable: {error}", []
    except Exception as error:  # noqa: BLE001 - the checker never fails with a traceback; nothing is accepted
        return 2, f"unreadable: the checker could not finish ({type(error).__name__})", []
    return 0, f"accepted: {len(claims)} claims", [line for line, _ in claims]


def _claims(path: Path) -> list[tuple[str, Obligation]]:
    """Return every claim as a line and its obligations; all shapes are verified here."""
    instance_document, claims = read_document(path)
    instance = read_instance(instance_document, path.parent)
    return [_claim(instance, claim, f"claim {number}", claims[:number]) for number, claim in enumerate(claims)]


def _claim(instance: Instance, claim: Any, where: str, before: list[dict[str, Any]]) -> tuple[str, Obligation]:
    kind = kind_of(claim, where)
    if kind == "conclusion":
        return read_conclusion(instance, claim, where, before)
    if kind not in READERS:
        raise unknown("kind", kind, where)
    return READERS[kind](instance, claim, f"{where} ({kind})")
